"""Claims and their verdicts as a block of cells, ready for the terminal."""

from typing import Any

import pandas as pd

from hlhcli.renderers.listing import Block
from hlhcli.renderers.rounding import NONE, measured, ratio
from hlhcli.renderers.sentences import percent

HEADER = ("Line", "Verdict", "Claim", "Stated", "Data", "Why")
LEGEND = (
    "A number agrees where the data round to its printed digits; a number without a sign is a rise. What "
    "limits or inferred dates leave open cannot be told."
)
SHOWN = 5
"""Digits of a number in the data."""


def verdict_block(verified: pd.DataFrame) -> Block:
    """One row per claim, with what was compared."""
    records = [dict(zip(verified.columns, row, strict=True)) for row in verified.itertuples(index=False)]
    return Block("", [], HEADER, [_cells(row) for row in records], frozenset(("Claim", "Data", "Why")))


def closing(verified: pd.DataFrame, rules: str) -> list[str]:
    """How many claims have each verdict, and how it was judged."""
    count = verified["verdict"].value_counts()
    words = (("agree", "agrees"), ("disagree", "disagrees"), ("cannot be told", "cannot be told"))
    listed = ", ".join(f"{count.get(verdict, 0)} {word}" for word, verdict in words)
    return [f"{len(verified)} claims: {listed}.", "", f"{LEGEND} {rules}"]


def _cells(row: dict[str, Any]) -> list[str]:
    about = " · ".join(filter(None, _about(row)))
    claim = f"{row['claim']} [{about}]" if row["claim"] else about
    why = "; ".join(filter(None, (row["reason"], row["cells"], row["source"])))
    return [str(row["line"]), row["verdict"], claim, row["stated"], _found(row), why]


def _about(row: dict[str, Any]) -> list[str]:
    return [
        row["subject"],
        row["marker"],
        row["measure"].replace("_", " "),
        row["at"],
        row["intervention"],
    ]


def _found(row: dict[str, Any]) -> str:
    """What the data give, as a number or word, or as a range."""
    low, high = row["found_low"], row["found_high"]
    if row["found"] and (pd.isna(low) or low != high or row["measure"] in ("direction", "range")):
        return _word(row)
    if pd.isna(low) and pd.isna(high):
        return NONE
    if pd.isna(low) or pd.isna(high):
        return f"at least {_number(low, row)}" if pd.isna(high) else f"at most {_number(high, row)}"
    return _number(low, row) if low == high else f"{_number(low, row)} to {_number(high, row)}"


def _word(row: dict[str, Any]) -> str:
    """A word with the number behind it, where there is one."""
    low, high = row["found_low"], row["found_high"]
    return row["found"] if pd.isna(low) or low != high else f"{row['found']} ({_number(low, row)})"


def _number(value: float, row: dict[str, Any]) -> str:
    if row["unit"] == "fold":
        return f"×{ratio(value)}"
    if row["unit"] == "%":
        return percent(value)
    change = row["measure"] in ("delta", "direction") and value > 0
    return f"{'+' if change else ''}{measured(value, SHOWN)} {row['unit']}".rstrip()
