"""CDISC tables (SDTM LB and EX, ADaM ADLB) to tidy ones.

Columns are added under the design's words; those of the file stay, so that ``--column`` can
still name them. Rules: SDTM Implementation Guide 3.4 (LB, EX), ADaM Implementation Guide 1.3
(section 3.3); study days have no day 0 in either.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from hlhcli import markers
from hlhcli.errors import HlhcliError, bullet_list
from hlhcli.readers.delimited import Table
from hlhcli.readers.notes import note
from hlhcli.readers.typed import cell_text

SAS_EPOCH = datetime(1960, 1, 1)
LIMIT = re.compile(r"\s*(<=|>=|[<>≤≥])\s*[+-]?[\d.]+(?:[eE][+-]?\d+)?\s*")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
PARAM_UNIT = re.compile(r".*\(([^()]+)\)\s*")

LABS = {
    "unit": ("AVALU", "LBSTRESU"),
    "reference_low": ("ANRLO", "LBSTNRLO"),
    "reference_high": ("ANRHI", "LBSTNRHI"),
    "placement": ("PLACEMNT",),
}
VALUES = (("AVAL", "AVALC"), ("LBSTRESN", "LBSTRESC"))
LAB_TIMES = ("ADTM", "ADT", "LBDTC")
LAB_DAYS = ("ADY", "LBDY")
INTERVENTIONS = {
    "intervention": ("EXTRT", "TRTA", "TRT01A"),
    "route": ("EXROUTE", "ROUTE"),
}
STARTS = ("TRTSDTM", "TRTSDT", "EXSTDTC", "ASTDTM", "ASTDT")
STOPS = ("TRTEDTM", "TRTEDT", "EXENDTC", "AENDTM", "AENDT")


def labs_of(table: Table) -> Table:
    """LB or ADLB with the design's columns added.

    The value is the number, or the character result where that is a limit (``<3.42``). Rows
    whose result is a word (``NEGATIVE``), and rows that ADaM derived (DTYPE is filled), are
    not used, which a `DataNote` counts.
    """
    cells = _by_name(table)
    if "LBTESTCD" not in cells and "PARAMCD" not in cells:
        raise HlhcliError(f"{table.name}: a CDISC table without PARAMCD or LBTESTCD; expected LB or ADLB")
    added = {"subject": cells["USUBJID"]} | _first_of(cells, LABS)
    added["marker"] = _markers(cells)
    added["unit"] = added.get("unit") or [_param_unit(text) for text in cells.get("PARAM", [])]
    added["value"], words = _values(table, cells)
    added |= _times(table, cells, LAB_TIMES, LAB_DAYS, "time", "day")
    keep = _used(table, cells, words)
    return _select(_extend(table, {name: column for name, column in added.items() if column}), keep)


def interventions_of(table: Table) -> Table:
    """EX, ADSL or ADLB with the design's columns added; each treatment of a subject once."""
    cells = _by_name(table)
    added = {"subject": cells["USUBJID"]} | _first_of(cells, INTERVENTIONS)
    if "intervention" not in added:
        raise HlhcliError(f"{table.name}: a CDISC table without EXTRT or TRTA; expected EX, ADSL or ADLB")
    added |= _times(table, cells, STARTS, ("EXSTDY",), "start", "start_day")
    added |= _times(table, cells, STOPS, ("EXENDY",), "stop", "stop_day")
    if "EXDOSE" in cells:
        units = cells.get("EXDOSU", [""] * len(table.lines))
        added["dose"] = [f"{dose} {unit}".strip() for dose, unit in zip(cells["EXDOSE"], units, strict=True)]
    extended = _extend(table, added)
    rows = list(zip(*added.values(), strict=True))
    first = {row: place for place, row in reversed(list(enumerate(rows)))}
    return _select(extended, sorted(first.values()))


def _by_name(table: Table) -> dict[str, list[str]]:
    return dict(zip((column.upper() for column in table.header), table.columns, strict=True))


