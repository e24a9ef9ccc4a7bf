"""What the terminal can show: its width, color and characters."""

import os
import shutil
import sys
from pathlib import Path
from typing import TypedDict


class Abilities(TypedDict):
    """How to print a table for a reader."""

    width: int | None  # None: as wide as it likes
    color: bool
    unicode: bool


def abilities(target: Path | None) -> Abilities:
    """The abilities of standard output, or of a file that a table is written to."""
    terminal = target is None and sys.stdout.isatty()
    columns = os.environ.get("COLUMNS", "")
    width = shutil.get_terminal_size().columns if terminal else int(columns) if columns.isdecimal() else None
    return Abilities(
        width=width,
        color=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        unicode=target is not None or (sys.stdout.encoding or "").lower().startswith("utf"),
    )
