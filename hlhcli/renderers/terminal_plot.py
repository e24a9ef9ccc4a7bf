"""A marker's course in the characters of a terminal, for the person on a server.

Values are points, the way from one to the next is dotted, starts of interventions are
lettered lines; long gaps are shortened as in the figures. Nothing depends on color.
"""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hlhcli.printable import one_line
from hlhcli.renderers.glyphs import ascii_text
from hlhcli.renderers.rounding import measured
from hlhcli.time_marks import Gap, day_text, find_breaks, moment
from hlhcli.times import DAY, MISSING, format_times, instants, is_calendar

LEAST_WIDTH = 40
HEIGHT = 12  # lines of one plot
GAP_CELLS = 8  # of a shortened gap: room to name the day at each end
LOG_FROM = 50.0  # highest over lowest value from which the scale is logarithmic
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille cell, row by row
BRAILLE = 0x2800

Cells = list[list[str]]


@dataclass(frozen=True)
class Marks:
    """The characters of a plot."""

    value: str
    inferred: str
    disturbed: str
    above: str
    below: str
    start: str
    side: str
    tick: str
    corner: str
    floor: str
    gap: str
    braille: bool
    say: Callable[[str], str]  # puts a line into these characters


UNICODE = Marks("●", "○", "□", "▲", "▼", "│", "│", "┤", "└", "─", "╱", braille=True, say=one_line)
ASCII = Marks(
    "o",
    "?",
    "#",
    "^",
    "v",
    "|",
    "|",
    "+",
    "+",
    "-",
    "/",
    braille=False,
    say=lambda text: ascii_text(one_line(text)),
)


@dataclass(frozen=True)
class Points:
    """One marker's values in order of time."""

    times: np.ndarray
    values: np.ndarray
    bounds: Sequence[str]
    inferred: Sequence[bool]
    disturbed: Sequence[bool]
    texts: Sequence[str]  # of the times, in the form of the input


@dataclass(frozen=True)
class Scale:
    """From times to columns and from values to lines, counted in cells from the upper left."""

    knots: np.ndarray
    columns: np.ndarray
    low: float
    high: float
    log: bool
    height: int
    gaps: tuple[Gap, ...]

    def column(self, time: float) -> float:
        """Cells from the left."""
        return float(np.interp(time, self.knots, self.columns))

    def line(self, value: float) -> float:
        """Cells from the top."""
        low, high, at = np.log10([self.low, self.high, value]) if self.log else (self.low, self.high, value)
        return float((high - at) / (high - low) * (self.height - 1)) if high > low else (self.height - 1) / 2


@dataclass(frozen=True)
class View:
    """How the values of one marker are shown: ``ticks`` are numbers with their texts."""

    log: bool
    height: int
    ticks: dict[float, str]

    @property
    def numbers(self) -> int:
        """Cells of the widest number."""
        return max(map(len, self.ticks.values()))


@dataclass(frozen=True)
class Frame:
    """What all plots share: the times of all markers, the starts, and room in cells."""

    times: np.ndarray
    starts: np.ndarray
    width: int
    gutter: int  # for the numbers and the axis


def plot_courses(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    markers: Sequence[str],
    width: int,
    unicode: bool = True,
    log: bool | None = None,
) -> str:
    """Draw one subject's markers as text, at most ``width`` cells wide where that is 40 or more.

    ``series`` and ``interventions`` are frames of one subject; rows without a time or a number
    are left out, and of a marker without any value one line says so. ``log`` None chooses a
    log scale where values above 0 span 50-fold; a log scale that is asked for is not used for
    values at or below 0. Several markers share one time axis; three or more are half as high.
    """
    width = max(width, LEAST_WIDTH)
    height = HEIGHT if len(markers) < 3 else HEIGHT // 2
    marks = UNICODE if unicode else ASCII
    plots = {marker: _points(series[series["marker"] == marker]) for marker in markers}
    starts = _starts(interventions)
    shown = {marker: _view(points, height, log=log) for marker, points in plots.items() if len(points.values)}
    times = np.unique(np.concatenate([starts, *(plots[marker].times for marker in shown)]))
    frame = Frame(times, starts, width, max((view.numbers for view in shown.values()), default=0) + 2)
    calendar = is_calendar(series["time"])
    blocks = [
        _plot(_title(series, marker), plots[marker], shown[marker], frame, marks, calendar=calendar)
        if marker in shown
        else [f"{_title(series, marker)}: no value to draw"]
        for marker in markers
    ]
    blocks.append(_key(starts, interventions, width))
    text = "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)
    return "\n".join(map(marks.say, text.split("\n"))) + "\n"


def _view(points: Points, height: int, *, log: bool | None) -> View:
    can_log = bool(points.values.min() > 0)
    use_log = _wants_log(points.values) if log is None else log and can_log
    return View(use_log, height, _value_ticks(points.values, use_log, height))


