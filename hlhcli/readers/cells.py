"""Columns of cells to arrays: results, limits and times."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli.readers.dates import parse_stamps, read_iso, to_instant
from hlhcli.readers.day_labels import is_open_hyphen, read_day
from hlhcli.readers.plain import plain_numbers, plain_text
from hlhcli.reading import DEFAULT, ReadingOptions


class Complaint(NamedTuple):
    """One cell that cannot be used: its place in the column, its text, and what is wrong."""

    row: int
    text: str
    reason: str
    fix: str = ""
    """The option that would help, where there is one for this very cell."""


class Results(NamedTuple):
    """A column of results: arrays of the column's length, and the cells that gave no number."""

    values: np.ndarray
    bounds: np.ndarray
    units: np.ndarray
    """The unit inside the cell, or ``""``."""
    wrong: list[Complaint]
    unused: list[Complaint]
    """Cells that say that there is no number."""
    commas: Sequence[Complaint] = ()
    """Cells whose comma was read as the decimal mark."""


def parse_results(cells: Sequence[str], decimal: str | None = None, marks: Collection[str] = ()) -> Results:
    """Results as people type them (`hlhcli.readers.results`); empty is NaN.

    ``marks`` are the decimal marks that other cells of the file cannot do without.
    """
    codes, texts = distinct(cells)
    numbers = None if "comma" in (decimal, *marks) else plain_numbers(texts)
    if numbers is None:
        return _typed_results(cells, (codes, texts), decimal, marks)
    none = np.full(len(cells), "", dtype=object)
    return Results(np.array(numbers, dtype=float)[codes], none, none, [], [])


def _typed_results(
    cells: Sequence[str], coded: tuple[np.ndarray, list[str]], decimal: str | None, marks: Collection[str]
) -> Results:
    """Results of which some are more than a plain number; ``coded`` is the column as `distinct` has it."""
    from hlhcli.readers.numbers import has_decimal_comma
    from hlhcli.readers.results import read_results

    codes, texts = coded
    found = read_results(texts, decimal, marks)
    wrong = [result.problem for result in found]
    unused = [result.meaning for result in found]
    commas = [
        f"is read as {result.value:.15g}" if has_decimal_comma(result.number, result.value) else ""
        for result in found
    ]
    return Results(
        values=np.array([result.value for result in found], dtype=float)[codes],
        bounds=np.array([result.bound for result in found], dtype=object)[codes],
        units=np.array([result.unit for result in found], dtype=object)[codes],
        wrong=_complaints(cells, codes, wrong),
        unused=_complaints(cells, codes, unused),
        commas=_complaints(cells, codes, commas),
    )


def parse_values(
    cells: Sequence[str], decimal: str | None = None, marks: Collection[str] = ()
) -> tuple[np.ndarray, np.ndarray, list[Complaint]]:
    """Numbers, bounds (``<``, ``>`` or ``""``) and the cells that are neither; empty is NaN.

    >>> values, bounds, _ = parse_values(["24.31", ">40000", ""])
    >>> values.tolist(), bounds.tolist()
    ([24.31, 40000.0, nan], ['', '>', ''])
    """
    results = parse_results(cells, decimal, marks)
    odd = [index for index, unit in enumerate(results.units) if unit]
    wrong = results.wrong + [Complaint(index, cells[index], "is not a number") for index in odd]
    return results.values, results.bounds, wrong


def are_numbers(cells: Sequence[str]) -> bool:
    """True where every cell that is not empty is a plain number, and not a date such as 20041129."""
    filled = {cell for cell in cells if cell}
    return bool(filled) and all((day := read_day(cell)) is not None and not day[1] for cell in filled)


def parse_times(
    cells: Sequence[str], order: str | None, year: int | None = None
) -> tuple[np.ndarray, list[Complaint]]:
    """Dates and date-times as ``datetime64[us]``; empty is NaT.

    ISO dates, year/month/day, dates with the month's name, and numeric dates in the ``order``
    that is given (``dmy``, ``mdy``) or that the column itself proves (a part above 12). Dates
    without a year are those of ``year``. Times are as the clock on the wall showed them
    (`hlhcli.readers.dates` has the rule for offsets from UTC).
    """
    codes, texts = distinct(cells)
    stamps, reasons = parse_stamps([plain_text(text) for text in texts], order, year)
    values = np.array([to_instant(stamp) for stamp in stamps], dtype="datetime64[us]")
    return values[codes], _complaints(cells, codes, reasons)


def parse_moments(
    cells: Sequence[str], options: ReadingOptions = DEFAULT
) -> tuple[pd.Series, list[Complaint]]:
    """Dates and date-times, or day numbers where the labels count days; empty is missing.

    Labels that ``options.times`` gives a day or a date are read as that. The kind that most
    labels have is the column's; the others, and labels that are no time, are complaints.
    """
    codes, texts = distinct(cells)
    if not options.times and (plain_moments := read_iso(texts)) is not None:
        return pd.Series(plain_moments[codes]), []
    given = {label_key(label): time for label, time in options.times.items()}
    plain = [given.get(label_key(text), plain_text(text)) for text in texts]
    days = [read_day(text) for text in plain]
    stamps, reasons = parse_stamps(plain, options.dates, options.year)
    counted = sum(day is not None for day in days)
    if counted and counted >= sum(stamp is not None for stamp in stamps):
        values, reasons = _as_days(plain, days, stamps)
        moments = pd.Series(values[codes], dtype="float64")
    else:
        pairs = zip(days, reasons, strict=True)
        reasons = ["counts days, while others are dates" if day else reason for day, reason in pairs]
        moments = pd.Series(np.array([to_instant(stamp) for stamp in stamps], dtype="datetime64[us]")[codes])
    wrong = _complaints(cells, codes, reasons)
    return moments, [item._replace(fix=_fix(item)) for item in wrong]


def label_key(label: str) -> str:
    """A label without regard to case and the number of blanks."""
    return " ".join(plain_text(label).split()).casefold()


def _as_days(
    plain: list[str], days: list[tuple[float, str] | None], stamps: list[datetime | None]
) -> tuple[np.ndarray, list[str]]:
    """Day numbers, and the reason for each text that is none or counts other days than the rest."""
    counted = [day[1] for day in days if day and day[1]]
    first = counted[0] if counted else ""
    reasons = []
    for text, day, stamp in zip(plain, days, stamps, strict=True):
        if day is None:
            date = "is a date, while others are day numbers"
            reasons.append(date if stamp is not None else _why_no_day(text))
        else:
            other = day[1] not in ("", first)
            reasons.append(f"counts {day[1]}s, while others count {first}s" if other else "")
    return np.array([np.nan if day is None else day[0] for day in days], dtype=float), reasons


def _why_no_day(text: str) -> str:
    if not text:
        return ""
    return "can be before or after day 0" if is_open_hyphen(text) else "is no time"


def _fix(item: Complaint) -> str:
    """How to give a label its time; some reasons name an option of their own."""
    return "" if "--" in item.reason else f'--time "{item.text}=…"'


def distinct(cells: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Each text once, and the place among them of every cell's text."""
    codes, texts = pd.factorize(np.array(cells, dtype=object))
    return codes, list(texts)


def _complaints(cells: Sequence[str], codes: np.ndarray, reasons: Sequence[str]) -> list[Complaint]:
    """One complaint for every cell whose text has a reason."""
    bad = np.array([reason != "" for reason in reasons], dtype=bool)
    return [Complaint(i, cells[i], reasons[codes[i]]) for i in np.flatnonzero(bad[codes]).tolist()]
