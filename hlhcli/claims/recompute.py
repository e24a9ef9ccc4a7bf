"""What the data give for a claim: a number with the interval that it can lie in, or a word."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hlhcli.claims.places import Ground, find_rows, is_moment, nearest_times
from hlhcli.claims.points import BASELINE
from hlhcli.claims.table import Claim
from hlhcli.errors import HlhcliError
from hlhcli.measures import percent_of_fold
from hlhcli.ranges import judge
from hlhcli.times import format_times, instants
from hlhcli.units import to_unit
from hlhcli.wording import DATE_INFERRED, count

Row = dict[str, Any]
SOMETIMES_MISSING = {
    "baseline": re.compile(r"no baseline in [^;]+ placements"),
    "value": re.compile(r"no value in the window in [^;]+ placements"),
    "change": re.compile(r"no (?:baseline|value in the window) in [^;]+ placements"),
}
"""What the notes of `hlhcli.changes` say of a number that some placements leave out."""

INFERRED = "dates of this marker are inferred"
MOVED = "the date of this value is inferred"
NO_RANGE = "no single reference range is known; add --ranges FILE"
IN_UNITS = ("baseline", "value", "delta")
"""Measures that have the unit of the marker."""

COMPARING = ("delta", "percent_change", "fold_change", "direction")
TIME_OF = {"baseline": "baseline_time", "value": "time"}


@dataclass(frozen=True)
class Found:
    """What the data give for a claim.

    ``number`` is that of the declared reading, NaN where there is none or only a limit of it is
    known; ``low`` and ``high`` are what limits and placements allow, infinite where open.
    ``missing`` says why there is nothing, ``open`` why there is more than one number, ``cells`` what
    was compared, with its lines. ``sometimes`` marks what some placements leave without a number;
    ``limited``, what is a reported limit or comes of one, so that the limit itself is left out.
    """

    number: float = math.nan
    low: float = math.nan
    high: float = math.nan
    word: str = ""
    unit: str = ""
    cells: str = ""
    missing: str = ""
    open: str = ""
    sometimes: bool = False
    limited: bool = False


def recompute(claim: Claim, ground: Ground) -> Found:
    """The number or word that the data give for a claim."""
    own = (ground.series["subject"] == claim.subject) & (ground.series["marker"] == claim.marker)
    series = ground.series[own]
    if not series["value"].notna().any():
        return Found(missing=f"the labs have no value of {claim.marker}")
    rows = find_rows(claim, ground)
    if rows.empty:
        when = claim.at_text.removeprefix("on ")
        return Found(missing=f"no value on {when}; the nearest: {nearest_times(claim, ground)}")
    found = [_of_row(claim, rows.iloc[[place]], series) for place in range(len(rows))]
    return found[0] if len(found) == 1 else _several(found)


def _several(found: list[Found]) -> Found:
    """Several values of one moment: which of them is meant is not known."""
    if lacking := [one for one in found if one.missing]:
        return lacking[0]
    words = {one.word for one in found}
    return replace(
        found[0],
        number=math.nan,
        limited=False,
        low=min(one.low for one in found),
        high=max(one.high for one in found),
        word=words.pop() if len(words) == 1 else "",
        cells="; ".join(one.cells for one in found),
        open=f"{len(found)} values at that time",
    )


def _of_row(claim: Claim, rows: pd.DataFrame, series: pd.DataFrame) -> Found:
    row: Row = dict(zip(rows.columns, rows.iloc[0].tolist(), strict=True))
    found = replace(MEASURED[claim.measure](claim, row, series), cells=_cells(claim, rows, series))
    if not found.missing and is_moment(claim.at) and DATE_INFERRED in row["note"].split("; "):
        return replace(found, low=-math.inf, high=math.inf, word="", open=MOVED)
    return _in_unit(found, claim, row["unit"])


def _number(row: Row, measure: str) -> Found:
    """A number of the changes with its ends; an end that is missing is open."""
    number, low, high = (float(row[name]) for name in (measure, f"{measure}_low", f"{measure}_high"))
    return _between(row, measure, number, low, high)


def _between(row: Row, measure: str, number: float, low: float, high: float) -> Found:
    """The same for a measure of which the changes have no ends."""
    if math.isnan(number) and math.isnan(low) and math.isnan(high):
        return Found(missing=row["note"] or "no value")
    low, high = -math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high
    sometimes = SOMETIMES_MISSING.get(measure, SOMETIMES_MISSING["change"]).search(row["note"])
    several = f"{count(row['placements'])} placements of inferred dates" if row["placements"] > 1 else ""
    why = sometimes[0] if sometimes else "" if low == high else several or row["note"]
    limited = math.isnan(number) and row["placements"] == 1
    return Found(number, low, high, open=why, sometimes=sometimes is not None, limited=limited)


def _level(claim: Claim, row: Row, _: pd.DataFrame) -> Found:
    return _number(row, _side(claim))


def _side(claim: Claim) -> str:
    return "baseline" if claim.measure == "baseline" or claim.at.word == BASELINE else "value"


def _delta(_: Claim, row: Row, __: pd.DataFrame) -> Found:
    return _number(row, "delta")


def _fold_change(_: Claim, row: Row, __: pd.DataFrame) -> Found:
    return replace(_number(row, "fold_change"), unit="fold")


def _percent_change(_: Claim, row: Row, __: pd.DataFrame) -> Found:
    fold = _number(row, "fold_change")
    if fold.missing:
        return fold
    baseline = _number(row, "baseline")
    ends = [(np.array([one.low]), np.array([one.high])) for one in (fold, baseline)]
    low, high = (float(end[0]) for end in percent_of_fold(*ends))
    number = float(row["percent_change"])
    if fold.low == fold.high and not math.isnan(number):
        low = high = number
    return replace(_between(row, "percent_change", number, low, high), unit="%")


def _direction(_: Claim, row: Row, __: pd.DataFrame) -> Found:
    delta = _number(row, "delta")
    if delta.missing:
        return delta
    sure = {"rose": delta.low > 0, "fell": delta.high < 0, "unchanged": delta.low == delta.high == 0}
    return replace(delta, word=next((word for word, holds in sure.items() if holds), ""))


def _range(claim: Claim, row: Row, series: pd.DataFrame) -> Found:
    level = _level(claim, row, series)
    limits = _limits(row, series, _side(claim))
    if level.missing or limits is None:
        return replace(level, missing=level.missing or NO_RANGE)
    ends, none = np.array([level.low, level.high]), np.array(["", ""])
    low, high = judge(ends, none, *(np.full(2, limit) for limit in limits)).tolist()
    return replace(level, word=str(low) if low == high else "")


def _limits(row: Row, series: pd.DataFrame, which: str) -> tuple[float, float] | None:
    """The reference range of the value, else the one that all values share."""
    ranged = series[series["value"].notna()]
    own = ranged[_holds(ranged, row, which)]
    pairs = (own if len(own) else ranged)[["reference_low", "reference_high"]].drop_duplicates()
    low, high = pairs.iloc[0].tolist()
    return None if len(pairs) > 1 or (math.isnan(low) and math.isnan(high)) else (low, high)


def _day(_: Claim, row: Row, series: pd.DataFrame) -> Found:
    day = float(row["day"])
    if math.isnan(day):
        return Found(missing=row["note"] or "the value has no single day")
    return _unless_moving(day, row, series)


def _time(_: Claim, row: Row, series: pd.DataFrame) -> Found:
    if pd.isna(row["time"]):
        return Found(missing=row["note"] or "the value has no single time")
    instant = float(instants(pd.Series([row["time"]]).astype(series["time"].dtype))[0])
    return _unless_moving(instant, row, series)


def _unless_moving(number: float, row: Row, series: pd.DataFrame) -> Found:
    """A day or a time, where every placement has the same value there and its date is known."""
    if not (series["placement"] == "inferred").any():
        return Found(number, number, number)
    same = series[(series["value"] == row["value"]) & (series["bound"] == "")]
    certain = row["value_low"] == row["value_high"] and not SOMETIMES_MISSING["value"].search(row["note"])
    if certain and (same["placement"] != "inferred").all():
        return Found(number, number, number)
    return Found(number, -math.inf, math.inf, open=INFERRED)


def _count(claim: Claim, row: Row, series: pd.DataFrame) -> Found:
    number = float(row[claim.measure])
    if (series["placement"] == "inferred").any():
        return Found(number, 0, math.inf, open=INFERRED)
    return Found(number, number, number)


MEASURED: dict[str, Callable[[Claim, Row, pd.DataFrame], Found]] = {
    "baseline": _level,
    "value": _level,
    "delta": _delta,
    "percent_change": _percent_change,
    "fold_change": _fold_change,
    "direction": _direction,
    "range": _range,
    "day": _day,
    "time": _time,
    "n_before": _count,
    "n_after": _count,
}


def _in_unit(found: Found, claim: Claim, unit: str) -> Found:
    """The number in the unit of the claim; a number that a word stands for in that of the labs."""
    wanted = claim.unit if claim.measure in IN_UNITS and claim.unit else unit
    if found.unit or claim.measure not in (*IN_UNITS, "direction", "range"):
        return found
    numbers = np.array([found.number, found.low, found.high])
    try:
        converted = numbers if wanted == unit else to_unit(claim.marker, numbers, unit, wanted)
    except HlhcliError as error:
        return Found(cells=found.cells, missing=str(error))
    number, low, high = converted.tolist()
    return replace(found, number=number, low=low, high=high, unit=wanted)


def _cells(claim: Claim, rows: pd.DataFrame, series: pd.DataFrame) -> str:
    """The values that were compared, with their times and lines."""
    sides = ("baseline", "value") if claim.measure in COMPARING else (_side(claim),)
    return " to ".join(filter(None, (_cell(rows, series, side) for side in sides)))


def _cell(rows: pd.DataFrame, series: pd.DataFrame, side: str) -> str:
    row: Row = dict(zip(rows.columns, rows.iloc[0].tolist(), strict=True))
    found = series[_holds(series, row, side)]
    if found.empty:
        return "" if math.isnan(row[side]) else f"{row[side]:.6g}"
    (when,) = format_times(rows[TIME_OF[side]])
    number = f"{found['bound'].iloc[0]}{found['value'].iloc[0]:.6g}"
    lines = ", ".join(map(str, found["row"]))
    inferred = "date inferred, " if (found["placement"] == "inferred").any() else ""
    return f"{number} on {when} ({inferred}line {lines})"


def _holds(series: pd.DataFrame, row: Row, side: str) -> pd.Series:
    """Which rows of the series the baseline or the response was read from."""
    same = series["bound"] != "" if math.isnan(row[side]) else series["value"] == row[side]
    return same & (series["time"] == row[TIME_OF[side]])
