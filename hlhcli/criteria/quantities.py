"""Values in the unit of a threshold, by exact arithmetic and for named items only.

Markers have the closed table of `hlhcli.units`; the few clinical items with a unit are here. A
unit that is not listed is not guessed: there is no conversion.
"""

from fractions import Fraction

from hlhcli import units

CLINICAL: dict[str, dict[str, Fraction]] = {
    "temperature": dict.fromkeys(("°c", "c", "cel"), Fraction(1)),
    "age": {
        "years": Fraction("365.25"),
        "months": Fraction("30.4375"),
        "weeks": Fraction(7),
        "days": Fraction(1),
    },
    "sofa of four organs": {"": Fraction(1)},
}
"""Factors of clinical items to °C, to days, and of a plain number."""

FAHRENHEIT = ("°f", "f", "degf", "[degf]")


def accepts(item: str, unit: str) -> bool:
    """Whether a threshold of this item can be written in this unit."""
    if item in CLINICAL:
        return unit.casefold() in CLINICAL[item]
    return units.belongs(item, unit) is not None


def accepted(item: str) -> tuple[str, ...]:
    """The units of an item; none where this program knows none."""
    return tuple(CLINICAL[item]) if item in CLINICAL else units.accepted_units(item)


def factor(item: str, unit: str, wanted: str) -> Fraction | None:
    """What to multiply a value of this item with; None where one of the units is not one of its own."""
    if item in CLINICAL:
        source, target = (CLINICAL[item].get(text.casefold()) for text in (unit, wanted))
        return None if source is None or target is None else source / target
    start, end = (units.belongs(item, text) for text in (unit, wanted))
    if start is None or end is None:
        return None
    return Fraction(1) if start == end else units.factor(item, start, end)


def is_decimal_shift(ratio: Fraction) -> bool:
    """Whether a factor only moves the decimal point, so that a published threshold stays what it is.

    >>> is_decimal_shift(Fraction(1, 100)), is_decimal_shift(Fraction(7))
    (True, False)
    """
    return all(str(part).rstrip("0") == "1" for part in (ratio.numerator, ratio.denominator))


def celsius(value: Fraction, unit: str) -> Fraction:
    """A temperature in °C, exactly: 50 °F is 10 °C.

    >>> celsius(Fraction(50), "°F")
    Fraction(10, 1)
    """
    return (value - 32) * 5 / 9 if is_fahrenheit(unit) else value


def is_fahrenheit(unit: str) -> bool:
    """Whether a unit is one of the spellings of °F."""
    return unit.casefold() in FAHRENHEIT
