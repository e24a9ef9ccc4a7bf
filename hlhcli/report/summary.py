"""The changes around each intervention, as `hlhcli summarize` prints them."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from hlhcli.evidence.footnotes import with_footnotes
from hlhcli.renderers import layout, sections
from hlhcli.renderers.glyphs import UNICODE
from hlhcli.renderers.legend import legend
from hlhcli.renderers.reading import Block, blocks, response_points
from hlhcli.renderers.rounding import NONE
from hlhcli.report.document import Column, Items, Paragraph, Part, Row, Run, Section, Style, Text, text
from hlhcli.report.material import Material
from hlhcli.report.tables import row, table
from hlhcli.report.values import Places
from hlhcli.times import instants

SAID = {UNICODE.better: "for the better", UNICODE.worse: "for the worse"}
WITHIN = "within the reference change limits"
NOTHING = "No marker was measured in a subject with an intervention."


class Key(NamedTuple):
    """What one response is about."""

    intervention: str
    moment: int
    marker: str
    unit: str
    at: str


Targets = Mapping[Key, tuple[str, str]]
"""The anchors of the baseline and of the value of each response."""


def section(material: Material, places: Places, prefix: str) -> Section:
    """One part per intervention: how it was given, the table, and its footnotes."""
    changes = with_footnotes(material.changes)
    found = sections.sections(changes, material.series, material.windows, material.interventions, UNICODE, {})
    targets = _targets(material.changes, places)
    parts = tuple(
        _around(material.changes, block, part, targets, f"{prefix}change-{number}")
        for number, (block, part) in enumerate(zip(blocks(changes), found, strict=True), 1)
    )
    rows = [line for part in found for line in part.pivoted]
    words = " ".join(legend(rows, [], UNICODE)) if rows else NOTHING
    about = (Paragraph(text(material.settings.rules)), Paragraph(text(words), quiet=True))
    return Section(f"{prefix}changes", "Changes around each intervention", about, parts)


def _targets(changes: pd.DataFrame, places: Places) -> Targets:
    start, before, after = (instants(changes[name]).tolist() for name in ("start", "baseline_time", "time"))
    names = ("intervention", "marker", "unit", "at", "baseline", "value")
    columns = zip(*(changes[name].tolist() for name in names), start, before, after, strict=True)
    return {
        Key(intervention, moment, marker, unit, at): (
            places.of(marker, earlier, baseline),
            places.of(marker, later, value),
        )
        for intervention, marker, unit, at, baseline, value, moment, earlier, later in columns
    }


def _around(
    changes: pd.DataFrame, block: Block, part: sections.Section, targets: Targets, anchor: str
) -> Section:
    name, when, *others = part.heading
    points = response_points(changes)
    columns = [Column("Marker"), Column("Baseline", "number")]
    columns += [Column(point.capitalize(), "number") for point in points]
    columns += [Column("n", "number")]
    same = (changes["intervention"] == block.intervention) & (instants(changes["start"]) == block.moment)
    shown = table(
        anchor,
        f"{name}, {when}: baseline and response of each marker",
        columns,
        _rows(block, part.pivoted, targets, points),
        changes[same],
    )
    given = [Items(tuple(map(text, others)), quiet=True)] if others else []
    notes = [Items(tuple(map(text, part.footnotes)), quiet=True)] if part.footnotes else []
    parts: list[Part] = [*given, shown, *notes]
    return Section(f"{anchor}-part", f"{name}, {when}", tuple(parts))


def _rows(block: Block, rows: list[layout.Row], targets: Targets, points: list[str]) -> Iterator[Row]:
    lines = [line for line in block.lines if line.points()]
    for line, one in zip(lines, rows, strict=True):
        ends = {
            point: targets.get(Key(block.intervention, block.moment, line.marker, line.unit, point), ("", ""))
            for point in points
        }
        named = (text(one.marker, Run(one.footmark, style="quiet")), text(Run(one.unit, style="quiet")))
        yield row(
            named,
            _number(one.baseline, next((end[0] for end in ends.values()), ""), one.baseline_day),
            *(_response(one, point, ends[point][1]) for point in points),
            one.n,
        )


def _response(one: layout.Row, point: str, anchor: str) -> tuple[Text, ...]:
    reading = one.readings.get(point)
    if reading is None:
        return ()
    details = " · ".join(filter(None, (reading.fold, reading.day)))
    return _number(reading.value, anchor, details, _mark(*one.marks.get(point, ("", ""))))


def _number(value: str, anchor: str, details: str, mark: Run | str = "") -> tuple[Text, ...]:
    """A number with a link to its row, and below it what belongs to it."""
    leads = Run(value, to="" if value == NONE else anchor)
    lines = (text(leads, " " if mark else "", mark), text(Run(details, style="quiet")))
    return tuple(line for line in lines if line)


def _mark(glyph: str, style: str) -> Run | str:
    if glyph == UNICODE.within:
        return Run(glyph, style="within", said=WITHIN)
    look: Style = "better" if style == "better" else "worse"
    return Run(glyph, style=look, said=SAID[glyph]) if glyph in SAID else ""
