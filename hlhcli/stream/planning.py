"""What is asked of a run, what was decided for its whole input, and what it says in the end.

Both engines that take labs of any size plan alike: only how rows are carried differs.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from hlhcli import selection
from hlhcli.analysis import Analysis
from hlhcli.courses import join_courses
from hlhcli.errors import DataNote, HlhcliError, bullet_list
from hlhcli.evidence import Background
from hlhcli.evidence.disturbance import Disturbances
from hlhcli.evidence.goals import Thresholds
from hlhcli.readers import for_series
from hlhcli.readers.address import public_address
from hlhcli.readers.delimited import Table
from hlhcli.readers.tidy import subjects_of
from hlhcli.reading import ReadingOptions
from hlhcli.request import Units
from hlhcli.stream.batch import Whole
from hlhcli.stream.decisions import Moments, decide_cells, decide_moments, find_wanted, outline
from hlhcli.stream.findings import Findings, Wanted
from hlhcli.stream.form import Form, localized
from hlhcli.stream.resources import Resources
from hlhcli.stream.work import BadCell, Plan
from hlhcli.study import treat
from hlhcli.times import instants
from hlhcli.units.plausible import Survey, question
from hlhcli.windows import exact_days, places, require_same_kind


@dataclass(frozen=True)
class Beside:
    """What is known beside labs and interventions."""

    background: Background
    thresholds: Thresholds


@dataclass(frozen=True)
class Request:
    """What is asked of a run."""

    labs: str
    interventions: Callable[[], Table]
    """Reads their table, which may be large: it is let go of when all is decided."""
    reading: ReadingOptions
    units: Units
    analysis: Analysis
    beside: Callable[[pd.DataFrame, pd.DataFrame], Beside]
    """What is known beside both, from frames that stand for labs and interventions."""
    resources: Resources
    target: Path | None
    file_format: str
    subjects: Sequence[str] = ()
    markers: Sequence[str] = ()
    strict: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a run went."""

    rows: int
    written: int
    bad: list["BadRow"]


@dataclass(frozen=True, order=True)
class BadRow:
    """A row that was set aside: where it stands, the text that cannot be read, and why."""

    file: str
    row: int
    column: str
    text: str
    reason: str
    place: str = "line"

    def __str__(self) -> str:
        where = f"{self.file}, {self.place} {self.row}" + (f", column '{self.column}'" if self.column else "")
        return f"{where}: '{self.text}' {self.reason}" if self.text else f"{where}: {self.reason}"


def whose(request: Request, interventions: Table, form: Form) -> tuple[list[str], Wanted]:
    """The subjects of the interventions in the order of output, then those that were not asked for."""
    given = list(dict.fromkeys(subjects_of(interventions, request.reading)))
    single = given == [""] or (form.subject is None and len(given) == 1)
    chosen = [name for name in given if name in request.subjects] if request.subjects else given
    order = np.argsort(places(chosen)).tolist()
    named = set(chosen)
    rest = [name for name in dict.fromkeys([*given, *request.subjects]) if name not in named]
    names = [*(chosen[place] for place in order), *rest]
    is_chosen = np.arange(len(names)) < len(chosen)
    if single:
        names, is_chosen = [""], np.array([True])
    names = pa.array(names, pa.string()).to_pylist()  # texts of their own, apart from those of the table
    return names, Wanted(names, is_chosen, not request.subjects, request.markers, single)


