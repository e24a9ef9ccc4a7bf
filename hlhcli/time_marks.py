"""How a time axis is read: which long gaps are shortened, and what a moment is called.

Times are days as floats, from 1970-01-01 for dates and date-times.
"""

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

Gap = tuple[float, float]

MOST_BREAKS = 3  # more would leave no stretch of time to read
LEAST_GAPS = 3  # gaps that always stay to scale

EPOCH = datetime(1970, 1, 1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def find_breaks(times: npt.ArrayLike) -> tuple[Gap, ...]:
    """Gaps to shorten: those longer than all the shorter gaps together, three at most.

    The three shortest gaps always stay, so that fewer than five times give no break.

    >>> find_breaks([0, 1, 2, 4, 100])
    ((4.0, 100.0),)
    """
    moments = np.unique(np.asarray(times, dtype=float))
    gaps = np.diff(moments)
    shortest_first = np.argsort(gaps, kind="stable")
    ordered = gaps[shortest_first]
    for kept in range(max(LEAST_GAPS, len(gaps) - MOST_BREAKS), len(gaps)):
        if ordered[kept] > ordered[:kept].sum():
            return tuple((float(moments[k]), float(moments[k + 1])) for k in sorted(shortest_first[kept:]))
    return ()


def day_text(time: float) -> str:
    """Day and month, as an axis names them."""
    when = moment(time)
    return f"{when.day} {MONTHS[when.month - 1]}"


def moment(time: float) -> datetime:
    """Return the date and time of a number of days from 1970-01-01, to the second."""
    return EPOCH + timedelta(seconds=round(time * 86400))
