"""What must be known of all labs before one is analyzed, counted by Spark: see `hlhcli.stream.intake`."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hlhcli.errors import HlhcliError
from hlhcli.spark.normal import SUBJECT, SparkFrame, column, text_name, zone_of
from hlhcli.spark.sources import SparkLabs
from hlhcli.stream.encode import EMPTY, PLAIN, texts_of
from hlhcli.stream.findings import FAR, Combinations, Findings, Wanted, no_findings, number_of
from hlhcli.stream.pieces import ROWS_OF_A_FILE, Misfit
from hlhcli.times import DAY

SEEDS = range(5)


@dataclass(frozen=True)
class Keys:
    """How the rows name their combinations of texts: by a number that Spark makes of them."""

    seed: int
    key: np.ndarray
    """Ascending."""
    number: np.ndarray
    """Of the combination of each key."""

    def numbers(self, keys: np.ndarray) -> np.ndarray:
        """The numbers of combinations by their keys."""
        return self.number[np.searchsorted(self.key, keys)]

    def of(self, chosen: np.ndarray) -> list[int]:
        """The keys of some combinations, by whether each is one of them."""
        return self.key[chosen[self.number]].tolist()


@dataclass(frozen=True)
class Facts:
    """The findings, and what joins them to rows."""

    findings: Findings
    keys: Keys
    subjects: pa.Table
    """Each subject as it is written, its place among the wanted ones (-1: none) and its rows."""


def is_plain() -> Any:  # noqa: ANN401 - a column
    """Whether the result of a row is a plain number."""
    from pyspark.sql import functions as fun

    return fun.col("value").isNotNull()


def key_of(width: int, seed: int, plain: Any) -> Any:  # noqa: ANN401 - columns
    """The number of a row's combination of so many texts and of its result, where that is a text."""
    from pyspark.sql import functions as fun

    texts = [fun.coalesce(fun.col(text_name(place)).cast("string"), fun.lit("")) for place in range(width)]
    result = fun.coalesce(fun.col("value_text"), fun.lit(""))
    return fun.xxhash64(fun.lit(seed), *texts, result, plain)


def is_timed() -> Any:  # noqa: ANN401 - a column
    """Whether a row has a time, readable or not."""
    from pyspark.sql import functions as fun

    return fun.col("time").isNotNull() | fun.col("time_text").isNotNull()


def find(labs: SparkLabs, wanted: Wanted) -> Facts:
    """Ask Spark; raises `HlhcliError` for what cannot be read."""
    findings = no_findings(labs.form, wanted)
    findings.misfits = list(_misfits(labs.misfits))
    keys = _combinations(labs, wanted, findings)
    if not findings.rows:
        raise HlhcliError(f"{labs.form.source.name}: has a header but no rows")
    _take_said(labs, findings)
    return Facts(findings, keys, _subjects(labs, wanted, findings, keys))


def _misfits(rows: SparkFrame | None) -> Iterator[Misfit]:
    for row in rows.collect() if rows is not None else []:
        file, number = divmod(row["row"], ROWS_OF_A_FILE)
        yield Misfit(file, number, *json.loads(row["misfit"]))


# combinations -------------------------------------------------------------------------------


def _combinations(labs: SparkLabs, wanted: Wanted, findings: Findings) -> Keys:
    """Take in every combination with its rows; the keys that Spark gave them."""
    for seed in SEEDS:
        table = _counted(labs, wanted, seed)
        numbers = list(_take_in(findings, table, wanted.markers))
        key = table.column("key").to_numpy()
        ascending = np.argsort(key, kind="stable")
        found = Keys(seed, key[ascending], np.array(numbers, dtype=np.int32)[ascending])
        same = found.key[1:] == found.key[:-1]
        if (found.number[1:][same] == found.number[:-1][same]).all():
            _add_counts(findings, table, numbers, labs)
            return found
    raise HlhcliError(f"{labs.form.source.name}: too many different texts; a cluster cannot number them")


def _counted(labs: SparkLabs, wanted: Wanted, seed: int) -> pa.Table:
    """One row for each combination as it is written."""
    from pyspark.sql import functions as fun

    width = len(labs.form.texts)
    timed, moment = is_timed(), fun.col("time")
    asked = timed & _is_asked(labs, wanted)
    kept = [*map(text_name, range(width)), "value_text", "plain"]
    return (
        labs.rows.withColumn("plain", is_plain())
        .groupBy(*kept)
        .agg(
            fun.count("*").alias("count"),
            fun.min("row").alias("first"),
            fun.count_if(timed).alias("timed_count"),
            fun.min(fun.when(timed, fun.col("row"))).alias("timed_first"),
            fun.bool_or(asked).alias("kept"),
            fun.bool_or(moment % DAY != 0).alias("clock"),
            fun.bool_or(asked & (moment % DAY != 0)).alias("exact"),
        )
        .withColumn("key", key_of(width, seed, fun.col("plain")))
        .toArrow()
        .combine_chunks()
    )


def _is_asked(labs: SparkLabs, wanted: Wanted) -> Any:  # noqa: ANN401 - a column
    """Whether a row is of a subject that was asked for."""
    from pyspark.sql import functions as fun

    if wanted.all_chosen or labs.form.subject is None:
        return fun.lit(True)
    chosen = [name for name, one in zip(wanted.subjects, wanted.chosen.tolist(), strict=True) if one]
    return fun.trim(column(SUBJECT).cast("string")).isin(chosen)


