"""The way out: the only place that writes results to standard output or to a file."""

import os
import sys
from pathlib import Path

from hlhcli.errors import HlhcliError
from hlhcli.printable import page


def write(content: str | bytes, target: Path | None) -> None:
    """Write a finished result to a file, or to standard output for ``None``.

    Text is written as UTF-8. A file appears whole or not at all: it is written beside and
    renamed into place. A reader that goes away early (``| head``) ends the program quietly
    with exit code 0; any other failure raises `HlhcliError`.
    """
    if isinstance(content, str) and target is None and sys.stdout.isatty():
        content = page(content)
    data = content.encode() if isinstance(content, str) else content
    if target is None:
        _write_stdout(data)
    else:
        _replace(target, data)


def _write_stdout(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _drop_stdout()
        raise SystemExit(0) from None
    except OSError as error:
        _drop_stdout()
        raise HlhcliError(f"cannot write to standard output: {error.strerror}") from None


def _drop_stdout() -> None:
    """Point standard output nowhere, so that the flush at the interpreter's end cannot fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace(target: Path, data: bytes) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        try:
            beside.write_bytes(data)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise HlhcliError(f"{target}: cannot be written ({error.strerror})") from None
