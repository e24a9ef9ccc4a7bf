"""Tables of reference ranges: a user's file, or one of the built-in by its name."""

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hlhcli import facts, markers
from hlhcli.errors import DataNote, HlhcliError, nearest
from hlhcli.readers.cells import Complaint, parse_values
from hlhcli.readers.columns import find_columns
from hlhcli.readers.delimited import Table, read_table
from hlhcli.readers.problems import Problems
from hlhcli.readers.source import read_text
from hlhcli.units import belongs, find_unit, to_unit

BUILTIN = facts.FOLDER / "ranges"

COLUMNS = {
    "marker": ("marker", "test", "analyte", "name"),
    "unit": ("unit", "units"),
    "low": ("low", "reference_low", "lower", "lln"),
    "high": ("high", "reference_high", "upper", "uln"),
    "sex": ("sex", "gender"),
    "age": ("age",),
    "source": ("source",),
}
WHO = ("sex", "age", "source")


@dataclass(frozen=True)
class Range:
    """The reference range of one marker; a limit that is not known is NaN."""

    marker: str
    unit: str
    low: float
    high: float
    about: str
    """Whom it is of, and where it is from, in words; may be empty."""


@dataclass(frozen=True)
class Ranges:
    """One range per marker, and the name of the table that they are from."""

    name: str
    rows: tuple[Range, ...]


def builtin_ranges() -> tuple[str, ...]:
    """The names of the built-in tables."""
    return tuple(sorted(path.stem for path in BUILTIN.glob("*.csv")))


def read_ranges(source: str) -> Ranges:
    """Read a table of ranges: marker, unit, low, high and, if known, sex, age and source.

    ``source`` is the name of a built-in table or a path. Raises `HlhcliError` with every line
    that cannot be used, and for a marker that has several rows: labs say neither sex nor age, so
    that nothing could choose between them.
    """
    builtin = source in builtin_ranges()
    if not builtin and not Path(source).exists():
        known = nearest(source, builtin_ranges())
        raise HlhcliError(f"ranges '{source}': no such file, and no built-in table; {known}")
    table = read_table(read_text(BUILTIN / f"{source}.csv" if builtin else source))
    return Ranges(source, _rows(table))


def fill_ranges(series: pd.DataFrame, ranges: Ranges) -> pd.DataFrame:
    """The series with these ranges where a row has none of its own, in the unit of the row.

    A `DataNote` says which ranges were used, of whom they are and where they are from. Another
    names those whose unit cannot be brought to that of the values: they are not used.
    """
    filled = series.copy()
    bare = series["reference_low"].isna() & series["reference_high"].isna() & series["value"].notna()
    used, unusable = [], []
    for marker in series.loc[bare, "marker"].unique():
        one = _of(ranges, marker)
        rows = bare & (series["marker"] == marker)
        if one is None:
            continue
        unit = str(series.loc[rows, "unit"].iloc[0])
        try:
            limits = _limits(one, unit)
        except HlhcliError as error:
            unusable.append(str(error))
            continue
        filled.loc[rows, ["reference_low", "reference_high"]] = limits
        used.append(_words(marker, unit, limits, one.about))
    _report(ranges, used, unusable)
    return filled


def _rows(table: Table) -> tuple[Range, ...]:
    found = find_columns(table, COLUMNS, {}, ["marker", "low or high"])
    cells = {word: found[word].cells if word in found else [""] * len(table.lines) for word in COLUMNS}
    problems = Problems(table)
    limits = {}
    for word in ("low", "high"):
        limits[word], _, wrong = parse_values(cells[word])
        problems.add(word, wrong)
        sign = "has a sign; write the number and leave the other side empty"
        problems.add_where(word, cells[word], _has_sign, sign)
    problems.add("marker", list(_complaints(cells["marker"], limits["low"], limits["high"])))
    problems.raise_any()
    about = ["; ".join(filter(None, words)) for words in zip(*(cells[word] for word in WHO), strict=True)]
    low, high = limits["low"].tolist(), limits["high"].tolist()
    parts = zip(cells["marker"], cells["unit"], low, high, about, strict=True)
    return tuple(Range(*part) for part in parts)


def _has_sign(cell: str) -> bool:
    return cell.startswith(("<", ">", "≤", "≥"))


def _complaints(names: Sequence[str], lows: np.ndarray, highs: np.ndarray) -> Iterator[Complaint]:
    """Rows that cannot serve, by the marker that they name."""
    keys = [markers.key(name) for name in names]
    count = Counter(keys)
    for index, (name, key, low, high) in enumerate(zip(names, keys, lows, highs, strict=True)):
        if not name:
            yield Complaint(index, "", "the marker is missing")
        elif count[key] > 1:
            yield Complaint(index, name, f"has {count[key]} rows; keep the one for this patient")
        elif np.isnan(low) and np.isnan(high):
            yield Complaint(index, name, "has neither a low nor a high limit")
        elif low > high:
            yield Complaint(index, name, f"has a low limit, {low:.6g}, above its high limit, {high:.6g}")


def _of(ranges: Ranges, marker: str) -> Range | None:
    return next((one for one in ranges.rows if markers.key(one.marker) == markers.key(marker)), None)


def _limits(one: Range, unit: str) -> list[float]:
    """Both limits in the unit of the values; raises `HlhcliError` where they cannot be."""
    limits = [one.low, one.high]
    same = one.unit == unit or (find_unit(one.unit) is not None and find_unit(one.unit) == find_unit(unit))
    if same or (belongs(one.marker, one.unit) == belongs(one.marker, unit) == "1"):
        return limits
    if not unit or not one.unit:
        raise HlhcliError(f"{one.marker}: values in '{unit}', range in '{one.unit}'")
    return [float(limit) for limit in np.atleast_1d(to_unit(one.marker, np.array(limits), one.unit, unit))]


def _words(marker: str, unit: str, limits: Sequence[float], about: str) -> str:
    low, high = (f"{limit:.6g}" for limit in limits)
    span = (
        f"up to {high}" if np.isnan(limits[0]) else f"from {low}" if np.isnan(limits[1]) else f"{low}–{high}"
    )
    return f"{marker} {span} {unit}".rstrip() + (f" ({about})" if about else "")


def _report(ranges: Ranges, used: list[str], unusable: list[str]) -> None:
    if not used and not unusable:
        text = (
            f"ranges {ranges.name}: none was used; every value has its own, or its marker is not in the table"
        )
        warnings.warn(text, DataNote, stacklevel=3)
    for words, items in (("where the labs give none", used), ("not used", unusable)):
        if items:
            listed = "\n".join(f"  {item}" for item in items)
            warnings.warn(f"ranges {ranges.name}, {words}:\n{listed}", DataNote, stacklevel=3)
