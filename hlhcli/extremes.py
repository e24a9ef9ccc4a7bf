"""How far a change can lie: the lowest and highest over reported limits and over placements.

Each number has an interval (`hlhcli.kernel`), and under each placement of the inferred dates
(`hlhcli.placements`) another baseline and another response may stand. What is given is the
lowest and the highest number that some reading of the cells allows. Nothing is averaged.

Within a split every baseline goes with every response, so that the extremes of a difference
are those of its ends. So are the extremes of a ratio, as long as the baselines have one sign.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from hlhcli import kernel, measures
from hlhcli.kernel import Pick, Rows, Slices, pick_rows
from hlhcli.measures import Interval
from hlhcli.placements import Option, Split

Measure = Callable[[Rows, Slices], Pick]


class Extremes(NamedTuple):
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
        """Widen the intervals of these entries to those of ``other`` and take over its counts."""
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


class Splits(NamedTuple):
    """All ways to part the values of some pairs of series and window at the start, pair by pair."""

    parts: Sequence[Split]
    pair: np.ndarray
    """The pair that each split belongs to, ascending from 0."""

    @property
    def ways_after(self) -> np.ndarray:
        """In how many ways the values after the start can lie, for each split."""
        return np.array([sum(option.ways for option in split.after) for split in self.parts], dtype=object)


class Candidates(NamedTuple):
    """All numbers that may stand on one side of the start, in the order of the splits.

    ``ways`` says how often; ``entry`` which change a response belongs to, or which pair a baseline.
    """

    low: np.ndarray
    high: np.ndarray
    ways: np.ndarray
    split: np.ndarray
    entry: np.ndarray

    def where(self, chosen: np.ndarray) -> "Candidates":
        """Those that are chosen."""
        return Candidates(*(column[chosen] for column in self))

    def present(self) -> "Candidates":
        """Those that hold a number."""
        return self.where(~np.isnan(self.low))

    def rounded(self) -> "Candidates":
        """The same to so many digits that two averages which are equal compare as equal."""
        return self._replace(low=measures.rounded(self.low), high=measures.rounded(self.high))


def baselines(splits: Splits, rows: Rows, rule: Measure) -> Candidates:
    """The baseline of every way to part the values at the start; ``entry`` is the pair."""
    return _measured([split.before for split in splits.parts], splits.pair, rows, rule)


def responses(splits: Splits, rows: Rows, point: Measure, entry: np.ndarray) -> Candidates:
    """The response of every way to part the values at the start, for the one change of each pair."""
    return _measured([split.after for split in splits.parts], entry[splits.pair], rows, point)


def single_responses(splits: Splits, rows: Rows, chosen: np.ndarray, pair: np.ndarray) -> Candidates:
    """Each of the chosen rows as the response of its own change, where the window has it.

    ``pair`` is the pair of each, ascending.
    """
    offsets = np.searchsorted(pair, np.arange(splits.pair[-1] + 2))
    part = Slices(offsets[splits.pair], offsets[splits.pair + 1])
    entry, _ = kernel.expand(part)
    split = np.repeat(np.arange(splits.pair.size), part.size)
    ways = _ways_inside(splits, split, chosen[entry])
    found = np.flatnonzero(ways)
    pick = pick_rows(rows, chosen[entry[found]])
    return Candidates(pick.low, pick.high, ways[found], split[found], entry[found])


def over_placements(
    splits: Splits, before: Candidates, after: Candidates, sign: np.ndarray, pair: np.ndarray
) -> Extremes:
    """The ranges over all placements, one entry for each change with its declared sign and its pair."""
    size, n_splits = sign.size, splits.pair.size
    based, found = before.present(), after.present()
    n_pairs, whole = int(splits.pair[-1]) + 1, splits.ways_after
    any_baseline = _sums(before.ways, before.split, n_splits)
    some_baseline = _sums(based.ways, based.split, n_splits)
    placements = _sums(any_baseline * whole, splits.pair, n_pairs)[pair]
    low, high = _hull(based.low, based.high, based.entry, n_pairs)
    return Extremes(
        baseline=(low[pair], high[pair]),
        value=_hull(found.low, found.high, found.entry, size),
        delta=_deltas(based, found, n_splits, size),
        fold_change=_fold_changes(based, found, n_splits, size),
        sign=sign,
        placements=placements,
        same_sign=_same_sign(based.rounded(), found.rounded(), n_splits, sign),
        no_baseline=placements - _sums(some_baseline * whole, splits.pair, n_pairs)[pair],
        no_value=placements - _sums(found.ways * any_baseline[found.split], found.entry, size),
    )


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
    exact = based.where(based.low == based.high)
    highest, lowest, equal = (
        _ranked(key, part.ways, part.split, n_splits)
        for key, part in ((based.high, based), (based.low, based), (exact.low, exact))
    )
    rise, fall, same = (found.where(sign[found.entry] == wanted) for wanted in (1, -1, 0))
    same = same.where(same.low == same.high)
    total = np.zeros(sign.size, dtype=object)
    for part, ways in (
        (rise, highest.below(rise.low, rise.split)),
        (fall, lowest.all(fall.split) - lowest.up_to(fall.high, fall.split)),
        (same, equal.up_to(same.low, same.split) - equal.below(same.low, same.split)),
    ):
        np.add.at(total, part.entry, part.ways * ways)
    return total


class _Ranked(NamedTuple):
    """Ways by key within each split, ready to be added up from the lowest key."""

    offsets: np.ndarray
    key: np.ndarray
    running: np.ndarray

    def below(self, limit: np.ndarray, split: np.ndarray) -> np.ndarray:
        """The ways of the keys of a split that lie below a limit."""
        place = kernel.locate(self.offsets, self.key, split, limit)
        return self.running[place] - self.running[self.offsets[split]]

    def up_to(self, limit: np.ndarray, split: np.ndarray) -> np.ndarray:
        """The ways of the keys of a split that lie below a limit or at it."""
        return self.below(np.nextafter(limit, np.inf), split)

    def all(self, split: np.ndarray) -> np.ndarray:
        """The ways of all keys of a split."""
        return self.running[self.offsets[split + 1]] - self.running[self.offsets[split]]


def _ranked(key: np.ndarray, ways: np.ndarray, split: np.ndarray, n_splits: int) -> _Ranked:
    order = np.lexsort((key, split))
    running = np.concatenate([np.zeros(1, dtype=object), np.cumsum(ways[order])])
    return _Ranked(np.searchsorted(split[order], np.arange(n_splits + 1)), key[order], running)


def _ways_inside(splits: Splits, split: np.ndarray, row: np.ndarray) -> np.ndarray:
    """In how many ways each row lies in the window of a split."""
    flat = [option for part in splits.parts for option in part.after]
    end = np.array([option.end for option in flat], dtype=float)
    ways = np.array([option.ways for option in flat], dtype=object)
    owner = np.repeat(np.arange(splits.pair.size), [len(part.after) for part in splits.parts])
    begin = np.array([part.after[0].begin for part in splits.parts])
    ends = _ranked(end, ways, owner, splits.pair.size)
    return np.where(row >= begin[split], ends.all(split) - ends.below(row + 1.0, split), 0)


def _measured(
    options: Sequence[Sequence[Option]], entry: np.ndarray, rows: Rows, measure: Measure
) -> Candidates:
    """The number that a measure gives for every option; ``entry`` is that of each split."""
    flat = [option for part in options for option in part]
    begin, end = (np.array([option[side] for option in flat], dtype=np.int64) for side in (0, 1))
    pick = measure(rows, Slices(begin, end))
    ways = np.array([option.ways for option in flat], dtype=object)
    split = np.repeat(np.arange(len(options)), [len(part) for part in options])
    return Candidates(pick.low, pick.high, ways, split, entry[split])


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
