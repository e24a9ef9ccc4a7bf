"""Values judged by their reference ranges: low, normal or high, and the shift from the baseline."""

import numpy as np
import pandas as pd

from hlhcli.changes import Picked
from hlhcli.measures import rounded
from hlhcli.study import Study
from hlhcli.texts import Coded, Column, by_number
from hlhcli.times import MISSING

RANGE_COLUMNS = ("baseline_range", "value_range", "shift", "times_lower_limit", "times_upper_limit")
"""What a known range adds to the changes, after their other columns."""

SIDES = ("", "low", "normal", "high")
NO_SIDE, LOW, NORMAL, HIGH = range(4)
SHIFTS = ("", *(f"{before} to {after}" for before in SIDES[1:] for after in SIDES[1:]))

SERIES = ["series"]
KEY = [*SERIES, "instant", "number"]
LIMITS = ["low", "high"]
JUDGED = ["side", *LIMITS]


def judged(ground: Study, picked: Picked) -> dict[str, Column]:
    """`RANGE_COLUMNS` for every change that was picked.

    ``baseline_range`` and ``value_range`` are ``low``, ``normal`` or ``high`` by the range that
    the row of that very value has, so that ranges may change over time (ADaM: BNRIND, ANRIND).
    Both limits are normal. A side without a limit is never left. A reported limit is judged where
    it can be: ``>40000`` is high by an upper limit of 300. ``shift`` joins the two (``high to
    normal``, SHIFT1); ``times_lower_limit`` and ``times_upper_limit`` are the value as a multiple of
    its limits (R2ANRLO, R2ANRHI). Empty, or NaN, where there is no range or no certain answer; a
    mean or median is judged only where all values of its marker share one range.
    """
    rows, averages = _judged_rows(ground), _shared_ranges(ground)
    series = ground.pairs.series[picked.pair]
    baseline, value = (
        _look_up(series, ground.times(pick), pick.known, rows, averages)
        for pick in (picked.baseline, picked.value)
    )
    number = picked.value.known
    return {
        "baseline_range": by_number(baseline["side"].to_numpy(), *SIDES),
        "value_range": by_number(value["side"].to_numpy(), *SIDES),
        "shift": _shift(baseline["side"].to_numpy(), value["side"].to_numpy()),
        "times_lower_limit": _multiple(number, value["low"].to_numpy()),
        "times_upper_limit": _multiple(number, value["high"].to_numpy()),
    }


def judge(number: np.ndarray, bound: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where each value lies: ``low``, ``normal``, ``high``, or ``""`` where that is not certain.

    All numbers are compared in 12 significant digits. ``<5`` is taken to be of 0 or more.
    """
    below, above = np.asarray(bound == "<"), np.asarray(bound == ">")
    return np.array(SIDES, dtype=object)[_sides(number, below, above, low, high)]


def _sides(
    number: np.ndarray, below: np.ndarray, above: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """The number in `SIDES` of each value; ``below`` and ``above`` mark limits such as <5 and >40000."""
    number, low, high = (rounded(np.asarray(column, dtype=float)) for column in (number, low, high))
    least = np.where(below, np.where(number >= 0, 0.0, -np.inf), number)
    most = np.where(above, np.inf, number)
    ranged = (~np.isnan(low) | ~np.isnan(high)) & ~np.isnan(number)
    floor, ceiling = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    cases = [~ranged, most < floor, least > ceiling, (least >= floor) & (most <= ceiling)]
    return np.select(cases, [NO_SIDE, LOW, HIGH, NORMAL], default=NO_SIDE)


def _columns(ground: Study) -> pd.DataFrame:
    """What is known of the range of each row of the series."""
    known = ground.values
    low, high = known.reference_low, known.reference_high
    columns = {
        "series": ground.code,
        "instant": known.time,
        "number": np.where(known.below | known.above, np.nan, known.value),
        "side": _sides(known.value, known.below, known.above, low, high),
        "low": low,
        "high": high,
    }
    return pd.DataFrame(columns)[~np.isnan(known.value)]


def _judged_rows(ground: Study) -> pd.DataFrame:
    """What each value of a time is, once; a number or limit that two rows judge differently is left out.

    A value that is reported as a limit has no number: it is known by its time alone.
    """
    rows = _columns(ground)
    once = rows.loc[rows["instant"] != MISSING, KEY + JUDGED].drop_duplicates()
    return once[~once.duplicated(KEY, keep=False)]


def _shared_ranges(ground: Study) -> pd.DataFrame:
    """The range of each series of which all values have the same, for means and medians."""
    once = _columns(ground)[SERIES + LIMITS].drop_duplicates()
    return once[~once.duplicated(SERIES, keep=False)]


def _look_up(
    series: np.ndarray, time: np.ndarray, number: np.ndarray, rows: pd.DataFrame, averages: pd.DataFrame
) -> pd.DataFrame:
    """Side and limits of the baselines or the responses."""
    wanted = pd.DataFrame({"series": series, "instant": time, "number": number})
    measured = wanted.merge(rows, on=KEY, how="left")[JUDGED]
    average = (time == MISSING) & ~np.isnan(number)
    if not average.any():
        return measured.assign(side=measured["side"].fillna(NO_SIDE).astype(np.int64))
    shared = wanted.merge(averages, on=SERIES, how="left")
    none = np.zeros(number.size, dtype=bool)
    side = _sides(number, none, none, shared["low"].to_numpy(), shared["high"].to_numpy())
    return pd.DataFrame(
        {
            "side": np.where(average, side, measured["side"].fillna(NO_SIDE)).astype(np.int64),
            "low": measured["low"].where(~average, shared["low"]),
            "high": measured["high"].where(~average, shared["high"]),
        }
    )


def _shift(before: np.ndarray, after: np.ndarray) -> Coded:
    known = (before != NO_SIDE) & (after != NO_SIDE)
    return by_number(np.where(known, (before - 1) * (len(SIDES) - 1) + after, 0), *SHIFTS)


def _multiple(number: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """A value as a multiple of a limit, in 12 significant digits; NaN without both or for a limit of 0."""
    return rounded(np.divide(number, limit, out=np.full_like(number, np.nan), where=limit > 0))
