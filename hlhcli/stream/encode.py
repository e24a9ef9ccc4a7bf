"""Columns of Arrow batches to numbers and codes of texts.

What is plain (a number with at most a decimal point, a date or date-time of ISO 8601, a day number)
becomes a number here, to the same double or microsecond that `hlhcli.readers` gives. Every other
cell becomes the code of its text, for the readers to decide on.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hlhcli.errors import HlhcliError
from hlhcli.formulas import MARK, unguard
from hlhcli.readers.cells import label_key
from hlhcli.readers.dates import to_instant
from hlhcli.readers.typed import cell_text
from hlhcli.times import DAY, MISSING

MOST_TEXTS = 5_000_000
"""More different texts than this are not held in memory."""

EMPTY, PLAIN = 0, 1
PLACEHOLDER = "\N{NULL}"
"""Codes of an empty cell and of a cell that is a plain number."""

NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
WHOLE_NUMBER = r"^-?[0-9]+$"
POINT_OR_GROUP = r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$"
DAY_NUMBER = r"^-?[0-9]{1,5}(?:\.[0-9]+)?$"
MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?"
WITH_OFFSET = (
    r"^(?P<moment>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})$"
)
MICROSECONDS = pa.timestamp("us")
LARGEST_DAY = 1e5
SMALLEST_DAY = 1e-9


class Texts:
    """Different texts and their codes; the first ones are given."""

    def __init__(self, *given: str) -> None:
        self.texts = list(given)
        self._code = {text: code for code, text in enumerate(given)}

    def codes(self, texts: Sequence[str]) -> np.ndarray:
        """The code of each text; new texts get new ones. Raises `HlhcliError` for far too many."""
        for text in texts:
            if text not in self._code:
                self._code[text] = len(self.texts)
                self.texts.append(text)
        if len(self.texts) > MOST_TEXTS:
            raise HlhcliError(
                f"a column holds more than {MOST_TEXTS:,} different texts that are neither plain numbers nor "
                f"ISO dates, such as '{self.texts[-1]}'; a stream cannot hold them: write numbers with a "
                "decimal point and dates as 2004-11-29T08:15, or use --engine pandas"
            )
        return np.fromiter((self._code[text] for text in texts), dtype=np.int32, count=len(texts))


def distinct(array: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """The place of each cell among the different ones; a missing cell is the last, which is null."""
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    found = coded.dictionary
    place = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    return place, pa.concat_arrays([found, pa.nulls(1, found.type)])


def texts_of(cells: pa.Array) -> list[str]:
    """The text of each cell, as the readers have it."""
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        return [_text(cell) if cell else "" for cell in cells.to_pylist()]
    return [cell_text(cell) for cell in cells.to_pylist()]


def _text(cell: str) -> str:
    plain = cell.strip()
    return unguard(plain).strip() if plain.startswith(MARK) else plain


def encode_texts(array: pa.Array, texts: Texts) -> np.ndarray:
    """The code of each cell's text."""
    place, cells = distinct(array)
    return texts.codes(texts_of(cells))[place]


