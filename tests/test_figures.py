"""Figures by their artists and by the real size of their texts."""

import io
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from pictures import assert_apart, texts
from PIL import Image

from hlhcli.errors import HlhcliError
from hlhcli.figures import describe, describe_courses, draw_courses, save_figure, style
from hlhcli.frames import INTERVENTIONS, SERIES

DATA = Path(__file__).parents[1] / "data"
NONE_OF = {
    "subject": "",
    "marker": "Ferritin",
    "row": 0,
    "bound": "",
    "reference_low": np.nan,
    "reference_high": np.nan,
    "placement": "",
    "unit": "",
}


@pytest.fixture(scope="module")
def table1():
    labs = pd.read_csv(DATA / "table1.csv").assign(subject="", row=0)
    labs["time"] = labs["date"].astype("datetime64[us]")
    columns = {name: value for name, value in NONE_OF.items() if name not in labs}
    return labs.assign(**columns)[list(SERIES)]


@pytest.fixture(scope="module")
def treatments():
    text = dict.fromkeys(("dose", "route", "note"), "")
    frame = pd.read_csv(DATA / "interventions.csv").assign(subject="").fillna(text)
    dates = {column: frame[column].astype("datetime64[us]") for column in ("start", "stop")}
    return frame.assign(**dates)[list(INTERVENTIONS)]


def labs(values, times=None, **columns):
    days = pd.date_range("2024-01-01", periods=len(values)).astype("datetime64[us]")
    frame = pd.DataFrame({"time": days if times is None else times, "value": np.asarray(values, dtype=float)})
    return frame.assign(**{**NONE_OF, **columns})[list(SERIES)]


def starts(*rows):
    frame = pd.DataFrame([(*row, None)[:3] for row in rows], columns=["intervention", "start", "stop"])
    dates = {column: pd.to_datetime(frame[column]).astype("datetime64[us]") for column in ("start", "stop")}
    return frame.assign(subject="", dose="", route="", note="", **dates)[list(INTERVENTIONS)]


