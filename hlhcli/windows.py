"""Windows: which times count as before and which as after each intervention.

Everything that is decided about dates, clocks, same-day results and the end of a window is
decided here, and leaves as half-open spans on one time axis.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hlhcli import keys
from hlhcli.errors import HlhcliError
from hlhcli.frames import SAME_DAY, UNTIL, WINDOWS
from hlhcli.kernel import FOREVER, Slices, expand, locate
from hlhcli.texts import coded, joined
from hlhcli.times import (
    DAY,
    MISSING,
    day_of,
    from_instants,
    instants,
    is_calendar,
    parse_duration,
)

NO_STOP = "no stop date: no window"


def windows(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    before: str | None = None,
    after: str | None = None,
    until: str = "next",
    same_day: str = "before",
) -> pd.DataFrame:
    """The windows of `hlhcli.frames.WINDOWS`, one row per subject and intervention, by start.

    ``before`` and ``after`` cap the spans (``7d``, ``36h``, ``2w``; none: no cap). ``until``
    ends a window at the ``next`` later start of the same subject (that day included where it
    counts as before it), at the intervention's own ``stop`` (that day included), or not at
    all (``end``). ``same_day`` says what a result on the start day counts as where its order
    is not known because the result or the start has no time of day.
    """
    require_same_kind(series["time"], interventions["start"])
    table = in_order(interventions)
    exact = exact_days(series["time"], instants(table["start"]), instants(table["stop"]))
    return spans_of(table, exact=exact, before=before, after=after, until=until, same_day=same_day)


def spans_of(
    table: pd.DataFrame, *, exact: bool, before: str | None, after: str | None, until: str, same_day: str
) -> pd.DataFrame:
    """The windows of interventions that are `in_order`; ``exact`` as in `exact_days`."""
    require_choice("until", until, UNTIL)
    require_choice("same_day", same_day, SAME_DAY)
    start, stop = instants(table["start"]), instants(table["stop"])
    dated = whole_days(start, exact)
    before_until, after_from = _cuts(start, dated, same_day)
    before_from = np.full_like(start, MISSING) if before is None else start - parse_duration(before)
    if until == "end":
        after_until = np.full_like(start, FOREVER)
    elif until == "stop":
        after_until = np.where(stop == MISSING, MISSING, stop + np.where(whole_days(stop, exact), DAY, 1))
    else:
        after_until = _until_next(table["subject"], start, dated, before_until)
    if after is not None:
        after_until = np.minimum(after_until, _cap(start, dated, parse_duration(after)))
    after_until = np.maximum(after_until, after_from)
    spans = {
        "before_from": before_from,
        "before_until": before_until,
        "after_from": after_from,
        "after_until": np.where(after_until == FOREVER, MISSING, after_until),
    }
    together = _together(table["subject"], start, table["intervention"].to_numpy(dtype=object))
    note = np.where((stop == MISSING) & (until == "stop"), NO_STOP, "").astype(object)
    columns = {
        **{name: table[name].array for name in ("subject", "intervention", "start")},
        **{name: from_instants(values, table["start"]) for name, values in spans.items()},
        "together": pd.array(together, dtype="str"),
        "note": pd.array(note, dtype="str"),
    }
    return pd.DataFrame(columns)[list(WINDOWS)]


def require_choice(option: str, choice: str, choices: tuple[str, ...]) -> None:
    """Raise for a word that is not one of an option's choices."""
    if choice not in choices:
        raise HlhcliError(f"{option} cannot be '{choice}'; choose one of {', '.join(choices)}")


def require_same_kind(times: pd.Series, starts: pd.Series) -> None:
    """Raise where labs and interventions count time differently."""
    words = {True: "dates", False: "day numbers"}
    if len(starts) and is_calendar(times) != is_calendar(starts):
        raise HlhcliError(
            f"the labs have {words[is_calendar(times)]} but the interventions have "
            f"{words[is_calendar(starts)]}: give both as dates or both as day numbers"
        )


