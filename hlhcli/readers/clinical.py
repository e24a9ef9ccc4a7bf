"""The table of clinical items: one row per statement about a subject at a date."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from hlhcli.clinical_items import ClinicalItem, clinical_items, find_item
from hlhcli.errors import DataNote, HlhcliError, nearest
from hlhcli.readers.cells import parse_moments, parse_values
from hlhcli.readers.columns import LABS, find_columns
from hlhcli.readers.delimited import Table, read_table
from hlhcli.readers.problems import Problems
from hlhcli.readers.source import read_text
from hlhcli.reading import DEFAULT, ReadingOptions

CLINICAL = ("subject", "item", "time", "until", "value", "bound", "text", "unit", "source", "row")
"""One row per statement. ``value`` is 1 for yes and 0 for no; ``time`` is missing for what holds
from before the first lab on; ``until`` is the last day that the statement holds for."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "subject": LABS["subject"],
    "item": ("item", "finding", "criterion", "clinical_item", "name"),
    "date": ("date", "time", "day", "from", "start", "datetime"),
    "until": ("until", "to", "stop", "end"),
    "value": ("value", "result", "answer", "present"),
    "unit": ("unit", "units"),
    "source": ("source", "note", "comment", "remark"),
}
YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1", "present", "positive"), 1.0),
    **dict.fromkeys(("no", "n", "false", "0", "absent", "negative", "none"), 0.0),
}
BODY = (25.0, 46.0)
"""°C outside of which a number is no temperature of a living body, but perhaps °F."""


def read_clinical(
    source: str | Path,
    series: pd.DataFrame,
    reading: ReadingOptions = DEFAULT,
) -> pd.DataFrame:
    """Read a table of clinical items (`CLINICAL`) for these series.

    Rows without a value are left out and counted in a `DataNote`: unknown is what is not
    stated. Raises `HlhcliError` with every bad line.
    """
    return to_clinical(read_table(read_text(source)), series, reading)


def no_clinical(series: pd.DataFrame) -> pd.DataFrame:
    """A table of clinical items without rows, with times of the kind that the labs have."""
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in CLINICAL})
    kinds = {"time": series["time"].dtype, "until": series["time"].dtype, "value": "float64", "row": "int64"}
    return empty.astype(kinds)


def to_clinical(table: Table, series: pd.DataFrame, reading: ReadingOptions) -> pd.DataFrame:
    """The clinical frame of a table; raises `HlhcliError` with every bad line at once."""
    found = find_columns(table, COLUMNS, {}, ["item", "value"])
    cells = {word: found[word].cells if word in found else [""] * len(table.lines) for word in COLUMNS}
    problems = Problems(table)
    items = [find_item(name) for name in cells["item"]]
    for line, name, item in zip(table.lines, cells["item"], items, strict=True):
        if item is None:
            problems.add_line(line, f"'{name}' is no clinical item; {nearest(name, _names())}")
    time, until = (_times(word, cells[word], series, reading, problems) for word in ("date", "until"))
    values, bounds = _values(cells, items, table, problems)
    _check_dates(items, time, until, table, problems)
    problems.raise_any()
    frame = pd.DataFrame(
        {
            "subject": cells["subject"],
            "item": [item.name for item in items if item],
            "time": time,
            "until": until,
            "value": values,
            "bound": bounds,
            "text": cells["value"],
            "unit": [
                cell or (item.unit if item else "") for cell, item in zip(cells["unit"], items, strict=True)
            ],
            "source": cells["source"],
            "row": table.lines,
        }
    ).astype(dict.fromkeys(("subject", "item", "bound", "text", "unit", "source"), "str"))
    return _of_same_subjects(table.name, _stated(table, frame), series)[list(CLINICAL)]


def _names() -> list[str]:
    return [item.name for item in clinical_items()]


def _times(
    word: str, cells: list[str], series: pd.DataFrame, reading: ReadingOptions, problems: Problems
) -> pd.Series:
    """Dates or day numbers, of the kind that the labs have."""
    calendar = series["time"].dtype.kind == "M"
    if not any(cells):
        return pd.Series(np.nan, index=range(len(cells))).astype(series["time"].dtype)
    times, wrong = parse_moments(cells, reading)
    problems.add(word, wrong)
    if not wrong and (times.dtype.kind == "M") != calendar:
        words = ("dates", "day numbers") if calendar else ("day numbers", "dates")
        raise HlhcliError(
            f"{problems.table.name}: the labs have {words[0]}, and here are {words[1]}; give one kind"
        )
    return times


def _values(
    cells: dict[str, list[str]], items: list[ClinicalItem | None], table: Table, problems: Problems
) -> tuple[np.ndarray, list[str]]:
    """Numbers as numbers, yes as 1 and no as 0; NaN for an empty cell or the word unknown."""
    numbers, bounds, _ = parse_values(cells["value"])
    for place, (item, cell) in enumerate(zip(items, cells["value"], strict=True)):
        word = cell.casefold()
        if item is None or word in ("", "unknown", "na", "n/a", "?"):
            numbers[place] = np.nan
        elif item.kind == "yes/no":
            numbers[place] = YES_NO.get(word, np.nan)
            if word not in YES_NO:
                problems.add_line(table.lines[place], f"{item.name} is '{cell}'; write yes, no or unknown")
        elif np.isnan(numbers[place]):
            problems.add_line(table.lines[place], f"{item.name} is '{cell}', which is not a number")
        elif (
            item.name == "temperature"
            and not cells["unit"][place]
            and not BODY[0] <= numbers[place] <= BODY[1]
        ):
            problems.add_line(
                table.lines[place], f"temperature {cell} is not in °C; add a column unit with °F or °C"
            )
    return numbers, bounds.tolist()


def _check_dates(
    items: list[ClinicalItem | None], time: pd.Series, until: pd.Series, table: Table, problems: Problems
) -> None:
    for line, item, start, end in zip(table.lines, items, time, until, strict=True):
        if item and not item.lasts and pd.isna(start):
            problems.add_line(line, f"{item.name} has no date; only lasting items may go without one")
        if not pd.isna(end) and end < start:
            problems.add_line(line, "ends before it begins")


def _stated(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    empty = int(frame["value"].isna().sum())
    if empty:
        text = f"{table.name}: {empty} of {len(frame)} rows state nothing and stay unknown"
        warnings.warn(text, DataNote, stacklevel=4)
    return frame[frame["value"].notna()].reset_index(drop=True)


def _of_same_subjects(name: str, clinical: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Where only one of the two files names its single subject, they are about the same one."""
    labs, given = set(series["subject"].unique()), set(clinical["subject"].unique())
    if len(labs) == len(given) == 1 and "" in labs | given:
        return clinical.assign(subject=series["subject"].iloc[0])
    unknown = [subject for subject in clinical["subject"].unique() if subject not in labs]
    if "" in unknown:
        raise HlhcliError(
            f"{name}: rows without a subject, but the labs have {len(labs)}; add a subject column"
        )
    if unknown:
        words = f"no labs for clinical items of {len(unknown)} subjects, not used: {', '.join(unknown[:5])}"
        warnings.warn(f"{name}: {words}", DataNote, stacklevel=4)
    return clinical[clinical["subject"].isin(labs)].reset_index(drop=True)
