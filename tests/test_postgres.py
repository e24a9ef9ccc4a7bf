"""A PostgreSQL warehouse gives the bytes that files with the same rows give, and no more than is needed leaves it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import databases
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

for library in ("pyarrow", "duckdb", "adbc_driver_postgresql"):
    pytest.importorskip(library, reason=f"{library} is not installed on this machine")
if not databases.find_postgres():
    pytest.skip("PostgreSQL's programs are not on this machine", allow_module_level=True)

sys.path.append(str(Path(__file__).parents[1] / "benchmarks" / "scale"))
import streams  # noqa: E402
from cohort import Cohort, write_cohort  # noqa: E402 - only where its libraries are
from streams import stay_in_process, work_in  # noqa: E402

from hlhcli.cli import app  # noqa: E402
from hlhcli.readers import warehouse as tables  # noqa: E402
from hlhcli.readers.address import public_address  # noqa: E402
from hlhcli.readers.postgres import Warehouse  # noqa: E402
from hlhcli.stream import warehouse as in_stream  # noqa: E402
from hlhcli.stream.spill import Dealt, Records, Spill, read_records  # noqa: E402

pytestmark = pytest.mark.xdist_group("warehouse in PostgreSQL")
SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the real inputs (../shared/data) are not here")
SECRET = "geheim"
OMOP = {
    "measurement": """measurement_id integer PRIMARY KEY, person_id integer, measurement_concept_id integer,
        measurement_date date, measurement_datetime timestamp, measurement_time varchar(10),
        measurement_type_concept_id integer, operator_concept_id integer, value_as_number numeric,
        value_as_concept_id integer, unit_concept_id integer, range_low numeric, range_high numeric,
        provider_id integer, visit_occurrence_id integer, visit_detail_id integer,
        measurement_source_value varchar(50), measurement_source_concept_id integer,
        unit_source_value varchar(50), unit_source_concept_id integer, value_source_value varchar(50),
        measurement_event_id bigint, meas_event_field_concept_id integer""",
    "concept": """concept_id integer, concept_name varchar(255), domain_id varchar(20),
        vocabulary_id varchar(20), concept_class_id varchar(20), standard_concept varchar(1),
        concept_code varchar(50), valid_start_date date, valid_end_date date, invalid_reason varchar(1)""",
    "drug_exposure": """drug_exposure_id integer PRIMARY KEY, person_id integer, drug_concept_id integer,
        drug_exposure_start_date date, drug_exposure_start_datetime timestamp, drug_exposure_end_date date,
        drug_exposure_end_datetime timestamp, verbatim_end_date date, drug_type_concept_id integer,
        stop_reason varchar(20), refills integer, quantity numeric, days_supply integer, sig text,
        route_concept_id integer, lot_number varchar(50), provider_id integer, visit_occurrence_id integer,
        visit_detail_id integer, drug_source_value varchar(50), drug_source_concept_id integer,
        route_source_value varchar(50), dose_unit_source_value varchar(50)""",
}
"""The tables as the common data model 5.4 has them for PostgreSQL."""

LABS = "id integer PRIMARY KEY, subject text, marker text, time timestamp, value numeric, unit text"
ROWS = """1,a,crp,2020-01-01,8,mg/dL
2,b,CRP,2020-01-02,50,mg/L
3,z,CRP,2020-01-01,7,mg/L
4,a,CRP,2020-01-05,5.5,mg/L
5,b,CRP,2020-01-09 08:15,8,mg/L
6,b,Ferritin,2020-01-01,900,ng/mL
7,b,Ferritin,2020-01-09,1200,ng/mL
8,a,CRP,2020-01-06,,
"""
DRUGS = "subject,intervention,start,stop\nb,anakinra,2020-01-05,\na,etoposide,2020-01-03,2020-01-06\n"


@pytest.fixture(scope="module")
def server():
    """The folder of a server's socket."""
    with databases.postgres_server() as folder:
        yield folder


@pytest.fixture
def ask(server):
    """A function that runs a statement in an empty database."""
    run = databases.psql(server)
    run(
        "SET client_min_messages = warning; DO $$ DECLARE one name; BEGIN FOR one IN SELECT nspname "
        "FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)' "
        "LOOP EXECUTE format('DROP SCHEMA %I CASCADE', one); END LOOP; END $$; CREATE SCHEMA public"
    )
    return run


