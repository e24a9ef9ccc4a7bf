"""Text from a file on its way to a screen: it says something, and does nothing."""

import re

STEERING = (
    "\x00-\x1f\x7f-\x9f\u2028\u2029"  # move the cursor, set colors, break the line
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # turn the direction of writing
    "\u200b\ufeff\ufffe\uffff\ud800-\udfff"  # show nothing, or are no characters
)
CONTROL = re.compile(f"[{STEERING}]+")
KEPT = re.compile(f"(\x1b\\[[0-9;]*m|[\n\t])|[{STEERING}]")
"""What a whole page may hold: colors, line feeds and tabs, which are caught; anything else is not."""


def one_line(text: str) -> str:
    r"""User text without control characters: a marker's name cannot steer the terminal.

    >>> one_line("ferritin\n\x1b[2J")
    'ferritin [2J'
    """
    return CONTROL.sub(" ", text)


def lines(text: str) -> str:
    r"""A message of several lines without control characters.

    >>> lines("no marker\x1b[2J\n  known: Hb")
    'no marker [2J\n  known: Hb'
    """
    return "\n".join(map(one_line, text.split("\n")))


def page(text: str) -> str:
    r"""A finished page for a terminal: its own colors stay, what a cell of CSV brings along does not.

    >>> page("\x1b[1mHb\x1b[0m\t8.6\x1b]0;title\x07\n")
    '\x1b[1mHb\x1b[0m\t8.6]0;title\n'
    """
    return KEPT.sub(lambda found: found[1] or "", text)
