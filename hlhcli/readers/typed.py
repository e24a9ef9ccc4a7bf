"""Typed cells to text: what a spreadsheet, Parquet, a database or SAS holds, as a CSV would."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from hlhcli.readers.delimited import Table


def cell_text(value: object) -> str:
    """Text of one typed value; nothing, and a number that is none, is the empty text.

    >>> cell_text(2440.0), cell_text(datetime(2004, 11, 29)), cell_text(None)
    ('2440', '2004-11-29', '')
    """
    if value is None or value != value:  # NaN and NaT differ from themselves
        return ""
    if isinstance(value, datetime):
        return _datetime_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return _float_text(float(value) + 0.0)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value).strip()


def table_of(
    name: str,
    header: Sequence[object],
    columns: Iterable[Iterable[object]],
    *,
    place: str = "row",
    first: int = 1,
) -> Table:
    """A table of text from columns of typed values; rows are counted from ``first``."""
    texts = [[cell_text(value) for value in column] for column in columns]
    count = len(texts[0]) if texts else 0
    lines = list(range(first, first + count))
    return Table(name, [cell_text(cell) for cell in header], texts, lines, place=place)


def make_table(
    name: str, place: str, header: Sequence[str], rows: Sequence[Sequence[str]], lines: list[int]
) -> Table:
    """A table from rows of text."""
    columns = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    return Table(name, list(header), columns, lines, place=place)


def _float_text(value: float) -> str:
    """Shortest text of the same double; small numbers without an exponent, as day numbers need it."""
    text = repr(value).removesuffix(".0")
    return f"{Decimal(text):f}" if "e-" in text and abs(value) > 1e-9 else text


def _datetime_text(value: datetime) -> str:
    """ISO text; midnight is a date whose time of day is not known (`hlhcli.times`)."""
    if value.time() == time.min and value.tzinfo is None:
        return value.date().isoformat()
    return value.isoformat()
