"""A whole run: intake, decisions, batches in processes, output; and how it ends, also badly."""

import gc
import multiprocessing
import shutil
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from hlhcli.errors import SHOWN, HlhcliError
from hlhcli.stream import work
from hlhcli.stream.form import localized, open_form
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
from hlhcli.stream.select import select
from hlhcli.stream.sink import Sink
from hlhcli.stream.spill import read_records
from hlhcli.stream.work import BadCell, Done, Plan
from hlhcli.units.plausible import Survey


def run(request: Request, progress: Progress) -> Outcome:
    """Summarize labs of any size; raises `HlhcliError`, and leaves no half file."""
    gc.enable()
    with _folder() as folder, _pool(request.resources.workers) as pool:
        form = open_form(request.labs, request.reading)
        with closing(form.source):
            names, wanted = whose(request, form)
            chosen = select(form, wanted)
            n_files = request.resources.n_files(chosen.form.source.rows)
            intake = take_in(chosen.form, wanted, folder, n_files, progress.reading)
            chosen.complete(intake)
        if request.strict and intake.misfits:
            raise_bad(request, list(misfits(intake)))
        plan = decide(request, intake, wanted, names)
        if request.strict:
            raise_bad(request, list(islice(_all_bad(intake, plan), SHOWN + 1)))
        plan_path = folder / "plan"
        plan.save(plan_path)
        return _analyze(request, intake, plan, (plan_path, pool, progress))


def _analyze(
    request: Request, intake: Intake, plan: Plan, tools: tuple[Path, ProcessPoolExecutor, Progress]
) -> Outcome:
    """Analyze the files of rows in processes and write the results in the order of subjects."""
    plan_path, pool, progress = tools
    spill = intake.spill
    progress.begin_analysis(int(spill.rows.sum()), int(intake.seen_wanted.sum()))
    sink = Sink(request.target, request.file_format, work.no_changes(plan))
    written, bad, surveys = 0, list(misfits(intake)), list[Survey]()
    try:
        for part, done in _tasks(pool, plan_path, intake, request.resources.workers):
            sink.add(part)
            progress.analyzed(done.rows, done.subjects)
            written += done.written
            bad += [bad_row(intake, cell) for cell in done.bad]
            surveys += done.surveys
        bad += [bad_row(intake, cell) for cell in _doubts(intake, plan)]
        ask_about(intake, surveys)
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


def _doubts(intake: Intake, plan: Plan) -> Iterable[BadCell]:
    """Bad cells of the rows that are not analyzed."""
    (path,) = intake.doubts.paths
    return work.without_bad(read_records(path), plan)[1] if path.exists() else []


def _all_bad(intake: Intake, plan: Plan) -> Iterator[BadRow]:
    for path in [*intake.doubts.paths, *intake.spill.paths]:
        if path.exists():
            for cell in work.without_bad(read_records(path), plan)[1]:
                yield bad_row(intake, cell)


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
