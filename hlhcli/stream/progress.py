"""How far a long run is: one line on standard error that is written over, on a terminal only."""

import sys
import time

INTERVAL = 0.2
PATIENCE = 1.0
"""Seconds before anything is said."""


class Progress:
    """Rows and subjects done, the rate, and the time that is left of the current step."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._begin = self._step = time.monotonic()
        self._said = 0.0
        self._rows = self._total_rows = self._subjects = self._total_subjects = 0
        self.done = "nothing was read"
        """What was done so far, in words."""

    def reading(self, rows: int, share: float) -> None:
        """Say how much of the input has been read."""
        self.done = f"{rows:,} rows were read, none analyzed"
        self._say(f"reading: {rows:,} rows", rows, share)

    def begin_analysis(self, rows: int, subjects: int) -> None:
        """Begin the second step."""
        self._total_rows, self._total_subjects, self._step = rows, subjects, time.monotonic()

    def analyzed(self, rows: int, subjects: int) -> None:
        """Add what one task has done."""
        self._rows += rows
        self._subjects += subjects
        self.done = f"{self._subjects:,} of {self._total_subjects:,} subjects were analyzed"
        text = f"analyzing: {self._rows:,} rows, {self._subjects:,} of {self._total_subjects:,} subjects"
        self._say(text, self._rows, self._rows / max(1, self._total_rows))

    def tasks(self, done: int, total: int) -> None:
        """Say how many tasks of the running step of a cluster are done."""
        share = done / max(1, total)
        step = "analyzing" if self._total_rows else "counting"
        self._say(f"{step}: {done:,} of {total:,} tasks", round(share * self._total_rows), share)

    def clear(self) -> None:
        """Wipe the line."""
        if self._terminal and self._said:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._said = 0.0

    def _say(self, text: str, rows: int, share: float) -> None:
        now = time.monotonic()
        if not self._terminal or now - self._said < INTERVAL or now - self._begin < PATIENCE:
            return
        self._said = now
        elapsed = max(now - self._step, 1e-9)
        left = f", {_clock(elapsed / share - elapsed)} left" if share > 0 else ""
        rate = f", {rows / elapsed:,.0f} rows/s" if rows else ""
        sys.stderr.write(f"\r\x1b[K{text}, {share:.0%}{rate}{left}")
        sys.stderr.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02}"
