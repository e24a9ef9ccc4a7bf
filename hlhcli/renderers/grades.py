"""CTCAE grades as blocks of cells, ready for the terminal."""

from typing import Any

import pandas as pd

from hlhcli.renderers.listing import Block
from hlhcli.renderers.scores import plain_edges
from hlhcli.times import format_times

CLOSING = (
    "Toxicity grading (CTCAE), not disease severity. A dash: no grade, because a limit or a baseline that "
    "could change it is not known; it is never taken as grade 0.",
)
EACH = ("Time", "Value", "Grade", "Rule", "Limits", "Baseline", "Line", "Note")
WORST = ("Term", "Grade", "Value", "Time", "Graded")


def grade_blocks(graded: pd.DataFrame) -> list[Block]:
    """A block per subject and term, or, of worst grades, per subject and intervention."""
    if "intervention" in graded.columns:
        return [_worst(rows) for _, rows in graded.groupby(["subject", "intervention", "start"], sort=False)]
    return [_each(rows) for _, rows in graded.groupby(["subject", "term", "marker"], sort=False)]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _each(rows: pd.DataFrame) -> Block:
    first = _records(rows)[0]
    heading = " · ".join(
        filter(None, (first["subject"], f"{first['term']} ({first['marker']}, {first['unit']})"))
    )
    cells = [_value(row, time) for row, time in zip(_records(rows), format_times(rows["time"]), strict=True)]
    return Block(heading, [f"CTCAE {first['version']}"], EACH, cells, frozenset(("Note",)))


def _value(row: dict[str, Any], time: str) -> list[str]:
    limits = [
        f"{name} {row[key]:g}"
        for name, key in (("LLN", "reference_low"), ("ULN", "reference_high"))
        if row[key] == row[key]
    ]
    return [
        time,
        row["value"],
        _grade(row),
        plain_edges(row["rule"]),
        ", ".join(limits),
        row["baseline"],
        str(row["row"]),
        row["note"],
    ]


def _grade(row: dict[str, Any]) -> str:
    return "–" if pd.isna(row["grade"]) else str(row["grade"])


def _worst(rows: pd.DataFrame) -> Block:
    first = _records(rows)[0]
    start = format_times(rows["start"].head(1))[0]
    heading = " · ".join(filter(None, (first["subject"], f"{first['intervention']} {start}")))
    times = format_times(rows["time"])
    cells = [
        [
            row["term"],
            _grade(row),
            f"{row['value']} {row['unit']}",
            time,
            f"{row['graded']} of {row['values']}",
        ]
        for row, time in zip(_records(rows), times, strict=True)
    ]
    return Block(
        heading, [f"CTCAE {first['version']}: worst grade after the start"], WORST, cells, frozenset()
    )
