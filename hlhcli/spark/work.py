"""What an executor does with the rows of some subjects: the work of a stream, on Arrow batches."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa

from hlhcli.renderers.parquet import to_arrow
from hlhcli.spark.facts import Keys
from hlhcli.stream.sink import open_part
from hlhcli.stream.spill import Records, in_order, joined
from hlhcli.stream.work import Done, Plan, analyzed, without_bad
from hlhcli.texts import Column, n_rows
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
            for columns in self._analyzed(batches, done):
                path = Path(folder or own) / uuid4().hex
                with open_part(path, self.plan.file_format) as out:
                    out.add(columns)
                yield from [_row(path=path.name)] if folder else _pieces(path)
        if done.rows:
            yield _row(done=done.pickled())

    def changes(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The changes of whole subjects as rows."""
        done = _Tally()
        for columns in self._analyzed(batches, done):
            table = to_arrow(columns).cast(schema)
            yield from table.append_column(DONE, pa.nulls(table.num_rows, pa.binary())).to_batches()
        if done.rows:
            nothing = [pa.nulls(1, kind) for kind in schema.types]
            own = pa.array([done.pickled()], pa.binary())
            yield pa.RecordBatch.from_arrays([*nothing, own], names=[*schema.names, DONE])

    def _analyzed(self, batches: Iterable[pa.RecordBatch], done: "_Tally") -> Iterator[dict[str, Column]]:
        records = in_order(records_of(batches, self.keys, self.plan.time_texts))
        done.rows, done.subjects = records.size, np.unique(records.subject).size
        usable, _ = without_bad(records, self.plan)
        with np.errstate(all="ignore"):  # a slope between two draws a second apart may overflow
            for columns, surveys in analyzed(usable, self.plan):
                done.surveys += surveys
                done.written += n_rows(columns)
                yield columns


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


def records_of(batches: Iterable[pa.RecordBatch], keys: Keys, time_texts: Sequence[str]) -> Records:
    """Records of rows with place, key, time, value, row and, where any has one, the text of the time."""
    code = {text: number for number, text in enumerate(time_texts)}
    return joined([_records(batch, keys, code) for batch in batches if batch.num_rows])


def _records(batch: pa.RecordBatch, keys: Keys, code: dict[str, int]) -> Records:
    def column(name: str) -> np.ndarray:
        return batch.column(name).to_numpy(zero_copy_only=False)

    time = batch.column("time").fill_null(MISSING).to_numpy(zero_copy_only=False)
    if "time_text" in batch.schema.names:
        texts = batch.column("time_text")
        odd = texts.is_valid().to_numpy(zero_copy_only=False)
        time = time.copy()
        time[odd] = [MISSING + code[text] for text in texts.drop_null().to_pylist()]
    return Records(time, column("value"), column("row"), column("place"), keys.numbers(column("key")))
