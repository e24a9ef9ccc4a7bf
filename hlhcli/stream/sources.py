"""Files of any size as Arrow batches in the order of the file.

CSV, TSV and semicolons (gzip too) and Parquet; a folder or a pattern is read file by file, by
name; a table of a DuckDB file. Whatever cannot be read is one message that names file and row.
"""

import csv
import glob
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from hlhcli.errors import HlhcliError, nearest
from hlhcli.extras import library
from hlhcli.formulas import unguard
from hlhcli.readers.delimited import is_title
from hlhcli.readers.source import BYTE_ORDER_MARKS, GZIP

BLOCK_BYTES = 8 << 20
BLOCK_ROWS = 131_072
DELIMITERS = ",\t;"
SUFFIXES = {
    "parquet": (".parquet", ".pq"),
    "text": (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz"),
}
ROWS_OF_A_FILE = 1 << 40
"""Rows are counted through all files; those of a file begin with a multiple of this."""

ROWS_OF_A_PART = 1_000_000
"""About how many rows of an input are read together in one process."""

BYTES_OF_A_ROW = {"text": 40, "packed": 8}
"""About how many bytes of a text hold a row: only to choose the number of parts."""


@dataclass(frozen=True)
class Batch:
    """Some rows of one file."""

    file: int
    """The place of the file in its source."""
    table: pa.RecordBatch
    row: np.ndarray
    """The number of each row in its file: of its line, where the file is text."""
    done: float
    """Share of the whole input that has been read, 0 to 1."""
    count: np.ndarray | None = None
    """How many rows of the input each row stands for, where it is not one; 0 where they are counted."""


@dataclass(frozen=True)
class Misfit:
    """A line of a text that has more or fewer cells than the header."""

    file: int
    row: int
    text: str
    reason: str


Read = Callable[[Sequence[str], Sequence[str]], Iterator[Batch | Misfit]]


@dataclass(frozen=True)
class Source:
    """An input: its name, its files, its header, the likely number of rows and a way to read it.

    ``read`` takes the columns that are wanted and those of them that hold few different texts.
    """

    name: str
    files: list[str]
    header: list[str]
    rows: int
    read: Read
    place: str = "row"
    """What ``Batch.row`` counts."""
    sample: Read | None = None
    """Reads the first rows only, where ``read`` begins what is better not begun in vain."""
    close: Callable[[], None] = lambda: None
    """Lets go of what was opened."""
    parts: Sequence[Read] = ()
    """Ways to read its parts, in order, each by itself; none where it can only be read as a whole."""

    def where(self, file: int, row: int) -> str:
        """A row in words; the file is named where there are several."""
        return f"{self.files[file]}, {self.place} {row}" if len(self.files) > 1 else f"{self.place} {row}"


def open_files(name: str) -> Source:
    """The source of a file, folder or pattern; raises `HlhcliError`."""
    files = find_files(name)
    kinds = {kind_of(file) for file in files}
    if len(kinds) > 1:
        raise HlhcliError(f"{name}: has files of different kinds; name one kind, such as '{name}/*.parquet'")
    if kinds == {"parquet"}:
        header = list(_parquet(files[0]).schema_arrow.names)
        groups = [piece for file, path in enumerate(files) for piece in _row_groups(file, path)]
        return _of_files(name, files, header, _read_parquet, groups)
    header = _header(files[0])[0]
    whole = [(Piece(file), _likely_rows(path)) for file, path in enumerate(files)]
    return replace(_of_files(name, files, header, _read_text, whole), place="line")


def _of_files(
    name: str,
    files: list[str],
    header: list[str],
    read: Callable[..., Any],
    pieces: Sequence[tuple["Piece", int]],
) -> Source:
    """The source of files that are read as a whole, or by parts of some pieces."""
    each = partial(_each, files, read)
    return Source(
        name,
        files,
        header,
        sum(rows for _, rows in pieces),
        partial(each, [Piece(file) for file in range(len(files))]),
        parts=[partial(each, part) for part in _parts(pieces)],
    )


def find_files(name: str) -> list[str]:
    """The files of a path, a folder or a pattern, by name; raises `HlhcliError` where there are none."""
    path = Path(name)
    if path.is_dir():
        found = [str(item) for item in path.rglob("*") if item.is_file() and kind_of(item.name)]
        if not found:
            raise HlhcliError(f"{name}: the folder has no CSV or Parquet file")
        return sorted(found)
    if path.exists():
        return [name]
    found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise HlhcliError(f"{name}: no such file")
    return found


def kind_of(file: str) -> str:
    """``parquet`` or ``text`` by a file's name; empty for any other."""
    name = file.lower()
    return next((kind for kind, suffixes in SUFFIXES.items() if name.endswith(suffixes)), "")


@dataclass(frozen=True)
class Piece:
    """A file, or some row groups of one of Parquet."""

    file: int
    groups: tuple[int, ...] = ()
    """Row groups in a row; none: all."""
    first: int = 0
    """Rows of the file before it."""


def _parts(pieces: Iterable[tuple[Piece, int]]) -> list[list[Piece]]:
    """Pieces with their numbers of rows as parts of about `ROWS_OF_A_PART`."""
    parts, rows = list[list[Piece]](), ROWS_OF_A_PART
    for piece, count in pieces:
        if rows >= ROWS_OF_A_PART:
            parts.append([])
            rows = 0
        own = parts[-1]
        if own and own[-1].file == piece.file:
            own[-1] = replace(own[-1], groups=own[-1].groups + piece.groups)
        else:
            own.append(piece)
        rows += count
    return parts


def _each(
    files: Sequence[str], read: Callable[..., Any], pieces: Sequence[Piece], *columns: Sequence[str]
) -> Iterator[Batch | Misfit]:
    for number, piece in enumerate(pieces):
        for item in read(piece, files[piece.file], *columns):
            if isinstance(item, Misfit):
                yield item
            else:
                table, row, share = item
                yield Batch(piece.file, table, row, (number + share) / len(pieces))


def require_columns(file: str, wanted: Sequence[str], present: Sequence[str]) -> None:
    """Raise where a file lacks a column that the first file has."""
    missing = [name for name in wanted if name not in present]
    if missing:
        raise HlhcliError(
            f"{file}: no column '{missing[0]}', which the first file has; {nearest(missing[0], present)}"
        )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


# Parquet ------------------------------------------------------------------------------------


def _parquet(file: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file, pre_buffer=False)  # else the whole file stays in memory
    except (pa.ArrowException, OSError) as error:
        raise HlhcliError(
            f"{file}: the Parquet file is damaged or cut short ({_first_line(error)})"
        ) from None


def _row_groups(file: int, path: str) -> Iterator[tuple[Piece, int]]:
    """The row groups of a file, and how many rows each has."""
    known, first = _parquet(path).metadata, 0
    if not known.num_row_groups:
        yield Piece(file), 0  # its columns are looked at
    for group in range(known.num_row_groups):
        rows = known.row_group(group).num_rows
        yield Piece(file, (group,), first), rows
        first += rows


def _read_parquet(
    piece: Piece, path: str, columns: Sequence[str], coded: Sequence[str]
) -> Iterator[tuple[pa.RecordBatch, np.ndarray, float]]:
    header = _parquet(path).schema_arrow
    require_columns(path, columns, header.names)
    texts = [name for name in coded if pa.types.is_string(header.field(name).type)]
    opened = pq.ParquetFile(path, pre_buffer=False, read_dictionary=texts)
    groups = piece.groups or range(opened.num_row_groups)
    total, at = max(1, sum(opened.metadata.row_group(group).num_rows for group in groups)), piece.first
    try:
        for batch in opened.iter_batches(BLOCK_ROWS, groups, list(columns), use_threads=False):
            yield batch, np.arange(at + 1, at + 1 + batch.num_rows), (at - piece.first) / total
            at += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise HlhcliError(
            f"{path}: is damaged after row {at} ({_first_line(error)}); copy it again"
        ) from None


# text ---------------------------------------------------------------------------------------


@contextmanager
def _open_text(path: str) -> Iterator[tuple[BinaryIO, Callable[[], float]]]:
    """The bytes of a file, unpacked, and how much of the file has been read."""
    size = max(1, Path(path).stat().st_size)
    with Path(path).open("rb") as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        if not packed:
            yield raw, lambda: raw.tell() / size
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield cast(BinaryIO, unpacked), lambda: raw.tell() / size


def _header(path: str) -> tuple[list[str], str]:
    """The names in the first line, and the delimiter that it uses most."""
    try:
        with _open_text(path) as (stream, _):
            line = stream.readline(1 << 20)
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
    names = [unguard(name.strip()).strip() for name in next(csv.reader([first], delimiter=delimiter))]
    if is_title(names):
        raise HlhcliError(f"{path}: line 1 is a title, '{names[0]}'; a stream expects the header there")
    return names, delimiter


def _damaged(path: str, line: int = 0) -> HlhcliError:
    where = f" after line {line}" if line > 1 else ""
    return HlhcliError(f"{path}: the gzip file is damaged or cut short{where}; copy it again")


class _Lines:
    """Numbers the rows that fit, knowing the numbers of those that do not."""

    def __init__(self, file: int) -> None:
        self.file = file
        self.misfits: list[Misfit] = []
        self.left_out: list[int] = []
        self.next = 2

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


def _likely_rows(path: str) -> int:
    packed = path.lower().endswith(".gz")
    return Path(path).stat().st_size // BYTES_OF_A_ROW["packed" if packed else "text"] + 1


def _read_text(
    piece: Piece, path: str, columns: Sequence[str], coded: Sequence[str]
) -> Iterator[Misfit | tuple[pa.RecordBatch, np.ndarray, float]]:
    names, delimiter = _header(path)
    require_columns(path, columns, names)
    lines = _Lines(piece.file)
    few = pa.dictionary(pa.int32(), pa.string())
    try:
        with _open_text(path) as (stream, share):
            reader = pyarrow.csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                pyarrow.csv.ReadOptions(
                    column_names=names, skip_rows=1, block_size=BLOCK_BYTES, use_threads=False
                ),
                pyarrow.csv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=lines.leave_out,
                ),
                pyarrow.csv.ConvertOptions(
                    column_types={name: few if name in coded else pa.string() for name in columns},
                    include_columns=list(columns),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
            for batch in reader:
                yield from lines.take()
                yield batch, lines.number(batch.num_rows), share()
            yield from lines.take()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise _damaged(path, lines.next - 1) from None
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        if "Empty CSV" not in str(error):
            raise HlhcliError(f"{path}: after line {lines.next - 1}: {_first_line(error)}") from None
        yield from lines.take()
    except OSError as error:
        raise HlhcliError(f"{path}: cannot be read ({error.strerror or _first_line(error)})") from None


# DuckDB -------------------------------------------------------------------------------------


def open_database(path: str, table: str) -> Source:
    """The source of a table of a DuckDB file; raises `HlhcliError`."""
    duckdb = library("duckdb", "scale", f"{path}: a DuckDB database")
    try:
        connection = duckdb.connect(path, read_only=True)
        query = "SELECT table_schema, table_name FROM information_schema.tables WHERE lower(table_name) = ?"
        found = connection.execute(query, [table]).fetchall()
        if not found:
            raise HlhcliError(f"{path}: has no {table.upper()} table")
        relation = f'"{found[0][0]}"."{found[0][1]}"'
        header = [column[0] for column in connection.execute(f"SELECT * FROM {relation} LIMIT 0").description]
        rows = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
    except duckdb.Error as error:
        raise HlhcliError(f"{path}: the database cannot be opened ({_first_line(error)})") from None

    def read(columns: Sequence[str], _: Sequence[str]) -> Iterator[Batch | Misfit]:
        at = 0
        quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        connection.execute("SET enable_progress_bar = false; SET memory_limit = '500MB'; SET threads = 1")
        try:
            reader = connection.sql(f"SELECT {quoted} FROM {relation}").to_arrow_reader(BLOCK_ROWS)
            for batch in reader:
                yield Batch(0, batch, np.arange(at + 1, at + 1 + batch.num_rows), at / max(rows, 1))
                at += batch.num_rows
        except (duckdb.Error, pa.ArrowException) as error:
            raise HlhcliError(f"{path}: is damaged after row {at} ({_first_line(error)})") from None

    return Source(f"{path}, {table.upper()}", [path], header, rows, read)
