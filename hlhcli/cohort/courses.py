"""What is counted: one course of an intervention per subject, or every course.

A course is one start of an intervention in one subject. Where a subject has several starts of
one name, the first counts: whether or not it can be evaluated, so that no subject is chosen by
what came of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hlhcli.times import MISSING, instants

LATEST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Tally:
    """How many subjects had each intervention, and how many courses of it count."""

    subjects: dict[str, int]
    courses: dict[str, int]
    leaves_out: bool
    """Whether a subject has further starts, which do not count."""


def counted_courses(changes: pd.DataFrame, courses: str) -> np.ndarray:
    """Which rows count, at most one per subject, marker, intervention and response point.

    For ``each`` course one row per start too. Of rows that share all of this, such as a file
    that was given twice, one is taken.
    """
    key = _numbered(changes, ("subject", "marker", "intervention", "at"))
    several = np.flatnonzero(_is_repeated(key))
    start = _starts(changes["start"])[several]
    value, day = (changes[name].to_numpy(dtype=float)[several] for name in ("value_low", "day"))
    order = np.lexsort((value, day, start, key[several]))
    again = np.diff(key[several][order]) == 0
    if courses == "each":
        again &= np.diff(start[order]) == 0
    counted = np.ones(key.size, dtype=bool)
    counted[several[order[1:][again]]] = False
    return counted


def _is_repeated(key: np.ndarray) -> np.ndarray:
    """Which numbers are there more than once."""
    ordered = np.sort(key)
    return pd.Series(key).isin(ordered[1:][ordered[1:] == ordered[:-1]]).to_numpy()


def _numbered(changes: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """One number for each combination of these columns."""
    key = np.zeros(len(changes), dtype=np.int64)
    for name in names:
        code, found = pd.factorize(changes[name])
        key = key * max(len(found), 1) + code
    return key


def tally(roster: pd.DataFrame, courses: str) -> Tally:
    """Count a roster: ``subject``, ``intervention`` and ``start`` of everyone who had an intervention."""
    starts = roster.assign(start=_starts(roster["start"]))[["subject", "intervention", "start"]]
    once = starts.drop_duplicates()
    subjects = once.drop_duplicates(["subject", "intervention"])
    counted = once if courses == "each" else subjects
    return Tally(_sizes(subjects), _sizes(counted), leaves_out=len(counted) < len(once))


def _sizes(frame: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(number) for name, number in frame["intervention"].value_counts().items()}


def _starts(column: pd.Series) -> np.ndarray:
    """Starts as instants, those that are not known after all others."""
    start = instants(column)
    return np.where(start == MISSING, LATEST, start)
