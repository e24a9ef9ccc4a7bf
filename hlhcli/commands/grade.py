"""CTCAE grades of laboratory values."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hlhcli import renderers, selection
from hlhcli.commands.case import AS_GIVEN, Case, Units, in_one_unit, load
from hlhcli.commands.terminal import abilities
from hlhcli.criteria.grading import grades, worst
from hlhcli.criteria.responses import Rules
from hlhcli.frames import INTERVENTIONS
from hlhcli.output import write
from hlhcli.progress import stage
from hlhcli.readers import read_series
from hlhcli.reading import DEFAULT, ReadingOptions


def load_case(
    labs: str | None,
    interventions: str | None,
    reading: ReadingOptions = DEFAULT,
    *,
    given: Sequence[str] = (),
    subjects: Sequence[str],
    markers: Sequence[str],
    units: Units = AS_GIVEN,
) -> Case:
    """The labs and their interventions; grades of single values need none."""
    if labs is None or interventions is not None or given:
        return load(
            labs, interventions, reading, given=given, subjects=subjects, markers=markers, units=units
        )
    with stage(f"reading {labs}"):
        series = read_series(labs, reading)
    if subjects:
        series = series[series["subject"].isin(selection.find_subjects(series, subjects))]
    if markers:
        series = series[series["marker"].isin(selection.find_markers(series, markers))]
    series = in_one_unit(series, units)
    none = pd.DataFrame({name: pd.Series(dtype="str") for name in INTERVENTIONS})
    kinds = dict.fromkeys(("start", "stop"), series["time"].dtype)
    return Case(series.reset_index(drop=True), none.astype(kinds))


def grade(case: Case, version: str, baseline: str | None, rules: Rules | None) -> pd.DataFrame:
    """Every value's grade; with window rules the worst grade of each window."""
    named = selection.find_interventions(case.interventions, [baseline])[0] if baseline else None
    graded = grades(case.series, case.interventions, version=version, baseline=named)
    return graded if rules is None else worst(graded, case.series, case.interventions, rules)


def write_grades(result: pd.DataFrame, file_format: str, target: Path | None) -> None:
    """Render the grades and write them."""
    if file_format != "table":
        write(renderers.render(result, file_format), target)
        return
    from hlhcli.renderers.grades import CLOSING, grade_blocks
    from hlhcli.renderers.listing import render_blocks

    write(render_blocks(grade_blocks(result), CLOSING, **abilities(target)), target)
