"""What a reader sees of `changes`: one block per window, one line per marker, numbers as text.

The terminal table, Markdown and LaTeX are three ways to set these blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import starmap
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli.renderers.rounding import NONE, amount, averaged, day_text, difference, measured, ratio
from hlhcli.times import days_between, format_times, instants, is_calendar

EQUAL_WITHIN = 1e-12
"""Relative difference up to which two numbers are the same: rounding in the last binary digits."""

FLAGS = {"high": "H ", "low": "L "}
"""What stands before a value outside its reference range, so that the digits stay under each other."""


class Reading(NamedTuple):
    """One response. Where there is none, value and delta are ``–`` and the rest is empty."""

    at: str
    value: str
    fold: str
    day: str
    time: str
    delta: str
    direction: int  # of the change from baseline: -1, 0 (also where not known) or 1
    note: str
    within_rcv: bool = False  # within the reference change limits


class Line(NamedTuple):
    """One marker in one window."""

    marker: str
    unit: str
    baseline: str
    baseline_day: str
    n_before: int
    n_after: int
    readings: tuple[Reading, ...]
    notes: dict[str, str]  # each note, and the points that it is about; "" for all of them

    def points(self) -> dict[str, Reading]:
        """The readings of the single response points, by name."""
        return {reading.at: reading for reading in self.readings if reading.at != "each"}

    def every(self) -> list[Reading]:
        """The readings of every value after the start."""
        return [reading for reading in self.readings if reading.at == "each"]


@dataclass(frozen=True)
class Block:
    """One window of one subject."""

    subject: str
    intervention: str
    start: str
    moment: int  # the start as an instant, to find the window in other frames
    lines: tuple[Line, ...]

    def footnotes(self) -> dict[str, list[str]]:
        """Each note of the block, in order of appearance, with the markers that it is about."""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            for note, about in line.notes.items():
                found.setdefault(note, []).append(f"{line.marker} ({about})" if about else line.marker)
        return found


class Record(NamedTuple):
    """One row of `changes` with its numbers as text."""

    subject: str
    intervention: str
    start: str
    moment: int
    marker: str
    unit: str
    baseline: str
    baseline_day: str
    n_before: int
    n_after: int
    reading: Reading


def blocks(changes: pd.DataFrame) -> list[Block]:
    """The rows of `changes` as blocks, lines and readings, each in order of first appearance."""
    found: dict[tuple[str, str, int], dict[tuple[str, str], list[Record]]] = {}
    for record in _records(changes):
        window = found.setdefault((record.subject, record.intervention, record.moment), {})
        window.setdefault((record.marker, record.unit), []).append(record)
    return [_block(list(window.values())) for window in found.values()]


def response_points(changes: pd.DataFrame) -> list[str]:
    """The single response points that the frame holds, in its order."""
    return [point for point in changes["at"].unique() if point != "each"]


def _block(lines: list[list[Record]]) -> Block:
    top = lines[0][0]
    return Block(top.subject, top.intervention, top.start, top.moment, tuple(map(_line, lines)))


def _line(records: list[Record]) -> Line:
    top = records[0]
    readings = tuple(record.reading for record in records)
    return Line(*top[4:10], readings, _notes(readings))


def _notes(readings: tuple[Reading, ...]) -> dict[str, str]:
    where: dict[str, list[str]] = {}
    for reading in readings:
        label = reading.day if reading.at == "each" else reading.at
        for note in filter(None, reading.note.split("; ")):
            where.setdefault(note, []).append(label)
    return {note: "" if len(labels) == len(readings) else ", ".join(labels) for note, labels in where.items()}


def _records(changes: pd.DataFrame) -> Iterator[Record]:
    start = instants(changes["start"])
    baseline_time = changes["baseline_time"]
    baseline_day = days_between(start, instants(baseline_time), calendar=is_calendar(baseline_time)).tolist()
    return map(
        Record,
        changes["subject"].tolist(),
        changes["intervention"].tolist(),
        format_times(changes["start"]),
        start.tolist(),
        changes["marker"].tolist(),
        changes["unit"].tolist(),
        _amounts(changes, "baseline", changes["baseline_time"].notna()),
        list(map(day_text, baseline_day)),
        changes["n_before"].tolist(),
        changes["n_after"].tolist(),
        _readings(changes),
    )


def _readings(changes: pd.DataFrame) -> Iterator[Reading]:
    timed = changes["time"].notna()
    return map(
        Reading,
        changes["at"].tolist(),
        _amounts(changes, "value", timed),
        _folds(changes, timed & changes["baseline_time"].notna()),
        map(day_text, changes["day"].tolist()),
        format_times(changes["time"]),
        starmap(difference, zip(*_interval(changes, "delta"), strict=True)),
        _directions(changes),
        changes["note"].tolist(),
        _within_rcv(changes),
    )


def _within_rcv(changes: pd.DataFrame) -> list[bool]:
    """Which changes are judged to be within the reference change limits."""
    known = "beyond_rcv" in changes
    return (changes["beyond_rcv"] == "no").tolist() if known else [False] * len(changes)


def _interval(changes: pd.DataFrame, name: str) -> list[list[float]]:
    """A number and its lowest and highest possible value, where the frame has them."""
    none = np.full(len(changes), np.nan)
    columns = (changes.get(part, none) for part in (name, f"{name}_low", f"{name}_high"))
    return [np.asarray(column, dtype=float).tolist() for column in columns]


def _amounts(changes: pd.DataFrame, name: str, timed: pd.Series) -> list[str]:
    """Values as text; what has no time is an average, or a limit that was derived."""
    known = timed.tolist()
    texts = [
        amount(value, low, high, measured if certain else averaged, certain=certain)
        for value, low, high, certain in zip(*_interval(changes, name), known, strict=True)
    ]
    return _flagged(texts, changes.get(f"{name}_range"))


def _flagged(texts: list[str], sides: pd.Series | None) -> list[str]:
    """Numbers with H or L before them where they are outside their reference range."""
    if sides is None:
        return texts
    flags = sides.map(FLAGS).fillna("")
    return [text if text == NONE else flag + text for text, flag in zip(texts, flags, strict=True)]


def _folds(changes: pd.DataFrame, timed: pd.Series) -> list[str]:
    known = timed.tolist()
    texts = (
        amount(value, low, high, ratio, certain=certain)
        for value, low, high, certain in zip(*_interval(changes, "fold_change"), known, strict=True)
    )
    return ["" if text == NONE else f"×{text}" for text in texts]


def _directions(changes: pd.DataFrame) -> list[int]:
    """Which way the value went, where that is certain."""
    delta, low, high = (np.array(column) for column in _interval(changes, "delta"))
    size = np.fmax(changes["value"].abs().to_numpy(), changes["baseline"].abs().to_numpy())
    same = np.abs(delta) <= EQUAL_WITHIN * size
    low, high = (np.where(np.isnan(delta), limit, delta) for limit in (low, high))
    directions: list[int] = np.where(same, 0, (low > 0).astype(int) - (high < 0)).tolist()
    return directions
