"""What else was given: the other interventions before a response and in its window.

A change is listed under every intervention that was active. It is never divided among them.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from hlhcli import kernel, keys
from hlhcli.kernel import FOREVER, Slices
from hlhcli.texts import Coded, coded, joined, stacked
from hlhcli.times import MISSING, days_between, instants, is_calendar

if TYPE_CHECKING:
    from hlhcli.study import Study


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


def companions(windows: pd.DataFrame, stop: np.ndarray, window: int, time: int) -> list[Companion]:
    """The companions of one response, at an instant or at none, in order of their starts.

    ``stop`` has the stop of each window's own intervention. An intervention counts for which the
    response stands after its start, by the same rule as for the window's own (where the response
    has no time: the window's end), and which had not stopped before the span of values before the
    start begins. Interventions that start together are companions of each other.
    """
    spans = _spans(windows, np.array([window]), np.array([time]))[1]
    found = _shared(spans, _given(windows, stop, spans), is_calendar(windows["start"]))
    return [one for shared in found for one in _each(shared)]


def words(ground: "Study", window: np.ndarray, time: np.ndarray) -> Coded:
    """The companions of every response in words, joined by semicolons; see `companions`.

    ``window`` is the place of its window, ``time`` its instant.
    """
    windows = ground.treated.windows
    code, spans = _spans(windows, window, time)
    found = _shared(spans, _given(windows, ground.treated.stop, spans), is_calendar(ground.like))
    texts, span = zip(*((_words(shared), shared.span) for shared in found), strict=True)
    return joined(stacked(texts), np.concatenate(span), spans.start.size, "; ").take(code)


class _Spans(NamedTuple):
    """From the first moment that is looked at to the last one before which a companion must begin."""

    window: np.ndarray
    back: np.ndarray
    start: np.ndarray
    until: np.ndarray


class _Given(NamedTuple):
    """The interventions of all windows; those of each span's subject are a slice."""

    name: Coded
    begin: np.ndarray
    stop: np.ndarray
    counts: np.ndarray
    """When a value first stands after the start."""
    slices: Slices


class _Shared(NamedTuple):
    """Companions by span; days as in `Companion`."""

    span: np.ndarray
    name: Coded
    begin: np.ndarray
    end: np.ndarray
    overlap: np.ndarray


def _spans(windows: pd.DataFrame, window: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, _Spans]:
    """The span that each response belongs to, and the spans."""
    end = instants(windows["after_until"])[window]
    until = np.where(time != MISSING, time, np.where(end == MISSING, FOREVER, end - 1))
    code, first = keys.number([window, until])
    window = window[first]
    back, start = (instants(windows[name])[window] for name in ("before_from", "start"))
    return code, _Spans(window, back, start, until[first])


def _given(windows: pd.DataFrame, stop: np.ndarray, spans: _Spans) -> _Given:
    """Windows stand by subject, start and name."""
    subject = pd.factorize(windows["subject"])[0]
    offsets = np.searchsorted(subject, np.arange(subject.max(initial=-1) + 2))
    own = subject[spans.window]
    begin, counts = (instants(windows[name]) for name in ("start", "after_from"))
    part = Slices(offsets[own], offsets[own + 1])
    return _Given(coded(windows["intervention"]), begin, stop, counts, part)


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
    name = given.name.code
    itself = (begin == spans.start[span]) & (name[other] == name[spans.window[span]])
    lasting = (stop == MISSING) | (np.maximum(begin, stop) >= spans.back[span])
    return ~itself & (given.counts[other] <= spans.until[span]) & lasting


def _with_days(spans: _Spans, given: _Given, span: np.ndarray, other: np.ndarray, calendar: bool) -> _Shared:
    start = spans.start[span]
    moments = given.begin[other], given.stop[other], np.minimum(spans.until[span], FOREVER // 2)
    begin, end, response = (days_between(start, moment, calendar=calendar) for moment in moments)
    shared = np.floor(np.minimum(end, response) - np.maximum(begin, 0.0) + 1)
    return _Shared(span, given.name.take(other), begin, end, np.maximum(shared, 0.0))


def _each(shared: _Shared) -> list[Companion]:
    columns = (shared.name.array(), shared.begin, shared.end, shared.overlap)
    return [Companion(*parts) for parts in zip(*(column.tolist() for column in columns), strict=True)]


def _words(shared: _Shared) -> Coded:
    """Each companion in words, put together once for all that are alike."""
    numbers = [column.view(np.int64) for column in (shared.begin, shared.end, shared.overlap)]
    code, first = keys.number([shared.name.code, *numbers])
    columns = (column[first] for column in (shared.begin, shared.end, shared.overlap))
    alike = _each(_Shared(first, shared.name.take(first), *columns))
    return coded(np.array([one.words() for one in alike], dtype=object), code)


def _day_text(day: float) -> str:
    return f"{round(day, 1):.15g}".replace("-", "−")
