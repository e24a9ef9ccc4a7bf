"""The figures of a report: the case at a glance, and the courses of all other markers."""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

import pandas as pd

from hlhcli import markers
from hlhcli.figures import Beside, Score, draw_courses, draw_timeline, save_figure
from hlhcli.figures import Figure as Drawing
from hlhcli.report.document import Figure, Paragraph, Part, Section, text
from hlhcli.report.material import Material
from hlhcli.report.values import as_reported

AT_A_GLANCE = 5
"""Panels below the treatments: more would fill more than a page."""

SCORES = 1
"""Panels of scores below them: of the first definitions that can be drawn."""

PANELS = 8
"""Panels of one figure of courses."""

WIDTH = 180.0
"""Millimeters: the text width of a printed page."""


def timeline_section(material: Material, prefix: str) -> Section:
    """Treatments over the courses of the markers that say most."""
    chosen, rest = _chosen(material.series)
    parts = tuple(_timeline(material, chosen, bool(rest), f"{prefix}timeline-figure"))
    return Section(f"{prefix}timeline", "The case at a glance", parts)


def courses_section(material: Material, prefix: str) -> Section | None:
    """The courses of the markers that the timeline has no room for; None where it has all."""
    _, rest = _chosen(material.series)
    groups = [rest[begin : begin + PANELS] for begin in range(0, len(rest), PANELS)]
    parts = tuple(
        _figure(f"{prefix}courses-{number}", f"Courses of {', '.join(group)}.", material, draw_courses, group)
        for number, group in enumerate(groups, 1)
    )
    return Section(f"{prefix}courses", "Courses of the other markers", parts) if parts else None


def _timeline(material: Material, chosen: Sequence[str], more: bool, anchor: str) -> Iterator[Part]:
    if not chosen:
        yield Paragraph(text("No marker has a number with a time: there is nothing to draw."))
        return
    scores = _scores(material)[:SCORES]
    draw = partial(draw_timeline, beside=Beside(material.events, scores))
    caption = f"Treatments and the courses of {', '.join([*chosen, *(one.title for one in scores)])}."
    caption += " The other markers are drawn further below." if more else ""
    yield _figure(anchor, caption, material, draw, chosen)


def _scores(material: Material) -> list[Score]:
    """The scores that have both ends on some day: others cannot be drawn."""
    drawable = material.scores.dropna(subset=["score_low", "score_high"])
    return [
        Score.by(one, material.scores)
        for one in material.definitions
        if (drawable["definition"] == one.name).any()
    ]


def _figure(
    anchor: str, caption: str, material: Material, draw: Callable[..., Drawing], chosen: Sequence[str]
) -> Figure:
    series = material.series.assign(disturbed=material.series["disturbed"] != "")
    drawing = draw(series, material.interventions, markers=list(chosen), width_mm=WIDTH)
    words = [str(drawing.get_label()), *(_course(series, marker) for marker in chosen)]
    return Figure(anchor, caption, " ".join(words), cache(partial(_saved, drawing)))


def _saved(drawing: Drawing, file_format: str) -> bytes:
    content = io.BytesIO()
    save_figure(drawing, content, file_format=file_format)
    return content.getvalue()


def _course(series: pd.DataFrame, marker: str) -> str:
    """The course of a marker for those who cannot see it."""
    own = series[(series["marker"] == marker) & series["value"].notna() & series["time"].notna()]
    own = own.sort_values(["time", "value"], kind="stable")
    texts = list(map(as_reported, own["value"], own["bound"]))
    if len(texts) == 1:
        return f"{marker}: {texts[0]}."
    low, high = (texts[int(place)] for place in (own["value"].argmin(), own["value"].argmax()))
    return f"{marker}: first {texts[0]}, lowest {low}, highest {high}, last {texts[-1]}."


def _chosen(series: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The markers of the timeline and the others, each in the order of the labs.

    Before others come those of which a source says which way is better, then those with most values.
    """
    usable = series[series["value"].notna() & series["time"].notna()]
    counts = {str(marker): int(number) for marker, number in usable["marker"].value_counts().items()}
    names = [str(marker) for marker in usable["marker"].unique()]
    ranked = sorted(names, key=lambda name: (not _has_direction(name), -counts[name]))
    top = set(ranked[:AT_A_GLANCE])
    return [name for name in names if name in top], [name for name in names if name not in top]


def _has_direction(name: str) -> bool:
    known = markers.find(name)
    return known is not None and known.improvement != ""
