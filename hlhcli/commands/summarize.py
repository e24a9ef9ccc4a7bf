"""Changes around interventions, as a table or for the next tool in the pipe."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import pandas as pd

from hlhcli import renderers, selection
from hlhcli.changes import changes
from hlhcli.commands.case import Case
from hlhcli.frames import DEFAULT_POINTS
from hlhcli.output import write
from hlhcli.windows import windows
from hlhcli.wording import describe_rules


class WindowRules(TypedDict):
    """The options that say what a window is; see `hlhcli.windows.windows`."""

    before: str | None
    after: str | None
    until: str
    same_day: str


def summarize(
    case: Case, interventions: Sequence[str], at: Sequence[str], baseline: str, rules: WindowRules
) -> pd.DataFrame:
    """The changes of a case; windows know all interventions, the result only those asked for."""
    chosen = selection.find_interventions(case.interventions, interventions)
    result = changes(case.series, case.interventions, at=at or DEFAULT_POINTS, baseline=baseline, **rules)
    return result[result["intervention"].isin(chosen)].reset_index(drop=True) if chosen else result


def write_changes(
    case: Case,
    result: pd.DataFrame,
    rules: WindowRules,
    baseline: str,
    file_format: str,
    schema: str,
    target: Path | None,
) -> None:
    """Render the changes and write them."""
    if file_format == "table":
        write(_render_terminal(case, result, rules, baseline, target), target)
        return
    frame = renderers.to_adam(result) if schema == "adam" else result
    write(renderers.render(frame, file_format), target)


def write_datapackage(result: pd.DataFrame, target: Path) -> None:
    """Write ``datapackage.json`` beside a CSV of changes."""
    from hlhcli.writers.datapackage import describe_csv

    write(describe_csv(result, target), target.with_name("datapackage.json"))


def _render_terminal(
    case: Case, result: pd.DataFrame, rules: WindowRules, baseline: str, target: Path | None
) -> str:
    from hlhcli.renderers.table import render_table

    terminal = target is None and sys.stdout.isatty()
    return render_table(
        result,
        case.series,
        windows(case.series, case.interventions, **rules),
        case.interventions,
        width=_width(terminal),
        color=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        unicode=target is not None or (sys.stdout.encoding or "").lower().startswith("utf"),
        caption=describe_rules(baseline=baseline, **rules),
    )


def _width(terminal: bool) -> int | None:
    """Columns to fit the table into; None: as wide as it likes."""
    if terminal:
        return shutil.get_terminal_size().columns
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() else None
