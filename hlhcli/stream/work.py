"""One task of a worker process: a file of rows to a finished part of the output."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hlhcli.analysis import Analysis
from hlhcli.evidence.disturbance import Disturbances
from hlhcli.stream.batch import Whole, changes_of, read_times, to_values, with_names
from hlhcli.stream.decisions import Cells, Moments
from hlhcli.stream.encode import is_text
from hlhcli.stream.pool import given
from hlhcli.stream.sink import open_part
from hlhcli.stream.spill import Dealt, Records, forget, joined, no_room, read_records
from hlhcli.study import Treated, Values
from hlhcli.texts import Column, n_rows
from hlhcli.times import MISSING
from hlhcli.units.plausible import Survey, surveys


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
    treated: Treated
    """The windows of all interventions; subjects as their places, ascending."""
    disturbances: Disturbances | None
    """Subjects as their places, ascending."""
    file_format: str
    most_rows: int
    """Rows that are analyzed together; a subject that has more is analyzed alone."""

    @cached_property
    def subjects(self) -> np.ndarray:
        """The names of subjects by their places."""
        return np.array(self.names, dtype=object)


@dataclass(frozen=True)
class Done:
    """What a task has done."""

    rows: int
    subjects: int
    written: int
    bad: list[BadCell]
    surveys: list[Survey]
    """How far the values of markers with known limits lie, one or more for each."""


class Task(NamedTuple):
    """What is done with each file of rows."""

    plan: Plan
    dealt: list[Dealt]

    def analyze(self, number: int, part: Path) -> Done:
        """Analyze all subjects of a file of rows and write their changes to a part of the output.

        Raises `HlhcliError` where the disk of the part is full.
        """
        plan = self.plan
        records, bad = without_bad(read_records(self.dealt, number), plan)
        n_subjects = int(np.count_nonzero(np.diff(records.subject, prepend=-1)))
        written, known = 0, list[Survey]()
        try:
            with open_part(part, plan.file_format) as out:
                for found, surveys_of_batch in analyzed(records, plan):
                    known += surveys_of_batch
                    written += n_rows(found)
                    out.add(found)
        except OSError as error:
            raise no_room(part.parent, error) from None
        forget(self.dealt, number)
        return Done(records.size + len(bad), n_subjects, written, bad, known)


def analyze_part(path: Path, number: int, part: Path) -> Done:
    """Do a task that was saved with one file of rows."""
    task: Task = given(path)
    return task.analyze(number, part)


def analyzed(records: Records, plan: Plan) -> Iterator[tuple[dict[str, Column], list[Survey]]]:
    """The changes of usable records that are sorted by subject, batch by batch, and how far values lie."""
    for batch in whole_subjects(records, plan.most_rows):
        values = to_values(batch, plan.cells, plan.moments)
        yield with_names(_analyze(values, plan), plan.subjects), _surveys(values)


def _analyze(values: Values, plan: Plan) -> dict[str, Column]:
    first, last = (int(values.subject[place]) for place in (0, -1))
    treated, analysis = plan.treated.between(first, last), _of_subjects(plan, first, last)
    return changes_of(values, treated, analysis, ranged=plan.whole.has_range)


def _surveys(values: Values) -> list[Survey]:
    """How far the values of each marker lie; a marker has one unit by now."""
    unit = np.zeros(values.marker.texts.size, dtype=np.int64)
    unit[values.marker.code] = values.unit.code
    pairs = list(zip(values.marker.texts.tolist(), values.unit.texts[unit].tolist(), strict=True))
    return list(surveys(values.value, values.row, values.marker.code, pairs))


def _of_subjects(plan: Plan, first: int, last: int) -> Analysis:
    """The analysis with what disturbs these subjects."""
    if plan.disturbances is None:
        return plan.analysis
    begin, end = np.searchsorted(plan.disturbances.subject, [first, last + 1])
    found = Disturbances(*(column[begin:end] for column in plan.disturbances))
    found = found._replace(subject=found.subject.astype(object))
    background = plan.analysis.background._replace(disturbances=found)
    return plan.analysis._replace(background=background)


def no_changes(plan: Plan) -> dict[str, Column]:
    """No rows, with the columns and kinds of the output."""
    values = to_values(joined([]), plan.cells, plan.moments)
    nobody = plan.treated.between(0, -1), _of_subjects(plan, 0, -1)
    found = changes_of(values, *nobody, ranged=plan.whole.has_range)
    return with_names(found, np.array([], dtype=object))


def without_bad(records: Records, plan: Plan) -> tuple[Records, list[BadCell]]:
    """The records that can be used and have a time, and the cells of the others."""
    if not plan.cells.bad and plan.time_texts == [""]:
        return records, []  # every time is a number
    reasons = np.array([reason != "" for reason in plan.moments.reason], dtype=bool)
    code = np.where(is_text(records.time), records.time - MISSING, 0)
    bad_time = reasons[code]
    bad_cells = np.isin(records.cells, list(plan.cells.bad))
    usable = ~bad_time & ~bad_cells & (read_times(records.time, plan.moments) != MISSING)
    if usable.all():
        return records, []
    return records.take(usable), list(_bad_cells(records.take(bad_time | bad_cells), plan))


def _bad_cells(records: Records, plan: Plan) -> Iterator[BadCell]:
    times = plan.moments
    odd = np.where(is_text(records.time), records.time - MISSING, 0).tolist()
    for row, number, code in zip(records.row.tolist(), records.cells.tolist(), odd, strict=True):
        for cell in plan.cells.bad.get(number, ()):
            yield BadCell(row, cell.place.column, cell.text, cell.reason)
        if times.reason[code]:
            yield BadCell(row, times.column, plan.time_texts[code], times.reason[code])


def whole_subjects(records: Records, most_rows: int) -> Iterator[Records]:
    """Slices of sorted records that cut no subject and have about so many rows at most."""
    if not records.size:
        return
    edges = np.append(np.flatnonzero(np.diff(records.subject, prepend=-1)), records.size)
    begin = 0
    while begin < records.size:
        place = int(np.searchsorted(edges, begin + most_rows, side="right")) - 1
        end = int(edges[max(place, int(np.searchsorted(edges, begin, side="right")))])
        yield records.take(slice(begin, end))
        begin = end
