"""Lines of CSV, TSV and semicolons, gzip too, as Arrow batches.

A large text is cut between lines, so that its parts can be read apart. Where a quotation goes over
a cut, or a part cannot be read, `CutApartError` says that the whole must be read.
"""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv

from hlhcli.errors import HlhcliError
from hlhcli.formulas import unguard
from hlhcli.readers.delimited import is_title
from hlhcli.readers.source import BYTE_ORDER_MARKS, GZIP
from hlhcli.stream.pieces import CutApartError, Lines, Misfit, Piece, Span, first_line, require_columns

BLOCK_BYTES = 8 << 20
LONGEST_LINE = 1 << 20
DELIMITERS = ",\t;"

_Read = Misfit | tuple[pa.RecordBatch, np.ndarray, float]

BYTES_OF_A_ROW = {"text": 40, "packed": 8}
"""About how many bytes of a text hold a row: only to choose the number of parts."""


def spans(path: str, rows: int) -> list[Span]:
    """Where to cut a text into parts of about so many rows; one or none where it is small or packed."""
    size, length = Path(path).stat().st_size, rows * BYTES_OF_A_ROW["text"]
    if is_packed(path) or size < 2 * length:
        return []
    edges = [0]
    with Path(path).open("rb") as file:
        for at in range(length, size, length):
            if at > edges[-1]:
                file.seek(at - 1)
                if not file.readline(LONGEST_LINE).endswith(b"\n"):
                    break
                edges.append(file.tell())
    return [Span(*edge) for edge in pairwise([*edges, size]) if edge[0] < edge[1]]


def is_packed(path: str) -> bool:
    """Whether a file is gzip; raises `HlhcliError` where it cannot be read."""
    try:
        with Path(path).open("rb") as raw:
            return raw.read(2) == GZIP
    except OSError as error:
        raise HlhcliError(f"{path}: cannot be read ({error.strerror})") from None


class _Part:
    """Some bytes of a file, of which quotation marks are counted."""

    def __init__(self, raw: BinaryIO, span: Span) -> None:
        self._raw, self._span = raw, span
        self._marks, self.closed = 0, False
        raw.seek(span.begin)

    def read(self, size: int) -> bytes:
        """The next bytes; none at the end."""
        content = self._raw.read(min(size, self._span.end - self._raw.tell()))
        self._marks += content.count(b'"')
        return content

    def close(self) -> None:
        """Nothing more is asked for; the file is closed by whoever opened it."""
        self.closed = True

    def share(self) -> float:
        """How much of them has been read."""
        return (self._raw.tell() - self._span.begin) / (self._span.end - self._span.begin)

    @property
    def is_whole(self) -> bool:
        """Whether no quotation is open at the end of what was read."""
        return self._marks % 2 == 0


@contextmanager
def _open_text(path: str) -> Iterator[tuple[BinaryIO, Callable[[], float]]]:
    """The bytes of a file, unpacked, and how much of the file has been read."""
    size = max(1, Path(path).stat().st_size)
    with Path(path).open("rb") as raw:
        if not is_packed(path):
            yield raw, lambda: raw.tell() / size
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield cast(BinaryIO, unpacked), lambda: raw.tell() / size


def read_header(path: str) -> tuple[list[str], str]:
    """The names in the first line, and the delimiter that it uses most; raises `HlhcliError`."""
    try:
        with _open_text(path) as (stream, _):
            line = stream.readline(LONGEST_LINE)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise _damaged(path) from None
    except OSError as error:
        raise HlhcliError(f"{path}: cannot be read ({error.strerror})") from None
    if any(line.startswith(mark) for mark, encoding in BYTE_ORDER_MARKS if encoding != "utf-8-sig"):
        raise HlhcliError(f"{path}: is UTF-16 or UTF-32; save it as UTF-8")
    try:
        first = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise HlhcliError(f"{path}: line 1 is not UTF-8; save the file as UTF-8") from None
    if not first.strip():
        raise HlhcliError(f"{path}: line 1 is empty; expected a header line and rows of values")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        cells = next(csv.reader([first], delimiter=delimiter))
    except csv.Error as error:
        raise HlhcliError(
            f"{path}: line 1 is no header ({error}); expected names of columns, then rows of values"
        ) from None
    names = [unguard(name.strip()).strip() for name in cells]
    if is_title(names):
        raise HlhcliError(f"{path}: line 1 is a title, '{names[0]}'; a stream expects the header there")
    return names, delimiter


