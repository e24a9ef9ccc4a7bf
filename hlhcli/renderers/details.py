"""All that is known of every change, as lines under the table."""

import math
from collections.abc import Iterator
from itertools import groupby

import pandas as pd

from hlhcli.printable import one_line
from hlhcli.renderers import sentences
from hlhcli.renderers.glyphs import ascii_text
from hlhcli.renderers.sentences import Row

WIDTH = 110


def render_details(detailed: pd.DataFrame, width: int | None, *, unicode: bool) -> str:
    """One paragraph per marker and intervention, the course first, then each response; then a caveat."""
    lines = [line for part in _parts(detailed) for line in _paragraph(part)]
    limit = max(40, min(width or WIDTH, WIDTH))
    say = one_line if unicode else ascii_text
    return "".join(f"{_wrapped(say(line), limit)}\n" for line in [*lines, sentences.CAVEAT])


def _parts(detailed: pd.DataFrame) -> Iterator[list[Row]]:
    found = groupby(
        sentences.rows(detailed),
        key=lambda row: (row["subject"], row["intervention"], row["start"], row["marker"]),
    )
    return (list(part) for _, part in found)


def _paragraph(part: list[Row]) -> Iterator[str]:
    row = part[0]
    who = f"{row['subject']}: " if row["subject"] else ""
    yield f"{who}{row['marker']}, {row['intervention']} ({row['start']})"
    timeless = {**row, "trend_projected": math.nan, "percent_to_goal": math.nan}
    for sentence in (sentences.before, sentences.goal, sentences.area, sentences.pairs):
        yield f"  {sentence(timeless)}"
    if sentences.variation(row):
        yield f"  Reference change limits from {sentences.variation(row)}."
    for _, same in groupby(sorted(part, key=_place), key=_place):
        alike = list(same)
        names = ", ".join(dict.fromkeys(each["at"] for each in alike))
        yield f"  {names}: {' '.join(filter(None, _of_response(alike[0])))}"
    yield ""


def _place(row: Row) -> tuple[bool, str, str]:
    """Equal for responses that are the same value; averages come last."""
    return not row["time"] and not math.isnan(row["value"]), row["time"], str(row["value"])


def _of_response(row: Row) -> Iterator[str]:
    yield sentences.change(row)
    if math.isnan(row["delta"]):
        return
    yield sentences.verdict(row)
    yield sentences.placements(row)
    yield sentences.speed(row)
    if not math.isnan(row["trend_projected"]):
        reached = sentences.number(row["trend_projected"])
        yield f"At the rate before the start it would have reached {reached}."
    if not math.isnan(row["percent_to_goal"]):
        yield f"{sentences.number(row['percent_to_goal'])} % of the way to the limit."
    if row["disturbed"]:
        yield f"Mind: {row['disturbed']}."


def _wrapped(line: str, width: int) -> str:
    inner = line.startswith("  ")
    return sentences.filled(line, width, indent="    " if inner else "")
