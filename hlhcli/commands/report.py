"""A whole case as one page: frames are made as the other commands make them, then composed."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

import hlhcli
from hlhcli.analysis import Analysis
from hlhcli.builtin import TABLE1
from hlhcli.commands import score
from hlhcli.commands.case import Case, load, narrowed
from hlhcli.commands.evidence import Context, load_context
from hlhcli.commands.notes import collect_notes
from hlhcli.commands.provenance import Call, public_name
from hlhcli.commands.summarize import analyze_case
from hlhcli.criteria.definition import Definition
from hlhcli.errors import DataNote
from hlhcli.evidence import what_disturbs
from hlhcli.frames import DEFAULT_POINTS
from hlhcli.output import write
from hlhcli.progress import stage
from hlhcli.readers.formats import read_any
from hlhcli.readers.labs import understand
from hlhcli.readers.source import STDIN
from hlhcli.reading import ReadingOptions
from hlhcli.report import Material, Origin, Settings, UnusedCell, compose, require_few_subjects
from hlhcli.report.document import Figure, Report
from hlhcli.request import Disturbing, Limits, Source, Units, WindowRules
from hlhcli.windows import windows
from hlhcli.wording import describe_rules


@dataclass(frozen=True)
class Wishes:
    """What the options of a report ask for, beside where to write it."""

    source: Source
    reading: ReadingOptions
    units: Units
    disturbing: Disturbing
    rules: WindowRules
    baseline: str
    limits: Limits
    subjects: Sequence[str]
    markers: Sequence[str]
    definitions: Sequence[Definition]
    clinical: str | None
    carry: str | None
    scheme: str | None


def make(wishes: Wishes, call: Call, title: str | None) -> Report:
    """Read, compute and compose; what the readers note is in the report and on standard error."""
    with collect_notes() as notes:
        material = _gather(wishes, Origin(hlhcli.__version__, call.line, tuple(call.files()), ()))
    for note in notes:
        warnings.warn(note, DataNote, stacklevel=2)
    run = replace(material.run, notes=tuple(map(call.public, notes)))
    with stage("drawing"):
        return compose(replace(material, run=run), title)


def write_report(report: Report, file_format: str, target: Path | None) -> None:
    """Write the page; Markdown has its pictures in files beside it, and none on standard output."""
    with stage("writing"):
        if file_format == "html":
            from hlhcli.report.webpage import to_html

            write(to_html(report), target)
        elif file_format == "docx":
            from hlhcli.report.word import to_docx

            write(to_docx(report), target)
        else:
            _write_markdown(report, target)


def _write_markdown(report: Report, target: Path | None) -> None:
    from hlhcli.report.markdown import to_markdown

    figures = [part for part in report.parts() if isinstance(part, Figure)] if target else []
    files = {one.anchor: target.with_name(f"{target.stem}-{one.anchor}.svg") for one in figures if target}
    drawn = {one.anchor: one.draw("svg") for one in figures}
    text = to_markdown(report, {anchor: path.name for anchor, path in files.items()})
    for anchor, path in files.items():
        write(drawn[anchor], path)
    write(text, target)


def _gather(wishes: Wishes, run: Origin) -> Material:
    """The frames; scores look at all markers, also where the report is about some."""
    whole = load(wishes.source, wishes.reading, wishes.units, subjects=wishes.subjects)
    require_few_subjects(whole.series)
    case = narrowed(whole, wishes.markers)
    context = load_context(case, wishes.source, wishes.disturbing, wishes.limits, reading=wishes.reading)
    with stage("computing changes"):
        analysis = Analysis(baseline=wishes.baseline, rules=wishes.rules)
        changes = analyze_case(case, context, analysis)
    series = case.series.assign(disturbed=_disturbed(case, context))
    own = context.events["subject"].isin(case.series["subject"])
    return Material(
        series=series[series["value"].notna()].reset_index(drop=True),
        interventions=case.interventions,
        windows=windows(case.series, case.interventions, **wishes.rules),
        changes=changes,
        events=context.events[own].reset_index(drop=True),
        scores=score.score(_patients(wishes, whole), wishes.definitions, wishes.carry, wishes.scheme)[0],
        definitions=wishes.definitions,
        unused=tuple(_unused(wishes)),
        settings=_settings(wishes),
        run=run,
    )


def _disturbed(case: Case, context: Context) -> pd.Series:
    """What may have changed each value, in words; empty where nothing is known to."""
    found = what_disturbs(case.series, case.interventions, context.background)
    return pd.Series(found, index=case.series.index, dtype="str")


def _patients(wishes: Wishes, whole: Case) -> score.Patients:
    stated = score.read_statements(wishes.source.labs, wishes.clinical, whole.series, wishes.reading)
    own = stated["subject"].isin(whole.series["subject"])
    return score.Patients(whole.series, stated[own].reset_index(drop=True))


def _unused(wishes: Wishes) -> Iterator[UnusedCell]:
    """The cells of the labs that hold no value; standard input cannot be read again."""
    if wishes.source.labs == STDIN:
        return
    with collect_notes():
        labs = understand(read_any(wishes.source.labs or TABLE1, "labs", wishes.reading), wishes.reading)
    for cell in labs.unused:
        yield UnusedCell(cell.place.line, cell.place.column, cell.text, cell.reason)


def _settings(wishes: Wishes) -> Settings:
    return Settings(
        rules=describe_rules(baseline=wishes.baseline, **wishes.rules),
        points=DEFAULT_POINTS,
        unit_system=wishes.units.system,
        ranges=public_name(wishes.units.ranges or ""),
        disturbed_for=wishes.disturbing.hours,
        carry=wishes.carry or "",
    )
