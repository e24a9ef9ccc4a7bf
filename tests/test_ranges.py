"""Reference ranges: from the file, from a table, and what they say about a value."""

import csv
import io
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series
from typer.testing import CliRunner

from hlhcli import markers
from hlhcli.analysis import Analysis, analyze
from hlhcli.changes import changes
from hlhcli.cli import app
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.figures import draw_courses
from hlhcli.frames import CHANGES
from hlhcli.ranges import RANGE_COLUMNS, builtin_ranges, fill_ranges, read_ranges
from hlhcli.ranges.judging import judge
from hlhcli.renderers import to_adam
from hlhcli.units import belongs

NAN = math.nan
FACTS = Path(__file__).parents[1] / "hlhcli" / "facts" / "ranges"
ANAKINRA = interventions([("anakinra", 1.0)])


def ferritin(*values, low=14.0, high=101.0, **columns):
    """Values on days 1, 2, …; anakinra starts on day 1, so that the first is the baseline."""
    rows = [(float(day), value) for day, value in enumerate(values, 1)]
    limits = {"reference_low": low, "reference_high": high}
    return series(rows, marker="Ferritin", unit="ng/mL", **(limits | columns))


def ranged(frame, given=ANAKINRA, *, at=("last",), baseline="last"):
    """The changes with the columns of ranges, if there are any, and nothing after them."""
    found = analyze(frame, given, Analysis(at=at, baseline=baseline))
    return found[[name for name in found if name in (*CHANGES, *RANGE_COLUMNS)]]


def judged(frame, *at, **options):
    result = ranged(frame, at=at or ("last",), **options)
    return result.set_index("at") if len(at) > 1 else result.iloc[0]


def side(value, low, high, bound=""):
    (result,) = judge(*(np.array([item]) for item in (value, bound, low, high)))
    return result


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "ranges.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


# Judging


@pytest.mark.parametrize(
    ("value", "expected"), [(13.9, "low"), (14, "normal"), (50, "normal"), (101, "normal"), (101.1, "high")]
)
def test_both_limits_are_normal(value, expected):
    assert side(value, 14, 101) == expected


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [(0.4, NAN, 0.5, "normal"), (0.6, NAN, 0.5, "high"), (3, 4, NAN, "low"), (9, 4, NAN, "normal")],
)
def test_a_side_without_a_limit_is_never_left(value, low, high, expected):
    assert side(value, low, high) == expected


def test_without_a_range_or_a_value_nothing_is_said():
    assert (side(5, NAN, NAN), side(NAN, 1, 2)) == ("", "")


@pytest.mark.parametrize(
    ("value", "bound", "low", "high", "expected"),
    [
        (40000, ">", 14, 300, "high"),
        (0.17, "<", NAN, 0.5, "normal"),
        (0.5, "<", NAN, 0.5, "normal"),
        (5, "<", 10, 20, "low"),
        (5, "<", 3, 20, ""),  # 2 would be low and 4 normal
        (5, ">", 3, 20, ""),
        (5, ">", 3, NAN, "normal"),
        (20, ">", 3, 20, ""),  # ≥ is read as >, and 20 is normal
    ],
)
def test_a_reported_limit_is_judged_where_every_value_in_it_agrees(value, bound, low, high, expected):
    assert side(value, low, high, bound) == expected


def test_limits_are_compared_without_the_digits_of_binary_fractions():
    assert side(0.8, 0.7999999999999999, 3.0) == side(0.1 + 0.2, 0.0, 0.3) == "normal"
    assert side(0.7999999999999999, 0.8, 3.0) == "normal"


# Changes


def test_a_range_adds_its_columns_after_all_others():
    frame = ferritin(40500, 4050)
    plain = changes(frame, ANAKINRA, at=["last"])

    result = ranged(frame)

    assert list(result.columns) == [*plain.columns, *RANGE_COLUMNS]
    assert result[plain.columns].equals(plain)


def test_without_any_range_nothing_is_added():
    frame = ferritin(40500, 4050, low=NAN, high=NAN)

    assert list(ranged(frame)) == list(CHANGES)


def test_the_shift_is_from_the_baseline_to_the_response():
    row = judged(ferritin(40500, 80))

    assert (row["baseline_range"], row["value_range"], row["shift"]) == ("high", "normal", "high to normal")
    assert row["times_upper_limit"] == pytest.approx(80 / 101)
    assert row["times_lower_limit"] == pytest.approx(80 / 14)


