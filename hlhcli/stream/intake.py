"""A pass over the labs: rows dealt to disk, and everything that decisions need about all of them.

An input of several parts is read in several processes; each deals its rows into a folder of its
own, and their tallies are put together in the order of the parts.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from hlhcli.errors import HlhcliError
from hlhcli.keys import ranked
from hlhcli.stream.encode import EMPTY, Subjects, encode_texts, is_text
from hlhcli.stream.findings import (
    FAR,
    Combinations,
    Findings,
    Tally,
    Wanted,
    begin_tally,
    no_findings,
    number_of,
)
from hlhcli.stream.form import Form
from hlhcli.stream.pieces import ROWS_OF_A_FILE, Batch, CutApartError, Lines, Misfit, Read
from hlhcli.stream.pool import give_back, given, inherited_form, result, save
from hlhcli.stream.spill import Dealt, Records, Spill
from hlhcli.times import DAY, MISSING

MOST_KEYS = 1 << 19
"""Combinations of codes are told apart in one step where there can be no more than this."""

Progress = Callable[[int, float], None]


@dataclass
class Intake(Findings):
    """What the pass has found, and where it has put the rows."""

    n_files: int = field(kw_only=True)
    """Into how many files the rows are dealt, by the places of their subjects."""
    dealt: list[Dealt] = field(default_factory=list)
    doubts: list[Dealt] = field(default_factory=list)
    """Rows that may be bad and are not in ``dealt``; in one file."""
    rows_of_file: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.n_files = max(1, min(self.n_files, len(self.seen)))
        self.rows_of_file = np.zeros(self.n_files, dtype=np.int64)


class Task(NamedTuple):
    """What is done with each part of an input."""

    wanted: Wanted
    subjects: Subjects
    n_files: int

    def deal(
        self, form: Form, read: Read, folder: Path, kind: str = "", progress: Progress | None = None
    ) -> "Part":
        """Read a part and deal its rows into a folder; ``kind`` is that of earlier times."""
        tally = begin_tally(form, self.wanted, self.subjects, kind)
        doubts, lines = Spill(folder / "doubts", 1, 1), None
        with Spill(folder, tally.seen.size, self.n_files) as spill, doubts:
            for item in read(form.columns, form.texts):
                if isinstance(item, Misfit):
                    tally.misfits.append(item)
                elif isinstance(item, Lines):
                    lines = item
                else:
                    _take_batch(_Pass(form, self.wanted, tally, spill, doubts), item)
                    if progress:
                        progress(tally.rows, item.done)
        return Part(tally, folder, spill.rows, lines)


class Part(NamedTuple):
    """A part of an input that was read."""

    tally: Tally
    folder: Path
    rows_of_file: np.ndarray
    lines: Lines | None
    """How many lines it has, where it is the span of a text, whose rows it has numbered from 1."""


def take_in(
    form: Form,
    wanted: Wanted,
    n_files: int,
    into: tuple[Path, Executor | None],
    progress: Progress,
) -> Intake:
    """Read the labs once, in processes where there are some and the input has parts.

    Raises `HlhcliError` for what cannot be read in a stream.
    """
    folder, pool = into
    intake = None
    if pool and len(form.source.parts) > 1 and not wanted.single:
        intake = _take_in_parts(_begin(form, wanted, n_files), wanted, (folder, pool), progress)
    if intake is None:
        intake = _begin(form, wanted, n_files)
        task = Task(wanted, intake.subjects, intake.n_files)
        _absorb(intake, task.deal(form, form.source.read, folder / "whole", progress=progress))
    if not intake.rows:
        raise HlhcliError(f"{form.source.name}: has a header but no rows")
    return intake


def _begin(form: Form, wanted: Wanted, n_files: int) -> Intake:
    return Intake(**vars(no_findings(form, wanted)), n_files=n_files)


def _take_in_parts(
    intake: Intake, wanted: Wanted, into: tuple[Path, Executor], progress: Progress
) -> Intake | None:
    """Read the labs in processes; None where one part cannot be read apart from the others."""
    path = save(into[0] / "reading", Task(wanted, intake.subjects, intake.n_files))
    lines, n_parts = Counter[int](), len(intake.form.source.parts)
    try:
        for number, part in enumerate(_dealt(path, n_parts, *into), 1):
            before = lines[part.lines.file] if part.lines else 0
            _absorb(intake, part, before)
            if part.lines:
                lines[part.lines.file] += part.lines.number
            progress(intake.rows, number / n_parts)
    except CutApartError:
        path.unlink()  # calls off the parts that have not begun
        return None
    return intake


def _dealt(path: Path, n_parts: int, folder: Path, pool: Executor) -> Iterator[Part]:
    """The parts in turn, read by processes that do a saved task; times are of one kind in all of them."""
    waiting = [pool.submit(deal_part, path, number, folder / str(number)) for number in range(n_parts)]
    kind = ""
    for number, future in enumerate(waiting):
        part = result(future)
        if kind and part.tally.times.kind not in ("", kind):
            part = result(pool.submit(deal_part, path, number, folder / f"{number}-again", kind))
        kind = kind or part.tally.times.kind
        yield part


def deal_part(path: Path, number: int, folder: Path, kind: str = "") -> Part:
    """Do a task with one part of its input, unless it is called off."""
    if not path.exists():
        raise CutApartError
    form, task = inherited_form(), given(path)
    part: Part = task.deal(form, form.source.parts[number], folder, kind)
    give_back()  # the process may wait from here on
    return part._replace(tally=part.tally.to_send())


def _absorb(intake: Intake, part: Part, before: int = 0) -> None:
    codes = intake.absorb(part.tally, before)
    intake.dealt.append(Dealt(part.folder, *codes, before))
    intake.doubts.append(Dealt(part.folder / "doubts", *codes, before))
    intake.rows_of_file += part.rows_of_file


class _Pass(NamedTuple):
    """Where the rows of a part go."""

    form: Form
    wanted: Wanted
    tally: Tally
    spill: Spill
    doubts: Spill


def _take_batch(into: _Pass, batch: Batch) -> None:
    form, table, tally = into.form, batch.table, into.tally
    if not table.num_rows:
        return
    row = batch.row + batch.file * ROWS_OF_A_FILE
    tally.rows += table.num_rows if batch.count is None else int(batch.count.sum())
    subject = _subjects(into, table)
    time = _times(into, table)
    value, code = tally.numbers.encode(table.column(form.value))
    texts = zip(form.texts, tally.combinations.texts, strict=False)
    parts = [encode_texts(table.column(name), known) for name, known in texts]
    local, numbers = _combine(into, [*parts, code])
    timed = time != MISSING
    blank = ~timed & (code == EMPTY) & (local == _blank(tally.combinations, numbers))
    _count(tally.combinations, local, numbers, (row, ~blank, timed, batch.count))
    _keep(into, Records(time, value, row, subject, np.array(numbers, dtype=np.int32)[local]), local, numbers)


def _subjects(into: _Pass, table: pa.RecordBatch) -> np.ndarray:
    column, wanted, subjects = into.form.subject, into.wanted, into.tally.subjects
    if column is None:
        return np.zeros(table.num_rows, dtype=np.int32) if wanted.single else np.full(table.num_rows, -1)
    place = subjects.encode(table.column(column))
    if not wanted.single:
        return place
    named = [*subjects.others, *([""] if (place >= 0).any() else [])]
    if len(named) > 1:
        raise HlhcliError(
            f"the interventions have no subject column, but the labs have several subjects ({named[0]}, "
            f"{named[1]}, …); add one"
        )
    return np.zeros_like(place)


def _times(into: _Pass, table: pa.RecordBatch) -> np.ndarray:
    """Instants of the first column that has one."""
    first, *others = (into.tally.times.encode(table.column(name)) for name in into.form.times)
    for other in others:
        first = np.where(first == MISSING, other, first)
    return first


def _combine(into: _Pass, parts: Sequence[np.ndarray]) -> tuple[np.ndarray, list[int]]:
    """A number for each row's combination, counted within the batch, and the number in all of each."""
    local, keys = combined(parts)
    return local, [number_of(into.tally, into.form, key, into.wanted.markers) for key in keys]