def _first_of(cells: Mapping[str, list[str]], words: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    found = {
        word: next((cells[name] for name in names if name in cells), None) for word, names in words.items()
    }
    return {word: column for word, column in found.items() if column is not None}


def _markers(cells: Mapping[str, list[str]]) -> list[str]:
    """The test's name in words; its code where only that is a known marker, or there are no words."""
    codes = cells.get("PARAMCD") or cells["LBTESTCD"]
    texts = cells.get("PARAM") or cells.get("LBTEST") or codes
    with_unit = "PARAM" in cells and "AVALU" not in cells
    names = {pair: _marker(pair[0], pair[1], with_unit) for pair in set(zip(codes, texts, strict=True))}
    return [names[pair] for pair in zip(codes, texts, strict=True)]


def _marker(code: str, text: str, with_unit: bool) -> str:
    unit = _param_unit(text) if with_unit else ""
    words = text.strip().removesuffix(f"({unit})").strip() if unit else text
    return code if not words or (markers.find(code) and not markers.find(words)) else words


def _param_unit(text: str) -> str:
    """The unit that ADaM writes into PARAM: ``Albumin (g/L)``."""
    match = PARAM_UNIT.fullmatch(text)
    return match[1] if match else ""


def _values(table: Table, cells: Mapping[str, list[str]]) -> tuple[list[str], list[int]]:
    """The numbers and limits, and the places of results that are words."""
    empty = [""] * len(table.lines)
    numeric, text = next((pair for pair in VALUES if pair[0] in cells or pair[1] in cells), ("", ""))
    values, words = [], []
    pairs = zip(cells.get(numeric, empty), cells.get(text, empty), strict=True)
    for place, (number, result) in enumerate(pairs):
        if LIMIT.fullmatch(result):
            values.append(result)
        elif number or NUMBER.fullmatch(result):
            values.append(number or result)
        else:
            values.append("")
            words += [place] if result else []
    return values, words


def _times(
    table: Table,
    cells: Mapping[str, list[str]],
    names: Sequence[str],
    days: Sequence[str],
    word: str,
    day: str,
) -> dict[str, list[str]]:
    """The most exact time of each row; where the table has no dates, its study days."""
    present = [[_from_sas(cell, name) for cell in cells[name]] for name in names if any(cells.get(name, ()))]
    if present:
        return {word: [next(filter(None, row), "") for row in zip(*present, strict=True)]}
    study_days = next((cells[name] for name in days if name in cells), None)
    own = (
        cells.get("ATIMEDAY") if word == "time" else cells.get({"start": "TRTSDAY", "stop": "TRTEDAY"}[word])
    )
    if own is not None:
        return {day: own}
    return {} if study_days is None else {day: _without_gap(table, study_days)}


def _from_sas(cell: str, name: str) -> str:
    """A SAS date or date-time that lost its format: days or seconds from 1960."""
    if not re.fullmatch(r"-?\d+(\.\d+)?", cell) or name.endswith("DTC"):
        return cell
    amount = float(cell)
    moment = SAS_EPOCH + (timedelta(seconds=amount) if name.endswith("DTM") else timedelta(days=amount))
    return cell_text(moment if name.endswith("DTM") else date(moment.year, moment.month, moment.day))


def _without_gap(table: Table, cells: Sequence[str]) -> list[str]:
    """Study days (…, -1, 1, 2, …) as days from the start, day 0 included (…, -1, 0, 1, …)."""
    wrong = [
        f"{table.place} {line}: study day '{cell}'"
        for line, cell in zip(table.lines, cells, strict=True)
        if cell and not re.fullmatch(r"[+-]?[1-9]\d*", cell)
    ]
    if wrong:
        raise HlhcliError(
            f"{table.name}: study days are whole numbers without a day 0 in CDISC\n{bullet_list(wrong)}"
        )
    return [str(int(cell) - (int(cell) > 0)) if cell else "" for cell in cells]


def _used(table: Table, cells: Mapping[str, list[str]], words: Sequence[int]) -> list[int]:
    """The places of the rows to use; notes count the others."""
    derived = [place for place, kind in enumerate(cells.get("DTYPE", ())) if kind]
    column = next((cells[name] for name in ("AVALC", "LBSTRESC") if name in cells), [])
    shown = ", ".join(dict.fromkeys(column[place] for place in words[:1000]).keys() if words else ())
    if words:
        short = shown if len(shown) <= 60 else shown[:57] + "…"
        note(f"{table.name}: {len(words)} rows hold a word, not a number ({short}), and were not used")
    if derived:
        note(f"{table.name}: {len(derived)} derived rows (DTYPE) were not used")
    return sorted(set(range(len(table.lines))) - set(words) - set(derived))


def _extend(table: Table, added: Mapping[str, list[str]]) -> Table:
    """The table with columns added; a column of the same name is replaced."""
    old = [place for place, name in enumerate(table.header) if name.casefold() not in added]
    header = [*added, *(table.header[place] for place in old)]
    return table._replace(header=header, columns=[*added.values(), *(table.columns[place] for place in old)])


def _select(table: Table, places: Sequence[int]) -> Table:
    if len(places) == len(table.lines):
        return table
    columns = [[column[place] for place in places] for column in table.columns]
    return table._replace(columns=columns, lines=[table.lines[place] for place in places])
