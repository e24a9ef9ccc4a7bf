"""Reference change value: how far two values of a healthy person may lie apart by chance.

The log-normal form (Fokkema, Clin Chem 2006;52:1602). With CVs as fractions,

    s² = ln(1 + CVa²) + ln(1 + CVi²)
    limits = 100 × (exp(±z × √(s² × (1/n1 + 1/n2))) − 1) per cent

where n1 and n2 are the numbers of values behind the baseline and the response: one each
except for means and medians. The symmetric form is not offered: for markers that vary much it
asks for falls that no healthy variation needs.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import keys
from hlhcli.evidence.variation import Given, Variation, variation_of

Z = 1.959963984540054
"""Two-sided 95 %."""

DIGITS = 12
OPEN = 1e100
"""Stands for an open end of a range: no limit comes near it."""
AVERAGES = ("mean", "median")
EXTREMES = ("nadir", "peak", "lowest", "highest")

UNKNOWN = Variation(np.nan, np.nan, assumed=False, source="")
"""Stands for the variation of a marker of which none is known."""

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
    cv = _coefficients(changes["marker"], given)
    sides = _sides(changes, baseline)
    counts = (np.where(side.averaged, np.maximum(side.n, 1), 1) for side in sides)
    limit = limits(cv.cvi, cv.cva, *counts)
    verdict = _verdicts(changes, *limit)
    judged = {
        "cvi_percent": cv.cvi,
        "cva_percent": cv.cva,
        "cva_basis": pd.array(cv.basis, dtype="str"),
        "cv_source": pd.array(cv.source, dtype="str"),
        "rcv_low_percent": limit[0],
        "rcv_high_percent": limit[1],
        "beyond_rcv": pd.array(verdict, dtype="str"),
        "rcv_note": pd.array(_notes(changes, sides, limit, verdict), dtype="str"),
    }
    return pd.DataFrame(judged, index=changes.index, copy=False)


class _Coefficients(NamedTuple):
    """What is known of the variation of each row's marker; NaN and empty where nothing is."""

    cvi: np.ndarray
    cva: np.ndarray
    basis: np.ndarray
    source: np.ndarray


class _Side(NamedTuple):
    """The baselines, or the responses, of all changes: how they were chosen, and from how many values."""

    averaged: np.ndarray
    picked: np.ndarray
    n: np.ndarray


def _sides(changes: pd.DataFrame, baseline: str) -> tuple[_Side, _Side]:
    """Baselines and responses; the baseline rule of a row is its own where the frame has several."""
    rule = changes["baseline_rule"] if "baseline_rule" in changes else np.full(len(changes), baseline)
    before, after = changes["n_before"].to_numpy(), changes["n_after"].to_numpy()
    return _side_of(rule, before), _side_of(changes["at"], after)


def _side_of(chosen_by: keys.Column, count: np.ndarray) -> _Side:
    code, first = keys.number([chosen_by])
    names = np.asarray(chosen_by, dtype=object)[first]
    averaged, extreme = (np.isin(names, words)[code] for words in (AVERAGES, EXTREMES))
    return _Side(averaged, extreme & (count > 1), count)


def _coefficients(marker: pd.Series, given: Given) -> _Coefficients:
    code, first = keys.number([marker])
    found = [variation_of(name, given) or UNKNOWN for name in marker.to_numpy(dtype=object)[first]]
    basis = ["" if one is UNKNOWN else "assumed" if one.assumed else "given" for one in found]
    return _Coefficients(
        cvi=np.array([one.cvi for one in found], dtype=float)[code],
        cva=np.array([one.cva for one in found], dtype=float)[code],
        basis=np.array(basis, dtype=object)[code],
        source=np.array([one.source for one in found], dtype=object)[code],
    )


def _verdicts(changes: pd.DataFrame, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """``yes`` or ``no`` where the change, or all of its range, lies on one side of the limits."""
    fold = changes["fold_change"].to_numpy(dtype=float)
    lowest, highest = _range(changes, "fold_change", fold)
    before = changes["baseline"].to_numpy(dtype=float)
    positive = np.isnan(before) | (before > 0)  # a limit is never negative
    sides = [_side(ratio, low, high) for ratio in (lowest, highest)]
    usable = positive & ~np.isnan(low) & ~np.isnan(lowest) & ~np.isnan(highest) & (lowest >= 0)
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
    changes: pd.DataFrame,
    sides: tuple[_Side, _Side],
    limit: tuple[np.ndarray, np.ndarray],
    verdict: np.ndarray,
) -> np.ndarray:
    """Why there is no verdict, or what to keep in mind with one."""
    value, before = changes["value"].to_numpy(dtype=float), changes["baseline"].to_numpy(dtype=float)
    reasons = [
        (verdict != "", _qualified(changes, limit, sides[0].picked | sides[1].picked)),
        (np.isnan(limit[0]), "no sourced CVi"),
        ((sides[0].n == 0) | (sides[1].n == 0), "nothing to compare"),
        ((before <= 0) | (value < 0), "not above 0"),
    ]
    texts = np.full(len(changes), "only a limit is known", dtype=object)
    for applies, text in reversed(reasons):
        texts = np.where(applies, text, texts)
    return texts


def _qualified(changes: pd.DataFrame, limit: tuple[np.ndarray, np.ndarray], picked: np.ndarray) -> np.ndarray:
    """What weakens a verdict: a value picked from several, and inferred dates that give another one."""
    point = changes["fold_change"].to_numpy(dtype=float)
    side, open_dates = _side(point, *limit), np.zeros(len(changes), dtype=bool)
    for end in ("fold_change_low", "fold_change_high"):
        if end in changes:
            ratio = changes[end].to_numpy(dtype=float)
            known = ~np.isnan(ratio) & ~np.isnan(point)
            open_dates |= known & (_side(ratio, *limit) != side)
    texts = np.where(picked, PICKED, "").astype(object)
    also = np.where(texts != "", texts + "; " + OTHER_DATES, OTHER_DATES)
    return np.where(open_dates, also, texts)
