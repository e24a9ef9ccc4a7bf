"""The interventions of subjects that have labs: one rule, and its words, for every engine."""

import difflib
from collections.abc import Sequence

import pandas as pd

from hlhcli.errors import HlhcliError, fold, nearest
from hlhcli.readers.notes import note

SHOWN = 5
SMALL_SERIES = 30
"""Where fewer subjects than this have labs and no intervention, one of them may be meant by another name."""

CLOSE = 0.7
"""How alike two names are of which one may be the other, misspelt: 1 is the same."""


def of_same_subjects(
    name: str, interventions: pd.DataFrame, series: pd.DataFrame, *, strict: bool = False
) -> pd.DataFrame:
    """The interventions of subjects that have labs; a note counts and names the other subjects.

    Where only one of the two inputs names its subject, and names a single one, they are about the
    same one. Raises `HlhcliError` where no subject has labs, for interventions without a subject
    among several, and where ``strict`` for the first subject that has no labs.
    """
    labs, given = series["subject"].unique(), interventions["subject"].unique()
    if len(labs) == len(given) == 1 and "" in (labs[0], given[0]):
        return interventions.assign(subject=labs[0])
    if list(given) == [""]:
        raise HlhcliError(f"{name}: has no subject column, but the labs have {len(labs)} subjects; add one")
    known = set(labs)
    unknown = [subject for subject in given if subject not in known]
    if not unknown:
        return interventions
    if list(labs) == [""]:
        raise HlhcliError(
            f"{name}: has subjects ({_listed(unknown)}), but the labs have no subject column; add one"
        )
    if "" in unknown:
        raise HlhcliError(
            f"{name}: has interventions without a subject, but the labs have {len(labs)} subjects; fill the "
            "subject column"
        )
    if strict or len(unknown) == len(given):
        raise HlhcliError(f"{name}: no labs for subject {_listed(unknown)}; {nearest(unknown[0], labs)}")
    note(f"{name}: {_words(unknown, len(given))}{_guess(unknown, sorted(known - set(given)))}")
    return interventions[interventions["subject"].isin(labs)].reset_index(drop=True)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _words(unknown: Sequence[str], count: int) -> str:
    has, their = ("has", "its") if len(unknown) == 1 else ("have", "their")
    return (
        f"{len(unknown)} of {count} subjects {has} no labs ({_listed(unknown)}); {their} interventions give "
        "no rows"
    )


def _guess(unknown: Sequence[str], free: Sequence[str]) -> str:
    """Which subjects that have labs and no intervention may be meant; empty where none is close."""
    free = [name for name in free if name]
    if len(free) >= SMALL_SERIES:
        return ""
    pairs = [f"'{close}' for '{name}'" for name in unknown[:SHOWN] if (close := _close(name, free))]
    return f"; did you mean {' and '.join(pairs)}?" if pairs else ""


def _close(name: str, free: Sequence[str]) -> str:
    """The name most like another one; empty where none is like it."""
    folded = {fold(one): one for one in reversed(free)}
    found = difflib.get_close_matches(fold(name), folded, n=1, cutoff=CLOSE)
    return folded[found[0]] if found else ""
