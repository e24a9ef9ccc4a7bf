"""The course of markers as text in the terminal; nothing here imports matplotlib."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from hlhcli import selection
from hlhcli.commands.case import Case
from hlhcli.commands.targets import STDOUT
from hlhcli.errors import HlhcliError
from hlhcli.output import write
from hlhcli.renderers.terminal_plot import plot_courses

WIDTH_IN_A_PIPE = 80


def show_courses(case: Case, *, markers: Sequence[str], log: bool | None, output: str | None) -> None:
    """Draw the case's markers, in the order asked for, as wide as the terminal."""
    subjects = list(dict.fromkeys(case.series["subject"]))
    if len(subjects) > 1:
        named = ", ".join(subjects[:10]) + (f", … ({len(subjects)} in all)" if len(subjects) > 10 else "")
        raise HlhcliError(f"--show draws one subject, and here are {named}: choose one with --subject")
    target = None if output in (None, STDOUT) else Path(str(output))
    names = selection.find_markers(case.series, markers) or list(dict.fromkeys(case.series["marker"]))
    text = plot_courses(
        case.series,
        case.interventions,
        markers=names,
        width=_width(),
        unicode=target is not None or (sys.stdout.encoding or "").lower().startswith("utf"),
        log=log,
    )
    write(text, target)


def _width() -> int:
    if sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and columns != "0" else WIDTH_IN_A_PIPE
