"""Lab tables as people type them, whose every cell has a known meaning.

Measurements are drawn first and written down afterwards: in one layout, with one way to write
numbers and one to write times, as text or as a workbook, packed or not. What the program reads
is compared with the measurements. Numbers are read exactly, or to 11 digits in another unit.
"""

import csv
import gzip
import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from .judge import ReadingError, run_all

UNITS = {
    "WBC": {"10^9/L": "1", "K/µL": "1", "× 10⁹/l": "1", "/mm3": "1/1000", "10*3/uL": "1", "lakh/mm3": "100"},
    "Hb": {"g/dL": "1", "g/l": "1/10", "gm/dL": "1"},
    "Ferritin": {"ng/mL": "1", "ug/L": "1", "µg/l": "1", "mcg/L": "1"},
    "CRP": {"mg/L": "1", "mg/dL": "10", "µg/mL": "1"},
    "Na": {"mmol/L": "1", "mEq/L": "1"},
    "D-dimer": {"µg/mL FEU": "1", "ng/mL FEU": "1/1000", "mg/L{FEU}": "1"},
    "sIL-2R": {"U/mL": "1", "units/mL": "1"},
    "INR": {"": "1"},
    "Zonulin": {"ng/mL": "1"},
}
"""Each marker with ways to write its units, and what a number in each is multiplied with to be alike."""

WORDS = ("", "", "nd", "Not sent", "WNL", "-", "…", "—", "n/a", "Not Applicable", "/")
BAD = ("8.8 (d2)", "423–577", "4814, 7597", "4o000", "1.2.3", "7.1 see note", "5 (rpt 6)", "1:40", "++")
BOUNDS = {"": "", "less than ": "<", "<": "<", "> ": ">", "≥": ">", "<=": "<", ">": ">"}
FLAGS = ("", "", "", " H", "^", "*", " L", " (H)", "↑", "†", " +")
BLANKS = (" ", "\u00a0", "\u2009", "\u202f")
FIRST_DAY = datetime(2019, 2, 26)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NONE = math.nan


@dataclass(frozen=True)
class Cell:
    """One result: what was measured, and the text that stands for it."""

    marker: str
    unit: str
    day: int
    text: str
    value: float = NONE
    bound: str = ""
    low: float = NONE
    high: float = NONE
    range_text: str = ""
    is_bad: bool = False
    """It must be refused."""
    is_open: bool = False
    """It may be refused, because it can mean two things as it is written."""


@dataclass(frozen=True)
class Sheet:
    """A written table and what it means."""

    name: str
    content: bytes = field(repr=False)
    rows: list[list[str]]
    options: tuple[str, ...]
    cells: list[Cell]
    times: dict[int, str]
    """What the program should call the time of each day."""


def require_meaning(sheet: Sheet, folder) -> None:
    """Raise `ReadingError` where the program reads the sheet as anything else than what was meant."""
    path = folder / sheet.name
    path.write_bytes(sheet.content)
    days = sorted(sheet.times)
    start = ("--given", f"anakinra={sheet.times[days[len(days) // 2]]}")
    checked, converted, found = run_all(path, *sheet.options, *start)
    bad = [cell.text for cell in sheet.cells if cell.is_bad]
    if found is None:
        is_open = any(cell.is_open for cell in sheet.cells) or "--layout" in converted.stderr
        if not bad and not is_open and _has_numbers(sheet):
            raise ReadingError(f"a good table is refused: {converted.stderr}\n{sheet.options} {sheet.rows}")
        return
    if bad and _has_numbers(sheet):
        raise ReadingError(f"cells that mean no number were passed over: {bad}\n{sheet.options} {sheet.rows}")
    _require_same(sheet, found, converted.stderr)
    _require_count(sheet, json.loads(checked.stdout)[0]["facts"]["values"])


def _has_numbers(sheet):
    """Whether every marker has a number: one that has none may be a test with answers in words."""
    numeric = {cell.marker for cell in sheet.cells if not math.isnan(cell.value)}
    return numeric == {cell.marker for cell in sheet.cells}


