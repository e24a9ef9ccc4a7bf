"""One visual language for every figure: type, colors, line weights, marks and sizes.

Lengths are millimeters, line weights and type are points. `docs/figures.md` says what each
mark means to a reader; nothing outside this module chooses how something looks.
"""

from contextlib import AbstractContextManager
from typing import Any, cast

import matplotlib as mpl
from matplotlib.path import Path

MM_PER_INCH = 25.4

FONT = "DejaVu Sans"  # comes with matplotlib, so that every machine draws the same figure
TYPE_SIZE = 6.5
LINE_HEIGHT = 2.75

# Three grays apart as well as three hues: dark course, middle intervention, light band.
INK = "#1a1a1a"
AXIS = "#5a5a5a"
COURSE = "#0b3c5d"
INTERVENTION = "#b34700"
SPAN = "#e3a77c"
BAND = "#e4ebe6"
SCORE = "#cfdbe6"
PAPER = "#ffffff"
RULE = "#cfcfcf"
SUBJECT = "#b4c0c8"
SHADES = ("#b34700", "#e3a77c", "#0b3c5d", "#7f9fb3", "#4a4a4a", "#c4c4c4")  # of treatments, grays apart

AXIS_WIDTH = 0.6
COURSE_WIDTH = 0.9
INTERVENTION_WIDTH = 0.7
SPAN_WIDTH = 2.2

POINT_SIZE = 3.6
POINT_EDGE = 0.8
ARROW_SIZE = 15.0
KEY_SIZE = 6.5  # of an arrow in the legend
BREAK_SIZE = 5.0
MOST_POINTS = 200  # more would hide the line they sit on

EDGE = 1.5  # free paper on every side
TICK = 0.9
PAD = 0.9
PANEL_GAP = 3.0
MOST_HEIGHT = 230.0
LEAST_PANEL = 12.0
ARROW_ROOM = 2.8
ABOVE_PANELS = 1.2  # from the uppermost panel to the first label
SPAN_ROOM = 1.3  # for the bar from start to stop, under its label
BAR = 1.7  # of a treatment in a row of its own
BAR_ROOM = 2.5  # for such a bar, under its text
ROW_GAP = 1.4
SCORE_BAR_WIDTH = 0.6
WIDEST_BAR = 2.2
EVENT_ROOM = 2.6  # for the mark of an event, with free paper beside it
EVENT_BAR = 1.1
EVENT_GAP = 0.7
FROM_LINE = 0.8  # from a start to its text
MOST_TIMELINE_PANEL = 32.0
FADE_STEPS = 40
LEGEND_HANDLE = 5.0
LEGEND_ROW = 3.2
ABOVE_LEGEND = 1.2
BETWEEN_ENTRIES = 4.0

# A matplotlib path marker is scaled by its largest coordinate: both arrows reach from 0 to 1.
_STEM_AND_HEAD = [Path.MOVETO, Path.LINETO] * 2 + [Path.MOVETO, Path.LINETO, Path.LINETO]
_UPWARD = [(-0.22, 0), (0.22, 0), (0, 0), (0, 0.95), (-0.2, 0.65), (0, 1), (0.2, 0.65)]
ARROW_UP = Path(_UPWARD, _STEM_AND_HEAD)
ARROW_DOWN = Path([(x, -y) for x, y in _UPWARD], _STEM_AND_HEAD)
ARROW_RIGHT = Path([(y, x) for x, y in _UPWARD], _STEM_AND_HEAD)
ARROW_LEFT = Path([(-y, x) for x, y in _UPWARD], _STEM_AND_HEAD)
_SQUARE = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5)]
SLASHED = Path(
    [*_SQUARE, (-0.5, -0.5), (0.5, 0.5)],
    [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY, Path.MOVETO, Path.LINETO],
)
TIP = Path([(-0.1, -0.5), (0.6, 0), (-0.1, 0.5), (-0.1, -0.5)])  # lies a little over its bar
BREAK_STROKES = Path([(-0.75, -1), (-0.05, 1), (0.05, -1), (0.75, 1)], [Path.MOVETO, Path.LINETO] * 2)
BREAK_HOLE = Path([(-0.75, -1), (-0.05, 1), (0.75, 1), (0.05, -1), (-0.75, -1)])

