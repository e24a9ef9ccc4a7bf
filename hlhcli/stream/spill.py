"""Rows on disk, in one file for each range of subjects, so that each file fits into memory."""

from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hlhcli.errors import HlhcliError

RECORD = np.dtype(
    [
        ("subject", np.int32),  # place in the order of output
        ("cells", np.int32),  # combination of texts
        ("time", np.int64),
        ("value", np.float64),
        ("row", np.int64),
    ]
)
BUFFER_BYTES = 128 << 10


class Spill:
    """Files of `RECORD` in a folder; subjects of a range are in one file, in the order of the input."""

    def __init__(self, folder: Path, n_subjects: int, n_files: int) -> None:
        count = max(1, min(n_subjects, n_files))
        edges = np.linspace(0, n_subjects, count + 1).astype(np.int64)
        self._file_of = np.searchsorted(edges[1:], np.arange(n_subjects), side="right").astype(np.int32)
        self.paths = [folder / f"{number:05}.rows" for number in range(count)]
        self.rows = np.zeros(count, dtype=np.int64)
        self._files: list[BinaryIO | None] = [None] * count

    def add(self, records: np.ndarray) -> None:
        """Deal out records; raises `HlhcliError` where the disk is full."""
        if not records.size:
            return
        file = self._file_of[records["subject"]]
        if (file[1:] < file[:-1]).any():
            order = np.argsort(file, kind="stable")
            records, file = records[order], file[order]
        edges = [0, *(np.flatnonzero(file[1:] != file[:-1]) + 1).tolist(), records.size]
        for begin, end in pairwise(edges):
            self._write(int(file[begin]), records[begin:end])

    def _write(self, number: int, records: np.ndarray) -> None:
        stream = self._files[number]
        try:
            if stream is None:
                stream = self._files[number] = self.paths[number].open("wb", buffering=BUFFER_BYTES)
            stream.write(records.data)
        except OSError as error:
            raise no_room(self.paths[number].parent, error) from None
        self.rows[number] += records.size

    def __enter__(self) -> "Spill":
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits in memory; raises `HlhcliError` where the disk is full."""
        try:
            for stream in filter(None, self._files):
                stream.close()
        except OSError as error:
            raise no_room(self.paths[0].parent, error) from None


def no_room(folder: Path, error: OSError) -> HlhcliError:
    """What to do where the folder for temporary files cannot take more."""
    return HlhcliError(
        f"{folder}: temporary files cannot be written ({error.strerror}); make room, or set TMPDIR to a "
        "folder with more"
    )


def read_records(path: Path) -> np.ndarray:
    """The records of a file by subject, those of a subject in the order of their rows."""
    records = np.fromfile(path, dtype=RECORD)
    row = records["row"]
    if (row[1:] < row[:-1]).any():  # as a database delivers them
        records = records[np.argsort(row, kind="stable")]
    subject = records["subject"]
    if (subject[1:] < subject[:-1]).any():
        records = records[np.argsort(subject, kind="stable")]
    return records
