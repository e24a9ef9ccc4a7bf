"""Change from baseline in the CDISC pilot trial, by the definitions of CDISC ADaM.

ADaM takes as baseline the last value with ADT <= TRTSDT, compared by date; CHG = AVAL − BASE,
PCHG = 100 × CHG / abs(BASE), R2BASE = AVAL / BASE, the ratios empty at BASE 0.
"""

from pathlib import Path

import pandas as pd
import pytest

from hlhcli.changes import changes
from hlhcli.errors import DataNote
from hlhcli.readers import read_interventions, read_series

TRIAL = Path(__file__).parents[2] / "shared" / "data" / "cdisc"

pytestmark = pytest.mark.skipif(
    not TRIAL.is_dir(), reason="the trial's files (../shared/data/cdisc) are not here"
)


@pytest.fixture(scope="module")
def reproduced():
    with pytest.warns(DataNote, match="880 of 59580 rows have no value"):
        series = read_series(TRIAL / "labs.csv.gz")
    treatments = read_interventions(TRIAL / "interventions.csv", series)
    frame = changes(series, treatments, at=["each"], until="stop").dropna(subset="value")
    return frame.astype({"subject": str, "marker": str})


@pytest.fixture(scope="module")
def defined():
    labs = pd.read_csv(TRIAL / "labs.csv.gz", dtype=str, keep_default_na=False)
    labs["AVAL"] = pd.to_numeric(labs["value"], errors="coerce")
    labs["ADT"] = labs["datetime"].str[:10]
    labs = labs.dropna(subset="AVAL").merge(
        pd.read_csv(TRIAL / "interventions.csv", dtype=str), on="patient_id"
    )
    keys = ["patient_id", "marker"]
    before = labs[labs["ADT"] <= labs["start_date"]].sort_values(["datetime", "AVAL"], kind="stable")
    base = before.groupby(keys)["AVAL"].last().rename("BASE").reset_index()
    after = labs[(labs["ADT"] > labs["start_date"]) & (labs["ADT"] <= labs["end_date"].fillna(""))]
    after = after.merge(base, on=keys, how="left")
    after["CHG"] = after["AVAL"] - after["BASE"]
    after["PCHG"] = (100 * after["CHG"] / after["BASE"].abs()).where(after["BASE"] != 0)
    after["R2BASE"] = (after["AVAL"] / after["BASE"]).where(after["BASE"] != 0)
    return after


def test_every_value_on_treatment_is_there_once(reproduced, defined):
    assert len(defined) > 40_000
    assert len(reproduced) == len(defined)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("baseline", "BASE"), ("delta", "CHG"), ("percent_change", "PCHG"), ("fold_change", "R2BASE")],
)
def test_each_number_is_that_of_the_definition(reproduced, defined, ours, theirs):
    theirs_time = pd.to_datetime(defined["datetime"], format="ISO8601").astype("datetime64[us]")
    both = reproduced.merge(
        defined.assign(time=theirs_time),
        left_on=["subject", "marker", "time"],
        right_on=["patient_id", "marker", "time"],
        validate="one_to_one",
    )

    assert len(both) == len(defined)
    assert both[ours].isna().equals(both[theirs].isna())
    pd.testing.assert_series_equal(both[ours], both[theirs], check_names=False, rtol=1e-9, atol=1e-9)


def test_a_result_of_the_first_treatment_day_is_the_baseline(reproduced):
    start_day = reproduced[(reproduced["subject"] == "01-702-1082") & (reproduced["marker"] == "ALB")]

    assert (start_day["baseline_time"].dt.normalize() <= start_day["start"]).all()
