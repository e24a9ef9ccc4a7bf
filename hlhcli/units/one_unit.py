"""One unit for each marker of a series: the step between reading and everything else."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from hlhcli import markers
from hlhcli.errors import DataNote, HlhcliError, bullet_list, nearest
from hlhcli.frames import UNIT_SYSTEMS
from hlhcli.units.factors import (
    accepted_units,
    accepted_words,
    belongs,
    factor,
    multiplied,
    preferred_unit,
    why_not,
)
from hlhcli.units.spellings import find_unit

NUMBERS = ("value", "reference_low", "reference_high")


class _Given(NamedTuple):
    """One unit of one marker, as the file spells both, and the rows that have it."""

    marker: str
    unit: str
    line: int  # of the first value, 0 where there is none
    n: int  # number of values
    place: int  # of the first value in the frame


class _Step(NamedTuple):
    """What is done to the rows of one unit of one marker; no factor: it cannot be done."""

    given: _Given
    end: str
    factor: Fraction | None


class Conversions(NamedTuple):
    """What is done to each row of a series: its new unit, and the factor of its numbers."""

    unit: pd.Series
    code: np.ndarray
    """The place in ``factors`` of each row's factor."""
    factors: list[Fraction | None]
    """None: the row has no value, and its range in another unit says nothing."""


