"""What a reader sees of `changes`: one block per window, one line per marker, numbers as text.

The terminal table, Markdown and LaTeX are three ways to set these blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import starmap
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli.renderers.placements import Spread, placements_note
from hlhcli.renderers.rounding import NONE, amount, averaged, day_text, difference, measured, ratio
from hlhcli.times import days_between, format_times, instants, is_calendar
from hlhcli.wording import BASELINE_DATE_INFERRED, DATE_INFERRED

UNSURE = "~"
"""Stands before a fold change that would be another with other dates."""

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
    rule: str  # of the baseline, where several are compared

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
    spread: Spread
    rule: str


def blocks(changes: pd.DataFrame) -> list[Block]:
    """The rows of `changes` as blocks, lines and readings, each in order of first appearance."""
    found: dict[tuple[str, str, int], dict[tuple[str, str, str], list[Record]]] = {}
    for record in _records(changes):
        window = found.setdefault((record.subject, record.intervention, record.moment), {})
        window.setdefault((record.marker, record.unit, record.rule), []).append(record)
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
    spread = {_label(record.reading): record.spread for record in records}
    return Line(*top[4:10], readings, placements_note(spread) | _notes(readings, spread), top.rule)


def _label(reading: Reading) -> str:
    return reading.day if reading.at == "each" else reading.at


def _notes(readings: tuple[Reading, ...], spread: dict[str, Spread]) -> dict[str, str]:
    """Every note; that a date is inferred goes without saying where all its placements are told."""
    told = max((part.placements for part in spread.values()), default=1) > 1
    where: dict[str, list[str]] = {}
    for reading in readings:
        for note in filter(None, reading.note.split("; ")):
            if not (told and note in (BASELINE_DATE_INFERRED, DATE_INFERRED)):
                where.setdefault(note, []).append(_label(reading))
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
        _amounts(changes, "baseline", changes["baseline_time"].notna(), _no_baseline(changes)),
        list(map(day_text, baseline_day)),
        changes["n_before"].tolist(),
        changes["n_after"].tolist(),
        _readings(changes),
        _spreads(changes),
        changes["baseline_rule"].tolist() if "baseline_rule" in changes else [""] * len(changes),
    )


def _no_baseline(changes: pd.DataFrame) -> pd.Series:
    return (changes["n_before"] == 0) & changes["baseline_time"].isna()


def _no_change(changes: pd.DataFrame) -> pd.Series:
    return _no_baseline(changes) | (changes["n_after"] == 0)


def _placements(changes: pd.DataFrame) -> pd.Series:
    return changes["placements"] if "placements" in changes else pd.Series(1, index=changes.index)


def _spreads(changes: pd.DataFrame) -> Iterator[Spread]:
    """What the placements of inferred dates leave open of each change."""
    counts = changes["same_sign"] if "same_sign" in changes else _placements(changes)
    folds = _interval(changes, "fold_change", _no_change(changes))
    deltas = _interval(changes, "delta", _no_change(changes))
    ranges = (
        _range_text(fold_low, fold_high) if not np.isnan(fold) else _delta_range(low, high)
        for fold, fold_low, fold_high, _, low, high in zip(*folds, *deltas, strict=True)
    )
    same = [0 if pd.isna(count) else int(count) for count in counts.tolist()]
    return map(Spread, _placements(changes).tolist(), same, ranges, _known(changes))


def _delta_range(low: float, high: float) -> str:
    """The range of a change that has no ratio."""
    return "" if low == high or (np.isnan(low) and np.isnan(high)) else difference(np.nan, low, high)


def _known(changes: pd.DataFrame) -> list[bool]:
    known: list[bool] = changes["delta"].notna().tolist()
    return known


def _range_text(low: float, high: float) -> str:
    """Text such as ``×0.847–4.49``; empty where nothing is open."""
    if low == high or (np.isnan(low) and np.isnan(high)):
        return ""
    ends = [("" if np.isnan(end) else ratio(end)) for end in (low, high)]
    if "" in ends:
        return f"×≥{ends[0]}" if ends[0] else f"×≤{ends[1]}"
    return f"×{ends[0]}" if ends[0] == ends[1] else f"×{ends[0]}–{ends[1]}"


def _readings(changes: pd.DataFrame) -> Iterator[Reading]:
    timed = changes["time"].notna()
    return map(
        Reading,
        changes["at"].tolist(),
        _amounts(changes, "value", timed, changes["n_after"] == 0),
        _folds(changes, timed & changes["baseline_time"].notna()),
        map(day_text, changes["day"].tolist()),
        format_times(changes["time"]),
        starmap(difference, zip(*_interval(changes, "delta", _no_change(changes)), strict=True)),
        _directions(changes),
        changes["note"].tolist(),
    )


def _interval(changes: pd.DataFrame, name: str, absent: pd.Series) -> list[list[float]]:
    """A number and its lowest and highest possible value, where the frame has them.

    Where the number is ``absent``, so are they, also where other placements would have one.
    """
    none = np.full(len(changes), np.nan)
    columns = (changes.get(part, none) for part in (name, f"{name}_low", f"{name}_high"))
    return [np.where(absent, np.nan, np.asarray(column, dtype=float)).tolist() for column in columns]


def _amounts(changes: pd.DataFrame, name: str, timed: pd.Series, absent: pd.Series) -> list[str]:
    """Values as text; what has no time is an average, or a limit that was derived."""
    reported = (timed & (_placements(changes) == 1)).tolist()
    texts = [
        amount(value, low, high, measured if exact else averaged, certain=certain)
        for value, low, high, exact, certain in zip(
            *_interval(changes, name, absent), timed.tolist(), reported, strict=True
        )
    ]
    return _flagged(texts, changes.get(f"{name}_range"))


def _flagged(texts: list[str], sides: pd.Series | None) -> list[str]:
    """Numbers with H or L before them where they are outside their reference range."""
    if sides is None:
        return texts
    flags = sides.map(FLAGS).fillna("")
    return [text if text == NONE else flag + text for text, flag in zip(texts, flags, strict=True)]


def _folds(changes: pd.DataFrame, timed: pd.Series) -> list[str]:
    """Fold changes as text, marked where other placements give others."""
    reported = (timed & (_placements(changes) == 1)).tolist()
    intervals = zip(*_interval(changes, "fold_change", _no_change(changes)), reported, strict=True)
    return [_fold_text(*interval) for interval in intervals]


def _fold_text(value: float, low: float, high: float, certain: bool) -> str:
    text = amount(value, low, high, ratio, certain=certain)
    open_date = not np.isnan(value) and _range_text(low, high) not in ("", f"×{text}")
    return "" if text == NONE else f"{UNSURE if open_date else ''}×{text}"


def _directions(changes: pd.DataFrame) -> list[int]:
    """Which way the value went, where that is certain."""
    delta, low, high = (np.array(column) for column in _interval(changes, "delta", _no_change(changes)))
    size = np.fmax(changes["value"].abs().to_numpy(), changes["baseline"].abs().to_numpy())
    same = np.abs(delta) <= EQUAL_WITHIN * size
    if "delta_low" not in changes:
        low = high = delta
    directions: list[int] = np.where(same, 0, (low > 0).astype(int) - (high < 0)).tolist()
    return directions