class Numbers:
    """The cells of a column of results: a double where they are plain, else the code of the text."""

    def __init__(self, decimal: str | None) -> None:
        self.texts = Texts("", PLACEHOLDER)
        self.whole_only = decimal == "comma"
        self.has_point = False
        self.open_text = ""
        """The first plain number that would be another one with a decimal comma: 1.247."""

    def encode(self, array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Values, NaN where they are not plain, and codes: `EMPTY`, `PLAIN`, or that of a text."""
        if pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
            return self._encode_typed(array)
        if pa.types.is_decimal(array.type):
            array = array.cast(pa.string())
        place, cells = distinct(array)
        if not pa.types.is_string(cells.type):
            cells = pa.array(texts_of(cells), pa.string())
        plain = pc.match_substring_regex(cells, WHOLE_NUMBER if self.whole_only else NUMBER)
        values = pc.if_else(plain, cells, pa.scalar(None, pa.string())).cast(pa.float64())
        numbers = values.to_numpy(zero_copy_only=False)
        is_plain = np.isfinite(numbers)
        self._look_at_points(cells.filter(pa.array(is_plain)))
        codes = np.full(len(cells), PLAIN, dtype=np.int32)
        codes[~is_plain] = self.texts.codes(texts_of(cells.filter(pa.array(~is_plain))))
        return np.where(is_plain, numbers, np.nan)[place], codes[place]

    def _encode_typed(self, array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        values = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        codes = np.where(np.isnan(values), EMPTY, PLAIN).astype(np.int32)
        odd = np.isinf(values)
        if self.whole_only:
            odd |= (values != np.rint(values)) & ~np.isnan(values)
        if odd.any():
            codes[odd] = self.texts.codes([cell_text(value) for value in values[odd].tolist()])
            values = np.where(odd, np.nan, values)
        return values, codes

    def absorb(self, other: "Numbers") -> None:
        """Take note of what the next part of the column has shown."""
        self.has_point |= other.has_point
        self.open_text = self.open_text or other.open_text

    def _look_at_points(self, cells: pa.Array) -> None:
        """Whether points are proven to be decimal, and the first number of which that is open."""
        if self.has_point and self.open_text:
            return
        is_open = pc.match_substring_regex(cells, POINT_OR_GROUP)
        if not self.open_text and pc.any(is_open).as_py():
            self.open_text = cells.filter(is_open)[0].as_py()
        pointed = pc.and_not(pc.match_substring(cells, "."), is_open)
        self.has_point |= bool(pc.any(pointed).as_py())


class Times:
    """The cells of a column of times: instants where they are plain, else the code of the text.

    The code ``c`` of a text is ``MISSING + c``; 0 is an empty cell. ``kind`` is that of the first
    plain times: ``dates`` or ``days``; times of the other kind are texts. ``has_clock`` says whether
    some have a time of day without an offset, ``offsets`` which offsets the others have.
    """

    def __init__(self, labels: Sequence[str], kind: str = "") -> None:
        self.texts = Texts("")
        self.kind = kind
        self.has_clock = False
        self.offsets: dict[str, None] = {}
        self.labels = frozenset(map(label_key, labels))

    def encode(self, array: pa.Array) -> np.ndarray:
        """Instants, or `MISSING` and above for texts."""
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
            instants = self._moments(array)
        elif pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
            instants = self._days(array)
        else:
            instants = self._of_texts(array)
        return instants

    def absorb(self, other: "Times") -> np.ndarray:
        """Take note of what the next part of the column has shown; what its codes of texts are here."""
        self.kind = self.kind or other.kind
        self.has_clock |= other.has_clock
        self.offsets |= other.offsets
        return self.texts.codes(other.texts.texts).astype(np.int64)

    def _is(self, kind: str) -> bool:
        self.kind = self.kind or kind
        return self.kind == kind and not self.labels

    def _moments(self, array: pa.Array) -> np.ndarray:
        if not self._is("dates"):
            return self._as_texts(array)
        if pa.types.is_timestamp(array.type) and array.type.tz is not None:
            self._take_offsets(array)
            return _instants(pc.local_timestamp(array).cast(MICROSECONDS, safe=False))
        return self._look_at_clocks(_instants(array.cast(MICROSECONDS, safe=False)))

    def _look_at_clocks(self, instants: np.ndarray) -> np.ndarray:
        """The instants; takes note of times of day that have no offset."""
        if not self.has_clock:
            self.has_clock = bool(((instants % DAY != 0) & ~is_text(instants)).any())
        return instants

    def _take_offsets(self, array: pa.Array) -> None:
        """Take note of the offsets of the times of day of a column that has a zone."""
        wall = pc.local_timestamp(array).cast(MICROSECONDS, safe=False).cast(pa.int64())
        instant = array.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64())
        for offset in pc.unique(pc.subtract(wall, instant)).drop_null().to_pylist():
            minutes = abs(offset) // 60_000_000
            sign = "-" if offset < 0 else "+"
            self.offsets[f"{sign}{minutes // 60:02}:{minutes % 60:02}"] = None

    def _days(self, array: pa.Array) -> np.ndarray:
        days = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        size = np.abs(days)
        plain = np.isnan(days) | ((size < LARGEST_DAY) & ((days == 0) | (size > SMALLEST_DAY)))
        if not self._is("days") or not plain.all():
            return self._as_texts(array)
        return _of_days(days)

    def _of_texts(self, array: pa.Array) -> np.ndarray:
        if not pa.types.is_string(array.type):
            array = array.cast(pa.string())
        if not self.kind:
            self.kind = _kind_of(array)
        if self.labels or not self.kind:
            return self._as_texts(array)
        return self._day_texts(array) if self.kind == "days" else self._moment_texts(array)

    def _day_texts(self, array: pa.Array) -> np.ndarray:
        place, cells = distinct(array)
        plain = pc.match_substring_regex(cells, DAY_NUMBER).fill_null(True)
        days = pc.if_else(plain, cells, pa.scalar(None, pa.string())).cast(pa.float64())
        instants = _of_days(days.to_numpy(zero_copy_only=False))
        return self._with_texts(instants, cells, plain)[place]

    def _moment_texts(self, array: pa.Array) -> np.ndarray:
        try:
            return self._look_at_clocks(_instants(array.cast(MICROSECONDS)))
        except pa.ArrowInvalid:
            pass
        place, cells = distinct(array)
        plain = pc.match_substring_regex(cells, f"^{MOMENT}$").fill_null(True)
        parts = pc.extract_regex(cells, WITH_OFFSET)
        zoned = parts.is_valid()
        for offset in pc.unique(parts.field("offset").filter(zoned)).to_pylist():
            self.offsets[offset] = None
        read = pc.if_else(
            plain, cells, pc.if_else(zoned, parts.field("moment"), pa.scalar(None, pa.string()))
        )
        try:
            instants = _instants(read.cast(MICROSECONDS))
        except pa.ArrowInvalid:  # such as 2004-02-30
            values = [_iso(text) for text in read.to_pylist()]
            instants = np.array(values, dtype=np.int64)
            plain = pc.and_(plain, pa.array(instants != MISSING + 1))
        self._look_at_clocks(instants[plain.to_numpy(zero_copy_only=False)])
        return self._with_texts(instants, cells, pc.or_(plain, zoned))[place]

    def _with_texts(self, instants: np.ndarray, cells: pa.Array, plain: pa.Array) -> np.ndarray:
        """The instants, with the codes of the texts that are not plain."""
        odd = ~plain.to_numpy(zero_copy_only=False)
        if odd.any():
            instants = instants.copy()
            codes = self.texts.codes(texts_of(cells.filter(pa.array(odd))))
            instants[odd] = MISSING + codes.astype(np.int64)
        return instants

    def _as_texts(self, array: pa.Array) -> np.ndarray:
        place, cells = distinct(array)
        return (MISSING + self.texts.codes(texts_of(cells)).astype(np.int64))[place]


def is_text(instants: np.ndarray) -> np.ndarray:
    """Which instants stand for no time or for a text."""
    return np.asarray(instants <= MISSING + MOST_TEXTS)


def _kind_of(array: pa.Array) -> str:
    """What more of the plain cells are; empty where none is plain."""
    dates = pc.sum(pc.match_substring_regex(array, f"^{MOMENT}")).as_py() or 0
    days = pc.sum(pc.match_substring_regex(array, DAY_NUMBER)).as_py() or 0
    return "" if not dates and not days else "days" if days > dates else "dates"


def _instants(array: pa.Array) -> np.ndarray:
    return array.cast(pa.int64()).fill_null(MISSING).to_numpy(zero_copy_only=False)


def _of_days(days: np.ndarray) -> np.ndarray:
    known = ~np.isnan(days)
    return np.where(known, np.rint(np.where(known, days, 0.0) * DAY), MISSING).astype(np.int64)


def _iso(text: str | None) -> int:
    """Instant of an ISO time; ``MISSING + 1`` for what has its form but is none."""
    if text is None:
        return MISSING
    try:
        return int(to_instant(datetime.fromisoformat(text)).astype(np.int64))
    except ValueError:
        return MISSING + 1


class Subjects:
    """The subjects that are analyzed, by their places, and some of the others."""

    def __init__(self, names: Sequence[str], others: Mapping[str, None] = MappingProxyType({})) -> None:
        self._names = names
        self.others = dict(others)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self._names)}

    @cached_property
    def _numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Those that are plain numbers, ascending, and their places."""
        places = [place for place, name in enumerate(self._names) if _is_plain_number(name)]
        numbers = np.array([int(self._names[place]) for place in places], dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        return numbers[order], np.array(places, dtype=np.int32)[order]

    def encode(self, array: pa.Array) -> np.ndarray:
        """The place of each cell's subject; -1 for any other."""
        if pa.types.is_integer(array.type) and not array.null_count and self._numbers[0].size:
            return self._of_numbers(array)
        place, cells = distinct(array)
        texts = texts_of(cells) if array.null_count else texts_of(cells[:-1])
        codes = np.fromiter((self._place.get(text, -1) for text in texts), dtype=np.int32, count=len(texts))
        self.note_others(text for text, code in zip(texts, codes.tolist(), strict=True) if code < 0)
        return codes[place]

    def _of_numbers(self, array: pa.Array) -> np.ndarray:
        own, place_of = self._numbers
        cells = array.cast(pa.int64()).to_numpy(zero_copy_only=False)
        begin = np.flatnonzero(cells[1:] != cells[:-1]) + 1  # of the rows of one subject in a row
        begin = np.concatenate([np.zeros(min(cells.size, 1), dtype=np.int64), begin])
        numbers = cells[begin]
        at = np.minimum(np.searchsorted(own, numbers), own.size - 1)
        known = own[at] == numbers
        if not known.all():
            self.note_others(map(str, np.unique(numbers[~known]).tolist()))
        place = np.where(known, place_of[at], -1)
        return np.repeat(place, np.diff(begin, append=cells.size))

    def note_others(self, texts: Iterable[str]) -> None:
        """Keep some names of subjects that are not analyzed."""
        for text in texts:
            if len(self.others) >= MOST_OTHERS:
                return
            self.others[text] = None


MOST_OTHERS = 30
"""Names of other subjects that are kept for messages."""


def _is_plain_number(name: str) -> bool:
    return name.lstrip("-").isdecimal() and len(name) <= 18 and str(int(name)) == name