def test_each_value_is_judged_by_the_range_of_its_own_row():
    row = judged(ferritin(90, 90, high=[80.0, 100.0]))

    assert row["shift"] == "high to normal"
    assert row["times_upper_limit"] == 0.9


def test_the_order_of_the_rows_does_not_matter():
    frame = ferritin(90, 85, 95, high=[80.0, 100.0, 90.0])
    mixed = frame.iloc[[2, 0, 1]].reset_index(drop=True)

    pd.testing.assert_frame_equal(ranged(mixed), ranged(frame))


def test_a_limit_as_baseline_is_judged_and_has_no_multiple():
    row = judged(ferritin(40000, 2000, bound=[">", ""]))

    assert (row["shift"], row["times_upper_limit"]) == ("high to high", pytest.approx(2000 / 101))
    assert math.isnan(judged(ferritin(40000, 2000, bound=["", ">"]))["times_upper_limit"])


def test_two_rows_of_one_value_that_disagree_leave_it_open():
    frame = ferritin(500, 90, 90, high=[101.0, 80.0, 100.0]).assign(time=[1.0, 2.0, 2.0])

    assert judged(frame)["value_range"] == ""


def test_of_different_values_at_one_time_each_has_its_own_range():
    frame = ferritin(500, 70, 90, high=[101.0, 60.0, 100.0]).assign(time=[1.0, 2.0, 2.0])

    result = judged(frame, "first", "last")

    assert result["value_range"].to_dict() == {"first": "high", "last": "normal"}


def test_a_mean_is_judged_where_all_values_share_one_range():
    assert judged(ferritin(500, 90, 130), "mean")["value_range"] == "high"
    assert judged(ferritin(500, 90, 130), "mean")["times_upper_limit"] == pytest.approx(110 / 101)
    assert judged(ferritin(500, 90, 130, high=[101.0, 101.0, 99.0]), "mean")["value_range"] == ""
    assert judged(ferritin(500, 90), baseline="mean")["shift"] == "high to normal"


def test_subjects_and_markers_keep_their_own_ranges():
    frame = pd.concat(
        [ferritin(90, 90, subject="a"), ferritin(90, 90, subject="b", high=80.0)], ignore_index=True
    )
    both = pd.concat([ANAKINRA.assign(subject="a"), ANAKINRA.assign(subject="b")], ignore_index=True)

    result = ranged(frame, both)

    assert result["value_range"].tolist() == ["normal", "high"]


def test_a_row_without_a_response_is_judged_by_its_baseline_alone():
    row = judged(ferritin(500))

    assert (row["baseline_range"], row["value_range"], row["shift"]) == ("high", "", "")


def test_a_limit_of_zero_has_no_multiple():
    assert math.isnan(judged(ferritin(5, 5, low=0.0))["times_lower_limit"])


def test_adam_has_its_own_words():
    frame = ferritin(40500, 80)

    row = to_adam(ranged(frame)).iloc[0]

    assert row[["BNRIND", "ANRIND", "SHIFT1"]].tolist() == ["HIGH", "NORMAL", "HIGH to NORMAL"]
    assert (row["R2ANRHI"], row["R2ANRLO"]) == (pytest.approx(80 / 101), pytest.approx(80 / 14))


# Tables of ranges


def fill(frame, ranges):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataNote)
        result = fill_ranges(frame, read_ranges(ranges))
    return result, "\n".join(str(warning.message) for warning in caught)


def test_a_table_fills_what_the_labs_leave_open_in_their_unit(table):
    path = table("marker,unit,low,high,source\nSerum ferritin,pmol/L,,224.7,our lab\n")

    result, note = fill(ferritin(500, 80, low=[NAN, 14.0], high=[NAN, 150.0]), path)

    assert result["reference_high"].tolist() == [100, 150]
    assert math.isnan(result["reference_low"][0])
    assert f"ranges {path}, where the labs give none:\n  Ferritin up to 100 ng/mL (our lab)" in note


def test_a_range_in_a_unit_that_cannot_be_brought_to_the_values_is_not_used_and_named(table):
    path = table("marker,unit,low,high\nD-dimer,mg/L FEU,,0.5\n")
    frame = series([(1.0, 4.0)], unit="ng/mL")

    result, note = fill(frame, path)

    assert result["reference_high"].isna().all()
    assert "not used:\n  D-dimer: 'mg/L FEU' is never converted into 'ng/mL'" in note


