"""Text to cells: CSV, TSV or semicolons, each row with the line that it came from."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from hlhcli.errors import HlhcliError, bullet_list
from hlhcli.formulas import MARK, unguard
from hlhcli.readers.source import Text

DELIMITERS = ",\t;"
TITLES = 10
"""So many lines may stand above the header."""

QUOTED = re.compile(r'"[^"]*"')


class Place(NamedTuple):
    """Where a cell stands in a file: the line, and the heading of its column."""

    line: int
    column: str
    kind: str = "line"

    def __str__(self) -> str:
        return f"{self.kind} {self.line}, column '{self.column}'" if self.line else self.column


class Table(NamedTuple):
    """Cells as text, by column, and the line of the file that each row begins on."""

    name: str
    header: list[str]
    columns: list[list[str]]
    lines: list[int]
    header_line: int = 1
    delimiter: str = ""
    places: Mapping[str, Sequence[Place]] = MappingProxyType({})
    """Where the cells of a column stand, where a row of the table is no row of the file."""
    offsets: tuple[str, ...] = ()
    """Offsets from UTC that a reader has dropped from the cells."""

    place: str = "line"
    """What the numbers in ``lines`` count: lines of a text, rows of a sheet, entries of a bundle."""

    def where(self, column: str, index: int) -> Place:
        """Where a cell of the table stands in the file."""
        return (
            self.places[column][index]
            if column in self.places
            else Place(self.lines[index], column, self.place)
        )


def read_table(text: Text) -> Table:
    """Split text into a table; every row must have as many cells as the header.

    Cells that were guarded for a spreadsheet (`hlhcli.formulas`) are read as what they were.
    Raises `HlhcliError` for a header without rows, columns of one name, rows that are too
    short or too long, and a quotation that never ends.
    """
    delimiter = _find_delimiter(text.text)
    header, rows, lines, header_line = _below_title(*_split(text, delimiter))
    if MARK in text.text:
        header, rows = _unguard(header), list(map(_unguard, rows))
    require_single_names(text.name, header)
    if not rows:
        raise HlhcliError(f"{text.name}: has a header but no rows")
    _require_width(text, header, rows, lines)
    columns = [_stripped(column) for column in zip(*rows, strict=True)]
    return Table(text.name, header, columns, lines, header_line, delimiter)


def _stripped(cells: Sequence[str]) -> list[str]:
    """The cells without spaces around them; cells that are alike are one text in memory."""
    known: dict[str, str] = {}
    return [known.setdefault(cell, cell) for cell in map(str.strip, cells)]


def _unguard(row: list[str]) -> list[str]:
    """Names as they were before they were made safe for a spreadsheet."""
    return [unguard(cell.strip()).strip() for cell in row]


def is_title(row: Sequence[str]) -> bool:
    """Whether a row is a title above the header: one text, that begins in the first cell."""
    return bool(row) and row[0] != "" and len(set(filter(None, row))) == 1


def _find_delimiter(text: str) -> str:
    """The most frequent delimiter of the first line that has any."""
    lines = (QUOTED.sub("", line) for line in text.lstrip().split("\n", TITLES)[:TITLES])
    return next((max(DELIMITERS, key=line.count) for line in lines if any(map(line.count, DELIMITERS))), ",")


def _split(text: Text, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The rows that hold anything, and the line that each begins on."""
    reader = csv.reader(io.StringIO(text.text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    begin = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(begin)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise HlhcliError(f"{text.name}: line {begin}: {_explain(str(error))}") from None
    return rows, lines


def _below_title(
    rows: list[list[str]], lines: list[int]
) -> tuple[list[str], list[list[str]], list[int], int]:
    """Header, rows, their lines and the line of the header; a title above it is left out."""
    stripped = [[cell.strip() for cell in row] for row in rows[: TITLES + 1]]
    place = next((place for place, row in enumerate(stripped) if not is_title(row)), 0)
    return stripped[place], rows[place + 1 :], lines[place + 1 :], lines[place]


def _explain(error: str) -> str:
    if "unexpected end" in error:
        return "a quotation mark opens here and the file ends before it closes; is the file cut short?"
    if "expected after" in error:
        return "text follows a closing quotation mark; double each quotation mark inside a quoted cell"
    return f"cannot be split into cells ({error})"


def require_single_names(name: str, header: list[str]) -> None:
    """Raise `HlhcliError` where several columns have one name."""
    twice = [column for column, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        named = ", ".join(f"'{column}'" for column in twice)
        raise HlhcliError(f"{name}: line 1: more than one column is called {named}; rename all but one")


def _require_width(text: Text, header: list[str], rows: list[list[str]], lines: list[int]) -> None:
    width = len(header)
    wrong = [
        f"line {line}: {len(row)} cells where the header has {width}"
        for row, line in zip(rows, lines, strict=True)
        if len(row) != width
    ]
    if wrong:
        cut = len(rows[-1]) < width and not text.text.endswith("\n")
        hint = (
            "the last line has no end: the file may be cut short"
            if cut
            else "quote cells that hold a delimiter"
        )
        raise HlhcliError(f"{text.name}: rows do not fit the header; {hint}\n{bullet_list(wrong)}")
