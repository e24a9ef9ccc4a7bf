"""Names, notes and file names are text wherever they go: never markup, never a command to the terminal."""

import csv
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ET

import matplotlib.figure
import pytest
from markdown_it import MarkdownIt
from matplotlib.text import Text
from typer.testing import CliRunner

from hlhcli import output
from hlhcli.cli import app
from hlhcli.printable import CONTROL
from hlhcli.renderers.documents import LATEX

RED = "\x1b[31mred\x1b[0m"
TURNED = "\u202eevil\u202c \u200fx"
MARKERS = [
    "$x_1^2$",
    "a$b",
    "[bold]x[/bold] [link=http://evil.example]y[/link]",
    "<script>alert(1)</script>&amp;",
    "a|b`c`*d*_e_~~f~~ # g",
    "[t](http://evil.example) ![i](x.png) https://evil.example www.evil.example me@evil.example",
    r"\input{x}%#&{}~^$",
    RED,
    TURNED,
    "\x9b31mC1",
    "two\u2028lines",
    "=1+1",
    'say "so", then',
    "hemo-globin --x",
]
DRUGS = ["$x_1^2$", "[bold]x[/bold]", "<b>|`c`*d*", RED + TURNED]
SUBJECT = "pat $s$ [bold]<i>" + RED
FORMATS = ("table", "csv", "tsv", "json", "jsonl", "markdown", "latex")


