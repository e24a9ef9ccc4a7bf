"""Cohort answers: what is counted, how it is summarized and what stays open."""

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series

import hlhcli
from hlhcli.changes import changes
from hlhcli.cohort import COLUMNS, describe_cohort
from hlhcli.cohort.quantiles import quantiles
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.evidence import rcv
from hlhcli.evidence.rcv import OTHER_DATES
from hlhcli.texts import plain, to_frame

NAN = float("nan")


def judged_by_rcv(frame):
    """The columns of reference change for a frame of changes."""
    return plain(to_frame(rcv.describe(dict(frame.items()), "last", {}), frame.index))


def cohort_of(values, *, marker="Ferritin", at=("last",), drug="anakinra", **rules):
    """Changes of subjects with one value before (day 0) and one after (day 1): (before, after) each."""
    labs = [
        series(
            [(day, value) for day, value in enumerate(pair) if value is not None],
            marker=marker,
            unit="µg/L",
            subject=f"s{k}",
        )
        for k, pair in enumerate(values)
    ]
    drugs = [interventions([(drug, 0)], subject=f"s{k}") for k in range(len(values))]
    return changes(pd.concat(labs, ignore_index=True), pd.concat(drugs, ignore_index=True), at=at, **rules)


def bounded(rows, **columns):
    """A series of (time, value, bound) rows."""
    frame = series([row[:2] for row in rows], **columns)
    return frame.assign(bound=pd.Series([row[2] for row in rows], dtype="str"))


def answer(frame, **choices):
    """The one row of the answers as plain values."""
    found = describe_cohort(frame, **choices)
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.15, 0.21, 0.33, 0.4, 0.48, 0.61, 0.95, 1.2, 1.31, 2.5], (0.3475, 0.545, 1.1375)),
        ([1, 2, 3, 4], (1.75, 2.5, 3.25)),
        ([3.58, 0.17], (1.0225, 1.875, 2.7275)),
        ([2, 2, 2, 9, 11], (2, 2, 9)),
        ([-3, 0.5, 7, 8.25, 100, 1e6, 3.1], (1.8, 7, 54.125)),
        ([0.2, 0.4, 0.7], (0.3, 0.4, 0.55)),
        ([5], (5, 5, 5)),
    ],
)
def test_quantiles_are_those_of_r(values, expected):
    """quantile(x, c(.25, .5, .75), type = 7) of R 4.2.2."""
    group = np.zeros(len(values), dtype=int)

    found = quantiles(np.array(values, dtype=float), group, 1, (0.25, 0.5, 0.75))

    assert [column[0] for column in found] == pytest.approx(expected, rel=1e-15)


def test_quantiles_of_many_groups_are_those_of_each():
    random = np.random.default_rng(7)
    values, group = random.normal(size=500).round(1), random.integers(0, 40, 500)
    group[group == 13] = 12

    found = quantiles(values, group, 40, (0.25, 0.5))

    assert np.isnan(found[0][13])
    for k in set(group.tolist()):
        assert found[0][k] == pytest.approx(np.quantile(values[group == k], 0.25), rel=1e-14)
        assert found[1][k] == np.median(values[group == k])


def test_quantiles_next_to_an_open_end_are_open():
    found = quantiles(np.array([1.0, 2.0, np.inf, np.inf]), np.zeros(4, dtype=int), 1, (0.25, 0.5, 0.75))

    assert [column[0] for column in found] == [1.75, np.inf, np.inf]


def test_a_quantile_of_zeros_has_no_sign():
    found = quantiles(np.array([0.0, -0.0, -0.0]), np.zeros(3, dtype=int), 1, (0.25, 0.5, 0.75))

    assert [str(column[0]) for column in found] == ["0.0", "0.0", "0.0"]


def test_an_answer_counts_summarizes_and_shares():
    frame = cohort_of([(100, 50), (100, 20), (100, 100), (100, 150), (200, 20)])

    found = answer(frame.assign(**judged_by_rcv(frame)))

    assert list(found.index) == list(COLUMNS)
    assert found[["subjects", "courses", "evaluable"]].tolist() == [5, 5, 5]
    assert found[["fold_change_n", "fold_change_median", "fold_change_q1", "fold_change_q3"]].tolist() == [
        5,
        0.5,
        0.2,
        1,
    ]
    assert found[["delta_median", "delta_q1", "delta_q3"]].tolist() == [-50, -80, 0]
    assert found[["baseline_median", "value_median", "day_median", "day_n"]].tolist() == [100, 50, 1, 5]
    assert found[["better", "direction_n", "improved", "worsened", "unchanged"]].tolist() == [
        "decrease",
        5,
        3,
        1,
        1,
    ]
    assert found[["improved_percent", "worsened_percent", "unchanged_percent"]].tolist() == [60, 20, 20]
    assert found["rcv_n"] == found["beyond_rcv"] + found["within_rcv"] == 5
    assert found["within_rcv"] == 3
    assert found["note"] == ""