def _take_in(findings: Findings, table: pa.Table, wanted: Sequence[str]) -> Iterator[int]:
    """The number of the combination of each row of a table of counts."""
    texts = findings.combinations.texts
    columns = [
        known.codes(texts_of(_single(table.column(text_name(place))))).tolist()
        for place, known in enumerate(texts[:-1])
    ]
    result = texts[-1].codes([text or "" for text in table.column("value_text").to_pylist()])
    plain = table.column("plain").to_numpy()
    columns.append(np.where(plain, PLAIN, result).tolist())
    for key in zip(*columns, strict=True):
        yield number_of(findings, findings.form, key, wanted)


def _single(chunked: pa.ChunkedArray) -> pa.Array:
    chunks = chunked.chunks
    return (
        chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks) if chunks else pa.nulls(0, chunked.type)
    )


def _add_counts(findings: Findings, table: pa.Table, numbers: Sequence[int], labs: SparkLabs) -> None:
    combinations, counted = findings.combinations, table.select(list(COUNTED)).to_pylist()
    for number, row in zip(numbers, counted, strict=True):
        findings.rows += row["count"]
        findings.has_fraction |= bool(row["exact"]) and combinations.wanted[number]
        findings.times.has_clock |= bool(row["clock"]) and labs.has_clocks
        if _is_blank(combinations.keys[number]):  # a line without anything is no row
            row |= {"count": row["timed_count"], "first": row["timed_first"]}
        _add(combinations, number, row)


COUNTED = ("count", "first", "timed_count", "timed_first", "kept", "clock", "exact")


def _is_blank(key: Sequence[int]) -> bool:
    return all(code == EMPTY for code in key)


def _add(combinations: Combinations, number: int, row: dict[str, Any]) -> None:
    combinations.count[number] += row["count"]
    combinations.timed_count[number] += row["timed_count"]
    combinations.first[number] = min(combinations.first[number], row["first"] or FAR)
    combinations.timed_first[number] = min(combinations.timed_first[number], row["timed_first"] or FAR)
    combinations.kept[number] |= bool(row["kept"]) and combinations.wanted[number]


# times, numbers and subjects ----------------------------------------------------------------


def _take_said(labs: SparkLabs, findings: Findings) -> None:
    """What the encoders noticed, or what the types of the columns say."""
    findings.times.kind = labs.cells.kind
    if labs.typed:
        findings.times.offsets = dict.fromkeys(_offsets(labs))
        return
    said = [json.loads(row["said"]) for row in labs.rows.where("said IS NOT NULL").select("said").collect()]
    findings.times.has_clock = any(one["clock"] for one in said)
    findings.times.offsets = dict.fromkeys(sorted({offset for one in said for offset in one["offsets"]}))
    findings.numbers.has_point = any(one["point"] for one in said)
    findings.numbers.open_text = str(min((one["open"] for one in said if one["open"]), default=[0, ""])[1])
    odd = labs.rows.where("time_text IS NOT NULL").select("time_text").distinct()
    findings.times.texts.codes(sorted(row["time_text"] for row in odd.collect()))


def _offsets(labs: SparkLabs) -> Iterable[str]:
    """The offsets from UTC of times that have a zone: those of the session's zone."""
    from pyspark.sql import functions as fun

    if not labs.zoned or labs.source is None:
        return
    moment = column(labs.zoned)
    offset = fun.lit("+00:00") if zone_of(labs.rows) == "UTC" else fun.date_format(moment, "xxx")
    found = labs.source.where(moment.isNotNull()).select(offset.alias("offset")).distinct()
    yield from sorted(row["offset"] for row in found.collect())


def _subjects(labs: SparkLabs, wanted: Wanted, findings: Findings, keys: Keys) -> pa.Table:
    """Which subjects there are; takes note of those that have a time and a marker that was asked for."""
    table = _counted_subjects(labs, findings, keys)
    place = np.zeros(table.num_rows, dtype=np.int32)
    if labs.form.subject is not None:
        place = findings.subjects.encode(_single(table.column(SUBJECT)))
        if wanted.single:
            _require_single(findings, place)
            place = np.zeros_like(place)
    elif not wanted.single:
        place -= 1
    for seen, flag in ((findings.seen, "timed"), (findings.seen_wanted, "asked")):
        has = table.column(flag).to_numpy().astype(bool)
        seen[place[has & (place >= 0)]] = True
    return table.append_column("place", pa.array(place, pa.int32()))


def _counted_subjects(labs: SparkLabs, findings: Findings, keys: Keys) -> pa.Table:
    from pyspark.sql import functions as fun

    timed, wanted = is_timed(), np.array(findings.combinations.wanted)
    asked = timed
    if not wanted.all():
        asked &= key_of(len(labs.form.texts), keys.seed, is_plain()).isin(keys.of(wanted))
    by = [SUBJECT] if labs.form.subject is not None else []
    aggregates = {"rows": fun.count("*"), "timed": fun.bool_or(timed), "asked": fun.bool_or(asked)}
    return (
        labs.rows.groupBy(*by)
        .agg(*(one.alias(name) for name, one in aggregates.items()))
        .toArrow()
        .combine_chunks()
    )


def _require_single(findings: Findings, place: np.ndarray) -> None:
    named = [*findings.subjects.others, *([""] if (place >= 0).any() else [])]
    if len(named) > 1:
        raise HlhcliError(
            f"the interventions have no subject column, but the labs have several subjects ({named[0]}, "
            f"{named[1]}, …); add one"
        )