def lines(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def number_of_days(date):
    return (pd.Timestamp(date) - pd.Timestamp("1970-01-01")).days


def labels_among(placed):
    return [box for text, box in placed if to_rgb(text.get_color()) == to_rgb(style.INTERVENTION)]


def leaders(figure):
    return [line for line in figure.artists if line.get_label() == "leader"]


def assert_clear(figure):
    """No text meets another, the edge of the paper or a leader; no label meets the axes; the texts."""
    placed = texts(figure)
    assert_apart(placed, figure)
    height = figure.get_size_inches()[1] * style.MM_PER_INCH
    top = figure.axes[0].get_position().y1 * height
    for box in labels_among(placed):
        assert box.y0 >= top
        for leader in leaders(figure):
            x, (low, high) = leader.get_xdata()[0], leader.get_ydata()
            assert not (box.x0 < x < box.x1 and low < box.y1 and box.y0 < high)
    return placed


EIGHT = starts(
    ("methylprednisolone + cyclosporine", "2024-01-02", "2024-01-05"),
    ("intravenous immunoglobulin", "2024-01-02"),
    ("etoposide", "2024-01-03"),
    ("anakinra", "2024-01-04", "2024-01-10"),
    ("ruxolitinib", "2024-01-05"),
    ("emapalumab (compassionate use)", "2024-01-06"),
    ("alemtuzumab", "2024-01-09"),
    ("haematopoietic stem-cell transplantation", "2024-01-10"),
)


@pytest.mark.parametrize("width", [85, 120, 180])
@pytest.mark.parametrize("markers", [["D-dimer"], ["D-dimer", "Hb"], None])
@pytest.mark.parametrize("relative_to", [None, "anakinra"])
def test_no_text_of_table_1_meets_another_at_journal_widths(table1, treatments, width, markers, relative_to):
    figure = draw_courses(table1, treatments, markers=markers, relative_to=relative_to, width_mm=width)

    assert len(labels_among(assert_clear(figure))) == 3
    assert figure.get_size_inches()[0] * style.MM_PER_INCH == pytest.approx(width)
    assert figure.get_size_inches()[1] * style.MM_PER_INCH <= 230


@pytest.mark.parametrize("width", [60, 85, 120, 180])
@pytest.mark.parametrize("count", range(1, 9))
def test_labels_of_up_to_eight_interventions_stay_clear_and_whole(width, count):
    chosen = EIGHT.tail(count)

    figure = draw_courses(labs(range(1, 11)), chosen, width_mm=width)

    shown = [re.sub(r"\s", "", text.get_text()) for text, _ in assert_clear(figure)]
    for name in chosen["intervention"]:
        assert any(word.startswith(name.replace(" ", "") + ",") for word in shown)


def test_a_label_near_the_right_edge_hangs_to_the_left():
    figure = draw_courses(labs(range(1, 11)), starts(("methylprednisolone", "2024-01-10")), width_mm=85)

    (box,) = labels_among(assert_clear(figure))
    assert box.x1 < leaders(figure)[0].get_xdata()[0]


def test_every_text_is_at_least_six_points(table1, treatments):
    figure = draw_courses(table1, treatments, width_mm=85)

    assert min(text.get_fontsize() for text, _ in texts(figure)) >= 6


def test_points_and_line_hold_the_values_as_measured(table1, treatments):
    axes = draw_courses(table1, treatments, markers=["D-dimer"]).axes[0]

    (known,), (inferred,) = lines(axes, "values"), lines(axes, "inferred")
    assert known.get_ydata().tolist() == [0.75, 24.96, 3.58, 0.4]
    assert known.get_xdata()[2] == number_of_days("2004-11-30")
    assert inferred.get_ydata().tolist() == [39.59, 24.31, 3.88, 0.52, 0.17]
    (course,) = lines(axes, "course")
    assert course.get_ydata()[~np.isnan(course.get_ydata())].tolist() == [
        0.75, 24.96, 39.59, 24.31, 3.58, 3.88, 0.52, 0.17, 0.4,
    ]  # fmt: skip


def test_inferred_dates_are_hollow_and_explained(table1, treatments):
    figure = draw_courses(table1, treatments, markers=["D-dimer"])

    (inferred,) = lines(figure.axes[0], "inferred")
    (known,) = lines(figure.axes[0], "values")
    assert to_rgb(inferred.get_markerfacecolor()) == to_rgb(style.PAPER)
    assert to_rgb(known.get_markerfacecolor()) == to_rgb(style.COURSE)
    assert "date inferred (order known)" in [text.get_text() for text in figure.legends[0].texts]


def test_nothing_is_explained_that_the_figure_does_not_show():
    assert draw_courses(labs([3, 2, 1]), starts()).legends == []


def test_reported_limits_are_arrows_and_not_points():
    figure = draw_courses(labs([40000, 900, 100], bound=[">", "", "<"]), starts())

    axes = figure.axes[0]
    assert lines(axes, "values")[0].get_ydata().tolist() == [900]
    (above,), (below,) = lines(axes, "above"), lines(axes, "below")
    assert above.get_ydata().tolist() == [40000]
    assert below.get_ydata().tolist() == [100]
    assert above.get_marker().vertices[:, 1].max() == 1
    assert below.get_marker().vertices[:, 1].min() == -1
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "reported as above this value",
        "reported as below this value",
    ]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("panels", [1, 10])
def test_an_arrow_stays_inside_its_panel(panels, log):
    several = [labs([40, 9, 4], bound=[">", "", "<"], marker=f"marker {k}") for k in range(panels)]

    figure = draw_courses(pd.concat(several), starts(), log=log)

    axes = figure.axes[0]
    bottom, top = axes.transAxes.transform([(0, 0), (0, 1)])[:, 1]
    x = number_of_days("2024-01-01")
    lowest, highest = axes.transData.transform([(x, 4), (x, 40)])[:, 1]
    arrow = style.ARROW_SIZE / 2 * figure.dpi / 72
    assert highest + arrow <= top
    assert lowest - arrow >= bottom


