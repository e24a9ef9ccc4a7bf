"""Figures of lab values over time: a matplotlib figure from frames, and a file from a figure.

Made with matplotlib's own figure objects: no display, no pyplot, no setting left changed.
"""

from matplotlib.figure import Figure

from hlhcli.figures.aligned import draw_aligned
from hlhcli.figures.changes import draw_changes
from hlhcli.figures.courses import draw_courses
from hlhcli.figures.describe import describe, describe_courses
from hlhcli.figures.saving import FORMATS, save_figure
from hlhcli.figures.scores import Score, draw_score
from hlhcli.figures.slopes import draw_before_after
from hlhcli.figures.swimmer import draw_swimmer
from hlhcli.figures.timeline import Beside, draw_timeline

__all__ = [
    "FORMATS",
    "Beside",
    "Figure",
    "Score",
    "describe",
    "describe_courses",
    "draw_aligned",
    "draw_before_after",
    "draw_changes",
    "draw_courses",
    "draw_score",
    "draw_swimmer",
    "draw_timeline",
    "save_figure",
]
