"""Scores over time, and the clinical items that they rest on."""

import pandas as pd
import pytest
from builders import series
from test_cli import rows, run

from hlhcli.builtin import TABLE1, TABLE1_CLINICAL
from hlhcli.criteria import find_definitions, scores
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.readers import read_series
from hlhcli.readers.clinical import no_clinical, read_clinical

ADMISSION = "2004-11-25"


@pytest.fixture(scope="module")
def admission():
    labs = read_series(TABLE1)
    totals, items = scores(labs, read_clinical(TABLE1_CLINICAL, labs), find_definitions([]))
    at = pd.Timestamp(ADMISSION)
    return totals[totals["time"] == at].set_index("definition"), items[items["time"] == at]


def test_hscore_at_admission_is_209_to_273_with_triglycerides_open(admission):
    """18 + 0 + 38 + 34 + 35 + 30 + 19 + 35 = 209; triglycerides could add 64."""
    row = admission[0].loc["hscore"]

    assert (row["score_low"], row["score_high"], row["verdict"]) == (209, 273, "met")
    assert row["probability"] == "88–93 % to >99 %"
    assert row["open"] == "triglycerides 0–64"


def test_hlh_2004_at_admission_is_met_by_five_criteria_that_are_known(admission):
    totals, items = admission
    own = items[(items["definition"] == "hlh-2004") & (items["role"] == "counted")]
    met = own[own["points_low"] == 1]["criterion"].unique().tolist()

    assert totals.loc["hlh-2004", "verdict"] == "met"
    assert met == ["splenomegaly", "cytopenia", "triglycerides or fibrinogen", "hemophagocytosis", "ferritin"]
    assert own[own["criterion"] == "fever"]["verdict"].tolist() == ["not met"]
    assert own[own["item"] == "neutrophils"]["verdict"].tolist() == ["unknown"]


@pytest.mark.parametrize("name", ["mas-2016", "ms-score", "ferritin-esr", "ohi"])
def test_the_built_in_case_is_outside_the_settings_of_other_patients(name, admission):
    assert admission[0].loc[name, "verdict"] == "not applicable"


def test_every_item_of_admission_can_be_traced_to_its_line(admission):
    lines = TABLE1.read_text(encoding="utf-8").splitlines()
    stated = TABLE1_CLINICAL.read_text(encoding="utf-8").splitlines()
    known = admission[1][admission[1]["value"] != ""]

    for row in known.itertuples(index=False):
        value = row.value.split(": ")[-1]
        assert f",{value}," in (lines if row.file == "labs" else stated)[row.row - 1]


def test_items_whose_date_is_inferred_say_so(admission):
    notes = admission[1].drop_duplicates("item").set_index("item")["note"]

    assert "date inferred" in notes["fibrinogen"]
    assert "date inferred" not in notes["ferritin"]


LABS = [("2020-01-01", 600.0), ("2020-01-05", 100.0)]


def test_a_value_stands_for_its_own_day_only():
    labs = pd.concat(
        [
            series(LABS, marker="Ferritin", unit="ng/mL"),
            series([("2020-01-02", 50.0)], marker="Plt", unit="10^9/L"),
        ]
    )

    _, items = scores(labs, no_clinical(labs), find_definitions(["hlh-2004"]))
    _, carried = scores(labs, no_clinical(labs), find_definitions(["hlh-2004"]), carry="1d")

    def ferritin(frame):
        return frame[frame["item"] == "ferritin"][["verdict", "note"]].to_numpy().tolist()

    assert ferritin(items) == [["met", ""], ["unknown", "no value"], ["not met", ""]]
    assert ferritin(carried)[1] == ["met", "carried forward from 2020-01-01"]


def test_of_several_values_of_a_day_the_latest_counts_and_contradictions_decide_nothing():
    labs = series(
        [
            ("2020-01-01T06:00", 600.0),
            ("2020-01-01T18:00", 400.0),
            ("2020-01-02", 600.0),
            ("2020-01-02", 400.0),
        ],
        marker="Ferritin",
        unit="ng/mL",
    )

    _, items = scores(labs, no_clinical(labs), find_definitions(["hlh-2004"]))

    verdicts = items[items["item"] == "ferritin"]["verdict"].tolist()
    assert verdicts == ["not met", "unknown"]


