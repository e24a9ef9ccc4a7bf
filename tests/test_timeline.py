"""The timeline by its artists: bars, marks, texts beside them, and panels below."""

import io

import numpy as np
import pytest
from builders import interventions, series
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from pictures import assert_clear, case, cases, words

from hlhcli import TABLE1, TABLE1_INTERVENTIONS, read_interventions, read_series
from hlhcli.errors import HlhcliError
from hlhcli.figures import draw_timeline, save_figure, style


@pytest.fixture(scope="module")
def labs():
    return read_series(TABLE1)


@pytest.fixture(scope="module")
def treatments(labs):
    return read_interventions(TABLE1_INTERVENTIONS, labs)


FALLING = series([(float(day), 20.0 - day) for day in range(15)])
MANY = interventions(
    [
        ("methylprednisolone + cyclosporine", 1.0, 4.0),
        ("intravenous immunoglobulin", 1.0, 2.0),
        ("etoposide", 2.0, 2.0),
        ("intravenous immunoglobulin", 8.0, 9.0),
        ("anakinra", 3.0),
        ("emapalumab (compassionate use)", 12.0),
        ("red cells", 5.0, 5.0),
        ("red cells", 6.0, 6.0),
        ("alemtuzumab", 14.0, 14.0),
        ("haematopoietic stem-cell transplantation", 14.0, 30.0),
    ],
    dose=["1 g daily, then 2 mg/kg by mouth until the trough level is 200-400 ng/mL"] * 2
    + ["150 mg/m2"] * 6
    + [""] * 2,
)


def bars(figure, label):
    return [one for one in figure.artists if isinstance(one, Rectangle) and one.get_label() == label]


def marks(figure):
    return [one for one in figure.artists if isinstance(one, Line2D) and one.get_label() == "moment"]


def place(figure, time):
    """Millimeters from the left edge of the paper to a time on the axis."""
    axes = figure.axes[0]
    figure.draw_without_rendering()
    return axes.transData.transform((time, axes.get_ylim()[0]))[0] / figure.dpi * style.MM_PER_INCH


@pytest.mark.parametrize("width", [60, 85, 120, 180])
@pytest.mark.parametrize("markers", [["D-dimer"], ["D-dimer", "Hb", "Plt"], None])
@pytest.mark.parametrize("relative_to", [None, "anakinra"])
def test_no_text_of_table_1_meets_another_or_a_mark(labs, treatments, width, markers, relative_to):
    figure = draw_timeline(labs, treatments, markers=markers, relative_to=relative_to, width_mm=width)

    assert_clear(figure)
    assert figure.get_size_inches()[0] * style.MM_PER_INCH == pytest.approx(width)
    assert figure.get_size_inches()[1] * style.MM_PER_INCH <= 235


@pytest.mark.parametrize("width", [60, 85, 180])
@pytest.mark.parametrize("count", range(1, 11))
def test_texts_of_crowded_and_repeated_treatments_stay_clear_and_whole(width, count):
    figure = draw_timeline(FALLING, MANY.tail(count), width_mm=width)

    assert_clear(figure)
    shown = " ".join(words(figure)).replace("\n", "").replace(" ", "")
    for name in MANY["intervention"].tail(count):
        assert name.replace(" ", "") in shown
    for dose in MANY["dose"].tail(count):
        assert dose.replace(" ", "") in shown


@pytest.mark.skipif(not cases(), reason="the published tables (../shared/data/cases) are not here")
@pytest.mark.parametrize("width", [85, 180])
@pytest.mark.parametrize("name", cases())
def test_no_text_of_the_published_tables_meets_another_or_a_mark(name, width):
    assert_clear(draw_timeline(*case(name), width_mm=width))


def test_a_bar_reaches_from_start_to_stop():
    figure = draw_timeline(FALLING, interventions([("IVIG", 2.0, 6.0)]))

    (bar,) = bars(figure, "span")
    assert bar.get_x() == pytest.approx(place(figure, 2.0))
    assert bar.get_x() + bar.get_width() == pytest.approx(place(figure, 6.0))
    assert "stop not known" not in words(figure)


