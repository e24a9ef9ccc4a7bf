"""Where a result goes, and in which format."""

import sys
from collections.abc import Mapping
from pathlib import Path

from hlhcli.errors import HlhcliError

TABLE_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".tex": "latex",
    ".txt": "table",
}
FIGURE_SUFFIXES = {".png": "png", ".svg": "svg", ".pdf": "pdf", ".tiff": "tiff", ".tif": "tiff"}
PAGE_SUFFIXES = {".html": "html", ".htm": "html", ".md": "markdown", ".docx": "docx"}
STDOUT = "-"


def choose_table_format(
    output: str | None, file_format: str | None, *, spreadsheet_safe: bool = False, parquet: bool = False
) -> tuple[Path | None, str]:
    """Where a table goes (None: standard output) and in which format; ``parquet``: also that."""
    target = None if output in (None, STDOUT) else Path(output)
    if file_format:
        chosen = file_format
    elif target is None:
        chosen = "table" if sys.stdout.isatty() else "csv"
    else:
        chosen = _by_suffix(target, TABLE_SUFFIXES | ({".parquet": "parquet"} if parquet else {}))
    return target, safe_format(chosen) if spreadsheet_safe else chosen


def safe_format(file_format: str) -> str:
    """The form of a format in which a spreadsheet runs no text; raises for one that has none."""
    from hlhcli.renderers import SAFE

    if file_format not in SAFE:
        raise HlhcliError(
            f"--spreadsheet-safe guards csv and tsv, which a spreadsheet opens, and this is {file_format}: "
            "leave it out, or add --format csv"
        )
    return SAFE[file_format]


def choose_report_format(output: str | None, file_format: str | None) -> tuple[Path | None, str]:
    """Where a report goes (None: standard output) and in which format: a table or JSON."""
    target = None if output in (None, STDOUT) else Path(output)
    if file_format:
        return target, file_format
    if target is None:
        return None, "table" if sys.stdout.isatty() else "json"
    return target, _by_suffix(target, {".json": "json", ".txt": "table"})


def choose_figure_format(output: str | None, file_format: str | None, stem: str) -> tuple[Path | None, str]:
    """Where a figure goes (None: standard output) and in which format; ``stem`` names it by default."""
    if output is None:
        chosen = file_format or "png"
        return Path(f"{stem}.{chosen}"), chosen
    if output == STDOUT:
        return None, file_format or "png"
    return Path(output), file_format or _by_suffix(Path(output), FIGURE_SUFFIXES)


def choose_page_format(output: str | None, file_format: str | None) -> tuple[Path | None, str]:
    """Where a page goes (None: standard output) and in which format; a terminal is no place for one."""
    if output is None and sys.stdout.isatty():
        raise HlhcliError("a report is a file; name it: -o case.html, case.md or case.docx")
    target = None if output in (None, STDOUT) else Path(str(output))
    return target, file_format or (_by_suffix(target, PAGE_SUFFIXES) if target else "html")


def _by_suffix(target: Path, suffixes: Mapping[str, str]) -> str:
    try:
        return suffixes[target.suffix.lower()]
    except KeyError:
        raise HlhcliError(
            f"{target}: no format is known by this suffix; use one of {' '.join(suffixes)} or add --format"
        ) from None
