"""Changes around interventions: one row per subject, marker, intervention and response point."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import extremes, inferred, kernel, measures
from hlhcli.extremes import Extremes
from hlhcli.frames import BASELINES, CHANGES, DEFAULT_POINTS, POINTS
from hlhcli.kernel import NO_ROW, Pick, Rows, Slices
from hlhcli.request import WindowRules
from hlhcli.study import Study, study, treated_among, values_of
from hlhcli.texts import Coded, Column, Part, coded, join_parts, plain, to_frame, where, worded
from hlhcli.times import days_between, from_instants, instants, is_calendar
from hlhcli.windows import require_choice
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
    require_rules(at, baseline)
    rules: WindowRules = {"before": before, "after": after, "until": until, "same_day": same_day}
    values = values_of(series)
    ground = study(values, treated_among(values, interventions, rules), calendar=calendar)
    return plain(to_frame(columns(ground, pick(ground, at, baseline))))


def require_rules(at: Sequence[str], baseline: str) -> None:
    """Raise for a word that is no response point or no baseline rule."""
    require_choice("baseline", baseline, BASELINES)
    for point in at:
        require_choice("at", point, POINTS)


def every_rule(under: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """The changes under each baseline rule, side by side, with the column ``baseline_rule``.

    ``under`` gives the frame of one rule. Rows of one change stand together, in the order of
    `hlhcli.frames.BASELINES`.
    """
    frames = [under(rule).assign(baseline_rule=rule) for rule in BASELINES]
    table = pd.concat(frames, ignore_index=True).astype({"baseline_rule": "str"})
    change = table.groupby(["subject", "start", "intervention", "marker", "at"], sort=False).ngroup()
    return table.take(np.argsort(change, kind="stable")).reset_index(drop=True)


class Picked(NamedTuple):
    """The two numbers of every change, in the order of output."""

    rule: str
    """The baseline rule."""
    at: Sequence[str]
    before: Slices
    """The values before the start, for each pair of series and window."""
    after: Slices
    """Those after it, without one that is the baseline."""
    pair: np.ndarray
    """The pair of each change."""
    point: np.ndarray
    """The place in ``at`` of each change."""
    baseline: Pick
    value: Pick

    @property
    def points(self) -> Coded:
        """The response point of each change."""
        return coded(np.array(self.at, dtype=object), self.point)


class _Response(NamedTuple):
    """A response point for some pairs, one entry per number that it gives."""

    pair: np.ndarray
    pick: Pick


def pick(ground: Study, at: Sequence[str], rule: str) -> Picked:
    """The baselines by a rule, and the responses at some points."""
    before, after = ground.before, ground.after
    if rule == "nearest":
        time = ground.values.time[ground.rows.source]
        baseline, after = kernel.nearest(ground.rows, time, ground.spans.start, before, after)
    else:
        baseline = kernel.MEASURES[rule](ground.rows, before)
    responses = [_respond(ground.rows, after, point) for point in at]
    pair = np.concatenate([response.pair for response in responses])
    point = np.repeat(np.arange(len(at)), [response.pair.size for response in responses])
    order = _order(pair, point, len(at))
    pair = pair[order]
    values = (np.concatenate(parts)[order] for parts in zip(*(r.pick.parts for r in responses), strict=True))
    return Picked(rule, at, before, after, pair, point[order], baseline.take(pair), Pick(*values))


def _order(pair: np.ndarray, point: np.ndarray, n_points: int) -> np.ndarray:
    """Rows by pair and point; those of one point are in the order of the window."""
    return np.argsort(pair * n_points + point, kind="stable")


def _respond(rows: Rows, after: Slices, point: str) -> _Response:
    if point == "each":
        return _each(rows, after)
    return _Response(np.arange(after.size.size), kernel.MEASURES[point](rows, after))


def _each(rows: Rows, after: Slices) -> _Response:
    """Every value after the start; one empty entry where there is none."""
    size = np.maximum(after.size, 1)
    index, _ = kernel.expand(Slices(after.begin, after.begin + size))
    pair = np.repeat(np.arange(size.size), size)
    return _Response(pair, kernel.pick_rows(rows, np.where(after.size[pair] > 0, index, NO_ROW)))


def columns(ground: Study, picked: Picked, *, only: Collection[str] = tuple(CHANGES)) -> dict[str, Column]:
    """The columns of `hlhcli.frames.CHANGES` for what was picked, in their order; ``only`` some of them."""
    pair, value, baseline = picked.pair, picked.value, picked.baseline
    series, window = ground.pairs.series[pair], ground.pairs.window[pair]
    keys, like, spans = ground.keys, ground.like, ground.treated.windows
    start, time = instants(spans["start"])[window], ground.times(value)
    declared = extremes.over_limits(value, baseline)
    found = _over_placements(ground, picked, declared)
    response, before = value.known, baseline.known
    certain = ~np.isnan(response) & ~np.isnan(before)
    table: dict[str, Callable[[], Column]] = {
        "subject": lambda: _subjects(keys.subject, series),
        "marker": lambda: keys.marker.take(series),
        "unit": lambda: keys.unit.take(series),
        "intervention": lambda: coded(spans["intervention"]).take(window),
        "start": lambda: from_instants(start, like),
        "at": lambda: picked.points,
        "baseline": lambda: before,
        "baseline_time": lambda: from_instants(ground.times(baseline), like),
        "value": lambda: response,
        "time": lambda: from_instants(time, like),
        "day": lambda: days_between(start, time, calendar=is_calendar(like)),
        "delta": lambda: np.where(certain, declared.delta[0], np.nan),
        "percent_change": lambda: measures.percent_change(response, before),
        "fold_change": lambda: np.where(certain, declared.fold_change[0], np.nan),
        "log2_fold_change": lambda: measures.log2_fold_change(response, before),
        "n_before": lambda: picked.before.size[pair],
        "n_after": lambda: picked.after.size[pair],
        "note": lambda: _notes(ground, picked, found),
        **_limits(found),
        "placements": lambda: _counts(found.placements, np.ones(found.sign.size, dtype=bool)),
        "same_sign": lambda: _counts(found.same_sign, ~np.isnan(found.sign)),
    }
    return {name: table[name]() for name in CHANGES if name in only}


def _subjects(subject: np.ndarray, series: np.ndarray) -> Column:
    """Names, or the whole numbers that stand for them."""
    return subject[series] if subject.dtype.kind == "i" else coded(subject).take(series)


def _over_placements(ground: Study, picked: Picked, declared: Extremes) -> Extremes:
    """The ranges, those of series with inferred dates over all placements."""
    moving = ground.inferred
    if not moving.any():
        return declared
    known = [(ground.values.subject, ground.values.time)]
    if ground.calendar is not None:
        known.append((ground.calendar["subject"].to_numpy(), instants(ground.calendar["time"])))
    calendars = inferred.calendars(known, exact=ground.treated.exact, same_day=ground.treated.same_day)
    moved = np.unique(np.searchsorted(ground.rows.offsets, np.flatnonzero(moving), side="right") - 1)
    subject = ground.keys.subject.tolist()
    own = {index: calendars.of(subject[index]) for index in moved.tolist()}
    entries = inferred.Entries(picked.pair, picked.point, picked.value.row)
    return inferred.over_every_placement(
        declared, entries, inferred.Ground(ground.rows, ground.spans, moving, own), picked.rule, picked.at
    )


def _limits(found: Extremes) -> dict[str, Callable[[], Column]]:
    """The lowest and highest of each number; an end that is open is missing."""

    def finite(end: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(end), end, np.nan)

    return {
        f"{name}_{side}": partial(finite, end)
        for name in ("delta", "fold_change", "baseline", "value")
        for end, side in zip(getattr(found, name), ("low", "high"), strict=True)
    }


def _counts(counts: np.ndarray, known: np.ndarray) -> pd.Series:
    """Whole numbers as ``Int64``; as Python's own where one is too large for that."""
    if counts.dtype == object and max(counts, default=0) > np.iinfo(np.int64).max:
        return pd.Series(counts).where(known, pd.NA)
    return pd.Series(pd.arrays.IntegerArray(counts.astype(np.int64), ~known))


