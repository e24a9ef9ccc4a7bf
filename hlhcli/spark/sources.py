"""Labs that Spark reads: files, tables of its catalog, and databases by JDBC."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hlhcli.errors import HlhcliError
from hlhcli.readers import omop
from hlhcli.readers.delimited import Table
from hlhcli.readers.typed import table_of
from hlhcli.reading import ReadingOptions
from hlhcli.spark.normal import (
    Cells,
    SparkFrame,
    by_encoders,
    by_spark,
    cells_of,
    column,
    is_typed,
    of_files,
)
from hlhcli.stream.form import SAMPLE, Form, omop_form, open_form, tidy_form
from hlhcli.stream.pieces import ROWS_OF_A_FILE, Batch, Misfit, require_columns
from hlhcli.stream.sources import Source, kind_of

CATALOG, JDBC = "spark:", "jdbc:"
QUERY = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)
DRIVERS = {"postgresql": "org.postgresql.Driver"}
"""Classes that Spark finds in a jar only where they are named."""

FETCH = "20000"
"""Rows that a database sends at a time; some send all at once where they are not told."""


@dataclass(frozen=True)
class SparkLabs:
    """Labs as rows of `hlhcli.spark.normal`."""

    form: Form
    cells: Cells
    rows: SparkFrame
    source: SparkFrame | None
    """The table as it stands; None for files of text."""
    typed: bool
    """Whether Spark's own functions have turned the columns."""
    misfits: SparkFrame | None = None
    kept: SparkFrame | None = None
    """What Spark holds, since it would be read again for each question."""

    def release(self) -> None:
        """Let Spark forget what it holds."""
        if self.kept is not None:
            self.kept.unpersist()

    @property
    def zoned(self) -> str:
        """The column of times that have a time zone; empty where none has."""
        kinds = dict(self.source.dtypes) if self.source is not None else {}
        return next((name for name in self.cells.times if kinds.get(name) == "timestamp"), "")

    @property
    def has_clocks(self) -> bool:
        """Whether times of day, where a typed column has any, have no time zone."""
        kinds = dict(self.source.dtypes) if self.source is not None else {}
        return self.typed and any(kinds[name] == "timestamp_ntz" for name in self.cells.times)


def is_elsewhere(name: str) -> bool:
    """Whether only Spark knows how to get at an input: a table, a database, a store of files."""
    return name.startswith((CATALOG, JDBC)) or "://" in name


def open_labs(session: Any, name: str, table: str | None, options: ReadingOptions) -> SparkLabs:  # noqa: ANN401
    """The labs of a name that a user has written; raises `HlhcliError`."""
    if not is_elsewhere(name):
        return _local(session, name, options)
    place = find_place(session, name, table)
    frame = place.table("measurement")
    if options.file_format != "csv" and {"measurement_concept_id", "person_id"} <= set(
        map(str.lower, frame.columns)
    ):
        form = omop_form(
            place.shown, source_of(f"{place.shown}, MEASUREMENT", frame), _tables(place), options
        )
    else:
        form = tidy_form(source_of(place.shown, frame), options)
    labs = of_frame(frame, form)
    return _held(labs, name.startswith(JDBC) or not labs.typed)


def of_frame(frame: SparkFrame, form: Form) -> SparkLabs:
    """The labs of any table, its rows counted in the order in which Spark has them."""
    from pyspark.sql import functions as fun

    cells = cells_of(form, _first_rows(form.source))
    typed = is_typed(frame, cells)
    row = fun.monotonically_increasing_id() + 1
    rows = by_spark(frame, cells, row) if typed else by_encoders(frame, cells, row)
    return SparkLabs(form, cells, rows, frame, typed)


def _held(labs: SparkLabs, wanted: bool) -> SparkLabs:
    if not wanted:
        return labs
    rows = labs.rows.persist()
    return SparkLabs(labs.form, labs.cells, rows, labs.source, labs.typed, kept=rows)


# files that this machine sees ---------------------------------------------------------------