@pytest.fixture
def url(server):
    return f"postgresql://tester:{SECRET}@/postgres?host={server}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    work_in(tmp_path, monkeypatch)
    stay_in_process(monkeypatch)
    Path("labs.csv").write_text("row,subject,marker,time,value,unit\n" + ROWS)
    Path("drugs.csv").write_text(DRUGS)
    return tmp_path


def summarize(labs, *arguments, out="out.csv"):
    """Run the command; the result, and the bytes of its output (None where there is none)."""
    result, found = streams.summarize(str(labs), *arguments, out=out)
    assert SECRET not in result.output
    return result, found


def changes(labs, *arguments, out="out.csv"):
    result, found = summarize(labs, *arguments, out=out)
    assert result.exit_code == 0, result.output
    return found


def put(ask, table, columns, text):
    """A table with the rows of a CSV text without a header."""
    ask(f"CREATE TABLE {table} ({columns})", f"COPY {table} FROM STDIN (FORMAT csv)", text=text)


def put_omop(ask, source, schema="cdm"):
    """The tables of a folder of OMOP."""
    ask(f"CREATE SCHEMA {schema}")
    for table, columns in OMOP.items():
        text = (source / f"{table.upper()}.csv").read_text()
        put(ask, f"{schema}.{table}", columns, text.partition("\n")[2].replace('""', ""))


def handed_over(monkeypatch):
    """A list that gets the number of rows of each batch of labs that leaves the warehouse."""
    sizes, whole = [], in_stream.Labs.__call__

    def read(labs, *arguments, **options):
        for batch in whole(labs, *arguments, **options):
            sizes.append(batch.table.num_rows)
            yield batch

    monkeypatch.setattr(in_stream.Labs, "__call__", read)
    return sizes


@needs_shared
@pytest.mark.parametrize(
    "options",
    [
        ["--drug", "314076", "--drug", "simvastatin", "--course-gap", "30d"],
        ["--drug", "lisinopril", "--marker", "hemoglobin", "--at", "each"],
        ["--drug", "lisinopril", "--subject", "8", "--units", "si"],
    ],
    ids=" ".join,
)
def test_an_omop_warehouse_gives_the_bytes_of_the_folder_of_its_tables(folder, ask, url, options):
    put_omop(ask, SHARED / "omop")

    expected = changes(SHARED / "omop", *options)

    assert changes(url, *options) == expected
    assert changes(url, *options, "--engine", "pandas") == expected


@needs_shared
def test_interventions_of_an_omop_warehouse_are_all_its_drugs_unless_a_file_has_others(folder, ask, url):
    put_omop(ask, SHARED / "omop")
    omop = str(SHARED / "omop")
    Path("drugs.csv").write_text("subject,intervention,start\n8,own,2010-01-01\n12,own,2012-01-01\n")
    only = ["--subject", "8", "--subject", "12"]

    expected = changes(omop, "--interventions", omop, *only, out="out.parquet")
    assert changes(url, *only, out="out.parquet") == expected
    assert changes(url, "--interventions", "drugs.csv") == changes(omop, "--interventions", "drugs.csv")


@pytest.mark.parametrize("identifiers", ["number", "text"])
@pytest.mark.parametrize("form", ["a table", "shuffled", "without a key", "a SELECT"])
def test_a_cohort_gives_the_bytes_of_parquet(folder, ask, url, monkeypatch, form, identifiers):
    labs, drugs = write_cohort(Cohort(5_000, 250, identifiers=identifiers), folder)
    Path("few.csv").write_text("".join(Path(drugs).read_text().splitlines(True)[:5]))
    frame = pd.read_parquet(labs).reset_index(names="id")
    rows = frame.sample(frac=1, random_state=1) if form == "shuffled" else frame
    key = "PRIMARY KEY" if form in ("a table", "shuffled") else ""
    kinds = ("bigint", "double precision") if identifiers == "number" else ("text", "numeric")
    columns = "id bigint {}, subject {}, marker text, time timestamp, value {}, bound text, unit text"
    put(ask, "labs", columns.format(key, *kinds), rows.to_csv(index=False, header=False))
    monkeypatch.setattr("hlhcli.readers.postgres.BATCH_BYTES", 50_000)
    table = "SELECT * FROM labs ORDER BY id" if form == "a SELECT" else "labs"

    for given in ([str(drugs)], ["few.csv"], ["few.csv", "--marker", "crp", "--marker", "hb"]):
        expected = changes(labs, "--engine", "stream", "--interventions", *given)
        sizes = handed_over(monkeypatch)
        assert changes(url, "--table", table, "--interventions", *given) == expected
        assert (sum(sizes) < 3_000) == bool(key and given[0] == "few.csv")


