"""One pass over the labs: rows dealt to disk, and everything that decisions need about all of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from hlhcli import markers
from hlhcli.errors import HlhcliError
from hlhcli.keys import ranked
from hlhcli.readers.labs import PLACEMENTS
from hlhcli.stream.encode import EMPTY, PLAIN, Numbers, Subjects, Texts, Times, encode_texts, is_text
from hlhcli.stream.form import Form
from hlhcli.stream.sources import Batch, Misfit
from hlhcli.stream.spill import RECORD, Spill
from hlhcli.times import DAY, MISSING

MOST_COMBINATIONS = 2_000_000
LIMIT = re.compile(r"[<>≤≥]=?\s*[0-9]+(?:\.[0-9]+)?")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
FAR = np.iinfo(np.int64).max

Progress = Callable[[int, float], None]


@dataclass
class Combinations:
    """Every different combination of the texts of a row, with what is known of its rows."""

    texts: list[Texts]
    keys: list[tuple[int, ...]] = field(default_factory=list)
    """The codes of each combination, that of the result last."""
    first: list[int] = field(default_factory=list)
    """The first row."""
    count: list[int] = field(default_factory=list)
    timed_first: list[int] = field(default_factory=list)
    """The first row that has a time."""
    timed_count: list[int] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    """Whether a subject that was asked for has it."""
    wanted: list[bool] = field(default_factory=list)
    """Whether its marker was asked for."""
    doubtful: list[bool] = field(default_factory=list)
    """Whether it may turn out that the readers cannot read it."""
    _numbers: dict[tuple[int, ...], int] = field(default_factory=dict)

    def number(self, key: tuple[int, ...]) -> int | None:
        """The number of a combination that is known."""
        return self._numbers.get(key)

    def add(self, key: tuple[int, ...], *, wanted: bool, doubtful: bool) -> int:
        """Take in a new combination; its number."""
        if len(self.keys) >= MOST_COMBINATIONS:
            raise HlhcliError(
                f"the labs have more than {MOST_COMBINATIONS:,} different combinations of marker, unit, "
                "reference range and texts in place of numbers; a stream cannot hold them"
            )
        self._numbers[key] = len(self.keys)
        self.keys.append(key)
        self.first.append(FAR)
        self.count.append(0)
        self.timed_first.append(FAR)
        self.timed_count.append(0)
        self.kept.append(False)
        self.wanted.append(wanted)
        self.doubtful.append(doubtful)
        return len(self.keys) - 1


@dataclass
class Findings:
    """What decisions need to know of the labs, however they were read."""

    form: Form
    numbers: Numbers
    times: Times
    combinations: Combinations
    subjects: Subjects
    seen: np.ndarray
    """Which subjects have a row with a time."""
    seen_wanted: np.ndarray
    """Which of them have one of a marker that was asked for."""
    file_begins: list[int] = field(default_factory=list)
    """The number of rows before each file, where rows of several files are counted through."""
    misfits: list[Misfit] = field(default_factory=list)
    rows: int = 0
    last_row: int = 0
    has_fraction: bool = False
    """Whether a time that was asked for has a time of day or a fraction of a day."""

    def where(self, row: int) -> tuple[int, int]:
        """The file of a row and its number there."""
        file = int(np.searchsorted(self.file_begins, row)) - 1
        return file, row - self.file_begins[file]


@dataclass
class Intake(Findings):
    """What one pass over the labs has found, and where it has put the rows."""

    spill: Spill = field(kw_only=True)
    doubts: Spill = field(kw_only=True)
    """Rows that may be bad and are not in ``spill``."""


@dataclass(frozen=True)
class Wanted:
    """Whose rows are dealt out: all analyzed subjects by place, those asked for, and the markers."""

    subjects: Sequence[str]
    chosen: np.ndarray
    """Which subjects were asked for."""
    all_chosen: bool
    """Whether none was asked for, which means all."""
    markers: Sequence[str] = ()
    single: bool = False
    """Whether all rows are of one subject: a file names none."""


def take_in(form: Form, wanted: Wanted, folder: Path, n_files: int, progress: Progress) -> Intake:
    """Read the labs once; raises `HlhcliError` for what cannot be read in a stream."""
    intake = Intake(
        *_nothing_yet(form, wanted),
        spill=Spill(folder, max(1, len(wanted.subjects)), n_files),
        doubts=Spill(_folder(folder / "doubts"), 1, 1),
    )
    with intake.spill, intake.doubts:
        for item in form.source.read(form.columns, form.texts):
            _begin_file(intake, item.file)
            if isinstance(item, Misfit):
                intake.misfits.append(item)
            else:
                _take_batch(intake, item, wanted)
                progress(intake.rows, item.done)
    if not intake.rows:
        raise HlhcliError(f"{form.source.name}: has a header but no rows")
    return intake


def no_findings(form: Form, wanted: Wanted) -> Findings:
    """What is known before a row was read."""
    return Findings(*_nothing_yet(form, wanted))


def _nothing_yet(
    form: Form, wanted: Wanted
) -> tuple[Form, Numbers, Times, Combinations, Subjects, np.ndarray, np.ndarray]:
    numbers = Numbers(form.options.decimal)
    combinations = Combinations([*(Texts("") for _ in form.texts), numbers.texts])
    unseen = (np.zeros(max(1, len(wanted.subjects)), dtype=bool) for _ in range(2))
    times = Times(list(form.options.times))
    return form, numbers, times, combinations, Subjects(wanted.subjects), *unseen  # type: ignore[return-value]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _begin_file(intake: Intake, file: int) -> None:
    while len(intake.file_begins) <= file:
        intake.file_begins.append(intake.last_row)


def _take_batch(intake: Intake, batch: Batch, wanted: Wanted) -> None:
    form, table = intake.form, batch.table
    if not table.num_rows:
        return
    row = batch.row + intake.file_begins[batch.file]
    intake.last_row = int(row[-1])
    intake.rows += table.num_rows if batch.count is None else int(batch.count.sum())
    subject = _subjects(intake, table, wanted)
    time = _times(intake, table)
    value, code = intake.numbers.encode(table.column(form.value))
    parts = [encode_texts(table.column(name), texts) for name, texts in _columns(intake)]
    local, numbers = _combine(intake, [*parts, code], wanted.markers)
    timed = time != MISSING
    blank = ~timed & (code == EMPTY) & (local == _blank(intake.combinations, numbers))
    _count(intake.combinations, local, numbers, (row, ~blank, timed, batch.count))
    _keep(intake, (subject, time, value, row), local, numbers, wanted)


def _columns(intake: Intake) -> list[tuple[str, Texts]]:
    return list(zip(intake.form.texts, intake.combinations.texts, strict=False))


def _subjects(intake: Intake, table: pa.RecordBatch, wanted: Wanted) -> np.ndarray:
    column = intake.form.subject
    if column is None:
        return np.zeros(table.num_rows, dtype=np.int32) if wanted.single else np.full(table.num_rows, -1)
    place = intake.subjects.encode(table.column(column))
    if not wanted.single:
        return place
    named = [*intake.subjects.others, *([""] if (place >= 0).any() else [])]
    if len(named) > 1:
        raise HlhcliError(
            f"the interventions have no subject column, but the labs have several subjects ({named[0]}, "
            f"{named[1]}, …); add one"
        )
    return np.zeros_like(place)


def _times(intake: Intake, table: pa.RecordBatch) -> np.ndarray:
    """Instants of the first column that has one."""
    first, *others = (intake.times.encode(table.column(name)) for name in intake.form.times)
    for other in others:
        first = np.where(first == MISSING, other, first)
    return first


def _combine(
    intake: Intake, parts: Sequence[np.ndarray], wanted: Sequence[str]
) -> tuple[np.ndarray, list[int]]:
    """A number for each row's combination, counted within the batch, and the number in all of each."""
    local, keys = ranked(parts[0])
    found = [(int(key),) for key in keys]
    for part in parts[1:]:
        width = int(part.max()) + 1
        local, pairs = ranked(local * width + part)
        found = [(*found[pair // width], pair % width) for pair in pairs.tolist()]
    return local, [number_of(intake, key, wanted) for key in found]


def number_of(intake: Findings, key: tuple[int, ...], wanted: Sequence[str]) -> int:
    """The number of a combination, which may be new, by the codes of its texts."""
    combinations = intake.combinations
    number = combinations.number(key)
    if number is not None:
        return number
    cells = [texts.texts[code] for texts, code in zip(combinations.texts, key, strict=True)]
    marker = intake.form.marker(cells)
    chosen = not wanted or any(markers.key(one) == markers.key(marker) for one in wanted)
    return combinations.add(key, wanted=chosen, doubtful=is_doubtful(intake.form, key, cells))


def is_doubtful(form: Form, key: tuple[int, ...], cells: Sequence[str]) -> bool:
    """Whether the readers may not be able to read a combination."""
    by_name = dict(zip(form.texts, cells, strict=False))
    limits = [by_name[name] for name in form.limits]
    return (
        not cells[0]
        or (key[-1] not in (EMPTY, PLAIN) and LIMIT.fullmatch(cells[-1]) is None)
        or any(cell and not NUMBER.fullmatch(cell) for cell in limits)
        or (form.place is not None and by_name[form.place] not in PLACEMENTS)
    )


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
        each = None if weight is None else weight[chosen]
        counts = np.bincount(local[chosen], each, len(numbers)).astype(np.int64).tolist()
        firsts = _firsts(local[chosen], row[chosen], len(numbers)).tolist()
        for number, many, place in zip(numbers, counts, firsts, strict=True):
            if many:
                count[number] += many
                first[number] = min(first[number], place)


def _firsts(local: np.ndarray, row: np.ndarray, size: int) -> np.ndarray:
    """The first row of each combination of a batch."""
    found = np.zeros(size, dtype=np.int64)
    found[local[::-1]] = row[::-1]
    return found


def _keep(
    intake: Intake,
    columns: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    local: np.ndarray,
    numbers: Sequence[int],
    wanted: Wanted,
) -> None:
    """Deal out the rows of the subjects and markers that are analyzed, and those that may be bad."""
    subject, time, value, row = columns
    combinations, of_combination = intake.combinations, np.array(numbers, dtype=np.int32)
    known, timed = subject >= 0, time != MISSING
    is_wanted = timed & _flags(combinations.wanted, numbers, local)
    for seen, rows in ((intake.seen, timed), (intake.seen_wanted, is_wanted)):
        seen[subject[known & rows]] = True
    chosen = known & wanted.chosen[subject * known] if wanted.chosen.size else known & False
    asked = is_wanted if wanted.all_chosen else is_wanted & chosen
    for number in np.flatnonzero(np.bincount(local[asked], minlength=len(numbers))).tolist():
        combinations.kept[numbers[number]] = True
    if not intake.has_fraction:
        exact = time[asked]
        intake.has_fraction = bool(((exact % DAY != 0) & ~is_text(exact)).any())
    parts = (subject, of_combination[local], time, value, row)
    dealt = is_wanted & chosen
    intake.spill.add(_records(parts, dealt))
    doubtful = ~dealt & _flags(combinations.doubtful, numbers, local)
    if len(intake.times.texts.texts) > 1:
        doubtful |= ~dealt & is_text(time) & timed
    if doubtful.any():
        records = _records(parts, doubtful)
        records["subject"] = 0
        intake.doubts.add(records)


def _flags(known: Sequence[bool], numbers: Sequence[int], local: np.ndarray) -> np.ndarray | np.bool_:
    """What is known of the combination of each row; a single answer where it is the same for all."""
    flags = np.array([known[number] for number in numbers], dtype=bool)
    return np.bool_(flags[0]) if flags.size and (flags == flags[0]).all() else flags[local]


def _records(columns: Sequence[np.ndarray], chosen: np.ndarray) -> np.ndarray:
    """The records of the chosen rows."""
    rows = None if chosen.all() else np.flatnonzero(chosen)
    records = np.empty(chosen.size if rows is None else rows.size, dtype=RECORD)
    for name, column in zip(RECORD.names or (), columns, strict=True):
        records[name] = column if rows is None else column[rows]
    return records
