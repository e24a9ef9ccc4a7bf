"""The way to a threshold or into the reference range."""

import math

import numpy as np
import pytest
from builders import interventions, series

from hlhcli.analysis import Analysis, analyze
from hlhcli.errors import HlhcliError
from hlhcli.evidence import goals


def detailed(values, start, thresholds=None, *, at=("first",), **columns):
    labs, drugs = series(values, **columns), interventions([("x", start)])
    wanted = goals.parse_thresholds(thresholds or [])
    return analyze(labs, drugs, Analysis(at=at, details=True, thresholds=wanted))


FALL = [(0.0, 900.0), (2.0, 700.0), (3.0, 400.0), (5.0, 300.0)]


def test_a_threshold_is_reached_between_the_last_value_outside_and_the_first_inside():
    row = detailed(FALL, 1.0, ["ferritin=500"], marker="Ferritin").iloc[0]

    assert (row["goal"], row["goal_basis"]) == (500, "threshold")
    assert (row["goal_after_day"], row["goal_by_day"], row["goal_note"]) == (1, 2, "")
    assert row["percent_to_goal"] == 50


def test_a_first_value_that_is_inside_leaves_the_baseline_as_the_last_outside():
    row = detailed([(0.0, 900.0), (2.0, 400.0)], 1.0, ["ferritin=500"], marker="Ferritin").iloc[0]

    assert (row["goal_after_day"], row["goal_by_day"]) == (-1, 1)


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ([(0.0, 400.0), (2.0, 300.0)], "inside before the start"),
        ([(0.0, 900.0), (2.0, 700.0)], "not reached"),
        ([(0.0, 900.0), (2.0, 400.0), (3.0, 600.0)], "outside again on day 2"),
    ],
)
def test_a_threshold_that_was_not_simply_reached_says_so(values, note):
    assert detailed(values, 1.0, ["ferritin=500"], marker="Ferritin").iloc[0]["goal_note"] == note


def test_a_rise_is_the_goal_where_a_rise_is_better():
    rising = [(0.0, 40.0), (2.0, 80.0), (3.0, 120.0)]

    row = detailed(rising, 1.0, ["platelets=100"], marker="Plt").iloc[0]

    assert (row["goal_after_day"], row["goal_by_day"]) == (1, 2)


def test_without_a_known_direction_the_goal_is_the_other_side_of_the_limit():
    row = detailed([(0.0, 40.0), (2.0, 120.0)], 1.0, ["new=100"], marker="new").iloc[0]

    assert row["goal_by_day"] == 1


def test_a_limit_that_may_lie_on_either_side_is_passed_over():
    values = [(0.0, 900.0), (2.0, 600.0), (3.0, 100.0)]

    row = detailed(values, 1.0, ["ferritin=500"], marker="Ferritin", bound=["", "<", "<"]).iloc[0]

    assert (row["goal_after_day"], row["goal_by_day"]) == (-1, 2)
    assert row["auc_note"] == "a value is only a limit"


def test_without_a_threshold_the_reference_range_is_the_goal():
    row = detailed(FALL, 1.0, marker="Ferritin", reference_low=20.0, reference_high=350.0).iloc[0]

    assert (row["goal"], row["goal_basis"], row["goal_by_day"]) == (350, "reference range", 4)


def test_falling_through_the_reference_range_is_not_arriving():
    values = [(0.0, 900.0), (2.0, 10.0)]

    row = detailed(values, 1.0, reference_low=20.0, reference_high=350.0).iloc[0]

    assert row["goal_note"] == "not reached"


@pytest.mark.parametrize("limits", [{}, {"reference_low": 20.0, "reference_high": 1000.0}])
def test_without_a_limit_or_with_a_baseline_inside_there_is_no_goal(limits):
    row = detailed(FALL, 1.0, **limits).iloc[0]

    assert math.isnan(row["goal"])
    assert row["goal_note"].startswith("no threshold was given")


def test_pogo_of_parkers_data_to_25_is_210_2_per_cent():
    """SingleCaseES test-PoGO.R; of the means of both phases."""
    before, after = np.mean([20, 20, 26, 25, 22, 23]), np.mean([28, 25, 24, 27, 30, 30, 29])

    found = goals.percent_of_the_way(np.array([after]), np.array([before]), np.array([25.0]))

    assert found == pytest.approx([210.204082])


def test_pogo_of_crozier_2005_to_0_is_79_1_per_cent():
    before, after = np.mean([9, 12, 10, 8, 12, 16]), np.mean([0, 6, 1, 5, 1, 1])

    found = goals.percent_of_the_way(np.array([after]), np.array([before]), np.array([0.0]))

    assert found == pytest.approx([79.104478])


def test_the_area_runs_from_the_last_value_before_to_the_last_in_the_window():
    row = detailed([(0.0, 9.0), (1.0, 24.0), (2.0, 3.6)], 1.0).iloc[0]

    assert (row["auc_linear"], row["auc_from_day"], row["auc_to_day"]) == (pytest.approx(13.8), 0, 1)


def test_pairs_are_counted_over_both_spans():
    row = detailed([(0.0, 20.0), (1.0, 24.0), (2.0, 22.0), (3.0, 3.6), (4.0, 22.0)], 2.0).iloc[0]

    assert row[["pairs_lower", "pairs_tied", "pairs_higher"]].tolist() == [4, 1, 1]
    assert row["nap"] == pytest.approx(1.5 / 6)
    assert row["pairs_note"] == "log response ratio needs 3 values on either side"


def test_no_value_on_one_side_is_said():
    row = detailed([(0.0, 20.0)], 1.0).iloc[0]

    assert (row["pairs_note"], row["auc_note"]) == ("no values on one side", "less than two values")


@pytest.mark.parametrize("text", ["ferritin", "ferritin=", "=500", "ferritin=high", "ferritin=inf"])
def test_a_threshold_that_cannot_be_read_is_refused(text):
    with pytest.raises(HlhcliError, match=r"write MARKER=NUMBER, such as ferritin=500"):
        goals.parse_thresholds([text])