def test_each_subject_that_cannot_be_evaluated_has_one_reason():
    labs = [
        series([(0, 10), (1, 5)], subject="full"),
        series([(1, 5)], subject="no baseline"),
        series([(0, 10)], subject="no response"),
        series([(0, NAN)], subject="text only"),
        series([(0, 10), (1, 5)], subject="another marker", marker="CRP"),
        series([(0, 10), (1, 5)], subject="never stopped"),
    ]
    names = [frame["subject"].iloc[0] for frame in labs]
    drugs = [
        interventions([("anakinra", 0, None if name == "never stopped" else 9)], subject=name)
        for name in names
    ]
    frame = changes(
        pd.concat(labs, ignore_index=True), pd.concat(drugs, ignore_index=True), at=["last"], until="stop"
    )

    found = describe_cohort(frame).set_index("marker").loc["D-dimer"]

    assert found[["subjects", "evaluable"]].tolist() == [6, 1]
    assert found[["no_baseline", "no_response", "no_window", "not_measured"]].tolist() == [1, 1, 1, 2]


def test_a_roster_counts_those_without_any_value():
    frame = cohort_of([(10, 5), (10, 8)])
    roster = pd.DataFrame(
        {"subject": ["s0", "s1", "s2"], "intervention": "anakinra", "start": [0.0, 0.0, 3.0]}
    )

    found = answer(frame, roster=roster)

    assert found[["subjects", "evaluable", "not_measured"]].tolist() == [3, 2, 1]


def test_a_roster_that_leaves_a_subject_out_is_refused():
    roster = pd.DataFrame({"subject": ["s0"], "intervention": "anakinra", "start": [0.0]})

    with pytest.raises(HlhcliError, match="leaves out"):
        describe_cohort(cohort_of([(10, 5), (10, 8)]), roster=roster)


def test_a_subject_counts_once_by_its_first_course():
    labs = series([(0, 10), (1, 5), (10, 40), (11, 10)])
    frame = changes(labs, interventions([("anakinra", 10), ("anakinra", 0)]), at=["last"], before="5d")

    with pytest.warns(DataNote, match="the first of each counts; --courses each counts every start"):
        first = answer(frame)
    each = answer(frame, courses="each")

    assert first[["subjects", "courses", "evaluable", "fold_change_median"]].tolist() == [1, 1, 1, 4]
    assert each[["subjects", "courses", "evaluable"]].tolist() == [1, 2, 2]
    assert each["fold_change_median"] == pytest.approx((4 + 0.25) / 2)


def test_the_first_course_counts_even_where_only_a_later_one_can_be_evaluated():
    labs = series([(10, 40), (11, 10)])
    frame = changes(labs, interventions([("anakinra", 0), ("anakinra", 10)]), at=["last"], before="5d")

    with pytest.warns(DataNote):
        found = answer(frame)

    assert found[["courses", "evaluable", "no_baseline"]].tolist() == [1, 0, 1]


def test_rows_that_were_given_twice_count_once():
    frame = cohort_of([(10, 5), (10, 8)])
    twice = pd.concat([frame, frame], ignore_index=True)

    for courses in ("first", "each"):
        pd.testing.assert_frame_equal(
            describe_cohort(twice, courses=courses), describe_cohort(frame, courses=courses)
        )


def test_the_order_of_rows_does_not_matter():
    frame = pd.concat(
        [
            cohort_of([(10, 5), (8, 9), (7, 7)], at=["nadir", "last"]),
            cohort_of([(1, 3)], marker="CRP", drug="etoposide"),
        ]
    )
    shuffled = frame.sample(frac=1, random_state=3)

    pd.testing.assert_frame_equal(describe_cohort(shuffled), describe_cohort(frame))


