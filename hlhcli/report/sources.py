"""Where thresholds, reference ranges and reference change limits come from."""

from collections.abc import Iterator

from hlhcli.renderers.rounding import measured
from hlhcli.renderers.scores import plain_edges
from hlhcli.renderers.sentences import CAVEAT, percent
from hlhcli.report.document import Column, Paragraph, Part, Section, text
from hlhcli.report.material import Material
from hlhcli.report.tables import row, table
from hlhcli.report.values import limits

NO_RANGES = "No value has a reference range: nothing is called high or low."
NO_RCV = "No marker has a sourced variation: no change is judged by reference change limits."


def section(material: Material) -> Section:
    """One part for each kind of fact that the numbers were judged by."""
    parts = (
        Section("thresholds", "Thresholds of scores and criteria", tuple(_thresholds(material))),
        Section("ranges", "Reference ranges", tuple(_ranges(material))),
        Section("variation", "Reference change", tuple(_variation(material))),
    )
    return Section("sources", "Sources", (), parts)


def _thresholds(material: Material) -> Iterator[Part]:
    if not material.definitions:
        yield Paragraph(text("No score was asked for."))
        return
    columns = (Column("Definition"), Column("Positive"), Column("Made for"), Column("Source"))
    rows = (
        row(
            one.title,
            plain_edges(f"{one.counts} {one.positive.edge} {one.positive.threshold}"),
            one.setting,
            one.source,
        )
        for one in material.definitions
    )
    yield table("thresholds-table", "Definitions and their sources", columns, rows)


def _ranges(material: Material) -> Iterator[Part]:
    names = ["marker", "unit", "reference_low", "reference_high"]
    once = material.series[names].dropna(how="all", subset=names[2:]).drop_duplicates()
    if once.empty:
        yield Paragraph(text(NO_RANGES))
        return
    elsewhere = material.settings.ranges
    origin = "The ranges are those beside the values."
    if elsewhere:
        origin = (
            f"The ranges are those beside the values; where a value has none, those of {elsewhere}. "
            "The notes under Provenance name them with their sources."
        )
    yield Paragraph(text(origin))
    columns = (Column("Marker"), Column("Reference range"), Column("Unit"))
    rows = (
        row(marker, limits(low, high), unit)
        for marker, unit, low, high in once.itertuples(index=False, name=None)
    )
    yield table("ranges-table", "Reference ranges used", columns, rows)


def _variation(material: Material) -> Iterator[Part]:
    names = ["marker", "cvi_percent", "cva_percent", "cva_basis", "cv_source"]
    single = material.changes[material.changes["cvi_percent"].notna()]
    once = single.drop_duplicates("marker")
    if once.empty:
        yield Paragraph(text(NO_RCV))
        return
    yield Paragraph(text(CAVEAT))
    headers = ("Marker", "CVi (%)", "CVa (%)", "Limit for a fall", "Limit for a rise", "Source of CVi")
    columns = tuple(
        Column(header, "number" if place in (1, 2, 3, 4) else "words") for place, header in enumerate(headers)
    )
    frame = once[[*names, "rcv_low_percent", "rcv_high_percent"]]
    rows = (
        row(
            marker,
            measured(cvi, 3),
            f"{measured(cva, 3)}{' (assumed)' if basis == 'assumed' else ''}",
            percent(low),
            percent(high),
            source,
        )
        for marker, cvi, cva, basis, source, low, high in frame.itertuples(index=False, name=None)
    )
    yield table(
        "variation-table",
        "Variation and reference change limits of one value against another",
        columns,
        rows,
        frame,
    )
