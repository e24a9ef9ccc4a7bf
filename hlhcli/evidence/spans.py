"""The values behind each row of `changes`: those before and those after the start, in order."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import kernel, keys
from hlhcli.kernel import FOREVER, NO_ROW, Rows, Slices, Spans
from hlhcli.times import MISSING, days_between, instants, is_calendar
from hlhcli.windows import exact_days, positions


class View(NamedTuple):
    """Values by series and time, one per time, and the two spans of every pair of series and window.

    Of different results at one time the highest stands here, as for the baseline rule ``last``.
    """

    rows: Rows
    time: np.ndarray
    """Instant of each row as the file gave it."""
    pair: np.ndarray
    """The pair that each row of `changes` belongs to."""
    series: np.ndarray
    """The series of each pair."""
    start: np.ndarray
    """The start of each pair's window."""
    before: Slices
    after: Slices
    exact: bool
    """Whether day numbers are exact moments (`hlhcli.windows.exact_days`)."""
    same_day: str
    calendar: bool

    @property
    def exactly_known(self) -> np.ndarray:
        """Which rows hold a number above 0 and not a limit: those that have a logarithm."""
        return (self.rows.low == self.rows.high) & (self.rows.low > 0)

    def days(self, row: np.ndarray, pair: int) -> np.ndarray:
        """Days of these rows from the start of a pair's window."""
        start = np.full(row.size, self.start[pair])
        return days_between(start, self.time[row], calendar=self.calendar)


def look(
    changes: pd.DataFrame,
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    windows: pd.DataFrame,
    same_day: str,
) -> View:
    """The view of these changes; the other frames are those that they were computed from."""
    pair, top = keys.number([changes["marker"], *window_key(changes)])
    pairs = changes[["subject", "marker", "intervention", "start"]].take(top)
    code, first = keys.number(_series_key(pairs))
    exact = exact_days(series["time"], instants(interventions["start"]), instants(interventions["stop"]))
    given = instants(series["time"])
    rows = _sort(series, pairs.take(first), positions(given, exact, same_day))
    rows, before, after = _one_per_time(rows, *kernel.slices(rows, _spans(pairs, windows, code)))
    time, start = given[rows.source], instants(pairs["start"])
    return View(rows, time, pair, code, start, before, after, exact, same_day, is_calendar(series["time"]))


def window_key(frame: pd.DataFrame) -> list[keys.Column]:
    """What names a window in each frame: the subject, the intervention and its start."""
    return [frame["subject"], frame["intervention"], instants(frame["start"])]


def locate(view: View, times: pd.Series) -> np.ndarray:
    """The row that holds the value of each row of `changes` at this time; `NO_ROW` for none."""
    if not view.time.size:
        return np.full(len(times), NO_ROW)
    series, wanted = view.series[view.pair], positions(instants(times), view.exact, view.same_day)
    place = kernel.locate(view.rows.offsets, view.rows.time, series, wanted)
    inside = (place < view.rows.offsets[series + 1]) & (wanted != MISSING)
    safe = np.where(inside, place, 0)
    return np.where(inside & (view.rows.time[safe] == wanted), place, NO_ROW)


def _series_key(frame: pd.DataFrame) -> list[keys.Column]:
    return [frame["subject"], frame["marker"]]


def _sort(series: pd.DataFrame, named: pd.DataFrame, position: np.ndarray) -> Rows:
    """The usable values of the series that are named, in order."""
    code = keys.find(_series_key(named), _series_key(series))
    value, bound = series["value"].to_numpy(dtype=float), series["bound"].to_numpy(dtype=object)
    usable = (position != MISSING) & np.isfinite(value) & (code != NO_ROW)
    low = np.where(bound == "<", np.where(value >= 0, 0.0, -np.inf), value)
    high = np.where(bound == ">", np.inf, value)
    return kernel.sort_rows(code, position, np.where(usable, low, np.nan), high, n_series=len(named))


def _spans(pairs: pd.DataFrame, windows: pd.DataFrame, code: np.ndarray) -> Spans:
    place = keys.find(window_key(windows), window_key(pairs))
    names = ("start", "before_from", "before_until", "after_from")
    columns = {name: instants(windows[name])[place] for name in names}
    until = instants(windows["after_until"])[place]
    return Spans(series=code, **columns, after_until=np.where(until == MISSING, FOREVER, until))


def _one_per_time(rows: Rows, before: Slices, after: Slices) -> tuple[Rows, Slices, Slices]:
    """Keep the last, and so the highest, of the rows that share a series and a time."""
    last = np.ones(rows.time.size, dtype=bool)
    last[:-1] = rows.time[1:] != rows.time[:-1]
    last[(rows.offsets[1:] - 1)[np.diff(rows.offsets) > 0]] = True
    count = np.concatenate([[0], np.cumsum(last)])
    kept = Rows(count[rows.offsets], rows.time[last], rows.low[last], rows.high[last], rows.source[last])
    before, after = (Slices(count[part.begin], count[part.end]) for part in (before, after))
    return kept, before, after
