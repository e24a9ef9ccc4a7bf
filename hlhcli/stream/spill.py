"""Rows on disk, in one file for each range of subjects, so that each file fits into memory.

Rows are dealt part by part of an input, each part into a folder of its own, whose codes are then
numbered anew as those of the whole input.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from hlhcli.errors import HlhcliError, reason_of
from hlhcli.kernel import stable_order
from hlhcli.stream.encode import is_text
from hlhcli.times import MISSING

BUFFER_BYTES = 64 << 10


class Records(NamedTuple):
    """Rows as columns."""

    time: np.ndarray
    """Instants; `MISSING` and above: the code of a text."""
    value: np.ndarray
    row: np.ndarray
    """The number of the row in the whole input."""
    subject: np.ndarray
    """The place of the subject in the order of output."""
    cells: np.ndarray
    """The combination of texts."""

    @property
    def size(self) -> int:
        """How many rows there are."""
        return int(self.row.size)

    def take(self, index: np.ndarray | slice) -> "Records":
        """The rows at these places, or those that are true."""
        return Records(*(column[index] for column in self))


KINDS = Records(*map(np.dtype, (np.int64, np.float64, np.int64, np.int32, np.int32)))  # type: ignore[arg-type]
"""The widest first, so that each column of a chunk begins where a number of its kind may begin."""
COUNT = np.dtype(np.int64)
ROW_BYTES = sum(kind.itemsize for kind in KINDS)


def joined(parts: Sequence[Records]) -> Records:
    """Rows one after another."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Records(*(np.empty(0, dtype=kind) for kind in KINDS))
    return Records(*map(np.concatenate, zip(*parts, strict=True)))


class Spill:
    """Files of `Records` in a folder; subjects of a range are in one file, in the order of the input."""

    def __init__(self, folder: Path, n_subjects: int, n_files: int) -> None:
        self._folder, self._n_subjects = folder, n_subjects
        count = max(1, min(n_subjects, n_files))
        self.rows = np.zeros(count, dtype=np.int64)
        """How many rows each file has."""
        self._files: list[BinaryIO | None] = [None] * count

    def add(self, records: Records) -> None:
        """Deal out rows; raises `HlhcliError` where the disk is full."""
        if not records.size:
            return
        file = records.subject.astype(np.int64) * self.rows.size // self._n_subjects
        if (file[1:] < file[:-1]).any():
            order = stable_order(file)
            records, file = records.take(order), file[order]
        edges = [0, *(np.flatnonzero(file[1:] != file[:-1]) + 1).tolist(), records.size]
        for begin, end in pairwise(edges):
            self._write(int(file[begin]), records.take(slice(begin, end)))

    def _write(self, number: int, records: Records) -> None:
        stream = self._files[number]
        try:
            if stream is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                stream = file_of(self._folder, number).open("wb", buffering=BUFFER_BYTES)
                self._files[number] = stream
            stream.write(records.size.to_bytes(COUNT.itemsize, "little"))
            for column, kind in zip(records, KINDS, strict=True):
                stream.write(np.ascontiguousarray(column, dtype=kind).data)
        except OSError as error:
            raise no_room(self._folder, error) from None
        self.rows[number] += records.size

    def __enter__(self) -> "Spill":
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits in memory; raises `HlhcliError` where the disk is full."""
        try:
            with ExitStack() as left:
                for stream in filter(None, self._files):
                    left.callback(stream.close)  # each, also where one fails
        except OSError as error:
            raise no_room(self._folder, error) from None


def file_of(folder: Path, number: int) -> Path:
    """The file of a range of subjects."""
    return folder / f"{number:05}.rows"


def no_room(folder: Path, error: OSError) -> HlhcliError:
    """What to do where the folder for temporary files cannot take more."""
    return HlhcliError(
        f"{folder}: temporary files cannot be written ({reason_of(error)}); make room, or set TMPDIR "
        "to a folder with more"
    )


class Dealt(NamedTuple):
    """A folder of rows, and what its codes and numbers are in the whole input."""

    folder: Path
    cells: np.ndarray
    """The number of each of its combinations."""
    times: np.ndarray
    """The code of each of its texts of times."""
    before: int = 0
    """How many rows of its file stand before those that it has numbered."""

    def renumbered(self, records: Records) -> Records:
        """Rows of the folder with the codes and numbers of the whole input."""
        time, cells = records.time, records.cells
        row = records.row + self.before if self.before else records.row
        if not _is_own(self.cells):
            cells = self.cells[cells]
        if not _is_own(self.times) and (odd := is_text(time)).any():
            time = np.where(odd, MISSING + self.times[np.where(odd, time - MISSING, 0)], time)
        return records._replace(time=time, cells=cells, row=row)


def _is_own(codes: np.ndarray) -> bool:
    return bool((codes == np.arange(codes.size)).all())


def read_records(folders: Iterable[Dealt], number: int) -> Records:
    """The rows of a range of subjects by subject, those of a subject in the order of their numbers."""
    found = joined([one.renumbered(records) for one in folders for records in _chunks(one.folder, number)])
    return in_order(found)


def in_order(records: Records) -> Records:
    """Rows by subject, those of a subject by their numbers."""
    if (records.row[1:] < records.row[:-1]).any():  # as a database delivers them
        records = records.take(np.argsort(records.row, kind="stable"))
    if (records.subject[1:] < records.subject[:-1]).any():
        records = records.take(stable_order(records.subject - records.subject.min()))
    return records


def forget(folders: Iterable[Dealt], number: int) -> None:
    """Remove the rows of a range of subjects."""
    for one in folders:
        file_of(one.folder, number).unlink(missing_ok=True)


def _chunks(folder: Path, number: int) -> Iterator[Records]:
    """The chunks of a file as they were written, without a copy."""
    path = file_of(folder, number)
    content = path.read_bytes() if path.exists() else b""
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + COUNT.itemsize], "little")
        at += COUNT.itemsize
        columns = []
        for kind in KINDS:
            columns.append(np.frombuffer(content, dtype=kind, count=size, offset=at))
            at += size * kind.itemsize
        yield Records(*columns)
