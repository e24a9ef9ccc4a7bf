import re
from itertools import pairwise
from pathlib import Path

import builders
import pandas as pd
import pytest
from test_renderers import NAN, NOTHING, change, frame

from hlhcli import markers
from hlhcli.renderers.rounding import amount, day_text, difference, measured, ratio
from hlhcli.renderers.sparkline import LENGTH, sparkline
from hlhcli.renderers.table import render_table
from hlhcli.windows import windows

GOLDEN = Path(__file__).parent / "golden"
DAYS = {"first": 1.0, "nadir": 15.0, "peak": 3.0, "last": 177.0}
D_DIMER = {"first": 3.58, "nadir": 0.17, "peak": 3.88, "last": 0.4}
PLATELETS = {"first": 88.0, "nadir": 88.0, "peak": 228.0, "last": 228.0}
CAPTION = "Baseline: the last value before the start. Window: up to the next intervention."


def points(values, **others):
    """The rows of one marker, one for each response point."""
    return [change(at=at, value=value, day=DAYS.get(at, NAN), **others) for at, value in values.items()]


def table1():
    """D-dimer, platelets and ferritin around anakinra (Behrens 2006, Table 1)."""
    none = [
        change(at=at, **{"marker": "Ferritin", "unit": "ng/mL", "baseline": 2440.0, **NOTHING}) for at in DAYS
    ]
    platelets = {"marker": "Plt", "unit": "10^9/L", "baseline": 100.0, "n_before": 5, "n_after": 6}
    ferritin = {"n_before": 1, "n_after": 0, "note": "no value in the window"}
    return frame(
        *points(PLATELETS, **platelets, baseline_time=pd.Timestamp("2004-11-29")),
        *points(D_DIMER),
        *(row | ferritin for row in none),
    )


def labs():
    """The values behind `table1`."""
    dates = ("2004-11-26", "2004-11-28", "2004-11-30", "2004-12-02", "2004-12-14", "2005-05-25")
    plt = zip(dates, (65, 71, 88, 115, 205, 228), strict=True)
    dimer = zip(dates, (39.59, 24.31, 3.58, 3.88, 0.17, 0.4), strict=True)
    return pd.concat(
        [
            builders.series(list(plt), marker="Plt"),
            builders.series(list(dimer)),
            builders.series([("2004-11-25", 2440)], marker="Ferritin"),
        ],
        ignore_index=True,
    )


GIVEN = builders.interventions(
    [("anakinra", "2004-11-29")], dose="50 mg daily", route="SC", note="cyclosporine continued"
)


def show(changes, series=None, given=GIVEN, *, width=None, color=False, unicode=True, caption=CAPTION):
    series = labs() if series is None else series
    spans = windows(series, given)
    return render_table(
        changes, series, spans, given, width=width, color=color, unicode=unicode, caption=caption
    )


def line_of(lines, marker):
    return next(line for line in lines if line.startswith(marker))


# --- the whole page ---------------------------------------------------------------------------


@pytest.mark.parametrize("width", [160, 100, 72, 40])
def test_the_page_at_each_width(width):
    assert show(table1(), width=width) == (GOLDEN / f"table-{width}.txt").read_text(encoding="utf-8")


def test_the_page_in_ascii():
    text = show(table1(), width=100, unicode=False)

    assert text == (GOLDEN / "table-ascii.txt").read_text(encoding="ascii")


@pytest.mark.parametrize("width", range(30, 170))
def test_no_line_is_wider_than_the_terminal(width):
    text = show(table1(), width=width)

    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [None, *range(160)])
def test_no_number_is_cut_at_any_width(width):
    text = show(frame(*points({"first": 123456.0, "last": 0.000123}, baseline=987654.0)), width=width)

    words = text.split()
    for number in ("2004-11-29", "987654", "123456", "×0.125", "d1", "0.000123", "×1.25e−10", "d177"):
        assert any(word.rstrip("✓!") == number for word in words), number


