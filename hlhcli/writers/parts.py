"""What the writers share: columns as text or as typed cells, and how to refuse."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
import pandas as pd

from hlhcli.errors import HlhcliError
from hlhcli.times import format_times, is_calendar

MAIN, BESIDE = "", "interventions"
Files = Mapping[str, bytes]
"""Bytes by name; see `hlhcli.writers`."""


def number_text(value: float) -> str:
    """Shortest text that reads back to the same double; empty for missing.

    >>> number_text(2440.0), number_text(float("nan"))
    ('2440', '')
    """
    return "" if np.isnan(value) else repr(float(value) + 0.0).removesuffix(".0")


def numbers(column: pd.Series) -> list[str]:
    """Text of each number."""
    return [number_text(value) for value in column.tolist()]


def values(series: pd.DataFrame) -> list[str]:
    """Text of each value with its limit: ``>40000``."""
    return [bound + text for bound, text in zip(series["bound"], numbers(series["value"]), strict=True)]


def time_texts(times: pd.Series) -> list[str]:
    """Text of each time, exact: ISO dates and date-times, or day numbers without an exponent."""
    if is_calendar(times):
        return format_times(times)
    return ["" if np.isnan(day) else f"{Decimal(repr(day + 0.0)).normalize():f}" for day in times.tolist()]


def moments(times: pd.Series) -> list[date | datetime | None]:
    """Each calendar time as a date where it is midnight (time of day unknown), else as a date-time."""
    stamps = [None if pd.isna(stamp) else stamp.to_pydatetime() for stamp in times]
    return [stamp.date() if stamp is not None and stamp.time() == time.min else stamp for stamp in stamps]


def is_filled(column: pd.Series) -> bool:
    """True where any cell holds something."""
    return bool((column.notna() & (column != "")).any())


def require_calendar(target: str, *frames: tuple[pd.DataFrame | None, str]) -> None:
    """Raise where times are day numbers, which the format cannot hold."""
    for frame, column in frames:
        if frame is not None and len(frame) and not is_calendar(frame[column]):
            raise HlhcliError(
                f"{target} holds dates, and these times are day numbers; convert to tidy or xlsx"
            )


def refuse_filled(target: str, frame: pd.DataFrame | None, word: str) -> None:
    """Raise where a column that the format has no place for holds anything."""
    if frame is not None and is_filled(frame[word]):
        count = int((frame[word] != "").sum())
        raise HlhcliError(
            f"{target} has no place for the {word} of {count} rows; leave it out: --drop {word}"
        )
