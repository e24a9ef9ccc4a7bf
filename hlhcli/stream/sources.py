"""Files of any size as Arrow batches in the order of the file.

CSV, TSV and semicolons (gzip too) and Parquet; a folder or a pattern is read file by file, by
name; a table of a DuckDB file. Whatever cannot be read is one message that names file and row.
"""

import glob
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.stream.delimited import likely_rows, read_header, read_text, spans
from hlhcli.stream.pieces import (
    BLOCK_ROWS,
    Batch,
    Item,
    Lines,
    Misfit,
    Piece,
    Read,
    first_line,
    require_columns,
)

SUFFIXES = {
    "parquet": (".parquet", ".pq"),
    "text": (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz"),
}
ROWS_OF_A_PART = 1_000_000
"""About how many rows of an input are read together in one process."""


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
    header = read_header(files[0])[0]
    texts = [piece for file, path in enumerate(files) for piece in _texts(file, path)]
    return replace(_of_files(name, files, header, read_text, texts), place="line")


def _texts(file: int, path: str) -> list[tuple[Piece, int]]:
    """A text, or its spans where it is large, and about how many rows each has."""
    found, rows = spans(path, ROWS_OF_A_PART), likely_rows(path)
    if len(found) < 2:
        return [(Piece(file), rows)]
    return [(Piece(file, span=span), max(ROWS_OF_A_PART, rows // len(found))) for span in found]


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


def _parts(pieces: Iterable[tuple[Piece, int]]) -> list[list[Piece]]:
    """Pieces with their numbers of rows as parts of about `ROWS_OF_A_PART`; a span is a part of its own."""
    parts, rows = list[list[Piece]](), ROWS_OF_A_PART
    for piece, count in pieces:
        if rows >= ROWS_OF_A_PART or piece.span:
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
) -> Iterator[Item]:
    for number, piece in enumerate(pieces):
        for item in read(piece, files[piece.file], *columns):
            if isinstance(item, Misfit | Lines):
                yield item
            else:
                table, row, share = item
                yield Batch(piece.file, table, row, (number + share) / len(pieces))


# Parquet ------------------------------------------------------------------------------------


def _parquet(file: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file, pre_buffer=False)  # else the whole file stays in memory
    except (pa.ArrowException, OSError) as error:
        raise HlhcliError(f"{file}: the Parquet file is damaged or cut short ({first_line(error)})") from None


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
        raise HlhcliError(f"{path}: is damaged after row {at} ({first_line(error)}); copy it again") from None


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
        raise HlhcliError(f"{path}: the database cannot be opened ({first_line(error)})") from None

    def read(columns: Sequence[str], _: Sequence[str]) -> Iterator[Item]:
        at = 0
        quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        connection.execute("SET enable_progress_bar = false; SET memory_limit = '500MB'; SET threads = 1")
        try:
            reader = connection.sql(f"SELECT {quoted} FROM {relation}").to_arrow_reader(BLOCK_ROWS)
            for batch in reader:
                yield Batch(0, batch, np.arange(at + 1, at + 1 + batch.num_rows), at / max(rows, 1))
                at += batch.num_rows
        except (duckdb.Error, pa.ArrowException) as error:
            raise HlhcliError(f"{path}: is damaged after row {at} ({first_line(error)})") from None

    return Source(f"{path}, {table.upper()}", [path], header, rows, read)
