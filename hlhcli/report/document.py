"""A report as a tree of plain values: what it says and in which order, in no format yet.

Every text is as the user or the program wrote it; only a renderer escapes it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Style = Literal["", "strong", "quiet", "code", "better", "worse", "within"]


@dataclass(frozen=True)
class Run:
    """A stretch of text of one look."""

    text: str
    to: str = ""
    """The anchor of the page that it links to; empty for none."""
    style: Style = ""
    said: str = ""
    """What a sign means, for those who hear the page."""


Text = tuple[Run, ...]


def text(*parts: str | Run) -> Text:
    """A text of these parts; empty ones are left out."""
    runs = (Run(part) if isinstance(part, str) else part for part in parts)
    return tuple(run for run in runs if run.text)


@dataclass(frozen=True)
class Paragraph:
    """One paragraph."""

    words: Text
    quiet: bool = False
    """Whether it only explains what stands beside it."""


@dataclass(frozen=True)
class Items:
    """A list without an order."""

    items: tuple[Text, ...]
    quiet: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell: lines of text."""

    lines: tuple[Text, ...]


Kind = Literal["words", "label", "number"]
"""What a column holds: words wrap, labels and numbers never do, numbers stand flush right."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    header: str
    kind: Kind = "words"


@dataclass(frozen=True)
class Row:
    """A row of a table, which other places may link to; its first cell names it."""

    cells: tuple[Cell, ...]
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its data as CSV, which may say more than the cells."""

    anchor: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    csv: str
    """Safe to open in a spreadsheet."""

    @property
    def file(self) -> str:
        """The name of its CSV file."""
        return f"{self.anchor}.csv"


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows in words, and a way to have it drawn."""

    anchor: str
    caption: str
    description: str
    draw: Callable[[str], bytes]
    """The picture in a file format: ``svg`` or ``png``."""


Part = Paragraph | Items | Table | Figure


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    anchor: str
    title: str
    parts: tuple[Part, ...] = ()
    sections: tuple["Section", ...] = ()

    def walk(self) -> Iterator["Section"]:
        """The section itself and all below it, in the order of the page."""
        yield self
        for section in self.sections:
            yield from section.walk()


@dataclass(frozen=True)
class Report:
    """The whole report."""

    title: str
    lead: tuple[Part, ...]
    sections: tuple[Section, ...]
    foot: Text

    def parts(self) -> Iterator[Part]:
        """Every part, in the order of the page."""
        yield from self.lead
        for section in self.sections:
            for each in section.walk():
                yield from each.parts


def plain(words: Text) -> str:
    """The characters of a text, without looks and links."""
    return "".join(run.text for run in words)
