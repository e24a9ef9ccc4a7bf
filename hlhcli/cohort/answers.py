"""From changes to answers: one row per marker, intervention and response point."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from hlhcli import markers
from hlhcli.cohort.columns import (
    BOUNDED,
    COLUMNS,
    DIRECTIONS,
    OWN_COUNT,
    PERCENTS,
    READ,
    REASONS,
    SHARES,
    SUMMARIES,
    VERDICTS,
    limits,
)
from hlhcli.cohort.courses import Tally, counted_courses, tally
from hlhcli.cohort.quantiles import quantiles
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.evidence.rcv import OTHER_DATES
from hlhcli.frames import COURSES, POINTS
from hlhcli.keys import ranked
from hlhcli.windows import NO_STOP, require_choice

LEAST_FOR_QUARTILES = 3
"""Subjects; as in the figure of aligned courses."""

FEW = {1: "n = 1: no distribution", 2: "n = 2: no quartiles"}
OPEN = "left open by limits or inferred dates: median of "

LATER_STARTS = (
    "some subjects have several starts of an intervention, and the first of each counts; --courses each "
    "counts every start"
)

Interval = tuple[np.ndarray, np.ndarray]


def describe_cohort(
    changes: pd.DataFrame, *, courses: str = "first", roster: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The answers of `hlhcli.cohort.COLUMNS`, by intervention, marker and response point.

    Args:
        changes: rows of `hlhcli.frames.CHANGES` under one baseline rule; with the columns of
            `hlhcli.evidence` and of the reference ranges where these are known.
        courses: ``first`` counts each subject once, by its first start of the intervention,
            ``each`` counts every start.
        roster: ``subject``, ``intervention`` and ``start`` of everyone who had an intervention,
            also without any lab value; None: those that ``changes`` name.

    Returns:
        Counts as ``Int64``, missing where the question does not arise (no known direction, no
        sourced variation). A number that limits or placements leave open is missing, and the
        columns of its name with ``_low`` and ``_high`` hold what is known of it; an open end is
        missing. Quartiles are those of 3 or more courses.

    Raises:
        HlhcliError: a missing column, several baseline rules, values of one marker in several
            units, or no rows but those of ``each`` value.

    """
    require_choice("courses", courses, COURSES)
    _require_columns(changes)
    rows = _points_only(changes)
    whole = tally(rows if roster is None else roster, courses)
    if whole.leaves_out:
        warnings.warn(LATER_STARTS, DataNote, stacklevel=2)
    counted = counted_courses(rows, courses)
    view = _View(rows, _group(rows), counted, counted & _evaluable(rows))
    table = {
        **_keys(view),
        **_counts(view, whole),
        **_summaries(view),
        **_directions(view),
        **_verdicts(view),
    }
    return pd.DataFrame(_noted(_percents(table)))[list(COLUMNS)]


@dataclass(frozen=True)
class _Groups:
    """Which answer each row of the changes belongs to, and the names of the answers."""

    code: np.ndarray
    marker: list[str]
    intervention: list[str]
    at: list[str]

    @property
    def size(self) -> int:
        return len(self.marker)


@dataclass(frozen=True)
class _View:
    """The rows, the answers they belong to, which of them count, and which of these can be evaluated."""

    rows: pd.DataFrame
    groups: _Groups
    counted: np.ndarray
    evaluable: np.ndarray

    def count(self, chosen: np.ndarray) -> np.ndarray:
        """The chosen rows in each answer."""
        return np.bincount(self.groups.code[chosen], minlength=self.groups.size)

    def interval(self, name: str) -> Interval:
        """What is known of a number: an open end is infinite."""
        low, high = (self.rows[end].to_numpy(dtype=float) for end in limits(name))
        return np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)

    @cached_property
    def from_above_zero(self) -> np.ndarray:
        """Rows whose baseline is a quantity above 0, of which alone a ratio or a limit can be told."""
        low, high = self.interval("baseline")
        return self.evaluable & (low >= 0) & (high > 0)

    def of_each(self, known: Sequence[object]) -> np.ndarray:
        """What is known of each answer's marker, for every row."""
        return np.asarray(known)[self.groups.code]