def test_missing_values_are_not_drawn():
    axes = draw_courses(labs([3, np.nan, 1]), starts()).axes[0]

    assert lines(axes, "course")[0].get_ydata().tolist() == [3, 1]


def test_values_are_drawn_in_order_of_time_whatever_the_order_of_rows(table1, treatments):
    shuffled = table1.sample(frac=1, random_state=3)

    one, other = (draw_courses(frame, treatments, markers=["Hb"]) for frame in (table1, shuffled))

    drawn = [lines(figure.axes[0], "course")[0].get_ydata() for figure in (one, other)]
    np.testing.assert_array_equal(*drawn)


def test_frames_are_not_changed(table1, treatments):
    before = table1.copy(), treatments.copy()

    draw_courses(table1, treatments)

    pd.testing.assert_frame_equal(table1, before[0])
    pd.testing.assert_frame_equal(treatments, before[1])


def test_starts_run_through_every_panel_at_their_times(table1, treatments):
    for axes in draw_courses(table1, treatments).axes:
        (start,) = lines(axes, "anakinra")
        assert set(start.get_xdata()) == {number_of_days("2004-11-29")}
        assert start.get_ydata()[0] == 0
        assert start.get_ydata()[1] > 1


def test_a_bar_reaches_from_start_to_a_known_later_stop():
    figure = draw_courses(
        labs(range(1, 11)), starts(("IVIG", "2024-01-03", "2024-01-05"), ("x", "2024-01-08"))
    )

    (bar,) = [line for line in figure.artists if line.get_label() == "span"]
    start, stop = bar.get_xdata()
    axes, paper = figure.axes[0], figure.get_size_inches()[0] * style.MM_PER_INCH
    place = axes.get_position()
    for x, date in ((start, "2024-01-03"), (stop, "2024-01-05")):
        shown = axes.transData.transform((number_of_days(date), 1))
        fraction = axes.transAxes.inverted().transform(shown)[0]
        assert x == pytest.approx((place.x0 + fraction * place.width) * paper, abs=0.01)


@pytest.mark.parametrize("stop", ["2024-01-03", "2024-01-01", None])
def test_a_stop_that_is_not_later_has_no_bar(stop):
    figure = draw_courses(labs([3, 2, 1]), starts(("etoposide", "2024-01-03", stop)))

    assert not [line for line in figure.artists if line.get_label() == "span"]


def test_an_intervention_without_a_start_is_not_drawn():
    figure = draw_courses(labs([3, 2, 1]), starts(("anakinra", "2024-01-02"), ("ceftriaxone", None)))

    assert len(leaders(figure)) == 1


def test_days_count_from_the_start_that_is_asked_for(table1, treatments):
    figure = draw_courses(table1, treatments, markers=["D-dimer"], relative_to="anakinra")

    axes = figure.axes[0]
    assert lines(axes, "values")[0].get_xdata().tolist() == [-45, -4, 1, 177]
    assert "0" in [label.get_text() for label in axes.get_xticklabels()]
    assert "Days from start of anakinra" in [text.get_text() for text in figure.texts]


def test_a_long_title_of_the_time_axis_stays_on_the_paper():
    name = "methylprednisolone + cyclosporine + etoposide"

    figure = draw_courses(labs([3, 2, 1]), starts((name, "2024-01-02")), relative_to=name, width_mm=85)

    assert_clear(figure)


def test_day_numbers_stay_day_numbers():
    frame = starts(("IVIG", None)).assign(start=[2.0], stop=[np.nan])

    figure = draw_courses(labs([3, 2, 1], times=[1.0, 2.0, 8.0]), frame)

    assert lines(figure.axes[0], "values")[0].get_xdata().tolist() == [1, 2, 8]
    assert "Day" in [text.get_text() for text in figure.texts]


