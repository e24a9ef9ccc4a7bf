"""Fold changes as dots and before against after as slopes, by their artists."""

import io

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series
from matplotlib.colors import to_rgb
from pictures import assert_clear, case, cases, words

from hlhcli import TABLE1, TABLE1_INTERVENTIONS, read_interventions, read_series
from hlhcli.changes import changes
from hlhcli.errors import HlhcliError
from hlhcli.figures import describe, draw_before_after, draw_changes, save_figure, style


@pytest.fixture(scope="module")
def table1():
    labs = read_series(TABLE1)
    return changes(labs, read_interventions(TABLE1_INTERVENTIONS, labs))


def around(rows, **columns):
    frame = changes(series(rows), interventions([("anakinra", 0.0)]))
    return frame.assign(**columns)


def lines(figure, label):
    return [line for axes in figure.axes for line in axes.lines if line.get_label() == label]


@pytest.mark.parametrize("width", [60, 85, 120, 180])
@pytest.mark.parametrize("draw", [draw_changes, draw_before_after])
@pytest.mark.parametrize("intervention", ["anakinra", "etoposide", "methylprednisolone + cyclosporine"])
def test_no_text_of_table_1_meets_another_or_a_mark(table1, draw, intervention, width):
    assert_clear(draw(table1, intervention=intervention, width_mm=width))


@pytest.mark.skipif(not cases(), reason="the published tables (../shared/data/cases) are not here")
@pytest.mark.parametrize("width", [85, 180])
@pytest.mark.parametrize("draw", [draw_changes, draw_before_after])
@pytest.mark.parametrize("name", ["pneumococcus-ivig-dexamethasone", "t-cell-lymphoma-dates"])
def test_no_text_of_the_published_tables_meets_another_or_a_mark(draw, name, width):
    labs, treatments = case(name)
    frame = changes(labs, treatments[treatments["start"].notna()], until="end")

    assert_clear(draw(frame, intervention=frame["intervention"].iloc[0], width_mm=width))


def test_each_response_point_is_a_dot_at_its_fold_change(table1):
    figure = draw_changes(table1[table1["marker"] == "Hb"], intervention="anakinra")

    drawn = {at: lines(figure, at)[0].get_xdata()[0] for at in ("first", "nadir", "peak", "last")}
    assert drawn == pytest.approx(
        {"first": 9.5 / 8.6, "nadir": 9.5 / 8.6, "peak": 13.2 / 8.6, "last": 10.8 / 8.6}
    )
    assert len({line.get_marker() for at in drawn for line in lines(figure, at)}) == 4


def test_a_line_stands_at_no_change(table1):
    (line,) = lines(draw_changes(table1, intervention="anakinra"), "no change")

    assert set(line.get_xdata()) == {1.0}


def test_only_what_another_placement_of_dates_would_change_is_hollow(table1):
    """The date of the D-dimer before anakinra is inferred, and every placement has the same value there."""
    figure = draw_changes(table1[table1["marker"].isin(["Hb", "D-dimer", "ALT"])], intervention="anakinra")

    hemoglobin, d_dimer, alt = lines(figure, "last")
    for certain in (hemoglobin, d_dimer):
        assert to_rgb(certain.get_markerfacecolor()) == to_rgb(style.COURSE)
    assert to_rgb(alt.get_markerfacecolor()) == to_rgb(style.PAPER)
    assert "depends on inferred dates" in words(figure)


@pytest.mark.parametrize(("same_sign", "face"), [(3, style.COURSE), (2, style.PAPER), (None, style.PAPER)])
def test_a_change_that_is_lacking_in_some_placement_is_hollow(same_sign, face):
    frame = around([(-1.0, 10.0), (1.0, 5.0)], placements=3, same_sign=same_sign)

    (first,) = lines(draw_changes(frame, intervention="anakinra"), "first")

    assert to_rgb(first.get_markerfacecolor()) == to_rgb(face)


def test_slopes_are_hollow_at_the_end_that_depends_on_inferred_dates(table1):
    rows = table1[table1["marker"].isin(["D-dimer", "ALT"])]

    d_dimer, alt = draw_before_after(rows, intervention="anakinra", at="nadir").axes

    faces = [
        [to_rgb(line.get_markerfacecolor()) for line in axes.lines if line.get_label() == "values"]
        for axes in (d_dimer, alt)
    ]
    filled, hollow = to_rgb(style.COURSE), to_rgb(style.PAPER)
    assert faces == [[filled, filled], [hollow, hollow]]


def test_whiskers_reach_from_low_to_high_where_they_differ():
    frame = around([(-1.0, 10.0), (1.0, 5.0)], fold_change_low=[0.2, 0.5, 0.5, 0.5], fold_change_high=0.5)

    figure = draw_changes(frame, intervention="anakinra")

    (whisker,) = lines(figure, "range")
    assert list(whisker.get_xdata()) == [0.2, 0.5]
    assert "range that the data allow" in words(figure)


