"""Reference change value: how far two values of a healthy person may lie apart by chance.

The log-normal form (Fokkema, Clin Chem 2006;52:1602). With CVs as fractions,

    s² = ln(1 + CVa²) + ln(1 + CVi²)
    limits = 100 × (exp(±z × √(s² × (1/n1 + 1/n2))) − 1) per cent

where n1 and n2 are the numbers of values behind the baseline and the response: one each
except for means and medians. The symmetric form is not offered: for markers that vary much it
asks for falls that no healthy variation needs.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hlhcli.evidence.variation import Given, Variation, variation_of
from hlhcli.texts import Coded, Column, by_number, coded

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

VERDICTS = ("", "no", "yes")
NONE, NO, YES = range(3)

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


def describe(changes: Mapping[str, Column], baseline: str, given: Given) -> dict[str, Column]:
    """`COLUMNS` for every change, whose baselines were chosen by the rule ``baseline``.

    ``beyond_rcv`` is empty where there is no verdict, and ``rcv_note`` says why. Where the
    frame has ``fold_change_low`` and ``fold_change_high``, a change that is known only as a
    range is judged if its whole range is on one side of the limit.
    """
    cv = _coefficients(coded(changes["marker"]), given)
    sides = _sides(changes, baseline)
    counts = (np.where(side.averaged, np.maximum(side.n, 1), 1) for side in sides)
    limit = limits(cv.cvi, cv.cva, *counts)
    verdict = _verdicts(changes, *limit)
    return {
        "cvi_percent": cv.cvi,
        "cva_percent": cv.cva,
        "cva_basis": cv.basis,
        "cv_source": cv.source,
        "rcv_low_percent": limit[0],
        "rcv_high_percent": limit[1],
        "beyond_rcv": by_number(verdict, *VERDICTS),
        "rcv_note": _notes(changes, sides, limit, verdict != NONE),
    }


class _Coefficients(NamedTuple):
    """What is known of the variation of each row's marker; NaN and empty where nothing is."""

    cvi: np.ndarray
    cva: np.ndarray
    basis: Coded
    source: Coded


class _Side(NamedTuple):
    """The baselines, or the responses, of all changes: how they were chosen, and from how many values."""

    averaged: np.ndarray
    picked: np.ndarray
    n: np.ndarray


def _sides(changes: Mapping[str, Column], baseline: str) -> tuple[_Side, _Side]:
    """Baselines and responses."""
    before, after = (_numbers(changes[name]).astype(np.int64) for name in ("n_before", "n_after"))
    by_rule = by_number(np.zeros(before.size, dtype=np.int64), baseline)
    return _side_of(by_rule, before), _side_of(coded(changes["at"]), after)


def _side_of(chosen_by: Coded, count: np.ndarray) -> _Side:
    averaged, extreme = (
        np.isin(chosen_by.texts.astype(str), words)[chosen_by.code] for words in (AVERAGES, EXTREMES)
    )
    return _Side(averaged, extreme & (count > 1), count)


def _coefficients(marker: Coded, given: Given) -> _Coefficients:
    found = [variation_of(name, given) or UNKNOWN for name in marker.texts.tolist()]
    basis = ["" if one is UNKNOWN else "assumed" if one.assumed else "given" for one in found]
    source = [one.source for one in found]
    return _Coefficients(
        cvi=np.array([one.cvi for one in found], dtype=float)[marker.code],
        cva=np.array([one.cva for one in found], dtype=float)[marker.code],
        basis=coded(np.array(basis, dtype=object), marker.code),
        source=coded(np.array(source, dtype=object), marker.code),
    )


def _numbers(column: Column) -> np.ndarray:
    return np.asarray(column, dtype=float)


def _verdicts(changes: Mapping[str, Column], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The number in `VERDICTS` of every change, or of all of the range that it lies in."""
    fold = _numbers(changes["fold_change"])
    lowest, highest = _range(changes, "fold_change", fold)
    before = _numbers(changes["baseline"])
    positive = np.isnan(before) | (before > 0)  # a limit is never negative
    sides = [_side(ratio, low, high) for ratio in (lowest, highest)]
    usable = positive & ~np.isnan(low) & ~np.isnan(lowest) & ~np.isnan(highest) & (lowest >= 0)
    same = usable & (sides[0] == sides[1])
    return np.where(same, np.where(sides[0] == 0, NO, YES), NONE)


def _range(changes: Mapping[str, Column], name: str, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The point where it is known, else the range that is given; an open end is infinite."""
    if f"{name}_low" not in changes:
        return point, point
    low, high = _numbers(changes[f"{name}_low"]), _numbers(changes[f"{name}_high"])
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
    changes: Mapping[str, Column],
    sides: tuple[_Side, _Side],
    limit: tuple[np.ndarray, np.ndarray],
    has_verdict: np.ndarray,
) -> Coded:
    """Why there is no verdict, or what to keep in mind with one."""
    value, before = _numbers(changes["value"]), _numbers(changes["baseline"])
    picked, open_dates = sides[0].picked | sides[1].picked, _open_dates(changes, limit)
    qualified = 4 + picked.astype(np.int64) + 2 * open_dates
    reasons = [
        has_verdict,
        np.isnan(limit[0]),
        (sides[0].n == 0) | (sides[1].n == 0),
        (before <= 0) | (value < 0),
    ]
    return by_number(
        np.select(reasons, [qualified, 0, 1, 2], 3),
        "no sourced CVi",
        "nothing to compare",
        "not above 0",
        "only a limit is known",
        "",
        PICKED,
        OTHER_DATES,
        f"{PICKED}; {OTHER_DATES}",
    )


def _open_dates(changes: Mapping[str, Column], limit: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Where inferred dates, placed otherwise, give another verdict."""
    point = _numbers(changes["fold_change"])
    side, found = _side(point, *limit), np.zeros(point.size, dtype=bool)
    for end in ("fold_change_low", "fold_change_high"):
        if end in changes:
            ratio = _numbers(changes[end])
            found |= ~np.isnan(ratio) & ~np.isnan(point) & (_side(ratio, *limit) != side)
    return found
