"""Events as rows of marks above the treatments: where each mark and each label stands.

What happens once, on one day, shares rows with others, its label beside its mark. What happens
again, or lasts, has a row of its own with its name beside the panels, as a treatment has.
Lengths are millimeters from the left edge of the paper, heights from the top of the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hlhcli.figures import style, text_size
from hlhcli.figures.page import start_text
from hlhcli.figures.scene import Intervention, Scene
from hlhcli.figures.strip import CLEARANCE, MOST_LINES, Bar, Caption, Ruler

DAY = "day\u00a0"
SHARED = "events"


@dataclass(frozen=True)
class EventRow:
    """Marks and bars in one line, their labels beside them, and a name beside the panels."""

    name: str
    bars: tuple[Bar, ...]
    labels: tuple[Caption, ...]
    top: float = 0.0

    @property
    def height(self) -> float:
        """Millimeters of the name or of the labels, whichever are higher."""
        return max(text_size.height(text) for text in (self.name, *(label.text for label in self.labels)))

    @property
    def extents(self) -> Iterator[tuple[float, float]]:
        """Left and right end of all that stands in the line."""
        yield from (_reach(bar) for bar in self.bars)
        for label in self.labels:
            wide = text_size.width(label.text)
            yield (label.x - wide, label.x) if label.to_left else (label.x, label.x + wide)


def lay_out_events(scene: Scene, ruler: Ruler, room_for_names: float, width: float) -> tuple[EventRow, ...]:
    """Find the rows of all events of a scene on paper ``width`` millimeters wide."""
    shared: list[EventRow] = []
    own: list[EventRow] = []
    for name in dict.fromkeys(one.name for one in scene.events):
        ones = [one for one in scene.events if one.name == name]
        bars = tuple(_bar(one, ruler) for one in ones)
        alone = len(ones) == 1 and ones[0].momentary
        text = f"{name}, {_when(scene, ones[0])}" if alone else ", ".join(_when(scene, one) for one in ones)
        label = _beside(bars, text, (ruler.left, width - style.EDGE), MOST_LINES if alone else 1)
        if alone and label is not None:
            _put(EventRow("" if shared else SHARED, bars, (label,)), shared)
        else:
            own.append(EventRow(text_size.wrap(name, room_for_names), bars, (label,) if label else ()))
    return tuple(_stacked([*shared, *own]))


def height(rows: Sequence[EventRow]) -> float:
    """Millimeters of all rows and of the gap under them; 0 without any."""
    return rows[-1].top + rows[-1].height + style.ROW_GAP if rows else 0.0


def _bar(one: Intervention, ruler: Ruler) -> Bar:
    stop = None if np.isnan(one.stop) else ruler.place(one.stop)
    return Bar(ruler.place(one.start), stop, momentary=one.momentary)


def _when(scene: Scene, one: Intervention) -> str:
    start = start_text(scene, one.start)
    return start if one.momentary else f"{start}–{start_text(scene, one.stop).removeprefix(DAY)}"


def _reach(bar: Bar) -> tuple[float, float]:
    half = style.EVENT_ROOM / 2
    return bar.start - half, (bar.stop or bar.start) + half


def _beside(bars: Sequence[Bar], text: str, ends: tuple[float, float], most_lines: int) -> Caption | None:
    """The text in as few lines as fit, right of the last mark or else left of the first."""
    left, right = min(_reach(bar)[0] for bar in bars), max(_reach(bar)[1] for bar in bars)
    for count in range(1, most_lines + 1):
        for to_left, x, room in ((False, right, ends[1] - right), (True, left, left - ends[0])):
            if room < text_size.longest_piece(text):
                continue
            wrapped = text_size.wrap(text, room)
            if wrapped.count("\n") < count:
                return Caption(x, wrapped, to_left)
    return None


def _put(row: EventRow, rows: list[EventRow]) -> None:
    """Add an event to the first row in which it meets nothing, else to a new one."""
    for k, other in enumerate(rows):
        if not any(_meet(one, taken) for one in row.extents for taken in other.extents):
            rows[k] = replace(other, bars=other.bars + row.bars, labels=other.labels + row.labels)
            return
    rows.append(row)


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] + CLEARANCE and other[0] < one[1] + CLEARANCE


def _stacked(rows: Sequence[EventRow]) -> Iterator[EventRow]:
    top = 0.0
    for row in rows:
        yield replace(row, top=top)
        top += row.height + style.EVENT_GAP
