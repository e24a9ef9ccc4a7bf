"""Every value before against every value after.

Nonoverlap of all pairs (NAP; Parker & Vannest 2009): the share of pairs in which the later
value is higher, ties counting half. It equals U / (m n) of Mann and Whitney. The interval is
Newcombe's (Stat Med 2006, method 5), also where all pairs agree: there the usual root is 1 on
both sides, and the other root of the equation is the limit. It takes the values of each span
to be independent, which the values of one patient are not.

Log response ratio (Pustejovsky 2015): ln of the ratio of means, corrected for small samples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Z = 1.959963984540054
"""Two-sided 95 %."""

FEWEST = 3
"""Values on either side that a log response ratio needs."""

STEPS = 200
"""Halvings of an interval of length 1: more than a double can tell apart."""


@dataclass(frozen=True)
class Pairs:
    """How many pairs of a value before and a value after lie which way."""

    lower: int
    tied: int
    higher: int

    @property
    def count(self) -> int:
        """All pairs."""
        return self.lower + self.tied + self.higher

    @property
    def nap(self) -> float:
        """Share of pairs in which the later value is higher, ties counting half; NaN for none."""
        return (self.higher + self.tied / 2) / self.count if self.count else float("nan")


def compare(before: np.ndarray, after: np.ndarray) -> Pairs:
    """Count the pairs.

    >>> compare(np.array([20, 24, 22]), np.array([3.6, 3, 1.8, 1.2, 0.9]))
    Pairs(lower=15, tied=0, higher=0)
    """
    sign = np.sign(after[None, :] - before[:, None])
    return Pairs(*(int((sign == side).sum()) for side in (-1, 0, 1)))


def nap_interval(nap: float, m: int, n: int) -> tuple[float, float]:
    """Newcombe's 95 % interval of a share of ``m`` times ``n`` pairs.

    >>> [round(limit, 3) for limit in nap_interval(1.0, 3, 5)]
    [0.566, 1.0]
    """
    if nap < 0.5:
        low, high = nap_interval(1 - nap, m, n)
        return 1 - high, 1 - low
    low = _root(lambda x: _distance(nap, m, n, x), 0.0, nap)
    high = 1.0 if nap == 1 else _root(lambda x: _distance(nap, m, n, x), 1.0, nap)
    return low, high


def _distance(nap: float, m: int, n: int, x: float) -> float:
    """Above 0 where ``x`` is further from ``nap`` than the interval reaches.

    Both sides of the equation hold the factor 1 − x where all pairs agree; it is divided out.
    """
    h = (m + n) / 2 - 1
    spread = Z**2 * x * (2 + h + (1 + 2 * h) * x * (1 - x))
    if nap == 1:
        return m * n * (1 - x) * (2 - x) * (1 + x) - spread
    return m * n * (nap - x) ** 2 * (2 - x) * (1 + x) - spread * (1 - x)


def _root(function: Callable[[float], float], outside: float, inside: float) -> float:
    """Where a function changes its sign between a point outside and one inside, by halving."""
    for _ in range(STEPS):
        middle = (outside + inside) / 2
        if function(middle) > 0:
            outside = middle
        else:
            inside = middle
    return (outside + inside) / 2


def log_response_ratio(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """The corrected logarithm of mean after / mean before, and its standard error.

    NaN with less than `FEWEST` values on either side, or a mean that is not above 0.

    >>> ratio, error = log_response_ratio(np.array([20, 24, 22]), np.array([3.6, 3, 1.8, 1.2, 0.9]))
    >>> round(ratio, 3)
    -2.32
    """
    if min(before.size, after.size) < FEWEST or min(before.mean(), after.mean()) <= 0:
        return float("nan"), float("nan")
    old, new = (group.var(ddof=1) / (group.size * group.mean() ** 2) for group in (before, after))
    return float(np.log(after.mean() / before.mean()) + (new - old) / 2), float(np.sqrt(old + new))
