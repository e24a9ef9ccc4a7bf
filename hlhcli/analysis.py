"""The whole analysis of a batch of subjects: from series and interventions to the columns that users see.

Every engine calls this one path, on one patient or on a batch of a hospital's, so that a
number does not depend on where it was computed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import changes, evidence, ranges
from hlhcli.errors import HlhcliError, nearest
from hlhcli.evidence import Background
from hlhcli.evidence.goals import Thresholds
from hlhcli.frames import CHANGES, DEFAULT_POINTS
from hlhcli.request import WindowRules
from hlhcli.study import Study, Treated, Values, has_range, study, treated_among, values_of
from hlhcli.texts import Column, by_number, plain, to_frame

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
    """Whether those of `hlhcli.evidence.detail` are added."""
    background: Background = NO_BACKGROUND
    thresholds: Thresholds = NO_THRESHOLDS
    columns: Sequence[str] = ()
    """Only these columns, in this order; what no other needs is not computed. None: all."""

    def asks_for(self, *columns: str) -> bool:
        """Whether one of these columns is wanted."""
        return not self.columns or not set(columns).isdisjoint(self.columns)


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
    values = values_of(series)
    treated = treated_among(values, interventions, analysis.rules)
    ranged = has_range(values)
    return plain(to_frame(analyze_batch(values, treated, analysis, calendar=calendar, ranged=ranged)))


def analyze_batch(
    values: Values,
    treated: Treated,
    analysis: Analysis,
    *,
    calendar: pd.DataFrame | None = None,
    ranged: bool,
) -> dict[str, Column]:
    """The columns of `analyze`, of a part of the input; texts that repeat are held once.

    ``ranged`` says whether some value of the whole input has a reference range.
    """
    changes.require_rules(analysis.at, analysis.baseline)
    ground = study(values, treated, only=analysis.interventions, calendar=calendar)
    table: dict[str, Column]
    if analysis.sensitivity:
        found = changes.every_rule(lambda rule: plain(to_frame(_under(ground, rule, analysis, ranged))))
        table = {str(name): column for name, column in found.items()}
    else:
        table = _under(ground, analysis.baseline, analysis, ranged)
    return {name: table[name] for name in _chosen(analysis, list(table))}


def _chosen(analysis: Analysis, present: list[str]) -> list[str]:
    """The columns that are wanted; raises for one that the data do not give."""
    for name in analysis.columns:
        if name not in present:
            raise HlhcliError(f"column '{name}' is not there: no value has a reference range; see --ranges")
    return list(analysis.columns) or present


def _under(ground: Study, rule: str, analysis: Analysis, ranged: bool) -> dict[str, Column]:
    """The columns under one baseline rule: those that are wanted, and what they need."""
    picked = changes.pick(ground, analysis.at, rule)
    weighs = analysis.details or analysis.asks_for(*evidence.COLUMNS)
    everything = weighs or not analysis.columns
    table = changes.columns(ground, picked, only=tuple(CHANGES) if everything else analysis.columns)
    if analysis.sensitivity:
        table["baseline_rule"] = by_number(np.zeros(picked.pair.size, dtype=np.int64), rule)
    if ranged and analysis.asks_for(*ranges.RANGE_COLUMNS):
        table |= ranges.judged(ground, picked)
    if not weighs:
        return table
    view = evidence.look(ground, picked)
    compared = evidence.Compared(table, ground, picked, view, analysis.background)
    for weigh, columns in evidence.WEIGHED:
        if analysis.asks_for(*columns):
            table |= weigh(compared)
    if analysis.details:
        table |= evidence.detail(ground, view, analysis.thresholds)
    return table


def require_columns(analysis: Analysis) -> None:
    """Raise `HlhcliError` for a wanted column that there is not, or not with these options."""
    if not analysis.columns:
        return
    details = evidence.detail_columns()
    known = [*CHANGES, "baseline_rule", *ranges.RANGE_COLUMNS, *evidence.COLUMNS, *details]
    for name in analysis.columns:
        if name not in known:
            raise HlhcliError(f"no column '{name}' in the changes; {nearest(name, known)}")
        if name == "baseline_rule" and not analysis.sensitivity:
            raise HlhcliError("the column 'baseline_rule' comes with --sensitivity")
        if name in details and not analysis.details:
            raise HlhcliError(f"the column '{name}' comes with --details")
