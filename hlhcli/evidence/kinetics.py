"""How fast a marker fell or rose between the baseline and a response.

The apparent half-life of a fall is dt × ln 2 / ln(baseline / response), the apparent doubling
time of a rise dt × ln 2 / ln(response / baseline): the times of an exponential course through
the two values. They are given only where every value between the two lies on the way.

A date without a time of day is the whole day. Two dates that follow each other allow any dt
above 0 and below 2 days, and so the result is an interval.
"""

import numpy as np

from hlhcli.evidence.spans import View
from hlhcli.evidence.trend import run_starts
from hlhcli.kernel import NO_ROW
from hlhcli.texts import Column, coded
from hlhcli.times import DAY, MISSING
from hlhcli.windows import whole_days

COLUMNS = (
    "half_life_low_hours",
    "half_life_high_hours",
    "doubling_time_low_hours",
    "doubling_time_high_hours",
    "kinetics_n",  # values on the way, the two ends included
    "kinetics_note",
)
HOUR = DAY / 24


def apart(begin: np.ndarray, end: np.ndarray, exact: bool) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest number of hours from ``begin`` to ``end``; NaN where either is missing.

    Instants in. A date is any moment of its day; ``exact``: day numbers are exact moments.

    >>> least, most = apart(np.array([0]), np.array([DAY]), exact=False)
    >>> least.tolist(), most.tolist()
    ([0.0], [48.0])
    """
    known = (begin != MISSING) & (end != MISSING)
    span = np.where(known, end, 0) - np.where(known, begin, 0)
    least = span - np.where(whole_days(begin, exact), DAY, 0)
    most = span + np.where(whole_days(end, exact), DAY, 0)
    return np.where(known, least / HOUR, np.nan), np.where(known, most / HOUR, np.nan)


def halving(first: np.ndarray, last: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Hours in which the value halves; NaN unless it falls and stays above 0.

    >>> round(float(halving(np.float64(24), np.float64(3.6), np.float64(24))), 3)
    8.769
    """
    falls = (first > last) & (last > 0)
    ratio = np.where(falls, first, 2.0) / np.where(falls, last, 1.0)
    return np.asarray(np.where(falls, hours * np.log(2) / np.log(ratio), np.nan))


def describe(view: View) -> dict[str, Column]:
    """`COLUMNS` for every change; ``kinetics_note`` says why one has none."""
    begin, end = view.baseline.row, view.value.row
    reason = _reasons(view)
    usable = reason == ""
    least, most = apart(view.baseline.time, view.value.time, view.exact)
    least = np.maximum(least, 0)  # the response comes later, if only by moments
    first, last = (np.where(usable, side.number, np.nan) for side in (view.baseline, view.value))
    return {
        "half_life_low_hours": halving(first, last, least),
        "half_life_high_hours": halving(first, last, most),
        "doubling_time_low_hours": halving(last, first, least),
        "doubling_time_high_hours": halving(last, first, most),
        "kinetics_n": np.where(usable, end - begin + 1, 0),
        "kinetics_note": coded(reason),
    }


def _reasons(view: View) -> np.ndarray:
    """Why the way from the baseline to the response has no half-life; empty where it has one."""
    (begin, _, baseline), (end, _, value) = view.baseline, view.value
    found = (begin != NO_ROW) & (end != NO_ROW)
    steady = found & (begin < end)
    low = view.rows.low if view.time.size else np.full(1, np.nan)
    starts = run_starts(view) if view.time.size else np.zeros(1, dtype=np.int64)
    ends = np.where(found, np.stack([begin, end]), 0)
    same = (low[ends[0]] == baseline) & (low[ends[1]] == value)
    reasons = [
        (np.isnan(value) | np.isnan(baseline), "no two exactly known values"),
        ((value <= 0) | (baseline <= 0), "not above 0"),
        (~found, "the baseline or the response has no single time"),
        (~steady, "the baseline is not before the response"),
        (value == baseline, "no change"),
        (~same, "several results at one time"),
        (starts[ends[1]] > begin, "no steady course from the baseline to the response"),
    ]
    return np.asarray(
        np.select([applies for applies, _ in reasons], [text for _, text in reasons], ""), dtype=object
    )
