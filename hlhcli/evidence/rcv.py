"""Reference change value: how far two values of a healthy person may lie apart by chance.

The log-normal form (Fokkema, Clin Chem 2006;52:1602). With CVs as fractions,

    s² = ln(1 + CVa²) + ln(1 + CVi²)
    limits = 100 × (exp(±z × √(s² × (1/n1 + 1/n2))) − 1) per cent

where n1 and n2 are the numbers of values behind the baseline and the response: one each
except for means and medians. The symmetric form is not offered: for markers that vary much it
asks for falls that no healthy variation needs.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd

from hlhcli.evidence.variation import Given, Variation, variation_of

Z = 1.959963984540054
"""Two-sided 95 %."""

DIGITS = 12
OPEN = 1e100
"""Stands for an open end of a range: no limit comes near it."""
AVERAGES = ("mean", "median")
EXTREMES = ("nadir", "peak", "lowest", "highest")

PICKED = "picked from several values, of which one passes a limit by chance more often"
OTHER_DATES = "another placement of inferred dates has another verdict"

COLUMNS = (
    "cvi_percent",
    "cva_percent",
    "cva_basis",  # "given", or "assumed" for half of CVi
    "cv_source",
    "rcv_low_percent",  # the limit for a fall
    "rcv_high_percent",  # the limit for a rise
    "beyond_rcv",  # "yes", "no" or "" for no verdict
    "rcv_note",
)


def limits(
    cvi: np.ndarray, cva: np.ndarray, n1: np.ndarray | int = 1, n2: np.ndarray | int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The limits for a fall and for a rise, in per cent of the baseline; CVs in per cent.

    >>> [round(float(limit), 1) for limit in limits(np.float64(21.2), np.float64(10.6))]
    [-47.8, 91.7]
    """
    variance = np.log1p((cva / 100) ** 2) + np.log1p((cvi / 100) ** 2)
    width = Z * np.sqrt(variance * (1 / n1 + 1 / n2))
    return 100 * np.expm1(-width), 100 * np.expm1(width)


def judge(changes: pd.DataFrame, baseline: str, given: Given) -> pd.DataFrame:
    """`COLUMNS` for every row of `changes`, whose baselines were chosen by the rule ``baseline``.

    A column ``baseline_rule`` stands before it.

    ``beyond_rcv`` is empty where there is no verdict, and ``rcv_note`` says why. Where the
    frame has ``fold_change_low`` and ``fold_change_high``, a change that is known only as a
    range is judged if its whole range is on one side of the limit.
    """
    found = {marker: variation_of(marker, given) for marker in changes["marker"].unique()}
    cv = _coefficients(changes["marker"], found)
    rule = _rules(changes, baseline)
    n1 = np.where(rule.isin(AVERAGES), changes["n_before"].clip(lower=1), 1)
    n2 = np.where(changes["at"].isin(AVERAGES), changes["n_after"].clip(lower=1), 1)
    low, high = limits(cv["cvi_percent"].to_numpy(), cv["cva_percent"].to_numpy(), n1, n2)
    verdict = _verdicts(changes, low, high)
    note = _notes(changes, (low, high), verdict, rule)
    judged = {"rcv_low_percent": low, "rcv_high_percent": high, "beyond_rcv": verdict, "rcv_note": note}
    return cv.assign(**judged).astype({"beyond_rcv": "str", "rcv_note": "str"})[list(COLUMNS)]


def _rules(changes: pd.DataFrame, baseline: str) -> pd.Series:
    """The baseline rule of each row: its own where the frame has several."""
    return changes.get("baseline_rule", pd.Series(baseline, index=changes.index, dtype="str"))


def _coefficients(marker: pd.Series, found: dict[str, Variation | None]) -> pd.DataFrame:
    def column(
        dtype: Literal["str", "float64"], of_one: Callable[[Variation], object], missing: object
    ) -> pd.Series:
        values = {name: missing if one is None else of_one(one) for name, one in found.items()}
        return marker.map(values).astype(dtype)

    return pd.DataFrame(
        {
            "cvi_percent": column("float64", lambda one: one.cvi, np.nan),
            "cva_percent": column("float64", lambda one: one.cva, np.nan),
            "cva_basis": column("str", lambda one: "assumed" if one.assumed else "given", ""),
            "cv_source": column("str", lambda one: one.source, ""),
        }
    )


