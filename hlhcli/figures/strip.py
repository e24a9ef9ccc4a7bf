"""Treatments as rows of bars above the panels: where each bar and each text stands.

Each name has one row, in order of first start. From each start a line falls through all rows
below and all panels, so that a text may not lie across the starts of the rows above it: dates
and doses stand right of their start, else left of it, and where neither has room beside the
names. Lengths are millimeters from the left edge of the paper, heights from the strip's top.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hlhcli.figures import style, text_size
from hlhcli.figures.page import start_text
from hlhcli.figures.scene import Intervention, Scene
from hlhcli.figures.time_axis import TimeAxis

MOST_LINES = 3  # of a text beside its start; longer ones stand beside the name
CLEARANCE = 1.0


@dataclass(frozen=True)
class Ruler:
    """Where times fall on the paper."""

    axis: TimeAxis
    left: float
    right: float

    def place(self, time: float) -> float:
        """Millimeters from the left edge of the paper."""
        return self.left + self.axis.place(time) * (self.right - self.left)


@dataclass(frozen=True)
class Bar:
    """One treatment from ``start`` to ``stop``; None where the stop is not known."""

    start: float
    stop: float | None
    momentary: bool


@dataclass(frozen=True)
class Caption:
    """A text right of ``x`` or, where it hangs ``to_left``, left of it."""

    x: float
    text: str
    to_left: bool = False


@dataclass(frozen=True)
class Row:
    """All treatments of one name: the name, its bars, the texts above them and its height."""

    name: str
    bars: tuple[Bar, ...]
    captions: tuple[Caption, ...]
    top: float

    @property
    def height(self) -> float:
        """Millimeters of the name, or of the texts and the bars under them if these are higher."""
        texts = max((text_size.height(caption.text) for caption in self.captions), default=0.0)
        return max(text_size.height(self.name), texts + style.BAR_ROOM)

    @property
    def bar_height(self) -> float:
        """Middle of the bars, from the strip's top down: right of the middle of a name alone."""
        if self.captions:
            return self.top + self.height - style.BAR_ROOM / 2
        return self.top + self.height / 2


@dataclass(frozen=True)
class Strip:
    """Rows from the top down."""

    rows: tuple[Row, ...]

    @property
    def height(self) -> float:
        """Millimeters from the top of the first row to the end of the last."""
        return self.rows[-1].top + self.rows[-1].height if self.rows else 0.0


def lay_out_strip(scene: Scene, ruler: Ruler, room_for_names: float, width: float) -> Strip:
    """Find the rows of all treatments of a scene on paper ``width`` millimeters wide."""
    rows: list[Row] = []
    lines: list[float] = []
    top = 0.0
    for name in dict.fromkeys(one.name for one in scene.interventions):
        ones = [one for one in scene.interventions if one.name == name]
        row = _row(scene, ones, ruler, lines, room_for_names, width, top)
        rows.append(row)
        lines += [bar.start for bar in row.bars]
        top += row.height + style.ROW_GAP
    return Strip(tuple(rows))


def caption_text(scene: Scene, one: Intervention, dose: str) -> str:
    """When a treatment was given, and how much."""
    when = start_text(scene, one.start)
    if not np.isnan(one.stop):
        when += "–" + start_text(scene, one.stop).removeprefix("day\u00a0")
    return f"{when}: {dose}" if dose else when


def _row(
    scene: Scene,
    ones: Sequence[Intervention],
    ruler: Ruler,
    lines: Sequence[float],
    room_for_names: float,
    width: float,
    top: float,
) -> Row:
    bars = tuple(_bar(one, ruler) for one in ones)
    texts = [caption_text(scene, one, dose) for one, dose in zip(ones, _new_doses(ones), strict=True)]
    captions = _beside_starts(bars, texts, lines, (ruler.left, width - style.EDGE))
    beside = () if captions else texts
    name = "\n".join(text_size.wrap(text, room_for_names) for text in (ones[0].name, *beside))
    return Row(name, bars, captions, top)


def _bar(one: Intervention, ruler: Ruler) -> Bar:
    stop = None if np.isnan(one.stop) else ruler.place(one.stop)
    return Bar(ruler.place(one.start), stop, one.momentary)


def _new_doses(ones: Iterable[Intervention]) -> list[str]:
    """The dose of each treatment; empty where it is that of the one before."""
    doses = [one.dose for one in ones]
    return [dose if dose != before else "" for before, dose in zip(["", *doses], doses, strict=False)]


def _beside_starts(
    bars: Sequence[Bar], texts: Sequence[str], lines: Sequence[float], ends: tuple[float, float]
) -> tuple[Caption, ...]:
    """A text beside every start, or none at all where one has no room."""
    captions: list[Caption] = []
    left, right = ends
    for k, (bar, text) in enumerate(zip(bars, texts, strict=True)):
        before = max((x for x in (left, *lines) if x < bar.start), default=left)
        after = min(
            (x for x in (right, *lines, *(one.start for one in bars[k + 1 :])) if x > bar.start),
            default=right,
        )
        caption = _fitting(bar.start, text, bar.start - before, after - bar.start)
        if caption is None:
            return ()
        captions.append(caption)
        left = caption.x if caption.to_left else caption.x + text_size.width(caption.text)
    return tuple(captions)


def _fitting(x: float, text: str, before: float, after: float) -> Caption | None:
    """The text in as few lines as fit right of ``x``, else left of it."""
    for count in range(1, MOST_LINES + 1):
        for to_left, room in ((False, after), (True, before)):
            beside = room - style.FROM_LINE - CLEARANCE
            if beside < text_size.longest_piece(text):
                continue
            wrapped = text_size.wrap(text, beside)
            if wrapped.count("\n") < count:
                return Caption(x - style.FROM_LINE if to_left else x + style.FROM_LINE, wrapped, to_left)
    return None
