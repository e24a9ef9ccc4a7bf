"""Any input to a table of text cells: the format is told by content, or named by ``--from``."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from hlhcli.errors import HlhcliError
from hlhcli.readers.address import is_address
from hlhcli.readers.delimited import Table, read_table, require_single_names
from hlhcli.readers.source import PARQUET, STDIN, ZIP, Content, decode, read_content
from hlhcli.reading import ReadingOptions

if TYPE_CHECKING:
    from hlhcli.readers.omop import Tables

Format = Literal["csv", "xlsx", "parquet", "xpt", "cdisc", "fhir", "omop"]
"""Formats that ``--from`` names; ``csv`` is delimited text whose columns are taken as they are."""

FORMATS: tuple[str, ...] = get_args(Format)
Wanted = Literal["labs", "interventions"]
DUCKDB = b"DUCK"  # at the eighth byte
TRANSPORT = (b"HEADER RECORD*******LIBRARY HEADER", b"HEADER RECORD*******LIBV8   HEADER")
OLD_EXCEL = bytes.fromhex("D0CF11E0A1B11AE1")
BOUNDS = ("bound", "comparator")


def read_any(source: str | Path, wanted: Wanted, options: ReadingOptions) -> Table:
    """The labs or the interventions of an input as a table of text; raises `HlhcliError`."""
    if is_address(source):
        return _read_warehouse(str(source), wanted, options)
    if options.table and wanted == "labs":
        raise HlhcliError(f"{source}: is no PostgreSQL database and has no tables; leave out --table")
    path = None if str(source) == STDIN else Path(source)
    if path is not None and path.is_dir():
        return _read_folder(path, wanted, options)
    if path is not None and (options.file_format == "omop" or _is_database(path)):
        return _read_omop_file(path, wanted, options)
    data = read_content(source)
    return READERS[options.file_format or detect(data)](data, wanted, options)


def detect(data: Content) -> str:
    """The format of the bytes of a file; one of `FORMATS`, and never ``omop``."""
    start = data.content[:80]  # readers are imported only where the start makes them likely
    if start.startswith(PARQUET):
        return "parquet"
    if start.startswith(TRANSPORT):
        return "xpt"
    if start.startswith(ZIP) and _excel_workbook(data.content):
        return "xlsx"
    if start.startswith(OLD_EXCEL):
        raise HlhcliError(
            f"{data.name}: is an old or encrypted Excel file; save it as .xlsx without a password"
        )
    return "fhir" if (b"{" in start or b"[" in start) and _json(data.content) else "csv"


def _excel_workbook(content: bytes) -> bool:
    from hlhcli.readers import excel

    return excel.is_workbook(content)


def _json(content: bytes) -> bool:
    from hlhcli.readers import fhir

    return fhir.is_json(content)


def _is_database(path: Path) -> bool:
    """True for a DuckDB file: it is asked, not read, since it may be far larger than memory."""
    try:
        with path.open("rb") as file:
            return file.read(12)[8:] == DUCKDB
    except OSError:
        return False  # said better by the reader of files


def _read_folder(folder: Path, wanted: Wanted, options: ReadingOptions) -> Table:
    from hlhcli.readers import fhir, omop

    if omop.is_omop_folder(folder):
        return _omop_table(str(folder), omop.folder_tables(folder), wanted, options)
    files = [path for path in sorted(folder.iterdir()) if re.search(r"\.(nd)?json(\.gz|\.zst)?$", path.name)]
    if not files:
        raise HlhcliError(
            f"{folder}: is a folder; expected a file of values, or a folder with OMOP tables "
            "(MEASUREMENT, DRUG_EXPOSURE, CONCEPT) or FHIR files (.json, .ndjson)"
        )
    contents = [read_content(path) for path in files]
    return fhir.labs_of(contents) if wanted == "labs" else fhir.interventions_of(contents, options.drugs)


def _read_omop_file(path: Path, wanted: Wanted, options: ReadingOptions) -> Table:
    from hlhcli.readers import omop

    if not _is_database(path):
        raise HlhcliError(f"{path}: OMOP is read from a folder of tables or a DuckDB file; give one of those")
    return _omop_table(str(path), omop.database_tables(path), wanted, options)


def _omop_table(name: str, tables: "Tables", wanted: Wanted, options: ReadingOptions) -> Table:
    from hlhcli.readers import omop

    if wanted == "labs":
        return omop.labs_of(name, tables)
    return omop.interventions_of(name, tables, options.drugs)


def _read_warehouse(address: str, wanted: Wanted, options: ReadingOptions) -> Table:
    from hlhcli.readers import warehouse

    with warehouse.open_warehouse(address, options) as opened:
        if options.table and wanted == "labs":
            return _read_layout(warehouse.read_labs(opened, options.table), wanted, options)
        tables = warehouse.OmopTables(opened, options.drugs if wanted == "interventions" else ())
        return _omop_table(opened.name, tables, wanted, options)


def _read_text(data: Content, wanted: Wanted, options: ReadingOptions) -> Table:
    return _read_layout(read_table(decode(data)), wanted, options)


def _read_workbook(data: Content, wanted: Wanted, options: ReadingOptions) -> Table:
    from hlhcli.readers import excel

    sheet = options.sheet if wanted == "labs" else None
    return _read_layout(excel.read_sheet(data, sheet, wanted), wanted, options._replace(sheet=None))


def _read_parquet(data: Content, wanted: Wanted, options: ReadingOptions) -> Table:
    from hlhcli.readers import parquet

    return _read_layout(parquet.read_parquet(data), wanted, options)


def _read_xpt(data: Content, wanted: Wanted, options: ReadingOptions) -> Table:
    from hlhcli.readers import xpt

    return _read_layout(xpt.read_xpt(data), wanted, options)


def _read_fhir(data: Content, wanted: Wanted, options: ReadingOptions) -> Table:
    from hlhcli.readers import fhir

    return fhir.labs_of([data]) if wanted == "labs" else fhir.interventions_of([data], options.drugs)


def _read_cdisc(data: Content, wanted: Wanted, options: ReadingOptions) -> Table:
    return READERS[detect(data)](data, wanted, options)


def _refuse_omop(data: Content, *_: object) -> Table:
    raise HlhcliError(
        f"{data.name}: OMOP is read from a folder of tables or a DuckDB file; give one of those"
    )


READERS: dict[str, Callable[[Content, Wanted, ReadingOptions], Table]] = {
    "csv": _read_text,
    "xlsx": _read_workbook,
    "parquet": _read_parquet,
    "xpt": _read_xpt,
    "cdisc": _read_cdisc,
    "fhir": _read_fhir,
    "omop": _refuse_omop,
}


def _read_layout(table: Table, wanted: Wanted, options: ReadingOptions) -> Table:
    """A table with the design's columns added where its layout is a standard's."""
    if wanted == "interventions" and options.drugs:
        raise HlhcliError(f"{table.name}: --drug chooses in FHIR and OMOP records; here use --intervention")
    if wanted == "labs" and options.sheet:
        raise HlhcliError(f"{table.name}: is no Excel workbook and has no sheets; leave out --sheet")
    require_single_names(table.name, table.header)
    names = {column.lower() for column in table.header}
    if options.file_format != "csv" and names >= {"measurement_concept_id", "person_id"}:
        raise HlhcliError(
            f"{table.name}: is one table of OMOP; give its folder, so that CONCEPT names the markers"
        )
    if options.file_format == "cdisc" or (options.file_format is None and is_cdisc(table)):
        from hlhcli.readers import cdisc

        return cdisc.labs_of(table) if wanted == "labs" else cdisc.interventions_of(table)
    return join_bounds(table)


def is_cdisc(table: Table) -> bool:
    """True where the header has CDISC's subject and one of its results, tests or treatments."""
    names = {column.upper() for column in table.header}
    tests = {"PARAMCD", "LBTESTCD", "EXTRT", "TRTA", "TRT01A"}
    return "USUBJID" in names and bool(names & tests)


def join_bounds(table: Table) -> Table:
    """The table with limits that stand in a column of their own put before their values."""
    names = [column.lower() for column in table.header]
    bound = next((names.index(name) for name in BOUNDS if name in names), None)
    if bound is None or "value" not in names:
        return table
    value = names.index("value")
    pairs = zip(table.columns[bound], table.columns[value], strict=True)
    joined = [f"{sign}{number}" if number and number[0] not in "<>≤≥" else number for sign, number in pairs]
    return table._replace(
        columns=[joined if place == value else cells for place, cells in enumerate(table.columns)]
    )