def test_only_the_lowest_panel_names_times(table1, treatments):
    *upper, lowest = draw_courses(table1, treatments).axes

    assert all(label.get_text() == "" for axes in upper for label in axes.get_xticklabels())
    assert lowest.get_xticklabels()[0].get_text() == "15 Oct\n2004"
    assert len({axes.get_xlim() for axes in [*upper, lowest]}) == 1


def test_panels_come_in_the_order_asked_for_with_marker_and_unit(table1, treatments):
    figure = draw_courses(table1, treatments, markers=["Hb", "D-dimer"])

    names = [text.get_text() for text in figure.texts[:2]]
    assert names == ["Hb\n(g/dL)", "D-dimer\n(µg/mL FEU)"]
    assert figure.axes[0].get_position().y0 > figure.axes[1].get_position().y1


def test_one_panel_is_named_along_its_axis_and_without_an_empty_unit():
    figure = draw_courses(labs([3, 2, 1]), starts())

    assert figure.texts[0].get_text() == "Ferritin"
    assert figure.texts[0].get_rotation() == 90


def test_a_name_with_dollar_signs_is_drawn_as_it_is():
    figure = draw_courses(labs([3, 2, 1], marker="a$b$c"), starts(("x$_2$y", "2024-01-02")))

    drawn = {text.get_text(): text for text in figure.texts}
    assert drawn["a$b$c"].get_parse_math() is False
    assert drawn["x$_2$y, 2\u00a0Jan"].get_parse_math() is False
    assert_clear(figure)


def test_a_very_long_single_word_is_broken_and_never_cut():
    name = "x" * 90

    figure = draw_courses(labs([3, 2, 1], marker=name), starts((name, "2024-01-02")), width_mm=85)

    assert_clear(figure)
    assert [text.get_text().replace("\n", "").count("x") for text in figure.texts] == [90, 90]


def test_the_reference_range_is_a_band_over_the_whole_axis():
    axes = draw_courses(labs([10, 20, 30], reference_low=12.0, reference_high=18.0), starts()).axes[0]

    (band,) = axes.patches
    assert (band.get_y(), band.get_y() + band.get_height()) == (12, 18)
    assert (band.get_x(), band.get_x() + band.get_width()) == axes.get_xlim()


@pytest.mark.parametrize(("limit", "edge"), [("reference_low", 1), ("reference_high", 0)])
def test_a_reference_range_with_one_limit_is_open_on_the_other_side(limit, edge):
    axes = draw_courses(labs([10, 20, 30], **{limit: 15.0}), starts()).axes[0]

    (band,) = axes.patches
    ends = band.get_y(), band.get_y() + band.get_height()
    assert 15 in ends
    assert ends[edge] == pytest.approx(axes.get_ylim()[edge])


def test_reference_limits_that_change_give_two_bands_that_meet_halfway():
    frame = labs([10, 20, 30, 25], reference_low=[5.0, 5, 8, 8], reference_high=40.0)

    first, second = draw_courses(frame, starts()).axes[0].patches

    meeting = number_of_days("2024-01-02") + 0.5
    assert first.get_x() + first.get_width() == meeting == second.get_x()
    assert (first.get_y(), second.get_y()) == (5, 8)


def test_a_reference_range_far_from_the_values_does_not_flatten_them():
    axes = draw_courses(labs([1, 2, 3], reference_high=400.0), starts()).axes[0]

    assert axes.get_ylim()[1] < 5


