"""Changes that `summarize` wrote, read for what is asked of them: in blocks of rows, in few bytes each.

A file of some millions of rows fits: texts are stored once and referred to by number, and only the
columns that are needed are kept, some 140 bytes a row.
"""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.readers.source import GZIP, PARQUET, STDIN, STDIN_NAME

BLOCK = 100_000
"""Rows that are read at a time."""

NUMBERS = ("baseline", "value", "day", "n_before", "n_after", "placements", "rcv_low_percent")
BOUNDS = ("_low", "_high")
START = "start"


def read_changes(source: str | Path, needed: Sequence[str], welcome: Sequence[str] = ()) -> pd.DataFrame:
    """The ``needed`` columns of a file of changes, and those of the ``welcome`` ones that it has.

    Reads CSV and TSV (gzip too) from a path or, for ``-``, from standard input, and Parquet. Texts
    are categories, numbers ``float64``, starts as in `hlhcli.frames`.

    Raises:
        HlhcliError: a file that cannot be read, a missing column, a cell that is no number.

    """
    name = STDIN_NAME if str(source) == STDIN else str(source)
    with _open(source) as stream:
        if stream.peek(len(PARQUET)).startswith(PARQUET):
            blocks = _parquet(stream, name, needed, welcome)
        else:
            blocks = _delimited(_unpacked(stream), name, needed, welcome)
        return _joined(_told(blocks, name), name)


def are_changes(path: Path, needed: Sequence[str]) -> bool:
    """Whether a file has the ``needed`` columns of changes; false where it cannot be read."""
    try:
        with path.open("rb") as stream:
            if stream.peek(len(PARQUET)).startswith(PARQUET):
                names = library("pyarrow.parquet", "parquet", f"{path}: Parquet").read_schema(stream).names
            else:
                names = _header(_unpacked(stream))[0]
    except (OSError, ValueError, EOFError, zlib.error, HlhcliError):
        return False
    return set(needed) <= set(names)


def _open(source: str | Path) -> io.BufferedReader:
    if str(source) == STDIN:
        if sys.stdin is None or sys.stdin.isatty():
            raise HlhcliError(
                "standard input: nothing is piped in; give a file, or pipe what `hlhcli summarize` writes"
            )
        return cast(io.BufferedReader, sys.stdin.buffer)
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise HlhcliError(f"{source}: cannot be read ({error.strerror})") from None


def _unpacked(stream: io.BufferedReader) -> BinaryIO:
    if not stream.peek(len(GZIP)).startswith(GZIP):
        return stream
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=stream))))


def _delimited(
    stream: BinaryIO, name: str, needed: Sequence[str], welcome: Sequence[str]
) -> Iterator[pd.DataFrame]:
    """Blocks of the columns that are wanted, as numbers and texts."""
    header, separator = _header(stream)
    chosen = _chosen(header, name, needed, welcome)
    is_number = {column: _is_number(column) for column in chosen}
    yield from pd.read_csv(
        stream,
        sep=separator,
        header=None,
        names=header,
        usecols=chosen,
        dtype={column: "float64" if number else "str" for column, number in is_number.items()},
        keep_default_na=False,
        na_values={column: [""] for column, number in is_number.items() if number},
        chunksize=BLOCK,
        encoding="utf-8",
    )


def _header(stream: BinaryIO) -> tuple[list[str], str]:
    """The names of the columns and what separates them; raises `ValueError` for no such line."""
    first = stream.readline().decode("utf-8-sig").strip("\r\n")
    separator = "\t" if "\t" in first else ","
    try:
        return next(csv.reader([first], delimiter=separator), []), separator
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _parquet(
    stream: io.BufferedReader, name: str, needed: Sequence[str], welcome: Sequence[str]
) -> Iterator[pd.DataFrame]:
    parquet = library("pyarrow.parquet", "parquet", f"{name}: a Parquet file")
    source = stream if stream.seekable() else io.BytesIO(stream.read())
    schema = parquet.read_schema(source)
    chosen = _chosen(schema.names, name, needed, welcome)
    texts = [column for column in chosen if str(schema.field(column).type) == "string"]
    file = parquet.ParquetFile(source, read_dictionary=texts, pre_buffer=False)  # else all stays in memory
    for batch in file.iter_batches(batch_size=BLOCK, columns=chosen):
        block = batch.to_pandas()
        told = {name: _without_missing(block[name]) for name in chosen if block[name].dtype.kind == "O"}
        numbers = {name: block[name].astype("float64") for name in chosen if _is_number(name)}
        yield block.assign(**told, **numbers)


