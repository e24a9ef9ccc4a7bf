"""The shipped example holds what Table 1 prints (Behrens et al., J Rheumatol 2006;33:2081-4)."""

import csv
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"

PRINTED_DATES = {
    "10/15/2004": "2004-10-15",
    "11/25/2004": "2004-11-25",
    "11/26/2004": "2004-11-26",
    "11/28/2004": "2004-11-28",
    "11/29/2004": "2004-11-29",
    "11/30/2004": "2004-11-30",
    "12/2/2004": "2004-12-02",
    "12/7/2004": "2004-12-07",
    "12/14/2005": "2004-12-14",  # out of order as printed: read as 2004
    "1/4/2005": "2005-01-04",
    "5/25/2005": "2005-05-25",
}
DATES = list(PRINTED_DATES.values())

PRINTED_ROWS = {
    "WBC": "2600 1400 7100 5400 2000 2200 1100 3000 8500 4800 2100",
    "Hb": "8.6 7.8 10.7 11.3 8.6 9.5 11.5 13.2 11.5 11.2 10.8",
    "Plt": "216 82 65 71 100 88 115 107 205 144 228",
    "D-dimer": "0.75 24.96 39.59 24.31 3.58 3.88 0.52 0.17 0.4",
    "ESR": "30 20 12",
    "Fibrinogen": "505 98 142 85 142 145",
    "ALT": "92 247 72 61 72 323 523 282 166",
    "AST": "66 515 98 82 96 112 189 113 221",
    "Total bilirubin": "0.9 5.4 6.3 6.9 9.5 5.4 3 1.7 0.58",
    "Ferritin": "2440",
}

UNITS = {
    "WBC": "/µL",
    "Hb": "g/dL",
    "Plt": "10^9/L",
    "D-dimer": "µg/mL FEU",
    "ESR": "mm/h",
    "Fibrinogen": "mg/dL",
    "ALT": "U/L",
    "AST": "U/L",
    "Total bilirubin": "mg/dL",
    "Ferritin": "ng/mL",
}

FIXED_BY_THE_TEXT = {
    "D-dimer": {
        "2004-10-15": "0.75",
        "2004-11-25": "24.96",
        "2004-11-30": "3.58",
        "2005-05-25": "0.4",
    },
    "ESR": {"2005-05-25": "12"},
    "Ferritin": {"2004-11-25": "2440"},
}

PLACEMENTS = {
    "WBC": 1,
    "Hb": 1,
    "Plt": 1,
    "D-dimer": 12,
    "ESR": 45,
    "Fibrinogen": 462,
    "ALT": 55,
    "AST": 55,
    "Total bilirubin": 55,
    "Ferritin": 1,
}


def read(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row_of(marker):
    return [cell for cell in read("table1.csv") if cell["marker"] == marker]


def fixed_cells(marker):
    cells = enumerate(row_of(marker))
    return {place: DATES.index(cell["date"]) for place, cell in cells if cell["placement"] != "inferred"}


def orders_that_keep(marker):
    fixed = fixed_cells(marker)
    every = combinations(range(len(DATES)), len(row_of(marker)))
    return [dates for dates in every if all(dates[place] == date for place, date in fixed.items())]


def test_the_file_has_the_columns_that_the_readme_describes():
    columns = ["date", "printed_date", "marker", "value", "unit", "placement"]

    assert list(read("table1.csv")[0]) == columns
    assert [c for c in columns if f"`{c}`" not in (DATA / "README.md").read_text(encoding="utf-8")] == []


def test_the_file_holds_the_rows_of_the_table_and_no_other():
    assert list(dict.fromkeys(cell["marker"] for cell in read("table1.csv"))) == list(PRINTED_ROWS)


@pytest.mark.parametrize("marker", PRINTED_ROWS)
def test_every_row_holds_exactly_the_printed_values_in_the_printed_order(marker):
    assert " ".join(cell["value"] for cell in row_of(marker)) == PRINTED_ROWS[marker]


@pytest.mark.parametrize("marker", PRINTED_ROWS)
def test_the_dates_of_every_row_increase_and_are_dates_of_the_table(marker):
    dates = [cell["date"] for cell in row_of(marker)]

    assert dates == sorted(set(dates))
    assert set(dates) <= set(DATES)


def test_every_date_stands_beside_its_printed_form():
    read_as = {cell["printed_date"]: cell["date"] for cell in read("table1.csv")}

    assert read_as == PRINTED_DATES


@pytest.mark.parametrize("marker", PRINTED_ROWS)
def test_every_unit_is_the_declared_one(marker):
    assert {cell["unit"] for cell in row_of(marker)} == {UNITS[marker]}


@pytest.mark.parametrize("marker", ["WBC", "Hb", "Plt"])
def test_a_row_with_a_value_for_every_date_is_printed(marker):
    assert [cell["date"] for cell in row_of(marker)] == DATES
    assert {cell["placement"] for cell in row_of(marker)} == {"printed"}


@pytest.mark.parametrize("marker", [marker for marker in PRINTED_ROWS if marker not in ("WBC", "Hb", "Plt")])
def test_a_row_with_gaps_is_fixed_by_the_text_where_the_text_says_so_and_inferred_elsewhere(marker):
    by_text = {cell["date"]: cell["value"] for cell in row_of(marker) if cell["placement"] == "text"}
    others = {cell["placement"] for cell in row_of(marker) if cell["placement"] != "text"}

    assert by_text == FIXED_BY_THE_TEXT.get(marker, {})
    assert others <= {"inferred"}


@pytest.mark.parametrize("marker", PRINTED_ROWS)
def test_the_declared_reading_is_the_earliest_that_keeps_the_order_and_the_fixed_cells(marker):
    declared = tuple(DATES.index(cell["date"]) for cell in row_of(marker))
    earliest = tuple(min(dates) for dates in zip(*orders_that_keep(marker), strict=True))

    assert declared == earliest


@pytest.mark.parametrize("marker", PRINTED_ROWS)
def test_each_row_allows_the_number_of_placements_that_the_readme_states(marker):
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    stated = re.search(rf"^\| {marker} \|.*\| (\d+) \|$", readme, flags=re.MULTILINE)

    assert len(orders_that_keep(marker)) == PLACEMENTS[marker]
    assert int(stated[1]) == PLACEMENTS[marker]


def test_the_first_of_the_d_dimers_is_fixed_because_only_one_date_comes_before_the_second():
    before_admission = [date for date in DATES if date < "2004-11-25"]

    assert before_admission == ["2004-10-15"]


def test_the_interventions_start_on_dates_of_the_table_three_days_apart():
    starts = {row["intervention"]: row["start"] for row in read("interventions.csv")}

    assert starts == {
        "methylprednisolone + cyclosporine": "2004-11-25",
        "etoposide": "2004-11-26",
        "anakinra": "2004-11-29",
    }


def test_no_cell_is_entered_twice():
    cells = Counter((cell["marker"], cell["date"]) for cell in read("table1.csv"))

    assert [cell for cell, count in cells.items() if count > 1] == []
