"""Numbers as people write them: marks for decimals and for thousands, decided for a whole file.

A comma or a point is judged by what stands around it:

* ``0,4``: nobody groups thousands after a lone zero, so this is 0.4 in any file;
* ``9,6`` and ``2.43``: no group of three follows, so the mark stands before decimals;
* ``1,247,000`` and ``1,247.5``: the first mark can only group thousands;
* ``1,247`` and ``1.247``: either.

A point before the decimals is the rule. A comma is that where the user says so, or where some
number of the file has no other reading and none has a decimal point. Where a file has both,
a number that can be either is refused until the user says which.
"""

import math
import re
from collections.abc import Iterable

EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
NUMBER = rf"[0-9]{{1,3}}(?:[ '’][0-9]{{3}})+(?:[.,][0-9]+)?|(?:[0-9]+(?:[.,][0-9]+)*\.?|\.[0-9]+){EXPONENT}"
"""What may be a number, without a sign: `read_number` decides."""

SHAPES = {
    "plain": re.compile(rf"[0-9]+{EXPONENT}"),
    "zero": re.compile(r"0[.,][0-9]+"),
    "either": re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}"),
    "point": re.compile(
        rf"[0-9]*\.[0-9]*{EXPONENT}|[1-9][0-9]{{0,2}}(?:(?:,[0-9]{{3}})+\.[0-9]*|(?:,[0-9]{{3}}){{2,}})"
    ),
    "comma": re.compile(r"[0-9]+,[0-9]{1,3}|[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+,[0-9]*|(?:\.[0-9]{3}){2,})"),
}
GROUPS = re.compile(r"[ '’]")
SAY_WHICH = "say which: --decimal point or --decimal comma"


def decimal_marks(numbers: Iterable[str]) -> set[str]:
    """The decimal marks, ``point`` and ``comma``, that some of these numbers cannot do without.

    >>> sorted(decimal_marks(["0,4", "1,247", "2.43"])), decimal_marks(["1,247", "5"])
    (['comma', 'point'], set())
    """
    shapes = [(_shape(bare), bare) for bare in map(_bare, numbers)]
    return {_mark_of_zero(bare) if shape == "zero" else shape for shape, bare in shapes} & {"point", "comma"}


def read_number(text: str, marks: set[str], stated: str | None = None) -> tuple[float, str]:
    """The number, or NaN and the reason why there is none.

    ``marks`` are those of the file (`decimal_marks`); the mark that the user has ``stated`` wins.

    >>> read_number("1,247", {"point"}), read_number("9,6", {"comma"}), read_number("35 461", set())
    ((1247.0, ''), (9.6, ''), (35461.0, ''))
    """
    number = _bare(text)
    shape, mark = _shape(number), decimal_mark(marks, stated)
    if shape == "zero":
        return float(number.replace(",", ".")), ""
    if shape == "either" and _is_open(number, marks, stated):
        return (
            math.nan,
            f"can be {_convert(number, 'point'):.15g} or {_convert(number, 'comma'):.15g}; {SAY_WHICH}",
        )
    if shape in ("plain", "either", mark):
        value = _convert(number, mark)
        return (value, "") if math.isfinite(value) else (math.nan, "is not a number")
    return math.nan, _why_not(shape, stated)


def decimal_mark(marks: set[str], stated: str | None) -> str:
    """The decimal mark of a file: the stated one, else a comma where it is the only one in use."""
    return stated or ("comma" if marks == {"comma"} else "point")


def has_decimal_comma(text: str, value: float) -> bool:
    """Whether a comma in a number's text was read as its decimal mark."""
    bare = _bare(text)
    return bare.count(",") == 1 and _convert(bare, "comma") == value


def _bare(text: str) -> str:
    """The number without blanks and apostrophes, which can only group thousands."""
    return GROUPS.sub("", text)


def _shape(number: str) -> str:
    return next((shape for shape, form in SHAPES.items() if form.fullmatch(number)), "")


def _mark_of_zero(number: str) -> str:
    return "comma" if "," in number else "point"


def _convert(number: str, mark: str) -> float:
    return float(number.replace("." if mark == "comma" else ",", "").replace(",", "."))


def _is_open(number: str, marks: set[str], stated: str | None) -> bool:
    """Whether the file leaves both readings: it has both marks, or commas and this point."""
    return stated is None and (len(marks) == 2 or (marks == {"comma"} and "." in number))


def _why_not(shape: str, stated: str | None) -> str:
    if shape not in ("point", "comma"):
        return "is not a number"
    if stated:
        return f"has a decimal {shape}, not as --decimal {stated} says"
    return (
        f"has a decimal {shape}, while other cells have a decimal {'comma' if shape == 'point' else 'point'}"
    )
