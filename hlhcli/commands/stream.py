"""Labs of any size: which engine takes them, and what a run of the stream says in the end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from hlhcli.analysis import Analysis
from hlhcli.commands.case import Case, second_file
from hlhcli.commands.evidence import load_context
from hlhcli.errors import SHOWN, HlhcliError, bullet_list
from hlhcli.output import write
from hlhcli.readers.address import is_address
from hlhcli.readers.delimited import Table
from hlhcli.readers.formats import read_any
from hlhcli.readers.source import STDIN
from hlhcli.reading import ReadingOptions
from hlhcli.renderers import SAFE
from hlhcli.request import Disturbing, Limits, Scale, Source, Units

if TYPE_CHECKING:
    from hlhcli.stream import planning
    from hlhcli.stream.planning import BadRow
    from hlhcli.stream.progress import Progress
    from hlhcli.stream.resources import Resources

LARGE = 10_000_000
"""Bytes of labs from which they are streamed: some 200,000 rows, which take half the time in a stream."""

PACKED = {".parquet": 5, ".pq": 5, ".gz": 8}
"""How much larger the rows of a file are than the file."""

FORMATS = ("csv", "tsv", "jsonl", "parquet", *SAFE.values())


class Destination(NamedTuple):
    """Where the changes go (None: standard output), in which format and with which names of columns."""

    target: Path | None
    file_format: str
    schema: str
    datapackage: bool = False


class Only(NamedTuple):
    """The subjects and markers that were asked for; none: all."""

    subjects: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()


def is_chosen(scale: Scale, source: Source, reading: ReadingOptions, destination: Destination) -> bool:
    """Whether labs are streamed: as asked for, else where they are large and can be."""
    refuse_spark_options(source, scale)
    wishes = {"--memory": scale.memory, "--rejects": scale.rejects, "--strict": scale.strict}
    wished = next((option for option, value in wishes.items() if value), None)
    if scale.engine == "pandas":
        if wished:
            raise HlhcliError(f"{wished} is of --engine stream; leave one of them out")
        return False
    if scale.engine == "auto" and wished is None and not _calls_for_stream(source, reading, destination):
        return False
    _require_possible(source, destination)
    return True


def refuse_spark_options(source: Source, scale: Scale) -> None:
    """Raise for what only Spark knows, where another engine was asked for."""
    wishes = {"--master": scale.master, "--spark-conf": scale.spark_conf}
    for option in (option for option, value in wishes.items() if value):
        raise HlhcliError(f"{option} is of --engine spark; add that, or leave {option} out")
    for name in (source.labs, source.interventions):
        if name and not is_address(name) and (name.startswith(("spark:", "jdbc:")) or "://" in name):
            raise HlhcliError(f"{name.partition('?')[0]}: only Spark reads this; add --engine spark")


def _calls_for_stream(source: Source, reading: ReadingOptions, destination: Destination) -> bool:
    if source.labs in (None, STDIN) or destination.file_format not in FORMATS:
        return False
    if destination.datapackage or destination.schema != "plain":
        return False
    if is_address(source.labs):
        return destination.target is not None or destination.file_format != "parquet"
    path = Path(str(source.labs))
    if not path.exists():
        return any(mark in path.name for mark in "*?[")
    if path.is_dir():
        return _is_folder_of_tables(path)
    if path.stat().st_size * PACKED.get(path.suffix.lower(), 1) < LARGE:
        return False
    try:
        from hlhcli.stream.form import open_form

        open_form(str(path), reading)
    except (ImportError, HlhcliError):  # the other engine reads more forms, and says it better
        return False
    return True


def _is_folder_of_tables(folder: Path) -> bool:
    """Whether a folder is one of parts, or a large one of OMOP: no other engine reads the first."""
    from hlhcli.readers.omop import is_omop_folder

    size = sum(
        path.stat().st_size * PACKED.get(path.suffix.lower(), 1)
        for path in folder.iterdir()
        if path.is_file() and path.name.lower().startswith("measurement")
    )
    if is_omop_folder(folder):
        return size >= LARGE
    return not any(".json" in path.name or ".ndjson" in path.name for path in folder.iterdir())


def _require_possible(source: Source, destination: Destination) -> None:
    if source.labs in (None, STDIN):
        raise HlhcliError("a stream reads labs from files; name one, or leave out the options of a stream")
    if destination.datapackage or destination.schema != "plain":
        option = "--datapackage" if destination.datapackage else f"--schema {destination.schema}"
        raise HlhcliError(f"{option} describes the whole output and is no stream; use --engine pandas")
    if destination.file_format not in FORMATS or (
        destination.target is None and destination.file_format == "parquet"
    ):
        raise HlhcliError(
            f"{destination.file_format} cannot be written as a stream; write -o changes.csv, .tsv, .jsonl or "
            ".parquet, or leave out the options of a stream"
        )


class Question(NamedTuple):
    """What a command asks of labs of any size."""

    source: Source
    reading: ReadingOptions
    units: Units
    analysis: Analysis
    only: Only
    beside: tuple[Disturbing, Limits]
    destination: Destination
    scale: Scale


def run(question: Question) -> int:
    """Stream the labs; the number of rows that could not be read.

    Ctrl-C ends it with what was done, and with no file half written.
    """
    from hlhcli.extras import library

    library("pyarrow", "scale", "--engine stream")
    from hlhcli.stream import engine, resources

    scale = question.scale
    memory = resources.parse_memory(scale.memory) if scale.memory else resources.quarter_of_machine()
    share = resources.share(memory)
    with (
        progress_to(question.destination.target) as progress,
        engine.opened(str(question.source.labs), question.reading, share) as labs,
    ):
        request = state_request(
            question, lambda: interventions_table(question.source, question.reading), share
        )
        outcome = engine.run(request, labs, progress)
    return report(outcome.bad, scale.rejects)


def state_request(
    question: Question, interventions: Callable[[], Table], resources: "Resources"
) -> "planning.Request":
    """What is asked of an engine."""
    from hlhcli.stream import planning

    def load_beside(series: pd.DataFrame, found: pd.DataFrame) -> planning.Beside:
        case = Case(series, found)
        context = load_context(case, question.source, *question.beside, reading=question.reading)
        return planning.Beside(context.background, context.thresholds)

    return planning.Request(
        labs=str(question.source.labs),
        interventions=interventions,
        reading=question.reading,
        units=question.units,
        analysis=question.analysis,
        beside=load_beside,
        resources=resources,
        target=question.destination.target,
        file_format=question.destination.file_format,
        subjects=question.only.subjects,
        markers=question.only.markers,
        strict=question.scale.strict,
    )


@contextmanager
def progress_to(target: Path | str | None) -> Iterator["Progress"]:
    """Say how far the run is; Ctrl-C ends it with what was done."""
    from hlhcli.stream.progress import Progress

    progress = Progress()
    try:
        yield progress
    except KeyboardInterrupt:
        progress.clear()
        kept = f"; {target} was not written" if target else ""
        print(f"hlhcli: stopped: {progress.done}{kept}", file=sys.stderr)
        raise SystemExit(130) from None
    finally:
        progress.clear()


def interventions_table(source: Source, reading: ReadingOptions) -> Table:
    """The table of interventions, as the other engine reads it."""
    from hlhcli.readers.given import given_table

    file = second_file(source, reading, alone=False)
    return given_table(source.given) if source.given else read_any(str(file), "interventions", reading)


def report(bad: "list[BadRow]", rejects: str | None) -> int:
    """Write the rows that were set aside, and say how many."""
    if rejects:
        rows = [(one.file, one.row, one.column, one.text, one.reason) for one in bad]
        frame = pd.DataFrame(rows, columns=["file", "row", "column", "found", "reason"])
        from hlhcli.renderers import render

        write(render(frame, "csv"), Path(rejects))
    if bad:
        count = "1 cell or row" if len(bad) == 1 else f"{len(bad):,} cells or rows"
        where = f" ({rejects})" if rejects else f"\n{bullet_list([str(one) for one in bad[: SHOWN + 1]])}"
        print(f"hlhcli: {count} could not be read and were set aside{where}", file=sys.stderr)
    return len(bad)