def _require_columns(changes: pd.DataFrame) -> None:
    missing = [name for name in READ if name not in changes]
    if missing:
        raise HlhcliError(
            f"these are no changes as `hlhcli summarize` writes them: no column {', '.join(missing)}"
        )
    if "baseline_rule" in changes and len(changes["baseline_rule"].unique()) > 1:
        raise HlhcliError(
            "the changes are given under several baseline rules, so that each subject would count several "
            "times; keep the rows of one baseline_rule, or summarize without --sensitivity"
        )


def _points_only(changes: pd.DataFrame) -> pd.DataFrame:
    """The rows of one value per course; ``each`` has several."""
    each = (changes["at"] == "each").to_numpy()
    if len(changes) and each.all():
        raise HlhcliError(
            "a cohort is described at one value of each course, and here is only 'each' value: "
            "choose first, nadir, peak, last, mean or median"
        )
    return changes[~each] if each.any() else changes


def _group(rows: pd.DataFrame) -> _Groups:
    """Number the answers in the order of output."""
    codes, names = zip(*(_ranked(rows[name], name) for name in ("intervention", "marker", "at")), strict=True)
    key = (codes[0] * len(names[1]) + codes[1]) * len(names[2]) + codes[2]
    code, found = ranked(key)
    rest, at = np.divmod(found, max(len(names[2]), 1))
    intervention, marker = np.divmod(rest, max(len(names[1]), 1))
    return _Groups(
        code,
        [names[1][place] for place in marker.tolist()],
        [names[0][place] for place in intervention.tolist()],
        [names[2][place] for place in at.tolist()],
    )


def _ranked(column: pd.Series, name: str) -> tuple[np.ndarray, list[str]]:
    """The place of each row's name among all names in order, and these."""
    code, found = pd.factorize(column)
    names = sorted(map(str, found))
    if name != "intervention":
        names.sort(key=markers.rank if name == "marker" else POINTS.index)
    place = {text: rank for rank, text in enumerate(names)}
    return np.array([place[str(text)] for text in found], dtype=np.int64)[code], names


def _evaluable(rows: pd.DataFrame) -> np.ndarray:
    """Rows with a baseline and a response, under the declared reading, as numbers or as limits."""
    return _has(rows, "baseline", "n_before") & _has(rows, "value", "n_after")


def _has(rows: pd.DataFrame, name: str, count: str) -> np.ndarray:
    """Whether a number is known or limited; other placements than the declared one do not count.

    The nearest value can be a baseline after the start: then none stands before it.
    """
    known = rows[[name, *limits(name)]].notna().any(axis=1)
    declared = rows[name].notna() | (rows[count] > 0) | (rows["placements"] <= 1)
    return (known & declared.fillna(value=False)).to_numpy(dtype=bool)


def _keys(view: _View) -> dict[str, object]:
    groups = view.groups
    return {
        "marker": pd.Series(groups.marker, dtype="str"),
        "unit": pd.Series(_units(view), dtype="str"),
        "intervention": pd.Series(groups.intervention, dtype="str"),
        "at": pd.Series(groups.at, dtype="str"),
    }


def _units(view: _View) -> list[str]:
    """The unit of each answer; raises where evaluable values of one marker have several."""
    code, names = pd.factorize(view.rows["unit"])
    used = view.evaluable & (code >= 0)
    n_units = max(len(names), 1)
    pairs = np.flatnonzero(np.bincount(view.groups.code[used] * n_units + code[used]))
    units: dict[int, list[str]] = {}
    for group, unit in zip(*(part.tolist() for part in np.divmod(pairs, n_units)), strict=True):
        units.setdefault(group, []).append(str(names[unit]))
    for group, found in units.items():
        if len(found) > 1:
            raise HlhcliError(
                f"{view.groups.marker[group]} has values in several units: {', '.join(map(repr, found))}; "
                "bring them to one first, with `hlhcli summarize --units`"
            )
    return [units.get(group, [""])[0] for group in range(view.groups.size)]