def _plot(title: str, points: Points, view: View, frame: Frame, marks: Marks, *, calendar: bool) -> list[str]:
    scale = _scale(points, view, frame)
    cells = _draw(points, frame.starts, scale, marks)
    lines = [
        *textwrap.wrap(_headline(title, points, calendar=calendar, log=view.log), frame.width),
        " " * frame.gutter + _letters(frame.starts, scale),
        *_with_numbers(cells, view.ticks, scale, frame.gutter, marks),
        *_floor(points, frame, scale, marks, calendar=calendar),
        *textwrap.wrap(_explained(points, scale, marks), frame.width),
    ]
    return [line for line in lines if line.strip()]


def _points(rows: pd.DataFrame) -> Points:
    usable = rows[rows["time"].notna() & np.isfinite(rows["value"].astype(float))]
    rows = usable.sort_values(["time", "value"], kind="stable")
    return Points(
        _days(rows["time"]),
        rows["value"].to_numpy(dtype=float),
        rows["bound"].tolist(),
        (rows["placement"] == "inferred").tolist(),
        rows.get("disturbed", rows["value"].isna()).tolist(),
        format_times(rows["time"]),
    )


def _days(times: pd.Series) -> np.ndarray:
    moments = instants(times)
    return np.where(moments == MISSING, np.nan, moments / DAY)


def _starts(interventions: pd.DataFrame) -> np.ndarray:
    """The different starts in order of time, in days."""
    known = interventions[interventions["start"].notna()]
    return np.unique(_days(known["start"])) if len(known) else np.empty(0)


def _title(series: pd.DataFrame, marker: str) -> str:
    units = series.loc[series["marker"] == marker, "unit"]
    unit = next((unit for unit in units if unit), "")
    return f"{marker} ({unit})" if unit else marker


def _headline(title: str, points: Points, *, calendar: bool, log: bool) -> str:
    count, texts = len(points.values), [text if calendar else f"day {text}" for text in points.texts]
    span = f"{count} values, {texts[0]} to {texts[-1]}" if count > 1 else f"one value, {texts[0]}"
    return f"{title}: {span}{', log scale' if log else ''}"


def _wants_log(values: np.ndarray) -> bool:
    return bool(values.min() > 0 and values.max() / values.min() >= LOG_FROM)


def _scale(points: Points, view: View, frame: Frame) -> Scale:
    times, room = frame.times, frame.width - frame.gutter
    gaps = find_breaks(times)
    edges = np.unique([times[0], times[-1], *(edge for gap in gaps for edge in gap)])
    lengths = np.diff(edges)
    shortened = np.isin(edges[:-1], [gap[0] for gap in gaps])
    left = room - 1 - 2 - GAP_CELLS * shortened.sum()
    cells = np.where(shortened, GAP_CELLS, lengths / max(lengths[~shortened].sum(), 1e-9) * left)
    columns = 1 + np.concatenate([[0.0], np.cumsum(cells)]) if len(edges) > 1 else np.array([room / 2])
    ends = points.values.min(), points.values.max()
    return Scale(edges, columns, float(ends[0]), float(ends[1]), view.log, view.height, gaps)


def _value_ticks(values: np.ndarray, log: bool, height: int) -> dict[float, str]:
    """Round numbers between the lowest and the highest value, and these two themselves."""
    low, high = float(values.min()), float(values.max())
    between = _log_steps(low, high) if log else _even_steps(low, high, height // 3)
    return {number: measured(number, 4 if number in between else 6) for number in (*between, low, high)}


def _log_steps(low: float, high: float) -> list[float]:
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5)]
    return [step for step in steps if low < step < high]


def _even_steps(low: float, high: float, most: int) -> list[float]:
    if high <= low:
        return []
    rough = (high - low) / max(most, 1)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    first = int(np.floor(low / step)) + 1
    return [
        float(f"{k * step:.12g}") for k in range(first, int(np.ceil(high / step))) if low < k * step < high
    ]


def _draw(points: Points, starts: np.ndarray, scale: Scale, marks: Marks) -> Cells:
    width = int(np.ceil(scale.columns[-1])) + 2
    cells = [[" "] * width for _ in range(scale.height)]
    for start in starts:
        for line in cells:
            line[round(scale.column(start))] = marks.start
    _draw_ways(cells, points, scale, marks)
    for k, (time, value) in enumerate(zip(points.times, points.values, strict=True)):
        cells[round(scale.line(value))][round(scale.column(time))] = _mark(points, k, marks)
    return cells


def _mark(points: Points, k: int, marks: Marks) -> str:
    """A limit above all, then an event nearby, then an inferred date."""
    if points.bounds[k]:
        return {">": marks.above, "<": marks.below}[points.bounds[k]]
    if points.disturbed[k]:
        return marks.disturbed
    return marks.inferred if points.inferred[k] else marks.value


