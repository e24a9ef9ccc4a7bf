"""Blocks of rows under a heading, for a terminal: scores, responses and grades.

Words wrap, numbers never: where a table does not fit, each row becomes a list of its cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import Box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hlhcli.renderers.glyphs import ASCII, UNICODE, Glyphs, display_width
from hlhcli.renderers.typesetting import typeset

GAP = 2
LEAST_WORDS = 12
MOST_WORDS = 60
PROSE_WIDTH = 80
LOUD = {"met": "bold", "not met": "", "unknown": "dim", "not applicable": "dim"} | {
    "disagrees": "bold",
    "cannot be told": "dim",
}


@dataclass(frozen=True)
class Block:
    """A heading, lines about it, and rows of cells; headers in ``words`` may wrap."""

    heading: str
    about: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[str]
    footnotes: Sequence[str] = ()


def render_blocks(
    blocks: Sequence[Block], closing: Sequence[str], *, width: int | None, color: bool, unicode: bool = True
) -> str:
    """All blocks as text for a terminal of this width; None: as wide as they like.

    A column that is empty in every row of its block is left out. Without ``color`` there are
    no escape sequences, without ``unicode`` only ASCII.
    """
    glyphs = UNICODE if unicode else ASCII
    wanted = max([PROSE_WIDTH, *(_width(_filled(block)) for block in blocks)])
    room = wanted if width is None else min(width, wanted)
    page: list[RenderableType] = []
    for block in map(_filled, blocks):
        if block.heading:
            page += [Text.assemble(f"{glyphs.bullet} ", (glyphs.say(block.heading), "bold"))]
        page += [Padding(Text(glyphs.say(line), "dim"), (0, 0, 0, 2)) for line in block.about]
        page += [Text()] if block.heading else []
        page += _rows(block, room, glyphs)
        page += [Text(glyphs.say(note)) for note in block.footnotes]
        page += [Text()]
    page += [Text(glyphs.say(line), "dim") for line in closing]
    return typeset(page, room, color=color)


def _filled(block: Block) -> Block:
    keep = [k for k in range(len(block.header)) if any(row[k] for row in block.rows)]
    rows = [[row[k] for k in keep] for row in block.rows]
    return Block(
        block.heading, block.about, [block.header[k] for k in keep], rows, block.words, block.footnotes
    )


def _widths(block: Block) -> list[int]:
    columns = zip(block.header, *block.rows, strict=True)
    found = [max(map(display_width, column)) for column in columns]
    return [
        min(width, MOST_WORDS) if name in block.words else width
        for name, width in zip(block.header, found, strict=True)
    ]


def _width(block: Block) -> int:
    return sum(_widths(block)) + GAP * (len(block.header) - 1)


def _fit(block: Block, room: int) -> list[int] | None:
    """Widths that fit: the widest column of words gives way first, no word is cut; None where none fit."""
    widths = _widths(block)
    columns = zip(block.header, *block.rows, strict=True)
    least = [
        max(LEAST_WORDS, *(display_width(word) for cell in column for word in cell.split()))
        for column in columns
    ]
    while sum(widths) + GAP * (len(widths) - 1) > room:
        wide = [k for k, name in enumerate(block.header) if name in block.words and widths[k] > least[k]]
        if not wide:
            return None
        widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def _rows(block: Block, room: int, glyphs: Glyphs) -> list[RenderableType]:
    widths = _fit(block, room)
    if widths is None:
        return [_stacked(block, row, glyphs) for row in block.rows]
    table = Table(box=_box(glyphs.rule), show_edge=False, padding=0, header_style="bold")
    for name, width in zip(block.header, widths, strict=True):
        gap = GAP - 1 if name is not block.header[-1] else 0
        table.add_column(
            glyphs.say(name), width=width + gap, no_wrap=name not in block.words, overflow="fold"
        )
    for row in block.rows:
        table.add_row(*(Text(glyphs.say(cell), LOUD.get(cell, "")) for cell in row))
    return [table] if block.rows else []


def _stacked(block: Block, row: Sequence[str], glyphs: Glyphs) -> Text:
    first, *others = [(name, cell) for name, cell in zip(block.header, row, strict=True) if cell]
    lines = [first[1], *(f"  {name}: {cell}" for name, cell in others)]
    return Text("\n".join(map(glyphs.say, lines)))


def _box(rule: str) -> Box:
    """Nothing but a rule under the header, and a space between columns."""
    blank = "    \n"
    return Box(f"{blank * 2} {rule * 2} \n{blank * 5}", ascii=rule.isascii())
