"""Rich's pages as text: the one place that knows how the terminal library is set up."""

import io
import re
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.theme import Theme

TRAILING = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


def typeset(page: Iterable[RenderableType], width: int, *, color: bool, theme: Theme | None = None) -> str:
    """The items one after another, lines without blanks at their end; nothing is cut at ``width``.

    Without ``color`` there are no escape sequences.
    """
    console = Console(
        file=io.StringIO(),
        width=width,
        height=100,  # with both sizes given, rich does not look for a terminal
        force_terminal=color,
        color_system="256" if color else None,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        theme=theme,
    )
    with console.capture() as capture:
        for item in page:
            console.print(item, crop=False)
    return TRAILING.sub(r"\1", capture.get())