def test_units_are_those_of_the_whole_table_though_only_some_subjects_leave_it(folder, ask, url, monkeypatch):
    put(ask, "labs", LABS, ROWS)
    Path("drugs.csv").write_text("subject,intervention,start\nb,anakinra,2020-01-05\n")
    sizes = handed_over(monkeypatch)

    result, found = summarize(url, "--table", "labs", "--interventions", "drugs.csv")

    assert found == changes("labs.csv", "--interventions", "drugs.csv")
    assert b",crp,mg/dL," in found
    assert "1 of 8 rows have no value and were not used" in result.output
    assert sizes == [8, 4]  # the sample, and the rows of one subject


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--marker", "crp"],
        ["--subject", "a"],
        ["--subject", "b", "--marker", "FERRITIN"],
        ["--at", "each"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("where", ["labs", '"Odd ""name"".labs"', "hosp.labs", "SELECT * FROM labs;"])
def test_a_choice_of_subjects_and_markers_is_that_of_a_file(folder, ask, url, options, where):
    if where == "hosp.labs":
        ask("CREATE SCHEMA hosp")
    name = "labs" if where.startswith("SELECT") else where
    put(ask, name, LABS, ROWS)

    expected = changes("labs.csv", "--interventions", "drugs.csv", *options)

    result, found = summarize(url, "--table", where, "--interventions", "drugs.csv", *options)
    assert found == expected
    assert "no labs" not in result.output


def in_both(ask, url, columns, rows, *arguments):
    """The output for a file and for a table that was filled from its end, which must be the same; the former."""
    lines = rows.splitlines(True)
    put(ask, "labs", columns, "".join(reversed(lines)))
    names = ",".join(part.split()[0] for part in columns.split(","))
    Path("labs.csv").write_text(f"{names}\n{rows}")
    by_file, expected = summarize(
        "labs.csv", "--engine", "stream", "--interventions", "drugs.csv", *arguments
    )

    result, found = summarize(url, "--table", "labs", "--interventions", "drugs.csv", *arguments)

    assert found == expected, (result.output, by_file.output)
    assert result.exit_code == by_file.exit_code
    return found.decode()


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_the_key_gives_the_order_of_rows_whatever_order_they_come_in(folder, ask, url, monkeypatch, size):
    monkeypatch.setattr("hlhcli.readers.postgres.BATCH_BYTES", size)
    ties = (
        "9,b,CRP,2020-01-09 08:15,<8,mg/L\n10,b,CRP,2020-01-09 08:15,>8,mg/L\n11,b,crp,2020-01-10,1,mg/dL\n"
    )
    texts = "id integer PRIMARY KEY, subject text, marker text, time text, value text, unit text"

    assert ",crp,mg/dL," in in_both(ask, url, texts, ROWS + ties, "--at", "each")


def test_blanks_and_marks_around_a_subject_are_no_part_of_it(folder, ask, url):
    rows = ROWS.replace("2,b,", "2, b ,").replace("5,b,", "5,b\u00a0,").replace("7,b,", "7,\tb,")

    assert "b,Ferritin,ng/mL,anakinra,2020-01-05,first,900,2020-01-01,1200," in in_both(ask, url, LABS, rows)


def test_a_cell_that_cannot_be_read_is_set_aside_though_its_subject_has_no_intervention(folder, ask, url):
    rows = f"{ROWS}9,z,,2020-01-02,7,mg/L\n10,z,,2020-01-03,7,mg/L\n"

    in_both(ask, url, LABS, rows, "--rejects", "bad.csv")

    bad = [line.rsplit(",", 2)[0] for line in Path("bad.csv").read_text().splitlines()[1:]]
    assert bad == [f"postgresql://tester@/postgres,{row},marker" for row in (9, 10)]


def test_texts_in_place_of_numbers_and_dates_are_read_as_in_a_file(folder, ask, url):
    columns = "id integer PRIMARY KEY, subject char(3), marker text, time text, value text, unit text"
    rows = "1, a ,CRP,2020-01-01,<5,mg/L\n2,a,CRP,2020-01-09,8,mg/L\n3,a,CRP,soon,4o,mg/L\n"
    put(ask, "labs", columns, rows)
    Path("labs.csv").write_text("id,subject,marker,time,value,unit\n" + rows)
    Path("drugs.csv").write_text("subject,intervention,start\na,x,2020-01-05\n")
    arguments = ["--interventions", "drugs.csv", "--rejects", "bad.csv"]

    result, found = summarize(url, "--table", "labs", *arguments)
    rejected = Path("bad.csv").read_text().splitlines()[1]

    assert found == summarize("labs.csv", *arguments)[1]
    assert result.exit_code == 1
    assert rejected == "postgresql://tester@/postgres,3,time,soon,is no time"


@pytest.mark.parametrize("kind", ["timestamptz", "double precision"])
def test_instants_of_utc_and_days_are_read_as_from_parquet(folder, ask, url, kind):
    times = ["2020-01-01T08:00Z", "2020-07-09T08:00Z"] if kind == "timestamptz" else [1.5, 9]
    frame = pd.DataFrame(
        {"subject": "a", "marker": "CRP", "time": times, "value": [5.0, 8.0], "unit": "mg/L"}
    )
    if kind == "timestamptz":
        frame["time"] = pd.to_datetime(frame["time"], format="ISO8601")
    frame = frame if kind == "timestamptz" else frame.rename(columns={"time": "day"})
    frame.to_parquet("labs.parquet")
    columns = f"subject text, marker text, {frame.columns[2]} {kind}, value numeric, unit text"
    put(ask, "labs", columns, frame.to_csv(index=False, header=False))
    Path("drugs.csv").write_text(
        f"subject,intervention,start{'' if kind == 'timestamptz' else '_day'}\n"
        f"a,x,{'2020-01-05' if kind == 'timestamptz' else '5'}\n"
    )
    arguments = ["--interventions", "drugs.csv"]

    assert changes(url, "--table", "labs", *arguments) == changes(
        "labs.parquet", "--engine", "stream", *arguments
    )


def test_labs_that_name_no_subject_are_read_whole(folder, ask, url):
    put(ask, "labs", "marker text, date date, value real", "CRP,2020-01-01,8\nCRP,2020-01-09,4\n")
    Path("drugs.csv").write_text("subject,intervention,start\np1,anakinra,2020-01-05\n")
    Path("labs.csv").write_text("marker,date,value\nCRP,2020-01-01,8\nCRP,2020-01-09,4\n")

    expected = changes("labs.csv", "--interventions", "drugs.csv")

    assert changes(url, "--table", "labs", "--interventions", "drugs.csv") == expected


def small_omop(ask, schema, quoted=False):
    ask(f"CREATE SCHEMA {schema}")
    name = '"{}"'.format if quoted else str
    put(
        ask,
        f"{schema}.{name('CONCEPT')}",
        "concept_id int, concept_name text",
        "1,CRP\n19,anakinra\n20,etoposide\n99,other\n",
    )
    put(
        ask,
        f"{schema}.{name('DRUG_EXPOSURE')}",
        "drug_exposure_id int, person_id int, drug_concept_id int, drug_exposure_start_date date",
        "1,1,19,2020-01-05\n2,2,20,2020-01-05\n",
    )
    put(
        ask,
        f"{schema}.{name('MEASUREMENT')}",
        "measurement_id int, person_id int, measurement_concept_id int, measurement_date date, "
        "operator_concept_id int, value_as_number numeric, unit_source_value text",
        "2,1,1,2020-01-09,4171756,5,mg/L\n1,1,1,2020-01-02,,50,mg/L\n3,2,1,2020-01-02,,7,mg/L\n",
    )


def test_tables_of_omop_are_found_in_any_schema_and_spelling(folder, ask, url):
    small_omop(ask, "deid", quoted=True)

    found = changes(url, "--at", "first", "--drug", "anakinra").decode()

    assert "1,CRP,mg/L,anakinra,2020-01-05,first,50,2020-01-02," in found
    assert "etoposide" not in found


def test_several_warehouses_in_a_database_need_a_choice_which_the_address_makes(folder, ask, url):
    for schema in ("one", "two"):
        small_omop(ask, schema)
    ask("UPDATE two.measurement SET value_as_number = 500 WHERE measurement_id = 1")

    result, found = summarize(url)
    assert found is None
    assert (
        "has several tables measurement (one.measurement, two.measurement); choose a schema" in result.output
    )
    assert "?options=-csearch_path%3Done" in result.output
    assert b",500,2020-01-02," in changes(f"{url}&options=-csearch_path%3Dtwo")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (
            "postgresql://t:geheim@127.0.0.1:9/db",
            "postgresql://t@127.0.0.1:9/db: cannot be opened (Connection refused",
        ),
        ("postgresql://t:ge/geheim@127.0.0.1:9/db", "a password with / ? # or @ is written with %2F"),
        ("postgresql://t:x@geheim@127.0.0.1:9/db", "the address has an @ in the wrong place"),
        ("postgresql://t:geheim@[::1/db", "is no address of a database"),
        (
            "postgresql://t@/x?host={server}&password=geheim&geheim=1",
            "cannot be opened (invalid URI query parameter",
        ),
        ("postgresql://nobody:geheim@/postgres?host={server}", 'role "nobody" does not exist'),
        ("postgresql://tester:geheim@/none?host={server}", 'database "none" does not exist'),
        (
            "postgresql://locked:geheim@/postgres?host={server}",
            "set PGPASSWORD, or have the password in ~/.pgpass",
        ),
        ("postgresql://locked@/postgres?host={server}", "set PGPASSWORD, or have the password in ~/.pgpass"),
    ],
)
def test_an_address_that_does_not_work_is_one_message_without_the_password(
    folder, ask, server, monkeypatch, address, message
):
    monkeypatch.setenv("HOME", str(folder))
    lock(ask, server)

    result, found = summarize(address.format(server=server))

    assert found is None
    assert result.exit_code == 1
    assert message in result.output
    assert result.output.count("hlhcli:") == 1


