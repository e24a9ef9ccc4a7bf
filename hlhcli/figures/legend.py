"""The legend below everything else: it explains the marks that a figure shows, and no others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hlhcli.figures import style, text_size
from hlhcli.figures.paper import millimeters
from hlhcli.printable import one_line

INFERRED = "date inferred (order known)"
DEPENDS = "depends on inferred dates"
DISTURBED = "soon after a transfusion etc."
BOTH = "the same, and its date inferred"
ABOVE = "reported as above this value"
BELOW = "reported as below this value"
REFERENCE = "reference range"
SHORTENED = "time axis shortened"
EVENT = "event"
MOMENT = "given on one day"
OPEN_END = "stop not known"
STOP_UNKNOWN = "stop not known: drawn to the last value"
FIRST = "first value after the start"
NADIR = "lowest"
PEAK = "highest"
LAST = "last"
MEAN = "mean"
MEDIAN = "median"
RANGE = "range that the data allow"
CHANCE = "reference change limits"
BEYOND_HIGH = "at least"
BEYOND_LOW = "at most"
ONE_SUBJECT = "one subject"
TYPICAL = "median"
MIDDLE_HALF = "quartiles"


def columns(texts: Sequence[str], width: float) -> int:
    """As many entries side by side as paper so many millimeters wide has room for."""
    room = width - 2 * style.EDGE
    return next((count for count in range(len(texts), 1, -1) if _wide(texts, count) <= room), 1)


def _wide(texts: Sequence[str], count: int) -> float:
    """Millimeters of so many columns, filled one after the other, each as wide as its widest entry."""
    widest = [text_size.widest(column) for column in np.array_split(list(texts), count)]
    return sum(widest) + count * (style.LEGEND_HANDLE + style.PAD) + (count - 1) * style.BETWEEN_ENTRIES


def height(texts: Sequence[str], width: float) -> float:
    """Millimeters of the legend and the paper above it; 0 without entries."""
    if not texts:
        return 0.0
    each = [text_size.height(text) + style.LEGEND_ROW - style.LINE_HEIGHT for text in _wrapped(texts, width)]
    return max(map(sum, np.array_split(each, columns(texts, width)))) + style.ABOVE_LEGEND


def _wrapped(texts: Sequence[str], width: float) -> list[str]:
    """Break the entries that are too long even for a column as wide as the paper."""
    room = width - 2 * style.EDGE - style.LEGEND_HANDLE - style.PAD
    return [text_size.wrap(text, room) for text in texts]


def add(figure: Figure, texts: Sequence[str], width: float, more: Mapping[str, Any] | None = None) -> None:
    """Explain these marks at the foot of the paper; ``more`` are handles that only this figure has."""
    if not texts:
        return
    handles = {**_handles(), **(more or {})}
    legend = figure.legend(
        [handles[text] for text in texts],
        _wrapped(list(map(one_line, texts)), width),
        bbox_to_anchor=(style.EDGE, style.EDGE),
        bbox_transform=millimeters(figure),
        ncols=columns(texts, width),
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        **style.LEGEND,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # names of drugs are among them


def _handles() -> dict[str, Any]:
    looks = {
        EVENT: style.EVENT,
        MOMENT: style.MOMENT,
        INFERRED: style.HOLLOW_POINT,
        DEPENDS: style.HOLLOW_POINT,
        DISTURBED: style.DISTURBED,
        BOTH: style.DISTURBED_INFERRED,
        ABOVE: style.UP_KEY,
        BELOW: style.DOWN_KEY,
        SHORTENED: style.GAP_LINE,
        **{POINT_TEXTS[at]: look for at, look in style.RESPONSES.items()},
        STOP_UNKNOWN: {**style.OPEN_TIP, "markersize": style.POINT_SIZE},
        RANGE: style.WHISKER,
        BEYOND_HIGH: style.AT_LEAST_KEY,
        BEYOND_LOW: style.AT_MOST_KEY,
        ONE_SUBJECT: style.SUBJECT_LINE,
        TYPICAL: style.MEDIAN_LINE,
        MIDDLE_HALF: style.QUARTILES,
    }
    lines: dict[str, Any] = {text: Line2D([], [], **look) for text, look in looks.items()}
    return lines | {
        OPEN_END: tuple(Patch(facecolor=shade, linewidth=0) for shade in style.FADE[::4]),
        REFERENCE: Patch(**style.REFERENCE_BAND),
        CHANCE: Patch(**style.REFERENCE_BAND),
    }


POINT_TEXTS = {"first": FIRST, "nadir": NADIR, "peak": PEAK, "last": LAST, "mean": MEAN, "median": MEDIAN}
