"""Placements: time of the exact ranges as a ratio to listing every placement, and to one analysis.

Each row is a course of so many values with inferred dates among twice as many dates, with
three interventions. Ratios, because seconds belong to one machine: ``listing`` is the time to
analyze every placement on its own, all in one call, over the time of the exact ranges; it is
left out where there are too many. ``plain`` is the time of the exact ranges over that of the
same course with dates that are known.
"""

import argparse
from collections.abc import Callable
from itertools import combinations
from math import comb
from statistics import median
from time import process_time

import numpy as np
import pandas as pd

from hlhcli.changes import changes
from hlhcli.frames import BASELINES

SIZES = (4, 6, 8, 10, 50, 500)
LISTED = 20_000
"""The largest number of placements that is listed."""

DAY_ZERO = np.datetime64("2020-01-01", "us")


def courses(values: np.ndarray, days: np.ndarray, placement: str, subject: str | np.ndarray) -> pd.DataFrame:
    """Courses of these values on these days."""
    time = DAY_ZERO + days.astype("timedelta64[D]")
    frame = pd.DataFrame({"subject": subject, "marker": "D-dimer", "time": time, "value": values})
    frame = frame.assign(bound="", unit="mg/L", placement=placement, row=np.arange(values.size))
    texts = dict.fromkeys(("subject", "marker", "bound", "unit", "placement"), "str")
    return frame.assign(reference_low=np.nan, reference_high=np.nan).astype(texts)


def interventions(size: int, subjects: list[str]) -> pd.DataFrame:
    """Three starts in each subject, at a quarter, a half and three quarters of the dates."""
    start = np.tile(DAY_ZERO + (np.arange(1, 4) * size // 2).astype("timedelta64[D]"), len(subjects))
    frame = pd.DataFrame({"subject": np.repeat(subjects, 3), "intervention": list("abc") * len(subjects)})
    frame = frame.assign(start=start, stop=pd.NaT).astype({"stop": "datetime64[us]"})
    return frame.astype({"subject": "str", "intervention": "str"})


def listing(values: np.ndarray, n_dates: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every placement as a subject of its own."""
    chosen = np.array(list(combinations(range(n_dates), values.size)))
    names = [str(number) for number in range(len(chosen))]
    labs = courses(np.tile(values, len(chosen)), chosen.ravel(), "printed", np.repeat(names, values.size))
    return labs, interventions(values.size, names)


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median processor time of some runs."""
    times = []
    for _ in range(repeats):
        begin = process_time()
        work()
        times.append(process_time() - begin)
    return median(times)


def line(size: int, rule: str, repeats: int) -> str:
    """One line of the report."""
    values = np.random.default_rng(size).lognormal(2, 1, size).round(2)
    days = np.arange(size)
    calendar = pd.DataFrame({"subject": "", "time": DAY_ZERO + np.arange(2 * size).astype("timedelta64[D]")})
    calendar = calendar.astype({"subject": "str"})
    given = interventions(size, [""])
    inferred, known = (courses(values, days, placement, "") for placement in ("inferred", "printed"))
    exact = seconds(lambda: changes(inferred, given, baseline=rule, calendar=calendar), repeats)
    plain = seconds(lambda: changes(known, given, baseline=rule), repeats)
    number, ratio = comb(2 * size, size), "-"
    if number <= LISTED:
        labs, starts = listing(values, 2 * size)
        ratio = f"{seconds(lambda: changes(labs, starts, baseline=rule), 1) / exact:.2f}"
    shown = str(number) if number < 10**9 else f"{number:.1e}"
    return f"{size:>6}{rule:>10}{shown:>12}{ratio:>10}{exact / plain:>10.1f}{exact:>10.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-n", "--repeats", type=int, default=3, help="runs of each case (3)")
    parser.add_argument("--rules", nargs="+", default=["last", "mean", "nearest"], choices=BASELINES)
    options = parser.parse_args()
    print(f"{'values':>6}{'baseline':>10}{'placements':>12}{'listing':>10}{'plain':>10}{'seconds':>10}")
    for size in SIZES:
        for rule in options.rules:
            print(line(size, rule, options.repeats), flush=True)


if __name__ == "__main__":
    main()
