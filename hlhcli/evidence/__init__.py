"""How sure a change is, and what else was going on: columns beside those of `changes`.

Each module answers one question with pure functions on arrays. Nothing here changes a number of
`changes`, tests a hypothesis or says what led to what.
"""

from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli.changes import Picked
from hlhcli.evidence import disturbance, kinetics, overlap, rcv, trend
from hlhcli.evidence.disturbance import Disturbances
from hlhcli.evidence.goals import Thresholds
from hlhcli.evidence.spans import End, View, look
from hlhcli.evidence.variation import Given
from hlhcli.study import Study
from hlhcli.texts import Column, coded, joined
from hlhcli.times import instants
from hlhcli.windows import exact_days

__all__ = [
    "COLUMNS",
    "Background",
    "detail",
    "is_detailed",
    "look",
    "mark_disturbed",
    "weigh",
    "what_disturbs",
]

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
    found: dict[str, Column], ground: Study, picked: Picked, view: View, background: Background
) -> dict[str, Column]:
    """`COLUMNS` for the changes that were picked, of which ``found`` has the columns."""
    return {
        **rcv.describe(found, picked.rule, background.variation),
        **trend.describe(view, ground.like),
        "co_interventions": overlap.words(ground, ground.pairs.window[picked.pair], view.value.time),
        "disturbed": coded(_disturbed(found, view, background)),
    }


def detail(ground: Study, view: View, thresholds: Thresholds) -> dict[str, Column]:
    """The columns of `kinetics` and of `courses`."""
    from hlhcli.evidence import courses  # asked for by few

    markers = ground.keys.marker.take(ground.pairs.series)
    return {**kinetics.describe(view), **courses.describe(ground.values, view, markers, thresholds)}


def is_detailed(changes: pd.DataFrame) -> bool:
    """Whether the changes went through `detail`."""
    return set(kinetics.COLUMNS) <= set(changes.columns)


def mark_disturbed(series: pd.DataFrame, interventions: pd.DataFrame, background: Background) -> pd.DataFrame:
    """The series with a column ``disturbed``: true where an event may have changed the value."""
    return series.assign(disturbed=what_disturbs(series, interventions, background) != "")


def what_disturbs(series: pd.DataFrame, interventions: pd.DataFrame, background: Background) -> np.ndarray:
    """What may have changed each value of a series, in words; empty where nothing is known to."""
    known = background.disturbances
    if known is None:
        return np.full(len(series), "", dtype=object)
    exact = exact_days(series["time"], instants(interventions["start"]), instants(interventions["stop"]))
    key = series["subject"], series["marker"], instants(series["time"])
    return disturbance.near(*key, known, background.disturbed_for, exact=exact)


def _disturbed(found: dict[str, Column], view: View, background: Background) -> np.ndarray:
    """Which of the two compared values an event may have changed, in words."""
    size, known = view.pair.size, background.disturbances
    if known is None or not known.event.size:
        return np.full(size, "", dtype=object)
    said = {
        word: _near(found, end, known, background.disturbed_for, exact=view.exact)
        for word, end in (("baseline ", view.baseline), ("value ", view.value))
    }
    text = np.concatenate([word + texts[texts != ""] for word, texts in said.items()])
    place = np.concatenate([np.flatnonzero(texts != "") for texts in said.values()])
    order = np.argsort(place, kind="stable")
    return joined(text[order], place[order], size, "; ")


def _near(found: dict[str, Column], end: End, known: Disturbances, hours: str, *, exact: bool) -> np.ndarray:
    return disturbance.near(found["subject"], found["marker"], end.time, known, hours, exact=exact)
