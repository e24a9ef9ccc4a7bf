"""What `--engine spark` asks for is told before Spark starts; these tests need none."""

import re
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

pa = pytest.importorskip("pyarrow", reason="pyarrow (extra 'spark') is not installed on this machine")
import numpy as np  # noqa: E402

from hlhcli.cli import app  # noqa: E402
from hlhcli.errors import HlhcliError  # noqa: E402
from hlhcli.spark import watch  # noqa: E402
from hlhcli.spark.engine import parts_of  # noqa: E402
from hlhcli.spark.facts import Keys  # noqa: E402
from hlhcli.spark.normal import Cells, encoded  # noqa: E402
from hlhcli.spark.session import _require_answer  # noqa: E402
from hlhcli.spark.work import records_of  # noqa: E402
from hlhcli.stream.progress import Progress  # noqa: E402
from hlhcli.stream.spill import Records  # noqa: E402
from hlhcli.stream.work import whole_subjects  # noqa: E402
from hlhcli.times import DAY, MISSING  # noqa: E402


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("labs.csv").write_text("subject,marker,time,value\na,CRP,2020-01-01,5\n")
    Path("drugs.csv").write_text("subject,intervention,start\na,x,2020-01-01\n")


def refused(*arguments):
    result = CliRunner().invoke(app, ["summarize", *arguments])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    return result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--memory", "2GB"],
            "--memory is of --engine stream; tell Spark: --spark-conf spark.executor.memory",
        ),
        (["--schema", "adam", "-o", "x.csv"], "--schema adam describes the whole output"),
        (["--datapackage", "-o", "x.csv"], "--datapackage describes the whole output"),
        (["-o", "x.md"], "markdown cannot be written by --engine spark"),
        (["-o", "s3a://bucket/x", "--format", "csv"], "a folder is written as Parquet"),
        (["--table", "lab"], "--table names a table of a database"),
        (["--spark-conf", "memory"], "--spark-conf 'memory' cannot be read; write KEY=VALUE"),
        (["--spark-conf", "spark.sql.session.timeZone=CET"], "timeZone cannot be set"),
    ],
)
def test_what_spark_cannot_honour_is_refused_by_name(folder, arguments, message):
    assert message in refused("labs.csv", "--interventions", "drugs.csv", "--engine", "spark", *arguments)


@pytest.mark.parametrize("arguments", [["--master", "local"], ["--spark-conf", "a=b"]])
@pytest.mark.parametrize("engine", ["auto", "pandas", "stream"])
def test_options_of_spark_are_refused_by_other_engines(folder, arguments, engine):
    said = refused("labs.csv", "--interventions", "drugs.csv", "--engine", engine, *arguments)

    assert f"{arguments[0]} is of --engine spark" in said


def test_what_only_spark_reads_is_said_without_what_may_be_a_password():
    said = refused("jdbc:postgresql://host/db?password=secret", "--interventions", "drugs.csv")

    assert "jdbc:postgresql://host/db: only Spark reads this; add --engine spark" in said
    assert "secret" not in said


@given(
    rows=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 50)), min_size=1, max_size=30),
    n_parts=st.integers(1, 9),
)
def test_parts_ascend_with_the_subjects_and_cut_none(rows, n_parts):
    place, weight = (np.array(column) for column in zip(*rows, strict=True))

    part = parts_of(place, weight, n_parts)

    frame = pd.DataFrame({"place": place, "part": part}).drop_duplicates().sort_values("place")
    assert frame["place"].is_unique
    assert frame["part"].is_monotonic_increasing
    assert part.min() >= 0
    assert part.max() < n_parts


