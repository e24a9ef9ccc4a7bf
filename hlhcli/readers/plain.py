"""Plain cells: text without typography, and columns that hold nothing but plain decimal numbers.

Most columns of most files are plain. They are read here; what is not plain is read with the
knowledge of `hlhcli.readers.results`.
"""

import math
from collections.abc import Sequence

BLANKS = "\t\n\r\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
PLAIN = str.maketrans({**dict.fromkeys(BLANKS, " "), **dict.fromkeys(INVISIBLE), "−": "-"})


def plain_text(text: str) -> str:
    """The text with plain spaces and hyphens for the typographic ones, and nothing invisible."""
    return text.translate(PLAIN).strip()


def plain_numbers(texts: Sequence[str]) -> list[float] | None:
    """The numbers, NaN for an empty text; None where any text is more than digits and a point.

    >>> plain_numbers(["24.31", "2600", ""]), plain_numbers(["24.31", ">40000"])
    ([24.31, 2600.0, nan], None)
    """
    if not all(map(_is_plain, texts)):
        return None
    numbers = [float(text) if text else math.nan for text in texts]
    return None if math.inf in numbers else numbers


def _is_plain(text: str) -> bool:
    return not text or (text.isascii() and text.replace(".", "", 1).isdecimal())
