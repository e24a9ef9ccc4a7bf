"""The OMOP common data model (5.3 and 5.4) to tidy tables: MEASUREMENT and DRUG_EXPOSURE.

A folder of CSV or Parquet files, one for each table, or a DuckDB database. Names of markers
and drugs are those of CONCEPT. Midnight means that the time of day is not known, as the
model has it and as `hlhcli.times` reads it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.readers.delimited import Table, read_table
from hlhcli.readers.drugs import Drug, choose_drugs, note_repeats
from hlhcli.readers.parquet import read_parquet
from hlhcli.readers.source import PARQUET, decode, read_content
from hlhcli.readers.typed import make_table, table_of

LESS, GREATER = "4171756", "4172704"
"""OMOP's concepts of ``<`` and ``>``; a published conversion had them the wrong way round:
https://github.com/OHDSI/ETL-CDMBuilder/issues/53."""

SYMBOLS = ("<", "<=", ">", ">=", "=")
NO_UNIT = {"", "0", "n/a", "No matching concept"}
LAB_COLUMNS = ("subject", "marker", "time", "value", "unit", "reference_low", "reference_high")
DRUG_COLUMNS = ("subject", "intervention", "start", "stop", "dose", "route")
TABLES = ("measurement", "drug_exposure", "concept")
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".parquet", ".csv.zst")

Tables = Callable[[str], dict[str, list[str]] | None]
"""The columns of a table by name in lower case; None where the source has no such table."""


def is_omop_folder(folder: Path) -> bool:
    """True where a folder has a MEASUREMENT or a DRUG_EXPOSURE table."""
    return any(_find(folder, table) for table in TABLES[:2])


def folder_tables(folder: Path) -> Tables:
    """The tables of a folder, each in a file of its own name."""

    def read(name: str) -> dict[str, list[str]] | None:
        path = _find(folder, name)
        if path is None:
            return None
        content = read_content(path)
        is_parquet = content.content.startswith(PARQUET)
        return _by_name(read_parquet(content) if is_parquet else read_table(decode(content)))

    return read


def database_tables(path: Path) -> Tables:
    """The tables of a DuckDB database, in whichever schema they are."""
    duckdb = library("duckdb", "omop", f"{path}: a DuckDB database")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise _damaged(path, error) from None

    def read(name: str) -> dict[str, list[str]] | None:
        try:
            found = _select(connection, name)
        except duckdb.Error as error:
            raise _damaged(path, error) from None
        if found is None:
            return None
        header, rows = found
        return _by_name(
            table_of(str(path), header, zip(*rows, strict=True) if rows else [() for _ in header])
        )

    return read


def _damaged(path: Path, error: Exception) -> HlhcliError:
    return HlhcliError(f"{path}: the database cannot be read ({str(error).splitlines()[0]})")


def _select(connection: Any, name: str) -> tuple[list[str], list[tuple[object, ...]]] | None:  # noqa: ANN401 - DuckDB's
    """The columns and rows of a table in whichever schema; None where there is none."""
    query = "SELECT table_schema, table_name FROM information_schema.tables WHERE lower(table_name) = ?"
    found = connection.execute(query, [name]).fetchall()
    if not found:
        return None
    schema, table = found[0]
    cursor = connection.execute(f'SELECT * FROM "{schema}"."{table}"')
    return [column[0] for column in cursor.description], cursor.fetchall()


def labs_of(name: str, tables: Tables) -> Table:
    """MEASUREMENT with the names of CONCEPT: one row per measurement, as it stands.

    Raises `HlhcliError` for a missing table, for a concept without a name and for an operator
    that is none of ``<``, ``<=``, ``=``, ``>=`` and ``>``.
    """
    cells, concepts = _require(name, tables, "measurement"), _concepts(name, tables)
    count = len(cells["person_id"])
    operators = [
        _operator(name, concepts, concept) for concept in _cells(cells, "operator_concept_id", count)
    ]
    numbers = _cells(cells, "value_as_number", count)
    units = map(
        _unit(concepts), _cells(cells, "unit_source_value", count), _cells(cells, "unit_concept_id", count)
    )
    columns = (
        cells["person_id"],
        _named(name, cells, "measurement", concepts),
        _times(cells, "measurement"),
        [f"{sign}{number}" if number else "" for sign, number in zip(operators, numbers, strict=True)],
        units,
        _cells(cells, "range_low", count),
        _cells(cells, "range_high", count),
    )
    rows = list(zip(*columns, strict=True))
    return make_table(f"{name}, MEASUREMENT", "row", LAB_COLUMNS, rows, list(range(1, count + 1)))


