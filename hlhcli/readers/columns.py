"""Which column of a file is which: the design's words, well-known names, and ``--column``."""

from collections.abc import Mapping, Sequence

from hlhcli.errors import HlhcliError, fold, nearest
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


def find_columns(
    table: Table, known: Mapping[str, Sequence[str]], named: Mapping[str, str], required: Sequence[str]
) -> dict[str, list[str]]:
    """The table's columns by the design's words.

    ``named`` says which column a word stands for; otherwise the first well-known name that
    the header has is taken, in any case and punctuation. A required word may offer a choice:
    ``time or day``. Raises `HlhcliError` for a missing column, listing those found.
    """
    by_name = {fold(column): index for index, column in reversed(list(enumerate(table.header)))}
    found: dict[str, list[str]] = {}
    for word, names in known.items():
        candidates = [named[word]] if word in named else names
        index = next((by_name[fold(name)] for name in candidates if fold(name) in by_name), None)
        if index is not None:
            found[word] = table.columns[index]
        elif word in named:
            raise HlhcliError(
                f"{table.name}: no column '{named[word]}'; {nearest(named[word], table.header)}"
            )
    for words in required:
        if not any(word in found for word in words.split(" or ")):
            word = words.split(" or ")[0]
            raise HlhcliError(
                f"{table.name}: no column for {words}; the columns are: {', '.join(table.header)}. "
                f"Say which one it is: --column {word}=NAME"
            )
    return found


def parse_mapping(options: Sequence[str]) -> dict[str, str]:
    """Read ``--column`` options such as ``subject=patient_id``.

    >>> parse_mapping(["time=charttime"])
    {'time': 'charttime'}
    """
    words = list(dict.fromkeys([*LABS, *INTERVENTIONS]))
    mapping = {}
    for option in options:
        word, sign, column = option.partition("=")
        if not sign or word.strip() not in words:
            raise HlhcliError(
                f"column '{option}' cannot be read; write WORD=NAME with a word of: {', '.join(words)}"
            )
        mapping[word.strip()] = column.strip()
    return mapping
