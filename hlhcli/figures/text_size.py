"""How much paper a text needs, known before anything is drawn."""

import re
from collections.abc import Iterable
from functools import cache

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from hlhcli.figures import style
from hlhcli.printable import lines

_DPI = 300
# A no-break space holds its two neighbors together.
_BREAKABLE = re.compile(r"[^ ]*?[-/,;](?=\w)|[^ ]+| +")


@cache
def width(text: str) -> float:
    """Millimeters from the first to the last character of the longest line."""
    return max(_line_width(line) for line in lines(text).split("\n"))


def height(text: str) -> float:
    """Millimeters of all lines."""
    return style.LINE_HEIGHT * (text.count("\n") + 1)


def widest(texts: Iterable[str]) -> float:
    """Millimeters of the widest of several texts; 0 for none."""
    return max(map(width, texts), default=0.0)


@cache
def wrap(text: str, room: float) -> str:
    """Break a text into lines of at most ``room`` millimeters.

    Breaks fall at spaces, else after ``-/,;`` inside a word, and within a word only where
    even that leaves a piece too wide.
    """
    broken = [""]
    for piece in _pieces(text, room):
        if broken[-1] and width((broken[-1] + piece).rstrip()) > room:
            broken.append("")
        broken[-1] += piece if broken[-1] else piece.lstrip()
    return "\n".join(line.rstrip() for line in broken if line.strip())


def longest_piece(text: str) -> float:
    """Millimeters of the longest part that `wrap` would not break if it had the room."""
    return widest(_BREAKABLE.findall(text))


def _pieces(text: str, room: float) -> list[str]:
    return [part for word in _BREAKABLE.findall(text) for part in _cut(word, room)]


def _cut(word: str, room: float) -> list[str]:
    if width(word) <= room or len(word) == 1:
        return [word]
    fits = next((k for k in range(len(word) - 1, 1, -1) if width(word[:k]) <= room), 1)
    return [word[:fits], *_cut(word[fits:], room)]


def _line_width(line: str) -> float:
    pixels, _, _ = _renderer().get_text_width_height_descent(line, _font(), False)  # type: ignore[no-untyped-call]
    return float(pixels) * style.MM_PER_INCH / _DPI


@cache
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, _DPI)  # type: ignore[no-untyped-call]


@cache
def _font() -> FontProperties:
    return FontProperties(family=[style.FONT], size=style.TYPE_SIZE)
