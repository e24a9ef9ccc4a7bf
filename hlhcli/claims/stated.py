"""Numbers as a paper prints them, and which numbers would be printed so.

``92 %`` stands for all that rounds to it: from 91.5 to 92.5, both included, since a half is rounded
up by some and to the even digit by others. A limit (``>10-fold``) is not rounded.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from hlhcli.readers import numbers
from hlhcli.readers.unit_shape import is_unit

ROSE = ("rose", "rise", "increased", "increase", "up", "higher")
FELL = ("fell", "fall", "decreased", "decrease", "dropped", "drop", "declined", "decline", "down", "lower")
ABOUT = ("about", "approximately", "approx.", "approx", "around", "circa", "ca.", "roughly", "~", "≈")
LIMITS = {
    **dict.fromkeys((">", "more than", "over", "above"), (">", True)),
    **dict.fromkeys(("≥", ">=", "at least"), (">", False)),
    **dict.fromkeys(("<", "less than", "below", "under"), ("<", True)),
    **dict.fromkeys(("≤", "<=", "at most", "up to"), ("<", False)),
}
"""What a limit says: which side, and whether the number itself is left out."""

PLAIN = str.maketrans({"−": "-", "–": "-", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "})
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


POWER = r"(?:\s*[×x*·]\s*10(?:\^|\*\*)?(?P<{}>[+-]?[0-9⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)(?![0-9⁰¹²³⁴⁵⁶⁷⁸⁹]*\s*/))?"
"""A power of ten, unless it is part of a unit: 10^9/L."""

NUMBER = rf"(?P<{{}}>[+-]?)\s?(?P<{{}}>{numbers.NUMBER.replace('{', '{{').replace('}', '}}')})"
WAY = rf"(?P<{{}}>{_any_of((*ROSE, *FELL))})"


def _number(name: str) -> str:
    return NUMBER.format(f"{name}_sign", name) + POWER.format(f"{name}_power")


PRINTED = re.compile(
    rf"(?:{WAY.format('way')}\s+(?:(?:by|of)\s+)?)?(?P<about>(?:{_any_of(ABOUT)})\s*)?"
    rf"(?:(?P<limit>{_any_of(LIMITS)})\s*)?[×x]?\s*{_number('first')}"
    rf"(?:\s*(?:-|to)\s*{_number('last')})?\s*(?P<unit>.*?)(?:\s+{WAY.format('way_after')})?",
    re.IGNORECASE,
)
NO_NUMBER = "is no number as a paper prints it: 92 %, -20.7, >10-fold, 12-16"
PERCENT = ("%", "per cent", "percent")
FOLD = ("-fold", "fold", "times", "×", "x")


@dataclass(frozen=True)
class Stated:
    """The numbers that a printed one stands for: from ``low`` to ``high``, an open end infinite.

    ``strict`` leaves the end itself out. ``way`` is ``rose``, ``fell`` or empty; then the numbers
    are the size of the change.
    """

    low: float
    high: float
    strict: bool = False
    way: str = ""
    unit: str = ""  # "%", "fold", the text of another unit, or none
    signed: bool = False

    def holds(self, low: float, high: float) -> bool | None:
        """Whether all numbers of an interval are among these; None where only some are.

        >>> Stated(91.5, 92.5).holds(92.1, 92.1), Stated(91.5, 92.5).holds(92.1, 95.0)
        (True, None)
        """
        if self.strict:
            above, below = self.low < low or math.isinf(self.low), high < self.high or math.isinf(self.high)
            inside, outside = above and below, high <= self.low or low >= self.high
        else:
            inside, outside = self.low <= low and high <= self.high, high < self.low or low > self.high
        return inside if inside or outside else None

    @property
    def is_whole(self) -> bool:
        """Whether the number is printed without decimals."""
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        return all(float(end if len(ends) == 1 else end + 0.5).is_integer() for end in ends)

    def of_change(self, *, ratio: bool) -> "Stated":
        """The same for the change itself instead of its size: fell 92 % is -92 %, fell 4-fold is ×0.25.

        A size is that of a change in the stated way: below 92 % is still a fall.

        >>> Stated(3.5, 4.5, way="rose").of_change(ratio=True) == Stated(3.5, 4.5)
        True
        """
        if not self.way:
            return self
        least = 1.0 if ratio else 0.0
        low, high = max(self.low, least), max(self.high, least)
        if self.way == "fell":
            low, high = (1 / high if math.isfinite(high) else -high, 1 / low) if ratio else (-high, -low)
        return replace(self, low=low, high=high, way="")


def read_stated(text: str, marks: set[str], decimal: str | None = None) -> Stated | str:
    """The numbers that a printed one stands for, or the reason why it cannot be read.

    ``marks`` are the decimal marks of the file and ``decimal`` the one that its user named
    (`hlhcli.readers.numbers`).

    >>> stated = read_stated("fell 92 %", set())
    >>> stated.low, stated.high, stated.way, stated.unit
    (91.5, 92.5, 'fell', '%')
    """
    found = _match(text)
    if not found:
        return NO_NUMBER
    ends = [_decimal(found, name, marks, decimal) for name in ("first", "last") if found[name]]
    way = _way(found["way"] or found["way_after"] or "")
    signed = found["first_sign"] != ""
    if wrong := [end for end in ends if isinstance(end, str)]:
        return wrong[0]
    if way and signed:
        return "has a word for its direction and a sign; leave one of them out"
    unit = _unit(found["unit"])
    if unit not in ("", "%", "fold") and not is_unit(unit):
        return NO_NUMBER
    printed = [end for end in ends if isinstance(end, Decimal)]
    if found["limit"]:
        return _limit(printed, found["limit"], Stated(0, 0, way=way, unit=unit, signed=signed))
    if printed[0] > printed[-1]:
        return "is a range whose end comes before its beginning"
    spans = [_span(end, about=found["about"] is not None) for end in printed]
    return Stated(float(spans[0][0]), float(spans[-1][1]), way=way, unit=unit, signed=signed)


def printed_numbers(texts: Iterable[str]) -> list[str]:
    """The bare numbers in printed texts, by which the decimal mark of a file is told."""
    matches = map(_match, texts)
    return [found[name] for found in matches if found for name in ("first", "last") if found[name]]


def _match(text: str) -> re.Match[str] | None:
    return PRINTED.fullmatch(" ".join(text.translate(PLAIN).split()))


def _decimal(found: re.Match[str], name: str, marks: set[str], decimal: str | None) -> Decimal | str:
    """The number with the digits that it is printed in, or the reason why it is none."""
    value, reason = numbers.read_number(found[name], marks, decimal)
    if reason:
        return reason
    power = int((found[f"{name}_power"] or found["last_power"] or "0").translate(POWERS))
    return (-1 if found[f"{name}_sign"] == "-" else 1) * _digits(found[name], value).scaleb(power)


def _digits(text: str, value: float) -> Decimal:
    """A number of which the value is known, with the digits that it is printed in."""
    bare = re.sub(r"[ '’]", "", text)
    as_point, as_comma = bare.replace(",", ""), bare.replace(".", "").replace(",", ".")
    return Decimal(as_comma if bare.startswith("0,") or float(as_point) != value else as_point)


def _span(number: Decimal, *, about: bool) -> tuple[Decimal, Decimal]:
    """All numbers that would be printed as this one."""
    half = Decimal(5).scaleb(_last_place(number, about=about) - 1)
    return number - half, number + half


def _last_place(number: Decimal, *, about: bool) -> int:
    """The power of ten of the last printed digit that counts.

    Zeros at the end of a whole number count, except where it is said to be about right: then the
    first two digits do.

    >>> _last_place(Decimal("2400"), about=False), _last_place(Decimal("2400"), about=True)
    (0, 2)
    """
    exponent = int(number.as_tuple().exponent)
    if not about or number == 0 or exponent < 0:
        return exponent
    bare = number.normalize().as_tuple()
    return min(int(bare.exponent), number.adjusted() - 1) if int(bare.exponent) > exponent else exponent


def _limit(numbers: list[Decimal], sign: str, stated: Stated) -> Stated | str:
    if len(numbers) > 1:
        return "has a limit and a range; write one of them"
    side, strict = LIMITS[sign.lower()]
    limit = float(numbers[0])
    low, high = (limit, math.inf) if side == ">" else (-math.inf, limit)
    return replace(stated, low=low, high=high, strict=strict)


def _way(word: str) -> str:
    return "rose" if word.lower() in ROSE else "fell" if word else ""


def _unit(text: str) -> str:
    bare = text.strip().lstrip("×x* ") or text.strip()
    return "%" if bare.lower() in PERCENT else "fold" if text.strip().lower() in FOLD else bare