def test_cells_are_encoded_as_a_stream_encodes_them_and_become_its_records():
    cells = Cells("id", "value", ("time",), ("marker",), None, (), "dates")
    table = pa.RecordBatch.from_pydict(
        {
            "id": ["a", "b", "a"],
            "value": ["1.50", "<5", ""],
            "time": ["1970-01-02", "soon", None],
            "marker": ["CRP", "crp", None],
        }
    )

    rows = encoded(cells, table, pa.array([1, 2, 3], pa.int64()))

    assert rows.column("value").to_pylist() == [1.5, None, None]
    assert rows.column("value_text").to_pylist() == [None, "<5", None]
    assert rows.column("time").to_pylist() == [DAY, None, None]
    assert rows.column("time_text").to_pylist() == [None, "soon", None]
    keys = Keys(0, np.array([7, 9]), np.array([1, 0], dtype=np.int32))
    batch = pa.RecordBatch.from_arrays(
        [pa.array([4, 4, 5], pa.int32()), pa.array([9, 7, 7], pa.int64())]
        + [rows.column(name) for name in ("time", "value", "row", "time_text")],
        names=["place", "key", "time", "value", "row", "time_text"],
    )
    records = records_of([batch], keys, ["", "soon"])
    assert records.subject.tolist() == [4, 4, 5]
    assert records.cells.tolist() == [0, 1, 1]
    assert records.time.tolist() == [DAY, MISSING + 1, MISSING]


@given(sizes=st.lists(st.integers(1, 9), max_size=8), most=st.integers(1, 12))
def test_batches_of_subjects_are_of_whole_ones_and_lose_no_row(sizes, most):
    subject = np.repeat(np.arange(len(sizes)), sizes)
    row = np.arange(subject.size)

    parts = list(whole_subjects(Records(row, row * 0.5, row, subject, row), most))

    assert [one for part in parts for one in part.row] == row.tolist()
    owners = [one for part in parts for one in np.unique(part.subject)]
    assert owners == list(range(len(sizes)))
    assert all(part.size <= most or np.unique(part.subject).size == 1 for part in parts)


def test_a_master_that_does_not_answer_is_named_without_its_token():
    with pytest.raises(HlhcliError, match=r"^--master sc://127.0.0.1:1: does not answer \(") as said:
        _require_answer("sc://127.0.0.1:1/;token=secret")

    assert "secret" not in str(said.value)


def test_one_of_several_masters_must_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        _require_answer(f"spark://127.0.0.1:1,127.0.0.1:{server.getsockname()[1]}")
    _require_answer("yarn")


class Tracker:
    """A stage of four tasks, as Spark tells of it."""

    def __init__(self, *states):
        self.states = list(states)

    def getActiveStageIds(self):  # noqa: N802 - Spark's name
        return [7]

    def getStageInfo(self, _):  # noqa: N802 - Spark's name
        completed, active = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return SimpleNamespace(numTasks=4, numCompletedTasks=completed, numActiveTasks=active)


class OnTerminal(Progress):
    """What is said at once, to a terminal."""

    def __init__(self):
        super().__init__()
        self._terminal, self._begin = True, -1.0


def told(monkeypatch, capsys, progress, *states):
    """What is said of a run while Spark has these tasks completed and active."""
    monkeypatch.setattr(watch, "INTERVAL", 0.01)
    monkeypatch.setattr(watch, "PATIENCE", 3)
    done = threading.Event()
    watcher = threading.Thread(target=watch._watch, args=(Tracker(*states), progress, done))
    watcher.start()
    time.sleep(0.3)
    done.set()
    watcher.join()
    return capsys.readouterr().err


def test_a_terminal_is_told_how_many_tasks_are_done_and_how_many_rows_that_is(monkeypatch, capsys):
    progress = OnTerminal()
    assert "counting: 1 of 4 tasks, 25%, " in told(monkeypatch, capsys, progress, (1, 2))

    progress.begin_analysis(1000, 10)
    said = told(monkeypatch, capsys, progress, (3, 1))
    assert re.search(r"analyzing: 3 of 4 tasks, 75%, [0-9,]+ rows/s, [0-9:]+ left", said)


def test_a_run_that_does_not_begin_says_once_what_it_waits_for(monkeypatch, capsys):
    assert told(monkeypatch, capsys, Progress(), (0, 0)).count("Spark waits for an executor") == 1
    assert told(monkeypatch, capsys, Progress(), (0, 0), (0, 1)) == ""
