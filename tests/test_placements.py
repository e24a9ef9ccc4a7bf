"""Every placement of inferred dates: the exact ranges and counts against plain enumeration."""

import math
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series, times
from hypothesis import given, settings
from hypothesis import strategies as st

from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.changes import changes
from hlhcli.frames import BASELINES, POINTS
from hlhcli.placements import course, splits
from hlhcli.readers import read_interventions, read_series
from hlhcli.times import instants
from hlhcli.windows import positions

RANGES = ["delta", "fold_change", "baseline", "value"]


def enumerated(frame, drugs, marker, **options):
    """The changes of one marker under each placement, one subject per placement."""
    row = frame[(frame["marker"] == marker) & frame["value"].notna()]
    axis = pd.Series(frame["time"].unique())
    where = positions(instants(axis), False, options.get("same_day", "before"))
    axis = axis.iloc[np.argsort(where)].tolist()
    place = row["time"].map({time: number for number, time in enumerate(axis)})
    draws = sorted(place.unique())
    fixed = {draw for draw in draws if (row["placement"][place == draw] != "inferred").any()}
    moved = []
    for chosen in combinations(range(len(axis)), len(draws)):
        if all(old == new for old, new in zip(draws, chosen, strict=True) if old in fixed):
            new = {old: axis[place] for old, place in zip(draws, chosen, strict=True)}
            moved.append(
                row.assign(time=place.map(new), placement="printed", subject=f"{len(moved)}").astype(
                    {"subject": "str", "placement": "str", "time": frame["time"].dtype}
                )
            )
    given = pd.concat(
        [drugs.assign(subject=f"{number}").astype({"subject": "str"}) for number in range(len(moved))]
    )
    return changes(pd.concat(moved), given, **options).assign(
        based=lambda table: ~table["note"].str.contains("no value before the start"),
        found=lambda table: ~table["note"].str.contains("no value in the window"),
    )


def hull(rows, name):
    """The lowest and the highest of an interval; an end that is open is missing."""
    low, high = rows[f"{name}_low"].fillna(-math.inf).min(), rows[f"{name}_high"].fillna(math.inf).max()
    return [end if math.isfinite(end) else math.nan for end in (low, high)]


def sign(row):
    if row.delta_low > 0:
        return 1
    return -1 if row.delta_high < 0 else 0 if row.delta_low == row.delta_high == 0 else None


def assert_the_same(got, rows):
    """One row of changes with inferred dates against the rows of all its placements."""
    both = rows[rows["based"] & rows["found"]]
    ratio = both[~both["note"].str.contains("baseline is 0")]
    for name, part in zip(RANGES, (both, ratio, rows[rows["based"]], rows[rows["found"]]), strict=True):
        stated = [got[f"{name}_low"], got[f"{name}_high"]]
        expected = hull(part, name) if len(part) else [math.nan, math.nan]
        assert stated == pytest.approx(expected, rel=1e-11, abs=1e-11, nan_ok=True), name
    declared = sign(got_declared(got))
    signs = [sign(row) for row in both.itertuples()]
    if declared is None:
        assert pd.isna(got["same_sign"])
    else:
        assert got["same_sign"] == signs.count(declared)


def got_declared(got):
    return got["declared"]


DAYS = [f"2020-01-{day:02}" for day in range(1, 10)]
SLOTS = sorted([*DAYS, "2020-01-04T09:00", "2020-01-04T15:00", "2020-01-06T09:00"])
VALUES = st.sampled_from([0.0, -1.5, 2.0, 2.5, 7.25, 0.1, 0.3, 1e6])
DRAWS = st.lists(
    st.tuples(
        st.sampled_from(SLOTS),
        VALUES,
        st.sampled_from(["", "", "", "<", ">"]),
        st.sampled_from(["inferred"] * 3 + ["text"]),
    ),
    min_size=1,
    max_size=5,
)
STARTS = st.lists(st.sampled_from([*DAYS, "2020-01-04T12:00"]), min_size=1, max_size=3, unique=True)
OPTIONS = st.fixed_dictionaries(
    {
        "baseline": st.sampled_from(BASELINES),
        "same_day": st.sampled_from(["before", "after"]),
        "until": st.sampled_from(["next", "end"]),
        "before": st.sampled_from([None, None, "1d", "3d"]),
        "after": st.sampled_from([None, None, "2d"]),
    }
)


def two_markers(draws, others):
    frame = series(
        [(slot, value) for slot, value, _, _ in draws],
        bound=[bound for _, _, bound, _ in draws],
        placement=[placement for *_, placement in draws],
    )
    return pd.concat([frame, series([(slot, 1.0) for slot in others], marker="Hb")], ignore_index=True)


@settings(max_examples=150, deadline=None)
@given(draws=DRAWS, others=st.lists(st.sampled_from(SLOTS), max_size=8), starts=STARTS, options=OPTIONS)
def test_ranges_and_counts_are_those_of_all_placements_one_by_one(draws, others, starts, options):
    frame, drugs = two_markers(draws, others), interventions([(start, start) for start in starts])
    points = POINTS[:-1]

    result = changes(frame, drugs, at=points, **options)
    declared = changes(frame.assign(placement="").astype({"placement": "str"}), drugs, at=points, **options)
    every = enumerated(frame, drugs, "D-dimer", at=points, **options)

    result = result.assign(declared=list(declared.itertuples()))
    for _, got in result[result["marker"] == "D-dimer"].iterrows():
        rows = every[(every["intervention"] == got["intervention"]) & (every["at"] == got["at"])]
        moves = (frame["placement"] == "inferred").any()
        assert got["placements"] == (len(rows) if moves else 1)
        assert_the_same(got, rows)
