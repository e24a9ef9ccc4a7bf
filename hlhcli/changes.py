"""Changes around interventions: one row per subject, marker, intervention and response point."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hlhcli import extremes, inferred, kernel, markers, measures
from hlhcli.errors import HlhcliError
from hlhcli.extremes import Extremes
from hlhcli.frames import BASELINES, CHANGES, DEFAULT_POINTS, POINTS
from hlhcli.kernel import FOREVER, NO_ROW, Pick, Rows, Slices, Spans
from hlhcli.keys import number
from hlhcli.times import MISSING, day_of, days_between, from_instants, instants, is_calendar
from hlhcli.windows import exact_days, positions, require_choice, sort_key, whole_days, windows
from hlhcli.wording import BASELINE_DATE_INFERRED, DATE_INFERRED, some_of


def changes(  # noqa: PLR0913 - each rule of an analysis is one argument
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    at: Sequence[str] = DEFAULT_POINTS,
    baseline: str = "last",
    before: str | None = None,
    after: str | None = None,
    until: str = "next",
    same_day: str = "before",
    calendar: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The changes of `hlhcli.frames.CHANGES` for every marker, intervention and response point.

    A row exists for every marker × intervention of a subject, also when nothing can be
    computed; its ``note`` says why. Rows are ordered by subject, start, intervention, marker
    (in the order of `hlhcli.markers`, then by name), response point and time, whatever the
    order of the input. The window options are those of `hlhcli.windows.windows`.

    Values whose ``placement`` is ``inferred`` may stand on any time at which the subject has a
    row in ``series``, or in ``calendar`` (``subject, time``), which adds the times of markers
    that were left out of ``series``.
    """
    require_choice("baseline", baseline, BASELINES)
    for point in at:
        require_choice("at", point, POINTS)
    spans = windows(series, interventions, before=before, after=after, until=until, same_day=same_day)
    keys, code = _series_keys(series)
    pairs = _pair(keys, spans)
    exact = exact_days(series["time"], instants(interventions["start"]), instants(interventions["stop"]))
    if same_day == "exclude":
        _refuse_unordered(series, spans, exact)
    rows = _sorted_rows(series, code, len(keys), positions(instants(series["time"]), exact, same_day))
    edges = _kernel_spans(spans, pairs)
    analysis = _analyse(rows, instants(series["time"]), edges, at, baseline)
    placing = _Placing(edges, baseline, same_day, calendar)
    return _frame(analysis, _Context(series, keys, spans, pairs, rows, exact, placing))


