"""A whole run on a cluster: what Spark counts, the decisions of a stream, and its work in the executors."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from hlhcli.errors import SHOWN, HlhcliError
from hlhcli.renderers.parquet import to_arrow
from hlhcli.spark.facts import Facts, find, is_timed, key_of
from hlhcli.spark.normal import SUBJECT, SparkFrame
from hlhcli.spark.sources import SparkLabs
from hlhcli.spark.work import DONE, PARTS, Task, records_of
from hlhcli.stream.form import localized
from hlhcli.stream.intake import Findings
from hlhcli.stream.planning import (
    BadRow,
    Outcome,
    Request,
    ask_about,
    bad_row,
    decide,
    misfits,
    raise_bad,
    whose,
)
from hlhcli.stream.progress import Progress
from hlhcli.stream.sink import Sink
from hlhcli.stream.work import Done, Plan, no_changes, without_bad
from hlhcli.units.plausible import Survey

ROWS_OF_A_PART = 400_000
MOST_PARTS = 4000


@dataclass(frozen=True)
class Prepared:
    """Labs of which everything is known that must be known before one row is analyzed."""

    labs: SparkLabs
    facts: Facts
    plan: Plan

    @property
    def findings(self) -> Findings:
        """What decisions were made from."""
        return self.facts.findings


def prepare(request: Request, labs: SparkLabs) -> Prepared:
    """Ask Spark about the labs and decide; raises `HlhcliError`."""
    names, wanted = whose(request, labs.form)
    facts = find(labs, wanted)
    if request.strict and facts.findings.misfits:
        raise_bad(request, list(misfits(facts.findings)))
    return Prepared(labs, facts, decide(request, facts.findings, wanted, names))


def run(request: Request, labs: SparkLabs, progress: Progress) -> Outcome:
    """Summarize labs into one file; raises `HlhcliError`, and leaves no half file."""
    prepared = prepare(request, labs)
    bad = _all_bad(request, prepared)
    task = Task(prepared.plan, prepared.facts.keys)
    rows, count = dealt(prepared)
    progress.begin_analysis(count, int(prepared.findings.seen_wanted.sum()))
    with _held(rows.mapInArrow(lambda batches: task.parts(batches), PARTS)) as parts:
        outcomes = _write(request, prepared, parts, progress)
    return _finish(prepared, outcomes, bad)


def run_into_folder(request: Request, labs: SparkLabs, target: str) -> Outcome:
    """Summarize labs into a folder of Parquet that Spark writes itself, in no order."""
    prepared = prepare(request, labs)
    bad = _all_bad(request, prepared)
    with _held(changes_of(prepared)) as found:
        found.where(f"{DONE} IS NULL").drop(DONE).write.mode("overwrite").parquet(target)
        outcomes = [
            pickle.loads(row[DONE]) for row in found.where(f"{DONE} IS NOT NULL").select(DONE).collect()
        ]
    return _finish(prepared, outcomes, bad)


def changes_of(prepared: Prepared) -> SparkFrame:
    """The changes as a table of Spark, with `DONE`."""
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import BinaryType

    task, schema = Task(prepared.plan, prepared.facts.keys), schema_of(prepared.plan)
    types = from_arrow_schema(schema, prefer_timestamp_ntz=True).add(DONE, BinaryType())
    return dealt(prepared)[0].mapInArrow(lambda batches: task.changes(batches, schema), types)


def schema_of(plan: Plan) -> pa.Schema:
    """The columns of the changes in Arrow, texts as texts."""
    found = to_arrow(no_changes(plan)).schema
    return pa.schema(
        [(one.name, one.type.value_type if pa.types.is_dictionary(one.type) else one.type) for one in found]
    )


# rows to executors --------------------------------------------------------------------------


def dealt(prepared: Prepared) -> tuple[SparkFrame, int]:
    """The rows of the subjects that are analyzed, in parts of whole subjects in their order, and how many."""
    from pyspark.sql import functions as fun

    labs, facts = prepared.labs, prepared.facts
    rows = labs.rows.where(is_timed()).withColumn("key", key_of(len(labs.form.texts), facts.keys.seed))
    wanted = np.array(prepared.findings.combinations.wanted)
    if not wanted.all():
        rows = rows.where(fun.col("key").isin(facts.keys.of(wanted)))
    odd = ["time_text"] if len(prepared.plan.time_texts) > 1 else []
    columns = ["_part", "place", "key", "time", "value", "row", *odd]
    if labs.form.subject is None or len(prepared.plan.names) == 1:
        single = rows.withColumn("place", fun.lit(0)).withColumn("_part", fun.lit(0))
        return single.select(*columns).repartitionById(1, "_part"), prepared.findings.rows
    known, n_parts, count = _places(prepared)
    table = rows.sparkSession.createDataFrame(known)
    same = (
        rows[SUBJECT].eqNullSafe(table["_subject"])
        if known.column("_subject").null_count
        else (rows[SUBJECT] == table["_subject"])
    )
    joined = rows.join(fun.broadcast(table), same)
    return joined.select(*columns).repartitionById(n_parts, "_part"), count


def _places(prepared: Prepared) -> tuple[pa.Table, int, int]:
    """Each treated subject as it is written, its place and its part; how many parts, and their rows."""
    subjects = prepared.facts.subjects
    place = subjects.column("place").to_numpy()
    treated = np.isin(place, prepared.plan.interventions["subject"].to_numpy())
    chosen, place = subjects.filter(pa.array(treated)), place[treated]
    rows = chosen.column("rows").to_numpy()
    count = int(rows.sum())
    order = np.argsort(place, kind="stable")
    before = np.cumsum(rows[order]) - rows[order]
    n_parts = max(1, min(MOST_PARTS, -(-count // ROWS_OF_A_PART), place.size))
    part = np.empty(place.size, dtype=np.int32)
    part[order] = np.minimum(before * n_parts // max(1, count), n_parts - 1)
    part = _whole(part, place)
    columns = [
        chosen.column(SUBJECT).combine_chunks(),
        pa.array(place, pa.int32()),
        pa.array(part, pa.int32()),
    ]
    return pa.table(columns, names=["_subject", "place", "_part"]), n_parts, count


def _whole(part: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The parts of subjects, the same for all ways to write one."""
    first: dict[int, int] = {}
    for one, number in zip(place.tolist(), part.tolist(), strict=True):
        first[one] = min(first.get(one, number), number)
    return np.array([first[one] for one in place.tolist()], dtype=np.int32)