def _verdicts(changes: pd.DataFrame, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """``yes`` or ``no`` where the change, or all of its range, lies on one side of the limits."""
    fold = changes["fold_change"].to_numpy(dtype=float)
    lowest, highest = _range(changes, "fold_change", fold)
    positive = changes["baseline"].isna() | (changes["baseline"] > 0)  # a limit is never negative
    sides = [_side(ratio, low, high) for ratio in (lowest, highest)]
    usable = positive.to_numpy() & ~np.isnan(low) & ~np.isnan(lowest) & ~np.isnan(highest) & (lowest >= 0)
    same = usable & (sides[0] == sides[1])
    return np.where(same, np.where(sides[0] == 0, "no", "yes"), "").astype(object)


def _range(changes: pd.DataFrame, name: str, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The point where it is known, else the range that the frame gives; an open end is infinite."""
    if f"{name}_low" not in changes:
        return point, point
    low = changes[f"{name}_low"].to_numpy(dtype=float)
    high = changes[f"{name}_high"].to_numpy(dtype=float)
    half_open = np.isnan(point) & (np.isnan(low) != np.isnan(high))
    low = np.where(half_open & np.isnan(low), -np.inf, low)
    high = np.where(half_open & np.isnan(high), np.inf, high)
    known = ~np.isnan(point)
    return np.where(known, point, low), np.where(known, point, high)


def _side(ratio: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """-1 below the limit for a fall, 1 above that for a rise, 0 between them and on them."""
    change = 100 * (np.clip(ratio, -OPEN, OPEN) - 1)
    beyond = _above(change, high).astype(int) - _above(low, change)
    return np.asarray(beyond)


def _above(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Greater by more than the digits that binary fractions add."""
    with np.errstate(invalid="ignore"):
        return np.asarray(left - right > 10.0**-DIGITS * np.maximum(np.abs(left), np.abs(right)))


def _notes(
    changes: pd.DataFrame, limit: tuple[np.ndarray, np.ndarray], verdict: np.ndarray, rule: pd.Series
) -> np.ndarray:
    """Why there is no verdict, or what to keep in mind with one."""
    value, before = changes["value"].to_numpy(dtype=float), changes["baseline"].to_numpy(dtype=float)
    none = ((changes["n_before"] == 0) | (changes["n_after"] == 0)).to_numpy()
    reasons = [
        (verdict != "", _qualified(changes, limit, rule)),
        (np.isnan(limit[0]), "no sourced CVi"),
        (none, "nothing to compare"),
        ((before <= 0) | (value < 0), "not above 0"),
    ]
    texts = np.full(len(changes), "only a limit is known", dtype=object)
    for applies, text in reversed(reasons):
        texts = np.where(applies, text, texts)
    return texts


def _qualified(changes: pd.DataFrame, limit: tuple[np.ndarray, np.ndarray], rule: pd.Series) -> np.ndarray:
    """What weakens a verdict: a value picked from several, and inferred dates that give another one."""
    picked = changes["at"].isin(EXTREMES) & (changes["n_after"] > 1)
    picked |= rule.isin(EXTREMES) & (changes["n_before"] > 1)
    open_dates = np.zeros(len(changes), dtype=bool)
    for end in ("fold_change_low", "fold_change_high"):
        ratio = changes.get(end, changes["fold_change"]).to_numpy(dtype=float)
        point = changes["fold_change"].to_numpy(dtype=float)
        known = ~np.isnan(ratio) & ~np.isnan(point)
        open_dates |= known & (_side(ratio, *limit) != _side(point, *limit))
    texts = np.where(picked, PICKED, "").astype(object)
    also = np.where(texts != "", texts + "; " + OTHER_DATES, OTHER_DATES)
    return np.where(open_dates, also, texts)
