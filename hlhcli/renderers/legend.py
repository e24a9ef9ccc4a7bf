"""The words under the table: what its marks mean, and what the width left no room for."""

from collections.abc import Iterator, Sequence

from hlhcli.renderers.glyphs import Glyphs
from hlhcli.renderers.layout import Layout, Row
from hlhcli.renderers.reading import FLAGS, UNSURE


def legend(rows: Sequence[Row], layouts: Sequence[Layout | None], glyphs: Glyphs) -> Iterator[str]:
    """What the marks mean, then what was dropped; ``None`` is a list in place of a table."""
    if not rows:
        yield "There is nothing to show: no marker was measured in a subject with an intervention."
        return
    yield " ".join(_explanations(rows, layouts, glyphs))
    dropped = sorted({name for layout in layouts if layout for name in layout.dropped})
    if dropped:
        yield f"Left out for want of width: {', '.join(dropped)}. A wider terminal or --format csv has them."


def _explanations(rows: Sequence[Row], layouts: Sequence[Layout | None], glyphs: Glyphs) -> Iterator[str]:
    yield "Response: value, × the baseline, day from the start (d0)."
    if any(mark.strip() for row in rows for mark, _ in row.marks.values()):
        yield f"{glyphs.better} change for the better, {glyphs.worse} for the worse; no mark: no change,"
        yield "or no direction is known to be better."
    if any(text.startswith(tuple(FLAGS.values())) for row in rows for text in _numbers(row)):
        yield "H above, L below the reference range of that value."
    if any(reading.fold.startswith(UNSURE) for row in rows for reading in row.readings.values()):
        yield f"{UNSURE} other dates would give another fold change: see the footnote."
    yield "n: values before|after."
    if any(layout is None or "course" not in layout.dropped for layout in layouts) and any(
        row.course for row in rows
    ):
        yield f"Course: all values in order of time, {glyphs.edge} where the window begins and ends."


def _numbers(row: Row) -> list[str]:
    return [row.baseline, *(reading.value for reading in row.readings.values())]
