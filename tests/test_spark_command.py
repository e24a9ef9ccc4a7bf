"""`--engine spark` writes the bytes of the other engines, in local mode, from whatever Spark reads."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pandas as pd
import pytest
from cohorts import HEADER, cohorts
from databases import find_postgres, postgres_server
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sessions import JDBC_DRIVER, SPARK_WARNINGS, local_session, require_spark
from typer.testing import CliRunner

pa = pytest.importorskip("pyarrow", reason="pyarrow (extra 'spark') is not installed on this machine")
import pyarrow.parquet as pq  # noqa: E402 - only where it is installed

from hlhcli.cli import app  # noqa: E402
from hlhcli.spark import engine  # noqa: E402

pytestmark = SPARK_WARNINGS
SHARED = Path(__file__).parents[2] / "shared" / "data"
DRUGS = "subject,intervention,start,stop\nb,anakinra,2020-01-05,\na,etoposide,2020-01-03,2020-01-06\n"
LABS = HEADER + "".join(
    f"{subject},{marker},2020-01-{day:02},{value},{unit}\n"
    for subject, marker, day, value, unit in [
        ("b", "CRP", 2, "50", "mg/L"),
        ("a", "crp", 1, "8", "mg/dL"),
        ("b", "Ferritin", 9, ">40000", "ng/mL"),
        ("z", "CRP", 1, "7", "mg/L"),
        ("a", "CRP", 5, "<5", "mg/L"),
        ("b", "CRP", 9, "8", "mg/L"),
        ("a", "CRP", 6, "", ""),
    ]
)
BAD = LABS + "b,CRP,2020-01-10,4o,mg/L\nz,CRP,soon,5,mg/L\nb,CRP\na,CRP,2020-02-30,5,mg/L\n"


@pytest.fixture(scope="module")
def session():
    with local_session("UTC") as found:
        yield found


@pytest.fixture
def folder(tmp_path, monkeypatch, session):
    """A folder with labs and interventions, where commands use the session of the tests."""

    @contextmanager
    def opened(*_):
        from hlhcli.spark.session import spoken

        with spoken():
            yield session

    monkeypatch.setattr("hlhcli.spark.session.open_session", opened)
    monkeypatch.chdir(tmp_path)
    Path("labs.csv").write_text(LABS)
    Path("drugs.csv").write_text(DRUGS)
    return tmp_path


def summarize(*arguments, labs="labs.csv", drugs="drugs.csv", out="out.csv", by="spark"):
    """Run the command; the result, and the bytes of its output (None where there is none)."""
    if not out.endswith("/"):
        Path(out).unlink(missing_ok=True)
    command = ["summarize", labs, "--interventions", drugs, "-o", out, "--engine", by, *arguments]
    result = CliRunner().invoke(app, command)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result, Path(out).read_bytes() if Path(out).is_file() else None


def written(*arguments, **files):
    result, found = summarize(*arguments, **files)
    assert result.exit_code == 0, result.output
    return found


def as_parquet(source, target, **types):
    frame = pd.read_csv(source, dtype=str, keep_default_na=False).astype(types)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, target)
    return table


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cohort=cohorts(),
    options=st.lists(
        st.sampled_from(
            [
                ("--at", "each"),
                ("--baseline", "median"),
                ("--until", "end"),
                ("--same-day", "after"),
                ("--details",),
                ("--sensitivity",),
                ("--marker", "crp"),
                ("--units", "si"),
            ]
        ),
        unique_by=lambda one: one[0],
        max_size=3,
    ),
    labs=st.sampled_from(["labs.csv", "labs.parquet"]),
)
def test_every_cohort_gives_the_bytes_and_the_rejects_of_one_machine(folder, cohort, options, labs):
    Path("labs.csv").write_text(cohort[0])
    Path("drugs.csv").write_text(cohort[1])
    as_parquet("labs.csv", "labs.parquet")
    arguments = [part for option in options for part in option]

    expected, wanted = summarize(*arguments, "--rejects", "bad.csv", labs=labs, by="stream")
    rejects = Path("bad.csv").read_text() if Path("bad.csv").exists() else ""
    result, found = summarize(*arguments, "--rejects", "bad.csv", labs=labs)

    assert result.exit_code == expected.exit_code, (expected.output, result.output)
    assert found == wanted, (expected.output, result.output)
    assert (Path("bad.csv").read_text() if Path("bad.csv").exists() else "") == rejects


def test_typed_tables_in_many_files_give_the_bytes_of_one_machine_though_files_cut_subjects(folder):
    table = pd.DataFrame(
        {
            "subject": [7, 8, 7, 8, 7, 9, 8, 7] * 3,
            "marker": ["CRP", "crp", "CRP", "NA"] * 6,
            "time": pd.to_datetime(
                [f"2020-01-{day:02}T08:{day}" for day in range(10, 34)], format="ISO8601", errors="coerce"
            ),
            "value": [float(number) if number % 5 else None for number in range(24)],
            "bound": ["", "<", "", ">"] * 6,
            "unit": "mg/L",
        }
    )
    Path("a b").mkdir()
    for number in range(4):
        table.iloc[number * 6 : number * 6 + 6].to_parquet(f"a b/{number}.parquet", index=False)
    table.iloc[:0].to_parquet("a b/empty.parquet", index=False)
    Path("drugs.csv").write_text(
        "subject,intervention,start\n7,x,2020-01-14\n8,y,2020-01-15T08:15\n8,z,2020-01-20\n"
    )

    for out in ("out.csv", "out.parquet", "out.jsonl"):
        assert written(labs="a b", out=out) == written(labs="a b", out=out, by="stream")


def test_numbers_of_the_whole_table_and_of_other_subjects_decide(folder):
    rows = "a,CRP,1,5,mg/L\na,CRP,3,7,mg/L\nb,CRP,1,5,mg/L\nb,CRP,3.5,7,mg/L\nc,CRP,2,7,mg/L\n"
    Path("labs.csv").write_text(HEADER.replace("time", "day") + rows)
    Path("drugs.csv").write_text("subject,intervention,start_day\na,x,3\nb,x,3\n")
    as_parquet("labs.csv", "labs.parquet", day="float64", value="float64")

    for labs in ("labs.csv", "labs.parquet"):
        arguments = ("--same-day", "after", "--subject", "a")
        assert written(*arguments, labs=labs) == written(*arguments, labs=labs, by="stream")


def test_bad_rows_are_set_aside_with_line_and_reason_and_the_exit_code_says_so(folder):
    expected = written()
    Path("labs.csv").write_text(BAD)

    result, found = summarize("--rejects", "bad.csv")

    assert found == expected
    assert result.exit_code == 1
    assert "4 cells or rows could not be read and were set aside (bad.csv)" in result.output
    assert Path("bad.csv").read_text() == (
        "file,row,column,found,reason\n"
        "labs.csv,9,value,4o,is not a number\n"
        "labs.csv,10,time,soon,is no time\n"
        'labs.csv,11,,"b,CRP",2 cells where the header has 5\n'
        "labs.csv,12,time,2020-02-30,is no date of the calendar\n"
    )
    result, found = summarize("--strict")
    assert (result.exit_code, found) == (1, None)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real inputs (../shared/data) are not here")
@pytest.mark.parametrize(
    ("labs", "drugs", "options"),
    [
        ("cdisc/labs.csv.gz", "cdisc/interventions.csv", ["--until", "stop"]),
        ("omop", "omop", ["--course-gap", "30d"]),
    ],
)
def test_a_real_trial_and_a_real_warehouse_give_the_same_bytes(folder, labs, drugs, options):
    files = {"labs": str(SHARED / labs), "drugs": str(SHARED / drugs)}

    assert written(*options, **files) == written(*options, **files, by="stream")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real inputs (../shared/data) are not here")
def test_a_warehouse_in_the_catalog_of_spark_gives_the_bytes_of_its_folder(folder, session):
    for table in ("measurement", "drug_exposure", "concept"):
        frame = session.read.csv(str(SHARED / "omop" / f"{table.upper()}.csv"), header=True, escape='"')
        frame.createOrReplaceTempView(table)
    omop = str(SHARED / "omop")

    found = written(labs="spark:measurement", drugs="spark:measurement")

    assert found == written(labs=omop, drugs=omop, by="stream")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real inputs (../shared/data) are not here")
def test_a_warehouse_in_postgresql_gives_the_bytes_of_its_folder(folder, warehouse):
    omop = str(SHARED / "omop")
    options = ("--course-gap", "30d")

    found = written(*options, labs=warehouse, drugs=warehouse)
    assert found == written(*options, labs=omop, drugs=omop, by="stream")

    query = "SELECT person_id AS subject, 'CRP' AS marker, measurement_date AS time, 1.5 AS value FROM measurement"
    Path("drugs.csv").write_text("subject,intervention,start\n1,x,2010-01-01\n")
    _, *rows = written("--table", query, labs=warehouse).decode().splitlines()
    assert len(rows) == 4
    result, _ = summarize("--table", "nowhere", labs=warehouse)
    assert result.exit_code == 1
    assert "nowhere" in result.output
    assert "tester" not in result.output


@pytest.fixture(scope="module")
def warehouse():
    """The URL of a PostgreSQL server that holds the OMOP tables of the real inputs."""
    if not find_postgres() or not JDBC_DRIVER.exists():
        pytest.skip("PostgreSQL, or its driver for Java, is not installed on this machine")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with postgres_server(port) as place:
        psql = [
            "psql",
            "-h",
            place,
            "-p",
            str(port),
            "-U",
            "tester",
            "-d",
            "postgres",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        for table, types in OMOP_TYPES.items():
            path = SHARED / "omop" / f"{table.upper()}.csv"
            columns = pd.read_csv(path, nrows=0).columns
            declared = ", ".join(f'"{name}" {types.get(name.lower(), "varchar")}' for name in columns)
            statements = f"CREATE TABLE {table} ({declared.lower()});\n\\copy {table} FROM '{path}' (FORMAT csv, HEADER)"
            subprocess.run(psql, input=statements, text=True, check=True)
        yield f"jdbc:postgresql://127.0.0.1:{port}/postgres?user=tester"


WHOLE = dict.fromkeys(
    (
        "person_id",
        "measurement_concept_id",
        "operator_concept_id",
        "unit_concept_id",
        "drug_concept_id",
        "concept_id",
    ),
    "integer",
)
OMOP_TYPES = {
    "measurement": {
        **WHOLE,
        "value_as_number": "numeric",
        "measurement_date": "date",
        "range_low": "numeric",
        "range_high": "numeric",
    },
    "drug_exposure": {**WHOLE, "drug_exposure_start_date": "date", "drug_exposure_end_date": "date"},
    "concept": WHOLE,
}


def test_a_table_with_zones_is_read_by_the_clock_of_utc(folder, session):
    session.sql(
        "SELECT 'a' AS subject, 'CRP' AS marker, CAST(day AS DECIMAL(6, 2)) AS value, "
        "make_timestamp(2024, 3, day, 23, 30, 0) AS time FROM (SELECT explode(sequence(8, 12)) AS day)"
    ).createOrReplaceTempView("zoned")
    Path("drugs.csv").write_text("subject,intervention,start\na,x,2024-03-10\n")

    found = written("--at", "first", labs="spark:zoned").decode().splitlines()[1].split(",")

    assert found[6:11] == ["10", "2024-03-10T23:30", "11", "2024-03-11T23:30", "1"]


def test_a_folder_is_written_by_spark_with_the_rows_of_the_file(folder):
    assert summarize(out="many/")[0].exit_code == 0

    keys = ["subject", "start", "intervention", "marker", "at"]
    frames = [pd.read_parquet("many").sort_values(keys, ignore_index=True)]
    written(out="one.parquet")
    frames.append(pd.read_parquet("one.parquet").sort_values(keys, ignore_index=True))
    pd.testing.assert_frame_equal(*(frame.convert_dtypes() for frame in frames))


def test_a_folder_is_replaced_when_its_successor_is_whole_and_kept_where_the_run_fails(folder, monkeypatch):
    from pyspark.sql import functions as fun

    def failing(prepared):
        frame = whole(prepared)
        fails = fun.when(frame["subject"] == "b", fun.raise_error(fun.lit("the disk is full")))
        return frame.withColumn("note", fails.otherwise(frame["note"]))

    whole = engine.changes_of
    Path("many").mkdir()
    Path("many/old.txt").write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(engine, "changes_of", failing)
        patch.setattr(engine, "_held", nullcontext)  # fails while it writes, not before
        result, _ = summarize(out="many/")
    assert result.exit_code == 1
    assert "the disk is full" in result.output
    assert [path.name for path in Path("many").iterdir()] == ["old.txt"]

    assert summarize(out="many/")[0].exit_code == 0
    assert not Path("many/old.txt").exists()
    assert len(pd.read_parquet("many")) == len(written().decode().splitlines()) - 1
    assert sorted(path.name for path in folder.iterdir()) == ["drugs.csv", "labs.csv", "many", "out.csv"]


def test_a_file_is_not_replaced_by_a_folder(folder):
    Path("changes").write_text("mine")

    result, _ = summarize(out="changes/")

    assert "changes/: is a file; name a folder that may be replaced: changes/" in result.output
    assert Path("changes").read_text() == "mine"


@pytest.mark.parametrize(
    ("labs", "message"),
    [
        ("marker,2020-01-01,2020-01-09\nCRP,5,6\n", "is a wide table"),
        (HEADER.strip() + ",placement\nb,CRP,2020-01-09,4,mg/L,inferred\n", "dates are inferred"),
        (
            HEADER + "b,CRP,2020-01-09,4,mg/L\nb,CRP,2020-01-09,4,K/uL\n",
            "line 3: CRP in 'K/uL' beside 'mg/L'",
        ),
        (
            HEADER + 'b,CRP,2020-01-09,1.247,mg/L\nb,CRP,2020-01-09,"9,6",mg/L\n',
            "'1.247' can be 1.247 or 1247",
        ),
        (HEADER, "has a header but no rows"),
        (HEADER + "c,CRP,2020-01-09,4,mg/L\n", "drugs.csv: no labs for subject 'b'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(folder, labs, message):
    Path("labs.csv").write_text(labs)

    result, found = summarize()

    assert (result.exit_code, found) == (1, None)
    assert message in result.output


def test_a_damaged_file_and_a_changed_header_are_one_message_with_the_name_of_the_file(folder):
    table = as_parquet("labs.csv", "labs.parquet")
    Path("parts").mkdir()
    for number in range(3):
        pq.write_table(table if number < 2 else table.drop_columns("unit"), f"parts/{number}.parquet")
    assert "parts/2.parquet: no column 'unit', which the first file has" in summarize(labs="parts")[0].output

    content = Path("labs.parquet").read_bytes()
    Path("bad.parquet").write_bytes(content[:-300] + content[-200:])
    result, _ = summarize(labs="bad.parquet")
    assert "bad.parquet" in result.output
    assert "Traceback" not in result.output

    result, _ = summarize(labs="spark:nowhere")
    assert "hlhcli: error: Spark: [TABLE_OR_VIEW_NOT_FOUND]" in result.output
    assert result.output.count("\n") == 1


@pytest.mark.filterwarnings("ignore::hlhcli.errors.DataNote")
def test_a_notebook_gets_the_columns_and_rows_of_the_command(folder, session):
    from hlhcli import spark

    Path("labs.csv").write_text(LABS)
    expected = written("--at", "nadir", "--at", "each", "--details", out="one.parquet")
    assert expected
    labs, given_ = (session.read.csv(str(folder / name), header=True) for name in ("labs.csv", "drugs.csv"))

    found = spark.summarize(labs, given_, at=("nadir", "each"), details=True)

    keys = ["subject", "start", "intervention", "marker", "at", "time"]
    frames = [found.toArrow().to_pandas(), pd.read_parquet("one.parquet")]
    pd.testing.assert_frame_equal(
        *(frame.convert_dtypes().sort_values(keys, ignore_index=True) for frame in frames)
    )


@pytest.mark.filterwarnings("ignore::hlhcli.errors.DataNote")
def test_a_notebook_is_told_of_cells_that_cannot_be_read(folder, session):
    from hlhcli import spark
    from hlhcli.errors import DataNote

    Path("labs.csv").write_text(BAD.replace("b,CRP\n", ""))
    labs, given_ = (session.read.csv(str(folder / name), header=True) for name in ("labs.csv", "drugs.csv"))

    with pytest.warns(DataNote, match="(?s)cannot be read, and are left out.*'4o' is not a number"):
        found = spark.summarize(labs, given_)
    Path("labs.csv").write_text(LABS)
    assert found.count() == len(written().decode().splitlines()) - 1


@pytest.mark.parametrize("given_", ["subject,intervention,start\n", "subject,intervention,start\na,x,\n"])
def test_without_an_intervention_the_words_are_those_of_one_machine(folder, given_):
    Path("drugs.csv").write_text(given_)

    expected, _ = summarize(by="stream")
    result, found = summarize()

    assert (result.exit_code, found) == (1, None)
    assert result.output == expected.output


SLOW = """
import sys, time
from pathlib import Path
from hlhcli.spark import engine

