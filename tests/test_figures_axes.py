"""The time axis, the value axis and the wrapping of text, without drawing."""

from itertools import pairwise

import numpy as np
import pytest

from hlhcli.figures import text_size
from hlhcli.figures.time_axis import build_axis, choose_ticks, find_breaks
from hlhcli.figures.value_axis import build_axis as build_value_axis
from hlhcli.figures.value_axis import number_text

TABLE_1 = [0, 41, 42, 44, 45, 46, 48, 53, 60, 81, 222]  # days of its dates from the first


def named(times, room, **kind):
    axis = build_axis(times, find_breaks(times), room)
    return [(tick.fine, tick.coarse) for tick in choose_ticks(axis, room, **kind)]


@pytest.mark.parametrize(
    ("times", "breaks"),
    [
        ([], ()),
        ([5], ()),
        ([0, 1, 2, 100], ()),  # three gaps always stay
        ([0, 1, 2, 3, 6], ()),  # the longest is no longer than the others together
        ([0, 1, 2, 3, 7], ((3, 7),)),
        ([3, 2, 1, 1, 0, 7], ((3, 7),)),
        ([0, 1, 2, 3, 103, 203], ((3, 103), (103, 203))),  # equal gaps share their fate
        (TABLE_1, ((0, 41), (60, 81), (81, 222))),
        (list(range(30)), ()),
    ],
)
def test_gaps_longer_than_all_shorter_ones_together_are_shortened(times, breaks):
    assert find_breaks(times) == breaks


def test_no_more_than_three_gaps_are_shortened():
    doubling = [0, *np.cumsum([3.0**k for k in range(9)])]

    assert len(find_breaks(doubling)) == 3


def test_positions_and_times_are_inverse_and_in_order():
    axis = build_axis(TABLE_1, find_breaks(TABLE_1), 70)

    positions = axis.forward(TABLE_1)

    assert (np.diff(positions) > 0).all()
    assert axis.inverse(positions) == pytest.approx(TABLE_1)
    assert axis.forward(axis.view) == pytest.approx([0, 1])


def test_time_between_breaks_is_to_scale():
    axis = build_axis(TABLE_1, find_breaks(TABLE_1), 70)

    one_day, week = (axis.place(end) - axis.place(46) for end in (47, 53))

    assert week == pytest.approx(7 * one_day)


def test_a_single_time_stands_in_the_middle():
    assert build_axis([12.0], (), 70).place(12.0) == 0.5


DATES = {"calendar": True, "clock": False}
CLOCK = {"calendar": True, "clock": True}
NUMBERS = {"calendar": False, "clock": False}


@pytest.mark.parametrize(
    ("times", "room", "kind", "expected"),
    [
        ([12_000], 70, DATES, [("9 Nov", "2002")]),
        ([0, 1, 14], 40, DATES, [("1 Jan", "1970"), ("8 Jan", ""), ("15 Jan", "")]),
        ([0, 4], 70, DATES, [(f"{day} Jan", "1970" * (day == 1)) for day in range(1, 6)]),
        ([0, 400], 28, DATES, [("Jan", "1970"), ("Jul", ""), ("Jan", "1971")]),
        ([0, 1500], 36, DATES, [("1970", ""), ("1971", ""), ("1972", ""), ("1973", ""), ("1974", "")]),
        ([0.25, 0.9], 60, CLOCK, [("06:00", "1 Jan 1970"), ("12:00", ""), ("18:00", "")]),
        ([0, 14], 20, NUMBERS, [("0", ""), ("7", ""), ("14", "")]),
        ([-4, 4], 30, NUMBERS, [("−4", ""), ("−2", ""), ("0", ""), ("2", ""), ("4", "")]),
        ([0.0, 0.5], 20, {**NUMBERS, "clock": True}, [("0", ""), ("0.25", ""), ("0.5", "")]),
    ],
)
def test_times_are_named_at_regular_steps(times, room, kind, expected):
    assert named(times, room, **kind) == expected


def test_the_year_is_named_where_it_changes():
    shown = named([365 * 30 + 350, 365 * 30 + 380], 70, calendar=True, clock=False)

    years = [year for _, year in shown if year]
    assert years == ["2000", "2001"]


def test_day_zero_is_named_whenever_it_is_inside():
    assert ("0", "") in named([-44, -5, 3, 17], 60, calendar=False, clock=False)


def test_the_ends_of_a_broken_axis_are_named():
    shown = named(TABLE_1, 60, calendar=False, clock=False)

    assert shown[0] == ("0", "")
    assert shown[-1] == ("222", "")


@pytest.mark.parametrize("room", [20, 50, 75, 160])
@pytest.mark.parametrize("calendar", [True, False])
def test_named_times_never_touch(room, calendar):
    axis = build_axis(TABLE_1, find_breaks(TABLE_1), room)

    ticks = choose_ticks(axis, room, calendar=calendar, clock=False)

    for one, other in pairwise(ticks):
        apart = (axis.place(other.time) - axis.place(one.time)) * room
        assert apart > (text_size.width(one.fine) + text_size.width(other.fine)) / 2


@pytest.mark.parametrize(
    ("low", "high", "height", "expected"),
    [
        (0.17, 39.59, 42, ["0.2", "0.5", "1", "2", "5", "10", "20", "50"]),
        (0.17, 39.59, 15.5, ["0.2", "1", "5", "20"]),
        (1, 1e6, 15.5, ["1", "100", "10\u202f000", "1\u202f000\u202f000"]),
    ],
)
def test_log_ticks_thin_out_evenly(low, high, height, expected):
    axis = build_value_axis(np.array([low, high]), [], [], log=True, height=height)

    assert axis.texts == expected


def test_an_axis_that_comes_near_zero_starts_there():
    near, far = (
        build_value_axis(np.array(values), [], [], log=False, height=40).low
        for values in ([60, 520], [8, 13])
    )

    assert near == 0
    assert far > 7


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.30000000000000004, "0.3"),
        (2500, "2500"),
        (1e6, "1\u202f000\u202f000"),
        (-12000.5, "−12\u202f000.5"),
    ],
)
def test_numbers_are_written_in_full(number, text):
    assert number_text(number) == text


def test_text_wraps_at_spaces_before_anything_else():
    assert text_size.wrap("methylprednisolone + cyclosporine", 28) == "methylprednisolone +\ncyclosporine"


def test_a_word_breaks_after_its_hyphen_and_only_then_inside():
    assert text_size.wrap("stem-cell", 8) == "stem-\ncell"
    assert text_size.wrap("alemtuzumab", 8).replace("\n", "") == "alemtuzumab"


@pytest.mark.parametrize("room", [6, 12, 25, 80])
def test_no_wrapped_line_is_wider_than_its_room(room):
    text = text_size.wrap("anti-interleukin-6 receptor/tocilizumab 8 mg/kg, day 3", room)

    assert text_size.width(text) <= room
    assert text.replace("\n", "").replace(" ", "") == "anti-interleukin-6receptor/tocilizumab8mg/kg,day3"
