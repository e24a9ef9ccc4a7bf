"""Changes between a baseline and a response: arrays in, arrays out.

Each takes the interval of the response and of the baseline (``low`` equals ``high`` where
the number is known) and returns the lowest and the highest change that they allow. An open
end is infinite here; `hlhcli.changes` writes it as missing.
"""

import numpy as np

DIGITS = 12
"""Significant digits of the larger number that a difference keeps: 3.58 − 24.31 is −20.73."""

POWERS = np.array([float(f"1e{power}") for power in range(23)])
"""The powers of ten that a double holds exactly."""

Interval = tuple[np.ndarray, np.ndarray]


def delta(response: Interval, baseline: Interval) -> Interval:
    """Response − baseline, in the marker's unit (CDISC ADaM: CHG).

    >>> delta((np.array([3.58]), np.array([3.58])), (np.array([24.31]), np.array([24.31])))[0].tolist()
    [-20.73]
    """
    low = _difference(response[0], baseline[1])
    high, wide = low.copy(), _wide(response, baseline)
    high[wide] = _difference(response[1][wide], baseline[0][wide])
    return low, high


def percent_change(response: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """100 × (response − baseline) / abs(baseline), in per cent; NaN at baseline 0 (ADaM: PCHG)."""
    return _ratio(100 * _difference(response, baseline), np.abs(baseline))


def fold_change(response: Interval, baseline: Interval) -> Interval:
    """Response / baseline, a ratio without unit; NaN at baseline 0 (ADaM: R2BASE).

    A baseline interval that reaches 0 leaves the ratio open above; one that spans 0 tells nothing.
    """
    with np.errstate(invalid="ignore"):  # between open ends, which are looked at below
        low = _ratio(response[0], baseline[0])
    high, wide = low.copy(), _wide(response, baseline)
    low[wide], high[wide] = _fold_interval(_of(response, wide), _of(baseline, wide))
    return low, high


def _wide(response: Interval, baseline: Interval) -> np.ndarray:
    """The entries of which either number is known only as an interval: few, and dearer than the others."""
    return np.flatnonzero((response[0] < response[1]) | (baseline[0] < baseline[1]))


def _of(interval: Interval, entries: np.ndarray) -> Interval:
    return interval[0][entries], interval[1][entries]


def _fold_interval(response: Interval, baseline: Interval) -> Interval:
    sides = baseline[0] + 0.0, np.where(baseline[1] == 0, -0.0, baseline[1])  # 0 comes from inside
    with np.errstate(divide="ignore", invalid="ignore"):
        corners = [upper / lower for upper in response for lower in sides]
    low, high = np.fmin.reduce(corners), np.fmax.reduce(corners)
    zero = (baseline[0] == 0) & (baseline[1] == 0)
    spans_zero = (baseline[0] < 0) & (baseline[1] > 0)
    none = zero | np.isnan(response[0]) | np.isnan(baseline[0])
    low = np.where(none, np.nan, np.where(spans_zero, -np.inf, low))
    return low, np.where(none, np.nan, np.where(spans_zero, np.inf, high))


def percent_of_fold(fold: Interval, baseline: Interval) -> Interval:
    """The percent changes of an interval of fold changes: 100 × (fold − 1), turned for baselines below 0.

    Baselines of both signs tell nothing.

    >>> percent_of_fold((np.array([0.25]), np.array([1.5])), (np.array([2.0]), np.array([8.0])))
    (array([-75.]), array([50.]))
    """
    low, high = (rounded(100 * (end - 1)) for end in fold)
    above, below = baseline[0] >= 0, baseline[1] <= 0
    lowest = np.where(above, low, np.where(below, -high, -np.inf))
    return lowest, np.where(above, high, np.where(below, -low, np.inf))


def log2_fold_change(response: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Binary logarithm of the fold change; NaN unless both numbers are above 0."""
    positive = (response > 0) & (baseline > 0)
    ratio = np.divide(response, baseline, out=np.ones_like(response), where=positive)
    return np.where(positive, np.log2(ratio), np.nan)


def sign(response: Interval, baseline: Interval) -> np.ndarray:
    """1 for a rise, -1 for a fall, 0 for no change; NaN where the intervals do not tell."""
    low, before = rounded(response[0]), rounded(baseline[0])
    direction = (low > before).astype(float) - (low < before)
    found, wide = np.where((direction != 0) | (low == before), direction, np.nan), _wide(response, baseline)
    found[wide] = _sign_of_intervals(_of(response, wide), _of(baseline, wide))
    return found


def _sign_of_intervals(response: Interval, baseline: Interval) -> np.ndarray:
    low, high = rounded(response[0]), rounded(response[1])
    before_low, before_high = rounded(baseline[0]), rounded(baseline[1])
    same = (low == high) & (before_low == before_high) & (low == before_low)
    direction = (low > before_high).astype(float) - (high < before_low)
    return np.where((direction != 0) | same, direction, np.nan)


def rounded(number: np.ndarray) -> np.ndarray:
    """A number to `DIGITS` significant digits: 0.1 + 0.2 is 0.3."""
    return _to_digits_of(np.abs(number), number)


def _ratio(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    return np.divide(upper, lower, out=np.full_like(upper, np.nan), where=lower != 0)


def _difference(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Left − right without the digits that only binary fractions add."""
    with np.errstate(invalid="ignore"):
        plain = left - right
    return _to_digits_of(np.maximum(np.abs(left), np.abs(right)), plain)


def _to_digits_of(size: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Round a number to the last of the `DIGITS` significant digits that ``size`` has."""
    usable = np.isfinite(number) & (size > 0) & np.isfinite(size)
    places = DIGITS - 1 - np.floor(np.log10(np.where(usable, size, 1.0)))
    usable &= (places >= 0) & (places < POWERS.size)
    scale = POWERS[np.where(usable, places, 0).astype(np.int64)]
    return np.where(usable, np.rint(np.where(usable, number, 0) * scale) / scale, number)
