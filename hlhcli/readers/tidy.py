"""Tidy tables to frames: one row per value, one row per intervention."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hlhcli.errors import DataNote, HlhcliError, bullet_list
from hlhcli.frames import INTERVENTIONS, SERIES
from hlhcli.readers import columns
from hlhcli.readers.cells import are_numbers, parse_times, parse_values
from hlhcli.readers.delimited import Table
from hlhcli.readers.problems import Problems

PLACEMENTS = ("", "printed", "text", "inferred")


def to_series(table: Table, named: Mapping[str, str], order: str | None) -> pd.DataFrame:
    """The series frame of a tidy lab table; raises `HlhcliError` with every bad line at once."""
    found = columns.find_columns(table, columns.LABS, named, ["marker", "time or day", "value"])
    problems = Problems(table)
    times, cells = _times(table, found, ("time", "day"), order, problems)
    problems.add_where(cells, _is_empty, "the time is missing")
    values, bounds = _numbers(table, found, "value", problems)
    limits = {word: _numbers(table, found, word, problems)[0] for word in ("reference_low", "reference_high")}
    text = {word: _text(table, found, word) for word in ("subject", "marker", "unit", "placement")}
    problems.add_where(text["marker"], _is_empty, "the marker is missing")
    problems.add_where(
        text["placement"], _is_no_placement, f"is no placement; write {', '.join(PLACEMENTS[1:])}"
    )
    problems.raise_any()
    frame = pd.DataFrame(
        {**text, "time": times, "value": values, "bound": bounds, **limits, "row": table.lines}
    ).astype(dict.fromkeys(("subject", "marker", "unit", "bound", "placement"), "str"))
    _require_one_unit(table, frame)
    _note_unused(table, frame)
    return frame[list(SERIES)]


def to_interventions(
    table: Table, named: Mapping[str, str], order: str | None, *, like: pd.Series
) -> pd.DataFrame:
    """The interventions frame of a tidy table.

    ``like`` holds the times of the labs: a table that has dates and day numbers is read in
    the labs' kind. An intervention without a start is named in a `DataNote` and left out.
    """
    found = columns.find_columns(table, columns.INTERVENTIONS, named, ["intervention", "start or start_day"])
    problems = Problems(table)
    by_day = like.dtype.kind == "f"
    times = {
        word: _times(
            table, found, (f"{word}_day", word) if by_day else (word, f"{word}_day"), order, problems
        )[0]
        for word in ("start", "stop")
    }
    text = {word: _text(table, found, word) for word in ("subject", "intervention", "dose", "route", "note")}
    problems.add_where(text["intervention"], _is_empty, "the intervention's name is missing")
    problems.raise_any()
    if times["stop"].isna().all():
        times["stop"] = pd.Series(np.nan, index=times["start"].index).astype(times["start"].dtype)
    frame = pd.DataFrame({**text, **times, "row": table.lines}).astype(dict.fromkeys(text, "str"))
    for name, line in frame.loc[frame["stop"] < frame["start"], ["intervention", "row"]].itertuples(
        index=False
    ):
        problems.add_line(line, f"{name} stops before it starts")
    problems.raise_any()
    return _with_start(table, frame)[list(INTERVENTIONS)]


def _is_empty(cell: str) -> bool:
    return cell == ""


def _is_no_placement(cell: str) -> bool:
    return cell not in PLACEMENTS


def _times(
    table: Table, found: Mapping[str, list[str]], words: Sequence[str], order: str | None, problems: Problems
) -> tuple[pd.Series, list[str]]:
    """The times of the first of these columns that is not empty, and its cells."""
    cells = next((found[word] for word in words if any(found.get(word, ()))), [""] * len(table.lines))
    if are_numbers(cells):
        numbers, _, wrong = parse_values(cells)
        return pd.Series(numbers, dtype="float64"), cells
    stamps, wrong = parse_times(cells, order)
    problems.add(wrong)
    return pd.Series(stamps, dtype="datetime64[us]"), cells


def _numbers(
    table: Table, found: Mapping[str, list[str]], word: str, problems: Problems
) -> tuple[np.ndarray, np.ndarray]:
    values, bounds, wrong = parse_values(_text(table, found, word))
    problems.add(wrong)
    return values, bounds


def _text(table: Table, found: Mapping[str, list[str]], word: str) -> list[str]:
    return found.get(word, [""] * len(table.lines))


def _require_one_unit(table: Table, frame: pd.DataFrame) -> None:
    """Raise where one marker is given in several units: its values cannot be compared."""
    pairs = frame.loc[frame["value"].notna(), ["marker", "unit", "row"]].drop_duplicates(["marker", "unit"])
    several = pairs[pairs.duplicated("marker", keep=False)]
    if len(several):
        listed = [
            f"{table.place} {line}: {marker} in '{unit}'"
            for marker, unit, line in several.itertuples(index=False)
        ]
        raise HlhcliError(
            f"{table.name}: a marker has more than one unit; bring its values to one\n{bullet_list(listed)}"
        )


def _note_unused(table: Table, frame: pd.DataFrame) -> None:
    empty = int(frame["value"].isna().sum())
    if empty:
        text = f"{table.name}: {empty} of {len(frame)} rows have no value and were not used"
        warnings.warn(text, DataNote, stacklevel=4)


def _with_start(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The interventions whose start is known; a note names the others."""
    unknown = frame["start"].isna()
    if unknown.all():
        raise HlhcliError(
            f"{table.name}: no intervention has a start; give a date or a day number in 'start'"
        )
    if unknown.any():
        rows = frame.loc[unknown, ["intervention", "row"]].itertuples(index=False)
        named = ", ".join(f"{name} ({table.place} {line})" for name, line in rows)
        warnings.warn(f"{table.name}: without a start, and so not used: {named}", DataNote, stacklevel=4)
    return frame[~unknown].reset_index(drop=True)
