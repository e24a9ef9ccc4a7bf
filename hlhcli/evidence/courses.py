"""One row per pair of series and window: goal, areas, pairs of values and ratio of means."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli.evidence import exposure, goals, pairs
from hlhcli.evidence.spans import View
from hlhcli.study import Values
from hlhcli.texts import Coded, Column, coded

COLUMNS = (
    "goal",  # the limit that is approached
    "goal_basis",  # "threshold", "reference range" or ""
    "goal_after_day",  # the last value outside
    "goal_by_day",  # the first value inside
    "goal_note",
    "percent_to_goal",
    "auc_linear",  # unit × days
    "auc_linear_log",
    "auc_from_day",
    "auc_to_day",
    "days_above_goal",
    "auc_note",
    "pairs_lower",
    "pairs_tied",
    "pairs_higher",
    "nap",
    "nap_low",
    "nap_high",
    "log_response_ratio",
    "log_response_ratio_se",
    "pairs_note",
)

TEXTS = ("goal_basis", "goal_note", "auc_note", "pairs_note")
COUNTS = ("pairs_lower", "pairs_tied", "pairs_higher")

NO_GOAL = "no threshold was given, and no reference limit that the baseline is outside of"


class _Course(NamedTuple):
    """The values of one pair, in order of time."""

    days: np.ndarray
    low: np.ndarray
    high: np.ndarray
    before: int  # how many of them stand before the start

    @property
    def bounded(self) -> bool:
        return bool((self.low != self.high).any())

    def from_baseline(self) -> "_Course":
        """The course from the last value before the start on."""
        begin = max(self.before - 1, 0)
        return _Course(self.days[begin:], self.low[begin:], self.high[begin:], self.before - begin)


def describe(values: Values, view: View, markers: Coded, thresholds: goals.Thresholds) -> dict[str, Column]:
    """`COLUMNS` for every change; all but ``percent_to_goal`` are the same for a pair.

    ``markers`` has the marker of every pair.
    """
    low, high = goals.references(view, values)
    rows = [
        _describe(_course(view, pair), marker, (low[pair], high[pair]), thresholds)
        for pair, marker in enumerate(markers.array().tolist())
    ]
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "percent_to_goal"])
    described = {str(name): _of_changes(column, view.pair) for name, column in table.items()}
    goal = np.asarray(described["goal"], dtype=float)
    way = goals.percent_of_the_way(view.value.number, view.baseline.number, goal)
    described["percent_to_goal"] = way
    return {name: described[name] for name in COLUMNS}


def _of_changes(column: pd.Series, pair: np.ndarray) -> Column:
    """A column of pairs for every change, of one type whatever its cells hold."""
    if column.name in TEXTS:
        return coded(column.fillna("")).take(pair)
    return column.astype("Int64" if column.name in COUNTS else "float64").iloc[pair].reset_index(drop=True)


def _course(view: View, pair: int) -> _Course:
    before, after = ((part.begin[pair], part.end[pair]) for part in (view.before, view.after))
    row = np.concatenate([np.arange(*before), np.arange(*after)])
    days = view.days(row, pair)
    return _Course(days, view.rows.low[row], view.rows.high[row], int(before[1] - before[0]))


def _describe(
    course: _Course, marker: str, reference: tuple[float, float], thresholds: goals.Thresholds
) -> dict[str, object]:
    late = course.from_baseline()
    goal = goals.goal_of(marker, late.low[0], reference, thresholds) if late.before else None
    return {**_way(late, goal), **_areas(late, goal), **_compared(course)}


def _way(late: _Course, goal: goals.Goal | None) -> dict[str, object]:
    if goal is None:
        return {"goal": np.nan, "goal_basis": "", "goal_note": NO_GOAL}
    found = goals.arrival(late.days, late.low, late.high, goal)
    return {
        "goal": goal.limit,
        "goal_basis": goal.basis,
        "goal_after_day": found.last_outside,
        "goal_by_day": found.first_inside,
        "goal_note": found.note,
    }


def _areas(late: _Course, goal: goals.Goal | None) -> dict[str, object]:
    if late.bounded or late.days.size < 2:
        return {"auc_note": "a value is only a limit" if late.bounded else "less than two values"}
    return {
        "auc_linear": exposure.linear_area(late.days, late.low),
        "auc_linear_log": exposure.linear_log_area(late.days, late.low),
        "auc_from_day": late.days[0],
        "auc_to_day": late.days[-1],
        "days_above_goal": exposure.days_above(late.days, late.low, goal.limit) if goal else np.nan,
        "auc_note": "",
    }


def _compared(course: _Course) -> dict[str, object]:
    before, after = course.low[: course.before], course.low[course.before :]
    if course.bounded or not (before.size and after.size):
        return {"pairs_note": "a value is only a limit" if course.bounded else "no values on one side"}
    found = pairs.compare(before, after)
    low, high = pairs.nap_interval(found.nap, before.size, after.size)
    ratio, error = pairs.log_response_ratio(before, after)
    few = min(before.size, after.size) < pairs.FEWEST
    return {
        **{f"pairs_{side}": getattr(found, side) for side in ("lower", "tied", "higher")},
        "nap": found.nap,
        "nap_low": low,
        "nap_high": high,
        "log_response_ratio": ratio,
        "log_response_ratio_se": error,
        "pairs_note": "log response ratio needs 3 values on either side" if few else "",
    }