def test_a_file_gets_the_widest_layout_without_trailing_spaces():
    text = show(table1())

    assert text == show(table1(), width=500)
    assert not any(line.endswith(" ") for line in text.splitlines())
    assert text.endswith("\n")


def test_every_row_of_a_table_ends_at_the_same_columns():
    """Numbers stand below one another: the days of each point begin at one place."""
    lines = show(table1(), width=160).splitlines()

    plt, dimer = line_of(lines, "Plt"), line_of(lines, "D-dimer")

    assert [plt.index("×0.880"), plt.index("d177")] == [dimer.index("×0.147"), plt.index("d177")]
    assert plt.rindex("d177") == dimer.rindex("d177")


# --- color and characters ---------------------------------------------------------------------


def test_without_color_there_are_no_escape_sequences():
    assert "\x1b" not in show(table1(), width=100)


def test_with_color_the_text_is_the_same():
    colored = show(table1(), width=100, color=True)

    assert "\x1b[38;5;29m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == show(table1(), width=100)


@pytest.mark.parametrize("variable", ["NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"])
def test_the_environment_has_no_say(monkeypatch, variable):
    expected = show(table1(), width=100, color=True)

    monkeypatch.setenv(variable, "dumb" if variable == "TERM" else "40")

    assert show(table1(), width=100, color=True) == expected


def test_ascii_output_is_ascii_whatever_the_names_are():
    rows = frame(*points(D_DIMER, marker="sIL-2R µ–é中", note="naïve"))

    assert show(rows, width=60, unicode=False).isascii()


def test_user_text_is_not_markup_and_cannot_steer_the_terminal():
    name = "[red]IL-6[/red] \x1b[31m\n\u202e:smile:"
    given = builders.interventions([("[bold]x", "2004-11-29")], dose="[i]50", note="\x1b]0;t\x07")
    rows = frame(*points(D_DIMER, marker=name, unit="[u]", intervention="[bold]x", note="[dim]"))

    text = show(rows, given=given, caption="[b]caption[/b]")

    assert "[red]IL-6[/red]  [31m :smile:" in text
    assert all(word in text for word in ("■ [bold]x", "[i]50", "[u]", "[dim]", "[b]caption[/b]"))
    assert not any(letter in text for letter in "\x1b\x07\u202e")


def test_wide_letters_keep_the_columns_in_line():
    rows = frame(*points(D_DIMER, marker="血清铁蛋白浓度"), *points(D_DIMER, marker="Hb"))

    wide, plain = (line_of(show(rows).splitlines(), name) for name in ("血清铁蛋白浓度", "Hb"))

    assert len(plain) - len(wide) == 7


# --- marks ------------------------------------------------------------------------------------


def test_marks_tell_improvement_from_worsening():
    rows = frame(
        *points({"first": 12.0, "last": 48.0}, marker="D-dimer"),
        *points({"first": 12.0, "last": 48.0}, marker="Plt"),
        *points({"first": 12.0, "last": 24.31}, marker="ESR of unknown kind"),
    )

    lines = show(rows).splitlines()

    assert "×0.494✓" in line_of(lines, "D-dimer")
    assert "×1.97!" in line_of(lines, "D-dimer")
    assert "×0.494!" in line_of(lines, "Plt")
    assert "×1.97✓" in line_of(lines, "Plt")
    assert not set("✓!") & set(line_of(lines, "ESR"))


def test_an_unchanged_value_has_no_mark():
    rows = frame(change(value=24.31, at="first"), change(value=24.31 + 4e-15, at="mean"))

    assert line_of(show(rows).splitlines(), "D-dimer").count("×1.00 ") == 2


def test_marks_follow_the_table_of_markers(monkeypatch):
    monkeypatch.setattr(markers, "find", lambda _: None)

    text = show(frame(*points(D_DIMER, marker="D-dimer under another rule")))

    assert "✓" not in text


