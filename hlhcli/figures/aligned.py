"""Several subjects' courses of one marker, aligned to the day on which an intervention began."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hlhcli.errors import HlhcliError, nearest
from hlhcli.figures import legend, page, style, text_size, time_axis, value_axis
from hlhcli.figures.paper import new_figure, write
from hlhcli.figures.scene import Floats, measured
from hlhcli.figures.time_axis import Tick, TimeAxis
from hlhcli.figures.value_axis import ValueAxis, plain_number
from hlhcli.times import DAY, day_of, instants, parse_duration
from hlhcli.windows import exact_days, whole_days

STRETCHES = (1, 7, 14, 28, 91, 365)  # days that one median may stand for
MOST_STRETCHES = 40
LEAST_EVALUABLE = 3  # subjects, for a median and quartiles
COUNT_PANEL = 9.0  # millimeters
COUNT_TITLE = "subjects"


@dataclass(frozen=True)
class Typical:
    """What the subjects with a value in each stretch of days have in common.

    Each subject counts once per stretch, with the median of its values there. Median and
    quartiles are NaN where fewer than three subjects have a value.
    """

    days: Floats  # middle of each stretch
    count: Floats  # subjects with a value
    median: Floats
    low: Floats
    high: Floats
    stretch: int


@dataclass(frozen=True)
class _Place:
    width: float
    left: float
    panel: float
    value_axis: ValueAxis
    time_axis: TimeAxis
    ticks: tuple[Tick, ...]
    name: str
    most: int  # subjects at one time
    caption: str
    legend: tuple[str, ...]

    @property
    def right(self) -> float:
        return self.width - page.RIGHT_MARGIN

    @property
    def caption_top(self) -> float:
        """Upper end of the text under the days."""
        return style.EDGE + legend.height(self.legend, self.width) + text_size.height(self.caption)

    @property
    def count_bottom(self) -> float:
        """Lower end of the lower panel."""
        return self.caption_top + style.LINE_HEIGHT + style.TICK + 2 * style.PAD

    @property
    def bottom(self) -> float:
        """Lower end of the upper panel."""
        return self.count_bottom + COUNT_PANEL + style.PANEL_GAP

    @property
    def height(self) -> float:
        """The whole paper."""
        return self.bottom + self.panel + style.PANEL_GAP


def draw_aligned(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    marker: str,
    relative_to: str,
    before: str | None = None,
    after: str | None = None,
    log: bool | None = None,
    width_mm: float = 120.0,
) -> Figure:
    """Draw a marker in several subjects, day 0 being each one's first start of ``relative_to``.

    Every subject is a thin line; median and quartiles stand on each day, or on each stretch of
    7, 14, 28, … days where there would be more than 40, for three or more subjects that have a
    value there. The panel below counts them. Nothing is carried forward or interpolated. A
    reported limit (``<5``) is an arrow and counts as its number.

    Args:
        series: rows of `hlhcli.frames.SERIES`; subjects without the intervention are left out.
        interventions: rows of `hlhcli.frames.INTERVENTIONS`.
        marker: name as in ``series``.
        relative_to: name as in ``interventions``.
        before: how far back to look, such as ``7d``; None for all.
        after: how far ahead to look; None for all.
        log: whether the value axis is logarithmic; None chooses by the values.
        width_mm: width of the figure.

    Returns:
        A figure with its description as its label.

    Raises:
        HlhcliError: an unknown name, nothing to draw, values at or below 0 on a log scale, or
            too little width.

    """
    page.require_width(width_mm)
    table = align(series, interventions, marker=marker, relative_to=relative_to, before=before, after=after)
    unit = next((unit for unit in series.loc[series["marker"] == marker, "unit"] if unit), "")
    title = f"{marker} ({unit})" if unit else marker
    typical = summarize_days(table)
    with style.applied():
        place = _lay_out(table, typical, title, relative_to, log, width_mm)
        figure = new_figure(place.width, place.height)
        _draw_courses(_add_axes(figure, place), table, typical)
        _draw_counts(_add_counts(figure, place), typical)
        _write(figure, place)
        legend.add(figure, place.legend, place.width, _handles(typical))
    figure.set_label(_describe(table, typical, title, relative_to))
    return figure


def align(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    marker: str,
    relative_to: str,
    before: str | None = None,
    after: str | None = None,
) -> pd.DataFrame:
    """One row per value: ``subject``, ``day`` from the first start (day 0 included), ``value``, ``bound``.

    Raises:
        HlhcliError: an unknown name, or no value in a subject that has the intervention.

    """
    if marker not in set(series["marker"]):
        raise HlhcliError(f"no marker '{marker}' to draw; {nearest(marker, series['marker'].unique())}")
    starts = interventions[(interventions["intervention"] == relative_to) & interventions["start"].notna()]
    if starts.empty:
        known = nearest(relative_to, interventions["intervention"].unique())
        raise HlhcliError(f"no start of '{relative_to}' to count days from; {known}")
    origin = starts.groupby("subject")["start"].min()
    rows = measured(series[(series["marker"] == marker) & series["subject"].isin(origin.index)])
    rows = rows.assign(day=_days_between(rows["subject"].map(origin), rows["time"]))
    earliest = -np.inf if before is None else -parse_duration(before) / DAY
    latest = np.inf if after is None else parse_duration(after) / DAY
    chosen = rows[rows["day"].between(earliest, latest)]
    if chosen.empty:
        raise HlhcliError(f"nothing to draw: no value of '{marker}' in a subject with '{relative_to}'")
    return chosen[["subject", "day", "value", "bound"]].sort_values(
        ["subject", "day", "value"], ignore_index=True
    )


def _days_between(starts: pd.Series, times: pd.Series) -> Floats:
    """Days from the start; whole days where either is only a date."""
    start, time = instants(starts), instants(times)
    exact = exact_days(times, start)
    either_date = whole_days(start, exact) | whole_days(time, exact)
    return np.asarray(np.where(either_date, day_of(time) - day_of(start), time - start) / DAY)


def summarize_days(table: pd.DataFrame) -> Typical:
    """Median and quartiles over the subjects that have a value in each stretch of days."""
    span = table["day"].max() - table["day"].min()
    stretch = next((days for days in STRETCHES if span / days <= MOST_STRETCHES), STRETCHES[-1])
    # Stretches end on day 0, so that none holds values from before and after the start.
    each = (
        table.assign(stretch=np.ceil(table["day"] / stretch))
        .groupby(["stretch", "subject"])["value"]
        .median()
    )
    groups = each.groupby("stretch")
    count = groups.size().to_numpy().astype(np.float64)
    enough = count >= LEAST_EVALUABLE
    median, low, high = (
        np.where(enough, groups.quantile(share).to_numpy(dtype=float), np.nan) for share in (0.5, 0.25, 0.75)
    )
    ends = groups.size().index.to_numpy(dtype=float) * stretch
    return Typical(ends - (stretch - 1) / 2, count, median, low, high, stretch)


def _lay_out(
    table: pd.DataFrame, typical: Typical, title: str, name: str, log: bool | None, width: float
) -> _Place:
    values = table["value"].to_numpy(dtype=float)
    if log and values.min() <= 0:
        raise HlhcliError(
            f"log scale needs values above 0, and there is {values.min():g}: use a linear scale"
        )
    panel = min(page.PANEL_SHARE * width, page.MOST_PANEL)
    use_log = value_axis.wants_log(values) if log is None else log
    axis = value_axis.build_axis(values, table["bound"], [], log=use_log, height=panel)
    label = text_size.wrap(title, panel)
    most = int(typical.count.max())
    numbers = text_size.widest([*axis.texts, f"{most}", COUNT_TITLE])
    left = style.EDGE + text_size.height(label) + 1.5 * style.PAD + numbers + style.PAD + style.TICK
    room = width - page.RIGHT_MARGIN - left
    edges = [typical.days - typical.stretch / 2, typical.days + typical.stretch / 2]
    times = np.concatenate([table["day"].to_numpy(dtype=float), *edges, [0.0]])
    along = time_axis.build_axis(times, (), room)
    ticks = time_axis.choose_ticks(along, room, calendar=False, clock=False)
    has_median = bool(np.isfinite(typical.median).any())
    bounds = set(table["bound"])
    shown = {
        legend.ONE_SUBJECT: True,
        legend.TYPICAL: has_median,
        legend.MIDDLE_HALF: has_median,
        legend.ABOVE: ">" in bounds,
        legend.BELOW: "<" in bounds,
    }
    explained = tuple(text for text, is_shown in shown.items() if is_shown)
    limits = has_median and bounds != {""}
    caption = text_size.wrap(
        _caption(typical, name, has_median=has_median, limits=limits), width - 2 * style.EDGE
    )
    return _Place(width, left, panel, axis, along, tuple(ticks), label, most, caption, explained)


def _caption(typical: Typical, name: str, *, has_median: bool, limits: bool) -> str:
    each = "each\u00a0day" if typical.stretch == 1 else f"each stretch of {typical.stretch}\u00a0days"
    what = "Median, quartiles and number" if has_median else "Number"
    counted = " A value reported as a limit counts as that limit." if limits else ""
    return f"Days from start of {name}. {what} of subjects with a value: in {each}.{counted}"


def _add_axes(figure: Figure, place: _Place) -> Axes:
    axes = _panel(figure, place, place.bottom, place.panel)
    axes.set_xticks([tick.time for tick in place.ticks], [""] * len(place.ticks))
    axes.set_yscale("log" if place.value_axis.log else "linear")
    axes.set_ylim(place.value_axis.low, place.value_axis.high)
    axes.set_yticks(place.value_axis.ticks, place.value_axis.texts)
    axes.set_yticks([], minor=True)
    axes.axvline(0.0, label="start", zorder=1, **style.START_LINE)
    return axes


def _add_counts(figure: Figure, place: _Place) -> Axes:
    axes = _panel(figure, place, place.count_bottom, COUNT_PANEL)
    axes.set_xticks([tick.time for tick in place.ticks], [tick.fine for tick in place.ticks])
    axes.set_ylim(0, place.most * 1.05)
    axes.set_yticks([0, place.most], ["0", f"{place.most}"])
    return axes


def _panel(figure: Figure, place: _Place, bottom: float, height: float) -> Axes:
    corner_and_size = np.array([place.left, bottom, place.right - place.left, height])
    axes = figure.add_axes(tuple(corner_and_size / [place.width, place.height, place.width, place.height]))
    axes.patch.set_visible(False)
    axes.set_xlim(*place.time_axis.view)
    axes.tick_params(**style.TICKS)
    return axes


def _draw_courses(axes: Axes, table: pd.DataFrame, typical: Typical) -> None:
    courses = [group[["day", "value"]].to_numpy(dtype=float) for _, group in table.groupby("subject")]
    few = not np.isfinite(typical.median).any()
    look = style.FEW_LINES if few else style.SUBJECT_LINES
    axes.add_collection(LineCollection(courses, label="subjects", zorder=2, **look), autolim=False)
    alone = np.array([course[0] for course in courses if len(course) == 1]).reshape(-1, 2)
    axes.add_line(Line2D(alone[:, 0], alone[:, 1], label="single values", zorder=2, **style.SUBJECT_POINT))
    for bound, label, look in ((">", "above", style.SUBJECT_UP), ("<", "below", style.SUBJECT_DOWN)):
        limits = table[table["bound"] == bound]
        if len(limits):
            points = limits["day"].to_numpy(dtype=float), limits["value"].to_numpy(dtype=float)
            axes.add_line(Line2D(*points, label=label, zorder=2.5, **look))
    for quartile in (typical.low, typical.high):
        axes.add_line(Line2D(typical.days, quartile, label="quartile", zorder=3, **style.QUARTILES))
    axes.add_line(Line2D(typical.days, typical.median, label="median", zorder=3, **style.MEDIAN_LINE))


def _handles(typical: Typical) -> dict[str, Line2D]:
    """The line of a subject as it is drawn: dark where no median stands over it."""
    few = not np.isfinite(typical.median).any()
    return {legend.ONE_SUBJECT: Line2D([], [], **(style.FEW_LINE if few else style.SUBJECT_LINE))}


def _draw_counts(axes: Axes, typical: Typical) -> None:
    axes.bar(typical.days, typical.count, 0.8 * typical.stretch, label="evaluable", **style.COUNT_BAR)


def _write(figure: Figure, place: _Place) -> None:
    look = {"ha": "left", "va": "center", "rotation": 90, "multialignment": "center"}
    write(figure, style.EDGE, place.bottom + place.panel / 2, place.name, look)
    write(
        figure, style.EDGE, place.count_bottom + COUNT_PANEL / 2, COUNT_TITLE, {"ha": "left", "va": "center"}
    )
    write(figure, style.EDGE, place.caption_top, place.caption, {"ha": "left", "va": "top"})


def _describe(table: pd.DataFrame, typical: Typical, title: str, name: str) -> str:
    subjects, values = table["subject"].nunique(), len(table)
    text = f"{title}: {values} values of {subjects} subjects, days from start of {name}."
    known = np.flatnonzero(np.isfinite(typical.median))
    if not len(known):
        return text
    ends = dict.fromkeys((int(known[0]), int(known[-1])))
    return f"{text} Median {' and '.join(_median_text(typical, k) for k in ends)}."


def _median_text(typical: Typical, k: int) -> str:
    median, day = plain_number(typical.median[k]), plain_number(typical.days[k])
    return f"{median} around day {day} (n = {typical.count[k]:.0f})"
