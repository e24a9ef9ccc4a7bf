"""Placements: what may stand before and after a start when some dates are only inferred.

The draws of a course (the values of one marker at one time) whose dates are inferred may take
any of the subject's dates that keep the order of the course between the draws whose dates are
known. To a window such a placement matters only through how many draws lie before each of its
four edges. So the placements are not listed: the possible cuts are, each with the number of
placements that it stands for, which is a product of binomial coefficients.
"""

from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from math import comb
from typing import NamedTuple

import numpy as np

Cuts = tuple[int, int, int, int]
"""The dates at which before begins and ends and at which after begins and ends, as places."""


class Option(NamedTuple):
    """Rows ``begin`` up to ``end``, and in how many ways the dates allow them."""

    begin: int
    end: int
    ways: int


class Split(NamedTuple):
    """Placements that part the draws at the start in one way: every before goes with every after."""

    before: list[Option]
    after: list[Option]


class Course(NamedTuple):
    """A course of draws among the dates of its subject.

    ``rows`` has the first row of each draw and, last, the end of the last; ``place`` is where
    each draw stands among ``n_dates`` dates in the declared reading. ``anchors`` are the draws
    that stay there, ``runs`` the running product of the ways of the draws between them.
    """

    rows: list[int]
    place: list[int]
    n_dates: int
    anchors: list[int]
    anchored: list[int]  # the places of the anchors
    runs: list[int]
    earliest: list[int]
    latest: list[int]

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return len(self.place)

    def ways(self, begin: int, end: int, first: int, last: int) -> int:
        """How many ways draws ``first`` up to ``last`` have to take dates ``begin`` up to ``end``."""
        low, high = bisect_left(self.anchored, begin), bisect_left(self.anchored, end)
        if low >= high:
            return _choose(end - begin, last - first)
        head, tail = self.anchors[low], self.anchors[high - 1]
        front = _choose(self.place[head] - begin, head - first)
        back = _choose(end - 1 - self.place[tail], last - 1 - tail)
        return front * back * (self.runs[high - 1] // self.runs[low]) if front and back else 0

    def reach(self, date: int) -> range:
        """How many draws may lie before a date."""
        return range(bisect_left(self.latest, date), bisect_left(self.earliest, date) + 1)

    def dates_of(self, draw: int, begin: int, end: int) -> range:
        """The dates from ``begin`` up to ``end`` that a draw may have."""
        return range(max(begin, self.earliest[draw]), min(end, self.latest[draw] + 1))

    @property
    def placements(self) -> int:
        """In how many ways the dates allow the whole course."""
        return self.ways(0, self.n_dates, 0, self.n_draws)


def course(rows: list[int], place: list[int], fixed: list[bool], n_dates: int) -> Course:
    """The course of draws that stand at these places; those that are fixed stay there."""
    anchors = [draw for draw, stays in enumerate(fixed) if stays]
    runs = [1]
    for left, right in pairwise(anchors):
        runs.append(runs[-1] * _choose(place[right] - place[left] - 1, right - left - 1))
    earliest, latest = place.copy(), place.copy()
    for draw in range(len(place)):
        if not fixed[draw]:
            earliest[draw] = earliest[draw - 1] + 1 if draw else 0
    for draw in reversed(range(len(place))):
        if not fixed[draw]:
            latest[draw] = latest[draw + 1] - 1 if draw + 1 < len(place) else n_dates - 1
    return Course(rows, place, n_dates, anchors, [place[draw] for draw in anchors], runs, earliest, latest)


@cache
def _choose(things: int, taken: int) -> int:
    """The binomial coefficient; 0 where so many cannot be taken."""
    return comb(things, taken) if 0 <= taken <= things else 0


def splits(course: Course, cuts: Cuts) -> Iterator[Split]:
    """Every way to part a course by a window; the ways of all pairs add up to its placements."""
    for draw, later, between in _starts(course, cuts):
        before = [
            Option(course.rows[oldest], course.rows[draw], ways)
            for oldest in course.reach(cuts[0])
            if (ways := course.ways(0, cuts[0], 0, oldest) * course.ways(*cuts[:2], oldest, draw))
        ]
        after = [
            Option(course.rows[later], course.rows[end], between * ways)
            for end in course.reach(cuts[3])
            if (ways := _from(course, cuts, cuts[2], later, end))
        ]
        if before and after:
            yield Split(before, after)


def nearest_splits(course: Course, cuts: Cuts, time: np.ndarray, start: int) -> Iterator[Split]:
    """The same where the baseline is the one value nearest to the start, on either side.

    A before is then the row of the baseline, or nothing; an after is without it.
    """
    ahead = (time - start).tolist()
    for draw, later, between in _starts(course, cuts):
        left, no_left = _last_before(course, cuts, draw, ahead)
        right, no_right = _first_after(course, cuts, later)
        total = sum(ways for _, ways in left)
        own, taken = {later: total * no_right}, dict[int, int]()
        for date, ends in right:
            farther = sum(ways for distance, ways in left if distance > ahead[date]) + no_left
            for end, ways in ends:
                taken[end] = taken.get(end, 0) + farther * ways
                own[end] = own.get(end, 0) + (total + no_left - farther) * ways
        edge, row = course.rows[draw], course.rows[later]
        yield from _single(course, edge - 1, row, own, between)
        yield from _single(course, row, row + 1, taken, between)
        if no_left * no_right:
            yield Split([Option(edge, edge, between)], [Option(row, row, no_left * no_right)])


def _single(course: Course, row: int, begin: int, ends: dict[int, int], ways: int) -> Iterator[Split]:
    """The split whose baseline is one row, where there is any."""
    after = [Option(begin, course.rows[end], many) for end, many in sorted(ends.items()) if many]
    if after:
        yield Split([Option(row, row + 1, ways)], after)


def _starts(course: Course, cuts: Cuts) -> Iterator[tuple[int, int, int]]:
    """The first draw that is not before, the first that may be after, and the ways of those between."""
    for draw in course.reach(cuts[1]):
        for later in course.reach(cuts[2]):
            if between := course.ways(*cuts[1:3], draw, later):
                yield draw, later, between


def _from(course: Course, cuts: Cuts, begin: int, first: int, end: int) -> int:
    """The ways of all draws from ``first`` on when those before ``end`` lie in the window."""
    inside = course.ways(begin, cuts[3], first, end)
    return inside and inside * course.ways(cuts[3], course.n_dates, end, course.n_draws)


def _last_before(
    course: Course, cuts: Cuts, draw: int, ahead: list[int]
) -> tuple[list[tuple[int, int]], int]:
    """Distance and ways of each date of the last draw before; and the ways to have none."""
    none = course.ways(0, cuts[0], 0, draw) * course.ways(cuts[0], cuts[1], draw, draw)
    found = [
        (-ahead[date], alone * course.ways(0, date, 0, draw - 1))
        for date in (course.dates_of(draw - 1, cuts[0], cuts[1]) if draw else ())
        if (alone := _alone(course, date, draw - 1) * course.ways(date + 1, cuts[1], draw, draw))
    ]
    return [(distance, ways) for distance, ways in found if ways], none


def _first_after(
    course: Course, cuts: Cuts, draw: int
) -> tuple[list[tuple[int, list[tuple[int, int]]]], int]:
    """For each date of the first draw after: ends of the window with ways; and the ways to have none."""
    ends = [end for end in course.reach(cuts[3]) if end > draw]
    found = [
        (date, [(end, ways) for end in ends if (ways := _from(course, cuts, date + 1, draw + 1, end))])
        for date in (course.dates_of(draw, cuts[2], cuts[3]) if draw < course.n_draws else ())
        if course.ways(cuts[2], date, draw, draw) and _alone(course, date, draw)
    ]
    return found, _from(course, cuts, cuts[2], draw, draw)


def _alone(course: Course, date: int, draw: int) -> int:
    """1 where a draw may have this date, else 0."""
    return course.ways(date, date + 1, draw, draw + 1)