def test_the_unit_does_not_matter_to_folds_shares_and_verdicts():
    values = [(100, 51), (80, 20), (300, 310), (100, 150), (200, 20)]
    frames = [cohort_of([(a * scale, b * scale) for a, b in values]) for scale in (1, 64)]
    found, scaled = (answer(frame.assign(**judged_by_rcv(frame))) for frame in frames)

    untouched = [name for name in COLUMNS if not name.startswith(("baseline", "value", "delta"))]
    assert found[untouched].astype(str).tolist() == scaled[untouched].astype(str).tolist()
    assert scaled["delta_median"] == 64 * found["delta_median"]


def test_a_subgroup_keeps_its_answers_whoever_else_is_in_the_file():
    frame = cohort_of([(10, 5), (8, 9), (7, 7)])
    other = cohort_of([(1, 3), (4, 2)], drug="etoposide")

    both = describe_cohort(pd.concat([frame, other], ignore_index=True))

    pd.testing.assert_frame_equal(
        both[both["intervention"] == "anakinra"].reset_index(drop=True), describe_cohort(frame)
    )


def test_counts_of_two_halves_add_up():
    values = [(10, 5), (8, 9), (7, 7), (None, 3), (4, None), (6, 2)]
    whole = answer(cohort_of(values))
    halves = [answer(cohort_of(part)) for part in (values[:3], values[3:])]

    for name in ("subjects", "evaluable", "no_baseline", "no_response", "improved", "worsened", "unchanged"):
        assert whole[name] == sum(half[name] for half in halves)


def test_the_changes_are_left_as_they_are():
    frame = cohort_of([(10, 5), (8, None)])
    before = frame.copy()

    describe_cohort(frame)

    pd.testing.assert_frame_equal(frame, before)


def test_one_subject_is_no_distribution():
    found = answer(cohort_of([(10, 5)]))

    assert (found["evaluable"], found["fold_change_median"]) == (1, 0.5)
    assert np.isnan(found["fold_change_q1"])
    assert np.isnan(found["delta_q3_low"])
    assert found["note"] == "n = 1: no distribution"


def test_two_subjects_have_no_quartiles():
    found = answer(cohort_of([(10, 5), (10, 7)]))

    assert found["fold_change_median"] == pytest.approx(0.6)
    assert np.isnan(found["fold_change_q1"])
    assert found["note"] == "n = 2: no quartiles"


def test_no_fold_change_from_zero_but_a_delta():
    found = answer(cohort_of([(0, 5), (10, 5), (20, 5), (10, 2)]))

    assert found[["evaluable", "fold_change_n", "delta_median", "fold_change_median"]].tolist() == [
        4,
        3,
        -6.5,
        0.25,
    ]


def test_no_fold_change_from_a_negative_baseline():
    found = answer(cohort_of([(-5, 5), (10, 5)], marker="Base excess"))

    assert found[["evaluable", "fold_change_n", "fold_change_median"]].tolist() == [2, 1, 0.5]


def test_a_median_that_limits_do_not_touch_is_certain():
    labs = [
        bounded([(0, 100, ""), (1, value, bound)], marker="Ferritin", subject=f"s{k}")
        for k, (value, bound) in enumerate([(5, "<"), (50, ""), (80, "")])
    ]
    drugs = [interventions([("anakinra", 0)], subject=f"s{k}") for k in range(3)]

    found = answer(changes(pd.concat(labs), pd.concat(drugs), at=["last"]))

    assert found["fold_change_median"] == 0.5
    assert np.isnan(found["fold_change_q1"])
    assert found[["fold_change_q1_low", "fold_change_q1_high"]].tolist() == [0.25, 0.275]
    assert found["improved"] == 3
    assert found["note"] == ""


def test_a_median_of_limits_is_a_range():
    labs = [
        bounded([(0, 100, ""), (1, value, bound)], marker="Ferritin", subject=f"s{k}")
        for k, (value, bound) in enumerate([(60, "<"), (50, ""), (200, ">")])
    ]
    drugs = [interventions([("anakinra", 0)], subject=f"s{k}") for k in range(3)]

    found = answer(changes(pd.concat(labs), pd.concat(drugs), at=["last"]))

    assert np.isnan(found["fold_change_median"])
    assert found[["fold_change_median_low", "fold_change_median_high"]].tolist() == [0.5, 0.6]
    assert np.isnan(found["fold_change_q3_high"])
    assert found["note"] == "left open by limits or inferred dates: median of value, delta, fold change"


