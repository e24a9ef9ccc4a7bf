"""Blocks in the characters of the terminal: rows with their marks, headings and footnotes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

from hlhcli import markers
from hlhcli.renderers.also_given import also_given, line
from hlhcli.renderers.courses import course_drawer
from hlhcli.renderers.glyphs import Glyphs
from hlhcli.renderers.headings import heading_writer
from hlhcli.renderers.layout import Part, Row
from hlhcli.renderers.reading import FLAGS, Block, Line, Reading, blocks
from hlhcli.renderers.sensitivity import Window

BETTER = {"decrease": -1, "increase": 1}


@dataclass(frozen=True)
class Section:
    """One block, ready to be set: its rows by point and its rows by value."""

    subject: str
    heading: list[str]
    pivoted: list[Row]
    listed: list[Row]
    footnotes: list[str]
    rules: list[str]  # the fold changes under every baseline rule, where they were asked for


def sections(
    changes: pd.DataFrame,
    series: pd.DataFrame,
    windows: pd.DataFrame,
    interventions: pd.DataFrame,
    glyphs: Glyphs,
    rules: Mapping[Window, list[str]],
) -> list[Section]:
    """The blocks of `changes` with what the other frames know about them."""
    draw = course_drawer(series, windows, glyphs)
    write = heading_writer(windows, interventions)
    others = also_given(changes)
    return [
        replace(
            _section(block, write(block) + line(block, others), draw, glyphs),
            rules=list(map(glyphs.say, rules.get((block.subject, block.intervention, block.moment), []))),
        )
        for block in blocks(changes)
    ]


def _section(block: Block, heading: list[str], draw: Callable[[Block, str], str], glyphs: Glyphs) -> Section:
    notes = block.footnotes()
    marks = {note: glyphs.footmark(number) for number, note in enumerate(notes, start=1)}
    rows = [(line, _row(line, marks, draw(block, line.marker), glyphs)) for line in block.lines]
    return Section(
        subject=glyphs.say(block.subject),
        heading=list(map(glyphs.say, heading)),
        pivoted=[_filled(row, line.points(), line, glyphs) for line, row in rows if line.points()],
        listed=[each for line, row in rows for each in _values(line, row, glyphs)],
        footnotes=[
            glyphs.say(f"{marks[note]} {_about(names, block)}: {note}") for note, names in notes.items()
        ],
        rules=[],
    )


def _row(line: Line, marks: dict[str, str], course: str, glyphs: Glyphs) -> Row:
    return Row(
        marker=glyphs.say(line.marker),
        unit=glyphs.say(line.unit),
        footmark=",".join(mark for note, mark in marks.items() if note in line.notes),
        baseline=glyphs.say(line.baseline),
        baseline_day=glyphs.say(line.baseline_day),
        n=f"{line.n_before}|{line.n_after}",
        course=course,
        readings={},
    )


def _values(line: Line, row: Row, glyphs: Glyphs) -> Iterator[Row]:
    """A row for each value; the first has the marker and its baseline, the others only the value."""
    again = Row(marker="", unit="", footmark="", baseline="", baseline_day="", n="", course="", readings={})
    for number, reading in enumerate(line.every()):
        yield _filled(again if number else row, {"each": reading}, line, glyphs)


def _filled(row: Row, readings: dict[str, Reading], line: Line, glyphs: Glyphs) -> Row:
    better = _better_from(line.baseline, _better(line.marker))
    marks = {
        point: (glyphs.within, "") if reading.within_rcv else _mark(reading.direction * better, glyphs)
        for point, reading in readings.items()
    }
    said = {point: _said(reading, glyphs) for point, reading in readings.items()}
    return replace(row, readings=said, marks=marks)


def _said(reading: Reading, glyphs: Glyphs) -> Reading:
    return reading._replace(
        value=glyphs.say(reading.value),
        fold=glyphs.say(reading.fold),
        day=glyphs.say(reading.day),
        delta=glyphs.say(reading.delta),
    )


def _mark(gain: int, glyphs: Glyphs) -> Part:
    if gain == 0:
        return " ", ""
    return (glyphs.better, "better") if gain > 0 else (glyphs.worse, "worse")


def _better_from(baseline: str, better: int) -> int:
    """No direction where the baseline is already beyond its reference range on the better side.

    Leukocytes are to rise in HLH, but from 28 × 10⁹/L a fall is not for the worse.
    """
    return 0 if baseline.startswith({1: FLAGS["high"], -1: FLAGS["low"]}.get(better, "\0")) else better


@cache
def _better(marker: str) -> int:
    """1 where a rise is better, -1 where a fall is, 0 where nothing is known."""
    found = markers.find(marker)
    return BETTER.get(found.improvement, 0) if found else 0


def _about(names: list[str], block: Block) -> str:
    """The markers of a footnote."""
    everyone = len(names) > 1 and names == [line.marker for line in block.lines]
    return "all markers" if everyone else ", ".join(names)
