"""What was understood of the files, and every cell that was not used."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from hlhcli import markers
from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.commands.notes import collect_notes
from hlhcli.errors import HlhcliError
from hlhcli.identifiers import find_identifier
from hlhcli.output import write
from hlhcli.readers import read_interventions
from hlhcli.readers.delimited import Table
from hlhcli.readers.formats import read_any
from hlhcli.readers.labs import Labs, understand
from hlhcli.readers.problems import Cell
from hlhcli.reading import ReadingOptions
from hlhcli.renderers.check import (
    CellReport,
    FileReport,
    InterventionReport,
    MarkerReport,
    reports_to_json,
    reports_to_text,
)
from hlhcli.times import format_times, is_calendar
from hlhcli.units import bring_to_one_unit, note_implausible

DELIMITER = {",": "comma", "\t": "tab", ";": "semicolon"}


def check(
    files: Sequence[str], interventions: str | None, reading: ReadingOptions, *, deid: bool
) -> list[FileReport]:
    """A report on each lab file, or on the built-in case, and on the interventions.

    ``deid`` also looks for what may tell who the patient is, and repeats none of it.
    """
    labs = list(files) or [str(TABLE1)]
    drugs = interventions or (None if files else str(TABLE1_INTERVENTIONS))
    found = [_check_labs(name, reading, deid=deid) for name in labs]
    reports = [report for report, _ in found]
    series = [frame for _, frame in found if frame is not None]
    if drugs is not None and series:
        reports.append(_check_interventions(drugs, series[0], reading, deid=deid))
    return reports


def write_reports(reports: Sequence[FileReport], file_format: str, target: Path | None) -> None:
    """Write the reports; raises `HlhcliError` afterwards where something is wrong."""
    if file_format == "json":
        text = reports_to_json(reports)
    else:
        terminal = target is None and sys.stdout.isatty()
        color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = shutil.get_terminal_size().columns if terminal else None
        text = reports_to_text(reports, width=width, color=color)
    write(text, target)
    wrong = [report.file for report in reports if report.is_wrong]
    if wrong:
        raise HlhcliError(f"something is wrong in {', '.join(wrong)}; the report says what")


def _check_labs(name: str, reading: ReadingOptions, *, deid: bool) -> tuple[FileReport, pd.DataFrame | None]:
    try:
        table = read_any(name, "labs", reading)
        labs = understand(table, reading)
    except HlhcliError as error:
        return FileReport(name, errors=(_own_words(str(error), name),)), None
    cells = [*_cells(labs.problems, wrong=True), *_cells(labs.unused, wrong=False)]
    with collect_notes() as notes:
        errors = tuple(_errors_of(lambda: note_implausible(bring_to_one_unit(labs.series)), labs.name))
    report = FileReport(
        file=labs.name,
        facts=_facts(labs),
        markers=tuple(_markers(labs.series)),
        cells=tuple(sorted(cells, key=lambda cell: cell.line)),
        notes=(*labs.notes, *notes),
        errors=errors,
    )
    return (_deidentified(report, table) if deid else report), labs.series


def _check_interventions(
    name: str, series: pd.DataFrame, reading: ReadingOptions, *, deid: bool
) -> FileReport:
    try:
        table = read_any(name, "interventions", reading)
        with collect_notes() as notes:
            frame = read_interventions(name, series, reading)
    except HlhcliError as error:
        return FileReport(name, errors=(_own_words(str(error), name),))
    texts = zip(frame["intervention"], format_times(frame["start"]), format_times(frame["stop"]), strict=True)
    report = FileReport(
        file=name,
        facts={"interventions": len(frame), **_span(frame["start"])},
        interventions=tuple(InterventionReport(*text) for text in texts),
        notes=tuple(_own_words(note, name) for note in notes),
    )
    return _deidentified(report, table) if deid else report


def _own_words(message: str, name: str) -> str:
    """A message without the file's name, under which it stands."""
    return message.removeprefix(f"{name}: ")