def subject_places(subject: np.ndarray) -> np.ndarray:
    """The place of each row's subject in the order of output.

    Subjects that are integers already stand for their places in such an order
    (`hlhcli.stream`).
    """
    if subject.dtype.kind == "i":
        return subject
    code, names = pd.factorize(subject)
    return places(list(names))[code]


def places(subjects: Sequence[str]) -> np.ndarray:
    """The place of each of these different subjects in the order of output, from 0.

    >>> places(["10", "9"]).tolist(), places(["p10", "p9"]).tolist()
    ([1, 0], [0, 1])
    """
    number = all(name.isdecimal() for name in subjects)
    order = sorted(range(len(subjects)), key=lambda i: (int(subjects[i]) if number else 0, subjects[i]))
    place = np.empty(len(subjects), dtype=np.int64)
    place[order] = np.arange(len(subjects))
    return place


def in_order(interventions: pd.DataFrame) -> pd.DataFrame:
    """Interventions as their windows stand: by subject (`subject_places`), start and name."""
    start = instants(interventions["start"])
    place = subject_places(interventions["subject"].to_numpy())
    name = keys.alphabetical(interventions["intervention"])
    order = np.lexsort((name, np.where(start == MISSING, FOREVER, start), place))
    return interventions.take(order).reset_index(drop=True)


def exact_days(times: pd.Series, *others: np.ndarray) -> bool:
    """Whether day numbers are exact moments: true when any of them has a fraction."""
    return not is_calendar(times) and has_fraction(instants(times), *others)


def has_fraction(*columns: np.ndarray) -> bool:
    """Whether any of these instants has a time of day or a fraction of a day."""
    return any(bool(((column != MISSING) & (column % DAY != 0)).any()) for column in columns)


def whole_days(values: np.ndarray, exact: bool) -> np.ndarray:
    """Which times are dates, of which the time of day is not known."""
    return (values != MISSING) & (values % DAY == 0) & (not exact)


def positions(times: np.ndarray, exact: bool, same_day: str) -> np.ndarray:
    """Where results stand on the time axis: a date comes first in its day, or last for ``after``."""
    if same_day != "after":
        return times
    return np.where(whole_days(times, exact), times + DAY - 1, times)


def _cuts(start: np.ndarray, dated: np.ndarray, same_day: str) -> tuple[np.ndarray, np.ndarray]:
    """Where the time before a start ends, and where the time after it begins."""
    next_day = start + DAY
    before_until = np.where(dated, next_day if same_day == "before" else start, start + 1)
    after_from = np.where(dated, start if same_day == "after" else next_day, start + 1)
    return before_until, after_from


def _until_next(
    subjects: pd.Series, start: np.ndarray, dated: np.ndarray, before_until: np.ndarray
) -> np.ndarray:
    """Where the time before the subject's next later start ends."""
    subject = pd.factorize(subjects)[0]
    offsets = np.searchsorted(subject, np.arange(subject.max(initial=-1) + 2))
    later = locate(offsets, start, subject, np.where(dated, start + DAY, start + 1))
    has_later = later < offsets[subject + 1]
    return np.where(has_later, before_until[np.where(has_later, later, 0)], FOREVER)


def _cap(start: np.ndarray, dated: np.ndarray, length: int) -> np.ndarray:
    """End of a span of this length: the whole last day where the start is a date."""
    return np.where(dated, day_of(start + length) + DAY, start + length + 1)


def _together(subject: pd.Series, start: np.ndarray, name: np.ndarray) -> np.ndarray:
    """Names of the other interventions that start at the same time in the same subject."""
    code, first = keys.number([subject, start])
    if first.size == name.size:
        return np.full(name.size, "", dtype=object)
    edges = np.append(first, name.size)  # those that start together stand together
    part = Slices(edges[code], edges[code + 1])
    row, (other, _) = np.repeat(np.arange(name.size), part.size), expand(part)
    others = name[row] != name[other]
    return joined(coded(name).take(other[others]), row[others], name.size, "; ").array()