@pytest.mark.parametrize(
    ("low", "high", "label"),
    [(2.0, np.nan, "at least"), (2.0, np.inf, "at least"), (np.nan, 0.5, "at most"), (0.0, 0.5, "at most")],
)
def test_a_change_with_one_open_end_is_an_arrow(low, high, label):
    frame = around([(-1.0, 10.0), (1.0, 5.0)], fold_change=np.nan, fold_change_low=low, fold_change_high=high)

    figure = draw_changes(frame, intervention="anakinra")

    assert len(lines(figure, label)) == 4
    assert lines(figure, "first")[0].get_xdata() == lines(figure, label)[0].get_xdata()
    assert_clear(figure)


def limited(rows, **columns):
    cv = {"cvi_percent": 20.0, "cva_percent": 10.0, "cva_basis": "assumed", "cv_source": "a paper"}
    return around(rows, **{**cv, "rcv_low_percent": -50.0, "rcv_high_percent": 100.0, **columns})


def bands(figure):
    return [one for axes in figure.axes for one in axes.patches if one.get_label() == "limits"]


@pytest.mark.parametrize("width", [60, 85, 120, 180])
def test_reference_change_limits_are_bands_behind_each_point(width):
    frame = limited([(-1.0, 10.0), (1.0, 5.0), (2.0, 4.0)])

    figure = draw_changes(frame, intervention="anakinra", width_mm=width)

    assert [(one.get_x(), one.get_x() + one.get_width()) for one in bands(figure)] == [(0.5, 2.0)] * 4
    assert all(one.get_zorder() < 1 for one in bands(figure))
    assert "reference change limits" in words(figure)
    assert_clear(figure)


def test_a_mean_has_a_narrower_band_of_its_own():
    frame = changes(
        series([(-1.0, 10.0), (1.0, 5.0), (2.0, 4.0)]), interventions([("x", 0.0)]), at=["last", "mean"]
    ).assign(rcv_low_percent=[-50.0, -30.0], rcv_high_percent=[100.0, 40.0], cv_source="")

    figure = draw_changes(frame, intervention="x")

    assert [one.get_width() for one in bands(figure)] == pytest.approx([1.5, 0.7])


def test_bands_are_explained_with_what_weakens_them():
    frame = pd.concat(
        [
            limited([(-1.0, 10.0), (1.0, 5.0)]),
            limited([(-1.0, 9.0), (1.0, 8.0)], marker="ESR", rcv_low_percent=np.nan, rcv_high_percent=np.nan),
        ]
    )

    shown = " ".join(words(draw_changes(frame, intervention="anakinra"))).replace("\n", " ")

    assert "Bands: reference change limits (95 %, log-normal)" in shown
    assert "No band: no sourced variation for that marker." in shown
    assert "The lowest and highest of several values pass a limit by chance more often" in shown


def test_the_description_tells_the_limits_with_their_source():
    figure = draw_changes(limited([(-1.0, 10.0), (1.0, 5.0)]), intervention="anakinra")

    assert describe(figure).endswith(
        "Reference change limits (95 %): D-dimer ×0.5 to ×2 (CVi 20 %, CVa 10 %, assumed; a paper)."
    )


def test_without_sourced_variation_there_is_no_band_and_no_word_of_it(table1):
    figure = draw_changes(table1, intervention="anakinra")

    assert bands(figure) == []
    assert "Bands:" not in " ".join(words(figure))


def test_a_marker_without_a_change_says_why(table1):
    assert "no value in the window" in words(draw_changes(table1, intervention="anakinra"))


def test_a_point_that_is_missing_beside_others_is_named_with_its_reason():
    frame = around([(-1.0, 10.0), (1.0, 7.0), (2.0, 5.0)])
    limit = changes(
        series([(-1.0, 10.0), (1.0, 7.0), (2.0, 5.0)], bound=["", "", "<"]),
        interventions([("anakinra", 0.0)]),
    ).drop(columns=["fold_change_low", "fold_change_high"], errors="ignore")

    assert not any(
        word.startswith("Not drawn") for word in words(draw_changes(frame, intervention="anakinra"))
    )
    figure = draw_changes(limit, intervention="anakinra")
    shown = " ".join(words(figure)).replace("\n", " ")
    assert "Not drawn: D-dimer, lowest (value <5); D-dimer, last (value <5)." in shown
    assert_clear(figure)


def test_the_axis_shows_no_change_and_at_least_a_fourfold_span():
    axes = draw_changes(around([(-1.0, 10.0), (1.0, 10.5)]), intervention="anakinra").axes[0]

    low, high = axes.get_xlim()
    assert low < 1 < high
    assert high / low >= 4


