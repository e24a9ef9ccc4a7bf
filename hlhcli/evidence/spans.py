"""The values behind each change: those before and those after the start, in order."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hlhcli.kernel import NO_ROW, Pick, Rows, Slices
from hlhcli.times import days_between, is_calendar

if TYPE_CHECKING:
    from hlhcli.changes import Picked
    from hlhcli.study import Study


class View(NamedTuple):
    """Values by series and time, one per time, and the two spans of every pair of series and window.

    Of different results at one time the highest stands here, as for the baseline rule ``last``.
    """

    rows: Rows
    time: np.ndarray
    """Instant of each row as the file gave it."""
    pair: np.ndarray
    """The pair that each change belongs to."""
    series: np.ndarray
    """The series of each pair."""
    start: np.ndarray
    """The start of each pair's window."""
    before: Slices
    after: Slices
    baseline: "End"
    value: "End"
    exact: bool
    """Whether day numbers are exact moments (`hlhcli.windows.exact_days`)."""
    calendar: bool

    @property
    def exactly_known(self) -> np.ndarray:
        """Which rows hold a number above 0 and not a limit: those that have a logarithm."""
        return (self.rows.low == self.rows.high) & (self.rows.low > 0)

    def days(self, row: np.ndarray, pair: int) -> np.ndarray:
        """Days of these rows from the start of a pair's window."""
        start = np.full(row.size, self.start[pair])
        return days_between(start, self.time[row], calendar=self.calendar)


class End(NamedTuple):
    """The baselines, or the responses, of all changes."""

    row: np.ndarray
    """Where each stands; `NO_ROW` for a mean, a median or none."""
    time: np.ndarray
    """Instants."""
    number: np.ndarray
    """NaN where there is none or only a limit."""


def look(ground: "Study", picked: "Picked") -> View:
    """The view of the changes that were picked."""
    rows, count = _one_per_time(ground.rows)
    before, after = (Slices(count[part.begin], count[part.end]) for part in (ground.before, ground.after))
    return View(
        rows,
        ground.values.time[rows.source],
        picked.pair,
        ground.pairs.series,
        ground.spans.start,
        before,
        after,
        _end(ground, picked.baseline, count),
        _end(ground, picked.value, count),
        ground.treated.exact,
        is_calendar(ground.like),
    )


def _end(ground: "Study", pick: Pick, count: np.ndarray) -> End:
    found = pick.row != NO_ROW
    row = np.where(found, count[np.where(found, pick.row, 0)], NO_ROW)
    return End(row, ground.times(pick), pick.known)


def _one_per_time(rows: Rows) -> tuple[Rows, np.ndarray]:
    """The last, and so the highest, of the rows of a series and time; and how many stand before each row."""
    last = np.ones(rows.time.size, dtype=bool)
    last[:-1] = rows.time[1:] != rows.time[:-1]
    last[(rows.offsets[1:] - 1)[np.diff(rows.offsets) > 0]] = True
    count = np.concatenate([[0], np.cumsum(last)])
    kept = Rows(count[rows.offsets], rows.time[last], rows.low[last], rows.high[last], rows.source[last])
    return kept, count
