"""The window analysis, written once, on plain arrays.

Rows are sorted by series, time and value, so that each window of a series is a contiguous
slice, found by binary search, and each measure is a reduction over slices. Nothing here
knows patients, markers, dates or frames: any batch of whole subjects can be analysed.

A reported limit is an interval: ``<5`` is [0, 5] and ``>40000`` is [40000, inf]. ``low``
and ``high`` carry the interval of every value and every result; they are equal where the
number is known, NaN where there is none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

BLOCK = 2_000_000
"""Rows that are looked at together; it bounds the memory of long, overlapping windows."""

NO_ROW = -1
FOREVER = np.iinfo(np.int64).max
SMALL = np.iinfo(np.uint16).max
"""The largest number that numpy sorts by its digits."""


@dataclass(frozen=True)
class Rows:
    """Values by series, time and value; series ``i`` is ``offsets[i]`` up to ``offsets[i + 1]``."""

    offsets: np.ndarray
    time: np.ndarray
    low: np.ndarray
    high: np.ndarray
    source: np.ndarray  # where each row stands in the frame that it came from


@dataclass(frozen=True)
class Spans:
    """One window of one series per entry; spans are half-open: ``from`` is inside, ``until`` is not."""

    series: np.ndarray
    start: np.ndarray
    before_from: np.ndarray
    before_until: np.ndarray
    after_from: np.ndarray
    after_until: np.ndarray


@dataclass(frozen=True)
class Pick:
    """One number per window: its interval, and the row that it was read from, or `NO_ROW`."""

    row: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Its columns."""
        return self.row, self.low, self.high

    @property
    def known(self) -> np.ndarray:
        """The number where it is certain, NaN where it is missing or only bounded."""
        return np.where(self.low == self.high, self.low, np.nan)

    def take(self, index: np.ndarray) -> "Pick":
        """The numbers of these entries."""
        return Pick(*(column[index] for column in self.parts))


@dataclass(frozen=True)
class Slices:
    """Rows ``begin`` up to ``end`` for each window."""

    begin: np.ndarray
    end: np.ndarray

    @property
    def size(self) -> np.ndarray:
        """Number of rows in each slice."""
        return self.end - self.begin


def sort_rows(
    series: np.ndarray, time: np.ndarray, low: np.ndarray, high: np.ndarray, *, n_series: int
) -> Rows:
    """Sort by series, time and value; leave out missing values; identical rows collapse to one."""
    order = _by_series_and_time(series, time)
    known = ~np.isnan(low[order])
    order = order if known.all() else order[known]
    series, time = series[order], time[order]
    same = (series[1:] == series[:-1]) & (time[1:] == time[:-1])
    if same.any():
        kept = _by_value_in_ties(order, same, low, high)
        order, series, time = order[kept], series[kept], time[kept]
    offsets = np.searchsorted(series, np.arange(n_series + 1))
    return Rows(offsets, time, low[order], high[order], order)


def _by_series_and_time(series: np.ndarray, time: np.ndarray) -> np.ndarray:
    """The stable order of rows by series, then time.

    Rows mostly come in the order of time. Sorted by series alone, which is quick for small numbers,
    they are nearly in order, which makes the sort by both quick.
    """
    key = _packed(series, time)
    order = stable_order(series)
    return order[np.argsort(key[order], kind="stable")]


def stable_order(number: np.ndarray) -> np.ndarray:
    """The order of whole numbers of 0 or more; equal ones stay as they are."""
    is_small = number.max(initial=0) <= SMALL
    return np.argsort(number.astype(np.uint16) if is_small else number, kind="stable")


def _packed(series: np.ndarray, time: np.ndarray) -> np.ndarray:
    """One whole number per row, in the order of series and time, so that one sort serves both."""
    first, last = (int(time.min()), int(time.max())) if time.size else (0, 0)
    span = last - first + 1
    if (int(series.max(initial=0)) + 1) * span > FOREVER:  # centuries of many series: places for times
        first, span, time = 0, time.size, np.unique(time, return_inverse=True)[1]
    return series.astype(np.int64) * span + (time - first)