def decide(
    request: Request, interventions: Table, intake: Findings, wanted: Wanted, names: list[str]
) -> Plan:
    """Everything that holds for the whole input; raises `HlhcliError` where it cannot be decided."""
    moments = decide_moments(intake, request.reading)
    find_wanted(request.markers, intake)
    cells = decide_cells(intake, request.units)
    if wanted.single:
        names = [next(iter(intake.subjects.others), "")]
    stub = outline(intake, moments, names, of_all=not wanted.single)
    found = for_series(interventions, stub, request.reading, strict=request.strict)
    if request.reading.course_gap:
        found = join_courses(found, request.reading.course_gap)
    if request.subjects and not wanted.single:
        selection.find_subjects(stub, request.subjects)
    found = _treated(found, intake, wanted, names)
    chosen = selection.find_interventions(found, request.analysis.interventions)
    named = found.assign(subject=pd.array(names, dtype="str").take(found["subject"].to_numpy()))
    beside = request.beside(stub, named)
    analysis = request.analysis._replace(
        interventions=chosen, background=beside.background, thresholds=beside.thresholds
    )
    whole = Whole(_is_exact(intake, moments, found), cells.has_range)
    require_same_kind(moments.like, found["start"])
    return Plan(
        cells,
        moments,
        intake.times.texts.texts,
        analysis,
        whole,
        names,
        treat(found, analysis.rules, exact=whole.has_fraction),
        _of_places(beside.background.disturbances, names),
        request.file_format,
        request.resources.most_rows,
    )


def _treated(found: pd.DataFrame, intake: Findings, wanted: Wanted, names: list[str]) -> pd.DataFrame:
    """The interventions of chosen subjects that have labs left, by the places of their subjects."""
    place = pd.Index(names).get_indexer(pd.Index(found["subject"]))
    analyzed = (wanted.chosen & intake.seen_wanted)[place] & (place >= 0)
    asked = [name for name, chosen in zip(names, wanted.chosen.tolist(), strict=True) if chosen]
    if odd := _order_changes(asked, {names[one] for one in np.unique(place[analyzed]).tolist()}):
        raise HlhcliError(
            f"subject '{odd}' has none of the markers that were asked for, and without it the others have "
            "another order; choose with --subject, or use --engine pandas"
        )
    kept = found[analyzed].assign(subject=place[analyzed].astype(np.int64))
    return kept.sort_values("subject", kind="stable", ignore_index=True)


def _order_changes(asked: list[str], left: set[str]) -> str:
    """A subject that is not a number where all that are left are; empty where there is none."""
    if not left or not all(name.isdecimal() for name in left):
        return ""
    return next((name for name in asked if name not in left and not name.isdecimal()), "")


def _is_exact(intake: Findings, moments: Moments, found: pd.DataFrame) -> bool:
    if moments.calendar:
        return False
    return intake.has_fraction or exact_days(moments.like, instants(found["start"]), instants(found["stop"]))


def _of_places(rows: Disturbances | None, names: list[str]) -> Disturbances | None:
    """Disturbances by the places of their subjects, ascending."""
    if rows is None:
        return None
    place = pd.Index(names).get_indexer(pd.Index(rows.subject, dtype="str"))
    order = np.argsort(place, kind="stable")
    order = order[place[order] >= 0]
    sorted_rows = Disturbances(*(column[order] for column in rows))
    return sorted_rows._replace(subject=place[order].astype(np.int64))


def ask_about(intake: Findings, surveys: Iterable[Survey]) -> None:
    """Ask about values that look as if they were in another unit, by their first rows."""
    found: dict[tuple[str, str], Survey] = {}
    for one in surveys:
        known = found.get((one.marker, one.unit))
        found[one.marker, one.unit] = known.joined(one) if known else one
    for one in sorted((one for one in found.values() if one.n_beyond), key=lambda one: one.row):
        text = localized(question(one), intake.form.source, intake.where)
        warnings.warn(text, DataNote, stacklevel=2)


def misfits(intake: Findings) -> Iterator[BadRow]:
    """The lines that have more or fewer cells than the header."""
    source = intake.form.source
    for one in intake.misfits:
        yield BadRow(source.files[one.file], one.row, "", one.text, one.reason, source.place)


def bad_row(intake: Findings, cell: BadCell) -> BadRow:
    """A cell that cannot be read, with its file and the row there."""
    source = intake.form.source
    file, row = intake.where(cell.row)
    return BadRow(source.files[file], row, cell.column, cell.text, cell.reason, source.place)


def raise_bad(request: Request, bad: list[BadRow]) -> None:
    """Raise `HlhcliError` where something is bad."""
    if bad:
        raise HlhcliError(
            f"{public_address(request.labs)}: cannot be read (--strict)\n{bullet_list(list(map(str, bad)))}"
        )
