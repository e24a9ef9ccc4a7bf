"""What a command imports is what it needs: no test measures time, these keep its causes away."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app

RUN = """
import sys
from hlhcli.startup import main
sys.argv = ["hlhcli", *{arguments}]
try:
    main()
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""

PLAIN = "patient_id,test,date,value,unit\n1,D-dimer,2020-01-01,24.31,mg/L\n1,D-dimer,2020-01-03,3.58,mg/L\n"

OTHER_FORMATS = {"duckdb", "openpyxl", "pyarrow.parquet", "pyreadstat", "zstandard"} | {
    f"hlhcli.readers.{name}"
    for name in ("cdisc", "excel", "fhir", "omop", "parquet", "ranges", "results", "wide", "xpt")
}
PICTURES = {"matplotlib", "PIL", "hlhcli.figures"}
JUDGMENTS = {"hlhcli.criteria", "hlhcli.evidence.courses", "hlhcli.ranges.tables"}
PAGES = {"rich", "hlhcli.renderers.adam", "hlhcli.renderers.documents", "hlhcli.renderers.table"}
OTHER_FIGURES = {f"hlhcli.figures.{name}" for name in ("aligned", "changes", "slopes", "swimmer", "timeline")}


def imported_by(*arguments):
    """The modules that a command has imported when it ends, in a process of its own."""
    code = RUN.format(arguments=list(arguments))
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["summarize", "--help"]], ids=" ".join)
def test_help_and_version_import_neither_pandas_nor_matplotlib(arguments):
    heavy = {"pandas", "numpy", "matplotlib", "rich", "pydantic"}

    assert not heavy & imported_by(*arguments)


def test_csv_of_a_plain_file_imports_no_other_format_no_figure_no_page_and_no_criteria(tmp_path):
    labs = tmp_path / "labs.csv"
    labs.write_text(PLAIN, "utf-8")

    found = imported_by("summarize", str(labs), "--given", "anakinra=2020-01-02", "--format", "csv")

    assert "hlhcli.evidence" in found
    assert not (OTHER_FORMATS | PICTURES | JUDGMENTS | PAGES) & found


def test_the_built_in_case_imports_no_more_than_a_plain_file():
    found = imported_by("summarize", "--format", "csv")

    assert not (OTHER_FORMATS | PICTURES | JUDGMENTS | PAGES) & found


def test_a_table_in_the_terminal_imports_no_figure_and_no_document():
    found = imported_by("summarize", "--format", "table")

    assert "rich" in found
    assert not (OTHER_FORMATS | PICTURES | JUDGMENTS | {"hlhcli.renderers.documents"}) & found


def test_a_course_is_drawn_without_changes_criteria_and_other_figures(tmp_path):
    found = imported_by("plot", "--marker", "d-dimer", "-o", str(tmp_path / "d-dimer.png"))

    assert "matplotlib.figure" in found
    assert not (OTHER_FORMATS | OTHER_FIGURES | JUDGMENTS | {"rich", "hlhcli.changes"}) & found


def test_what_is_more_than_plain_is_read_all_the_same(tmp_path):
    labs = tmp_path / "labs.csv"
    labs.write_text(PLAIN.replace("3.58", "<0.5"), "utf-8")

    assert "hlhcli.readers.results" in imported_by(
        "summarize", str(labs), "--given", "anakinra=2020-01-02", "--format", "csv"
    )


def test_a_misspelled_command_is_still_answered_with_the_nearest_name():
    command = [sys.executable, "-m", "hlhcli", "sumarize"]

    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert "Did you mean 'summarize'?" in result.stderr


def test_a_figure_is_the_same_to_the_byte_with_and_without_the_tricks(tmp_path):
    quick, plain = tmp_path / "quick.svg", tmp_path / "plain.svg"

    imported_by("plot", "--marker", "d-dimer", "-o", str(quick))
    CliRunner().invoke(app, ["plot", "--marker", "d-dimer", "-o", str(plain)])

    assert quick.read_bytes() == plain.read_bytes()


def test_in_the_library_matplotlib_keeps_the_documentation_of_its_artists():
    code = (
        "import hlhcli; hlhcli.draw_courses; from matplotlib.lines import Line2D; print(Line2D.set.__doc__)"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "zorder: float" in result.stdout


def finished(code, *arguments):
    """A run of the program with some code before it, in a process of its own."""
    start = f"import sys; sys.argv = ['hlhcli', *{list(arguments)}]\n{code}\nfrom hlhcli.startup import run; run()"
    return subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--version"], 0),
        (["markers", "hb", "-f", "csv"], 0),
        (["summarize", "absent.csv"], 1),
        (["nothing"], 2),
    ],
    ids=["version", "done", "input at fault", "wrong use"],
)
def test_the_quick_end_keeps_the_exit_code(arguments, status):
    assert finished("", *arguments).returncode == status


def test_the_quick_end_writes_everything_out_and_tells_those_who_asked_to_be_told():
    ask = "import atexit; atexit.register(print, 'told')"

    result = finished(ask, "markers", "ferritin", "-f", "csv")

    assert result.stdout.startswith("marker,")
    assert result.stdout.endswith("told\n")


def test_a_traceback_is_not_swallowed_by_the_quick_end():
    broken = "import hlhcli.startup; hlhcli.startup.main = lambda: 1 / 0"

    result = finished(broken, "markers")

    assert result.returncode == 1
    assert "ZeroDivisionError" in result.stderr
