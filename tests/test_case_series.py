"""Several subjects: courses aligned to day 0 and the swimmer plot, by their artists."""

import io

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series
from matplotlib.collections import LineCollection
from pictures import assert_clear, words

from hlhcli.errors import HlhcliError
from hlhcli.figures import draw_aligned, draw_swimmer, save_figure
from hlhcli.figures.aligned import align, summarize_days
from hlhcli.figures.swimmer import lanes_of, read_swimmers


def joined(frames):
    return pd.concat(frames).reset_index(drop=True)


LABS = joined(
    series([(start + day, float(value)) for day, value in enumerate(values)], subject=subject)
    for subject, start, values in (
        ("A", 9.0, [8, 4, 2]),
        ("B", 19.0, [6, 6]),
        ("C", 29.0, [10, 5, 1]),
        ("D", 0.0, [7]),
    )
)
GIVEN = joined(
    [
        interventions([("steroid", 10.0, 12.0), ("anakinra", 11.0)], subject="A"),
        interventions([("steroid", 20.0), ("IVIG", 20.0, 20.0)], subject="B"),
        interventions([("steroid", 30.0, 31.0)], subject="C"),
        interventions([("anakinra", 5.0)], subject="D"),
    ]
)


def dated(*days):
    return pd.Series(pd.array(days, dtype="datetime64[us]"))


def test_days_count_from_each_subjects_own_start():
    table = align(LABS, GIVEN, marker="D-dimer", relative_to="steroid")

    assert table["day"].tolist() == [-1, 0, 1, -1, 0, -1, 0, 1]
    assert set(table["subject"]) == {"A", "B", "C"}


def test_days_are_whole_where_the_start_is_only_a_date():
    labs = series([("2024-01-01T20:00", 1.0), ("2024-01-03T08:00", 2.0)])

    table = align(labs, interventions([("steroid", "2024-01-02")]), marker="D-dimer", relative_to="steroid")

    assert table["day"].tolist() == [-1, 1]


def test_only_the_days_asked_for_are_kept():
    table = align(LABS, GIVEN, marker="D-dimer", relative_to="steroid", before="0d", after="1d")

    assert table["day"].tolist() == [0, 1, 0, 0, 1]


def test_median_and_quartiles_need_three_subjects_with_a_value_that_day():
    typical = summarize_days(align(LABS, GIVEN, marker="D-dimer", relative_to="steroid"))

    assert typical.days.tolist() == [-1, 0, 1]
    assert typical.count.tolist() == [3, 3, 2]
    np.testing.assert_array_equal(typical.median, [8, 5, np.nan])
    np.testing.assert_array_equal(typical.low, [7, 4.5, np.nan])
    np.testing.assert_array_equal(typical.high, [9, 5.5, np.nan])


def test_a_subject_counts_once_in_a_stretch_of_days_and_no_stretch_holds_both_sides_of_the_start():
    table = pd.DataFrame(
        {"subject": ["A", "A", "B", "C", "A"], "day": [1.0, 7.0, 3.0, 0.0, 60.0], "value": [1.0, 3, 9, 5, 0]}
    )

    typical = summarize_days(table)

    assert typical.stretch == 7
    assert typical.days.tolist() == [-3, 4, 60]
    assert typical.count.tolist() == [1, 2, 1]


def test_each_subject_is_a_thin_line_and_the_count_stands_below():
    figure = draw_aligned(LABS, GIVEN, marker="D-dimer", relative_to="steroid")

    upper, lower = figure.axes
    (courses,) = [one for one in upper.collections if isinstance(one, LineCollection)]
    assert len(courses.get_segments()) == 3
    assert [bar.get_height() for bar in lower.patches] == [3, 3, 2]
    assert "Median 8 around day -1 (n = 3) and 5 around day 0 (n = 3)." in figure.get_label()


@pytest.mark.parametrize("width", [60, 85, 120, 180])
def test_no_text_meets_another_or_a_mark(width):
    assert_clear(draw_aligned(LABS, GIVEN, marker="D-dimer", relative_to="steroid", width_mm=width))
    assert_clear(draw_swimmer(LABS, GIVEN, width_mm=width))


def test_reported_limits_of_subjects_are_arrows_and_the_figure_says_how_they_count():
    labs = LABS.assign(bound=[">", "<", *[""] * (len(LABS) - 2)])

    figure = draw_aligned(labs, GIVEN, marker="D-dimer", relative_to="steroid")

    found = {line.get_label(): line for line in figure.axes[0].lines}
    assert len(found["above"].get_xdata()) == len(found["below"].get_xdata()) == 1
    assert "A value reported as a limit counts as that limit." in " ".join(words(figure)).replace("\n", " ")
    assert "reported as above this value" in words(figure)
    assert_clear(figure)


