"""An independent reading of a cell: every number that its text could mean to a person."""

import re
import unicodedata

TOKEN = re.compile(r"(?:[0-9]+(?:[.,'’][0-9]+| [0-9]{3}(?![0-9]))*[.]?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
SIGNS = {"<": "<", "≤": "<", "less than": "<", ">": ">", "≥": ">", "greater than": ">", "more than": ">"}


def readings(text):
    """The (value, bound) pairs that a cell can mean; none where it holds no number, or several.

    Marks may group or separate decimals, blanks may group. After the number there may be no other
    digit, unless the rest is written as a unit with a stroke (``/uL``, ``x 10^9/L``).
    """
    plain = "".join(" " if unicodedata.category(one) == "Zs" else one for one in text)
    plain = "".join(one for one in plain if unicodedata.category(one) != "Cf").replace("−", "-").strip()
    match = TOKEN.search(plain)
    if not match:
        return set()
    before, rest = plain[: match.start()].strip(" ↑↓="), plain[match.end() :]
    bound, sign = before.rstrip("+- =").strip().casefold(), -1 if before.endswith("-") else 1
    if bound not in ("", *SIGNS) or (re.search("[0-9]", rest) and "/" not in rest and "^" not in rest):
        return set()
    return {(sign * number, SIGNS.get(bound, "")) for number in _numbers(match[0])}


def _numbers(token):
    """Every number that one run of digits and marks can be."""
    bare = re.sub("[ '’]", "", token)
    texts = {bare.replace(",", ""), bare.replace(".", "").replace(",", ".")}
    first = re.sub("[ '’].*", "", token)  # "7 109/L": the rest belongs to the unit
    return {number for text in (*texts, first) if (number := _float(text)) is not None}


def _float(text):
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
