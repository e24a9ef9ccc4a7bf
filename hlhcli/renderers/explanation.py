"""One change in paragraphs for a reader."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hlhcli.printable import one_line
from hlhcli.renderers import sentences
from hlhcli.renderers.glyphs import ascii_text
from hlhcli.renderers.sentences import Row

WIDTH = 80


@dataclass(frozen=True)
class Surroundings:
    """What a change is told with: all in words, empty where there is nothing."""

    rules: str
    cells: str
    active: Sequence[str]
    earlier: Sequence[str]
    remarks: Sequence[str]
    events: Sequence[str]
    version: str


def explain(row: Row, around: Surroundings, *, width: int | None, unicode: bool) -> str:
    """The paragraphs of one row: the change, its cells, how sure it is, and what else went on."""
    limit = max(40, min(width or WIDTH, 100))
    text = "\n\n".join(_filled(paragraph, limit) for paragraph in _paragraphs(row, around)) + "\n"
    return text if unicode else "\n".join(map(ascii_text, text.split("\n")))


def _paragraphs(row: Row, around: Surroundings) -> Iterator[str]:
    yield f"{row['marker']} around {row['intervention']} (start {row['start']}): {sentences.POINT[row['at']]}"
    yield sentences.change(row)
    yield f"From: {around.cells}. {around.rules}"
    yield f"How sure: {' '.join(filter(None, _sure(row)))} {sentences.CAVEAT}"
    yield " ".join((sentences.before(row), sentences.speed(row)))
    yield f"The whole course: {' '.join((sentences.goal(row), sentences.area(row), sentences.pairs(row)))}"
    yield f"What else was going on: {' '.join(_others(row, around))}"
    yield f"For a Methods section: {methods(row, around)}"


def _sure(row: Row) -> Iterator[str]:
    yield sentences.verdict(row)
    yield f"It rests on {sentences.variation(row)}." if row["beyond_rcv"] else ""
    yield sentences.placements(row)
    yield f"Notes: {row['note']}." if row["note"] else ""


def _others(row: Row, around: Surroundings) -> Iterator[str]:
    yield f"Active as well: {_listed(around.active)}."
    yield f"Given before: {_listed(around.earlier)}."
    yield from (f"{remark}." for remark in around.remarks)
    if around.events:
        yield f"Events: {_listed(around.events)}."
    yield f"Mind: {row['disturbed']}." if row["disturbed"] else "No listed event disturbs the two values."
    yield sentences.NOT_DIVIDED


def methods(row: Row, around: Surroundings) -> str:
    """What a paper's Methods section has to say about this number."""
    limits = ""
    if row["beyond_rcv"]:
        limits = (
            " Reference change limits (two-sided 95 %, log-normal; Fokkema, Clin Chem 2006;52:1602) rest on "
            f"{sentences.variation(row)}{_assumed(row)}, from healthy adults in steady state."
        )
    return (
        f"Changes are the difference, the per cent and the ratio between {sentences.POINT[row['at']]} and "
        f"the baseline, computed with hlhcli {around.version}. {around.rules}{limits} Interventions that "
        "overlapped are listed and not separated; the changes are descriptive and no hypothesis was tested."
    )


def _assumed(row: Row) -> str:
    return " to be half of CVi, the desirable specification" if row["cva_basis"] == "assumed" else ""


def _listed(texts: Sequence[str]) -> str:
    return "; ".join(texts) if texts else "nothing that is in the table of interventions"


def _filled(paragraph: str, width: int) -> str:
    return sentences.filled(one_line(paragraph), width)
