"""Where everything stands on the paper, in millimeters from its lower left corner."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hlhcli.errors import HlhcliError
from hlhcli.figures import labels, style, text_size, time_axis, value_axis
from hlhcli.figures import legend as legends
from hlhcli.figures.bands import reference_bands
from hlhcli.figures.labels import Lanes, Start
from hlhcli.figures.scene import Course, Scene
from hlhcli.figures.time_axis import Gap, Tick, TimeAxis
from hlhcli.figures.value_axis import ValueAxis, number_text

LEAST_WIDTH = 60.0
PANEL_SHARE = 0.5  # height of a single panel, as a share of the width
MOST_PANEL = 75.0
KEPT_FOR_THE_REST = 45.0  # labels, dates and legend of a full page
NAME_SHARES = (0.19, 0.26, 0.33)  # of the width, for the names beside several panels
RIGHT_MARGIN = 5.5  # half of a date under the last value


@dataclass(frozen=True)
class Page:
    """The places of one figure."""

    width: float
    left: float  # of the axes
    right: float
    panel_height: float
    names: tuple[str, ...]
    time_axis: TimeAxis
    time_title: str
    ticks: tuple[Tick, ...]
    value_axes: tuple[ValueAxis, ...]
    lanes: Lanes
    legend: tuple[str, ...]
    name_along_axis: bool  # of a single panel, to save width; otherwise names stand beside

    @property
    def time_title_top(self) -> float:
        """Upper end of the title under the dates."""
        return (
            style.EDGE
            + legends.height(self.legend, self.width)
            + (text_size.height(self.time_title) if self.time_title else 0.0)
        )

    @property
    def time_title_middle(self) -> float:
        """Middle of the axes, or as near to it as keeps a long title on the paper."""
        half = text_size.width(self.time_title) / 2
        middle = (self.left + self.right) / 2
        return min(max(middle, style.EDGE + half), self.width - style.EDGE - half)

    @property
    def two_lines(self) -> bool:
        """Whether a year, or the day of a clock time, stands under the times."""
        return any(tick.coarse for tick in self.ticks)

    @property
    def tick_texts(self) -> list[str]:
        """Names of the ticks, all of the same number of lines so that they stand on one line."""
        return [f"{tick.fine}\n{tick.coarse}" if self.two_lines else tick.fine for tick in self.ticks]

    @property
    def bottoms(self) -> tuple[float, ...]:
        """Lower end of each panel, from the top of the page down."""
        step = self.panel_height + style.PANEL_GAP
        lines = 2 if self.two_lines else 1
        lowest = self.time_title_top + lines * style.LINE_HEIGHT + style.TICK + 2 * style.PAD
        return tuple(lowest + k * step for k in reversed(range(len(self.names))))

    @property
    def top(self) -> float:
        """Upper end of the uppermost panel."""
        return self.bottoms[0] + self.panel_height

    @property
    def height(self) -> float:
        """Millimeters of the whole paper."""
        return self.top + style.ABOVE_PANELS + self.lanes.height + style.EDGE


def lay_out(
    scene: Scene, *, fit: Callable[[Course, float], ValueAxis], continuous: bool, width: float
) -> Page:
    """Find a place for everything in a figure ``width`` millimeters wide.

    ``fit`` gives the value axis of a course in a panel so many millimeters high.

    Raises:
        HlhcliError: too little width, or a log scale for values that are not above 0.

    """
    require_width(width)
    count = len(scene.courses)
    height = panel_height(count, width)
    names = _names(scene.courses, width, height)
    height = high_enough(names, height) if count > 1 else height
    axes = tuple(fit(course, height) for course in scene.courses)
    left = left_of_axes(text_size.height(names[0]) if count == 1 else text_size.widest(names), axes)
    gaps = () if continuous else time_axis.find_breaks(scene.times)
    axis, right, lanes = _place_labels(scene, gaps, left, width)
    ticks = time_axis.choose_ticks(axis, right - left, calendar=scene.calendar, clock=has_clock(scene))
    title = text_size.wrap(time_title(scene), width - 2 * style.EDGE)
    legend = explained(scene, axes, axis)
    return Page(width, left, right, height, names, axis, title, tuple(ticks), axes, lanes, legend, count == 1)


def require_width(width: float) -> None:
    """Raise where a figure so narrow has no room for its text."""
    if not width >= LEAST_WIDTH:
        raise HlhcliError(
            f"a figure {width:g} mm wide has no room for its text: ask for {LEAST_WIDTH:g} mm or more"
        )


def panel_height(count: int, width: float, rest: float = KEPT_FOR_THE_REST) -> float:
    """Millimeters of each of so many panels, with ``rest`` of a full page kept for all else."""
    if count == 1:
        return min(PANEL_SHARE * width, MOST_PANEL)
    share = (style.MOST_HEIGHT - rest) / count - style.PANEL_GAP
    return max(style.LEAST_PANEL, min(share, 0.6 * PANEL_SHARE * width, 0.6 * MOST_PANEL))


def high_enough(names: Iterable[str], height: float) -> float:
    """The height of the panels, or more where a name beside one needs it."""
    return max(height, *(text_size.height(name) - style.PANEL_GAP for name in names))


def fit_value_axis(course: Course, height: float, log: bool | None) -> ValueAxis:
    """The value axis of a panel so many millimeters high; ``log`` None chooses by the values."""
    if log and course.values.min() <= 0:
        raise HlhcliError(
            f"log scale needs values above 0, and '{course.marker}' has {course.values.min():g}: "
            "leave it out or use a linear scale"
        )
    use_log = value_axis.wants_log(course.values) if log is None else log
    limits = np.unique([course.reference_low, course.reference_high])
    return value_axis.build_axis(course.values, course.bounds, limits, log=use_log, height=height)


def _names(courses: Sequence[Course], width: float, panel_height: float) -> tuple[str, ...]:
    """Titles wrapped along a single axis, or in a column narrow enough for several."""
    if len(courses) == 1:
        return (text_size.wrap(courses[0].title, panel_height),)
    return names_beside(courses, width, panel_height)[0]


def names_beside(
    courses: Sequence[Course], width: float, panel_height: float, others: Sequence[str] = ()
) -> tuple[tuple[str, ...], float]:
    """Titles wrapped in a column beside the panels, and the room of that column in millimeters.

    ``others`` are texts that share the column; it is as narrow as leaves all words whole.
    """
    words = max(text_size.longest_piece(text) for text in (*(course.title for course in courses), *others))
    rooms = {*(share * width for share in NAME_SHARES)}
    for room in sorted({*rooms, words} if others and words < max(rooms) else rooms):
        names = tuple(_beside(course, room) for course in courses)
        whole = words <= room
        if whole and all(text_size.height(name) <= panel_height + style.PANEL_GAP for name in names):
            break
    return names, room


def _beside(course: Course, room: float) -> str:
    unit = f"({course.unit})" if course.unit else ""
    return "\n".join(text_size.wrap(part, room) for part in (course.marker, unit) if part)


def left_of_axes(name: float, axes: Sequence[ValueAxis]) -> float:
    """Left end of the axes, right of names that are so many millimeters wide and of the numbers."""
    numbers = text_size.widest(text for axis in axes for text in axis.texts)
    return style.EDGE + name + 1.5 * style.PAD + numbers + style.PAD + style.TICK


def _place_labels(
    scene: Scene, gaps: Sequence[Gap], left: float, width: float
) -> tuple[TimeAxis, float, Lanes]:
    """Place the labels, and with them the right end of the axes.

    Where no arrangement fits, the axes end so far from the edge that each label has room to the
    right of its leader, which always fits.
    """
    texts = tuple(f"{one.name}, {start_text(scene, one.start)}" for one in scene.interventions)
    for margin in (RIGHT_MARGIN, style.EDGE + labels.narrowest(texts, width - 2 * style.EDGE)):
        room = width - margin - left
        axis = time_axis.build_axis(scene.times, gaps, room)
        starts = tuple(
            Start(
                left + axis.place(one.start) * room,
                text,
                None if np.isnan(one.stop) else left + axis.place(one.stop) * room,
            )
            for one, text in zip(scene.interventions, texts, strict=True)
        )
        lanes = labels.arrange(starts, style.EDGE, width - style.EDGE)
        if lanes is not None:
            return axis, width - margin, lanes
    raise AssertionError("labels to the right of their leaders always fit")


def start_text(scene: Scene, start: float) -> str:
    """Day and any time of day, held together by no-break spaces."""
    if not scene.calendar:
        return f"day\u00a0{number_text(round(start, 2))}"
    clock = f" {time_axis.moment(start):%H:%M}" if start % 1 else ""
    return f"{time_axis.day_text(start)}{clock}".replace(" ", "\u00a0")


def has_clock(scene: Scene) -> bool:
    """Whether any time has a time of day, or is a part of a day."""
    return bool((scene.times % 1 != 0).any())


def time_title(scene: Scene) -> str:
    """What the time axis counts; empty for dates."""
    if scene.relative_to is not None:
        return f"Days from start of {scene.relative_to}"
    return "" if scene.calendar else "Day"


def explained(scene: Scene, axes: Sequence[ValueAxis], axis: TimeAxis) -> tuple[str, ...]:
    """Only what this figure shows."""
    bounds = {bound for course in scene.courses for bound in course.bounds}
    shown = {
        legends.INFERRED: any((course.inferred & ~course.disturbed).any() for course in scene.courses),
        legends.DISTURBED: any(course.disturbed.any() for course in scene.courses),
        legends.BOTH: any((course.inferred & course.disturbed).any() for course in scene.courses),
        legends.ABOVE: ">" in bounds,
        legends.BELOW: "<" in bounds,
        legends.REFERENCE: any(
            reference_bands(course, one, axis.view) for course, one in zip(scene.courses, axes, strict=True)
        ),
        legends.SHORTENED: bool(axis.breaks),
    }
    return tuple(text for text, is_shown in shown.items() if is_shown)
