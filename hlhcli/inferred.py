"""Inferred dates: from the frames to the ranges of changes over every placement.

Only series that have inferred values come here; all others have one placement.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hlhcli import extremes, kernel, keys
from hlhcli.extremes import Candidates, Extremes, Splits
from hlhcli.kernel import Rows, Spans
from hlhcli.placements import Course, Cuts, Split, course, nearest_splits, splits
from hlhcli.times import MISSING
from hlhcli.windows import positions


class Calendar(NamedTuple):
    """The times that values of one subject may have, as given and on the axis of the windows."""

    time: np.ndarray
    position: np.ndarray


class Calendars(NamedTuple):
    """The calendars of all subjects: that of subject ``i`` is ``offsets[i]`` up to ``offsets[i + 1]``."""

    place: dict[str, int]
    offsets: np.ndarray
    time: np.ndarray
    position: np.ndarray

    def of(self, subject: str) -> Calendar:
        """The calendar of one subject."""
        begin, end = self.offsets[self.place[subject] :][:2]
        return Calendar(self.time[begin:end], self.position[begin:end])


class Entries(NamedTuple):
    """For each change: its pair of series and window, its response point, and the row of its value."""

    pair: np.ndarray  # ascending
    point: np.ndarray
    row: np.ndarray


class Ground(NamedTuple):
    """Rows and windows, with the calendar of each series that has inferred rows."""

    rows: Rows
    spans: Spans
    inferred: np.ndarray  # marks rows
    calendar: dict[int, Calendar]


def calendars(known: Sequence[tuple[np.ndarray, np.ndarray]], *, exact: bool, same_day: str) -> Calendars:
    """The calendar of every subject: each instant at which any of the known rows of it stands."""
    subject = np.concatenate([names.astype(object) for names, _ in known])
    time = np.concatenate([times for _, times in known])
    subject, time = subject[time != MISSING], time[time != MISSING]
    code, first = keys.number([subject])
    position = positions(time, exact, same_day)
    order = np.lexsort((time, position, code))
    code, position, time = code[order], position[order], time[order]
    new = np.ones(order.size, dtype=bool)
    new[1:] = (code[1:] != code[:-1]) | (position[1:] != position[:-1])
    offsets = np.searchsorted(code[new], np.arange(first.size + 1))
    place = {str(name): number for number, name in enumerate(subject[first].tolist())}
    return Calendars(place, offsets, time[new], position[new])


def over_every_placement(
    declared: Extremes, entries: Entries, ground: Ground, rule: str, points: Sequence[str]
) -> Extremes:
    """The ranges of the declared reading, widened over every placement where there are others."""
    found = declared.copy()
    moving = np.flatnonzero(np.isin(ground.spans.series, list(ground.calendar)))
    if not moving.size:
        return found
    parts = _splits(ground, moving.tolist(), rule)
    entry = np.flatnonzero(np.isin(entries.pair, moving))
    pair = np.searchsorted(moving, entries.pair[entry])
    pick_baseline = kernel.last if rule == "nearest" else kernel.MEASURES[rule]
    before = extremes.baselines(parts, ground.rows, pick_baseline)
    own = Entries(pair, entries.point[entry], entries.row[entry])
    after = _joined([_responses(parts, ground.rows, own, number, at) for number, at in enumerate(points)])
    found.put(entry, extremes.over_placements(parts, before, after, found.sign[entry], pair))
    return found


def _responses(parts: Splits, rows: Rows, entries: Entries, number: int, at: str) -> Candidates:
    """The responses at one point, each for its entry."""
    own = np.flatnonzero(entries.point == number)
    if at != "each":
        return extremes.responses(parts, rows, kernel.MEASURES[at], own)
    single = extremes.single_responses(parts, rows, entries.row[own], entries.pair[own])
    return single._replace(entry=own[single.entry])


def _joined(candidates: Sequence[Candidates]) -> Candidates:
    return Candidates(*(np.concatenate(columns) for columns in zip(*candidates, strict=True)))


def _course(ground: Ground, series: int) -> Course:
    """The draws of a series: its values by time. One value with a known date fixes its draw."""
    begin, end = ground.rows.offsets[series : series + 2]
    calendar = ground.calendar[series]
    position, first = np.unique(ground.rows.time[begin:end], return_index=True)
    fixed = np.logical_or.reduceat(~ground.inferred[begin:end], first)
    place = np.searchsorted(calendar.position, position)
    return course([*(begin + first).tolist(), int(end)], place.tolist(), fixed.tolist(), calendar.time.size)


def _splits(ground: Ground, pairs: Sequence[int], rule: str) -> Splits:
    """The splits of these pairs of series and window."""
    courses = {series: _course(ground, series) for series in ground.calendar}
    found = [_splits_of(ground, courses[ground.spans.series[pair]], pair, rule) for pair in pairs]
    number = np.repeat(np.arange(len(pairs)), [len(parts) for parts in found])
    return Splits([split for parts in found for split in parts], number)


def _splits_of(ground: Ground, moving: Course, pair: int, rule: str) -> list[Split]:
    spans, calendar = ground.spans, ground.calendar[ground.spans.series[pair]]
    edges = (spans.before_from, spans.before_until, spans.after_from, spans.after_until)
    cuts: Cuts = tuple(np.searchsorted(calendar.position, [edge[pair] for edge in edges]).tolist())
    if rule == "nearest":
        return list(nearest_splits(moving, cuts, calendar.time, int(spans.start[pair])))
    return list(splits(moving, cuts))
