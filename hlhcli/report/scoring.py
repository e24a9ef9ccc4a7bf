"""Scores and criteria: each as its range, with what would decide it."""

from collections.abc import Iterator, Sequence

import pandas as pd

from hlhcli.criteria.definition import Definition
from hlhcli.renderers.listing import Block
from hlhcli.renderers.scores import score_blocks
from hlhcli.report.document import Column, Items, Kind, Paragraph, Part, Row, Run, Section, Text, text
from hlhcli.report.material import Material
from hlhcli.report.tables import row, table
from hlhcli.times import format_times

NOT_A_DIAGNOSIS = (
    "Criteria of published definitions, counted from what is known at each day with laboratory values. "
    "Unknown is never a no: a score with unknown criteria is a range. None of this is a diagnosis."
)
NOTHING = "No laboratory value of any chosen definition: nothing to score."
VERDICTS = ("met", "not met", "unknown", "not applicable")
NAMED = 3
"""Days that are named; of more only the number is told."""


def section(material: Material, prefix: str) -> Section:
    """An overview of all definitions, then each with its days."""
    own = [one for one in material.definitions if (material.scores["definition"] == one.name).any()]
    title = "Scores and criteria"
    if not own:
        return Section(f"{prefix}scores", title, (Paragraph(text(NOTHING)),))
    blocks = score_blocks(material.scores, own)
    parts = tuple(
        _definition(one, block, material.scores, f"{prefix}score-{number}")
        for number, (one, block) in enumerate(zip(own, blocks, strict=True), 1)
    )
    about: list[Part] = [Paragraph(text(NOT_A_DIAGNOSIS)), _overview(material, own, prefix)]
    return Section(f"{prefix}scores", title, tuple(about), parts)


def _overview(material: Material, own: Sequence[Definition], prefix: str) -> Part:
    columns = (Column("Definition"), *(Column(f"Days {verdict}", "label") for verdict in VERDICTS))
    rows = (_days(one, material.scores, f"{prefix}score-{number}-part") for number, one in enumerate(own, 1))
    return table(
        f"{prefix}verdicts", "Days on which each definition is met, not met or unknown", columns, rows
    )


def _days(definition: Definition, scores: pd.DataFrame, anchor: str) -> Row:
    rows = scores[scores["definition"] == definition.name]
    texts = pd.Series(format_times(rows["time"]), index=rows.index)
    cells = (_named(texts[rows["verdict"] == verdict].tolist()) for verdict in VERDICTS)
    return row(Run(definition.title, to=anchor), *cells)


def _named(days: Sequence[str]) -> tuple[Text, ...]:
    return tuple(map(text, days if 0 < len(days) <= NAMED else [str(len(days) or "none")]))


def _definition(definition: Definition, block: Block, scores: pd.DataFrame, anchor: str) -> Section:
    used = [place for place in range(len(block.header)) if any(line[place] for line in block.rows)]
    columns = [Column(block.header[place], _kind(block, place)) for place in used]
    rows = (row(*(line[place] for place in used)) for line in block.rows)
    data = scores[scores["definition"] == definition.name]
    shown = table(anchor, f"{definition.title}: score and criteria by day", columns, rows, data)
    return Section(f"{anchor}-part", definition.title, tuple(_about(block, shown)))


def _kind(block: Block, place: int) -> Kind:
    return "words" if block.header[place] in block.words else "label"


def _about(block: Block, shown: Part) -> Iterator[Part]:
    yield Paragraph(text(" · ".join(block.about)), quiet=True)
    yield shown
    if block.footnotes:
        yield Items(tuple(map(text, block.footnotes)), quiet=True)