def test_a_range_of_a_marker_that_nobody_knows_needs_the_very_unit(table):
    path = table("marker,unit,low,high\nPotassium,mmol/L,3.5,5\n")

    assert fill(series([(1.0, 4.0)], marker="Potassium", unit="mmol/l"), path)[0][
        "reference_low"
    ].tolist() == [3.5]
    assert "not used" in fill(series([(1.0, 4.0)], marker="Potassium", unit="mEq/L"), path)[1]


def test_inr_has_a_range_without_a_unit(table):
    path = table("marker,low,high\nINR,0.8,1.1\n")

    assert fill(series([(1.0, 2.0)], marker="INR", unit=""), path)[0]["reference_high"].tolist() == [1.1]


def test_a_table_that_has_nothing_to_say_says_so(table):
    assert "none was used" in fill(ferritin(5), table("marker,unit,low,high\nALT,U/L,8,24\n"))[1]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            "ALT,U/L,8,24\nSGPT,U/L,6,34\n",
            "line 2, column 'marker': 'ALT' has 2 rows; keep the one for this patient",
        ),
        ("ALT,U/L,,\n", "line 2, column 'marker': 'ALT' has neither a low nor a high limit"),
        ("ALT,U/L,34,6\n", "line 2, column 'marker': 'ALT' has a low limit, 34, above its high limit, 6"),
        ("ALT,U/L,x,6\n", "line 2, column 'low': 'x' is not a number"),
        ("ALT,U/L,,<24\n", "line 2, column 'high': '<24'"),
        (",U/L,1,6\n", "line 2, column 'marker': the marker is missing"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_by_line(table, rows, words):
    with pytest.raises(HlhcliError) as error:
        read_ranges(table("marker,unit,low,high\n" + rows))

    assert words in str(error.value)


def test_a_table_that_is_neither_file_nor_built_in_is_named_with_those_that_are():
    with pytest.raises(HlhcliError, match=r"'girl-15': no such file.*did you mean 'girl-14'"):
        read_ranges("girl-15")


def test_every_built_in_range_has_a_source_and_a_unit_of_its_marker():
    for name in builtin_ranges():
        with (FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert markers.find(row["marker"]), row
                assert belongs(row["marker"], row["unit"]) == row["unit"], row
                assert row["source"], row
                assert row["confidence"] in ("H", "M"), row


# The program


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="hlhcli")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_no_range_is_applied_unless_it_is_asked_for_by_name():
    assert "value_range" not in rows(run("summarize").stdout)[0]


def test_a_built_in_range_is_used_by_name_and_its_source_is_printed():
    result = run(
        "summarize",
        "--marker",
        "d-dimer",
        "--intervention",
        "anakinra",
        "--at",
        "last",
        "--ranges",
        "girl-14",
    )

    (row,) = rows(result.stdout)
    assert (row["shift"], row["times_upper_limit"]) == ("high to normal", "0.8")
    assert "D-dimer up to 0.5 µg/mL FEU (all; unitslab.com" in result.stderr


def test_the_table_flags_what_is_outside_its_range_and_says_what_the_flag_means():
    arguments = ["summarize", "--intervention", "anakinra", "--marker", "d-dimer", "--format", "table"]
    plain, flagged = run(*arguments).stdout, run(*arguments, "--ranges", "girl-14").stdout

    assert "H 24.31 d−1" in flagged
    assert "  0.4 ×0.0165" in flagged
    assert "H above, L below the reference range of that value." in " ".join(flagged.split())
    assert "H " not in plain


def test_in_other_units_the_changes_are_the_same_and_so_is_the_judgment():
    arguments = ["summarize", "--marker", "wbc", "--marker", "hb", "--ranges", "girl-14"]
    given, si = (rows(run(*arguments, "--units", units).stdout) for units in ("as-given", "si"))

    assert [row["shift"] for row in given] == [row["shift"] for row in si]
    assert {row["unit"] for row in si} == {"10^9/L", "g/L"}
    same = [
        float(a["fold_change"] or 0) == pytest.approx(float(b["fold_change"] or 0))
        for a, b in zip(given, si, strict=True)
    ]
    assert all(same)


def test_the_figure_has_the_band_of_the_range_that_was_given():
    frame, _ = fill(ferritin(500, 80, low=NAN, high=NAN), "girl-14")

    figure = draw_courses(frame, ANAKINRA)

    band = figure.axes[0].patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == (14, 101)