def test_a_limit_that_hides_the_direction_leaves_the_share_open():
    labs = [
        bounded([(0, 100, ""), (1, value, bound)], marker="Ferritin", subject=f"s{k}")
        for k, (value, bound) in enumerate([(150, "<"), (50, ""), (90, ""), (200, ">")])
    ]
    drugs = [interventions([("anakinra", 0)], subject=f"s{k}") for k in range(4)]

    found = answer(changes(pd.concat(labs), pd.concat(drugs), at=["last"]))

    assert found[["direction_n", "improved", "worsened", "direction_unknown"]].tolist() == [4, 2, 1, 1]
    assert np.isnan(found["improved_percent"])
    assert found[["improved_percent_low", "improved_percent_high"]].tolist() == [50, 75]


def test_the_true_median_lies_in_the_range_whatever_the_limits_hide():
    random = np.random.default_rng(11)
    true = random.integers(1, 100, size=(9, 2))
    cut = [(before, max(after, 40), "<" if after < 40 else "") for before, after in true.tolist()]
    labs = [
        bounded([(0, before, ""), (1, value, bound)], subject=f"s{k}")
        for k, (before, value, bound) in enumerate(cut)
    ]
    drugs = [interventions([("anakinra", 0)], subject=f"s{k}") for k in range(9)]

    found = answer(changes(pd.concat(labs), pd.concat(drugs), at=["last"]))

    median = np.median(true[:, 1] / true[:, 0])
    assert found["fold_change_median_low"] <= median <= found["fold_change_median_high"]
    assert found["fold_change_median_low"] < found["fold_change_median_high"]


def test_a_baseline_beyond_its_range_on_the_better_side_has_no_direction():
    frame = cohort_of([(28, 20), (3, 5), (3, 2)], marker="WBC")
    frame = frame.assign(baseline_range=["high", "low", "low"])

    found = answer(frame)

    assert found[["better", "direction_n", "improved", "worsened"]].tolist() == ["increase", 2, 1, 1]


def test_a_marker_without_a_known_direction_has_no_share():
    found = answer(cohort_of([(10, 5)], marker="Zonulin"))

    assert found["better"] == ""
    assert found[["direction_n", "improved", "rcv_n", "beyond_rcv"]].isna().all()
    assert np.isnan(found["improved_percent"])


def test_a_verdict_that_depends_on_inferred_dates_is_not_counted_as_known():
    frame = cohort_of([(10, 1), (10, 1)])
    frame = frame.assign(**judged_by_rcv(frame))
    frame["rcv_note"] = [OTHER_DATES, ""]

    found = answer(frame)

    assert found[["rcv_n", "beyond_rcv", "within_rcv", "rcv_unknown"]].tolist() == [2, 1, 0, 1]
    assert found[["beyond_rcv_percent_low", "beyond_rcv_percent_high"]].tolist() == [50, 100]


def test_a_day_that_rests_on_inferred_dates_is_not_counted_as_known():
    frame = cohort_of([(10, 1), (10, 1)])
    frame["placements"] = pd.Series([4, 1], dtype="Int64")

    assert answer(frame)["day_n"] == 1


def test_several_units_of_one_marker_are_refused():
    frame = pd.concat([cohort_of([(10, 5)]), cohort_of([(10, 5)]).assign(unit="mg/L", subject="t")])

    with pytest.raises(HlhcliError, match="Ferritin has values in several units: 'µg/L', 'mg/L'"):
        describe_cohort(frame)


def test_every_value_is_left_out_beside_other_points_and_refused_alone():
    frame = cohort_of([(10, 5), (8, 9)], at=["last", "each"])

    pd.testing.assert_frame_equal(describe_cohort(frame), describe_cohort(frame[frame["at"] == "last"]))
    with pytest.raises(HlhcliError, match="only 'each' value"):
        describe_cohort(frame[frame["at"] == "each"])


def test_changes_under_several_rules_are_refused():
    frame = cohort_of([(10, 5)])
    both = pd.concat([frame.assign(baseline_rule="last"), frame.assign(baseline_rule="first")])

    with pytest.raises(HlhcliError, match="several baseline rules"):
        describe_cohort(both)


def test_a_frame_that_holds_no_changes_is_refused():
    with pytest.raises(HlhcliError, match="no column subject, marker"):
        describe_cohort(pd.DataFrame({"x": [1]}))


def test_no_changes_give_no_answers():
    found = describe_cohort(cohort_of([(10, 5)])[:0])

    assert (len(found), list(found.columns)) == (0, list(COLUMNS))


def test_the_library_offers_the_answers():
    assert hlhcli.describe_cohort is describe_cohort