def _without_missing(texts: pd.Series) -> pd.Series:
    """Texts, as they are held, where one that is missing is empty."""
    if not isinstance(texts.dtype, pd.CategoricalDtype) or texts.hasnans:
        return texts.astype("str").fillna("")
    return texts


def _is_number(column: str) -> bool:
    return column in NUMBERS or column.endswith(BOUNDS)


def _chosen(header: Sequence[str], name: str, needed: Sequence[str], welcome: Sequence[str]) -> list[str]:
    if not any(header):
        raise HlhcliError(f"{name}: is empty; expected changes as `hlhcli summarize` writes them")
    missing = [column for column in needed if column not in header]
    if missing:
        raise HlhcliError(
            f"{name}: these are no changes as `hlhcli summarize` writes them: no column {', '.join(missing)}"
        )
    return [column for column in (*needed, *welcome) if column in header]


def _told(blocks: Iterator[pd.DataFrame], name: str) -> Iterator[pd.DataFrame]:
    """The blocks; what the libraries raise about the file becomes one message."""
    try:
        yield from blocks
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise HlhcliError(f"{name}: the gzip file is damaged or cut short; copy it again") from None
    except UnicodeDecodeError:
        raise HlhcliError(
            f"{name}: is not UTF-8 text; give the file as `hlhcli summarize` wrote it"
        ) from None
    except (ValueError, OSError) as error:  # pandas' and Arrow's own errors are such
        words = str(error).strip().splitlines()[0]
        raise HlhcliError(f"{name}: cannot be read as changes ({words})") from None


def _joined(blocks: Iterator[pd.DataFrame], name: str) -> pd.DataFrame:
    """All rows in one frame; numbers grow in place, so that none stands there twice."""
    numbers: dict[str, bytearray] = {}
    others: dict[str, list[pd.Series]] = {}
    for block in blocks:
        for column in map(str, block.columns):
            cells = block[column]
            if _is_number(column):
                numbers.setdefault(column, bytearray()).extend(cells.to_numpy(dtype=np.float64).tobytes())
            else:
                others.setdefault(column, []).append(
                    cells if cells.dtype.kind in "fM" else cells.astype("category")
                )
    if not others:
        raise HlhcliError(f"{name}: has a header but no rows")
    table = {column: pd.Series(np.frombuffer(cells), copy=False) for column, cells in numbers.items()}
    table |= {column: _one_column(cells) for column, cells in others.items()}
    table[START] = _starts(table[START], name)
    return pd.DataFrame(table, copy=False)


def _one_column(cells: list[pd.Series]) -> pd.Series:
    if cells[0].dtype.kind in "fM":
        return pd.concat(cells, ignore_index=True)
    return pd.Series(union_categoricals(cells))


def _starts(column: pd.Series, name: str) -> pd.Series:
    """Starts as times: each text is read once."""
    if column.dtype.kind in "fM":
        return column
    texts = pd.Series(column.cat.categories.astype("str"))
    times: pd.Series = pd.to_numeric(texts, errors="coerce").astype("float64")
    if (times.isna() != (texts == "")).any():
        times = pd.to_datetime(texts, format="ISO8601", errors="coerce").dt.as_unit("us")
    wrong = texts[times.isna() & (texts != "")]
    if len(wrong):
        raise HlhcliError(f"{name}: start '{wrong.iloc[0]}' is no ISO date and no day number")
    return times.take(column.cat.codes.to_numpy()).reset_index(drop=True)
