"""Tables of a report, each with its data as CSV."""

from collections.abc import Iterable, Sequence

import pandas as pd

from hlhcli.renderers.spreadsheet import to_safe_csv
from hlhcli.report.document import Cell, Column, Row, Run, Table, Text, plain, text

Parts = str | Run | Sequence[Text]
"""A cell as it is easiest to write: a text, a run, or lines."""


def table(
    anchor: str,
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Row],
    frame: pd.DataFrame | None = None,
) -> Table:
    """A table whose CSV holds ``frame`` in full precision; None: the text of the cells."""
    made = tuple(rows)
    data = _of_cells(columns, made) if frame is None else frame
    return Table(anchor, caption, tuple(columns), made, to_safe_csv(data))


def row(*cells: Parts, anchor: str = "") -> Row:
    """A row of cells."""
    return Row(tuple(map(_cell, cells)), anchor)


def _cell(parts: Parts) -> Cell:
    return Cell((text(parts),) if isinstance(parts, str | Run) else tuple(parts))


def _of_cells(columns: Sequence[Column], rows: Sequence[Row]) -> pd.DataFrame:
    cells = [[" ".join(map(plain, cell.lines)) for cell in one.cells] for one in rows]
    return pd.DataFrame(cells, columns=[column.header for column in columns], dtype="str")
