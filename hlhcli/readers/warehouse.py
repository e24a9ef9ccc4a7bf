"""The tables of a PostgreSQL warehouse for the readers: OMOP, or a table or SELECT of labs.

The warehouse selects: only the columns that are read, only the drugs that `--drug` names, only
the rows of CONCEPT that are used. What a command holds in memory is refused where it is too large.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hlhcli.errors import HlhcliError, nearest
from hlhcli.readers import omop
from hlhcli.readers.address import public_address
from hlhcli.readers.delimited import Table
from hlhcli.readers.postgres import Relation, Warehouse, array, identifier, selected
from hlhcli.readers.typed import table_of
from hlhcli.reading import ReadingOptions

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 2_000_000
"""Labs that are held in memory may have so many rows."""

COLUMNS = {
    "measurement": (
        "measurement_id",
        "person_id",
        "measurement_concept_id",
        "measurement_date",
        "measurement_datetime",
        "operator_concept_id",
        "value_as_number",
        "unit_concept_id",
        "range_low",
        "range_high",
        "measurement_source_value",
        "unit_source_value",
    ),
    "drug_exposure": (
        "drug_exposure_id",
        "person_id",
        "drug_concept_id",
        "drug_exposure_start_date",
        "drug_exposure_start_datetime",
        "drug_exposure_end_date",
        "drug_exposure_end_datetime",
        "sig",
        "drug_source_value",
        "route_source_value",
    ),
}
"""The columns of OMOP that are read; the first tells the rows apart and gives their order."""

IDENTIFIERS = ("person_id", "measurement_concept_id", "drug_concept_id")


class OmopTables:
    """`hlhcli.readers.omop.Tables` of a warehouse; CONCEPT has the concepts of the tables read so far."""

    def __init__(self, warehouse: Warehouse, drugs: Sequence[str] = ()) -> None:
        self.warehouse = warehouse
        self.schema = ""
        self.used: set[str] = set()
        self._drugs = drugs

    def find(self, name: str) -> Relation | None:
        """A table of OMOP: in the schema of the first one that was found, or anywhere else."""
        found = self.warehouse.find(name, self.schema)
        if found is not None and not self.schema:
            self.schema = found.name.rpartition(".")[0]
        return found

    def measurement(self) -> Relation:
        """MEASUREMENT; raises `HlhcliError` where it is missing."""
        found = self.find("measurement")
        if found is None:
            raise HlhcliError(
                f"{self.warehouse.name}: has no MEASUREMENT table of OMOP; say which table holds the labs: "
                f"--table NAME; {nearest('labs', self.warehouse.tables())}"
            )
        return found

    def __call__(self, name: str) -> dict[str, list[str]] | None:
        """The columns of a table as texts; None where there is no such table."""
        relation = self.measurement() if name == "measurement" else self.find(name)
        if relation is None:
            return None
        if name == "concept":
            return self._concepts(relation)
        if name == "drug_exposure" and self._drugs:
            return self._rows(relation, name, f" WHERE {self._wanted(relation)}")
        return self._rows(relation, name)

    def _rows(self, relation: Relation, name: str, where: str = "") -> dict[str, list[str]]:
        kinds = {column.name.lower(): column for column in self.warehouse.schema(relation)}
        present = [column for column in COLUMNS[name] if column in kinds]
        if name == "measurement":
            require_small(self.warehouse, relation)
        by_name = {kinds[column].name: kinds[column].type for column in present}
        exact = [kinds[column].name for column in IDENTIFIERS if column in kinds]
        rows = self.warehouse.ask(
            f"SELECT {selected(by_name, list(by_name), exact)} FROM {relation.source}{where} "
            f"ORDER BY {identifier(kinds[present[0]].name)}"
        )
        cells = texts_of(self.warehouse.name, rows)
        self.note(cells)
        return cells

    def _wanted(self, relation: Relation) -> str:
        """The condition that a drug is one of those that are wanted."""
        kinds = {column.name.lower(): column for column in self.warehouse.schema(relation)}
        present = [kinds[one] for one in ("drug_concept_id", "drug_source_value") if one in kinds]
        by_name = {column.name: column.type for column in present}
        distinct = self.warehouse.ask(
            f"SELECT DISTINCT {selected(by_name, list(by_name))} FROM {relation.source} ORDER BY 1"
        )
        cells = texts_of(self.warehouse.name, distinct)
        cells["person_id"] = [""] * distinct.num_rows
        self.note(cells)
        once = {"drug_exposure": cells, "concept": self("concept")}
        chosen = omop.drug_concepts(self.warehouse.name, once.get, self._drugs)
        return f"{identifier(present[0].name)} = ANY({array(chosen, 'bigint')})"

    def note(self, cells: dict[str, list[str]]) -> None:
        """Take note of the concepts of a table, whose names are then read."""
        for column, texts in cells.items():
            if column.endswith("_concept_id"):
                self.used.update(filter(str.isdecimal, texts))

    def _concepts(self, relation: Relation) -> dict[str, list[str]] | None:
        kinds = {column.name.lower(): column.name for column in self.warehouse.schema(relation)}
        if not {"concept_id", "concept_name"} <= kinds.keys():
            return None
        number, text = identifier(kinds["concept_id"]), identifier(kinds["concept_name"])
        rows = self.warehouse.ask(
            f"SELECT {number}::bigint AS concept_id, {text}::text AS concept_name FROM {relation.source} "
            f"WHERE {number} = ANY({array(sorted(self.used), 'bigint')})"
        )
        return texts_of(self.warehouse.name, rows)


def open_warehouse(address: str, options: ReadingOptions) -> Warehouse:
    """A connection; raises `HlhcliError` for options that a database has no use for."""
    if options.sheet:
        raise HlhcliError(f"{public_address(address)}: is a database and has no sheets; leave out --sheet")
    if options.file_format not in (None, "omop"):
        raise HlhcliError(f"{public_address(address)}: is a database; leave out --from {options.file_format}")
    return Warehouse(address)


def require_small(warehouse: Warehouse, relation: Relation) -> None:
    """Raise where labs that are to be held in memory have far too many rows."""
    probe = f"SELECT count(*) AS n FROM (SELECT 1 FROM {relation.source} LIMIT {MOST_ROWS + 1}) AS probe"
    if warehouse.ask(probe)["n"][0].as_py() > MOST_ROWS:
        raise HlhcliError(
            f"{warehouse.name}: {relation.name} has more than {MOST_ROWS:,} rows, which this command would "
            "hold in memory; summarize -o changes.csv streams them, or choose some with --table 'SELECT …'"
        )


def texts_of(name: str, rows: "pa.Table") -> dict[str, list[str]]:
    """The columns of a result as texts, by their names in lower case."""
    table = table_of(name, rows.column_names, [column.to_pylist() for column in rows.columns])
    return dict(zip((column.lower() for column in table.header), table.columns, strict=True))


def read_labs(warehouse: Warehouse, text: str) -> Table:
    """All rows of a table or SELECT of labs as a table of text cells, in the order of its key."""
    relation = warehouse.relation(text)
    require_small(warehouse, relation)
    schema = warehouse.schema(relation)
    kinds = {column.name: column.type for column in schema}
    order = f" ORDER BY {identifier(relation.key)}" if relation.key else ""
    rows = warehouse.ask(f"SELECT {selected(kinds, schema.names)} FROM {relation.source}{order}")
    columns = [column.to_pylist() for column in rows.columns]
    return table_of(f"{warehouse.name}, {relation.name}", schema.names, columns)
