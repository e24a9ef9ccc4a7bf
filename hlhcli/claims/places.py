"""Which rows of the changes a claim is about; the windows are those of everything else."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hlhcli.changes import changes
from hlhcli.claims.points import BASELINE, At
from hlhcli.claims.table import Claim
from hlhcli.request import WindowRules
from hlhcli.times import (
    DAY,
    MISSING,
    days_between,
    format_times,
    from_instants,
    instants,
    is_calendar,
)

LEVELS = ("value", "range", "time")
"""Measures that a value has without any intervention."""


@dataclass(frozen=True)
class Ground:
    """The labs and interventions that claims are about, and the rules where a claim states none."""

    series: pd.DataFrame
    interventions: pd.DataFrame
    rules: WindowRules
    baseline: str = "last"


def find_rows(claim: Claim, ground: Ground) -> pd.DataFrame:
    """The rows of the changes with the claim's number; none where no value has the time that it names.

    A response point is that of the window; without an intervention, that of all values. A time
    that the claim names (a day, a date) is looked for in all values after the start: the author
    has chosen the end of the window.
    """
    at = claim.at
    by_itself = claim.measure in LEVELS and at.word != BASELINE and not at.by
    if by_itself and (not claim.intervention or is_moment(at)):
        rows = _of_all_values(claim, ground)
    else:
        rows = _around(claim, ground)
    return rows[_at_moment(rows["time"], claim)].reset_index(drop=True) if is_moment(at) else rows


def is_moment(at: At) -> bool:
    """Whether a day or a time is named, of which the value is meant."""
    return (at.day is not None and not at.by) or at.instant is not None


def nearest_times(claim: Claim, ground: Ground) -> str:
    """The times of the values before and after the moment that a claim names, in words."""
    times = _of_all_values(claim, ground)["time"]
    distance = _distance(times, claim)
    sides = (np.where(distance < 0, distance, -np.inf), np.where(distance > 0, -distance, -np.inf))
    places = [int(side.argmax()) for side in sides if np.isfinite(side).any()]
    return " and ".join(format_times(times.iloc[places]))


def _around(claim: Claim, ground: Ground) -> pd.DataFrame:
    """The changes around the claim's intervention."""
    of_subject = ground.series[ground.series["subject"] == claim.subject]
    given = ground.interventions[ground.interventions["subject"] == claim.subject]
    result = changes(
        of_subject[of_subject["marker"] == claim.marker],
        given,
        at=[_point(claim.at)],
        baseline=claim.baseline or ground.baseline,
        calendar=_calendar(of_subject),
        **_rules(claim, ground.rules),
    )
    here = (result["intervention"] == claim.intervention) & (instants(result["start"]) == claim.start)
    return result[here].reset_index(drop=True)


def _point(at: At) -> str:
    if at.by:
        return "last"
    if is_moment(at):
        return "each"
    return "first" if at.word in ("", BASELINE) else at.word


def _rules(claim: Claim, rules: WindowRules) -> WindowRules:
    named = claim.at.by or is_moment(claim.at)
    return WindowRules(
        before=rules["before"],
        after=f"{claim.at.day:g}d" if claim.at.by else None if named else rules["after"],
        until=claim.until or ("end" if named else rules["until"]),
        same_day=rules["same_day"],
    )


def _of_all_values(claim: Claim, ground: Ground) -> pd.DataFrame:
    """The points of a window that begins before the first value and never ends."""
    of_subject = ground.series[ground.series["subject"] == claim.subject]
    times = instants(of_subject["time"])
    begin = from_instants(np.array([times[times != MISSING].min() - DAY]), of_subject["time"])
    start = pd.DataFrame({"subject": [claim.subject], "intervention": [""], "start": begin, "stop": begin})
    series = of_subject[of_subject["marker"] == claim.marker]
    return changes(series, start, at=[_point(claim.at)], until="end", calendar=_calendar(of_subject))


def _calendar(of_subject: pd.DataFrame) -> pd.DataFrame:
    return of_subject[["subject", "time"]].drop_duplicates(ignore_index=True)


def _at_moment(times: pd.Series, claim: Claim) -> np.ndarray:
    distance = _distance(times, claim)
    return (distance >= 0) & (distance < 1) if _is_whole(claim) else distance == 0


def _distance(times: pd.Series, claim: Claim) -> np.ndarray:
    """Days from the moment that is named to each time; NaN where there is none."""
    when = instants(times)
    if claim.at.instant is not None:
        moment = np.full(when.size, claim.at.instant)
        return days_between(moment, when, calendar=is_calendar(times))
    start = np.full(when.size, claim.start or 0)
    return days_between(start, when, calendar=is_calendar(times)) - (claim.at.day or 0)


def _is_whole(claim: Claim) -> bool:
    """Whether a whole day is named, which has many times."""
    if claim.at.instant is None:
        return (claim.at.day or 0) % 1 == 0
    return claim.at.instant % DAY == 0
