"""Cohort answers as cells: tables for a reader in the terminal, and one for a paper."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

from hlhcli.cohort.columns import REASONS, limits
from hlhcli.renderers.glyphs import display_width
from hlhcli.renderers.listing import GAP, Block
from hlhcli.renderers.rounding import NONE, amount, averaged, day_text, difference, ratio

Row = dict[str, Any]

LEFT_OUT_FIRST = ("Not evaluable", "Delta", "Value", "Baseline", "Same", "Unit", "Worse", "Day")
"""Columns that a narrow terminal has no room for, in the order in which they go."""

WRAPPED = frozenset(("Not evaluable", "Note"))
LEAST_WRAPPED = 14
NOBODY = "Nobody evaluable: "
TOO_FEW = "Too few evaluable to show: "

PICKED = (
    "Nadir and peak are picked from several values: the more values, the further out. Most subjects have a "
    "nadir below their baseline whatever happens."
)
LEGEND = (
    "n: evaluable, with a baseline and a response. Median (quartiles); a range or ≤ and ≥ where limits such "
    "as <5 or inferred dates leave it open. Day from the start.",
    "Improved and worse: by the sign of the change, where a source says which way is better in HLH; this is "
    "no definition of response. Beyond RCV: larger than the variation of healthy adults in steady state.",
)
DESCRIBES = "This describes these subjects. It tests nothing, and it does not show cause."


def cohort_blocks(answers: pd.DataFrame, width: int | None) -> tuple[list[Block], list[str]]:
    """A block per intervention and response point that fits the width, and the columns left out for it."""
    found = [list(group) for _, group in groupby(_records(answers), key=_block_key)]
    dropped: list[str] = []
    blocks = [_block(rows, dropped) for rows in found]
    for name in LEFT_OUT_FIRST:
        if width is None or max(map(_width, blocks), default=0) <= width:
            break
        dropped.append(name)
        blocks = [_block(rows, dropped) for rows in found]
    if width is not None and max(map(_width, blocks), default=0) > width:
        return [_block(rows, ()) for rows in found], []  # set as lists, which have room for all
    for name in reversed(dropped):  # a narrow column may fit where a wide one went after it
        fewer = [other for other in dropped if other != name]
        wider = [_block(rows, fewer) for rows in found]
        if width is not None and max(map(_width, wider), default=0) <= width:
            dropped, blocks = fewer, wider
    return blocks, dropped


def closing(answers: pd.DataFrame, rules: str, dropped: Sequence[str], below: int | None) -> list[str]:
    """The words under the tables: what is counted, by which rules, and what the width left no room for."""
    if answers.empty:
        return ["There is nothing to describe: no marker was measured in a subject with an intervention."]
    each = (answers["subjects"] != answers["courses"]).any()
    unit = (
        "Every start of an intervention is a course of its own."
        if each
        else ("Each subject counts once, by its first start of the intervention.")
    )
    lines = [" ".join(filter(None, (unit, rules))), *LEGEND]
    lines += [PICKED] if answers["at"].isin(("nadir", "peak")).any() else []
    lines += [_about_mask(below)] if below else []
    if dropped:
        lines.append(
            f"Left out for want of width: {', '.join(dropped)}. A wider terminal or --format csv has them."
        )
    return [*lines, DESCRIBES]


def paper_table(answers: pd.DataFrame) -> pd.DataFrame:
    """The cells of all answers as one table of texts, without the columns that are empty."""
    rows = [
        {
            "Intervention": row["intervention"],
            "At": row["at"],
            "Subjects": str(row["subjects"]),
            **_cells(row),
        }
        for row in _records(answers)
    ]
    table = pd.DataFrame(rows, dtype="str")
    return table.loc[:, (table != "").any()].rename(columns={"n": "Evaluable"})


def notes(lines: Sequence[str], file_format: str) -> str:
    """The words under a table of a paper: a paragraph, or comments of LaTeX."""
    if file_format == "latex":
        return "".join(f"% {line}\n" for line in lines)
    return "\n" + " ".join(lines).replace("<", "&lt;") + "\n"


def _records(answers: pd.DataFrame) -> list[Row]:
    """Rows as plain values: None where a question does not arise."""
    names = [str(name) for name in answers.columns]
    rows = answers.astype(object).itertuples(index=False, name=None)
    return [
        {name: None if cell is pd.NA else cell for name, cell in zip(names, row, strict=True)} for row in rows
    ]


def _block_key(row: Row) -> tuple[str, str]:
    return row["intervention"], row["at"]


def _block(rows: Sequence[Row], dropped: Sequence[str]) -> Block:
    """The rows of one intervention and response point; markers of nobody, or of too few, go below."""
    cells = [
        {name: text for name, text in _cells(row).items() if name not in dropped}
        for row in rows
        if isinstance(row["evaluable"], int) and row["evaluable"] > 0
    ]
    few = [row["marker"] for row in rows if isinstance(row["evaluable"], str)]
    nobody = [row["marker"] for row in rows if row["evaluable"] == 0]
    first, below = rows[0], ((TOO_FEW, few), (NOBODY, nobody))
    return Block(
        heading=f"{first['intervention']} · {first['at']}",
        about=[_subjects(first)],
        header=list(cells[0]) if cells else [],
        rows=[list(row.values()) for row in cells],
        words=WRAPPED,
        footnotes=[words + ", ".join(names) for words, names in below if names],
    )


def _width(block: Block) -> int:
    """Cells that the block needs, its words wrapped as far as they can be read."""
    columns = [column for column in zip(block.header, *block.rows, strict=True) if any(column[1:])]
    widths = [max(map(display_width, column)) for column in columns]
    wrapped = [
        min(width, LEAST_WRAPPED) if column[0] in WRAPPED else width
        for column, width in zip(columns, widths, strict=True)
    ]
    return sum(wrapped) + GAP * (len(wrapped) - 1)


def _subjects(row: Row) -> str:
    courses = "" if row["courses"] == row["subjects"] else f", courses: {row['courses']}"
    return f"Subjects: {row['subjects']}{courses}"


def _cells(row: Row) -> dict[str, str]:
    """One answer as texts under their headings."""
    return {
        "Marker": row["marker"],
        "Unit": row["unit"],
        "n": str(row["evaluable"]),
        "Baseline": _spread(row, "baseline", _measured),
        "Value": _spread(row, "value", _measured),
        "Delta": _spread(row, "delta", _signed),
        "Fold change": _with_count(_spread(row, "fold_change", _ratio), row, "fold_change"),
        "Day": _with_count(_days(row), row, "day"),
        "Improved": _share(row, "improved", "direction_n", "direction_unknown"),
        "Worse": _count(row, "worsened"),
        "Same": _count(row, "unchanged"),
        "Beyond RCV": _share(row, "beyond_rcv", "rcv_n", "rcv_unknown"),
        "Not evaluable": _reasons(row),
        "Note": row["note"],
    }


def _reasons(row: Row) -> str:
    """How many cannot be evaluated, by reason; one word where all are masked."""
    if all(isinstance(row[name], str) for name in REASONS):
        return str(row[REASONS[0]])
    return ", ".join(f"{row[name]} {name.replace('_', ' ')}" for name in REASONS if row[name] != 0)


def _measured(value: float, low: float, high: float) -> str:
    if min(part for part in (value, low, high, 0.0) if part == part) < 0:
        return difference(value, low, high).replace("+", "")
    return amount(value, low, high, averaged, certain=False)


def _signed(*numbers: float) -> str:
    """A difference in as many digits as a median has."""
    return difference(*(float(f"{number:.4g}") for number in numbers))


def _ratio(value: float, low: float, high: float) -> str:
    return amount(value, low, high, ratio, certain=False)


def _spread(row: Row, name: str, text_of: Callable[[float, float, float], str]) -> str:
    """Median and, where there are any, quartiles; each as far as it is known."""
    texts = [
        text_of(*(row[part] for part in (f"{name}_{summary}", *limits(f"{name}_{summary}"))))
        for summary in ("median", "q1", "q3")
    ]
    median, low, high = texts
    if median == NONE:
        return ""
    if low == high == NONE:
        return median
    exact = not any(pd.isna(row[f"{name}_{quartile}"]) for quartile in ("q1", "q3"))
    return f"{median} ({low}{' to ' if exact else '; '}{high})"


def _days(row: Row) -> str:
    median, low, high = (day_text(row[f"day_{summary}"]) for summary in ("median", "q1", "q3"))
    return f"{median} ({low[1:]} to {high[1:]})" if low else median


def _with_count(text: str, row: Row, name: str) -> str:
    """Also how many have the quantity, where it is another number than the evaluable."""
    count = row[f"{name}_n"]
    return text if text == "" or count == row["evaluable"] else f"{text}, n {count}"


def _share(row: Row, count: str, whole: str, unknown: str) -> str:
    """Such as ``12/20 (60%)``; what is not known on which side it lies is said."""
    if row[whole] in (None, 0):
        return ""
    if isinstance(row[count], str) or isinstance(row[whole], str):
        return str(row[count])
    if row[unknown] not in (0, None):
        return f"{row[count]}/{row[whole]} ({row[unknown]} unknown)"
    return f"{row[count]}/{row[whole]}{_percent(row[f'{count}_percent'])}"


def _percent(share: float) -> str:
    """A share in brackets; neither none nor all where it is not."""
    if pd.isna(share):
        return ""
    if 0 < share < 1 or 99 < share < 100:
        return " (<1%)" if share < 1 else " (>99%)"
    return f" ({share:.0f}%)"


def _count(row: Row, name: str) -> str:
    return "" if row[name] is None or row["direction_n"] == 0 else str(row[name])


def _about_mask(below: int) -> str:
    return (
        f"Counts from 1 to {below - 1} are hidden (<{below}), and so is every number from which one could be "
        "worked out (masked)."
    )