def _counts(view: _View, whole: Tally) -> dict[str, pd.Series]:
    """How many there are, how many can be evaluated, and why the others cannot."""
    total = np.array([whole.courses.get(name, 0) for name in view.groups.intervention], dtype=np.int64)
    subjects = np.array([whole.subjects.get(name, 0) for name in view.groups.intervention], dtype=np.int64)
    has_row = view.count(view.counted)
    if (has_row > total).any():
        raise HlhcliError("the roster leaves out subjects or courses that the changes have")
    reason = _reasons(view)
    found = {name: view.count(reason == place) for place, name in enumerate(REASONS)}
    found["not_measured"] = found["not_measured"] + total - has_row
    columns = {"subjects": subjects, "courses": total, "evaluable": view.count(view.evaluable), **found}
    return {name: _whole(column) for name, column in columns.items()}


def _reasons(view: _View) -> np.ndarray:
    """The place in `REASONS` of each row; -1 for what can be evaluated or does not count."""
    rows = view.rows
    baseline, value = _has(rows, "baseline", "n_before"), _has(rows, "value", "n_after")
    code, notes = pd.factorize(rows["note"])
    no_stop = np.array([NO_STOP in str(note).split("; ") for note in notes] + [False])[code]
    cases = [view.evaluable | ~view.counted, no_stop & ~value, ~baseline & ~value, ~baseline]
    places = [-1, *(REASONS.index(name) for name in ("no_window", "not_measured", "no_baseline"))]
    return np.select(cases, places, default=REASONS.index("no_response"))


def _summaries(view: _View) -> dict[str, pd.Series]:
    """Median and quartiles of each quantity, and of those not all courses have, how many have it."""
    table: dict[str, pd.Series] = {}
    for name in BOUNDED:
        known = view.from_above_zero if name == "fold_change" else view.evaluable
        table |= _spread(view, name, view.interval(name), known)
    day = view.rows["day"].to_numpy(dtype=float)
    sure = (view.rows["placements"] <= 1).to_numpy(dtype=bool, na_value=False)
    return table | _spread(view, "day", (day, day), view.evaluable & sure & ~np.isnan(day))


def _spread(view: _View, name: str, interval: Interval, known: np.ndarray) -> dict[str, pd.Series]:
    """Every quantile is between that of all low ends and that of all high ends, and can be either."""
    group, size = view.groups.code[known], view.groups.size
    low, high = (end[known] for end in interval)
    lowest = quantiles(low, group, size, SHARES)
    highest = lowest if np.array_equal(low, high) else quantiles(high, group, size, SHARES)
    number = view.count(known)
    table = {f"{name}_n": _whole(number)} if name in OWN_COUNT else {}
    for summary, lower, upper in zip(SUMMARIES, lowest, highest, strict=True):
        shown = number >= (1 if summary == "median" else LEAST_FOR_QUARTILES)
        ends = [np.where(shown & np.isfinite(end), end, np.nan) for end in (lower, upper)]
        table[f"{name}_{summary}"] = pd.Series(np.where(ends[0] == ends[1], ends[0], np.nan))
        if name in BOUNDED:
            table |= zip(limits(f"{name}_{summary}"), map(pd.Series, ends), strict=True)
    return table


