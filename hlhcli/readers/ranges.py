"""Reference ranges as laboratories print them."""

import re
from collections.abc import Collection, Sequence
from math import nan
from typing import NamedTuple

from hlhcli.readers.no_result import meaning
from hlhcli.readers.numbers import NUMBER, decimal_marks, read_number
from hlhcli.readers.plain import plain_text
from hlhcli.readers.unit_shape import is_unit

BETWEEN = re.compile(rf"(-?(?:{NUMBER}))\s*(?:[-–—‐‑]|to)\s*(-?(?:{NUMBER}))(?P<rest>.*)")
BELOW = re.compile(rf"(?:[<≤]|<=|up to)\s*({NUMBER})(?P<rest>.*)")
ABOVE = re.compile(rf"(?:[>≥]|>=)\s*({NUMBER})(?P<rest>.*)")
WORDS = re.compile(r"\s+[^\d<>≤≥–-]+")


class Range(NamedTuple):
    """The limits of a range; NaN where a side is open. ``problem`` says why it cannot be read."""

    low: float = nan
    high: float = nan
    problem: str = ""


def read_ranges(texts: Sequence[str], decimal: str | None = None, marks: Collection[str] = ()) -> list[Range]:
    """The reference range in each cell; an empty cell is an open `Range`.

    ``marks`` are the decimal marks that other cells of the file cannot do without.

    >>> [(item.low, item.high) for item in read_ranges(["3.6–11.6", "<0.5 sepsis unlikely"])]
    [(3.6, 11.6), (nan, 0.5)]
    """
    found = [_split(plain_text(text)) for text in texts]
    known = {*marks, *_marks(found)}
    return [_read(plain_text(text), pair, known, decimal) for text, pair in zip(texts, found, strict=True)]


def marks_of_ranges(texts: Sequence[str]) -> set[str]:
    """The decimal marks that some of these ranges cannot do without; see `decimal_marks`."""
    return _marks([_split(plain_text(text)) for text in texts])


def _marks(found: Sequence[tuple[str, str] | None]) -> set[str]:
    return decimal_marks(number.removeprefix("-") for pair in found if pair for number in pair if number)


def _split(text: str) -> tuple[str, str] | None:
    """The lower and the upper limit as text, ``""`` for an open side; None where this is no range."""
    forms = ((BETWEEN, (1, 2)), (BELOW, (0, 1)), (ABOVE, (1, 0)))
    for form, (low, high) in forms:
        match = form.fullmatch(text.removeprefix("(").removesuffix(")"))
        if match and (_is_remark(match["rest"])):
            return (match[low] if low else ""), (match[high] if high else "")
    return None


def _is_remark(rest: str) -> bool:
    return not rest.strip() or is_unit(rest) or WORDS.fullmatch(rest) is not None


def _read(text: str, pair: tuple[str, str] | None, marks: set[str], decimal: str | None) -> Range:
    if not text or meaning(text):
        return Range()
    if pair is None:
        return Range(problem="is no reference range; write 3.6-11.6, <150 or >40")
    limits = [_limit(limit, marks, decimal) for limit in pair]
    problem = next((problem for _, problem in limits if problem), "")
    low, high = (value for value, _ in limits)
    if not problem and low > high:
        problem = "ends below its start"
    return Range(problem=problem) if problem else Range(low, high)


def _limit(text: str, marks: set[str], decimal: str | None) -> tuple[float, str]:
    if not text:
        return nan, ""
    value, problem = read_number(text.removeprefix("-"), marks, decimal)
    return (-value if text.startswith("-") else value), problem
