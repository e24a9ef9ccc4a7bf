"""Areas under a course and time above a limit, over the observed span and never beyond it.

Times in days and values in order of time; between two values the course is a straight line,
or, for the second area, an exponential where it falls (linear up, log down).
"""

from itertools import pairwise

import numpy as np


def linear_area(days: np.ndarray, values: np.ndarray) -> float:
    """Area by the trapezoid rule, in unit × days; NaN for less than two values.

    >>> round(linear_area(np.array([0.0, 1.0]), np.array([24.0, 3.6])), 6)
    13.8
    """
    return float(np.trapezoid(values, days)) if days.size > 1 else float("nan")


def linear_log_area(days: np.ndarray, values: np.ndarray) -> float:
    """Area that is linear where the course rises and logarithmic where it falls to above 0.

    >>> round(linear_log_area(np.array([0.0, 1.0]), np.array([24.0, 3.6])), 6)
    10.753142
    """
    if days.size < 2:
        return float("nan")
    steps = zip(np.diff(days), pairwise(values), strict=True)
    return float(sum(_step_area(length, first, last) for length, (first, last) in steps))


def _step_area(length: float, first: float, last: float) -> float:
    if 0 < last < first:
        return float(length * (first - last) / np.log(first / last))
    return length * (first + last) / 2


def days_above(days: np.ndarray, values: np.ndarray, limit: float) -> float:
    """Days above a limit, with straight lines between values; NaN for less than two values.

    >>> days_above(np.array([1.0, 2.0, 3.0]), np.array([6.0, 4.0, 5.0]), 5.0)
    0.5
    """
    if days.size < 2:
        return float("nan")
    over = values - limit
    length = np.diff(days)
    high, low = np.maximum(over[:-1], over[1:]), np.minimum(over[:-1], over[1:])
    share = np.where(high <= 0, 0.0, np.where(low >= 0, 1.0, high / np.where(high > low, high - low, 1.0)))
    return float((length * share).sum())
