"""Reference change limits against published and recomputed numbers, and the verdicts that use them."""

import math

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series

from hlhcli.changes import changes
from hlhcli.evidence import rcv
from hlhcli.evidence.variation import variation_of
from hlhcli.facts import FOLDER
from hlhcli.texts import plain, to_frame

SHEET = [
    (10.01, 36.3, -26.6),
    (2.67, 8.6, -7.9),
    (7.26, 25.2, -20.1),
    (21.2, 91.7, -47.8),
    (25.24, 116.4, -53.8),
    (11, 40.5, -28.8),
    (9.3, 33.3, -25.0),
    (9.5, 34.2, -25.5),
    (20.18, 85.9, -46.2),
    (12.87, 48.8, -32.8),
    (6.21, 21.2, -17.5),
    (26.5, 124.7, -55.5),
]


@pytest.mark.parametrize(("cvi", "rise", "fall"), SHEET)
def test_fokkema_2006_limits_with_an_analytical_variation_of_half_the_biological(cvi, rise, fall):
    low, high = rcv.limits(np.float64(cvi), np.float64(cvi / 2))

    assert (round(high, 1), round(low, 1)) == (rise, fall)


def test_fokkema_2006_limits_of_d_dimer_with_a_measured_analytical_variation():
    low, high = rcv.limits(np.float64(25.24), np.float64(6))

    assert (round(high), round(low, 1)) == (103, -50.8)


def test_the_two_variances_are_summed_as_logarithms_and_not_combined_first():
    """CVa 2, CVi 6 at z 1.96: +19.144 and -16.068; a combined CV would give +19.140 and -16.065."""
    low, high = rcv.limits(np.float64(6), np.float64(2))

    assert high == pytest.approx(19.14419053, abs=1e-3)
    assert low == pytest.approx(-16.06808561, abs=1e-3)


def test_z_is_the_two_sided_95_per_cent_point():
    assert math.erf(rcv.Z / math.sqrt(2)) == pytest.approx(0.95, abs=1e-15)


def test_more_values_behind_either_side_narrow_the_limits():
    single = rcv.limits(np.float64(10), np.float64(5))
    several = rcv.limits(np.float64(10), np.float64(5), 4, 1)

    assert single[0] < several[0] < 0 < several[1] < single[1]


def judge(frame, baseline="last", given=None):
    """The columns of reference change for a frame of changes."""
    found = rcv.describe(dict(frame.items()), baseline, given or {})
    return plain(to_frame(found, frame.index))


def judged(before, after, *, marker="D-dimer", baseline="last", at=("first",), given=None, **columns):
    days = [f"2020-01-{day:02}" for day in range(1, 1 + len(before) + len(after))]
    labs = series(list(zip(days, [*before, *after], strict=True)), marker=marker, **columns)
    drugs = interventions([("x", days[len(before) - 1])])
    frame = changes(labs, drugs, at=at, baseline=baseline)
    return judge(frame, baseline, given).iloc[0]


@pytest.mark.parametrize(("value", "verdict"), [(5.3, "no"), (5.2, "yes"), (19.1, "no"), (19.2, "yes")])
def test_a_change_is_beyond_only_outside_the_limits(value, verdict):
    assert judged([10.0], [value])["beyond_rcv"] == verdict


def test_a_change_exactly_on_a_limit_is_not_beyond_it():
    low, _ = rcv.limits(np.float64(21.2), np.float64(10.6))

    assert judged([10.0], [10.0 * (1 + low / 100)])["beyond_rcv"] == "no"


def test_the_assumed_analytical_variation_is_labelled_and_half_of_the_biological():
    row = judged([10.0], [5.0])

    assert (row["cvi_percent"], row["cva_percent"], row["cva_basis"]) == (21.2, 10.6, "assumed")
    assert "Ercan" in row["cv_source"]


@pytest.mark.parametrize("marker", ["ESR", "Total bilirubin", "something new"])
def test_without_a_sourced_variation_there_is_no_verdict(marker):
    row = judged([10.0], [5.0], marker=marker)

    assert (row["beyond_rcv"], row["rcv_note"]) == ("", "no sourced CVi")
    assert math.isnan(row["rcv_low_percent"])


def test_a_users_variation_gives_a_verdict_where_the_facts_have_none():
    row = judged([30.0], [12.0], marker="ESR", given={"esr": (20.0, 5.0, "own")})

    assert (row["beyond_rcv"], row["cva_basis"], row["cv_source"]) == ("yes", "given", "own")


def test_a_users_analytical_variation_goes_with_the_published_biological_one():
    known = variation_of("D-dimer", {"d-dimer": (None, 5.0, "our laboratory")})

    assert (known.cvi, known.cva, known.assumed) == (21.2, 5.0, False)
    assert "Ercan" in known.source
    assert "our laboratory" in known.source


def test_a_baseline_of_zero_has_no_verdict():
    assert judged([0.0], [5.0])["rcv_note"] == "not above 0"


def test_a_limit_that_may_lie_on_either_side_has_no_verdict():
    row = judged([10.0], [9.0], bound=["", "<"])

    assert (row["beyond_rcv"], row["rcv_note"]) == ("", "only a limit is known")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(80.0, math.nan, "yes"), (0.5, 80.0, ""), (0.0, 0.2, "yes"), (0.9, 1.2, "no")],
)
def test_a_range_has_a_verdict_where_all_of_it_lies_on_one_side(low, high, verdict):
    frame = changes(series([("2020-01-01", 10.0), ("2020-01-02", 5.0)]), interventions([("x", "2020-01-01")]))
    ranged = frame.assign(fold_change=math.nan, value=math.nan, fold_change_low=low, fold_change_high=high)

    assert set(judge(ranged)["beyond_rcv"]) == {verdict}


def test_a_mean_baseline_counts_its_values():
    many, single = judged([9.0, 10.0, 11.0], [5.5], baseline="mean"), judged([10.0], [5.5])

    assert many["rcv_low_percent"] > single["rcv_low_percent"]
    assert (many["beyond_rcv"], single["beyond_rcv"]) == ("yes", "no")


def test_a_nadir_among_several_says_that_it_was_picked():
    assert "picked from several" in judged([10.0], [3.0, 4.0], at=("nadir",))["rcv_note"]
    assert judged([10.0], [3.0, 4.0])["rcv_note"] == ""


@pytest.mark.parametrize(("low", "high", "said"), [(0.2, 0.3, False), (0.2, 0.9, True), (0.3, 2.5, True)])
def test_a_verdict_that_other_dates_would_change_says_so(low, high, said):
    frame = changes(series([("2020-01-01", 10.0), ("2020-01-02", 3.0)]), interventions([("x", "2020-01-01")]))
    placed = frame.assign(fold_change_low=low, fold_change_high=high)

    found = judge(placed)

    assert set(found["beyond_rcv"]) == {"yes"}
    assert set(found["rcv_note"] == rcv.OTHER_DATES) == {said}


def test_no_rows_are_judged_as_no_rows():
    frame = changes(series([("2020-01-01", 10.0)]), interventions([("x", "2020-01-01")]))[:0]

    assert judge(frame).shape == (0, len(rcv.COLUMNS))


def test_every_fact_of_variation_has_a_source_that_is_no_data_base():
    facts = pd.read_csv(rcv_facts(), keep_default_na=False)

    assert (facts["source"] != "").all()
    assert (facts["quality"] != "").all()
    assert not facts["source"].str.contains("EFLM").any()


def rcv_facts():
    return FOLDER / "variation.csv"
