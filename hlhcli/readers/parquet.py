"""Parquet files to tables of text cells."""

import io

from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.readers.delimited import Table
from hlhcli.readers.source import Content
from hlhcli.readers.typed import table_of


def read_parquet(content: Content) -> Table:
    """The columns of a Parquet file; raises `HlhcliError` for a damaged or nested one."""
    parquet = library("pyarrow.parquet", "parquet", f"{content.name}: a Parquet file")
    try:
        data = parquet.read_table(io.BytesIO(content.content))
        columns = [column.to_pylist() for column in data.columns]
    except Exception as error:  # a damaged file can raise anything inside the library
        raise HlhcliError(f"{content.name}: the Parquet file is damaged or cut short ({error})") from None
    nested = [field.name for field in data.schema if field.type.num_fields and not _is_dictionary(field)]
    if nested:
        raise HlhcliError(
            f"{content.name}: column '{nested[0]}' holds lists or records; expected plain cells"
        )
    if not data.num_rows:
        raise HlhcliError(f"{content.name}: has a header but no rows")
    return table_of(content.name, data.column_names, columns)


def _is_dictionary(field: object) -> bool:
    return str(getattr(field, "type", "")).startswith("dictionary")
