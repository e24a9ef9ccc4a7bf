"""Changes around interventions: rules, edges and invariants on literal frames."""

import math

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from hlhcli.changes import changes
from hlhcli.errors import HlhcliError
from hlhcli.frames import BASELINES, CHANGES, POINTS

DRUG = interventions([("drug", "2020-01-10")])
COURSE = series(
    [
        ("2020-01-01", 8.0),
        ("2020-01-05", 2.0),
        ("2020-01-08", 4.0),
        ("2020-01-11", 6.0),
        ("2020-01-12", 1.0),
        ("2020-01-15", 9.0),
        ("2020-01-20", 3.0),
    ]
)


def one(frame, **want):
    rows = frame
    for column, value in want.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_the_columns_are_those_of_the_design_in_their_order():
    assert tuple(changes(COURSE, DRUG).columns) == CHANGES


def test_the_four_points_are_given_by_default_in_their_order():
    assert changes(COURSE, DRUG)["at"].tolist() == ["first", "nadir", "peak", "last"]


@pytest.mark.parametrize(
    ("point", "value", "day"),
    [
        ("first", 6, 1),
        ("nadir", 1, 2),
        ("peak", 9, 5),
        ("last", 3, 10),
        ("mean", 4.75, None),
        ("median", 4.5, None),
    ],
)
def test_each_response_point_is_taken_from_the_values_after_the_start(point, value, day):
    row = changes(COURSE, DRUG, at=[point]).iloc[0]

    assert row["value"] == value
    assert row["day"] == day if day is not None else math.isnan(row["day"])
    assert row["delta"] == value - 4
    assert row["percent_change"] == 100 * (value - 4) / 4
    assert row["fold_change"] == value / 4
    assert row["log2_fold_change"] == pytest.approx(math.log2(value / 4))
    assert (row["n_before"], row["n_after"]) == (3, 4)


def test_each_gives_one_row_for_every_value_after_the_start():
    frame = changes(COURSE, DRUG, at=["each"])

    assert frame["value"].tolist() == [6, 1, 9, 3]
    assert frame["day"].tolist() == [1, 2, 5, 10]


@pytest.mark.parametrize(
    ("rule", "value", "time"),
    [
        ("last", 4, "2020-01-08"),
        ("first", 8, "2020-01-01"),
        ("mean", 14 / 3, None),
        ("median", 4, None),
        ("lowest", 2, "2020-01-05"),
        ("highest", 8, "2020-01-01"),
        ("nearest", 6, "2020-01-11"),
    ],
)
def test_each_baseline_rule_picks_its_value_and_time(rule, value, time):
    row = changes(COURSE, DRUG, at=["last"], baseline=rule).iloc[0]

    assert row["baseline"] == pytest.approx(value)
    assert row["baseline_time"] == pd.Timestamp(time) if time else pd.isna(row["baseline_time"])


def test_a_baseline_taken_after_the_start_takes_no_part_in_the_response():
    frame = changes(COURSE, DRUG, at=["each"], baseline="nearest")

    assert frame["value"].tolist() == [1, 9, 3]
    assert frame["n_after"].tolist() == [3, 3, 3]


def test_nearest_takes_the_earlier_of_two_values_that_are_equally_near():
    near = series([("2020-01-09", 5.0), ("2020-01-11", 7.0)])

    assert changes(near, DRUG, baseline="nearest")["baseline"].iloc[0] == 5


@pytest.mark.parametrize(
    ("same_day", "baseline", "first"),
    [("before", 20.0, 30.0), ("after", 10.0, 20.0), ("exclude", 10.0, 30.0)],
)
def test_same_day_says_what_a_result_of_the_start_day_counts_as(same_day, baseline, first):
    course = series([("2020-01-09", 10.0), ("2020-01-10", 20.0), ("2020-01-11", 30.0)])

    row = changes(course, DRUG, at=["first"], same_day=same_day).iloc[0]

    assert (row["baseline"], row["value"]) == (baseline, first)


@pytest.mark.parametrize("same_day", ["before", "after", "exclude"])
def test_where_both_have_a_clock_time_the_clock_decides(same_day):
    course = series([("2020-01-10T07:00", 10.0), ("2020-01-10T09:00", 20.0)])
    drug = interventions([("drug", "2020-01-10T08:00")])

    row = changes(course, drug, at=["first"], same_day=same_day).iloc[0]

    assert (row["baseline"], row["value"]) == (10, 20)
    assert row["day"] == pytest.approx(1 / 24)


def test_a_result_at_the_very_moment_of_the_start_is_before_it():
    course = series([("2020-01-10T08:00", 10.0), ("2020-01-10T09:00", 20.0)])

    assert changes(course, interventions([("drug", "2020-01-10T08:00")]))["baseline"].iloc[0] == 10


