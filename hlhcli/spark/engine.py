"""A whole run on a cluster: what Spark counts, the decisions of a stream, and its work in the executors."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hlhcli.errors import SHOWN, HlhcliError, reason_of
from hlhcli.renderers.parquet import to_arrow
from hlhcli.spark.facts import Facts, find, is_plain, is_timed, key_of
from hlhcli.spark.folder import whole_folder
from hlhcli.spark.normal import SUBJECT, SparkFrame
from hlhcli.spark.sources import SparkLabs
from hlhcli.spark.work import DONE, PARTS, Task, records_of
from hlhcli.stream.findings import Findings
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
    single: bool
    """Whether all rows are of one subject."""

    @property
    def findings(self) -> Findings:
        """What decisions were made from."""
        return self.facts.findings


def prepare(request: Request, labs: SparkLabs) -> Prepared:
    """Ask Spark about the labs and decide; raises `HlhcliError`."""
    interventions = request.interventions()
    names, wanted = whose(request, interventions, labs.form)
    facts = find(labs, wanted)
    if request.strict and facts.findings.misfits:
        raise_bad(request, list(misfits(facts.findings)))
    return Prepared(labs, facts, decide(request, interventions, facts.findings, wanted, names), wanted.single)


def run(request: Request, labs: SparkLabs, progress: Progress) -> Outcome:
    """Summarize labs into one file; raises `HlhcliError`, and leaves no half file."""
    progress.done = "the labs were not yet counted"
    prepared = prepare(request, labs)
    bad = _all_bad(request, prepared)
    _begin_analysis(prepared, progress)
    with tempfile.TemporaryDirectory(prefix="hlhcli-") as folder, _parts(prepared, folder) as parts:
        done = _write(request, prepared, Path(folder), parts, progress)
    return _finish(prepared, done, bad)


def run_into_folder(request: Request, labs: SparkLabs, target: str, progress: Progress) -> Outcome:
    """Summarize labs into a folder of Parquet that Spark writes itself, in no order."""
    progress.done = "the labs were not yet counted"
    with whole_folder(labs.rows.sparkSession, target) as beside:
        prepared = prepare(request, labs)
        bad = _all_bad(request, prepared)
        _begin_analysis(prepared, progress)
        with _held(changes_of(prepared)) as found:
            found.where(f"{DONE} IS NULL").drop(DONE).write.parquet(beside)
            done = found.where(f"{DONE} IS NOT NULL").select(DONE).collect()
    return _finish(prepared, [pickle.loads(row[DONE]) for row in done], bad)


def _begin_analysis(prepared: Prepared, progress: Progress) -> None:
    findings = prepared.findings
    progress.done = f"{findings.rows:,} rows were counted, none written"
    progress.begin_analysis(findings.rows, int(findings.seen_wanted.sum()))


def changes_of(prepared: Prepared) -> SparkFrame:
    """The changes as a table of Spark, with `DONE`."""
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import BinaryType

    task, schema = Task(prepared.plan, prepared.facts.keys), schema_of(prepared.plan)
    types = from_arrow_schema(schema, prefer_timestamp_ntz=True).add(DONE, BinaryType())
    return dealt(prepared).mapInArrow(lambda batches: task.changes(batches, schema), types)


def schema_of(plan: Plan) -> pa.Schema:
    """The columns of the changes in Arrow, texts as texts."""
    found = to_arrow(no_changes(plan)).schema
    return pa.schema(
        [(one.name, one.type.value_type if pa.types.is_dictionary(one.type) else one.type) for one in found]
    )


# rows to executors --------------------------------------------------------------------------


def dealt(prepared: Prepared) -> SparkFrame:
    """The rows of the subjects that are analyzed, in parts of whole subjects in their order."""
    from pyspark.sql import functions as fun

    labs, facts = prepared.labs, prepared.facts
    rows = labs.rows.where(is_timed()).withColumn(
        "key", key_of(len(labs.form.texts), facts.keys.seed, is_plain())
    )
    wanted = np.array(prepared.findings.combinations.wanted)
    if not wanted.all():
        rows = rows.where(fun.col("key").isin(facts.keys.of(wanted)))
    odd = ["time_text"] if len(prepared.plan.time_texts) > 1 else []
    columns = ["_part", "place", "key", "time", "value", "row", *odd]
    if prepared.single:
        single = rows.withColumn("place", fun.lit(0)).withColumn("_part", fun.lit(0))
        return single.select(*columns).repartitionById(1, "_part")
    known, n_parts = _places(prepared)
    table = rows.sparkSession.createDataFrame(known)
    same = (
        rows[SUBJECT].eqNullSafe(table["_subject"])
        if known.column("_subject").null_count
        else (rows[SUBJECT] == table["_subject"])
    )
    joined = rows.join(fun.broadcast(table), same)
    return joined.select(*columns).repartitionById(n_parts, "_part")


def _places(prepared: Prepared) -> tuple[pa.Table, int]:
    """Each treated subject as it is written, its place and its part; how many parts."""
    subjects, plan = prepared.facts.subjects, prepared.plan
    place = subjects.column("place").to_numpy()
    starts = np.bincount(plan.treated.windows["subject"].to_numpy(), minlength=len(plan.names))
    treated = (place >= 0) & (starts[place] > 0)
    chosen, place = subjects.filter(pa.array(treated)), place[treated]
    rows = chosen.column("rows").to_numpy()
    weight = rows + _changes(rows, starts[place], len(plan.cells.markers))
    n_parts = max(1, min(MOST_PARTS, -(-int(weight.sum()) // ROWS_OF_A_PART), place.size))
    part = parts_of(place, weight, n_parts)
    columns = [
        chosen.column(SUBJECT).combine_chunks(),
        pa.array(place, pa.int32()),
        pa.array(part, pa.int32()),
    ]
    return pa.table(columns, names=["_subject", "place", "_part"]), n_parts


def _changes(rows: np.ndarray, starts: np.ndarray, n_markers: int) -> np.ndarray:
    """About how much is written about each subject: each change names all else that was given."""
    changes = 4 * starts * np.minimum(rows, n_markers)
    return np.asarray(changes * (10 + starts) // 10)


def parts_of(place: np.ndarray, weight: np.ndarray, n_parts: int) -> np.ndarray:
    """Parts of about the same weight that ascend with the places; a place is in one part.

    >>> parts_of(np.array([2, 0, 1, 0]), np.array([5, 1, 3, 1]), 2).tolist()
    [1, 0, 0, 0]
    """
    of_place = np.bincount(place, weight)
    before = np.cumsum(of_place) - of_place
    return np.minimum(before * n_parts // max(1.0, of_place.sum()), n_parts - 1).astype(np.int32)[place]


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


@contextmanager
def _parts(prepared: Prepared, folder: str) -> Iterator[Iterator[Any]]:
    """The parts of the output, in the order of subjects: named where executors share the folder."""
    task, rows = Task(prepared.plan, prepared.facts.keys), dealt(prepared)
    if _is_local(rows.sparkSession):
        yield iter(rows.mapInArrow(lambda batches: task.parts(batches, folder), PARTS).collect())
        return
    with _held(rows.mapInArrow(lambda batches: task.parts(batches, None), PARTS)) as parts:
        yield parts.toLocalIterator(prefetchPartitions=True)


def _is_local(session: Any) -> bool:  # noqa: ANN401 - a session of Spark
    """Whether the executors are on this machine and see its folders."""
    from pyspark.sql import is_remote

    if is_remote():  # its master is that of another machine
        return False
    master: str = session.conf.get("spark.master", "")
    return master.startswith("local")


def _write(
    request: Request, prepared: Prepared, folder: Path, parts: Iterable[Any], progress: Progress
) -> list[Done]:
    """Write the parts in the order in which they come."""
    done: list[Done] = []
    sink = Sink(request.target, request.file_format, no_changes(prepared.plan))
    try:
        for row in parts:
            if row["done"] is not None:
                done.append(pickle.loads(row["done"]))
                progress.analyzed(done[-1].rows, done[-1].subjects)
            elif row["piece"]:
                _append(folder / "part", row["piece"])
            else:
                sink.add(folder / (row["path"] or "part"))
        sink.finish()
    except OSError as error:
        sink.abandon()
        where = request.target or "standard output"
        raise HlhcliError(f"{where}: cannot be written ({reason_of(error)})") from None
    except BaseException:
        sink.abandon()
        raise
    return done


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)


def _finish(prepared: Prepared, done: Sequence[Done], bad: list[BadRow]) -> Outcome:
    surveys: list[Survey] = [one for each in done for one in each.surveys]
    ask_about(prepared.findings, surveys)
    return Outcome(prepared.findings.rows, sum(one.written for one in done), sorted(bad))


def _all_bad(request: Request, prepared: Prepared) -> list[BadRow]:
    """The rows that cannot be read; raises `HlhcliError` where they end the run."""
    found = bad_rows(prepared)
    if request.strict:
        raise_bad(request, list(islice(found, SHOWN + 1)))
    return [*misfits(prepared.findings), *found]


def bad_rows(prepared: Prepared) -> Iterable[BadRow]:
    """The rows that cannot be read, of all subjects."""
    from pyspark.sql import functions as fun

    plan, keys, findings = prepared.plan, prepared.facts.keys, prepared.findings
    is_bad = np.isin(np.arange(len(findings.combinations.keys)), list(plan.cells.bad))
    times = [text for text, reason in zip(plan.time_texts, plan.moments.reason, strict=True) if reason]
    if not is_bad.any() and not times:
        return
    key = key_of(len(prepared.labs.form.texts), keys.seed, is_plain())
    wrong = key.isin(keys.of(is_bad)) | fun.coalesce(fun.col("time_text").isin(times), fun.lit(False))
    columns = [fun.lit(0).alias("place"), key.alias("key"), "time", "value", "row", "time_text"]
    table = prepared.labs.rows.where(wrong).select(*columns).toArrow()
    records = records_of(table.to_batches(), keys, plan.time_texts)
    for cell in without_bad(records, plan)[1]:
        yield bad_row(findings, cell)
