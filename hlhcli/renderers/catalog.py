"""The table of markers for a terminal: an overview of many, or a few in full."""

from collections.abc import Iterator

import pandas as pd
from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hlhcli.renderers.glyphs import ASCII, UNICODE, Glyphs
from hlhcli.renderers.typesetting import typeset

IN_FULL = 3
"""So many markers are shown in full."""

WIDEST = 110
LABELS = {
    "names": "aliases",
    "better": "improvement",
    "source": "improvement_source",
    "note": "note",
    "units": "units",
    "conventional": "conventional",
    "SI": "si",
}
"""The lines of a marker in full, and the columns that they show; its conversions follow."""

CODES = ("LOINC", "CDISC")
JOINED = "; "


def render_catalog(table: pd.DataFrame, *, width: int, color: bool, unicode: bool = True) -> str:
    """The table of markers (`hlhcli.commands.markers.marker_table`) for a terminal of this width."""
    glyphs = UNICODE if unicode else ASCII
    rows = [
        {str(name): glyphs.say(str(text)) for name, text in row.items()} for row in table.to_dict("records")
    ]
    page = _in_full(rows) if len(rows) <= IN_FULL else _overview(rows, glyphs)
    return typeset(page, min(width, WIDEST), color=color)


def _overview(rows: list[dict[str, str]], glyphs: Glyphs) -> Iterator[RenderableType]:
    grid = Table(box=SIMPLE_HEAD if glyphs is UNICODE else ASCII2, header_style="bold", padding=(0, 1))
    for header in ("Marker", "LOINC", "Better", "Units"):
        grid.add_column(header, overflow="fold", no_wrap=header in ("Marker", "Better"))
    for row in rows:
        grid.add_row(
            *(Text(row[name].replace(JOINED, ", ")) for name in ("label", "loinc", "improvement", "units"))
        )
    yield grid
    yield Text(
        f"{len(rows)} markers. Any alias and any case finds a marker: hlhcli markers NAME shows all of it, "
        "with sources; --format csv has everything."
    )


def _in_full(rows: list[dict[str, str]]) -> Iterator[RenderableType]:
    for number, row in enumerate(rows):
        yield from [Text()] if number else []
        yield Text.assemble((row["label"], "bold"), "  ", " · ".join(_codes(row)))
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for label, column in LABELS.items():
            if row[column]:
                prose = column in ("improvement_source", "note")
                grid.add_row(label, Text(row[column] if prose else row[column].replace(JOINED, ", ")))
        for index, line in enumerate(_conversions(row)):
            grid.add_row("" if index else "conversions", Text(line))
        yield Padding(grid, (0, 0, 0, 2))


def _codes(row: dict[str, str]) -> Iterator[str]:
    """What the marker is called in commands and in other systems."""
    name = row["marker"]
    yield f'--marker "{name}"' if " " in name else f"--marker {name}"
    yield from (
        f"{system} {row[system.lower()]}".replace(JOINED, ", ") for system in CODES if row[system.lower()]
    )


def _conversions(row: dict[str, str]) -> Iterator[str]:
    """Each conversion and the source of its factor."""
    sources = row["conversion_sources"].split(JOINED)
    for conversion, source in zip(row["conversions"].split(JOINED), sources, strict=True):
        if conversion:
            yield f"{conversion}: {source.partition(': ')[2]}"
