"""How far a change can lie: the lowest and highest over reported limits and over placements.

Each number has an interval (`hlhcli.kernel`), and under each placement of the inferred dates
(`hlhcli.placements`) another baseline and another response may stand. What is given is the
lowest and the highest number that some reading of the cells allows. Nothing is averaged.

Within a split every baseline goes with every response, so that the extremes of a difference
are those of its ends. So are the extremes of a ratio, as long as the baselines have one sign.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hlhcli import measures
from hlhcli.kernel import Pick, Rows, Slices, pick_rows
from hlhcli.measures import Interval
from hlhcli.placements import Option, Split

Measure = Callable[[Rows, Slices], Pick]


@dataclass(frozen=True)
class Extremes:
    """One entry per change; NaN where there is no number, infinite where an end is open.

    ``same_sign`` counts the placements in which the change surely has the sign that it has in
    the declared reading; 0 where that sign is not known. Counts of placements are Python's
    whole numbers, of any size.
    """

    baseline: Interval
    value: Interval
    delta: Interval
    fold_change: Interval
    sign: np.ndarray  # of the change in the declared reading; NaN where it is not known
    placements: np.ndarray
    same_sign: np.ndarray
    no_baseline: np.ndarray  # placements that leave none
    no_value: np.ndarray

    def copy(self) -> "Extremes":
        """The same in arrays of its own, with counts of any size."""
        return Extremes(
            baseline=(self.baseline[0].copy(), self.baseline[1].copy()),
            value=(self.value[0].copy(), self.value[1].copy()),
            delta=(self.delta[0].copy(), self.delta[1].copy()),
            fold_change=(self.fold_change[0].copy(), self.fold_change[1].copy()),
            sign=self.sign.copy(),
            placements=self.placements.astype(object),
            same_sign=self.same_sign.astype(object),
            no_baseline=self.no_baseline.astype(object),
            no_value=self.no_value.astype(object),
        )

    def put(self, entries: np.ndarray, other: "Extremes") -> None:
        """Widen the intervals of some entries to those of ``other`` and take over its counts."""
        for name in ("baseline", "value", "delta", "fold_change"):
            own, wider = getattr(self, name), getattr(other, name)
            own[0][entries] = np.fmin(own[0][entries], wider[0])
            own[1][entries] = np.fmax(own[1][entries], wider[1])
        for name in ("placements", "same_sign", "no_baseline", "no_value"):
            getattr(self, name)[entries] = getattr(other, name)


def over_limits(value: Pick, baseline: Pick) -> Extremes:
    """The ranges of the declared reading, which is one placement."""
    response, before = (value.low, value.high), (baseline.low, baseline.high)
    sign = measures.sign(response, before)
    return Extremes(
        baseline=before,
        value=response,
        delta=measures.delta(response, before),
        fold_change=measures.fold_change(response, before),
        sign=sign,
        placements=np.ones(sign.size, dtype=np.int64),
        same_sign=(~np.isnan(sign)).astype(np.int64),
        no_baseline=np.isnan(before[0]).astype(np.int64),
        no_value=np.isnan(response[0]).astype(np.int64),
    )


@dataclass(frozen=True)
class Candidates:
    """All numbers that may stand on one side of the start, in the order of the splits.

    ``ways`` says how often; ``entry`` which change they belong to (all to the first, as a rule).
    """

    low: np.ndarray
    high: np.ndarray
    ways: np.ndarray
    split: np.ndarray
    entry: np.ndarray

    def where(self, chosen: np.ndarray | slice) -> "Candidates":
        """Those that are chosen."""
        columns = (self.low, self.high, self.ways, self.split, self.entry)
        return Candidates(*(column[chosen] for column in columns))

    def present(self) -> "Candidates":
        """Those that hold a number."""
        return self.where(~np.isnan(self.low))

    def rounded(self) -> "Candidates":
        """The same to so many digits that two averages which are equal compare as equal."""
        return Candidates(
            measures.rounded(self.low), measures.rounded(self.high), self.ways, self.split, self.entry
        )


def baselines(splits: Sequence[Split], rows: Rows, rule: Measure) -> Candidates:
    """The baseline of every way to part the values at the start."""
    return _measured([split.before for split in splits], rows, rule)


def responses(splits: Sequence[Split], rows: Rows, point: Measure) -> Candidates:
    """The response of every way to part the values at the start."""
    return _measured([split.after for split in splits], rows, point)


def single_responses(splits: Sequence[Split], rows: Rows, chosen: np.ndarray) -> Candidates:
    """Each of the chosen rows as the response of its own change, where the window has it."""
    ways = [_ways_inside(split.after, chosen) for split in splits]
    entries = [np.flatnonzero(many) for many in ways]
    split = np.repeat(np.arange(len(ways)), [entry.size for entry in entries])
    entry = np.concatenate(entries)
    pick = pick_rows(rows, chosen[entry])
    many = np.concatenate([many[entry] for many, entry in zip(ways, entries, strict=True)])
    return Candidates(pick.low, pick.high, many, split, entry)


def over_placements(
    splits: Sequence[Split], before: Candidates, after: Candidates, sign: np.ndarray
) -> Extremes:
    """The ranges over all placements, one entry for each sign of the declared reading."""
    size, n_splits = sign.size, len(splits)
    based, found = before.present(), after.present()
    whole = np.array([sum(option.ways for option in split.after) for split in splits], dtype=object)
    any_baseline = _sums(before.ways, before.split, n_splits)
    placements = np.full(size, (any_baseline * whole).sum(), dtype=object)
    return Extremes(
        baseline=_hull(np.repeat(based.low, size), np.repeat(based.high, size), _each(based, size), size),
        value=_hull(found.low, found.high, found.entry, size),
        delta=_deltas(based, found, n_splits, size),
        fold_change=_fold_changes(based, found, n_splits, size),
        sign=sign,
        placements=placements,
        same_sign=_same_sign(based.rounded(), found.rounded(), n_splits, sign),
        no_baseline=placements - (_sums(based.ways, based.split, n_splits) * whole).sum(),
        no_value=placements - _sums(found.ways * any_baseline[found.split], found.entry, size),
    )


def _each(based: Candidates, size: int) -> np.ndarray:
    """Every baseline counts for every entry."""
    return np.tile(np.arange(size), based.low.size)


def _deltas(based: Candidates, found: Candidates, n_splits: int, size: int) -> Interval:
    low, high = _hull(based.low, based.high, based.split, n_splits)
    delta = measures.delta((found.low, found.high), (low[found.split], high[found.split]))
    return _hull(*delta, found.entry, size)


def _fold_changes(based: Candidates, found: Candidates, n_splits: int, size: int) -> Interval:
    """Baselines above 0, below 0 and around 0 apart: within each the extremes lie at the ends."""
    around = (based.low < 0) & (based.high > 0)
    zero = (based.low == 0) & (based.high == 0)
    parts = []
    for chosen in ((based.low >= 0) & ~zero, (based.high <= 0) & ~zero, around):
        low, high = _hull(based.low[chosen], based.high[chosen], based.split[chosen], n_splits)
        parts.append(measures.fold_change((found.low, found.high), (low[found.split], high[found.split])))
    lowest, highest = (np.concatenate(ends) for ends in zip(*parts, strict=True))
    return _hull(lowest, highest, np.tile(found.entry, len(parts)), size)


def _same_sign(based: Candidates, found: Candidates, n_splits: int, sign: np.ndarray) -> np.ndarray:
    """In how many placements the change surely has the declared sign."""
    total = np.zeros(sign.size, dtype=object)
    for wanted in np.unique(sign[~np.isnan(sign)]).tolist():
        alike = found.where(sign[found.entry] == wanted)
        left, right = (np.searchsorted(part.split, np.arange(n_splits + 1)) for part in (based, alike))
        for split in np.unique(alike.split).tolist():
            base = based.where(slice(left[split], left[split + 1]))
            response = alike.where(slice(right[split], right[split + 1]))
            np.add.at(total, response.entry, response.ways * _ways_of_sign(wanted, base, response))
    return total


def _ways_of_sign(wanted: float, base: Candidates, response: Candidates) -> np.ndarray:
    """The ways of those baselines from which each response surely differs by this sign."""
    if wanted > 0:
        return _ways_below(base.high, base.ways, response.low, "left")
    if wanted < 0:
        return base.ways.sum() - _ways_below(base.low, base.ways, response.high, "right")
    exact = base.where(base.low == base.high)
    below, up_to = (_ways_below(exact.low, exact.ways, response.low, side) for side in ("left", "right"))
    return np.where(response.low == response.high, up_to - below, 0)


def _ways_below(
    keys: np.ndarray, ways: np.ndarray, limit: np.ndarray, side: Literal["left", "right"]
) -> np.ndarray:
    """The ways of the keys below each limit; ``right``: or at it."""
    order = np.argsort(keys)
    running = np.concatenate([np.zeros(1, dtype=object), np.cumsum(ways[order])])
    return running[np.searchsorted(keys[order], limit, side=side)]


def _ways_inside(after: Sequence[Option], row: np.ndarray) -> np.ndarray:
    """In how many ways each row lies in the window."""
    end = np.array([option.end for option in after])
    ways = np.array([option.ways for option in after], dtype=object)
    not_inside = _ways_below(end, ways, row, "right")
    return np.where(row >= after[0].begin, ways.sum() - not_inside, 0)


def _measured(options: Sequence[Sequence[Option]], rows: Rows, measure: Measure) -> Candidates:
    flat = [option for part in options for option in part]
    begin, end = (np.array([option[side] for option in flat], dtype=np.int64) for side in (0, 1))
    pick = measure(rows, Slices(begin, end))
    ways = np.array([option.ways for option in flat], dtype=object)
    split = np.repeat(np.arange(len(options)), [len(part) for part in options])
    return Candidates(pick.low, pick.high, ways, split, np.zeros_like(split))


def _hull(low: np.ndarray, high: np.ndarray, place: np.ndarray, size: int) -> Interval:
    """The lowest and the highest at each place; NaN where there is nothing."""
    lowest, highest = np.full(size, np.nan), np.full(size, np.nan)
    np.fmin.at(lowest, place, low)
    np.fmax.at(highest, place, high)
    return lowest, highest


def _sums(ways: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
    total = np.zeros(size, dtype=object)
    np.add.at(total, place, ways)
    return total
