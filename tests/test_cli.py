"""The program as its users run it: what goes to standard output, to standard error, and the exit code."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hlhcli import __version__
from hlhcli.cli import app

LABS = "subject,marker,date,value,unit\np1,CRP,2020-01-01,50,mg/L\np1,CRP,2020-01-03,5,mg/L\n"
DRUGS = "subject,intervention,start\np1,prednisone,2020-01-01\n"


def run(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="hlhcli", **options)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("labs.csv").write_text(LABS)
    Path("drugs.csv").write_text(DRUGS)
    return tmp_path


def child(*arguments, **options):
    """A real process, in which Python's standard output is buffered as for users."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"} | options.pop(
        "env", {}
    )
    return subprocess.run(
        [sys.executable, "-m", "hlhcli", *arguments],
        env=env,
        text=True,
        check=False,
        **{"capture_output": True} | options,
    )


def test_d_dimer_fell_to_a_seventh_the_day_after_anakinra_began():
    """Behrens 2006: "the following day" the D-dimer had fallen sharply (24.31 to 3.58 in Table 1)."""
    result = run(
        *[
            "summarize",
            "--marker",
            "d-dimer",
            "--intervention",
            "anakinra",
            "--at",
            "first",
            "--format",
            "csv",
        ]
    )

    (row,) = rows(result.stdout)
    assert (row["baseline"], row["value"], row["day"], row["delta"]) == ("24.31", "3.58", "1", "-20.73")
    assert row["percent_change"].startswith("-85.27")
    assert row["fold_change"].startswith("0.1472")
    assert result.exit_code == 0
    assert result.stderr == ""


def test_without_a_terminal_the_output_is_csv_with_a_row_for_every_marker_intervention_and_point():
    table = rows(run("summarize").stdout)

    assert len(table) == 10 * 3 * 4
    assert [row["marker"] for row in table[:40:4]] == [
        "WBC", "Hb", "Plt", "D-dimer", "ESR", "Fibrinogen", "ALT", "AST", "Total bilirubin", "Ferritin",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["d-dimer", "D-Dimer", "ddimer", "D DIMER", "48065-7"])
def test_a_marker_is_found_by_any_alias_in_any_case(name):
    assert {row["marker"] for row in rows(run("summarize", "--marker", name).stdout)} == {"D-dimer"}


@pytest.mark.parametrize("name", ["cyclosporine", "Methylprednisolone", "methylprednisolone + cyclosporine"])
def test_one_drug_of_a_joint_intervention_is_enough(name):
    table = rows(run("summarize", "--intervention", name).stdout)

    assert {row["intervention"] for row in table} == {"methylprednisolone + cyclosporine"}


def test_choosing_an_intervention_does_not_change_its_window():
    everything = rows(run("summarize", "--at", "last").stdout)
    chosen = rows(run("summarize", "--at", "last", "--intervention", "etoposide").stdout)

    assert chosen == [row for row in everything if row["intervention"] == "etoposide"]


@pytest.mark.parametrize(
    ("option", "value", "baseline"),
    [
        ("--baseline", "highest", "39.59"),
        ("--baseline", "first", "0.75"),
        ("--before", "2d", "24.31"),
        ("--before", "12h", ""),
        ("--until", "stop", "24.31"),
        ("--after", "1d", "24.31"),
    ],
)
def test_each_rule_reaches_the_computation(option, value, baseline):
    arguments = ["summarize", "--marker", "d-dimer", "--intervention", "anakinra", "--at", "last"]
    (row,) = rows(run(*arguments, option, value).stdout)

    assert row["baseline"] == baseline
    (default,) = rows(run(*arguments).stdout)
    assert row != default or (option, value) == ("--before", "2d")


@pytest.mark.parametrize(
    ("same_day", "baseline"), [("before", "8.6"), ("after", "11.3"), ("exclude", "11.3")]
)
def test_same_day_reaches_the_computation(same_day, baseline):
    result = run(*f"summarize --marker hb --intervention anakinra --at first --same-day {same_day}".split())

    assert rows(result.stdout)[0]["baseline"] == baseline


def test_a_file_of_ones_own_needs_its_interventions(folder):
    result = run("summarize", "labs.csv")

    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        result.stderr
        == "hlhcli: error: labs.csv: whose interventions? Add --interventions FILE, or --given NAME=START\n"
    )


def test_two_files_of_ones_own(folder):
    table = rows(run("summarize", "labs.csv", "--interventions", "drugs.csv", "--at", "last").stdout)

    assert [(row["subject"], row["baseline"], row["value"]) for row in table] == [("p1", "50", "5")]