Look = dict[str, Any]  # keyword arguments of a matplotlib artist

COURSE_LINE: Look = {"color": COURSE, "linewidth": COURSE_WIDTH, "solid_joinstyle": "round"}
GAP_LINE: Look = {"color": COURSE, "linewidth": COURSE_WIDTH, "linestyle": (0, (2.2, 1.8))}
POINT: Look = {
    "color": COURSE,
    "linestyle": "none",
    "marker": "o",
    "markersize": POINT_SIZE,
    "markeredgewidth": POINT_EDGE,
}
HOLLOW_POINT: Look = {**POINT, "markerfacecolor": PAPER}
DISTURBED: Look = {**HOLLOW_POINT, "marker": "s", "markersize": 4.0}
DISTURBED_INFERRED: Look = {**DISTURBED, "marker": SLASHED}
UP: Look = {**POINT, "marker": ARROW_UP, "markersize": ARROW_SIZE, "markerfacecolor": "none"}
DOWN: Look = {**UP, "marker": ARROW_DOWN}
UP_KEY: Look = {
    **UP,
    "marker": Path([(x, 2 * y - 1) for x, y in _UPWARD], _STEM_AND_HEAD),
    "markersize": KEY_SIZE,
}
DOWN_KEY: Look = {**UP_KEY, "marker": Path([(x, 1 - 2 * y) for x, y in _UPWARD], _STEM_AND_HEAD)}
REFERENCE_BAND: Look = {"color": BAND, "linewidth": 0}
SCORE_BAND: Look = {"color": SCORE, "linewidth": 0}
SCORE_MET: Look = {"facecolor": COURSE, "edgecolor": COURSE, "linewidth": 0.5}
SCORE_INFERRED: Look = {**SCORE_MET, "facecolor": PAPER, "hatch": "//////"}
SCORE_OPEN: Look = {**SCORE_MET, "facecolor": SCORE, "linewidth": 0.35}
CUTOFF_LINE: Look = {"color": INK, "linewidth": AXIS_WIDTH, "linestyle": (0, (5, 2.5))}
START_LINE: Look = {"color": INTERVENTION, "linewidth": INTERVENTION_WIDTH}
SPAN_BAR: Look = {"color": SPAN, "linewidth": SPAN_WIDTH, "solid_capstyle": "butt"}
MOMENT: Look = {
    "color": INTERVENTION,
    "linestyle": "none",
    "marker": "D",
    "markersize": 4.2,
    "markeredgewidth": 0,
}
EVENT: Look = {
    "color": INK,
    "linestyle": "none",
    "marker": "v",
    "markersize": 4.0,
    "markeredgewidth": 0,
}
EVENT_SPAN: Look = {"facecolor": AXIS, "linewidth": 0}
RESPONSES: dict[str, Look] = {
    "first": {**POINT, "marker": "o"},
    "nadir": {**POINT, "marker": "v", "markersize": 4.0},
    "peak": {**POINT, "marker": "^", "markersize": 4.0},
    "last": {**POINT, "marker": "s", "markersize": 3.3},
    "mean": {**POINT, "marker": "D", "markersize": 3.0},
    "median": {**POINT, "marker": "d", "markersize": 4.0},
}
WHISKER: Look = {"color": COURSE, "linewidth": 0.7}
AT_LEAST: Look = {**POINT, "marker": ARROW_RIGHT, "markersize": ARROW_SIZE, "markerfacecolor": "none"}
AT_MOST: Look = {**AT_LEAST, "marker": ARROW_LEFT}
AT_LEAST_KEY: Look = {**AT_LEAST, "markersize": KEY_SIZE}
AT_MOST_KEY: Look = {**AT_MOST, "markersize": KEY_SIZE}
RULE_LINE: Look = {"color": RULE, "linewidth": 0.4}
ONE_LINE: Look = {"color": AXIS, "linewidth": 0.7}
SUBJECT_LINE: Look = {"color": SUBJECT, "linewidth": 0.4}
SUBJECT_POINT: Look = {**POINT, "color": SUBJECT, "markersize": 2.0, "markeredgewidth": 0}
SUBJECT_UP: Look = {**UP, "color": AXIS, "markersize": 8.0, "markeredgewidth": 0.5}
SUBJECT_DOWN: Look = {**SUBJECT_UP, "marker": ARROW_DOWN}
SUBJECT_LINES: Look = {"colors": SUBJECT, "linewidths": 0.4}
FEW_LINE: Look = {"color": COURSE, "linewidth": 0.7}
FEW_LINES: Look = {"colors": COURSE, "linewidths": 0.7}
COUNT_BAR: Look = {"color": SUBJECT, "linewidth": 0}
FOLLOW_UP: Look = {"color": AXIS, "linewidth": 0.5}
OPEN_TIP: Look = {"color": AXIS, "linestyle": "none", "marker": TIP, "markeredgewidth": 0}
MEDIAN_LINE: Look = {"color": COURSE, "linewidth": 1.4}
QUARTILES: Look = {"color": COURSE, "linewidth": 0.8, "linestyle": (0, (2.2, 1.2))}
HOLE: Look = {"color": PAPER, "marker": BREAK_HOLE, "markersize": BREAK_SIZE, "markeredgewidth": 0}
STROKES: Look = {
    "color": AXIS,
    "marker": BREAK_STROKES,
    "markersize": BREAK_SIZE,
    "markeredgewidth": AXIS_WIDTH,
}


