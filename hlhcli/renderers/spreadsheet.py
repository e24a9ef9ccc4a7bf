"""Tables for a spreadsheet: text in them is never run as a formula."""

import pandas as pd

from hlhcli.formulas import guard
from hlhcli.renderers.machine import to_csv, to_tsv


def to_safe_csv(frame: pd.DataFrame) -> str:
    """Comma-separated text with the formulas guarded."""
    return to_csv(guard_formulas(frame))


def to_safe_tsv(frame: pd.DataFrame) -> str:
    """Tab-separated text with the formulas guarded."""
    return to_tsv(guard_formulas(frame))


def guard_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with each heading and text cell as `hlhcli.formulas.guard` has it; numbers as they are.

    A missing cell stays missing. `hlhcli.readers` read the guarded texts back as they were.
    """
    guarded = {guard(str(name)): _guard_column(column) for name, column in frame.items()}
    return pd.DataFrame(guarded, index=frame.index)


def _guard_column(column: pd.Series) -> pd.Series:
    if column.dtype.kind in "biufMm":
        return column
    texts = {text: guard(text) for text in column.unique() if isinstance(text, str)}
    changed = {text: safe for text, safe in texts.items() if safe != text}
    return column.replace(changed) if changed else column