def _notes(ground: Study, picked: Picked, found: Extremes) -> Coded:
    """Why a number is missing or qualified; reasons are joined by ``; ``."""
    pair, baseline, value = picked.pair, picked.baseline, picked.value
    unusable = (np.diff(ground.rows.offsets) == 0)[ground.pairs.series][pair]
    ties = _ties(picked, ground.rows)[pair]
    return join_parts(
        [
            _of_windows(ground, pair),
            where(unusable, "no usable value"),
            worded(
                ties > 0, [ties], lambda row: f"{ties[row]} × different results at one time, ordered by value"
            ),
            where(np.isnan(baseline.low) & ~unusable, "no value before the start"),
            where(np.isnan(value.low) & ~unusable, "no value in the window"),
            _limited(baseline, "baseline"),
            _limited(value, "value"),
            where((baseline.low == 0) & (baseline.high == 0), "baseline is 0: no ratio"),
            where(_inferred(baseline, ground), BASELINE_DATE_INFERRED),
            where(_inferred(value, ground), DATE_INFERRED),
            _in_some("no baseline", found.no_baseline, found),
            _in_some("no value in the window", found.no_value, found),
        ],
        "; ",
    )


def _of_windows(ground: Study, pair: np.ndarray) -> Part:
    """What the windows have to say."""
    note = coded(ground.treated.windows["note"])
    code = np.where(note.texts == "", 0, np.arange(1, note.texts.size + 1))[note.code]
    return Part(code[ground.pairs.window[pair]], note.texts.tolist())