def test_the_legend_explains_only_what_is_there():
    plain = show(frame(*points(D_DIMER, marker="unheard of")))
    marked = show(table1())

    assert "for the better" not in plain
    assert "✓ change for the better, ! for the worse" in marked
    assert "Course:" not in plain
    assert "Course:" in marked


# --- notes ------------------------------------------------------------------------------------


def test_each_note_is_printed_once_with_its_markers_and_points():
    rows = frame(
        *points({"first": 1.0, "last": 2.0}, marker="ALT", note="date inferred"),
        change(marker="AST", at="first", note="date inferred; 2 × different results at one time"),
        change(marker="AST", at="last", note="date inferred"),
        change(marker="ESR", at="first"),
        change(marker="ESR", at="last", note="value >40000"),
    )

    lines = show(rows).splitlines()

    assert "¹ ALT, AST: date inferred" in lines
    assert "² AST (first): 2 × different results at one time" in lines
    assert "³ ESR (last): value >40000" in lines
    assert line_of(lines, "AST").startswith("AST¹,²")
    assert line_of(lines, "ESR").startswith("ESR³")


def test_a_note_about_everything_names_no_marker():
    rows = frame(
        *points(D_DIMER, marker="ALT", note="no stop"), *points(D_DIMER, marker="AST", note="no stop")
    )

    assert "¹ all markers: no stop" in show(rows).splitlines()


@pytest.mark.parametrize("width", [160, 100, 60, 24])
def test_no_note_is_lost_at_any_width(width):
    rows = frame(*(change(marker=f"M{number}", note=f"reason-{number}") for number in range(12)))

    text = show(rows, width=width)

    assert all(f"reason-{number}" in text for number in range(12))
    assert "¹²" in text


# --- headings ---------------------------------------------------------------------------------


def test_a_heading_says_how_the_intervention_was_given_and_what_came_with_it():
    given = builders.interventions([("anakinra", "2004-11-29", "2004-12-05"), ("PRBC", "2004-11-29")])
    given = given.assign(dose=["50 mg daily", ""], route=["SC", ""], note=["steroids tapered", ""])

    lines = show(frame(change()), given=given).splitlines()

    assert lines[:4] == [
        "■ anakinra  2004-11-29 to 2004-12-05",
        "  50 mg daily · SC",
        "  steroids tapered",
        "  started together with PRBC",
    ]


def test_a_single_dose_has_one_date():
    given = builders.interventions([("etoposide", "2004-11-26", "2004-11-26")])
    rows = frame(change(intervention="etoposide", start=pd.Timestamp("2004-11-26")))

    assert show(rows, given=given).startswith("■ etoposide  2004-11-26\n\n")


@pytest.mark.parametrize("width", [160, 80])
def test_a_value_after_the_first_takes_one_line(width):
    rows = frame(*each(["2004-11-30", "2004-12-02"], [3.58, 3.88], marker="D-dimer in a long name"))

    lines = show(rows, width=width).splitlines()

    place = next(place for place, line in enumerate(lines) if "2004-12-02" in line)
    assert lines[place + 1] == ""
    assert "Baseline:" in lines[place + 2]


def test_subjects_have_headings_of_their_own():
    rows = frame(change(subject="A"), change(subject="A", marker="Hb"), change(subject="B"))

    text = show(rows)

    assert [text.count(f"Subject {subject}\n") for subject in "AB"] == [1, 1]
    assert text.count("■ anakinra") == 2


def test_one_intervention_given_twice_makes_two_blocks():
    rows = frame(change(), change(start=pd.Timestamp("2005-01-04")))

    text = show(rows)

    assert "■ anakinra  2004-11-29" in text
    assert "■ anakinra  2005-01-04" in text