def _damaged(path: str, line: int = 0) -> HlhcliError:
    where = f" after line {line}" if line > 1 else ""
    return HlhcliError(f"{path}: the gzip file is damaged or cut short{where}; copy it again")


class _Lines:
    """Numbers the rows that fit, knowing the numbers of those that do not."""

    def __init__(self, file: int, first: int) -> None:
        self.file = file
        self.misfits: list[Misfit] = []
        self.left_out: list[int] = []
        self.next = first

    def leave_out(self, row: pa.csv.InvalidRow) -> str:
        """Take note of a row that does not fit; a blank line is no row."""
        self.left_out.append(row.number)
        if row.text.strip():
            reason = f"{row.actual_columns} cells where the header has {row.expected_columns}"
            self.misfits.append(Misfit(self.file, row.number, row.text[:200], reason))
        return "skip"

    def take(self) -> list[Misfit]:
        """The misfits since the last time."""
        taken, self.misfits = self.misfits, []
        return taken

    def number(self, count: int) -> np.ndarray:
        """The line of each of the next rows that fit."""
        lines = np.arange(self.next, self.next + count + len(self.left_out))
        lines = lines[~np.isin(lines, self.left_out)][:count]
        self.next = int(lines[-1]) + 1 if count else self.next
        self.left_out = [line for line in self.left_out if line >= self.next]
        return lines

    @property
    def count(self) -> int:
        """How many lines there were, when all rows are numbered."""
        return max(self.next - 1, *self.left_out, 0)


def likely_rows(path: str) -> int:
    """About how many rows a text has."""
    return Path(path).stat().st_size // BYTES_OF_A_ROW["packed" if is_packed(path) else "text"] + 1


def read_text(
    piece: Piece, path: str, columns: Sequence[str], coded: Sequence[str]
) -> Iterator[_Read | Lines]:
    """The rows of a text, with their lines and the share that was read; lines that do not fit.

    A span is read in the same way, and says in the end how many lines it has. Raises `HlhcliError`,
    or `CutApartError` for a span.
    """
    names, delimiter = read_header(path)
    require_columns(path, columns, names)
    form = _Form(names, delimiter, columns, coded)
    if piece.span:
        yield from _read_span(piece.file, piece.span, path, form)
        return
    lines = _Lines(piece.file, 2)
    try:
        with _open_text(path) as (stream, share):
            yield from _rows(form.open(stream, lines, skip=1), lines, share)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise _damaged(path, lines.next - 1) from None
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        if "Empty CSV" not in str(error):
            raise HlhcliError(f"{path}: after line {lines.next - 1}: {first_line(error)}") from None
        yield from lines.take()
    except OSError as error:
        raise HlhcliError(f"{path}: cannot be read ({error.strerror or first_line(error)})") from None


def _read_span(file: int, span: Span, path: str, form: "_Form") -> Iterator[_Read | Lines]:
    has_header = span.begin == 0
    lines = _Lines(file, 1 + has_header)
    try:
        with Path(path).open("rb") as raw:
            part = _Part(raw, span)
            reader = form.open(cast(BinaryIO, part), lines, skip=int(has_header))
            yield from _rows(reader, lines, part.share)
    except (pa.ArrowException, OSError):
        raise CutApartError from None
    if not part.is_whole:
        raise CutApartError
    yield Lines(file, lines.count)


def _rows(reader: pa.csv.CSVStreamingReader, lines: _Lines, share: Callable[[], float]) -> Iterator[_Read]:
    """The rows that fit, with their lines and the share that was read, and the lines that do not fit."""
    for batch in reader:
        yield from lines.take()
        yield batch, lines.number(batch.num_rows), share()
    yield from lines.take()


class _Form(NamedTuple):
    """How a text is read."""

    names: list[str]
    delimiter: str
    columns: Sequence[str]
    """Those that are wanted."""
    coded: Sequence[str]
    """Those of them that hold few different texts."""

    def open(self, stream: BinaryIO, lines: _Lines, *, skip: int) -> pa.csv.CSVStreamingReader:
        """The rows of a stream that fit; ``skip`` lines stand before them."""
        few = pa.dictionary(pa.int32(), pa.string())
        return pa.csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            pa.csv.ReadOptions(
                column_names=self.names, skip_rows=skip, block_size=BLOCK_BYTES, use_threads=False
            ),
            pa.csv.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=lines.leave_out,
            ),
            pa.csv.ConvertOptions(
                column_types={name: few if name in self.coded else pa.string() for name in self.columns},
                include_columns=list(self.columns),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