def _require_same(sheet, found, notes):
    unit = {row["marker"]: row["unit"] for row in found if row["value"]}
    meant = [_as_read(cell, sheet.times[cell.day], unit) for cell in sheet.cells if cell.value == cell.value]
    read = [_read(row) for row in found if row["value"]]
    lost = [one for one in meant if not any(_is_same(one, other) for other in read)]
    new = [one for one in read if not any(_is_same(one, other) for other in meant)]
    if lost or new or len(meant) != len(read):
        raise ReadingError(
            f"meant: {lost or meant}\nread: {new or read}\n{sheet.options} {sheet.rows}\n{notes}"
        )


def _require_count(sheet, counted):
    numbers = sum(cell.value == cell.value for cell in sheet.cells)
    if counted != numbers:
        raise ReadingError(f"check counts {counted} values of {numbers}\n{sheet.options} {sheet.rows}")


def _as_read(cell, time, unit):
    """A cell as a row in the unit that the program has brought its marker to."""
    if unit.get(cell.marker) not in UNITS[cell.marker]:
        return cell.marker, time, cell.bound, cell.value, cell.low, cell.high
    by = float(Fraction(UNITS[cell.marker][cell.unit]) / Fraction(UNITS[cell.marker][unit[cell.marker]]))
    return cell.marker, time, cell.bound, cell.value * by, cell.low * by, cell.high * by


def _read(row):
    bound = row["value"][0] if row["value"][0] in "<>" else ""
    limits = (float(row.get(word) or NONE) for word in ("reference_low", "reference_high"))
    return row["marker"], row.get("time") or row.get("day"), bound, float(row["value"].lstrip("<>")), *limits


def _is_same(one, other):
    pairs = list(zip(one[3:], other[3:], strict=True))
    return one[:3] == other[:3] and all(
        (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-11) for a, b in pairs
    )


@dataclass(frozen=True)
class Style:
    """How one table writes numbers."""

    comma: bool
    group: str
    """What stands between groups of three digits; empty for nothing."""

    def write(self, digits):
        """A number from plain digits such as ``1247.5``."""
        whole, _, decimals = digits.partition(".")
        grouped = f"{int(whole):,}".replace(",", self.group) if self.group else whole
        return grouped + (("," if self.comma else ".") + decimals if decimals else "")

    def is_open(self, digits):
        """Whether the number can mean two things, as it is written: 1.247 in a table with commas."""
        return self.comma and self.group == "." and "." not in digits and 1000 <= int(digits) < 1_000_000


STYLES = st.builds(Style, st.just(False), st.sampled_from(["", ",", "'", *BLANKS])) | st.builds(
    Style, st.just(True), st.sampled_from(["", ".", *BLANKS])
)
DECIMALS = st.sampled_from(["5", "25", "07", "125", "000", "0"])
DIGITS = (
    st.integers(0, 999).map(str)
    | st.integers(1000, 99_999_999).map(str)
    | st.builds(lambda whole, part: f"{whole}.{part}", st.integers(0, 999) | st.integers(0, 99_999), DECIMALS)
)


def _iso(day):
    return (FIRST_DAY + timedelta(days=day)).date().isoformat()


def _moment(day):
    return (FIRST_DAY + timedelta(days=day, hours=8, minutes=5)).isoformat(timespec="minutes")


def _numeric(day, form):
    return (FIRST_DAY + timedelta(days=day)).strftime(form)


def _named(day):
    date = FIRST_DAY + timedelta(days=day)
    return f"{date.day} {MONTHS[date.month - 1]}"


@dataclass(frozen=True)
class Clock:
    """How one table writes times, and what the program calls them."""

    write: Callable[[int], str]
    name: Callable[[int], str]
    options: tuple[str, ...] = ()
    column: str = "date"