def test_the_description_of_changes_tells_each_marker(table1):
    figure = draw_changes(table1[table1["marker"].isin(["Hb", "Ferritin"])], intervention="anakinra")

    assert figure.get_label() == (
        "Fold change from baseline, anakinra (29 Nov 2004): "
        "Hb first ×1.1, nadir ×1.1, peak ×1.53, last ×1.26; Ferritin no value in the window."
    )


@pytest.mark.parametrize(
    ("fold", "low", "high", "text"),
    [
        (0.5, 0.5, 0.5, "first ×0.5,"),
        (0.5, 0.25, 2.0, "first ×0.5 (×0.25 to ×2),"),
        (np.nan, 0.25, 2.0, "first ×0.25 to ×2,"),
        (np.nan, 2.0, np.nan, "first at least ×2,"),
        (np.nan, 0.0, 0.25, "first at most ×0.25,"),
    ],
)
def test_the_description_tells_what_is_not_certain(fold, low, high, text):
    frame = around([(-1.0, 10.0), (1.0, 5.0)], fold_change=fold, fold_change_low=low, fold_change_high=high)

    assert text in draw_changes(frame, intervention="anakinra").get_label()


def test_slopes_join_baseline_and_response(table1):
    figure = draw_before_after(table1, intervention="anakinra")

    drawn = [tuple(line.get_ydata()) for line in lines(figure, "slope")]
    assert (8.6, 10.8) in drawn
    assert (24.31, 0.4) in drawn
    assert len(drawn) == 9
    assert "Ferritin (no value in the window)" in " ".join(words(figure)).replace("\n", " ")


def test_slopes_start_at_zero_so_that_a_small_change_looks_small(table1):
    figure = draw_before_after(table1, intervention="anakinra")

    assert all(axes.get_ylim()[0] == 0 for axes in figure.axes)


def test_another_response_point_can_be_asked_for(table1):
    figure = draw_before_after(table1, intervention="anakinra", at="nadir")

    assert "lowest" in words(figure)
    assert (24.31, 0.17) in [tuple(line.get_ydata()) for line in lines(figure, "slope")]


def test_subjects_without_both_numbers_are_counted():
    labs = pd.concat(
        series([(0.0, 10.0), (1.0, after)], subject=subject)
        for subject, after in (("A", 5.0), ("B", 8.0), ("C", np.nan))
    )
    given = pd.concat(interventions([("anakinra", 0.0)], subject=subject) for subject in "ABC")
    frame = changes(labs.reset_index(drop=True), given.reset_index(drop=True))

    assert "D-dimer (mg/L), n = 2 of 3" in words(draw_before_after(frame, intervention="anakinra"))


def test_several_subjects_are_thin_lines_with_their_median():
    labs = pd.concat(
        series([(0.0, before), (1.0, after)], subject=subject)
        for subject, before, after in (("A", 10.0, 5.0), ("B", 20.0, 8.0), ("C", 90.0, 9.0))
    )
    given = pd.concat(interventions([("anakinra", 0.0)], subject=subject) for subject in "ABC")
    frame = changes(labs.reset_index(drop=True), given.reset_index(drop=True))

    figure = draw_before_after(frame, intervention="anakinra")

    assert len(lines(figure, "slope")) == 3
    assert list(lines(figure, "median")[0].get_ydata()) == [20, 8]
    assert "D-dimer (mg/L), n = 3" in [word.replace("\n", " ") for word in words(figure)]
    assert_clear(figure)
    with pytest.raises(
        HlhcliError, match=r"^a figure of changes shows one subject, and here are 'A', 'B', 'C'"
    ):
        draw_changes(frame, intervention="anakinra")


@pytest.mark.parametrize("draw", [draw_changes, draw_before_after])
def test_what_cannot_be_drawn_is_said(draw):
    with pytest.raises(HlhcliError, match=r"^no changes around 'anakira' to draw; did you mean 'anakinra'\?"):
        draw(around([(-1.0, 10.0), (1.0, 5.0)]), intervention="anakira")
    with pytest.raises(HlhcliError, match=r"^nothing to draw: no marker has "):
        draw(around([(1.0, 5.0)]), intervention="anakinra")
    with pytest.raises(HlhcliError, match=r"a figure 30 mm wide has no room"):
        draw(around([(-1.0, 10.0), (1.0, 5.0)]), intervention="anakinra", width_mm=30)


@pytest.mark.parametrize("draw", [draw_changes, draw_before_after])
@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_bytes(table1, draw, file_format):
    written = [io.BytesIO(), io.BytesIO()]

    for stream in written:
        save_figure(draw(table1, intervention="anakinra"), stream, file_format=file_format)

    assert written[0].getvalue() == written[1].getvalue()