@pytest.mark.parametrize(("same_day", "first"), [("before", 30.0), ("after", 20.0)])
def test_a_date_without_time_follows_same_day_when_the_start_has_a_clock(same_day, first):
    course = series([("2020-01-10T07:00", 10.0), ("2020-01-10", 20.0), ("2020-01-11T07:00", 30.0)])

    row = changes(course, interventions([("drug", "2020-01-10T08:00")]), same_day=same_day).iloc[0]

    assert (row["baseline"], row["value"]) == (10, first)


def test_exclude_is_refused_where_the_order_within_the_start_day_is_not_known():
    course = series([("2020-01-10T07:00", 10.0), ("2020-01-10", 20.0)])

    with pytest.raises(HlhcliError, match=r"D-dimer \(line 3\) has only a date"):
        changes(course, interventions([("drug", "2020-01-10T08:00")]), same_day="exclude")


def test_days_between_a_date_and_a_clock_time_are_whole():
    course = series([("2020-01-09", 1.0), ("2020-01-12T18:00", 2.0)])

    assert changes(course, DRUG)["day"].iloc[0] == 2


def test_a_window_ends_at_the_next_start_and_its_day_is_the_baseline_of_the_next():
    two = interventions([("a", "2020-01-05"), ("b", "2020-01-11")])

    frame = changes(COURSE, two, at=["last"])

    assert one(frame, intervention="a")["value"] == 6
    assert one(frame, intervention="b")["baseline"] == 6


def test_every_value_after_the_first_start_is_in_the_response_of_exactly_one_window():
    many = interventions([("a", "2020-01-05"), ("b", "2020-01-11"), ("c", "2020-01-12")])

    frame = changes(COURSE, many, at=["each"])

    assert sorted(frame["value"].dropna()) == [1, 3, 4, 6, 9]


def test_interventions_that_start_together_share_one_window():
    both = interventions([("a", "2020-01-10"), ("b", "2020-01-10"), ("c", "2020-01-15")])

    frame = changes(COURSE, both, at=["last"])

    assert one(frame, intervention="a")["value"] == one(frame, intervention="b")["value"] == 9


def test_until_stop_closes_the_window_with_the_stop_day():
    drug = interventions([("drug", "2020-01-10", "2020-01-12")])

    assert changes(COURSE, drug, at=["last"], until="stop")["value"].iloc[0] == 1


def test_without_a_stop_date_there_is_no_window_and_the_note_says_so():
    row = changes(COURSE, DRUG, at=["last"], until="stop").iloc[0]

    assert math.isnan(row["value"])
    assert row["note"] == "no stop date: no window; no value in the window"


def test_until_end_runs_past_the_next_start():
    two = interventions([("a", "2020-01-10"), ("b", "2020-01-11")])

    assert one(changes(COURSE, two, at=["last"], until="end"), intervention="a")["value"] == 3


def test_before_and_after_cap_the_spans_with_their_ends_inside():
    row = changes(COURSE, DRUG, at=["last"], baseline="first", before="5d", after="5d").iloc[0]

    assert (row["baseline"], row["value"]) == (2, 9)
    assert (row["n_before"], row["n_after"]) == (2, 3)


def test_day_numbers_work_as_dates_do():
    course = series([(0, 10.0), (3, 20.0), (5, 5.0)])

    row = changes(course, interventions([("drug", 3)]), at=["last"]).iloc[0]

    assert (row["baseline"], row["baseline_time"], row["value"], row["day"]) == (20, 3, 5, 2)


def test_day_numbers_with_a_fraction_are_exact_moments():
    course = series([(0, 10.0), (0.25, 20.0)])

    row = changes(course, interventions([("drug", 0)]), at=["first"]).iloc[0]

    assert (row["baseline"], row["value"], row["day"]) == (10, 20, 0.25)


def test_ties_in_time_are_ordered_by_value_and_noted():
    course = series([("2020-01-09", 7.0), ("2020-01-09", 5.0), ("2020-01-11", 3.0), ("2020-01-11", 1.0)])

    frame = changes(course, DRUG)

    assert one(frame, at="first")["baseline"] == 7
    assert one(frame, at="first")["value"] == 1
    assert one(frame, at="last")["value"] == 3
    assert one(frame, at="first")["note"] == "2 × different results at one time, ordered by value"


def test_identical_rows_collapse_to_one():
    course = series([("2020-01-09", 7.0), ("2020-01-09", 7.0), ("2020-01-11", 3.0)])

    row = changes(course, DRUG).iloc[0]

    assert (row["n_before"], row["n_after"], row["note"]) == (1, 1, "")


