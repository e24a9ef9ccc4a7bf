"""One change in words, and the words that the program must not use."""

import ast
import csv
import io
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app

ROOT = Path(__file__).parents[1]
D_DIMER = ["--marker", "d-dimer", "--intervention", "anakinra"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="hlhcli")


def prose(result):
    """The output as one line, however it was wrapped."""
    return " ".join(result.stdout.split())


def rows(*arguments):
    return list(csv.DictReader(io.StringIO(run("summarize", "--format", "csv", *arguments).stdout)))


@pytest.fixture(scope="module")
def explained():
    return prose(run("explain", *D_DIMER))


def test_d_dimer_after_anakinra_fell_by_85_per_cent_beyond_the_reference_change_limit(explained):
    assert (
        "D-dimer fell by 85.3 % (×0.147), from 24.31 µg/mL FEU on 2004-11-28 to 3.58 µg/mL FEU" in explained
    )
    assert "This exceeds the 95 % reference change limit for a fall (−47.8 %)." in explained
    assert "CVi 21.2 %, Ercan" in explained
    assert "CVa 10.6 % assumed" in explained


def test_the_explanation_names_the_cells_and_the_rule(explained):
    assert "table1.csv, line 38 (baseline) and line 39 (response)" in explained
    lines = (ROOT / "data" / "table1.csv").read_text(encoding="utf-8").split("\n")
    assert lines[37].startswith("2004-11-28,11/28/2004,D-dimer,24.31")
    assert lines[38].startswith("2004-11-30,11/30/2004,D-dimer,3.58")
    assert "Baseline: the last value before the start" in explained


def test_the_explanation_names_what_was_active_and_what_came_before(explained):
    assert "Active as well: methylprednisolone + cyclosporine (since day −4, stop unknown)." in explained
    assert "Given before: etoposide (day −3)." in explained
    assert "methylprednisolone lowered" in explained
    assert "PRBC (2004-11-26)" in explained


def test_the_explanation_says_that_d_dimer_was_already_falling(explained):
    assert "already falling (39.59 → 24.31; 2 values, 2004-11-26 to 2004-11-28" in explained
    assert "it would have reached 14.9 on 2004-11-30" in explained
    assert "Apparent half-life 8.68 to 26.1 h" in explained


def test_the_explanation_ends_with_a_sentence_for_a_methods_section(explained):
    assert "For a Methods section: Changes are the difference, the per cent and the ratio" in explained


def test_the_caveat_is_printed_once(explained):
    assert explained.count("healthy adults in steady state, mostly sampled weekly") == 1


def test_a_disturbed_hemoglobin_says_so():
    text = prose(run("explain", "--marker", "hb", "--intervention", "etoposide"))

    assert "Mind: baseline within 48 h after PRBC; value may be within 48 h after PRBC." in text


def test_a_change_that_does_not_exist_is_explained_by_its_reason():
    text = prose(run("explain", "--marker", "ferritin", "--intervention", "anakinra"))

    assert "Ferritin: no single change can be given (no value in the window)." in text
    assert "No verdict on the reference change: nothing to compare." in text


@pytest.mark.parametrize("point", ["nadir", "peak", "last", "mean", "median"])
def test_every_single_response_point_can_be_explained(point):
    result = run("explain", *D_DIMER, "--at", point, "--threshold", "d-dimer=0.5")

    assert result.exit_code == 0
    assert "Threshold 0.5 reached after day 8 and by day 15" in prose(result)


def test_day_numbers_are_named_as_days(tmp_path):
    labs, drugs, events = (tmp_path / name for name in ("labs.csv", "drugs.csv", "events.csv"))
    labs.write_text("marker,day,value,unit\nPlt,3,51,10^9/L\nPlt,8,116,10^9/L\nPlt,11,74,10^9/L\n")
    drugs.write_text("intervention,day\nIVIG,8\n")
    events.write_text("event,day\nplatelet transfusion,7\n")

    text = prose(
        run(
            "explain",
            labs,
            "--interventions",
            drugs,
            "--events",
            events,
            "--marker",
            "plt",
            "--intervention",
            "ivig",
        )
    )

    assert "from 116 10^9/L on day 8 to 74 10^9/L on day 11 (day 3 from the start)" in text
    assert "Events: platelet transfusion (day 7)." in text
    assert "Mind: baseline within 48 h after platelet transfusion." in text


def test_more_than_one_change_is_refused():
    result = run("explain", *D_DIMER, "--at", "each")

    assert result.exit_code == 1
    assert "one change is explained at a time" in result.stderr