def every_rule(under: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """The changes under each baseline rule, side by side, with the column ``baseline_rule``.

    ``under`` gives the frame of one rule. Rows of one change stand together, in the order of
    `hlhcli.frames.BASELINES`.
    """
    frames = [under(rule).assign(baseline_rule=rule) for rule in BASELINES]
    table = pd.concat(frames, ignore_index=True).astype({"baseline_rule": "str"})
    change = table.groupby(["subject", "start", "intervention", "marker", "at"], sort=False).ngroup()
    return table.take(np.argsort(change, kind="stable")).reset_index(drop=True)


@dataclass(frozen=True)
class _Pairs:
    """One window of one series: positions in the table of series and in the frame of windows."""

    series: np.ndarray
    window: np.ndarray


@dataclass(frozen=True)
class _Placing:
    """What else it takes to move inferred values to other dates."""

    spans: Spans
    rule: str
    same_day: str
    calendar: pd.DataFrame | None


@dataclass(frozen=True)
class _Context:
    series: pd.DataFrame
    keys: pd.DataFrame
    windows: pd.DataFrame
    pairs: _Pairs
    rows: Rows
    exact: bool
    placing: _Placing


@dataclass(frozen=True)
class _Response:
    """A response point for some pairs, one entry per number that it gives."""

    at: str
    pair: np.ndarray
    pick: Pick


@dataclass(frozen=True)
class _Analysis:
    before: Slices
    after: Slices
    baseline: Pick
    responses: list[_Response]


def _series_keys(series: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """One row per subject and marker, in output order, with its unit; and the place of each row's series."""
    code, first = number([series["subject"], series["marker"]])
    _require_one_unit(series, code)
    keys = series[["subject", "marker", "unit"]].iloc[first].reset_index(drop=True)
    keys = keys.astype({"marker": "str", "unit": "str"})  # a batch may hold each text once
    rank = keys["marker"].map({name: markers.rank(name) for name in keys["marker"].unique()})
    keys = keys.assign(rank=rank.astype("int64"))
    keys = keys.sort_values(["subject", "rank", "marker"], key=sort_key, kind="stable")
    place = np.empty(len(keys), dtype=np.int64)
    place[keys.index.to_numpy()] = np.arange(len(keys))
    return keys.reset_index(drop=True), place[code]


def _require_one_unit(series: pd.DataFrame, code: np.ndarray) -> None:
    """Raise where the values of one series have several units: `hlhcli.units` brings them to one."""
    valued = np.flatnonzero(series["value"].notna().to_numpy())
    units = series["unit"].iloc[valued]
    row = valued[number([code[valued], units])[1]]
    several = row[np.bincount(code[row], minlength=1)[code[row]] > 1]
    if several.size:
        pairs = series.iloc[several]
        marker = pairs["marker"].iloc[0]
        found = ", ".join(f"'{unit}'" for unit in pairs.loc[pairs["marker"] == marker, "unit"].unique())
        raise HlhcliError(f"{marker} has values in several units, which cannot be compared: {found}")


def _pair(keys: pd.DataFrame, spans: pd.DataFrame) -> _Pairs:
    """Every series of a subject with every window of that subject."""
    order = pd.Index(keys["subject"].unique())
    code = order.get_indexer(keys["subject"])
    offsets = np.searchsorted(code, np.arange(len(order) + 1))
    subject = order.get_indexer(spans["subject"])
    if (subject < 0).any():
        missing = spans["subject"].to_numpy()[subject < 0]
        raise HlhcliError(
            f"interventions name a subject that has no labs: {', '.join(map(repr, missing[:5]))}"
        )
    part = Slices(offsets[subject], offsets[subject + 1])
    return _Pairs(kernel.expand(part)[0], np.repeat(np.arange(len(spans)), part.size))


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


def _kernel_spans(spans: pd.DataFrame, pairs: _Pairs) -> Spans:
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


def _analyse(rows: Rows, time: np.ndarray, spans: Spans, at: Sequence[str], rule: str) -> _Analysis:
    before, after = kernel.slices(rows, spans)
    if rule == "nearest":
        baseline, after = kernel.nearest(rows, time[rows.source], spans.start, before, after)
    else:
        baseline = kernel.MEASURES[rule](rows, before)
    every = np.arange(spans.series.size)
    responses = [
        _each(rows, after)
        if point == "each"
        else _Response(point, every, kernel.MEASURES[point](rows, after))
        for point in at
    ]
    return _Analysis(before, after, baseline, responses)


def _each(rows: Rows, after: Slices) -> _Response:
    """Every value after the start; one empty entry where there is none."""
    size = np.maximum(after.size, 1)
    index, _ = kernel.expand(Slices(after.begin, after.begin + size))
    pair = np.repeat(np.arange(size.size), size)
    return _Response("each", pair, kernel.pick_rows(rows, np.where(after.size[pair] > 0, index, NO_ROW)))


def _frame(analysis: _Analysis, context: _Context) -> pd.DataFrame:
    """Put all response points into one frame, in the stated order."""
    responses = analysis.responses
    pair = np.concatenate([response.pair for response in responses])
    point = np.repeat(np.arange(len(responses)), [response.pair.size for response in responses])
    order = np.lexsort((point, pair))
    pair, point = pair[order], point[order]
    value = Pick(
        *(_joined([getattr(r.pick, name) for r in responses], order) for name in ("row", "low", "high"))
    )
    baseline = Pick(analysis.baseline.row[pair], analysis.baseline.low[pair], analysis.baseline.high[pair])
    keys = context.keys.take(context.pairs.series[pair])
    spans = context.windows.take(context.pairs.window[pair])
    like = context.series["time"]
    start, time = instants(spans["start"]), _times(value, context)
    declared = extremes.over_limits(value, baseline)
    found = _over_placements(analysis, context, inferred.Entries(pair, point, value.row), declared)
    table = {
        "subject": keys["subject"].to_numpy(),
        "marker": keys["marker"].to_numpy(),
        "unit": keys["unit"].to_numpy(),
        "intervention": spans["intervention"].to_numpy(),
        "start": spans["start"].to_numpy(),
        "at": np.array([response.at for response in responses], dtype=object)[point],
        "baseline": known(baseline),
        "baseline_time": from_instants(_times(baseline, context), like),
        "value": known(value),
        "time": from_instants(time, like),
        "day": days_between(start, time, calendar=is_calendar(like)),
        **_measured(value, baseline, declared),
        "n_before": analysis.before.size[pair],
        "n_after": analysis.after.size[pair],
        "note": _notes(analysis, context, pair, value, baseline, found),
        **_limits(found),
    }
    return pd.DataFrame(table).astype(dict.fromkeys(("at", "note"), "str"))[list(CHANGES)]


def _joined(parts: list[np.ndarray], order: np.ndarray) -> np.ndarray:
    return np.concatenate(parts)[order]


def known(pick: Pick) -> np.ndarray:
    """The number where it is certain, NaN where it is missing or only bounded."""
    return np.where(pick.low == pick.high, pick.low, np.nan)


def _times(pick: Pick, context: _Context) -> np.ndarray:
    """The time of the picked rows as the file gave it; `MISSING` for means and medians."""
    source = context.rows.source
    if not source.size:
        return np.full(pick.row.size, MISSING)
    time = instants(context.series["time"])
    return np.where(pick.row == NO_ROW, MISSING, time[source[np.where(pick.row == NO_ROW, 0, pick.row)]])


def _over_placements(
    analysis: _Analysis, context: _Context, entries: inferred.Entries, declared: Extremes
) -> Extremes:
    """The ranges, those of series with inferred dates over all placements."""
    moving = _inferred_rows(context)
    if not moving.any():
        return declared
    placing, series = context.placing, context.series
    frames = [series] if placing.calendar is None else [series, placing.calendar]
    calendars = inferred.calendars(frames, exact=context.exact, same_day=placing.same_day)
    moved = np.unique(np.searchsorted(context.rows.offsets, np.flatnonzero(moving), side="right") - 1)
    subject = context.keys["subject"].tolist()
    ground = inferred.Ground(
        context.rows, placing.spans, moving, {index: calendars.of(subject[index]) for index in moved.tolist()}
    )
    points = [response.at for response in analysis.responses]
    return inferred.over_every_placement(declared, entries, ground, placing.rule, points)


def _measured(value: Pick, baseline: Pick, declared: Extremes) -> dict[str, np.ndarray]:
    response, before = known(value), known(baseline)
    certain = ~np.isnan(response) & ~np.isnan(before)
    return {
        "delta": np.where(certain, declared.delta[0], np.nan),
        "percent_change": measures.percent_change(response, before),
        "fold_change": np.where(certain, declared.fold_change[0], np.nan),
        "log2_fold_change": measures.log2_fold_change(response, before),
    }


def _limits(found: Extremes) -> dict[str, np.ndarray | pd.Series]:
    """The columns after ``note``; an end that is open is missing."""
    columns: dict[str, np.ndarray | pd.Series] = {}
    for name in ("delta", "fold_change", "baseline", "value"):
        for end, side in zip(getattr(found, name), ("low", "high"), strict=True):
            columns[f"{name}_{side}"] = np.where(np.isfinite(end), end, np.nan)
    columns["placements"] = _counts(found.placements, np.ones(found.sign.size, dtype=bool))
    columns["same_sign"] = _counts(found.same_sign, ~np.isnan(found.sign))
    return columns


def _counts(counts: np.ndarray, known: np.ndarray) -> pd.Series:
    """Whole numbers as ``Int64``; as Python's own where one is too large for that."""
    if counts.dtype == object and max(counts, default=0) > np.iinfo(np.int64).max:
        return pd.Series(counts).where(known, pd.NA)
    return pd.Series(counts.astype(np.int64), dtype="Int64").where(known)


def _notes(
    analysis: _Analysis,
    context: _Context,
    pair: np.ndarray,
    value: Pick,
    baseline: Pick,
    found: Extremes,
) -> np.ndarray:
    """Why a number is missing or qualified; reasons are joined by ``; ``."""
    window_note = context.windows["note"].to_numpy(dtype=object)[context.pairs.window][pair]
    unusable = _unusable(context)[context.pairs.series][pair]
    ties = _ties(analysis, context.rows)[pair]
    return _join_notes(
        [
            (window_note != "", window_note.__getitem__),
            (unusable, "no usable value"),
            (ties > 0, lambda index: f"{ties[index]} × different results at one time, ordered by value"),
            (np.isnan(baseline.low) & ~unusable, "no value before the start"),
            (np.isnan(value.low) & ~unusable, "no value in the window"),
            (_bounded(baseline), lambda index: f"baseline {_limit(baseline, index)}"),
            (_bounded(value), lambda index: f"value {_limit(value, index)}"),
            ((baseline.low == 0) & (baseline.high == 0), "baseline is 0: no ratio"),
            (_inferred(baseline, context), BASELINE_DATE_INFERRED),
            (_inferred(value, context), DATE_INFERRED),
            (_some(found.no_baseline, found), _share("no baseline", found.no_baseline, found)),
            (_some(found.no_value, found), _share("no value in the window", found.no_value, found)),
        ]
    )


def _unusable(context: _Context) -> np.ndarray:
    return np.diff(context.rows.offsets) == 0


def _inferred_rows(context: _Context) -> np.ndarray:
    """Which rows have a date that is a declared reading, not printed."""
    return (context.series["placement"] == "inferred").to_numpy()[context.rows.source]


def _inferred(pick: Pick, context: _Context) -> np.ndarray:
    """Whether the date of the picked row is a declared reading, not printed."""
    moving = _inferred_rows(context)
    if not moving.any():
        return np.zeros(pick.row.size, dtype=bool)
    return (pick.row != NO_ROW) & moving[np.where(pick.row == NO_ROW, 0, pick.row)]


def _some(missing: np.ndarray, found: Extremes) -> np.ndarray:
    """Where some placements leave no number, but not all."""
    return ((missing > 0) & (missing < found.placements)).astype(bool)


def _share(what: str, missing: np.ndarray, found: Extremes) -> Callable[[int], str]:
    return lambda index: f"{what} in {some_of(missing[index], found.placements[index])} placements"


def _bounded(pick: Pick) -> np.ndarray:
    return ~np.isnan(pick.low) & (pick.low != pick.high)


def _limit(pick: Pick, index: int) -> str:
    """Text such as ``>40000`` for a number that is only known as a limit."""
    low, high, single = pick.low[index], pick.high[index], pick.row[index] != NO_ROW
    if np.isinf(high):
        return f">{low:.12g}" if single else f"at least {low:.12g}"
    if low <= 0:
        return f"<{high:.12g}" if single else f"at most {high:.12g}"
    return f"between {low:.12g} and {high:.12g}"


def _ties(analysis: _Analysis, rows: Rows) -> np.ndarray:
    """At how many times each window holds different results."""
    if rows.time.size < 2:
        return np.zeros_like(analysis.before.size)
    same = np.concatenate([[False], rows.time[1:] == rows.time[:-1]])
    same[rows.offsets[:-1][np.diff(rows.offsets) > 0]] = False
    count = np.concatenate([[0], np.cumsum(same)])

    def within(part: Slices) -> np.ndarray:
        return np.where(part.size > 1, count[part.end] - count[np.minimum(part.begin + 1, part.end)], 0)

    return within(analysis.before) + within(analysis.after)


def _join_notes(reasons: list[tuple[np.ndarray, str | Callable[[int], str]]]) -> np.ndarray:
    notes = np.full(reasons[0][0].size, "", dtype=object)
    for applies, reason in reasons:
        for index in np.flatnonzero(applies).tolist():
            text = reason if isinstance(reason, str) else reason(index)
            notes[index] = f"{notes[index]}; {text}" if notes[index] else text
    return notes