def table(path, *rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(path)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Labs and interventions with names that mean something to some program on the way."""
    folder = tmp_path_factory.mktemp("hostile")
    days = [("2024-01-01", 100), ("2024-01-03", 40), ("2024-01-09", 20)]
    labs = [[SUBJECT, marker, day, value, "[u]", 10, 60] for marker in MARKERS for day, value in days]
    labs += [[SUBJECT, "ferritin", day, value, "ng/mL", "", ""] for day, value in days]
    drugs = [[SUBJECT, drug, "2024-01-02", "2024-01-05", f"5 {drug}", drug, f"note {drug}"] for drug in DRUGS]
    claims = [[f"claim {name}", name, DRUGS[0], "value", "first", 40] for name in MARKERS]
    return {
        "labs": table(
            folder / "labs $x$ [b] <i>.csv",
            ["subject", "marker", "date", "value", "unit", "reference_low", "reference_high"],
            *labs,
        ),
        "drugs": table(
            folder / "drugs.csv",
            ["subject", "intervention", "start", "stop", "dose", "route", "note"],
            *drugs,
        ),
        "claims": table(
            folder / "claims.csv",
            ["claim", "marker", "intervention", "measure", "at", "stated"],
            *claims,
        ),
    }


def run(command, case, *arguments, source=True):
    files = [case["labs"], "--interventions", case["drugs"]] if source else []
    first = [case["claims"]] if command == "verify" else []
    return CliRunner().invoke(app, [command, *first, *files, *arguments], env={"COLUMNS": "200"})


def commands(*formats):
    pairs = [
        *(("summarize", (*more, "-f", name)) for more in ((), ("--at", "each")) for name in formats),
        *((command, ("-f", name)) for command in ("response", "grade", "verify") for name in formats),
    ]
    return pytest.mark.parametrize(("command", "arguments"), pairs)


def plain(text):
    return CONTROL.sub(" ", text)


def steering(text):
    return {letter for letter in text if CONTROL.fullmatch(letter) and letter not in "\n"}


# --- the terminal -----------------------------------------------------------------------------


@commands("table", "markdown", "latex", "json", "jsonl")
def test_no_control_character_reaches_what_is_shown(case, command, arguments):
    result = run(command, case, *arguments)

    assert result.exit_code == 0, result.output
    assert steering(result.stdout) == set()
    assert steering(result.stderr) == set()


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("check", ("-f", "table")),
        ("check", ("-f", "json")),
        ("explain", ("--marker", RED, "--intervention", DRUGS[3])),
        ("plot", ("--show", "--marker", TURNED)),
        ("summarize", ("-f", "table", "--details")),
        ("summarize", ("-f", "table", "--sensitivity")),
    ],
)
def test_no_control_character_reaches_any_other_page(case, command, arguments):
    result = run(command, case, *arguments)

    assert result.exit_code == 0, result.output
    assert steering(result.stdout) == set()


def test_brackets_in_a_name_are_printed_and_not_obeyed(case):
    text = run("summarize", case, "-f", "table").stdout

    assert "[bold]x[/bold]" in text
    assert "[link=http://evil.example]y[/link]" in text


@pytest.mark.parametrize("command", ["summarize", "markers", "verify"])
def test_messages_repeat_a_name_without_its_control_characters(case, command):
    wrong = {"summarize": ("--marker", RED + "?!x"), "markers": (RED,), "verify": ("--given", RED)}[command]

    result = run(command, case, *wrong, source=command == "summarize")

    assert result.exit_code == 1
    assert "hlhcli: error:" in result.stderr
    assert steering(result.stderr) == set()


class Terminal(io.StringIO):
    """Standard output as a terminal has it."""

    def __init__(self):
        super().__init__()
        self.buffer = io.BytesIO()
        self.isatty = lambda: True


def test_csv_on_a_terminal_leaves_out_what_would_steer_it_and_keeps_colors(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(output.sys, "stdout", terminal)

    output.write(f"{RED}\x1b[2J\x9b2J{TURNED}\x07,1\t2\n", None)

    assert terminal.buffer.getvalue().decode() == f"{RED}[2J2Jevil x,1\t2\n"


def test_csv_in_a_pipe_or_a_file_keeps_every_character(case, tmp_path):
    piped = run("summarize", case, "-f", "csv", "--at", "first").stdout
    run("summarize", case, "--at", "first", "-o", tmp_path / "out.csv")

    assert {row["marker"] for row in csv.DictReader(io.StringIO(piped, newline=""))} >= set(MARKERS)
    assert (tmp_path / "out.csv").read_bytes().decode() == piped


# --- tables for other programs ----------------------------------------------------------------


@pytest.mark.parametrize(("file_format", "separator"), [("csv", ","), ("tsv", "\t")])
def test_delimited_text_splits_into_the_names_again(case, file_format, separator):
    text = run("summarize", case, "-f", file_format, "--at", "first").stdout

    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    assert {row["marker"] for row in rows} == {*MARKERS, "ferritin"}
    assert {row["intervention"] for row in rows} == set(DRUGS)
    assert {row["subject"] for row in rows} == {SUBJECT}


def test_json_holds_every_character_as_its_number(case):
    text = run("summarize", case, "-f", "json", "--at", "first").stdout

    assert {row["marker"] for row in json.loads(text)} == {*MARKERS, "ferritin"}
    assert r"\u202eevil\u202c \u200fx" in text


def rendered(text):
    """Types of the parts that a Markdown reader finds, and the text of the cells."""
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text)
    parts = [part for token in tokens for part in token.children or []]
    cells = [token for token in tokens if token.type == "inline"]
    return {part.type for part in parts}, ["".join(part.content for part in cell.children) for cell in cells]


@commands("markdown")
def test_markdown_shows_names_as_they_are(case, command, arguments):
    text = run(command, case, *arguments).stdout

    kinds, cells = rendered(text)
    assert kinds <= {"text", "text_special"}
    if command == "summarize":
        assert {plain(name).strip() for name in MARKERS} <= set(cells)


def test_markdown_leaves_nothing_that_becomes_a_link_a_mention_or_a_formula(case):
    text = run("summarize", case, "-f", "markdown").stdout

    assert not re.search(r"(?<!\\)://|www\.|(?<!\\)[@$]", text)


LATEX_COMMANDS = sorted(
    {word for word in LATEX.values() if word.startswith(("\\", "$"))}, key=len, reverse=True
)


@commands("latex")
def test_latex_has_no_command_from_a_name(case, command, arguments):
    text = run(command, case, *arguments).stdout

    body = "\n".join(line for line in text.splitlines() if not line.startswith(("\\", "%")))
    for word in (*LATEX_COMMANDS, "\\\\", " & ", "{[}", "{]}", "{*}", "-{}"):
        body = body.replace(word, "")
    assert set(body).isdisjoint("\\{}$&#%~^_`"), set(body) & set("\\{}$&#%~^_`")


def test_latex_keeps_the_number_of_cells(case):
    text = run("summarize", case, "-f", "latex").stdout

    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert len({len(re.split(r"(?<!\\)&", row)) for row in rows}) == 1


# --- figures ----------------------------------------------------------------------------------

KINDS = [
    (),
    ("--marker", "$x_1^2$"),
    ("--marker", RED),
    ("--marker", "a$b", "--relative-to", "$x_1^2$"),
    ("--timeline", "--marker", "$x_1^2$", "--marker", TURNED),
    ("--change", "--intervention", "$x_1^2$"),
    ("--before-after", "--intervention", "$x_1^2$"),
    ("--aligned", "--marker", "$x_1^2$", "--relative-to", "$x_1^2$"),
    ("--swimmer", "--relative-to", "$x_1^2$"),
    ("--score", "hscore"),
]


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_a_dollar_sign_is_drawn_as_one_and_svg_is_valid(case, kind, tmp_path, monkeypatch):
    drawn = []
    save = matplotlib.figure.Figure.savefig
    monkeypatch.setattr(
        matplotlib.figure.Figure,
        "savefig",
        lambda figure, *more, **options: (drawn.append(figure), save(figure, *more, **options))[1],
    )

    result = run("plot", case, *kind, "-o", str(tmp_path / "figure.svg"))

    assert result.exit_code == 0, result.output
    texts = [text for text in drawn[0].findobj(Text) if text.get_text()]
    assert [text.get_text() for text in texts if "$" in text.get_text() and text.get_parse_math()] == []
    assert not any(steering(text.get_text()) for text in texts)
    content = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert steering(content) == set()
    assert not any(unicodedata.category(letter) == "Cf" and letter in TURNED for letter in content)
    names = {element.tag.rpartition("}")[2] for element in ET.fromstring(content).iter()}
    assert names.isdisjoint({"script", "b", "i", "a", "foreignObject"})


def test_the_name_of_a_figure_is_no_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    labs = table(tmp_path / "labs.csv", ["marker", "date", "value"], ["../../up", "2024-01-01", 1])

    result = CliRunner().invoke(app, ["plot", labs, "--given", "x=2024-01-01"])

    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labs.csv", "up.png"]