def lock(ask, server):
    """A user that needs a password."""
    ask(
        "DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'geh:eim@1'; GRANT USAGE ON SCHEMA public TO locked"
    )
    rules = server / "data" / "pg_hba.conf"
    if "locked" not in rules.read_text():
        rules.write_text(f"local all locked scram-sha-256\n{rules.read_text()}")
    ask("SELECT pg_reload_conf()")


@pytest.mark.parametrize("way", ["address", "PGPASSWORD", ".pgpass"])
def test_a_password_comes_with_the_address_or_the_environment_or_a_file(
    folder, ask, server, monkeypatch, way
):
    lock(ask, server)
    put(ask, "labs", LABS, ROWS)
    ask("GRANT SELECT ON labs TO locked")
    password = ":geh%3Aeim%401" if way == "address" else ""
    if way == "PGPASSWORD":
        monkeypatch.setenv("PGPASSWORD", "geh:eim@1")
    if way == ".pgpass":
        Path("pass").write_text(r"*:*:*:locked:geh\:eim@1")
        Path("pass").chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(folder / "pass"))

    found = changes(
        f"postgresql://locked{password}@/postgres?host={server}",
        "--table",
        "labs",
        "--interventions",
        "drugs.csv",
    )

    assert found == changes("labs.csv", "--interventions", "drugs.csv")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "has no MEASUREMENT table of OMOP; say which table holds the labs: --table NAME; "),
        (["--table", "labz"], "has no table 'labz'; did you mean 'labs'? known: labs"),
        (["--table", "a b c"], "the database says: invalid name syntax"),
        (["--table", "SELECT nix FROM labs"], 'the database says: column "nix" does not exist'),
        (["--table", "SELECT 1/0 AS a"], "the database says: division by zero"),
        (["--table", "WITH x AS (DELETE FROM labs RETURNING *) SELECT * FROM x"], "the database says: "),
        (["--table", "SELECT *, setval('s', 5) FROM labs"], "in a read-only transaction"),
        (["--table", "SELECT subject, marker, value FROM labs"], "no column for time or day"),
        (
            ["--table", "SELECT id, * FROM labs"],
            "the SELECT: more than one column is called 'id'; name them apart with AS",
        ),
        (["--table", "SELECT *, pg_sleep(9) FROM labs"], "allow more time in the address"),
        (["--table", "SELECT *, pg_terminate_backend(pg_backend_pid()) FROM labs"], "the database says: "),
        (
            ["--table", "SELECT subject FROM secret"],
            "permission denied for table secret; the user needs the right",
        ),
        (["--table", "labs", "--sheet", "x"], "is a database and has no sheets; leave out --sheet"),
    ],
)
def test_what_the_database_refuses_is_one_message_and_changes_nothing(
    folder, ask, server, arguments, message
):
    lock(ask, server)
    put(ask, "labs", LABS, ROWS)
    ask(
        "CREATE TABLE secret (subject text); CREATE SEQUENCE s; GRANT ALL ON labs TO locked; GRANT ALL ON s TO locked"
    )
    url = f"postgresql://locked:geh%3Aeim%401@/postgres?host={server}&options=-cstatement_timeout%3D2000"

    result, found = summarize(url, *arguments, "--interventions", "drugs.csv")

    assert found is None
    assert result.exit_code == 1
    assert message in result.output
    assert "geh" not in result.output
    assert result.output.count("hlhcli:") == 1, result.output
    assert ask("SELECT count(*) FROM labs") == "8\n"


