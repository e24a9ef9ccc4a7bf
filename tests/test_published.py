"""What the article says of its patient, checked in the numbers that the program gives.

Behrens EM, Kreiger PA, Cherian S, Cron RQ. J Rheumatol 2006;33:2081-4, case report and Table 1.
"""

import pytest

from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.changes import changes
from hlhcli.readers import read_interventions, read_series


@pytest.fixture(scope="module")
def table1():
    series = read_series(TABLE1)
    frame = changes(series, read_interventions(TABLE1_INTERVENTIONS, series))
    return frame.set_index(["intervention", "marker", "at"])


def test_the_day_after_anakinra_began_d_dimer_had_fallen_sharply(table1):
    row = table1.loc[("anakinra", "D-dimer", "first")]

    assert (row["day"], row["baseline"], row["value"], row["delta"]) == (1, 24.31, 3.58, -20.73)
    assert row["fold_change"] == pytest.approx(0.1473, abs=5e-5)
    assert row["percent_change"] == pytest.approx(-85.27, abs=5e-3)


def test_hemoglobin_was_maintained_after_anakinra_without_transfusion(table1):
    assert table1.loc[("anakinra", "Hb", "nadir"), "fold_change"] > 1
    assert table1.loc[("anakinra", "Hb", "last"), ["baseline", "value"]].tolist() == [8.6, 10.8]


def test_d_dimer_and_esr_were_normal_at_the_last_visit(table1):
    """Below 0.5 µg/mL FEU and at most 20 mm/h, the usual limits for a girl of 14."""
    last = table1.xs("last", level="at").loc["anakinra"]

    assert last.loc["D-dimer", "value"] < 0.5
    assert last.loc["ESR", "value"] <= 20
    assert set(last.loc[["D-dimer", "ESR"], "time"].dt.date.astype(str)) == {"2005-05-25"}


def test_hemoglobin_and_platelets_were_higher_at_the_last_visit_than_before_anakinra(table1):
    last = table1.xs("last", level="at").loc["anakinra"]

    assert (last.loc[["Hb", "Plt"], "delta"] > 0).all()


def test_before_anakinra_the_laboratory_picture_had_responded_only_slightly(table1):
    """After etoposide D-dimer came down by less than half; after anakinra by more than five sixths."""
    etoposide = table1.loc[("etoposide", "D-dimer", "nadir"), "fold_change"]
    anakinra = table1.loc[("anakinra", "D-dimer", "first"), "fold_change"]

    assert 0.5 < etoposide < 1
    assert anakinra < etoposide / 4


def test_ferritin_has_a_single_value_and_so_no_change(table1):
    rows = table1.xs("Ferritin", level="marker")

    assert rows["delta"].isna().all()
    assert (rows["note"] == "no value in the window").all()
