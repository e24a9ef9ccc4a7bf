"""What is uncertain, and why: dates, limits, disturbed values, cells not used, other treatments."""

from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd

from hlhcli.renderers.also_given import also_given
from hlhcli.report.document import Column, Items, Paragraph, Part, Row, Run, Section, text
from hlhcli.report.material import Material
from hlhcli.report.tables import row, table
from hlhcli.report.values import Places, as_reported
from hlhcli.times import format_times, instants
from hlhcli.wording import count

NO_DATES = "The date of every value is as the labs give it."
NO_LIMITS = "Every value is a number; none is reported as a limit."
NO_EVENTS = "No event is listed that can change a value by itself."
NO_OTHERS = "No two interventions of a subject overlap, and none follows another."
NOT_DIVIDED = "What was seen is not divided among treatments, and it does not show cause."


def section(material: Material, places: Places, prefix: str) -> Section:
    """One part per reason, also where there is nothing to say about it."""
    topics: list[tuple[str, str, Callable[[str], Iterator[Part]]]] = [
        ("dates", "Inferred dates", partial(_dates, material)),
        ("limits", "Values reported as limits", partial(_limits, material, places)),
        ("disturbed", "Values that an event may have changed", partial(_disturbed, material, places)),
        ("others", "Other treatments at the same time", partial(_others, material)),
    ]
    parts = tuple(
        Section(f"{prefix}{anchor}", title, tuple(tell(f"{prefix}{anchor}-table")))
        for anchor, title, tell in topics
    )
    return Section(f"{prefix}uncertain", "What is uncertain, and why", (), parts)


def _dates(material: Material, anchor: str) -> Iterator[Part]:
    inferred = material.series[material.series["placement"] == "inferred"]
    if inferred.empty:
        yield Paragraph(text(NO_DATES))
        return
    yield Paragraph(
        text(
            f"The order of {len(inferred)} of {len(material.series)} values is known, and their dates are "
            "not. They stand where the labs put them; another placement that keeps their order may give "
            "another change. The footnotes of each table have the ranges."
        )
    )
    columns = (
        Column("Marker"),
        Column("Values with an inferred date", "number"),
        Column("Ways in which they can lie", "number"),
        Column("Changes with the same sign in all"),
    )
    rows = (_dates_row(material, str(marker), inferred) for marker in inferred["marker"].unique())
    yield table(anchor, "Markers with inferred dates", columns, rows)


def _dates_row(material: Material, marker: str, inferred: pd.DataFrame) -> Row:
    own = material.changes[material.changes["marker"] == marker]
    known = own[own["delta"].notna()]
    sure = int((known["same_sign"] == known["placements"]).sum())
    ways = count(int(own["placements"].max())) if len(own) else ""
    return row(marker, str(int((inferred["marker"] == marker).sum())), ways, f"{sure} of {len(known)}")


def _limits(material: Material, places: Places, anchor: str) -> Iterator[Part]:
    series = material.series
    chosen = (series["bound"] != "") & series["value"].notna()
    if not chosen.any():
        yield Paragraph(text(NO_LIMITS))
        return
    yield Paragraph(
        text(
            "A value below or above what the method measures is kept as a limit. A change from or to it "
            "has no single number, only a lowest or a highest."
        )
    )
    yield _listed(series, chosen, places, anchor, "Values reported as limits")


def _disturbed(material: Material, places: Places, anchor: str) -> Iterator[Part]:
    chosen = material.series["disturbed"] != ""
    if material.events.empty and not chosen.any():
        yield Paragraph(text(NO_EVENTS))
        return
    window = material.settings.disturbed_for
    yield Paragraph(
        text(
            f"A transfusion, for example, can change a value by itself. Values up to {window} after such an "
            "event are marked; that length is a convention and not a published number."
        )
    )
    if len(material.events):
        events = zip(material.events["event"], format_times(material.events["start"]), strict=True)
        yield Items(tuple(text(f"{event} ({when})" if when else event) for event, when in events))
    if chosen.any():
        yield _listed(material.series, chosen, places, anchor, "Values that an event may have changed")
    else:
        yield Paragraph(text("No value is so close to one of these that it would be marked."))


def _listed(series: pd.DataFrame, chosen: pd.Series, places: Places, anchor: str, caption: str) -> Part:
    """The chosen values, each leading to its row."""
    columns = (Column("Marker"), Column("Time", "label"), Column("Value", "number"), Column("Why"))
    part = series[chosen]
    records = zip(
        part["marker"],
        format_times(part["time"]),
        map(as_reported, part["value"], part["bound"]),
        part["unit"],
        part["disturbed"],
        [anchor for anchor, wanted in zip(places.anchors, chosen, strict=True) if wanted],
        strict=True,
    )
    rows = (
        row(
            marker, when, (text(Run(value, to=to), f" {unit}" if unit else ""),), why or "reported as a limit"
        )
        for marker, when, value, unit, why, to in records
    )
    return table(anchor, caption, columns, rows)


def _others(material: Material, anchor: str) -> Iterator[Part]:
    starts = material.windows["start"]
    found = also_given(material.changes)
    names = zip(
        material.windows["subject"],
        material.windows["intervention"],
        instants(starts).tolist(),
        format_times(starts),
        material.windows["together"],
        strict=True,
    )
    told = [
        (intervention, when, "; ".join(filter(None, (_together(together), found.get(key, "")))))
        for subject, intervention, moment, when, together in names
        for key in [(subject, intervention, moment)]
    ]
    rows = [row(intervention, when, others) for intervention, when, others in told if others]
    if not rows:
        yield Paragraph(text(NO_OTHERS))
        return
    yield Paragraph(text(NOT_DIVIDED))
    columns = (Column("Intervention"), Column("Start", "label"), Column("Also given"))
    yield table(anchor, "Interventions with others before or beside them", columns, rows)


def _together(names: str) -> str:
    return f"started together with {names}" if names else ""
