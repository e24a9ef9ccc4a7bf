"""A batch of whole subjects: from numbers and codes, or any frames, to the changes that users see."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hlhcli.analysis import Analysis, analyze_batch
from hlhcli.measures import rounded
from hlhcli.stream.decisions import Cells, Moments
from hlhcli.stream.encode import is_text
from hlhcli.stream.spill import Records
from hlhcli.study import Treated, Values
from hlhcli.texts import Coded, Column
from hlhcli.times import MISSING


class Whole(NamedTuple):
    """What holds for the whole input, though a batch of it may not show it."""

    has_fraction: bool = False
    """Whether some day number has a fraction, so that all are exact moments."""
    has_range: bool = False
    """Whether some value has a reference range, so that the columns of ranges are there."""


def changes_of(values: Values, treated: Treated, analysis: Analysis, *, ranged: bool) -> dict[str, Column]:
    """The changes of a batch of whole subjects: the rows that the whole input gives for them.

    Units and windows are already those of the whole input. Subjects are whole numbers: their places
    in the order of output. Interventions of subjects without labs are left out. Columns of texts
    are categorical.
    """
    own = treated.windows["subject"].isin(values.subject).to_numpy()
    if not own.all():
        windows = treated.windows[own].reset_index(drop=True)
        treated = treated._replace(windows=windows, stop=treated.stop[own])
    return analyze_batch(values, treated, analysis, ranged=ranged)


def to_values(records: Records, cells: Cells, moments: Moments) -> Values:
    """The values of some rows, subjects as their places."""
    code, value = records.cells, records.value
    odd = ~cells.is_plain | (cells.factor != 1)
    if odd.any():
        value = _converted(value, np.flatnonzero(odd[code]), cells, code)
    return Values(
        subject=records.subject.astype(np.int64),
        marker=_texts(cells.markers, cells.marker[code]),
        unit=_texts(cells.units, cells.unit[code]),
        time=read_times(records.time, moments),
        value=value,
        below=_marked("<", cells, code),
        above=_marked(">", cells, code),
        inferred=np.zeros(code.size, dtype=bool),
        reference_low=_limits(cells.reference_low, code),
        reference_high=_limits(cells.reference_high, code),
        row=records.row,
        like=moments.like,
    )


def _converted(value: np.ndarray, rows: np.ndarray, cells: Cells, code: np.ndarray) -> np.ndarray:
    """The values, some as their combinations say: the number of a text, or the same in another unit."""
    own = code[rows]
    plain = rounded(value[rows] * cells.factor[own])
    plain = np.where(cells.factor[own] == 1, value[rows], plain)
    value = value.copy()
    value[rows] = np.where(cells.is_plain[own], plain, cells.value[own])
    return value


def _marked(bound: str, cells: Cells, code: np.ndarray) -> np.ndarray:
    """Which values are limits with this mark."""
    if bound not in cells.bounds:
        return np.zeros(code.size, dtype=bool)
    return np.asarray((cells.bound == cells.bounds.index(bound))[code])


def _limits(limit: np.ndarray, code: np.ndarray) -> np.ndarray:
    return np.full(code.size, np.nan) if np.isnan(limit).all() else limit[code]


def read_times(time: np.ndarray, moments: Moments) -> np.ndarray:
    """Instants, those of texts looked up."""
    odd = is_text(time)
    if not odd.any():
        return time
    return np.where(odd, moments.instant[np.where(odd, time - MISSING, 0)], time)


def _texts(texts: Sequence[str], code: np.ndarray) -> Coded:
    return Coded(code, np.array(texts, dtype=object))


def with_names(found: dict[str, Column], names: np.ndarray) -> dict[str, Column]:
    """The changes with the names of subjects in place of their places."""
    if "subject" not in found:
        return found
    place = np.asarray(found["subject"])
    begins = np.diff(place, prepend=-1) != 0
    return {**found, "subject": Coded(np.cumsum(begins) - 1, names[place[begins]])}