def test_the_legend_is_below_the_axes(table1, treatments):
    figure = draw_courses(table1, treatments, markers=["D-dimer"])

    placed = {text.get_text(): box for text, box in texts(figure)}
    height = figure.get_size_inches()[1] * style.MM_PER_INCH
    lowest_of_axes = figure.axes[0].get_position().y0 * height
    assert placed["time axis shortened"].y1 < lowest_of_axes
    assert placed["date inferred (order known)"].y1 < placed["15 Oct\n2004"].y0


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1, 49], "linear"), ([1, 50], "log"), ([0, 50], "linear"), ([-1, 50], "linear"), ([7], "linear")],
)
def test_a_log_scale_is_chosen_for_fiftyfold_ranges_above_zero(values, scale):
    assert draw_courses(labs(values), starts()).axes[0].get_yscale() == scale


def test_log_ticks_are_plain_numbers(table1, treatments):
    axes = draw_courses(table1, treatments, markers=["D-dimer"], width_mm=85).axes[0]

    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert shown == ["0.2", "0.5", "1", "2", "5", "10", "20", "50"]


def test_a_log_scale_that_is_asked_for_needs_values_above_zero():
    with pytest.raises(HlhcliError, match=r"^log scale needs values above 0, and 'Ferritin' has 0"):
        draw_courses(labs([3, 0, 1]), starts(), log=True)


@pytest.mark.parametrize("values", [[5], [5, 5, 5], [0, 0], [-3, -3], [-8, 0, 4], [1e-6, 3e9]])
def test_any_numbers_get_an_axis_that_holds_them(values):
    axes = draw_courses(labs(values), starts(("x", "2024-01-01"))).axes[0]

    low, high = axes.get_ylim()
    assert low <= min(values) <= max(values) <= high
    assert low < high
    assert len(axes.get_yticks()) >= 2


def test_long_gaps_are_dashed_and_broken(table1, treatments):
    axes = draw_courses(table1, treatments, markers=["D-dimer"]).axes[0]

    gaps = [line.get_ydata().tolist() for line in lines(axes, "gap")]
    assert gaps == [[0.75, 24.96], [0.17, 0.4]]
    strokes = {float(line.get_xdata()[0]) for line in lines(axes, "break")}
    (first, second) = sorted(strokes)
    assert number_of_days("2004-10-15") < first < number_of_days("2004-11-25")
    assert number_of_days("2004-12-14") < second < number_of_days("2005-05-25")


def test_a_continuous_axis_is_to_scale_throughout(table1, treatments):
    axes = draw_courses(table1, treatments, markers=["D-dimer"], continuous=True).axes[0]

    assert not lines(axes, "gap")
    assert not lines(axes, "break")
    times = [number_of_days(date) for date in ("2004-10-15", "2004-11-29", "2005-05-25")]
    left, middle, right = (axes.transData.transform((time, 1))[0] for time in times)
    assert (middle - left) / (right - left) == pytest.approx(45 / 222)


def test_the_crowded_weeks_get_most_of_a_broken_axis(table1, treatments):
    axes = draw_courses(table1, treatments, markers=["D-dimer"], width_mm=120).axes[0]

    ends = [number_of_days(date) for date in ("2004-11-25", "2004-12-14")]
    left, right = (axes.transData.transform((time, 1))[0] for time in ends)
    assert (right - left) / axes.bbox.width > 0.6


def test_more_than_two_hundred_points_are_a_line_only():
    few, many = (draw_courses(labs(np.arange(1, count)), starts()) for count in (201, 2001))

    assert lines(few.axes[0], "values")
    assert not lines(many.axes[0], "values")
    assert len(lines(many.axes[0], "course")[0].get_xdata()) == 2000


def test_times_with_a_clock_are_named_by_hour_and_day():
    times = pd.to_datetime(["2024-01-01T06:00", "2024-01-01T22:15", "2024-01-02T18:00"]).astype(
        "datetime64[us]"
    )

    figure = draw_courses(labs([3, 2, 1], times=times), starts(("fluids", "2024-01-01T13:00")))

    names = [label.get_text().split("\n")[0] for label in figure.axes[0].get_xticklabels()]
    assert "12:00" in names
    assert any(text.get_text() == "fluids, 1\u00a0Jan\u00a013:00" for text in figure.texts)
    assert_clear(figure)


