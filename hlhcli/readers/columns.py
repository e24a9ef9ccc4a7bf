"""Which column of a file is which: the design's words, well-known names, and ``--column``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hlhcli.errors import HlhcliError, fold, nearest
from hlhcli.readers.dates import is_clock
from hlhcli.readers.delimited import Table

LABS: dict[str, tuple[str, ...]] = {
    "subject": (
        "subject",
        "subject_id",
        "patient",
        "patient_id",
        "person_id",
        "usubjid",
        "pid",
        "mrn",
        "case",
    ),
    "marker": (
        "marker",
        "test",
        "analyte",
        "lab",
        "lab_test",
        "test_name",
        "lab_name",
        "paramcd",
        "param",
        "parameter",
        "lbtestcd",
        "lbtest",
        "label",
        "name",
        "component",
        "itemid",
    ),
    "time": (
        "time",
        "datetime",
        "date_time",
        "date",
        "timestamp",
        "charttime",
        "collected",
        "collection_date",
        "sample_date",
        "sample_time",
        "measurement_datetime",
        "measurement_date",
        "effectivedatetime",
        "adtm",
        "adt",
        "lbdtc",
    ),
    "clock": ("clock", "clock_time", "time_of_day"),
    "day": ("day", "study_day", "hospital_day", "relative_day"),
    "value": (
        "value",
        "result",
        "valuenum",
        "value_as_number",
        "aval",
        "lbstresn",
        "numeric_value",
        "result_value",
    ),
    "unit": ("unit", "units", "valueuom", "avalu", "lbstresu", "unit_source_value"),
    "reference_low": ("reference_low", "ref_low", "ref_range_lower", "range_low", "anrlo", "lbstnrlo", "lln"),
    "reference_high": (
        "reference_high",
        "ref_high",
        "ref_range_upper",
        "range_high",
        "anrhi",
        "lbstnrhi",
        "uln",
    ),
    "reference_range": (
        "reference_range",
        "reference_interval",
        "reference",
        "ref_range",
        "reference_values",
        "normal_range",
        "normal_values",
        "normal",
        "normals",
        "range",
        "ref",
    ),
    "placement": ("placement",),
}
"""Names of the columns of a lab table, the most telling first. ADY and LBDY are not read as
days: they have no day 0."""

INTERVENTIONS: dict[str, tuple[str, ...]] = {
    "subject": LABS["subject"],
    "intervention": (
        "intervention",
        "treatment",
        "drug",
        "drug_name",
        "medication",
        "therapy",
        "event",
        "trta",
        "trt",
        "extrt",
        "name",
    ),
    "start": (
        "start",
        "start_date",
        "start_time",
        "start_datetime",
        "startdate",
        "starttime",
        "begin",
        "date",
        "datetime",
        "trtsdt",
        "trtsdtm",
        "exstdtc",
        "drug_exposure_start_datetime",
        "drug_exposure_start_date",
    ),
    "start_day": ("start_day", "day"),
    "stop": (
        "stop",
        "stop_date",
        "stop_time",
        "end",
        "end_date",
        "end_time",
        "end_datetime",
        "stopdate",
        "stoptime",
        "trtedt",
        "trtedtm",
        "exendtc",
        "drug_exposure_end_datetime",
        "drug_exposure_end_date",
    ),
    "stop_day": ("stop_day", "end_day"),
    "dose": ("dose", "dosage", "exdose"),
    "route": ("route", "exroute", "route_source_value"),
    "note": ("note", "notes", "comment", "remark", "as_stated"),
}
"""Names of the columns of an intervention table."""

TIDY = "tidy"
"""The layout with one row per value."""

WORDS = tuple(dict.fromkeys([*LABS, *INTERVENTIONS]))
"""The design's words for columns, those of labs first."""


class Column(NamedTuple):
    """One column of a table: its heading and its cells."""

    name: str
    cells: list[str]


def is_tidy(found: Mapping[str, "Column"]) -> bool:
    """Whether these columns of a lab table make it tidy, whatever its cells say."""
    return sum((word in found) for word in ("marker", "value")) + bool({"time", "day"} & set(found)) >= 2


def find_columns(
    table: Table, known: Mapping[str, Sequence[str]], named: Mapping[str, str], required: Sequence[str] = ()
) -> dict[str, Column]:
    """The table's columns by the design's words.

    ``named`` says which column a word stands for; otherwise the first well-known name that
    the header has is taken, in any case and punctuation. A required word may offer a choice:
    ``time or day``. A column of clocks beside a column of dates is joined to it. Raises
    `HlhcliError` for a missing column, listing those found.
    """
    found: dict[str, Column] = {}
    for word, names in known.items():
        candidates = _candidates(table, [named[word]] if word in named else names)
        if candidates:
            found[word] = _choose(candidates)
        elif word in named:
            raise HlhcliError(
                f"{table.name}: no column '{named[word]}'; {nearest(named[word], table.header)}"
            )
    if "time" in found and "clock" in found:
        found["time"] = _join(found["time"], found["clock"])
    _require(table, found, required)
    return found


def _candidates(table: Table, names: Iterable[str]) -> list[Column]:
    """The columns with one of these names, in the order of the names."""
    by_name = {fold(column): index for index, column in reversed(list(enumerate(table.header)))}
    places = [by_name[fold(name)] for name in names if fold(name) in by_name]
    return [Column(table.header[place], table.columns[place]) for place in places]


def _choose(candidates: list[Column]) -> Column:
    """The first candidate; where one of them holds clocks and another dates, the two joined."""
    if len(candidates) == 1:
        return candidates[0]
    clocks = [column for column in candidates if _is_clocks(column)]
    dates = [column for column in candidates if column not in clocks]
    return _join(dates[0], clocks[0]) if clocks and dates else candidates[0]


def _is_clocks(column: Column) -> bool:
    filled = {cell for cell in column.cells if cell}
    return bool(filled) and all(map(is_clock, filled))


def _join(date: Column, clock: Column) -> Column:
    """Date and clock in one; a date that has its clock keeps it."""
    pairs = zip(date.cells, clock.cells, strict=True)
    cells = [f"{day} {time}" if day and time and ":" not in day else day for day, time in pairs]
    return Column(date.name, cells)


def _require(table: Table, found: Mapping[str, Column], required: Sequence[str]) -> None:
    for words in required:
        if not any(word in found for word in words.split(" or ")):
            word = words.split(" or ")[0]
            raise HlhcliError(
                f"{table.name}: no column for {words}; the columns are: {', '.join(table.header)}. "
                f"Say which one it is: --column {word}=NAME"
            )


def parse_mapping(options: Sequence[str]) -> dict[str, str]:
    """Read ``--column`` options such as ``subject=patient_id``.

    >>> parse_mapping(["time=charttime"])
    {'time': 'charttime'}
    """
    mapping = {}
    for option in options:
        word, sign, column = option.partition("=")
        if not sign or word.strip() not in WORDS:
            raise HlhcliError(
                f"column '{option}' cannot be read; write WORD=NAME with a word of: {', '.join(WORDS)}"
            )
        mapping[word.strip()] = column.strip()
    return mapping
