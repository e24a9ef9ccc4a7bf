"""The command ``verify``: its table, its other formats, its exit codes."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app

CLAIMS = """claim,marker,intervention,measure,at,stated
D-dimer fell by 85 % overnight,d-dimer,anakinra,percent_change,day 1,fell 85 %
bilirubin fell to 6 %,bilirubin,anakinra,fold_change,nadir,0.06
"""
WRONG = CLAIMS + "D-dimer fell by 92 % in a week,d-dimer,anakinra,percent_change,by day 7,fell 92 %\n"


@pytest.fixture
def claims(tmp_path):
    def write(text):
        path = tmp_path / "claims.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def run(*arguments, code=0, **env):
    result = CliRunner().invoke(app, ["verify", *arguments], env={"COLUMNS": "120", **env})
    assert result.exit_code == code, result.output
    return result


def test_without_arguments_the_article_is_held_against_its_table():
    rows = list(csv.DictReader(io.StringIO(run().stdout)))

    assert [row["verdict"] for row in rows].count("agrees") == 5
    assert {row["verdict"] for row in rows} == {"agrees", "cannot be told"}


def test_a_claim_that_disagrees_ends_with_exit_code_1_after_the_table_is_written(claims, tmp_path):
    out = tmp_path / "verdicts.csv"

    result = run(claims(WRONG), "-o", str(out), code=1)

    assert result.stderr == "hlhcli: error: 1 of 3 claims disagree with the data: line 4\n"
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))] == [
        "agrees",
        "cannot be told",
        "disagrees",
    ]


def test_what_cannot_be_told_is_no_mismatch_unless_it_is_to_be_strict(claims):
    path = claims(CLAIMS)

    assert run(path).stderr == ""
    assert (
        "1 of 2 claims disagree with the data or cannot be told: line 3"
        in run(path, "--strict", code=1).stderr
    )


def test_a_bad_table_ends_with_exit_code_1_and_no_output(claims):
    result = run(claims("marker,measure,stated\nd-dimer,delt,3\n"), code=1)

    assert result.stdout == ""
    assert "line 2, column 'measure': 'delt' is no measure" in result.stderr


def test_wrong_use_of_an_option_ends_with_exit_code_2(claims):
    run(claims(CLAIMS), "--baseline", "best", code=2)


def test_the_terminal_table_counts_the_verdicts(claims):
    text = run(claims(WRONG), "-f", "table", code=1).stdout

    assert "3 claims: 1 agree, 1 disagree, 1 cannot be told." in text
    assert "−85.3 %" in text
    assert "×0.0611 to ×0.0921" in text
    assert "(line 38)" in text.replace("\n", " ") or "line 38" in text


@pytest.mark.parametrize("width", ["40", "60", "80", "200"])
def test_the_terminal_table_fits_its_width(claims, width):
    text = run(claims(WRONG), "-f", "table", code=1, COLUMNS=width).stdout

    assert max(map(len, text.splitlines())) <= int(width)


@pytest.mark.parametrize("file_format", ["json", "jsonl", "tsv", "markdown", "latex"])
def test_every_other_format_has_a_row_for_each_claim(claims, file_format):
    text = run(claims(CLAIMS), "-f", file_format).stdout

    assert text.count("anakinra") >= 2


def test_numbers_are_written_in_full_precision(claims):
    first = json.loads(run(claims(CLAIMS), "-f", "json").stdout)[0]

    assert first["found"] == "-85.27354997943233"
    assert first["found_low"] == first["found_high"] == -85.27354997943233


def test_labs_and_interventions_of_ones_own_are_used(claims, tmp_path):
    labs = tmp_path / "labs.csv"
    labs.write_text("marker,date,value\nferritin,2024-01-01,100\nferritin,2024-01-08,8\n", encoding="utf-8")
    row = "marker,intervention,measure,at,stated\nferritin,anakinra,percent_change,by day 7,fell 92 %\n"

    result = run(claims(row), str(labs), "--given", "anakinra=2024-01-01", "-f", "csv")

    assert ",agrees,-92," in result.stdout


def test_claims_of_values_alone_need_no_interventions(claims, tmp_path):
    labs = tmp_path / "labs.csv"
    labs.write_text("marker,date,value\nferritin,2024-01-01,100\n", encoding="utf-8")

    run(claims("marker,measure,at,stated\nferritin,value,peak,100\n"), str(labs))


def test_both_tables_cannot_come_from_standard_input():
    assert "standard input" in run("-", "-", code=1).stderr
