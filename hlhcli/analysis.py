"""The whole analysis of a batch of subjects: from series and interventions to the columns that users see.

Every engine calls this one function, on one patient or on a batch of a hospital's, so that a
number does not depend on where it was computed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from hlhcli import evidence
from hlhcli.changes import changes, every_rule
from hlhcli.evidence import Background
from hlhcli.evidence.goals import Thresholds
from hlhcli.frames import DEFAULT_POINTS
from hlhcli.ranges import with_ranges
from hlhcli.request import WindowRules
from hlhcli.windows import windows

DEFAULT_RULES = WindowRules(before=None, after=None, until="next", same_day="before")
NO_BACKGROUND = Background()
NO_THRESHOLDS: Thresholds = {}


class Analysis(NamedTuple):
    """What is asked of the data: the same for every batch of it."""

    at: Sequence[str] = DEFAULT_POINTS
    baseline: str = "last"
    rules: WindowRules = DEFAULT_RULES
    interventions: Sequence[str] = ()
    """Names of the interventions whose changes are shown; none: all. Windows know all of them."""
    sensitivity: bool = False
    """Whether every baseline rule is applied, with a column that names it."""
    details: bool = False
    """Whether `hlhcli.evidence.DETAILS` are added."""
    background: Background = NO_BACKGROUND
    thresholds: Thresholds = NO_THRESHOLDS


def analyze(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    analysis: Analysis,
    *,
    calendar: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The changes of whole subjects, judged by their ranges and by what else was going on.

    The columns are those of `hlhcli.frames.CHANGES`, ``baseline_rule`` with ``sensitivity``,
    `hlhcli.ranges.RANGE_COLUMNS` where a value has a range, `hlhcli.evidence.COLUMNS` and, with
    ``details``, `hlhcli.evidence.DETAILS`. Raises `HlhcliError` as `hlhcli.changes.changes`.
    """

    def under(rule: str) -> pd.DataFrame:
        return changes(
            series, interventions, at=analysis.at, baseline=rule, calendar=calendar, **analysis.rules
        )

    found = every_rule(under) if analysis.sensitivity else under(analysis.baseline)
    found = _only(with_ranges(found, series), analysis.interventions)
    frames = series, interventions, windows(series, interventions, **analysis.rules)
    same_day = analysis.rules["same_day"]
    weighed = evidence.weigh(
        found, *frames, baseline=analysis.baseline, same_day=same_day, background=analysis.background
    )
    if not analysis.details:
        return weighed
    return evidence.detail(weighed, *frames, same_day=same_day, thresholds=analysis.thresholds)


def _only(found: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return found[found["intervention"].isin(names)].reset_index(drop=True) if names else found
