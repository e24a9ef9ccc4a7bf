"""The treatments of several subjects: one row each, day 0 at a start, the longest on top."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from hlhcli.errors import HlhcliError, nearest
from hlhcli.figures import legend, page, style, text_size, time_axis
from hlhcli.figures.paper import new_figure, write
from hlhcli.figures.scene import Intervention, days, measured, read_interventions
from hlhcli.figures.time_axis import Tick, TimeAxis

LANE = 1.9  # millimeters of one treatment
LEAST_ROW = 0.8
ROOM_FOR_ROWS = 195.0
NAME_SHARE = 0.25  # of the width, at most
OTHER = "other treatments"
FOLLOW_UP = "first to last laboratory value"


@dataclass(frozen=True)
class Swimmer:
    """One subject, in days from its own day 0; ``seen`` is NaN without any laboratory value."""

    subject: str
    seen: tuple[float, float]
    treatments: tuple[Intervention, ...]

    @property
    def end(self) -> float:
        """Last day on which anything is known."""
        known = [self.seen[1], *(day for one in self.treatments for day in (one.start, one.stop))]
        return max(day for day in known if np.isfinite(day))

    @property
    def start(self) -> float:
        """First day on which anything is known."""
        known = [self.seen[0], *(one.start for one in self.treatments)]
        return min(day for day in known if np.isfinite(day))


@dataclass(frozen=True)
class _Place:
    swimmers: tuple[Swimmer, ...]
    colors: dict[str, str]
    lanes: int  # treatments side by side within a row
    row: float  # height
    names: tuple[str, ...]  # none where rows are too thin for them
    width: float
    left: float
    axis: TimeAxis
    ticks: tuple[Tick, ...]
    title: str
    legend: tuple[str, ...]

    @property
    def right(self) -> float:
        return self.width - page.RIGHT_MARGIN

    @property
    def rows(self) -> float:
        return self.row * len(self.swimmers)

    @property
    def title_top(self) -> float:
        return style.EDGE + legend.height(self.legend, self.width) + text_size.height(self.title)

    @property
    def bottom(self) -> float:
        return self.title_top + style.LINE_HEIGHT + style.TICK + 2 * style.PAD

    @property
    def height(self) -> float:
        return self.bottom + self.rows + 2 * style.EDGE


def draw_swimmer(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    relative_to: str | None = None,
    width_mm: float = 120.0,
) -> Figure:
    """Draw each subject's treatments as bars in a row of its own, over the span of its values.

    A bar ends at a known stop; where none is known it ends in an arrow at the subject's last
    value. The five most frequent treatments have their own shade. Subjects are named where
    their rows are high enough.

    Args:
        series: rows of `hlhcli.frames.SERIES`.
        interventions: rows of `hlhcli.frames.INTERVENTIONS`; those without a start are left out.
        relative_to: intervention whose first start is a subject's day 0, which leaves out
            subjects without it; None for each subject's first start of any.
        width_mm: width of the figure.

    Returns:
        A figure with its description as its label.

    Raises:
        HlhcliError: no start to count from, or too little width.

    """
    page.require_width(width_mm)
    swimmers = read_swimmers(series, interventions, relative_to)
    title = f"Days from start of {relative_to}" if relative_to else "Days from the first treatment"
    with style.applied():
        place = _lay_out(swimmers, title, width_mm)
        figure = new_figure(place.width, place.height)
        axes = _add_axes(figure, place)
        for k, swimmer in enumerate(place.swimmers):
            _draw_swimmer(axes, place, swimmer, (k + 0.5) * place.row)
        _write(figure, place)
        legend.add(figure, place.legend, place.width, _handles(place))
    figure.set_label(_describe(swimmers, title))
    return figure


def read_swimmers(
    series: pd.DataFrame, interventions: pd.DataFrame, relative_to: str | None = None
) -> list[Swimmer]:
    """The subjects with a start to count from, the one known longest first."""
    values = measured(series)
    seen = values.assign(day=days(values["time"])).groupby("subject")["day"].agg(["min", "max"])
    swimmers = []
    for subject, rows in interventions.groupby("subject", sort=False):
        found = read_interventions(rows)
        starts = [one.start for one in found if relative_to in (None, one.name)]
        if starts:
            ends = seen.loc[subject] if subject in seen.index else pd.Series([np.nan, np.nan])
            swimmers.append(_swimmer(str(subject), found, ends.to_numpy(dtype=float), starts[0]))
    if not swimmers:
        names = interventions["intervention"].unique()
        reason = nearest(relative_to, names) if relative_to and len(names) else "no intervention has one"
        raise HlhcliError(f"no start to count days from; {reason}")
    return sorted(swimmers, key=lambda one: (-one.end, one.subject))


def _swimmer(subject: str, found: Sequence[Intervention], seen: np.ndarray, origin: float) -> Swimmer:
    moved = (
        Intervention(one.name, one.start - origin, one.stop - origin, one.dose, one.momentary)
        for one in found
    )
    return Swimmer(subject, (float(seen[0] - origin), float(seen[1] - origin)), tuple(moved))


def _lay_out(swimmers: Sequence[Swimmer], title: str, width: float) -> _Place:
    colors = _colors(swimmers)
    lanes = max(max(lanes_of(swimmer.treatments), default=0) + 1 for swimmer in swimmers)
    row = max(LEAST_ROW, min(lanes * LANE + 2 * style.PAD, ROOM_FOR_ROWS / len(swimmers)))
    names = tuple(text_size.wrap(swimmer.subject, NAME_SHARE * width) for swimmer in swimmers)
    if any(text_size.height(name) > row for name in names) or not any(names):
        names = ()
    left = style.EDGE + text_size.widest(names) + 1.5 * style.PAD
    room = width - page.RIGHT_MARGIN - left
    times = [0.0, *(day for one in swimmers for day in (one.start, one.end))]
    axis = time_axis.build_axis(times, (), room)
    ticks = time_axis.choose_ticks(axis, room, calendar=False, clock=False)
    place = text_size.wrap(title, width - 2 * style.EDGE)
    shown = (
        *dict.fromkeys(_named(colors, one.name) for s in swimmers for one in s.treatments),
        *_marks(swimmers),
    )
    return _Place(tuple(swimmers), colors, lanes, row, names, width, left, axis, tuple(ticks), place, shown)


def _colors(swimmers: Sequence[Swimmer]) -> dict[str, str]:
    """A shade for each of the most frequent treatments; the others share the last."""
    counts = Counter(name for swimmer in swimmers for name in {one.name for one in swimmer.treatments})
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    if len(ordered) <= len(style.SHADES):
        return dict(zip(ordered, style.SHADES, strict=False))
    return {
        **dict(zip(ordered[: len(style.SHADES) - 1], style.SHADES, strict=False)),
        OTHER: style.SHADES[-1],
    }


def _named(colors: dict[str, str], name: str) -> str:
    return name if name in colors else OTHER


def lanes_of(treatments: Sequence[Intervention]) -> list[int]:
    """The lane of each treatment within its row, in order of start: none lies over another."""
    ends: list[float] = []
    lanes = []
    for one in treatments:
        lane = next((k for k, end in enumerate(ends) if end <= one.start), len(ends))
        until = np.inf if np.isnan(one.stop) and not one.momentary else np.nanmax([one.start, one.stop])
        ends[lane : lane + 1] = [float(until)]
        lanes.append(lane)
    return lanes


def _marks(swimmers: Sequence[Swimmer]) -> tuple[str, ...]:
    treatments = [one for swimmer in swimmers for one in swimmer.treatments]
    shown = {
        legend.MOMENT: any(one.momentary for one in treatments),
        legend.STOP_UNKNOWN: any(np.isnan(one.stop) and not one.momentary for one in treatments),
        FOLLOW_UP: any(np.isfinite(swimmer.seen[0]) for swimmer in swimmers),
    }
    return tuple(text for text, is_shown in shown.items() if is_shown)


def _handles(place: _Place) -> dict[str, Any]:
    handles: dict[str, Any] = {name: Patch(color=color) for name, color in place.colors.items()}
    return {
        **handles,
        legend.MOMENT: Line2D([], [], **{**style.MOMENT, "color": style.AXIS}),
        FOLLOW_UP: Line2D([], [], **style.FOLLOW_UP),
    }


def _add_axes(figure: Figure, place: _Place) -> Axes:
    corner_and_size = np.array([place.left, place.bottom, place.right - place.left, place.rows])
    axes = figure.add_axes(tuple(corner_and_size / [place.width, place.height, place.width, place.height]))
    axes.patch.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(*place.axis.view)
    axes.set_xticks([tick.time for tick in place.ticks], [tick.fine for tick in place.ticks])
    axes.set_ylim(place.rows, 0)
    axes.set_yticks([])
    axes.tick_params(**style.TICKS)
    axes.axvline(0.0, label="day 0", zorder=0.8, **style.ONE_LINE)
    return axes


def _draw_swimmer(axes: Axes, place: _Place, swimmer: Swimmer, middle: float) -> None:
    if np.isfinite(swimmer.seen[0]):
        axes.add_line(Line2D(swimmer.seen, [middle] * 2, label="follow-up", zorder=1, **style.FOLLOW_UP))
    lane_height = 0.8 * place.row / place.lanes
    lanes = lanes_of(swimmer.treatments)
    used = max(lanes, default=0) + 1
    for lane, one in zip(lanes, swimmer.treatments, strict=True):
        y = middle + (lane - (used - 1) / 2) * lane_height
        color = place.colors[_named(place.colors, one.name)]
        _draw_treatment(axes, one, swimmer.end, y, 0.85 * lane_height, color)


def _draw_treatment(
    axes: Axes, one: Intervention, known_to: float, y: float, height: float, color: str
) -> None:
    points = height / style.MM_PER_INCH * 72
    if one.momentary:
        size = {"markersize": min(points, style.MOMENT["markersize"])}
        axes.add_line(
            Line2D([one.start], [y], label="moment", zorder=4, **{**style.MOMENT, "color": color, **size})
        )
        return
    is_open = np.isnan(one.stop)
    end = max(known_to, one.start) if is_open else one.stop
    axes.add_patch(
        Rectangle((one.start, y - height / 2), end - one.start, height, color=color, linewidth=0, zorder=2)
    )
    if is_open:
        look = {**style.OPEN_TIP, "color": color, "markersize": points}
        axes.add_line(Line2D([end], [y], label="open", clip_on=False, zorder=2, **look))


def _write(figure: Figure, place: _Place) -> None:
    for k, name in enumerate(place.names):
        y = place.bottom + place.rows - (k + 0.5) * place.row
        write(figure, style.EDGE, y, name, {"ha": "left", "va": "center"})
    half = text_size.width(place.title) / 2
    middle = np.clip((place.left + place.right) / 2, style.EDGE + half, place.width - style.EDGE - half)
    write(figure, float(middle), place.title_top, place.title, {"ha": "center", "va": "top"})


def _describe(swimmers: Sequence[Swimmer], title: str) -> str:
    counts = Counter(name for swimmer in swimmers for name in {one.name for one in swimmer.treatments})
    given = ", ".join(
        f"{name} in {counts[name]}" for name in sorted(counts, key=lambda name: (-counts[name], name))
    )
    return f"Treatments of {len(swimmers)} subjects, a row each. {title}. {given}."
