"""The columns of the terminal table, in every form that a layout can ask for."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from hlhcli.renderers.glyphs import display_width
from hlhcli.renderers.layout import Cell, Column, Layout, Part, Row
from hlhcli.renderers.reading import Reading

INDENT = "  "
WORD = re.compile(r"^\s*\S+|\S+")
"""What rich does not break: an indent belongs to the first word."""

LONGEST_WORD = 24
"""Words longer than this break."""

NO_READING = Reading(at="", value="", fold="", day="", time="", delta="", direction=0, note="")

DROPPED_FIRST = ("median", "mean", "peak", "nadir")
"""Points that a narrow terminal does without, in this order; first and last stay."""


def pivoted_layouts(rows: Sequence[Row], points: Sequence[str]) -> Iterator[Layout]:
    """One row per marker, points as columns, from the widest layout to the narrowest."""
    wide = [_wide_point(point, rows) for point in points]
    count = _texts("n", rows, lambda row: row.n)
    course = _texts("Course", rows, lambda row: row.course)
    yield Layout((*_words(rows), _baseline(rows), *wide, count, course))
    stacked = {point: _stacked_point(point, rows) for point in points}
    short, tall, baseline = (
        _stacked_words(rows),
        _stacked_words(rows, with_course=True),
        _stacked_baseline(rows),
    )
    yield Layout((short, baseline, *stacked.values(), course))
    for kept in _fewer_and_fewer(points):
        columns = (baseline, *(stacked[point] for point in kept))
        dropped = tuple(point for point in points if point not in kept)
        yield Layout((tall, *columns), dropped)
        yield Layout((short, *columns), ("course", *dropped))


def _fewer_and_fewer(points: Sequence[str]) -> Iterator[list[str]]:
    """All points, then without those that can be spared, down to two."""
    kept = list(points)
    yield kept
    for point in DROPPED_FIRST:
        if point in kept and len(kept) > 2:
            kept = [other for other in kept if other != point]
            yield kept


def listed_layouts(rows: Sequence[Row]) -> Iterator[Layout]:
    """One row per value after the start, under ``each``."""
    numbers = (
        _baseline(rows),
        _texts("Time", rows, lambda row: row.readings["each"].time),
        _wide_point("each", rows, header="Value"),
        _texts("Delta", rows, lambda row: row.readings["each"].delta, right=True),
    )
    course = _texts("Course", rows, lambda row: row.course)
    yield Layout((*_words(rows), *numbers, course))
    yield Layout((_stacked_words(rows), *numbers, course))
    yield Layout((_stacked_words(rows), *numbers), ("course",))


def vertical(row: Row) -> Cell:
    """Everything about one marker as lines, for terminals that no table fits."""
    lines: Cell = []
    if row.marker:
        lines += [[(row.name, "strong"), (f" {row.unit}", "quiet")], _labelled("baseline", (row.based, ""))]
    for point, reading in row.readings.items():
        label = reading.time if point == "each" else point
        lines.append(_labelled(label, (f"{reading.value} ", ""), *_fold(row, point), (f" {reading.day}", "")))
    rest = (("n", row.n), ("course", row.course))
    return lines + [_labelled(label, (text, "")) for label, text in rest if text]


def _labelled(label: str, *parts: Part) -> list[Part]:
    return [(f"{INDENT}{label:8} ", "quiet"), *parts]


def _words(rows: Sequence[Row]) -> tuple[Column, Column]:
    name = _wrapped("Marker", [row.name for row in rows], lambda row: [[(row.name, "strong")]])
    return name, _wrapped("Unit", [row.unit for row in rows], lambda row: [[(row.unit, "quiet")]])


def _stacked_words(rows: Sequence[Row], *, with_course: bool = False) -> Column:
    """The marker over its unit, and over its course where that has no column of its own."""

    def cell(row: Row) -> Cell:
        unit: Cell = [[(INDENT + row.unit, "quiet")]] if row.unit else []
        course: Cell = [[(row.course, "")]] if with_course and row.course else []
        return [[(row.name, "strong")], *unit, *course]

    texts = [text for row in rows for text in (row.name, INDENT + row.unit)]
    courses = [row.course for row in rows] if with_course else []
    return _wrapped("Marker", [*texts, *courses], cell)


def _wrapped(header: str, texts: Iterable[str], cell: Callable[[Row], Cell]) -> Column:
    known = set(texts)
    longest = max(map(display_width, known), default=0)
    word = max((display_width(word) for text in known for word in WORD.findall(text)), default=0)
    return Column(
        header, cell, max(longest, len(header)), max(min(word, LONGEST_WORD), len(header)), wraps=True
    )


def _texts(header: str, rows: Sequence[Row], text_of: Callable[[Row], str], *, right: bool = False) -> Column:
    """A column of plain texts that do not wrap."""
    width = max(len(header), _longest(map(text_of, rows)))

    def cell(row: Row) -> Cell:
        return [[(text_of(row).rjust(width) if right else text_of(row), "")]]

    return Column(header.rjust(width) if right else header, cell, width, width)


def _baseline(rows: Sequence[Row]) -> Column:
    left, right = _longest(row.baseline for row in rows), _longest(row.baseline_day for row in rows)

    def cell(row: Row) -> Cell:
        return [[(row.baseline.rjust(left), ""), (" " + row.baseline_day.ljust(right), "")]]

    return _fixed("Baseline", cell, left + 1 + right)


def _stacked_baseline(rows: Sequence[Row]) -> Column:
    flat = _baseline(rows)
    left = _longest(row.baseline for row in rows)

    def cell(row: Row) -> Cell:
        return [*flat.cell(row), [(f"n {row.n}".rjust(left), "quiet")]]

    width = max(flat.width, _longest(f"n {row.n}" for row in rows))
    return Column(flat.header, cell, width, width)


def _wide_point(point: str, rows: Sequence[Row], header: str = "") -> Column:
    value, fold, day = _parts(point, rows)

    def cell(row: Row) -> Cell:
        reading = row.readings.get(point, NO_READING)
        text, mark = _fold(row, point)
        ratio = (text[0].rjust(fold), text[1])
        return [[(reading.value.rjust(value) + " ", ""), ratio, mark, (" " + reading.day.ljust(day), "")]]

    return _fixed(header or point.capitalize(), cell, value + fold + day + 3)


def _stacked_point(point: str, rows: Sequence[Row]) -> Column:
    value, fold, day = _parts(point, rows)
    left = max(value, fold)

    def cell(row: Row) -> Cell:
        reading = row.readings.get(point, NO_READING)
        text, mark = _fold(row, point)
        first = [(reading.value.rjust(left) + " ", ""), (reading.day.ljust(day), "")]
        return [first, [(text[0].rjust(left), text[1]), mark]]

    return _fixed(point.capitalize(), cell, left + 1 + day)


def _parts(point: str, rows: Sequence[Row]) -> tuple[int, int, int]:
    """Widths of value, fold and day in the column of a point."""
    found = [row.readings[point] for row in rows if point in row.readings]
    return (
        _longest(reading.value for reading in found),
        _longest(reading.fold for reading in found),
        _longest(reading.day for reading in found),
    )


def _fold(row: Row, point: str) -> list[Part]:
    """The fold change and its mark, which is one character wide everywhere."""
    mark, style = row.marks.get(point, (" ", ""))
    return [(row.readings.get(point, NO_READING).fold, style), (mark, style)]


def _fixed(header: str, cell: Callable[[Row], Cell], width: int) -> Column:
    width = max(width, len(header))
    return Column(header.center(width), cell, width, width)


def _longest(texts: Iterable[str]) -> int:
    return max(map(len, texts), default=0)
