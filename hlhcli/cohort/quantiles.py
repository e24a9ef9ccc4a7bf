"""Quantiles of many groups at once, by one definition.

Type 7 of Hyndman and Fan (Am Stat 1996;50:361), the default of R's ``quantile``, numpy and
pandas: of n values in ascending order, the share p lies at place 1 + (n − 1) p; between two
values the quantile is on the straight line from one to the other.
"""

from collections.abc import Sequence

import numpy as np

from hlhcli.kernel import stable_order


def quantiles(
    values: np.ndarray, group: np.ndarray, n_groups: int, shares: Sequence[float]
) -> list[np.ndarray]:
    """One array per share, with one entry per group; NaN for a group without values.

    ``group`` has numbers from 0 up. Values are no NaN; they may be infinite, in one direction: the
    quantile is then infinite where it touches one.

    >>> [column.tolist() for column in quantiles(np.array([4.0, 1, 2, 3]), np.zeros(4, int), 1, [0.25, 0.5])]
    [[1.75], [2.5]]
    """
    ordered = values[stable_order(group)] + 0.0  # so that no zero is negative
    size = np.bincount(group, minlength=n_groups)
    end = np.cumsum(size)
    begin = end - size
    for slice_of_group in map(slice, begin.tolist(), end.tolist()):
        ordered[slice_of_group].sort()
    return [_at_share(ordered, begin, size, share) for share in shares]


def _at_share(ordered: np.ndarray, begin: np.ndarray, size: np.ndarray, share: float) -> np.ndarray:
    result = np.full(size.size, np.nan)
    filled = np.flatnonzero(size)
    place = (size[filled] - 1) * share
    lower = np.floor(place).astype(np.int64)
    weight = place - lower
    left = ordered[begin[filled] + lower]
    right = ordered[begin[filled] + np.minimum(lower + 1, size[filled] - 1)]
    between = (weight > 0) & (left != right)
    with np.errstate(invalid="ignore"):  # 0 times infinity, where nothing lies between
        result[filled] = np.where(between, (1 - weight) * left + weight * right, left)
    return result
