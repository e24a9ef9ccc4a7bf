"""Criteria and scores over time, as a table or for the next tool in the pipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hlhcli import renderers, selection
from hlhcli.builtin import TABLE1, TABLE1_CLINICAL
from hlhcli.commands.case import in_one_unit
from hlhcli.commands.terminal import abilities
from hlhcli.criteria.definition import Definition
from hlhcli.criteria.scores import scores
from hlhcli.errors import HlhcliError, nearest
from hlhcli.output import write
from hlhcli.progress import stage
from hlhcli.readers import read_series
from hlhcli.readers.clinical import no_clinical, read_clinical
from hlhcli.readers.source import STDIN
from hlhcli.reading import DEFAULT, ReadingOptions
from hlhcli.request import AS_GIVEN, Units
from hlhcli.times import format_times

ISTH = "isth-dic"


@dataclass(frozen=True)
class Patients:
    """Lab values and clinical statements of one or more subjects."""

    series: pd.DataFrame
    clinical: pd.DataFrame


def load(
    labs: str | None,
    clinical: str | None,
    reading: ReadingOptions = DEFAULT,
    *,
    subjects: Sequence[str] = (),
    units: Units = AS_GIVEN,
) -> Patients:
    """Read the labs and, if there are any, the clinical items; none of both: the built-in case."""
    if labs == clinical == STDIN:
        raise HlhcliError("only one of the two files can come from standard input")
    with stage(f"reading {labs or TABLE1.name}"):
        series = in_one_unit(read_series(labs or TABLE1, reading), units)
        stated = read_statements(labs, clinical, series, reading)
    if not subjects:
        return Patients(series, stated)
    chosen = selection.find_subjects(series, subjects)
    return Patients(
        *(frame[frame["subject"].isin(chosen)].reset_index(drop=True) for frame in (series, stated))
    )


def read_statements(
    labs: str | None, clinical: str | None, series: pd.DataFrame, reading: ReadingOptions
) -> pd.DataFrame:
    """The clinical items: the file's, the built-in case's own, or none."""
    if clinical is not None:
        return read_clinical(clinical, series, reading)
    return read_clinical(TABLE1_CLINICAL, series) if labs is None else no_clinical(series)


def choose_scheme(definitions: Sequence[Definition], scheme: str | None) -> dict[str, str]:
    """The D-dimer scheme by definition; raises for one that no chosen definition has."""
    if scheme is None:
        return {}
    known = [name for one in definitions for name in one.schemes]
    if scheme not in known:
        listed = ", ".join(known) or "none in the chosen definitions"
        raise HlhcliError(f"no D-dimer scheme '{scheme}'; known: {listed}")
    return {one.name: scheme for one in definitions if scheme in one.schemes}


def score(
    patients: Patients, definitions: Sequence[Definition], carry: str | None, scheme: str | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The scores and their items."""
    schemes = choose_scheme(definitions, scheme)
    return scores(patients.series, patients.clinical, definitions, carry=carry, schemes=schemes)


def on_days(
    result: tuple[pd.DataFrame, pd.DataFrame], days: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep these days, written as the input writes them; all for none."""
    if not days:
        return result
    known = format_times(result[0]["time"])
    for day in days:
        if day not in known:
            raise HlhcliError(f"no scores on '{day}'; {nearest(day, known)}")
    totals, details = (
        frame[[time in days for time in format_times(frame["time"])]].reset_index(drop=True)
        for frame in result
    )
    return totals, details


def write_scores(
    result: tuple[pd.DataFrame, pd.DataFrame],
    definitions: Sequence[Definition],
    file_format: str,
    target: Path | None,
    *,
    items: bool,
) -> None:
    """Render the scores, or their items, and write them."""
    totals, details = result
    if file_format != "table":
        write(renderers.render(details if items else totals, file_format), target)
        return
    from hlhcli.renderers.listing import render_blocks
    from hlhcli.renderers.scores import CLOSING, item_blocks, score_blocks

    blocks = item_blocks(totals, details, definitions) if items else score_blocks(totals, definitions)
    write(render_blocks(blocks, CLOSING, **abilities(target)), target)
