"""Responses as blocks of cells, ready for the terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from hlhcli.criteria.responses import ResponseDefinition
from hlhcli.renderers.listing import Block
from hlhcli.renderers.scores import plain_edges
from hlhcli.times import format_times

CLOSING = (
    "Post hoc: definitions made for a trial, applied afterwards to single values. The baseline is the last "
    "value before the start, the response the last value of the window. What cannot be evaluated stays "
    "unknown. This describes; it does not show cause.",
)
LEVELS = ("Response", "Needs", "Counted", "Evaluable", "Lab part", "Response met")
ITEMS = ("Item", "Baseline", "Value", "Required", "Abnormal", "Normal", "≥25 %", "≥50 %", "Lines", "Note")
SHORT = {"met": "yes", "not met": "no"}


def response_blocks(
    levels: pd.DataFrame, items: pd.DataFrame, definitions: Sequence[ResponseDefinition]
) -> list[Block]:
    """Two blocks per subject, intervention and definition: the levels, and the items under them."""
    titles = {one.name: one for one in definitions}
    keys = ["subject", "intervention", "start", "definition"]
    of_items = dict(iter(items.groupby(keys, sort=False)))
    blocks: list[Block] = []
    for key, rows in levels.groupby(keys, sort=False):
        definition = titles[str(key[3])]
        blocks += _blocks(definition, rows, of_items.get(key, items[:0]))
    return blocks


def _blocks(definition: ResponseDefinition, rows: pd.DataFrame, items: pd.DataFrame) -> Iterator[Block]:
    first = _records(rows)[0]
    start = format_times(rows["start"].head(1))[0]
    heading = " · ".join(
        filter(None, (first["subject"], f"{first['intervention']} {start}", definition.title))
    )
    about = [definition.setting, definition.source, definition.note, first["note"]]
    yield Block(
        heading,
        [line for line in about if line],
        LEVELS,
        [_level(row) for row in _records(rows)],
        frozenset(),
    )
    times = zip(format_times(items["baseline_time"]), format_times(items["time"]), strict=True)
    shown = {level.percent for level in definition.levels}
    cells = [_item(row, *pair, shown) for row, pair in zip(_records(items), times, strict=True)]
    yield Block("", [], ITEMS, cells, frozenset(("Item", "Baseline", "Value", "Required", "Note")))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _level(row: dict[str, Any]) -> list[str]:
    low, high = int(row["count_low"]), int(row["count_high"])
    counted = f"{low}" if low == high else f"{low}–{high}"
    return [row["response"], row["needed"], counted, row["evaluable"], row["laboratory_part"], row["verdict"]]


def _item(row: dict[str, Any], before: str, after: str, shown: set[int]) -> list[str]:
    lines = "/".join("–" if pd.isna(row[name]) else str(row[name]) for name in ("baseline_row", "row"))
    return [
        f"{row['item']} ({row['unit']})" if row["unit"] else row["item"],
        f"{row['baseline']} ({before})" if row["baseline"] else "",
        f"{row['value']} ({after})" if row["value"] else "",
        plain_edges(row["required"]),
        *(SHORT.get(row[name], row[name]) for name in ("abnormal_at_baseline", "normal")),
        *(_improved(row, percent) if percent in shown else "" for percent in (25, 50)),
        lines if lines != "–/–" else "",
        row["note"],
    ]


def _improved(row: dict[str, Any], percent: int) -> str:
    verdict = str(row[f"improved_{percent}"])
    return SHORT.get(verdict, verdict)