def test_the_first_day_is_given_when_the_nadir_is_reached_twice():
    course = series([("2020-01-09", 7.0), ("2020-01-11", 3.0), ("2020-01-12", 4.0), ("2020-01-13", 3.0)])

    assert one(changes(course, DRUG), at="nadir")["day"] == 1


def test_a_baseline_of_zero_has_a_delta_but_no_ratio():
    row = changes(series([("2020-01-09", 0.0), ("2020-01-11", 3.0)]), DRUG).iloc[0]

    assert row["delta"] == 3
    assert row[["percent_change", "fold_change", "log2_fold_change"]].isna().all()
    assert row["note"] == "baseline is 0: no ratio"


def test_percent_change_from_a_negative_baseline_keeps_the_sign_of_the_change():
    row = changes(series([("2020-01-09", -4.0), ("2020-01-11", -2.0)]), DRUG).iloc[0]

    assert row["percent_change"] == 50
    assert row["fold_change"] == 0.5
    assert math.isnan(row["log2_fold_change"])


def test_a_marker_without_values_on_either_side_still_has_its_rows():
    before, after = series([("2020-01-09", 4.0)]), series([("2020-01-12", 4.0)])

    assert changes(before, DRUG)["note"].tolist() == ["no value in the window"] * 4
    assert changes(after, DRUG)["note"].tolist() == ["no value before the start"] * 4


def test_a_marker_without_any_usable_value_still_has_its_rows():
    frame = changes(series([("2020-01-09", float("nan"))]), DRUG, at=["last", "each"])

    assert frame["note"].tolist() == ["no usable value"] * 2
    assert frame["n_after"].tolist() == [0, 0]


def test_no_interventions_give_no_rows_but_all_columns():
    frame = changes(COURSE, DRUG.iloc[:0])

    assert (len(frame), tuple(frame.columns)) == (0, CHANGES)


def test_a_limit_is_never_used_as_a_number():
    course = series([("2020-01-09", 4.0), ("2020-01-11", 40000.0)], bound=["", ">"])

    row = changes(course, DRUG, at=["peak"]).iloc[0]

    assert row[["value", "delta", "percent_change", "fold_change", "log2_fold_change"]].isna().all()
    assert row["time"] == pd.Timestamp("2020-01-11")
    assert row["note"] == "value >40000"


def test_a_limit_above_the_nadir_leaves_the_nadir_certain():
    course = series([("2020-01-09", 4.0), ("2020-01-11", 5.0), ("2020-01-12", 3.0)], bound=["", ">", ""])

    assert changes(course, DRUG, at=["nadir"])["value"].iloc[0] == 3


def test_a_nadir_between_a_value_and_a_limit_is_at_most_the_value():
    course = series([("2020-01-09", 4.0), ("2020-01-11", 3.0), ("2020-01-12", 5.0)], bound=["", "", "<"])

    row = changes(course, DRUG, at=["nadir"]).iloc[0]

    assert math.isnan(row["value"])
    assert pd.isna(row["time"])
    assert row["note"] == "value at most 3"


def test_differences_are_free_of_binary_dust():
    course = series([("2020-01-09", 24.31), ("2020-01-11", 3.58)])

    assert changes(course, DRUG)["delta"].iloc[0] == -20.73
    assert changes(series([("2020-01-09", 9.0), ("2020-01-11", 0.9)]), DRUG)["percent_change"].iloc[0] == -90


def test_subjects_are_sorted_as_numbers_when_all_are_numbers():
    course = pd.concat([COURSE.assign(subject=name) for name in ("10", "9")], ignore_index=True)
    drugs = pd.concat([DRUG.assign(subject=name) for name in ("10", "9")], ignore_index=True)

    assert changes(course, drugs, at=["last"])["subject"].tolist() == ["9", "10"]


def test_each_subject_has_its_own_interventions():
    course = pd.concat([COURSE.assign(subject="a"), COURSE.assign(subject="b")], ignore_index=True)
    drugs = interventions([("x", "2020-01-10"), ("y", "2020-01-15")], subject=["a", "b"])

    frame = changes(course, drugs, at=["first"])

    assert frame["intervention"].tolist() == ["x", "y"]
    assert frame["value"].tolist() == [6, 3]


def test_an_intervention_of_a_subject_without_labs_is_refused():
    with pytest.raises(HlhcliError, match="subject that has no labs: 'b'"):
        changes(COURSE, DRUG.assign(subject="b"))