CLOCKS = (
    Clock(_iso, _iso),
    Clock(_moment, _moment, column="charttime"),
    Clock(lambda day: _moment(day).replace("T", " ") + ":00", _moment),
    Clock(lambda day: _numeric(day, "%d/%m/%Y"), _iso, ("--dates", "dmy")),
    Clock(lambda day: _numeric(day, "%m/%d/%Y"), _iso, ("--dates", "mdy")),
    Clock(lambda day: _numeric(day, "%d.%m.%Y"), _iso, ("--dates", "dmy")),
    Clock(lambda day: f"{_named(day)} {_iso(day)[:4]}", _iso),
    Clock(_named, _iso, ("--year", "2019")),
    Clock(lambda day: f"Day {day}", str),
    Clock(lambda day: f"HD {day}", str),
    Clock(lambda day: f"d+{day}", str),
    Clock(str, str, column="day"),
)


@st.composite
def cells(draw, style, days):
    """Results of a few markers at some of the days; a marker's unit may change from row to row."""
    found = []
    for marker in draw(st.lists(st.sampled_from(sorted(UNITS)), min_size=1, max_size=4, unique=True)):
        span = draw(_ranges(style))
        for day in days:
            if draw(st.integers(0, 9)):
                unit = draw(st.sampled_from(sorted(UNITS[marker])))
                cell, said = draw(_result(style)), {"marker": marker, "unit": unit, "day": day}
                said["is_open"] = cell.is_open or span["is_open"]
                found.append(replace(cell, **span | said))
    return found or [Cell("WBC", "K/µL", days[0], "5", 5.0)]


@st.composite
def _result(draw, style):
    kind = draw(st.sampled_from(["number"] * 14 + ["word"] * 3 + ["bad"]))
    if kind == "word":
        return Cell("", "", 0, draw(st.sampled_from(WORDS)))
    if kind == "bad":
        return Cell("", "", 0, draw(st.sampled_from(BAD)), is_bad=True)
    digits, sign, flag = draw(DIGITS), draw(st.sampled_from(sorted(BOUNDS))), draw(st.sampled_from(FLAGS))
    text = sign + style.write(digits) + flag
    return Cell("", "", 0, text, float(digits), BOUNDS[sign], is_open=style.is_open(digits))


@st.composite
def _ranges(draw, style):
    """A reference range of a marker, in words: both limits, one, or none."""
    low, high = sorted((draw(DIGITS), draw(DIGITS)), key=float)
    texts = {
        "": (NONE, NONE),
        f"{style.write(low)}–{style.write(high)}": (float(low), float(high)),
        f"<{style.write(high)}": (NONE, float(high)),
        f"> {style.write(low)}": (float(low), NONE),
    }
    text = draw(st.sampled_from(["", *texts]))
    is_open = any(map(style.is_open, (low, high))) and text != ""
    return {"range_text": text, "low": texts[text][0], "high": texts[text][1], "is_open": is_open}


@st.composite
def sheets(draw):
    """A table of results, written down."""
    style, clock = draw(STYLES), draw(st.sampled_from(CLOCKS))
    days = sorted(draw(st.sets(st.integers(0, 40), min_size=2, max_size=4)))
    found = draw(cells(style, days))
    layout = draw(st.sampled_from(["tidy", "markers-down", "times-down"]))
    rows, found = draw(
        {"tidy": _tidy, "markers-down": _markers_down, "times-down": _times_down}[layout](found, clock)
    )
    name, content = draw(_stored(rows))
    stated = style.comma and (not _is_proven(found) or draw(st.booleans()))
    said = ("--layout", layout) if draw(st.booleans()) else ()
    options = (*clock.options, *said, *(("--decimal", "comma") if stated else ()))
    return Sheet(name, content, rows, options, found, {day: clock.name(day) for day in days})


def _is_proven(found):
    """Whether some result shows that a comma stands before decimals: ``9,6``."""
    return any(re.fullmatch(r"\d+,\d\d?", cell.text) for cell in found)


@st.composite
def _tidy(draw, found, clock):
    """A row per result; the unit in a column of its own or beside the number."""
    inside = draw(st.booleans())
    if inside:
        found = [_with_unit(cell) for cell in found]
    header = ["test", clock.column, "result", "reference range", *([] if inside else ["units"]), "comment"]
    rows = [
        [
            cell.marker,
            clock.write(cell.day),
            cell.text,
            cell.range_text,
            *([] if inside else [cell.unit]),
            "as charted",
        ]
        for cell in found
    ]
    order = draw(st.permutations(range(len(header))))
    return [[row[place] for place in order] for row in (header, *rows)], found


