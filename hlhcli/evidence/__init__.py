"""How sure a change is, and what else was going on: columns beside those of `changes`.

Each module answers one question with pure functions on frames or arrays. Nothing here changes
a number of `changes`, tests a hypothesis or says what led to what.
"""

from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli.evidence import disturbance, kinetics, overlap, rcv, trend
from hlhcli.evidence.disturbance import Disturbances
from hlhcli.evidence.goals import Thresholds
from hlhcli.evidence.spans import look
from hlhcli.evidence.variation import Given
from hlhcli.texts import joined
from hlhcli.times import instants
from hlhcli.windows import exact_days

__all__ = ["COLUMNS", "Background", "detail", "is_detailed", "mark_disturbed", "weigh"]

COLUMNS = (*rcv.COLUMNS, *trend.COLUMNS, "co_interventions", "disturbed")
"""What `weigh` adds, in this order."""


class Background(NamedTuple):
    """What is known beside labs and interventions."""

    variation: Given = MappingProxyType({})
    """The user's own CVs."""
    disturbances: Disturbances | None = None
    """What disturbs values."""
    disturbed_for: str = disturbance.HOURS


def weigh(
    changes: pd.DataFrame,
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    windows: pd.DataFrame,
    *,
    baseline: str = "last",
    same_day: str = "before",
    background: Background | None = None,
) -> pd.DataFrame:
    """`changes` with `COLUMNS` after its own.

    The other frames are those that the changes were computed from, ``windows`` by the same
    rules. Without a ``background`` no value counts as disturbed.
    """
    background = background or Background()
    view = look(changes, series, interventions, windows, same_day)
    disturbed = _disturbed(changes, background, exact=_exact(series, interventions))
    return changes.assign(
        **rcv.judge(changes, baseline, background.variation),
        **trend.describe(changes, view),
        co_interventions=pd.array(overlap.words(changes, interventions, windows), dtype="str"),
        disturbed=pd.array(disturbed, dtype="str"),
    )


def detail(
    weighed: pd.DataFrame,
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    windows: pd.DataFrame,
    *,
    same_day: str = "before",
    thresholds: Thresholds | None = None,
) -> pd.DataFrame:
    """`weighed` with the columns of `kinetics` and of `courses` after its own."""
    from hlhcli.evidence import courses  # asked for by few

    view = look(weighed, series, interventions, windows, same_day)
    return weighed.assign(
        **kinetics.describe(weighed, view), **courses.describe(weighed, series, view, thresholds or {})
    )


def is_detailed(changes: pd.DataFrame) -> bool:
    """Whether the changes went through `detail`."""
    return set(kinetics.COLUMNS) <= set(changes.columns)


def mark_disturbed(series: pd.DataFrame, interventions: pd.DataFrame, background: Background) -> pd.DataFrame:
    """The series with a column ``disturbed``: true where an event may have changed the value."""
    if background.disturbances is None:
        return series.assign(disturbed=False)
    exact = _exact(series, interventions)
    found = disturbance.near(series, "time", background.disturbances, background.disturbed_for, exact=exact)
    return series.assign(disturbed=found != "")


def _exact(series: pd.DataFrame, interventions: pd.DataFrame) -> bool:
    return exact_days(series["time"], instants(interventions["start"]), instants(interventions["stop"]))


def _disturbed(changes: pd.DataFrame, background: Background, *, exact: bool) -> np.ndarray:
    """Which of the two compared values an event may have changed, in words."""
    size, known = len(changes), background.disturbances
    if known is None or not known.event.size:
        return np.full(size, "", dtype=object)
    texts, places = [], []
    for word, column in (("baseline ", "baseline_time"), ("value ", "time")):
        found = disturbance.near(changes, column, known, background.disturbed_for, exact=exact)
        places.append(np.flatnonzero(found != ""))
        texts.append(word + found[places[-1]])
    text, place = np.concatenate(texts), np.concatenate(places)
    order = np.argsort(place, kind="stable")
    return joined(text[order], place[order], size, "; ")