def _by_value_in_ties(order: np.ndarray, same: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Put the rows of one series and time, which are few, in the order of their values; which rows stay."""
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    begins = ~np.append(False, same)[tied]
    rows = order[tied]
    rows = rows[np.lexsort((high[rows], low[rows], np.cumsum(begins)))]
    order[tied] = rows
    repeated = (low[rows][1:] == low[rows][:-1]) & (high[rows][1:] == high[rows][:-1])
    kept = np.ones(order.size, dtype=bool)
    kept[tied[1:]] = begins[1:] | ~repeated
    return np.flatnonzero(kept)


def locate(offsets: np.ndarray, times: np.ndarray, group: np.ndarray, instant: np.ndarray) -> np.ndarray:
    """First row of each group at or after an instant, by binary search inside the group."""
    low, high = offsets[group], offsets[group + 1]
    while (searching := low < high).any():
        middle = (low + high) // 2
        earlier = searching & (times[np.where(searching, middle, 0)] < instant)
        low = np.where(earlier, middle + 1, low)
        high = np.where(searching & ~earlier, middle, high)
    return low


def slices(rows: Rows, spans: Spans) -> tuple[Slices, Slices]:
    """The rows before and the rows after each window's start."""

    def at(instant: np.ndarray) -> np.ndarray:
        return locate(rows.offsets, rows.time, spans.series, instant)

    before = Slices(at(spans.before_from), at(spans.before_until))
    after = Slices(at(spans.after_from), at(spans.after_until))
    return (
        Slices(np.minimum(before.begin, before.end), before.end),
        Slices(after.begin, np.maximum(after.begin, after.end)),
    )


def expand(part: Slices) -> tuple[np.ndarray, np.ndarray]:
    """The rows of all slices, one after another, and the place where each slice begins."""
    edges = np.cumsum(part.size) - part.size
    total = int(part.size.sum())
    return np.arange(total) + np.repeat(part.begin - edges, part.size), edges


def pick_rows(rows: Rows, row: np.ndarray) -> Pick:
    """The values of single rows; NaN where there is no row."""
    found = row != NO_ROW
    safe = np.where(found, row, 0)

    def values(column: np.ndarray) -> np.ndarray:
        return np.where(found, column[safe], np.nan) if column.size else np.full(row.size, np.nan)

    return Pick(row, values(rows.low), values(rows.high))


def first(rows: Rows, part: Slices) -> Pick:
    """The earliest value of each slice; the lowest on ties."""
    return pick_rows(rows, np.where(part.size > 0, part.begin, NO_ROW))


def last(rows: Rows, part: Slices) -> Pick:
    """The latest value of each slice; the highest on ties."""
    return pick_rows(rows, np.where(part.size > 0, part.end - 1, NO_ROW))


def lowest(rows: Rows, part: Slices) -> Pick:
    """The nadir of each slice and the first row that has it.

    Between limits and values the nadir can lie in no single row ({3, <5}: at most 3).
    """
    return _reduce(rows, part, lambda block: _extreme(rows, block, np.minimum))


def highest(rows: Rows, part: Slices) -> Pick:
    """The peak of each slice and the first row that has it; limits as in `lowest`."""
    return _reduce(rows, part, lambda block: _extreme(rows, block, np.maximum))


def mean(rows: Rows, part: Slices) -> Pick:
    """The arithmetic mean of each slice."""
    return _reduce(rows, part, lambda block: _mean(rows, block))


def median(rows: Rows, part: Slices) -> Pick:
    """The median of each slice; the mean of the two middle values for an even number."""
    return _reduce(rows, part, lambda block: _median(rows, block))


def nearest(
    rows: Rows, time: np.ndarray, start: np.ndarray, before: Slices, after: Slices
) -> tuple[Pick, Slices]:
    """The value nearest in time to the start, on either side; the earlier on ties.

    ``time`` is the time of each row as given (``rows.time`` may place a date within its day).
    Also returns the rows after the start without the value that was taken.
    """
    top = max(time.size - 1, 0)
    time = time if time.size else np.zeros(1, dtype=np.int64)
    left = np.where(before.size > 0, start - time[np.clip(before.end - 1, 0, top)], FOREVER)
    right = np.where(after.size > 0, time[np.minimum(after.begin, top)] - start, FOREVER)
    take_after = right < left
    row = np.where(take_after, after.begin, np.where(before.size > 0, before.end - 1, NO_ROW))
    return pick_rows(rows, row), Slices(after.begin + take_after, after.end)


MEASURES: dict[str, Callable[[Rows, Slices], Pick]] = {
    "first": first,
    "last": last,
    "nadir": lowest,
    "lowest": lowest,
    "peak": highest,
    "highest": highest,
    "mean": mean,
    "median": median,
}
"""Every measure of a slice, by the names that ``at`` and ``baseline`` use."""


def _reduce(rows: Rows, part: Slices, reduction: Callable[[Slices], Pick]) -> Pick:
    """Apply a reduction to the slices that hold values, some millions of rows at a time."""
    result = pick_rows(rows, np.full(part.size.size, NO_ROW))
    filled = np.flatnonzero(part.size > 0)
    for block in _blocks(filled, part.size[filled]):
        pick = reduction(Slices(part.begin[block], part.end[block]))
        result.row[block], result.low[block], result.high[block] = pick.row, pick.low, pick.high
    return result


def _blocks(index: np.ndarray, size: np.ndarray) -> Iterator[np.ndarray]:
    number = np.cumsum(size) // BLOCK
    yield from np.split(index, np.flatnonzero(np.diff(number)) + 1) if index.size else ()


def _extreme(rows: Rows, part: Slices, ufunc: np.ufunc) -> Pick:
    index, edges = expand(part)
    low, high = rows.low[index], rows.high[index]
    lowest_low, lowest_high = ufunc.reduceat(low, edges), ufunc.reduceat(high, edges)
    size = part.size
    hit = (low == np.repeat(lowest_low, size)) & (high == np.repeat(lowest_high, size))
    row = np.minimum.reduceat(np.where(hit, index, FOREVER), edges)
    return Pick(np.where(row == FOREVER, NO_ROW, row), lowest_low, lowest_high)


def _mean(rows: Rows, part: Slices) -> Pick:
    index, edges = expand(part)
    low, high = (np.add.reduceat(column[index], edges) / part.size for column in (rows.low, rows.high))
    return Pick(np.full(part.size.size, NO_ROW), low, high)


def _median(rows: Rows, part: Slices) -> Pick:
    index, edges = expand(part)
    owner = np.repeat(np.arange(part.size.size), part.size)

    def middle(column: np.ndarray) -> np.ndarray:
        values = column[index]
        values = values[np.lexsort((values, owner))]
        return (values[edges + (part.size - 1) // 2] + values[edges + part.size // 2]) / 2

    return Pick(np.full(part.size.size, NO_ROW), middle(rows.low), middle(rows.high))
