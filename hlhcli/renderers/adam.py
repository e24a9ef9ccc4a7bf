"""The names of the CDISC Analysis Data Model (ADaM) for the columns of `changes`.

Names follow the ADaM Basic Data Structure (Implementation Guide 1.3, section 3.3). Every
name has at most eight characters, so that the frame fits a SAS transport file.
"""

import numpy as np
import pandas as pd

from hlhcli.times import DAY, MISSING, day_of, instants, is_calendar

NAMES = {
    "subject": "USUBJID",
    "marker": "PARAM",
    "unit": "AVALU",  # no standard name: ADaM writes the unit into PARAM
    "intervention": "TRTA",
    "at": "AVISIT",
    "baseline": "BASE",
    "value": "AVAL",
    "day": "ADY",
    "delta": "CHG",
    "percent_change": "PCHG",
    "fold_change": "R2BASE",
    "log2_fold_change": "LOG2R2B",  # no standard name: ADaM has the ratio only
    "n_before": "NBEFORE",  # no standard name: ADaM keeps the records, not their count
    "n_after": "NAFTER",  # as NBEFORE
    "baseline_range": "BNRIND",
    "value_range": "ANRIND",
    "shift": "SHIFT1",
    "times_lower_limit": "R2ANRLO",
    "times_upper_limit": "R2ANRHI",
    "note": "ANOTE",  # no standard name: reasons stand in the metadata
    "delta_low": "CHGLO",  # no standard name, as the following: ADaM knows no intervals
    "delta_high": "CHGHI",
    "fold_change_low": "R2BLO",
    "fold_change_high": "R2BHI",
    "baseline_low": "BASELO",
    "baseline_high": "BASEHI",
    "value_low": "AVALLO",
    "value_high": "AVALHI",
    "placements": "NPLACE",
    "same_sign": "NSAMESGN",
    "baseline_rule": "BASETYPE",
}

TIME_NAMES = {  # for dates, for times with a clock, for day numbers
    "start": ("TRTSDT", "TRTSDTM", "TRTSDAY"),
    "baseline_time": ("BASEDT", "BASEDTM", "BASEDAY"),  # no standard name: the ABLFL record has it
    "time": ("ADT", "ADTM", "ATIMEDAY"),
}
"""Day numbers have no standard name: ADaM knows dates, and days from the treatment start."""

DERIVATIONS = {"nadir": "MINIMUM", "peak": "MAXIMUM", "mean": "AVERAGE", "median": "MEDIAN"}
"""DTYPE of each response point; empty for values as observed."""


def to_adam(changes: pd.DataFrame) -> pd.DataFrame:
    """`changes` with ADaM names; columns that are not in the map keep theirs.

    ``ADY`` is computed anew, because ADaM has no day 0: whole days from start to value, plus
    one on or after the start. ``DTYPE`` follows ``AVISIT`` and says how a value was derived.
    """
    times = {name: names[_kind(changes[name])] for name, names in TIME_NAMES.items()}
    adam = changes.assign(at=changes["at"].str.upper(), day=_study_day(changes["time"], changes["start"]))
    adam = _in_capitals(adam).rename(columns=NAMES | times)
    derived = changes["at"].map(DERIVATIONS).fillna("").astype("str")
    adam.insert(list(adam.columns).index("AVISIT") + 1, "DTYPE", derived)
    return adam


def _in_capitals(changes: pd.DataFrame) -> pd.DataFrame:
    """LOW, NORMAL and HIGH as controlled terminology has them; a shift is ``HIGH to NORMAL``."""
    words = [name for name in ("baseline_range", "value_range", "shift") if name in changes]
    return changes.assign(**{name: changes[name].str.upper().str.replace(" TO ", " to ") for name in words})


def _kind(times: pd.Series) -> int:
    """Place in `TIME_NAMES`: 0 for dates, 1 where any has a clock time, 2 for day numbers."""
    if not is_calendar(times):
        return 2
    moments = instants(times)
    return int((moments[moments != MISSING] % DAY != 0).any())


def _study_day(times: pd.Series, starts: pd.Series) -> pd.Series:
    time, start = instants(times), instants(starts)
    known = (time != MISSING) & (start != MISSING)
    days = (day_of(np.where(known, time, 0)) - day_of(np.where(known, start, 0))) // DAY
    return pd.Series(days + (days >= 0), index=times.index, dtype="Int64").where(known)