def combined(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """A number for each row's combination of codes, which are whole numbers from 0 up, and each combination.

    >>> local, keys = combined([np.array([0, 2, 0]), np.array([1, 0, 1])])
    >>> local.tolist(), keys
    ([0, 1, 0], [(0, 1), (2, 0)])
    """
    local, keys, widths = np.zeros(parts[0].size, dtype=np.int32), list[tuple[int, ...]]([()]), list[int]()
    for part in parts:
        width = int(part.max(initial=0)) + 1
        if widths and len(keys) * math.prod(widths) * width > MOST_KEYS:
            local, keys = _ranked(local, keys, widths)
            widths = []
        local = local * width + part
        widths.append(width)
    return _ranked(local, keys, widths)


def _ranked(
    local: np.ndarray, keys: Sequence[tuple[int, ...]], widths: Sequence[int]
) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """The numbers of the combinations that are there, and these: those of ``keys`` with further codes."""
    local, there = ranked(local)
    codes = []
    for width in reversed(widths):
        there, code = np.divmod(there, width)
        codes.append(code.tolist())
    return local, [(*keys[key], *more) for key, *more in zip(there.tolist(), *reversed(codes), strict=True)]


def _blank(combinations: Combinations, numbers: Sequence[int]) -> int:
    """The place in a batch of the combination whose texts are all empty; -1 where there is none."""
    blank = combinations.number((0,) * len(combinations.texts))
    return numbers.index(blank) if blank in numbers else -1


def _count(
    combinations: Combinations,
    local: np.ndarray,
    numbers: Sequence[int],
    rows: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None],
) -> None:
    """Count the rows of each combination of a batch.

    ``rows`` are their numbers, which are no blank lines, which have a time, and how many rows of the
    input each stands for.
    """
    row, real, timed, weight = rows
    real = real if weight is None else real & (weight > 0)
    for chosen, first, count in (
        (real, combinations.first, combinations.count),
        (real & timed, combinations.timed_first, combinations.timed_count),
    ):
        own, where = _some(local, chosen), _some(row, chosen)
        each = None if weight is None else weight[chosen]
        counts = np.bincount(own, each, len(numbers)).astype(np.int64).tolist()
        lowest = int(where.min(initial=FAR))
        is_known = all(first[number] < lowest for number, many in zip(numbers, counts, strict=True) if many)
        firsts = [FAR] * len(numbers) if is_known else _firsts(own, where, len(numbers)).tolist()
        for number, many, place in zip(numbers, counts, firsts, strict=True):
            if many:
                count[number] += many
                first[number] = min(first[number], place)


