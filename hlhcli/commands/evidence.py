"""What the commands know beside labs and interventions: events, variation and limits."""

from typing import NamedTuple

import pandas as pd

from hlhcli import evidence
from hlhcli.builtin import TABLE1_EVENTS
from hlhcli.commands.case import Case
from hlhcli.evidence import Background
from hlhcli.evidence.disturbance import disturbing
from hlhcli.evidence.goals import Thresholds, parse_thresholds
from hlhcli.frames import EVENTS
from hlhcli.readers.context import read_events, read_variation
from hlhcli.reading import DEFAULT, ReadingOptions
from hlhcli.request import NO_LIMITS, Disturbing, Limits, Source
from hlhcli.times import parse_duration


class Context(NamedTuple):
    """What stands beside the case: its events, what is known from them, and limits of the user."""

    events: pd.DataFrame
    background: Background
    thresholds: Thresholds


def load_context(
    case: Case,
    source: Source,
    disturbed: Disturbing,
    limits: Limits = NO_LIMITS,
    *,
    reading: ReadingOptions = DEFAULT,
) -> Context:
    """Read the files beside a case; the built-in case brings its own events."""
    parse_duration(disturbed.hours)
    file = TABLE1_EVENTS if disturbed.events is None and source.labs is None else disturbed.events
    events = _no_events(case) if file is None else read_events(file, case.series, reading)
    return Context(
        events=events,
        background=Background(
            read_variation(limits.variation) if limits.variation else {},
            disturbing(events, case.interventions),
            disturbed.hours,
        ),
        thresholds=parse_thresholds(list(limits.thresholds)),
    )


def mark_disturbed(case: Case, context: Context) -> Case:
    """The case with a column ``disturbed`` in its series, for figures."""
    marked = evidence.mark_disturbed(case.series, case.interventions, context.background)
    return case._replace(series=marked)


def _no_events(case: Case) -> pd.DataFrame:
    none = case.interventions[:0].rename(columns={"intervention": "event"}).assign(marker="")
    return none[list(EVENTS)].astype({"marker": "str"})
