"""The whole analysis of a batch of subjects: from series and interventions to the columns that users see.

Every engine calls this one path, on one patient or on a batch of a hospital's, so that a
number does not depend on where it was computed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import changes, evidence, ranges
from hlhcli.evidence import Background
from hlhcli.evidence.goals import Thresholds
from hlhcli.frames import DEFAULT_POINTS
from hlhcli.request import WindowRules
from hlhcli.study import ALL, Study, Values, Whole, study, values_of
from hlhcli.texts import by_number, plain, to_frame

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
    ``details``, those of `hlhcli.evidence.detail`. Raises `HlhcliError` as `hlhcli.changes.changes`.
    """
    return plain(analyze_batch(values_of(series), interventions, analysis, calendar=calendar))


def analyze_batch(
    values: Values,
    interventions: pd.DataFrame,
    analysis: Analysis,
    *,
    calendar: pd.DataFrame | None = None,
    whole: Whole = ALL,
) -> pd.DataFrame:
    """As `analyze`, of a part of the input; columns of texts are categorical, so that each is held once."""
    changes.require_rules(analysis.at, analysis.baseline)
    ground = study(
        values,
        interventions,
        analysis.rules,
        only=analysis.interventions,
        calendar=calendar,
        whole=whole,
    )
    if analysis.sensitivity:
        return changes.every_rule(lambda rule: plain(_under(ground, rule, analysis)))
    return _under(ground, analysis.baseline, analysis)


def _under(ground: Study, rule: str, analysis: Analysis) -> pd.DataFrame:
    """All columns under one baseline rule."""
    picked = changes.pick(ground, analysis.at, rule)
    table = changes.columns(ground, picked)
    if analysis.sensitivity:
        table["baseline_rule"] = by_number(np.zeros(picked.pair.size, dtype=np.int64), rule)
    if ground.has_range:
        table |= ranges.judged(ground, picked)
    view = evidence.look(ground, picked)
    table |= evidence.weigh(table, ground, picked, view, analysis.background)
    if analysis.details:
        table |= evidence.detail(ground, view, analysis.thresholds)
    return to_frame(table)
