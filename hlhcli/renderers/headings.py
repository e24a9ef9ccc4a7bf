"""What stands over each block: the intervention, when and how it was given, what came with it."""

from collections.abc import Callable, Iterator

import pandas as pd

from hlhcli.renderers.reading import Block
from hlhcli.times import format_times, instants, is_calendar

Heading = list[str]
"""The intervention, when it was given, then how, and one line for each thing that came with it."""


def heading_writer(windows: pd.DataFrame, interventions: pd.DataFrame) -> Callable[[Block], Heading]:
    """A function that writes the heading of a block; what the frames do not know is left out."""
    given, spans = dict(_given(interventions)), dict(_spans(windows))
    day = "" if is_calendar(interventions["start"]) else "day "

    def write(block: Block) -> Heading:
        key = (block.subject, block.intervention, block.moment)
        stop, how, note = given.get(key, ("", [], ""))
        until = f" to {day}{stop}" if stop not in ("", block.start) else ""
        together, window_note = spans.get(key, ("", ""))
        lines = [" · ".join(filter(None, how)), note]
        lines.append(f"started together with {together}" if together else "")
        lines.append("" if window_note in block.footnotes() else window_note)
        return [block.intervention, f"{day}{block.start}{until}", *filter(None, lines)]

    return write


def _given(interventions: pd.DataFrame) -> Iterator[tuple[tuple[str, str, int], tuple[str, list[str], str]]]:
    """Stop, dose and route, and note of each intervention."""
    names = ("subject", "intervention", "dose", "route", "note")
    texts = [interventions[name].tolist() for name in names]
    start, stop = instants(interventions["start"]).tolist(), format_times(interventions["stop"])
    for subject, intervention, dose, route, note, moment, until in zip(*texts, start, stop, strict=True):
        yield (subject, intervention, moment), (until, [dose, route], note)


def _spans(windows: pd.DataFrame) -> Iterator[tuple[tuple[str, str, int], tuple[str, str]]]:
    """What started together, and the note of each window."""
    texts = [windows[name].tolist() for name in ("subject", "intervention", "together", "note")]
    for subject, intervention, together, note, start in zip(
        *texts, instants(windows["start"]).tolist(), strict=True
    ):
        yield (subject, intervention, start), (together, note)
