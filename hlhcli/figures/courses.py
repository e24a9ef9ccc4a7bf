"""Courses of lab values over time, with the interventions beside them, drawn for a paper."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from hlhcli.figures import legend, margins, style
from hlhcli.figures.description import describe_scene
from hlhcli.figures.page import fit_value_axis, lay_out
from hlhcli.figures.panels import add_panels, draw_course
from hlhcli.figures.paper import new_figure
from hlhcli.figures.scene import read_scene


def draw_courses(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    markers: Sequence[str] | None = None,
    relative_to: str | None = None,
    log: bool | None = None,
    continuous: bool = False,
    width_mm: float = 120.0,
) -> Figure:
    """Draw one subject's values: a panel per marker on one time axis, starts as labeled lines.

    Args:
        series: rows of `hlhcli.frames.SERIES`, of one subject. Rows without a time or a number
            are not drawn.
        interventions: rows of `hlhcli.frames.INTERVENTIONS`, of the same subject; may be empty.
        markers: names as in ``series``, in the order to draw; None for all.
        relative_to: intervention whose (first) start is day 0; None for dates as they are.
        log: whether the value axes are logarithmic; None chooses for each marker.
        continuous: one true scale of time, with no long gap shortened.
        width_mm: width of the figure. Its height follows from what it shows.

    Returns:
        A figure that knows no display, with its description as its label; `save_figure` writes it.

    Raises:
        HlhcliError: several subjects, an unknown name, nothing to draw, values at or below 0 on
            a log scale, dates beside day numbers, or too little width.

    """
    scene = read_scene(series, interventions, markers=markers, relative_to=relative_to)
    with style.applied():
        fit = partial(fit_value_axis, log=log)
        page = lay_out(scene, fit=fit, continuous=continuous, width=width_mm)
        figure = new_figure(page.width, page.height)
        panels = zip(add_panels(figure, scene, page), scene.courses, page.value_axes, strict=True)
        for axes, course, value_axis in panels:
            draw_course(axes, course, value_axis, page.time_axis)
        margins.write_names(figure, page)
        margins.draw_labels(figure, page)
        legend.add(figure, page.legend, page.width)
    figure.set_label(describe_scene(scene))
    return figure
