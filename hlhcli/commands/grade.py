"""CTCAE grades of laboratory values."""

from pathlib import Path

import pandas as pd

from hlhcli import renderers, selection
from hlhcli.commands.case import Case
from hlhcli.commands.terminal import abilities
from hlhcli.criteria.grading import grades, worst
from hlhcli.output import write
from hlhcli.request import WindowRules


def grade(case: Case, version: str, baseline: str | None, rules: WindowRules | None) -> pd.DataFrame:
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