def test_a_file_has_no_tables(folder):
    for engine_name in ("pandas", "stream"):
        result, _ = summarize(
            "labs.csv", "--table", "labs", "--interventions", "drugs.csv", "--engine", engine_name
        )
        assert "labs.csv: is no PostgreSQL database and has no tables; leave out --table" in result.output


def test_other_commands_hold_a_small_table_in_memory_and_refuse_a_large_one(folder, ask, url, monkeypatch):
    put(ask, "labs", LABS, ROWS)

    def run(*arguments):
        return CliRunner().invoke(app, [*arguments])

    assert run("check", url, "--table", "labs", "-f", "json").exit_code == 0
    assert run("convert", url, "--table", "labs", "--to", "tidy", "-o", "tidy.csv").exit_code == 0
    assert run("convert", "labs.csv", "--to", "tidy", "-o", "same.csv").exit_code == 0
    assert Path("tidy.csv").read_bytes() == Path("same.csv").read_bytes()
    refused = run("check", url, "--from", "fhir", "-f", "json")
    assert "is a database; leave out --from fhir" in refused.output
    monkeypatch.setattr(tables, "MOST_ROWS", 7)
    result = run("convert", url, "--table", "labs", "-o", "other.csv")
    assert "public.labs has more than 7 rows, which this command would hold in memory" in result.output


