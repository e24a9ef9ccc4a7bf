"""Rows of an input as they are read: batches, what does not fit, and pieces that are read apart."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from hlhcli.errors import HlhcliError, nearest

BLOCK_ROWS = 131_072

ROWS_OF_A_FILE = 1 << 40
"""Rows are counted through all files; those of a file begin with a multiple of this."""


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


class Span(NamedTuple):
    """Bytes of a text that end with a line."""

    begin: int
    end: int


@dataclass(frozen=True)
class Piece:
    """A file, some row groups of one of Parquet, or some lines of a text."""

    file: int
    groups: tuple[int, ...] = ()
    """Row groups in a row; none: all."""
    first: int = 0
    """Rows of the file before its row groups."""
    span: Span | None = None
    """Where its lines stand, whose numbers are counted from its own first; None: the whole file."""


@dataclass(frozen=True)
class Lines:
    """The end of a `Span`: how many lines it has."""

    file: int
    number: int


class CutApartError(Exception):
    """A span does not hold whole rows, or has something that only the whole file can tell of."""


Item = Batch | Misfit | Lines
Read = Callable[[Sequence[str], Sequence[str]], Iterator[Item]]


def require_columns(file: str, wanted: Sequence[str], present: Sequence[str]) -> None:
    """Raise where a file lacks a column that the first file has."""
    missing = [name for name in wanted if name not in present]
    if missing:
        raise HlhcliError(
            f"{file}: no column '{missing[0]}', which the first file has; {nearest(missing[0], present)}"
        )


def first_line(error: BaseException) -> str:
    """What an error of a library says first."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
