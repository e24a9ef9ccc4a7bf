"""The characters that tables are made of, in Unicode and in plain ASCII."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from hlhcli.printable import one_line

PLAIN = str.maketrans(
    {"×": "x", "−": "-", "–": "-", "—": "-", "·": ".", "µ": "u", "μ": "u", "≤": "<=", "≥": ">="}
    | {"“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "→": "->", "│": "|"}
)


@dataclass(frozen=True)
class Glyphs:
    """One set of characters; ``say`` puts any text into them."""

    say: Callable[[str], str]
    better: str
    worse: str
    within: str  # the reference change limits
    edge: str
    levels: str
    rule: str
    bullet: str
    digits: str  # of footnote marks
    around: str  # what stands around them

    def footmark(self, number: int) -> str:
        """The mark of a footnote."""
        return self.around.format("".join(self.digits[int(digit)] for digit in str(number)))


def ascii_text(text: str) -> str:
    """Text in ASCII: letters lose their accents, what has no likeness becomes ``?``.

    >>> ascii_text("≥40 µg/L × 10⁹, Köln")
    '>=40 ug/L x 109, Koln'
    """
    apart = unicodedata.normalize("NFKD", text.translate(PLAIN))
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return letters.encode("ascii", "replace").decode()


def display_width(text: str) -> int:
    """Terminal cells that a text takes: wide East Asian letters take two, accents none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


UNICODE = Glyphs(
    say=one_line,
    better="✓",
    worse="!",
    within="°",
    edge="│",
    levels="▁▂▃▄▅▆▇█",
    rule="─",
    bullet="■",
    digits="⁰¹²³⁴⁵⁶⁷⁸⁹",
    around="{}",
)
ASCII = Glyphs(
    say=lambda text: ascii_text(one_line(text)),
    better="*",
    worse="!",
    within="o",
    edge="|",
    levels="_.-'",
    rule="-",
    bullet="#",
    digits="0123456789",
    around="[{}]",
)