def _local(session: Any, name: str, options: ReadingOptions) -> SparkLabs:  # noqa: ANN401
    form = open_form(name, options)
    files = form.source.files
    if not all(map(kind_of, files)):
        raise HlhcliError(
            f"{name}: Spark reads CSV, Parquet, its own tables and JDBC; --engine stream reads it"
        )
    if kind_of(files[0]) == "parquet":
        return _parquet(session, form, files)
    cells = cells_of(form, _first_rows(form.source))
    kept = of_files(session, files, cells, form.texts).persist()
    rows = kept.where("misfit IS NULL").drop("misfit")
    misfits = kept.where("misfit IS NOT NULL").select("row", "misfit")
    return SparkLabs(form, cells, rows, None, typed=False, misfits=misfits, kept=kept)


def _parquet(session: Any, form: Form, files: Sequence[str]) -> SparkLabs:  # noqa: ANN401
    for file in files:
        require_columns(file, form.columns, pq.read_schema(file).names)
    frame = session.read.parquet(*(str(Path(file).absolute()) for file in files))
    cells = cells_of(form, _first_rows(form.source))
    typed = is_typed(frame, cells)
    numbered, row = _numbered(session, frame, files)
    rows = by_spark(numbered, cells, row) if typed else by_encoders(numbered, cells, row)
    return _held(SparkLabs(form, cells, rows, frame, typed), not typed)


def _numbered(session: Any, frame: SparkFrame, files: Sequence[str]) -> tuple[SparkFrame, Any]:  # noqa: ANN401
    """The rows of Parquet files and the column of their numbers, through all files."""
    from pyspark.sql import functions as fun

    own = fun.col("_metadata.row_index") + 1
    if len(files) == 1:
        return frame, own
    number = {file: place for place, file in enumerate(files)}
    paths = [(_short(uri), number[_path_of(uri, number)]) for uri in frame.inputFiles()]
    known = session.createDataFrame(paths, "_path string, _file bigint")
    rows = frame.withColumn("_path", fun.col("_metadata.file_path")).withColumn("_index", own)
    joined = rows.join(fun.broadcast(known), "_path")
    return joined, fun.col("_file") * ROWS_OF_A_FILE + fun.col("_index")


def _short(uri: str) -> str:
    """A URI as Spark writes it beside a row."""
    return re.sub("^file:/+", "file:/", uri)


def _path_of(uri: str, known: dict[str, int]) -> str:
    """The file that Spark calls by a URI."""
    path = unquote(urlsplit(uri).path) if "://" in uri or uri.startswith("file:") else uri
    return next(file for file in known if file == uri or str(Path(file).absolute()) == path)


def _first_rows(source: Source) -> pa.Table:
    for item in source.read(source.header, ()):
        if isinstance(item, Batch):
            return pa.Table.from_batches([item.table.slice(0, SAMPLE)])
    raise HlhcliError(f"{source.name}: has a header but no rows")


# tables -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where tables are: ``table`` gives one by its name, or the one that the user has named."""

    shown: str
    """What messages call it; without what stands behind a question mark, which may be a password."""
    table: Callable[[str], SparkFrame]


def find_place(session: Any, name: str, table: str | None) -> Place:  # noqa: ANN401
    """The tables of a name; raises `HlhcliError` where it is none that Spark reads."""
    if name.startswith(CATALOG):
        return _catalog(session, name.removeprefix(CATALOG))
    if name.startswith(JDBC):
        return _database(session, name, table)
    if kind_of(name) == "text":
        raise HlhcliError(
            f"{name}: CSV is read from files that every executor sees; bring it to Parquet, "
            "or make it a table of Spark and name that: spark:catalog.schema.table"
        )
    return Place(name, lambda _: session.read.parquet(name))


def _catalog(session: Any, name: str) -> Place:  # noqa: ANN401
    schema, dot, own = name.rpartition(".")
    is_omop = own.lower() in omop.TABLES

    def table(wanted: str) -> SparkFrame:
        return session.table(f"{schema}{dot}{wanted}" if is_omop and wanted != own.lower() else name)

    return Place(f"{CATALOG}{name}", table)


