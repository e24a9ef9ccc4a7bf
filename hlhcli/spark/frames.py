"""The bare changes of a Spark table: the kernel inside the executors, with nothing read or converted.

`changes` takes and returns Spark DataFrames, so that it fits a notebook and a pipeline. Labs are
brought together by subject; each executor runs `hlhcli.changes.changes` on batches of whole
subjects, so that every number is the one that a single machine gives. Interventions, which are few
beside labs, go to all executors. These need hlhcli and pyarrow.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hlhcli import changes as one_machine
from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.frames import CHANGES, DEFAULT_POINTS
from hlhcli.times import instants
from hlhcli.windows import exact_days

SparkFrame = Any
"""A `pyspark.sql.DataFrame`: pyspark may not be installed."""

ROWS = 200_000
"""Rows that are analyzed together, at least; a batch ends with the last row of a subject."""

CALENDAR = ("timestamp", "timestamp_ntz", "date")
NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
LAB_TEXT = {"subject": True, "marker": True, "bound": False, "unit": False}
LAB_NUMBERS = {"value": True, "reference_low": False, "reference_high": False}
GIVEN_TEXT = {"subject": True, "intervention": True, "dose": False, "route": False, "note": False}
"""Columns of the tables, and whether each must be there."""

TEXT = ("subject", "marker", "unit", "intervention", "at", "note")
TIMES = ("start", "baseline_time", "time")
COUNTS = ("n_before", "n_after", "placements", "same_sign")


def changes(
    labs: SparkFrame,
    interventions: SparkFrame,
    *,
    at: Sequence[str] = DEFAULT_POINTS,
    baseline: str = "last",
    before: str | None = None,
    after: str | None = None,
    until: str = "next",
    same_day: str = "before",
) -> SparkFrame:
    """The changes of `hlhcli.frames.CHANGES` as a Spark DataFrame, in no order.

    ``labs`` has ``subject``, ``marker``, ``time``, ``value`` and, where known, ``bound`` (``<``,
    ``>``), ``unit``, ``reference_low`` and ``reference_high``; ``interventions`` has ``subject``,
    ``intervention``, ``start`` and, where known, ``stop``. Times are dates and timestamps, or day
    numbers; a timestamp with a time zone is read as the clock of the session showed it. Subjects
    are compared as text. The rules are those of `hlhcli.changes.changes`; missing numbers are null.
    Rows without a time, and interventions of subjects without labs, give no row.

    What must hold for the whole table is asked of Spark first, which reads the labs up to twice
    more. Raises `HlhcliError` for a column that is missing or of another kind, for a marker in
    several units, and for values whose dates are inferred.
    """
    series, given = _series(labs), _given(interventions)
    _require_one_kind(series, given)
    _require_one_unit(series)
    treated = _to_pandas(given)
    rules = {"at": tuple(at), "baseline": baseline, "until": until, "same_day": same_day}
    task = Task(treated, {**rules, "before": before, "after": after}, _is_exact(series, treated))
    task.changes_of(_to_pandas(series.limit(0)))  # says now what is wrong with the rules
    subjects = given.select("subject").distinct()
    together = series.join(subjects, "subject", "left_semi").repartition("subject")
    types = schema_of("timestamp_ntz" if _is_calendar(series) else "double")
    return together.sortWithinPartitions("subject").mapInArrow(lambda batches: task.run(batches), types)


def schema_of(time: str) -> str:
    """The columns of the changes with their Spark types; ``time`` is that of the times."""
    kinds = {
        **dict.fromkeys(CHANGES, "double"),
        **dict.fromkeys(TEXT, "string"),
        **dict.fromkeys(TIMES, time),
        **dict.fromkeys(COUNTS, "bigint"),
    }
    return ", ".join(f"{name} {kind}" for name, kind in kinds.items())


@dataclass(frozen=True)
class Task:
    """What every executor knows: all interventions, the rules, and what holds for the whole table."""

    interventions: pd.DataFrame
    rules: Mapping[str, Any]
    exact: bool
    """Whether day numbers are exact moments, because one of the whole table has a fraction."""

    def run(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The changes of Arrow batches that are sorted by subject, as Arrow batches."""
        arrow = library("pyarrow", "spark", "an executor of Spark")
        for table in whole_subjects(batches, ROWS):
            found = self.changes_of(table.to_pandas())
            yield from _to_arrow(arrow, found).to_batches()

    def changes_of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The changes of some whole subjects."""
        text = dict.fromkeys((*LAB_TEXT, "placement"), "str")
        series = rows.assign(placement="", row=np.arange(len(rows))).astype(text)
        if not _has_days(series):
            series = series.astype({"time": "datetime64[us]"})
        elif self.exact:
            series = pd.concat([series, self._witness(series)], ignore_index=True)
        treated = self.interventions[self.interventions["subject"].isin(series["subject"])]
        return one_machine.changes(series, treated.reset_index(drop=True), **self.rules)

    def _witness(self, series: pd.DataFrame) -> pd.DataFrame:
        """A row of no subject with a fraction of a day, which a batch may lack; it has no changes."""
        row = {"subject": ["\N{NULL}"], "marker": [""], "time": [0.5], "bound": [""], "unit": [""]}
        frame = pd.DataFrame({**row, "placement": [""], "row": [0]}).reindex(columns=series.columns)
        return frame.astype(series.dtypes.to_dict())


def whole_subjects(batches: Iterable[Any], at_least: int) -> Iterator[Any]:
    """Arrow tables of whole subjects from record batches that are sorted by ``subject``.

    One is given when ``at_least`` so many rows are held; a subject that a batch cuts is whole again.
    """
    arrow, compute = (
        library(name, "spark", "an executor of Spark") for name in ("pyarrow", "pyarrow.compute")
    )
    held: list[Any] = []
    for batch in batches:
        held.append(batch)
        if sum(part.num_rows for part in held) < at_least:
            continue
        table = arrow.Table.from_batches(held)
        last = table.column("subject")[-1]
        begin = compute.index(table.column("subject"), last).as_py()
        if begin:
            yield table.slice(0, begin)
        held = table.slice(begin).to_batches()
    if held and (table := arrow.Table.from_batches(held)).num_rows:
        yield table


def _to_arrow(arrow: Any, found: pd.DataFrame) -> Any:  # noqa: ANN401 - of a library without types
    """The changes in the types of `schema_of`; missing numbers are null."""
    kinds = {
        **dict.fromkeys(CHANGES, arrow.float64()),
        **dict.fromkeys(TEXT, arrow.string()),
        **dict.fromkeys(COUNTS, arrow.int64()),
    }
    if not _has_days(found):
        kinds |= dict.fromkeys(TIMES, arrow.timestamp("us"))
    return arrow.table(
        {name: arrow.array(found[name], kind, from_pandas=True) for name, kind in kinds.items()}
    )


def _has_days(frame: pd.DataFrame) -> bool:
    column = frame["time"] if "time" in frame else frame["start"]
    return column.dtype.kind == "f"


def _series(labs: SparkFrame) -> SparkFrame:
    """The columns of the series that Spark knows of; rows without a time are left out."""
    _refuse_inferred(labs)
    columns = [*_texts(labs, "labs", LAB_TEXT), _time(labs, "labs", "time")]
    columns += [_number(labs, name, needed=needed) for name, needed in LAB_NUMBERS.items()]
    return labs.select(*columns).where("time IS NOT NULL")


def _given(interventions: SparkFrame) -> SparkFrame:
    """The columns of the interventions; those without a start are left out."""
    table = "interventions"
    columns = [*_texts(interventions, table, GIVEN_TEXT), _time(interventions, table, "start")]
    if "stop" in interventions.columns:
        columns.append(_time(interventions, table, "stop"))
    return interventions.select(*columns).where("start IS NOT NULL")


def _texts(table: SparkFrame, called: str, columns: Mapping[str, bool]) -> list[Any]:
    """Columns as text; one that may be missing is empty."""
    functions = _functions()
    present = [name for name, needed in columns.items() if needed or name in table.columns]
    for name in present:
        _require(table, called, name)
    empty = functions.lit("")
    return [
        functions.coalesce(functions.col(name).cast("string"), empty).alias(name)
        if name in present
        else empty.alias(name)
        for name in columns
    ]


def _number(table: SparkFrame, name: str, *, needed: bool) -> Any:  # noqa: ANN401 - a column
    functions = _functions()
    if not needed and name not in table.columns:
        return functions.lit(None).cast("double").alias(name)
    kind = _require(table, "labs", name)
    if not kind.startswith(NUMBERS):
        raise HlhcliError(
            f"labs: column '{name}' is {kind}; give numbers, and < or > of a limit in a column 'bound'"
        )
    return functions.col(name).cast("double").alias(name)


def _time(table: SparkFrame, called: str, name: str) -> Any:  # noqa: ANN401 - a column
    """Times without a zone, or day numbers."""
    kind = _require(table, called, name)
    if not kind.startswith((*CALENDAR, *NUMBERS)):
        raise HlhcliError(f"{called}: column '{name}' is {kind}; give dates, timestamps or day numbers")
    wanted = "timestamp_ntz" if kind in CALENDAR else "double"
    return _functions().col(name).cast(wanted).alias(name)


def _require(table: SparkFrame, called: str, name: str) -> str:
    """The type of a column; raises where it is not there."""
    kinds = dict(table.dtypes)
    if name not in kinds:
        raise HlhcliError(f"{called}: no column '{name}'; it has {', '.join(kinds)}")
    return kinds[name]


def _functions() -> Any:  # noqa: ANN401 - a module
    return library("pyspark.sql.functions", "spark", "a Spark DataFrame")


def _is_calendar(series: SparkFrame) -> bool:
    return dict(series.dtypes)["time"] == "timestamp_ntz"


def _require_one_kind(series: SparkFrame, given: SparkFrame) -> None:
    """Raise where labs and interventions count time differently."""
    kinds = [dict(given.dtypes).get(name) for name in ("start", "stop")]
    if any(kind not in (None, dict(series.dtypes)["time"]) for kind in kinds):
        raise HlhcliError(
            "labs and interventions count time differently: give both as dates or as day numbers"
        )


def _require_one_unit(series: SparkFrame) -> None:
    """Raise for a marker whose values have several units: they cannot be compared."""
    functions = _functions()
    units = functions.array_sort(functions.collect_set("unit")).alias("units")
    found = series.where("value IS NOT NULL AND NOT isnan(value)").groupBy("marker").agg(units)
    several = found.where("size(units) > 1").orderBy("marker").first()
    if several:
        listed = ", ".join(f"'{unit}'" for unit in several["units"])
        raise HlhcliError(
            f"{several['marker']} has values in several units, which cannot be compared: {listed}; "
            "bring them to one first"
        )


def _refuse_inferred(labs: SparkFrame) -> None:
    if "placement" in labs.columns and not labs.where("placement = 'inferred'").isEmpty():
        raise HlhcliError("labs have values whose dates are inferred; use hlhcli.changes.changes for them")


def _is_exact(series: SparkFrame, treated: pd.DataFrame) -> bool:
    """Whether some day number of the whole table has a fraction."""
    if _is_calendar(series):
        return False
    fraction = "pmod(rint(time * 86400000000D), 86400000000D) <> 0"
    if not series.where(fraction).isEmpty():
        return True
    return exact_days(treated["start"], instants(treated["stop"]))


def _to_pandas(table: SparkFrame) -> pd.DataFrame:
    """A small table as a frame of `hlhcli.frames`."""
    frame = table.toArrow().to_pandas()
    kinds = {name: "str" for name in frame.columns if name in (*LAB_TEXT, *GIVEN_TEXT)}
    if "start" in frame and "stop" not in frame:
        frame = frame.assign(stop=pd.Series(pd.NaT if frame["start"].dtype.kind == "M" else np.nan))
    if not _has_days(frame):
        kinds |= {name: "datetime64[us]" for name in ("time", "start", "stop") if name in frame}
    return frame.astype(kinds)
