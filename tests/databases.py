"""Databases that run the tests' standard SQL: DuckDB, and PostgreSQL and Spark where they are."""

import io
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

TYPES = {"text": "VARCHAR(100)", "whole": "BIGINT", "number": "DOUBLE PRECISION"}


def declared(name, columns):
    """The statement that makes a table; ``columns`` says which are text, whole or number."""
    return f"CREATE TABLE {name} ({', '.join(f'{column} {TYPES[kind]}' for column, kind in columns.items())})"


@contextmanager
def duckdb_database():
    """A function that runs a query over tables: for each its columns, and rows as tuples."""
    import duckdb

    with duckdb.connect() as connection:

        def run(query, tables):
            for name, (columns, rows) in tables.items():
                connection.execute(f"DROP TABLE IF EXISTS {name}")
                connection.execute(declared(name, columns))
                places = ", ".join([f"({', '.join('?' * len(columns))})"] * len(rows))
                connection.execute(
                    f"INSERT INTO {name} VALUES {places}", [cell for row in rows for cell in row]
                )
            return connection.execute(query).df()

        yield run


def find_postgres():
    """The folder of the server's programs, or None."""
    server = shutil.which("postgres")
    folders = [Path(server).resolve().parent] if server else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def postgres_server(port=None):
    """A server of its own on a socket of its own, and on a port of this machine; yields the socket's folder."""
    programs = find_postgres()
    as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to be root
    folder = Path(tempfile.mkdtemp(prefix="hlhcli-pg-"))
    try:
        if as_server:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
        make = ["--no-locale", "--encoding=UTF8", "--auth=trust", "--username=tester", "--no-sync"]
        subprocess.run([*as_server, programs / "initdb", "-D", data, *make], **quiet)
        host = f"127.0.0.1 -p {port}" if port else "''"
        where = f"-c listen_addresses={host} -c unix_socket_directories={folder} -c fsync=off"
        control = [*as_server, programs / "pg_ctl", "-D", data, "-w"]
        subprocess.run([*control, "-l", folder / "log", "-o", where, "start"], **quiet)
        try:
            yield folder
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def psql(folder):
    """A function that has a server run statements (and read a text for COPY); what it prints."""
    command = ["psql", "-h", folder, "-U", "tester", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-XAt"]

    def ask(*statements, text=""):
        given = [part for statement in statements for part in ("-c", statement)]
        done = subprocess.run([*command, *given], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return ask


@contextmanager
def postgres_database():
    """As `duckdb_database`, in PostgreSQL."""
    with postgres_server() as folder:
        ask = psql(folder)

        def run(query, tables):
            ask("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public")
            for name, (columns, rows) in tables.items():
                text = pd.DataFrame(rows, columns=list(columns), dtype=object).to_csv(
                    index=False, header=False, na_rep=r"\N"
                )
                copy = rf"COPY {name} FROM STDIN (FORMAT csv, NULL '\N')"
                ask(declared(name, columns), copy, f"ANALYZE {name}", text=text)
            return pd.read_csv(
                io.StringIO(ask(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)")),
                keep_default_na=False,
                na_values=[""],
            )

        yield run
