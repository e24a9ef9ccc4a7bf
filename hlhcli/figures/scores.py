"""The course of a score: from its lowest to its highest possible value at each time, with the cut-off.

Points are a band over time. Criteria that are counted are bars: those met, on them those that
are not known, and above them room for those not met.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, Rectangle

from hlhcli.criteria.definition import Definition
from hlhcli.errors import HlhcliError
from hlhcli.figures import legend as legends
from hlhcli.figures import margins, panels, style, value_axis
from hlhcli.figures.page import Page, lay_out
from hlhcli.figures.paper import new_figure
from hlhcli.figures.scene import Course, Floats, Scene, read_scene
from hlhcli.figures.time_axis import TimeAxis
from hlhcli.figures.value_axis import ValueAxis
from hlhcli.frames import SERIES

RANGE = "possible range of points"
KNOWN = "all criteria known"
MET = "criteria met"
OPEN = "criteria not known"
RESTS = "rests on inferred dates"
CUTOFF = "cut-off"


@dataclass(frozen=True)
class Score:
    """One subject's score by one definition, to be drawn.

    ``name`` is short, as for a file; ``title`` is for readers. ``totals`` are rows of
    `hlhcli.criteria.SCORES`, of one subject and one definition; ``cutoff`` is the score that
    counts as positive; ``counts`` says what is counted, and ``criteria`` how many there are
    where it is criteria: None for points.
    """

    name: str
    title: str
    totals: pd.DataFrame
    cutoff: float
    counts: str = "points"
    criteria: int | None = None

    @classmethod
    def by(cls, definition: Definition, totals: pd.DataFrame) -> "Score":
        """The score by a definition; of ``totals`` only its own rows are taken."""
        counted = sum(one.role == "counted" for one in definition.criteria)
        return cls(
            name=definition.name,
            title=definition.title,
            totals=totals[totals["definition"] == definition.name],
            cutoff=float(definition.positive.threshold),
            counts=definition.counts,
            criteria=counted if definition.counts.startswith("criteria") else None,
        )


@dataclass(frozen=True)
class ScoreCourse:
    """A score in order of time: ``course`` has the lowest and the highest of each time in turn."""

    score: Score
    course: Course

    @property
    def times(self) -> Floats:
        """Each time once."""
        return self.course.times[::2]

    @property
    def low(self) -> Floats:
        """The lowest possible score at each time."""
        return self.course.values[::2]

    @property
    def high(self) -> Floats:
        """The highest possible score at each time."""
        return self.course.values[1::2]

    @property
    def inferred(self) -> np.ndarray:
        """Whether the score rests on a value whose date is inferred."""
        return self.course.inferred[::2]


def draw_score(
    score: Score,
    interventions: pd.DataFrame,
    *,
    relative_to: str | None = None,
    continuous: bool = False,
    width_mm: float = 120.0,
) -> Figure:
    """Draw one subject's score over time, from its lowest to its highest possible value.

    Args:
        score: what to draw. Rows with an open end are not drawn.
        interventions: rows of `hlhcli.frames.INTERVENTIONS`, of the same subject; may be empty.
        relative_to: intervention whose start is day 0; None for dates as they are.
        continuous: one true scale of time, with no long gap shortened.
        width_mm: width of the figure.

    Returns:
        A figure with its description as its label.

    Raises:
        HlhcliError: nothing to draw, or as `hlhcli.figures.draw_courses`.

    """
    one, scene = read_score(score, interventions, relative_to)
    with style.applied():
        place = _page(scene, one, continuous=continuous, width=width_mm)
        figure = new_figure(place.width, place.height)
        (axes,) = panels.add_panels(figure, scene, place)
        draw_score_course(axes, one, place)
        margins.write_names(figure, place)
        margins.draw_labels(figure, place)
        legends.add(figure, place.legend, place.width, handles())
    figure.set_label(describe_score(score))
    return figure


def read_score(
    score: Score, interventions: pd.DataFrame, relative_to: str | None = None
) -> tuple[ScoreCourse, Scene]:
    """A score in the order of its times, and the scene that it makes with the interventions.

    Raises:
        HlhcliError: no time has a lowest and a highest score, or as `read_scene`.

    """
    scene = read_scene(_series(score), interventions, relative_to=relative_to)
    return ScoreCourse(score, scene.courses[0]), scene


def drawable(score: Score) -> pd.DataFrame:
    """The rows that have a lowest and a highest score; raises where there are none."""
    totals = score.totals
    drawn = totals[np.isfinite(totals["score_low"]) & np.isfinite(totals["score_high"])]
    if drawn.empty:
        raise HlhcliError(f"nothing to draw: no time at which {score.title} has a lowest and a highest value")
    return drawn


def _series(score: Score) -> pd.DataFrame:
    """The lowest and the highest score of each time as one course, the cut-off as its limit."""
    drawn = drawable(score)
    inferred = drawn["note"].str.contains("date inferred").map({True: "inferred", False: ""})
    ends = drawn.assign(placement=inferred).melt(
        ["subject", "time", "placement"], ["score_low", "score_high"], value_name="value"
    )
    title = score.title + (" (laboratory part only)" if drawn["laboratory_part"].any() else "")
    plain = {"marker": title, "bound": "", "unit": score.counts}
    limits = {"reference_low": np.nan, "reference_high": score.cutoff, "row": 0}
    return ends.assign(**plain, **limits).astype(dict.fromkeys((*plain, "placement"), "str"))[list(SERIES)]


def score_axis(one: ScoreCourse, height: float) -> ValueAxis:
    """The value axis of a panel so many millimeters high: it names the cut-off, and 0 and all criteria."""
    score = one.score
    if score.criteria is not None:
        axis = ValueAxis(0.0, 1.06 * score.criteria, log=False, ticks=(0.0, float(score.criteria)))
    else:
        axis = value_axis.build_axis(one.course.values, [], [score.cutoff], log=False, height=height)
    if not axis.low <= score.cutoff <= axis.high:
        return axis
    apart = value_axis.ROOM_PER_LOG_TICK / height * (axis.high - axis.low)
    others = (tick for tick in axis.ticks if abs(tick - score.cutoff) >= apart)
    return replace(axis, ticks=tuple(sorted((*others, score.cutoff))))


def draw_score_course(axes: Axes, one: ScoreCourse, place: Page) -> None:
    """Draw a score and its cut-off into a panel of this page."""
    axes.axhline(one.score.cutoff, label="cut-off", zorder=1.5, **style.CUTOFF_LINE)
    room = place.right - place.left
    if one.score.criteria is None:
        _draw_band(axes, one, place.time_axis)
        _draw_range(axes, one, place.time_axis, style.SCORE_BAR_WIDTH / room)
    else:
        gap = np.diff(np.unique(place.time_axis.forward(one.times))).min(initial=1.0)
        most, least = style.WIDEST_BAR / room, style.SCORE_BAR_WIDTH / room
        _draw_count(axes, one, place.time_axis, float(np.clip(0.75 * gap, least, most)))


def explain_scores(scores: tuple[ScoreCourse, ...]) -> tuple[str, ...]:
    """The entries of the legend that these scores need."""
    points = [one for one in scores if one.score.criteria is None]
    counts = [one for one in scores if one.score.criteria is not None]
    shown = {
        RANGE: any((one.low < one.high).any() for one in points),
        KNOWN: any(((one.low == one.high) & ~one.inferred).any() for one in points),
        MET: any(((one.low > 0) & ~one.inferred).any() for one in counts),
        OPEN: any((one.low < one.high).any() for one in counts),
        RESTS: any(one.inferred.any() for one in scores),
        CUTOFF: bool(scores),
    }
    return tuple(text for text, is_shown in shown.items() if is_shown)


def handles() -> dict[str, Patch | Line2D]:
    """What stands beside the entries of `explain_scores`."""
    return {
        RANGE: Patch(**style.SCORE_BAND),
        KNOWN: Line2D([], [], **style.POINT),
        MET: Patch(**style.SCORE_MET),
        OPEN: Patch(**style.SCORE_OPEN),
        RESTS: Patch(**style.SCORE_INFERRED),
        CUTOFF: Line2D([], [], **style.CUTOFF_LINE),
    }


def describe_score(score: Score) -> str:
    """Alternative text: how many times, the extremes, and what is met."""
    drawn = drawable(score)
    lowest, highest = drawn["score_low"].min(), drawn["score_high"].max()
    part = "laboratory part " if drawn["laboratory_part"].any() else ""
    verdict = drawn["laboratory_part"].where(drawn["laboratory_part"] != "", drawn["verdict"])
    found = {text: int((verdict == text).sum()) for text in ("met", "not met", "unknown")}
    counted = ", ".join(f"{text} at {count}" for text, count in found.items() if count)
    return (
        f"{score.title} at {len(drawn)} times, as the range that its known criteria allow: "
        f"from {lowest:g} to {highest:g} {score.counts}. A line marks the cut-off {score.cutoff:g}; "
        f"{part}{counted} of {len(drawn)} times."
    )


def _page(scene: Scene, one: ScoreCourse, *, continuous: bool, width: float) -> Page:
    place = lay_out(scene, fit=lambda _, height: score_axis(one, height), continuous=continuous, width=width)
    shortened = tuple(text for text in place.legend if text == legends.SHORTENED)
    return replace(place, legend=(*explain_scores((one,)), *shortened))


def _draw_band(axes: Axes, one: ScoreCourse, time_axis: TimeAxis) -> None:
    """Fill each stretch that is to scale; dashed lines go over those that are not."""
    for first, last in time_axis.segments:
        inside = (one.times >= first) & (one.times <= last)
        times, low, high = one.times[inside], one.low[inside], one.high[inside]
        corners = np.column_stack([np.append(times, times[::-1]), np.append(low, high[::-1])])
        if len(times) > 1:
            axes.add_patch(Polygon(corners, label="range", zorder=0.8, **style.SCORE_BAND))
    for left, right in time_axis.breaks:
        before, after = np.flatnonzero(one.times <= left), np.flatnonzero(one.times >= right)
        if len(before) and len(after):
            ends = [before[-1], after[0]]
            for edge in (one.low, one.high):
                axes.add_line(Line2D(one.times[ends], edge[ends], label="gap", zorder=2, **style.GAP_LINE))


def _draw_range(axes: Axes, one: ScoreCourse, time_axis: TimeAxis, share: float) -> None:
    """A bar from the lowest to the highest score, a point where they are the same."""
    for time, low, high, inferred in zip(one.times, one.low, one.high, one.inferred, strict=True):
        if low == high:
            look = style.HOLLOW_POINT if inferred else style.POINT
            axes.add_line(Line2D([time], [low], label="score", clip_on=False, zorder=3, **look))
        else:
            look = style.SCORE_INFERRED if inferred else style.SCORE_MET
            _add_bar(axes, time_axis, (time, share), (low, high), look)


def _draw_count(axes: Axes, one: ScoreCourse, time_axis: TimeAxis, share: float) -> None:
    """A bar of the criteria that are met, and on it those that are not known."""
    for time, low, high, inferred in zip(one.times, one.low, one.high, one.inferred, strict=True):
        met = style.SCORE_INFERRED if inferred else style.SCORE_MET
        for ends, look in (((0.0, low), met), ((low, high), style.SCORE_OPEN)):
            if ends[0] < ends[1]:
                _add_bar(axes, time_axis, (time, share), ends, look)


def _add_bar(
    axes: Axes, time_axis: TimeAxis, at: tuple[float, float], ends: tuple[float, float], look: style.Look
) -> None:
    """A bar around a time, as wide as a share of the axis."""
    middle, share = time_axis.place(at[0]), at[1]
    left, right = time_axis.inverse([middle - share / 2, middle + share / 2])
    size = right - left, ends[1] - ends[0]
    axes.add_patch(Rectangle((left, ends[0]), *size, label="score", clip_on=False, zorder=3, **look))
