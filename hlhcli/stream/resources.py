"""How many processes may run, how many rows each analyzes together, and in how much memory."""

import os
import re
from dataclasses import dataclass

from hlhcli.errors import HlhcliError

MEGABYTE = 1_000_000
UNITS = {"": 1, "KB": 1000, "MB": MEGABYTE, "GB": 1000 * MEGABYTE, "TB": 1_000_000 * MEGABYTE}
LEAST = 300 * MEGABYTE
UNKNOWN = 2000 * MEGABYTE
OF_MAIN = 260 * MEGABYTE
"""What the main process takes while it reads."""

OF_WORKER = 130 * MEGABYTE
"""What a worker takes before it has rows."""

OF_ROW = 1200
"""What a row takes while it is analyzed, in bytes."""

FEWEST_ROWS, MOST_ROWS = 20_000, 100_000
ROWS_OF_A_FILE = 200_000
MOST_FILES = 400


@dataclass(frozen=True)
class Resources:
    """The processes of a run."""

    workers: int
    most_rows: int
    """Rows that a worker analyzes together."""

    def n_files(self, rows: int) -> int:
        """Into how many files rows are dealt: enough for all workers, each small."""
        return max(self.workers, min(MOST_FILES, -(-rows // ROWS_OF_A_FILE)))


def parse_memory(text: str) -> int:
    """Bytes of a size such as ``2GB`` or ``800MB``.

    >>> parse_memory("2GB"), parse_memory("1.5 gb")
    (2000000000, 1500000000)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?B?)\s*", text.upper())
    unit = match[2].rstrip("B") + "B" if match and match[2].rstrip("B") else ""
    if not match or unit not in UNITS:
        raise HlhcliError(f"memory '{text}' cannot be read; write it as 2GB or 800MB")
    size = int(float(match[1]) * UNITS[unit])
    if size < LEAST:
        raise HlhcliError(f"memory '{text}' is too little; a stream needs {LEAST // MEGABYTE}MB at least")
    return size


def quarter_of_machine() -> int:
    """A quarter of the machine's memory, in bytes; 2 GB where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return UNKNOWN
    return max(LEAST, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4)


def share(memory: int, cores: int | None = None) -> Resources:
    """Processes and rows that fit into so much memory; all cores that may be used, where none are said."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = cores or own
    room = max(0, memory - OF_MAIN)
    least = OF_WORKER + FEWEST_ROWS * OF_ROW
    workers = max(1, min(count, room // least))
    rows = (room // workers - OF_WORKER) // OF_ROW
    return Resources(workers, int(max(FEWEST_ROWS, min(MOST_ROWS, rows))))
