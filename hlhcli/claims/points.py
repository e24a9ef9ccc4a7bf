"""When a stated number was measured: a response point, a day from the start, or a time."""

import re
from dataclasses import dataclass

from hlhcli.errors import fold
from hlhcli.frames import POINTS
from hlhcli.readers.day_labels import read_day

BASELINE = "baseline"
SYNONYMS = {"lowest": "nadir", "highest": "peak", "maximum": "peak", "minimum": "nadir"}
WORDS = (*POINTS[:-1], BASELINE)  # not each: a claim is about one number


@dataclass(frozen=True)
class At:
    """One of `WORDS`; or the value of ``day``; or the last value up to it (``by``); or the value of a time.

    ``time`` is text; ``instant`` is what it means in the time of the labs.
    """

    word: str = ""
    day: float | None = None
    by: bool = False
    time: str = ""
    instant: int | None = None


def read_at(text: str) -> At:
    """The point of a text such as ``nadir``, ``day 7``, ``by day 7`` or ``2004-11-30``.

    >>> read_at("by day 7"), read_at("lowest").word, read_at("on 2004-11-30").time
    (At(word='', day=7.0, by=True, time='', instant=None), 'nadir', '2004-11-30')
    """
    bare = " ".join(text.split())
    word = SYNONYMS.get(fold(bare), fold(bare))
    if word in WORDS:
        return At(word=word)
    by, rest = _without(r"by\s+", bare)
    day = read_day(rest)
    if day is not None and day[1]:
        return At(day=day[0], by=by)
    return At(time=_without(r"on\s+", bare)[1])


def _without(opening: str, text: str) -> tuple[bool, str]:
    rest = re.sub(f"^{opening}", "", text, flags=re.IGNORECASE)
    return rest != text, rest
