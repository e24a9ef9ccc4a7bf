"""Records of a drug to courses: doses and renewals that follow one another are one intervention."""

import numpy as np
import pandas as pd

from hlhcli.times import MISSING, from_instants, instants, parse_duration


def join_courses(interventions: pd.DataFrame, gap: str) -> pd.DataFrame:
    """Interventions in which records of one drug at most ``gap`` apart are one course.

    The gap runs from the latest stop so far (the start, where no stop is known) to the next
    start in the same subject. A course has the first record's start, dose, route and note,
    and the latest stop; where none of its records has a stop and there are several, the last
    start stands for it. ``gap`` is a duration such as ``30d``.
    """
    frame = interventions.sort_values(["subject", "intervention", "start"], kind="stable", ignore_index=True)
    start, stop = instants(frame["start"]), instants(frame["stop"])
    end = pd.Series(np.where(stop == MISSING, start, stop))
    drug = frame.groupby(["subject", "intervention"], sort=False).ngroup()
    until = end.groupby(drug).cummax()
    follows = drug.eq(drug.shift()) & (start - until.shift(fill_value=0) <= parse_duration(gap))
    course = (~follows).cumsum()
    is_single = course.groupby(course).transform("size") == 1
    last = until.groupby(course).transform("last").to_numpy()
    joined = frame.assign(stop=from_instants(np.where(is_single, stop, last), frame["stop"]))
    return joined[~follows].sort_values(["subject", "start"], kind="stable", ignore_index=True)
