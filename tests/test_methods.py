"""docs/methods.md says what the program does: its example is computed, its words are complete."""

import re
from pathlib import Path

import pandas as pd
import pytest

from hlhcli.changes import changes
from hlhcli.frames import BASELINES, CHANGES, POINTS, SAME_DAY, UNTIL

METHODS = (Path(__file__).parents[1] / "docs" / "methods.md").read_text(encoding="utf-8")

D_DIMER = {
    "2004-10-15": 0.75,
    "2004-11-25": 24.96,
    "2004-11-26": 39.59,
    "2004-11-28": 24.31,
    "2004-11-30": 3.58,
    "2004-12-02": 3.88,
    "2004-12-07": 0.52,
    "2004-12-14": 0.17,
    "2005-05-25": 0.4,
}
STATED = ("value", "day", "delta", "percent_change", "fold_change", "log2_fold_change")
OF_POINTS = [point for point in POINTS if point != "each"]


@pytest.fixture(scope="module")
def computed():
    times = pd.to_datetime(list(D_DIMER)).astype("datetime64[us]")
    series = pd.DataFrame({"time": times, "value": list(D_DIMER.values()), "row": range(2, 11)}).assign(
        subject="", marker="D-dimer", bound="", unit="µg/mL FEU", placement=""
    )
    anakinra = pd.DataFrame(
        {"subject": [""], "intervention": "anakinra", "start": pd.Timestamp("2004-11-29")}
    )
    anakinra = anakinra.assign(start=anakinra["start"].astype("datetime64[us]"), stop=pd.NaT)
    anakinra = anakinra.astype({"stop": "datetime64[us]"})
    return changes(series, anakinra, at=OF_POINTS).set_index("at")


@pytest.mark.parametrize("point", OF_POINTS)
def test_the_example_worked_by_hand_is_what_the_program_computes(point, computed):
    line = re.search(rf"^\| {point} \| ([^|]*\d[^|]*(?:\|[^|\n]*){{5}})\|$", METHODS, flags=re.MULTILINE)
    stated = [cell.strip().replace("−", "-") for cell in line[1].split("|")]

    for cell, column in zip(stated, STATED, strict=True):
        number = computed.loc[point, column]
        assert pd.isna(number) if cell == "" else cell == shown_like(cell, number)


def shown_like(cell, number):
    """Write the number with as many decimals as the cell has."""
    return f"{number:.{len(cell.partition('.')[2])}f}"


@pytest.mark.parametrize(
    "word", [*POINTS, *BASELINES, *UNTIL, *SAME_DAY, *CHANGES[CHANGES.index("delta") :], "baseline_rule"]
)
def test_every_choice_and_every_measure_is_explained(word):
    assert f"`{word}`" in METHODS
