"""What the commands do, once the options are parsed: plain functions on a case.

This is where the heavy libraries are first imported.
"""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

import pandas as pd

from hlhcli import selection
from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.changes import changes
from hlhcli.errors import HlhcliError
from hlhcli.frames import DEFAULT_POINTS
from hlhcli.output import write
from hlhcli.progress import stage
from hlhcli.readers import read_interventions, read_series
from hlhcli.readers.columns import parse_mapping
from hlhcli.windows import windows
from hlhcli.wording import describe_rules

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".tex": "latex",
    ".txt": "table",
}
FIGURE_SUFFIXES = {".png": "png", ".svg": "svg", ".pdf": "pdf", ".tiff": "tiff", ".tif": "tiff"}
MILLIMETERS = {"mm": 1.0, "cm": 10.0, "in": 25.4}
STDOUT = "-"


class WindowRules(TypedDict):
    """The options that say what a window is; see `hlhcli.windows.windows`."""

    before: str | None
    after: str | None
    until: str
    same_day: str


@dataclass(frozen=True)
class Case:
    """One input: the lab values and the interventions of one or more subjects."""

    series: pd.DataFrame
    interventions: pd.DataFrame


def load(
    labs: str | None,
    interventions: str | None,
    columns: Sequence[str],
    dates: str | None,
    *,
    subjects: Sequence[str] = (),
    markers: Sequence[str] = (),
) -> Case:
    """Read both files (or the built-in case) and keep the subjects and markers that were asked for."""
    if labs is not None and interventions is None:
        raise HlhcliError(f"{labs}: whose interventions? Add --interventions FILE")
    if labs == interventions == STDOUT:
        raise HlhcliError("only one of the two files can come from standard input")
    mapping = parse_mapping(columns)
    with stage(f"reading {labs or TABLE1.name}"):
        series = read_series(labs or TABLE1, columns=mapping, dates=dates)
        given = read_interventions(interventions or TABLE1_INTERVENTIONS, series, columns=mapping, dates=dates)
    return _select(Case(series, given), subjects, markers)


def _select(case: Case, subjects: Sequence[str], markers: Sequence[str]) -> Case:
    series, interventions = case.series, case.interventions
    if subjects:
        chosen = selection.find_subjects(series, subjects)
        series = series[series["subject"].isin(chosen)]
        interventions = interventions[interventions["subject"].isin(chosen)]
    if markers:
        series = series[series["marker"].isin(selection.find_markers(series, markers))]
        interventions = interventions[interventions["subject"].isin(series["subject"])]
    return replace(case, series=series.reset_index(drop=True), interventions=interventions.reset_index(drop=True))


def summarize(
    case: Case, interventions: Sequence[str], at: Sequence[str], baseline: str, rules: WindowRules
) -> pd.DataFrame:
    """The changes of a case; windows know all interventions, the result only those asked for."""
    chosen = selection.find_interventions(case.interventions, interventions)
    result = changes(case.series, case.interventions, at=at or DEFAULT_POINTS, baseline=baseline, **rules)
    return result[result["intervention"].isin(chosen)].reset_index(drop=True) if chosen else result


def choose_table_format(output: str | None, file_format: str | None) -> tuple[Path | None, str]:
    """Where a table goes (None: standard output) and in which format."""
    target = None if output in (None, STDOUT) else Path(output)
    if file_format:
        return target, file_format
    if target is None:
        return None, "table" if sys.stdout.isatty() else "csv"
    return target, _by_suffix(target, SUFFIXES)


def choose_figure_format(output: str | None, file_format: str | None, series: pd.DataFrame) -> tuple[Path | None, str]:
    """Where a figure goes (None: standard output) and in which format."""
    if output is None:
        chosen = file_format or "png"
        return Path(f"{_file_stem(series)}.{chosen}"), chosen
    if output == STDOUT:
        return None, file_format or "png"
    return Path(output), file_format or _by_suffix(Path(output), FIGURE_SUFFIXES)


def _by_suffix(target: Path, suffixes: dict[str, str]) -> str:
    try:
        return suffixes[target.suffix.lower()]
    except KeyError:
        raise HlhcliError(
            f"{target}: no format is known by this suffix; use one of {' '.join(suffixes)} or add --format"
        ) from None


def _file_stem(series: pd.DataFrame) -> str:
    """File name for a figure: its markers, or ``markers`` for more than three."""
    names = list(series["marker"].unique())
    if len(names) > 3:
        return "markers"
    return "_".join(re.sub(r"\W+", "-", name).strip("-").lower() or "marker" for name in names)


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
    from hlhcli import renderers

    if file_format == "table":
        write(_render_terminal(case, result, rules, baseline, target), target)
        return
    frame = renderers.to_adam(result) if schema == "adam" else result
    write(renderers.render(frame, file_format), target)


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


def plot(
    case: Case,
    *,
    relative_to: str | None,
    log: bool | None,
    continuous: bool,
    width: str,
    file_format: str,
    target: Path | None,
) -> None:
    """Draw the case's markers, write the figure and say where it is."""
    import io

    from hlhcli.figures import draw_courses, save_figure

    zero = selection.find_interventions(case.interventions, [relative_to])[0] if relative_to else None
    figure = draw_courses(
        case.series,
        case.interventions,
        relative_to=zero,
        log=log,
        continuous=continuous,
        width_mm=parse_width(width),
    )
    image = io.BytesIO()
    save_figure(figure, image, file_format=file_format)
    write(image.getvalue(), target)
    if target is not None:
        print(f"wrote {target}", file=sys.stderr)


def parse_width(text: str) -> float:
    """Millimeters of a width such as ``85mm``, ``17.5cm`` or ``3.3in``; a bare number is mm.

    >>> parse_width("3.3in")
    83.82
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(mm|cm|in)?\s*", text)
    if not match:
        raise HlhcliError(f"width '{text}' cannot be read; write 85mm, 17.5cm or 3.3in")
    width = float(match[1]) * MILLIMETERS[match[2] or "mm"]
    if not 40 <= width <= 400:
        raise HlhcliError(f"width {text} is out of range; journals take 85 to 180 mm")
    return width
