"""Nonoverlap of all pairs and the log response ratio against published numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlhcli.evidence.pairs import compare, log_response_ratio, nap_interval

PARKER = np.array([20, 20, 26, 25, 22, 23]), np.array([28, 25, 24, 27, 30, 30, 29])


def test_parker_vannest_davis_2011_nap():
    found = compare(*PARKER)

    assert found.nap == pytest.approx(38.5 / 42)
    assert found.count == 42


def test_parker_vannest_davis_2011_interval():
    low, high = nap_interval(38.5 / 42, 6, 7)

    assert low == pytest.approx(0.597319, abs=1e-4)
    assert 38.5 / 42 < high < 1


def test_parker_2011_tau_of_16_in_20_is_a_nap_of_18_in_20():
    assert compare(np.array([3, 3, 4, 5]), np.array([4, 5, 6, 7, 7])).nap == pytest.approx(0.9)


def test_tarlow_2017_complete_separation_is_1():
    assert compare(np.arange(1, 6), np.arange(6, 11)).nap == 1


@pytest.mark.parametrize(("m", "n", "low"), [(3, 5, 0.566), (4, 6, 0.633), (5, 5, 0.643)])
def test_newcombe_2006_interval_at_complete_separation_is_not_a_point(m, n, low):
    found = nap_interval(1.0, m, n)

    assert found[0] == pytest.approx(low, abs=5e-4)
    assert found[1] == 1
    assert nap_interval(0.0, m, n) == (0, pytest.approx(1 - low, abs=5e-4))


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6), st.lists(st.integers(0, 9), min_size=1, max_size=6)
)
def test_turning_the_phases_round_turns_the_share_and_its_interval_round(before, after):
    one = compare(np.array(before), np.array(after)).nap
    other = compare(np.array(after), np.array(before)).nap
    low, high = nap_interval(one, len(before), len(after))

    assert one == pytest.approx(1 - other)
    assert 0 <= low <= one + 1e-12
    assert one - 1e-12 <= high <= 1
    assert nap_interval(other, len(after), len(before)) == pytest.approx((1 - high, 1 - low))


def test_pustejovsky_2018_log_response_ratio_is_corrected_and_has_the_sign_of_the_change():
    ratio, error = log_response_ratio(np.array([20, 24, 22]), np.array([3.6, 3, 1.8, 1.2, 0.9]))

    assert ratio == pytest.approx(-2.320, abs=5e-4)
    assert 100 * math.expm1(ratio) == pytest.approx(-90.17, abs=5e-3)
    assert error == pytest.approx(math.sqrt(4 / (3 * 22**2) + 1.35 / (5 * 2.1**2)))


@pytest.mark.parametrize(
    ("before", "after"), [([1.0], [1, 2, 3.0]), ([1, 2, 3.0], [1, 2.0]), ([-3, 0, 1.0], [1, 2, 3.0])]
)
def test_no_log_response_ratio_from_less_than_three_values_or_a_mean_that_is_not_above_zero(before, after):
    assert all(map(math.isnan, log_response_ratio(np.array(before), np.array(after))))
