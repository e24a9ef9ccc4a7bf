"""What is known about a subject at one day: laboratory values and clinical statements, by item.

The time point is the day. Of several values of a day the latest is taken; of different
values at one moment the interval that holds them all, so that only what both say counts.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from hlhcli import markers
from hlhcli.clinical_items import find_item
from hlhcli.criteria import quantities
from hlhcli.criteria.intervals import Interval, exact, number, reported
from hlhcli.times import DAY, MISSING, day_of, format_times, from_instants, instants

FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Finding:
    """One item at one time, as given and as an exact interval."""

    item: str
    text: str
    unit: str
    value: Interval | None
    is_lab: bool
    row: int
    source: str = ""
    note: str = ""
    reference_low: Fraction | None = None
    reference_high: Fraction | None = None
    baseline: Interval | None = None

    def reference(self, name: str) -> Interval | None:
        """A limit beside the value, or its baseline; None where there is none."""
        if name == "baseline":
            return self.baseline
        limit = self.reference_low if name == "reference_low" else self.reference_high
        return None if limit is None else number(limit)


@dataclass(frozen=True)
class History:
    """Findings of one item of one subject by day, ascending, each with the last day it holds for."""

    days: list[int]
    findings: list[Finding]
    until: list[int]

    def at(self, day: int) -> tuple[int, Finding] | None:
        """The latest finding that holds on a day, and its own day."""
        place = bisect_right(self.days, day) - 1
        while place >= 0 and self.until[place] < day:
            place -= 1
        return (self.days[place], self.findings[place]) if place >= 0 else None


Histories = Mapping[str, History]


def lab_histories(series: pd.DataFrame, items: Iterable[str], carry: int) -> dict[str, dict[str, History]]:
    """The laboratory findings of these items, by subject and item.

    ``carry`` is how many microseconds a value holds beyond its own day; 0 for none.
    """
    result: dict[str, dict[str, History]] = defaultdict(dict)
    for (subject, item, day), rows in groupby(_rows(series, set(items)), key=_subject_item_day):
        history = result[subject].setdefault(item, History([], [], []))
        history.days.append(day)
        history.findings.append(_of_day(item, list(rows)))
        history.until.append(day + carry)
    return result


def clinical_histories(clinical: pd.DataFrame) -> dict[str, dict[str, History]]:
    """The clinical findings, by subject and item; a lasting one holds until the next statement."""
    start, until = (day_of(instants(clinical[name])) for name in ("time", "until"))
    result: dict[str, dict[str, History]] = defaultdict(dict)
    table = clinical.assign(day=start, last=until)
    for (subject, item), rows in table.groupby(["subject", "item"], sort=False):
        known = find_item(str(item))
        days, findings, ends = [], [], []
        for day, same_day in rows.groupby("day", sort=True):
            first = int(str(day))
            days.append(first)
            findings.append(_statement(str(item), same_day))
            last = int(same_day["last"].max())
            ends.append(last if last != MISSING else FOREVER if known and known.lasts else first)
        result[str(subject)][str(item)] = History(days, findings, ends)
    return result


def on_day(histories: Histories, day: int, like: pd.Series) -> dict[str, Finding]:
    """Every finding that holds on a day; one from an earlier day says so in its note."""
    found = {}
    for item, history in histories.items():
        hit = history.at(day)
        if hit is None:
            continue
        own, finding = hit
        found[item] = (
            finding if own == day else replace(finding, note=_join(finding.note, _since(own, finding, like)))
        )
    return found


def canonical_markers(series: pd.DataFrame) -> dict[str, str]:
    """The one name of each marker of a frame; those that are not known are left out."""
    names = {name: markers.find(name) for name in series["marker"].unique()}
    return {name: marker.name for name, marker in names.items() if marker}


def day_text(day: int, like: pd.Series) -> str:
    """A day as the input writes its times."""
    return format_times(pd.Series(from_instants(np.array([day]), like)).astype(like.dtype))[0]


def _rows(series: pd.DataFrame, items: set[str]) -> Iterator[Any]:
    """The values of these items, by subject, item, time and value."""
    named = series.assign(
        item=series["marker"].map(canonical_markers(series)), instant=instants(series["time"])
    )
    chosen = named[named["item"].isin(items) & named["value"].notna() & (named["instant"] != MISSING)]
    days = chosen.assign(day=day_of(chosen["instant"].to_numpy()))
    return days.sort_values(["subject", "item", "instant", "value"]).itertuples(index=False)


def _subject_item_day(row: Any) -> tuple[str, str, int]:  # noqa: ANN401 - a row of `_rows`
    return row.subject, row.item, row.day


def _of_day(item: str, rows: list[Any]) -> Finding:
    """The latest value of a day; what different values at that moment agree on."""
    latest = [row for row in rows if row.instant == rows[-1].instant]
    distinct = {(row.value, row.bound, row.unit): row for row in latest}
    found = [lab_finding(item, row) for row in distinct.values()]
    note = f"latest of {len(rows)} values of the day" if len(latest) < len(rows) else ""
    last = found[-1]
    if len(found) == 1:
        return replace(last, note=_join(last.note, note)) if note else last
    words = _join(note, f"{len(found)} different values at one time: {', '.join(one.text for one in found)}")
    if len({one.unit for one in found}) > 1:
        return replace(last, value=None, note=f"{words}, in different units")
    return replace(last, value=_hull(found), text=" / ".join(one.text for one in found), note=words)


def _hull(found: list[Finding]) -> Interval | None:
    whole = found[0].value
    for one in found[1:]:
        whole = whole.hull(one.value) if whole and one.value else None
    return whole


def lab_finding(item: str, row: Any) -> Finding:  # noqa: ANN401 - a row of the series frame
    """One row of the series frame as a finding of this item."""
    return Finding(
        item=item,
        text=f"{row.bound}{row.value:.12g}",
        unit=row.unit,
        value=reported(row.value, row.bound),
        is_lab=True,
        row=int(row.row),
        note="date inferred" if row.placement == "inferred" else "",
        reference_low=_limit(row.reference_low),
        reference_high=_limit(row.reference_high),
    )


def _limit(value: float) -> Fraction | None:
    return None if np.isnan(value) else exact(value)


def _statement(item: str, rows: pd.DataFrame) -> Finding:
    """One statement, or several of one day: what they agree on."""
    found = [
        _clinical_finding(item, row)
        for row in rows.drop_duplicates(["value", "bound"]).itertuples(index=False)
    ]
    if len(found) == 1:
        return found[0]
    texts = " / ".join(one.text for one in found)
    return replace(found[-1], value=_hull(found), text=texts, note="different statements for one day")


def _clinical_finding(item: str, row: Any) -> Finding:  # noqa: ANN401 - a row of the clinical frame
    value, unit = reported(row.value, row.bound), row.unit
    if item == "temperature" and quantities.is_fahrenheit(unit):
        ends = [None if end is None else quantities.celsius(end, unit) for end in (value.low, value.high)]
        value, unit = Interval(ends[0], ends[1], value.low_open, value.high_open), "°C"
    if item == "age" and value.known and value.low is not None:
        value = Interval(value.low, value.low + 1, high_open=True)  # completed years: 14 is from 14 up to 15
    return Finding(item, row.text, unit, value, is_lab=False, row=int(row.row), source=row.source)


def _since(day: int, finding: Finding, like: pd.Series) -> str:
    if day == MISSING:
        return "holds from before the first value"
    words = "carried forward from" if finding.is_lab else "stated on"
    return f"{words} {day_text(day, like)}"


def _join(*words: str) -> str:
    return "; ".join(filter(None, words))


def days_with_labs(histories: Histories) -> list[int]:
    """Every day on which any of these items has a laboratory value of its own."""
    return sorted({day for history in histories.values() for day in history.days})


def parse_carry(duration: int) -> int:
    """Whole days of a duration: values are carried from day to day."""
    return duration // DAY * DAY
