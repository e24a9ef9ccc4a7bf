"""What is compared: every series of a subject with every window of it, as arrays with numbered keys.

A study is made once for series, interventions and window rules. Baselines and response points
are then picked from it (`hlhcli.changes`), and whatever else is asked about the values before
and after a start (`hlhcli.evidence`) reads the same rows and slices. Nothing is looked up by
name again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import kernel, markers
from hlhcli.errors import HlhcliError
from hlhcli.frames import WINDOWS
from hlhcli.kernel import FOREVER, NO_ROW, Pick, Rows, Slices, Spans
from hlhcli.keys import ranked
from hlhcli.request import WindowRules
from hlhcli.texts import Coded, coded, to_frame
from hlhcli.times import MISSING, day_of, instants, is_calendar
from hlhcli.windows import (
    has_fraction,
    in_order,
    positions,
    require_same_kind,
    spans_of,
    subject_places,
    whole_days,
)


class Values(NamedTuple):
    """A series (`hlhcli.frames.SERIES`) as arrays, one entry per row."""

    subject: np.ndarray
    """Texts, or whole numbers that stand for their places in the order of output."""
    marker: Coded
    unit: Coded
    time: np.ndarray
    """Instants, as the file gave them."""
    value: np.ndarray
    below: np.ndarray
    """Which values are limits such as <5."""
    above: np.ndarray
    """Which values are limits such as >40000."""
    inferred: np.ndarray
    """Which dates are a declared reading, not printed."""
    reference_low: np.ndarray
    reference_high: np.ndarray
    row: np.ndarray
    like: pd.Series
    """Times of the kind that series and interventions have."""


def values_of(series: pd.DataFrame) -> Values:
    """The arrays of a frame; one without reference limits has none."""
    no_limit = np.full(len(series), np.nan)
    low, high = (
        series[name].to_numpy(dtype=float) if name in series else no_limit
        for name in ("reference_low", "reference_high")
    )
    return Values(
        series["subject"].to_numpy(),
        coded(series["marker"]),
        coded(series["unit"]),
        instants(series["time"]),
        series["value"].to_numpy(dtype=float),
        (series["bound"] == "<").to_numpy(),
        (series["bound"] == ">").to_numpy(),
        (series["placement"] == "inferred").to_numpy(),
        low,
        high,
        series["row"].to_numpy(),
        series["time"],
    )


TOLD = ("intervention", "note")
"""What a window says of itself in words."""

NEEDED = tuple(name for name in WINDOWS if name != "together")
"""What is needed of a window."""


class Treated(NamedTuple):
    """The windows of interventions, and what they were made from."""

    windows: pd.DataFrame
    """Of `hlhcli.windows.windows`, without an index of its own; each text of `TOLD` is held once."""
    stop: np.ndarray
    """When the intervention of each window stops; `MISSING` where that is not known."""
    exact: bool
    """Whether day numbers are exact moments (`hlhcli.windows.exact_days`)."""
    same_day: str

    def between(self, first: int, last: int) -> "Treated":
        """Those of some subjects, which are whole numbers that stand for their places."""
        begin, end = np.searchsorted(self.windows["subject"].to_numpy(), [first, last + 1])
        return self._replace(
            windows=self.windows.iloc[begin:end].reset_index(drop=True), stop=self.stop[begin:end]
        )


def treat(interventions: pd.DataFrame, rules: WindowRules, *, exact: bool) -> Treated:
    """The windows of interventions by these rules."""
    table = in_order(interventions)
    spans = spans_of(table, exact=exact, **rules)
    windows = to_frame({name: coded(spans[name]) if name in TOLD else spans[name].array for name in NEEDED})
    return Treated(windows, instants(table["stop"]), exact, rules["same_day"])


class Keys(NamedTuple):
    """One entry per series, in the order of output."""

    subject: np.ndarray
    """Texts, or whole numbers that stand for their places in the order of output."""
    marker: Coded
    unit: Coded


class Pairs(NamedTuple):
    """One window of one series: positions in `Keys` and in the frame of windows."""

    series: np.ndarray
    window: np.ndarray


@dataclass(frozen=True)
class Study:
    """Series, windows and the values that stand before and after each start."""

    values: Values
    treated: Treated
    calendar: pd.DataFrame | None
    """Times beyond those of the series at which inferred values may stand."""
    keys: Keys
    code: np.ndarray
    """The place in ``keys`` of each of the values."""
    rows: Rows
    pairs: Pairs
    spans: Spans
    before: Slices
    after: Slices

    @property
    def like(self) -> pd.Series:
        """Times of the kind that series and interventions have."""
        return self.values.like

    @property
    def inferred(self) -> np.ndarray:
        """Which of ``rows`` have a date that is a declared reading, not printed."""
        return self.values.inferred[self.rows.source]

    def times(self, pick: Pick) -> np.ndarray:
        """The instants of the picked rows as the file gave them; `MISSING` for means and medians."""
        source = self.rows.source
        if not source.size:
            return np.full(pick.row.size, MISSING)
        found = pick.row != NO_ROW
        return np.where(found, self.values.time[source[np.where(found, pick.row, 0)]], MISSING)


def treated_among(values: Values, interventions: pd.DataFrame, rules: WindowRules) -> Treated:
    """The windows of interventions among values that are all there are."""
    require_same_kind(values.like, interventions["start"])
    stated = (instants(interventions[name]) for name in ("start", "stop"))
    exact = not is_calendar(values.like) and has_fraction(values.time, *stated)
    return treat(interventions, rules, exact=exact)


def study(
    values: Values,
    treated: Treated,
    *,
    only: Sequence[str] = (),
    calendar: pd.DataFrame | None = None,
) -> Study:
    """The study of a series and of windows; ``only`` those of some interventions (none: all) are compared.

    Raises `HlhcliError` for an intervention of a subject without series, for a series in several
    units, and for results whose order is not known.
    """
    keys, code = _series_keys(values)
    pairs = _only(_pair(keys, treated.windows), treated.windows, only)
    if treated.same_day == "exclude":
        _refuse_unordered(values, treated)
    position = positions(values.time, treated.exact, treated.same_day)
    rows = _sorted_rows(values, code, keys.subject.size, position)
    spans = _kernel_spans(treated.windows, pairs)
    before, after = kernel.slices(rows, spans)
    return Study(values, treated, calendar, keys, code, rows, pairs, spans, before, after)


def has_range(values: Values) -> bool:
    """Whether a value has a reference range."""
    known = ~np.isnan(values.reference_low) | ~np.isnan(values.reference_high)
    return bool((known & ~np.isnan(values.value)).any())


def _series_keys(values: Values) -> tuple[Keys, np.ndarray]:
    """The series in output order, and the place of each row's series."""
    marker = _marker_places(values.marker)
    n_markers = max(1, values.marker.texts.size)
    code, different = ranked(subject_places(values.subject) * n_markers + marker)
    first = np.empty(different.size, dtype=np.int64)
    first[code[::-1]] = np.arange(code.size)[::-1]
    _require_one_unit(values, code, different.size)
    keys = Keys(values.subject[first], values.marker.take(first), values.unit.take(first))
    return keys, code


