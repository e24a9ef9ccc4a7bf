"""Words about long work, on standard error and only on a terminal."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 1.0
"""Seconds before anything is said: short work stays silent."""


@contextmanager
def stage(words: str) -> Iterator[None]:
    """Say what is being done while the block runs, if it takes long; the line is wiped after."""
    if not sys.stderr.isatty():
        yield
        return
    said = threading.Event()

    def speak() -> None:
        said.set()
        _write(f"{words} …")

    timer = threading.Timer(PATIENCE, speak)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if said.is_set():
            _write("\r\x1b[K")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
