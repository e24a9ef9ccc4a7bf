"""Telling a unit from other text, by its form or because it is known; what it means is decided elsewhere."""

import re

from hlhcli import markers
from hlhcli.units import find_unit

FACTOR = r"(?:[x×*·] ?)?(?:1[,.]?000|10 ?(?:\^|\*\*?)? ?(?:3|6|9|12|[³⁶⁹]|¹²))"
WORD = r"[A-Za-zµμ%]+(?:-?[A-Za-z]+)?"
VOLUME = r"(?:f|n|p|[µμu]|mc|m|c|d)?[lL]|(?:cu)?mm ?\^?[3³]?|cumm|mcl|100 ?m[lL]"
PER = rf"(?:{VOLUME}|m?mol|m?g|kg|h|hr|hour|hpf|min|d|day|24 ?h|1\.73 ?m\^?[2²])"
ALONE = r"%|mg ?%|vol ?%|s|sec|secs|seconds?|mm|mmHg|mm ?Hg|f[lL]|pg|g|mg|kg|ratio|[°º] ?[CF]|U|IU"
UNIT = rf"(?:(?:{FACTOR})? ?(?:{WORD}(?: {WORD})?)?) ?/ ?{PER}(?: ?/ ?{PER})?(?: ?(?:FEU|DDU))?|{ALONE}"
PARENTHESIS = r"(.+?)\s*(?:\(([^()]+)\)|\[([^\[\]]+)\]|,\s+([^,()]+))"
"""Patterns are text: `re` compiles them when they are needed, and keeps them."""


def is_unit(text: str) -> bool:
    """Whether a text has the form of a unit: ``ng/mL``, ``/uL``, ``× 10^9/L``, ``%``, ``sec``.

    >>> is_unit("K/uL"), is_unit("o000"), is_unit("SGPT")
    (True, False, False)
    """
    plain = text.strip()
    return re.fullmatch(UNIT, plain) is not None or ("/" in plain and find_unit(plain) is not None)


def split_heading(text: str) -> tuple[str, str]:
    """A marker and its unit from a heading; without one the text is the marker.

    A share keeps its sign in the name, because it is another marker than the count.

    >>> split_heading("Ferritin (ng/mL)"), split_heading("CRP mg/L"), split_heading("ALT (SGPT)")
    (('Ferritin', 'ng/mL'), ('CRP', 'mg/L'), ('ALT (SGPT)', ''))
    >>> split_heading("Neutrophils (%)")
    ('Neutrophils (%)', '%')
    """
    match = re.fullmatch(PARENTHESIS, text)
    unit = next(filter(None, match.groups()[1:]), "").strip() if match else ""
    if match is None or not is_unit(unit):
        return _split_behind(text)
    return (text if unit == "%" else match[1]), unit


def _split_behind(text: str) -> tuple[str, str]:
    """``CRP mg/L``: without a parenthesis the name must be a known marker, and no marker with its unit."""
    blanks = [place for place, character in enumerate(text) if character == " "]
    for place in () if markers.find(text) else blanks:
        name, unit = text[:place], text[place:].strip()
        if "/" in unit and markers.find(name) and is_unit(unit):
            return name, unit
    return text, ""
