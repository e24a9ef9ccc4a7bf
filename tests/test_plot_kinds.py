"""The kinds of figures as their users ask for them."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app

LABS = (
    "subject,marker,day,value,unit\n"
    "p1,CRP,0,50,mg/L\np1,CRP,2,5,mg/L\np2,CRP,0,80,mg/L\np2,CRP,3,9,mg/L\np1,Hb,0,8,g/dL\np1,Hb,2,9,g/dL\n"
)
DRUGS = "subject,intervention,start\np1,prednisone,1\np2,prednisone,1\n"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="hlhcli")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("labs.csv").write_text(LABS)
    Path("drugs.csv").write_text(DRUGS)
    return tmp_path


SERIES = ["labs.csv", "--interventions", "drugs.csv"]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--timeline"], "timeline.png"),
        (["--timeline", "--score", "hscore", "--score", "hlh-2004"], "timeline.png"),
        (["--score", "hscore"], "hscore.png"),
        (["--change", "--intervention", "anakinra"], "change.png"),
        (["--before-after", "--intervention", "anakinra", "--at", "nadir"], "before-after.png"),
        ([*SERIES, "--aligned", "--relative-to", "prednisone", "--marker", "crp"], "aligned.png"),
        ([*SERIES, "--swimmer"], "swimmer.png"),
        ([*SERIES, "--before-after", "--intervention", "prednisone"], "before-after.png"),
    ],
)
def test_each_kind_writes_a_figure_of_its_name(folder, arguments, name):
    result = run("plot", *arguments)

    assert result.exit_code == 0, result.stderr
    assert f"wrote {name}" in result.stderr
    assert (folder / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--timeline", "--show"], "--timeline and --show are different pictures: choose one"),
        (["--change"], "this figure shows one intervention, and here are methylprednisolone + cyclosporine, etoposide, anakinra: add --intervention NAME"),
        (["--before-after", "--intervention", "anakinra", "--at", "first", "--at", "last"], "--before-after shows one response point: give one --at, and not each"),
        (["--aligned"], "--aligned needs a day 0: add --relative-to NAME of an intervention"),
        (["--aligned", "--relative-to", "anakinra"], "--aligned shows one marker, and here are 10: add --marker NAME"),
        (["--change", "--intervention", "anakinra", "--at", "each"], "a figure of changes shows single response points, and not each value"),
        (["--timeline", "--at", "nadir", "--until", "end"], "--at and --until would change nothing in --timeline: leave them out"),
        (["--timeline", "--carry", "2d", "--variation", "cv.csv"], "--variation and --carry would change nothing in --timeline: leave them out"),
        (["--score", "hscore", "--score", "hlh-2004"], "a figure of its own shows one score: give one --score, or add --timeline"),
        (["--score", "hscore", "--change"], "--change and --score are different pictures: choose one"),
        (["--intervention", "anakinra"], "--intervention would change nothing in the course of markers: leave it out"),
        ([*SERIES, "--show"], "--show draws one subject, and here are p1, p2: choose one with --subject"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_in_one_message(folder, arguments, message):
    result = run("plot", *arguments)

    assert result.exit_code == 1
    assert result.stderr == f"hlhcli: error: {message}\n"


def test_events_and_scores_reach_the_timeline(folder):
    Path("events.csv").write_text("event,start\nextubation,2004-12-02\n")

    result = run("plot", "--timeline", "--events", "events.csv", "--score", "hlh-2004", "-o", "case.svg")

    assert result.exit_code == 0, result.stderr
    title = (folder / "case.svg").read_text("utf-8").split("<title>")[1].split("</title>")[0]
    assert "Events: extubation (on 2004-12-02)." in title
    assert "HLH-2004 diagnostic criteria at 11 times" in title


def test_a_laboratorys_own_variation_moves_the_bands(folder):
    Path("cv.csv").write_text("marker,cvi,cva,source\nHb,10,5,ours\n")

    result = run(
        "plot", "--change", "--intervention", "anakinra", "--variation", "cv.csv", "-o", "change.svg"
    )

    assert result.exit_code == 0, result.stderr
    assert "(CVi 10 %, CVa 5 %; ours)" in (folder / "change.svg").read_text("utf-8")


def test_window_options_reach_the_changes(folder):
    default = run("plot", "--change", "--intervention", "etoposide", "-o", "one.svg")
    longer = run("plot", "--change", "--intervention", "etoposide", "--until", "end", "-o", "two.svg")

    assert default.exit_code == longer.exit_code == 0
    assert (folder / "one.svg").read_bytes() != (folder / "two.svg").read_bytes()


def test_show_writes_to_a_file(folder):
    result = run("plot", "--show", "--marker", "hb", "-o", "hb.txt")

    assert result.stdout == ""
    assert (folder / "hb.txt").read_text("utf-8").startswith("Hb (g/dL): 11 values")


def test_show_draws_text_and_imports_no_matplotlib():
    code = (
        "import sys\nfrom hlhcli.cli import app\nsys.argv = ['hlhcli', 'plot', '--show', '--marker', 'hb']\n"
        "try:\n    app()\nexcept SystemExit:\n    print('matplotlib' in sys.modules, file=sys.stderr)"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert result.stderr == "False\n"
    assert result.stdout.startswith("Hb (g/dL): 11 values, 2004-10-15 to 2005-05-25")
