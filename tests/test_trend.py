"""Where a marker was heading before the start: the last run, its rate and how far it is carried."""

import math

import pytest
from builders import interventions, series

from hlhcli.analysis import Analysis, analyze
from hlhcli.evidence import trend
from hlhcli.request import WindowRules


def before(values, start, *, at=("first",), **columns):
    labs = series(values, **columns)
    drugs = interventions([("x", start)])
    return analyze(labs, drugs, Analysis(at=at))[list(trend.COLUMNS)]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([30.0, 20.0], "already falling"),
        ([20.0, 30.0], "already rising"),
        ([20.0, 20.0], "level"),
        ([20.0, 20.9], "level"),
        ([20.0, 21.1], "already rising"),
        ([5.0, 30.0, 20.0], "already falling"),
        ([20.0], "unknown: 1 value"),
        ([], "unknown: no value"),
        ([20.0, 0.0], "unknown: the last value is a limit or not above 0"),
        ([0.0, 20.0], "unknown: the value before the last is a limit or not above 0"),
    ],
)
def test_the_word_is_that_of_the_last_run_and_level_within_five_per_cent(values, word):
    rows = [(float(day), value) for day, value in enumerate(values)]

    found = before([*rows, (20.0, 1.0)], 10.0).iloc[0]

    assert found["trend_before"] == word


def test_a_run_reaches_back_as_long_as_steps_go_one_way():
    found = before([(0.0, 5.0), (1.0, 40.0), (2.0, 30.0), (4.0, 20.0), (6.0, 1.0)], 4.0).iloc[0]

    assert (found["trend_n"], found["trend_from"], found["trend_to"]) == (3, 1.0, 4.0)
    assert (found["trend_first_value"], found["trend_last_value"]) == (40.0, 20.0)


def test_the_rate_is_that_of_a_line_through_the_logarithms():
    found = before([(0.0, 8.0), (1.0, 4.0), (2.0, 2.0), (3.0, 1.0)], 2.0).iloc[0]

    assert found["trend_percent_per_day"] == pytest.approx(-50)
    assert found["trend_projected"] == pytest.approx(1.0)


def test_the_rate_is_carried_no_further_ahead_than_the_run_is_long():
    found = before([(0.0, 8.0), (2.0, 4.0), (4.0, 3.0), (4.5, 2.0)], 2.0, at=("first", "last"))

    assert found["trend_projected"].iloc[0] == pytest.approx(2.0)
    assert math.isnan(found["trend_projected"].iloc[1])


def test_a_limit_ends_the_run():
    found = before([(0.0, 40.0), (1.0, 30.0), (2.0, 20.0), (5.0, 1.0)], 3.0, bound=[">", "", "", ""]).iloc[0]

    assert found["trend_n"] == 2


def test_markers_and_subjects_do_not_run_into_one_another():
    labs = series([(0.0, 40.0), (1.0, 30.0), (2.0, 20.0), (3.0, 1.0)], marker=["A", "A", "B", "B"])

    found = analyze(labs, interventions([("x", 2.0)]), Analysis(at=["first"]))

    assert found["trend_before"].tolist() == ["already falling", "unknown: 1 value"]


def test_the_span_before_limits_the_run():
    labs, drugs = series([(0.0, 40.0), (8.0, 30.0), (9.0, 20.0), (11.0, 1.0)]), interventions([("x", 10.0)])
    rules = WindowRules(before="3d", after=None, until="next", same_day="before")

    found = analyze(labs, drugs, Analysis(at=["first"], rules=rules))

    assert found["trend_n"].tolist() == [2]


def test_a_rate_beyond_the_largest_number_is_missing_and_warns_nobody():
    second = 1 / 86_400

    found = before([(0.0, 20.0), (second, 30.0), (1.0, 40.0)], second).iloc[0]

    assert found["trend_before"] == "already rising"
    assert math.isnan(found["trend_percent_per_day"])
    assert math.isnan(found["trend_projected"])