def _draw_ways(cells: Cells, points: Points, scale: Scale, marks: Marks) -> None:
    """Dots from value to value; none across a shortened gap, which has no length to show."""
    dots: dict[tuple[int, int], int] = {}
    for k in range(len(points.times) - 1):
        if any(points.times[k] <= left and points.times[k + 1] >= right for left, right in scale.gaps):
            continue
        xs, ys = (
            (of(one), of(other))
            for of, one, other in (
                (scale.column, points.times[k], points.times[k + 1]),
                (scale.line, points.values[k], points.values[k + 1]),
            )
        )
        count = int(max(abs(xs[1] - xs[0]) * 2, abs(ys[1] - ys[0]) * 4)) + 1
        for share in np.linspace(0, 1, count + 1):
            x, y = xs[0] + share * (xs[1] - xs[0]) + 0.5, ys[0] + share * (ys[1] - ys[0]) + 0.5
            cell = int(y), int(x)
            dots[cell] = dots.get(cell, 0) | DOTS[int(y % 1 * 4)][int(x % 1 * 2)]
    for (line, column), pattern in dots.items():
        cells[line][column] = chr(BRAILLE + pattern) if marks.braille else "."


def _letters(starts: np.ndarray, scale: Scale) -> str:
    """A letter above the line of each start; one that has no room moves to the right."""
    text: list[str] = []
    for letter, start in zip(_names(len(starts)), starts, strict=True):
        text += [" "] * (round(scale.column(start)) - len(text))
        text.append(letter)
    return "".join(text)


def _names(count: int) -> list[str]:
    return [LETTERS[k] if k < len(LETTERS) else "*" for k in range(count)]


def _with_numbers(
    cells: Cells, ticks: dict[float, str], scale: Scale, gutter: int, marks: Marks
) -> list[str]:
    """Numbers beside their lines: the two ends first, then the round ones that keep a line apart."""
    beside: dict[int, str] = {}
    for number, text in reversed(ticks.items()):
        line = round(scale.line(number))
        if all(abs(line - other) > 1 for other in beside):
            beside[line] = text
    return [
        f"{beside.get(k, ''):>{gutter - 2}} {marks.tick if k in beside else marks.side}{''.join(line)}"
        for k, line in enumerate(cells)
    ]


def _floor(points: Points, frame: Frame, scale: Scale, marks: Marks, *, calendar: bool) -> list[str]:
    """The time axis, with strokes where it is shortened, and the names of as many times as fit."""
    width, gutter = int(np.ceil(scale.columns[-1])) + 2, frame.gutter
    floor = [marks.floor] * width
    for left, right in scale.gaps:
        middle = round((scale.column(left) + scale.column(right)) / 2)
        floor[middle : middle + 2] = [marks.gap] * 2
    names = [" "] * (gutter + width)
    for time in _by_need(points.times, frame.starts, scale.gaps):
        text = _time_name(time, scale, calendar=calendar)
        begin = int(np.clip(gutter + round(scale.column(time)) - len(text) // 2, 0, len(names) - len(text)))
        end = begin + len(text)
        if all(cell == " " for cell in names[max(begin - 1, 0) : end + 1]):
            names[begin:end] = text
    return [" " * (gutter - 1) + marks.corner + "".join(floor), "".join(names)]


def _by_need(times: np.ndarray, starts: np.ndarray, gaps: Iterable[Gap]) -> list[float]:
    edges = [edge for gap in gaps for edge in gap]
    return list(dict.fromkeys([*np.sort([times[0], times[-1]]), *edges, *starts, *times]))


def _time_name(time: float, scale: Scale, *, calendar: bool) -> str:
    if not calendar:
        return measured(round(time, 2))
    short = scale.knots[-1] - scale.knots[0] < 4 and bool(time % 1)
    return f"{moment(time):%H:%M}" if short else day_text(time)


def _key(starts: np.ndarray, interventions: pd.DataFrame, width: int) -> list[str]:
    """What each letter stands for: when it starts, what it is and how much."""
    known = interventions[interventions["start"].notna()]
    if known.empty:
        return []
    days, texts = _days(known["start"]), format_times(known["start"])
    day = "" if is_calendar(known["start"]) else "day "
    lines = []
    for letter, start in zip(_names(len(starts)), starts, strict=True):
        here = np.flatnonzero(days == start)
        what = [_treatment(known.iloc[k]) for k in here.tolist()]
        text = f"{letter} {day}{texts[here[0]]} {'; '.join(dict.fromkeys(what))}"
        lines += textwrap.wrap(text, max(width, LEAST_WIDTH), subsequent_indent="  ")
    return lines


def _treatment(row: pd.Series) -> str:
    how = ", ".join(filter(None, (row["dose"], row["route"])))
    return f"{row['intervention']}: {how}" if how else str(row["intervention"])


def _explained(points: Points, scale: Scale, marks: Marks) -> str:
    """The marks that need words and are there."""
    drawn = {_mark(points, k, marks) for k in range(len(points.values))}
    words = {
        f"{marks.inferred} date inferred": marks.inferred in drawn,
        f"{marks.disturbed} soon after a transfusion etc.": marks.disturbed in drawn,
        f"{marks.above} reported as above": marks.above in drawn,
        f"{marks.below} reported as below": marks.below in drawn,
        f"{marks.gap * 2} time axis shortened": bool(scale.gaps),
    }
    return "   ".join(text for text, is_there in words.items() if is_there)