def _with_unit(cell):
    """The result with its unit behind the number; powers of ten there can be part of the number."""
    if cell.value != cell.value or not cell.unit:
        return replace(cell, unit="" if cell.value != cell.value else cell.unit)
    is_open = cell.is_open or cell.unit[0].isdigit() or "{" in cell.unit
    return replace(cell, text=f"{cell.text} {cell.unit}", is_open=is_open)


@st.composite
def _markers_down(draw, found, clock):
    """A row per marker, a column per time, with the unit in a column or in the first heading."""
    found, in_name = _one_unit(found), draw(st.booleans())
    days, markers = sorted({cell.day for cell in found}), list(dict.fromkeys(cell.marker for cell in found))
    first = {cell.marker: cell for cell in reversed(found)}
    text = {(cell.marker, cell.day): cell.text for cell in found}
    rows = [["marker", "reference range", *([] if in_name else ["unit"]), *map(clock.write, days)]]
    for marker in markers:
        unit = first[marker].unit
        name = f"{marker} ({unit})" if in_name and unit else marker
        rows.append(
            [
                name,
                first[marker].range_text,
                *([] if in_name else [unit]),
                *(text.get((marker, day), "") for day in days),
            ]
        )
    return rows, found


@st.composite
def _times_down(draw, found, clock):
    """A row per time, a column per marker; units in the headings or in a row, ranges in a row or nowhere."""
    with_ranges, form = draw(st.booleans()), draw(st.sampled_from(["{} ({})", "{} [{}]", None]))
    found = _one_unit(found)
    if not with_ranges:
        found = [replace(cell, low=NONE, high=NONE, range_text="") for cell in found]
    first = {cell.marker: cell for cell in reversed(found)}
    days, markers = sorted({cell.day for cell in found}), list(dict.fromkeys(cell.marker for cell in found))
    text = {(cell.marker, cell.day): cell.text for cell in found}
    units = [first[name].unit for name in markers]
    names = [
        form.format(name, unit) if form and unit else name for name, unit in zip(markers, units, strict=True)
    ]
    rows = [[clock.column, *names]]
    rows += [] if form else [[draw(st.sampled_from(["", "Unit"])), *units]]
    rows += [[clock.write(day), *(text.get((name, day), "") for name in markers)] for day in days]
    rows += [["Normal range", *(first[name].range_text for name in markers)]] if with_ranges else []
    return rows, found


def _one_unit(found):
    """The results with each marker in the unit of its first."""
    unit = {cell.marker: cell.unit for cell in reversed(found)}
    return [replace(cell, unit=unit[cell.marker]) for cell in found]


@st.composite
def _stored(draw, rows):
    """A file name and the bytes: text in some encoding and packing, or a workbook of texts."""
    if draw(st.integers(0, 9)) == 0:
        return "labs.xlsx", as_workbook(rows)
    delimiter, end = draw(st.sampled_from(",;\t")), draw(st.sampled_from(["\n", "\r\n"]))
    rows = [*draw(st.sampled_from([[], [], [["Laboratory values"]]])), *rows]
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))
    content = as_text(rows, delimiter, end).encode(encoding)
    packing = draw(st.sampled_from([None, None, "gz", "zst"]))
    return packed("labs.csv", content, packing)


def as_text(rows, delimiter=",", end="\n"):
    """Delimited text."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    return text.getvalue()


def as_workbook(rows):
    """An Excel workbook whose cells are texts."""
    from openpyxl import Workbook

    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for row in book.active.iter_rows():
        for cell in row:
            cell.data_type = "s" if cell.value is not None else cell.data_type
    book.save(content)
    return content.getvalue()


def packed(name, content, packing):
    """A file, packed with gzip or zstd or as it is."""
    if packing == "gz":
        return f"{name}.gz", gzip.compress(content)
    if packing == "zst":
        import zstandard

        return f"{name}.zst", zstandard.compress(content)
    return name, content
