"""Values judged by their reference ranges: low, normal or high, and the shift from the baseline."""

import numpy as np
import pandas as pd

from hlhcli.measures import rounded
from hlhcli.times import MISSING, instants

RANGE_COLUMNS = ("baseline_range", "value_range", "shift", "times_lower_limit", "times_upper_limit")
"""What a known range adds to the changes, after their other columns."""

KEY = ["subject", "marker", "instant", "number"]
JUDGED = ["side", "low", "high"]


def with_ranges(changes: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """The changes with `RANGE_COLUMNS`; as they are where no row of the series has a range.

    ``baseline_range`` and ``value_range`` are ``low``, ``normal`` or ``high`` by the range that
    the row of that very value has, so that ranges may change over time (ADaM: BNRIND, ANRIND).
    Both limits are normal. A side without a limit is never left. A reported limit is judged where
    it can be: ``>40000`` is high by an upper limit of 300. ``shift`` joins the two (``high to
    normal``, SHIFT1); ``times_lower_limit`` and ``times_upper_limit`` are the value as a multiple of
    its limits (R2ANRLO, R2ANRHI). Empty, or NaN, where there is no range or no certain answer; a
    mean or median is judged only where all values of its marker share one range.
    """
    ranged = series["reference_low"].notna() | series["reference_high"].notna()
    if not (ranged & series["value"].notna()).any():
        return changes
    rows, averages = _judged_rows(series), _shared_ranges(series)
    baseline = _look_up(changes, "baseline", rows, averages)
    value = _look_up(changes, "value", rows, averages)
    known = (baseline["side"] != "") & (value["side"] != "")
    number = changes["value"].to_numpy(dtype=float)
    return changes.assign(
        baseline_range=baseline["side"],
        value_range=value["side"],
        shift=(baseline["side"] + " to " + value["side"]).where(known, ""),
        times_lower_limit=_multiple(number, value["low"].to_numpy(dtype=float)),
        times_upper_limit=_multiple(number, value["high"].to_numpy(dtype=float)),
    )


def judge(number: np.ndarray, bound: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where each value lies: ``low``, ``normal``, ``high``, or ``""`` where that is not certain.

    All numbers are compared in 12 significant digits. ``<5`` is taken to be of 0 or more.
    """
    number, low, high = (rounded(np.asarray(column, dtype=float)) for column in (number, low, high))
    least = np.where(bound == "<", np.where(number >= 0, 0.0, -np.inf), number)
    most = np.where(bound == ">", np.inf, number)
    ranged = (~np.isnan(low) | ~np.isnan(high)) & ~np.isnan(number)
    floor, ceiling = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    cases = [~ranged, most < floor, least > ceiling, (least >= floor) & (most <= ceiling)]
    return np.select(cases, ["", "low", "high", "normal"], default="").astype(object)


def _judged_rows(series: pd.DataFrame) -> pd.DataFrame:
    """What each value of a time is, once; a number or limit that two rows judge differently is left out.

    A value that is reported as a limit has no number: it is known by its time alone.
    """
    moment = instants(series["time"])
    usable = series["value"].notna().to_numpy() & (moment != MISSING)
    rows = series.assign(
        instant=moment,
        number=series["value"].where(series["bound"] == "", np.nan).astype("float64"),
        side=judge(
            *(series[name].to_numpy() for name in ("value", "bound", "reference_low", "reference_high"))
        ),
        low=series["reference_low"].astype("float64"),
        high=series["reference_high"].astype("float64"),
    )
    once = rows.loc[usable, KEY + JUDGED].drop_duplicates()
    return once[~once.duplicated(KEY, keep=False)]


def _shared_ranges(series: pd.DataFrame) -> pd.DataFrame:
    """The range of each subject's marker of which all values have the same, for means and medians."""
    usable = series[series["value"].notna()]
    names = ["subject", "marker", "reference_low", "reference_high"]
    once = usable[names].drop_duplicates()
    once = once[~once.duplicated(["subject", "marker"], keep=False)]
    return once.rename(columns={"reference_low": "low", "reference_high": "high"})


def _look_up(changes: pd.DataFrame, column: str, rows: pd.DataFrame, averages: pd.DataFrame) -> pd.DataFrame:
    """Side and limits of the baseline or the value of each row of the changes."""
    time = instants(changes["baseline_time" if column == "baseline" else "time"])
    number = changes[column].astype("float64")
    wanted = changes[["subject", "marker"]].assign(instant=time, number=number)
    measured = wanted.merge(rows, on=KEY, how="left")[JUDGED].set_axis(changes.index)
    shared = wanted.merge(averages, on=["subject", "marker"], how="left").set_axis(changes.index)
    average = (time == MISSING) & number.notna().to_numpy()
    side = judge(
        number.to_numpy(), np.full(len(number), ""), shared["low"].to_numpy(), shared["high"].to_numpy()
    )
    return pd.DataFrame(
        {
            "side": pd.Series(
                np.where(average, side, measured["side"].fillna("")), index=changes.index, dtype="str"
            ),
            "low": measured["low"].where(~average, shared["low"]),
            "high": measured["high"].where(~average, shared["high"]),
        }
    )


def _multiple(number: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """A value as a multiple of a limit, in 12 significant digits; NaN without both or for a limit of 0."""
    return rounded(np.divide(number, limit, out=np.full_like(number, np.nan), where=limit > 0))
