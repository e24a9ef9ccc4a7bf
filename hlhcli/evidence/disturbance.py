"""Events that change a value by themselves: a transfusion and the hemoglobin after it.

Which event disturbs which marker are rows of ``facts/disturbance.csv``. For how long is not a
published number but a convention of this tool, `HOURS`, that the user can change.
"""

import re
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import facts, kernel, keys
from hlhcli.evidence.kinetics import HOUR, apart
from hlhcli.kernel import Slices
from hlhcli.markers import key
from hlhcli.texts import Coded, Column, coded, joined
from hlhcli.times import MISSING, instants, parse_duration

HOURS = "48h"
"""For how long after an event a value counts as disturbed: a convention."""


class Disturbances(NamedTuple):
    """What disturbs a marker of a subject, one entry per event and marker; times are instants."""

    subject: np.ndarray
    marker: np.ndarray
    """By `hlhcli.markers.key`."""
    event: np.ndarray
    start: np.ndarray
    stop: np.ndarray


def disturbed_markers(event: str) -> tuple[str, ...]:
    """The markers that an event of this name disturbs; none for an event that is not known.

    >>> disturbed_markers("2 units PRBC"), disturbed_markers("ICU admission")
    (('hemoglobin',), ())
    """
    found = [markers for pattern, markers in _facts() if pattern.search(event)]
    return tuple(dict.fromkeys(marker for markers in found for marker in markers))


def disturbing(events: pd.DataFrame, interventions: pd.DataFrame) -> Disturbances:
    """The disturbances among ``events`` (`hlhcli.frames.EVENTS`) and among ``interventions``.

    An event may name its own marker; otherwise its name tells, as that of an intervention does.
    A missing stop is the start.
    """
    frames = events, interventions
    subject = np.concatenate([_texts(frame["subject"]) for frame in frames])
    event = np.concatenate([_texts(events["event"]), _texts(interventions["intervention"])])
    marker = np.concatenate([_texts(events["marker"]), np.full(len(interventions), "", dtype=object)])
    start, stop = (np.concatenate([instants(frame[name]) for frame in frames]) for name in ("start", "stop"))
    first = keys.number([subject, event, marker, start, stop])[1]
    row, disturbed = _disturbed(event[first], marker[first])
    row = first[row]
    return Disturbances(
        subject[row], disturbed, event[row], start[row], np.where(stop == MISSING, start, stop)[row]
    )


def _texts(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=object)


def _disturbed(event: np.ndarray, marker: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The markers that each event disturbs: rows of events, ascending, and the markers."""
    code, first = keys.number([event, marker])
    known = [
        (key(stated),) if stated else disturbed_markers(name)
        for name, stated in zip(event[first].tolist(), marker[first].tolist(), strict=True)
    ]
    size = np.array([len(names) for names in known], dtype=np.int64)
    end = np.cumsum(size)
    place, _ = kernel.expand(Slices((end - size)[code], end[code]))
    return np.repeat(np.arange(event.size), size[code]), np.array([*chain(*known)], dtype=object)[place]


def near(
    subject: Column,
    marker: Column,
    moment: np.ndarray,
    found: Disturbances,
    hours: str,
    *,
    exact: bool,
) -> Coded:
    """What disturbs values of these subjects and markers at these instants.

    Text such as ``within 48 h after PRBC``, with ``may be`` before it where a time without its
    time of day leaves that open; empty where nothing disturbs.
    """
    code, first = keys.number([_plain(subject), _plain(marker), moment])
    moment, length = moment[first], parse_duration(hours) / HOUR
    place, row = _meet(_names(subject, first), _names(marker, first), found)
    after_start = apart(found.start[row], moment[place], exact)
    after_stop = apart(found.stop[row], moment[place], exact)
    possible = (after_start[1] > 0) & (after_stop[0] < length)
    certain = (after_start[0] >= 0) & (after_stop[1] <= length)
    texts = _said(place[possible], found.event[row[possible]], certain[possible], length, first.size)
    return texts.take(code)


def _plain(column: Column) -> keys.Column:
    return column.code if isinstance(column, Coded) else column


def _names(column: Column, rows: np.ndarray) -> np.ndarray:
    """The texts of these rows; subjects may be whole numbers that stand for them."""
    if isinstance(column, Coded):
        return column.take(rows).array()
    return np.asarray(column.take(rows)).astype(object)


def _meet(subject: np.ndarray, marker: np.ndarray, found: Disturbances) -> tuple[np.ndarray, np.ndarray]:
    """Every place with every disturbance of its subject and marker, by place."""
    code, first = keys.number([marker])
    known = np.array([key(name) for name in marker[first].tolist()], dtype=object)
    rows, part = keys.group([found.subject, found.marker], [subject, known[code]])
    row, _ = kernel.expand(part)
    return np.repeat(np.arange(subject.size), part.size), rows[row]


def _said(place: np.ndarray, event: np.ndarray, certain: np.ndarray, length: float, size: int) -> Coded:
    """The words for each of ``size`` places; of one event given twice the certain one."""
    code, first = keys.number([place, event])
    best = np.zeros(first.size, dtype=bool)
    best[code[certain]] = True
    said = f"within {length:.15g} h after "
    texts = np.where(best, said, f"may be {said}").astype(object) + event[first]
    return joined(coded(texts), place[first], size, " and ")


@cache
def _facts() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """A pattern for the names of each event, as whole words in any case, and its markers."""
    rows = facts.rows("disturbance")
    return tuple((_pattern(row["names"]), tuple(row["markers"].split("|"))) for row in rows)


def _pattern(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names.split('|')))})(?!\w)", re.IGNORECASE)
