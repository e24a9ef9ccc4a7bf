"""A lab table understood: the series, and every cell that is not in it."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import keys, markers
from hlhcli.errors import DataNote, HlhcliError, fold
from hlhcli.frames import SERIES
from hlhcli.readers.cells import Complaint, distinct, parse_moments, parse_results, parse_values
from hlhcli.readers.columns import LABS, TIDY, Column, find_columns, is_tidy
from hlhcli.readers.dates import count_offsets
from hlhcli.readers.delimited import Table
from hlhcli.readers.offsets import CARRIED
from hlhcli.readers.plain import plain_numbers, plain_text
from hlhcli.readers.problems import Cell, Problems, raise_problems
from hlhcli.readers.source import STDIN_NAME
from hlhcli.readers.unit_shape import split_heading
from hlhcli.reading import DEFAULT, ReadingOptions

PLACEMENTS = ("", "printed", "text", "inferred")
TEXT = ("subject", "marker", "unit", "bound", "placement")
NUMBERS = ("valuenum", "valueasnumber")
"""Columns of MIMIC and OMOP that repeat a result where it is a number, without its bound."""

NO_TIME = "has no time"
LEFT_OUT = "is left out, as its time says"


class Labs(NamedTuple):
    """One lab file: the series frame, and what stands beside it."""

    name: str
    layout: str
    delimiter: str
    series: pd.DataFrame
    problems: list[Cell]
    """Cells that cannot be read: something is wrong."""
    unused: list[Cell]
    """Cells that say that there is no number, or that were left out."""
    notes: list[str]
    """What a reader of the result should know."""
    counted: str
    """How many cells are in ``unused``, in words; empty for none."""

    def checked(self) -> pd.DataFrame:
        """The series where nothing is wrong; warns with each note. Raises `HlhcliError` otherwise."""
        raise_problems(self.name, self.problems)
        name = "-" if self.name == STDIN_NAME else self.name
        counted = [f"{self.counted}; `hlhcli check {name}` lists them"] if self.counted else []
        for note in [*self.notes, *counted]:
            warnings.warn(f"{self.name}: {note}", DataNote, stacklevel=3)
        return self.series


def to_series(table: Table, options: ReadingOptions = DEFAULT) -> pd.DataFrame:
    """The series frame of a lab table in any layout; raises `HlhcliError` with every bad cell at once."""
    return understand(table, options).checked()


def understand(
    table: Table, options: ReadingOptions = DEFAULT, counts: Mapping[int, int] | None = None
) -> Labs:
    """Read a lab table as far as it goes; raises `HlhcliError` only where its form is not understood.

    ``counts`` says how many rows of the input each line of the table stands for, where it is not one.
    """
    layout, tidy = _as_tidy(table, options)
    reading = _Reading(tidy, options, layout != TIDY, counts or {})
    return Labs(
        name=table.name,
        layout=layout,
        delimiter=table.delimiter,
        series=reading.frame,
        problems=reading.problems.found,
        unused=reading.unused.found,
        notes=reading.notes,
        counted=", ".join(_count_unused(reading.unused.found, counts or {})),
    )


def _as_tidy(table: Table, options: ReadingOptions) -> tuple[str, Table]:
    """How the table is laid out, and the table with one row per value."""
    if options.layout in (TIDY, None) and is_tidy(find_columns(table, LABS, options.columns)):
        return TIDY, table
    from hlhcli.readers import wide

    layout = wide.find_layout(table, options)
    return layout, wide.to_tidy(table, options, layout)


class _Reading:
    """One pass over a tidy table, which collects the frame, the cells not in it, and the notes."""

    def __init__(
        self, table: Table, options: ReadingOptions, was_wide: bool, counts: Mapping[int, int]
    ) -> None:
        self.table, self.options, self.was_wide, self.counts = table, options, was_wide, counts
        self.problems, self.unused, self.notes = Problems(table), Problems(table), list[str]()
        self.offsets: tuple[str, ...] = ()
        self.marks: set[str] = set()
        named = {} if was_wide else options.columns
        self.columns = find_columns(table, LABS, named, ["marker", "time or day", "value"])
        frame = self._read()
        self.frame = self._with_time(frame)[list(SERIES)]
        self.frame.attrs[CARRIED] = self.offsets
        self._note_rows()

    def _read(self) -> pd.DataFrame:
        """One row per row of the table."""
        text = {word: self._cells(word) for word in ("subject", "marker", "unit", "placement")}
        self.problems.add_where(self._name("marker"), text["marker"], _is_empty, "the marker is missing")
        wrong = f"is no placement; write {', '.join(PLACEMENTS[1:])}"
        self.problems.add_where(self._name("placement"), text["placement"], _is_no_placement, wrong)
        names, heading_units = _split_headings(text["marker"], text["unit"])
        self.marks = self._decimal_marks()
        values, bounds, cell_units = self._results(names)
        units = self._units(heading_units, cell_units)
        low, high = self._limits()
        cells = {**text, "marker": names, "unit": units, "bound": bounds.tolist()}
        texts = {word: pd.array(cells[word], dtype="str") for word in TEXT}
        numbers = {"value": values, "reference_low": low, "reference_high": high, "row": self.table.lines}
        frame = pd.DataFrame({**texts, "time": self._times(), **numbers})
        return _fill_units(self._join_spellings(frame))

    def _cells(self, word: str) -> list[str]:
        return self.columns[word].cells if word in self.columns else [""] * len(self.table.lines)

    def _name(self, word: str) -> str:
        return self.columns[word].name if word in self.columns else word

    def _times(self) -> pd.Series:
        column = self._time_column()
        times, wrong = parse_moments(column.cells, self.options)
        self.problems.add(column.name, wrong)
        self.offsets = self.table.offsets or tuple(count_offsets(column.cells))
        if len(self.offsets) > 1 and not self.table.offsets and not wrong:
            offsets = " and ".join(self.offsets)
            self.notes.append(f"times have the offsets {offsets}; clocks are kept as written")
        return times

    def _time_column(self) -> Column:
        """Of the columns of times and of days the one with more cells; of times where both are full."""
        present = [self.columns[word] for word in ("time", "day") if word in self.columns]
        return max(present, key=lambda column: sum(map(bool, column.cells)))

    def _decimal_marks(self) -> set[str]:
        """The decimal marks of the whole file: values and ranges are typed by the same hand."""
        columns = [self._cells(word) for word in ("value", "reference_low", "reference_high")]
        cells = [text for column in columns for text in distinct(column)[1]]
        if plain_numbers(cells) is not None and "reference_range" not in self.columns:
            return set()  # no cell asks which mark it has
        from hlhcli.readers.ranges import marks_of_ranges
        from hlhcli.readers.results import marks_of_results

        return marks_of_results(cells) | marks_of_ranges(distinct(self._cells("reference_range"))[1])

    def _results(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        name = self._name("value")
        results = parse_results(self._cells("value"), self.options.decimal, self.marks)
        words = _of_markers_without_numbers(results.values, results.wrong, names)
        words |= self._without_number(results.wrong)
        self.problems.add(name, [item for item in results.wrong if item.row not in words])
        self.unused.add(name, results.unused)
        self.unused.add(name, [words[index] for index in words])
        if (results.unused or words) and np.isnan(results.values).all() and not self.problems.found:
            raise HlhcliError(
                f"{self.table.name}: no cell of column '{name}' holds a number; "
                "say which column does: --column value=NAME"
            )
        self._note_commas(name, results.commas)
        return results.values, results.bounds, results.units

    def _without_number(self, wrong: Sequence[Complaint]) -> dict[int, Complaint]:
        """The complaints, by index, about cells whose number has a column of its own, and none there."""
        by_name = {
            fold(name): cells for name, cells in zip(self.table.header, self.table.columns, strict=True)
        }
        numbers = next((by_name[name] for name in NUMBERS if name in by_name), None)
        if numbers is None:
            return {}
        reason = "is a word, and the column of numbers is empty"
        return {
            item.row: Complaint(item.row, item.text, reason)
            for item in wrong
            if not numbers[item.row] and not any(character.isdigit() for character in item.text)
        }

    def _note_commas(self, name: str, commas: Sequence[Complaint]) -> None:
        """Name the first decimal comma, unless the user said that there are some."""
        if commas and self.options.decimal != "comma":
            first = Cell(self.table.where(name, commas[0].row), commas[0].text, commas[0].reason)
            more = f", and {len(commas) - 1} more" if len(commas) > 1 else ""
            self.notes.append(f"commas were read as decimal marks: {first}{more}")

    def _units(self, stated: list[str], in_cells: np.ndarray) -> list[str]:
        """The unit of each row: of its column or heading, else of the cell; they must not differ."""
        if not any(in_cells):
            return stated
        pairs = list(zip(stated, in_cells.tolist(), strict=True))
        texts = self._cells("value")
        wrong = [
            Complaint(index, texts[index], f"has another unit than its row ('{column}')")
            for index, (column, cell) in enumerate(pairs)
            if column and cell and plain_text(column) != plain_text(cell)
        ]
        self.problems.add(self._name("value"), wrong)
        return [column or cell for column, cell in pairs]

    def _limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper limits, from their own columns, else from a column of ranges."""
        if "reference_range" in self.columns:
            low, high = self._ranges()
        else:
            low = high = np.full(len(self.table.lines), np.nan)
        return self._limit("reference_low", low), self._limit("reference_high", high)

    def _ranges(self) -> tuple[np.ndarray, np.ndarray]:
        """The limits of a column of ranges."""
        from hlhcli.readers.ranges import read_ranges

        codes, texts = distinct(self._cells("reference_range"))
        found = read_ranges(texts, self.options.decimal, self.marks)
        bad = np.array([item.problem != "" for item in found], dtype=bool)[codes]
        rows = np.flatnonzero(bad).tolist()
        unread = [Complaint(index, texts[codes[index]], found[codes[index]].problem) for index in rows]
        self.unused.add(self._name("reference_range"), unread)
        low = np.array([item.low for item in found], dtype=float)[codes]
        high = np.array([item.high for item in found], dtype=float)[codes]
        return low, high

    def _limit(self, word: str, of_range: np.ndarray) -> np.ndarray:
        if word not in self.columns:
            return of_range
        values, _, wrong = parse_values(self._cells(word), self.options.decimal, self.marks)
        self.problems.add(self._name(word), wrong)
        return np.where(np.isnan(values), of_range, values)

    def _join_spellings(self, frame: pd.DataFrame) -> pd.DataFrame:
        """One spelling for each known marker: the first of the file."""
        first = _first_spellings(frame)
        for name, spelling in first.items():
            if name[0] != spelling:
                self.notes.append(f"'{name[0]}' and '{spelling}' are one marker, called '{spelling}' here")
        if all(name == spelling for (name, _), spelling in first.items()):
            return frame
        keys = zip(frame["marker"], frame["unit"] == "%", strict=True)
        return frame.assign(marker=pd.Series([first[key] for key in keys], dtype="str", index=frame.index))

    def _with_time(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that have a time; the values of the others are listed."""
        column, wrong = self._time_column(), {item.place for item in self.problems.found}
        missing = np.flatnonzero(frame["time"].isna())
        if not missing.size:
            return frame
        texts = self._cells("value")
        for index in missing.tolist():
            if texts[index] and self.table.where(column.name, index) not in wrong:
                reason = LEFT_OUT if column.cells[index] else NO_TIME
                self.unused.add(self._name("value"), [Complaint(index, texts[index], reason)])
        if len(missing) == len(frame) and not self.problems.found:
            raise HlhcliError(
                f"{self.table.name}: no row has a time; give a date or a day number in '{column.name}'"
            )
        return frame[frame["time"].notna()].reset_index(drop=True)

    def _note_rows(self) -> None:
        """Count the rows without a value; in a wide table an empty cell is nothing special."""
        counts = [self.counts.get(line, 1) for line in self.table.lines]
        values = zip(self._cells("value"), counts, strict=True)
        empty = sum(count for cell, count in values if cell == "")
        if empty and not self.was_wide:
            self.notes.append(f"{empty} of {sum(counts)} rows have no value and were not used")


def _is_empty(cell: str) -> bool:
    return cell == ""


def _is_no_placement(cell: str) -> bool:
    return cell not in PLACEMENTS


def _split_headings(names: list[str], units: list[str]) -> tuple[list[str], list[str]]:
    """Markers and units, the unit taken from the marker's name where the file gives it there."""
    split = {name: split_heading(name) for name in set(names)}
    if not any(unit for _, unit in split.values()):
        return names, units
    pairs = [(name, unit) if unit else split[name] for name, unit in zip(names, units, strict=True)]
    return [name for name, _ in pairs], [unit for _, unit in pairs]


def _of_markers_without_numbers(
    values: np.ndarray, wrong: Sequence[Complaint], names: Sequence[str]
) -> dict[int, Complaint]:
    """The complaints about words, by index, where a marker has no number at all: its results are words."""
    if not wrong:
        return {}
    numeric = {name for name, value in zip(names, values.tolist(), strict=True) if value == value}
    reason = "is a word, and so are all results of its marker"
    return {
        item.row: Complaint(item.row, item.text, reason)
        for item in wrong
        if names[item.row] not in numeric and not any(character.isdigit() for character in item.text)
    }


def _first_spellings(frame: pd.DataFrame) -> dict[tuple[str, bool], str]:
    """The first spelling of each marker, by spelling and by whether it is a share: another marker."""
    first: dict[str, str] = {}
    spelled = {}
    _, rows = keys.number([frame["marker"], frame["unit"]])
    for name, unit in frame[["marker", "unit"]].take(rows).itertuples(index=False):
        marker = None if unit == "%" else markers.find(name)
        spelled[name, unit == "%"] = first.setdefault(marker.name, name) if marker else name
    return spelled


def _fill_units(frame: pd.DataFrame) -> pd.DataFrame:
    """Give rows without a number the unit that their marker has elsewhere in the file."""
    bare = (frame["unit"] == "") & frame["value"].isna()
    if not bare.any():
        return frame
    known = frame[frame["unit"] != ""].drop_duplicates("marker").set_index("marker")["unit"]
    units = [known.get(marker, "") for marker in frame.loc[bare, "marker"]]
    filled = frame["unit"].copy()
    filled[bare] = units
    return frame.assign(unit=filled)


def _count_unused(cells: Sequence[Cell], counts: Mapping[int, int]) -> list[str]:
    """How many cells hold no number, with the most frequent texts, and how many values have no time."""
    if not cells:
        return []
    texts = Counter[str]()
    for cell in cells:
        if cell.reason not in (NO_TIME, LEFT_OUT):
            texts[cell.text] += counts.get(cell.place.line, 1)
    named = ", ".join(f"{count} × '{text}'" for text, count in texts.most_common(3))
    others = ", …" if len(texts) > 3 else ""
    total = texts.total()
    said = (
        [f"{_count(total, 'cell holds', 'cells hold')} no usable number ({named}{others})"] if total else []
    )
    for reason, words in ((NO_TIME, "no time"), (LEFT_OUT, "a time that is left out")):
        number = sum(cell.reason == reason for cell in cells)
        said += [f"{_count(number, 'value has', 'values have')} {words}"] if number else []
    return said


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
