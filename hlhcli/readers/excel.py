"""Excel workbooks (.xlsx) to tables of text cells, as the sheet shows them."""

import io
import warnings
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hlhcli.errors import HlhcliError, nearest
from hlhcli.extras import library
from hlhcli.readers.delimited import Table, is_title
from hlhcli.readers.source import Content
from hlhcli.readers.typed import cell_text

ZIP = b"PK\x03\x04"


def is_workbook(content: bytes) -> bool:
    """True for the bytes of an .xlsx workbook."""
    if not content.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError):
        return False


def read_sheet(content: Content, sheet: str | None, preferred: str) -> Table:
    """One sheet of a workbook: the one that is named, else the only one that holds anything.

    Of several, the one that is called ``preferred`` (``labs``, ``interventions``) is taken.
    A merged cell counts as filled throughout. Rows above the header that hold one text
    are a title. Raises `HlhcliError` for an unknown sheet, a choice of sheets, and formulas whose
    result was never saved.
    """
    book = _open(content, data_only=True)
    chosen = _choose(content.name, book, sheet, preferred)
    grid = _grid(book[chosen])
    _require_results(content, chosen, grid)
    name = f"{content.name}, sheet '{chosen}'" if len(book.sheetnames) > 1 else content.name
    return _to_table(name, grid)


def _open(content: Content, *, data_only: bool) -> Any:  # noqa: ANN401 - openpyxl's workbook
    openpyxl = library("openpyxl", "xlsx", f"{content.name}: an Excel workbook")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which are not read
        try:
            return openpyxl.load_workbook(io.BytesIO(content.content), data_only=data_only)
        except Exception as error:  # a damaged file can raise anything inside the library
            raise HlhcliError(f"{content.name}: the workbook cannot be opened ({error})") from None


def _choose(name: str, book: Any, sheet: str | None, preferred: str) -> str:  # noqa: ANN401
    sheets = {page.title.casefold(): page.title for page in book.worksheets}
    if sheet is not None:
        if sheet.casefold() not in sheets:
            raise HlhcliError(f"{name}: no sheet '{sheet}'; {nearest(sheet, sheets.values())}")
        return sheets[sheet.casefold()]
    filled = [page.title for page in book.worksheets if page.max_row > 1 or page["A1"].value is not None]
    if not filled:
        raise HlhcliError(f"{name}: every sheet is empty")
    if len(filled) == 1 or preferred not in sheets:
        _require_one(name, filled)
        return filled[0]
    return sheets[preferred]


def _require_one(name: str, filled: list[str]) -> None:
    if len(filled) > 1:
        listed = ", ".join(f"'{title}'" for title in filled)
        raise HlhcliError(
            f"{name}: has {len(filled)} sheets ({listed}); say which holds the labs: --sheet NAME"
        )


def _grid(page: Any) -> list[list[str]]:  # noqa: ANN401 - openpyxl's worksheet
    """Every cell as the sheet shows it, merged cells filled throughout."""
    grid = [[_shown(cell) for cell in row] for row in page.iter_rows(min_row=1, min_col=1)]
    for area in page.merged_cells.ranges:
        text = grid[area.min_row - 1][area.min_col - 1]
        for row, column in area.cells:
            grid[row - 1][column - 1] = text
    return grid


def _shown(cell: Any) -> str:  # noqa: ANN401 - openpyxl's cell
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool) and "%" in cell.number_format:
        return f"{(Decimal(repr(cell.value)) * 100).normalize():f}%"  # 0.065 is shown as 6.5%
    return cell_text(cell.value)


def _require_results(content: Content, sheet: str, grid: list[list[str]]) -> None:
    """Raise where a formula has no saved result: the cell would look empty."""
    if not _has_formulas(content):
        return
    rows = _open(content, data_only=False)[sheet].iter_rows(min_row=1, min_col=1)
    for cell in (cell for row in rows for cell in row if cell.data_type == "f"):
        if grid[cell.row - 1][cell.column - 1] == "":
            raise HlhcliError(
                f"{content.name}: sheet '{sheet}', cell {cell.coordinate}: the result of a formula was never "
                "saved; open the workbook in a spreadsheet program and save it"
            )


def _has_formulas(content: Content) -> bool:
    """True where any sheet has a formula: only then is the workbook opened a second time."""
    try:
        with zipfile.ZipFile(io.BytesIO(content.content)) as archive:
            pages = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
            return any(mark in archive.read(page) for page in pages for mark in (b"<f>", b"<f "))
    except Exception as error:  # as in `_open`
        raise HlhcliError(f"{content.name}: the workbook cannot be opened ({error})") from None


def _to_table(name: str, grid: list[list[str]]) -> Table:
    rows = [(line, row) for line, row in enumerate(grid, 1) if any(row)]
    begin = next((place for place, (_, row) in enumerate(rows) if not is_title(row)), None)
    if begin is None or begin + 1 == len(rows):
        raise HlhcliError(f"{name}: has no rows below a header; expected column names and rows of values")
    header = rows[begin][1]
    used = [place for place in range(len(header)) if header[place] or _any_filled(rows[begin + 1 :], place)]
    columns = [[row[place] for _, row in rows[begin + 1 :]] for place in used]
    lines = [line for line, _ in rows[begin + 1 :]]
    return Table(name, [header[place] for place in used], columns, lines, place="row")


def _any_filled(rows: Iterable[tuple[int, list[str]]], place: int) -> bool:
    return any(row[place] for _, row in rows)
