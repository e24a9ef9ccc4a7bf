"""Changes as Parquet: typed columns, missing numbers as null, row groups of one size."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pandas as pd

from hlhcli.extras import library
from hlhcli.texts import Coded, Column

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


def to_arrow(columns: Mapping[str, Column] | pd.DataFrame) -> "pa.Table":
    """Columns as Arrow: NaN is null, each text is held once (a dictionary)."""
    import pyarrow as pa

    return pa.table({str(name): _to_array(column) for name, column in columns.items()})


def _to_array(column: Column) -> "pa.Array":
    import pyarrow as pa

    if isinstance(column, Coded):
        return _dictionary(column.code, column.texts)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _dictionary(column.cat.codes.to_numpy(), column.cat.categories)
    if isinstance(column.dtype, pd.StringDtype) or _is_text(column):
        return _dictionary(*pd.factorize(column))
    return pa.array(column, from_pandas=True)


def _is_text(column: np.ndarray | pd.Series) -> bool:
    return column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty")


def _dictionary(code: np.ndarray, texts: "np.ndarray | pd.Index") -> "pa.DictionaryArray":
    import pyarrow as pa

    number = pa.array(code.astype(np.int32), mask=code < 0)
    return pa.DictionaryArray.from_arrays(number, pa.array(np.asarray(texts, dtype=object), pa.string()))


class Writer:
    """A Parquet file that takes tables one after the other, in row groups of `ROW_GROUP`."""

    def __init__(self, file: BinaryIO, schema: "pa.Schema") -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._waiting = schema.empty_table()
        texts = [one.name for one in schema if pa.types.is_dictionary(one.type)]
        self._file = pq.ParquetWriter(file, schema, use_dictionary=texts, store_schema=False)

    def add(self, table: "pa.Table") -> None:
        """Append the rows of a table that has the columns of the schema."""
        import pyarrow as pa

        self._waiting = pa.concat_tables([self._waiting, table.cast(self._waiting.schema)])
        self._write(ROW_GROUP)

    def close(self) -> None:
        """Write what waits."""
        self._write(1)
        self._file.close()

    def abandon(self) -> None:
        """Write nothing more, not even the end that a writer puts to a file when it goes."""
        self._file.is_open = False

    def _write(self, smallest: int) -> None:
        at = 0
        while self._waiting.num_rows - at >= smallest:
            group = _by_appearance(self._waiting.slice(at, ROW_GROUP).unify_dictionaries())
            self._file.write_table(group, row_group_size=ROW_GROUP)
            at += group.num_rows
        self._waiting = self._waiting.slice(at)


def _by_appearance(table: "pa.Table") -> "pa.Table":
    """The table with its texts numbered as they appear, however they were numbered before."""
    import pyarrow as pa

    columns = [
        _renumbered(column.combine_chunks()) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, schema=table.schema)


def _renumbered(column: "pa.DictionaryArray") -> "pa.DictionaryArray":
    import pyarrow as pa

    if column.null_count:
        return column
    code, first = pd.factorize(column.indices.to_numpy())
    return pa.DictionaryArray.from_arrays(
        pa.array(code.astype(np.int32)), column.dictionary.take(pa.array(first))
    )
