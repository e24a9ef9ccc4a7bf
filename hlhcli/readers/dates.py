"""Texts to dates and date-times, when they can mean only one thing."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
NAME = r"([A-Za-z]{3,9})\.?"
NUMERIC_DATE = r"(?a)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[T ]+(\d.*))?"
YEAR_FIRST = r"(?a)(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[T ]+(\d.*))?"
NAMED_MONTH = rf"(?a)(?:{DAY}[ -]?(?:of )?{NAME}|{NAME} {DAY},?)[ ,-]*(\d{{4}})(?:[T: ]+(\d.*))?"
WITHOUT_YEAR = rf"(?a)(?:{DAY}[ -]?(?:of )?{NAME}|{NAME} {DAY})(?: +(\d.*))?"
NUMERIC_WITHOUT_YEAR = r"(?a)(\d{1,2})/(\d{1,2})(?: +(\d.*))?"
SHORT_YEAR = r"(?a)\d{1,2}[/.-](?:\d{1,2}|[A-Za-z]{3,9})[/.-]\d{2}(?:[T ]+\d.*)?"
ISO = r"(?a)(?:(?!0000)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)?"
CLOCK = r"(?a)(\d{1,2}):(\d\d)(:\d\d(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?"
OFFSET = r"[T ]\d\d:?\d\d.*?(Z|[+-]\d\d:?\d\d)$"
"""All patterns are text: `re` compiles the few that a column needs, and keeps them."""

EPOCH = datetime(1970, 1, 1)
HOUR = timedelta(hours=1)
NO_YEAR = "has no year; say which: --year YYYY"

Parts = tuple[str, int, int, str]
"""Year, month, day and clock; the year is ``""`` where there is none."""


def parse_stamps(
    texts: Sequence[str], order: str | None, year: int | None
) -> tuple[list[datetime | None], list[str]]:
    """The time of each text, or the reason why there is none; both are empty for an empty text.

    ``order`` is that of numeric dates (``dmy``, ``mdy``); otherwise the texts prove it or not.
    Offsets from UTC are dropped: a time is what the clock on the wall showed. Two offsets an
    hour apart are summer and winter of one place; others are refused.
    """
    order = order or _proven_order(texts)
    parsed = [_parse(text, order, year) if text else (None, "") for text in texts]
    stamps, reasons = [stamp for stamp, _ in parsed], [reason for _, reason in parsed]
    _refuse_mixed_offsets(texts, stamps, reasons)
    if year is not None:
        _refuse_new_year(texts, reasons)
    return stamps, reasons


def read_iso(texts: Sequence[str]) -> np.ndarray | None:
    """The times of texts that are all empty or ISO 8601 dates and date-times without an offset; else None.

    It reads them as `parse_stamps` does, but all at once.
    """
    if not texts or not all(map(re.compile(ISO).fullmatch, texts)):
        return None
    try:
        return np.array(texts, dtype="datetime64[us]")
    except ValueError:  # such as 2004-02-30
        return None


def to_instant(stamp: datetime | None) -> np.datetime64:
    """Microseconds of a time as the clock on the wall showed it."""
    if stamp is None:
        return np.datetime64("NaT", "us")
    return np.datetime64((stamp.replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1), "us")


def is_clock(text: str) -> bool:
    """Whether a text is a time of day and nothing else: ``08:15``, ``8:15 PM``."""
    return re.fullmatch(CLOCK, text) is not None


def is_date_like(text: str) -> bool:
    """Whether a text is a date, complete or not, that could stand over a column."""
    stamp, reason = _parse(text, "dmy", 2000)
    return (
        stamp is not None
        or re.fullmatch(SHORT_YEAR, text) is not None
        or reason == "is no date of the calendar"
    )


def count_offsets(texts: Iterable[str]) -> list[str]:
    """The offsets from UTC of date-times that have a clock, in order of appearance, as text."""
    clocked = (text for text in texts if len(text) > len("2004-11-29"))
    found = (re.search(OFFSET, text) for text in clocked)
    return list(dict.fromkeys(match[1] for match in found if match))


def _parse(text: str, order: str | None, year: int | None) -> tuple[datetime | None, str]:
    """A time, or the reason why there is none."""
    try:
        return datetime.fromisoformat(text), ""
    except ValueError:
        parts = _split_date(text, order)
    if parts is None:
        return None, _why_no_date(text)
    written, month, day, clock = parts
    if not written and year is None:
        return None, NO_YEAR
    date = f"{written or f'{year:04}'}-{month:02}-{day:02}"
    try:
        return datetime.fromisoformat(f"{date}T{to_iso_clock(clock)}" if clock else date), ""
    except ValueError:
        return None, "is no date of the calendar"


def to_iso_clock(clock: str) -> str:
    """A time of day in the form of ISO 8601; other text as it is.

    >>> to_iso_clock("8:15 PM"), to_iso_clock("8:15")
    ('20:15', '08:15')
    """
    match = re.fullmatch(CLOCK, clock)
    if not match:
        return clock if re.match(r"\d\d", clock) else f"0{clock}"
    hour = int(match[1])
    if match[4]:
        hour = hour % 12 + (12 if match[4] in "Pp" else 0) if 1 <= hour <= 12 else 99
    return f"{hour:02}:{match[2]}{match[3] or ''}"


def _split_date(text: str, order: str | None) -> Parts | None:
    if match := re.fullmatch(YEAR_FIRST, text):
        return match[1], int(match[2]), int(match[3]), match[4] or ""
    if match := re.fullmatch(NAMED_MONTH, text):
        return _named(match[5], match[2] or match[3], match[1] or match[4], match[6])
    if match := re.fullmatch(WITHOUT_YEAR, text):
        return _named("", match[2] or match[3], match[1] or match[4], match[5])
    if (match := re.fullmatch(NUMERIC_DATE, text)) and order:
        return _ordered(match[3], match, order, match[4])
    if (match := re.fullmatch(NUMERIC_WITHOUT_YEAR, text)) and order:
        return _ordered("", match, order, match[3])
    return None


def _named(year: str, month: str, day: str, clock: str | None) -> Parts | None:
    number = _month(month)
    return (year, number, int(day), clock or "") if number else None


def _ordered(year: str, match: re.Match[str], order: str, clock: str | None) -> Parts:
    day, month = (match[1], match[2]) if order == "dmy" else (match[2], match[1])
    return year, int(month), int(day), clock or ""


def _month(name: str) -> int:
    """Number of a month by its name or the first three letters or more; 0 for other words."""
    folded = "sep" if name.casefold() == "sept" else name.casefold()
    return next((number for number, month in enumerate(MONTHS, 1) if month.startswith(folded)), 0)


def _why_no_date(text: str) -> str:
    if re.fullmatch(NUMERIC_DATE, text) or re.fullmatch(NUMERIC_WITHOUT_YEAR, text):
        return "can be day/month or month/day; say which: --dates dmy or --dates mdy"
    if re.fullmatch(SHORT_YEAR, text):
        return "has a year of two digits; write four"
    if is_clock(text):
        return "is a time of day without a date"
    return "is no time"


def _proven_order(texts: Sequence[str]) -> str | None:
    """The only order in which every numeric date of the column exists."""
    matches = [re.fullmatch(NUMERIC_DATE, text) or re.fullmatch(NUMERIC_WITHOUT_YEAR, text) for text in texts]
    pairs = [(int(match[1]), int(match[2])) for match in matches if match]
    day_first, month_first = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if day_first == month_first:
        return None
    return "dmy" if day_first else "mdy"


def _refuse_mixed_offsets(texts: Sequence[str], stamps: list[datetime | None], reasons: list[str]) -> None:
    clocked = [
        (text, stamp)
        for text, stamp in zip(texts, stamps, strict=True)
        if stamp is not None and stamp.time() != datetime.min.time()
    ]
    offsets = {stamp.utcoffset() for _, stamp in clocked}
    if len(offsets) < 2 or _are_summer_and_winter(clocked, offsets):
        return
    for index, stamp in enumerate(stamps):
        if stamp is not None and stamp.tzinfo is not None:
            reasons[index] = "is in another time zone than other times of the column; bring all to one"


def _are_summer_and_winter(clocked: list[tuple[str, datetime]], offsets: set[timedelta | None]) -> bool:
    known = [offset for offset in offsets if offset is not None]
    of_one_place = len(known) == len(offsets) == 2 and abs(known[0] - known[1]) == HOUR
    return of_one_place and not any(text.endswith(("Z", "z")) for text, _ in clocked)


def _refuse_new_year(texts: Sequence[str], reasons: list[str]) -> None:
    """Refuse dates without a year that begin and end one: which year each is in is not known."""
    months = {index: parts[1] for index, text in enumerate(texts) if (parts := _yearless(text))}
    if any(month <= 2 for month in months.values()) and any(month >= 11 for month in months.values()):
        for index in months:
            reasons[index] = "has no year, and the dates go over a New Year"


def _yearless(text: str) -> Parts | None:
    parts = _split_date(text, "dmy")
    return parts if parts and not parts[0] else None