def _marker_places(marker: Coded) -> np.ndarray:
    """The place of each marker: in the order of `hlhcli.markers`, then by name."""
    names = marker.texts.tolist()
    order = sorted(range(len(names)), key=lambda number: (markers.rank(names[number]), names[number]))
    return np.argsort(np.array(order, dtype=np.int64))[marker.code]


def _require_one_unit(values: Values, code: np.ndarray, n_series: int) -> None:
    """Raise where the values of one series have several units: `hlhcli.units` brings them to one."""
    if _has_one_unit_each(values.marker, values.unit):
        return
    valued = np.flatnonzero(~np.isnan(values.value))
    unit, own = values.unit.code[valued], code[valued]
    one = np.zeros(n_series, dtype=unit.dtype)
    one[own] = unit
    several = np.flatnonzero(unit != one[own])
    if several.size:
        where = valued[several[0]]
        units = values.unit.take(valued[own == code[where]]).array().tolist()
        marker, found = (values.marker.texts[values.marker.code[where]], dict.fromkeys(units))
        listed = ", ".join(f"'{name}'" for name in found)
        raise HlhcliError(f"{marker} has values in several units, which cannot be compared: {listed}")


def _has_one_unit_each(marker: Coded, unit: Coded) -> bool:
    """Whether each marker has one unit in all its rows."""
    n_units = unit.texts.size
    if n_units * marker.texts.size > marker.code.size:
        return False
    there = np.bincount(
        marker.code.astype(np.int64) * n_units + unit.code, minlength=n_units * marker.texts.size
    )
    return bool(((there > 0).reshape(-1, max(n_units, 1)).sum(axis=1) <= 1).all())


