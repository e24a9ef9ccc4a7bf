"""Numbers in few digits, for reading.

Values stay as they were measured, ratios get three digits, days are whole or have one decimal.
The minus is the typographic one. Missing is ``–``: an empty cell would look like an error.
"""

import math
from collections.abc import Callable

NONE = "–"
SIGNED = str.maketrans("-", "−")


def measured(value: float, digits: int = 6) -> str:
    """A value in at most this many digits, and never coarser than one unit.

    >>> [measured(value) for value in (2600.0, 24.31, 1234567.8, -3.2)]
    ['2600', '24.31', '1234568', '−3.2']
    """
    text = f"{value + 0.0:.{digits}g}"
    return (f"{value:.0f}" if "e+" in text else text).translate(SIGNED)


def averaged(value: float) -> str:
    """A mean or median, which has as many digits as one cares to print: four.

    >>> averaged(24.3066667)
    '24.31'
    """
    return measured(value, digits=4)


def ratio(value: float) -> str:
    """A fold change in three digits.

    >>> [ratio(value) for value in (0.14726, 0.5, 12.34, 1034.0)]
    ['0.147', '0.500', '12.3', '1030']
    """
    if value == 0:
        return "0"
    text = f"{value:#.3g}"
    return (f"{float(text):.0f}" if "e+" in text else text.rstrip(".")).translate(SIGNED)


def day_text(day: float) -> str:
    """Day from the start; a fraction has one decimal, or one digit where it is close to 0.

    >>> [day_text(day) for day in (1.0, -1.0, 176.0, 0.41, 0.02, float("nan"))]
    ['d1', 'd−1', 'd176', 'd0.4', 'd0.02', '']
    """
    if math.isnan(day):
        return ""
    if float(day).is_integer():
        return f"d{day:.0f}".translate(SIGNED)
    return ("d" + (f"{day:.1f}" if abs(day) >= 0.05 else f"{day:.1g}")).translate(SIGNED)


def amount(
    value: float, low: float, high: float, text_of: Callable[[float], str], *, certain: bool = True
) -> str:
    """A number of 0 or more: itself, the limit that is known of it, or its range.

    ``certain`` tells a limit that was reported (``>40000``) from one that was derived (``≥40000``).

    >>> amount(math.nan, 40000.0, math.nan, measured)
    '>40000'
    >>> amount(math.nan, 2.1, 5.0, measured)
    '2.1–5'
    """
    if not math.isnan(value):
        return text_of(value)
    if math.isfinite(low) and math.isfinite(high) and (low != 0 or low == high):
        return text_of(low) if low == high else f"{text_of(low)}–{text_of(high)}"
    if math.isfinite(high):
        return ("<" if certain else "≤") + text_of(high)
    if math.isfinite(low):
        return (">" if certain else "≥") + text_of(low)
    return NONE


def difference(value: float, low: float, high: float) -> str:
    """A number of either sign: itself with its sign, the limit that is known of it, or its range.

    >>> difference(-20.73, -20.73, -20.73)
    '−20.73'
    """
    if not math.isnan(value):
        return _signed(value)
    if math.isfinite(low) and math.isfinite(high):
        return f"{_signed(low)} to {_signed(high)}"
    if math.isfinite(high):
        return "≤" + _signed(high)
    return "≥" + _signed(low) if math.isfinite(low) else NONE


def _signed(value: float) -> str:
    text = measured(value)
    return f"+{text}" if value > 0 else text
