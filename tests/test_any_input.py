"""No input gives a traceback, and no number is changed: tables are broken at random and read."""

import re
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlhcli.errors import DataNote, HlhcliError
from hlhcli.readers.delimited import read_table
from hlhcli.readers.labs import to_series
from hlhcli.readers.source import Text
from hlhcli.readers.tidy import to_interventions
from hlhcli.reading import ReadingOptions

CASES = Path(__file__).parents[2] / "shared" / "data" / "cases"
OWN = (
    "subject,marker,date,value,unit,reference range\np1,CRP,2020-01-01,>300,mg/L,<5\np1,CRP,2020-01-03,5 H,mg/L,<5\n",
    'marker,unit,Day 1,HD 2,Previous visit\nPlt,,"35,000 /uL",nd,…\nHb,g/dL,9.1^,8.8 (d2),7\n',
    "Date;Ferritin (ng/mL);WBC (K/uL)\n28.02.2019;1.200;9,6\n01.03.2019;900;0,4\n",
)
CELLS = st.one_of(
    st.sampled_from([
        "", "nd", "1,247", "0,4", "1.247", "9,6", ">33\u202f511", "423–577", "Day-7", "d+3", "28th Feb", "24:00",
        "03/04/2005", "2019-02-28T08:00+01:00", "9999-12-31T23:59-14:00", "1e999", "\x00", "٣", "7 109/L", '"', "=",
    ]),
    st.text(max_size=6),
)  # fmt: skip
OPTIONS = st.builds(
    ReadingOptions,
    times=st.sampled_from([{}, {"Previous visit": "-30"}, {"Day 1": ""}, {"Day 1": "2019-01-01"}]),
    layout=st.sampled_from([None, "tidy", "markers-down", "times-down"]),
    dates=st.sampled_from([None, "dmy", "mdy"]),
    decimal=st.sampled_from([None, "point", "comma"]),
    year=st.sampled_from([None, 1, 2019, 9999]),
)


@st.composite
def broken(draw, texts):
    """A table in which some cells, columns or lines were replaced, lost or doubled."""
    lines = draw(st.sampled_from(texts)).split("\n")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        cells = lines[at].split(",")
        cells[draw(st.integers(0, len(cells) - 1))] = draw(CELLS)
        lines[at] = draw(
            st.sampled_from([",".join(cells), ",".join(cells), lines[at] * 2, ",".join(cells[1:])])
        )
    return "\n".join(lines)


def read(text, options):
    """The table and its series, or nothing where it is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        try:
            table = read_table(Text("labs.csv", text))
            return table, to_series(table, options)
        except HlhcliError:
            return None, None


def digits(text):
    return re.sub(r"[^0-9]", "", text).strip("0")


def require_own_digits(text, options):
    table, series = read(text, options)
    if series is None:
        return
    for value, line in zip(series["value"], series["row"], strict=True):
        cells = [column[table.lines.index(line)] for column in table.columns]
        if value == value and not any("e" in cell.lower() for cell in cells if re.search("[0-9]", cell)):
            assert any(digits(f"{abs(value):.15g}") in digits(cell) for cell in cells), (value, cells)


@given(broken(OWN), OPTIONS)
@settings(deadline=None)
def test_a_broken_table_is_read_or_refused_and_values_keep_their_digits(text, options):
    require_own_digits(text, options)


@pytest.mark.skipif(not CASES.is_dir(), reason="the published tables (../shared/data/cases) are not here")
def test_a_broken_published_table_is_read_or_refused_and_values_keep_their_digits():
    texts = [path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/[al]*.csv"))]

    given(broken(texts), OPTIONS)(settings(deadline=None)(require_own_digits))()


@given(
    broken(["intervention,start,stop,start day\nanakinra,2004-11-29,2004-12-14,3\nx,,2004-11-30,\n"]), OPTIONS
)
@settings(deadline=None)
def test_broken_interventions_are_read_or_refused(text, options):
    _, series = read(OWN[0], ReadingOptions())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        with suppress(HlhcliError):
            to_interventions(read_table(Text("drugs.csv", text)), options, like=series["time"])
