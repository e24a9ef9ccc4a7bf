"""Text that no spreadsheet takes for a formula."""

import pandas as pd

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell must not begin with (OWASP, CSV injection); the wide forms are read as the narrow ones."""

GUARD = "'"
"""Stands before such a cell; spreadsheets show the text that follows it."""


def guard_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before every text and name that a spreadsheet would calculate.

    Numbers and times stay as they are, also below zero: only text can hold a formula.
    """
    texts = {name: frame[name].map(guarded) for name in frame.columns if _is_text(frame[name])}
    return frame.assign(**texts).rename(columns=lambda name: guarded(name))


def guarded(cell: object) -> object:
    """One cell, with the guard where it needs it.

    >>> guarded("=1+1"), guarded("ferritin"), guarded(-5.0)
    ("'=1+1", 'ferritin', -5.0)
    """
    return GUARD + cell if isinstance(cell, str) and cell.startswith(STARTS) else cell


def _is_text(column: pd.Series) -> bool:
    return column.dtype.kind not in "fiubM"