def test_a_report_names_the_database_without_its_password(folder, ask, url):
    put(ask, "labs", LABS, ROWS)

    result = CliRunner().invoke(
        app, ["report", url, "--table", "labs", "--interventions", "drugs.csv", "-o", "r.md"]
    )

    assert result.exit_code == 0, result.output
    page = Path("r.md").read_text().replace("\\", "").replace("&#58;", ":").replace("&#64;", "@")
    assert "tester" in page
    assert "not kept (a database)" in page
    assert SECRET not in page + result.output


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX signals")
def test_ctrl_c_ends_a_slow_statement_at_once_and_leaves_the_old_output(folder, ask, url):
    put(ask, "labs", LABS, ROWS)
    Path("out.csv").write_text("old")
    slow = "SELECT labs.*, pg_sleep(20) IS NULL AS slow FROM labs"
    command = ["summarize", url, "--table", slow, "--interventions", "drugs.csv", "-o", "out.csv"]
    child = subprocess.Popen(
        [sys.executable, "-m", "hlhcli", *command],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder / "scratch"), "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(20) IS%'"
    )
    deadline = time.monotonic() + 60
    while int(ask(running)) < 2 and time.monotonic() < deadline:  # this question is one itself
        time.sleep(0.1)
    begin = time.monotonic()
    os.killpg(child.pid, signal.SIGINT)
    _, words = child.communicate(timeout=20)

    assert time.monotonic() - begin < 10
    assert child.returncode == 130, words
    assert "out.csv was not written" in words
    assert Path("out.csv").read_text() == "old"
    assert list((folder / "scratch").iterdir()) == []
    assert int(ask(running)) == 1


