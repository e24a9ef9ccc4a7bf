"""What is counted: one course of an intervention per subject, or every course.

A course is one start of an intervention in one subject. Where a subject has several starts of
one name, the first counts: whether or not it can be evaluated, so that no subject is chosen by
what came of it.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from hlhcli.times import MISSING, instants

Courses = Literal["first", "each"]
"""What counts as one; the first is the default."""

COURSES: tuple[str, ...] = get_args(Courses)
LATEST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Tally:
    """How many subjects had each intervention, and how many courses of it count."""

    subjects: dict[str, int]
    courses: dict[str, int]


def choose_courses(changes: pd.DataFrame, courses: str) -> np.ndarray:
    """Places of the rows that count, at most one per subject, marker, intervention and response point.

    For ``each`` course one row per start too. Of rows that share all of this, such as a file
    that was given twice, one is taken.
    """
    names = ["subject", "marker", "intervention", "at"]
    start = _starts(changes["start"])
    keys = [pd.factorize(changes[name])[0] for name in names]
    value, day = (changes[name].to_numpy(dtype=float) for name in ("value_low", "day"))
    order = np.lexsort((value, day, start, *keys))
    alike = [keys[place][order] for place in range(len(keys))] + ([start[order]] if courses == "each" else [])
    begins = np.ones(order.size, dtype=bool)
    begins[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in alike])
    return np.sort(order[begins])


def tally(roster: pd.DataFrame, courses: str) -> Tally:
    """Count a roster: ``subject``, ``intervention`` and ``start`` of everyone who had an intervention."""
    starts = roster.assign(start=_starts(roster["start"]))[["subject", "intervention", "start"]]
    once = starts.drop_duplicates()
    subjects = once.drop_duplicates(["subject", "intervention"])
    counted = once if courses == "each" else subjects
    return Tally(_sizes(subjects), _sizes(counted))


def _sizes(frame: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(number) for name, number in frame["intervention"].value_counts().items()}


def _starts(column: pd.Series) -> np.ndarray:
    """Starts as instants, those that are not known after all others."""
    start = instants(column)
    return np.where(start == MISSING, LATEST, start)
