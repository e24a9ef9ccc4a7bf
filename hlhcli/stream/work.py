"""One task of a worker process: a file of rows to a finished part of the output."""

import gc
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from hlhcli.analysis import Analysis
from hlhcli.evidence.disturbance import Disturbances
from hlhcli.stream.batch import Whole, changes_of, read_times, to_series, with_names
from hlhcli.stream.decisions import Cells, Moments
from hlhcli.stream.encode import is_text
from hlhcli.stream.sink import open_part
from hlhcli.stream.spill import RECORD, read_records
from hlhcli.times import MISSING
from hlhcli.units.plausible import Survey, has_limits, survey


@dataclass(frozen=True)
class BadCell:
    """A cell that cannot be read: its row (counted through all files), column, text and reason."""

    row: int
    column: str
    text: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """Everything that was decided for the whole input; every worker has it."""

    cells: Cells
    moments: Moments
    time_texts: list[str]
    analysis: Analysis
    whole: Whole
    names: list[str]
    """Subjects in the order of output."""
    interventions: pd.DataFrame
    """Subjects as their places, ascending."""
    disturbances: Disturbances | None
    """Subjects as their places, ascending."""
    file_format: str
    most_rows: int
    """Rows that are analyzed together; a subject that has more is analyzed alone."""

    def save(self, path: Path) -> None:
        """Write the plan for the workers."""
        with path.open("wb") as file:
            pickle.dump(self, file, protocol=pickle.HIGHEST_PROTOCOL)


@dataclass(frozen=True)
class Done:
    """What a task has done."""

    rows: int
    subjects: int
    written: int
    bad: list[BadCell]
    surveys: list[Survey]
    """How far the values of markers with known limits lie, one or more for each."""


def start() -> None:
    """Set up a worker: only the main process answers to Ctrl-C, and none outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.enable()
    np.seterr(all="ignore")  # a slope between two draws a second apart may overflow: it is infinite
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def ready() -> None:
    """Do nothing: the first task, which starts the processes while the main one is still small."""


@lru_cache(maxsize=1)
def _plan(path: Path) -> Plan:
    with path.open("rb") as file:
        plan: Plan = pickle.load(file)
    return plan


@lru_cache(maxsize=1)
def _names(path: Path) -> pd.api.extensions.ExtensionArray:
    return pd.array(_plan(path).names, dtype="str")


def analyze_part(plan_path: Path, rows: Path, part: Path) -> Done:
    """Analyze all subjects of a file of rows and write their changes to a part of the output."""
    plan = _plan(plan_path)
    records, bad = without_bad(read_records(rows), plan)
    subjects = np.unique(records["subject"])
    written, surveys = 0, list[Survey]()
    with open_part(part, plan.file_format) as out:
        for found, known in analyzed(records, plan, _names(plan_path)):
            surveys += known
            written += len(found)
            out.add(found)
    rows.unlink()
    return Done(records.size + len(bad), subjects.size, written, bad, surveys)


def analyzed(
    records: np.ndarray, plan: Plan, names: pd.api.extensions.ExtensionArray
) -> Iterator[tuple[pd.DataFrame, list[Survey]]]:
    """The changes of usable records that are sorted by subject, batch by batch, and how far values lie."""
    for batch in whole_subjects(records, plan.most_rows):
        series = to_series(batch, plan.cells, plan.moments)
        yield with_names(_analyze(series, plan), names), _surveys(series, plan.cells)


def _analyze(series: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    first, last = (int(series["subject"].iloc[place]) for place in (0, -1))
    treated = _between(plan.interventions, first, last)
    return changes_of(series, treated, _of_subjects(plan, first, last), plan.whole)


def _surveys(series: pd.DataFrame, cells: Cells) -> list[Survey]:
    """How far the values of each marker with known limits lie."""
    value, row = series["value"].to_numpy(), series["row"].to_numpy()
    marker, found = series["marker"].cat.codes.to_numpy(), []
    for code, name in enumerate(cells.markers):
        rows = np.flatnonzero(marker == code) if has_limits(name) else marker[:0]
        if rows.size:
            found.append(survey(value[rows], row[rows], name, str(series["unit"].iloc[rows[0]])))
    return [one for one in found if one is not None]


def _of_subjects(plan: Plan, first: int, last: int) -> Analysis:
    """The analysis with what disturbs these subjects."""
    if plan.disturbances is None:
        return plan.analysis
    begin, end = np.searchsorted(plan.disturbances.subject, [first, last + 1])
    found = Disturbances(*(column[begin:end] for column in plan.disturbances))
    found = found._replace(subject=found.subject.astype(object))
    background = plan.analysis.background._replace(disturbances=found)
    return plan.analysis._replace(background=background)


def _between(frame: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """The rows of some subjects of a frame that is sorted by them."""
    begin, end = np.searchsorted(frame["subject"].to_numpy(), [first, last + 1])
    return frame.iloc[begin:end].reset_index(drop=True)


def no_changes(plan: Plan) -> pd.DataFrame:
    """No rows, with the columns and kinds of the output."""
    series = to_series(np.empty(0, dtype=RECORD), plan.cells, plan.moments)
    found = changes_of(series, plan.interventions[:0], _of_subjects(plan, 0, -1), plan.whole)
    return with_names(found, pd.array([], dtype="str"))


def without_bad(records: np.ndarray, plan: Plan) -> tuple[np.ndarray, list[BadCell]]:
    """The records that can be used and have a time, and the cells of the others."""
    reasons = np.array([reason != "" for reason in plan.moments.reason], dtype=bool)
    code = np.where(is_text(records["time"]), records["time"] - MISSING, 0)
    bad_time = reasons[code]
    bad_cells = np.isin(records["cells"], list(plan.cells.bad))
    usable = ~bad_time & ~bad_cells & (read_times(records["time"], plan.moments) != MISSING)
    if usable.all():
        return records, []
    return records[usable], list(_bad_cells(records[bad_time | bad_cells], plan))


def _bad_cells(records: np.ndarray, plan: Plan) -> Iterator[BadCell]:
    times = plan.moments
    odd = np.where(is_text(records["time"]), records["time"] - MISSING, 0).tolist()
    for row, number, code in zip(records["row"].tolist(), records["cells"].tolist(), odd, strict=True):
        for cell in plan.cells.bad.get(number, ()):
            yield BadCell(row, cell.place.column, cell.text, cell.reason)
        if times.reason[code]:
            yield BadCell(row, times.column, plan.time_texts[code], times.reason[code])


def whole_subjects(records: np.ndarray, most_rows: int) -> Iterator[np.ndarray]:
    """Slices of sorted records that cut no subject and have about so many rows at most."""
    if not records.size:
        return
    edges = np.append(np.flatnonzero(np.diff(records["subject"], prepend=-1)), records.size)
    begin = 0
    while begin < records.size:
        place = int(np.searchsorted(edges, begin + most_rows, side="right")) - 1
        end = int(edges[max(place, int(np.searchsorted(edges, begin, side="right")))])
        yield records[begin:end]
        begin = end
