"""The appendix of all values, and the way from a number to its row there."""

from collections.abc import Iterator, Sequence

import pandas as pd

from hlhcli.renderers.rounding import measured
from hlhcli.report.document import Column, Paragraph, Row, Section, text
from hlhcli.report.material import Material
from hlhcli.report.tables import row, table
from hlhcli.times import format_times, instants

COLUMNS = (
    Column("Marker"),
    Column("Time", "label"),
    Column("Value", "number"),
    Column("Unit"),
    Column("Reference range"),
    Column("Line", "number"),
    Column("Remarks"),
)


class Places:
    """The anchors of one subject's values."""

    def __init__(self, series: pd.DataFrame, prefix: str) -> None:
        self.anchors = _anchors(series["row"].tolist(), prefix)
        self._found: dict[tuple[str, int], list[tuple[float, str]]] = {}
        keys = zip(series["marker"], instants(series["time"]).tolist(), strict=True)
        for key, value, anchor in zip(keys, series["value"], self.anchors, strict=True):
            self._found.setdefault(key, []).append((value, anchor))

    def of(self, marker: str, instant: int, value: float) -> str:
        """The anchor of a value; of several at that time the one that is equal, else the first."""
        there = self._found.get((marker, instant), [])
        equal = [anchor for number, anchor in there if number == value]
        return (equal or [anchor for _, anchor in there] or [""])[0]


def _anchors(lines: Sequence[int], prefix: str) -> list[str]:
    """One name per value: the line of the file, counted on where a line holds several."""
    seen: dict[str, int] = {}
    names = []
    for line in lines:
        name = f"{prefix}row-{line}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


def section(material: Material, places: Places, prefix: str) -> Section:
    """Every value of one subject, by marker and time."""
    about = "By marker and time. The numbers of other tables link to here; Line is that of the input file."
    rows = table(
        f"{prefix}values",
        f"All {len(material.series)} values",
        COLUMNS,
        _rows(material.series, places.anchors),
        material.series,
    )
    return Section(f"{prefix}all-values", "All values", (Paragraph(text(about), quiet=True), rows))


def _rows(series: pd.DataFrame, anchors: Sequence[str]) -> Iterator[Row]:
    order = {marker: place for place, marker in enumerate(series["marker"].unique())}
    texts = format_times(series["time"])
    keys = zip(series["marker"].map(order).tolist(), instants(series["time"]).tolist(), strict=True)
    names = list(series.columns)
    records = [dict(zip(names, one, strict=True)) for one in series.itertuples(index=False, name=None)]
    for _, place in sorted((key, place) for place, key in enumerate(keys)):
        one = records[place]
        yield row(
            one["marker"],
            texts[place],
            as_reported(one["value"], one["bound"]),
            one["unit"],
            limits(one["reference_low"], one["reference_high"]),
            "" if pd.isna(one["row"]) else str(one["row"]),
            "; ".join(filter(None, (_placed(one["placement"]), one["disturbed"]))),
            anchor=anchors[place],
        )


def as_reported(value: float, bound: str) -> str:
    """A value with its limit sign; empty where there is none."""
    return "" if pd.isna(value) else f"{bound}{measured(value)}"


def limits(low: float, high: float) -> str:
    """A reference range in words.

    >>> limits(0.5, 2.0), limits(float("nan"), 300.0), limits(12.0, float("nan"))
    ('0.5–2', 'up to 300', 'from 12')
    """
    if pd.isna(low):
        return "" if pd.isna(high) else f"up to {measured(high)}"
    return f"from {measured(low)}" if pd.isna(high) else f"{measured(low)}–{measured(high)}"


def _placed(placement: str) -> str:
    return "date inferred" if placement == "inferred" else ""