def bring_to_one_unit(
    series: pd.DataFrame, *, units: str = "as-given", assumed: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """The series with one unit per marker; values and reference ranges are converted, bounds stay.

    ``units`` is one of `hlhcli.frames.UNIT_SYSTEMS`: ``as-given`` keeps a marker's unit and brings
    only what differs to the unit of its first row; ``si`` and ``conventional`` bring every marker
    that has such a unit to it. ``assumed`` gives the unit of the values of a marker (by any name)
    that have none.

    Warns with `DataNote` about conversions, about values without a unit, and about units that are
    not known for their marker where they could stay as they are. Raises `HlhcliError` with every
    unit that would have to be converted and that the table does not convert.
    """
    return convert(series, plan_conversions(series, units=units, assumed=assumed))


def plan_conversions(
    series: pd.DataFrame,
    *,
    units: str = "as-given",
    assumed: Mapping[str, str] | None = None,
    counts: np.ndarray | None = None,
) -> Conversions:
    """What `bring_to_one_unit` does to each row; it warns and raises as that does.

    ``counts`` says how many rows of the file each row stands for, where it is not one.
    """
    if units not in UNIT_SYSTEMS:
        raise HlhcliError(f"no units '{units}'; {nearest(units, UNIT_SYSTEMS)}")
    filled = _with_assumed(series, assumed or {})
    code, pairs = _pairs(filled, np.ones(len(series)) if counts is None else counts)
    steps = [step for given in _by_marker(pairs) for step in _plan(given, units)]
    _refuse(steps, units)
    _note(steps, units)
    return _conversions(filled, code, pairs, steps)


def convert(series: pd.DataFrame, conversions: Conversions) -> pd.DataFrame:
    """The series in its new units; bounds stay."""
    if all(by == 1 for by in conversions.factors):
        return series.assign(unit=conversions.unit)
    numbers = {name: series[name].to_numpy(dtype=float, copy=True) for name in NUMBERS}
    for number, by in enumerate(conversions.factors):
        if by == 1:
            continue
        rows = conversions.code == number
        for column in numbers.values():
            # the range of a cell that is empty, in a unit that no value has, says nothing
            column[rows] = multiplied(column[rows], by) if by else np.nan
    return series.assign(unit=conversions.unit, **numbers)


def parse_assumed(options: Iterable[str]) -> dict[str, str]:
    """Read ``--unit`` options.

    >>> parse_assumed(["ferritin=ng/mL"])
    {'ferritin': 'ng/mL'}
    """
    assumed = {}
    for option in options:
        marker, sign, unit = (part.strip() for part in option.partition("="))
        if not (sign and marker and unit):
            raise HlhcliError(f"unit '{option}' cannot be read; write MARKER=UNIT, such as ferritin=ng/mL")
        assumed[marker] = unit
    return assumed


def _with_assumed(series: pd.DataFrame, assumed: Mapping[str, str]) -> pd.DataFrame:
    """Fill the empty units of these markers; a unit that does not belong or is not needed is refused."""
    unit = series["unit"]
    present = list(series["marker"].unique())
    for name, text in assumed.items():
        meant = [marker for marker in present if markers.key(name) == markers.key(marker)]
        if not meant:
            raise HlhcliError(f"unit of '{name}': no such marker; {nearest(name, present)}")
        if accepted_units(meant[0]) and belongs(meant[0], text) is None:
            raise HlhcliError(f"unit of '{name}': '{text}' is not a unit of it; {accepted_words(meant[0])}")
        empty = series["marker"].isin(meant) & (unit == "")
        if not empty.any():
            raise HlhcliError(
                f"unit of '{name}': every value has a unit; one is assumed only where there is none"
            )
        unit = unit.mask(empty, text)
    return series.assign(unit=unit.astype("str"))


def _pairs(series: pd.DataFrame, counts: np.ndarray) -> tuple[np.ndarray, list[_Given]]:
    """Each marker with each unit that it has, and the number of the pair that each row belongs to."""
    marker, markers_known = pd.factorize(series["marker"])
    unit, units_known = pd.factorize(series["unit"])
    code, keys = pd.factorize(marker * len(units_known) + unit)
    usable = np.flatnonzero(series["value"].notna())
    count = np.bincount(code[usable], weights=counts[usable], minlength=len(keys))
    first = np.full(len(keys), len(series))
    np.minimum.at(first, code[usable], usable)
    line = series["row"].to_numpy()
    return code, [
        _Given(
            marker=str(markers_known[key // len(units_known)]),
            unit=str(units_known[key % len(units_known)]),
            line=int(line[place]) if number else 0,
            n=int(number),
            place=int(place),
        )
        for key, number, place in zip(keys.tolist(), count, first, strict=True)
    ]


def _by_marker(pairs: Sequence[_Given]) -> list[list[_Given]]:
    """The units that the values of each marker have, both in order of appearance."""
    found: dict[str, list[_Given]] = {}
    for given in sorted((one for one in pairs if one.n), key=lambda one: one.place):
        found.setdefault(given.marker, []).append(given)
    return list(found.values())


def _plan(given: Sequence[_Given], system: str) -> list[_Step]:
    end = _end(given[0], system)
    return [_Step(one, end, _factor(one, end)) for one in given]


def _end(first: _Given, system: str) -> str:
    """The unit that a marker is brought to, given its first row."""
    unit = belongs(first.marker, first.unit)
    if system == "as-given" or unit is None:
        return first.unit
    end = preferred_unit(first.marker, unit, system)
    return first.unit if end in (None, unit) else str(end)


def _factor(given: _Given, end: str) -> Fraction | None:
    if given.unit == end:
        return Fraction(1)
    if not accepted_units(given.marker):
        units = find_unit(given.unit), find_unit(end)
        return Fraction(1) if units[0] is not None and units[0] == units[1] else None
    start, stop = belongs(given.marker, given.unit), belongs(given.marker, end)
    return factor(given.marker, start, stop) if start and stop else None


def _refuse(steps: Sequence[_Step], system: str) -> None:
    """Raise where units cannot be brought together, or where one that was asked for is not understood."""
    wrong = [f"line {step.given.line}: {_complaint(step)}" for step in steps if step.factor is None]
    if system != "as-given":
        wrong += [
            f"line {given.line}: {given.marker} in {_quoted(given.unit)} is not a unit of it; "
            f"{accepted_words(given.marker)}"
            for given in (step.given for step in steps if step.factor is not None)
            if given.unit and _is_foreign(given)
        ]
    if wrong:
        raise HlhcliError(
            "the labs have units that cannot be brought to one; correct them, or choose others with "
            f"--marker\n{bullet_list(wrong)}"
        )


def _complaint(step: _Step) -> str:
    given, beside = step.given, f"beside '{step.end}'"
    name = f"{given.marker} in {_quoted(given.unit)} {beside if step.end else 'beside no unit'}"
    if not given.unit or not step.end:
        stated = given.unit or step.end
        return f'{name}: say the unit of those without: --unit "{given.marker}={stated}", if that is it'
    if not accepted_units(given.marker):
        return f"{name}: the marker is not in the table of units, and so is never converted"
    for text in (given.unit, step.end):
        if belongs(given.marker, text) is None:
            return f"{name}: '{text}' is not a unit of it; {accepted_words(given.marker)}"
    return f"{name}: {why_not(given.marker)}"


def _quoted(unit: str) -> str:
    return f"'{unit}'" if unit else "no unit"


def _is_foreign(given: _Given) -> bool:
    """Whether the marker is in the table of units, and this one is none of its."""
    return bool(accepted_units(given.marker)) and belongs(given.marker, given.unit) is None


def _note(steps: Sequence[_Step], system: str) -> None:
    given = [step.given for step in steps]
    changed = [step for step in steps if step.factor != 1]
    _warn("converted: ", [_conversion(step) for step in changed])
    foreign = [one for one in given if _is_foreign(one)]
    _warn(
        "no unit, and none assumed; give it with --unit MARKER=UNIT: ",
        [one.marker for one in foreign if not one.unit],
    )
    _warn(
        "a unit that is not known for its marker, used as it is: ",
        [f"{one.marker} in '{one.unit}' (line {one.line})" for one in foreign if one.unit],
    )
    if system != "as-given":
        unknown = [one.marker for one in given if not accepted_units(one.marker)]
        _warn("not in the table of units, and so as given: ", list(dict.fromkeys(unknown)))


def _conversion(step: _Step) -> str:
    given = step.given
    many = "1 value" if given.n == 1 else f"{given.n} values"
    by = f", × {float(step.factor):.6g}" if step.factor else ""
    return f"{given.marker} from '{given.unit}' to '{step.end}' ({many}{by})"


def _warn(text: str, items: Sequence[str]) -> None:
    if items:
        more = f", … ({len(items)} in all)" if len(items) > 10 else ""
        warnings.warn(f"units: {text}{', '.join(items[:10])}{more}", DataNote, stacklevel=4)


def _conversions(
    series: pd.DataFrame, code: np.ndarray, pairs: Sequence[_Given], steps: Sequence[_Step]
) -> Conversions:
    """Multiply the rows of each pair; a row without a value only takes the unit of its marker."""
    end = {step.given.marker: step.end for step in steps}
    ends = np.array([end.get(one.marker, one.unit) for one in pairs], dtype=object)
    steps_of = {step.given: step.factor for step in steps}
    factors = [
        Fraction(1) if one.unit == text else steps_of.get(one) for one, text in zip(pairs, ends, strict=True)
    ]
    return Conversions(pd.Series(ends[code], index=series.index, dtype="str"), code, factors)