def _firsts(local: np.ndarray, row: np.ndarray, size: int) -> np.ndarray:
    """The first row of each combination of a batch."""
    found = np.zeros(size, dtype=np.int64)
    found[local[::-1]] = row[::-1]
    return found


def _keep(into: _Pass, records: Records, local: np.ndarray, numbers: Sequence[int]) -> None:
    """Deal out the rows of the subjects and markers that are analyzed, and those that may be bad."""
    tally, wanted, subject, time = into.tally, into.wanted, records.subject, records.time
    combinations = tally.combinations
    known, timed = subject >= 0, time != MISSING
    is_wanted = timed & _flags(combinations.wanted, numbers, local)
    chosen = known if wanted.chosen.all() else known & wanted.chosen[subject * known]
    asked = is_wanted if wanted.all_chosen else is_wanted & chosen
    for seen, rows in ((tally.seen, timed), (tally.seen_wanted, is_wanted)):
        _mark(seen, _some(subject, known & rows))
    for number in np.flatnonzero(np.bincount(_some(local, asked), minlength=len(numbers))).tolist():
        combinations.kept[numbers[number]] = True
    if not tally.has_fraction:
        exact = time[asked]
        tally.has_fraction = bool(((exact % DAY != 0) & ~is_text(exact)).any())
    dealt = is_wanted & chosen
    if dealt.all():
        into.spill.add(records)
        return
    into.spill.add(records.take(dealt))
    doubtful = ~dealt & _flags(combinations.doubtful, numbers, local)
    if len(tally.times.texts.texts) > 1:
        doubtful |= ~dealt & is_text(time) & timed
    if doubtful.any():
        found = records.take(doubtful)
        into.doubts.add(found._replace(subject=np.zeros_like(found.subject)))


def _mark(seen: np.ndarray, subject: np.ndarray) -> None:
    """Take note of subjects, of whom each mostly has many rows in a row."""
    last = np.append(subject[1:] != subject[:-1], True)[: subject.size]
    seen[subject[last]] = True


def _some(column: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen rows of a column: itself where these are all."""
    return column if chosen.all() else column[chosen]


def _flags(known: Sequence[bool], numbers: Sequence[int], local: np.ndarray) -> np.ndarray | np.bool_:
    """What is known of the combination of each row; a single answer where it is the same for all."""
    flags = np.array([known[number] for number in numbers], dtype=bool)
    return np.bool_(flags[0]) if flags.size and (flags == flags[0]).all() else flags[local]
