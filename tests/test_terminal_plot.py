"""A course in characters: what stands where, in Unicode and in ASCII, at any width."""

import pytest
from builders import interventions, series

from hlhcli import TABLE1, TABLE1_INTERVENTIONS, read_interventions, read_series
from hlhcli.renderers.terminal_plot import plot_courses

NONE = interventions([])


def plot(labs, given=NONE, width=60, **options):
    return plot_courses(labs, given, **{"markers": ["D-dimer"], "width": width} | options)


def chart(text):
    """The lines between the letters and the time axis, without the numbers."""
    return [
        line[line.index("┤" if "┤" in line else "│") + 1 :]
        for line in text.splitlines()
        if "┤" in line or " │" in line
    ]


@pytest.fixture(scope="module")
def table1():
    labs = read_series(TABLE1)
    return labs, read_interventions(TABLE1_INTERVENTIONS, labs)


def test_the_first_line_tells_marker_unit_count_and_span():
    assert plot(series([("2024-01-01", 1.0), ("2024-01-05", 2.0)])).startswith(
        "D-dimer (mg/L): 2 values, 2024-01-01 to 2024-01-05\n"
    )
    assert plot(series([(3.0, 1.0)])).startswith("D-dimer (mg/L): one value, day 3\n")


def test_the_highest_value_is_on_top_and_named():
    lines = plot(series([(0.0, 10.0), (1.0, 30.0), (2.0, 20.0)])).splitlines()

    named = [line for line in lines if "┤" in line]
    assert named[0].startswith("30 ┤")
    assert "●" in named[0]
    assert named[-1].startswith("10 ┤")
    assert "●" in named[-1]


def test_every_value_is_a_point():
    assert plot(series([(float(day), float(day % 3)) for day in range(9)])).count("●") == 9


def test_inferred_dates_are_hollow_and_limits_point_away():
    labs = series([(0.0, 9.0), (1.0, 5.0), (2.0, 1.0)], bound=[">", "", "<"], placement=["", "inferred", ""])

    text = plot(labs)

    assert "○ date inferred   ▲ reported as above   ▼ reported as below" in text
    assert text.count("▲") == text.count("▼") == text.count("○") == 2


def test_each_start_is_a_lettered_line_with_its_day_and_dose():
    given = interventions(
        [("IVIG", 1.0), ("dexamethasone", 1.0), ("anakinra", 3.0)], dose=["1 g/kg", "", "100 mg"]
    )

    lines = plot(series([(0.0, 5.0), (4.0, 1.0)]), given).splitlines()

    letters = lines[1]
    for letter in "AB":
        column = letters.index(letter)
        assert all(line[column] in "│○●⠀" or "⠀" <= line[column] <= "⣿" for line in lines[2:14])
    assert lines[-2:] == ["A day 1 IVIG: 1 g/kg; dexamethasone", "B day 3 anakinra: 100 mg"]


def test_long_gaps_are_shortened_and_said(table1):
    text = plot(*table1, width=80)

    assert text.count("╱╱") == 3
    assert "╱╱ time axis shortened" in text
    for date in ("15 Oct", "25 Nov", "29 Nov", "14 Dec", "25 May"):
        assert date in text


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_terminal(table1, width, unicode):
    labs, given = table1

    text = plot(labs, given, width, unicode=unicode, markers=list(labs["marker"].unique()))

    assert max(map(len, text.splitlines())) <= width
    assert text.isascii() is not unicode


@pytest.mark.parametrize(("values", "log"), [([1, 50], True), ([1, 49], False), ([0, 50], False)])
def test_a_log_scale_is_chosen_for_fiftyfold_ranges_above_zero(values, log):
    text = plot(series([(float(k), float(value)) for k, value in enumerate(values)]))

    assert ("log scale" in text.splitlines()[0]) is log


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0], [0.0, 0.0], [-3.0, 4.0], [1e-6, 3e9]])
def test_any_numbers_can_be_drawn(values):
    assert plot(series([(float(k), value) for k, value in enumerate(values)])).count("●") == len(values)


def test_a_marker_without_values_is_one_line():
    assert plot(series([(0.0, float("nan"))])) == "D-dimer (mg/L): no value to draw\n"


def test_treatments_are_explained_once_below_all_plots(table1):
    labs, given = table1

    text = plot(labs, given, markers=["Hb", "D-dimer"])

    assert text.count("anakinra") == 1
    assert text.rstrip().endswith("anakinra: 50 mg daily (2 mg/kg), SC")


def test_control_characters_of_a_name_do_not_reach_the_terminal():
    text = plot(series([(0.0, 1.0)]), interventions([("\x1b[2Jdrug", 0.0)]))

    assert "\x1b" not in text


def test_many_starts_keep_their_lines_when_letters_run_out():
    given = interventions([(f"drug {k}", float(k)) for k in range(30)])

    text = plot(series([(0.0, 1.0), (29.0, 2.0)]), given, width=50)

    assert max(map(len, text.splitlines())) <= 50
    assert "* day 29 drug 29" in text


def test_several_markers_share_one_time_axis():
    labs = series([(0.0, 9.0), (4.0, 12000.0), (9.0, 2.0), (4.0, 3.0)], marker=["a", "a", "a", "b"])

    lines = plot(labs, interventions([("x", 2.0)]), markers=["a", "b"]).splitlines()

    assert len({line.index("A") for line in lines if line.strip() == "A"}) == 1
    assert len({line.index("┤") for line in lines if "┤" in line}) == 1
    heads = [k for k, line in enumerate(lines) if line.startswith(("a (", "b ("))]
    only = next(line for line in lines[heads[1] :] if "●" in line)
    among = [line.index("●") for line in lines[: heads[1]] if "●" in line]
    assert only.index("●") in among


def test_values_soon_after_a_transfusion_are_squares():
    labs = series([(0.0, 9.0), (1.0, 5.0)]).assign(disturbed=[False, True])

    text = plot(labs)

    assert text.count("□") == 2
    assert "□ soon after a transfusion etc." in text