def test_foreign_column_names_can_be_mapped(folder):
    Path("odd.csv").write_text(LABS.replace("marker", "what").replace("date", "when"))

    refused = run("summarize", "odd.csv", "--interventions", "drugs.csv")
    mapped = run(
        *[
            "summarize",
            "odd.csv",
            "--interventions",
            "drugs.csv",
            "--column",
            "marker=what",
            "--column",
            "time=when",
        ]
    )

    assert refused.stderr.startswith(
        "hlhcli: error: odd.csv: no column for marker; the columns are: subject, what"
    )
    assert len(rows(mapped.stdout)) == 4


def test_labs_come_from_standard_input(folder):
    result = run("summarize", "-", "--interventions", "drugs.csv", input=LABS)

    assert len(rows(result.stdout)) == 4


def test_both_files_cannot_come_from_standard_input():
    result = run("summarize", "-", "--interventions", "-", input=LABS)

    assert result.stderr == "hlhcli: error: only one of the two files can come from standard input\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--marker feritin", "no marker 'feritin'; did you mean 'Ferritin'? known: WBC, Hb, Plt, D-dimer, "),
        ("--intervention anikinra", "no intervention 'anikinra'; did you mean 'anakinra'? known: methylpred"),
        ("--subject x", "no subject 'x'; known: "),
        ("--before soon", "duration 'soon' cannot be read; write hours, days or weeks: 36h, 7d, 2w"),
        ("--column x", "column 'x' cannot be read; write WORD=NAME with a word of: subject, marker, time"),
        (
            "--schema adam --format table",
            "--schema adam renames columns and cannot be printed as a table; add",
        ),
        (
            "--output changes.xyz",
            "changes.xyz: no format is known by this suffix; use one of .csv .tsv .json",
        ),
        (
            "--output nowhere/changes.csv",
            "nowhere/changes.csv: cannot be written (No such file or directory)",
        ),
    ],
)
def test_a_wrong_option_is_one_message_and_exit_code_1(folder, arguments, message):
    result = run("summarize", *arguments.split())

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"hlhcli: error: {message}")


@pytest.mark.parametrize(
    "arguments", ["summarize --at middle", "summarize --baseline best", "summarise", "plot --nolog"]
)
def test_wrong_use_is_exit_code_2(arguments):
    result = run(*arguments.split())

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Try 'hlhcli" in result.stderr


def test_a_note_about_the_input_goes_to_standard_error(folder):
    Path("labs.csv").write_text(LABS + "p1,CRP,2020-01-04,,mg/L\n")

    result = run("summarize", "labs.csv", "--interventions", "drugs.csv")

    assert result.stderr == "hlhcli: note: labs.csv: 1 of 3 rows have no value and were not used\n"
    assert result.exit_code == 0


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "md", "tex", "txt"])
def test_the_suffix_of_the_output_file_gives_the_format(folder, suffix):
    formats = {"md": "markdown", "tex": "latex", "txt": "table"}
    wanted = run("summarize", "--format", formats.get(suffix, suffix)).stdout

    result = run("summarize", "--output", f"changes.{suffix}")

    assert (result.exit_code, result.stdout) == (0, "")
    assert Path(f"changes.{suffix}").read_text() == wanted != ""


def test_a_failed_run_leaves_the_old_file_whole(folder):
    Path("changes.csv").write_text("old")

    run("summarize", "--marker", "nothing", "--output", "changes.csv")

    assert Path("changes.csv").read_text() == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["changes.csv", "drugs.csv", "labs.csv"]


def test_adam_columns_can_be_asked_for():
    header = run("summarize", "--schema", "adam").stdout.split("\n")[0].split(",")

    assert {"USUBJID", "PARAM", "BASE", "AVAL", "CHG", "PCHG", "R2BASE"} <= set(header)


def test_json_holds_null_for_what_is_missing():
    result = run(
        *[
            "summarize",
            "--marker",
            "ferritin",
            "--intervention",
            "anakinra",
            "--at",
            "last",
            "--format",
            "json",
        ]
    )

    (row,) = json.loads(result.stdout)
    assert row["value"] is None
    assert row["note"] == "no value in the window"


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "tiff"])
def test_a_figure_is_written_by_suffix_and_its_place_is_said(folder, suffix):
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "tiff": b"II*\x00"}

    result = run("plot", "--marker", "d-dimer", "-o", f"figure.{suffix}")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"wrote figure.{suffix}\n"
    assert Path(f"figure.{suffix}").read_bytes().startswith(magic[suffix])


def test_a_figure_is_called_after_its_marker(folder):
    assert run("plot", "--marker", "d-dimer").stderr == "wrote d-dimer.png\n"
    assert (
        run("plot", "--marker", "Total bilirubin", "--format", "svg").stderr == "wrote total-bilirubin.svg\n"
    )
    assert run("plot").stderr == "wrote markers.png\n"


