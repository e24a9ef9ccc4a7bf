"""Where a marker was heading before an intervention began.

The trend is that of the last *run*: the values before the start, counted back from the last,
as long as each step goes the same way. It is described by a least-squares line through the
logarithms of the run's values. Nothing is tested.
"""

import numpy as np
import pandas as pd

from hlhcli import kernel
from hlhcli.evidence.spans import View
from hlhcli.kernel import Slices
from hlhcli.texts import Coded, Column, by_number
from hlhcli.times import DAY, MISSING, from_instants

LEVEL_WITHIN = 5.0
"""Per cent by which a run may differ from end to end and still be called level: a convention."""

WAYS = ("already falling", "already rising", "level")
UNKNOWN = (
    "unknown: no value",
    "unknown: the last value is a limit or not above 0",
    "unknown: 1 value",
    "unknown: the value before the last is a limit or not above 0",
)
"""What is said of a run, and why there is none."""

COLUMNS = (
    "trend_before",  # "already falling", "already rising", "level" or "unknown: …"
    "trend_n",  # values in the run
    "trend_from",
    "trend_to",
    "trend_first_value",
    "trend_last_value",
    "trend_percent_per_day",  # 100 × (exp(slope) − 1); missing beyond the largest number
    "trend_projected",  # what the run would have reached at the response's time
)


def run_starts(view: View) -> np.ndarray:
    """For each row, the first row of the run of steps in one direction that ends in it."""
    size = view.time.size
    row, usable, low = np.arange(size), view.exactly_known, view.rows.low
    first = np.zeros(size, dtype=bool)
    first[view.rows.offsets[:-1][np.diff(view.rows.offsets) > 0]] = True
    known = usable & np.roll(usable, 1) & ~first
    step = np.where(known, np.sign(low - np.roll(low, 1)), np.nan)
    goes_on = (step == np.roll(step, 1)) & ~np.roll(first, 1) & ~first
    begins = np.where(goes_on, 0, np.where(np.isnan(step), row, row - 1))
    return np.asarray(np.maximum.accumulate(begins)) if size else row


def slopes(view: View, part: Slices) -> np.ndarray:
    """Least-squares slopes of ln(value) per day; NaN for slices of less than two values."""
    slope = np.full(part.size.size, np.nan)
    enough = np.flatnonzero(part.size >= 2)
    if not enough.size:
        return slope
    index, edges = kernel.expand(Slices(part.begin[enough], part.end[enough]))
    size = part.size[enough]
    day = (view.time[index] - np.repeat(view.time[part.begin[enough]], size)) / DAY
    log = np.log(view.rows.low[index])
    day, log = (column - np.repeat(np.add.reduceat(column, edges) / size, size) for column in (day, log))
    slope[enough] = np.add.reduceat(day * log, edges) / np.add.reduceat(day * day, edges)
    return slope


def describe(view: View, like: pd.Series) -> dict[str, Column]:
    """`COLUMNS` for every change; ``like`` has times of the kind that they get.

    The last value is carried on at the run's rate to the response's time, but no further ahead
    than the run is long: there no number is given.
    """
    part, reason = _runs(view)
    slope = slopes(view, part)
    safe = np.minimum(np.stack([part.begin, part.end - 1]), max(view.time.size - 1, 0)).clip(min=0)
    low = view.rows.low if view.time.size else np.full(1, np.nan)
    time = view.time if view.time.size else np.full(1, MISSING)
    word = _words(reason, low[safe[0]], low[safe[1]])
    known = part.size >= 2
    begin, end = (np.where(known, time[edge], MISSING) for edge in safe)
    pair = view.pair
    return {
        "trend_before": word.take(pair),
        "trend_n": part.size[pair],
        "trend_from": from_instants(begin[pair], like),
        "trend_to": from_instants(end[pair], like),
        "trend_first_value": np.where(known, low[safe[0]], np.nan)[pair],
        "trend_last_value": np.where(known, low[safe[1]], np.nan)[pair],
        "trend_percent_per_day": _percent_per_day(slope)[pair],
        "trend_projected": _projected(
            slope[pair], low[safe[1]][pair], begin[pair], end[pair], view.value.time
        ),
    }


def _runs(view: View) -> tuple[Slices, np.ndarray]:
    """The run before each pair's start, and the number in `UNKNOWN` of the reason where there is none."""
    last = view.before.end - 1
    filled = view.before.size > 0
    safe = np.where(filled, last, 0)
    starts = run_starts(view) if view.time.size else np.zeros(1, dtype=np.int64)
    usable = view.exactly_known if view.time.size else np.zeros(1, dtype=bool)
    begin = np.maximum(starts[safe], view.before.begin)
    size = np.where(filled & usable[safe], view.before.end - begin, 0)
    reasons = [~filled, ~usable[safe], view.before.size == 1, size < 2]
    return Slices(view.before.end - size, view.before.end), np.select(reasons, [0, 1, 2, 3], len(UNKNOWN))


def _words(reason: np.ndarray, first: np.ndarray, last: np.ndarray) -> Coded:
    with np.errstate(divide="ignore", invalid="ignore"):
        change = 100 * (last / first - 1)
    moving = np.where(change < 0, 0, 1)
    way = np.where(np.abs(change) < LEVEL_WITHIN, 2, moving)
    return by_number(np.where(reason < len(UNKNOWN), reason, len(UNKNOWN) + way), *UNKNOWN, *WAYS)


def _percent_per_day(slope: np.ndarray) -> np.ndarray:
    """Per cent that a slope comes to in a day; NaN where seconds apart make it more than a number holds."""
    with np.errstate(over="ignore"):
        rate = 100 * np.expm1(slope)
    return np.where(np.isfinite(rate), rate, np.nan)


def _projected(
    slope: np.ndarray, last: np.ndarray, begin: np.ndarray, end: np.ndarray, time: np.ndarray
) -> np.ndarray:
    """The last value carried on at the run's rate; NaN further ahead than the run is long."""
    known = (time != MISSING) & (begin != MISSING)
    ahead = np.where(known, time, 0) - np.where(known, end, 0)
    length = np.where(known, end, 0) - np.where(known, begin, 0)
    near = known & (ahead >= 0) & (ahead <= length)
    grown = np.exp(np.where(near, slope * ahead / DAY, 0.0))
    return np.where(near, last * grown, np.nan)
