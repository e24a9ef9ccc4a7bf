"""The table of markers: names, codes, direction, units and conversions."""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hlhcli import markers, renderers
from hlhcli.errors import HlhcliError, fold, nearest
from hlhcli.markers import Marker
from hlhcli.output import write
from hlhcli.units import accepted_units, conversions, find_unit, preferred_unit

JOINED = "; "
"""Between the items of one cell; no name or unit has it."""


def find_markers(search: str | None) -> list[Marker]:
    """The markers of which a name, a code or a unit begins like ``search``; all without one.

    >>> [marker.name for marker in find_markers("2276-4")]
    ['ferritin']
    """
    found = [marker for marker in markers.markers() if search is None or _matches(marker, search.strip())]
    if not found:
        names = [marker.label for marker in markers.markers()]
        raise HlhcliError(f"no marker, code or unit begins like '{search}'; {nearest(str(search), names)}")
    return found


def marker_table(chosen: Sequence[Marker]) -> pd.DataFrame:
    """One row per marker; a cell of several items joins them by ``; ``."""
    return pd.DataFrame([_row(marker) for marker in chosen]).astype("str")


def write_markers(search: str | None, file_format: str, target: Path | None) -> None:
    """Render the markers that were searched for and write them."""
    table = marker_table(find_markers(search))
    write(
        _render_terminal(table, target) if file_format == "table" else renderers.render(table, file_format),
        target,
    )


def _matches(marker: Marker, search: str) -> bool:
    if search in marker.loinc or find_unit(search, accepted_units(marker.name)):
        return True
    wanted = fold(search)
    names = markers.spellings(marker)
    parts = [part for name in names for part in (name, *re.split(r"[\W_]+", name))]
    return bool(wanted) and any(fold(part).startswith(wanted) for part in parts)


def _row(marker: Marker) -> dict[str, str]:
    aliases = [name for name in markers.spellings(marker) if fold(name) != fold(marker.name)]
    units = accepted_units(marker.name)
    return {
        "marker": marker.name,
        "label": marker.label,
        "aliases": JOINED.join(aliases),
        "loinc": JOINED.join(marker.loinc),
        "cdisc": marker.cdisc,
        "improvement": marker.improvement,
        "improvement_source": marker.improvement_source,
        "units": JOINED.join(units),
        "conventional": _preferred(marker, units, "conventional"),
        "si": _preferred(marker, units, "si"),
        "conversions": JOINED.join(_conversions(marker, with_source=False)),
        "conversion_sources": JOINED.join(_conversions(marker, with_source=True)),
        "note": marker.note,
    }


def _preferred(marker: Marker, units: Sequence[str], system: str) -> str:
    found = (preferred_unit(marker.name, unit, system) for unit in units)
    return JOINED.join(dict.fromkeys(unit for unit in found if unit))


def _conversions(marker: Marker, *, with_source: bool) -> list[str]:
    """Such as ``mg/dL × 0.01 = g/L``, with the source of the factor in brackets."""
    return [
        f"{one.start} to {one.end}: {one.source.replace(JOINED, ', ')} ({one.confidence})"
        if with_source
        else f"{one.start} × {one.written} = {one.end}"
        for one in conversions()
        if one.marker == marker.name
    ]


def _render_terminal(table: pd.DataFrame, target: Path | None) -> str:
    from hlhcli.renderers.catalog import render_catalog

    terminal = target is None and sys.stdout.isatty()
    return render_catalog(
        table,
        width=shutil.get_terminal_size((100, 24)).columns,
        color=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        unicode=target is not None or (sys.stdout.encoding or "").lower().startswith("utf"),
    )
