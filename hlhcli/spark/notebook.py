"""`hlhcli summarize` as a function of Spark DataFrames, for a notebook or a pipeline."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from hlhcli.analysis import Analysis, require_columns
from hlhcli.errors import SHOWN, DataNote, bullet_list
from hlhcli.evidence import Background
from hlhcli.evidence.goals import parse_thresholds
from hlhcli.frames import DEFAULT_POINTS
from hlhcli.readers.delimited import Table
from hlhcli.readers.typed import table_of
from hlhcli.reading import DEFAULT
from hlhcli.request import Units, WindowRules
from hlhcli.spark.engine import bad_rows, changes_of, prepare
from hlhcli.spark.normal import SparkFrame
from hlhcli.spark.normal import column as column_of
from hlhcli.spark.session import spoken
from hlhcli.spark.sources import of_frame, source_of
from hlhcli.spark.work import DONE
from hlhcli.stream.form import tidy_form
from hlhcli.stream.planning import Beside, Request
from hlhcli.stream.resources import Resources

ROWS = 250_000


def summarize(  # noqa: PLR0913 - the options of a command
    labs: SparkFrame,
    interventions: SparkFrame,
    *,
    at: Sequence[str] = DEFAULT_POINTS,
    baseline: str = "last",
    before: str | None = None,
    after: str | None = None,
    until: str = "next",
    same_day: str = "before",
    markers: Sequence[str] = (),
    subjects: Sequence[str] = (),
    units: str = "as-given",
    unit: Sequence[str] = (),
    ranges: str | None = None,
    thresholds: Sequence[str] = (),
    sensitivity: bool = False,
    details: bool = False,
    column: Mapping[str, str] | None = None,
    columns: Sequence[str] = (),
) -> SparkFrame:
    """The changes of ``hlhcli summarize`` as a Spark DataFrame, in no order; arguments are its options.

    ``labs`` has a row for each value, under any names that ``hlhcli`` knows or that ``column`` gives
    (``{"marker": "test_name"}``); ``interventions`` likewise. Markers, units, limits and ranges are
    read as from a file. A timestamp with a time zone is read as the clock of the session showed it.

    The result has all columns, or those that ``columns`` names, in that order. Texts are ``string``,
    counts ``bigint``, all other numbers ``double``, times ``timestamp_ntz``, or ``double`` where the
    labs have day numbers; what is missing is null.

    What must be known of the whole table is asked of Spark at once; the changes are computed when
    they are asked for. A `DataNote` tells of cells that cannot be read, whose rows are left out.
    Raises `HlhcliError`.
    """
    options = DEFAULT._replace(columns=dict(column or {}))
    rules = WindowRules(before=before, after=after, until=until, same_day=same_day)
    analysis = Analysis(
        tuple(at), baseline, rules, sensitivity=sensitivity, details=details, columns=tuple(columns)
    )
    require_columns(analysis)
    with spoken():
        wall = _with_clocks(labs)
        rows = of_frame(wall, tidy_form(source_of("labs", wall), options))
        request = Request(
            labs="labs",
            interventions=lambda: _table(_with_clocks(interventions)),
            reading=options,
            units=Units(units, tuple(unit), ranges),
            analysis=analysis,
            beside=lambda _, __: Beside(Background(), parse_thresholds(list(thresholds))),
            resources=Resources(1, ROWS),
            target=Path("labs"),
            file_format="parquet",
            subjects=tuple(subjects),
            markers=tuple(markers),
        )
        prepared = prepare(request, rows)
        _note([str(one) for one in bad_rows(prepared)])
        return changes_of(prepared).where(f"{DONE} IS NULL").drop(DONE)


def _with_clocks(frame: SparkFrame) -> SparkFrame:
    """The table, with timestamps as the clock of the session shows them."""
    zoned = [name for name, kind in frame.dtypes if kind == "timestamp"]
    return frame.withColumns({name: column_of(name).cast("timestamp_ntz") for name in zoned})


def _table(frame: SparkFrame) -> Table:
    rows = frame.toArrow()
    return table_of("interventions", rows.column_names, (one.to_pylist() for one in rows.columns))


def _note(bad: Sequence[str]) -> None:
    if bad:
        listed = bullet_list(list(bad[: SHOWN + 1]))
        warnings.warn(f"labs: cells that cannot be read, and are left out:\n{listed}", DataNote, stacklevel=3)
