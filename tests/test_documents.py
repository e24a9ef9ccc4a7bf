"""What the documents show is what the program does."""

import re
import shutil
import subprocess
import sys

import documents
import pytest

import hlhcli

README = (documents.ROOT / "README.md").read_text(encoding="utf-8")
PIPES = [line for line in README.split("\n") if line.startswith("hlhcli summarize") and "|" in line]
LIBRARY = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]


def test_every_page_shows_what_the_program_prints_and_draws_now():
    stale = [str(path.relative_to(documents.ROOT)) for path, _ in documents.out_of_date()]

    assert stale == [], "run: make docs"


@pytest.mark.parametrize("pipe", PIPES, ids=lambda pipe: pipe.split("|")[1].split()[0])
def test_the_readme_pipes_work_with_the_tools_that_are_here(pipe):
    tools = re.findall(r"(?<= )\| (csvcut|csvlook|mlr|jq|duckdb|Rscript|python3)", pipe)
    assert tools, pipe
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        pytest.skip(f"{missing[0]} is not installed on this machine")
    command = re.sub(
        r"\bpython3\b", sys.executable, pipe.replace("hlhcli ", f"{sys.executable} -m hlhcli ", 1)
    )

    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        text=True,
        cwd=documents.ROOT,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_the_library_example_runs_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}

    exec(compile(LIBRARY, "README.md", "exec"), names)

    assert (tmp_path / "d-dimer.pdf").read_bytes().startswith(b"%PDF")
    assert len(names["changes"]) == 120


def test_every_exported_name_exists():
    for name in hlhcli.__all__:
        assert getattr(hlhcli, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = hlhcli.nothing


@pytest.mark.parametrize("command", documents.command_names())
def test_every_command_is_named_in_the_readme_and_has_an_example_in_its_help(command):
    assert f"hlhcli {command}" in README
    help_text = documents.run(f"hlhcli {command} --help")
    assert f"Examples:\n    hlhcli {command}" in help_text
