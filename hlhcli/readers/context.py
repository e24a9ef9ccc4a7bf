"""Tables that stand beside the labs: events, and how much the user's laboratory varies."""

import math
from pathlib import Path

import pandas as pd

from hlhcli.errors import HlhcliError, bullet_list, fold, nearest
from hlhcli.frames import EVENTS
from hlhcli.markers import key
from hlhcli.readers.delimited import Table, read_table
from hlhcli.readers.source import STDIN, read_text
from hlhcli.readers.tidy import to_interventions
from hlhcli.reading import DEFAULT, ReadingOptions

VARIATION_COLUMNS = ("marker", "cvi", "cva", "source")


def read_events(source: str | Path, series: pd.DataFrame, reading: ReadingOptions = DEFAULT) -> pd.DataFrame:
    """Read a table of events (`hlhcli.frames.EVENTS`) for these series.

    It has the columns of a table of interventions, with ``event`` for the name, and may have
    ``marker``: what an event of this name disturbs. Raises `HlhcliError` as the reader of
    interventions does.
    """
    table = _read(source)
    given = to_interventions(table, reading, like=series["time"])
    events = given.rename(columns={"intervention": "event"})
    name = next((word for word in ("event", "intervention", "name") if _column(table, word)), "")
    marker = dict(zip(_column(table, name), _column(table, "marker"), strict=False))
    events = events.assign(marker=[marker.get(name, "") for name in events["event"]])
    return _of_subjects(table.name, events.astype({"marker": "str"}), series)[list(EVENTS)]


def read_variation(source: str | Path) -> dict[str, tuple[float | None, float | None, str]]:
    """Read a user's CVs: for each marker CVi and CVa in per cent (None: not stated) and the source.

    Columns ``marker``, ``cvi``, ``cva`` and ``source``; of the middle two one may be left out.
    The source is the name of the file where the table gives none. Raises `HlhcliError` with
    every bad line.
    """
    table = _read(source)
    marker, cvi, cva, origin = (_column(table, word) for word in VARIATION_COLUMNS)
    if not marker or not (cvi or cva):
        missing = "marker" if not marker else "cvi or cva"
        raise HlhcliError(f"{table.name}: no column for {missing}; {nearest('marker', table.header)}")
    problems: list[str] = []
    percents = [
        [_percent(cell, table, row, problems) for row, cell in enumerate(cells)] or [None] * len(marker)
        for cells in (cvi, cva)
    ]
    problems += [
        f"line {line}: the marker is missing"
        for line, cell in zip(table.lines, marker, strict=True)
        if not cell
    ]
    if problems:
        raise HlhcliError(f"{table.name}: these cells cannot be used\n{bullet_list(problems)}")
    sources = [text or table.name for text in origin or [""] * len(marker)]
    return {
        key(name): (within, analytical, text)
        for name, within, analytical, text in zip(marker, *percents, sources, strict=True)
    }


def _read(source: str | Path) -> Table:
    if str(source) == STDIN:
        raise HlhcliError("standard input is for labs or interventions; give this table as a file")
    return read_table(read_text(source))


def _column(table: Table, word: str) -> list[str]:
    """The cells of the column of this name; none where the table has no such column."""
    names = [fold(name) for name in table.header]
    return list(table.columns[names.index(fold(word))]) if fold(word) in names else []


def _percent(cell: str, table: Table, row: int, problems: list[str]) -> float | None:
    if not cell:
        return None
    try:
        number = float(cell.removesuffix("%"))
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        problems.append(f"line {table.lines[row]}: '{cell}' is no per cent above 0")
    return number


def _of_subjects(name: str, events: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """The events with their subject; that of the labs where only these name one."""
    labs = series["subject"].unique()
    if set(events["subject"]) != {""} or "" in labs:
        return events
    if len(labs) > 1:
        raise HlhcliError(f"{name}: has no subject column, but the labs have {len(labs)} subjects; add one")
    return events.assign(subject=labs[0])
