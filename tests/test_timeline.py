"""The timeline by its artists: bars, marks, texts beside them, and panels below."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from pictures import assert_clear, case, cases, words

from hlhcli import TABLE1, TABLE1_INTERVENTIONS, read_interventions, read_series
from hlhcli.builtin import TABLE1_EVENTS
from hlhcli.errors import HlhcliError
from hlhcli.figures import Beside, Score, describe, draw_timeline, save_figure, style
from hlhcli.frames import EVENTS
from hlhcli.readers.context import read_events


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

    shown = " ".join(assert_clear(figure)).replace("\n", "").replace(" ", "")
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
    assert "given on one day" in words(figure)


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
    assert "29\u00a0Nov: 50 mg daily (2 mg/kg), SC" in shown


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
        "D-dimer (µg/mL FEU) 0.75 to 0.4; Hb (g/dL) 8.6 to 10.8. 5 of 20 dates are inferred. "
        "Treatments: methylprednisolone + cyclosporine (from 2004-11-25, stop not known, "
        "methylprednisolone 1 g daily (pulse); cyclosporine titrated to 200-400 ng/mL, IV); "
        "etoposide (on 2004-11-26, one dose); "
        "anakinra (from 2004-11-29, stop not known, 50 mg daily (2 mg/kg), SC)."
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


def events(rows, **columns):
    frame = interventions(rows).rename(columns={"intervention": "event"})
    return frame.assign(marker="", **columns)[list(EVENTS)]


def score(rows, **columns):
    """Totals from (time, low, high, verdict) rows."""
    frame = pd.DataFrame(rows, columns=["time", "score_low", "score_high", "verdict"])
    plain = dict.fromkeys(("subject", "definition", "laboratory_part", "note"), "")
    return frame.assign(**{**plain, **columns})


POINTS = Score(
    "hscore",
    "HScore",
    score([(0.0, 80, 300, "unknown"), (5.0, 209, 273, "met"), (9.0, 120, 120, "not met")]),
    169,
)
COUNT = Score(
    "hlh-2004",
    "HLH-2004 diagnostic criteria",
    score([(0.0, 0, 3, "not met"), (5.0, 5, 7, "met"), (9.0, 2, 2, "not met")]),
    5,
    counts="criteria",
    criteria=8,
)
HAPPENED = [
    ("admission to another hospital", 0.0),
    ("intensive care", 2.0, 6.0),
    ("red cells", 3.0),
    ("red cells", 4.0),
    ("red cells", 11.0),
    ("extubation", 5.0),
    ("discharge to the rehabilitation clinic", 14.0),
    ("biopsy", 5.0),
]


def drawn(figure, label):
    return [one for one in figure.artists if one.get_label() == label]


@pytest.mark.parametrize("width", [60, 85, 120, 180])
@pytest.mark.parametrize("count", range(1, 9))
def test_texts_of_events_meet_nothing_and_are_whole(width, count):
    beside = Beside(events(HAPPENED[-count:]), [POINTS, COUNT])

    figure = draw_timeline(FALLING, MANY.tail(4), beside, width_mm=width)

    shown = "".join(assert_clear(figure)).replace("\n", "").replace(" ", "")
    for name, *_ in HAPPENED[-count:]:
        assert name.replace(" ", "") in shown


@pytest.mark.parametrize("width", [60, 85, 120, 180])
@pytest.mark.parametrize("markers", [["D-dimer"], None])
def test_no_text_of_table_1_with_events_and_scores_meets_another(labs, treatments, width, markers):
    happened = read_events(TABLE1_EVENTS, labs)
    days = labs["time"].unique()[[0, 1, 4]]
    moved = [replace(one, totals=one.totals.assign(time=days)) for one in (POINTS, COUNT)]

    figure = draw_timeline(labs, treatments, Beside(happened, moved), markers=markers, width_mm=width)

    assert_clear(figure)
    assert figure.get_size_inches()[1] * style.MM_PER_INCH <= (250 if width > 60 else 300)


def test_an_event_is_a_mark_at_its_time_with_name_and_date_beside_it():
    figure = draw_timeline(FALLING, MANY.tail(1), Beside(events([("extubation", 5.0)])))

    (mark,) = drawn(figure, "event")
    assert mark.get_xdata()[0] == pytest.approx(place(figure, 5.0))
    assert "extubation, day\u00a05" in words(figure)


def test_an_event_that_lasts_is_a_bar_from_start_to_stop():
    figure = draw_timeline(FALLING, MANY.tail(1), Beside(events([("intensive care", 2.0, 6.0)])))

    (bar,) = bars(figure, "event span")
    assert bar.get_x() == pytest.approx(place(figure, 2.0))
    assert bar.get_x() + bar.get_width() == pytest.approx(place(figure, 6.0))
    assert "day\u00a02–6" in words(figure)


def test_an_event_that_happens_again_has_one_row_and_one_name():
    figure = draw_timeline(FALLING, MANY.tail(1), Beside(events([("red cells", 3.0), ("red cells", 11.0)])))

    one, other = drawn(figure, "event")
    assert one.get_ydata() == other.get_ydata()
    assert words(figure).count("red cells") == 1


def test_events_stand_above_the_treatments_whose_lines_do_not_cross_them():
    figure = draw_timeline(FALLING, MANY.tail(4), Beside(events(HAPPENED)))

    lowest = min(mark.get_ydata()[0] for mark in drawn(figure, "event"))
    assert all(max(line.get_ydata()) < lowest for line in drawn(figure, "leader"))


def test_an_event_after_the_last_value_lengthens_the_axis():
    figure = draw_timeline(FALLING, MANY.tail(1), Beside(events([("discharge", 40.0)])))

    assert figure.axes[0].get_xlim()[1] > 40
    assert_clear(figure)


def test_disturbed_values_are_hollow_squares_and_slashed_where_the_date_is_inferred_too():
    frame = FALLING.head(4).assign(
        disturbed=[False, True, True, False], placement=["printed", "printed", "inferred", "inferred"]
    )

    axes = draw_timeline(frame, MANY.tail(1)).axes[0]

    found = {line.get_label(): [] for line in axes.lines}
    for line in axes.lines:
        found[line.get_label()].append(line)
    assert [list(line.get_xdata()) for line in found["disturbed"]] == [[1.0], [2.0]]
    assert all(to_rgb(line.get_markerfacecolor()) == to_rgb(style.PAPER) for line in found["disturbed"])
    assert list(found["values"][0].get_xdata()) == [0.0]
    assert list(found["inferred"][0].get_xdata()) == [3.0]


def test_dose_and_route_stand_beside_the_date_and_the_route_once():
    given = interventions(
        [("x", 1.0), ("y", 2.0), ("z", 3.0)],
        dose=["50 mg daily", "1 g i.v. once", ""],
        route=["SC", "i.v.", "PO"],
    )

    shown = words(draw_timeline(FALLING, given))

    assert {"day\u00a01: 50 mg daily, SC", "day\u00a02: 1 g i.v. once", "day\u00a03: PO"} <= set(shown)


def test_points_are_a_band_with_a_bar_at_each_time_and_the_cutoff_named():
    axes = draw_timeline(FALLING, MANY.tail(1), Beside(scores=[POINTS])).axes[-1]

    rectangles = [one for one in axes.patches if isinstance(one, Rectangle)]
    spans = [(one.get_y(), one.get_y() + one.get_height()) for one in rectangles]
    assert spans == [(80, 300), (209, 273)]
    (known,) = [line for line in axes.lines if line.get_label() == "score"]
    assert (known.get_xdata()[0], known.get_ydata()[0]) == (9.0, 120.0)
    assert "169" in [text.get_text() for text in axes.get_yticklabels()]


def test_counted_criteria_are_bars_of_those_met_with_those_not_known_on_them():
    axes = draw_timeline(FALLING, MANY.tail(1), Beside(scores=[COUNT])).axes[-1]

    spans = [(one.get_facecolor()[:3], one.get_y(), one.get_y() + one.get_height()) for one in axes.patches]
    met, unknown = to_rgb(style.COURSE), to_rgb(style.SCORE)
    assert spans == [(unknown, 0, 3), (met, 0, 5), (unknown, 5, 7), (met, 0, 2)]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0", "5", "8"]


def test_a_score_that_rests_on_inferred_dates_is_hatched():
    totals = COUNT.totals.assign(note=["", "date inferred: fibrinogen", ""])

    figure = draw_timeline(FALLING, MANY.tail(1), Beside(scores=[replace(COUNT, totals=totals)]))

    assert [bool(one.get_hatch()) for one in figure.axes[-1].patches] == [False, True, False, False]
    assert "rests on inferred dates" in words(figure)


def test_a_score_outside_its_setting_says_so():
    totals = COUNT.totals.assign(verdict="not applicable", laboratory_part=["not met", "met", "not met"])

    figure = draw_timeline(FALLING, MANY.tail(1), Beside(scores=[replace(COUNT, totals=totals)]))

    assert "(laboratory part only)" in " ".join(words(figure)).replace("\n", " ")
    assert "laboratory part met at 1, not met at 2 of 3 times" in describe(figure)


def test_the_description_tells_events_and_scores():
    happened = events([("extubation", 5.0), ("intensive care", 2.0, 6.0)])

    text = describe(draw_timeline(FALLING, MANY.tail(1), Beside(happened, [POINTS])))

    assert "Events: intensive care (day 2 to day 6); extubation (at day 5)." in text
    assert text.endswith(
        "HScore at 3 times, as the range that its known criteria allow: from 80 to 300 points. "
        "A line marks the cut-off 169; met at 1, not met at 1, unknown at 1 of 3 times."
    )
