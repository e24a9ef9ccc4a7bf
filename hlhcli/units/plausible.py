"""Values that look as if they were in another unit: asked about, never changed."""

import warnings
from functools import cache

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
    known = series["value"].to_numpy(dtype=float)
    usable = ~np.isnan(known) & (known != 0)
    code, first = keys.number([series["marker"], series["unit"]])
    pairs = list(series[["marker", "unit"]].take(first).itertuples(index=False))
    low, high = np.array([plausible_limits(*pair) for pair in pairs]).reshape(-1, 2).T
    beyond = np.flatnonzero(usable & ((known < low[code]) | (known > high[code])))
    for pair in np.unique(code[beyond]).tolist():
        found, own = beyond[code[beyond] == pair], known[usable & (code == pair)]
        others = f" and {found.size - 1} more" if found.size > 1 else ""
        marker, unit = pairs[pair]
        text = (
            f"units: is {marker} really in '{unit}'? {known[found[0]]:.6g} "
            f"(line {series['row'].iloc[found[0]]}){others} would be beyond {_words((low[pair], high[pair]))}"
            f"{_guess(marker, unit, own)}; no number was changed"
        )
        warnings.warn(text, DataNote, stacklevel=3)


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


def _guess(marker: str, unit: str, values: np.ndarray) -> str:
    """The units in which none of the values would be asked about."""
    fitting = []
    for other in accepted_units(marker):
        low, high = plausible_limits(marker, other)
        own = factor(marker, str(belongs(marker, unit)), other)
        if own not in (None, 1) and (values >= low).all() and (values <= high).all():
            fitting.append(other)
    return f"; in {' or '.join(fitting)} none would be" if fitting else ""


@cache
def _limits() -> dict[str, tuple[tuple[str, float, float], ...]]:
    found: dict[str, tuple[tuple[str, float, float], ...]] = {}
    for row in facts.rows("plausible"):
        limits = float(row["low"] or "-inf"), float(row["high"] or "inf")
        found[row["marker"]] = (*found.get(row["marker"], ()), (row["unit"], *limits))
    return found
