"""Half-lives, doubling times, areas and times above a limit against published numbers."""

import math

import numpy as np
import pytest
from builders import interventions, series

from hlhcli.analysis import Analysis, analyze
from hlhcli.evidence import exposure


def course(values, start, *, at=("last",), **columns):
    labs, drugs = series(values, **columns), interventions([("x", start)])
    return analyze(labs, drugs, Analysis(at=at, details=True)).iloc[0]


def hours(row, name):
    return row[f"{name}_low_hours"], row[f"{name}_high_hours"]


def test_a_fall_from_24_to_3_6_in_a_day_halves_in_8_768835_hours():
    row = course([("2020-01-01T08:00", 24.0), ("2020-01-02T08:00", 3.6)], "2020-01-01T08:00")

    assert hours(row, "half_life") == pytest.approx((8.768835, 8.768835), abs=1e-6)
    assert math.isnan(row["doubling_time_high_hours"])


def test_consecutive_dates_allow_any_half_life_below_17_5_hours():
    row = course([("2020-01-01", 24.0), ("2020-01-02", 3.6)], "2020-01-01")

    assert hours(row, "half_life") == pytest.approx((0, 17.53767), abs=1e-5)


def test_pknca_half_life_of_1_0_5_0_25_is_1():
    """PKNCA test-half.life.R; the times here are days and their fractions."""
    row = course([(0.0, 1.0), (1.0, 0.5), (2.0, 0.25), (2.5, 0.2)], 0.0, at=("each",))
    labs = [(0.5, 1.0), (1.5, 0.5), (2.5, 0.25)]

    assert hours(row, "half_life") == pytest.approx((24, 24))
    assert hours(course(labs, 0.5), "half_life") == pytest.approx((24, 24))


def test_pknca_rise_of_2_4_8_has_no_half_life_but_a_doubling_time():
    row = course([(0.5, 2.0), (1.5, 4.0), (2.5, 8.0)], 0.5)

    assert math.isnan(row["half_life_high_hours"])
    assert hours(row, "doubling_time") == pytest.approx((24, 24))
    assert row["kinetics_n"] == 3


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([(0.5, 8.0), (1.5, 9.0), (2.5, 2.0)], "no steady course from the baseline to the response"),
        ([(0.5, 8.0), (1.5, 8.0)], "no change"),
        ([(0.5, 8.0), (1.5, 0.0)], "not above 0"),
        ([(0.5, 8.0)], "no two exactly known values"),
    ],
)
def test_where_there_is_no_half_life_a_reason_stands(values, reason):
    row = course(values, 0.5)

    assert row["kinetics_note"] == reason
    assert math.isnan(row["half_life_low_hours"])
    assert row["kinetics_n"] == 0


def test_a_limit_has_no_half_life():
    row = course([(0.5, 8.0), (1.5, 4.0)], 0.5, bound=["", "<"])

    assert row["kinetics_note"] == "no two exactly known values"


def test_an_average_has_no_half_life():
    row = course([(0.5, 8.0), (1.5, 4.0), (2.5, 2.0)], 0.5, at=("mean",))

    assert row["kinetics_note"] == "the baseline or the response has no single time"


def test_a_date_and_a_clock_time_widen_only_the_side_of_the_date():
    row = course([("2020-01-01", 24.0), ("2020-01-02T12:00", 12.0)], "2020-01-01")

    assert hours(row, "half_life") == pytest.approx((12, 36))


def test_areas_of_a_fall_from_24_to_3_6_over_a_day():
    days, values = np.array([0.0, 1.0]), np.array([24.0, 3.6])

    assert exposure.linear_area(days, values) == pytest.approx(13.8)
    assert exposure.linear_log_area(days, values) == pytest.approx(10.753142, abs=1e-6)


def test_a_rise_and_a_fall_to_zero_are_linear_in_both_areas():
    days, values = np.array([0.0, 1.0, 3.0]), np.array([2.0, 4.0, 0.0])

    assert exposure.linear_log_area(days, values) == exposure.linear_area(days, values) == 7.0


@pytest.mark.parametrize(
    ("days", "values", "expected"),
    [
        ([1, 2, 3], [6, 4, 5], 0.5),
        ([1, 2, 3], [5, 4, 5], 0.0),
        ([1, 2, 3], [5, 6, 5], 2.0),
        ([1, 3], [6, 5], 2.0),
    ],
)
def test_pknca_time_above_5(days, values, expected):
    """PKNCA test-time.above.R; a missing value is a longer step."""
    assert exposure.days_above(np.array(days, dtype=float), np.array(values, dtype=float), 5.0) == expected


def test_one_value_spans_nothing():
    one = np.array([1.0])

    assert math.isnan(exposure.days_above(one, one, 5.0))
    assert math.isnan(exposure.linear_area(one, one))
    assert math.isnan(exposure.linear_log_area(one, one))
