"""Labs in a PostgreSQL warehouse as Arrow batches, and an outline of all of them made there.

The outline has one row for each combination of the texts of a row, with the number of its rows
and its first one. What is decided for the whole input is decided on it, so that only the rows of
subjects and markers that are asked for need to leave the warehouse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from hlhcli.readers.omop import Tables
from hlhcli.readers.postgres import Relation, Warehouse, cell_of, identifier, selected
from hlhcli.readers.warehouse import OmopTables, open_warehouse, texts_of
from hlhcli.reading import ReadingOptions
from hlhcli.stream.pieces import Batch
from hlhcli.stream.sources import Source

OMOP_TEXT = (
    "measurement_concept_id",
    "measurement_source_value",
    "operator_concept_id",
    "unit_source_value",
    "unit_concept_id",
    "range_low",
    "range_high",
)
OMOP_TIMES = ("measurement_datetime", "measurement_date")
SAMPLE = 1000
UNKNOWN_ROWS = 10_000_000
"""The likely number of rows where the warehouse does not know it."""

CASES = (("filled", "timed"), ("filled", "untimed"), ("empty", "timed"), ("empty", "untimed"))
"""Whether the rows of a combination have a value and a time: each case is counted on its own."""


@dataclass
class Labs:
    """A table of labs: `hlhcli.stream.sources.Read` of all its rows, or of some."""

    warehouse: Warehouse
    relation: Relation
    kinds: dict[str, pa.DataType]
    exact: tuple[str, ...] = ()
    """Columns of identifiers, of which every digit counts."""

    def __call__(
        self, columns: Sequence[str], _: Sequence[str], where: str = "", *, counted: bool = False
    ) -> Iterator[Batch]:
        """The batches of all rows, or of those that meet a condition; their rows ascend within each.

        ``counted`` says that an outline has counted them.
        """
        key, at = self.relation.key, 0
        rows = f"{identifier(key)}::bigint AS row_of_labs, " if key else ""
        cells = selected(self.kinds, columns, self.exact)
        for batch in self.warehouse.stream(f"SELECT {rows}{cells} FROM {self.relation.source}{where}"):
            if not batch.num_rows:
                continue
            row, table = _by_row(batch) if key else (np.arange(at, at + batch.num_rows) + 1, batch)
            at += batch.num_rows
            count = np.zeros(batch.num_rows, dtype=np.int64) if counted else None
            yield Batch(0, table, row, min(1.0, at / self.likely_rows), count)

    @property
    def likely_rows(self) -> int:
        """About how many rows there are."""
        return self.relation.rows if self.relation.rows > 0 else UNKNOWN_ROWS

    def source(self, name: str) -> Source:
        """The table as an input of the stream."""
        place, public = self.relation.key or "row", self.warehouse.name
        header, close = list(self.kinds), self.warehouse.close
        return Source(name, [public], header, self.likely_rows, self, place, self.first_rows, close)

    def first_rows(self, columns: Sequence[str], coded: Sequence[str]) -> Iterator[Batch]:
        """Some rows, to see what the columns hold."""
        return self(columns, coded, f" LIMIT {SAMPLE}")

    def cell(self, column: str) -> str:
        """A column as it is read."""
        return cell_of(column, self.kinds[column], exact=column in self.exact)

    def is_number(self, column: str) -> bool:
        """Whether a column holds numbers, not texts."""
        kind = self.kinds[column]
        named = getattr(kind, "type_name", "")
        return named == "numeric" or pa.types.is_integer(kind) or pa.types.is_floating(kind)

    def time(self, times: Sequence[str]) -> str:
        """The first of the columns of times that has one."""
        names = [identifier(column) for column in times]
        if len(names) == 1:
            return names[0]
        return f"COALESCE({', '.join(f'{name}::timestamp' for name in names)})"

    def outline(self, texts: Sequence[str], value: str, times: Sequence[str]) -> pa.Table:
        """Every combination of texts: how many rows it has in each of `CASES`, and the first of each.

        ``latest`` is one of its times, ``clocked`` one with a time of day; ``endless`` says whether a
        value is infinite.
        """
        number, time = f"NULLIF({self.cell(value)}::float8, 'NaN')", self.time(times)
        key = identifier(self.relation.key) if self.relation.key else "NULL"
        wanted = {"filled": f"{number} IS NOT NULL", "empty": f"{number} IS NULL"}
        wanted |= {"timed": f"{time} IS NOT NULL", "untimed": f"{time} IS NULL"}
        counts = [
            f"count(*) FILTER (WHERE {wanted[a]} AND {wanted[b]}) AS n_{a}_{b}, "
            f"min({key}::bigint) FILTER (WHERE {wanted[a]} AND {wanted[b]}) AS first_{a}_{b}"
            for a, b in CASES
        ]
        groups = ", ".join(str(place) for place in range(1, len(texts) + 1))
        return self.warehouse.ask(
            f"SELECT {selected(self.kinds, texts, self.exact)}, {', '.join(counts)}, max({time}) AS latest, "
            f"max({time}) FILTER (WHERE {time}::timestamp::time <> '00:00') AS clocked, "
            f"COALESCE(bool_or({number} IN ('Infinity', '-Infinity')), false) AS endless "
            f"FROM {self.relation.source} GROUP BY {groups}"
        )


def _by_row(batch: pa.RecordBatch) -> tuple[np.ndarray, pa.RecordBatch]:
    """The numbers of the rows of a batch, ascending, and its other columns in that order."""
    row = batch.column(0).fill_null(0).to_numpy(zero_copy_only=False)
    table = pa.RecordBatch.from_arrays(batch.columns[1:], names=batch.schema.names[1:])
    if (row[1:] < row[:-1]).any():
        order = np.argsort(row, kind="stable")
        row, table = row[order], table.take(pa.array(order))
    return row, table


def open_labs(name: str, options: ReadingOptions) -> tuple[Source, Tables | None]:
    """The labs of a warehouse, and OMOP's tables unless another table was named; raises `HlhcliError`."""
    warehouse = open_warehouse(name, options)
    try:
        return _labs_of(warehouse, options)
    except BaseException:
        warehouse.close()
        raise


