"""The table that a reader sees in the terminal. The only module that speaks to rich."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import pandas as pd
from rich.box import Box
from rich.console import Group, OverflowMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from hlhcli.renderers.columns import listed_layouts, pivoted_layouts, vertical
from hlhcli.renderers.glyphs import ASCII, UNICODE, Glyphs
from hlhcli.renderers.layout import GAP, Cell, Layout, Row, choose
from hlhcli.renderers.legend import legend
from hlhcli.renderers.reading import response_points
from hlhcli.renderers.sections import Section, sections
from hlhcli.renderers.sensitivity import rule_lines
from hlhcli.renderers.typesetting import typeset

STYLES = Theme(
    {
        "better": "color(29)",  # a bluish green and a vermillion, after Okabe and Ito: told apart by
        "worse": "color(166)",  # color-blind eyes, and readable on black and on white
        "strong": "bold",
        "quiet": "dim",
    }
)
PROSE_WIDTH = 80
"""Notes and caption are at least this wide where the terminal allows it."""

NARROWEST = 24
"""No prose is narrower, so that dates stay whole."""
RULES = "Fold change under each baseline rule"


def render_table(  # noqa: PLR0913 - the frames and the ways to set them
    changes: pd.DataFrame,
    series: pd.DataFrame,
    windows: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    width: int | None,
    color: bool,
    unicode: bool = True,
    caption: str,
    alternatives: pd.DataFrame | None = None,
) -> str:
    """The changes as tables for a terminal of this width; None: as wide as they like.

    One block per window with its heading, tables and footnotes, then the caption and the
    legend, which also says what the width left no room for. Without ``color`` there are no
    escape sequences, without ``unicode`` only ASCII. ``alternatives`` are the changes under
    every baseline rule, to be told below each block.
    """
    glyphs = UNICODE if unicode else ASCII
    rules = {} if alternatives is None else rule_lines(alternatives, changes["baseline_rule"].max())
    found = sections(changes, series, windows, interventions, glyphs, rules)
    rows, values = _joined(part.pivoted for part in found), _joined(part.listed for part in found)
    pivoted = choose(pivoted_layouts(rows, response_points(changes)), width)
    listed = choose(listed_layouts(values), width)
    used = [layout for layout, lines in ((pivoted, rows), (listed, values)) if lines]
    closing = [caption, *legend([*rows, *values], used, glyphs)]
    page = [*_body(found, pivoted, listed, glyphs), *(Text(glyphs.say(text), "quiet") for text in closing)]
    wanted = max([PROSE_WIDTH, *(layout.width for layout in used if layout)])
    return typeset(
        page, wanted if width is None else max(NARROWEST, min(width, wanted)), color=color, theme=STYLES
    )


def _joined(parts: Iterable[list[Row]]) -> list[Row]:
    return [row for part in parts for row in part]


def _body(
    found: list[Section], pivoted: Layout | None, listed: Layout | None, glyphs: Glyphs
) -> Iterator[RenderableType]:
    """Every section, under its subject where subjects are named."""
    for subject, group in groupby(found, key=lambda part: part.subject):
        if subject:
            yield from (Text(f"Subject {subject}", "strong"), Text())
        for section in group:
            yield from _heading(section.heading, glyphs)
            yield Text()
            yield from _rows(section.pivoted, pivoted, glyphs)
            yield from [Text()] if section.pivoted and section.listed else []
            yield from _rows(section.listed, listed, glyphs)
            yield from (Text(note) for note in section.footnotes)
            yield from [Text(), Text(RULES, "strong")] if section.rules else []
            yield from (Padding(Text(line), (0, 0, 0, 2)) for line in section.rules)
            yield Text()


def _heading(heading: list[str], glyphs: Glyphs) -> Iterator[RenderableType]:
    name, when, *others = heading
    yield Text.assemble(f"{glyphs.bullet} ", (name, "strong"), f"  {when}")
    yield from (Padding(Text(other, "quiet"), (0, 0, 0, 2)) for other in others)


def _rows(rows: list[Row], layout: Layout | None, glyphs: Glyphs) -> Iterator[RenderableType]:
    """A table of rows, or a list where no table fits."""
    if layout is None:
        # In a group, because rich joins single texts into new ones that wrap.
        yield Group(*(_text(vertical(row), overflow="ignore") for row in rows))
    elif rows:
        yield _table(rows, layout, glyphs)


def _table(rows: list[Row], layout: Layout, glyphs: Glyphs) -> Table:
    """The gap after a column is part of it: padding around each cell would double rich's work."""
    table = Table(box=_box(glyphs.rule), show_edge=False, padding=0, header_style="strong")
    gaps = [GAP - 1] * (len(layout.columns) - 1) + [0]
    for column, gap in zip(layout.columns, gaps, strict=True):
        overflow: OverflowMethod = "fold" if column.wraps else "ignore"
        header = _before(gap, column.header, column.wraps)
        table.add_column(header, width=column.width + gap, no_wrap=not column.wraps, overflow=overflow)
    for row in rows:
        cells = zip(layout.columns, gaps, strict=True)
        table.add_row(*(_before(gap, _text(column.cell(row)), column.wraps) for column, gap in cells))
    return table


def _before(gap: int, cell: str | Text, wraps: bool) -> RenderableType:
    """A cell whose words do not wrap into the gap after it."""
    return Padding(cell, (0, gap, 0, 0)) if wraps and gap else cell


def _box(rule: str) -> Box:
    """Nothing but a rule under the header, and a space between columns."""
    blank = "    \n"
    return Box(f"{blank * 2} {rule * 2} \n{blank * 5}", ascii=rule.isascii())


def _text(cell: Cell, overflow: OverflowMethod | None = None) -> Text:
    """User text is never markup: every part is set as it is."""
    text = Text(overflow=overflow)
    for number, line in enumerate(cell):
        text.append("\n" if number else "")
        for part, style in line:
            text.append(part, style or None)
    return text