def test_a_connection_sees_one_state_of_the_tables_and_writes_nothing(folder, ask, url):
    put(ask, "labs", LABS, ROWS)

    with Warehouse(url) as warehouse:
        before = warehouse.ask("SELECT count(*) AS n FROM labs")["n"].to_pylist()
        ask("DELETE FROM labs")
        after = warehouse.ask("SELECT count(*) AS n FROM labs")["n"].to_pylist()

    assert before == after == [8]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgres://u:p@h:5/db?sslmode=require&password=p", "postgres://u@h:5/db"),
        ("postgresql://h1,h2/db", "postgresql://h1,h2/db"),
        ("postgresql:///db", "postgresql:///db"),
        ("POSTGRESQL://u:p@h/db", "postgresql://u@h/db"),
        ("labs@home.csv", "labs@home.csv"),
    ],
)
def test_an_address_is_shown_without_password_and_options(address, shown):
    assert public_address(address) == shown


def test_a_table_of_mimic_is_read_by_its_own_names_and_joined_to_its_items(folder, ask, url):
    ask("CREATE SCHEMA hosp")
    put(
        ask,
        "hosp.labevents",
        "labevent_id int PRIMARY KEY, subject_id int, itemid int, charttime timestamp, storetime timestamp, "
        "value varchar(200), valuenum double precision, valueuom varchar(20), ref_range_lower double precision, "
        "ref_range_upper double precision, flag varchar(10)",
        "1,10,50889,2150-01-01 08:00,2150-01-01 10:00,50.0,50,mg/L,0,5,abnormal\n"
        "2,10,50889,2150-01-09 08:00,2150-01-09 10:00,<5,,mg/L,0,5,\n"
        "3,11,50889,2150-01-09 08:00,2150-01-09 10:00,7,7,mg/L,0,5,abnormal\n",
    )
    put(ask, "hosp.d_labitems", "itemid int PRIMARY KEY, label text", "50889,C-Reactive Protein\n")
    Path("drugs.csv").write_text("subject_id,intervention,start\n10,anakinra,2150-01-05\n")
    names = ["--column", "time=charttime", "--column", "marker=itemid", "--column", "value=valuenum"]
    joined = "SELECT * FROM hosp.labevents JOIN hosp.d_labitems USING (itemid)"
    arguments = ["--interventions", "drugs.csv", "--at", "first"]

    by_number = changes(url, "--table", "hosp.labevents", *names, *arguments).decode()
    by_label = changes(
        url, "--table", joined, "--column", "time=charttime", "--column", "marker=label", *arguments
    ).decode()

    assert "\n10,50889,mg/L,anakinra,2150-01-05,first,50,2150-01-01T08:00,,,," in by_number
    assert "\n10,C-Reactive Protein,mg/L,anakinra,2150-01-05,first,50," in by_label


def test_rows_on_disk_are_read_by_subject_and_row_in_whatever_order_they_came(tmp_path):
    nothing, numbers = np.zeros(4, dtype=np.int64), np.array([7, 9, 3, 2])
    records = Records(nothing, nothing * 0.0, numbers, np.array([1, 0, 1, 0], dtype=np.int32), nothing)
    with Spill(tmp_path, 2, 1) as spill:
        spill.add(records)

    found = read_records([Dealt(tmp_path, np.array([0]), np.array([0]))], 0)

    assert list(zip(found.subject.tolist(), found.row.tolist(), strict=True)) == [
        (0, 2),
        (0, 9),
        (1, 3),
        (1, 7),
    ]
