"""A batch of whole subjects: from numbers and codes, or any frames, to the changes that users see."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hlhcli.analysis import Analysis, analyze
from hlhcli.frames import SERIES
from hlhcli.measures import rounded
from hlhcli.stream.decisions import Cells, Moments
from hlhcli.stream.encode import is_text
from hlhcli.times import MISSING, from_instants


@dataclass(frozen=True)
class Whole:
    """What holds for the whole input, though a batch of it may not show it."""

    has_fraction: bool = False
    """Whether some day number has a fraction, so that all are exact moments."""
    has_range: bool = False
    """Whether some value has a reference range, so that the columns of ranges are there."""


def changes_of(
    series: pd.DataFrame, interventions: pd.DataFrame, analysis: Analysis, whole: Whole
) -> pd.DataFrame:
    """The changes of a batch of whole subjects: the rows that the whole input gives for them.

    Both frames have the columns of `hlhcli.frames`, with units that are already those of the whole
    input. Subjects are texts where those of the batch sort as those of the whole, or else integers:
    their places in the order of output. Interventions of subjects without labs are left out.
    """
    treated = interventions[interventions["subject"].isin(series["subject"])]
    series = series[series["subject"].isin(treated["subject"])]
    return analyze(_with_witness(series, whole), treated.reset_index(drop=True), analysis)


def _with_witness(series: pd.DataFrame, whole: Whole) -> pd.DataFrame:
    """The series with one row of no subject that has what the whole input has.

    It has no intervention and so no change, but whoever asks the series gets the whole's answer.
    """
    if not (whole.has_fraction or whole.has_range):
        return series.reset_index(drop=True)
    row = series.iloc[:1] if len(series) else _any_row(series)
    fraction = whole.has_fraction and series["time"].dtype.kind == "f"
    limit = 1.0 if whole.has_range else np.nan
    witness = row.assign(
        subject=-1 if series["subject"].dtype.kind == "i" else "\N{NULL}",
        value=1.0,
        bound="",
        reference_low=limit,
        reference_high=limit,
        placement="",
        **({"time": 0.5} if fraction else {}),
    ).astype(series.dtypes.to_dict())
    return pd.concat([series, witness], ignore_index=True)


def _any_row(series: pd.DataFrame) -> pd.DataFrame:
    kinds = {"M": np.datetime64(0, "us"), "f": 1.0, "i": 1}
    row = {name: [kinds.get(column.dtype.kind, "")] for name, column in series.items()}
    return pd.DataFrame(row).astype(series.dtypes.to_dict())


def to_series(records: np.ndarray, cells: Cells, moments: Moments) -> pd.DataFrame:
    """The series frame of some `hlhcli.stream.spill.RECORD`, subjects as their places."""
    code = records["cells"]
    factor = cells.factor[code]
    value = np.where(cells.is_plain[code], records["value"], cells.value[code])
    converted = cells.is_plain[code] & (factor != 1)
    if converted.any():
        value = np.where(converted, rounded(value * factor), value)
    frame = {
        "subject": records["subject"].astype(np.int64),
        "marker": _texts(cells.markers, cells.marker[code]),
        "time": from_instants(read_times(records["time"], moments), moments.like),
        "value": value,
        "bound": _texts(cells.bounds, cells.bound[code]),
        "unit": _texts(cells.units, cells.unit[code]),
        "reference_low": cells.reference_low[code],
        "reference_high": cells.reference_high[code],
        "placement": _texts([""], np.zeros(code.size, dtype=np.int64)),
        "row": records["row"],
    }
    return pd.DataFrame(frame)[list(SERIES)]


def read_times(time: np.ndarray, moments: Moments) -> np.ndarray:
    """Instants, those of texts looked up."""
    odd = is_text(time)
    if not odd.any():
        return time
    return np.where(odd, moments.instant[np.where(odd, time - MISSING, 0)], time)


def _texts(texts: Sequence[str], codes: np.ndarray) -> pd.Categorical:
    """Texts that repeat, each held once; no text is among them."""
    known = pd.Index([*texts, *([] if "" in texts else [""])], dtype="str")
    dtype = pd.CategoricalDtype(known)
    return pd.Categorical.from_codes(codes, dtype=dtype)


def with_names(found: pd.DataFrame, names: pd.api.extensions.ExtensionArray) -> pd.DataFrame:
    """The changes with the names of subjects in place of their places."""
    return found.assign(subject=names.take(found["subject"].to_numpy()))
