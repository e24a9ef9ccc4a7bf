"""The stream engine without other processes, for its own tests and for those of what it reads."""

from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from typer.testing import CliRunner

from hlhcli.cli import app
from hlhcli.stream import pool


class InProcess:
    """Does every task at once, in this process."""

    def submit(self, task, *arguments):
        future = Future()
        future.set_result(task(*arguments))
        return future


def stay_in_process(monkeypatch):
    """Have the engine do its tasks in this process."""

    @contextmanager
    def started(_, form):
        pool.inherit(form)
        yield InProcess()

    monkeypatch.setattr(pool, "started", started)


def work_in(folder, monkeypatch):
    """Stand in the folder; temporary files go into its folder scratch."""
    monkeypatch.chdir(folder)
    (folder / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "scratch"))


def summarize(*arguments, out):
    """Run the command; the result, and the bytes of its output (None where there is none)."""
    Path(out).unlink(missing_ok=True)
    pool.given.cache_clear()
    result = CliRunner().invoke(app, ["summarize", *arguments, "-o", out])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result, Path(out).read_bytes() if Path(out).exists() else None
