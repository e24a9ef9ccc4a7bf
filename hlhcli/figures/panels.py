"""Panels: axes with the bands, course and starts of one marker each, on one time axis."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from hlhcli.figures import style
from hlhcli.figures.bands import reference_bands
from hlhcli.figures.page import Page
from hlhcli.figures.scene import Course, Scene
from hlhcli.figures.time_axis import TimeAxis
from hlhcli.figures.value_axis import ValueAxis


def add_panels(figure: Figure, scene: Scene, page: Page) -> list[Axes]:
    """Add the panels of a page from the top down: axes and starts, still without values."""
    panels = [
        add_panel(figure, page, bottom, value_axis)
        for bottom, value_axis in zip(page.bottoms, page.value_axes, strict=True)
    ]
    for axes in panels:
        draw_starts(axes, scene, page, to=style.ABOVE_PANELS if axes is panels[0] else style.PANEL_GAP)
        draw_breaks(axes, page.time_axis)
    name_times(panels, page)
    return panels


def draw_course(axes: Axes, course: Course, value_axis: ValueAxis, time_axis: TimeAxis) -> None:
    """Draw the values of a marker over their reference range."""
    _draw_bands(axes, course, value_axis, time_axis)
    _draw_line(axes, course, time_axis)
    _draw_marks(axes, course)


def add_panel(figure: Figure, page: Page, bottom: float, value_axis: ValueAxis) -> Axes:
    """Add empty axes at a height of the page, with both scales and the values named."""
    place = np.array([page.left, bottom, page.right - page.left, page.panel_height])
    axes = figure.add_axes(tuple(place / [page.width, page.height, page.width, page.height]))
    axes.patch.set_visible(False)
    axes.set_xscale("function", functions=(page.time_axis.forward, page.time_axis.inverse))
    axes.set_xlim(*page.time_axis.view)
    axes.set_yscale("log" if value_axis.log else "linear")
    axes.set_ylim(value_axis.low, value_axis.high)
    axes.set_yticks(value_axis.ticks, value_axis.texts)
    axes.set_yticks([], minor=True)
    axes.tick_params(**style.TICKS)
    return axes


def _draw_bands(axes: Axes, course: Course, value_axis: ValueAxis, time_axis: TimeAxis) -> None:
    for band in reference_bands(course, value_axis, time_axis.view):
        size = band.end - band.start, band.high - band.low
        axes.add_patch(Rectangle((band.start, band.low), *size, zorder=0.5, **style.REFERENCE_BAND))


def _draw_line(axes: Axes, course: Course, time_axis: TimeAxis) -> None:
    """Solid where time is to scale, dashed from value to value over a shortened gap."""
    crossing = np.zeros(len(course.times) - 1, dtype=bool)
    for left, right in time_axis.breaks:
        crossing |= (course.times[:-1] <= left) & (course.times[1:] >= right)
    cuts = np.flatnonzero(crossing) + 1
    times, values = np.insert(course.times, cuts, np.nan), np.insert(course.values, cuts, np.nan)
    axes.add_line(Line2D(times, values, label="course", zorder=2, **style.COURSE_LINE))
    for cut in cuts:
        pair = slice(cut - 1, cut + 1)
        axes.add_line(
            Line2D(course.times[pair], course.values[pair], label="gap", zorder=2, **style.GAP_LINE)
        )


def _draw_marks(axes: Axes, course: Course) -> None:
    """Draw points, filled where nothing qualifies them, and arrows from reported limits."""
    limit = course.bounds != ""
    few = np.full(len(limit), len(limit) <= style.MOST_POINTS)
    inferred, disturbed = course.inferred, course.disturbed
    marks = (
        ("values", few & ~limit & ~inferred & ~disturbed, style.POINT),
        ("inferred", (few | limit) & inferred & ~disturbed, style.HOLLOW_POINT),
        ("above", course.bounds == ">", style.UP),
        ("below", course.bounds == "<", style.DOWN),
        ("disturbed", disturbed & ~inferred, style.DISTURBED),
        ("disturbed", disturbed & inferred, style.DISTURBED_INFERRED),
    )
    for label, chosen, look in marks:
        if chosen.any():
            points = course.times[chosen], course.values[chosen]
            axes.add_line(Line2D(*points, label=label, clip_on=False, zorder=3, **look))


def draw_starts(axes: Axes, scene: Scene, page: Page, *, to: float) -> None:
    """Draw lines through the panel at the starts, and ``to`` as many millimeters above it."""
    top = 1 + to / page.panel_height
    for one in scene.interventions:
        axes.axvline(one.start, 0, top, label=one.name, clip_on=False, zorder=1, **style.START_LINE)


def draw_breaks(axes: Axes, time_axis: TimeAxis) -> None:
    """Draw two slanted strokes on the axis in each shortened gap, with nothing between them."""
    for gap in time_axis.breaks:
        middle = time_axis.inverse(time_axis.forward(gap).mean())
        for look, zorder in ((style.HOLE, 4), (style.STROKES, 5)):
            mark = Line2D([middle], [0], label="break", clip_on=False, zorder=zorder, **look)
            mark.set_transform(axes.get_xaxis_transform())
            axes.add_line(mark)


def name_times(panels: Sequence[Axes], page: Page) -> None:
    """Name the times under the last panel; the others have only the ticks."""
    texts = page.tick_texts
    for axes in panels:
        last = axes is panels[-1]
        axes.set_xticks([tick.time for tick in page.ticks], texts if last else [""] * len(texts))
        axes.set_xticks([], minor=True)
