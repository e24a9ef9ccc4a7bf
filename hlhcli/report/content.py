"""What a report says, put together from its stations."""

from collections.abc import Sequence

import pandas as pd

from hlhcli.errors import HlhcliError
from hlhcli.report import methods, pictures, provenance, scoring, sources, summary, uncertain, values
from hlhcli.report.document import Column, Paragraph, Part, Report, Run, Section, text
from hlhcli.report.material import Material
from hlhcli.report.tables import row, table
from hlhcli.times import format_times, is_calendar

MOST_SUBJECTS = 20
"""Subjects of one page: more make it too long to read, and too large for a browser."""

TITLE = "Laboratory values around interventions"
DESCRIPTIVE = (
    "This report describes what was measured before and after each intervention. It does not show "
    "cause, tests no hypothesis and makes no diagnosis."
)


def require_few_subjects(series: pd.DataFrame) -> None:
    """Raise `HlhcliError` for more than `MOST_SUBJECTS`."""
    count = series["subject"].nunique()
    if count > MOST_SUBJECTS:
        raise HlhcliError(
            f"{count} subjects do not fit on one page, which takes {MOST_SUBJECTS}: choose some with "
            "--subject NAME, or write a table of all with hlhcli summarize"
        )


def compose(material: Material, title: str | None = None) -> Report:
    """The report of the subjects of the material, which should be few (`require_few_subjects`)."""
    subjects = material.subjects
    several = len(subjects) > 1
    own = [
        (subject, _of_subject(material.of(subject), f"s{number}-" if several else ""))
        for number, subject in enumerate(subjects, 1)
    ]
    shared = [methods.section(material), sources.section(material), provenance.section(material)]
    if several:
        sections = [
            Section(f"s{k}", f"Subject {name}", (), tuple(parts)) for k, (name, parts) in enumerate(own, 1)
        ]
        lead = (*_lead(material), _overview(material))
        return Report(title or TITLE, lead, (*sections, *shared), _foot(material))
    parts = own[0][1]
    return Report(title or TITLE, _lead(material), (*parts[:-1], *shared, parts[-1]), _foot(material))


def _of_subject(material: Material, prefix: str) -> list[Section]:
    """The sections of one subject; the last lists all values."""
    places = values.Places(material.series, prefix)
    courses = pictures.courses_section(material, prefix)
    return [
        pictures.timeline_section(material, prefix),
        summary.section(material, places, prefix),
        uncertain.section(material, places, prefix),
        scoring.section(material, prefix),
        *([courses] if courses else []),
        values.section(material, places, prefix),
    ]


def _lead(material: Material) -> tuple[Part, ...]:
    facts = f"{_counted(material)}. {_span(material.series)}"
    return Paragraph(text(facts)), Paragraph(text(DESCRIPTIVE))


def _counted(material: Material) -> str:
    subjects = len(material.subjects)
    parts = [
        f"{subjects} subjects" if subjects > 1 else "",
        _number(len(material.series), "value"),
        _number(material.series["marker"].nunique(), "marker"),
        _number(len(material.interventions), "intervention"),
    ]
    return ", ".join(filter(None, parts))


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _span(series: pd.DataFrame) -> str:
    first, last = _ends(series)
    if not first:
        return "No value has a time."
    day = "" if is_calendar(series["time"]) else "day "
    return f"Values from {day}{first} to {day}{last}."


def _ends(series: pd.DataFrame) -> tuple[str, str]:
    known = series["time"].dropna().sort_values()
    first, last = format_times(known.iloc[[0, -1]]) if len(known) else ("", "")
    return first, last


def _overview(material: Material) -> Part:
    """One row per subject, with a link into its section."""
    columns = (
        Column("Subject"),
        Column("Interventions"),
        Column("Values", "number"),
        Column("First", "label"),
        Column("Last", "label"),
    )
    rows = [
        row(
            Run(subject, to=f"s{number}"),
            ", ".join(_names(own.interventions)),
            str(len(own.series)),
            *_ends(own.series),
        )
        for number, subject in enumerate(material.subjects, 1)
        for own in [material.of(subject)]
    ]
    return table("subjects", "Subjects of this report", columns, rows)


def _names(interventions: pd.DataFrame) -> Sequence[str]:
    return [str(name) for name in interventions["intervention"].unique()]


def _foot(material: Material) -> tuple[Run, ...]:
    return text(f"Written by hlhcli {material.run.version} from the files listed under Provenance.")
