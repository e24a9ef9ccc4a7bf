"""The input of every command: labs and interventions, read and narrowed to what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from hlhcli import selection
from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.errors import HlhcliError
from hlhcli.progress import stage
from hlhcli.readers import read_interventions, read_series
from hlhcli.readers.columns import parse_mapping
from hlhcli.readers.source import STDIN


@dataclass(frozen=True)
class Case:
    """One input: the lab values and the interventions of one or more subjects."""

    series: pd.DataFrame
    interventions: pd.DataFrame
    calendar: pd.DataFrame | None = None  # times of markers that were not asked for, where it matters


def load(
    labs: str | None,
    interventions: str | None,
    columns: Sequence[str],
    dates: str | None,
    *,
    subjects: Sequence[str] = (),
    markers: Sequence[str] = (),
) -> Case:
    """Read both files (or the built-in case) and keep the subjects and markers that were asked for."""
    if labs is not None and interventions is None:
        raise HlhcliError(f"{labs}: whose interventions? Add --interventions FILE")
    if labs == interventions == STDIN:
        raise HlhcliError("only one of the two files can come from standard input")
    mapping = parse_mapping(columns)
    with stage(f"reading {labs or TABLE1.name}"):
        series = read_series(labs or TABLE1, columns=mapping, dates=dates)
        given = read_interventions(
            interventions or TABLE1_INTERVENTIONS, series, columns=mapping, dates=dates
        )
    return _select(Case(series, given), subjects, markers)


def _select(case: Case, subjects: Sequence[str], markers: Sequence[str]) -> Case:
    series, interventions = case.series, case.interventions
    if subjects:
        chosen = selection.find_subjects(series, subjects)
        series = series[series["subject"].isin(chosen)]
        interventions = interventions[interventions["subject"].isin(chosen)]
    calendar = None
    if markers:
        if (series["placement"] == "inferred").any():
            calendar = series[["subject", "time"]].drop_duplicates(ignore_index=True)
        series = series[series["marker"].isin(selection.find_markers(series, markers))]
        interventions = interventions[interventions["subject"].isin(series["subject"])]
    return replace(
        case,
        series=series.reset_index(drop=True),
        interventions=interventions.reset_index(drop=True),
        calendar=calendar,
    )
