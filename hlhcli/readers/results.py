"""What one cell says: a number with its bound and unit, a word for no number, or nothing usable."""

import re
from collections.abc import Collection, Sequence
from math import nan
from typing import NamedTuple

from hlhcli.readers.no_result import meaning
from hlhcli.readers.numbers import NUMBER, decimal_marks, read_number
from hlhcli.readers.plain import plain_text
from hlhcli.readers.unit_shape import is_unit

BOUND = {
    **dict.fromkeys(("<", "<=", "≤", "less than"), "<"),
    **dict.fromkeys((">", ">=", "≥", "greater than", "more than"), ">"),
    "": "",
}
SIGNED = rf"[+-]?(?:{NUMBER})"
SIGN_OF_BOUND = r"[<>]=|[<>≤≥]|(?i:(?:less|greater|more) than)"
RESULT = re.compile(rf"[↑↓]?\s*(?P<bound>{SIGN_OF_BOUND})?\s*(?P<sign>[+-]?)(?P<number>{NUMBER})(?P<rest>.*)")
ABNORMAL = r"(?:\s*[\^*!#†‡§↑↓]+|\s+(?:HH?|LL?|\++)|\s*(?:\((?:HH?|LL?|\+)\)|\[(?:HH?|LL?)\]))"
"""What laboratories print beside an abnormal number; it is read over. A plus or a letter needs a space."""

REST = re.compile(rf"{ABNORMAL}?\s*(?P<unit>.*?){ABNORMAL}?", re.DOTALL)
RANGE = re.compile(rf"{SIGNED}\s*(?:[-–—]|\bto\b)\s*{SIGNED}(?:\s.*)?")
SEVERAL = re.compile(rf"[<>≤≥]?{SIGNED}(?:\s*[,;&/|+]\s*|\s+(?:and\s+)?)[<>≤≥]?{SIGNED}.*")
POWER_OF_TEN = re.compile(r".*[ ]10[0369]\d?")


class Result(NamedTuple):
    """What a cell says: a number; or what the word in it means; or why it cannot be used."""

    value: float = nan
    bound: str = ""
    unit: str = ""
    number: str = ""
    """The number as it is written."""
    meaning: str = ""
    problem: str = ""


def read_results(
    texts: Sequence[str], decimal: str | None = None, marks: Collection[str] = ()
) -> list[Result]:
    """What each cell of a file says; empty cells are an empty `Result`.

    The cells are read together, because they tell each other's decimal mark; ``marks`` are those
    that other cells of the file cannot do without.

    >>> [(result.value, result.bound, result.unit) for result in read_results([">33 511", "35,000 /uL"])]
    [(33511.0, '>', ''), (35000.0, '', '/uL')]
    """
    plain = [plain_text(text) for text in texts]
    found = [RESULT.fullmatch(text) for text in plain]
    known = {*marks, *_marks(found)}
    return [_read(text, match, known, decimal) for text, match in zip(plain, found, strict=True)]


def marks_of_results(texts: Sequence[str]) -> set[str]:
    """The decimal marks that some of these cells cannot do without; see `decimal_marks`."""
    return _marks([RESULT.fullmatch(plain_text(text)) for text in texts])


def _marks(found: Sequence[re.Match[str] | None]) -> set[str]:
    plain = (match["number"] for match in found if match and not match["rest"].strip(" ,;"))
    with_unit = (match["number"] for match in found if match and is_unit(_unit(match)))
    return decimal_marks(plain) | decimal_marks(with_unit)


def _unit(match: re.Match[str]) -> str:
    rest = REST.fullmatch(match["rest"])
    return rest["unit"].strip() if rest else match["rest"]


def _read(text: str, match: re.Match[str] | None, marks: set[str], decimal: str | None) -> Result:
    if not text:
        return Result()
    if word := meaning(text):
        return Result(meaning=word)
    if match is None:
        return Result(problem="is not a number")
    unit = _unit(match)
    if unit and not is_unit(unit):
        return Result(problem=_why_not(text))
    if _may_be_power_of_ten(match["number"], unit):
        return Result(problem="can be read with and without a power of ten; give the unit its own column")
    value, problem = read_number(match["number"], marks, decimal)
    signed = -value if match["sign"] == "-" else value
    return (
        Result(signed, BOUND[(match["bound"] or "").casefold()], unit, match["number"], problem=problem)
        if not problem
        else Result(problem=problem)
    )


def _may_be_power_of_ten(number: str, unit: str) -> bool:
    """``7 109/L`` can be 7109 per liter or 7 × 10⁹ per liter with a lost superscript."""
    return unit.startswith("/") and POWER_OF_TEN.fullmatch(number) is not None


def _why_not(text: str) -> str:
    if RANGE.fullmatch(text):
        return "is a range, not one value"
    if SEVERAL.fullmatch(text):
        return "holds more than one value; give each its own row and time"
    if "(" in text:
        return "holds more than a number and its unit; put the rest into a column of its own"
    return "is not a number"
