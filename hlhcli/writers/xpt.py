"""SAS transport files (version 5) in the shape of CDISC ADaM ADLB and ADSL."""

import tempfile
from pathlib import Path

import pandas as pd

from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.writers.adam import LABELS, adlb, adsl
from hlhcli.writers.parts import BESIDE, MAIN, Files, moments

LONGEST_TEXT = 200
SMALLEST, LARGEST = 1e-70, 1e70
"""Well inside the range of the format's numbers, which have 56 bits and so keep every double."""


def files(series: pd.DataFrame, interventions: pd.DataFrame | None) -> Files:
    """The labs, and the treatments beside them."""
    labs = {MAIN: _to_bytes(adlb(series), "ADLB")}
    return labs if interventions is None else labs | {BESIDE: _to_bytes(adsl(interventions), "ADSL")}


def _to_bytes(table: pd.DataFrame, name: str) -> bytes:
    pyreadstat = library("pyreadstat", "xpt", "writing a SAS transport file")
    for column in table:
        _refuse_unfit(str(column), table[column])
    dates = {column: _dates(table[column]) for column in table if column in ("ADT", "TRTSDT", "TRTEDT")}
    labels = [LABELS[str(column)] for column in table]
    with tempfile.TemporaryDirectory() as folder:  # the library writes to a path only
        path = Path(folder) / "data.xpt"
        pyreadstat.write_xport(
            table.assign(**dates), str(path), table_name=name, column_labels=labels, file_format_version=5
        )
        return path.read_bytes()


def _dates(column: pd.Series) -> pd.Series:
    return pd.Series(moments(column), index=column.index, dtype="object")


def _refuse_unfit(name: str, column: pd.Series) -> None:
    """Raise for text that is too long, and numbers that are too large or small, for the format."""
    if column.dtype.kind == "f":
        size = column.abs()
        if ((size > LARGEST) | ((size > 0) & (size < SMALLEST))).any():
            raise HlhcliError(f"xpt cannot hold a number of this size in {name}; convert to parquet or tidy")
    elif column.dtype.kind not in "M":
        longest = max(column, key=lambda text: len(text.encode()), default="")
        if len(longest.encode()) > LONGEST_TEXT:
            raise HlhcliError(f"xpt holds texts of {LONGEST_TEXT} bytes, and {name} has '{longest[:40]}…'")
