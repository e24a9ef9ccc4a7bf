"""``python -m tests.fuzz --minutes 60``: read odd and broken inputs until the time is over.

Each round draws a few hundred tables of known meaning and as many broken real files, from
numbers that follow ``--seed``. A failure is printed with how to make it again (the smallest
table; ``--mutant N`` for a broken file) and the run goes on; it ends with exit code 1 if there was any.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from .judge import ReadingError
from .mutants import SHARED, make_mutant, require_explained
from .tables import require_meaning, sheets

ROUND = 200


def main(arguments: list[str] | None = None) -> int:
    """Run rounds until the minutes are over; the number of failures."""
    options = _parse(arguments)
    end, failures, number = time.monotonic() + 60 * options.minutes, 0, options.seed
    if options.mutant is not None:
        return _mutants(range(options.mutant, options.mutant + 1))
    while True:
        failures += _tables(number) + _mutants(range(number * ROUND, (number + 1) * ROUND))
        number += 1
        done = (number - options.seed) * ROUND
        print(
            f"{done} tables and {done if SHARED.is_dir() else 0} broken files, {failures} failures",
            flush=True,
        )
        if time.monotonic() > end:
            return failures


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1, help="how long to go on (1)")
    parser.add_argument("--seed", type=int, default=0, help="number of the first round (0)")
    parser.add_argument("--mutant", type=int, help="only this broken file")
    return parser.parse_args(arguments)


def _tables(number):
    @seed(number)
    @settings(max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(sheets())
    def read(sheet):
        with tempfile.TemporaryDirectory() as folder:
            require_meaning(sheet, Path(folder))

    return _count(f"tables of --seed {number}", read)


def _mutants(numbers):
    if not SHARED.is_dir():
        return 0
    return sum(_count(f"--mutant {number}", lambda number=number: _break(number)) for number in numbers)


def _break(number):
    with tempfile.TemporaryDirectory() as folder:
        require_explained(make_mutant(number, Path(folder)))


def _count(name, action):
    """1 where the action fails, which is printed; else 0."""
    try:
        action()
    except ReadingError as failure:
        print(f"FAILED {name}\n{failure}\n", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(min(main(), 1))