def test_day_numbers_are_named_as_days():
    given = builders.interventions([("anakinra", 3.0)])
    series = builders.series([(0.0, 24.31), (4.0, 3.58)])

    text = show(frame(change(start=3.0, baseline_time=0.0, time=4.0)), series, given)

    assert "■ anakinra  day 3\n" in text
    assert "24.31 d−3" in text


def test_a_window_that_the_other_frames_do_not_know_is_shown_all_the_same():
    text = show(frame(*points(D_DIMER, intervention="etoposide")))

    assert "■ etoposide  2004-11-29" in text


# --- limits and ranges ------------------------------------------------------------------------


def limited(**others):
    """A row whose value is only known as a limit: <0.17 for D-dimer."""
    limits = {"value_low": 0.0, "value_high": 0.17, "delta_low": -24.31, "delta_high": -24.14}
    ratios = {"fold_change_low": 0.0, "fold_change_high": 0.17 / 24.31}
    bounds = {"baseline_low": 24.31, "baseline_high": 24.31} | limits | ratios
    unknown = dict.fromkeys(("value", "delta", "percent_change", "fold_change", "log2_fold_change"), NAN)
    return change() | unknown | bounds | others


def test_a_limit_is_shown_as_it_was_reported_and_still_counts_as_a_fall():
    line = line_of(show(frame(limited())).splitlines(), "D-dimer")

    assert "<0.17" in line
    assert "×<0.00699✓" in line


def test_an_upper_limit_has_no_high():
    row = limited(value_low=40000.0, value_high=NAN, fold_change_low=1645.4, fold_change_high=NAN)

    line = line_of(show(frame(row | {"delta_low": 39975.69, "delta_high": NAN})).splitlines(), "D-dimer")

    assert ">40000" in line
    assert "×>1650!" in line


def test_a_limit_that_no_single_result_has_is_not_strict():
    line = line_of(show(frame(limited(time=pd.NaT, day=NAN))).splitlines(), "D-dimer")

    assert "≤0.17" in line
    assert "×≤0.00699" in line


def test_a_range_shows_both_ends_and_no_mark_where_the_direction_is_open():
    row = limited(value_low=2.1, value_high=50.0, delta_low=-22.21, delta_high=25.69)

    line = line_of(
        show(frame(row | {"fold_change_low": 0.0864, "fold_change_high": 2.06})).splitlines(), "D-dimer"
    )

    assert "2.1–50" in line
    assert "×0.0864–2.06 " in line


def test_a_baseline_can_be_a_limit():
    row = limited(baseline=NAN, baseline_low=40000.0, baseline_high=NAN, value=1040.0)

    assert ">40000 d−1" in show(frame(row | {"value_low": 1040.0, "value_high": 1040.0}))


def test_a_value_that_is_known_is_shown_as_it_is_beside_its_limits():
    row = limited(
        value=3.58, value_low=3.58, value_high=3.58, delta=-20.73, delta_low=-20.73, delta_high=-20.73
    )
    fold = dict.fromkeys(("fold_change", "fold_change_low", "fold_change_high"), 0.147)

    assert "3.58 ×0.147✓ d1" in show(frame(row | fold))


# --- every value ------------------------------------------------------------------------------


def each(times, values, **others):
    return [
        change(at="each", value=value, time=pd.Timestamp(time), day=float(day), **others)
        for day, (time, value) in enumerate(zip(times, values, strict=True), start=1)
    ]


def test_each_shows_one_line_per_value():
    rows = frame(*each(["2004-11-30", "2004-12-01T08:15"], [3.58, 48.62]))

    lines = show(rows).splitlines()

    first = next(place for place, line in enumerate(lines) if line.startswith("D-dimer"))
    assert lines[first].split()[:9] == (
        ["D-dimer", "µg/mL", "FEU", "24.31", "d−1", "2004-11-30", "3.58", "×0.147✓", "d1"]
    )
    assert "−20.73" in lines[first]
    assert lines[first + 1].split() == ["2004-12-01T08:15", "48.62", "×2.00!", "d2", "+24.31"]


