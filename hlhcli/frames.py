"""The four frames, their grains and their columns.

Time columns hold ``datetime64[us]`` (dates and date-times) or ``float64`` (day numbers),
never a mixture within one analysis. A date-time of exactly midnight is a date whose time
of day is not known (`hlhcli.times`). Text columns hold ``str`` and use ``""`` for "none";
numbers use NaN for "missing".
"""

from enum import StrEnum
from typing import Literal, get_args

SERIES = (
    "subject",  # "" where the file names none
    "marker",  # as the file spells it
    "time",
    "value",  # NaN where the cell held no usable number
    "bound",  # "<", ">" or "": 40000 with ">" was reported as >40000
    "unit",
    "reference_low",
    "reference_high",
    "placement",  # "printed", "text", "inferred" or ""
    "row",  # line of the input file
)
"""One row per subject, marker and time, as measured."""

INTERVENTIONS = ("subject", "intervention", "start", "stop", "dose", "route", "note")
"""One row per subject and intervention; ``stop`` is missing where none is known."""

WINDOWS = (
    "subject",
    "intervention",
    "start",
    "before_from",  # missing: as far back as the values go
    "before_until",
    "after_from",
    "after_until",  # missing: to the last value
    "together",  # interventions that start at the same time and share the window
    "note",
)
"""One row per subject and intervention; spans are half-open: ``from`` is inside, ``until`` is not."""

CHANGES = (
    "subject",
    "marker",
    "unit",
    "intervention",
    "start",
    "at",
    "baseline",
    "baseline_time",
    "value",
    "time",
    "day",
    "delta",
    "percent_change",
    "fold_change",
    "log2_fold_change",
    "n_before",
    "n_after",
    "note",
    "delta_low",  # over what limits such as <5 allow and over all placements of inferred dates
    "delta_high",
    "fold_change_low",
    "fold_change_high",
    "baseline_low",
    "baseline_high",
    "value_low",
    "value_high",
    "placements",  # in how many ways the inferred dates of the marker can lie; 1 where none is inferred
    "same_sign",  # in how many of them delta has the sign of the declared reading
)
"""One row per subject, marker, intervention and response point."""


ONE_READING = CHANGES[: CHANGES.index("note") + 1]
"""The columns of a change under the declared reading; those after them say how far it is certain."""


class Point(StrEnum):
    """Response points: the values of ``at``; the first four are the default."""

    FIRST = "first"
    NADIR = "nadir"
    PEAK = "peak"
    LAST = "last"
    MEAN = "mean"
    MEDIAN = "median"
    EACH = "each"


Baseline = Literal["last", "first", "mean", "median", "nearest", "lowest", "highest"]
"""Baseline rules; the first is the default."""

SameDay = Literal["before", "after", "exclude"]
"""What a result on the start day counts as when the time of day is not known."""

Until = Literal["next", "stop", "end"]
"""What ends a window."""

Courses = Literal["first", "each"]
"""Which starts of an intervention count in a cohort; the first word is the default."""

UnitSystem = Literal["as-given", "si", "conventional"]
"""Which units values are brought to; the first is the default."""

POINTS: tuple[str, ...] = tuple(point.value for point in Point)
DEFAULT_POINTS = POINTS[:4]
BASELINES: tuple[str, ...] = get_args(Baseline)
SAME_DAY: tuple[str, ...] = get_args(SameDay)
UNTIL: tuple[str, ...] = get_args(Until)
COURSES: tuple[str, ...] = get_args(Courses)
UNIT_SYSTEMS: tuple[str, ...] = get_args(UnitSystem)

EVENTS = ("subject", "event", "start", "stop", "marker", "note")
"""One row per subject and event; ``marker`` where the event is said to disturb that one."""
