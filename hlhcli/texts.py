"""Several texts of one row in one cell."""

import numpy as np


def joined(texts: np.ndarray, place: np.ndarray, size: int, separator: str) -> np.ndarray:
    """The texts of each of ``size`` places, in their order; empty where a place has none.

    ``place`` is ascending. One round for each text of the place that has most, over all places
    at once.

    >>> joined(np.array(["a", "b", "c"], dtype=object), np.array([0, 0, 2]), 3, "; ").tolist()
    ['a; b', '', 'c']
    """
    result = np.full(size, "", dtype=object)
    nth = np.arange(place.size) - np.searchsorted(place, place)
    order = np.argsort(nth, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(nth[order])) + 1) if order.size else ():
        here = place[members]
        result[here] = texts[members] if nth[members[0]] == 0 else result[here] + separator + texts[members]
    return result
