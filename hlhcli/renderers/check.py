"""The report of ``hlhcli check``: for a reader as tables, for a program as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from rich.box import Box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hlhcli.printable import lines
from hlhcli.renderers.machine import escape_json
from hlhcli.renderers.typesetting import typeset

RULE = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
WIDE = 100


@dataclass(frozen=True)
class MarkerReport:
    """What a file holds of one marker of one unit."""

    marker: str
    known_as: str
    unit: str
    values: int
    bounds: int
    with_range: int
    first: str
    last: str


@dataclass(frozen=True)
class CellReport:
    """One cell that was not used; ``wrong`` where it is an error, not a word for no number."""

    line: int
    column: str
    text: str
    reason: str
    wrong: bool


@dataclass(frozen=True)
class InterventionReport:
    """One intervention, as text."""

    intervention: str
    start: str
    stop: str


@dataclass(frozen=True)
class FileReport:
    """What was understood of one file."""

    file: str
    facts: dict[str, str | int] = field(default_factory=dict)
    markers: tuple[MarkerReport, ...] = ()
    interventions: tuple[InterventionReport, ...] = ()
    cells: tuple[CellReport, ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether something must be put right before the file can be used."""
        return bool(self.errors) or any(cell.wrong for cell in self.cells)


def reports_to_json(reports: Sequence[FileReport]) -> str:
    """An array with one object per file."""
    files = [{**asdict(report), "is_wrong": report.is_wrong} for report in reports]
    return escape_json(json.dumps(files, ensure_ascii=False, indent=2)) + "\n"


def reports_to_text(reports: Sequence[FileReport], *, width: int | None, color: bool) -> str:
    """The same for a reader; without ``color`` there are no escape sequences."""
    page = (part for report in reports for part in _parts(report))
    return typeset(page, width or WIDE, color=color)


def _parts(report: FileReport) -> Iterator[RenderableType]:
    yield _text(report.file, "bold")
    for error in report.errors:
        yield Padding(_text(f"error: {error}"), (0, 0, 0, 2))
    facts = Table.grid(padding=(0, 2))
    for name, fact in report.facts.items():
        if fact == "":
            continue
        facts.add_row(_text(f"  {name}"), _text(str(fact)))
    yield facts
    yield from _table(
        ("marker", "known as", "unit", "values", "limits", "ranges", "from", "to"), _markers(report)
    )
    yield from _table(("intervention", "start", "stop"), _interventions(report))
    yield from _table(("line", "column", "cell", "why it is not used"), _cells(report))
    for note in report.notes:
        yield Padding(_text(f"note: {note}"), (0, 0, 0, 2))
    yield Text("something is wrong" if report.is_wrong else "nothing is wrong")
    yield Text()


def _text(text: str, style: str = "") -> Text:
    """Text of a file as it stands, without what would steer the terminal."""
    return Text(lines(text), style)


def _markers(report: FileReport) -> list[tuple[str, ...]]:
    return [
        (
            *(item.marker, item.known_as or "-", item.unit or "-"),
            *(str(item.values), str(item.bounds), str(item.with_range), item.first, item.last),
        )
        for item in report.markers
    ]


def _interventions(report: FileReport) -> list[tuple[str, ...]]:
    return [(item.intervention, item.start, item.stop or "-") for item in report.interventions]


def _cells(report: FileReport) -> list[tuple[str, ...]]:
    return [
        (str(cell.line or "-"), cell.column, cell.text, f"{'error: ' if cell.wrong else ''}{cell.reason}")
        for cell in report.cells
    ]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[RenderableType]:
    """A table where there are rows; numbers are not cut, words wrap."""
    if not rows:
        return
    table = Table(box=RULE, show_edge=False, padding=(0, 1), header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold", justify="right" if name in NUMBERS else "left")
    for row in rows:
        table.add_row(*map(_text, row))
    yield Text()
    yield Padding(table, (0, 0, 0, 1))
    yield Text()


NUMBERS = frozenset(("line", "values", "limits", "ranges"))
