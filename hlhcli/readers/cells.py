"""Cells to values: numbers and limits, dates, date-times and day numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

NUMBER = re.compile(r"([<>≤≥]|[<>]=)?\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
BOUND = {"": "", "<": "<", "<=": "<", "≤": "<", ">": ">", ">=": ">", "≥": ">"}
NUMERIC_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[T ]+(\d.*))?")
YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[T ]+(\d.*))?")
NAMED_MONTH = re.compile(
    r"(?:(\d{1,2})[ -]?([A-Za-z]{3,9})|([A-Za-z]{3,9}) (\d{1,2}),?)[ ,-]*(\d{4})(?:[T: ]+(\d.*))?"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ORDERS = ("dmy", "mdy")
EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Complaint:
    """One cell that cannot be used: its place in the column, its text, and what is wrong."""

    index: int
    text: str
    reason: str


def parse_values(cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray, list[Complaint]]:
    """Numbers, bounds (``<``, ``>`` or ``""``) and the cells that are neither; empty is NaN.

    >>> values, bounds, _ = parse_values(["24.31", ">40000", ""])
    >>> values.tolist(), bounds.tolist()
    ([24.31, 40000.0, nan], ['', '>', ''])
    """
    codes, texts = _distinct(cells)
    matches = [NUMBER.fullmatch(text) for text in texts]
    values = np.array([float(match[2]) if match else np.nan for match in matches], dtype=float)
    bounds = np.array([BOUND[match[1] or ""] if match else "" for match in matches], dtype=object)
    usable = np.array([text == "" or (match is not None) for text, match in zip(texts, matches, strict=True)])
    usable &= ~np.isinf(values)
    wrong = [Complaint(i, cells[i], "is not a number") for i in np.flatnonzero(~usable[codes]).tolist()]
    return values[codes], bounds[codes], wrong


def are_numbers(cells: Sequence[str]) -> bool:
    """True where every cell that is not empty is a plain number, and not a date such as 20041129."""
    filled = {cell for cell in cells if cell}
    return bool(filled) and all(_is_day_number(cell) for cell in filled)


def parse_times(cells: Sequence[str], order: str | None) -> tuple[np.ndarray, list[Complaint]]:
    """Dates and date-times as ``datetime64[us]``; empty is NaT.

    ISO dates, year/month/day, dates with the month's name, and numeric dates in the ``order``
    that is given (``dmy``, ``mdy``) or that the column itself proves (a part above 12). One
    offset from UTC for all is dropped: times are as the clock on the wall showed them.
    """
    codes, texts = _distinct(cells)
    order = order or _proven_order(texts)
    parsed = [_parse_time(text, order) if text else (None, "") for text in texts]
    stamps, reasons = [stamp for stamp, _ in parsed], [reason for _, reason in parsed]
    _refuse_mixed_offsets(stamps, reasons)
    values = np.array([_to_instant(stamp) for stamp in stamps], dtype="datetime64[us]")
    bad = np.array([reason != "" for reason in reasons], dtype=bool)
    wrong = [Complaint(i, cells[i], reasons[codes[i]]) for i in np.flatnonzero(bad[codes]).tolist()]
    return values[codes], wrong


def _to_instant(stamp: datetime | None) -> np.datetime64:
    """Microseconds of a time as the clock on the wall showed it."""
    if stamp is None:
        return np.datetime64("NaT", "us")
    return np.datetime64((stamp.replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1), "us")


def _distinct(cells: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    codes, texts = pd.factorize(np.array(cells, dtype=object))
    return codes, list(texts)


def _is_day_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,5}(\.\d*)?|[+-]?\.\d+", text) is not None


def _parse_time(text: str, order: str | None) -> tuple[datetime | None, str]:
    """A time, or the reason why there is none."""
    try:
        return datetime.fromisoformat(text), ""
    except ValueError:
        parts = _split_date(text, order)
    if parts is None:
        return None, _why_no_date(text)
    year, month, day, clock = parts
    try:
        return datetime.fromisoformat(
            f"{year}-{month:02}-{day:02}" + (f"T{_pad(clock)}" if clock else "")
        ), ""
    except ValueError:
        return None, "is no date of the calendar"


def _split_date(text: str, order: str | None) -> tuple[str, int, int, str] | None:
    if match := YEAR_FIRST.fullmatch(text):
        return match[1], int(match[2]), int(match[3]), match[4] or ""
    if match := NAMED_MONTH.fullmatch(text):
        month = (match[2] or match[3])[:3].lower()
        return (
            (match[5], MONTHS.index(month) + 1, int(match[1] or match[4]), match[6] or "")
            if month in MONTHS
            else None
        )
    if (match := NUMERIC_DATE.fullmatch(text)) and order:
        day, month = (match[1], match[2]) if order == "dmy" else (match[2], match[1])
        return match[3], int(month), int(day), match[4] or ""
    return None


def _why_no_date(text: str) -> str:
    if NUMERIC_DATE.fullmatch(text):
        return "can be day/month or month/day; say which: --dates dmy or --dates mdy"
    return "is not a date; write 2004-11-29 or 2004-11-29T08:15"


def _pad(clock: str) -> str:
    return clock if re.match(r"\d\d", clock) else f"0{clock}"


def _proven_order(texts: Sequence[str]) -> str | None:
    """The only order in which every numeric date of the column exists."""
    pairs = [(int(match[1]), int(match[2])) for text in texts if (match := NUMERIC_DATE.fullmatch(text))]
    day_first, month_first = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if day_first == month_first:
        return None
    return "dmy" if day_first else "mdy"


def _refuse_mixed_offsets(stamps: list[datetime | None], reasons: list[str]) -> None:
    offsets = {
        stamp.utcoffset() for stamp in stamps if stamp is not None and stamp.time() != datetime.min.time()
    }
    if len(offsets) < 2:
        return
    for index, stamp in enumerate(stamps):
        if stamp is not None and stamp.tzinfo is not None:
            reasons[index] = "is in another time zone than other times of the column; bring all to one"