def test_the_columns_of_the_evidence_stand_after_the_others():
    (row,) = rows(*D_DIMER, "--at", "first")

    assert (row["beyond_rcv"], row["trend_before"]) == ("yes", "already falling")
    assert float(row["rcv_low_percent"]) == pytest.approx(-47.84, abs=0.005)
    assert row["co_interventions"] == (
        "methylprednisolone + cyclosporine (since day −4, stop unknown); etoposide (day −3)"
    )
    assert list(row).index("cvi_percent") > list(row).index("note")
    assert "nap" not in row


def test_details_add_columns_and_paragraphs():
    (row,) = rows(*D_DIMER, "--at", "first", "--details")
    text = prose(run("summarize", *D_DIMER, "--details", "--format", "table"))

    assert (row["pairs_lower"], row["pairs_higher"], row["kinetics_n"]) == ("18", "2", "2")
    assert "The later value is lower in 18 of 20 pairs" in text
    assert text.count("healthy adults in steady state, mostly sampled weekly") == 1


def test_esr_has_no_verdict_unless_the_user_gives_a_variation(tmp_path):
    file = tmp_path / "cv.csv"
    file.write_text("marker,cvi,cva,source\nESR,10,5,our laboratory\n")

    (without,) = rows("--marker", "esr", "--intervention", "anakinra", "--at", "first")
    (own,) = rows("--marker", "esr", "--intervention", "anakinra", "--at", "first", "--variation", file)

    assert (without["beyond_rcv"], without["rcv_note"]) == ("", "no sourced CVi")
    assert (own["beyond_rcv"], own["cv_source"]) == ("yes", "our laboratory")


def test_the_table_marks_changes_within_the_limits_and_names_what_else_was_given():
    text = run("summarize", "--intervention", "anakinra", "--format", "table").stdout

    assert "×1.10°" in text
    assert "also given: methylprednisolone + cyclosporine" in text
    assert "D-dimer" in next(line for line in text.split("\n") if "already falling before the start" in line)
    assert "° within the reference change limits" in text


@pytest.mark.parametrize(
    ("hours", "baselines"), [("48h", {"2004-11-25", "2004-11-26"}), ("1h", {"2004-11-25", "2004-11-26"})]
)
def test_hemoglobin_before_anakinra_is_clear_of_the_transfusions(hours, baselines):
    table = rows("--marker", "hb", "--disturbed-for", hours)

    assert {row["baseline_time"] for row in table if "baseline" in row["disturbed"]} == baselines
    assert {row["disturbed"] for row in table if row["intervention"] == "anakinra"} == {""}


def test_a_duration_that_cannot_be_read_is_refused_even_without_events():
    result = run("summarize", "--disturbed-for", "soon")

    assert result.exit_code == 1
    assert "duration 'soon' cannot be read" in result.stderr


CAUSAL = re.compile(
    r"\b(reduced|caused|causes|due to|effect of|effects of|led to|leads to|resulted in|because of|thanks to|"
    r"responded to|attributable|improved by|significant(ly)?|p-values?|p\s*[<=]\s*0?\.\d+)\b",
    re.IGNORECASE,
)
OUTPUTS = [
    ("summarize", "--format", "table", "--details", "--threshold", "d-dimer=0.5"),
    ("summarize", "--format", "csv", "--details"),
    ("summarize", "--format", "markdown"),
    ("summarize", "--format", "latex"),
    *[("explain", "--marker", name, "--intervention", "anakinra") for name in ("d-dimer", "hb", "esr")],
    ("--help",),
    *[(name, "--help") for name in ("summarize", "plot", "explain")],
]


DENIED = re.compile(
    r"what led to what|significant (binary )?digits?|not a change \*because of\* it", re.IGNORECASE
)
"""Where such a word denies a cause, or is about digits."""


def claims(text):
    return [match[0] for match in CAUSAL.finditer(DENIED.sub("", text))]


@pytest.mark.parametrize("arguments", OUTPUTS, ids=" ".join)
def test_no_output_claims_a_cause_or_a_probability(arguments):
    result = run(*arguments)

    assert result.exit_code == 0
    assert claims(result.stdout) == []


@pytest.mark.parametrize("path", sorted((ROOT / "hlhcli").rglob("*.py")), ids=lambda path: path.stem)
def test_no_text_in_the_program_claims_a_cause_or_a_probability(path):
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]

    assert [claim for text in texts for claim in claims(text)] == []


def test_the_methods_use_such_words_only_where_they_refuse_or_deny_them():
    text = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    before, rest = text.split("## What this program refuses")

    assert claims(before + rest[rest.index("\n## ") :]) == []


@pytest.mark.parametrize(
    "text", ["anakinra reduced D-dimer", "p < 0.05", "a significant fall", "it led to a fall"]
)
def test_the_search_finds_what_it_looks_for(text):
    assert claims(text) != []
