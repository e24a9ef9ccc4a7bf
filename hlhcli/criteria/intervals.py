"""Numbers that are known, bounded or unknown, compared exactly; and the three verdicts.

A number is an interval of exact fractions: 98 is [98, 98], ``<5`` is [0, 5) and ``>40000``
is (40000, ∞). Doubles enter through their 12 significant digits, so that 1.4 is 14/10 and no
comparison depends on binary fractions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Verdict(StrEnum):
    """The answer to a criterion; what is not known is never a no."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


EDGES = (">=", ">", "<=", "<")


@dataclass(frozen=True)
class Interval:
    """All numbers between two ends; an end that is None is open to infinity."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    @property
    def known(self) -> bool:
        """Whether it is a single number."""
        return self.low is not None and self.low == self.high

    def __add__(self, other: "Interval") -> "Interval":
        """The sums of any number of one and any number of the other."""
        return Interval(
            None if self.low is None or other.low is None else self.low + other.low,
            None if self.high is None or other.high is None else self.high + other.high,
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )

    def times(self, factor: Fraction) -> "Interval":
        """Every number multiplied by a factor that is not 0."""
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        if factor < 0:
            return Interval(high, low, self.high_open, self.low_open)
        return Interval(low, high, self.low_open, self.high_open)

    def over(self, other: "Interval") -> "Interval | None":
        """The quotients, for numbers that are not negative; None where the divisor is 0 or may be all."""
        if other.high == 0:
            return None
        low, low_open = _quotient(self.low, other.high), self.low_open or other.high_open
        high, high_open = _quotient(self.high, other.low), self.high_open or other.low_open
        return Interval(low if low is not None else Fraction(0), high, low_open, high_open)

    def hull(self, other: "Interval") -> "Interval":
        """The smallest interval that holds both."""
        ends = [(one.low, one.low_open) for one in (self, other)]
        low, low_open = _outermost(ends, lowest=True)
        high, high_open = _outermost([(one.high, one.high_open) for one in (self, other)], lowest=False)
        return Interval(low, high, low_open, high_open)


def number(value: Fraction | int) -> Interval:
    """A number that is known."""
    return Interval(Fraction(value), Fraction(value))


NOT_NEGATIVE = Interval(Fraction(0), None)
"""What a measurement can be when nothing is known of it."""


def exact(value: float) -> Fraction:
    """The fraction that a double was written for: its 12 significant digits.

    >>> exact(0.1) + exact(0.2) == exact(0.3)
    True
    """
    return Fraction(Decimal(f"{value:.12g}"))


def reported(value: float, bound: str) -> Interval:
    """The interval of a laboratory value and its bound (``<``, ``>`` or none).

    >>> reported(5, "<")
    Interval(low=Fraction(0, 1), high=Fraction(5, 1), low_open=False, high_open=True)
    """
    end = exact(value)
    if bound == "<":
        return Interval(min(Fraction(0), end), end, high_open=True)
    return Interval(end, None, low_open=True) if bound == ">" else Interval(end, end)


def compare(interval: Interval, edge: str, threshold: Fraction) -> Verdict:
    """Whether a number that lies in the interval is beyond a threshold with this edge."""
    if edge in ("<", "<="):
        return negate(compare(interval, ">=" if edge == "<" else ">", threshold))
    low, high = interval.low, interval.high
    if low is not None and (low > threshold or (low == threshold and (edge == ">=" or interval.low_open))):
        return Verdict.MET
    if high is not None and (high < threshold or (high == threshold and (edge == ">" or interval.high_open))):
        return Verdict.NOT_MET
    return Verdict.UNKNOWN


def negate(verdict: Verdict) -> Verdict:
    """Met for not met and the other way round; unknown stays unknown."""
    return {Verdict.MET: Verdict.NOT_MET, Verdict.NOT_MET: Verdict.MET}.get(verdict, Verdict.UNKNOWN)


def count_met(verdicts: Iterable[Verdict]) -> Interval:
    """How many are met: at least those that are, at most those that are not refuted.

    >>> count_met([Verdict.MET, Verdict.UNKNOWN, Verdict.NOT_MET])
    Interval(low=Fraction(1, 1), high=Fraction(2, 1), low_open=False, high_open=False)
    """
    found = list(verdicts)
    low = found.count(Verdict.MET)
    return Interval(Fraction(low), Fraction(low + found.count(Verdict.UNKNOWN)))


def at_least(need: int, verdicts: Iterable[Verdict]) -> Verdict:
    """Whether so many are met."""
    return compare(count_met(verdicts), ">=", Fraction(need))


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Whether every one is met; met for none."""
    found = list(verdicts)
    return at_least(len(found), found)


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Whether one is met; not met for none."""
    return at_least(1, verdicts)


def _quotient(upper: Fraction | None, lower: Fraction | None) -> Fraction | None:
    return None if upper is None or not lower else upper / lower


def _outermost(ends: list[tuple[Fraction | None, bool]], *, lowest: bool) -> tuple[Fraction | None, bool]:
    """The end that reaches further; of equal ends the one that is closed."""
    if any(end is None for end, _ in ends):
        return None, False
    pick = min if lowest else max
    best = pick(end for end, _ in ends if end is not None)
    return best, all(is_open for end, is_open in ends if end == best)
