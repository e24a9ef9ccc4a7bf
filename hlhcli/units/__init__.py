"""Units of markers: how they are written, which belong to a marker, and what converts into what.

The facts are a closed table: ``facts/units.csv`` (spellings), ``facts/marker_units.csv``
(units of each marker) and ``facts/conversions.csv`` (factors, each with its source). What is
not in the table is not converted.
"""

from hlhcli.units.factors import (
    Conversion,
    accepted_units,
    belongs,
    conversions,
    factor,
    preferred_unit,
    to_unit,
)
from hlhcli.units.one_unit import Conversions, bring_to_one_unit, convert, parse_assumed, plan_conversions
from hlhcli.units.plausible import note_implausible
from hlhcli.units.spellings import find_unit, known_units

__all__ = [
    "Conversion",
    "Conversions",
    "accepted_units",
    "belongs",
    "bring_to_one_unit",
    "conversions",
    "convert",
    "factor",
    "find_unit",
    "known_units",
    "note_implausible",
    "parse_assumed",
    "plan_conversions",
    "preferred_unit",
    "to_unit",
]
