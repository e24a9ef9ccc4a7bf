"""Files to frames: the only place that can say "line 7 is wrong"."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import pandas as pd

from hlhcli.readers.dates import count_offsets
from hlhcli.readers.delimited import Table
from hlhcli.readers.formats import read_any
from hlhcli.readers.given import given_table
from hlhcli.readers.labs import to_series
from hlhcli.readers.offsets import require_one_clock
from hlhcli.readers.same_subjects import of_same_subjects
from hlhcli.readers.tidy import to_interventions
from hlhcli.reading import DEFAULT, ReadingOptions

__all__ = ["for_series", "read_given", "read_interventions", "read_series"]


def read_series(source: str | Path, options: ReadingOptions = DEFAULT) -> pd.DataFrame:
    """Read a lab table, tidy or wide, into the series frame (`hlhcli.frames.SERIES`).

    ``source`` is a path (gzip too) or ``-`` for standard input, in any of
    `hlhcli.readers.formats.FORMATS`; ``options`` is what its content does not tell. Raises
    `HlhcliError` with every bad cell; warns with `hlhcli.errors.DataNote` about cells that hold
    no number.
    """
    return to_series(read_any(source, "labs", options), options)


def read_interventions(
    source: str | Path, series: pd.DataFrame, options: ReadingOptions = DEFAULT
) -> pd.DataFrame:
    """Read a table of interventions (`hlhcli.frames.INTERVENTIONS`) for these series.

    Where only one of the two files names its subject, and names a single one, they are taken
    to be about the same patient. Interventions of subjects that have no labs are left out with a
    note. Raises `HlhcliError` as `read_series`, and where no subject has labs.
    """
    return for_series(read_any(source, "interventions", options), series, options)


def read_given(given: Sequence[str], series: pd.DataFrame, options: ReadingOptions = DEFAULT) -> pd.DataFrame:
    """The interventions of texts such as ``anakinra=2004-11-29..2004-12-14``; see `read_interventions`."""
    return for_series(given_table(given), series, options)


def for_series(
    table: Table, series: pd.DataFrame, options: ReadingOptions, *, strict: bool = False
) -> pd.DataFrame:
    """The interventions of a table: of the same subjects and by the same clock as the labs.

    ``strict`` refuses interventions of a subject that has no labs, though others have.
    """
    interventions = to_interventions(table, options, like=series["time"])
    times = [interventions["start"], interventions["stop"]]
    cells = chain.from_iterable(table.columns)
    require_one_clock(table.name, table.offsets or count_offsets(cells), times, series)
    return of_same_subjects(table.name, interventions, series, strict=strict)
