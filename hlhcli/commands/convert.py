"""The labs and interventions of a case in another format."""

import sys
from collections.abc import Sequence
from pathlib import Path

from hlhcli.commands.case import Case
from hlhcli.commands.targets import STDOUT
from hlhcli.errors import HlhcliError
from hlhcli.output import write
from hlhcli.progress import stage
from hlhcli.renderers import guard_formulas
from hlhcli.writers import BESIDE, FOLDERS, MAIN, SUFFIXES, Files, write_files

BINARY = ("xlsx", "parquet", "xpt")
DELIMITED = ("tidy", "wide", "adam")
TEXT_TABLES = (*DELIMITED, "omop")
"""Formats of text, in which a spreadsheet takes some text for formulas."""


def choose_target(to: str | None, output: str | None) -> str:
    """The format to write: as named, else by the output's suffix, else tidy CSV."""
    if to or output in (None, STDOUT):
        return to or "tidy"
    suffix = Path(str(output)).suffix.lower()
    if suffix not in SUFFIXES:
        known = " ".join(SUFFIXES)
        raise HlhcliError(f"{output}: no format is known by this suffix; use one of {known} or add --to")
    return SUFFIXES[suffix]


def convert(
    case: Case,
    target: str,
    output: str | None,
    drop: Sequence[str],
    utc_offset: str | None,
    *,
    spreadsheet_safe: bool = False,
) -> None:
    """Write a case in one of `hlhcli.writers.TARGETS` and say which files there are."""
    out = None if output in (None, STDOUT) else Path(str(output))
    if out is None and (target in FOLDERS or (target in BINARY and sys.stdout.isatty())):
        raise HlhcliError(f"{target} cannot be shown on a terminal or in a pipe; add -o OUT")
    choices = {}
    if target == "fhir" and utc_offset:
        choices["offset"] = utc_offset
    if target in DELIMITED and out is not None and out.suffix.lower() == ".tsv":
        choices["separator"] = "\t"
    cleaned = _without(case, drop)
    cleaned = _guarded(cleaned, target) if spreadsheet_safe else cleaned
    interventions = cleaned.interventions if len(cleaned.interventions) else None
    with stage("writing"):
        _write_all(write_files(target, cleaned.series, interventions, **choices), target, out)


def _without(case: Case, words: Sequence[str]) -> Case:
    """The case with these columns emptied."""
    series = case.series.assign(**{word: "" for word in words if word in case.series})
    drugs = case.interventions.assign(**{word: "" for word in words if word in case.interventions})
    return Case(series, drugs)


def _guarded(case: Case, target: str) -> Case:
    """The case with names and notes that a spreadsheet would not run as formulas."""
    if target not in TEXT_TABLES:
        raise HlhcliError(
            f"--spreadsheet-safe guards {', '.join(TEXT_TABLES)}; a cell of {target} says itself that it is "
            "text: leave it out"
        )
    return Case(guard_formulas(case.series), guard_formulas(case.interventions))


def _write_all(files: Files, target: str, out: Path | None) -> None:
    if out is None:
        _require_one_file(files)
        write(files[MAIN], None)
        return
    if target in FOLDERS:
        _make_new(out)
    for name, content in files.items():
        path = out / name if target in FOLDERS else _beside(out, name)
        write(content, path)
        print(f"wrote {path}", file=sys.stderr)


def _require_one_file(files: Files) -> None:
    if BESIDE in files:
        print(
            "hlhcli: note: the interventions are not written to standard output; add -o OUT", file=sys.stderr
        )


def _beside(out: Path, name: str) -> Path:
    return out if name == MAIN else out.with_name(f"{out.stem}-{name}{out.suffix}")


def _make_new(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise HlhcliError(f"{folder}: holds files already; name a new folder")
    except OSError as error:
        raise HlhcliError(f"{folder}: cannot be made ({error.strerror})") from None
