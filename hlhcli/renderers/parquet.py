"""Changes as Parquet: typed columns, missing numbers as null, row groups of one size."""

import io
from typing import TYPE_CHECKING, BinaryIO

import pandas as pd

from hlhcli.extras import library

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 100_000
"""Rows of a row group, however the rows came together."""


def to_parquet(frame: pd.DataFrame) -> bytes:
    """A Parquet file of a frame; raises `HlhcliError` where pyarrow is not installed."""
    library("pyarrow", "parquet", "writing Parquet")
    table, content = to_arrow(frame), io.BytesIO()
    writer = Writer(content, table.schema)
    writer.add(table)
    writer.close()
    return content.getvalue()


def to_arrow(frame: pd.DataFrame) -> "pa.Table":
    """A frame as Arrow: NaN is null, texts are plain strings."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    kinds = {"large_string": pa.string(), "null": pa.string()}
    fields = [pa.field(one.name, kinds.get(str(one.type), one.type)) for one in table.schema]
    return table.cast(pa.schema(fields))


class Writer:
    """A Parquet file that takes tables one after the other, in row groups of `ROW_GROUP`."""

    def __init__(self, file: BinaryIO, schema: "pa.Schema") -> None:
        import pyarrow.parquet as pq

        self._waiting = schema.empty_table()
        self._file = pq.ParquetWriter(file, schema)

    def add(self, table: "pa.Table") -> None:
        """Append the rows of a table that has the columns of the schema."""
        import pyarrow as pa

        self._waiting = pa.concat_tables([self._waiting, table.cast(self._waiting.schema)])
        self._write(ROW_GROUP)

    def close(self) -> None:
        """Write what waits."""
        self._write(1)
        self._file.close()

    def _write(self, smallest: int) -> None:
        at = 0
        while self._waiting.num_rows - at >= smallest:
            group = self._waiting.slice(at, ROW_GROUP).combine_chunks()
            self._file.write_table(group, row_group_size=ROW_GROUP)
            at += group.num_rows
        self._waiting = self._waiting.slice(at)