# results ------------------------------------------------------------------------------------


@contextmanager
def _held(frame: SparkFrame) -> Iterator[SparkFrame]:
    """A table that Spark computes once, on all cores, and keeps on disk as long as it is needed."""
    from pyspark import StorageLevel

    held = frame.persist(StorageLevel.DISK_ONLY)
    try:
        held.count()
        yield held
    finally:
        held.unpersist()


def _write(request: Request, prepared: Prepared, parts: SparkFrame, progress: Progress) -> list[Done]:
    """Write the pieces in the order of subjects."""
    done: list[Done] = []
    sink = Sink(request.target, request.file_format, no_changes(prepared.plan))
    try:
        with tempfile.TemporaryDirectory(prefix="hlhcli-") as folder:
            piece = Path(folder) / "part"
            for row in parts.toLocalIterator(prefetchPartitions=True):
                if row["part"] is not None:
                    piece.write_bytes(row["part"])
                    sink.add(piece)
                else:
                    done.append(pickle.loads(row["done"]))
                    progress.analyzed(done[-1].rows, done[-1].subjects)
        sink.finish()
    except OSError as error:
        sink.abandon()
        where = request.target or "standard output"
        raise HlhcliError(f"{where}: cannot be written ({error.strerror or error})") from None
    except BaseException:
        sink.abandon()
        raise
    return done


def _finish(prepared: Prepared, done: Sequence[Done], bad: list[BadRow]) -> Outcome:
    surveys: list[Survey] = [one for each in done for one in each.surveys]
    ask_about(prepared.findings, surveys)
    return Outcome(prepared.findings.rows, sum(one.written for one in done), sorted(bad))


def _all_bad(request: Request, prepared: Prepared) -> list[BadRow]:
    """The rows that cannot be read; raises `HlhcliError` where they end the run."""
    found = _bad_rows(prepared)
    if request.strict:
        raise_bad(request, list(islice(found, SHOWN + 1)))
    return [*misfits(prepared.findings), *found]


def _bad_rows(prepared: Prepared) -> Iterable[BadRow]:
    from pyspark.sql import functions as fun

    plan, keys, findings = prepared.plan, prepared.facts.keys, prepared.findings
    is_bad = np.isin(np.arange(len(findings.combinations.keys)), list(plan.cells.bad))
    times = [text for text, reason in zip(plan.time_texts, plan.moments.reason, strict=True) if reason]
    if not is_bad.any() and not times:
        return
    key = key_of(len(prepared.labs.form.texts), keys.seed)
    wrong = key.isin(keys.of(is_bad)) | fun.coalesce(fun.col("time_text").isin(times), fun.lit(False))
    columns = [fun.lit(0).alias("place"), key.alias("key"), "time", "value", "row", "time_text"]
    table = prepared.labs.rows.where(wrong).select(*columns).toArrow()
    records = records_of(table.to_batches(), keys, plan.time_texts)
    for cell in without_bad(records, plan)[1]:
        yield bad_row(findings, cell)


def explained(error: str, prepared: Prepared) -> str:
    """A message with the file beside each row."""
    source = prepared.labs.form.source
    return localized(error, source, prepared.findings.where)
