"""The figures: each kind takes from the case and from the options what concerns it."""

import io
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from hlhcli import figures, selection
from hlhcli.commands.case import Case
from hlhcli.commands.evidence import Context
from hlhcli.errors import HlhcliError
from hlhcli.output import write
from hlhcli.request import WindowRules

if TYPE_CHECKING:
    import pandas as pd

    from hlhcli.figures import Figure, Score

MILLIMETERS = {"mm": 1.0, "cm": 10.0, "in": 25.4}


class Material(NamedTuple):
    """What there is to draw: the case, what stands beside it, and its scores."""

    case: Case
    context: Context
    scores: Sequence["Score"] = ()


class Panels(TypedDict):
    """The options that figures with a panel per marker share."""

    markers: Sequence[str] | None
    relative_to: str | None
    log: bool | None
    continuous: bool


class Wishes(TypedDict):
    """What was asked for; each figure takes what concerns it."""

    markers: Sequence[str]
    interventions: Sequence[str]
    at: Sequence[str]
    baseline: str
    rules: WindowRules
    relative_to: str | None
    log: bool | None
    continuous: bool
    width: float | None


def file_stem(kind: str, material: Material) -> str:
    """File name for a figure: its kind or score, or of courses their markers; ``markers`` for over three."""
    if kind == "score":
        return material.scores[0].name
    if kind != "course":
        return kind.replace("_", "-")
    names = list(material.case.series["marker"].unique())
    if len(names) > 3:
        return "markers"
    return "_".join(re.sub(r"\W+", "-", name).strip("-").lower() or "marker" for name in names)


def plot(kind: str, material: Material, wishes: Wishes, *, file_format: str, target: Path | None) -> None:
    """Draw the case, write the figure and say where it is."""
    figure = DRAW[kind](material, wishes)
    if target is not None:
        figures.save_figure(figure, target, file_format=file_format)
        print(f"wrote {target}", file=sys.stderr)
        return
    image = io.BytesIO()
    figures.save_figure(figure, image, file_format=file_format)
    write(image.getvalue(), None)


def _course(material: Material, wishes: Wishes) -> "Figure":
    case = material.case
    return figures.draw_courses(
        case.series, case.interventions, **_panels(case, wishes), width_mm=wishes["width"] or 120
    )


def _timeline(material: Material, wishes: Wishes) -> "Figure":
    case, events = material.case, material.context.events
    return figures.draw_timeline(
        case.series,
        case.interventions,
        beside=figures.Beside(events[events["subject"].isin(case.series["subject"])], material.scores),
        **_panels(case, wishes),
        width_mm=wishes["width"] or 180,
    )


def _score(material: Material, wishes: Wishes) -> "Figure":
    if len(material.scores) > 1:
        raise HlhcliError("a figure of its own shows one score: give one --score, or add --timeline")
    return figures.draw_score(
        material.scores[0],
        material.case.interventions,
        relative_to=_day_zero(material.case, wishes),
        continuous=wishes["continuous"],
        width_mm=wishes["width"] or 120,
    )


def _change(material: Material, wishes: Wishes) -> "Figure":
    case = material.case
    name = _one_intervention(case, wishes)
    rows = _changes(material, name, wishes["at"], wishes)
    return figures.draw_changes(rows, intervention=name, width_mm=wishes["width"] or 120)


def _before_after(material: Material, wishes: Wishes) -> "Figure":
    case = material.case
    name = _one_intervention(case, wishes)
    if len(wishes["at"]) > 1 or "each" in wishes["at"]:
        raise HlhcliError("--before-after shows one response point: give one --at, and not each")
    at = [*wishes["at"], "last"][0]
    rows = _changes(material, name, [at], wishes)
    return figures.draw_before_after(
        rows, intervention=name, at=at, log=bool(wishes["log"]), width_mm=wishes["width"] or 120
    )


def _changes(material: Material, intervention: str, at: Sequence[str], wishes: Wishes) -> "pd.DataFrame":
    from hlhcli.commands.summarize import analyze_case, state_analysis  # few figures show changes

    rules, baseline = wishes["rules"], wishes["baseline"]
    analysis = state_analysis(
        at, baseline, rules, interventions=[intervention], sensitivity=False, details=False
    )
    return analyze_case(material.case, material.context, analysis)


def _aligned(material: Material, wishes: Wishes) -> "Figure":
    case = material.case
    name = _day_zero(case, wishes)
    if name is None:
        raise HlhcliError("--aligned needs a day 0: add --relative-to NAME of an intervention")
    names = list(case.series["marker"].unique())
    if len(names) != 1:
        raise HlhcliError(f"--aligned shows one marker, and here are {len(names)}: add --marker NAME")
    return figures.draw_aligned(
        case.series,
        case.interventions,
        marker=names[0],
        relative_to=name,
        before=wishes["rules"]["before"],
        after=wishes["rules"]["after"],
        log=wishes["log"],
        width_mm=wishes["width"] or 120,
    )


def _swimmer(material: Material, wishes: Wishes) -> "Figure":
    case = material.case
    return figures.draw_swimmer(
        case.series,
        case.interventions,
        relative_to=_day_zero(case, wishes),
        width_mm=wishes["width"] or 120,
    )


DRAW: dict[str, Callable[[Material, Wishes], "Figure"]] = {
    "course": _course,
    "timeline": _timeline,
    "score": _score,
    "change": _change,
    "before_after": _before_after,
    "aligned": _aligned,
    "swimmer": _swimmer,
}


def _panels(case: Case, wishes: Wishes) -> Panels:
    return {
        "markers": selection.find_markers(case.series, wishes["markers"]) or None,
        "relative_to": _day_zero(case, wishes),
        "log": wishes["log"],
        "continuous": wishes["continuous"],
    }


def _day_zero(case: Case, wishes: Wishes) -> str | None:
    asked = wishes["relative_to"]
    return selection.find_interventions(case.interventions, [asked])[0] if asked else None


def _one_intervention(case: Case, wishes: Wishes) -> str:
    """The intervention that is asked for, or the only one."""
    chosen = selection.find_interventions(case.interventions, wishes["interventions"])
    names = chosen or list(dict.fromkeys(case.interventions["intervention"]))
    if len(names) != 1:
        named = ", ".join(names[:10])
        raise HlhcliError(
            f"this figure shows one intervention, and here are {named}: add --intervention NAME"
        )
    return names[0]


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
