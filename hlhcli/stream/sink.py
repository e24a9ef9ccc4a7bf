"""Output that is written as it comes, beside its place, and renamed into it when it is whole."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import pandas as pd
from pyarrow import ipc

from hlhcli.errors import HlhcliError
from hlhcli.renderers import render
from hlhcli.renderers.parquet import Writer, to_arrow


class Part(Protocol):
    """A part of the output that takes frames one after the other."""

    def add(self, frame: pd.DataFrame) -> None:
        """Append the rows of a frame."""


class _TextPart:
    """Rows as CSV, TSV or JSON lines, without the header."""

    def __init__(self, path: Path, file_format: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._format = file_format

    def add(self, frame: pd.DataFrame) -> None:
        text = render(frame, self._format)
        self._file.write(text if self._format == "jsonl" else text.partition("\n")[2])

    def close(self) -> None:
        self._file.close()


class _ArrowPart:
    """Rows as a stream of Arrow, from which the main process writes Parquet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: ipc.RecordBatchStreamWriter | None = None

    def add(self, frame: pd.DataFrame) -> None:
        table = to_arrow(frame)
        if self._writer is None:
            self._writer = ipc.new_stream(self._path, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@contextmanager
def open_part(path: Path, file_format: str) -> Iterator[Part]:
    """A new part of the output; one without rows may have no file."""
    part = _ArrowPart(path) if file_format == "parquet" else _TextPart(path, file_format)
    try:
        yield part
    finally:
        part.close()


class Sink:
    """The output file, or standard output; ``like`` is a frame without rows that has its columns."""

    def __init__(self, target: Path | None, file_format: str, like: pd.DataFrame) -> None:
        self.target, self._format = target, file_format
        self._beside = target and target.with_name(f".{target.name}.{os.getpid()}")
        try:
            self._file: BinaryIO = self._beside.open("wb") if self._beside else sys.stdout.buffer
        except OSError as error:
            raise HlhcliError(f"{target}: cannot be written ({error.strerror})") from None
        self._parquet = Writer(self._file, to_arrow(like).schema) if file_format == "parquet" else None
        if file_format not in ("jsonl", "parquet"):
            self._file.write(render(like, file_format).encode())

    def add(self, part: Path) -> None:
        """Append a finished part and delete it."""
        if not part.exists():
            return
        if self._parquet is None:
            with part.open("rb") as source:
                shutil.copyfileobj(source, self._file, 1 << 20)
        else:
            with ipc.open_stream(part) as reader:
                self._parquet.add(reader.read_all())
        part.unlink()

    def finish(self) -> None:
        """Write what waits and put the file into its place."""
        if self._parquet is not None:
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
