"""What an executor does with the rows of some subjects: the work of a stream, on Arrow batches."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa

from hlhcli.renderers.parquet import to_arrow
from hlhcli.spark.facts import Keys
from hlhcli.stream.sink import open_part
from hlhcli.stream.spill import RECORD
from hlhcli.stream.work import Done, Plan, analyzed, without_bad
from hlhcli.times import MISSING

PARTS = "piece binary, path string, done binary"
"""What `Task.parts` gives: parts of the output file, then how the work went."""

BYTES_OF_A_PIECE = 4 << 20

DONE = "_done"
"""The column of `Task.changes` that has what the work went like, in a row without changes."""


@dataclass(frozen=True)
class Task:
    """What every executor knows."""

    plan: Plan
    keys: Keys

    def parts(self, batches: Iterable[pa.RecordBatch], folder: str | None) -> Iterator[pa.RecordBatch]:
        """The changes of whole subjects as parts of the output file, in pieces.

        Where the executors share a ``folder`` with the driver, parts are left there and named.
        """
        done = _Tally()
        with tempfile.TemporaryDirectory(prefix="hlhcli-") as own:
            for frame in self._analyzed(batches, done):
                path = Path(folder or own) / uuid4().hex
                with open_part(path, self.plan.file_format) as out:
                    out.add(frame)
                yield from [_row(path=path.name)] if folder else _pieces(path)
        if done.rows:
            yield _row(done=done.pickled())

    def changes(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The changes of whole subjects as rows."""
        done = _Tally()
        for frame in self._analyzed(batches, done):
            table = to_arrow(frame).cast(schema)
            yield from table.append_column(DONE, pa.nulls(table.num_rows, pa.binary())).to_batches()
        if done.rows:
            nothing = [pa.nulls(1, kind) for kind in schema.types]
            own = pa.array([done.pickled()], pa.binary())
            yield pa.RecordBatch.from_arrays([*nothing, own], names=[*schema.names, DONE])

    def _analyzed(self, batches: Iterable[pa.RecordBatch], done: "_Tally") -> Iterator[pd.DataFrame]:
        records = _in_order(records_of(batches, self.keys, self.plan.time_texts))
        done.rows, done.subjects = records.size, np.unique(records["subject"]).size
        usable, _ = without_bad(records, self.plan)
        with np.errstate(all="ignore"):  # a slope between two draws a second apart may overflow
            for frame, surveys in analyzed(usable, self.plan, np.array(self.plan.names, dtype=object)):
                done.surveys += surveys
                done.written += len(frame)
                yield frame


class _Tally:
    """What was done so far."""

    def __init__(self) -> None:
        self.rows = self.subjects = self.written = 0
        self.surveys: list = []  # type: ignore[type-arg]

    def pickled(self) -> bytes:
        """All of it as a `Done`."""
        return pickle.dumps(Done(self.rows, self.subjects, self.written, [], self.surveys))


def _row(piece: bytes | None = None, path: str | None = None, done: bytes | None = None) -> pa.RecordBatch:
    columns = [pa.array([piece], pa.binary()), pa.array([path], pa.string()), pa.array([done], pa.binary())]
    return pa.RecordBatch.from_arrays(columns, names=["piece", "path", "done"])


def _pieces(path: Path) -> Iterator[pa.RecordBatch]:
    """A part in pieces, of which the last is empty."""
    with path.open("rb") as file:
        while piece := file.read(BYTES_OF_A_PIECE):
            yield _row(piece)
    path.unlink()
    yield _row(b"")


def records_of(batches: Iterable[pa.RecordBatch], keys: Keys, time_texts: Sequence[str]) -> np.ndarray:
    """Records of rows with place, key, time, value, row and, where any has one, the text of the time."""
    code = {text: number for number, text in enumerate(time_texts)}
    found = [_records(batch, keys, code) for batch in batches if batch.num_rows]
    return np.concatenate(found) if found else np.empty(0, dtype=RECORD)


def _records(batch: pa.RecordBatch, keys: Keys, code: dict[str, int]) -> np.ndarray:
    records = np.empty(batch.num_rows, dtype=RECORD)
    records["subject"] = batch.column("place").to_numpy(zero_copy_only=False)
    records["cells"] = keys.numbers(batch.column("key").to_numpy(zero_copy_only=False))
    records["value"] = batch.column("value").to_numpy(zero_copy_only=False)
    records["row"] = batch.column("row").to_numpy(zero_copy_only=False)
    records["time"] = batch.column("time").fill_null(MISSING).to_numpy(zero_copy_only=False)
    if "time_text" in batch.schema.names:
        texts = batch.column("time_text")
        odd = texts.is_valid().to_numpy(zero_copy_only=False)
        records["time"][odd] = [MISSING + code[text] for text in texts.drop_null().to_pylist()]
    return records


def _in_order(records: np.ndarray) -> np.ndarray:
    """Records by subject, those of a subject in the order of the input."""
    return records[np.lexsort((records["row"], records["subject"]))]
