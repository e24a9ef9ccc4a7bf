"""Wide tables to tidy ones: markers down and times across, or times down and markers across.

The tidy table has one row per cell, its columns are called by the design's words, and each
cell keeps its place in the file, so that both layouts share everything that follows.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hlhcli import markers
from hlhcli.errors import HlhcliError, fold
from hlhcli.readers.cells import label_key
from hlhcli.readers.columns import INTERVENTIONS, LABS, TIDY, Column, find_columns, is_tidy
from hlhcli.readers.dates import is_clock, is_date_like
from hlhcli.readers.day_labels import read_day
from hlhcli.readers.delimited import Place, Table
from hlhcli.readers.unit_shape import is_unit
from hlhcli.reading import ReadingOptions

MARKERS_DOWN, TIMES_DOWN = "markers-down", "times-down"
OF_ROWS = ("subject", "unit", "reference_low", "reference_high", "reference_range", "placement")
"""Columns of a wide table that belong to its rows, beside the marker or the time."""

OF_MARKERS = ("unit", "reference_low", "reference_high", "reference_range")
"""What may be said of each marker in a row of its own, where times stand down."""

REMARKS = frozenset(map(fold, INTERVENTIONS["note"]))
"""Columns of a wide table that hold words about its rows; they are passed over."""


class _Row(NamedTuple):
    """One row of the tidy table: what each column says, and where it stands."""

    cells: dict[str, tuple[str, Place]]


def find_layout(table: Table, options: ReadingOptions) -> str:
    """How the table is laid out: as stated, else as its headings and cells tell.

    Raises `HlhcliError` where times stand both in the headings and down a column.
    """
    if options.layout:
        return options.layout
    found = find_columns(table, LABS, options.columns)
    if is_tidy(found):
        return TIDY
    labels = [name for name in table.header if name not in _names(found)]
    across = _are_times(labels, options, bare="marker" in found or _has_known(table.columns[0]))
    down = _time_column(table, found, options) is not None
    if across and down:
        raise HlhcliError(
            f"{table.name}: times stand in the headings and down a column; "
            f"say which counts: --layout {MARKERS_DOWN} or --layout {TIMES_DOWN}"
        )
    if across or down:
        return MARKERS_DOWN if across else TIMES_DOWN
    return _by_names(table, found)


def to_tidy(table: Table, options: ReadingOptions, layout: str) -> Table:
    """The table with one row per value; a tidy table is returned as it is."""
    if layout == TIDY:
        return table
    found = find_columns(table, LABS, options.columns)
    _require_headings(table)
    rows = _from_markers(table, found) if layout == MARKERS_DOWN else _from_times(table, found, options)
    return _tidy(table, list(rows))


def _names(found: dict[str, Column]) -> set[str]:
    return {column.name for column in found.values()}


def _is_time(label: str, options: ReadingOptions) -> bool:
    """Whether a label is a date, a day or one of the labels that the user gave a time."""
    stated = label_key(label) in map(label_key, options.times)
    return stated or (label != "" and (read_day(label) is not None or is_date_like(label)))


def _are_times(labels: Iterable[str], options: ReadingOptions, *, bare: bool) -> bool:
    """Whether some labels are times; bare numbers count only where something else speaks for days."""
    times = [label for label in labels if _is_time(label, options)]
    return bool(times) and (bare or not all(map(_is_bare, times)))


def _is_bare(label: str) -> bool:
    day = read_day(label)
    return day is not None and not day[1]


def _has_known(names: Iterable[str]) -> bool:
    return any(map(markers.find, names))


def _time_column(table: Table, found: dict[str, Column], options: ReadingOptions) -> Column | None:
    """The column that holds the times: by its name, else the first one if it holds nothing else."""
    named = found.get("time") or found.get("day")
    if named and any(_is_time(cell, options) for cell in named.cells):
        return named
    first = Column(table.header[0], table.columns[0])
    filled = [cell for cell in first.cells if cell and not _word_of_row(cell)]
    is_times = all(_is_time(cell, options) for cell in filled) and _are_times(filled, options, bare=False)
    return first if is_times else None


def _by_names(table: Table, found: dict[str, Column]) -> str:
    """The layout where nothing is a time: known markers down a column or in the headings, else tidy."""
    if "value" in found:
        return TIDY
    first = Column(table.header[0], table.columns[0])
    names = [cell for cell in found.get("marker", first).cells if cell]
    if len(set(names)) == len(names) and ("marker" in found or _has_known(names)):
        return MARKERS_DOWN if _has_numbers_beside(table, found) else TIDY
    if not _has_known(table.header[1:]):
        return TIDY
    if names and all(map(_is_bare, names)):
        raise HlhcliError(
            f"{table.name}: column '{first.name}' holds numbers; if they are days, say so: "
            f"--column day={first.name}"
        )
    return TIMES_DOWN


def _has_numbers_beside(table: Table, found: dict[str, Column]) -> bool:
    """Whether a column that has no known name holds digits: results under a label that is no time."""
    beside = [
        cells
        for name, cells in zip(table.header[1:], table.columns[1:], strict=True)
        if name not in _names(found)
    ]
    return any(any(character.isdigit() for character in cell) for cells in beside for cell in cells)


def _require_headings(table: Table) -> None:
    for number, (name, cells) in enumerate(zip(table.header, table.columns, strict=True), 1):
        if not name and any(cells) and number > 1:
            raise HlhcliError(
                f"{table.name}: line {table.header_line}: column {number} has no heading; give it one"
            )


def _from_markers(table: Table, found: dict[str, Column]) -> Iterable[_Row]:
    """Rows of a table with markers down: one per marker and time, in the order of the file."""
    marker = found.get("marker") or Column(table.header[0], table.columns[0])
    shared = {"marker": marker, **{word: found[word] for word in OF_ROWS if word in found}}
    times = _others(table, _names(shared))
    for index in range(len(table.lines)):
        own = _row_cells(table, shared, index)
        if _is_empty(own) and not any(time.cells[index] for time in times):
            continue  # a heading between rows
        for time in times:
            label = (time.name, Place(table.header_line, time.name))
            yield _Row({**own, "time": label, "value": (time.cells[index], table.where(time.name, index))})


def _is_empty(own: dict[str, tuple[str, Place]]) -> bool:
    """Whether a row says nothing about a marker but its name."""
    return not any(text for word, (text, _) in own.items() if word not in ("marker", "subject"))


def _from_times(table: Table, found: dict[str, Column], options: ReadingOptions) -> Iterable[_Row]:
    """Rows of a table with times down: one per marker and time, marker by marker."""
    time = _time_column(table, found, options) or Column(table.header[0], table.columns[0])
    shared = {"time": time}
    shared |= {word: found[word] for word in ("subject", "placement") if word in found}
    said = _said_of_markers(table, time)
    clocks = {name for name, cells in zip(table.header, table.columns, strict=True) if _are_clocks(cells)}
    for marker in _others(table, _names(shared) | clocks):
        own = {word: (marker.cells[index], table.where(marker.name, index)) for word, index in said.items()}
        own["marker"] = (marker.name, Place(table.header_line, marker.name))
        for index in range(len(table.lines)):
            if index not in said.values():
                value = (marker.cells[index], table.where(marker.name, index))
                yield _Row({**_row_cells(table, shared, index), **own, "value": value})


def _said_of_markers(table: Table, time: Column) -> dict[str, int]:
    """The rows that say something of the markers, by word: ``Unit`` or ``Normal`` where others have a time.

    A first row without a time whose cells are all units is one of units, too.
    """
    said = {_word_of_row(cell): index for index, cell in reversed(list(enumerate(time.cells)))}
    said.pop("", None)
    first = [
        column[0] for name, column in zip(table.header, table.columns, strict=True) if name and column[0]
    ]
    if "unit" not in said and not time.cells[0] and first and all(map(is_unit, first)):
        said["unit"] = 0
    return said


def _word_of_row(label: str) -> str:
    """What a row says of the markers by its label; empty for every other label."""
    return next((word for word in OF_MARKERS if label and fold(label) in map(fold, LABS[word])), "")


def _are_clocks(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(map(is_clock, filled))


def _others(table: Table, taken: set[str]) -> list[Column]:
    """The columns that hold results: those with a heading that is not taken and no remark."""
    columns = map(Column, table.header, table.columns)
    return [
        item for item in columns if item.name and item.name not in taken and fold(item.name) not in REMARKS
    ]


def _row_cells(table: Table, shared: dict[str, Column], index: int) -> dict[str, tuple[str, Place]]:
    return {word: (column.cells[index], table.where(column.name, index)) for word, column in shared.items()}


def _tidy(table: Table, rows: Sequence[_Row]) -> Table:
    if not rows:
        raise HlhcliError(
            f"{table.name}: has no column of results; the columns are: {', '.join(table.header)}"
        )
    words = list(rows[0].cells)
    return table._replace(
        header=words,
        columns=[[row.cells[word][0] for row in rows] for word in words],
        lines=[row.cells["value"][1].line for row in rows],
        places={word: [row.cells[word][1] for row in rows] for word in words},
    )
