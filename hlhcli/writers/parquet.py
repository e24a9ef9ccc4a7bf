"""Parquet: typed columns, limits in a column ``bound`` of their own."""

import io

import pandas as pd

from hlhcli.extras import library
from hlhcli.times import is_calendar
from hlhcli.writers.parts import BESIDE, MAIN, Files, is_filled


def files(series: pd.DataFrame, interventions: pd.DataFrame | None) -> Files:
    """The labs, and the interventions beside them."""
    labs = series.drop(columns="row")
    labs = labs.rename(columns={} if is_calendar(labs["time"]) else {"time": "day"})
    if interventions is None:
        return {MAIN: _to_bytes(labs)}
    suffix = "" if is_calendar(interventions["start"]) else "_day"
    drugs = interventions.rename(columns={name: name + suffix for name in ("start", "stop")})
    return {MAIN: _to_bytes(labs), BESIDE: _to_bytes(drugs)}


def _to_bytes(frame: pd.DataFrame) -> bytes:
    arrow = library("pyarrow", "parquet", "writing Parquet")
    parquet = library("pyarrow.parquet", "parquet", "writing Parquet")
    filled = frame[[name for name in frame if is_filled(frame[name]) or name in ("marker", "value", "unit")]]
    content = io.BytesIO()
    parquet.write_table(arrow.Table.from_pandas(filled, preserve_index=False), content)
    return content.getvalue()
