"""Figures of lab values over time: a matplotlib figure from frames, and a file from a figure.

Made with matplotlib's own figure objects: no display, no pyplot, no setting left changed.
"""

from typing import TYPE_CHECKING

from hlhcli.doors import door

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hlhcli.figures.aligned import draw_aligned
    from hlhcli.figures.changes import draw_changes
    from hlhcli.figures.courses import draw_courses
    from hlhcli.figures.description import describe, describe_courses
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

if not TYPE_CHECKING:  # or a type checker would believe in every name
    __getattr__ = door(
        __name__,
        {
            "aligned": ["draw_aligned"],
            "changes": ["draw_changes"],
            "courses": ["draw_courses"],
            "description": ["describe", "describe_courses"],
            "saving": ["FORMATS", "Figure", "save_figure"],
            "scores": ["Score", "draw_score"],
            "slopes": ["draw_before_after"],
            "swimmer": ["draw_swimmer"],
            "timeline": ["Beside", "draw_timeline"],
        },
    )
