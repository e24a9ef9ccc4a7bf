"""What a command takes: wall time, processor time and peak memory, of it and all its children.

Only the standard library, on purpose: a child's own peak begins at what its parent held.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

BECOME_REAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)

INTERVAL = 0.1
"""Seconds between two looks at the memory."""

KIB = 1024
UNUSUAL = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
"""Variables that the shell of a user would not set."""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system, of it and its descendants; on Linux also of those that outlive it."""
    peak: int
    """Bytes; pages that processes share are counted once."""


def measure(command: Sequence[str]) -> Cost:
    """Run a command to its end; raises `SystemExit` with its own words where it fails."""
    _adopt_orphans()
    known = _children()
    environment = {name: value for name, value in os.environ.items() if name not in UNUSUAL}
    peak, done = [0], threading.Event()
    with tempfile.TemporaryFile() as errors:
        begin = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=environment)
        watcher = threading.Thread(target=_watch, args=(child.pid, peak, done))
        watcher.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        cpu = usage.ru_utime + usage.ru_stime + sum(_orphans(known))
        done.set()
        watcher.join()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} failed ({child.returncode}):\n{errors.read().decode()}")
    return Cost(wall, cpu, max(peak[0], usage.ru_maxrss * KIB))


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends first, as Spark's Java does; on Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(BECOME_REAPER, 1, 0, 0, 0)


def _orphans(known: set[int]) -> Iterator[float]:
    """The CPU seconds of each adopted process, when it has ended; ``known`` are other children."""
    while adopted := _children() - known:
        for pid in adopted:
            _, _, usage = os.wait4(pid, 0)
            yield usage.ru_utime + usage.ru_stime


def _children() -> set[int]:
    """The children of this process."""
    return {pid for pid, parent in _parents().items() if parent == os.getpid()}


def _watch(pid: int, peak: list[int], done: threading.Event) -> None:
    """Keep the largest memory of a process and its descendants; on Linux only."""
    while not done.wait(INTERVAL):
        peak[0] = max(peak[0], sum(map(_memory, _family(pid))))


def _parents() -> dict[int, int]:
    """The parent of every process."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):  # it ended while we looked
            continue
    return parents


def _family(pid: int) -> list[int]:
    """The process and its descendants."""
    family, parents = [pid], _parents()
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _memory(pid: int) -> int:
    """Proportional set size in bytes: a page that n processes share counts as one nth in each."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(text.partition("\nPss:")[2].split()[0]) * KIB
    except (OSError, IndexError):
        return 0
