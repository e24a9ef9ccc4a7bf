"""A batch of whole subjects: from numbers and codes, or any frames, to the changes that users see."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hlhcli.analysis import Analysis, analyze_batch
from hlhcli.frames import SERIES
from hlhcli.keys import number
from hlhcli.measures import rounded
from hlhcli.stream.decisions import Cells, Moments
from hlhcli.stream.encode import is_text
from hlhcli.study import Whole
from hlhcli.texts import coded, to_frame
from hlhcli.times import MISSING, from_instants


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
    frames = series.reset_index(drop=True), treated.reset_index(drop=True)
    return analyze_batch(*frames, analysis, whole=whole)


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


def with_names(found: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """The changes with the names of subjects in place of their places."""
    place, first = number([found["subject"].to_numpy()])
    own = coded(names[found["subject"].to_numpy()[first]], place)
    return found.assign(subject=to_frame({"subject": own})["subject"])
