"""The Table Schema beside a CSV: the fields that the specification requires, and the columns' meanings."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hlhcli import facts
from hlhcli.cli import app
from hlhcli.evidence import COLUMNS, detail_columns
from hlhcli.frames import CHANGES
from hlhcli.ranges import RANGE_COLUMNS

TYPES = {"string", "number", "integer", "boolean", "date", "datetime", "any"}


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["summarize", "-o", "My changes.csv", "--datapackage"])
    assert result.exit_code == 0
    return json.loads(Path("datapackage.json").read_text(encoding="utf-8"))


def test_it_has_what_the_specification_requires(package):
    (resource,) = package["resources"]

    assert resource["name"] == "my-changes"
    assert Path(resource["path"]).exists()
    assert all(field["name"] and field["type"] in TYPES for field in resource["schema"]["fields"])


def test_its_fields_are_the_columns_of_the_csv_in_their_order(package):
    with Path("My changes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    fields = {field["name"]: field for field in package["resources"][0]["schema"]["fields"]}

    assert list(fields) == list(rows[0])
    assert fields["start"]["type"] == "date"
    assert fields["delta"] | {"description": ""} == {
        "name": "delta",
        "type": "number",
        "description": "",
        "unit": "as in the column unit",
    }
    for name in (name for name, field in fields.items() if field["type"] == "number"):
        assert all(row[name] == "" or float(row[name]) is not None for row in rows)


def test_every_column_of_changes_is_described():
    described = {row["name"] for row in facts.rows("columns")}

    assert {*CHANGES, "baseline_rule", *RANGE_COLUMNS, *COLUMNS, *detail_columns()} == described


def test_it_is_refused_where_there_is_no_csv_file_to_stand_beside():
    result = CliRunner().invoke(app, ["summarize", "--datapackage"])

    assert result.exit_code == 1
    assert "--datapackage describes a plain CSV file; write one: -o changes.csv" in result.stderr