def test_day_numbers_are_scored_as_days():
    labs = series([(0.0, 600.0), (3.0, 100.0)], marker="Ferritin", unit="ng/mL")

    totals, _ = scores(labs, no_clinical(labs), find_definitions(["hscore"]))

    assert totals["time"].tolist() == [0.0, 3.0]


def test_no_labs_of_a_definition_give_no_rows():
    labs = series([("2020-01-01", 5.0)], marker="CRP")

    totals, items = scores(labs, no_clinical(labs), find_definitions([]))

    assert (len(totals), len(items)) == (0, 0)


@pytest.fixture
def stated(tmp_path):
    def read(text, labs=None):
        path = tmp_path / "clinical.csv"
        path.write_text(text, encoding="utf-8")
        return read_clinical(path, series(LABS) if labs is None else labs)

    return read


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("smell,yes,2020-01-01", "'smell' is no clinical item"),
        ("spleen,perhaps,2020-01-01", "write yes, no or unknown"),
        ("spleen,yes,", "has no date"),
        ("temperature,101.1,2020-01-01", "not in °C"),
        ("temperature,warm,2020-01-01", "not a number"),
        ("spleen,yes,2020-13-01", "no date of the calendar"),
    ],
)
def test_a_wrong_clinical_line_is_refused_with_its_line(row, words, stated):
    with pytest.raises(HlhcliError, match=words) as error:
        stated(f"item,value,date\nfever,no,2020-01-01\n{row}\n")

    assert "line 3" in str(error.value)


def test_an_unknown_statement_stays_unknown_and_is_counted(stated):
    with pytest.warns(DataNote, match="1 of 2 rows state nothing"):
        frame = stated("item,value,date\nspleen,unknown,2020-01-01\nliver,no,2020-01-01\n")

    assert frame["item"].tolist() == ["liver"]


def test_a_passing_finding_holds_to_its_until_and_a_lasting_one_to_the_next_statement(stated):
    labs = series([(f"2020-01-0{day}", 600.0) for day in (1, 2, 3, 4)], marker="Ferritin", unit="ng/mL")
    clinical = stated(
        "item,value,date,until\nspleen,yes,2020-01-01,2020-01-02\nimmunosuppression,yes,2020-01-01,\nimmunosuppression,no,2020-01-03,\n",
        labs,
    )

    _, items = scores(labs, clinical, find_definitions(["hscore"]))

    assert items[items["item"] == "spleen"]["verdict"].tolist() == ["met", "met", "unknown", "unknown"]
    assert items[items["item"] == "immunosuppression"]["verdict"].tolist() == [
        "met",
        "met",
        "not met",
        "not met",
    ]


def test_different_statements_for_one_day_decide_nothing(stated):
    labs = series(LABS, marker="Ferritin", unit="ng/mL")
    clinical = stated("item,value,date\nspleen,yes,2020-01-01\nspleen,no,2020-01-01\n", labs)

    _, items = scores(labs, clinical, find_definitions(["hlh-2004"]))

    assert items[items["item"] == "spleen"]["verdict"].tolist() == ["unknown", "unknown"]


def test_the_command_prints_csv_into_a_pipe_and_the_items_on_request():
    totals, items = rows(run("score").stdout), rows(run("score", "--items", "--definition", "hscore").stdout)

    assert {row["definition"] for row in totals} >= {"hscore", "hlh-2004"}
    assert {row["item"] for row in items} >= {"ferritin", "temperature"}


def test_an_unknown_definition_or_scheme_is_refused_with_the_nearest():
    assert "did you mean 'hscore'" in run("score", "--definition", "h-scor").stderr
    assert "feu-1-5" in run("score", "--ddimer-scheme", "mine").stderr


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_the_table_keeps_every_range_whole_at_any_width(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", width)

    shown = run("score", "--format", "table", "--definition", "hscore").stdout

    assert "209–273" in shown
    assert max(map(len, shown.splitlines())) <= int(width)


def test_a_score_is_drawn_for_labs_of_ones_own_and_said_where(tmp_path):
    target = tmp_path / "hscore.svg"

    result = run("plot", "--score", "hscore", "-o", target)

    assert result.exit_code == 0
    assert b"HScore at 11 times" in target.read_bytes()
