"""Keys: several columns that together name something, as one whole number per row.

Everything that goes from one grain to another looks its rows up here: by hashing, never by a
loop over patients, so that a batch of a hundred thousand subjects costs what its rows cost.
Columns are texts, or whole numbers such as instants (`hlhcli.times`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hlhcli.kernel import Slices

DENSE = 1 << 31
"""Whole numbers that lie within so many of each other stand for themselves."""

SPARSE = 4
"""Whole numbers are counted where they lie within so many times their number, else sorted."""

Column = np.ndarray | pd.Series


def number(columns: Sequence[Column]) -> tuple[np.ndarray, np.ndarray]:
    """The number of each row's key, in order of appearance, and the first row of each key.

    >>> code, first = number([np.array(["b", "a", "b"]), np.array([1, 1, 1])])
    >>> code.tolist(), first.tolist()
    ([0, 1, 0], [0, 1])
    """
    codes = [_codes(column) for column in columns]
    code = codes[0] if len(codes) > 1 else pd.factorize(codes[0])[0]
    for other in codes[1:]:
        code = pd.factorize(code * (other.max(initial=0) + 1) + other)[0]
    return code, np.flatnonzero(np.diff(np.maximum.accumulate(code), prepend=-1))


def ranked(code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of each whole number of 0 or more among those that differ, ascending; and these.

    >>> place, different = ranked(np.array([7, 2, 7]))
    >>> place.tolist(), different.tolist()
    ([1, 0, 1], [2, 7])
    """
    low, span = (int(code.min()), int(code.max()) - int(code.min()) + 1) if code.size else (0, 0)
    if span > SPARSE * code.size + SPARSE:
        different, place = np.unique(code, return_inverse=True)
        return place, different
    different = np.flatnonzero(np.bincount(code - low, minlength=span))
    place = np.zeros(span, dtype=np.int64)
    place[different] = np.arange(different.size)
    return place[code - low], different + low


def group(known: Sequence[Column], wanted: Sequence[Column]) -> tuple[np.ndarray, Slices]:
    """The rows of ``known`` by key, in their order, and the slice of them that has each wanted key.

    >>> rows, part = group([np.array(["a", "b", "a"])], [np.array(["a", "c"])])
    >>> rows.tolist(), part.begin.tolist(), part.end.tolist()
    ([0, 2, 1], [0, 3], [2, 3])
    """
    code, first = number(_stacked(known, wanted))
    own, asked = np.split(code, [len(known[0])])
    order = np.argsort(own, kind="stable")
    offsets = np.searchsorted(own[order], np.arange(first.size + 1))
    return order, Slices(offsets[asked], offsets[asked + 1])


def alphabetical(texts: Column) -> np.ndarray:
    """The place of each text in the order of all that differ.

    >>> alphabetical(np.array(["b", "a", "b"])).tolist()
    [1, 0, 1]
    """
    code, first = number([texts])
    return np.argsort(np.argsort(_plain(texts)[first]))[code]


def _codes(column: Column) -> np.ndarray:
    """A whole number of 0 or more for each cell, the same where cells are alike."""
    if isinstance(column, pd.Series) and isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64)
    array = _plain(column)
    if array.dtype.kind in "iu" and array.size and int(array.max()) - int(array.min()) < DENSE:
        return array.astype(np.int64) - int(array.min())
    return pd.factorize(array, use_na_sentinel=False)[0]


def _stacked(known: Sequence[Column], wanted: Sequence[Column]) -> list[Column]:
    pairs = zip(known, wanted, strict=True)
    return [np.concatenate([_plain(one), _plain(other)]) for one, other in pairs]


def _plain(column: Column) -> np.ndarray:
    """The column as an array; texts as Python's own, which are hashed faster than pandas's."""
    array = column if isinstance(column, np.ndarray) else column.to_numpy()
    return array if array.dtype.kind in "iu" else array.astype(object, copy=False)
