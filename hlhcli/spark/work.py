"""What an executor does with the rows of some subjects: the work of a stream, on Arrow batches."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from hlhcli.renderers.parquet import to_arrow
from hlhcli.spark.facts import Keys
from hlhcli.stream.sink import open_part
from hlhcli.stream.spill import RECORD
from hlhcli.stream.work import Done, Plan, analyzed, without_bad
from hlhcli.times import MISSING

PARTS = "part binary, done binary"
"""What `Task.parts` gives: pieces of the output file, then how the work went."""

DONE = "_done"
"""The column of `Task.changes` that has what the work went like, in a row without changes."""


@dataclass(frozen=True)
class Task:
    """What every executor knows."""

    plan: Plan
    keys: Keys

    def parts(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The changes of whole subjects as pieces of the output file."""
        done = _Tally()
        with tempfile.TemporaryDirectory(prefix="hlhcli-") as folder:
            for frame in self._analyzed(batches, done):
                yield _pair(_piece(Path(folder) / "part", frame, self.plan.file_format), None)
        if done.rows:
            yield _pair(None, done.pickled())

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
            for frame, surveys in analyzed(usable, self.plan, pd.array(self.plan.names, dtype="str")):
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


def _pair(part: bytes | None, done: bytes | None) -> pa.RecordBatch:
    cells = [pa.array([one], pa.binary()) for one in (part, done)]
    return pa.RecordBatch.from_arrays(cells, names=["part", "done"])


def _piece(path: Path, frame: pd.DataFrame, file_format: str) -> bytes:
    """A frame as a piece of the output, as every engine writes it."""
    with open_part(path, file_format) as out:
        out.add(frame)
    return path.read_bytes()


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
