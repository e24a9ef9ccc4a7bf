"""The Methods paragraph, with the options that were really used."""

from collections.abc import Iterator

from hlhcli.report.document import Paragraph, Section, text
from hlhcli.report.material import Material

POINTS = {
    "first": "the first",
    "nadir": "the lowest",
    "peak": "the highest",
    "last": "the last",
}
UNITS = {
    "as-given": "Units are those of the labs; a marker in several was brought to one by published factors.",
    "si": "Units are SI units, converted by published factors.",
    "conventional": "Units are conventional units, converted by published factors.",
}
RCV = (
    "Reference change limits are two-sided 95 % limits of the log-normal form (Fokkema, Clin Chem "
    "2006;52:1602) from the variation listed under Sources, which is that of healthy adults in steady state."
)
LIMITS = "Values reported as limits were kept as intervals; a change from or to one has no single number."
OVERLAP = "Interventions that overlapped are listed and not separated."
DESCRIPTIVE = "The analysis is descriptive; no hypothesis was tested."


def section(material: Material) -> Section:
    """One paragraph to paste into a paper."""
    about = "Written from the options that were used, to be pasted and shortened."
    words = " ".join(_sentences(material))
    return Section("methods", "Methods", (Paragraph(text(about), quiet=True), Paragraph(text(words))))


def _sentences(material: Material) -> Iterator[str]:
    settings = material.settings
    yield f"Laboratory values around each intervention were compared with hlhcli {material.run.version}."
    yield settings.rules
    points = [POINTS.get(point, f"the {point}") for point in settings.points]
    yield (
        f"The responses are {', '.join(points[:-1])} and {points[-1]} of the values in the window; the "
        "baseline value is never one of them."
    )
    yield "Changes are given as the difference, the per cent of the baseline and the ratio to it."
    yield UNITS[settings.unit_system]
    yield from _of_values(material)
    if (material.changes["beyond_rcv"] != "").any():
        yield RCV
    yield from _of_scores(material)
    yield OVERLAP
    yield DESCRIPTIVE


def _of_values(material: Material) -> Iterator[str]:
    series, settings = material.series, material.settings
    if (series["bound"] != "").any():
        yield LIMITS
    inferred = int((series["placement"] == "inferred").sum())
    if inferred:
        yield (
            f"The dates of {inferred} of {len(series)} values are inferred from their order; the lowest and "
            "the highest change over every placement that keeps the order are given beside the change."
        )
    if (series["disturbed"] != "").any():
        yield (
            f"Values within {settings.disturbed_for} after an event that can change them by itself are "
            "marked; that length is a convention."
        )
    if settings.ranges:
        yield f"Where the labs have no reference range, that of {settings.ranges} was used."


def _of_scores(material: Material) -> Iterator[str]:
    if material.scores.empty:
        return
    titles = ", ".join(one.title for one in material.definitions)
    carry = material.settings.carry
    kept = (
        f"a value standing for up to {carry} of later days without one"
        if carry
        else "each day with its own values"
    )
    yield (
        f"Published criteria ({titles}) were evaluated on each day with laboratory values, {kept}; a "
        "criterion that is not known leaves the score a range."
    )
