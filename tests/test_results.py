"""Cells as people type them: each is read, is a word for no number, or is refused with a reason."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlhcli import facts
from hlhcli.readers.no_result import meaning
from hlhcli.readers.ranges import read_ranges
from hlhcli.readers.results import read_results
from hlhcli.readers.unit_shape import is_unit, split_heading


def one(text, decimal=None):
    (result,) = read_results([text], decimal)
    return result


@pytest.mark.parametrize(
    ("cell", "value", "bound", "unit"),
    [
        (">40000", 40000, ">", ""),
        ("< 0.17", 0.17, "<", ""),
        ("Less than 0.17 mg/L", 0.17, "<", "mg/L"),
        ("GREATER THAN 300", 300, ">", ""),
        ("1,247", 1247, "", ""),
        ("1 247", 1247, "", ""),
        (">33\u202f511", 33511, ">", ""),
        ("31\u00a0673.1", 31673.1, "", ""),
        ("1'247", 1247, "", ""),
        ("3.1^", 3.1, "", ""),
        ("71^^", 71, "", ""),
        ("13.0 H", 13, "", ""),
        ("8.9 +", 8.9, "", ""),
        ("5 (H)", 5, "", ""),
        ("45%", 45, "", "%"),
        ("35,000 /uL", 35000, "", "/uL"),
        ("12.1 g/dL", 12.1, "", "g/dL"),
        ("5.3 103/µL", 5.3, "", "103/µL"),
        ("−3", -3, "", ""),
    ],
)
def test_a_number_is_read_with_its_bound_and_unit_and_without_flags(cell, value, bound, unit):
    result = one(cell)

    assert (result.value, result.bound, result.unit, result.problem) == (value, bound, unit, "")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("4o000", "is not a number"),
        ("1.2.3", "is not a number"),
        ("13.0+", "is not a number"),
        ("12 n/a", "is not a number"),
        ("٣", "is not a number"),
        ("1e999", "is not a number"),
        ("4814,7597", "is not a number"),
        ("4814, 7597", "holds more than one value; give each its own row and time"),
        ("423–577", "is a range, not one value"),
        ("8.8 (d2)", "holds more than a number and its unit; put the rest into a column of its own"),
        ("7 109/L", "can be read with and without a power of ten; give the unit its own column"),
    ],
)
def test_what_could_be_misread_is_refused_with_a_reason(cell, reason):
    result = one(cell)

    assert math.isnan(result.value)
    assert result.problem == reason


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("Not sent", "not done"),
        ("nd", "not done"),
        ("…", "not done"),
        ("/", "not done"),
        ("-", "no result"),
        ("Not Applicable", "not available or not applicable"),
        ("WNL", "within normal limits, without a number"),
        ("↑", "raised, without a number"),
        ("N", "normal, without a number"),
        ("3+", "a grade, not a number"),
    ],
)
def test_words_for_no_number_are_told_apart_from_garbage(cell, said):
    result = one(cell)

    assert math.isnan(result.value)
    assert result.problem == ""
    assert said.endswith(result.meaning)


def test_every_word_for_no_number_has_a_source_or_is_said_to_be_a_definition():
    sources = [row["source"] for row in facts.rows("no_result")]

    assert all(re.match(r"PMC\d+, Table|CDISC |FHIR R4 .*: [a-z-]+$|definition: .", text) for text in sources)


def test_a_word_is_found_in_any_case_but_not_within_other_text():
    assert meaning("NOT  DONE") == "not done"
    assert meaning("nd 5") == ""


# One decimal mark for a file


def values(*cells, decimal=None):
    return [result.value if not result.problem else result.problem for result in read_results(cells, decimal)]


OPEN = "can be 1247 or 1.247; say which: --decimal point or --decimal comma"


def test_commas_group_thousands_where_nothing_speaks_for_decimals():
    assert values("1,247", "453") == [1247, 453]
    assert values("1,247", "2.43") == [1247, 2.43]


def test_commas_are_decimals_where_nothing_else_fits_and_no_point_is_one():
    assert values("9,6", "1,247", "5") == [9.6, 1.247, 5]


def test_a_file_with_both_marks_leaves_open_what_can_be_either_until_the_user_says_it():
    assert values("2.43", "0,4", "1,247") == [2.43, 0.4, OPEN]
    assert values("2.43", "0,4", "1,247", decimal="point") == [2.43, 0.4, 1247]


def test_a_comma_that_cannot_group_is_refused_where_points_are_decimals():
    assert values("2.43", "9,6")[1] == "has a decimal comma, while other cells have a decimal point"
    assert values("9,6", decimal="point") == ["has a decimal comma, not as --decimal point says"]


def test_points_group_thousands_where_commas_are_decimals():
    assert values("1.247", "9,6", decimal="comma") == [1247, 9.6]
    assert values("1.247", "9,6")[0].startswith("can be 1.247 or 1247")
    assert values("1.247,5") == [1247.5]


def test_grouping_must_be_by_three():
    assert values("12,34,567", "1,2345")[0] == "is not a number"


# Ranges and units


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("3.6–11.6", 3.6, 11.6),
        ("0.8-1.1", 0.8, 1.1),
        ("150,000 - 450,000", 150000, 450000),
        ("<150", None, 150),
        ("≤232", None, 232),
        ("<0.5 sepsis unlikely", None, 0.5),
        (">60 mL/min", 60, None),
        ("", None, None),
    ],
)
def test_reference_ranges_may_be_open_on_one_side(text, low, high):
    (item,) = read_ranges([text])

    assert (item.low if item.low == item.low else None, item.high if item.high == item.high else None) == (
        low,
        high,
    )
    assert item.problem == ""


@pytest.mark.parametrize("text", ["see note", "men 13-17, women 12-16", "11.6–3.6", "1-2-3"])
def test_what_is_no_range_is_said_to_be_none(text):
    assert read_ranges([text])[0].problem


@pytest.mark.parametrize("text", ["K/uL", "/mm3", "× 1000 cells/µL", "10^9/L", "mg/L FEU", "sec", "U/l", "%"])
def test_units_are_known_by_their_form(text):
    assert is_unit(text)


@pytest.mark.parametrize("text", ["o000", "w/o", "n/a", "SGPT", "first", "d2"])
def test_other_text_is_no_unit(text):
    assert not is_unit(text)


def test_a_share_keeps_its_sign_in_the_name():
    assert split_heading("Neutrophils (%)") == ("Neutrophils (%)", "%")
    assert split_heading("D-dimer, mg/L FEU") == ("D-dimer", "mg/L FEU")


# Nothing is changed silently


numbers = st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=3)


@given(st.lists(numbers, min_size=1), st.sampled_from(["{:f}", "{:,f}"]))
def test_plain_and_grouped_numbers_with_points_come_back_exactly(written, form):
    cells = [form.format(number) for number in written]

    for result, number in zip(read_results([*cells, "0.5"]), written, strict=False):
        assert result.problem or result.value == float(number)


@given(
    st.lists(st.one_of(st.text(max_size=12), st.text("0123456789.,'< >-+^/µLHo e", max_size=12)), max_size=8)
)
def test_any_text_is_read_or_refused_and_a_number_has_the_digits_of_its_cell(cells):
    for text, result in zip(cells, read_results(cells), strict=True):
        if result.value == result.value:
            assert result.problem == result.meaning == ""
            if "e" not in result.number.lower():
                assert digits(f"{abs(result.value):.15g}") == digits(result.number) or len(result.number) > 15
                assert result.number in text.translate({0xA0: " "}) or not text.isascii()


def digits(text):
    if "e" in text:
        return digits(f"{float(text):.0f}")
    return re.sub(r"\D", "", text).strip("0")
