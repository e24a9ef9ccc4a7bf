"""What converts into what: factors that hold for one marker, each with its source."""

from fractions import Fraction
from functools import cache
from typing import NamedTuple

import numpy as np

from hlhcli import facts, markers
from hlhcli.errors import HlhcliError
from hlhcli.measures import rounded
from hlhcli.units.spellings import find_unit


class Conversion(NamedTuple):
    """One published factor: a value in ``start`` times `factor` is the value in ``end``."""

    marker: str
    start: str
    end: str
    written: str
    """The factor as the table has it: 0.01, 1/60."""
    source: str
    confidence: str
    """H: two sources agree, or a definition; M: one good source."""

    @property
    def factor(self) -> Fraction:
        """The factor, exactly."""
        return Fraction(self.written)


@cache
def conversions() -> tuple[Conversion, ...]:
    """Every conversion of the table, one per marker and pair of units."""
    return tuple(
        Conversion(marker, row["from"], row["to"], row["factor"], row["source"], row["confidence"])
        for row in facts.rows("conversions")
        for marker in row["markers"].split("|")
    )


def accepted_units(marker: str) -> tuple[str, ...]:
    """The units that belong to a marker, by any of its names; empty where nothing is known of it."""
    return _split(marker, "units")


def preferred_unit(marker: str, unit: str, system: str) -> str | None:
    """The marker's unit of a system (``si``, ``conventional``) that ``unit`` converts into; None if none."""
    return next((end for end in _split(marker, system) if factor(marker, unit, end)), None)


def belongs(marker: str, text: str) -> str | None:
    """The marker's unit that a text means; None where it is no unit of the marker.

    A marker without unit, such as INR, needs none: ``""`` is its unit ``1``.

    >>> belongs("fibrinogen", "G/l"), belongs("WBC", "G/l"), belongs("ferritin", "mm/h")
    ('g/L', '10^9/L', None)
    """
    units = accepted_units(marker)
    if not text and units == ("1",):
        return "1"
    return find_unit(text, units)


def factor(marker: str, start: str, end: str) -> Fraction | None:
    """What a value in ``start`` is multiplied with to be in ``end``; None where the table has no way.

    Units are those of the table. The way may lead over several conversions; its factor is exact.

    >>> factor("ferritin", "µg/L", "pmol/L")
    Fraction(2247, 1000)
    """
    known = markers.find(marker)
    return _factors(known.name).get((start, end)) if known else None


def to_unit(marker: str, values: np.ndarray | float, start: str, end: str) -> np.ndarray:
    """Values of a marker in another unit, both in any spelling.

    One multiplication with an exact factor, then 12 significant digits, so that no digits of
    binary fractions are added: 2600 /µL is 2.6 10^9/L. Missing values stay missing. Raises
    `HlhcliError` for a unit that does not belong to the marker and for a pair of units that the
    table does not convert.

    >>> to_unit("WBC", np.array([2600.0]), "/mm3", "G/L").tolist()
    [2.6]
    """
    units = [belongs(marker, text) for text in (start, end)]
    for text, unit in zip((start, end), units, strict=True):
        if unit is None:
            raise HlhcliError(
                f"{marker}: '{text}' is not a unit of it that is known; {accepted_words(marker)}"
            )
    by = factor(marker, str(units[0]), str(units[1]))
    if by is None:
        raise HlhcliError(f"{marker}: '{start}' is never converted into '{end}': {why_not(marker)}")
    return multiplied(np.asarray(values, dtype=float), by)


def multiplied(values: np.ndarray, by: Fraction) -> np.ndarray:
    """Values times a factor, in 12 significant digits; unchanged by a factor of 1."""
    return values if by == 1 else rounded(values * float(by))


def accepted_words(marker: str) -> str:
    """The units of a marker as the end of a message."""
    units = accepted_units(marker)
    return f"known: {', '.join(units)}" if units else "the marker is not in the table of units"


def why_not(marker: str) -> str:
    """Why two units that belong to a marker are not converted into each other."""
    known = markers.find(marker)
    return REASONS.get(known.name if known else "", "the table has no factor with a source")


REASONS = {
    "d-dimer": "fibrinogen equivalent units (FEU) and D-dimer units (DDU) are about twofold apart, "
    "by an amount that depends on the assay, and a unit that names neither can be either",
    "soluble il-2 receptor": "U/mL and pg/mL come from different assays",
    "pt": "seconds and per cent come from different curves, one for each laboratory",
}


def _split(marker: str, column: str) -> tuple[str, ...]:
    known = markers.find(marker)
    row = _units_by_marker().get(known.name) if known else None
    return tuple(filter(None, row[column].split("|"))) if row else ()


@cache
def _units_by_marker() -> dict[str, dict[str, str]]:
    return {marker: row for row in facts.rows("marker_units") for marker in row["markers"].split("|")}


@cache
def _factors(marker: str) -> dict[tuple[str, str], Fraction]:
    """The factor of every pair of units of a marker between which the conversions make a way."""
    steps: dict[str, dict[str, Fraction]] = {unit: {} for unit in accepted_units(marker)}
    for one in conversions():
        if one.marker == marker:
            steps[one.start][one.end] = one.factor
            steps[one.end][one.start] = 1 / one.factor
    return {(start, end): by for start in steps for end, by in _reach(steps, start).items()}


def _reach(steps: dict[str, dict[str, Fraction]], start: str) -> dict[str, Fraction]:
    found, waiting = {start: Fraction(1)}, [start]
    while waiting:
        unit = waiting.pop()
        new = {end: found[unit] * by for end, by in steps[unit].items() if end not in found}
        found |= new
        waiting.extend(new)
    return found
