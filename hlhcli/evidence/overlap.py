"""What else was given: the other interventions before a response and in its window.

A change is listed under every intervention that was active. It is never divided among them.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hlhcli.times import DAY, MISSING, instants, is_calendar

KEY = ["subject", "intervention", "start"]


@dataclass(frozen=True)
class Companion:
    """Another intervention of the same subject; days are counted from the start of the window's own."""

    name: str
    begin: float
    end: float
    """NaN where no stop is known."""
    overlap: float
    """Days of it between the window's start and the response, both days included; NaN: not known."""

    @property
    def active(self) -> bool:
        """Whether it went on, or may have gone on, at or after the start."""
        return not self.end < 0

    def words(self) -> str:
        """Its name and days in words.

        >>> Companion("etoposide", -3.0, -3.0, 0.0).words()
        'etoposide (day −3)'
        >>> Companion("cyclosporine", -4.0, float("nan"), float("nan")).words()
        'cyclosporine (since day −4, stop unknown)'
        >>> Companion("prednisone", -4.0, 1.0, 2.0).words()
        'prednisone (day −4 to 1, 2 days of overlap)'
        """
        begin, end = _day_text(self.begin), _day_text(self.end)
        if math.isnan(self.end):
            return f"{self.name} (since day {begin}, stop unknown)"
        when = f"day {begin}" if begin == end else f"day {begin} to {end}"
        if not self.active:
            return f"{self.name} ({when})"
        return (
            f"{self.name} ({when}, {self.overlap:.15g} {'day' if self.overlap == 1 else 'days'} of overlap)"
        )


def companions(
    changes: pd.DataFrame, interventions: pd.DataFrame, windows: pd.DataFrame
) -> tuple[np.ndarray, list[tuple[Companion, ...]]]:
    """The companions of every row of `changes`: the place of each row in the list that follows.

    An intervention counts for which the response stands after its start, by the same rule as for
    the window's own (where the response has no time: the window's end), and which had not
    stopped before the span of values before the start begins. Interventions that start together
    are companions of each other. They stand in order of their starts.
    """
    limit = _limits(changes, windows)
    code, keys = pd.MultiIndex.from_arrays([*(changes[name] for name in KEY), limit]).factorize()
    given = _given(interventions, windows)
    times = (instants(windows[name]).tolist() for name in ("before_from", "start"))
    spans = dict(zip(_keys(windows), zip(*times, strict=True), strict=True))
    calendar = is_calendar(changes["start"])
    found = []
    for subject, name, start, until in keys:
        span = (*spans[subject, name, start], until)
        found.append(_companions(given.get(subject, []), name, span, calendar=calendar))
    return np.asarray(code), found


def words(changes: pd.DataFrame, interventions: pd.DataFrame, windows: pd.DataFrame) -> pd.Series:
    """The companions of every row in words, joined by semicolons."""
    code, found = companions(changes, interventions, windows)
    texts = np.array(["; ".join(one.words() for one in each) for each in found] or [""], dtype=object)
    return pd.Series(texts[code], index=changes.index, dtype="str")


def _keys(frame: pd.DataFrame) -> list[Any]:
    return list(pd.MultiIndex.from_frame(frame[KEY]))


def _limits(changes: pd.DataFrame, windows: pd.DataFrame) -> np.ndarray:
    """The instant by which a companion must have begun."""
    time = instants(changes["time"])
    once = windows.drop_duplicates(KEY)
    place = pd.MultiIndex.from_frame(once[KEY]).get_indexer(pd.MultiIndex.from_frame(changes[KEY]))
    end = instants(once["after_until"])[place]
    return np.where(time != MISSING, time, np.where(end == MISSING, np.iinfo(np.int64).max, end - 1))


class _Course(NamedTuple):
    """One intervention in instants; ``counts`` is when a value first stands after its start."""

    name: str
    begin: int
    stop: int
    counts: int


def _given(interventions: pd.DataFrame, windows: pd.DataFrame) -> dict[str, list[_Course]]:
    """The interventions of each subject, by start."""
    ordered = interventions.sort_values(["start", "intervention"], kind="stable")
    counts = dict(zip(_keys(windows), instants(windows["after_from"]).tolist(), strict=True))
    times = (instants(ordered[name]).tolist() for name in ("start", "stop"))
    given: dict[str, list[_Course]] = {}
    for key, begin, stop in zip(_keys(ordered), *times, strict=True):
        given.setdefault(key[0], []).append(_Course(key[1], begin, stop, counts.get(key, begin)))
    return given


def _companions(
    given: list[_Course], name: str, span: tuple[int, int, int], *, calendar: bool
) -> tuple[Companion, ...]:
    back, start, until = span
    return tuple(
        _companion(other.name, other.begin, other.stop, span, calendar=calendar)
        for other in given
        if (other.name, other.begin) != (name, start)
        and other.counts <= until
        and (other.stop == MISSING or max(other.begin, other.stop) >= back)
    )


def _companion(name: str, begin: int, stop: int, span: tuple[int, int, int], *, calendar: bool) -> Companion:
    _, start, until = span
    first, last = (_days(start, moment, calendar=calendar) for moment in (begin, stop))
    response = _days(start, until, calendar=calendar)
    shared = min(last, response) - max(first, 0.0) + 1
    return Companion(name, first, last, math.nan if math.isnan(last) else max(math.floor(shared), 0))


def _days(start: int, moment: int, *, calendar: bool) -> float:
    """As `hlhcli.times.days_between`, for two instants: arrays of one are slow."""
    if moment == MISSING:
        return float("nan")
    if calendar and (start % DAY == 0 or moment % DAY == 0):
        return float(moment // DAY - start // DAY)
    return (moment - start) / DAY


def _day_text(day: float) -> str:
    return f"{round(day, 1):.15g}".replace("-", "−")
