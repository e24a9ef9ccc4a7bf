"""The CDISC pilot trial's change from baseline, computed apart by base R and by DuckDB.

Both were written from the definitions (the last AVAL with ADT <= TRTSDT is BASE; CHG = AVAL −
BASE; PCHG = 100 × CHG / abs(BASE)), share no code with hlhcli, and parse, sort and divide with
another language's runtime. They are no published analysis of the trial.
"""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from hlhcli.changes import changes
from hlhcli.errors import DataNote
from hlhcli.readers import read_interventions, read_series

TRIAL = Path(__file__).parents[2] / "shared" / "data" / "cdisc"
PEERS = Path(__file__).parent / "peers"
LABS, INTERVENTIONS = str(TRIAL / "labs.csv.gz"), str(TRIAL / "interventions.csv")

pytestmark = pytest.mark.skipif(
    not TRIAL.is_dir(), reason="the trial's files (../shared/data/cdisc) are not here"
)


@pytest.fixture(scope="module")
def ours():
    with pytest.warns(DataNote):
        series = read_series(LABS)
    frame = changes(series, read_interventions(INTERVENTIONS, series), at=["each"], until="stop")
    return frame.dropna(subset="value").astype({"subject": str, "marker": str})


def by_r(folder):
    if shutil.which("Rscript") is None:
        pytest.skip("R (Rscript) is not installed")
    out = folder / "r.csv"
    script = str(PEERS / "change_from_baseline.R")
    subprocess.run(["Rscript", script, LABS, INTERVENTIONS, str(out)], check=True)
    return pd.read_csv(out)


def by_duckdb(folder):
    duckdb = pytest.importorskip("duckdb", reason="needs the extra omop")
    with duckdb.connect() as database:
        database.execute(f"SET VARIABLE labs = '{LABS}'; SET VARIABLE interventions = '{INTERVENTIONS}'")
        return database.execute((PEERS / "change_from_baseline.sql").read_text()).df()


@pytest.mark.parametrize("peer", [by_r, by_duckdb])
def test_every_change_from_baseline_is_the_peers(ours, peer, tmp_path):
    theirs = peer(tmp_path)
    theirs["time"] = pd.to_datetime(theirs["datetime"], format="ISO8601").astype("datetime64[us]")
    keys = ["subject", "marker", "time"]

    both = ours.merge(theirs.rename(columns={"patient_id": "subject"}), on=keys, validate="one_to_one")

    assert len(both) == len(ours) == len(theirs) == 44_471
    for name, peers_name in {
        "value": "AVAL",
        "baseline": "BASE",
        "delta": "CHG",
        "percent_change": "PCHG",
    }.items():
        assert both[name].isna().equals(both[peers_name].isna())
        pd.testing.assert_series_equal(both[name], both[peers_name], check_names=False, rtol=1e-9, atol=1e-9)
