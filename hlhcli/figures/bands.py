"""Reference ranges as bands behind a course."""

from typing import NamedTuple

import numpy as np

from hlhcli.figures.scene import Course
from hlhcli.figures.value_axis import ValueAxis


class Band(NamedTuple):
    """A reference range over a stretch of time, cut to what its panel shows."""

    start: float
    end: float
    low: float
    high: float


def reference_bands(course: Course, axis: ValueAxis, view: tuple[float, float]) -> list[Band]:
    """Find the bands of one panel: one per stretch of equal limits, from end to end of ``view``.

    A limit that is not known leaves its side open. Where the limits change, a band ends halfway
    between the two values. A value without limits takes those of its neighbors.
    """
    known = np.isfinite(course.reference_low) | np.isfinite(course.reference_high)
    if not known.any():
        return []
    times = course.times[known]
    lows = np.nan_to_num(course.reference_low[known], nan=-np.inf)
    highs = np.nan_to_num(course.reference_high[known], nan=np.inf)
    changes = np.flatnonzero((lows[1:] != lows[:-1]) | (highs[1:] != highs[:-1]))
    edges = [view[0], *(times[changes] + times[changes + 1]) / 2, view[1]]
    stretches = zip(edges[:-1], edges[1:], [0, *(changes + 1)], strict=True)
    bands = (
        Band(start, end, max(axis.low, lows[k]), min(axis.high, highs[k])) for start, end, k in stretches
    )
    return [band for band in bands if band.high > band.low and band.end > band.start]