def interventions_of(name: str, tables: Tables, wanted: Sequence[str]) -> Table:
    """DRUG_EXPOSURE with the names of CONCEPT, of the drugs that are wanted (all for none)."""
    cells, concepts = _require(name, tables, "drug_exposure"), _concepts(name, tables)
    count = len(cells["person_id"])
    names = _named(name, cells, "drug", concepts)
    known = _drugs(cells, names)
    chosen = set(choose_drugs(name, known, wanted))
    starts, stops = _times(cells, "drug_exposure_start"), _times(cells, "drug_exposure_end")
    doses, routes = _cells(cells, "sig", count), _cells(cells, "route_source_value", count)
    records = zip(cells["person_id"], names, starts, stops, doses, routes, strict=True)
    rows: dict[tuple[str, ...], int] = {}
    for line, (record, drug) in enumerate(zip(records, known, strict=True), 1):
        if drug in chosen:
            rows.setdefault(record, line)
    note_repeats(name, [(row[0], row[1]) for row in rows])
    return make_table(f"{name}, DRUG_EXPOSURE", "row", DRUG_COLUMNS, list(rows), list(rows.values()))


def drug_concepts(name: str, tables: Tables, wanted: Sequence[str]) -> list[str]:
    """The concepts of the drugs that are wanted, from tables that may hold each drug once."""
    cells, concepts = _require(name, tables, "drug_exposure"), _concepts(name, tables)
    known = _drugs(cells, _named(name, cells, "drug", concepts))
    return sorted({drug.codes[0] for drug in choose_drugs(name, known, wanted)})


def _drugs(cells: dict[str, list[str]], names: Sequence[str]) -> list[Drug]:
    sources = _cells(cells, "drug_source_value", len(names))
    codes = zip(cells["drug_concept_id"], sources, strict=True)
    return [Drug(drug, code) for drug, code in zip(names, codes, strict=True)]


def _find(folder: Path, table: str) -> Path | None:
    names = {table + suffix for suffix in SUFFIXES}
    return next((path for path in sorted(folder.iterdir()) if path.name.lower() in names), None)


def _by_name(table: Table) -> dict[str, list[str]]:
    return dict(zip((column.lower() for column in table.header), table.columns, strict=True))


def _require(name: str, tables: Tables, table: str) -> dict[str, list[str]]:
    cells = tables(table)
    if cells is None:
        raise HlhcliError(f"{name}: has no {table.upper()} table")
    concept = "drug_concept_id" if table == "drug_exposure" else f"{table}_concept_id"
    missing = [column for column in ("person_id", concept) if column not in cells]
    if missing:
        raise HlhcliError(f"{name}: {table.upper()} has no column {missing[0]}; expected OMOP CDM 5.3 or 5.4")
    if not cells["person_id"]:
        raise HlhcliError(f"{name}: {table.upper()} has no rows")
    return cells


def _cells(cells: dict[str, list[str]], column: str, count: int) -> list[str]:
    return cells.get(column) or [""] * count


def _concepts(name: str, tables: Tables) -> dict[str, str]:
    cells = tables("concept")
    if cells is None or not {"concept_id", "concept_name"} <= cells.keys():
        raise HlhcliError(
            f"{name}: has no CONCEPT table with concept_id and concept_name, which names the markers"
        )
    return dict(zip(cells["concept_id"], cells["concept_name"], strict=True))


def _named(name: str, cells: dict[str, list[str]], kind: str, concepts: dict[str, str]) -> list[str]:
    """Names of the concepts; those that mean nothing to OMOP (0) go by what the source said."""
    ids, sources = cells[f"{kind}_concept_id"], _cells(cells, f"{kind}_source_value", len(cells["person_id"]))
    unknown = sorted(set(ids) - set(concepts) - {"0"})
    if unknown:
        raise HlhcliError(
            f"{name}: CONCEPT has no row for {len(unknown)} {kind} concepts ({', '.join(unknown[:5])}, …); "
            "extract it again with every concept that is used"
        )
    return [
        source or "unknown" if concept == "0" else concepts[concept]
        for concept, source in zip(ids, sources, strict=True)
    ]


def _operator(name: str, concepts: dict[str, str], concept: str) -> str:
    if concept in ("", "0"):
        return ""
    known = {LESS: "<", GREATER: ">"}
    symbol = known.get(concept) or concepts.get(concept, "")
    if symbol not in SYMBOLS:
        raise HlhcliError(
            f"{name}: MEASUREMENT has the operator {concept} ('{symbol}'); expected one of {SYMBOLS}"
        )
    return symbol.removesuffix("=") if symbol == "=" else symbol


def _unit(concepts: dict[str, str]) -> Callable[[str, str], str]:
    def unit(source: str, concept: str) -> str:
        named = concepts.get(concept, "")
        return source if source not in NO_UNIT else "" if named in NO_UNIT else named

    return unit


def _times(cells: dict[str, list[str]], kind: str) -> list[str]:
    """The date-time of each row, else its date."""
    count = len(cells["person_id"])
    pairs = zip(_cells(cells, f"{kind}_datetime", count), _cells(cells, f"{kind}_date", count), strict=True)
    return [moment or date for moment, date in pairs]
