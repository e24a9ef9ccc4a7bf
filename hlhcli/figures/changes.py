"""Fold changes of all markers around one intervention: one row per marker, one log axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from hlhcli.errors import HlhcliError
from hlhcli.figures import legend, page, style, text_size
from hlhcli.figures.paper import draw, new_figure, write
from hlhcli.figures.response import Dot, Response, read_responses, require_one_subject, start_of
from hlhcli.figures.value_axis import log_ticks, number_text, plain_number

PER_TICK = 9.0  # millimeters
PER_DOT = 1.9  # from one response point of a marker to the next below it
NAME_SHARE = 0.3  # of the width, at most
LEAST_NAME = 22.0  # millimeters that a name may have on any paper
LEAST_SPAN = 4.0  # highest over lowest fold change of the axis
BANDS = (
    "Bands: reference change limits (95 %, log-normal), from how much each marker varies in healthy people; "
    "sources in the description of this file."
)
NO_BAND = "No band: no sourced variation for that marker."
PICKED = "The lowest and highest of several values pass a limit by chance more often than one value."
EXTREMES = ("nadir", "peak")
PAD = 0.05  # of the axis, left free at either end


@dataclass(frozen=True)
class _Place:
    """Rows from the top down, in millimeters."""

    responses: tuple[Response, ...]
    names: tuple[str, ...]
    tops: tuple[float, ...]  # below the upper end of the axes
    heights: tuple[float, ...]
    left: float
    width: float
    low: float
    high: float
    ticks: tuple[float, ...]
    title: str
    caption: str  # what the bands are, and what is not drawn
    legend: tuple[str, ...]

    @property
    def right(self) -> float:
        return self.width - page.RIGHT_MARGIN

    @property
    def rows(self) -> float:
        """Height of all rows."""
        return self.tops[-1] + self.heights[-1]

    @property
    def caption_top(self) -> float:
        """Upper end of the text under the title."""
        caption = text_size.height(self.caption) if self.caption else 0.0
        return style.EDGE + legend.height(self.legend, self.width) + caption

    @property
    def title_top(self) -> float:
        """Upper end of the axis title."""
        return self.caption_top + style.PAD + text_size.height(self.title)

    @property
    def bottom(self) -> float:
        """Lower end of the axes."""
        return self.title_top + style.LINE_HEIGHT + style.TICK + 2 * style.PAD

    @property
    def height(self) -> float:
        """The whole paper."""
        return self.bottom + self.rows + style.EDGE


def draw_changes(changes: pd.DataFrame, *, intervention: str, width_mm: float = 120.0) -> Figure:
    """Draw the fold changes of one subject's markers around one intervention.

    Args:
        changes: rows of `hlhcli.frames.CHANGES` of one subject. Whiskers reach from
            ``fold_change_low`` to ``fold_change_high`` where the frame has them and they differ;
            an arrow stands where only one end is known. What has no ratio above 0 is not drawn,
            and a marker without any says why in its row. With the columns of
            `hlhcli.evidence.rcv` a band reaches over the reference change limits of each point.
        intervention: name as in ``changes``; of several starts, the first.
        width_mm: width of the figure. Its height follows from the number of markers.

    Returns:
        A figure with its description as its label.

    Raises:
        HlhcliError: several subjects, ``each`` value, an unknown intervention, no ratio to draw, or
            too little width.

    """
    require_one_subject(changes, "a figure of changes")
    if "each" in set(changes["at"]):
        raise HlhcliError("a figure of changes shows single response points, and not each value")
    page.require_width(width_mm)
    responses = tuple(read_responses(changes, intervention))
    title = f"Fold change from baseline, {intervention} ({start_of(changes, intervention)})"
    with style.applied():
        place = _lay_out(responses, title, width_mm)
        figure = new_figure(place.width, place.height)
        _draw(figure, place)
        legend.add(figure, place.legend, place.width)
    figure.set_label(_describe(responses, title.replace("\u00a0", " ")))
    return figure


def _lay_out(responses: tuple[Response, ...], title: str, width: float) -> _Place:
    names = tuple(_name(response, max(LEAST_NAME, NAME_SHARE * width)) for response in responses)
    most_dots = max(len(response.dots) for response in responses)
    heights = [max(text_size.height(name), most_dots * PER_DOT) + 2 * style.PAD for name in names]
    low, high = _ends(responses)
    left = style.EDGE + text_size.widest(names) + 2 * style.PAD
    most_ticks = max(2, int((width - page.RIGHT_MARGIN - left) / PER_TICK))
    return _Place(
        responses,
        names,
        tuple(float(top) for top in np.cumsum([0.0, *heights[:-1]])),
        tuple(heights),
        left,
        width,
        low,
        high,
        tuple(log_ticks(low, high, most_ticks)),
        text_size.wrap(title, width - 2 * style.EDGE),
        text_size.wrap(_caption(responses), width - 2 * style.EDGE),
        _explained(responses),
    )


def _name(response: Response, room: float) -> str:
    """The marker and the baseline that its changes are counted from."""
    baseline = response.dots[0].baseline
    times = "× " if response.unit[:1].isdigit() else ""
    under = "" if np.isnan(baseline) else f"from {number_text(baseline)} {times}{response.unit}".rstrip()
    return "\n".join(text_size.wrap(part, room) for part in (response.marker, under) if part)


def _drawable(number: float) -> bool:
    return bool(np.isfinite(number) and number > 0)


def _ends(responses: Sequence[Response]) -> tuple[float, float]:
    """The two ends of the axis, with ×1 between them."""
    dots = [dot for response in responses for dot in response.dots]
    shown = [number for dot in dots for number in (dot.fold, dot.low, dot.high) if _drawable(number)]
    if not shown:
        raise HlhcliError("nothing to draw: no marker has a fold change above 0 around this intervention")
    shown += [limit for dot in dots if _has_band(dot) for limit in dot.limits]
    low, high = np.log([min([*shown, 1.0]), max([*shown, 1.0])])
    lacking = max(0.0, np.log(LEAST_SPAN) - (high - low)) / 2
    low, high = low - lacking, high + lacking
    pad = PAD * (high - low)
    return float(np.exp(low - pad)), float(np.exp(high + pad))


def _explained(responses: Sequence[Response]) -> tuple[str, ...]:
    dots = [dot for response in responses for dot in response.dots if _is_shown(dot)]
    points = [at for at in style.RESPONSES if any(dot.at == at for dot in dots)]
    shown = {
        legend.DEPENDS: any(dot.inferred and _drawable(dot.fold) for dot in dots),
        legend.RANGE: any(_whisker(dot) for dot in dots),
        legend.CHANCE: any(_has_band(dot) for dot in dots),
        legend.BEYOND_HIGH: any(_open_above(dot) for dot in dots),
        legend.BEYOND_LOW: any(_open_below(dot) for dot in dots),
    }
    return (
        *(legend.POINT_TEXTS[at] for at in points),
        *(text for text, is_shown in shown.items() if is_shown),
    )


def _is_shown(dot: Dot) -> bool:
    return _drawable(dot.fold) or _whisker(dot) or _open_above(dot) or _open_below(dot)


def _has_band(dot: Dot) -> bool:
    return _is_shown(dot) and all(map(_drawable, dot.limits))


def _whisker(dot: Dot) -> bool:
    return _drawable(dot.low) and _drawable(dot.high) and dot.high > dot.low


def _open_above(dot: Dot) -> bool:
    return np.isnan(dot.fold) and _drawable(dot.low) and not np.isfinite(dot.high)


def _open_below(dot: Dot) -> bool:
    return np.isnan(dot.fold) and _drawable(dot.high) and not _drawable(dot.low)


def _caption(responses: Sequence[Response]) -> str:
    """What the bands are and are not, and what is not drawn."""
    sentences = []
    if any(_has_band(dot) for response in responses for dot in response.dots):
        sentences = [BANDS, *_without_band(responses), *_picked(responses)]
    return " ".join(filter(None, [*sentences, _not_drawn(responses)]))


def _without_band(responses: Sequence[Response]) -> list[str]:
    shown = [one for one in responses if any(map(_is_shown, one.dots))]
    return [] if all(any(map(_has_band, one.dots)) for one in shown) else [NO_BAND]


def _picked(responses: Sequence[Response]) -> list[str]:
    """What weakens a mark beyond its band where it was chosen for being extreme."""
    dots = [dot for response in responses for dot in response.dots if _has_band(dot)]
    return [PICKED] if any(dot.at in EXTREMES for dot in dots) else []


def _not_drawn(responses: Sequence[Response]) -> str:
    """The points that are missing beside others of their marker, with the reason; else empty."""
    missing = [
        f"{response.marker}, {legend.POINT_TEXTS[dot.at]} ({dot.note or 'no ratio above 0'})"
        for response in responses
        if any(map(_is_shown, response.dots))
        for dot in response.dots
        if not _is_shown(dot)
    ]
    return f"Not drawn: {'; '.join(missing)}." if missing else ""


def _draw(figure: Figure, place: _Place) -> None:
    axes = _add_axes(figure, place)
    for response, name, top, height in zip(
        place.responses, place.names, place.tops, place.heights, strict=True
    ):
        middle = place.bottom + place.rows - top - height / 2
        write(figure, style.EDGE, middle, name, {"ha": "left", "va": "center"})
        if top:
            rule = [place.bottom + place.rows - top] * 2
            draw(figure, [style.EDGE, place.right], rule, {"label": "rule", **style.RULE_LINE})
        if any(_is_shown(dot) for dot in response.dots):
            _draw_dots(axes, response, top + height / 2)
        else:
            _write_reason(figure, place, response, middle)
    write(figure, _title_middle(place), place.title_top, place.title, {"ha": "center", "va": "top"})
    if place.caption:
        write(figure, style.EDGE, place.caption_top, place.caption, {"ha": "left", "va": "top"})


def _title_middle(place: _Place) -> float:
    half = text_size.width(place.title) / 2
    return float(np.clip((place.left + place.right) / 2, style.EDGE + half, place.width - style.EDGE - half))


def _add_axes(figure: Figure, place: _Place) -> Axes:
    corner_and_size = np.array([place.left, place.bottom, place.right - place.left, place.rows])
    axes = figure.add_axes(tuple(corner_and_size / [place.width, place.height, place.width, place.height]))
    axes.patch.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.set_xscale("log")
    axes.set_xlim(place.low, place.high)
    axes.set_xticks(place.ticks, [f"×{number_text(tick)}" for tick in place.ticks])
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.set_ylim(place.rows, 0)
    axes.tick_params(**style.TICKS)
    axes.axvline(1.0, label="no change", zorder=1, **style.ONE_LINE)
    return axes


def _draw_dots(axes: Axes, response: Response, middle: float) -> None:
    """One below the other within the row, so that equal changes do not hide each other."""
    for k, dot in enumerate(response.dots):
        y = middle + (k - (len(response.dots) - 1) / 2) * PER_DOT
        if _has_band(dot):
            low, high = dot.limits
            corner, size = (low, y - PER_DOT / 2), (high - low, PER_DOT)
            band = Rectangle(corner, *size, label="limits", zorder=0.5, **style.REFERENCE_BAND)
            axes.add_patch(band)
        if _whisker(dot):
            axes.add_line(Line2D([dot.low, dot.high], [y, y], label="range", zorder=2, **style.WHISKER))
        foot = dot.fold
        if _open_above(dot):
            foot = dot.low
            axes.add_line(Line2D([foot], [y], label="at least", clip_on=False, zorder=3, **style.AT_LEAST))
        elif _open_below(dot):
            foot = dot.high
            axes.add_line(Line2D([foot], [y], label="at most", clip_on=False, zorder=3, **style.AT_MOST))
        if _drawable(foot):
            look = style.RESPONSES[dot.at] | ({"markerfacecolor": style.PAPER} if dot.inferred else {})
            axes.add_line(Line2D([foot], [y], label=dot.at, clip_on=False, zorder=4, **look))


def _write_reason(figure: Figure, place: _Place, response: Response, middle: float) -> None:
    """Say why a marker has nothing to show, beside the line of no change."""
    reason = next((dot.note.split("; ")[0] for dot in response.dots if dot.note), "no ratio above 0")
    one = place.left + (place.right - place.left) * -np.log(place.low) / np.log(place.high / place.low)
    after, before = place.width - style.EDGE - one - 2, one - place.left - 2
    to_left = before > after
    text = text_size.wrap(reason, max(before, after))
    x, side = (one - 1, "right") if to_left else (one + 1, "left")
    write(figure, x, middle, text, {"ha": side, "va": "center", "color": style.AXIS})


def _describe(responses: Sequence[Response], title: str) -> str:
    """Alternative text: each marker with its response points."""
    parts = [f"{response.marker} {_points(response)}" for response in responses]
    bands = [f"{one.marker} {_limits_text(one)}" for one in responses if any(map(_has_band, one.dots))]
    limits = f" Reference change limits (95 %): {'; '.join(bands)}." if bands else ""
    return f"{title}: {'; '.join(parts)}.{limits}"


def _limits_text(response: Response) -> str:
    """The limits of a marker's points, with the variation behind them and its source."""
    spans = (" to ".join(map(_three_digits, dot.limits)) for dot in response.dots if _has_band(dot))
    return f"{', '.join(dict.fromkeys(spans))} ({response.variation})"


def _points(response: Response) -> str:
    shown = [f"{dot.at} {_fold_text(dot)}" for dot in response.dots if _is_shown(dot)]
    if shown:
        return ", ".join(shown)
    return next((dot.note.split("; ")[0] for dot in response.dots if dot.note), "not drawn")


def _fold_text(dot: Dot) -> str:
    """The fold change in three digits, with the range that the data allow where there is one."""
    if _open_above(dot):
        return f"at least {_three_digits(dot.low)}"
    if _open_below(dot):
        return f"at most {_three_digits(dot.high)}"
    span = f"{_three_digits(dot.low)} to {_three_digits(dot.high)}"
    if not _drawable(dot.fold):
        return span
    return _three_digits(dot.fold) + (f" ({span})" if _whisker(dot) else "")


def _three_digits(number: float) -> str:
    return f"×{plain_number(float(f'{number:.3g}'))}"
