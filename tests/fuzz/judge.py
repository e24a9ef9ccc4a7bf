"""Run the program on a file, and say what is wrong with what it did."""

import csv
import io
import json
import math
import signal
import traceback
from contextlib import contextmanager

from typer.testing import CliRunner

from hlhcli.cli import app

SECONDS = 60
NOTED = ("converted:", "decimal mark")
"""Notes under which a number may differ from its cell."""


class ReadingError(AssertionError):
    """The program gave a traceback, hung, or changed a number without a word."""


def run(*arguments):
    """The result of one command; raises `ReadingError` for a traceback and for a run that does not end."""
    with _time_limit():
        result = CliRunner().invoke(app, [str(word) for word in arguments], prog_name="hlhcli")
    error = result.exception
    if error is not None and not isinstance(error, SystemExit):
        shown = "".join(traceback.format_exception(error)[-3:])
        raise ReadingError(f"traceback of {' '.join(map(str, arguments))}\n{shown}")
    if result.exit_code == 1 and "hlhcli: error: " not in result.stderr:
        raise ReadingError(f"exit code 1 without a message: {' '.join(map(str, arguments))}")
    return result


def run_all(labs, *options):
    """The rows of ``convert --to tidy``, or None where it is refused; every command must end well."""
    checked = run("check", labs, *_without_given(options), "--format", "json")
    json.loads(checked.stdout)
    summarized = run("summarize", labs, *options, "--format", "csv")
    if summarized.exit_code == 0:
        require_changes(rows_of(summarized))
    converted = run("convert", labs, *options, "--to", "tidy")
    return checked, converted, None if converted.exit_code else rows_of(converted)


def rows_of(result):
    """The rows of a CSV that was printed."""
    return list(csv.DictReader(io.StringIO(result.stdout)))


def require_changes(rows):
    """Raise `ReadingError` where a delta, percent or fold change is not that of the row's own two values."""
    for row in rows:
        if "" in (row["baseline"], row["value"], row["delta"]):
            continue
        baseline, value = float(row["baseline"]), float(row["value"])
        _require_near("delta", row, value - baseline, scale=max(abs(value), abs(baseline)))
        if row["fold_change"]:
            _require_near("fold_change", row, value / baseline)
            _require_near(
                "percent_change",
                row,
                100 * (value - baseline) / abs(baseline),
                scale=100 * abs(value / baseline),
            )


def _require_near(word, row, expected, scale=0.0):
    if not math.isclose(float(row[word]), expected, rel_tol=1e-9, abs_tol=1e-9 * scale):
        raise ReadingError(f"{word} {row[word]} where {expected!r} is right: {row}")


def _without_given(options):
    """The options of ``check``, which takes no interventions from the command line."""
    pairs = zip(options, [*options[1:], ""], strict=True)
    return [
        word
        for place, (word, _) in enumerate(pairs)
        if "--given" not in (word, options[place - 1] if place else "")
    ]


@contextmanager
def _time_limit():
    def stop(*_):
        raise ReadingError(f"no end within {SECONDS} seconds")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
