"""A FHIR R4 Bundle: Observations and MedicationAdministrations, with nothing made up.

Codes and statuses that the input does not have are left out or ``unknown``. FHIR wants an
offset from UTC on each time of day (https://hl7.org/fhir/R4/datatypes.html#dateTime).
"""

import json
import re
from collections.abc import Hashable
from datetime import datetime
from typing import Any

import pandas as pd

from hlhcli.errors import HlhcliError
from hlhcli.writers.parts import MAIN, Files, moments, require_calendar

ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
OFFSET = re.compile(r"Z|[+-]\d\d:\d\d")
LOINC = re.compile(r"\d{1,7}-\d")
AMOUNT = re.compile(r"((?:0|[1-9]\d*)(?:\.\d+)?)\s+(\S.*)")

Json = dict[str, Any]
Row = dict[Hashable, Any]


def files(series: pd.DataFrame, interventions: pd.DataFrame | None, offset: str = "") -> Files:
    """One bundle; ``offset`` is that of the clock times (``+01:00``), and may stay empty for dates.

    Raises `HlhcliError` for day numbers, for clock times without an offset, and for subjects
    whose name cannot be an id.
    """
    require_calendar("fhir", (series, "time"), (interventions, "start"))
    if offset and not OFFSET.fullmatch(offset):
        raise HlhcliError(f"offset '{offset}' cannot be read; write +01:00, -05:00 or Z")
    _require_ids(series["subject"])
    resources = [{"resourceType": "Patient", "id": name} for name in series["subject"].unique() if name]
    resources += _observations(series, offset)
    resources += [] if interventions is None else _administrations(interventions, offset)
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in resources],
    }
    return {MAIN: (json.dumps(bundle, ensure_ascii=False, indent=1) + "\n").encode()}


def _require_ids(subjects: pd.Series) -> None:
    wrong = [name for name in subjects.unique() if name and not ID.fullmatch(name)]
    if wrong:
        raise HlhcliError(
            f"fhir cannot hold the subject '{wrong[0]}': an id has letters, digits, - and . only"
        )


def _observations(series: pd.DataFrame, offset: str) -> list[Json]:
    times = _times(series["time"], offset)
    return [_observation(row, time) for row, time in zip(series.to_dict("records"), times, strict=True)]


def _observation(row: Row, time: str) -> Json:
    low, high = _quantity(row["reference_low"], row["unit"]), _quantity(row["reference_high"], row["unit"])
    limits = {name: end for name, end in (("low", low), ("high", high)) if end}
    value = _quantity(row["value"], row["unit"], row["bound"])
    absent = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]
    }
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "status": "unknown",
        "category": [{"coding": [{"system": category, "code": "laboratory"}]}],
        "code": _code(row["marker"]),
        **({"subject": {"reference": f"Patient/{row['subject']}"}} if row["subject"] else {}),
        "effectiveDateTime": time,
        **({"valueQuantity": value} if value else {"dataAbsentReason": absent}),
        **({"note": [{"text": f"placement: {row['placement']}"}]} if row["placement"] else {}),
        **({"referenceRange": [limits]} if limits else {}),
    }


def _code(marker: str) -> Json:
    coding = {"coding": [{"system": "http://loinc.org", "code": marker}]} if LOINC.fullmatch(marker) else {}
    return coding | {"text": marker}


def _quantity(value: float, unit: str, bound: str = "") -> Json:
    if pd.isna(value):
        return {}
    number = int(value) if value.is_integer() and abs(value) < 1e15 else value
    return {"value": number, **({"comparator": bound} if bound else {}), **({"unit": unit} if unit else {})}


def _administrations(interventions: pd.DataFrame, offset: str) -> list[Json]:
    starts, stops = _times(interventions["start"], offset), _times(interventions["stop"], offset)
    rows = zip(interventions.to_dict("records"), starts, stops, strict=True)
    return [_administration(row, start, stop) for row, start, stop in rows]


def _administration(row: Row, start: str, stop: str) -> Json:
    amount = AMOUNT.fullmatch(row["dose"])
    texts = [row["note"]] if amount else [f"dose: {row['dose']}" if row["dose"] else "", row["note"]]
    texts += [] if amount or not row["route"] else [f"route: {row['route']}"]
    when = {"effectivePeriod": {"start": start, "end": stop}} if stop else {"effectiveDateTime": start}
    note = "; ".join(filter(None, texts))
    return {
        "resourceType": "MedicationAdministration",
        "status": "unknown",
        "medicationCodeableConcept": {"text": row["intervention"]},
        "subject": {"reference": f"Patient/{row['subject']}"} if row["subject"] else {"display": "not named"},
        **when,
        **({"note": [{"text": note}]} if note else {}),
        **({"dosage": _dosage(amount, row["route"])} if amount else {}),
    }


def _dosage(amount: re.Match[str], route: str) -> Json:
    """A dose; FHIR has no dosage without one, so that a lone route stands in the note."""
    dose = {"dose": {"value": json.loads(amount[1]), "unit": amount[2]}}
    return ({"route": {"text": route}} if route else {}) | dose


def _times(times: pd.Series, offset: str) -> list[str]:
    return [_time(moment, offset) for moment in moments(times)]


def _time(moment: object, offset: str) -> str:
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        return str(moment)
    if not offset:
        raise HlhcliError(
            f"fhir wants the offset from UTC of every time of day, and {moment.isoformat()} has none; "
            "say it: --utc-offset +01:00"
        )
    return moment.isoformat() + offset
