"""Keep the documents true: what a page shows of the program is what the program does.

A block that follows ``<!-- output of: COMMAND -->`` holds what that command prints, and
``<!-- figure of: COMMAND -->`` names a picture that the command draws. ``python -m tests.documents``
writes them all and the command reference; with ``--check`` it only tells which are out of date.
In the gallery the text that stands for a picture is the description that its file carries.
"""

import html
import re
import runpy
import shlex
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from typer.testing import CliRunner

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
REFERENCE = ROOT / "docs" / "cli.md"
BLOCK = re.compile(r"(<!-- output of: (.+?) -->\n```\w*\n)(.*?)(```\n)", re.DOTALL)
GALLERY = ROOT / "docs" / "gallery.md"
SYNTHETIC = runpy.run_path(str(Path(__file__).with_name("synthetic.py")))
SERIES = {"synthetic-labs.csv": SYNTHETIC["labs"], "synthetic-interventions.csv": SYNTHETIC["treatments"]}
FIGURE = re.compile(r"<!-- figure of: (.+?) -->\n!\[.*?\]\((.+?)\)")
ALT = re.compile(r"!\[.*?\]")
DESCRIPTION = re.compile(rb"<title>(.*?)</title>", re.DOTALL)
VERSION = re.compile(rb"Matplotlib v[\d.]+")


def run(command, **env):
    """What a command line of hlhcli prints, on a wide page without color.

    The exit code is 0, unless the command line ends with ``(exit code 1)``.
    """
    from hlhcli.cli import app

    command, _, failing = command.partition(" (exit code ")
    program, *arguments = shlex.split(command)
    assert program == "hlhcli", command
    environment = {"COLUMNS": "100", "NO_COLOR": "1"} | env
    width = int(environment["COLUMNS"]) - 2  # of help: the runner would take 80 columns and no margin
    with chdir(ROOT):
        result = CliRunner().invoke(app, arguments, env=environment, prog_name=program, terminal_width=width)
    assert result.exit_code == int(failing.rstrip(")") or 0), result.output
    return result.stdout


def with_outputs(text):
    """The page with every output block as the program prints it now."""
    return BLOCK.sub(lambda match: match[1] + run(match[2]) + match[4], text)


def figures(page):
    """Each picture of a page and the bytes that its command draws now."""
    found = FIGURE.findall(page.read_text(encoding="utf-8"))
    return [(page.parent / target, draw(command, target)) for command, target in found]


def draw(command, target):
    """The bytes of the picture that a command draws."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / Path(target).name
        run(f"{command} --output {drawn}")
        return drawn.read_bytes()


def with_descriptions(text, drawn):
    """The page with the description of each picture, as its file has it, in place of the picture."""
    words = iter([html.unescape(DESCRIPTION.search(content)[1].decode()) for _, content in drawn])
    return FIGURE.sub(lambda match: ALT.sub(lambda _: f"![{next(words)}]", match[0], count=1), text)


def reference():
    """The help of every command, as one page."""
    commands = ["hlhcli", *(f"hlhcli {name}" for name in command_names())]
    parts = [
        f"## {command}\n\n```text\n{run(f'{command} --help', COLUMNS='80')}```\n" for command in commands
    ]
    return "# Commands\n\nEach command's own help, as `--help` prints it.\n\n" + "\n".join(parts)


def command_names():
    """The commands, in the order of the help."""
    from hlhcli.cli import app

    return [command.name or command.callback.__name__ for command in app.registered_commands]


def out_of_date():
    """Files that do not show what the program does now, with what they should hold.

    What later ones are made from comes first.
    """
    for name, make in SERIES.items():
        path = ROOT / "docs" / "gallery" / name
        if not path.exists() or path.read_text(encoding="utf-8") != make():
            yield path, make().encode()
    for page in PAGES:
        if page == REFERENCE:
            continue
        text = page.read_text(encoding="utf-8")
        drawn = figures(page)
        new = with_outputs(text)
        new = with_descriptions(new, drawn) if page == GALLERY else new
        if new != text:
            yield page, new.encode()
        yield from ((target, content) for target, content in drawn if not same_figure(target, content))
    new = reference()
    if not REFERENCE.exists() or REFERENCE.read_text(encoding="utf-8") != new:
        yield REFERENCE, new.encode()


def same_figure(target, drawn):
    """Whether a picture is what is drawn now; another version of matplotlib may draw it otherwise."""
    if not target.exists():
        return False
    kept = target.read_bytes()
    return kept == drawn or VERSION.findall(kept) != VERSION.findall(drawn)


def main():
    """Write or check the documents; exit code 1 if a check finds one out of date."""
    changed = False
    for path, content in out_of_date():
        changed = True
        print(path.relative_to(ROOT), "is out of date" if "--check" in sys.argv else "written")
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return 1 if changed and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
