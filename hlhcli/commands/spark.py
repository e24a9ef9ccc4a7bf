"""Labs on a cluster: what Spark takes, and a run of it from the options to the file."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hlhcli.commands.case import second_file
from hlhcli.commands.stream import FORMATS, Question, interventions_table, progress_to, report, state_request
from hlhcli.errors import HlhcliError
from hlhcli.readers.source import STDIN
from hlhcli.request import Scale

if TYPE_CHECKING:
    from hlhcli.readers.delimited import Table

MOST_ROWS = 250_000
"""Rows that an executor analyzes together; a subject that has more is analyzed alone."""


def find_folder(scale: Scale, output: str | None, file_format: str | None) -> str | None:
    """The folder that Spark writes itself; None where the output is one file.

    >>> find_folder(Scale("spark"), "s3a://bucket/changes", None)
    's3a://bucket/changes'
    """
    if scale.engine != "spark" or output is None or not (output.endswith("/") or "://" in output):
        return None
    if file_format is not None:
        raise HlhcliError(f"{output}: a folder is written as Parquet; leave out --format {file_format}")
    return output


def run(question: Question, folder: str | None) -> int:
    """Summarize on a cluster; the number of rows that could not be read."""
    _require_possible(question)
    from hlhcli.extras import library

    library("pyarrow", "spark", "--engine spark")
    from hlhcli.spark.session import open_session, parse_settings

    settings = parse_settings(question.scale.spark_conf)
    target = folder or question.destination.target
    with progress_to(target) as progress, open_session(question.scale.master, settings) as session:
        from hlhcli.spark import engine, sources
        from hlhcli.spark.watch import watched
        from hlhcli.stream.resources import Resources

        labs = sources.open_labs(session, str(question.source.labs), question.reading.table, question.reading)
        try:
            resources = Resources(1, MOST_ROWS)
            request = state_request(question, lambda: _interventions(session, question), resources)
            request = replace(request, labs=labs.form.source.name)
            with watched(session, progress):
                if folder:
                    outcome = engine.run_into_folder(request, labs, folder, progress)
                else:
                    outcome = engine.run(request, labs, progress)
        finally:
            labs.release()
    return report(outcome.bad, question.scale.rejects)


def _require_possible(question: Question) -> None:
    source, destination, scale = question.source, question.destination, question.scale
    if source.labs in (None, STDIN) or source.interventions == STDIN:
        raise HlhcliError("--engine spark reads files, tables and databases, no standard input; name them")
    if scale.memory:
        raise HlhcliError(
            "--memory is of --engine stream; tell Spark: --spark-conf spark.executor.memory=8g, and "
            "spark.driver.memory where it runs on this machine"
        )
    if question.reading.table and not str(source.labs).startswith("jdbc:"):
        raise HlhcliError(
            "--table names a table of a database; name the database: jdbc:postgresql://host/name"
        )
    if destination.datapackage or destination.schema != "plain":
        option = "--datapackage" if destination.datapackage else f"--schema {destination.schema}"
        raise HlhcliError(f"{option} describes the whole output, which Spark never has; use --engine pandas")
    _require_format(question)


def _require_format(question: Question) -> None:
    target, file_format = question.destination.target, question.destination.file_format
    if file_format not in FORMATS or (target is None and file_format == "parquet"):
        raise HlhcliError(
            f"{file_format} cannot be written by --engine spark; write -o changes.csv, .tsv, .jsonl or "
            ".parquet, or a folder: -o changes/"
        )


def _interventions(session: Any, question: Question) -> "Table":  # noqa: ANN401 - a session of Spark
    from hlhcli.spark.sources import interventions_of, is_elsewhere

    source, reading = question.source, question.reading
    file = second_file(source, reading, alone=False)
    if source.given or file is None or not is_elsewhere(file):
        return interventions_table(source, reading)
    table = question.reading.table if file == source.labs else None
    return interventions_of(session, file, table, reading.drugs)
