"""The input of every command: labs and interventions, read and narrowed to what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from hlhcli import selection
from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.courses import join_courses
from hlhcli.errors import HlhcliError
from hlhcli.frames import INTERVENTIONS
from hlhcli.progress import stage
from hlhcli.readers import read_interventions, read_series
from hlhcli.readers.columns import parse_mapping
from hlhcli.readers.formats import AS_DETECTED, FormatOptions
from hlhcli.readers.source import STDIN

__all__ = ["Case", "FormatOptions", "load", "load_for_conversion"]


@dataclass(frozen=True)
class Case:
    """One input: the lab values and the interventions of one or more subjects."""

    series: pd.DataFrame
    interventions: pd.DataFrame


def load(
    labs: str | None,
    interventions: str | None,
    columns: Sequence[str],
    dates: str | None,
    *,
    formats: FormatOptions = AS_DETECTED,
    course_gap: str | None = None,
    subjects: Sequence[str] = (),
    markers: Sequence[str] = (),
) -> Case:
    """Read both files (or the built-in case) and keep the subjects and markers that were asked for."""
    if formats.drugs:
        interventions = interventions or labs
    if labs is not None and interventions is None:
        raise HlhcliError(f"{labs}: whose interventions? Add --interventions FILE")
    if labs == interventions == STDIN:
        raise HlhcliError("only one of the two files can come from standard input")
    mapping = parse_mapping(columns)
    with stage(f"reading {labs or TABLE1.name}"):
        series = read_series(labs or TABLE1, columns=mapping, dates=dates, formats=formats)
        given = read_interventions(
            interventions or TABLE1_INTERVENTIONS, series, columns=mapping, dates=dates, formats=formats
        )
        given = join_courses(given, course_gap) if course_gap else given
    return _select(Case(series, given), subjects, markers)


def load_for_conversion(
    labs: str | None,
    interventions: str | None,
    columns: Sequence[str],
    dates: str | None,
    *,
    formats: FormatOptions,
    course_gap: str | None,
    subjects: Sequence[str],
    markers: Sequence[str],
) -> Case:
    """As `load`, but labs may come without interventions: these are then an empty frame."""
    if interventions or formats.drugs or labs is None:
        return load(
            labs,
            interventions,
            columns,
            dates,
            formats=formats,
            course_gap=course_gap,
            subjects=subjects,
            markers=markers,
        )
    with stage(f"reading {labs}"):
        series = read_series(labs, columns=parse_mapping(columns), dates=dates, formats=formats)
    none = pd.DataFrame({name: pd.Series(dtype="str") for name in INTERVENTIONS})
    none = none.astype(dict.fromkeys(("start", "stop"), series["time"].dtype))
    return _select(Case(series, none), subjects, markers)


def _select(case: Case, subjects: Sequence[str], markers: Sequence[str]) -> Case:
    series, interventions = case.series, case.interventions
    if subjects:
        chosen = selection.find_subjects(series, subjects)
        series = series[series["subject"].isin(chosen)]
        interventions = interventions[interventions["subject"].isin(chosen)]
    if markers:
        series = series[series["marker"].isin(selection.find_markers(series, markers))]
        interventions = interventions[interventions["subject"].isin(series["subject"])]
    return replace(
        case, series=series.reset_index(drop=True), interventions=interventions.reset_index(drop=True)
    )
