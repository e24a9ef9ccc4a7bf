"""A standalone cluster with two workers: the bytes of one machine, also where a part of it fails."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from clusters import SETTINGS, python_without_packages, standalone_cluster
from sessions import SPARK_WARNINGS, spark_session
from typer.testing import CliRunner

pa = pytest.importorskip("pyarrow", reason="pyarrow (extra 'spark') is not installed on this machine")

from hlhcli.cli import app  # noqa: E402 - only where its libraries are
from hlhcli.spark import engine  # noqa: E402
from hlhcli.spark.session import spoken  # noqa: E402

pytestmark = SPARK_WARNINGS
N_SUBJECTS = 30
OWN = "/proc/self/cwd"
"""Every process has a folder of its own under this name: an executor looks into another one."""

UNSEEN = (
    "is not seen by an executor of Spark; put it where all machines of the cluster see it under this name, "
    "or into a store that Spark knows: s3a://bucket/labs"
)
SPARK_CONF = [word for name, value in SETTINGS.items() for word in ("--spark-conf", f"{name}={value}")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with standalone_cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with labs of many subjects; parts of the work are small."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "ROWS_OF_A_PART", 300)
    labs = pd.DataFrame(
        [
            (f"s{subject}", marker, f"2020-01-{day:02}", (subject * 7 + day * 3) % 11 + 0.5, "mg/L")
            for day in range(1, 20)
            for subject in range(N_SUBJECTS)
            for marker in ("CRP", "Ferritin")
        ],
        columns=["subject", "marker", "time", "value", "unit"],
    )
    labs.to_csv("labs.csv", index=False)
    labs.assign(time=pd.to_datetime(labs["time"])).to_parquet("labs.parquet", index=False)
    starts = "".join(f"s{subject},x,2020-01-{5 + subject % 9:02}\n" for subject in range(N_SUBJECTS))
    Path("drugs.csv").write_text(f"subject,intervention,start\n{starts}")
    return tmp_path


@pytest.fixture(scope="module")
def session(cluster):
    with spark_session(cluster.url, "UTC", **SETTINGS) as found:
        yield found


@pytest.fixture
def in_session(folder, session, monkeypatch):
    """Commands use the session of the tests."""

    @contextmanager
    def opened(*_):
        with spoken():
            yield session

    monkeypatch.setattr("hlhcli.spark.session.open_session", opened)


def summarize(by, labs, out="out.csv"):
    Path(out).unlink(missing_ok=True)
    command = ["summarize", labs, "--interventions", "drugs.csv", "-o", out, "--engine", by]
    result = CliRunner().invoke(app, command)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result, Path(out).read_bytes() if Path(out).is_file() else None


def start(*options, labs="labs.csv", **environment):
    """The command as a process of its own."""
    command = [sys.executable, "-m", "hlhcli", "summarize", labs, "--interventions", "drugs.csv"]
    return subprocess.Popen(
        [*command, "--engine", "spark", *SPARK_CONF, *options],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*options, **given):
    """What the command says in the end: its exit code, output and errors."""
    with start(*options, **given) as child:
        out, errors = child.communicate(timeout=600)
    return child.returncode, out, errors


def test_the_command_runs_on_the_cluster_and_says_nothing_of_its_own(folder, cluster):
    expected, _ = summarize("stream", "labs.csv")

    found = run("--master", cluster.url, "-o", "found.csv")

    assert found == (0, "", expected.output)
    assert Path("found.csv").read_bytes() == Path("out.csv").read_bytes()


def test_parquet_that_only_this_machine_sees_is_refused_with_what_to_do(folder, cluster):
    found = run("--master", cluster.url, labs=f"{OWN}/labs.parquet")

    assert found == (1, "", f"hlhcli: error: {OWN}/labs.parquet: {UNSEEN}\n")


def test_executors_without_hlhcli_are_named_with_what_to_do(folder, cluster):
    setting = f"spark.pyspark.python={python_without_packages(folder)}"

    code, out, said = run("--master", cluster.url, "--spark-conf", setting)

    assert (code, out) == (1, "")
    assert "the Python of the executors has no " in said
    assert "install hlhcli[spark] there and name it: PYSPARK_PYTHON=" in said
    assert said.count("\n") == 1


def test_a_run_that_no_worker_has_the_memory_for_says_what_it_waits_for(folder, cluster):
    options = ("--master", cluster.url, "--spark-conf", "spark.executor.memory=900g")

    with start(*options, "-o", "found.csv") as child:
        said = next((line for line in child.stderr if "waits for" in line), "")
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=60) == 130

    assert "hlhcli: note: Spark waits for an executor: no worker has a core and the memory free" in said
    assert not Path("found.csv").exists()


@pytest.mark.parametrize("scheme", ["spark", "sc"])
def test_a_master_that_does_not_answer_is_said_at_once(folder, scheme):
    pytest.importorskip("pyspark", reason="pyspark (extra 'spark') is not installed on this machine")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        master = f"{scheme}://127.0.0.1:{free.getsockname()[1]}"
    begin = time.monotonic()

    code, _, said = run("--master", master)

    assert time.monotonic() - begin < 60  # seconds; Spark itself tries for longer
    assert code == 1
    assert f"--master {master}: does not answer (Connection refused)" in said


@pytest.mark.parametrize("labs", ["labs.csv", "labs.parquet"])
@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_many_parts_from_two_workers_are_the_bytes_of_one_machine(in_session, labs, out):
    expected, wanted = summarize("stream", labs, out)

    result, found = summarize("spark", labs, out)

    assert result.output == expected.output
    assert found
    assert found == wanted


def test_an_executor_that_dies_is_replaced_and_what_it_held_computed_again(in_session, cluster, monkeypatch):
    _, wanted = summarize("stream", "labs.parquet")
    append, killed = engine._append, []

    def kill_first(*words):
        if not killed:
            killed.append(cluster.kill_executor())
        append(*words)

    monkeypatch.setattr(engine, "_append", kill_first)
    result, found = summarize("spark", "labs.parquet")

    assert killed
    assert found == wanted, result.output


def test_text_that_only_this_machine_sees_is_refused_with_what_to_do(in_session):
    result, found = summarize("spark", f"{OWN}/labs.csv")

    assert (result.exit_code, found) == (1, None)
    assert result.output == f"hlhcli: error: {OWN}/labs.csv: {UNSEEN}\n"