def test_an_intervention_long_before_the_labs_is_on_the_axis():
    figure = draw_courses(labs(range(1, 8)), starts(("rituximab", "2022-03-01")))

    assert figure.axes[0].get_xlim()[0] < number_of_days("2022-03-01")
    assert_clear(figure)


def test_drawing_and_saving_leave_the_settings_alone(table1, treatments):
    before = dict(mpl.rcParams)

    save_figure(draw_courses(table1, treatments, markers=["Hb"]), io.BytesIO(), file_format="svg")

    assert dict(mpl.rcParams) == before


def test_a_users_own_settings_do_not_reach_the_figure(table1, treatments):
    plain, styled = io.BytesIO(), io.BytesIO()

    save_figure(draw_courses(table1, treatments, markers=["Hb"]), plain, file_format="svg")
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "savefig.bbox": "tight"}):
        save_figure(draw_courses(table1, treatments, markers=["Hb"]), styled, file_format="svg")

    assert plain.getvalue() == styled.getvalue()


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (labs([]), {}, "nothing to draw: no row of the labs has both a time and a number"),
        (labs([np.nan]), {}, "nothing to draw: no row of the labs has both a time and a number"),
        (
            labs([1]),
            {"markers": ["Feritin"]},
            "no marker 'Feritin' to draw; did you mean 'Ferritin'? known: Ferritin",
        ),
        (
            labs([1, np.nan], marker=["CRP", "ESR"]),
            {"markers": ["ESR"]},
            "nothing to draw for 'ESR': no row has both a time and a number",
        ),
        (
            labs([1]),
            {"relative_to": "anakinra"},
            "no start of 'anakinra' to count days from; there are no interventions",
        ),
        (
            labs([1, 2], subject=["A", "B"]),
            {},
            "a figure shows one subject, and here are 'A', 'B': choose one",
        ),
        (
            labs([1]),
            {"width_mm": 20.0},
            "a figure 20 mm wide has no room for its text: ask for 60 mm or more",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said(frame, options, message):
    with pytest.raises(HlhcliError) as raised:
        draw_courses(frame, starts(), **options)

    assert str(raised.value) == message


def test_dates_beside_day_numbers_are_refused():
    with pytest.raises(HlhcliError, match="the labs are in day numbers and the interventions in dates"):
        draw_courses(labs([1, 2], times=[1.0, 2.0]), starts(("anakinra", "2024-01-01")))


def test_a_marker_without_numbers_is_left_out_when_none_is_asked_for():
    figure = draw_courses(labs([1, np.nan], marker=["CRP", "Culture"]), starts())

    assert len(figure.axes) == 1


def test_the_description_tells_values_and_starts(table1, treatments):
    assert describe_courses(table1, treatments, ["D-dimer"]) == (
        "D-dimer (µg/mL FEU): 9 values from 2004-10-15 to 2005-05-25, lowest 0.17 on 2004-12-14, "
        "highest 39.59 on 2004-11-26. 5 of 9 dates are inferred. Lines mark the starts of methylprednisolone + cyclosporine "
        "(2004-11-25), etoposide (2004-11-26) and anakinra (2004-11-29)."
    )


def test_the_description_of_several_panels_tells_their_ends(table1):
    assert describe_courses(table1, starts(), ["Hb", "Ferritin"]) == (
        "2 panels on one time axis, 2004-10-15 to 2005-05-25, each from its first to its last value: "
        "Hb (g/dL) 8.6 to 10.8; Ferritin (ng/mL) 2440 (only value)."
    )


def test_the_description_keeps_reported_limits():
    text = describe_courses(labs([40000], bound=">", unit="ng/mL"), starts(("x", "2024-01-01")))

    assert (
        text == "Ferritin (ng/mL): one value, >40000 on 2024-01-01. A line marks the start of x (2024-01-01)."
    )


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf", "tiff"])
def test_the_same_figure_gives_the_same_bytes(table1, treatments, file_format):
    written = [io.BytesIO(), io.BytesIO()]

    for stream in written:
        save_figure(draw_courses(table1, treatments, markers=["D-dimer"]), stream, file_format=file_format)

    assert written[0].getvalue() == written[1].getvalue()


def test_saving_twice_gives_the_same_bytes(table1, treatments, tmp_path):
    figure = draw_courses(table1, treatments, markers=["D-dimer"])

    save_figure(figure, tmp_path / "one.png")
    save_figure(figure, tmp_path / "two.svg")
    save_figure(figure, tmp_path / "three.png")

    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "three.png").read_bytes()


