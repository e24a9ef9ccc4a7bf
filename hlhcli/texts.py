"""Texts of frames: several of one row in one cell, and columns in which they repeat."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli.keys import number


class Coded(NamedTuple):
    """A column in which texts repeat: the number of each row's text, and every text once."""

    code: np.ndarray
    texts: np.ndarray
    """Of Python's texts."""

    def take(self, rows: np.ndarray) -> "Coded":
        """The column at these rows."""
        return Coded(self.code[rows], self.texts)

    def array(self) -> np.ndarray:
        """The text of each row."""
        return self.texts[self.code]


def coded(texts: "np.ndarray | pd.Series | Coded", code: np.ndarray | None = None) -> Coded:
    """A column whose row ``i`` has the text ``code[i]`` of these, or text ``i``; texts may be given twice.

    >>> coded(np.array(["b", "a", "b"], dtype=object), np.array([0, 1, 2, 2])).code.tolist()
    [0, 1, 0, 0]
    """
    if isinstance(texts, Coded):
        return texts if code is None else texts.take(code)
    if isinstance(texts, pd.Series) and isinstance(texts.dtype, pd.CategoricalDtype):
        own, different = texts.cat.codes.to_numpy(), texts.cat.categories.to_numpy(dtype=object)
    else:
        own, different = pd.factorize(np.asarray(texts, dtype=object), use_na_sentinel=False)
    return Coded(own if code is None else own[code], np.asarray(different, dtype=object))


def by_number(code: np.ndarray, *texts: str) -> Coded:
    """A column whose row ``i`` has the text with the number ``code[i]``; the texts differ."""
    return Coded(code, np.array(texts, dtype=object))


Column = np.ndarray | pd.Series | Coded
"""A column of a frame, before it is one."""


def n_rows(columns: Mapping[str, Column]) -> int:
    """How many rows columns have that belong together."""
    first = next(iter(columns.values()), np.empty(0))
    return len(first.code) if isinstance(first, Coded) else len(first)


def to_frame(columns: Mapping[str, Column], index: pd.Index | None = None) -> pd.DataFrame:
    """A frame in which each text of a column is held once: columns of texts are categorical.

    It is what carriers of large inputs take; users get `plain` texts.
    """
    made = {
        name: _categorical(column) if isinstance(column, Coded) else column
        for name, column in columns.items()
    }
    return pd.DataFrame(made, index=index, copy=False)


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with texts of type ``str`` where they were categorical."""
    held = {
        str(name): _strings(column)
        for name, column in frame.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    return frame.assign(**held) if held else frame


def _strings(column: pd.Series) -> pd.api.extensions.ExtensionArray:
    texts = pd.array(column.cat.categories.to_numpy(dtype=object), dtype="str")
    return texts.take(column.cat.codes.to_numpy())


def _categorical(column: Coded) -> pd.Categorical:
    dtype = pd.CategoricalDtype(pd.Index(column.texts, dtype="str"))
    return pd.Categorical.from_codes(column.code, dtype=dtype, validate=False)


class Part(NamedTuple):
    """One of the texts that a cell may have: 0 for none, or the number of the text from 1."""

    code: np.ndarray
    texts: Sequence[str]


def where(applies: np.ndarray, text: str) -> Part:
    """The same text wherever it applies."""
    return Part(applies.astype(np.int64), [text])


def worded(applies: np.ndarray, key: Sequence[np.ndarray], words: Callable[[int], str]) -> Part:
    """A text wherever it applies, put into words once for all rows of one key."""
    rows = np.flatnonzero(applies)
    code = np.zeros(applies.size, dtype=np.int64)
    if not rows.size:
        return Part(code, [])
    own, first = number([column[rows] for column in key])
    code[rows] = own + 1
    return Part(code, [words(row) for row in rows[first].tolist()])


def join_parts(parts: Sequence[Part], separator: str) -> Coded:
    """The parts of every cell in their order; empty where none applies.

    >>> join_parts([where(np.array([True, False]), "a"), where(np.array([True, True]), "b")], "; ").array()
    array(['a; b', 'b'], dtype=object)
    """
    whole, known = np.zeros(parts[0].code.size, dtype=np.int64), [""]
    for part in parts:
        if not part.code.any():
            continue
        whole, pairs = pd.factorize(whole * (len(part.texts) + 1) + part.code)
        texts = ["", *part.texts]
        cells = ((known[pair // len(texts)], texts[pair % len(texts)]) for pair in pairs.tolist())
        known = [separator.join(filter(None, cell)) for cell in cells]
    return coded(np.array(known, dtype=object), whole)


def stacked(columns: Sequence[Coded]) -> Coded:
    """Columns one below the other."""
    offsets = np.cumsum([0, *(column.texts.size for column in columns)])
    code = [column.code + offset for column, offset in zip(columns, offsets[:-1], strict=True)]
    return coded(np.concatenate([column.texts for column in columns]), np.concatenate(code))


def joined(texts: Coded, place: np.ndarray, size: int, separator: str) -> Coded:
    """The texts of each of ``size`` places, in their order; empty where a place has none.

    ``place`` is ascending, no text is empty. One round for each text of the place that has most,
    over all places at once; what is alike is put together once.

    >>> texts = coded(np.array(["a", "b", "c"], dtype=object))
    >>> joined(texts, np.array([0, 0, 2]), 3, "; ").array().tolist()
    ['a; b', '', 'c']
    """
    whole, known = np.zeros(size, dtype=np.int64), [""]
    nth = np.arange(place.size) - np.searchsorted(place, place)
    order = np.argsort(nth, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(nth[order])) + 1) if order.size else ():
        here = place[members]
        number, pairs = pd.factorize(whole[here] * texts.texts.size + texts.code[members])
        whole[here] = number + len(known)
        so_far, added = (part.tolist() for part in np.divmod(pairs, texts.texts.size))
        known += [
            known[before] + separator * (before > 0) + texts.texts[own]
            for before, own in zip(so_far, added, strict=True)
        ]
    return coded(np.array(known, dtype=object), whole)
