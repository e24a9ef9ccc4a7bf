"""Small counts hidden, and whatever they could be computed from.

The policy is that of the Centers for Medicare & Medicaid Services (CMS Cell Size Suppression
Policy, resdac.org, version of 2024-01-26), with a limit that the user chooses: no count from 1 to
below the limit is shown, excluded subjects included, nor any number from which such a count
can be derived; 0 may be shown. The rules:

1. A count below the limit that is not 0 reads ``<5`` (at a limit of 5).
2. Counts that add up to a shown total are hidden together, zeros too, as soon as one is small
   (that none is unknown is told). Only the largest stays, where the others together are neither
   few nor more than it. A small one reads ``<5`` only where each may still be anything from 1 to
   4; else ``masked`` like the others.
3. A count that is part of a shown one (those with a fold change, of the evaluable) is hidden
   where what it leaves out is small.
4. Where the excluded of any answer about an intervention are few, the number that had it is hidden
   in all of its answers, as it is the same in each; the evaluable stay. So it is where few of
   so few are evaluable that the number of the others would tell which.
5. Per cents go with their counts. A median rests on the limit or more subjects; quartiles on four
   times as many, so that each quarter holds the limit.

The reasoning is in ``docs/methods.md``; the tests try to work the hidden counts out.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from hlhcli.cohort.columns import (
    BOUNDED,
    COUNTS,
    DIRECTIONS,
    OWN_COUNT,
    PERCENTS,
    QUANTITIES,
    REASONS,
    SUMMARIES,
    VERDICTS,
    limits,
)
from hlhcli.errors import HlhcliError

MASKED = "masked"
LEAST_MASK = 4
"""Below it so few numbers are hidden that the order of values can tell which one it is."""

QUARTERS = 4
PARTS = {"direction_n": DIRECTIONS, "rcv_n": VERDICTS}
TOTALS = ("subjects", "courses")
COUNT_COLUMNS = (
    *COUNTS,
    *(f"{name}_n" for name in OWN_COUNT),
    *(name for whole, parts in PARTS.items() for name in (whole, *parts)),
)
"""Columns of counts: in a masked frame they hold whole numbers, texts and missing cells."""

Cell = int | str | None
Row = dict[str, Any]


def mask_small(answers: pd.DataFrame, below: int) -> pd.DataFrame:
    """The answers of `describe_cohort` without counts from 1 to ``below`` − 1, by the rules above.

    Counts become whole numbers, ``<5`` or ``masked`` in columns of objects; what rests on too few
    subjects is missing, and ``note`` says that it was withheld.

    Raises:
        HlhcliError: a limit below `LEAST_MASK`, or answers that count every course: a limit is
            one of subjects.

    """
    if below < LEAST_MASK:
        raise HlhcliError(
            f"a mask below {below} would leave hidden counts to be worked out; use {LEAST_MASK} or more"
        )
    if (answers["subjects"] != answers["courses"]).any():
        raise HlhcliError("counts of courses cannot be masked: one subject may have several; count subjects")
    rows: list[Row] = [
        {str(name): None if pd.isna(cell) else cell for name, cell in row.items()}
        for row in answers.astype(dict.fromkeys(COUNT_COLUMNS, object)).to_dict("records")
    ]
    hidden = {row["intervention"] for row in rows if _tells_excluded(row, below)}
    masked = [_mask_row(row, below, hide_total=row["intervention"] in hidden) for row in rows]
    table = {name: [row[name] for row in masked] for name in answers.columns}
    frame = pd.DataFrame(table, index=answers.index, columns=answers.columns, dtype=object)
    kept = {name: dtype for name, dtype in answers.dtypes.items() if name not in COUNT_COLUMNS}
    return frame.astype(kept)


def _is_small(count: int | None, below: int) -> bool:
    return count is not None and 0 < count < below


def _tells_excluded(row: Row, below: int) -> bool:
    """Whether the total beside the evaluable would tell that few are excluded, or how few are left."""
    few = _is_small(row["evaluable"], below)
    least = 2 * below - 1  # then any small number of evaluable leaves no small number of excluded
    return _is_small(row["courses"] - row["evaluable"], below) or (few and row["courses"] < least)


def _mask_row(row: Row, below: int, *, hide_total: bool) -> Row:
    few = _is_small(row["evaluable"], below)
    result = {**row, **_mask_total(row, below, few=few, hide_total=hide_total)}
    if few:
        return result | _nothing(row) | {"evaluable": f"<{below}", "note": f"fewer than {below}: withheld"}
    for name in QUANTITIES:
        result |= _mask_summaries(row, name, below)
    for whole, parts in PARTS.items():
        result |= _mask_parts(row, whole, parts, below)
    for count in PERCENTS:
        if any(isinstance(result[name], str) for name in (count, *PERCENTS[count])):
            result |= dict.fromkeys((f"{count}_percent", *limits(f"{count}_percent")))
    return result


def _mask_total(row: Row, below: int, *, few: bool, hide_total: bool) -> Row:
    """The number that had the intervention, and why some of it is not evaluable."""
    if _is_small(row["courses"], below):
        return dict.fromkeys(TOTALS, f"<{below}") | dict.fromkeys(REASONS, MASKED)
    if hide_total:
        return dict.fromkeys((*TOTALS, *REASONS), MASKED)
    if few:
        return dict.fromkeys(REASONS, MASKED)
    return dict(zip(REASONS, hide_together([row[name] for name in REASONS], below), strict=True))


def _nothing(row: Row) -> Row:
    """All that is said about the evaluable, withheld; what does not arise stays missing."""
    counts = [name for name in COUNT_COLUMNS if name not in COUNTS]
    numbers = [f"{name}_{summary}" for name in QUANTITIES for summary in SUMMARIES]
    numbers += [f"{count}_percent" for count in PERCENTS]
    ends = [end for name in numbers for end in limits(name) if end in row]
    hidden: Row = {name: None if row[name] is None else MASKED for name in counts}
    return hidden | dict.fromkeys((*numbers, *ends))


def _mask_summaries(row: Row, name: str, below: int) -> Row:
    """The count of a quantity where it has one, and what rests on enough subjects of its summaries."""
    result: Row = {}
    whole = row["evaluable"]
    number: Cell = whole
    if name in OWN_COUNT:
        number = result[f"{name}_n"] = hide_part(row[f"{name}_n"], whole, below)
    sure = number if isinstance(number, int) else _at_least(number, row[f"{name}_n"], whole, below)
    for summary in SUMMARIES:
        needed = below if summary == "median" else QUARTERS * below
        if sure < needed:
            column = f"{name}_{summary}"
            result |= dict.fromkeys((column, *(limits(column) if name in BOUNDED else ())))
    return result


def _at_least(shown: Cell, number: int, whole: int, below: int) -> int:
    """How many a hidden count surely is, by what the total alone tells; 0 where it may be small."""
    is_large = shown == MASKED and whole >= 2 * below - 1 and number >= below
    return whole - (below - 1) if is_large else 0


def _mask_parts(row: Row, whole: str, parts: Sequence[str], below: int) -> Row:
    """A count that is part of the evaluable, and the counts that add up to it."""
    if row[whole] is None:
        return {}
    shown = hide_part(row[whole], row["evaluable"], below)
    known = parts if row[parts[-1]] else parts[:-1]  # that nothing is unknown may be told
    counts = [row[name] for name in known]
    if _is_small(row[whole], below):
        cells: list[Cell] = [MASKED] * len(known)
    elif isinstance(shown, str):  # then the evaluable are the total that is known
        cells = hide_together([*counts, row["evaluable"] - row[whole]], below)[:-1]
    else:
        cells = hide_together(counts, below)
    return {whole: shown, **dict(zip(known, cells, strict=True))}


def hide_together(counts: Sequence[int], below: int) -> list[Cell]:
    """Counts whose total is known: as they are, or hidden as soon as one is small, all but a large one.

    The largest stays where the others together are no more than it and no small count either.

    >>> hide_together([12, 8, 0], 5), hide_together([40, 9, 2], 5), hide_together([4, 3, 0], 5)
    ([12, 8, 0], [40, 'masked', '<5'], ['masked', 'masked', 'masked'])
    """
    small = [_is_small(count, below) for count in counts]
    if not any(small):
        return list(counts)
    largest = max(counts)
    rest = sum(counts) - largest
    shown = counts.index(largest) if below <= rest <= largest else None
    hidden = sum(counts) if shown is None else rest
    least = below + sum(small) * (below - 1)  # then each small one may be anything from 1 to below − 1
    tell = hidden >= least and sum(small) < len(counts) - (shown is not None)
    words = [f"<{below}" if tell and one else MASKED for one in small]
    return [largest if place == shown else word for place, word in enumerate(words)]


def hide_part(part: int, whole: int, below: int) -> Cell:
    """A count that is part of a shown one: as it is, or hidden where it or the rest of it is small.

    >>> [hide_part(part, 40, 5) for part in (40, 38, 30, 3, 0)]
    [40, 'masked', 30, '<5', 0]
    """
    if not (_is_small(part, below) or _is_small(whole - part, below)):
        return part
    is_told = whole >= 2 * below - 1 and _is_small(part, below)
    return f"<{below}" if is_told else MASKED
