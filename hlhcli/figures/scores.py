"""The course of a score: a band from its lowest to its highest value, with the cut-off."""

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon

from hlhcli.errors import HlhcliError
from hlhcli.figures import legend as legends
from hlhcli.figures import margins, panels, style
from hlhcli.figures.page import Page, lay_out
from hlhcli.figures.scene import Course, Floats, Scene, read_scene
from hlhcli.figures.time_axis import TimeAxis
from hlhcli.frames import SERIES

RANGE = "possible range: criteria not known"
KNOWN = "all criteria known"
CUTOFF = "cut-off {}"


def draw_score(
    scores: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    title: str,
    cutoff: float,
    relative_to: str | None = None,
    continuous: bool = False,
    width_mm: float = 120.0,
) -> Figure:
    """Draw one subject's score over time, from its lowest to its highest possible value.

    Args:
        scores: rows of `hlhcli.criteria.SCORES`, of one subject and one definition. Rows with
            an open end are not drawn.
        interventions: rows of `hlhcli.frames.INTERVENTIONS`, of the same subject; may be empty.
        title: the name of the score.
        cutoff: the score that counts as positive.
        relative_to: intervention whose start is day 0; None for dates as they are.
        continuous: one true scale of time, with no long gap shortened.
        width_mm: width of the figure.

    Raises:
        HlhcliError: nothing to draw, or as `hlhcli.figures.draw_courses`.

    """
    drawn = scores[np.isfinite(scores["score_low"]) & np.isfinite(scores["score_high"])]
    if drawn.empty:
        raise HlhcliError(f"nothing to draw: no time at which {title} has a lowest and a highest value")
    scene = read_scene(_series(drawn, title, cutoff), interventions, relative_to=relative_to)
    with style.applied():
        place = _page(scene, drawn, cutoff, continuous=continuous, width=width_mm)
        figure = Figure(figsize=(place.width / style.MM_PER_INCH, place.height / style.MM_PER_INCH))
        axes = panels.add_panel(figure, place, place.bottoms[0], place.value_axes[0])
        _draw_range(axes, scene.courses[0], place.time_axis)
        axes.axhline(cutoff, label="cut-off", zorder=1.5, **style.CUTOFF_LINE)
        panels.draw_starts(axes, scene, place, to=style.ABOVE_PANELS)
        panels.draw_breaks(axes, place.time_axis)
        panels.name_times([axes], place)
        margins.write_names(figure, place)
        margins.draw_labels(figure, place)
        legends.add(figure, place.legend, place.width, _handles(cutoff))
    figure.set_label(_describe(drawn, title, cutoff))
    return figure


def _series(drawn: pd.DataFrame, title: str, cutoff: float) -> pd.DataFrame:
    """The lowest and the highest score of each time as one course, the cut-off as its limit."""
    ends = drawn.melt(["subject", "time"], ["score_low", "score_high"], value_name="value")
    plain = {"marker": title, "bound": "", "unit": "", "placement": ""}
    limits = {"reference_low": np.nan, "reference_high": cutoff, "row": 0}
    return ends.assign(**plain, **limits).astype(dict.fromkeys(plain, "str"))[list(SERIES)]


def _page(scene: Scene, drawn: pd.DataFrame, cutoff: float, *, continuous: bool, width: float) -> Page:
    place = lay_out(scene, log=False, continuous=continuous, width=width)
    some_open = bool((drawn["score_low"] < drawn["score_high"]).any())
    some_known = bool((drawn["score_low"] == drawn["score_high"]).any())
    shown = {RANGE: some_open, KNOWN: some_known, CUTOFF.format(f"{cutoff:g}"): True}
    legend = (
        *(text for text, is_shown in shown.items() if is_shown),
        *(text for text in place.legend if text == legends.SHORTENED),
    )
    return replace(place, legend=legend)


def _draw_range(axes: Axes, course: Course, time_axis: TimeAxis) -> None:
    """A band over each stretch that is to scale, a bar at every time, a point where it is known."""
    times, low, high = course.times[::2], course.values[::2], course.values[1::2]
    for first, last in time_axis.segments:
        inside = (times >= first) & (times <= last)
        corners = np.column_stack(
            [np.append(times[inside], times[inside][::-1]), np.append(low[inside], high[inside][::-1])]
        )
        if inside.sum() > 1:
            axes.add_patch(Polygon(corners, label="range", zorder=0.8, **style.SCORE_BAND))
    for left, right in time_axis.breaks:
        ends = (
            [int(np.flatnonzero(times <= left)[-1]), int(np.flatnonzero(times >= right)[0])]
            if _spanned(times, left, right)
            else []
        )
        for edge in (low, high):
            axes.add_line(Line2D(times[ends], edge[ends], label="gap", zorder=2, **style.GAP_LINE))
    for time, bottom, top in zip(times, low, high, strict=True):
        look = style.POINT if bottom == top else style.SCORE_BAR
        axes.add_line(Line2D([time, time], [bottom, top], label="score", clip_on=False, zorder=3, **look))


def _spanned(times: Floats, left: float, right: float) -> bool:
    return bool((times <= left).any() and (times >= right).any())


def _handles(cutoff: float) -> dict[str, Patch | Line2D]:
    return {
        RANGE: Patch(**style.SCORE_BAND),
        KNOWN: Line2D([], [], **style.POINT),
        CUTOFF.format(f"{cutoff:g}"): Line2D([], [], **style.CUTOFF_LINE),
        legends.SHORTENED: Line2D([], [], **style.GAP_LINE),
    }


def _describe(drawn: pd.DataFrame, title: str, cutoff: float) -> str:
    """Alternative text: how many times, the extremes, and what is met."""
    lowest, highest = drawn["score_low"].min(), drawn["score_high"].max()
    met = int((drawn["verdict"] == "met").sum())
    return (
        f"{title} at {len(drawn)} times, as the range that its known criteria allow: from {lowest:g} to "
        f"{highest:g}. A line marks the cut-off {cutoff:g}; criteria met at {met} of {len(drawn)} times."
    )
