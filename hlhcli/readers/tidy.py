"""Tables of interventions to the frame of interventions: one row per intervention."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hlhcli.errors import DataNote, HlhcliError, fold
from hlhcli.frames import INTERVENTIONS
from hlhcli.readers import columns
from hlhcli.readers.cells import Complaint, parse_moments
from hlhcli.readers.columns import Column, find_columns
from hlhcli.readers.delimited import Table
from hlhcli.readers.problems import Problems
from hlhcli.reading import DEFAULT, ReadingOptions

TEXT = ("subject", "intervention", "dose", "route", "note")


def to_interventions(table: Table, options: ReadingOptions = DEFAULT, *, like: pd.Series) -> pd.DataFrame:
    """The interventions frame of a tidy table.

    ``like`` holds the times of the labs: a table that has dates and day numbers is read in
    the labs' kind. An intervention without a start is named in a `DataNote` and left out.
    """
    named = _own_names(table, options.columns)
    found = find_columns(table, columns.INTERVENTIONS, named, ["intervention", "start or start_day"])
    problems = Problems(table)
    by_day = like.dtype.kind == "f"
    times = {
        word: _times(
            table, found, (f"{word}_day", word) if by_day else (word, f"{word}_day"), options, problems
        )
        for word in ("start", "stop")
    }
    text = {word: _text(table, found, word) for word in TEXT}
    problems.add_where(
        found["intervention"].name, text["intervention"], _is_empty, "the intervention's name is missing"
    )
    problems.raise_any()
    if times["start"].isna().all():
        raise HlhcliError(
            f"{table.name}: no intervention has a start; give a date or a day number in 'start'"
        )
    if times["stop"].isna().all():
        times["stop"] = pd.Series(np.nan, index=times["start"].index).astype(times["start"].dtype)
    _require_one_kind(table, times)
    texts = {word: pd.array(cells, dtype="str") for word, cells in text.items()}
    frame = pd.DataFrame({**texts, **times, "row": table.lines})
    _require_order(frame, problems)
    return _with_start(table, frame)[list(INTERVENTIONS)]


def subjects_of(table: Table, options: ReadingOptions = DEFAULT) -> list[str]:
    """The subject of each row of a tidy table of interventions; ``""`` where it names none."""
    found = find_columns(table, columns.INTERVENTIONS, _own_names(table, options.columns))
    return _text(table, found, "subject")


def _own_names(table: Table, named: Mapping[str, str]) -> dict[str, str]:
    """The named columns; a subject column that only the labs have is not asked for here."""
    own = set(map(fold, table.header))
    return {word: name for word, name in named.items() if word != "subject" or fold(name) in own}


def _is_empty(cell: str) -> bool:
    return cell == ""


def _times(
    table: Table,
    found: Mapping[str, Column],
    words: Sequence[str],
    options: ReadingOptions,
    problems: Problems,
) -> pd.Series:
    """The times of the first of these columns that is not empty."""
    columns_with_cells = (found[word] for word in words if word in found and any(found[word].cells))
    column = next(columns_with_cells, Column(words[0], [""] * len(table.lines)))
    times, wrong = parse_moments(column.cells, options)
    problems.add(column.name, wrong)
    return times


def _text(table: Table, found: Mapping[str, Column], word: str) -> list[str]:
    return found[word].cells if word in found else [""] * len(table.lines)


def _require_one_kind(table: Table, times: Mapping[str, pd.Series]) -> None:
    if times["start"].dtype.kind != times["stop"].dtype.kind:
        raise HlhcliError(f"{table.name}: starts and stops must both be dates or both be day numbers")


def _require_order(frame: pd.DataFrame, problems: Problems) -> None:
    wrong = (frame["stop"] < frame["start"]).to_numpy()
    starts = [
        Complaint(index, frame["intervention"].iloc[index], "stops before it starts")
        for index in np.flatnonzero(wrong).tolist()
    ]
    problems.add("stop", starts)
    problems.raise_any()


def _with_start(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The interventions whose start is known; a note names the others."""
    unknown = frame["start"].isna()
    if not unknown.any():
        return frame
    rows = frame.loc[unknown, ["intervention", "row"]].itertuples(index=False)
    named = ", ".join(f"{name} ({table.place} {line})" for name, line in rows)
    warnings.warn(f"{table.name}: without a start, and so not used: {named}", DataNote, stacklevel=4)
    return frame[~unknown].reset_index(drop=True)
