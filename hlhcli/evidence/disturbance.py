"""Events that change a value by themselves: a transfusion and the hemoglobin after it.

Which event disturbs which marker are rows of ``facts/disturbance.csv``. For how long is not a
published number but a convention of this tool, `HOURS`, that the user can change.
"""

import csv
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from hlhcli.evidence.kinetics import HOUR, apart
from hlhcli.markers import key
from hlhcli.times import MISSING, instants, parse_duration

FACTS = Path(__file__).parents[1] / "facts" / "disturbance.csv"

HOURS = "48h"
"""For how long after an event a value counts as disturbed: a convention."""


def disturbed_markers(event: str) -> tuple[str, ...]:
    """The markers that an event of this name disturbs; none for an event that is not known.

    >>> disturbed_markers("2 units PRBC"), disturbed_markers("ICU admission")
    (('hemoglobin',), ())
    """
    found = [markers for pattern, markers in _facts() if pattern.search(event)]
    return tuple(dict.fromkeys(marker for markers in found for marker in markers))


def disturbing(events: pd.DataFrame, interventions: pd.DataFrame) -> pd.DataFrame:
    """The disturbances: ``subject, event, marker, start, stop``, one row per event and marker.

    They are the ``events`` (`hlhcli.frames.EVENTS`), each of which may name its own marker, and
    those ``interventions`` whose names are known to disturb. A missing stop is the start.
    """
    given = interventions.rename(columns={"intervention": "event"}).assign(marker="")
    names = ["subject", "event", "marker", "start", "stop"]
    both = pd.concat([frame[names] for frame in (events, given) if len(frame)] or [events[names]])
    both = both.drop_duplicates(ignore_index=True)
    known = [
        (key(marker),) if marker else disturbed_markers(event)
        for marker, event in zip(both["marker"], both["event"], strict=True)
    ]
    rows = both.assign(marker=pd.Series(known, index=both.index, dtype=object)).explode("marker")
    rows = rows.dropna(subset=["marker"])
    return rows.assign(stop=rows["stop"].fillna(rows["start"])).reset_index(drop=True)


def near(frame: pd.DataFrame, time: str, rows: pd.DataFrame, hours: str, *, exact: bool) -> pd.Series:
    """What disturbs each row of a frame with ``subject``, ``marker`` and a column of times.

    Text such as ``within 48 h after PRBC``, with ``may be`` before it where a time without its
    time of day leaves that open; empty where nothing disturbs. ``rows`` are `disturbing`.
    """
    named = {marker: key(marker) for marker in frame["marker"].unique()}
    keys = pd.DataFrame(
        {
            "subject": frame["subject"].to_numpy(),
            "marker": frame["marker"].map(named).to_numpy(),
            "time": instants(frame[time]),
            "place": np.arange(len(frame)),
        }
    )
    known = keys[(keys["time"] != MISSING) & keys["marker"].isin(rows["marker"])]
    found = known.merge(_moments(rows), on=["subject", "marker"])
    length = parse_duration(hours) / HOUR
    after_start = apart(found["start"].to_numpy(), found["time"].to_numpy(), exact)
    after_stop = apart(found["stop"].to_numpy(), found["time"].to_numpy(), exact)
    possible = (after_start[1] > 0) & (after_stop[0] < length)
    certain = (after_start[0] >= 0) & (after_stop[1] <= length)
    return _said(found.assign(certain=certain)[possible], length, frame.index)


def _moments(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(start=instants(rows["start"]), stop=instants(rows["stop"]))


def _said(found: pd.DataFrame, length: float, index: pd.Index) -> pd.Series:
    """The words for each place of a frame; of one event given twice the certain one."""
    texts = np.full(len(index), "", dtype=object)
    best = found.groupby(["place", "event"], sort=False)["certain"].any().reset_index()
    for place, event, certain in best.itertuples(index=False):
        text = f"{'' if certain else 'may be '}within {length:.15g} h after {event}"
        texts[place] = f"{texts[place]} and {text}" if texts[place] else text
    return pd.Series(texts, index=index, dtype="str")


@cache
def _facts() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """A pattern for the names of each event, as whole words in any case, and its markers."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple((_pattern(row["names"]), tuple(row["markers"].split("|"))) for row in rows)


def _pattern(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names.split('|')))})(?!\w)", re.IGNORECASE)