def test_a_treatment_whose_stop_is_not_known_fades_to_the_end_of_the_axis():
    figure = draw_timeline(FALLING, interventions([("anakinra", 2.0)]))

    shades = bars(figure, "open")
    longest, shortest = shades[0], shades[-1]
    axes = figure.axes[0].get_position()
    assert longest.get_x() + longest.get_width() == pytest.approx(axes.x1 * 180)
    assert to_rgb(shortest.get_facecolor()) == to_rgb(style.SPAN)
    assert np.mean(to_rgb(longest.get_facecolor())) > 0.95
    assert "stop not known" in words(figure)


def test_a_treatment_that_stops_when_it_starts_is_a_mark():
    figure = draw_timeline(FALLING, interventions([("etoposide", 3.0, 3.0)]))

    (mark,) = marks(figure)
    assert mark.get_xdata()[0] == pytest.approx(place(figure, 3.0))
    assert not bars(figure, "open")
    assert not bars(figure, "span")
    assert "once, on one day" in words(figure)


def test_treatments_of_one_name_share_a_row_and_a_dose_is_told_once():
    twice = interventions([("IVIG", 2.0, 3.0), ("IVIG", 9.0, 10.0)], dose="1 g/kg")

    figure = draw_timeline(FALLING, twice)

    one, other = bars(figure, "span")
    assert one.get_y() == other.get_y()
    shown = words(figure)
    assert shown.count("IVIG") == 1
    assert "day\u00a02–3: 1 g/kg" in shown
    assert "day\u00a09–10" in shown


def test_dates_and_doses_stand_above_the_bars(labs, treatments):
    shown = words(draw_timeline(labs, treatments))

    assert "26\u00a0Nov: one dose" in shown
    assert "29\u00a0Nov: 50 mg daily (2 mg/kg)" in shown


def test_rows_come_in_order_of_first_start(labs, treatments):
    figure = draw_timeline(labs, treatments.sort_index(ascending=False))

    heights = {text.get_text().split()[0]: text.get_position()[1] for text in figure.texts}
    assert heights["methylprednisolone"] > heights["etoposide"] > heights["anakinra"]


def test_a_bar_is_cut_where_the_time_axis_is_shortened(labs, treatments):
    figure = draw_timeline(labs, treatments)

    assert len([one for one in figure.artists if one.get_label() == "cut"]) == 4
    whole = draw_timeline(labs, treatments, continuous=True)
    assert not [one for one in whole.artists if one.get_label() == "cut"]


def test_without_treatments_the_panels_stand_alone():
    figure = draw_timeline(FALLING, interventions([]))

    assert_clear(figure)
    assert len(figure.axes) == 1


def test_the_description_tells_span_and_dose_of_each_treatment(labs, treatments):
    figure = draw_timeline(labs, treatments, markers=["D-dimer", "Hb"])

    assert figure.get_label() == (
        "2 panels on one time axis, 2004-10-15 to 2005-05-25, each from its first to its last value: "
        "D-dimer (µg/mL FEU) 0.75 to 0.4; Hb (g/dL) 8.6 to 10.8. "
        "Treatments: methylprednisolone + cyclosporine (from 2004-11-25, stop not known, "
        "methylprednisolone 1 g daily (pulse); cyclosporine titrated to 200-400 ng/mL); "
        "etoposide (on 2004-11-26, one dose); "
        "anakinra (from 2004-11-29, stop not known, 50 mg daily (2 mg/kg))."
    )


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_the_same_timeline_gives_the_same_bytes(labs, treatments, file_format):
    written = [io.BytesIO(), io.BytesIO()]

    for stream in written:
        save_figure(draw_timeline(labs, treatments, markers=["Hb"]), stream, file_format=file_format)

    assert written[0].getvalue() == written[1].getvalue()


def test_frames_are_not_changed(labs, treatments):
    before = labs.copy(), treatments.copy()

    draw_timeline(labs, treatments)

    assert labs.equals(before[0])
    assert treatments.equals(before[1])


def test_several_subjects_are_refused():
    two = FALLING.assign(subject=["A", "B"] * 7 + ["A"])

    with pytest.raises(HlhcliError, match="a figure shows one subject, and here are 'A', 'B'"):
        draw_timeline(two, interventions([]))
