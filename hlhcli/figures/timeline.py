"""The case at a glance: events and treatments above the courses of the markers, on one time axis."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hlhcli.figures import legend, margins, page, style, text_size, time_axis
from hlhcli.figures.description import describe_timeline
from hlhcli.figures.events import EventRow, lay_out_events
from hlhcli.figures.events import height as height_of_events
from hlhcli.figures.labels import Lanes
from hlhcli.figures.page import Page
from hlhcli.figures.panels import add_panels, draw_course
from hlhcli.figures.paper import add, draw, new_figure, write
from hlhcli.figures.scene import Scene, read_scene
from hlhcli.figures.scores import (
    Score,
    ScoreCourse,
    describe_score,
    draw_score_course,
    explain_scores,
    handles,
    read_score,
    score_axis,
)
from hlhcli.figures.strip import Bar, Row, Ruler, Strip, lay_out_strip
from hlhcli.figures.value_axis import ValueAxis

AROUND_PANELS = 22.0  # millimeters of dates, legend and edges


@dataclass(frozen=True)
class Beside:
    """What a timeline shows beside labs and treatments, of the same subject.

    ``events`` are rows of `hlhcli.frames.EVENTS`, drawn above the treatments: a mark, or a bar
    where the stop is later. Each of ``scores`` has a panel below the markers.
    """

    events: pd.DataFrame | None = None
    scores: Sequence[Score] = ()


NOTHING = Beside()


@dataclass(frozen=True)
class _Story:
    """All that the timeline shows: the scene, and scores in panels below its own."""

    scene: Scene
    scores: tuple[ScoreCourse, ...]

    @property
    def whole(self) -> Scene:
        """The scene with the scores as further courses."""
        return replace(self.scene, courses=(*self.scene.courses, *(one.course for one in self.scores)))


@dataclass(frozen=True)
class _Layout:
    page: Page
    events: tuple[EventRow, ...]
    strip: Strip

    @property
    def rows(self) -> float:
        """Millimeters of events and treatments above the panels."""
        return height_of_events(self.events) + self.strip.height


def draw_timeline(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    beside: Beside = NOTHING,
    *,
    markers: Sequence[str] | None = None,
    relative_to: str | None = None,
    log: bool | None = None,
    continuous: bool = False,
    width_mm: float = 180.0,
) -> Figure:
    """Draw one subject's treatments as bars with dates and doses, and a panel per marker below.

    A bar ends at a known stop and fades where none is known. A treatment whose stop is its
    start is a mark. ``beside`` adds events and scores. The other arguments, missing values,
    result and errors are those of `hlhcli.figures.draw_courses`.
    """
    scene = read_scene(series, interventions, events=beside.events, markers=markers, relative_to=relative_to)
    page.require_width(width_mm)
    story = _Story(scene, tuple(read_score(one, interventions, relative_to)[0] for one in beside.scores))
    with style.applied():
        layout = _lay_out(story, log=log, continuous=continuous, width=width_mm)
        figure = new_figure(layout.page.width, layout.page.height)
        _draw_panels(figure, story, layout.page)
        margins.write_names(figure, layout.page)
        _draw_events(figure, layout)
        _draw_strip(figure, layout)
        legend.add(figure, layout.page.legend, layout.page.width, handles())
    figure.set_label(" ".join((describe_timeline(scene), *map(describe_score, beside.scores))))
    return figure


def _lay_out(story: _Story, *, log: bool | None, continuous: bool, width: float) -> _Layout:
    """Lay out twice: the panels share what the rows above them, once known, leave of the page."""
    rest = page.KEPT_FOR_THE_REST
    for _ in range(2):
        layout = _lay_out_once(story, rest, log=log, continuous=continuous, width=width)
        rest = max(page.KEPT_FOR_THE_REST, layout.rows + AROUND_PANELS)
    return layout


def _lay_out_once(story: _Story, rest: float, *, log: bool | None, continuous: bool, width: float) -> _Layout:
    scene = story.whole
    rows = list(dict.fromkeys(one.name for one in (*scene.interventions, *scene.events)))
    height = min(style.MOST_TIMELINE_PANEL, page.panel_height(len(scene.courses), width, rest))
    names, room_for_names = page.names_beside(scene.courses, width, height, rows)
    height = page.high_enough(names, height)
    axes = _value_axes(story, height, log)
    widest = text_size.widest([*names, *(text_size.wrap(name, room_for_names) for name in rows)])
    left, right = page.left_of_axes(widest, axes), width - page.RIGHT_MARGIN
    gaps = () if continuous else time_axis.find_breaks(scene.times)
    ruler = Ruler(time_axis.build_axis(scene.times, gaps, right - left), left, right)
    events = lay_out_events(scene, ruler, room_for_names, width)
    strip = lay_out_strip(scene, ruler, room_for_names, width)
    ticks = time_axis.choose_ticks(
        ruler.axis, right - left, calendar=scene.calendar, clock=page.has_clock(scene)
    )
    title = text_size.wrap(page.time_title(scene), width - 2 * style.EDGE)
    lanes = Lanes((), (), height_of_events(events) + strip.height)
    place = Page(
        width,
        left,
        right,
        height,
        names,
        ruler.axis,
        title,
        tuple(ticks),
        axes,
        lanes,
        _explained(story, events, strip, axes, ruler),
        name_along_axis=False,
    )
    return _Layout(place, events, strip)


def _value_axes(story: _Story, height: float, log: bool | None) -> tuple[ValueAxis, ...]:
    return (
        *(page.fit_value_axis(course, height, log) for course in story.scene.courses),
        *(score_axis(one, height) for one in story.scores),
    )


def _explained(
    story: _Story, events: Sequence[EventRow], strip: Strip, axes: Sequence[ValueAxis], ruler: Ruler
) -> tuple[str, ...]:
    bars = [bar for row in strip.rows for bar in row.bars]
    shown = {
        legend.EVENT: any(bar.momentary for row in events for bar in row.bars),
        legend.MOMENT: any(bar.momentary for bar in bars),
        legend.OPEN_END: any(bar.stop is None and not bar.momentary for bar in bars),
    }
    of_markers = page.explained(story.scene, axes[: len(story.scene.courses)], ruler.axis)
    above = (text for text, is_shown in shown.items() if is_shown)
    return (*above, *of_markers, *explain_scores(story.scores))


def _draw_panels(figure: Figure, story: _Story, place: Page) -> None:
    panels = add_panels(figure, story.scene, place)
    markers = story.scene.courses
    for axes, course, value_axis in zip(panels, markers, place.value_axes, strict=False):
        draw_course(axes, course, value_axis, place.time_axis)
    for axes, one in zip(panels[len(markers) :], story.scores, strict=True):
        draw_score_course(axes, one, place)


def _draw_events(figure: Figure, layout: _Layout) -> None:
    top = layout.page.top + style.ABOVE_PANELS + layout.rows
    for row in layout.events:
        middle = top - row.top - row.height / 2
        write(figure, style.EDGE, middle, row.name, {"ha": "left", "va": "center"})
        for bar in row.bars:
            if bar.stop is None:
                draw(figure, [bar.start], [middle], {"label": "event", "zorder": 4, **style.EVENT})
                continue
            corner, size = (bar.start, middle - style.EVENT_BAR / 2), (bar.stop - bar.start, style.EVENT_BAR)
            add(figure, Rectangle(corner, *size, label="event span", zorder=2, **style.EVENT_SPAN))
            _cut(figure, layout.page, (bar.start, bar.stop), middle)
        for label in row.labels:
            look = {"ha": "right" if label.to_left else "left", "va": "center"}
            write(figure, label.x, middle, label.text, look)


def _draw_strip(figure: Figure, layout: _Layout) -> None:
    base = layout.page.top + style.ABOVE_PANELS
    top = base + layout.strip.height
    for row in layout.strip.rows:
        middle = top - row.bar_height
        look = {"ha": "left", "va": "center", "color": style.INTERVENTION}
        write(figure, style.EDGE, top - row.top - row.height / 2, row.name, look)
        for bar in row.bars:
            leader = {"label": "leader", "zorder": 1, **style.START_LINE}
            draw(figure, [bar.start, bar.start], [base, middle], leader)
            _draw_bar(figure, layout.page, bar, middle)
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
    _cut(figure, place, (bar.start, end), middle)


def _cut(figure: Figure, place: Page, ends: tuple[float, float], middle: float) -> None:
    """Cut a bar where the time axis is shortened."""
    ruler = Ruler(place.time_axis, place.left, place.right)
    for gap in place.time_axis.breaks:
        x = (ruler.place(gap[0]) + ruler.place(gap[1])) / 2
        if ends[0] < x < ends[1]:
            draw(figure, [x], [middle], {"label": "cut", "zorder": 3, **style.HOLE})
