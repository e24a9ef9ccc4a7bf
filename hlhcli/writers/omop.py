"""A folder of OMOP CDM 5.4 tables in CSV: MEASUREMENT, DRUG_EXPOSURE, CONCEPT and PERSON.

Concepts are local ones: their ids begin at 2,000,000,000, which OMOP leaves to sites
(https://ohdsi.github.io/CommonDataModel). Columns that the input knows nothing of are not
written.
"""

import pandas as pd

from hlhcli.renderers.machine import to_delimited
from hlhcli.times import format_times
from hlhcli.writers.parts import Files, refuse_filled, require_calendar

LOCAL = 2_000_000_000
OPERATORS = {"<": 4171756, ">": 4172704, "": 0}
"""As `hlhcli.readers.omop` reads them."""


def files(series: pd.DataFrame, interventions: pd.DataFrame | None) -> Files:
    """The tables by file name. Subjects that are no whole numbers are numbered; PERSON has their names.

    Raises `HlhcliError` for day numbers, placements and the interventions' notes.
    """
    require_calendar("omop", (series, "time"), (interventions, "start"))
    refuse_filled("omop", series, "placement")
    refuse_filled("omop", interventions, "note")
    names = list(series["marker"].unique())
    names += [] if interventions is None else list(interventions["intervention"].unique())
    concepts = {name: LOCAL + place for place, name in enumerate(dict.fromkeys(names), 1)}
    persons = _persons(list(series["subject"].unique()))
    tables = {
        "MEASUREMENT": _measurement(series, concepts, persons),
        "CONCEPT": pd.DataFrame({"concept_id": list(concepts.values()), "concept_name": list(concepts)}),
        "PERSON": pd.DataFrame({"person_id": list(persons.values()), "person_source_value": list(persons)}),
    }
    if interventions is not None:
        tables["DRUG_EXPOSURE"] = _drug_exposure(interventions, concepts, persons)
    return {f"{name}.csv": to_delimited(table, ",").encode() for name, table in tables.items()}


def _persons(subjects: list[str]) -> dict[str, int]:
    if all(subject.isdecimal() and str(int(subject)) == subject for subject in subjects):
        return {subject: int(subject) for subject in subjects}
    return {subject: place for place, subject in enumerate(subjects, 1)}


def _measurement(series: pd.DataFrame, concepts: dict[str, int], persons: dict[str, int]) -> pd.DataFrame:
    columns = {
        "measurement_id": range(1, len(series) + 1),
        "person_id": series["subject"].map(persons),
        "measurement_concept_id": series["marker"].map(concepts),
        **_times("measurement", series["time"]),
        "operator_concept_id": series["bound"].map(OPERATORS),
        "value_as_number": series["value"],
        "unit_concept_id": 0,
        "range_low": series["reference_low"],
        "range_high": series["reference_high"],
        "measurement_source_value": series["marker"],
        "unit_source_value": series["unit"],
    }
    return pd.DataFrame(columns)


def _drug_exposure(drugs: pd.DataFrame, concepts: dict[str, int], persons: dict[str, int]) -> pd.DataFrame:
    columns = {
        "drug_exposure_id": range(1, len(drugs) + 1),
        "person_id": drugs["subject"].map(persons),
        "drug_concept_id": drugs["intervention"].map(concepts),
        **_times("drug_exposure_start", drugs["start"]),
        **_times("drug_exposure_end", drugs["stop"]),
        "sig": drugs["dose"],
        "drug_source_value": drugs["intervention"],
        "route_source_value": drugs["route"],
    }
    return pd.DataFrame(columns)


def _times(kind: str, times: pd.Series) -> dict[str, list[str]]:
    """Date, and date-time with midnight where the time of day is not known, as OMOP has it."""
    texts = format_times(times)
    moments = [f"{text} 00:00:00" if len(text) == 10 else text.replace("T", " ") for text in texts]
    return {f"{kind}_date": [text[:10] for text in texts], f"{kind}_datetime": moments}
