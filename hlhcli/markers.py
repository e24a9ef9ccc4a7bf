"""What is known about each marker: its names, its codes and which way is better.

The facts are rows of ``facts/markers.csv``, each direction with its source. Shell
completion reads this module, so that it imports nothing heavier than `csv`.
"""

from functools import cache
from typing import Literal, NamedTuple, cast

from hlhcli import facts
from hlhcli.errors import fold

Improvement = Literal["decrease", "increase", ""]


class Marker(NamedTuple):
    """One marker and the facts about it; texts and tuples are empty where nothing is known."""

    name: str
    """The one lower-case name that code and options use."""
    label: str
    """The name in headings and on axes."""
    aliases: tuple[str, ...]
    """Other spellings, beside ``name``, ``label`` and ``cdisc``."""
    cdisc: str
    """The LBTESTCD of the CDISC controlled terminology."""
    loinc: tuple[str, ...]
    """LOINC codes."""
    improvement: Improvement
    """Which change is better in HLH; empty where no source says so, or where both ends are bad."""
    improvement_source: str
    """The published rule that ``improvement`` follows."""
    note: str
    """What can mislead: look-alikes, confounders, why there is no direction."""


@cache
def markers() -> tuple[Marker, ...]:
    """Every known marker in the order of output: the ten of Table 1, then the others."""
    return tuple(map(_marker, facts.rows("markers")))


def find(text: str) -> Marker | None:
    """Return the marker that any of its spellings or LOINC codes names; None where none does.

    Case, spaces and punctuation do not matter in names; a code must be exact. A name with a
    percent sign is a share of something and never the marker itself.

    >>> find("Platelet Count").name, find("48065-7").name, find("Neutrophils (%)")
    ('platelets', 'd-dimer', None)
    """
    if "%" in text:
        return None
    return _index().get(text.strip()) or _index().get(fold(text))


def key(text: str) -> str:
    """What all names of one marker have in common; for a marker that is not known, its letters.

    A share is not the count: a name with a percent sign keeps it.

    >>> key("ANC") == key("Neutrophils"), key("Zinc") == key("zinc"), key("NEUT%") == key("NEUT")
    (True, True, False)
    """
    marker = find(text)
    return marker.name if marker else fold(text) + "%" * ("%" in text)


def rank(text: str) -> int:
    """Place of a marker in the order of output; unknown names share the place after the last."""
    marker = find(text)
    return markers().index(marker) if marker else len(markers())


def spellings(marker: Marker) -> tuple[str, ...]:
    """All names of a marker, none twice; its LOINC codes are apart, in ``loinc``."""
    names = (marker.name, marker.label, marker.cdisc, *marker.aliases)
    return tuple(dict.fromkeys(name for name in names if name))


def _marker(row: dict[str, str]) -> Marker:
    return Marker(
        name=row["name"],
        label=row["label"],
        aliases=_parts(row["aliases"]),
        cdisc=row["cdisc"],
        loinc=_parts(row["loinc"]),
        improvement=cast(Improvement, row["improvement"]),
        improvement_source=row["improvement_source"],
        note=row["note"],
    )


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)


@cache
def _index() -> dict[str, Marker]:
    # A folded name has no hyphen and every LOINC code has one, so the two cannot collide.
    names = {fold(name): marker for marker in markers() for name in spellings(marker)}
    codes = {code: marker for marker in markers() for code in marker.loinc}
    return names | codes
