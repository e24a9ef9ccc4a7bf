"""The time axis: which gaps are shortened, where a time falls, which times are named.

Times are days as floats: from 1970-01-01 for dates and date-times, else from day 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hlhcli.figures import text_size
from hlhcli.figures.value_axis import number_text
from hlhcli.time_marks import EPOCH, MONTHS, Gap, day_text, find_breaks, moment

__all__ = [
    "MONTHS",
    "Gap",
    "Tick",
    "TimeAxis",
    "build_axis",
    "choose_ticks",
    "day_text",
    "find_breaks",
    "moment",
]

Floats = npt.NDArray[np.float64]

MOST_GAPS_SHARE = 0.4  # of the axis, for all shortened gaps together
PAD_SHARE = 0.03
BETWEEN_LABELS = 1.4  # millimeters

DAYS_IN = {"hour": 1 / 24, "day": 1.0, "month": 28.0, "year": 365.0, "number": 1.0}
WIDEST_LABEL = {"hour": "30 Mar 2000", "day": "30 Mar", "month": "2000", "year": "2000"}
CALENDAR_STEPS = (
    *(("hour", n) for n in (1, 3, 6, 12)),
    *(("day", n) for n in (1, 2, 7, 14)),
    *(("month", n) for n in (1, 2, 3, 6)),
    *(("year", n) for n in (1, 2, 5, 10, 20, 50)),
)
NUMBER_STEPS = tuple(
    ("number", n) for n in (0.05, 0.1, 0.25, 0.5, 1, 2, 7, 14, 28, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
)
NEARLY = 1e-9  # of a step: a time that floating point put just beside a tick


class Step(NamedTuple):
    """A regular distance between named times."""

    unit: str
    every: float

    @property
    def days(self) -> float:
        """The shortest that the step can be."""
        return DAYS_IN[self.unit] * self.every

    @property
    def end_unit(self) -> str:
        """How to name a time that is no multiple of the step: by its day, not its month."""
        return "day" if self.unit in ("month", "year") else self.unit


class Tick(NamedTuple):
    """A named time: ``coarse`` (the year, or the day of a clock time) is shown where it changes."""

    time: float
    fine: str
    coarse: str = ""

    @property
    def width(self) -> float:
        """Millimeters, ready for either line."""
        return text_size.widest((self.fine, self.coarse))


@dataclass(frozen=True)
class TimeAxis:
    """A time axis from ``start`` to ``end`` that is to scale between its breaks."""

    start: float
    end: float
    breaks: tuple[Gap, ...]
    knots: Floats  # times, with paper left free before the start and after the end
    positions: Floats  # of the knots: 0 at the left end of the axis, 1 at the right

    def forward(self, times: npt.ArrayLike) -> Floats:
        """Position of each time."""
        return np.asarray(np.interp(np.asarray(times, dtype=float), self.knots, self.positions), dtype=float)

    def inverse(self, positions: npt.ArrayLike) -> Floats:
        """Time at each position."""
        return np.asarray(
            np.interp(np.asarray(positions, dtype=float), self.positions, self.knots), dtype=float
        )

    def place(self, time: float) -> float:
        """Position of one time."""
        return float(self.forward(time))

    @property
    def view(self) -> tuple[float, float]:
        """Times at the two ends of the axis."""
        return float(self.knots[0]), float(self.knots[-1])

    @property
    def segments(self) -> tuple[Gap, ...]:
        """First and last time of each stretch that is to scale."""
        edges = [self.start, *(edge for gap in self.breaks for edge in gap), self.end]
        return tuple(zip(edges[::2], edges[1::2], strict=True))

    @property
    def scale(self) -> float:
        """Share of the axis that one day takes where the axis is to scale."""
        return float((self.positions[1] - self.positions[0]) / (self.knots[1] - self.knots[0]))


def build_axis(times: npt.ArrayLike, breaks: Sequence[Gap], room: float) -> TimeAxis:
    """Lay all times on an axis ``room`` millimeters long, with each of ``breaks`` shortened.

    A shortened gap is just so wide that the days at both its ends can be named.
    """
    moments = np.asarray(times, dtype=float)
    start, end = float(moments.min()), float(moments.max())
    edges = np.unique([start, *(edge for gap in breaks for edge in gap), end])
    lengths = np.diff(edges)
    shortened = np.isin(edges[:-1], [left for left, _ in breaks])
    lengths[shortened] = _gap_share(len(breaks), room) * lengths[~shortened].sum()
    padding = PAD_SHARE * lengths.sum() or 1.0
    knots = np.concatenate([[start - padding], edges, [end + padding]])
    positions = np.cumsum([0.0, padding, *lengths, padding])
    return TimeAxis(start, end, tuple(breaks), knots, positions / positions[-1])


def _gap_share(count: int, room: float) -> float:
    """Length of a shortened gap, as a share of all the time that is to scale."""
    needed = (text_size.width(WIDEST_LABEL["day"]) + BETWEEN_LABELS) / (room * (1 - 2 * PAD_SHARE))
    share = min(needed, MOST_GAPS_SHARE / max(count, 1))
    return share / (1 - count * share)


def choose_ticks(axis: TimeAxis, room: float, *, calendar: bool, clock: bool) -> list[Tick]:
    """Choose times to name on an axis ``room`` millimeters long, in order, none touching the next.

    Regular steps where the axis is to scale, as fine as fit; a stretch too short to hold one
    is named by its ends. ``clock``: the times have a time of day, or parts of a day.
    """
    step = _finest_step(axis, room, calendar=calendar, clock=clock)
    regular, ends = [], []
    for low, high in axis.segments:
        inside = _multiples(low, high, step) if high > low else []
        regular += [_tick(time, step.unit) for time in inside]
        ends += [] if inside else [_tick(time, step.end_unit) for time in dict.fromkeys((low, high))]
    # A stretch between two breaks has only its ends to be known by, the ends of the axis above all.
    ends.sort(key=lambda tick: axis.start < tick.time < axis.end)
    return _without_repeats(_apart([*ends, *regular], axis, room))


def _finest_step(axis: TimeAxis, room: float, *, calendar: bool, clock: bool) -> Step:
    steps = [Step(*step) for step in (CALENDAR_STEPS if calendar else NUMBER_STEPS)]
    allowed = [step for step in steps if clock or step.days >= 1]
    fitting = (step for step in allowed if step.days * axis.scale * room >= _room_for(step, axis))
    return next(fitting, allowed[-1])


def _room_for(step: Step, axis: TimeAxis) -> float:
    if step.unit != "number":
        return text_size.width(WIDEST_LABEL[step.unit]) + BETWEEN_LABELS
    outermost = (np.round(end / step.every) * step.every for end in (axis.start, axis.end))
    return text_size.widest(number_text(time) for time in outermost) + BETWEEN_LABELS


def _multiples(low: float, high: float, step: Step) -> list[float]:
    if step.unit in ("month", "year"):
        return _first_of_months(low, high, int(step.every) * (12 if step.unit == "year" else 1))
    # Days count from the first of the stretch; clock hours from midnight, day numbers from day 0.
    origin = np.ceil(low) if step.unit == "day" else 0.0
    first = np.ceil((low - origin) / step.days - NEARLY)
    last = np.floor((high - origin) / step.days + NEARLY)
    return [float(origin + k * step.days) for k in np.arange(first, last + 1)]


def _first_of_months(low: float, high: float, every: int) -> list[float]:
    start, end = moment(low), moment(high)
    months = range(12 * start.year + start.month - 1, 12 * end.year + end.month)
    firsts = [datetime(month // 12, month % 12 + 1, 1) for month in months if month % every == 0]
    return [(first - EPOCH) / timedelta(days=1) for first in firsts if start <= first <= end]


def _tick(time: float, unit: str) -> Tick:
    if unit == "number":
        return Tick(time, number_text(round(time, 2)))
    when = moment(time)
    day, month, year = day_text(time), MONTHS[when.month - 1], f"{when.year}"
    return {
        "hour": Tick(time, f"{when:%H:%M}", f"{day} {year}"),
        "day": Tick(time, day, year),
        "month": Tick(time, month, year),
        "year": Tick(time, year),
    }[unit]


def _apart(by_need: Sequence[Tick], axis: TimeAxis, room: float) -> list[Tick]:
    kept: list[tuple[float, Tick]] = []
    for tick in by_need:
        place = axis.place(tick.time) * room
        if all(abs(place - x) >= (tick.width + other.width) / 2 + BETWEEN_LABELS for x, other in kept):
            kept.append((place, tick))
    return [tick for _, tick in sorted(kept)]


def _without_repeats(ticks: Sequence[Tick]) -> list[Tick]:
    before = ["", *(tick.coarse for tick in ticks)]
    pairs = zip(ticks, before[:-1], strict=True)
    return [tick._replace(coarse="") if tick.coarse == last else tick for tick, last in pairs]
