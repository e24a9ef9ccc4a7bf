"""How sure a change is, and what else was going on: columns beside those of `changes`.

Each module answers one question with pure functions on arrays. Nothing here changes a number of
`changes`, tests a hypothesis or says what led to what.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from hlhcli.evidence import disturbance, kinetics, overlap, rcv, trend
from hlhcli.evidence.disturbance import Disturbances
from hlhcli.evidence.goals import Thresholds
from hlhcli.evidence.spans import End, View, look
from hlhcli.evidence.variation import Given
from hlhcli.texts import Coded, Column, by_number, joined, stacked
from hlhcli.times import instants
from hlhcli.windows import exact_days

if TYPE_CHECKING:
    from hlhcli.changes import Picked
    from hlhcli.study import Study

__all__ = [
    "COLUMNS",
    "WEIGHED",
    "Background",
    "Compared",
    "detail",
    "detail_columns",
    "is_detailed",
    "look",
    "mark_disturbed",
    "what_disturbs",
]


class Background(NamedTuple):
    """What is known beside labs and interventions."""

    variation: Given = MappingProxyType({})
    """The user's own CVs."""
    disturbances: Disturbances | None = None
    """What disturbs values."""
    disturbed_for: str = disturbance.HOURS


class Compared(NamedTuple):
    """What is weighed: the changes that were picked, with their columns and what stands behind them."""

    found: dict[str, Column]
    ground: "Study"
    picked: "Picked"
    view: View
    background: Background


def _reference_change(compared: Compared) -> dict[str, Column]:
    return rcv.describe(compared.found, compared.picked.rule, compared.background.variation)


def _trend(compared: Compared) -> dict[str, Column]:
    return trend.describe(compared.view, compared.ground.like)


def _overlap(compared: Compared) -> dict[str, Column]:
    window = compared.ground.pairs.window[compared.picked.pair]
    return {"co_interventions": overlap.words(compared.ground, window, compared.view.value.time)}


def _disturbance(compared: Compared) -> dict[str, Column]:
    return {"disturbed": _disturbed(compared.found, compared.view, compared.background)}


WEIGHED: Sequence[tuple[Callable[[Compared], dict[str, Column]], Sequence[str]]] = (
    (_reference_change, rcv.COLUMNS),
    (_trend, trend.COLUMNS),
    (_overlap, ("co_interventions",)),
    (_disturbance, ("disturbed",)),
)
"""Each question with the columns that answer it, in their order."""

COLUMNS = tuple(name for _, columns in WEIGHED for name in columns)
"""What is known of every change."""


def detail(ground: "Study", view: View, thresholds: Thresholds) -> dict[str, Column]:
    """The columns of `kinetics` and of `courses`."""
    from hlhcli.evidence import courses  # asked for by few

    markers = ground.keys.marker.take(ground.pairs.series)
    return {**kinetics.describe(view), **courses.describe(ground.values, view, markers, thresholds)}


def detail_columns() -> Sequence[str]:
    """The columns that `detail` adds, in their order."""
    from hlhcli.evidence import courses

    return *kinetics.COLUMNS, *courses.COLUMNS


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
    return disturbance.near(*key, known, background.disturbed_for, exact=exact).array()


def _disturbed(found: dict[str, Column], view: View, background: Background) -> Coded:
    """Which of the two compared values an event may have changed, in words."""
    size, known = view.pair.size, background.disturbances
    if known is None or not known.event.size:
        return by_number(np.zeros(size, dtype=np.int64), "")
    texts, places = [], []
    for word, end in (("baseline ", view.baseline), ("value ", view.value)):
        said = _near(found, end, known, background.disturbed_for, exact=view.exact)
        place = np.flatnonzero((said.texts != "")[said.code])
        texts.append(Coded(said.code[place], word + said.texts))
        places.append(place)
    place = np.concatenate(places)
    order = np.argsort(place, kind="stable")
    return joined(stacked(texts).take(order), place[order], size, "; ")


def _near(found: dict[str, Column], end: End, known: Disturbances, hours: str, *, exact: bool) -> Coded:
    return disturbance.near(found["subject"], found["marker"], end.time, known, hours, exact=exact)
