"""CSV in the shape of CDISC ADaM ADLB, and the treatments in that of ADSL.

Names follow the ADaM Basic Data Structure (Implementation Guide 1.3, section 3.3).
"""

import pandas as pd

from hlhcli import markers
from hlhcli.renderers.machine import to_delimited
from hlhcli.times import DAY, MISSING, instants, is_calendar
from hlhcli.writers.parts import BESIDE, MAIN, Files, is_filled, time_texts, values

LABELS = {
    "USUBJID": "Unique Subject Identifier",
    "PARAM": "Parameter",
    "PARAMCD": "Parameter Code",
    "ADT": "Analysis Date",
    "ADTM": "Analysis Datetime",
    "ATIMEDAY": "Day Number as Given, with Day 0",  # no standard name: ADaM has no day 0
    "AVAL": "Analysis Value",
    "AVALC": "Analysis Value (C)",
    "AVALU": "Analysis Value Unit",  # no standard name: ADaM writes the unit into PARAM
    "ANRLO": "Analysis Normal Range Lower Limit",
    "ANRHI": "Analysis Normal Range Upper Limit",
    "PLACEMNT": "How the Date of the Value is Known",  # no standard name
    "TRTA": "Actual Treatment",
    "TRTSDT": "Date of First Exposure to Treatment",
    "TRTSDTM": "Datetime of First Exposure to Treatment",
    "TRTSDAY": "Day Number of First Exposure",  # as ATIMEDAY
    "TRTEDT": "Date of Last Exposure to Treatment",
    "TRTEDTM": "Datetime of Last Exposure to Treatment",
    "TRTEDAY": "Day Number of Last Exposure",  # as ATIMEDAY
    "DOSE": "Dose as Given",
    "ROUTE": "Route as Given",
    "NOTE": "Note",
}
"""Names of at most 8 characters with labels of at most 40, as SAS transport files need them."""


def files(series: pd.DataFrame, interventions: pd.DataFrame | None, separator: str = ",") -> Files:
    """The labs, and the treatments beside them."""
    labs = {MAIN: _to_csv(adlb(series), separator)}
    return labs if interventions is None else labs | {BESIDE: _to_csv(adsl(interventions), separator)}


def _to_csv(table: pd.DataFrame, separator: str) -> bytes:
    days = [name for name in ("ATIMEDAY", "TRTSDAY", "TRTEDAY") if name in table]
    return to_delimited(table.assign(**{name: time_texts(table[name]) for name in days}), separator).encode()


def adlb(series: pd.DataFrame) -> pd.DataFrame:
    """One row for each value. A limit stands in AVALC and leaves AVAL empty: it is no number."""
    limit = series["bound"] != ""
    columns = {
        "USUBJID": series["subject"],
        "PARAM": series["marker"],
        "PARAMCD": series["marker"].map(_codes(series["marker"])),
        **_times(series["time"], ("ADT", "ADTM", "ATIMEDAY")),
        "AVAL": series["value"].where(~limit),
        "AVALC": pd.Series(values(series), index=series.index, dtype="str").where(limit, ""),
        "AVALU": series["unit"],
        "ANRLO": series["reference_low"],
        "ANRHI": series["reference_high"],
        "PLACEMNT": series["placement"],
    }
    return _without_empty(pd.DataFrame(columns), ("USUBJID", "PARAM", "PARAMCD", "AVAL", "AVALC", "AVALU"))


def adsl(interventions: pd.DataFrame) -> pd.DataFrame:
    """One row for each treatment of a subject; a study has one row for each subject."""
    columns = {
        "USUBJID": interventions["subject"],
        "TRTA": interventions["intervention"],
        **_times(interventions["start"], ("TRTSDT", "TRTSDTM", "TRTSDAY")),
        **_times(interventions["stop"], ("TRTEDT", "TRTEDTM", "TRTEDAY")),
        "DOSE": interventions["dose"],
        "ROUTE": interventions["route"],
        "NOTE": interventions["note"],
    }
    return _without_empty(pd.DataFrame(columns), ("USUBJID", "TRTA"))


def _codes(names: pd.Series) -> dict[str, str]:
    """The CDISC code of each marker; none where the table has none, or two names would share it."""
    known = {name: markers.find(name) for name in names.unique()}
    codes = {name: marker.cdisc if marker else "" for name, marker in known.items()}
    shared = list(codes.values())
    return {name: code if shared.count(code) == 1 else "" for name, code in codes.items()}


def _times(times: pd.Series, names: tuple[str, str, str]) -> dict[str, pd.Series]:
    """Date, and date-time where the time of day is known; or the day number."""
    if not is_calendar(times):
        return {names[2]: times}
    moments = instants(times)
    clock = (moments != MISSING) & (moments % DAY != 0)
    return {names[0]: times.dt.normalize(), names[1]: times.where(clock)}


def _without_empty(table: pd.DataFrame, required: tuple[str, ...]) -> pd.DataFrame:
    return table[[name for name in table if name in required or is_filled(table[name])]]
