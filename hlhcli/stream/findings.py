"""What decisions need to know of labs, gathered in a pass over their rows, part by part."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hlhcli import markers
from hlhcli.errors import HlhcliError
from hlhcli.readers.labs import PLACEMENTS
from hlhcli.stream.encode import EMPTY, PLAIN, Numbers, Subjects, Texts, Times
from hlhcli.stream.form import Form
from hlhcli.stream.pieces import ROWS_OF_A_FILE, Misfit

MOST_COMBINATIONS = 2_000_000
LIMIT = re.compile(r"[<>≤≥]=?\s*[0-9]+(?:\.[0-9]+)?")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
FAR = np.iinfo(np.int64).max


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

    def absorb(self, other: "Combinations", before: int) -> np.ndarray:
        """Take in those of another part of the labs; the number of each of them here."""
        codes = [own.codes(texts.texts).tolist() for own, texts in zip(self.texts, other.texts, strict=True)]
        numbers = []
        for place, key in enumerate(other.keys):
            own = tuple(code[one] for code, one in zip(codes, key, strict=True))
            number = self._numbers.get(own)
            if number is None:
                number = self.add(own, wanted=other.wanted[place], doubtful=other.doubtful[place])
            self.first[number] = min(self.first[number], before + other.first[place])
            self.timed_first[number] = min(self.timed_first[number], before + other.timed_first[place])
            self.count[number] += other.count[place]
            self.timed_count[number] += other.timed_count[place]
            self.kept[number] |= other.kept[place]
            numbers.append(number)
        return np.array(numbers, dtype=np.int32)


@dataclass
class Tally:
    """What the rows of a part of the labs have told."""

    numbers: Numbers
    times: Times
    combinations: Combinations
    subjects: Subjects
    seen: np.ndarray
    """Which subjects have a row with a time."""
    seen_wanted: np.ndarray
    """Which of them have one of a marker that was asked for."""
    misfits: list[Misfit] = field(default_factory=list)
    rows: int = 0
    has_fraction: bool = False
    """Whether a time that was asked for has a time of day or a fraction of a day."""

    def absorb(self, other: "Tally", before: int) -> tuple[np.ndarray, np.ndarray]:
        """Take in the tally of the next part: what its combinations and its texts of times are here.

        ``before`` is how many rows of its file stand before those that it has numbered.
        """
        self.numbers.absorb(other.numbers)
        times = self.times.absorb(other.times)
        self.subjects.note_others(other.subjects.others)
        self.seen |= other.seen
        self.seen_wanted |= other.seen_wanted
        self.misfits += [replace(one, row=before + one.row) for one in other.misfits]
        self.rows += other.rows
        self.has_fraction |= other.has_fraction
        return self.combinations.absorb(other.combinations, before), times

    def to_send(self) -> "Tally":
        """The tally without what every process knows."""
        return replace(self, subjects=Subjects((), self.subjects.others))


@dataclass
class Findings(Tally):
    """What the rows of all labs have told."""

    form: Form = field(kw_only=True)

    def where(self, row: int) -> tuple[int, int]:
        """The file of a row and its number there."""
        return divmod(row, ROWS_OF_A_FILE) if len(self.form.source.files) > 1 else (0, row)


def begin_tally(form: Form, wanted: Wanted, subjects: Subjects, kind: str = "") -> Tally:
    """What is known before a row was read; ``kind`` is that of times, where an earlier part has shown it."""
    numbers = Numbers(form.options.decimal)
    combinations = Combinations([*(Texts("") for _ in form.texts), numbers.texts])
    seen, seen_wanted = (np.zeros(max(1, len(wanted.subjects)), dtype=bool) for _ in range(2))
    return Tally(numbers, Times(list(form.options.times), kind), combinations, subjects, seen, seen_wanted)


def no_findings(form: Form, wanted: Wanted) -> Findings:
    """What is known of labs of which no row was read."""
    return Findings(**vars(begin_tally(form, wanted, Subjects(wanted.subjects))), form=form)


def number_of(found: Tally, form: Form, key: tuple[int, ...], wanted: Sequence[str]) -> int:
    """The number of a combination, which may be new, by the codes of its texts."""
    combinations = found.combinations
    number = combinations.number(key)
    if number is not None:
        return number
    cells = [texts.texts[code] for texts, code in zip(combinations.texts, key, strict=True)]
    marker = form.marker(cells)
    chosen = not wanted or any(markers.key(one) == markers.key(marker) for one in wanted)
    return combinations.add(key, wanted=chosen, doubtful=is_doubtful(form, key, cells))


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
