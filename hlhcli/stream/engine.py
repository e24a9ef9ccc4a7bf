"""A whole run: intake, decisions, batches in processes, output; and how it ends, also badly."""

import gc
import multiprocessing
import shutil
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from hlhcli import selection
from hlhcli.analysis import Analysis
from hlhcli.courses import join_courses
from hlhcli.errors import SHOWN, DataNote, HlhcliError, bullet_list
from hlhcli.evidence import Background
from hlhcli.evidence.disturbance import Disturbances
from hlhcli.evidence.goals import Thresholds
from hlhcli.readers import for_series
from hlhcli.readers.address import public_address
from hlhcli.readers.delimited import Table
from hlhcli.readers.tidy import subjects_of
from hlhcli.reading import ReadingOptions
from hlhcli.request import Units
from hlhcli.stream import work
from hlhcli.stream.batch import Whole
from hlhcli.stream.decisions import Moments, decide_cells, decide_moments, find_wanted, outline
from hlhcli.stream.form import Form, localized, open_form
from hlhcli.stream.intake import Intake, Wanted, take_in
from hlhcli.stream.progress import Progress
from hlhcli.stream.resources import Resources
from hlhcli.stream.select import select
from hlhcli.stream.sink import Sink
from hlhcli.stream.spill import read_records
from hlhcli.stream.work import BadCell, Done, Plan
from hlhcli.times import instants
from hlhcli.units.plausible import Survey, question
from hlhcli.windows import exact_days, places


@dataclass(frozen=True)
class Beside:
    """What is known beside labs and interventions."""

    background: Background
    thresholds: Thresholds


@dataclass(frozen=True)
class Request:
    """What is asked of a run."""

    labs: str
    interventions: Table
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


def run(request: Request, progress: Progress) -> Outcome:
    """Summarize labs of any size; raises `HlhcliError`, and leaves no half file."""
    gc.enable()
    with _folder() as folder, _pool(request.resources.workers) as pool:
        form = open_form(request.labs, request.reading)
        with closing(form.source):
            names, wanted = _whose(request, form)
            chosen = select(form, wanted)
            n_files = request.resources.n_files(chosen.form.source.rows)
            intake = take_in(chosen.form, wanted, folder, n_files, progress.reading)
            chosen.complete(intake)
        if request.strict and intake.misfits:
            _raise_bad(request, list(_misfits(intake)))
        plan = _decide(request, intake, wanted, names)
        if request.strict:
            _raise_bad(request, list(islice(_all_bad(intake, plan), SHOWN + 1)))
        plan_path = folder / "plan"
        plan.save(plan_path)
        return _analyze(request, intake, plan, (plan_path, pool, progress))


def _whose(request: Request, form: Form) -> tuple[list[str], Wanted]:
    """The subjects of the interventions in the order of output, then those that were not asked for."""
    given = list(dict.fromkeys(subjects_of(request.interventions, request.reading)))
    single = given == [""] or (form.subject is None and len(given) == 1)
    chosen = [name for name in given if name in request.subjects] if request.subjects else given
    order = np.argsort(places(chosen)).tolist()
    named = set(chosen)
    rest = [name for name in dict.fromkeys([*given, *request.subjects]) if name not in named]
    names = [*(chosen[place] for place in order), *rest]
    is_chosen = np.arange(len(names)) < len(chosen)
    if single:
        names, is_chosen = [""], np.array([True])
    return names, Wanted(names, is_chosen, not request.subjects, request.markers, single)


def _decide(request: Request, intake: Intake, wanted: Wanted, names: list[str]) -> Plan:
    moments = decide_moments(intake, request.reading)
    find_wanted(request.markers, intake)
    cells = decide_cells(intake, request.units)
    if wanted.single:
        names = [next(iter(intake.subjects.others), "")]
    stub = outline(intake, moments, names, of_all=not wanted.single)
    found = for_series(request.interventions, stub, request.reading, strict=request.strict)
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
    return Plan(
        cells,
        moments,
        intake.times.texts.texts,
        analysis,
        Whole(_is_exact(intake, moments, found), cells.has_range),
        names,
        found,
        _of_places(beside.background.disturbances, names),
        request.file_format,
        request.resources.most_rows,
    )


def _treated(found: pd.DataFrame, intake: Intake, wanted: Wanted, names: list[str]) -> pd.DataFrame:
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


def _is_exact(intake: Intake, moments: Moments, found: pd.DataFrame) -> bool:
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


