"""Values that look as if they were in another unit: asked about, never changed."""

import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import facts, keys, markers
from hlhcli.errors import DataNote
from hlhcli.units.factors import accepted_units, belongs, factor, multiplied

Limits = tuple[float, float]


def note_implausible(series: pd.DataFrame) -> None:
    """Warn with a `DataNote` about each marker that has values beyond what is plausible in its unit.

    The limits (``facts/plausible.csv``) are far outside what an intensive care unit sees, since
    the question is only whether the unit is right. A 0 is the same in every unit and never asked
    about. Where another unit of the marker would make all values plausible, the note names it.
    """
    value, row = series["value"].to_numpy(dtype=float), series["row"].to_numpy()
    code, first = keys.number([series["marker"], series["unit"]])
    pairs = list(series[["marker", "unit"]].take(first).itertuples(index=False, name=None))
    for found in surveys(value, row, code, pairs):
        if found.n_beyond:
            warnings.warn(question(found), DataNote, stacklevel=2)


class Survey(NamedTuple):
    """How far the values of a marker in one unit lie, and which of them are beyond what is plausible."""

    marker: str
    unit: str
    least: float
    most: float
    n_beyond: int = 0
    """How many are beyond."""
    value: float = np.nan
    """The first of them."""
    row: int = 0

    def joined(self, other: "Survey") -> "Survey":
        """The survey of the values of both; the earlier row is the first."""
        found = [one for one in (self, other) if one.n_beyond]
        first = min(found, key=lambda one: one.row, default=self)
        return first._replace(
            least=min(self.least, other.least),
            most=max(self.most, other.most),
            n_beyond=self.n_beyond + other.n_beyond,
        )


def surveys(
    value: np.ndarray, row: np.ndarray, code: np.ndarray, pairs: Sequence[tuple[str, str]]
) -> Iterator[Survey]:
    """The survey of each pair of marker and unit of which it is known what is plausible.

    ``code`` has the place of each value's pair; a 0 and a missing value do not count.
    """
    usable = ~np.isnan(value) & (value != 0)
    least, most = np.full(len(pairs), np.inf), np.full(len(pairs), -np.inf)
    np.minimum.at(least, code, np.where(usable, value, np.inf))
    np.maximum.at(most, code, np.where(usable, value, -np.inf))
    low, high = np.array([plausible_limits(*pair) for pair in pairs]).reshape(-1, 2).T
    beyond = np.empty(0, dtype=np.int64)
    if (least < low).any() or (most > high).any():
        beyond = np.flatnonzero(usable & ((value < low[code]) | (value > high[code])))
    for place, pair in enumerate(pairs):
        if least[place] <= most[place] and has_limits(pair[0]):
            far = beyond[code[beyond] == place]
            first = (float(value[far[0]]), int(row[far[0]])) if far.size else ()
            yield Survey(*pair, float(least[place]), float(most[place]), far.size, *first)


def question(found: Survey) -> str:
    """What is asked about values beyond what is plausible."""
    limits = plausible_limits(found.marker, found.unit)
    others = f" and {found.n_beyond - 1} more" if found.n_beyond > 1 else ""
    return (
        f"units: is {found.marker} really in '{found.unit}'? {found.value:.6g} (line {found.row}){others} "
        f"would be beyond {_words(limits)}{_guess(found)}; no number was changed"
    )


def has_limits(marker: str) -> bool:
    """Whether it is known which values of a marker are plausible."""
    return markers.key(marker) in _limits()


@cache
def plausible_limits(marker: str, unit: str) -> Limits:
    """The lowest and the highest plausible value of a marker in a unit; infinite where not known."""
    own = belongs(marker, unit)
    for start, low, high in _limits().get(markers.key(marker), ()) if own else ():
        by = factor(marker, start, str(own))
        if by is not None:
            least, most = multiplied(np.array([low, high]), by).tolist()
            return least, most
    return -np.inf, np.inf


def _words(limits: Limits) -> str:
    low, high = (f"{limit:.6g}" for limit in limits)
    return high if np.isinf(limits[0]) else low if np.isinf(limits[1]) else f"{low} to {high}"


def _guess(found: Survey) -> str:
    """The units in which none of the values would be asked about."""
    fitting = []
    for other in accepted_units(found.marker):
        low, high = plausible_limits(found.marker, other)
        own = factor(found.marker, str(belongs(found.marker, found.unit)), other)
        if own not in (None, 1) and found.least >= low and found.most <= high:
            fitting.append(other)
    return f"; in {' or '.join(fitting)} none would be" if fitting else ""


@cache
def _limits() -> dict[str, tuple[tuple[str, float, float], ...]]:
    found: dict[str, tuple[tuple[str, float, float], ...]] = {}
    for row in facts.rows("plausible"):
        limits = float(row["low"] or "-inf"), float(row["high"] or "inf")
        found[row["marker"]] = (*found.get(row["marker"], ()), (row["unit"], *limits))
    return found
