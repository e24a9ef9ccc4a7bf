"""Inferred dates: from the frames to the ranges of changes over every placement.

Only series that have inferred values come here; all others have one placement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hlhcli import extremes, kernel
from hlhcli.extremes import Extremes
from hlhcli.kernel import Rows, Spans
from hlhcli.placements import Course, Cuts, Split, course, nearest_splits, splits
from hlhcli.times import MISSING, instants
from hlhcli.windows import positions


@dataclass(frozen=True)
class Calendar:
    """The times that values of one subject may have, as given and on the axis of the windows."""

    time: np.ndarray
    position: np.ndarray


@dataclass(frozen=True)
class Entries:
    """For each change: its pair of series and window, its response point, and the row of its value."""

    pair: np.ndarray  # ascending
    point: np.ndarray
    row: np.ndarray


def calendars(frames: Sequence[pd.DataFrame], *, exact: bool, same_day: str) -> dict[str, Calendar]:
    """The calendar of every subject: each time at which any of the frames has a row."""
    times = pd.concat([frame[["subject", "time"]] for frame in frames]).drop_duplicates()
    return {
        str(subject): _calendar(instants(group), exact, same_day)
        for subject, group in times.groupby("subject", sort=False)["time"]
    }


def _calendar(time: np.ndarray, exact: bool, same_day: str) -> Calendar:
    time = np.sort(time[time != MISSING])
    position, first = np.unique(positions(time, exact, same_day), return_index=True)
    return Calendar(time[first], position)


@dataclass(frozen=True)
class Ground:
    """Rows and windows, with the calendar of each series that has inferred rows."""

    rows: Rows
    spans: Spans
    inferred: np.ndarray  # marks rows
    calendar: dict[int, Calendar]


def over_every_placement(
    declared: Extremes, entries: Entries, ground: Ground, rule: str, points: Sequence[str]
) -> Extremes:
    """The ranges of the declared reading, widened over every placement where there are others."""
    found = declared.copy()
    pick_baseline = kernel.last if rule == "nearest" else kernel.MEASURES[rule]
    courses = {series: _course(ground, series) for series in ground.calendar}
    for pair in np.flatnonzero(np.isin(ground.spans.series, list(courses))).tolist():
        parts = list(_splits(ground, courses[ground.spans.series[pair]], pair, rule))
        before = extremes.baselines(parts, ground.rows, pick_baseline)
        for entry, at in _entries_of(pair, entries, points):
            after = (
                extremes.single_responses(parts, ground.rows, entries.row[entry])
                if at == "each"
                else extremes.responses(parts, ground.rows, kernel.MEASURES[at])
            )
            found.put(entry, extremes.over_placements(parts, before, after, found.sign[entry]))
    return found


def _entries_of(pair: int, entries: Entries, points: Sequence[str]) -> Iterator[tuple[np.ndarray, str]]:
    begin, end = np.searchsorted(entries.pair, [pair, pair + 1])
    for number, at in enumerate(points):
        yield begin + np.flatnonzero(entries.point[begin:end] == number), at


def _course(ground: Ground, series: int) -> Course:
    """The draws of a series: its values by time. One value with a known date fixes its draw."""
    begin, end = ground.rows.offsets[series : series + 2]
    calendar = ground.calendar[series]
    position, first = np.unique(ground.rows.time[begin:end], return_index=True)
    fixed = np.logical_or.reduceat(~ground.inferred[begin:end], first)
    place = np.searchsorted(calendar.position, position)
    return course([*(begin + first).tolist(), int(end)], place.tolist(), fixed.tolist(), calendar.time.size)


def _splits(ground: Ground, moving: Course, pair: int, rule: str) -> Iterator[Split]:
    spans, calendar = ground.spans, ground.calendar[ground.spans.series[pair]]
    edges = (spans.before_from, spans.before_until, spans.after_from, spans.after_until)
    cuts: Cuts = tuple(np.searchsorted(calendar.position, [edge[pair] for edge in edges]).tolist())
    if rule == "nearest":
        return nearest_splits(moving, cuts, calendar.time, int(spans.start[pair]))
    return splits(moving, cuts)
