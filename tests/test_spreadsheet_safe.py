"""CSV for spreadsheets: text is never a formula, numbers stay numbers, and names read back as they were.

What begins a formula is the list of OWASP (https://owasp.org/www-community/attacks/CSV_Injection), its
full-width forms, and the null character of ASVS 5.0, requirement 1.2.10.
"""

import csv
import io

import hypothesis.strategies as st
import pandas as pd
import pytest
from builders import interventions, series
from hypothesis import given
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from hlhcli.cli import app
from hlhcli.formulas import guard, unguard
from hlhcli.readers import read_interventions, read_series
from hlhcli.renderers import guard_formulas, render
from hlhcli.writers.tidy import files

HOSTILE = "=cmd|' /C calc'!A0"
RUN = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"]
SEPARATORS = [",", ";", "\t", "|"]


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.mark.parametrize("sign", RUN)
def test_text_after_each_sign_of_a_formula_is_guarded(sign):
    assert guard(f"{sign}SUM(A1)").startswith("'")


def test_blanks_before_a_sign_do_not_hide_it():
    assert guard("  =1+1") == "'  =1+1"
    assert guard("\N{NO-BREAK SPACE}=1+1").startswith("'")


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_cell_that_another_list_separator_would_begin_is_guarded(separator):
    assert guard(f"anakinra{separator}=1+1") == f"'anakinra{separator}'=1+1"


@pytest.mark.parametrize("number", ["-20.73", "+3", "-.5", "1e-07", "-1.5E+10", "2440", "-5,3", "1;-2"])
def test_plain_numbers_are_left_alone(number):
    assert guard(number) == number


@pytest.mark.parametrize(
    "text", ["IL-6", "5-FU", "a + b", "anti-TNF", "", "day −3; then more", "<5", "'t Hooft", "x,y"]
)
def test_ordinary_text_is_left_alone(text):
    assert guard(text) == unguard(text) == text


def test_what_only_looks_like_a_number_is_guarded():
    assert [guard(text) for text in ("-5 %", "+49 30 1", "-1+2", "٣", "-٣")] == [
        "'-5 %",
        "'+49 30 1",
        "'-1+2",
        "٣",
        "'-٣",
    ]


@given(st.text(alphabet="=-+@'a1;,|\t\n \0＝", max_size=12))
def test_a_guarded_text_is_read_back_as_it_was(text):
    assert unguard(guard(text)) == text


@given(st.text(alphabet="=-+@'a1;,|\t\n \0＝", max_size=12))
def test_no_cell_of_a_guarded_text_begins_with_a_sign(text):
    for cell in (
        guard(text).replace("\t", ";").replace("\n", ";").replace("|", ";").replace(",", ";").split(";")
    ):
        begin = cell.lstrip()
        assert (
            not begin or begin[0] not in "=+-@＝\0" or pd.to_numeric(begin, errors="coerce") == float(begin)
        )


def test_headings_and_texts_are_guarded_and_numbers_and_times_are_not():
    table = pd.DataFrame(
        {
            "=name": ["=1+1", "plain", None],
            "delta": [-20.73, 1.0, float("nan")],
            "time": pd.to_datetime(["2004-11-29", "2004-11-30", None]),
            "n": pd.array([-1, 2, None], dtype="Int64"),
        }
    )
    before = table.copy()

    guarded = guard_formulas(table)

    assert list(guarded) == ["'=name", "delta", "time", "n"]
    assert guarded["'=name"].tolist()[:2] == ["'=1+1", "plain"]
    assert_frame_equal(guarded[["delta", "time", "n"]], table[["delta", "time", "n"]])
    assert_frame_equal(table, before)


def test_the_form_for_spreadsheets_differs_only_in_guarded_cells():
    table = pd.DataFrame({"marker": [HOSTILE, "D-dimer"], "delta": [-20.73, 3.0]})

    assert render(table, "safe csv") == f"marker,delta\n'{HOSTILE},-20.73\nD-dimer,3\n"
    assert render(table, "safe tsv") == f"marker\tdelta\n'{HOSTILE}\t-20.73\nD-dimer\t3\n"
    assert render(table, "csv") == f"marker,delta\n{HOSTILE},-20.73\nD-dimer,3\n"


@pytest.fixture
def hostile_case(tmp_path):
    """Labs and interventions whose names are formulas."""
    labs = series([("2004-11-28", 24.31), ("2004-11-30", -3.58)], marker="@SUM(A1)", unit="-x", subject="+a")
    drugs = interventions([(HOSTILE, "2004-11-29")], note="see;=1+1", subject="+a")
    contents = files(labs, drugs)
    (tmp_path / "labs.csv").write_bytes(contents[""])
    (tmp_path / "drugs.csv").write_bytes(contents["interventions"])
    return tmp_path


def test_summarize_guards_names_and_keeps_numbers(hostile_case):
    source = (hostile_case / "labs.csv", "--interventions", hostile_case / "drugs.csv")

    result = run("summarize", *source, "--at", "first", "-f", "csv", "--spreadsheet-safe")

    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert (row["subject"], row["marker"], row["unit"], row["intervention"]) == (
        "'+a",
        "'@SUM(A1)",
        "'-x",
        f"'{HOSTILE}",
    )
    assert (row["value"], row["delta"]) == ("-3.58", "-27.89")


@pytest.mark.parametrize("target", ["tidy", "wide", "adam", "omop"])
def test_converted_files_are_read_back_with_the_same_names(hostile_case, tmp_path, target):
    source = (hostile_case / "labs.csv", "--interventions", hostile_case / "drugs.csv", "--drop", "note")
    out = tmp_path / ("omop" if target == "omop" else "out.csv")

    run("convert", *source, "--to", target, "-o", out, "--spreadsheet-safe")

    back = read_series(out)
    drugs = read_interventions(out if target == "omop" else tmp_path / "out-interventions.csv", back)
    assert set(back["marker"]) == {"@SUM(A1)"}
    assert set(back["subject"]) == {"1" if target == "omop" else "+a"}  # OMOP numbers its persons
    assert set(back["unit"]) == {"-x"}
    assert back["value"].tolist() == [24.31, -3.58]
    assert drugs["intervention"].tolist() == [HOSTILE]


def test_no_written_cell_begins_with_a_sign(hostile_case, tmp_path):
    source = (hostile_case / "labs.csv", "--interventions", hostile_case / "drugs.csv")

    run("convert", *source, "-o", tmp_path / "out.csv", "--spreadsheet-safe")

    for name in ("out.csv", "out-interventions.csv"):
        for row in csv.reader(io.StringIO((tmp_path / name).read_text(encoding="utf-8"))):
            assert not [cell for cell in row if cell[:1] in "=+-@" and cell and cell != "-3.58"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("summarize", "-f", "json"),
        ("markers", "-o", "markers.md"),
        ("score", "-f", "table"),
        ("convert", "--to", "fhir", "--utc-offset", "+01:00"),
    ],
)
def test_formats_that_need_no_guard_refuse_the_option(arguments):
    result = run(*arguments, "--spreadsheet-safe", code=1)

    assert "--spreadsheet-safe guards" in result.stderr


@pytest.mark.parametrize("command", ["summarize", "markers", "score", "response", "grade", "convert"])
def test_each_command_that_writes_csv_can_guard_it(command):
    plain, safe = (run(command, *more) for more in ((), ("--spreadsheet-safe",)))

    assert len(safe.stdout.splitlines()) == len(plain.stdout.splitlines())