def _errors_of(action: Callable[[], None], name: str) -> Iterator[str]:
    try:
        action()
    except HlhcliError as error:
        yield _own_words(str(error), name)


def _facts(labs: Labs) -> dict[str, str | int]:
    series = labs.series
    placements = series["placement"][series["placement"] != ""].value_counts()
    facts: dict[str, str | int] = {"layout": labs.layout}
    if labs.delimiter:
        facts["delimiter"] = DELIMITER[labs.delimiter]
    facts |= _span(series["time"])
    facts |= {
        "subjects": int(series["subject"].nunique()),
        "markers": int(series["marker"].nunique()),
        "values": int(series["value"].notna().sum()),
        "limits": int((series["bound"] != "").sum()),
    }
    if len(placements):
        facts["placements"] = ", ".join(f"{number} {name}" for name, number in placements.items())
    return facts


def _span(times: pd.Series) -> dict[str, str | int]:
    known = times.dropna().sort_values()
    texts = format_times(known.iloc[[0, -1]]) if len(known) else ["", ""]
    kind = "dates" if is_calendar(times) else "day numbers"
    return {"times": f"{kind}, {known.nunique()} of them", "first": texts[0], "last": texts[1]}


def _markers(series: pd.DataFrame) -> Iterator[MarkerReport]:
    with_value = series.assign(
        ranged=series["reference_low"].notna() | series["reference_high"].notna(),
        number=series["value"].notna(),
        limit=series["bound"] != "",
    )
    keys = with_value[["marker", "unit"]].drop_duplicates()
    for name, unit in keys.itertuples(index=False):
        group = with_value[(with_value["marker"] == name) & (with_value["unit"] == unit)]
        known, span = markers.find(name), _span(group.loc[group["number"], "time"])
        yield MarkerReport(
            marker=name,
            known_as=known.name if known else "",
            unit=unit,
            values=int(group["number"].sum()),
            bounds=int(group["limit"].sum()),
            with_range=int(group["ranged"].sum()),
            first=str(span["first"]),
            last=str(span["last"]),
        )


def _cells(cells: Sequence[Cell], *, wrong: bool) -> list[CellReport]:
    return [CellReport(cell.place.line, cell.place.column, cell.text, cell.reason, wrong) for cell in cells]


def _deidentified(report: FileReport, table: Table) -> FileReport:
    """The report with what may tell who the patient is, and without times and the text of cells."""
    names = [
        f"column {place}" if find_identifier("", name) else name for place, name in enumerate(table.header, 1)
    ]
    safe = dict(zip(table.header, names, strict=True))
    blank = [replace(cell, text="", column=safe.get(cell.column, cell.column)) for cell in report.cells]
    headings = [
        CellReport(table.header_line, safe[name], "", f"has a heading that may be identifying: {kind}", True)
        for name in table.header
        if (kind := find_identifier("", name))
    ]
    found = [cell for place, name in enumerate(table.header) for cell in _found_in(table, place, safe[name])]
    return replace(
        report,
        facts={name: fact for name, fact in report.facts.items() if name not in ("first", "last")},
        markers=tuple(replace(marker, first="", last="") for marker in report.markers),
        interventions=tuple(replace(item, start="", stop="") for item in report.interventions),
        cells=tuple(sorted([*blank, *headings, *found], key=lambda cell: cell.line)),
        notes=(),
    )


def _found_in(table: Table, place: int, name: str) -> Iterator[CellReport]:
    """The first cell of each kind of identifier in a column, and how many others there are."""
    lines: dict[str, list[int]] = {}
    for line, text in zip(table.lines, table.columns[place], strict=True):
        if kind := find_identifier(table.header[place], text):
            lines.setdefault(kind, []).append(line)
    for kind, found in lines.items():
        others = f", and {len(found) - 1} more in this column" if len(found) > 1 else ""
        yield CellReport(found[0], name, "", f"may be identifying: {kind}{others}", True)
