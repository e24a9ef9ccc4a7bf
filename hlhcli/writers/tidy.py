"""Tidy CSV or TSV: one row per value, as `hlhcli.readers` takes it."""

import pandas as pd

from hlhcli.renderers.machine import to_delimited
from hlhcli.times import is_calendar
from hlhcli.writers.parts import BESIDE, MAIN, Files, is_filled, numbers, time_texts, values


def files(series: pd.DataFrame, interventions: pd.DataFrame | None, separator: str = ",") -> Files:
    """The labs, and the interventions beside them."""
    labs = {MAIN: to_delimited(labs_table(series), separator).encode()}
    if interventions is None:
        return labs
    return labs | {BESIDE: to_delimited(interventions_table(interventions), separator).encode()}


def labs_table(series: pd.DataFrame) -> pd.DataFrame:
    """The series as text; subject, ranges and placement only where there are any."""
    columns = {
        "subject": series["subject"].tolist(),
        "marker": series["marker"].tolist(),
        "time" if is_calendar(series["time"]) else "day": time_texts(series["time"]),
        "value": values(series),
        "unit": series["unit"].tolist(),
        "reference_low": numbers(series["reference_low"]),
        "reference_high": numbers(series["reference_high"]),
        "placement": series["placement"].tolist(),
    }
    optional = ("subject", "reference_low", "reference_high", "placement")
    empty = [name for name in optional if not is_filled(series[name])]
    return pd.DataFrame({name: cells for name, cells in columns.items() if name not in empty}, dtype="str")


def interventions_table(interventions: pd.DataFrame) -> pd.DataFrame:
    """The interventions as text; columns other than the name and the start only where filled."""
    suffix = "" if is_calendar(interventions["start"]) else "_day"
    columns = {
        "subject": interventions["subject"].tolist(),
        "intervention": interventions["intervention"].tolist(),
        f"start{suffix}": time_texts(interventions["start"]),
        f"stop{suffix}": time_texts(interventions["stop"]),
        "dose": interventions["dose"].tolist(),
        "route": interventions["route"].tolist(),
        "note": interventions["note"].tolist(),
    }
    required = ("intervention", f"start{suffix}")
    return pd.DataFrame(
        {name: cells for name, cells in columns.items() if name in required or any(cells)}, dtype="str"
    )
