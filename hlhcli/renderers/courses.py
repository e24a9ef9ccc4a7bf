"""The course of each marker around each window, as sparklines."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from hlhcli.renderers.glyphs import Glyphs
from hlhcli.renderers.reading import Block
from hlhcli.renderers.sparkline import sparkline
from hlhcli.times import MISSING, instants

Course = tuple[np.ndarray, np.ndarray]
"""Instants and values, in order of time."""


def course_drawer(series: pd.DataFrame, windows: pd.DataFrame, glyphs: Glyphs) -> Callable[[Block, str], str]:
    """A function that draws a marker's whole course with the start and the end of a block's window.

    A limit such as ``>40000`` stands at its number. No edge is drawn for the end of a window
    that takes in the last value.
    """
    courses, edges = _courses(series), _edges(windows)

    def draw(block: Block, marker: str) -> str:
        times, values = courses.get((block.subject, marker), EMPTY)
        after = edges.get((block.subject, block.intervention, block.moment), [block.moment + 1])
        cuts = np.searchsorted(times, after).tolist()
        return sparkline(values.tolist(), cuts, levels=glyphs.levels, edge=glyphs.edge)

    return draw


EMPTY: Course = (np.empty(0, dtype=np.int64), np.empty(0))


def _courses(series: pd.DataFrame) -> Mapping[tuple[str, str], Course]:
    time, value = instants(series["time"]), series["value"].to_numpy(dtype=float)
    usable = np.flatnonzero(~np.isnan(value) & (time != MISSING))
    key, names = pd.MultiIndex.from_frame(series[["subject", "marker"]]).factorize()
    order = usable[np.lexsort((value[usable], time[usable], key[usable]))]
    bounds = np.searchsorted(key[order], np.arange(len(names) + 1))
    slices = (order[begin:end] for begin, end in pairwise(bounds))
    return {name: (time[part], value[part]) for name, part in zip(names, slices, strict=True)}


def _edges(windows: pd.DataFrame) -> Mapping[tuple[str, str, int], list[int]]:
    """The instants at which each window begins and ends; no end where it is open."""
    columns = (instants(windows[name]).tolist() for name in ("start", "after_from", "after_until"))
    names = windows["subject"].tolist(), windows["intervention"].tolist()
    return {
        (subject, intervention, start): [instant for instant in (begin, end) if instant != MISSING]
        for subject, intervention, start, begin, end in zip(*names, *columns, strict=True)
    }
