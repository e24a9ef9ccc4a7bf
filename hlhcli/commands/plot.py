"""The course of markers as a figure."""

import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hlhcli import selection
from hlhcli.commands.case import Case
from hlhcli.errors import HlhcliError
from hlhcli.figures import draw_courses, save_figure
from hlhcli.output import write

MILLIMETERS = {"mm": 1.0, "cm": 10.0, "in": 25.4}


def file_stem(series: pd.DataFrame) -> str:
    """File name for a figure: its markers, or ``markers`` for more than three."""
    names = list(series["marker"].unique())
    if len(names) > 3:
        return "markers"
    return "_".join(re.sub(r"\W+", "-", name).strip("-").lower() or "marker" for name in names)


def plot(
    case: Case,
    *,
    markers: Sequence[str],
    relative_to: str | None,
    log: bool | None,
    continuous: bool,
    width: str,
    file_format: str,
    target: Path | None,
) -> None:
    """Draw the case's markers in the order asked for, write the figure and say where it is."""
    zero = selection.find_interventions(case.interventions, [relative_to])[0] if relative_to else None
    figure = draw_courses(
        case.series,
        case.interventions,
        markers=selection.find_markers(case.series, markers) or None,
        relative_to=zero,
        log=log,
        continuous=continuous,
        width_mm=parse_width(width),
    )
    if target is not None:
        save_figure(figure, target, file_format=file_format)
        print(f"wrote {target}", file=sys.stderr)
        return
    image = io.BytesIO()
    save_figure(figure, image, file_format=file_format)
    write(image.getvalue(), None)


def parse_width(text: str) -> float:
    """Millimeters of a width such as ``85mm``, ``17.5cm`` or ``3.3in``; a bare number is mm.

    >>> parse_width("3.3in")
    83.82
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(mm|cm|in)?\s*", text)
    if not match:
        raise HlhcliError(f"width '{text}' cannot be read; write 85mm, 17.5cm or 3.3in")
    width = float(match[1]) * MILLIMETERS[match[2] or "mm"]
    if not 40 <= width <= 400:
        raise HlhcliError(f"width {text} is out of range; journals take 85 to 180 mm")
    return width
