"""Baseline against response, marker by marker: slopes in small panels, one line per subject."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hlhcli.errors import HlhcliError
from hlhcli.figures import legend, page, style, text_size, value_axis
from hlhcli.figures.paper import new_figure, write
from hlhcli.figures.response import Dot, Response, read_responses, start_of
from hlhcli.figures.value_axis import ValueAxis, plain_number

LEAST_CELL = 27.0  # millimeters of a panel with its numbers
PANEL_HEIGHT = 19.0
BETWEEN_ROWS = 3.0
SIDE = 0.28  # free paper beside the two points, as a share of the way between them
WORDS = {
    "first": "first",
    "nadir": "lowest",
    "peak": "highest",
    "last": "last",
    "mean": "mean",
    "median": "median",
}


@dataclass(frozen=True)
class _Slopes:
    """One marker: every subject that has both numbers, as rows of (before, after)."""

    title: str
    pairs: np.ndarray
    inferred: np.ndarray  # whether each of the numbers depends on inferred dates
    axis: ValueAxis


@dataclass(frozen=True)
class _Grid:
    slopes: tuple[_Slopes, ...]
    titles: tuple[str, ...]
    width: float
    columns: int
    numbers: float  # room for the numbers left of a panel
    at: str
    caption: str
    legend: tuple[str, ...]

    @property
    def cell(self) -> float:
        """Width of a panel with its numbers."""
        return (self.width - 2 * style.EDGE) / self.columns

    @property
    def rows(self) -> int:
        """Panels one below the other."""
        return -(-len(self.slopes) // self.columns)

    @property
    def row_height(self) -> float:
        """A panel with its title and the words below it."""
        title = max(map(text_size.height, self.titles))
        below = style.TICK + style.PAD + style.LINE_HEIGHT
        return title + 1.5 * style.PAD + PANEL_HEIGHT + below + BETWEEN_ROWS

    @property
    def caption_top(self) -> float:
        """Upper end of the text below the panels."""
        return style.EDGE + legend.height(self.legend, self.width) + text_size.height(self.caption)

    @property
    def height(self) -> float:
        """The whole paper."""
        return self.caption_top + self.rows * self.row_height + style.EDGE

    def corner(self, k: int) -> tuple[float, float]:
        """Left end and upper end of a panel's cell."""
        row, column = divmod(k, self.columns)
        return style.EDGE + column * self.cell, self.height - style.EDGE - row * self.row_height


def draw_before_after(
    changes: pd.DataFrame,
    *,
    intervention: str,
    at: str = "last",
    log: bool = False,
    width_mm: float = 120.0,
) -> Figure:
    """Draw the baseline and one response point of every marker around one intervention.

    Args:
        changes: rows of `hlhcli.frames.CHANGES`, of one or more subjects. A line needs both
            numbers; markers without any are named below the panels, with the reason.
        intervention: name as in ``changes``; of several starts in one subject, the first.
        at: response point, one that the frame has.
        log: whether the value axes are logarithmic. Others start at 0, so that a small change
            looks small.
        width_mm: width of the figure.

    Returns:
        A figure with its description as its label. Of several subjects each is a thin line and
        the medians of those drawn are a thick one.

    Raises:
        HlhcliError: an unknown intervention, nothing to draw, values at or below 0 on a log
            scale, or too little width.

    """
    page.require_width(width_mm)
    responses = read_responses(changes[changes["at"] == at], intervention)
    start = start_of(changes, intervention)
    with style.applied():
        grid = _lay_out(responses, f"{intervention}{f' ({start})' if start else ''}", at, log, width_mm)
        figure = new_figure(grid.width, grid.height)
        for k in range(len(grid.slopes)):
            _draw_slopes(figure, grid, k)
        write(figure, style.EDGE, grid.caption_top, grid.caption, {"ha": "left", "va": "top"})
        legend.add(figure, grid.legend, grid.width)
    figure.set_label(_describe(grid, responses))
    return figure


def _lay_out(responses: Sequence[Response], name: str, at: str, log: bool, width: float) -> _Grid:
    markers = list(dict.fromkeys(response.marker for response in responses))
    groups = [[response for response in responses if response.marker == marker] for marker in markers]
    slopes = tuple(_slopes(group, log) for group in groups if any(map(_both, group)))
    if not slopes:
        raise HlhcliError("nothing to draw: no marker has both a baseline and a response")
    columns = max(1, min(len(slopes), int((width - 2 * style.EDGE) / LEAST_CELL)))
    numbers = text_size.widest(text for one in slopes for text in one.axis.texts)
    room = (width - 2 * style.EDGE) / columns - 2 * style.PAD
    missing = [f"{group[0].marker} ({_reason(group)})" for group in groups if not any(map(_both, group))]
    caption = f"Before: baseline. After: {WORDS[at]} value after the start of {name}."
    caption += f" Not drawn: {', '.join(missing)}." if missing else ""
    several = max(len(one.pairs) for one in slopes) > 1
    shown = {
        legend.ONE_SUBJECT: several,
        legend.TYPICAL: several,
        legend.DEPENDS: not several and any(one.inferred.any() for one in slopes),
    }
    return _Grid(
        slopes,
        tuple(text_size.wrap(one.title, room) for one in slopes),
        width,
        columns,
        numbers,
        at,
        text_size.wrap(caption, width - 2 * style.EDGE),
        tuple(text for text, is_shown in shown.items() if is_shown),
    )


