"""Markdown and LaTeX: the rows of the terminal table, to paste into a paper."""

import re
from collections.abc import Callable, Iterable

import pandas as pd

from hlhcli.frames import ONE_READING
from hlhcli.printable import one_line
from hlhcli.renderers.reading import Block, Line, Reading, blocks, response_points
from hlhcli.renderers.rounding import measured
from hlhcli.times import format_times

Grid = list[list[str]]
"""A header and its rows, as text that is not escaped yet."""

KEY = ["Subject", "Intervention", "Start", "Marker", "Unit", "Baseline"]
POINT_COUNT = "n before/after"
EVERY = ["Time", "Day", "Value", "Fold change", "Delta"]
NUMBERS = {"Baseline", POINT_COUNT, "First", "Nadir", "Peak", "Last", "Mean", "Median", *EVERY} - {"Time"}
"""Headers of columns that are set flush right."""

MARKDOWN_SPECIAL = re.compile(r"[\\`*_\[\]~|#$@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""What marks text up, and what some readers make a formula, a link or a mention of without any mark."""

HTML_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "_": r"\_",
    '"': "''",
    "`": r"\textasciigrave{}",
    "-": "-{}",  # two hyphens are not a dash
    "[": "{[}",  # at the begin of a row it would be an argument of the line break before it
    "]": "{]}",
    "*": "{*}",  # as [
    "×": r"$\times$",
    "−": r"$-$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "µ": r"\textmu{}",
    "μ": r"\textmu{}",
    "–": "--",
    **{letter: f"\\{letter}" for letter in "{}$&#%"},
}
LATEX_SPECIAL = re.compile("-(?=-)|[" + re.escape("".join(set(LATEX) - {"-"})) + "]")


def to_markdown(changes: pd.DataFrame) -> str:
    """A GitHub table: one row per window and marker; one per value where ``at`` is ``each``."""
    return "\n".join(map(_markdown_table, _grids(changes)))


def to_latex(changes: pd.DataFrame) -> str:
    r"""A ``tabular`` for ``\usepackage{booktabs}``, with the rows of `to_markdown`."""
    return "\n".join(map(_latex_table, _grids(changes)))


def _grids(changes: pd.DataFrame) -> list[Grid]:
    """The pivoted rows, and the rows of every value where there are any.

    A frame with other names than those of `hlhcli.frames.ONE_READING` is set as it is.
    """
    if not set(ONE_READING) <= set(changes.columns):
        return [_plain(changes)]
    found, points = blocks(changes), response_points(changes)
    pivoted = _grid(found, [POINT_COUNT, *map(str.capitalize, points)], lambda line: _pivot(line, points))
    listed = _grid(found, EVERY, _list)
    return [grid for grid in (pivoted, listed) if len(grid) > 1] or [pivoted]


def _plain(frame: pd.DataFrame) -> Grid:
    rows = zip(*(_column(frame[name]) for name in frame.columns), strict=True)
    return [list(map(str, frame.columns)), *map(list, rows)]


def _column(column: pd.Series) -> list[str]:
    if column.dtype.kind == "M":
        return format_times(column)
    if column.dtype.kind == "f":
        return ["" if pd.isna(value) else measured(value) for value in column.tolist()]
    return ["" if pd.isna(value) else str(value) for value in column.tolist()]


def _grid(found: list[Block], header: list[str], rows_of: Callable[[Line], Grid]) -> Grid:
    """The rows of all lines under their key; without ``Subject`` and ``Note`` where all are empty."""
    rows = [
        [block.subject, block.intervention, block.start, line.marker, line.unit, _baseline(line), *row]
        for block in found
        for line in block.lines
        for row in rows_of(line)
    ]
    grid = [[*KEY, *header, "Note"], *rows]
    begin, end = (0 if any(row[place] for row in rows) else 1 for place in (0, -1))
    return [row[begin : len(row) - end] for row in grid]


def _pivot(line: Line, points: list[str]) -> Grid:
    readings = line.points()
    cells = [_reading(readings[point]) if point in readings else "" for point in points]
    note = "; ".join(f"{note} ({about})" if about else note for note, about in line.notes.items())
    return [[f"{line.n_before}/{line.n_after}", *cells, note]] if readings else []


def _list(line: Line) -> Grid:
    return [[each.time, each.day, each.value, each.fold, each.delta, each.note] for each in line.every()]


def _baseline(line: Line) -> str:
    details = ", ".join(filter(None, (line.baseline_day, line.rule)))
    return f"{line.baseline} ({details})" if details else line.baseline


def _reading(reading: Reading) -> str:
    details = ", ".join(filter(None, (reading.fold, reading.day)))
    return f"{reading.value} ({details})" if details else reading.value


def _markdown_table(grid: Grid) -> str:
    header, *rows = grid
    rule = ["---:" if name in NUMBERS else "---" for name in header]
    lines = [list(map(markdown_text, header)), rule, *(map(markdown_text, row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def markdown_text(text: str) -> str:
    r"""Any text as text of one line of Markdown, in a table too.

    >>> markdown_text("a|b *c* <d>")
    'a\\|b \\*c\\* &lt;d&gt;'
    """
    return MARKDOWN_SPECIAL.sub(r"\\\g<0>", one_line(text)).translate(HTML_SPECIAL)


def _latex_table(grid: Grid) -> str:
    header, *rows = grid
    align = "".join("r" if name in NUMBERS else "l" for name in header)
    body = [r"\toprule", _latex_row(header), r"\midrule", *map(_latex_row, rows), r"\bottomrule"]
    return "\n".join([rf"\begin{{tabular}}{{{align}}}", *body, r"\end{tabular}", ""])


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(map(_latex_text, cells)) + r" \\"


def _latex_text(text: str) -> str:
    return LATEX_SPECIAL.sub(lambda found: LATEX[found[0]], one_line(text))
