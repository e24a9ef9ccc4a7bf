"""Figures of lab values over time: a matplotlib figure from frames, and a file from a figure.

Made with matplotlib's own figure objects: no display, no pyplot, no setting left changed.
"""

from hlhcli.figures.courses import draw_courses
from hlhcli.figures.describe import describe_courses
from hlhcli.figures.saving import FORMATS, save_figure
from hlhcli.figures.timeline import draw_timeline

__all__ = ["FORMATS", "describe_courses", "draw_courses", "draw_timeline", "save_figure"]