def _both(response: Response) -> bool:
    dot = _dot(response)
    return bool(np.isfinite(dot.baseline) and np.isfinite(dot.value))


def _dot(response: Response) -> Dot:
    return response.dots[0]


def _reason(group: Sequence[Response]) -> str:
    return next((_dot(one).note.split("; ")[0] for one in group if _dot(one).note), "no value")


def _slopes(group: Sequence[Response], log: bool) -> _Slopes:
    first = group[0]
    dots = [_dot(response) for response in group if _both(response)]
    pairs = np.array([(dot.baseline, dot.value) for dot in dots])
    inferred = np.array([(dot.baseline_inferred, dot.value_inferred) for dot in dots])
    if log and pairs.min() <= 0:
        raise HlhcliError(
            f"log scale needs values above 0, and '{first.marker}' has {pairs.min():g}: "
            "leave it out or use a linear scale"
        )
    shown = pairs if log else np.append(pairs, 0.0)
    axis = value_axis.build_axis(shown, [], [], log=log, height=PANEL_HEIGHT)
    title = f"{first.marker} ({first.unit})" if first.unit else first.marker
    of_all = "" if len(pairs) == len(group) else f" of {len(group)}"
    several = f", n = {len(pairs)}{of_all}" if len(group) > 1 else ""
    return _Slopes(title + several, pairs, inferred, axis)


def _draw_slopes(figure: Figure, grid: _Grid, k: int) -> None:
    left, top = grid.corner(k)
    title, one = grid.titles[k], grid.slopes[k]
    upper = top - max(map(text_size.height, grid.titles))
    write(figure, left, upper, title, {"ha": "left", "va": "bottom"})
    inset = grid.numbers + style.PAD + style.TICK
    corner_and_size = (
        left + inset,
        upper - 1.5 * style.PAD - PANEL_HEIGHT,
        grid.cell - inset - 3,
        PANEL_HEIGHT,
    )
    paper = [grid.width, grid.height, grid.width, grid.height]
    axes = figure.add_axes(tuple(np.array(corner_and_size) / paper))
    _set_axes(axes, one.axis, grid.at)
    _draw_lines(axes, one)


def _set_axes(axes: Axes, axis: ValueAxis, at: str) -> None:
    axes.patch.set_visible(False)
    axes.set_xlim(-SIDE, 1 + SIDE)
    axes.set_xticks([0, 1], ["before", WORDS[at]])
    axes.set_yscale("log" if axis.log else "linear")
    axes.set_ylim(axis.low, axis.high)
    axes.set_yticks(axis.ticks, axis.texts)
    axes.set_yticks([], minor=True)
    axes.tick_params(**style.TICKS)


def _draw_lines(axes: Axes, one: _Slopes) -> None:
    several = len(one.pairs) > 1
    line, point = (style.SUBJECT_LINE, style.SUBJECT_POINT) if several else (style.COURSE_LINE, style.POINT)
    for pair, inferred in zip(one.pairs, one.inferred, strict=True):
        axes.add_line(Line2D([0, 1], pair, label="slope", zorder=2, **line))
        for x, value, is_inferred in zip((0, 1), pair, inferred, strict=True):
            look = style.HOLLOW_POINT if is_inferred and not several else point
            axes.add_line(Line2D([x], [value], label="values", clip_on=False, zorder=3, **look))
    if several:
        axes.add_line(
            Line2D([0, 1], np.median(one.pairs, axis=0), label="median", zorder=4, **style.MEDIAN_LINE)
        )


def _describe(grid: _Grid, responses: Sequence[Response]) -> str:
    """Alternative text: each marker's two numbers, or their medians."""
    subjects = len({response.subject for response in responses})
    what = "Before and after" if subjects == 1 else f"Before and after in {subjects} subjects, medians"
    parts = []
    for one in grid.slopes:
        before, after = np.median(one.pairs, axis=0)
        parts.append(f"{one.title} {plain_number(before)} to {plain_number(after)}")
    caption = grid.caption.replace("\n", " ").replace("\u00a0", " ")
    return f"{what}: {'; '.join(parts)}. {caption}"
