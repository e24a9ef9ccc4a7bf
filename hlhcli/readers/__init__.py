"""Files to frames: the only place that can say "line 7 is wrong"."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from hlhcli.errors import HlhcliError, nearest
from hlhcli.readers.formats import AS_DETECTED, FormatOptions, read_any
from hlhcli.readers.tidy import to_interventions, to_series

__all__ = ["read_interventions", "read_series"]


def read_series(
    source: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str | None = None,
    formats: FormatOptions = AS_DETECTED,
) -> pd.DataFrame:
    """Read a lab table into the series frame (`hlhcli.frames.SERIES`).

    ``source`` is a path (gzip too) or ``-`` for standard input, in any
    of `hlhcli.readers.formats.FORMATS` as ``formats`` says. ``columns`` maps the design's
    words to the file's columns (``{"subject": "patient_id"}``), ``dates`` states the order of
    numeric dates (``dmy`` or ``mdy``). Raises `HlhcliError` with every bad line; warns with
    `hlhcli.errors.DataNote` about rows that hold no value.
    """
    return to_series(read_any(source, "labs", formats), columns or {}, dates)


def read_interventions(
    source: str | Path,
    series: pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    dates: str | None = None,
    formats: FormatOptions = AS_DETECTED,
) -> pd.DataFrame:
    """Read a table of interventions (`hlhcli.frames.INTERVENTIONS`) for these series.

    Where only one of the two files names its subject, and names a single one, they are taken
    to be about the same patient. Raises `HlhcliError` as `read_series`, and for an
    intervention of a subject that has no labs.
    """
    table = read_any(source, "interventions", formats)
    frame = to_interventions(table, columns or {}, dates, like=series["time"])
    return _of_same_subjects(table.name, frame, series)


def _of_same_subjects(name: str, interventions: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    labs, given = set(series["subject"].unique()), set(interventions["subject"].unique())
    if len(labs) == len(given) == 1 and "" in labs | given:
        return interventions.assign(subject=series["subject"].iloc[0])
    if given == {""}:
        raise HlhcliError(f"{name}: has no subject column, but the labs have {len(labs)} subjects; add one")
    unknown = [subject for subject in interventions["subject"].unique() if subject not in labs]
    if unknown:
        listed = ", ".join(f"'{subject}'" for subject in unknown[:5]) + (", …" if len(unknown) > 5 else "")
        if labs == {""}:
            raise HlhcliError(
                f"{name}: has subjects ({listed}), but the labs have no subject column; add one"
            )
        raise HlhcliError(
            f"{name}: no labs for subject {listed}; {nearest(unknown[0], series['subject'].unique())}"
        )
    return interventions