def test_dates_and_day_numbers_are_not_compared():
    with pytest.raises(HlhcliError, match="the labs have dates but the interventions have day numbers"):
        changes(COURSE, interventions([("drug", 3)]))


@pytest.mark.parametrize("option", ["at", "baseline", "until", "same_day"])
def test_an_unknown_rule_is_refused_with_the_choices(option):
    with pytest.raises(HlhcliError, match=f"{option} cannot be 'x'; choose one of "):
        changes(COURSE, DRUG, **{option: ["x"] if option == "at" else "x"})


# Invariants: they need no source at all.

VALUES = st.one_of(st.none(), st.sampled_from([0.0, -1.5, 2.0, 2.0, 7.25, 1e6]))
ROWS = st.lists(
    st.tuples(st.integers(0, 12), VALUES, st.sampled_from(["", "", "", "<", ">"])), min_size=1, max_size=14
)
STARTS = st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True)


def build(rows, starts, *, shift=0, factor=1.0, subject="", gap=1):
    origin = np.datetime64("2020-01-01") + shift
    frame = series(
        [(str(origin + day * gap), np.nan if value is None else value * factor) for day, value, _ in rows],
        bound=[bound for *_, bound in rows],
        subject=subject,
    )
    return frame, interventions([(f"i{day}", str(origin + day * gap)) for day in starts], subject=subject)


OPTIONS = {
    "baseline": st.sampled_from(BASELINES),
    "same_day": st.sampled_from(["before", "after", "exclude"]),
    "until": st.sampled_from(["next", "stop", "end"]),
}


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, starts=STARTS, options=st.fixed_dictionaries(OPTIONS), seed=st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, starts, options, seed):
    frame, drugs = build(rows, starts)
    mixed = list(range(len(frame)))
    seed.shuffle(mixed)

    assert_frame_equal(
        changes(frame, drugs, at=POINTS, **options),
        changes(frame.iloc[mixed], drugs.iloc[::-1], at=POINTS, **options),
    )


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, starts=STARTS, options=st.fixed_dictionaries(OPTIONS))
def test_shifting_all_dates_changes_nothing_but_the_dates(rows, starts, options):
    dates = ["start", "baseline_time", "time"]
    here = changes(*build(rows, starts), at=POINTS, **options)
    there = changes(*build(rows, starts, shift=400), at=POINTS, **options)

    assert_frame_equal(here.drop(columns=dates), there.drop(columns=dates))


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, starts=STARTS, options=st.fixed_dictionaries(OPTIONS))
def test_scaling_the_unit_leaves_fold_changes_alone(rows, starts, options):
    scale_free = ["time", "day", "percent_change", "fold_change", "log2_fold_change", "n_before", "n_after"]
    plain = changes(*build(rows, starts), at=POINTS, **options)
    scaled = changes(*build(rows, starts, factor=1024), at=POINTS, **options)

    assert_frame_equal(plain[scale_free], scaled[scale_free])
    assert_frame_equal(plain[["delta"]] * 1024, scaled[["delta"]])


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, starts=STARTS, options=st.fixed_dictionaries(OPTIONS))
def test_the_nadir_is_at_most_and_the_peak_at_least_every_other_point(rows, starts, options):
    frame, drugs = build([(day, value, "") for day, value, _ in rows], starts)
    table = changes(frame, drugs, at=POINTS[:6], **options).pivot(
        index="intervention", columns="at", values="value"
    )
    table = table.dropna()

    assert (table.le(table["peak"], axis=0) | (table.sub(table["peak"], axis=0).abs() < 1e-9)).all(axis=None)
    assert (table.ge(table["nadir"], axis=0) | (table.sub(table["nadir"], axis=0).abs() < 1e-9)).all(
        axis=None
    )


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, starts=STARTS, options=st.fixed_dictionaries(OPTIONS))
def test_the_inputs_are_not_changed(rows, starts, options):
    frame, drugs = build(rows, starts)
    before = frame.copy(deep=True), drugs.copy(deep=True)

    changes(frame, drugs, at=POINTS, **options)

    assert_frame_equal(frame, before[0])
    assert_frame_equal(drugs, before[1])


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, starts=STARTS, more=ROWS, options=st.fixed_dictionaries(OPTIONS))
def test_a_second_subject_changes_nothing_for_the_first(rows, starts, more, options):
    frame, drugs = build(rows, starts, subject="a")
    other, others = build(more, starts, subject="b")
    both = changes(
        pd.concat([other, frame], ignore_index=True),
        pd.concat([others, drugs], ignore_index=True),
        at=POINTS,
        **options,
    )

    assert_frame_equal(
        both[both["subject"] == "a"].reset_index(drop=True), changes(frame, drugs, at=POINTS, **options)
    )