@pytest.mark.parametrize("width", [160, 80, 30])
def test_points_and_each_can_stand_together(width):
    rows = frame(change(at="mean", **{"time": pd.NaT, "day": NAN}), *each(["2004-11-30"], [48.62]))

    text = show(rows, width=width)

    assert "3.58" in text
    assert "48.62" in text


# --- narrow terminals -------------------------------------------------------------------------


def test_what_was_left_out_is_said():
    text = show(table1(), width=60)

    assert "Left out for want of width: peak." in text
    assert "Peak" not in text


def test_first_and_last_are_left_out_last():
    text = show(table1(), width=50)

    assert text.splitlines()[4].split() == ["Marker", "Baseline", "First", "Last"]
    assert "Left out for want of width: nadir, peak." in text


def test_a_course_without_a_column_stands_under_its_marker():
    lines = show(table1(), width=72).splitlines()

    place = next(place for place, line in enumerate(lines) if line.startswith("D-dimer"))
    assert lines[place + 1].startswith("  µg/mL FEU")
    assert lines[place + 2] == "█▅│▂▂▁▁"


def test_nothing_is_left_out_of_a_list():
    text = show(table1(), width=30)

    assert "Left out" not in text
    assert all(word in text for word in ("nadir", "peak", "course", "0.17 ×0.00699✓ d15"))


@pytest.mark.parametrize("width", range(32, 160, 4))
def test_names_wrap_between_words(width):
    rows = frame(*points(D_DIMER, marker="Leukocytes in blood by automated count"))

    text = show(rows, width=width)

    assert all(word in text.split() for word in ("Leukocytes", "automated", "µg/mL", "FEU", "0.4", "×0.0165"))


@pytest.mark.parametrize("width", [24, 48, 90])
def test_a_word_that_fits_nowhere_breaks(width):
    text = show(frame(*points(D_DIMER, marker="Q" * 200)), width=width)

    assert text.count("Q") == 200
    assert "0.4" in text


@pytest.mark.parametrize("width", [1, 24])
def test_a_range_is_whole_where_it_is_wider_than_the_terminal(width):
    row = limited(
        value_low=1234567890123.0, value_high=2345678901234.0, fold_change_low=5078.4, fold_change_high=9649.0
    )

    assert {"1234567890123–2345678901234", "×5080–9650✓"} <= set(show(frame(row), width=width).split())


def test_no_rows_leave_the_caption():
    text = show(frame())

    assert text.startswith("Baseline: the last value before the start.")
    assert "There is nothing to show" in text


def test_the_input_is_not_modified():
    rows, series = table1(), labs()
    before = rows.copy(), series.copy()

    show(rows, series)

    pd.testing.assert_frame_equal(rows, before[0])
    pd.testing.assert_frame_equal(series, before[1])


def test_a_frame_with_gaps_in_its_index_is_read_by_row():
    rows = table1()

    assert show(rows.iloc[4:8]) == show(rows.iloc[4:8].reset_index(drop=True))


# --- courses ----------------------------------------------------------------------------------


def course(values, cuts=()):
    return sparkline(values, cuts, levels="12345", edge="|")


def test_a_course_runs_from_its_lowest_to_its_highest_value():
    assert course([0, 1, 2, 3, 4]) == "12345"


@pytest.mark.parametrize(
    ("values", "bars"), [([], ""), ([7], "3"), ([7, 7, 7], "333"), ([-1, 1], "15"), ([1e-9, 1e9], "15")]
)
def test_a_course_of_nothing_of_one_value_and_of_equal_values(values, bars):
    assert course(values) == bars


def test_edges_stand_where_the_window_begins_and_ends():
    assert course([0, 4, 0, 4], [1, 3]) == "1|51|5"
    assert course([0, 4], [0, 2]) == "|15"
    assert course([0, 4], [2, 2]) == "15|"