STARTED = Path(sys.argv[-1])

def wait(batches):
    STARTED.touch()
    time.sleep(100)
    yield from batches

if __name__ == "__main__":
    dealt = engine.dealt
    engine.dealt = lambda prepared: dealt(prepared).mapInArrow(wait, dealt(prepared).schema)
    from hlhcli.cli import app
    app(sys.argv[1:-1])
"""


@pytest.mark.parametrize("out", ["out.csv", "many/"])
def test_ctrl_c_ends_a_run_of_spark_in_seconds_and_leaves_the_old_output(tmp_path, out):
    require_spark()
    for name, text in {"labs.csv": LABS, "drugs.csv": DRUGS, "slow.py": SLOW, "out.csv": "old"}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "old").write_text("old")
    present = {path.name for path in tmp_path.iterdir()}
    command = ["summarize", "labs.csv", "--interventions", "drugs.csv", "-o", out, "--engine", "spark"]
    words = [sys.executable, "slow.py", *command, "--master", "local[1]", str(tmp_path / "started")]
    errors = {"stderr": subprocess.PIPE, "text": True}

    with subprocess.Popen(words, cwd=tmp_path, start_new_session=True, **errors) as child:
        while not (tmp_path / "started").exists():
            assert child.poll() is None, child.communicate()
            time.sleep(0.1)
        begin = time.monotonic()
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=60)

    assert time.monotonic() - begin < 30  # seconds; the task would take 100
    assert child.returncode == 130
    assert [line for line in said.splitlines() if "hlhcli: note:" not in line] == [
        f"hlhcli: stopped: 7 rows were counted, none written; {out} was not written"
    ]
    assert {path.name for path in tmp_path.iterdir()} == {*present, "started"}
    assert [(tmp_path / name).read_text() for name in ("out.csv", "many/old")] == ["old", "old"]


def test_the_command_starts_its_own_session_and_says_nothing_of_its_own(tmp_path):
    require_spark()
    (tmp_path / "labs.csv").write_text(LABS)
    (tmp_path / "drugs.csv").write_text(DRUGS)
    command = [sys.executable, "-m", "hlhcli", "summarize", "labs.csv", "--interventions", "drugs.csv"]
    run = {"cwd": tmp_path, "capture_output": True, "text": True, "check": False}

    found = subprocess.run([*command, "--engine", "spark", "--master", "local[1]"], **run)
    expected = subprocess.run([*command, "--engine", "stream"], **run)

    assert (found.returncode, found.stdout) == (0, expected.stdout)
    assert found.stderr == expected.stderr
