"""The ways in which people write a unit, brought to one: ``K/mcL`` and ``× 10³/mm³`` are 10^3/µL.

A closed list. Nothing is computed from prefixes or powers, so that no spelling can be read as
something that it is not: a general parser reads ``10*9/L`` as 90 per liter and K as kelvin.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import cache

from hlhcli import facts

DECORATION = re.compile(r"[\s^*×·_.(){}\[\]]+")
"""What says nothing in a unit. Without ``^`` a power is written as where the superscript was lost."""

COUNTED = re.compile(
    r"(cells?|platelets?|plts?|leu[ck]ocytes?|neutrophils?|lymphocytes?|wbcs?|#)(?=/|per)", re.I
)
REWRITTEN = (
    (re.compile(r"(?<![a-z])mc(?=g|l|mol|kat)", re.I), "u"),  # mcL, mcg, mcmol
    (COUNTED, ""),
    (re.compile(r"per(?=u?l|mm|cumm|cmm|[md]l)", re.I), "/"),
    (re.compile(r"(mm3|cu?mm|cubicmm)$", re.I), "uL"),  # a cubic millimeter is a microliter
    (re.compile(r"^x(?=[\d/])", re.I), ""),
    (re.compile(r"(?<=[/dmnpu])l(?![a-z])"), "L"),
)


def find_unit(text: str, among: Collection[str] | None = None) -> str | None:
    """The unit of ``facts/units.csv`` that a text means; None where it is none, or not one of ``among``.

    Letters of another case are understood where only one unit can be meant: ``MG/DL`` always,
    ``G/L`` as g/L among units of mass and as 10^9/L among counts.

    >>> find_unit("× 103/μL"), find_unit("10*9/L"), find_unit("G/L", ["g/dL", "g/L"])
    ('10^3/µL', '10^9/L', 'g/L')
    """
    reduced = reduce_unit(text)
    exact = _index().get(reduced)
    if exact and (among is None or exact in among):
        return exact
    alike = [unit for unit in _folded_index().get(reduced.casefold(), ()) if among is None or unit in among]
    return alike[0] if len(alike) == 1 else None


def known_units() -> tuple[str, ...]:
    """Every unit of the table, in its own spelling."""
    return tuple(row["unit"] for row in _rows())


def spellings(unit: str) -> tuple[str, ...]:
    """The listed ways to write a unit, UCUM included; many more reduce to the same."""
    row = next(row for row in _rows() if row["unit"] == unit)
    written = (unit, row["ucum"], *row["spellings"].split("|"))
    return tuple(dict.fromkeys(text for text in written if text))


def reduce_unit(text: str) -> str:
    """A unit without decoration, with a plain ``u`` for micro, ``L`` for liter and ``/`` for per.

    >>> [reduce_unit(text) for text in ("× 10⁹/l", "cells/mm³", "ng/mL{FEU}", "mcg/dl")]
    ['109/L', '/uL', 'ng/mLFEU', 'ug/dL']
    """
    # The compatibility form has one micro sign, and plain digits for superscripts.
    plain = DECORATION.sub("", unicodedata.normalize("NFKC", text).replace("μ", "u"))
    for pattern, replacement in REWRITTEN:
        plain = pattern.sub(replacement, plain)
    return plain


@cache
def _rows() -> tuple[dict[str, str], ...]:
    return tuple(facts.rows("units"))


@cache
def _index() -> dict[str, str]:
    return {reduce_unit(text): unit for unit in known_units() for text in spellings(unit)}


@cache
def _folded_index() -> dict[str, tuple[str, ...]]:
    folded: dict[str, tuple[str, ...]] = {}
    for text, unit in _index().items():
        others = folded.get(text.casefold(), ())
        folded[text.casefold()] = others if unit in others else (*others, unit)
    return folded
