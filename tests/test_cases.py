"""Published tables as their authors printed them: a correct summary, or a clear refusal.

The files are not part of the project; the few numbers here are cited beside their test.
"""

import csv
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app

CASES = Path(__file__).parents[2] / "shared" / "data" / "cases"

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the published tables (../shared/data/cases) are not here"
)

TIMES = {
    "anaplasma-doxycycline": {
        "On Admission": "0",
        "Day 7 of Doxycycline Therapy": "7",
        "Day 21 of Doxycycline (End of Therapy)": "21",
    },
    "cytokine-storm-tocilizumab": {"Baseline": "0", "48 h after tocilizumab": "2"},
    "pneumococcus-ivig-dexamethasone": {
        "Day of admission": "1",
        "8th hospital day before IVIG and steroids": "8",
        "11th hospital day 72 hours after IVIG and steroids": "11",
    },
    "sepsis-units-in-cells": {},
    "t-cell-lymphoma-dates": {},
    "tb-dexamethasone-etoposide": {
        "Previous visit": "",
        "Admission": "1",
        "Initiation of RIPE Therapy": "24",
        "RIPE Day 14": "",
        "RIPE Day 15": "",
        "Patient deceased": "39",
    },
}
"""The labels that are no time, with the days that the case's labs.csv gives them."""

OTHER_OPTIONS = {"t-cell-lymphoma-dates": ["--year", "2019", "--decimal", "point"]}


def summarize(case, file, *options):
    folder = CASES / case
    if "--given" not in options:
        options = (*options, "--interventions", str(folder / "interventions.csv"))
    return CliRunner().invoke(app, ["summarize", str(folder / file), *options], prog_name="hlhcli")


def as_printed(case, *options):
    times = [word for label, day in TIMES[case].items() for word in ("--time", f"{label}={day}")]
    return summarize(case, "as_printed.csv", *times, *OTHER_OPTIONS.get(case, []), *options)


def tidy(case, *options):
    return summarize(case, "labs.csv", *OTHER_OPTIONS.get(case, []), *options)


def rows(result):
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


def without_subject(table):
    return [{word: cell for word, cell in row.items() if word != "subject"} for row in table]


@pytest.mark.parametrize("case", TIMES)
def test_the_printed_table_gives_what_its_tidy_copy_gives(case):
    given = ["--given", "methylprednisolone=1"] if case == "sepsis-units-in-cells" else []

    printed, copied = rows(as_printed(case, *given)), rows(tidy(case, *given))

    assert len(printed) >= 40
    assert without_subject(printed) == without_subject(copied)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("anaplasma-doxycycline", "'Day 7 of Doxycycline Therapy' is no time"),
        ("cytokine-storm-tocilizumab", "'48 h after tocilizumab' is no time"),
        ("pneumococcus-ivig-dexamethasone", "'Day of admission' is no time"),
        ("sepsis-units-in-cells", "no intervention has a start; give a date or a day number in 'start'"),
        ("t-cell-lymphoma-dates", "'28th Feb' has no year; say which: --year YYYY"),
        ("t-cell-lymphoma-dates", "'1,247' can be 1247 or 1.247; say which: --decimal point"),
        ("tb-dexamethasone-etoposide", "'RIPE Day 14' is no time"),
    ],
)
def test_without_options_what_is_open_is_refused_by_name(case, message):
    result = summarize(case, "as_printed.csv")

    assert result.exit_code == 1
    assert message in result.stderr


def row_of(table, marker, intervention=""):
    return next(row for row in table if row["marker"] == marker and intervention in row["intervention"])


def test_a_limit_with_a_thin_space_is_a_bound():
    """PMC10199118, Table 1: ferritin >33 511 ng/mL on admission."""
    row = row_of(rows(as_printed("anaplasma-doxycycline")), "Ferritin")

    assert row["note"] == "no value in the window; baseline >33511"


def test_flags_beside_numbers_are_read_over():
    """PMC7583401, Table 1: platelets 6^ on hospital day 7 and 8^ at the start of RIPE."""
    row = row_of(rows(as_printed("tb-dexamethasone-etoposide", "--at", "last")), "Platelets", "steroids")

    assert (row["baseline"], row["value"], row["day"]) == ("6", "8", "17")


def test_units_inside_cells_are_split_off():
    """PMC5753885, Table 1: platelets 35,000 /uL on day 1 and 53,000 /uL on day 3."""
    table = rows(as_printed("sepsis-units-in-cells", "--given", "methylprednisolone=1", "--at", "last"))
    row = row_of(table, "Platelets")

    assert (row["baseline"], row["value"], row["unit"]) == ("35000", "53000", "/uL")


def test_a_decimal_comma_among_points_is_read_and_reported():
    """PMC8488189, Table 1: CRP 0,4 on 3 June; LDH 998 on 12 June and 2,197 on 12 July 2019."""
    result = as_printed("t-cell-lymphoma-dates", "--at", "last")

    assert "'0,4' is read as 0.4" in result.stderr
    row = row_of(rows(result), "LDH", "filgrastim")
    assert (row["baseline"], row["value"]) == ("998", "2197")


def test_after_the_splenectomy_there_is_no_value():
    table = rows(as_printed("t-cell-lymphoma-dates"))

    assert {row["note"] for row in table if row["intervention"] == "splenectomy"} == {
        "no value in the window"
    }


def test_there_is_no_ferritin_on_the_day_of_the_immunoglobulin():
    """PMC5769513, Table 1: ferritin 11362 on hospital day 3 and 734.5 on day 11."""
    row = row_of(rows(as_printed("pneumococcus-ivig-dexamethasone", "--at", "first")), "Ferritin", "IVIG")

    assert (row["baseline"], row["baseline_time"], row["value"], row["day"]) == ("11362", "3", "734.5", "3")


def test_results_in_words_are_counted_and_a_limit_among_them_is_a_bound():
    """The CDISC pilot trial's value_text: 874 colors of urine are N, and six results are limits."""
    trial = CASES.parent / "cdisc"
    arguments = ["--interventions", str(trial / "interventions.csv"), "--column", "value=value_text"]
    result = CliRunner().invoke(
        app, ["summarize", str(trial / "labs.csv.gz"), *arguments, "--at", "each"], prog_name="hlhcli"
    )

    assert result.exit_code == 0
    assert "874 cells hold no usable number (874 × 'N')" in result.stderr
    assert any("<3.42" in row["note"] for row in csv.DictReader(io.StringIO(result.stdout)))