def _labs_of(warehouse: Warehouse, options: ReadingOptions) -> tuple[Source, Tables | None]:
    if options.table:
        labs = _labs(warehouse, warehouse.relation(options.table))
        if not labs.relation.key:
            warehouse.set("max_parallel_workers_per_gather", "0")  # else rows have no order of their own
        return labs.source(f"{warehouse.name}, {labs.relation.name}"), None
    tables = OmopTables(warehouse)
    labs = _labs(warehouse, tables.measurement())
    by_name = {column.lower(): column for column in labs.kinds}
    if "measurement_id" in by_name:
        labs.relation = replace(labs.relation, key=by_name["measurement_id"])
    labs.exact = tuple(by_name[one] for one in ("person_id", OMOP_TEXT[0]) if one in by_name)
    return labs.source(f"{warehouse.name}, MEASUREMENT"), _Concepts(tables, labs)


def _labs(warehouse: Warehouse, relation: Relation) -> Labs:
    return Labs(warehouse, relation, {column.name: column.type for column in warehouse.schema(relation)})


class _Concepts:
    """CONCEPT with the concepts that the labs use."""

    def __init__(self, tables: OmopTables, labs: Labs) -> None:
        self._tables, self._labs = tables, labs

    def __call__(self, name: str) -> dict[str, list[str]] | None:
        used = [column for column in self._labs.kinds if column.lower() in CONCEPTS]
        distinct = f"SELECT DISTINCT {selected(self._labs.kinds, used)} FROM {self._labs.relation.source}"
        self._tables.note(texts_of(self._labs.warehouse.name, self._labs.warehouse.ask(distinct)))
        return self._tables(name)


CONCEPTS = ("measurement_concept_id", "operator_concept_id", "unit_concept_id")
