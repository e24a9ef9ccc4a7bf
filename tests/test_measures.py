"""Differences and ratios of intervals against points taken from inside them."""

import math
from fractions import Fraction

import numpy as np
import pytest
from builders import interventions, series
from hypothesis import given, settings
from hypothesis import strategies as st

from hlhcli import measures
from hlhcli.changes import changes

ENDS = st.sampled_from([-math.inf, -40.0, -2.5, -1.0, 0.0, 0.5, 1.0, 3.0, 40.0, math.inf])
INTERVALS = (
    st.tuples(ENDS, ENDS)
    .map(sorted)
    .filter(lambda ends: math.isfinite(ends[0]) or math.isfinite(ends[1]))
    .filter(lambda ends: ends[0] < math.inf and ends[1] > -math.inf)
)


def inside(low, high):
    """Numbers of an interval: its ends, what lies between, and far or near ones where it is open."""
    bottom = low if math.isfinite(low) else min(high, 0.0) - 1e9
    top = high if math.isfinite(high) else max(low, 0.0) + 1e9
    steps = {bottom + (top - bottom) * share for share in (0, 1e-9, 0.25, 0.5, 0.75, 1)} | {
        top - (top - bottom) * 1e-9
    }
    return [Fraction(step) for step in steps | {sign * 1e-9 for sign in (-1, 1)} if bottom <= step <= top]


def bracket(function, response, baseline):
    low, high = function(*(tuple(np.array([end]) for end in interval) for interval in (response, baseline)))
    return low[0], high[0]


def reached(end, points, beyond):
    """Whether an end is attained, or approached without end."""
    if math.isinf(end):
        return abs(beyond(points)) > 1e6
    return float(beyond(points)) == pytest.approx(end, rel=1e-6, abs=1e-6)


@settings(max_examples=300, deadline=None)
@given(response=INTERVALS, baseline=INTERVALS)
def test_a_difference_of_intervals_holds_every_difference_and_no_more(response, baseline):
    low, high = bracket(measures.delta, response, baseline)
    points = [upper - lower for upper in inside(*response) for lower in inside(*baseline)]

    assert all(low - 1e-9 <= point <= high + 1e-9 for point in points)
    assert reached(low, points, min)
    assert reached(high, points, max)


@settings(max_examples=300, deadline=None)
@given(response=INTERVALS, baseline=INTERVALS)
def test_a_ratio_of_intervals_holds_every_ratio_and_no_more(response, baseline):
    low, high = bracket(measures.fold_change, response, baseline)
    points = [upper / lower for upper in inside(*response) for lower in inside(*baseline) if lower != 0]

    if baseline == [0.0, 0.0]:
        assert math.isnan(low)
        return
    assert all(low - 1e-9 <= point <= high + 1e-9 for point in points)
    if not (baseline[0] < 0 < baseline[1]):  # a baseline on both sides of 0 tells nothing: all is open
        assert reached(low, points, min)
        assert reached(high, points, max)


def test_a_baseline_that_ends_at_zero_from_below_opens_the_ratio_downwards():
    assert bracket(measures.fold_change, (2.0, 2.0), (-5.0, 0.0)) == (-math.inf, -0.4)


@pytest.mark.parametrize(
    ("response", "baseline", "sign"),
    [((3, 3), (1, 2), 1), ((0, 1), (2, math.inf), -1), ((2, 2), (2, 2), 0), ((0, 3), (2, 2), math.nan)],
)
def test_the_sign_of_a_change_is_known_where_the_intervals_do_not_meet(response, baseline, sign):
    ends = [tuple(np.array([float(end)]) for end in interval) for interval in (response, baseline)]

    assert measures.sign(*ends)[0] == pytest.approx(sign, nan_ok=True)


DRUG = interventions([("drug", "2020-01-10")])


@pytest.mark.parametrize(
    ("rows", "bounds", "delta", "fold"),
    [
        ((10.0, 0.17), ["", "<"], (-10, -9.83), (0, 0.017)),
        ((10.0, 40000.0), ["", ">"], (39990, math.nan), (4000, math.nan)),
        ((40000.0, 100.0), [">", ""], (math.nan, -39900), (0, 0.0025)),
        ((5.0, 10.0), ["<", ""], (5, 10), (2, math.nan)),
        ((5.0, 3.0), ["<", "<"], (-5, 3), (0, math.nan)),
        ((0.0, 3.0), ["", ""], (3, 3), (math.nan, math.nan)),
        ((10.0, 3.0), ["", ""], (-7, -7), (0.3, 0.3)),
    ],
)
def test_a_limit_gives_the_lowest_and_the_highest_change_that_it_allows(rows, bounds, delta, fold):
    row = changes(
        series([("2020-01-09", rows[0]), ("2020-01-11", rows[1])], bound=bounds), DRUG, at=["last"]
    ).iloc[0]

    assert (row["delta_low"], row["delta_high"]) == pytest.approx(delta, nan_ok=True)
    assert (row["fold_change_low"], row["fold_change_high"]) == pytest.approx(fold, nan_ok=True)
    assert row["placements"] == 1