def _limited(pick: Pick, word: str) -> Part:
    bounded = ~np.isnan(pick.low) & (pick.low != pick.high)
    key = [pick.low.view(np.int64), pick.high.view(np.int64), (pick.row == NO_ROW).astype(np.int64)]
    return worded(bounded, key, lambda row: f"{word} {_limit(pick, row)}")


def _inferred(pick: Pick, ground: Study) -> np.ndarray:
    """Whether the date of the picked row is a declared reading, not printed."""
    moving = ground.inferred
    if not moving.any():
        return np.zeros(pick.row.size, dtype=bool)
    return (pick.row != NO_ROW) & moving[np.where(pick.row == NO_ROW, 0, pick.row)]


def _in_some(what: str, missing: np.ndarray, found: Extremes) -> Part:
    """Where some placements leave no number, but not all."""
    some = ((missing > 0) & (missing < found.placements)).astype(bool)
    return worded(
        some,
        [missing, found.placements],
        lambda row: f"{what} in {some_of(missing[row], found.placements[row])} placements",
    )


def _limit(pick: Pick, index: int) -> str:
    """Text such as ``>40000`` for a number that is only known as a limit."""
    low, high, single = pick.low[index], pick.high[index], pick.row[index] != NO_ROW
    if np.isinf(high):
        return f">{low:.12g}" if single else f"at least {low:.12g}"
    if low <= 0:
        return f"<{high:.12g}" if single else f"at most {high:.12g}"
    return f"between {low:.12g} and {high:.12g}"


def _ties(picked: Picked, rows: Rows) -> np.ndarray:
    """At how many times each window holds different results."""
    if rows.time.size < 2:
        return np.zeros_like(picked.before.size)
    same = np.concatenate([[False], rows.time[1:] == rows.time[:-1]])
    same[rows.offsets[:-1][np.diff(rows.offsets) > 0]] = False
    count = np.concatenate([[0], np.cumsum(same)])

    def within(part: Slices) -> np.ndarray:
        return np.where(part.size > 1, count[part.end] - count[np.minimum(part.begin + 1, part.end)], 0)

    return within(picked.before) + within(picked.after)
