"""What ``hlhcli check`` says about files, and what it keeps to itself."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app
from hlhcli.identifiers import find_identifier

LABS = "marker,day,value,unit,range\nHgb,1,9,g/dL,12-16\nCRP,1,>300,mg/L,<5\nCRP,3,nd,mg/L,<5\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("labs.csv").write_text(LABS)


def run(*arguments):
    return CliRunner().invoke(app, ["check", *arguments], prog_name="hlhcli")


def reports(*arguments):
    return json.loads(run(*arguments).stdout)


def test_a_report_says_what_was_understood():
    (report,) = reports("labs.csv")

    assert report["facts"] == {
        "layout": "tidy", "delimiter": "comma", "times": "day numbers, 2 of them", "first": "1", "last": "3",
        "subjects": 1, "markers": 2, "values": 2, "limits": 1,
    }  # fmt: skip
    assert report["markers"][1] == {
        "marker": "CRP", "known_as": "crp", "unit": "mg/L", "values": 1, "bounds": 1, "with_range": 2,
        "first": "1", "last": "1",
    }  # fmt: skip


def test_every_cell_that_was_not_used_is_listed_and_no_error():
    result = run("labs.csv")
    (report,) = json.loads(result.stdout)

    assert report["cells"] == [
        {"line": 4, "column": "value", "text": "nd", "reason": "not done", "wrong": False}
    ]
    assert (result.exit_code, result.stderr, report["is_wrong"]) == (0, "", False)


def test_all_bad_cells_are_listed_and_the_exit_code_is_1():
    Path("labs.csv").write_text(LABS + "CRP,4,4o000,mg/L,\n" * 12)
    result = run("labs.csv")

    (report,) = json.loads(result.stdout)
    assert sum(cell["wrong"] for cell in report["cells"]) == 12
    assert result.exit_code == 1
    assert result.stderr == "hlhcli: error: something is wrong in labs.csv; the report says what\n"


def test_a_file_that_is_not_understood_is_reported_beside_the_others():
    Path("other.csv").write_text("a,b\nx,y\n")
    first, second = reports("other.csv", "labs.csv")

    assert first["errors"][0].startswith("no column for marker")
    assert second["errors"] == []


def test_units_of_one_marker_that_cannot_be_brought_to_one_are_an_error():
    Path("labs.csv").write_text(LABS + "CRP,4,3,nmol/L,\n")

    assert "nmol/L" in reports("labs.csv")[0]["errors"][0]


def test_interventions_are_checked_too():
    Path("drugs.csv").write_text("intervention,start\nanakinra,2\nsteroid,\n")
    _, drugs = reports("labs.csv", "--interventions", "drugs.csv")

    assert drugs["interventions"] == [{"intervention": "anakinra", "start": "2", "stop": ""}]
    assert drugs["notes"] == ["without a start, and so not used: steroid (line 3)"]


def test_without_files_the_built_in_case_is_checked():
    labs, drugs = reports()

    assert labs["facts"]["placements"] == "40 inferred, 33 printed, 6 text"
    assert [labs["is_wrong"], drugs["is_wrong"]] == [False, False]


def test_the_table_holds_the_same():
    text = run("labs.csv", "--format", "table").stdout

    assert "Hgb" in text
    assert "nothing is wrong" in text
    assert "not done" in text
    assert "\x1b" not in text


def test_identifiers_fail_and_none_is_repeated():
    secret = "jane.doe@example.org"
    Path("labs.csv").write_text(
        f"mrn,marker,date,value,note,28 Feb 2019\n1234567,CRP,2020-01-02,5,{secret},\n1234567,CRP,2020-01-03,x9,,\n"
    )
    result = run("labs.csv", "--deid")

    assert result.exit_code == 1
    for text in (secret, "1234567", "2020-01", "28 Feb", "x9"):
        assert text not in result.stdout
    (report,) = json.loads(result.stdout)
    assert [cell["reason"] for cell in report["cells"]] == [
        "has a heading that may be identifying: date",
        "may be identifying: record number, and 1 more in this column",
        "may be identifying: date, and 1 more in this column",
        "may be identifying: e-mail address",
        "is not a number",
    ]


def test_a_file_of_day_numbers_without_identifiers_passes():
    result = run("labs.csv", "--deid")

    assert (result.exit_code, json.loads(result.stdout)[0]["is_wrong"]) == (0, False)


@pytest.mark.parametrize(
    ("column", "text", "kind"),
    [
        ("note", "write to a.b@example.org", "e-mail address"),
        ("note", "078-05-1120", "social security number"),
        ("note", "call (555) 010-4477", "telephone number"),
        ("note", "MRN: 443210", "record number"),
        ("patient_id", "443210", "record number"),
        ("note", "seen 3 March", "date"),
        ("note", "11/29/04", "date"),
        ("age", "91", "age over 89"),
        ("note", "a 92-year-old woman", "age over 89"),
        ("age", "89", ""),
        ("subject", "01-701-1015", ""),
        ("value", "35 461", ""),
        ("value", "1,247,000", ""),
        ("reference range", "150–400", ""),
        ("note", "12 months, may improve", ""),
        ("note", "3 markers decreased", ""),
    ],
)
def test_identifiers_are_known_by_documented_patterns(column, text, kind):
    assert find_identifier(column, text) == kind
