"""What a figure shows, in words: for readers who cannot see it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hlhcli.figures.scene import Course, Intervention, Scene, read_scene
from hlhcli.figures.time_axis import moment
from hlhcli.figures.value_axis import plain_number
from hlhcli.printable import lines


def describe(figure: Figure) -> str:
    """Alternative text of any figure that this package drew: what it shows, in a few sentences.

    Markers with their span of time and values, interventions with their dates, changes and
    scores with what is not certain about them. Plain text: a page must escape it.
    """
    return lines(str(figure.get_label()))


def describe_courses(
    series: pd.DataFrame, interventions: pd.DataFrame, markers: Sequence[str] | None = None
) -> str:
    """Alternative text of the figure that `draw_courses` makes of these frames: one or two sentences.

    It tells what was measured and when interventions began, and nothing about what led to what.

    Raises:
        HlhcliError: as `draw_courses`.

    """
    return describe_scene(read_scene(series, interventions, markers=markers))


def describe_scene(scene: Scene) -> str:
    """Alternative text of one figure; days are counted as the figure counts them."""
    shown = _values(scene)
    if not scene.interventions:
        return shown
    starts = _listed([f"{one.name} ({_time_text(scene, one.start)})" for one in scene.interventions])
    lines = "Lines mark the starts" if len(scene.interventions) > 1 else "A line marks the start"
    return f"{shown} {lines} of {starts}."


def describe_timeline(scene: Scene) -> str:
    """Alternative text of a timeline: the courses, then treatments with spans and doses, then events."""
    sentences = [_values(scene)]
    for title, ones in (("Treatments", scene.interventions), ("Events", scene.events)):
        if ones:
            sentences.append(f"{title}: {'; '.join(_treatment(scene, one) for one in ones)}.")
    return " ".join(sentences)


def _treatment(scene: Scene, one: Intervention) -> str:
    start = _time_text(scene, one.start)
    if one.momentary:
        span = f"on {start}" if scene.calendar else f"at {start}"
    elif np.isnan(one.stop):
        span = f"from {start}, stop not known"
    else:
        span = f"{start} to {_time_text(scene, one.stop)}"
    return f"{one.name} ({span}{f', {one.dose}' if one.dose else ''})"


def _values(scene: Scene) -> str:
    """The courses in words, and how many of their dates are inferred."""
    shown = _one_course(scene) if len(scene.courses) == 1 else _several_courses(scene)
    inferred = sum(int(course.inferred.sum()) for course in scene.courses)
    if not inferred:
        return shown
    return f"{shown} {inferred} of {sum(len(course.values) for course in scene.courses)} dates are inferred."


def _one_course(scene: Scene) -> str:
    course = scene.courses[0]
    if len(course.values) == 1:
        return f"{course.title}: one value, {_value_and_time(scene, course, 0)}."
    first, last = _time_text(scene, course.times[0]), _time_text(scene, course.times[-1])
    lowest = _value_and_time(scene, course, int(course.values.argmin()))
    highest = _value_and_time(scene, course, int(course.values.argmax()))
    count = len(course.values)
    return f"{course.title}: {count} values from {first} to {last}, lowest {lowest}, highest {highest}."


def _several_courses(scene: Scene) -> str:
    first = min(course.times[0] for course in scene.courses)
    last = max(course.times[-1] for course in scene.courses)
    span = f"{_time_text(scene, first)} to {_time_text(scene, last)}"
    values = "; ".join(f"{course.title} {_ends(course)}" for course in scene.courses)
    shown = f"{len(scene.courses)} panels on one time axis, {span}"
    return f"{shown}, each from its first to its last value: {values}."


def _ends(course: Course) -> str:
    ends = [_value(course, k) for k in (0, len(course.values) - 1)]
    return " to ".join(ends) if len(course.values) > 1 else f"{ends[0]} (only value)"


def _value_and_time(scene: Scene, course: Course, k: int) -> str:
    return f"{_value(course, k)} {'on' if scene.calendar else 'at'} {_time_text(scene, course.times[k])}"


def _value(course: Course, k: int) -> str:
    return f"{course.bounds[k]}{plain_number(course.values[k])}"


def _time_text(scene: Scene, time: float) -> str:
    if not scene.calendar:
        return f"day {round(time, 2):.15g}"
    when = moment(time)
    return when.date().isoformat() if time % 1 == 0 else when.isoformat(sep=" ", timespec="minutes")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