def test_without_a_median_the_caption_speaks_of_none():
    figure = draw_aligned(
        series([(0.0, 3.0), (2.0, 1.0)]),
        interventions([("steroid", 0.0)]),
        marker="D-dimer",
        relative_to="steroid",
    )

    shown = " ".join(words(figure)).replace("\n", " ").lower()
    assert "number of subjects with a value" in shown
    assert "median" not in shown


def test_a_name_too_long_for_the_legend_is_wrapped():
    given = GIVEN.assign(intervention="dexamethasone + etoposide + ciclosporin (HLH protocol)")

    assert_clear(draw_swimmer(LABS, given, width_mm=60))


def test_swimmers_are_sorted_by_the_last_day_known():
    swimmers = read_swimmers(LABS, GIVEN)

    assert [(one.subject, one.end) for one in swimmers] == [("A", 2), ("C", 1), ("B", 0), ("D", 0)]


def test_only_subjects_with_the_start_that_is_counted_from_swim():
    assert {one.subject for one in read_swimmers(LABS, GIVEN, "anakinra")} == {"A", "D"}


def test_treatments_at_the_same_time_have_lanes_of_their_own():
    (swimmer,) = read_swimmers(
        series([(0.0, 1.0)]),
        interventions([("steroid", 0.0, 9.0), ("IVIG", 3.0, 3.0), ("IVIG", 5.0, 5.0), ("anakinra", 9.0)]),
    )

    assert lanes_of(swimmer.treatments) == [0, 1, 1, 0]


def test_an_open_treatment_ends_in_an_arrow_and_a_momentary_one_is_a_mark():
    axes = draw_swimmer(LABS, GIVEN).axes[0]

    labels = [line.get_label() for line in axes.lines]
    assert labels.count("open") == 3
    assert labels.count("moment") == 1


def test_rare_treatments_share_a_shade():
    many = interventions([(f"drug {k}", float(k), k + 0.5) for k in range(9)])

    figure = draw_swimmer(series([(0.0, 1.0)]), many)

    assert "other treatments" in words(figure)
    assert "drug 4" in words(figure)
    assert "drug 5" not in words(figure)
    assert_clear(figure)


def test_a_hundred_subjects_fit_a_page_without_their_names():
    subjects = [f"p{k}" for k in range(100)]
    labs = joined(series([(0.0, 1.0), (9.0, 2.0)], subject=name) for name in subjects)
    given = joined(interventions([("steroid", 1.0, 5.0)], subject=name) for name in subjects)

    figure = draw_swimmer(labs, given)

    assert figure.get_size_inches()[1] * 25.4 < 230
    assert "p7" not in words(figure)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"marker": "dimer", "relative_to": "steroid"}, "no marker 'dimer' to draw; did you mean 'D-dimer'?"),
        ({"marker": "D-dimer", "relative_to": "steriod"}, "no start of 'steriod' to count days from; did you mean"),
        ({"marker": "D-dimer", "relative_to": "steroid", "log": True}, "log scale needs values above 0, and there is -1"),
        ({"marker": "D-dimer", "relative_to": "IVIG", "before": "0h"}, "nothing to draw: no value of 'D-dimer' in a subject"),
    ],
)  # fmt: skip
def test_what_cannot_be_aligned_is_said(options, message):
    labs = LABS.assign(value=LABS["value"].replace(1.0, -1.0))
    given = GIVEN.assign(start=GIVEN["start"].where(GIVEN["intervention"] != "IVIG", 99.0))

    with pytest.raises(HlhcliError) as raised:
        draw_aligned(labs, given, **options)

    assert str(raised.value).startswith(message)


def test_a_swimmer_plot_needs_a_start():
    with pytest.raises(HlhcliError, match=r"^no start to count days from; did you mean 'steroid'\?"):
        draw_swimmer(LABS, GIVEN, relative_to="steriod")
    with pytest.raises(HlhcliError, match="no intervention has one"):
        draw_swimmer(LABS, interventions([]))


@pytest.mark.parametrize("file_format", ["png", "svg"])
def test_the_same_figure_gives_the_same_bytes(file_format):
    def image(figure):
        stream = io.BytesIO()
        save_figure(figure, stream, file_format=file_format)
        return stream.getvalue()

    assert image(draw_swimmer(LABS, GIVEN)) == image(draw_swimmer(LABS, GIVEN))
    options = {"marker": "D-dimer", "relative_to": "steroid"}
    assert image(draw_aligned(LABS, GIVEN, **options)) == image(draw_aligned(LABS, GIVEN, **options))
