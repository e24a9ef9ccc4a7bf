"""Times as whole microseconds: one axis for dates, date-times and day numbers.

Every calculation uses ``int64`` microseconds ("instants"). For dates and date-times they
count from 1970-01-01, for day numbers from day 0. `MISSING` stands for no time.

A time of exactly midnight is a date whose time of day is not known. This is the convention
of the OMOP common data model (midnight where the source gives no time), and it lets a file
mix dates and date-times. Day numbers are exact moments when any of them has a fraction,
and whole days otherwise.
"""

import re

import numpy as np
import pandas as pd

from hlhcli.errors import HlhcliError

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400_000_000
MISSING = np.iinfo(np.int64).min
UNIT_OF_DURATION = {"h": DAY // 24, "d": DAY, "w": 7 * DAY}


def is_calendar(times: pd.Series) -> bool:
    """True for dates and date-times, False for day numbers."""
    return times.dtype.kind == "M"


def instants(times: pd.Series) -> np.ndarray:
    """Microseconds of each time; `MISSING` where there is none."""
    if is_calendar(times):
        return times.to_numpy().astype("datetime64[us]", copy=False).view(np.int64)
    days = times.to_numpy(dtype=float)
    known = np.isfinite(days)
    return np.where(known, np.rint(np.where(known, days, 0.0) * DAY), MISSING).astype(np.int64)


def from_instants(values: np.ndarray, like: pd.Series) -> np.ndarray:
    """Turn instants back into the kind of time that ``like`` holds."""
    if is_calendar(like):
        return values.astype("datetime64[us]")
    return np.where(values == MISSING, np.nan, values / DAY)


def day_of(values: np.ndarray) -> np.ndarray:
    """The midnight that begins each instant's day."""
    return np.where(values == MISSING, MISSING, values - values % DAY)


def days_between(start: np.ndarray, time: np.ndarray, *, calendar: bool) -> np.ndarray:
    """Days from a start to a time, both instants, day 0 included; NaN where either is missing.

    Whole days where either is a date without a time of day, else with a fraction.
    """
    either_date = calendar & ((start % DAY == 0) | (time % DAY == 0))
    missing = (start == MISSING) | (time == MISSING)
    start, time = np.where(missing, 0, start), np.where(missing, 0, time)
    return np.where(missing, np.nan, np.where(either_date, day_of(time) - day_of(start), time - start) / DAY)


def parse_duration(text: str) -> int:
    """Microseconds of a duration such as ``7d``, ``36h`` or ``2w``; a bare number is days.

    >>> parse_duration("36h") == 1.5 * DAY
    True
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([hdw]?)\s*", text)
    if not match:
        raise HlhcliError(f"duration '{text}' cannot be read; write hours, days or weeks: 36h, 7d, 2w")
    return round(float(match[1]) * UNIT_OF_DURATION[match[2] or "d"])


def format_times(times: pd.Series) -> list[str]:
    """Text of each time in the form of the input: date, date-time or day number; "" for none.

    >>> format_times(pd.Series(["2004-11-29", "2004-11-30T08:15"], dtype="datetime64[us]"))
    ['2004-11-29', '2004-11-30T08:15']
    >>> format_times(pd.Series([0.0, 1.5, float("nan")]))
    ['0', '1.5', '']
    """
    if not is_calendar(times):
        return ["" if np.isnan(day) else f"{day:.15g}" for day in times.to_numpy(dtype=float)]
    moments = instants(times)
    lengths = np.select(
        [moments == MISSING, moments % DAY == 0, moments % MINUTE == 0, moments % SECOND == 0],
        [len(""), len("2004-11-30"), len("2004-11-30T08:15"), len("2004-11-30T08:15:00")],
        len("2004-11-30T08:15:00.000000"),
    )
    texts = np.datetime_as_string(moments.astype("datetime64[us]"), unit="us")
    return [text[:length] for text, length in zip(texts.tolist(), lengths.tolist(), strict=True)]