def _database(session: Any, url: str, named: str | None) -> Place:  # noqa: ANN401
    schema = named.rpartition(".")[0] if named and not QUERY.match(named) else ""

    def table(wanted: str) -> SparkFrame:
        name = f"{schema}.{wanted}" if schema else wanted
        reader = session.read.format("jdbc").option("url", url).option("fetchsize", FETCH)
        reader = reader.option("preferTimestampNTZ", "true")
        own = named if named and (wanted == "measurement" or not named_is_omop) else name
        reader = reader.option("query" if QUERY.match(own) else "dbtable", own)
        return _loaded(shown, reader.option("driver", driver) if driver else reader)

    driver = next((one for kind, one in DRIVERS.items() if url.startswith(f"{JDBC}{kind}:")), None)
    named_is_omop = bool(named) and str(named).rpartition(".")[2].lower() in omop.TABLES
    shown = url.partition("?")[0]
    return Place(shown, table)


def _loaded(shown: str, reader: Any) -> SparkFrame:  # noqa: ANN401 - Spark's
    try:
        return reader.load()
    except Exception as error:
        if "No suitable driver" in str(error) or "ClassNotFoundException" in str(error):
            raise HlhcliError(
                f"{shown}: Spark has no driver for this database; give it: --spark-conf spark.jars=driver.jar"
            ) from None
        raise


def _tables(place: Place) -> omop.Tables:
    """The tables of OMOP: of CONCEPT, the concepts that are used."""

    def read(name: str) -> dict[str, list[str]] | None:
        frame = _used_concepts(place) if name == "concept" else place.table(name)
        rows = frame.toArrow()
        table = table_of(place.shown, rows.column_names, (one.to_pylist() for one in rows.columns))
        return {name.lower(): cells for name, cells in zip(table.header, table.columns, strict=True)}

    return read


USED = {
    "measurement": ("measurement_concept_id", "operator_concept_id", "unit_concept_id"),
    "drug_exposure": ("drug_concept_id",),
}


def _used_concepts(place: Place) -> SparkFrame:
    frames = []
    for name, columns in USED.items():
        frame = _if_there(place, name)
        if frame is None:
            continue
        present = [one for one in frame.columns if one.lower() in columns]
        frames += [frame.select(column(one).alias("concept_id")).distinct() for one in present]
    used = frames[0]
    for frame in frames[1:]:
        used = used.union(frame)
    concepts = place.table("concept")
    return concepts.join(used.distinct(), "concept_id", "left_semi").select("concept_id", "concept_name")


def _if_there(place: Place, name: str) -> SparkFrame | None:
    from pyspark.errors import PySparkException

    try:
        return place.table(name)
    except PySparkException:
        return None


def interventions_of(session: Any, name: str, table: str | None, drugs: Sequence[str]) -> Table:  # noqa: ANN401
    """The table of interventions of a name that only Spark knows."""
    place = find_place(session, name, table)
    exposure = _if_there(place, "drug_exposure")
    if exposure is not None and "drug_concept_id" in map(str.lower, exposure.columns):
        return omop.interventions_of(place.shown, _tables(place), drugs)
    rows = place.table("interventions").toArrow()
    return table_of(place.shown, rows.column_names, (one.to_pylist() for one in rows.columns))


def source_of(name: str, frame: SparkFrame) -> Source:
    """A table as a source of `hlhcli.stream`, which gives its first rows only."""

    @cache
    def sample() -> pa.Table:
        return frame.limit(SAMPLE).toArrow().combine_chunks()

    def read(columns: Sequence[str], _: Sequence[str]) -> Iterator[Batch | Misfit]:
        for batch in sample().select(list(columns)).to_batches():
            yield Batch(0, batch, np.arange(1, batch.num_rows + 1), 0.0)

    return Source(name, [name], list(frame.columns), 0, read)
