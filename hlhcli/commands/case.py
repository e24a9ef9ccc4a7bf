"""The input of every command: labs and interventions, read and narrowed to what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from hlhcli import selection
from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.errors import HlhcliError
from hlhcli.progress import stage
from hlhcli.readers import read_given, read_interventions, read_series
from hlhcli.readers.source import STDIN
from hlhcli.reading import DEFAULT, ReadingOptions


@dataclass(frozen=True)
class Case:
    """One input: the lab values and the interventions of one or more subjects."""

    series: pd.DataFrame
    interventions: pd.DataFrame


def load(
    labs: str | None,
    interventions: str | None,
    reading: ReadingOptions = DEFAULT,
    *,
    given: Sequence[str] = (),
    subjects: Sequence[str] = (),
    markers: Sequence[str] = (),
) -> Case:
    """Read both files (or the built-in case) and keep the subjects and markers that were asked for.

    ``given`` states interventions as ``NAME=START..STOP``, in place of the second file.
    """
    if labs is not None and interventions is None and not given:
        raise HlhcliError(f"{labs}: whose interventions? Add --interventions FILE, or --given NAME=START")
    if interventions is not None and given:
        raise HlhcliError("interventions come from --interventions or from --given, not from both")
    if labs == interventions == STDIN:
        raise HlhcliError("only one of the two files can come from standard input")
    with stage(f"reading {labs or TABLE1.name}"):
        series = read_series(labs or TABLE1, reading)
        if given:
            found = read_given(given, series, reading)
        else:
            found = read_interventions(interventions or TABLE1_INTERVENTIONS, series, reading)
    return _select(Case(series, found), subjects, markers)


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
