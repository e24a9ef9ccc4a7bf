"""Start-up: CPU time of each command as a ratio to ``python -c 'import pandas'``.

Ratios, because seconds belong to one machine. Each run of a command is paired with a run of
the import right before it, so that what else the machine does falls on both; the median of
the pairs' ratios is what counts. CPU time is user and system time of the whole child process.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PYTHON = sys.executable
PROGRAM = str(Path(PYTHON).parent / "hlhcli")  # not resolved: the link's folder is the environment
YARDSTICK = (PYTHON, "-c", "import pandas")
WARM_UPS = 2


@dataclass(frozen=True)
class Case:
    """One command, and the ratio that it should not exceed."""

    arguments: tuple[str, ...]
    goal: float


@dataclass(frozen=True)
class Result:
    """The ratios of one case, one for each pair of runs."""

    case: Case
    ratios: tuple[float, ...]

    @property
    def within_goal(self) -> bool:
        """Whether the median is at or below the goal."""
        return median(self.ratios) <= self.case.goal


def cases(figure: str) -> tuple[Case, ...]:
    """Return the commands whose start-up is a feature; ``figure`` is where the plot goes."""
    return (
        Case(("--version",), 0.06),
        Case(("--help",), 0.15),
        Case(("summarize", "--format", "csv"), 0.75),
        Case(("summarize", "--format", "table"), 0.8),
        Case(("plot", "--marker", "d-dimer", "-o", figure), 1.5),
    )


def environment() -> dict[str, str]:
    """Copy the environment without what the shell of a user would not set."""
    unusual = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if name not in unusual}


def cpu_seconds(command: Sequence[str]) -> float:
    """User and system time of a child process and of the children it waited for.

    Raises `SystemExit` with the child's own words where it fails: a command that stops early
    would look fast.
    """
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=environment())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} failed ({child.returncode}):\n{errors.read().decode()}")
    return usage.ru_utime + usage.ru_stime


def measure(case: Case, pairs: int) -> Result:
    """Run the command and the yardstick in turn, after some runs that do not count."""
    command = (PROGRAM, *case.arguments)
    for _ in range(WARM_UPS):
        cpu_seconds(YARDSTICK)
        cpu_seconds(command)
    ratios = []
    for _ in range(pairs):
        yardstick = cpu_seconds(YARDSTICK)
        ratios.append(cpu_seconds(command) / yardstick)
    return Result(case, tuple(ratios))


def line(result: Result) -> str:
    """One line of the report."""
    words = " ".join("FILE" if word.endswith(".png") else word for word in result.case.arguments)
    numbers = f"{median(result.ratios):7.3f}{min(result.ratios):7.3f}{max(result.ratios):7.3f}"
    return f"{words:<34}{numbers}{result.case.goal:7.2f}  {'ok' if result.within_goal else 'over'}"


def main() -> None:
    """Measure every case, print the report, and exit 1 where ``--check`` finds one over its goal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-n", "--pairs", type=int, default=15, help="pairs of runs for each command (15)")
    parser.add_argument("--check", action="store_true", help="exit 1 when a median is over its goal")
    options = parser.parse_args()
    if not Path(PROGRAM).exists():
        raise SystemExit(f"{PROGRAM} is not there: install the project beside this interpreter first")
    print(f"CPU time as a ratio to import pandas, medians of {options.pairs} pairs")
    print(f"{'hlhcli':<34}{'ratio':>7}{'min':>7}{'max':>7}{'goal':>7}")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(str(Path(folder) / "d-dimer.png")):
            results.append(measure(case, options.pairs))
            print(line(results[-1]), flush=True)
    if options.check and not all(result.within_goal for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
