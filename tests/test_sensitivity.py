"""How placements and baseline rules are told: in the frame, in the table and in words."""

import os
import subprocess
import sys

import pandas as pd
import pytest
from builders import interventions, series
from pandas.testing import assert_frame_equal

from hlhcli.changes import changes, every_rule
from hlhcli.frames import BASELINES, CHANGES
from hlhcli.renderers import render
from hlhcli.renderers.reading import blocks
from hlhcli.renderers.table import render_table
from hlhcli.windows import windows

DRUG = interventions([("drug", "2020-01-10")])
COURSE = series([("2020-01-01", 8.0), ("2020-01-08", 4.0), ("2020-01-11", 2.0), ("2020-01-12", 1.0)])
DATES = ["2020-01-01", "2020-01-08", "2020-01-09", "2020-01-11", "2020-01-12"]


def under(rule):
    return changes(COURSE, DRUG, at=["first", "each"], baseline=rule)


def unsure(first="2020-01-08"):
    """Two values on two of five dates; three of these lie before the drug."""
    rows = series([(DATES[0], 8.0), (first, 4.0)], placement="inferred")
    return pd.concat([rows, series([(date, 1.0) for date in DATES], marker="Hb")], ignore_index=True)


def table_of(labs, **options):
    result = changes(labs, DRUG, **options)
    return render_table(result, labs, windows(labs, DRUG), DRUG, width=None, color=False, caption="")


def test_every_rule_stands_beside_the_others_of_its_change():
    frame = every_rule(under)

    assert tuple(frame.columns) == (*CHANGES, "baseline_rule")
    assert frame["baseline_rule"].head(7).tolist() == list(BASELINES)
    assert frame["at"].head(8).tolist() == ["first"] * 7 + ["each"]


@pytest.mark.parametrize("rule", BASELINES)
def test_each_rule_gives_what_it_gives_alone(rule):
    frame = every_rule(under)
    part = frame[frame["baseline_rule"] == rule].drop(columns="baseline_rule").reset_index(drop=True)

    assert_frame_equal(part, under(rule))


def test_the_table_tells_which_rule_gives_which_fold_change():
    frame = every_rule(lambda rule: changes(COURSE, DRUG, baseline=rule))
    text = render_table(
        frame[frame["baseline_rule"] == "last"], COURSE, windows(COURSE, DRUG), DRUG,
        width=None, color=False, caption="", alternatives=frame,
    )  # fmt: skip

    told = " ".join(text.split())
    assert (
        "D-dimer first, peak: ×0.500 (0.250–0.500 over 7 rules): first and highest 0.250, mean and median"
        in told
    )
    assert "0.333, last, nearest and lowest 0.500" in told


def test_markdown_names_the_rule_of_each_baseline():
    text = render(every_rule(lambda rule: changes(COURSE, DRUG, baseline=rule)), "markdown")

    assert "4 (d−2, last)" in text
    assert "6 (mean)" in text


def test_a_fold_change_that_other_dates_would_alter_is_marked_and_its_range_told():
    labs = series(
        [("2020-01-01", 8.0), ("2020-01-08", 4.0), ("2020-01-11", 2.0)],
        placement=["text", "inferred", "text"],
    )
    labs = pd.concat(
        [labs, series([("2020-01-10", 1.0), ("2020-01-12", 1.0)], marker="Hb")], ignore_index=True
    )
    text = table_of(labs, baseline="mean")

    assert "~" not in text
    assert "D-dimer: 2 placements of inferred dates: the same change in all" in text


def test_a_change_whose_sign_depends_on_dates_is_neither_better_nor_worse():
    labs = series(
        [("2020-01-08", 8.0), ("2020-01-09", 4.0), ("2020-01-12", 6.0)],
        placement=["inferred", "inferred", "text"],
    )
    labs = pd.concat(
        [labs, series([(f"2020-01-{day:02}", 1.0) for day in range(8, 13)], marker="Hb")], ignore_index=True
    )
    reading = blocks(changes(labs, DRUG, at=["last"]))[0].lines[-1].readings[0]

    assert reading.fold == "~×1.50"
    assert reading.direction == 0


def test_a_value_that_the_declared_reading_lacks_is_not_shown_from_another():
    line = blocks(changes(unsure(), DRUG, at=["first"]))[0].lines[-1]

    assert (line.marker, line.readings[0].value, line.readings[0].fold) == ("D-dimer", "–", "")
    assert "no value in the window in 3 of 10 placements" in line.notes


def test_a_reported_limit_is_shown_with_its_sign():
    labs = series([("2020-01-09", 40000.0), ("2020-01-11", 0.17)], bound=[">", "<"])
    reading = blocks(changes(labs, DRUG, at=["last"]))[0].lines[0].readings[0]

    assert (reading.value, reading.fold) == ("<0.17", "×<4.25e−06")
    assert reading.direction == -1


@pytest.mark.parametrize("chosen", [["--marker", "d-dimer"], []])
def test_the_command_counts_the_placements_of_the_whole_table_whatever_is_asked_for(chosen):
    command = [
        sys.executable,
        "-m",
        "hlhcli",
        "summarize",
        "--sensitivity",
        "--at",
        "first",
        "-f",
        "csv",
        *chosen,
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout
    lines = [line for line in text.splitlines() if ",D-dimer," in line and ",anakinra," in line]

    assert [line.split(",")[-1] for line in lines] == list(BASELINES)
    assert {tuple(line.split(",")[-3:-1]) for line in lines} == {("12", "12")}