def _directions(view: _View) -> dict[str, pd.Series]:
    """How many got better and worse, where a source says which way is better.

    A baseline beyond its reference range on the better side has no better side.
    """
    better = [_improvement(name) for name in view.groups.marker]
    side = view.of_each([{"increase": 1, "decrease": -1}.get(name, 0) for name in better])
    low, high = view.interval("delta")
    sign = np.select([low > 0, high < 0, (low == 0) & (high == 0)], [1, -1, 0], default=9)
    place = np.select([sign == 9, sign == 0, sign == side], [3, 2, 0], default=1)
    judged = view.evaluable & (side != 0) & ~_beyond_range(view.rows, side)
    columns = {name: view.count(judged & (place == k)) for k, name in enumerate(DIRECTIONS)}
    known = np.array(better) != ""
    counts = {"direction_n": view.count(judged), **columns}
    return {
        "better": pd.Series(better, dtype="str"),
        **{name: _whole(column, known) for name, column in counts.items()},
    }


def _improvement(name: str) -> str:
    found = markers.find(name)
    return found.improvement if found else ""


def _beyond_range(rows: pd.DataFrame, side: np.ndarray) -> np.ndarray:
    """Whether the baseline is already above (or below) its reference range where a rise (fall) is better."""
    if "baseline_range" not in rows:
        return np.zeros(len(rows), dtype=bool)
    high, low = ((rows["baseline_range"] == word).to_numpy(dtype=bool) for word in ("high", "low"))
    return np.where(side > 0, high, (side < 0) & low)


def _verdicts(view: _View) -> dict[str, pd.Series]:
    """How many changes are beyond the reference change limits, of those that can be judged by them."""
    rows = view.rows
    if not {"rcv_low_percent", "beyond_rcv", "rcv_note"} <= set(rows.columns):
        none = np.zeros(view.groups.size, dtype=np.int64)
        return {name: _whole(none, none > 0) for name in ("rcv_n", *VERDICTS)}
    has_limit = rows["rcv_low_percent"].notna().to_numpy()
    depends = rows["rcv_note"].str.contains(OTHER_DATES, regex=False, na=False).to_numpy(dtype=bool)
    yes, no = ((rows["beyond_rcv"] == word).to_numpy(dtype=bool) for word in ("yes", "no"))
    judged = view.from_above_zero & has_limit
    sure = judged & ~depends
    counts = {
        "rcv_n": view.count(judged),
        "beyond_rcv": view.count(sure & yes),
        "within_rcv": view.count(sure & no),
    }
    counts["rcv_unknown"] = counts["rcv_n"] - counts["beyond_rcv"] - counts["within_rcv"]
    known = view.count(view.counted & has_limit) > 0
    return {name: _whole(column, known) for name, column in counts.items()}


def _percents(table: dict[str, object]) -> dict[str, object]:
    """The table with shares in per cent; open where it is not known on which side some courses are."""
    frame = pd.DataFrame(table)
    for count, (whole, unknown) in PERCENTS.items():
        total, least, also = (
            frame[name].to_numpy(dtype=float, na_value=np.nan) for name in (whole, count, unknown)
        )
        ends = [
            np.divide(100 * part, total, out=np.full_like(total, np.nan), where=total > 0)
            for part in (least, least + also)
        ]
        name = f"{count}_percent"
        frame[name] = np.where(ends[0] == ends[1], ends[0], np.nan)
        frame[[*limits(name)]] = np.stack(ends, axis=1)
    return {str(name): frame[name] for name in frame}


def _noted(table: dict[str, object]) -> dict[str, object]:
    """The table with what is missing, and why."""
    frame = pd.DataFrame(table)
    open_medians = {
        name: frame[f"{name}_median"].isna()
        & (frame["fold_change_n" if name == "fold_change" else "evaluable"] > 0)
        for name in BOUNDED
    }
    notes = []
    for place, number in enumerate(frame["evaluable"].tolist()):
        found = [name.replace("_", " ") for name, is_open in open_medians.items() if is_open.iloc[place]]
        notes.append("; ".join(filter(None, (FEW.get(number), OPEN + ", ".join(found) if found else None))))
    return {**table, "note": pd.Series(notes, index=frame.index, dtype="str")}


def _whole(numbers: np.ndarray, known: np.ndarray | None = None) -> pd.Series:
    column = pd.Series(numbers, dtype="Int64")
    return column if known is None else column.where(known)
