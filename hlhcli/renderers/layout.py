"""What a table is made of, and how it is fitted to a width.

Numbers are never cut: only words may wrap. `hlhcli.renderers.columns` makes the columns and
`hlhcli.renderers.table` draws them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from hlhcli.renderers.reading import Reading

GAP = 2
Part = tuple[str, str]
"""Text and the name of its style."""

Cell = list[list[Part]]
"""Lines of parts."""


@dataclass(frozen=True)
class Row:
    """One marker in one window, in the characters of the terminal."""

    marker: str
    unit: str
    footmark: str
    baseline: str
    baseline_day: str
    n: str
    course: str
    readings: dict[str, Reading]
    marks: dict[str, Part] = field(default_factory=dict)  # for each reading: better, worse or nothing

    @property
    def name(self) -> str:
        """The marker with its footnote mark."""
        return self.marker + self.footmark

    @property
    def based(self) -> str:
        """The baseline and its day."""
        return f"{self.baseline} {self.baseline_day}".strip()


@dataclass(frozen=True)
class Column:
    """A column that needs ``width`` and can do with ``least``."""

    header: str
    cell: Callable[[Row], Cell]
    width: int
    least: int
    wraps: bool = False  # words wrap where they must, numbers never


@dataclass(frozen=True)
class Layout:
    """Columns that fit, and what was left out to make them fit."""

    columns: tuple[Column, ...]
    dropped: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Width of the table, gaps included."""
        return sum(column.width for column in self.columns) + GAP * (len(self.columns) - 1)

    @property
    def least(self) -> int:
        """Width of the table when words wrap."""
        return self.width - sum(column.width - column.least for column in self.columns)

    def within(self, width: int) -> "Layout":
        """The layout with the columns of words narrowed, the last first, to what they can do with."""
        excess, columns = max(0, self.width - width), []
        for column in reversed(self.columns):
            cut = min(excess, column.width - column.least)
            excess -= cut
            columns.append(replace(column, width=column.width - cut))
        return replace(self, columns=tuple(reversed(columns)))


def choose(layouts: Iterator[Layout], width: int | None) -> Layout | None:
    """The first layout that fits the width, unlimited where it is None; None when none does."""
    for layout in layouts:
        if width is None or layout.least <= width:
            return layout if width is None else layout.within(width)
    return None