def _analyze(
    request: Request, intake: Intake, plan: Plan, tools: tuple[Path, ProcessPoolExecutor, Progress]
) -> Outcome:
    """Analyze the files of rows in processes and write the results in the order of subjects."""
    plan_path, pool, progress = tools
    spill = intake.spill
    progress.begin_analysis(int(spill.rows.sum()), int(intake.seen_wanted.sum()))
    sink = Sink(request.target, request.file_format, work.no_changes(plan))
    written, bad, surveys = 0, list(_misfits(intake)), dict[tuple[str, str], Survey]()
    try:
        for part, done in _tasks(pool, plan_path, intake, request.resources.workers):
            sink.add(part)
            progress.analyzed(done.rows, done.subjects)
            written += done.written
            bad += [_bad_row(intake, cell) for cell in done.bad]
            for one in done.surveys:
                known = surveys.get((one.marker, one.unit))
                surveys[one.marker, one.unit] = known.joined(one) if known else one
        bad += [_bad_row(intake, cell) for cell in _doubts(intake, plan)]
        _ask(intake, surveys.values())
        sink.finish()
    except HlhcliError as error:
        sink.abandon()
        raise HlhcliError(localized(str(error), intake.form.source, intake.where)) from None
    except OSError as error:
        sink.abandon()
        where = request.target or "standard output"
        raise HlhcliError(f"{where}: cannot be written ({error.strerror or error})") from None
    except BaseException:
        sink.abandon()
        raise
    return Outcome(intake.rows, written, sorted(bad))


def _ask(intake: Intake, surveys: Iterable[Survey]) -> None:
    """Ask about values that look as if they were in another unit, by their first rows."""
    for one in sorted((one for one in surveys if one.n_beyond), key=lambda one: one.row):
        text = localized(question(one), intake.form.source, intake.where)
        warnings.warn(text, DataNote, stacklevel=2)


def _tasks(
    pool: ProcessPoolExecutor, plan: Path, intake: Intake, workers: int
) -> Iterator[tuple[Path, Done]]:
    """The finished parts in order; a few tasks wait at a time, so that parts do not pile up."""
    waiting: deque[tuple[Path, Future[Done]]] = deque()
    filled = (path for path, rows in zip(intake.spill.paths, intake.spill.rows.tolist(), strict=True) if rows)
    for path in filled:
        part = path.with_suffix(".part")
        waiting.append((part, pool.submit(work.analyze_part, plan, path, part)))
        if len(waiting) > 2 * workers:
            yield _result(waiting)
    while waiting:
        yield _result(waiting)


def _result(waiting: deque[tuple[Path, Future[Done]]]) -> tuple[Path, Done]:
    part, future = waiting.popleft()
    try:
        return part, future.result()
    except BrokenProcessPool:
        raise HlhcliError(
            "a process of the run was ended from outside, perhaps because memory ran out; "
            "give less with --memory"
        ) from None


def _misfits(intake: Intake) -> Iterator[BadRow]:
    source = intake.form.source
    for one in intake.misfits:
        yield BadRow(source.files[one.file], one.row, "", one.text, one.reason, source.place)


def _bad_row(intake: Intake, cell: BadCell) -> BadRow:
    source = intake.form.source
    file, row = intake.where(cell.row)
    return BadRow(source.files[file], row, cell.column, cell.text, cell.reason, source.place)


def _doubts(intake: Intake, plan: Plan) -> Iterable[BadCell]:
    """Bad cells of the rows that are not analyzed."""
    (path,) = intake.doubts.paths
    return work.without_bad(read_records(path), plan)[1] if path.exists() else []


def _all_bad(intake: Intake, plan: Plan) -> Iterator[BadRow]:
    for path in [*intake.doubts.paths, *intake.spill.paths]:
        if path.exists():
            for cell in work.without_bad(read_records(path), plan)[1]:
                yield _bad_row(intake, cell)


def _raise_bad(request: Request, bad: list[BadRow]) -> None:
    if bad:
        raise HlhcliError(
            f"{public_address(request.labs)}: cannot be read (--strict)\n{bullet_list(list(map(str, bad)))}"
        )


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for temporary files, which is gone in the end."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="hlhcli-"))
    except OSError as error:
        raise HlhcliError(f"temporary files cannot be written ({error.strerror}); set TMPDIR") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, started while the main one is small; ended at once where the run fails."""
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context(method), work.start)
    try:
        pool.submit(work.ready)
        yield pool
    except BaseException:
        for process in multiprocessing.active_children():
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
