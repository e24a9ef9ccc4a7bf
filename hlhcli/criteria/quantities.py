"""Values in the unit of a threshold, by exact arithmetic and for named markers only.

A conversion belongs to a marker: mg/dL of fibrinogen and of triglycerides become different
numbers of g/L and mmol/L. A unit that is not listed is not guessed: there is no conversion.
"""

import re
from fractions import Fraction

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_THOUSANDS = (
    *("10^9/l", "g/l", "gi/l", "/nl"),
    *(
        f"{thousand}/{volume}"
        for thousand in ("10^3", "k", "th", "thou", "1000")
        for volume in ("ul", "mm3", "mm^3")
    ),
    *("1000cells/ul", "10^3cells/ul"),
)
_SINGLE = ("/ul", "cells/ul", "/mm3", "/mm^3", "cells/mm3", "cells/mm^3", "10^6/l", "/cumm")
_COUNT = dict.fromkeys(_THOUSANDS, Fraction(1)) | dict.fromkeys(_SINGLE, Fraction(1, 1000))
_ENZYME = {"u/l": Fraction(1), "iu/l": Fraction(1), "ukat/l": 1 / Fraction("0.01667")}
_TRIGLYCERIDE = 1 / Fraction("88.57")  # mg/dL to mmol/L (0.01129); JAMA conversion tables

FACTORS: dict[str, dict[str, Fraction]] = {
    "wbc": _COUNT,
    "platelets": _COUNT,
    "neutrophils": _COUNT,
    "hemoglobin": {"g/l": Fraction(1), "g/dl": Fraction(10), "mmol/l": 10 / Fraction("0.6206")},
    "fibrinogen": {
        "g/l": Fraction(1),
        "mg/dl": Fraction(1, 100),
        "mg/l": Fraction(1, 1000),
        "umol/l": 1 / Fraction("2.94"),
    },
    "triglycerides": {"mmol/l": Fraction(1), "mg/dl": _TRIGLYCERIDE, "g/l": 100 * _TRIGLYCERIDE},
    "bilirubin": {"mg/dl": Fraction(1), "umol/l": 1 / Fraction("17.104")},
    "ferritin": {"ng/ml": Fraction(1), "ug/l": Fraction(1), "pmol/l": 1 / Fraction("2.247")},
    "d-dimer": dict.fromkeys(("mg/lfeu", "ug/mlfeu", "mgfeu/l", "ugfeu/ml"), Fraction(1))
    | dict.fromkeys(("ug/lfeu", "ng/mlfeu", "ugfeu/l", "ngfeu/ml"), Fraction(1, 1000)),
    "alt": _ENZYME,
    "ast": _ENZYME,
    "ldh": _ENZYME,
    "soluble il-2 receptor": dict.fromkeys(("u/ml", "ku/l"), Fraction(1)),
    "esr": dict.fromkeys(("mm/h", "mm/hr", "mm/1h", "mm"), Fraction(1)),
    "inr": dict.fromkeys(("", "1", "ratio", "inr", "{inr}"), Fraction(1)),
    "pt": dict.fromkeys(("s", "sec", "seconds"), Fraction(1)),
    "temperature": {"°c": Fraction(1), "c": Fraction(1), "cel": Fraction(1)},
    "age": {
        "years": Fraction("365.25"),
        "months": Fraction("30.4375"),
        "weeks": Fraction(7),
        "days": Fraction(1),
    },
    "sofa of four organs": {"": Fraction(1)},
}
"""Factors from each unit to the first one of its marker, as `unit_key` writes them."""

FAHRENHEIT = ("°f", "f", "degf", "[degf]")


def unit_key(unit: str) -> str:
    """One spelling for the spellings of a unit.

    >>> unit_key("×10⁹/L") == unit_key("10*9/L") == unit_key("x 10^9/l")
    True
    """
    text = re.sub(r"10(\d)(?=/)", r"10^\1", unit.translate(_SUPERSCRIPTS).replace(" ", ""))
    text = text.replace("µ", "u").replace("μ", "u").replace("{feu}", "FEU").replace("{FEU}", "FEU")
    return re.sub(r"10(\*\*?|e)", "10^", re.sub(r"^[x×*](?=10)", "", text)).casefold().replace("mcg", "ug")


def factor(item: str, unit: str, wanted: str) -> Fraction | None:
    """What to multiply a value of this marker with; None where one of the units is not known for it."""
    known = FACTORS.get(item, {})
    source, target = known.get(unit_key(unit)), known.get(unit_key(wanted))
    return None if source is None or target is None else source / target


def is_decimal_shift(ratio: Fraction) -> bool:
    """Whether a factor only moves the decimal point, so that a published threshold stays what it is.

    >>> is_decimal_shift(Fraction(1, 100)), is_decimal_shift(Fraction(7))
    (True, False)
    """
    return all(str(part).rstrip("0") == "1" for part in (ratio.numerator, ratio.denominator))


def celsius(value: Fraction, unit: str) -> Fraction:
    """A temperature in °C, exactly: 101.1 °F is 38.3̅8 °C."""
    return (value - 32) * 5 / 9 if unit_key(unit) in FAHRENHEIT else value
