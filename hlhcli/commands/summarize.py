"""Changes around interventions, as a table or for the next tool in the pipe."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hlhcli import renderers, selection
from hlhcli.analysis import Analysis, analyze, require_columns
from hlhcli.commands.case import Case
from hlhcli.commands.evidence import Context
from hlhcli.errors import HlhcliError
from hlhcli.evidence import is_detailed
from hlhcli.evidence.footnotes import with_footnotes
from hlhcli.frames import DEFAULT_POINTS
from hlhcli.output import write
from hlhcli.request import WindowRules
from hlhcli.windows import windows
from hlhcli.wording import describe_rules


def state_analysis(
    at: Sequence[str] | None,
    baseline: str,
    rules: WindowRules,
    *,
    interventions: Sequence[str] | None,
    sensitivity: bool,
    details: bool,
    columns: Sequence[str] = (),
) -> Analysis:
    """The analysis that the options ask for; names of interventions are still as the user wrote them."""
    analysis = Analysis(
        at=at or DEFAULT_POINTS,
        baseline=baseline,
        rules=rules,
        interventions=interventions or (),
        sensitivity=sensitivity,
        details=details,
        columns=[name.strip() for names in columns for name in names.split(",") if name.strip()],
    )
    require_columns(analysis)
    return analysis


def choose_data_format(chosen: str, file_format: str | None, target: Path | None, schema: str) -> str:
    """The format of chosen columns, which are data: not a table, unless it was asked for by mistake."""
    if chosen == "table" and target is None and file_format is None:
        return "csv"
    if chosen in ("table", "markdown", "latex"):
        raise HlhcliError(f"--columns is for data, and a {chosen} has columns of its own; add --format csv")
    if schema != "plain":
        raise HlhcliError(f"--columns takes plain names; leave out --schema {schema}")
    return chosen


def analyze_case(case: Case, context: Context | None, analysis: Analysis) -> pd.DataFrame:
    """All columns of the changes of a case around the interventions asked for; windows know all of them."""
    chosen = selection.find_interventions(case.interventions, analysis.interventions)
    whole = analysis._replace(interventions=chosen)
    if context is not None:
        whole = whole._replace(background=context.background, thresholds=context.thresholds)
    return analyze(case.series, case.interventions, whole, calendar=case.calendar)


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
        page = _render_terminal(case, with_footnotes(result), rules, baseline, target)
        write(page + _render_details(result, target), target)
        return
    frame = renderers.to_adam(result) if schema == "adam" else result
    if file_format == "parquet":
        from hlhcli.renderers.parquet import to_parquet

        write(to_parquet(frame), target)
        return
    text = with_footnotes(frame) if file_format in ("markdown", "latex") else frame
    write(renderers.render(text, file_format), target)


def _render_details(result: pd.DataFrame, target: Path | None) -> str:
    """All about every change, where it was asked for: then the frame has the columns."""
    if not is_detailed(result):
        return ""
    from hlhcli.renderers.details import render_details

    unicode = target is not None or (sys.stdout.encoding or "").lower().startswith("utf")
    text = render_details(result, _width(target is None and sys.stdout.isatty()), unicode=unicode)
    return f"\n{text}"


def write_datapackage(result: pd.DataFrame, target: Path) -> None:
    """Write ``datapackage.json`` beside a CSV of changes."""
    from hlhcli.writers.datapackage import describe_csv

    write(describe_csv(result, target), target.with_name("datapackage.json"))


def _render_terminal(
    case: Case, result: pd.DataFrame, rules: WindowRules, baseline: str, target: Path | None
) -> str:
    from hlhcli.renderers.table import render_table

    terminal = target is None and sys.stdout.isatty()
    alternatives = result if "baseline_rule" in result else None
    return render_table(
        result if alternatives is None else result[result["baseline_rule"] == baseline],
        case.series,
        windows(case.series, case.interventions, **rules),
        case.interventions,
        width=_width(terminal),
        color=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        unicode=target is not None or (sys.stdout.encoding or "").lower().startswith("utf"),
        caption=describe_rules(baseline=baseline, **rules),
        alternatives=alternatives,
    )


def _width(terminal: bool) -> int | None:
    """Columns to fit the table into; None: as wide as it likes."""
    if terminal:
        return shutil.get_terminal_size().columns
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() else None
