"""A whole run: intake, decisions, batches in processes, output; and how it ends, also badly."""

import gc
import shutil
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from hlhcli.errors import SHOWN, HlhcliError, reason_of
from hlhcli.reading import ReadingOptions
from hlhcli.stream import pool, work
from hlhcli.stream.form import Form, localized, open_form
from hlhcli.stream.intake import Intake, take_in
from hlhcli.stream.planning import (
    BadRow,
    Outcome,
    Request,
    ask_about,
    bad_row,
    decide,
    misfits,
    raise_bad,
    whose,
)
from hlhcli.stream.progress import Progress
from hlhcli.stream.resources import Resources
from hlhcli.stream.select import select
from hlhcli.stream.sink import Sink
from hlhcli.stream.spill import Dealt, read_records
from hlhcli.stream.work import BadCell, Done, Plan
from hlhcli.units.plausible import Survey


class Opened(NamedTuple):
    """Labs that are open, processes that have them, and a folder for temporary files."""

    form: Form
    pool: Executor
    folder: Path


@contextmanager
def opened(labs: str, reading: ReadingOptions, resources: Resources) -> Iterator[Opened]:
    """Open labs and start the processes, while little is in memory; raises `HlhcliError`."""
    form = open_form(labs, reading)
    with closing(form.source), _folder() as folder, pool.started(resources.workers, form) as processes:
        yield Opened(form, processes, folder)


def run(request: Request, labs: Opened, progress: Progress) -> Outcome:
    """Summarize labs of any size; raises `HlhcliError`, and leaves no half file."""
    interventions = request.interventions()
    names, wanted = whose(request, interventions, labs.form)
    pool.give_back()
    chosen = select(labs.form, wanted)
    n_files = request.resources.n_files(chosen.form.source.rows)
    readers = labs.pool if pool.FORKS else None
    intake = take_in(chosen.form, wanted, n_files, (labs.folder, readers), progress.reading)
    chosen.complete(intake)
    pool.give_back()
    if request.strict and intake.misfits:
        raise_bad(request, list(misfits(intake)))
    plan = decide(request, interventions, intake, wanted, names)
    if request.strict:
        raise_bad(request, list(islice(_all_bad(intake, plan), SHOWN + 1)))
    del interventions
    gc.enable()  # from here on much is made and dropped
    pool.give_back()
    return _analyze(request, intake, plan, labs, progress)


def _analyze(request: Request, intake: Intake, plan: Plan, labs: Opened, progress: Progress) -> Outcome:
    """Analyze the files of rows in processes and write the results in the order of subjects."""
    progress.begin_analysis(int(intake.rows_of_file.sum()), int(intake.seen_wanted.sum()))
    sink = Sink(request.target, request.file_format, work.no_changes(plan))
    written, bad, surveys = 0, list(misfits(intake)), list[Survey]()
    try:
        for part, done in _tasks(labs, plan, intake, request.resources.workers):
            sink.add(part)
            progress.analyzed(done.rows, done.subjects)
            written += done.written
            bad += [bad_row(intake, cell) for cell in done.bad]
            surveys += done.surveys
        bad += [bad_row(intake, cell) for cell in _bad(intake.doubts, 0, plan)]
        ask_about(intake, surveys)
        sink.finish()
    except HlhcliError as error:
        sink.abandon()
        raise HlhcliError(localized(str(error), intake.form.source, intake.where)) from None
    except OSError as error:
        sink.abandon()
        where = request.target or "standard output"
        raise HlhcliError(f"{where}: cannot be written ({reason_of(error)})") from None
    except BaseException:
        sink.abandon()
        raise
    return Outcome(intake.rows, written, sorted(bad))


def _tasks(labs: Opened, plan: Plan, intake: Intake, workers: int) -> Iterator[tuple[Path, Done]]:
    """The finished parts in order; a few tasks wait at a time, so that parts do not pile up."""
    task = pool.save(labs.folder / "task", work.Task(plan, intake.dealt))
    waiting: deque[tuple[Path, Future[Done]]] = deque()
    for number in intake.rows_of_file.nonzero()[0].tolist():
        part = labs.folder / f"{number}.part"
        waiting.append((part, labs.pool.submit(work.analyze_part, task, number, part)))
        if len(waiting) > 2 * workers:
            yield _result(waiting)
    while waiting:
        yield _result(waiting)


def _result(waiting: deque[tuple[Path, Future[Done]]]) -> tuple[Path, Done]:
    part, future = waiting.popleft()
    return part, pool.result(future)


def _bad(folders: list[Dealt], number: int, plan: Plan) -> Iterable[BadCell]:
    """The cells of a file of rows that cannot be read."""
    return work.without_bad(read_records(folders, number), plan)[1]


def _all_bad(intake: Intake, plan: Plan) -> Iterator[BadRow]:
    files = [(intake.doubts, 0), *((intake.dealt, number) for number in range(intake.n_files))]
    return (bad_row(intake, cell) for folders, number in files for cell in _bad(folders, number, plan))


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for temporary files, which is gone in the end."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="hlhcli-"))
    except OSError as error:
        raise HlhcliError(f"temporary files cannot be written ({reason_of(error)}); set TMPDIR") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
