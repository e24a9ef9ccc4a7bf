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
from hlhcli.kernel import FOREVER, NO_ROW, Pick, Rows, Slices, Spans
from hlhcli.keys import number
from hlhcli.request import WindowRules
from hlhcli.texts import Coded, coded
from hlhcli.times import MISSING, day_of, instants
from hlhcli.windows import exact_days, in_order, positions, subject_places, whole_days, windows


class Whole(NamedTuple):
    """What holds for the whole input, though a batch of it may not show it."""

    has_fraction: bool = False
    """Whether some day number has a fraction, so that all are exact moments."""
    has_range: bool = False
    """Whether some value has a reference range, so that the columns of ranges are there."""


ALL = Whole()
"""The series are the whole input."""


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

    series: pd.DataFrame
    windows: pd.DataFrame
    """Of `hlhcli.windows.windows`, without an index of its own."""
    stop: np.ndarray
    """When the intervention of each window stops; `MISSING` where that is not known."""
    calendar: pd.DataFrame | None
    """Times beyond those of the series at which inferred values may stand."""
    same_day: str
    exact: bool
    """Whether day numbers are exact moments (`hlhcli.windows.exact_days`)."""
    has_range: bool
    keys: Keys
    code: np.ndarray
    """The place in ``keys`` of each row of the series."""
    time: np.ndarray
    """The instant of each row of the series, as the file gave it."""
    rows: Rows
    pairs: Pairs
    spans: Spans
    before: Slices
    after: Slices

    @property
    def like(self) -> pd.Series:
        """Times of the kind that series and interventions have."""
        return self.series["time"]

    def times(self, pick: Pick) -> np.ndarray:
        """The instants of the picked rows as the file gave them; `MISSING` for means and medians."""
        source = self.rows.source
        if not source.size:
            return np.full(pick.row.size, MISSING)
        found = pick.row != NO_ROW
        return np.where(found, self.time[source[np.where(found, pick.row, 0)]], MISSING)


def study(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    rules: WindowRules,
    *,
    only: Sequence[str] = (),
    calendar: pd.DataFrame | None = None,
    whole: Whole = ALL,
) -> Study:
    """The study of these frames (`hlhcli.frames`); ``only`` some interventions (none: all) are compared.

    Windows know all interventions. Raises `HlhcliError` for an intervention of a subject without
    series, for a series in several units, and for results whose order is not known.
    """
    time, same_day = instants(series["time"]), rules["same_day"]
    start, stop = (instants(interventions[name]) for name in ("start", "stop"))
    exact = whole.has_fraction or exact_days(series["time"], start, stop)
    treated = in_order(interventions)
    spans = windows(series, treated, **rules, exact=exact)
    keys, code = _series_keys(series)
    pairs = _only(_pair(keys, spans), spans, only)
    if same_day == "exclude":
        _refuse_unordered(series, spans, exact)
    rows = _sorted_rows(series, code, keys.subject.size, positions(time, exact, same_day))
    edges = _kernel_spans(spans, pairs)
    before, after = kernel.slices(rows, edges)
    return Study(
        series,
        spans,
        instants(treated["stop"]),
        calendar,
        same_day,
        exact,
        whole.has_range or _has_range(series),
        keys,
        code,
        time,
        rows,
        pairs,
        edges,
        before,
        after,
    )


def _has_range(series: pd.DataFrame) -> bool:
    """Whether a value has a reference range; series may come without the columns."""
    limits = [series[name].to_numpy() for name in ("reference_low", "reference_high") if name in series]
    known = [~np.isnan(limit.astype(float)) for limit in limits]
    return any(bool((side & series["value"].notna().to_numpy()).any()) for side in known)


def _series_keys(series: pd.DataFrame) -> tuple[Keys, np.ndarray]:
    """The series in output order, and the place of each row's series."""
    code, first = number([series["subject"], series["marker"]])
    _require_one_unit(series, code, first.size)
    subject = series["subject"].iloc[first].to_numpy()
    marker, unit = (coded(series[name].iloc[first]) for name in ("marker", "unit"))
    order = np.lexsort((_marker_places(marker), subject_places(subject)))
    place = np.empty(first.size, dtype=np.int64)
    place[order] = np.arange(first.size)
    return Keys(subject[order], marker.take(order), unit.take(order)), place[code]


def _marker_places(marker: Coded) -> np.ndarray:
    """The place of each marker: in the order of `hlhcli.markers`, then by name."""
    names = marker.texts.tolist()
    order = sorted(range(len(names)), key=lambda number: (markers.rank(names[number]), names[number]))
    return np.argsort(np.array(order, dtype=np.int64))[marker.code]


def _require_one_unit(series: pd.DataFrame, code: np.ndarray, n_series: int) -> None:
    """Raise where the values of one series have several units: `hlhcli.units` brings them to one."""
    valued = np.flatnonzero(series["value"].notna().to_numpy())
    unit, own = coded(series["unit"]).code[valued], code[valued]
    one = np.zeros(n_series, dtype=unit.dtype)
    one[own] = unit
    several = np.flatnonzero(unit != one[own])
    if several.size:
        rows = series.iloc[valued]
        marker = rows["marker"].iloc[several[0]]
        of_series = rows.loc[(own == own[several[0]]), "unit"]
        found = ", ".join(f"'{name}'" for name in of_series.unique())
        raise HlhcliError(f"{marker} has values in several units, which cannot be compared: {found}")


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


def _sorted_rows(series: pd.DataFrame, code: np.ndarray, n_series: int, position: np.ndarray) -> Rows:
    value = series["value"].to_numpy(dtype=float)
    bound = series["bound"]
    usable = (position != MISSING) & np.isfinite(value)
    floor = np.where(value >= 0, 0.0, -np.inf)  # a limit such as <5 is taken to be of a quantity
    low = np.where(usable, np.where((bound == "<").to_numpy(), floor, value), np.nan)
    high = np.where((bound == ">").to_numpy(), np.inf, value)
    dated = (series["placement"] != "inferred").to_numpy()
    if dated.all():
        return kernel.sort_rows(code, position, low, high, n_series=n_series)
    order = np.argsort(~dated, kind="stable")  # of identical rows the one with a known date stays
    rows = kernel.sort_rows(code[order], position[order], low[order], high[order], n_series=n_series)
    return replace(rows, source=order[rows.source])


def _kernel_spans(spans: pd.DataFrame, pairs: Pairs) -> Spans:
    columns = {name: instants(spans[name]) for name in ("start", "before_from", "before_until", "after_from")}
    until = instants(spans["after_until"])
    columns["after_until"] = np.where(until == MISSING, FOREVER, until)
    return Spans(series=pairs.series, **{name: column[pairs.window] for name, column in columns.items()})


def _refuse_unordered(series: pd.DataFrame, spans: pd.DataFrame, exact: bool) -> None:
    """Raise where a result that is to be left out stands amid results of its day that have a time."""
    start = instants(spans["start"])
    clock = spans.assign(day=day_of(start))[~whole_days(start, exact)]
    time = instants(series["time"])
    dates = series.assign(day=time)[whole_days(time, exact)]
    clash = dates.merge(clock, on=["subject", "day"])
    if len(clash):
        where = clash.iloc[0]
        raise HlhcliError(
            f"same_day exclude needs a time of day for every result of a start day: {where['marker']} "
            f"(line {where['row']}) has only a date, but {where['intervention']} starts at a time of that "
            "day; use before or after, or give the result's time"
        )
