"""Only the columns that are asked for: the same numbers, in the order asked, and nothing else computed."""

import io
import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import hlhcli
from hlhcli.analysis import Analysis, analyze
from hlhcli.cli import app
from hlhcli.errors import DataNote
from hlhcli.evidence import detail_columns, trend
from hlhcli.ranges import fill_ranges, read_ranges

EVERYTHING = Analysis(at=["first", "nadir", "mean"], sensitivity=True, details=True)


def run(*options):
    return CliRunner().invoke(app, ["summarize", *options])


def table(*options):
    result = run(*options, "--format", "csv")
    assert result.exit_code == 0, result.output
    return pd.read_csv(io.StringIO(result.stdout), keep_default_na=False)


@pytest.fixture(scope="module")
def table1():
    labs = hlhcli.read_series(hlhcli.TABLE1)
    with pytest.warns(DataNote, match="girl-14"):
        labs = fill_ranges(labs, read_ranges("girl-14"))
    return labs, hlhcli.read_interventions(hlhcli.TABLE1_INTERVENTIONS, labs)


@pytest.fixture(scope="module")
def whole(table1):
    return analyze(*table1, EVERYTHING)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_each_column_is_the_one_that_all_together_have(table1, whole, data):
    names = data.draw(st.lists(st.sampled_from(list(whole)), min_size=1, max_size=4, unique=True))

    found = analyze(*table1, EVERYTHING._replace(columns=names))

    pd.testing.assert_frame_equal(found, whole[names])


def test_columns_come_in_the_order_asked_for_from_one_list_or_several():
    found = table("--columns", "fold_change, marker", "--columns", "at")

    assert list(found) == ["fold_change", "marker", "at"]
    assert found["marker"].tolist() == table()["marker"].tolist()


def test_what_no_chosen_column_needs_is_not_computed(monkeypatch, table1):
    def refuse(*_):
        raise AssertionError("the trend was computed")

    monkeypatch.setattr(trend, "describe", refuse)

    assert analyze(*table1, Analysis(columns=["marker", "fold_change", "beyond_rcv"])).shape[1] == 3
    with pytest.raises(AssertionError, match="the trend was computed"):
        analyze(*table1, Analysis(columns=["trend_before"]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--columns", "fold-chnge"], "no column 'fold-chnge' in the changes; did you mean 'fold_change'"),
        (["--columns", "goal"], "the column 'goal' comes with --details"),
        (["--columns", "baseline_rule"], "the column 'baseline_rule' comes with --sensitivity"),
        (["--columns", "marker,shift"], "column 'shift' is not there: no value has a reference range"),
        (["--columns", "marker", "--format", "table"], "--columns is for data, and a table has columns"),
        (["--columns", "marker", "--format", "markdown"], "--columns is for data, and a markdown has"),
        (["--columns", "marker", "--schema", "adam", "--format", "csv"], "leave out --schema adam"),
    ],
)
def test_a_column_that_cannot_be_had_is_refused_with_what_to_do(options, message):
    result = run(*options)

    assert result.exit_code == 1
    assert message in result.output
    assert result.stdout == ""


def test_columns_of_details_and_ranges_can_be_chosen_where_they_are():
    found = table(
        "--columns", "marker,goal,shift", "--details", "--ranges", "girl-14", "--threshold", "ferritin=500"
    )

    assert list(found) == ["marker", "goal", "shift"]
    assert "goal" in detail_columns()


def test_a_data_package_describes_the_chosen_columns(tmp_path):
    target = tmp_path / "changes.csv"

    assert run("--columns", "marker,delta", "-o", str(target), "--datapackage").exit_code == 0

    (resource,) = json.loads((tmp_path / "datapackage.json").read_text())["resources"]
    assert [field["name"] for field in resource["schema"]["fields"]] == ["marker", "delta"]
