"""SAS transport files (.xpt, version 5 and 8) to tables of text cells."""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.readers.delimited import Table
from hlhcli.readers.source import Content
from hlhcli.readers.typed import table_of


def read_xpt(content: Content) -> Table:
    """The columns of a transport file; raises `HlhcliError` for a damaged one."""
    pyreadstat = library("pyreadstat", "xpt", f"{content.name}: a SAS transport file")
    with tempfile.TemporaryDirectory() as folder:  # the library reads from a path only
        path = Path(folder) / "data.xpt"
        path.write_bytes(content.content)
        try:
            frame, _ = pyreadstat.read_xport(str(path))
        except Exception as error:  # a damaged file can raise anything inside the library
            raise HlhcliError(f"{content.name}: the transport file cannot be read ({error})") from None
    if frame.empty:
        raise HlhcliError(f"{content.name}: has a header but no rows")
    return table_of(content.name, list(frame.columns), [_values(frame[name]) for name in frame])


def _values(column: Any) -> list[object]:  # noqa: ANN401 - a column of the library's making
    if column.dtype.kind == "M":
        return [None if pd.isna(moment) else moment.to_pydatetime() for moment in column]
    return list(column.tolist())
