"""The input of every command: labs and interventions, read and narrowed to what was asked for."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from hlhcli import selection
from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.courses import join_courses
from hlhcli.errors import HlhcliError
from hlhcli.frames import INTERVENTIONS
from hlhcli.progress import stage
from hlhcli.readers import read_given, read_interventions, read_series
from hlhcli.readers.address import is_address, public_address
from hlhcli.readers.source import STDIN
from hlhcli.reading import DEFAULT, ReadingOptions
from hlhcli.request import AS_GIVEN, Source, Units
from hlhcli.units import bring_to_one_unit, note_implausible, parse_assumed


class Case(NamedTuple):
    """One input: the lab values and the interventions of one or more subjects."""

    series: pd.DataFrame
    interventions: pd.DataFrame
    calendar: pd.DataFrame | None = None  # times of markers that were not asked for, where it matters
    roster: pd.DataFrame | None = None  # subject, intervention and start of all, also of those without labs


def load(
    source: Source,
    reading: ReadingOptions = DEFAULT,
    units: Units = AS_GIVEN,
    *,
    subjects: Sequence[str] | None = None,
    markers: Sequence[str] | None = None,
    alone: bool = False,
) -> Case:
    """Read both files (or the built-in case) and keep the subjects and markers that were asked for.

    Labs that may come ``alone`` have no interventions where none are given.
    """
    series, found = _read(source, reading, alone=alone)
    found = join_courses(found, reading.course_gap) if reading.course_gap else found
    calendar = _calendar(series) if markers else None
    chosen = in_one_unit(_only(series, markers or ()), units)
    roster = found[["subject", "intervention", "start"]]
    return _of_subjects(Case(chosen, found, calendar, roster), subjects or ())


def narrowed(case: Case, markers: Sequence[str]) -> Case:
    """The case with these markers only; inferred values may still sit on the times of all."""
    chosen = _only(case.series, markers).reset_index(drop=True)
    return Case(chosen, case.interventions, _calendar(case.series)) if markers else case


def _read(source: Source, reading: ReadingOptions, *, alone: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    labs = source.labs
    interventions = second_file(source, reading, alone=alone)
    with stage(f"reading {public_address(labs or TABLE1.name)}"):
        series = read_series(labs or TABLE1, reading)
        if source.given:
            return series, read_given(source.given, series, reading)
        if labs is not None and interventions is None:
            return series, _no_interventions(series)
        return series, read_interventions(interventions or TABLE1_INTERVENTIONS, series, reading)


def second_file(source: Source, reading: ReadingOptions, *, alone: bool) -> str | None:
    """The file of interventions, if there is one; raises where there must be one, or is one too many."""
    labs, interventions = source.labs, source.interventions
    if interventions is not None and source.given:
        raise HlhcliError("interventions come from --interventions or from --given, not from both")
    if reading.drugs and not source.given:
        interventions = interventions or labs  # a FHIR or OMOP record holds both
    if is_address(labs) and not (reading.table or source.given or alone):
        interventions = interventions or labs  # so does a warehouse
    if labs is not None and interventions is None and not source.given and not alone:
        raise HlhcliError(
            f"{public_address(labs)}: whose interventions? Add --interventions FILE, or --given NAME=START"
        )
    if labs == interventions == STDIN:
        raise HlhcliError("only one of the two files can come from standard input")
    return interventions


def _no_interventions(series: pd.DataFrame) -> pd.DataFrame:
    none = pd.DataFrame({name: pd.Series(dtype="str") for name in INTERVENTIONS})
    return none.astype(dict.fromkeys(("start", "stop"), series["time"].dtype))


def _calendar(series: pd.DataFrame) -> pd.DataFrame | None:
    """The times of all markers, where inferred values may sit on any of them."""
    if not (series["placement"] == "inferred").any():
        return None
    return series[["subject", "time"]].drop_duplicates(ignore_index=True)


def _only(series: pd.DataFrame, markers: Sequence[str]) -> pd.DataFrame:
    """The markers that were asked for: the units of the others are of no concern."""
    return series[series["marker"].isin(selection.find_markers(series, markers))] if markers else series


def in_one_unit(series: pd.DataFrame, units: Units) -> pd.DataFrame:
    """One unit per marker, for all subjects alike, then the ranges where the labs have none."""
    converted = bring_to_one_unit(series, units=units.system, assumed=parse_assumed(units.assumed))
    note_implausible(converted)
    if not units.ranges:
        return converted
    from hlhcli.ranges import fill_ranges, read_ranges

    return fill_ranges(converted, read_ranges(units.ranges))


def _of_subjects(case: Case, subjects: Sequence[str]) -> Case:
    """The subjects that were asked for, with their interventions; none: all that have labs left."""
    series = case.series
    if subjects:
        series = series[series["subject"].isin(selection.find_subjects(series, subjects))]
        roster = None if case.roster is None else case.roster[case.roster["subject"].isin(subjects)]
        case = case._replace(roster=roster)
    interventions = case.interventions[case.interventions["subject"].isin(series["subject"])]
    return case._replace(
        series=series.reset_index(drop=True), interventions=interventions.reset_index(drop=True)
    )