@pytest.mark.parametrize(("suffix", "kind"), [("png", "PNG"), ("tiff", "TIFF"), ("TIF", "TIFF")])
def test_pictures_have_300_dots_per_inch_and_the_width_asked_for(table1, treatments, tmp_path, suffix, kind):
    target = tmp_path / f"figure.{suffix}"

    save_figure(draw_courses(table1, treatments, markers=["Hb"], width_mm=85), target)

    with Image.open(target) as picture:
        assert picture.format == kind
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert picture.width == pytest.approx(85 / 25.4 * 300, abs=1)


def test_tiff_is_lzw_without_transparency(table1, treatments, tmp_path):
    save_figure(draw_courses(table1, treatments, markers=["Hb"]), tmp_path / "figure.tiff")

    with Image.open(tmp_path / "figure.tiff") as picture:
        assert picture.info["compression"] == "tiff_lzw"
        assert picture.mode == "RGB"


def test_pdf_embeds_its_font_and_svg_needs_none(table1, treatments):
    figure = draw_courses(table1, treatments, markers=["Hb"])
    pdf, svg = io.BytesIO(), io.BytesIO()

    save_figure(figure, pdf, file_format="pdf")
    save_figure(figure, svg, file_format="svg")

    assert b"/FontFile2" in pdf.getvalue()
    assert b"/CreationDate" not in pdf.getvalue()
    assert b"<text" not in svg.getvalue()


def test_files_carry_the_description(table1, treatments, tmp_path):
    figure = draw_courses(table1, treatments, markers=["Hb"])
    words = describe(figure)
    assert words == describe_courses(table1, treatments, ["Hb"])
    for suffix in ("png", "svg"):
        save_figure(figure, tmp_path / f"figure.{suffix}")

    with Image.open(tmp_path / "figure.png") as picture:
        assert picture.text["Description"] == words
    assert f"<title>{words}</title>" in (tmp_path / "figure.svg").read_text("utf-8")


@pytest.mark.parametrize("name", ["figure.gif", "figure"])
def test_an_unknown_suffix_names_the_four_formats(table1, treatments, tmp_path, name):
    figure = draw_courses(table1, treatments, markers=["Hb"])

    with pytest.raises(HlhcliError, match="choose one of png, svg, pdf, tiff"):
        save_figure(figure, tmp_path / name)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_failed_save_leaves_the_old_file_whole(table1, treatments, tmp_path, monkeypatch, step):
    target = tmp_path / "figure.png"
    target.write_bytes(b"old")

    def fail(self, argument):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, fail)
    with pytest.raises(HlhcliError, match=r"figure\.png: cannot be written \(No space left on device\)"):
        save_figure(draw_courses(table1, treatments, markers=["Hb"]), target)

    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


def test_a_missing_folder_is_said(table1, treatments, tmp_path):
    with pytest.raises(HlhcliError, match=r"cannot be written \(No such file or directory\)"):
        save_figure(draw_courses(table1, treatments, markers=["Hb"]), tmp_path / "none" / "figure.png")