@pytest.mark.parametrize("place", [0, 3, 49, 50, 61, 179])
def test_a_long_course_keeps_its_peaks_and_its_length(place):
    values = [4.0] * 200
    values[place], values[place + 20] = 9.0, 1.0

    bars = course(values, [50])

    assert len(bars) <= LENGTH
    assert (bars.count("5"), bars.count("1")) == (1, 1)


@pytest.mark.parametrize("size", range(40))
def test_no_part_of_a_course_disappears(size):
    bars = course(list(range(size + 2)), [1, size + 1])

    assert [bool(part) for part in bars.split("|")] == [True, size > 0, True]
    assert len(bars) <= LENGTH + 2


def test_values_that_are_missing_are_skipped():
    series = builders.series([("2004-11-28", 1), ("2004-11-29", NAN), ("2004-11-30", 2)])

    assert line_of(show(frame(change()), series).splitlines(), "D-dimer").endswith("▁│█")


def test_the_edges_of_a_course_are_those_of_its_window():
    given = builders.interventions([("anakinra", "2004-11-29"), ("etoposide", "2004-12-03")])

    text = show(frame(change()), given=given)

    assert line_of(text.splitlines(), "D-dimer").endswith("█▅│▂▂│▁▁")


# --- rounding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (24.31, "24.31"),
        (2600.0, "2600"),
        (0.1 + 0.2, "0.3"),
        (1e6, "1000000"),
        (123456789.0, "123456789"),
        (999999.7, "1000000"),
        (-0.0, "0"),
        (-3.2, "−3.2"),
        (1.2e-7, "1.2e−07"),
    ],
)
def test_values_are_printed_as_measured(value, text):
    assert measured(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.14726, "0.147"), (1.0, "1.00"), (9.996, "10.0"), (99.96, "100"), (1034.4, "1030"), (0.0, "0")],
)
def test_ratios_have_three_digits(value, text):
    assert ratio(value) == text


def test_ratios_never_fall_as_values_rise():
    texts = [ratio(step / 997) for step in range(1, 5000, 7)]

    assert all(float(low) <= float(high) for low, high in pairwise(texts))


@pytest.mark.parametrize(
    ("day", "text"), [(0.0, "d0"), (-4.0, "d−4"), (0.4, "d0.4"), (-6.38, "d−6.4"), (0.02, "d0.02"), (NAN, "")]
)
def test_days_are_whole_or_have_one_decimal(day, text):
    assert day_text(day) == text


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        ((5.0, NAN, NAN), "5"),
        ((NAN, NAN, NAN), "–"),
        ((NAN, 0.0, 5.0), "<5"),
        ((NAN, 5.0, float("inf")), ">5"),
        ((NAN, 5.0, 5.0), "5"),
        ((NAN, 2.0, 5.0), "2–5"),
    ],
)
def test_amounts_show_what_is_known(interval, text):
    assert amount(*interval, measured) == text


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        ((2.5, NAN, NAN), "+2.5"),
        ((0.0, NAN, NAN), "0"),
        ((NAN, -3.0, 2.0), "−3 to +2"),
        ((NAN, NAN, -3.0), "≤−3"),
        ((NAN, 4.0, float("inf")), "≥+4"),
        ((NAN, NAN, NAN), "–"),
    ],
)
def test_differences_have_a_sign(interval, text):
    assert difference(*interval) == text


def test_a_fall_of_leukocytes_that_were_too_high_is_not_marked_as_worse():
    def fall(side):
        row = change() | {
            "marker": "WBC",
            "unit": "10^9/L",
            "baseline": 28.76,
            "value": 11.84,
            "delta": -16.92,
        }
        return show(frame(row | {"fold_change": 0.412, "baseline_range": side, "value_range": side}))

    assert "×0.412!" in fall("normal")
    assert "×0.412!" not in fall("high")
