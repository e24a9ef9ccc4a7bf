"""What is known about each clinical item: its names, its kind and how long a statement holds.

The items are rows of ``facts/clinical_items.csv``.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from hlhcli import facts
from hlhcli.errors import fold


@dataclass(frozen=True)
class ClinicalItem:
    """One finding at the bedside, in the marrow or in the history."""

    name: str
    label: str
    kind: Literal["yes/no", "number"]
    unit: str
    """The unit of a number that comes without one; empty where it has none."""
    lasts: bool
    """Whether a statement holds until the next one; else it holds for its own date, or to its ``until``."""
    aliases: tuple[str, ...]
    note: str


@cache
def clinical_items() -> tuple[ClinicalItem, ...]:
    """Every known item, in the order of the table."""
    return tuple(map(_item, facts.rows("clinical_items")))


def find_item(text: str) -> ClinicalItem | None:
    """Return the item that any of its spellings names; None where none does.

    >>> find_item("Haemophagocytosis").name
    'hemophagocytosis'
    """
    return _index().get(fold(text))


def _item(row: dict[str, str]) -> ClinicalItem:
    return ClinicalItem(
        name=row["name"],
        label=row["label"],
        kind=cast(Literal["yes/no", "number"], row["kind"]),
        unit=row["unit"],
        lasts=row["lasts"] == "yes",
        aliases=tuple(filter(None, row["aliases"].split("|"))),
        note=row["note"],
    )


@cache
def _index() -> dict[str, ClinicalItem]:
    return {fold(name): item for item in clinical_items() for name in (item.name, item.label, *item.aliases)}
