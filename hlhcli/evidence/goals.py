"""The way to a limit: a threshold that the user gives, or the reference range of the laboratory.

When a course came inside is known only as an interval: after the last value outside, and at
the latest with the first value inside. No crossing is interpolated.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hlhcli import markers
from hlhcli.errors import HlhcliError
from hlhcli.evidence.spans import View

if TYPE_CHECKING:
    from hlhcli.study import Values


Thresholds = Mapping[str, float]
"""Limits by `hlhcli.markers.key`."""


class Goal(NamedTuple):
    """Values from ``low`` to ``high`` are inside; ``limit`` is the end that is approached."""

    low: float
    high: float
    limit: float
    basis: str  # "threshold" or "reference range"


class Arrival(NamedTuple):
    """Days between which a course came inside; NaN and a reason where it did not, or was there."""

    last_outside: float
    first_inside: float
    note: str


def parse_thresholds(texts: list[str]) -> Thresholds:
    """Read options such as ``ferritin=500``; raises `HlhcliError` for anything else.

    >>> parse_thresholds(["Ferritin=500"])
    {'ferritin': 500.0}
    """
    found = {}
    for text in texts:
        name, sign, number = text.rpartition("=")
        try:
            found[markers.key(name)] = float(number)
        except ValueError:
            sign = ""
        if not sign or not name.strip() or not np.isfinite(found[markers.key(name)]):
            raise HlhcliError(f"threshold '{text}' cannot be read; write MARKER=NUMBER, such as ferritin=500")
    return found


def goal_of(marker: str, baseline: float, reference: tuple[float, float], given: Thresholds) -> Goal | None:
    """The goal of a marker; None where no limit is known or the reference range has been kept.

    A threshold lies above its inside where a fall of the marker is better and below it where
    a rise is (`hlhcli.markers`); otherwise the inside is the side where the baseline is not.
    """
    threshold = given.get(markers.key(marker))
    if threshold is not None:
        known = markers.find(marker)
        better = (known.improvement if known else "") or ("decrease" if baseline > threshold else "increase")
        if better == "decrease":
            return Goal(-np.inf, threshold, threshold, "threshold")
        return Goal(threshold, np.inf, threshold, "threshold")
    low, high = (
        limit if np.isfinite(limit) else end for limit, end in zip(reference, (-np.inf, np.inf), strict=True)
    )
    limit = high if baseline > high else low if baseline < low else np.nan
    return Goal(low, high, limit, "reference range") if np.isfinite(limit) else None


def arrival(days: np.ndarray, low: np.ndarray, high: np.ndarray, goal: Goal) -> Arrival:
    """When a course first came inside; its values are intervals, the first one is the baseline.

    A limit such as ``<5`` that may lie on either side is passed over.
    """
    inside, outside = (low >= goal.low) & (high <= goal.high), (high < goal.low) | (low > goal.high)
    if inside[0]:
        return Arrival(np.nan, np.nan, "inside before the start")
    if not inside.any():
        return Arrival(float(days[outside][-1]) if outside.any() else np.nan, np.nan, "not reached")
    first = int(inside.argmax())
    earlier, later = np.flatnonzero(outside[:first]), np.flatnonzero(outside[first:])
    last_outside = float(days[earlier[-1]]) if earlier.size else np.nan
    note = f"outside again on day {days[first + later[0]]:.15g}" if later.size else ""
    return Arrival(last_outside, float(days[first]), note)


def percent_of_the_way(value: np.ndarray, baseline: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """100 × (value − baseline) / (limit − baseline); NaN where the baseline is at the limit.

    The percentage of goal obtained (Ferron 2020, Patrona 2022), without an interval.

    >>> percent_of_the_way(np.array([3.6]), np.array([24.0]), np.array([0.5])).round(1).tolist()
    [86.8]
    """
    way = limit - baseline
    return np.divide(100 * (value - baseline), way, out=np.full_like(way, np.nan), where=way != 0)


def references(view: View, values: "Values") -> tuple[np.ndarray, np.ndarray]:
    """The reference limits that came with the last value before each pair's start; NaN for none."""
    filled = view.before.size > 0
    row = view.rows.source[np.where(filled, view.before.end - 1, 0)] if view.time.size else filled * 0
    limits = values.reference_low, values.reference_high
    low, high = (np.where(filled, limit[row], np.nan) for limit in limits)
    return low, high
