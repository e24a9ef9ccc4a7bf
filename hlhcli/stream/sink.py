"""Output that is written as it comes, beside its place, and renamed into it when it is whole."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from pyarrow import ipc

from hlhcli.errors import HlhcliError
from hlhcli.renderers import render
from hlhcli.renderers.parquet import Writer, to_arrow
from hlhcli.texts import Column, to_frame


class Part(Protocol):
    """A part of the output that takes columns of rows one after the other."""

    def add(self, columns: Mapping[str, Column]) -> None:
        """Append rows."""


class _TextPart:
    """Rows as CSV, TSV or JSON lines, without the header."""

    def __init__(self, path: Path, file_format: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._format = file_format

    def add(self, columns: Mapping[str, Column]) -> None:
        text = render(to_frame(columns), self._format)
        self._file.write(text if self._format == "jsonl" else text.partition("\n")[2])

    def close(self) -> None:
        self._file.close()


class _ArrowPart:
    """Rows as a stream of Arrow, from which the main process writes Parquet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: ipc.RecordBatchStreamWriter | None = None

    def add(self, columns: Mapping[str, Column]) -> None:
        table = to_arrow(columns)
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
    """The output file, or standard output; ``like`` has its columns, without rows."""

    def __init__(self, target: Path | None, file_format: str, like: Mapping[str, Column]) -> None:
        self.target, self._format = target, file_format
        self._beside = target and target.with_name(f".{target.name}.{os.getpid()}")
        try:
            self._file: BinaryIO = self._beside.open("wb") if self._beside else sys.stdout.buffer
        except OSError as error:
            raise HlhcliError(f"{target}: cannot be written ({error.strerror})") from None
        self._parquet = Writer(self._file, to_arrow(like).schema) if file_format == "parquet" else None
        if file_format not in ("jsonl", "parquet"):
            self._file.write(render(to_frame(like), file_format).encode())

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
        """Leave nothing behind, also where the disk is full and what waits cannot be written."""
        if self._beside is not None:
            if self._parquet is not None:
                self._parquet.abandon()
            with suppress(OSError):
                self._file.close()
            self._beside.unlink(missing_ok=True)
