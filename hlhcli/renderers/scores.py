"""Scores and their items as blocks of cells, ready for the terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from hlhcli.criteria.definition import Definition
from hlhcli.errors import fold
from hlhcli.renderers.listing import Block
from hlhcli.times import format_times

CLOSING = (
    "Criteria of published definitions, counted from what is known at each day; unknown is never a no, and a "
    "score with unknown criteria is a range. This is not a diagnosis. --items shows every criterion with its "
    "cell; hlhcli score --format csv has all columns.",
)
NO_ROWS = "There is nothing to score: no laboratory value of this definition."


ITEM_HEADER = ("Criterion", "Value", "Threshold", "Verdict", "Points", "Cell", "Note")
SCORE_HEADER = ("Time", "Score", "Criteria", "Lab part", "Probability", "Would decide", "Unknown", "Notes")


def score_blocks(totals: pd.DataFrame, definitions: Sequence[Definition]) -> list[Block]:
    """One block per subject and definition, a row per day."""
    by_name = {
        (str(subject), str(name)): rows
        for (subject, name), rows in totals.groupby(["subject", "definition"], sort=False)
    }
    subjects = list(totals["subject"].unique()) or [""]
    pairs = [(subject, one) for subject in subjects for one in definitions]
    return [
        _score_block(subject, one, by_name.get((subject, one.name), totals[:0])) for subject, one in pairs
    ]


def item_blocks(
    totals: pd.DataFrame, details: pd.DataFrame, definitions: Sequence[Definition]
) -> list[Block]:
    """One block per subject, definition and day, a row per rule."""
    titles = {one.name: one.title for one in definitions}
    results: dict[object, Any] = {
        (row.subject, row.definition, row.time): row for row in totals.itertuples(index=False)
    }
    groups = details.groupby(["subject", "definition", "time"], sort=False)
    return [_item_block(titles[str(key[1])], results[key], rows) for key, rows in groups]


def score_range(low: float, high: float) -> str:
    """A score, or its range; an end that nothing bounds is open.

    >>> score_range(209.0, 273.0), score_range(5.0, 5.0), score_range(float("nan"), -1.5)
    ('209–273', '5', '−1.5 or less')
    """
    lower, upper = (f"{end:.6g}".replace("-", "−") if end == end else "" for end in (low, high))
    if not upper:
        return f"{lower} or more" if lower not in ("", "0") else "unknown"
    if not lower:
        return f"{upper} or less"
    if lower == upper:
        return lower
    return f"{lower} to {upper}" if "−" in lower + upper else f"{lower}–{upper}"


def plain_edges(words: str) -> str:
    """Thresholds with the signs of print: ≥, ≤ and −."""
    return words.replace(">=", "≥").replace("<=", "≤").replace(" -", " −")


def _score_block(subject: str, definition: Definition, rows: pd.DataFrame) -> Block:
    notes: dict[str, int] = {}
    times = format_times(rows["time"])
    cells = [_score_cells(row, time, notes) for row, time in zip(_records(rows), times, strict=True)]
    counts = f"{definition.counts[:1].upper()}{definition.counts[1:]}"
    cutoff = plain_edges(f"{definition.positive.edge} {definition.positive.threshold}")
    about = [f"{counts} {cutoff}. {definition.setting}", definition.source]
    return Block(
        " · ".join(filter(None, (subject, definition.title))),
        about if cells else [*about, NO_ROWS],
        SCORE_HEADER,
        cells,
        frozenset(("Would decide", "Unknown")),
        [f"{number}: {note}" for note, number in notes.items()],
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _score_cells(row: dict[str, Any], time: str, notes: dict[str, int]) -> list[str]:
    told = [part for part in row["note"].split("; ") if part]
    marks = [str(notes.setdefault(part, len(notes) + 1)) for part in told]
    plain = [row[name] for name in ("verdict", "laboratory_part", "probability", "would_decide", "open")]
    return [time, score_range(row["score_low"], row["score_high"]), *plain, ",".join(marks)]


def _item_block(title: str, total: Any, rows: pd.DataFrame) -> Block:  # noqa: ANN401 - a row of the scores
    time = format_times(rows["time"].head(1))[0]
    said = f"Score {score_range(total.score_low, total.score_high)}; criteria {total.verdict}"
    said += f"; laboratory part {total.laboratory_part}" if total.laboratory_part else ""
    statements: dict[str, int] = {}
    return Block(
        " · ".join(filter(None, (total.subject, title, time))),
        [part for part in (f"{said}.", total.note) if part],
        ITEM_HEADER,
        list(_item_cells(_records(rows), statements)),
        frozenset(("Criterion", "Threshold", "Note")),
        [f"[{number}] {statement}" for statement, number in statements.items()],
    )


def _item_cells(rows: list[dict[str, Any]], statements: dict[str, int]) -> Iterator[list[str]]:
    """A row per rule; what belongs to the whole criterion stands at its first."""
    before = ""
    for row in rows:
        first, before = row["criterion"] != before, row["criterion"]
        points = (
            score_range(row["points_low"], row["points_high"]) if row["role"] == "counted" else row["role"]
        )
        cell = "" if pd.isna(row["row"]) else f"{row['file']} {row['row']}"
        if row["statement"]:
            cell += f" [{statements.setdefault(row['statement'], len(statements) + 1)}]"
        yield [
            _name(row, first=first),
            f"{row['value']} {row['unit']}".strip(),
            plain_edges(row["threshold"]),
            row["verdict"],
            points if first else "",
            cell,
            row["note"],
        ]


def _name(row: dict[str, Any], *, first: bool) -> str:
    """The criterion, and the item where that is another word."""
    if not first:
        return f"  {row['item']}"
    same = fold(row["item"]) == fold(row["criterion"])
    return str(row["criterion"]) if same else f"{row['criterion']}: {row['item']}"