def _pair(keys: Keys, spans: pd.DataFrame) -> Pairs:
    """Every series of a subject with every window of that subject."""
    order = pd.Index(pd.unique(keys.subject))
    code = order.get_indexer(pd.Index(keys.subject))
    offsets = np.searchsorted(code, np.arange(len(order) + 1))
    subject = order.get_indexer(pd.Index(spans["subject"]))
    if (subject < 0).any():
        missing = spans["subject"].to_numpy()[subject < 0]
        raise HlhcliError(
            f"interventions name a subject that has no labs: {', '.join(map(repr, missing[:5]))}"
        )
    part = Slices(offsets[subject], offsets[subject + 1])
    return Pairs(kernel.expand(part)[0], np.repeat(np.arange(len(spans)), part.size))


def _only(pairs: Pairs, spans: pd.DataFrame, names: Sequence[str]) -> Pairs:
    if not names:
        return pairs
    chosen = spans["intervention"].isin(names).to_numpy()[pairs.window]
    return Pairs(pairs.series[chosen], pairs.window[chosen])


def _sorted_rows(values: Values, code: np.ndarray, n_series: int, position: np.ndarray) -> Rows:
    value = values.value
    usable = (position != MISSING) & np.isfinite(value)
    low = np.where(usable, value, np.nan)
    if values.below.any():
        floor = np.where(value >= 0, 0.0, -np.inf)  # a limit such as <5 is taken to be of a quantity
        low = np.where(usable & values.below, floor, low)
    high = np.where(values.above, np.inf, value) if values.above.any() else value
    if not values.inferred.any():
        return kernel.sort_rows(code, position, low, high, n_series=n_series)
    order = np.argsort(values.inferred, kind="stable")  # of identical rows the one with a known date stays
    rows = kernel.sort_rows(code[order], position[order], low[order], high[order], n_series=n_series)
    return replace(rows, source=order[rows.source])


def _kernel_spans(spans: pd.DataFrame, pairs: Pairs) -> Spans:
    columns = {name: instants(spans[name]) for name in ("start", "before_from", "before_until", "after_from")}
    until = instants(spans["after_until"])
    columns["after_until"] = np.where(until == MISSING, FOREVER, until)
    return Spans(series=pairs.series, **{name: column[pairs.window] for name, column in columns.items()})


def _refuse_unordered(values: Values, treated: Treated) -> None:
    """Raise where a result that is to be left out stands amid results of its day that have a time."""
    spans, exact = treated.windows, treated.exact
    start = instants(spans["start"])
    clock = spans.assign(day=day_of(start))[~whole_days(start, exact)]
    dated = whole_days(values.time, exact)
    dates = pd.DataFrame({"subject": values.subject, "day": values.time, "place": np.arange(dated.size)})
    clash = dates[dated].merge(clock, on=["subject", "day"])
    if len(clash):
        where = clash.iloc[0]
        marker = values.marker.texts[values.marker.code[where["place"]]]
        raise HlhcliError(
            f"same_day exclude needs a time of day for every result of a start day: {marker} "
            f"(line {values.row[where['place']]}) has only a date, but {where['intervention']} starts at a "
            "time of that day; use before or after, or give the result's time"
        )
