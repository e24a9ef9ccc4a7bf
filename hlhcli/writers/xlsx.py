"""An Excel workbook: the sheet ``labs``, and the sheet ``interventions``."""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.times import is_calendar
from hlhcli.writers.parts import MAIN, Files, moments
from hlhcli.writers.tidy import interventions_table, labs_table

FIRST_DAY = date(1900, 3, 1)
"""Excel takes 1900 for a leap year: its earlier dates are off by one."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
NUMBERS = ("value", "reference_low", "reference_high", "day", "start_day", "stop_day")
TIMES = ("time", "start", "stop")


def files(series: pd.DataFrame, interventions: pd.DataFrame | None) -> Files:
    """One workbook; numbers, dates and date-times are typed cells, limits (``>40000``) are text."""
    openpyxl = library("openpyxl", "xlsx", "writing an Excel workbook")
    book = openpyxl.Workbook()
    book.remove(book.active)
    _add_sheet(book, "labs", labs_table(series), {"time": series["time"]})
    if interventions is not None:
        times = {name: interventions[name] for name in ("start", "stop")}
        _add_sheet(book, "interventions", interventions_table(interventions), times)
    content = io.BytesIO()
    book.save(content)
    return {MAIN: content.getvalue()}


def _add_sheet(book: Any, name: str, table: pd.DataFrame, times: dict[str, pd.Series]) -> None:  # noqa: ANN401
    sheet = book.create_sheet(name)
    sheet.append(list(table.columns))
    sheet.freeze_panes = "A2"
    for place, column in enumerate(table.columns, 1):
        typed = moments(times[column]) if column in times and is_calendar(times[column]) else None
        for row, text in enumerate(table[column].tolist(), 2):
            _fill(sheet.cell(row, place), _typed(column, text, typed, row - 2))


def _typed(column: str, text: str, typed: Sequence[date | datetime | None] | None, row: int) -> object:
    if text == "":
        return None
    if typed is not None:
        moment = typed[row]
        return moment if _is_exact(moment) else text
    if column in NUMBERS and text[0] not in "<>":
        return float(text)
    return text


def _is_exact(moment: date | datetime | None) -> bool:
    """True where Excel's day count keeps the time: from 1900 on, to the second."""
    day = moment.date() if isinstance(moment, datetime) else moment
    return day is not None and day >= FIRST_DAY and not (isinstance(moment, datetime) and moment.microsecond)


def _fill(cell: Any, value: object) -> None:  # noqa: ANN401 - openpyxl's cell
    if isinstance(value, str) and CONTROL.search(value):
        raise HlhcliError(f"xlsx cannot hold the control character in the text {value!r}")
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # "=1+1" is a name here, never a formula
    elif isinstance(value, float):
        cell._value = repr(value)  # openpyxl would write 16 digits, and a double may need 17
    elif isinstance(value, date):
        cell.number_format = "yyyy-mm-dd hh:mm:ss" if isinstance(value, datetime) else "yyyy-mm-dd"