def _shade(share: float) -> str:
    """The color of a bar, with this share of paper in it."""
    ends = ([int(color[k : k + 2], 16) for k in (1, 3, 5)] for color in (SPAN, PAPER))
    return "#" + "".join(
        f"{round(one + (other - one) * share):02x}" for one, other in zip(*ends, strict=True)
    )


FADE = tuple(_shade(step / FADE_STEPS) for step in range(FADE_STEPS))

_POINTS = 72 / MM_PER_INCH
_EM = TYPE_SIZE / _POINTS
TICKS: Look = {
    "length": TICK * _POINTS,
    "width": AXIS_WIDTH,
    "pad": PAD * _POINTS,
    "color": AXIS,
    "labelcolor": INK,
}
LEGEND: Look = {
    "loc": "lower left",
    "frameon": False,
    "borderpad": 0,
    "borderaxespad": 0,
    "handlelength": LEGEND_HANDLE / _EM,
    "handletextpad": PAD / _EM,
    "columnspacing": BETWEEN_ENTRIES / _EM,
    "labelspacing": (LEGEND_ROW - LINE_HEIGHT) / _EM,
}

_OWN_CHOICES = {
    "font.family": [FONT],
    "font.size": TYPE_SIZE,
    "text.color": INK,
    "text.usetex": False,
    "axes.edgecolor": AXIS,
    "axes.linewidth": AXIS_WIDTH,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "hatch.linewidth": 0.7,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "hlhcli",
}
_FROM_THE_SESSION = {"backend", "backend_fallback", "interactive", "toolbar", "timezone", "date.epoch"}


def applied() -> AbstractContextManager[None]:
    """Matplotlib's own defaults with this style over them, until the ``with`` block ends.

    A user's ``matplotlibrc`` does not reach the figure, and the figure does not reach theirs.
    """
    kept = cast("Look", mpl.rcParamsDefault)
    defaults = {key: value for key, value in kept.items() if key not in _FROM_THE_SESSION}
    return mpl.rc_context(cast("Any", {**defaults, **_OWN_CHOICES}))
