"""Small frames for the tests, written out as the values that matter."""

import pandas as pd

from hlhcli.frames import INTERVENTIONS, SERIES


def times(values):
    """Dates and date-times from ISO text, day numbers from numbers."""
    if all(value is None or isinstance(value, str) for value in values):
        return pd.Series(pd.array(values, dtype="datetime64[us]"))
    return pd.Series(values, dtype="float64")


def series(rows, **columns):
    """A series frame from (time, value) pairs of one marker; `columns` gives the rest."""
    frame = pd.DataFrame(
        {
            "subject": "",
            "marker": "D-dimer",
            "time": times([time for time, _ in rows]),
            "value": pd.Series([value for _, value in rows], dtype="float64"),
            "bound": "",
            "unit": "mg/L",
            "reference_low": float("nan"),
            "reference_high": float("nan"),
            "placement": "",
            "row": range(2, len(rows) + 2),
        }
    )
    text = dict.fromkeys(("subject", "marker", "bound", "unit", "placement"), "str")
    return frame.assign(**columns).astype(text)[list(SERIES)]


def interventions(rows, **columns):
    """An interventions frame from (name, start) or (name, start, stop) tuples."""
    rows = [(*row, None)[:3] for row in rows]
    start, stop = times([row[1] for row in rows]), [row[2] for row in rows]
    frame = pd.DataFrame(
        {
            "subject": "",
            "intervention": pd.Series([row[0] for row in rows], dtype="str"),
            "start": start,
            "stop": times(stop) if any(stop) else pd.Series(stop).astype(start.dtype),
            "dose": "",
            "route": "",
            "note": "",
        }
    )
    text = dict.fromkeys(("subject", "intervention", "dose", "route", "note"), "str")
    return frame.assign(**columns).astype(text)[list(INTERVENTIONS)]
