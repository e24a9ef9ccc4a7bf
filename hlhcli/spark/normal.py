"""Labs in Spark as one kind of rows, whatever their columns hold: the intake of a stream, row by row.

A row has its subject and its texts as they stand, under plain names (``subject``, ``text_0``, …), and

- ``time``: whole microseconds (`hlhcli.times`) where the cell is a plain time, else ``time_text``;
- ``value``: a double where the cell is a plain number, else ``value_text``;
- ``row``: its number through all files; those of a file begin with a multiple of `ROWS_OF_A_FILE`;
- ``said``: what the encoders noticed, on the first row of a batch that Python encoded.

Typed columns are turned by Spark's own functions, all others by the encoders of `hlhcli.stream`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hlhcli.errors import HlhcliError
from hlhcli.stream.encode import EMPTY, PLAIN, Numbers, Times, is_text
from hlhcli.stream.form import Form
from hlhcli.stream.pieces import ROWS_OF_A_FILE, Batch, Item, Misfit
from hlhcli.stream.sources import open_files
from hlhcli.times import DAY, MISSING

SparkFrame = Any
"""A `pyspark.sql.DataFrame`: pyspark has no types that could be checked where it is not installed."""

NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
MOMENTS = ("timestamp", "timestamp_ntz", "date")
SUBJECT = "subject"


@dataclass(frozen=True)
class Cells:
    """The names of the columns of an input, and how its numbers and times are to be read."""

    subject: str | None
    value: str
    times: tuple[str, ...]
    texts: tuple[str, ...]
    decimal: str | None
    labels: tuple[str, ...]
    kind: str
    """Of times: ``dates`` or ``days``."""

    @property
    def columns(self) -> list[str]:
        """All columns, each once."""
        named = [self.subject] if self.subject else []
        return list(dict.fromkeys([*named, self.value, *self.times, *self.texts]))


def cells_of(form: Form, sample: pa.Table) -> Cells:
    """What the columns of a form hold; the sample tells whether times are dates or days."""
    options = form.options
    times = Times(list(options.times))
    for name in form.times:
        for chunk in sample.column(name).chunks:
            times.encode(chunk)
    kind = times.kind or "dates"
    return Cells(
        form.subject, form.value, form.times, form.texts, options.decimal, tuple(options.times), kind
    )


def text_name(place: int) -> str:
    """The plain name of a column of texts."""
    return f"text_{place}"


# by Spark -----------------------------------------------------------------------------------


def is_typed(frame: SparkFrame, cells: Cells) -> bool:
    """Whether Spark itself can turn the columns: their types leave nothing to be read."""
    kinds = dict(frame.dtypes)
    return (
        kinds[cells.value].startswith(NUMBERS)
        and cells.decimal != "comma"
        and not cells.labels
        and all(kinds[name] in MOMENTS for name in cells.times)
    )


def by_spark(frame: SparkFrame, cells: Cells, row: Any) -> SparkFrame:  # noqa: ANN401 - a column
    """The rows of a table whose columns are typed; ``row`` is the column of their numbers."""
    from pyspark.sql import functions as fun

    value = column(cells.value).cast("double")
    infinite = fun.abs(value) == float("inf")
    odd = fun.isnan(value) | infinite
    moments = [_micros(frame, name) for name in cells.times]
    return frame.select(
        *_kept(cells),
        fun.coalesce(*moments).alias("time"),
        fun.lit(None).cast("string").alias("time_text"),
        fun.when(~odd, value).alias("value"),
        fun.when(infinite, fun.when(value > 0, "inf").otherwise("-inf")).alias("value_text"),
        row.alias("row"),
        fun.lit(None).cast("string").alias("said"),
    )


def column(name: str) -> Any:  # noqa: ANN401 - a column
    """A column by its name, whatever characters that has."""
    from pyspark.sql import functions as fun

    return fun.col(f"`{name.replace('`', '``')}`")


def _kept(cells: Cells) -> list[Any]:
    subject = [column(cells.subject).alias(SUBJECT)] if cells.subject else []
    return [*subject, *(column(name).alias(text_name(place)) for place, name in enumerate(cells.texts))]


def _micros(frame: SparkFrame, name: str) -> Any:  # noqa: ANN401 - a column
    """The clock of a column of times in microseconds; with a zone, that of the session."""
    from pyspark.sql import functions as fun

    moment = column(name)
    if zone_of(frame) == "UTC":
        return fun.unix_micros(moment.cast("timestamp"))
    days = fun.datediff(moment.cast("date"), fun.lit("1970-01-01")).cast("bigint")
    if dict(frame.dtypes)[name] == "date":
        return days * DAY
    seconds = fun.hour(moment) * 3600 + fun.minute(moment) * 60
    exact = (fun.extract(fun.lit("SECOND"), moment) * 1_000_000).cast("bigint")
    return days * DAY + seconds.cast("bigint") * 1_000_000 + exact


def zone_of(frame: SparkFrame) -> str:
    """The time zone of the session."""
    return frame.sparkSession.conf.get("spark.sql.session.timeZone")


# by the encoders of a stream ----------------------------------------------------------------


def by_encoders(frame: SparkFrame, cells: Cells, row: Any) -> SparkFrame:  # noqa: ANN401 - a column
    """The rows of a table with columns of texts, read in the executors as a stream reads them."""
    chosen = frame.select(*(column(name) for name in cells.columns), row.alias("row"))
    kinds = {name: frame.schema[name].dataType.simpleString() for name in cells.columns}
    encode = _Encode(cells)
    return chosen.mapInArrow(lambda batches: encode.all(batches), _schema(cells, kinds))


def of_files(session: Any, files: Sequence[str], cells: Cells, of_text: Sequence[str]) -> SparkFrame:  # noqa: ANN401
    """The rows of text files, each read by one task as a stream reads it.

    Lines that do not fit have a ``misfit`` and nothing else.
    """
    encode, names, here = _Encode(cells), list(files), Path.cwd()
    kinds = dict.fromkeys(cells.columns, "string")

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for file in batch.column(0).to_pylist():
                yield from _lines(encode, file, (names[file], str(here / names[file])), of_text)

    numbers = session.range(0, len(names), 1, len(names))
    return numbers.mapInArrow(read, f"{_schema(cells, kinds)}, misfit string")


def _lines(
    encode: "_Encode", file: int, path: tuple[str, str], of_text: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    begin = file * ROWS_OF_A_FILE
    for item in _read(path, encode.cells.columns, of_text):
        if isinstance(item, Misfit):
            yield encode.misfit(item, begin + item.row)
        elif isinstance(item, Batch) and item.table.num_rows:
            batch = encode.batch(item.table, pa.array(item.row + begin, pa.int64()))
            yield with_column(batch, "misfit", pa.nulls(batch.num_rows, pa.string()))


def _read(path: tuple[str, str], columns: Sequence[str], of_text: Sequence[str]) -> Iterator[Item]:
    """A file, as the user has named it and where it is: an executor stands in another folder."""
    named, whole = path
    if not Path(whole).exists():
        raise HlhcliError(unseen(named))
    try:
        yield from open_files(whole).read(columns, of_text)
    except HlhcliError as error:
        raise HlhcliError(str(error).replace(whole, named)) from None


def unseen(name: str) -> str:
    """What is said of a file that the driver sees and an executor does not."""
    return (
        f"{name}: is not seen by an executor of Spark; put it where all machines of the cluster see it under "
        "this name, or into a store that Spark knows: s3a://bucket/labs"
    )


def with_column(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    """A batch with one more column."""
    return pa.RecordBatch.from_arrays([*batch.columns, values], names=[*batch.schema.names, name])


def _schema(cells: Cells, kinds: dict[str, str]) -> str:
    subject = [f"{SUBJECT} {kinds[cells.subject]}"] if cells.subject else []
    texts = [f"{text_name(place)} {kinds[name]}" for place, name in enumerate(cells.texts)]
    own = [
        "time bigint",
        "time_text string",
        "value double",
        "value_text string",
        "row bigint",
        "said string",
    ]
    return ", ".join([*subject, *texts, *own])


@dataclass(frozen=True)
class _Encode:
    """Batches of cells to normal rows, in an executor."""

    cells: Cells

    def all(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Each batch in turn; its last column is the number of the row."""
        for batch in batches:
            if batch.num_rows:
                yield self.batch(batch, batch.column(batch.num_columns - 1))

    def batch(self, table: pa.RecordBatch, row: pa.Array) -> pa.RecordBatch:
        """The normal rows of a batch."""
        cells, numbers, times = self.cells, Numbers(self.cells.decimal), Times(self.cells.labels)
        times.kind = cells.kind
        value, code = numbers.encode(table.column(cells.value))
        time = _first(times.encode(table.column(name)) for name in cells.times)
        odd_time = is_text(time)
        said = _said(numbers, times, table.column(cells.value), row)
        columns = {
            **self._kept(lambda name: _plain(table.column(name))),
            "time": pa.array(time, mask=odd_time),
            "time_text": _texts(times.texts.texts, np.where(odd_time, time - MISSING, 0), EMPTY),
            "value": pa.array(value, mask=code != PLAIN),
            "value_text": _texts(numbers.texts.texts, code, PLAIN),
            "row": row,
            "said": pa.array([said, *[None] * (len(row) - 1)], pa.string()),
        }
        return pa.RecordBatch.from_pydict(columns)

    def misfit(self, item: Misfit, row: int) -> pa.RecordBatch:
        """A line that does not fit."""
        nothing: dict[str, pa.Array] = self._kept(lambda _: pa.nulls(1, pa.string()))
        kinds = {
            "time": pa.int64(),
            "time_text": pa.string(),
            "value": pa.float64(),
            "value_text": pa.string(),
        }
        nothing |= {name: pa.nulls(1, kind) for name, kind in kinds.items()}
        words = json.dumps([item.text, item.reason])
        own = {
            "row": pa.array([row], pa.int64()),
            "said": pa.nulls(1, pa.string()),
            "misfit": pa.array([words]),
        }
        return pa.RecordBatch.from_pydict({**nothing, **own})

    def _kept(self, cells_of: Callable[[str], pa.Array]) -> dict[str, pa.Array]:
        subject = {SUBJECT: cells_of(self.cells.subject)} if self.cells.subject else {}
        return {**subject, **{text_name(n): cells_of(name) for n, name in enumerate(self.cells.texts)}}