def test_a_figure_can_go_to_standard_output():
    result = run("plot", "--marker", "hb", "--output", "-", "--format", "svg")

    assert result.stdout_bytes.startswith(b"<?xml")
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("width", "message"), [("wide", "cannot be read"), ("9m", "cannot be read"), ("5mm", "out of")]
)
def test_an_impossible_width_is_refused(width, message):
    assert message in run("plot", "--width", width).stderr


def test_the_version_is_printed_by_the_command_and_by_the_module():
    assert child("--version").stdout == f"hlhcli {__version__}\n"
    assert run("--version").stdout == f"hlhcli {__version__}\n"


def test_a_reader_that_goes_away_early_ends_the_program_quietly():
    read_end, write_end = os.pipe()
    os.close(read_end)

    result = child("summarize", capture_output=False, stdout=write_end, stderr=subprocess.PIPE)

    os.close(write_end)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_message():
    with Path("/dev/full").open("w") as full:
        result = child("summarize", capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert result.returncode == 1
    assert result.stderr == "hlhcli: error: cannot write to standard output: No space left on device\n"


def test_standard_input_that_ends_at_once_is_one_message(folder):
    result = child("summarize", "-", "--interventions", "drugs.csv", stdin=subprocess.DEVNULL)

    assert (result.returncode, result.stdout) == (1, "")
    assert (
        result.stderr
        == "hlhcli: error: standard input: is empty; expected a header line and rows of values\n"
    )


def on_terminal(*arguments, **env):
    """What the program prints to a terminal that is 160 columns wide."""
    leader, follower = pty.openpty()
    environment = os.environ | {"COLUMNS": "160", "TERM": "xterm-256color"} | env
    process = subprocess.Popen(
        [sys.executable, "-m", "hlhcli", *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment,
    )
    os.close(follower)
    parts = []
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(leader)
    process.wait()
    return b"".join(parts).decode()


def test_on_a_terminal_the_output_is_a_table_in_color():
    output = on_terminal("summarize", NO_COLOR="")

    assert "anakinra" in output
    assert "\x1b[" in output
    assert not output.startswith("subject,")


def test_no_color_leaves_no_escape_sequence():
    assert "\x1b[" not in on_terminal("summarize", NO_COLOR="1")


def test_completion_offers_the_markers(folder):
    env = {
        "_HLHCLI_COMPLETE": "complete_bash",
        "COMP_WORDS": "hlhcli summarize --marker fer",
        "COMP_CWORD": "3",
    }

    result = child(env=env)

    assert result.stdout.split() == ["ferritin"]


def test_an_intervention_can_be_given_on_the_command_line(folder):
    (row,) = rows(
        run("summarize", "labs.csv", "--given", "prednisone=2020-01-01..2020-01-05", "--at", "last").stdout
    )

    assert (row["intervention"], row["start"], row["baseline"], row["value"]) == (
        "prednisone",
        "2020-01-01",
        "50",
        "5",
    )


def test_the_built_in_case_takes_a_given_intervention():
    arguments = ["--given", "anakinra=2004-11-29", "--marker", "d-dimer", "--at", "first"]
    (row,) = rows(run("summarize", *arguments).stdout)

    assert (row["baseline"], row["value"]) == ("24.31", "3.58")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("prednisone=soon", "--given: 1 cell cannot be read\n  --given \"prednisone=soon\": 'soon' is no time\n"),
        ("prednisone=3", "the labs have dates but the interventions have day numbers"),
        ("prednisone", 'write NAME=START or NAME=START..STOP: anakinra=2004-11-29..2004-12-14'),
    ],
)  # fmt: skip
def test_a_given_intervention_that_cannot_be_read_is_named(folder, given, message):
    result = run("summarize", "labs.csv", "--given", given)

    assert result.exit_code == 1
    assert message in result.stderr


def test_interventions_come_from_one_place(folder):
    result = run("summarize", "labs.csv", "--interventions", "drugs.csv", "--given", "x=2020-01-01")

    assert (result.exit_code, result.stderr) == (
        1,
        "hlhcli: error: interventions come from --interventions or from --given, not from both\n",
    )


def test_the_reading_options_reach_the_reader_from_options_and_from_a_mapping_file(folder):
    Path("wide.csv").write_text('marker,28th Feb,Previous visit,"3rd Jun"\nCRP,"1,5",9,"0,4"\n')
    Path("map.toml").write_text('year = 2019\n[times]\n"Previous visit" = 2019-01-01\n')
    arguments = ["wide.csv", "--mapping", "map.toml", "--given", "x=2019-03-01", "--at", "last"]
    (row,) = rows(run("summarize", *arguments).stdout)
    (later,) = rows(run("summarize", *arguments, "--year", "2020", "--time", "Previous visit=").stdout)

    assert (row["baseline"], row["value"], row["time"]) == ("1.5", "0.4", "2019-06-03")
    assert later["time"] == "2020-06-03"
    assert run("plot", *arguments[:-2], "-o", "x.png").exit_code == 0
