"""The course of a score as a figure."""

import io
import sys
from typing import TypedDict

import pandas as pd

from hlhcli import selection
from hlhcli.commands.case import Case
from hlhcli.commands.plot import parse_width
from hlhcli.commands.score import choose_scheme, read_statements
from hlhcli.commands.targets import choose_figure_format
from hlhcli.criteria import find_definitions, scores
from hlhcli.figures import draw_score, save_figure
from hlhcli.output import write
from hlhcli.reading import ReadingOptions


class View(TypedDict):
    """How the figure shows time, and its width."""

    relative_to: str | None
    continuous: bool
    width: str


def statements(labs: str | None, clinical: str | None, case: Case, reading: ReadingOptions) -> pd.DataFrame:
    """The clinical items that belong to the case."""
    found = read_statements(labs, clinical, case.series, reading)
    return found[found["subject"].isin(case.series["subject"])]


def plot(
    case: Case,
    stated: pd.DataFrame,
    name: str,
    view: View,
    output: str | None,
    file_format: str | None,
    *,
    carry: str | None,
    scheme: str | None,
) -> None:
    """Score the case at every day, draw the course, write the figure and say where it is."""
    definitions = find_definitions([name])
    target, chosen = choose_figure_format(output, file_format, definitions[0].name)
    totals, _ = scores(
        case.series, stated, definitions, carry=carry, schemes=choose_scheme(definitions, scheme)
    )
    relative = view["relative_to"]
    figure = draw_score(
        totals,
        case.interventions,
        title=definitions[0].title,
        cutoff=float(definitions[0].positive.threshold),
        relative_to=selection.find_interventions(case.interventions, [relative])[0] if relative else None,
        continuous=view["continuous"],
        width_mm=parse_width(view["width"]),
    )
    if target is not None:
        save_figure(figure, target, file_format=chosen)
        print(f"wrote {target}", file=sys.stderr)
        return
    image = io.BytesIO()
    save_figure(figure, image, file_format=chosen)
    write(image.getvalue(), None)