def _first(columns: Iterable[np.ndarray]) -> np.ndarray:
    first, *others = columns
    for other in others:
        first = np.where(first == MISSING, other, first)
    return first


def _plain(array: pa.Array) -> pa.Array:
    return array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array


def _texts(texts: Sequence[str], code: np.ndarray, last_plain: int) -> pa.Array:
    """The text of each code; null for those that stand for no text."""
    known = pa.array([None] * (last_plain + 1) + list(texts[last_plain + 1 :]), pa.string())
    return known.take(pa.array(code.astype(np.int64)))


def _said(numbers: Numbers, times: Times, cells: pa.Array, row: pa.Array) -> str:
    """What the encoders noticed in a batch: see `hlhcli.spark.facts`."""
    first = _plain(cells).cast(pa.string()).index(numbers.open_text).as_py() if numbers.open_text else -1
    return json.dumps(
        {
            "clock": times.has_clock,
            "offsets": list(times.offsets),
            "point": numbers.has_point,
            "open": [row[max(first, 0)].as_py(), numbers.open_text] if numbers.open_text else None,
        }
    )


def encoded(cells: Cells, table: pa.RecordBatch, row: pa.Array) -> pa.RecordBatch:
    """The normal rows of a batch of cells; ``row`` has their numbers."""
    return _Encode(cells).batch(table, row)
