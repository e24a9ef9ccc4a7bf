"""Output that is written as it comes, beside its place, and renamed into it when it is whole."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

from hlhcli.errors import HlhcliError
from hlhcli.renderers import render, to_adam

ROW_GROUP = 100_000
"""Rows of a row group of Parquet, whatever the batches were."""

FORMATS = ("csv", "tsv", "jsonl", "parquet")


class Part(Protocol):
    """A part of the output that takes frames one after the other."""

    def add(self, frame: pd.DataFrame) -> None:
        """Append the rows of a frame."""


class _TextPart:
    """Rows as CSV, TSV or JSON lines, without the header."""

    def __init__(self, path: Path, file_format: str, schema: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._format, self._schema = file_format, schema

    def add(self, frame: pd.DataFrame) -> None:
        text = render(to_adam(frame) if self._schema == "adam" else frame, self._format)
        self._file.write(text if self._format == "jsonl" else text.partition("\n")[2])

    def close(self) -> None:
        self._file.close()


class _ArrowPart:
    """Rows as an Arrow file, from which the main process writes Parquet."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path, self._schema = path, schema
        self._writer: ipc.RecordBatchFileWriter | None = None

    def add(self, frame: pd.DataFrame) -> None:
        table = to_arrow(to_adam(frame) if self._schema == "adam" else frame)
        if self._writer is None:
            self._writer = ipc.new_file(self._path, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@contextmanager
def open_part(path: Path, file_format: str, schema: str) -> Iterator[Part]:
    """A new part of the output; one without rows may have no file."""
    part = _ArrowPart(path, schema) if file_format == "parquet" else _TextPart(path, file_format, schema)
    try:
        yield part
    finally:
        part.close()


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame as Arrow: NaN is null, texts are plain strings, times have no zone."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    kinds = {"large_string": pa.string(), "null": pa.string(), "timestamp[us]": pa.timestamp("us")}
    fields = [
        pa.field(one.name, kinds.get(str(one.type), one.type)) for one in table.schema
    ]
    return table.cast(pa.schema(fields))


class Sink:
    """The output file, or standard output; ``like`` is a frame without rows that has its columns."""

    def __init__(self, target: Path | None, file_format: str, schema: str, like: pd.DataFrame) -> None:
        self.target, self._format = target, file_format
        self._beside = target and target.with_name(f".{target.name}.{os.getpid()}")
        like = to_adam(like) if schema == "adam" else like
        self._schema = to_arrow(like).schema
        self._waiting = self._schema.empty_table()
        try:
            self._file: BinaryIO = self._beside.open("wb") if self._beside else sys.stdout.buffer
        except OSError as error:
            raise HlhcliError(f"{target}: cannot be written ({error.strerror})") from None
        self._parquet = pq.ParquetWriter(self._file, self._schema) if file_format == "parquet" else None
        if file_format in ("csv", "tsv"):
            self._file.write(render(like, file_format).encode())

    def add(self, part: Path) -> None:
        """Append a finished part and delete it."""
        if not part.exists():
            return
        if self._parquet is None:
            with part.open("rb") as source:
                shutil.copyfileobj(source, self._file, 1 << 20)
        else:
            with ipc.open_file(part) as reader:
                found = reader.read_all().cast(self._schema)
            self._waiting = pa.concat_tables([self._waiting, found])
            self._write_groups(ROW_GROUP)
        part.unlink()

    def _write_groups(self, smallest: int) -> None:
        assert self._parquet is not None
        at = 0
        while self._waiting.num_rows - at >= smallest:
            group = self._waiting.slice(at, ROW_GROUP).combine_chunks()
            self._parquet.write_table(group, row_group_size=ROW_GROUP)
            at += group.num_rows
        self._waiting = self._waiting.slice(at)

    def finish(self) -> None:
        """Write what waits and put the file into its place."""
        if self._parquet is not None:
            self._write_groups(1)
            self._parquet.close()
        self._file.flush()
        if self._beside is not None and self.target is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._beside.replace(self.target)

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._beside is not None:
            self._file.close()
            self._beside.unlink(missing_ok=True)
