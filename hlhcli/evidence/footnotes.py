"""What a reader of a table must see of the evidence beside the numbers."""

import numpy as np
import pandas as pd

ALREADY = {"already falling": -1, "already rising": 1}


def with_footnotes(weighed: pd.DataFrame) -> pd.DataFrame:
    """The changes with two reasons added to ``note``, for tables; other frames pass unchanged.

    They are the events that may have changed a compared value, and a course that had gone the
    way of the change before the start.
    """
    if not {"disturbed", "trend_before"} <= set(weighed.columns):
        return weighed
    direction = np.sign(weighed["delta"].fillna(0.0))
    same_way = (direction != 0) & (weighed["trend_before"].map(ALREADY) == direction)
    trend = np.where(same_way, weighed["trend_before"] + " before the start", "")
    notes = zip(weighed["note"], weighed["disturbed"], trend, strict=True)
    joined = ["; ".join(filter(None, parts)) for parts in notes]
    return weighed.assign(note=pd.Series(joined, index=weighed.index, dtype="str"))
