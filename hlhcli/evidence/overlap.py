"""What else was given: the other interventions before a response and in its window.

A change is listed under every intervention that was active. It is never divided among them.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import kernel, keys
from hlhcli.evidence.spans import window_key
from hlhcli.kernel import FOREVER, NO_ROW, Slices
from hlhcli.texts import joined
from hlhcli.times import MISSING, days_between, instants, is_calendar


class Companion(NamedTuple):
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
) -> list[list[Companion]]:
    """The companions of every row of `changes`, in order of their starts.

    An intervention counts for which the response stands after its start, by the same rule as for
    the window's own (where the response has no time: the window's end), and which had not
    stopped before the span of values before the start begins. Interventions that start together
    are companions of each other.
    """
    code, spans = _spans(changes, windows)
    found: list[list[Companion]] = [[] for _ in range(spans.start.size)]
    for shared in _shared(spans, _given(interventions, windows, spans), is_calendar(changes["start"])):
        for span, one in zip(shared.span.tolist(), _each(shared), strict=True):
            found[span].append(one)
    return [found[span] for span in code.tolist()]


def words(changes: pd.DataFrame, interventions: pd.DataFrame, windows: pd.DataFrame) -> np.ndarray:
    """The companions of every row in words, joined by semicolons; see `companions`."""
    code, spans = _spans(changes, windows)
    found = _shared(spans, _given(interventions, windows, spans), is_calendar(changes["start"]))
    texts, span = zip(*((_words(shared), shared.span) for shared in found), strict=True)
    return joined(np.concatenate(texts), np.concatenate(span), spans.start.size, "; ")[code]


class _Spans(NamedTuple):
    """From the first moment that is looked at to the last one before which a companion must begin."""

    subject: np.ndarray
    intervention: np.ndarray
    back: np.ndarray
    start: np.ndarray
    until: np.ndarray


class _Given(NamedTuple):
    """Interventions by subject and start; those of each span's subject are a slice."""

    name: np.ndarray
    begin: np.ndarray
    stop: np.ndarray
    counts: np.ndarray
    """When a value first stands after the start."""
    slices: Slices


class _Shared(NamedTuple):
    """Companions by span; days as in `Companion`."""

    span: np.ndarray
    name: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    overlap: np.ndarray


def _spans(changes: pd.DataFrame, windows: pd.DataFrame) -> tuple[np.ndarray, _Spans]:
    """The span that each row of the changes belongs to, and the spans."""
    place = keys.find(window_key(windows), window_key(changes))
    time, end = instants(changes["time"]), instants(windows["after_until"])[place]
    until = np.where(time != MISSING, time, np.where(end == MISSING, FOREVER, end - 1))
    code, first = keys.number([place, until])
    place = place[first]
    back, start = (instants(windows[name])[place] for name in ("before_from", "start"))
    subject, name = (windows[name].to_numpy(dtype=object)[place] for name in ("subject", "intervention"))
    return code, _Spans(subject, name, back, start, until[first])


def _given(interventions: pd.DataFrame, windows: pd.DataFrame, spans: _Spans) -> _Given:
    name = interventions["intervention"].to_numpy(dtype=object)
    begin, stop = instants(interventions["start"]), instants(interventions["stop"])
    place = keys.find(window_key(windows), window_key(interventions))
    counts = np.where(place == NO_ROW, begin, instants(windows["after_from"])[place])
    order = np.lexsort((keys.alphabetical(name), begin))
    rows, slices = keys.group([interventions["subject"].to_numpy(dtype=object)[order]], [spans.subject])
    order = order[rows]
    return _Given(name[order], begin[order], stop[order], counts[order], slices)


def _shared(spans: _Spans, given: _Given, calendar: bool) -> Iterator[_Shared]:
    """The companions of all spans, some millions of pairs at a time."""
    block = np.cumsum(given.slices.size) // kernel.BLOCK
    edges = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), block.size]
    for first, last in pairwise(edges):
        part = Slices(given.slices.begin[first:last], given.slices.end[first:last])
        other, _ = kernel.expand(part)
        span = np.repeat(np.arange(first, last), part.size)
        chosen = _are_companions(spans, given, span, other)
        yield _with_days(spans, given, span[chosen], other[chosen], calendar)


def _are_companions(spans: _Spans, given: _Given, span: np.ndarray, other: np.ndarray) -> np.ndarray:
    begin, stop = given.begin[other], given.stop[other]
    itself = (begin == spans.start[span]) & (given.name[other] == spans.intervention[span])
    lasting = (stop == MISSING) | (np.maximum(begin, stop) >= spans.back[span])
    return ~itself & (given.counts[other] <= spans.until[span]) & lasting


def _with_days(spans: _Spans, given: _Given, span: np.ndarray, other: np.ndarray, calendar: bool) -> _Shared:
    start = spans.start[span]
    moments = given.begin[other], given.stop[other], np.minimum(spans.until[span], FOREVER // 2)
    begin, end, response = (days_between(start, moment, calendar=calendar) for moment in moments)
    shared = np.floor(np.minimum(end, response) - np.maximum(begin, 0.0) + 1)
    return _Shared(span, given.name[other], begin, end, np.maximum(shared, 0.0))


def _each(shared: _Shared) -> list[Companion]:
    columns = (shared.name, shared.begin, shared.end, shared.overlap)
    return [Companion(*parts) for parts in zip(*(column.tolist() for column in columns), strict=True)]


def _words(shared: _Shared) -> np.ndarray:
    """Each companion in words, put together once for all that are alike."""
    numbers = [column.view(np.int64) for column in (shared.begin, shared.end, shared.overlap)]
    code, first = keys.number([shared.name, *numbers])
    columns = (column[first] for column in (shared.name, shared.begin, shared.end, shared.overlap))
    alike = _each(_Shared(first, *columns))
    return np.array([one.words() for one in alike], dtype=object)[code]


def _day_text(day: float) -> str:
    return f"{round(day, 1):.15g}".replace("-", "−")
