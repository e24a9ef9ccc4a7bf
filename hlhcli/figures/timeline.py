"""The case at a glance: treatments as bars above the courses of the markers, on one time axis."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hlhcli.figures import legend, margins, page, style, text_size, time_axis
from hlhcli.figures.describe import describe_timeline
from hlhcli.figures.labels import Lanes
from hlhcli.figures.page import Page
from hlhcli.figures.panels import draw_panels
from hlhcli.figures.paper import add, draw, new_figure, write
from hlhcli.figures.scene import Scene, read_scene
from hlhcli.figures.strip import Bar, Row, Ruler, Strip, lay_out_strip

AROUND_PANELS = 22.0  # millimeters of dates, legend and edges


def draw_timeline(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    markers: Sequence[str] | None = None,
    relative_to: str | None = None,
    log: bool | None = None,
    continuous: bool = False,
    width_mm: float = 180.0,
) -> Figure:
    """Draw one subject's treatments as bars with dates and doses, and a panel per marker below.

    A bar ends at a known stop and fades where none is known. A treatment or event whose stop
    is its start is a mark. Arguments, missing values, result and errors are those of
    `hlhcli.figures.draw_courses`.
    """
    scene = read_scene(series, interventions, markers=markers, relative_to=relative_to)
    page.require_width(width_mm)
    with style.applied():
        place, strip = _lay_out(scene, log=log, continuous=continuous, width=width_mm)
        figure = new_figure(place.width, place.height)
        draw_panels(figure, scene, place)
        margins.write_names(figure, place)
        _draw_strip(figure, place, strip)
        legend.add(figure, place.legend, place.width)
    figure.set_label(describe_timeline(scene))
    return figure


def _lay_out(scene: Scene, *, log: bool | None, continuous: bool, width: float) -> tuple[Page, Strip]:
    """Lay out twice: the panels share what the treatments, once known, leave of the page."""
    rest = page.KEPT_FOR_THE_REST
    for _ in range(2):
        place, strip = _lay_out_once(scene, rest, log=log, continuous=continuous, width=width)
        rest = max(page.KEPT_FOR_THE_REST, strip.height + AROUND_PANELS)
    return place, strip


def _lay_out_once(
    scene: Scene, rest: float, *, log: bool | None, continuous: bool, width: float
) -> tuple[Page, Strip]:
    height = min(style.MOST_TIMELINE_PANEL, page.panel_height(len(scene.courses), width, rest))
    treatments = [one.name for one in scene.interventions]
    names, room_for_names = page.names_beside(scene.courses, width, height, treatments)
    axes = tuple(page.fit_value_axis(course, log, height) for course in scene.courses)
    widest = text_size.widest([*names, *(text_size.wrap(name, room_for_names) for name in treatments)])
    left, right = page.left_of_axes(widest, axes), width - page.RIGHT_MARGIN
    gaps = () if continuous else time_axis.find_breaks(scene.times)
    axis = time_axis.build_axis(scene.times, gaps, right - left)
    strip = lay_out_strip(scene, Ruler(axis, left, right), room_for_names, width)
    clock = page.has_clock(scene)
    ticks = time_axis.choose_ticks(axis, right - left, calendar=scene.calendar, clock=clock)
    title = text_size.wrap(page.time_title(scene), width - 2 * style.EDGE)
    explained = (*_explained(strip), *page.explained(scene, axes, axis))
    lanes = Lanes((), (), strip.height)
    return Page(
        width, left, right, height, names, axis, title, tuple(ticks), axes, lanes, explained, False
    ), strip


def _explained(strip: Strip) -> tuple[str, ...]:
    bars = [bar for row in strip.rows for bar in row.bars]
    shown = {
        legend.MOMENT: any(bar.momentary for bar in bars),
        legend.OPEN_END: any(bar.stop is None and not bar.momentary for bar in bars),
    }
    return tuple(text for text, is_shown in shown.items() if is_shown)


def _draw_strip(figure: Figure, place: Page, strip: Strip) -> None:
    top = place.top + style.ABOVE_PANELS + strip.height
    for row in strip.rows:
        middle = top - row.bar_height
        look = {"ha": "left", "va": "center", "color": style.INTERVENTION}
        write(figure, style.EDGE, top - row.top - row.height / 2, row.name, look)
        for bar in row.bars:
            xs = [bar.start, bar.start]
            draw(
                figure,
                xs,
                [place.top + style.ABOVE_PANELS, middle],
                {"label": "leader", "zorder": 1, **style.START_LINE},
            )
            _draw_bar(figure, place, bar, middle)
        _write_captions(figure, row, top - row.top)


def _write_captions(figure: Figure, row: Row, top: float) -> None:
    """Texts stand on the bars, whatever their number of lines."""
    for caption in row.captions:
        bottom = top - row.height + style.BAR_ROOM
        look = {"ha": "right" if caption.to_left else "left", "va": "bottom", "color": style.INK}
        write(figure, caption.x, bottom, caption.text, look)


def _draw_bar(figure: Figure, place: Page, bar: Bar, middle: float) -> None:
    if bar.momentary:
        draw(figure, [bar.start], [middle], {"label": "moment", "zorder": 4, **style.MOMENT})
        return
    end = place.right if bar.stop is None else bar.stop
    colors = style.FADE if bar.stop is None else style.FADE[:1]
    # The palest reaches farthest and lies lowest, so that no seam shows between two shades.
    for k, color in reversed(list(enumerate(colors, 1))):
        corner, size = (bar.start, middle - style.BAR / 2), ((end - bar.start) * k / len(colors), style.BAR)
        label = "open" if bar.stop is None else "span"
        add(figure, Rectangle(corner, *size, facecolor=color, linewidth=0, label=label, zorder=2))
    for gap in place.time_axis.breaks:
        ruler = Ruler(place.time_axis, place.left, place.right)
        x = (ruler.place(gap[0]) + ruler.place(gap[1])) / 2
        if bar.start < x < end:
            draw(figure, [x], [middle], {"label": "cut", "zorder": 3, **style.HOLE})
