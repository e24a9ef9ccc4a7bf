"""The table of markers, as the program prints it."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app
from hlhcli.markers import markers


def run(*arguments, **options):
    return CliRunner().invoke(app, ["markers", *arguments], prog_name="hlhcli", **options)


def names(*arguments):
    return [row["marker"] for row in csv.DictReader(io.StringIO(run(*arguments).stdout))]


def test_without_a_search_every_marker_is_a_row():
    assert names() == [marker.name for marker in markers()]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ferritin", ["ferritin"]),
        ("FERR", ["ferritin"]),
        ("dimer", ["d-dimer"]),
        ("48065-7", ["d-dimer"]),
        ("sCD25", ["soluble il-2 receptor"]),
        ("troponin", ["troponin", "troponin i", "troponin t"]),
        ("mm/hr", ["esr"]),
        ("K/uL", ["wbc", "platelets", "neutrophils", "lymphocytes"]),
    ],
)
def test_a_name_an_alias_a_code_or_a_unit_finds_its_markers(search, found):
    assert names(search) == found


def test_a_search_that_finds_nothing_suggests_a_name():
    result = run("feritin")

    assert result.exit_code == 1
    assert "did you mean 'Ferritin'?" in result.stderr


@pytest.mark.parametrize("file_format", ["csv", "tsv", "json", "jsonl", "markdown", "latex", "table"])
def test_every_format_has_the_markers(file_format):
    result = run("ferritin", "--format", file_format)

    assert result.exit_code == 0
    assert "pmol/L" in result.stdout


def test_json_is_an_array_of_objects_with_units_and_conversions():
    (row,) = json.loads(run("bilirubin", "--format", "json").stdout)

    assert row["units"] == "mg/dL; µmol/L; mg/L"
    assert "mg/dL × 17.104 = µmol/L" in row["conversions"]
    assert "JAMA" in row["conversion_sources"]


def test_a_few_markers_are_shown_in_full_and_many_as_an_overview():
    assert "ng/mL × 2.247 = pmol/L: agrees with" in run("ferritin", "-f", "table").stdout
    assert "30 markers" in run("-f", "table").stdout


def test_no_line_of_the_table_is_wider_than_the_terminal():
    page = run("-f", "table", env={"COLUMNS": "60"}).stdout

    assert max(map(len, page.splitlines())) <= 60
    assert "…" not in page
