"""Every placement of inferred dates: the exact ranges and counts against plain enumeration."""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series
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
    kept = [
        chosen
        for chosen in combinations(range(len(axis)), len(draws))
        if all(old == new for old, new in zip(draws, chosen, strict=True) if old in fixed)
    ]
    draw = place.map({old: number for number, old in enumerate(draws)}).to_numpy()
    moved = row.iloc[np.tile(np.arange(len(row)), len(kept))].assign(
        time=pd.Series(axis, dtype=frame["time"].dtype).to_numpy()[np.array(kept)[:, draw].ravel()],
        placement="printed",
        subject=np.repeat([f"{number}" for number in range(len(kept))], len(row)),
    )
    given = drugs.iloc[np.tile(np.arange(len(drugs)), len(kept))].assign(
        subject=np.repeat([f"{number}" for number in range(len(kept))], len(drugs))
    )
    text = {"subject": "str", "placement": "str"}
    return changes(moved.astype(text), given.astype({"subject": "str"}), **options).assign(
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


def assert_the_same(got, declared, rows):
    """One row of changes with inferred dates against the rows of all its placements."""
    both = rows[rows["based"] & rows["found"]]
    ratio = both[~both["note"].str.contains("baseline is 0")]
    for name, part in zip(RANGES, (both, ratio, rows[rows["based"]], rows[rows["found"]]), strict=True):
        stated = [got[f"{name}_low"], got[f"{name}_high"]]
        expected = hull(part, name) if len(part) else [math.nan, math.nan]
        assert stated == pytest.approx(expected, rel=1e-11, abs=1e-11, nan_ok=True), name
    declared = sign(declared)
    signs = [sign(row) for row in both.itertuples()]
    if declared is None:
        assert pd.isna(got["same_sign"])
    else:
        assert got["same_sign"] == signs.count(declared)


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


def declared_only(frame):
    return frame.assign(placement="printed").astype({"placement": "str"})


@settings(max_examples=40, deadline=None)
@given(draws=DRAWS, others=st.lists(st.sampled_from(SLOTS), max_size=8), starts=STARTS, options=OPTIONS)
def test_ranges_and_counts_are_those_of_all_placements_one_by_one(draws, others, starts, options):
    frame, drugs = two_markers(draws, others), interventions([(start, start) for start in starts])
    points = POINTS[:-1]

    result = changes(frame, drugs, at=points, **options)
    declared = changes(declared_only(frame), drugs, at=points, **options)
    every = enumerated(frame, drugs, "D-dimer", at=points, **options)

    for got, here in zip(result.to_dict("records"), declared.itertuples(), strict=True):
        if got["marker"] == "D-dimer":
            rows = every[(every["intervention"] == got["intervention"]) & (every["at"] == got["at"])]
            assert got["placements"] == len(rows)
            assert_the_same(got, here, rows)


@settings(max_examples=25, deadline=None)
@given(
    days=st.lists(st.sampled_from(DAYS), min_size=2, max_size=5, unique=True).map(sorted),
    others=st.lists(st.sampled_from(DAYS), max_size=6),
    start=st.sampled_from(DAYS),
    options=OPTIONS,
    same_day=st.sampled_from(["before", "after", "exclude"]),
)
def test_each_value_is_followed_through_the_placements_in_which_the_window_has_it(
    days, others, start, options, same_day
):
    draws = [(day, 1.5 + number * number, "", "inferred") for number, day in enumerate(days)]
    frame, drugs = two_markers(draws, others), interventions([("drug", start)])
    options = options | {"same_day": same_day, "at": ["each"]}

    result = changes(frame, drugs, **options)
    declared = changes(declared_only(frame), drugs, **options)
    every = enumerated(frame, drugs, "D-dimer", **options)

    for got, here in zip(result.to_dict("records"), declared.itertuples(), strict=True):
        if got["marker"] == "D-dimer" and got["n_after"]:
            rows = every[every["value"] == got["value"]]
            part = rows[rows["based"]]
            stated = [got[f"delta_{end}"] for end in ("low", "high")]
            assert stated == pytest.approx([part["delta"].min(), part["delta"].max()], nan_ok=True)
            if not math.isnan(got["delta"]):
                assert got["same_sign"] == sum(sign(row) == sign(here) for row in part.itertuples())


@settings(max_examples=60, deadline=None)
@given(
    n_dates=st.integers(1, 9),
    data=st.data(),
)
def test_the_ways_of_all_splits_add_up_to_the_number_of_placements(n_dates, data):
    place = sorted(data.draw(st.sets(st.integers(0, n_dates - 1), min_size=1)))
    fixed = data.draw(st.lists(st.booleans(), min_size=len(place), max_size=len(place)))
    cuts = tuple(sorted(data.draw(st.lists(st.integers(0, n_dates), min_size=4, max_size=4))))
    moving = course(list(range(len(place) + 1)), place, fixed, n_dates)
    listed = [
        chosen
        for chosen in combinations(range(n_dates), len(place))
        if all(new == old for new, old, stays in zip(chosen, place, fixed, strict=True) if stays)
    ]

    parted = {
        (before.begin, before.end, after.begin, after.end): before.ways * after.ways
        for split in splits(moving, cuts)
        for before in split.before
        for after in split.after
    }

    assert moving.placements == sum(parted.values()) == len(listed)
    counted = Counter(tuple(sum(date < cut for date in chosen) for cut in cuts) for chosen in listed)
    assert counted == parted


# Table 1, by hand and by listing: its dates are printed, the blanks of its rows are not.


@pytest.fixture(scope="module")
def table1():
    labs = read_series(TABLE1)
    return labs, read_interventions(TABLE1_INTERVENTIONS, labs)


@pytest.fixture(scope="module")
def found(table1):
    return changes(*table1).set_index(["marker", "intervention", "at"])


@pytest.mark.parametrize(
    ("at", "fold"), [("first", 0.1473), ("nadir", 0.006993), ("peak", 0.1596), ("last", 0.01645)]
)
def test_d_dimer_around_anakinra_is_the_same_change_in_all_twelve_placements(found, at, fold):
    row = found.loc[("D-dimer", "anakinra", at)]

    assert (row["placements"], row["same_sign"]) == (12, 12)
    assert row["fold_change_low"] == row["fold_change"] == row["fold_change_high"]
    assert row["delta_low"] == row["delta"] == row["delta_high"]
    assert row["fold_change"] == pytest.approx(fold, rel=1e-3)


@pytest.mark.parametrize(
    ("marker", "placements"),
    [
        ("WBC", 1),
        ("D-dimer", 12),
        ("ESR", 45),
        ("Fibrinogen", 462),
        ("ALT", 55),
        ("AST", 55),
        ("Ferritin", 1),
    ],
)
def test_the_placements_of_each_row_are_those_of_the_readme(found, marker, placements):
    assert set(found.loc[marker]["placements"]) == {placements}


@pytest.mark.parametrize("baseline", BASELINES)
def test_the_rows_of_table_1_agree_with_the_listing_of_their_placements(table1, baseline):
    labs, drugs = table1
    result, declared = (
        changes(frame, drugs, baseline=baseline).set_index("marker") for frame in (labs, declared_only(labs))
    )
    for marker in ("D-dimer", "ESR", "Fibrinogen", "ALT"):
        every = enumerated(labs, drugs, marker, baseline=baseline)
        pairs = zip(result.loc[marker].to_dict("records"), declared.loc[marker].itertuples(), strict=True)
        for got, here in pairs:
            rows = every[(every["intervention"] == got["intervention"]) & (every["at"] == got["at"])]
            assert got["placements"] == len(rows)
            assert_the_same(got, here, rows)


def test_esr_before_anakinra_by_hand(found):
    # 30 and 20 take two of the ten dates before 2005-05-25, of which five lie before anakinra:
    # none before: C(5, 2) = 10; only 30 before: 5 × 5 = 25 (first 20, ×0.67); both: 10 (×0.6).
    first = found.loc[("ESR", "anakinra", "first")]

    assert first["note"] == "baseline date inferred; no baseline in 10 of 45 placements"
    assert (first["fold_change_low"], first["fold_change_high"]) == (0.6, 20 / 30)
    assert first["same_sign"] == 35


def test_placements_that_leave_no_response_are_counted_in_the_note(found):
    # 39.59 is not on 2004-11-26 when it and 24.31 stand on 28 and 29 November: 4 of 12.
    row = found.loc[("D-dimer", "methylprednisolone + cyclosporine", "first")]

    assert row["note"] == "date inferred; no value in the window in 4 of 12 placements"
    assert (row["delta_low"], row["delta_high"], row["same_sign"]) == (14.63, 14.63, 8)


# Edges.


def test_a_marker_that_was_left_out_still_lends_its_dates(table1):
    labs, drugs = table1
    alone = labs[labs["marker"] == "D-dimer"].reset_index(drop=True)

    assert changes(alone, drugs)["placements"].unique().tolist() == [1]
    assert changes(alone, drugs, calendar=labs[["subject", "time"]])["placements"].unique().tolist() == [12]


def test_without_inferred_dates_there_is_one_placement(table1):
    labs, drugs = table1
    frame = changes(declared_only(labs), drugs)

    assert frame["placements"].unique().tolist() == [1]
    assert frame["same_sign"].dropna().unique().tolist() == [1]


def test_counts_beyond_64_bits_are_exact():
    days = [f"2020-{month:02}-{day:02}" for month in range(1, 6) for day in range(1, 29)]
    draws = [(day, 100.0 - number, "", "inferred") for number, day in enumerate(days[:70])]
    frame = changes(two_markers(draws, days), interventions([("drug", days[60])]), at=["last"])
    row = frame.set_index("marker").loc["D-dimer"]

    assert row["placements"] == math.comb(140, 70)
    assert 0 < row["same_sign"] < row["placements"]


def test_values_at_one_time_move_together():
    draws = [("2020-01-02", 5.0, "", "inferred"), ("2020-01-02", 7.0, "", "inferred")]
    frame = changes(two_markers(draws, DAYS[:4]), interventions([("drug", "2020-01-02")]), at=["last"])

    assert frame.set_index("marker").loc["D-dimer", "placements"] == 4


def test_a_value_with_a_known_date_holds_the_others_of_its_time():
    draws = [("2020-01-02", 5.0, "", "inferred"), ("2020-01-02", 7.0, "", "text")]
    frame = changes(two_markers(draws, DAYS[:4]), interventions([("drug", "2020-01-02")]), at=["last"])

    assert frame.set_index("marker").loc["D-dimer", "placements"] == 1


@pytest.mark.parametrize("placement", [["inferred", "text"], ["text", "inferred"]])
def test_of_identical_rows_the_one_with_a_known_date_counts(placement):
    draws = [("2020-01-02", 5.0, "", word) for word in placement]
    frame = changes(two_markers(draws, DAYS[:4]), interventions([("drug", "2020-01-02")]), at=["last"])

    assert set(frame["placements"]) == {1}


def test_each_subject_has_its_own_dates():
    one = two_markers([("2020-01-02", 5.0, "", "inferred")], DAYS[:3]).assign(subject="a")
    two = two_markers([("2020-01-02", 5.0, "", "inferred")], DAYS).assign(subject="b")
    frame = pd.concat([one, two], ignore_index=True).astype({"subject": "str"})
    drugs = pd.concat(
        [interventions([("drug", "2020-01-02")], subject=name) for name in "ab"], ignore_index=True
    )
    found = changes(frame, drugs, at=["last"])

    assert found[found["marker"] == "D-dimer"]["placements"].tolist() == [3, 9]
