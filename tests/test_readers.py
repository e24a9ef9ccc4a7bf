"""Files to frames, and each message for what cannot be read, in full."""

import gzip
import io
import math
import sys
import warnings

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.frames import INTERVENTIONS, SERIES
from hlhcli.readers import read_given, read_interventions, read_series
from hlhcli.readers.cells import parse_times, parse_values
from hlhcli.readers.dates import parse_stamps, read_iso, to_instant
from hlhcli.reading import ReadingOptions

GOOD = "marker,date,value,unit\nCRP,2020-01-01,5,mg/L\n"


@pytest.fixture
def labs(tmp_path, monkeypatch):
    """Write a lab file called labs.csv in an empty folder, from text or bytes, and return its name."""
    monkeypatch.chdir(tmp_path)

    def write(content):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "labs.csv").write_bytes(data)
        return "labs.csv"

    return write


def refusal(source, **options):
    with pytest.raises(HlhcliError) as error:
        read_series(source, ReadingOptions(**options))
    return str(error.value)


def test_the_frame_has_the_columns_of_the_design_and_the_line_of_each_value(labs):
    frame = read_series(labs(GOOD))

    assert tuple(frame.columns) == SERIES
    row = frame.iloc[0]
    assert (row["subject"], row["marker"], row["value"], row["bound"], row["unit"]) == (
        "",
        "CRP",
        5,
        "",
        "mg/L",
    )
    assert (row["time"], row["row"]) == (pd.Timestamp("2020-01-01"), 2)
    assert math.isnan(row["reference_low"])


def test_well_known_column_names_are_recognised_in_any_case(labs):
    text = "Patient_ID;Test;DateTime;Result;Units;Ref_Low;Ref_High\np1;CRP;2020-01-01T08:00;5;mg/L;0;10\n"

    row = read_series(labs(text)).iloc[0]

    assert (row["subject"], row["marker"], row["value"], row["unit"]) == ("p1", "CRP", 5, "mg/L")
    assert (row["reference_low"], row["reference_high"]) == (0, 10)
    assert row["time"] == pd.Timestamp("2020-01-01T08:00")


def test_a_column_can_be_named(labs):
    frame = read_series(
        labs("what,when,much\nCRP,2020-01-01,5\n"),
        ReadingOptions(columns={"marker": "what", "time": "when", "value": "much"}),
    )

    assert frame["value"].tolist() == [5]


def test_a_tab_or_semicolon_separates_as_well_as_a_comma(labs):
    for delimiter in ",\t;":
        assert len(read_series(labs(GOOD.replace(",", delimiter)))) == 1


def test_the_line_is_that_of_the_file_below_blank_lines_and_quoted_line_breaks(labs):
    frame = read_series(labs('marker,date,value\n\n"C\nRP",2020-01-01,5\nESR,2020-01-02,6\n'))

    assert frame["row"].tolist() == [3, 5]


def test_sodium_named_na_stays_sodium(labs):
    assert read_series(labs("marker,date,value\nNA,2020-01-01,140\n"))["marker"].tolist() == ["NA"]


def test_day_numbers_are_read_as_numbers(labs):
    assert read_series(labs("marker,day,value\nCRP,0,5\nCRP,2.5,6\n"))["time"].tolist() == [0, 2.5]


def test_an_empty_date_column_leaves_the_day_column(labs):
    assert read_series(labs("marker,date,day,value\nCRP,,3,5\n"))["time"].tolist() == [3]


def test_of_dates_and_days_the_fuller_column_counts_and_dates_where_both_are_full(labs):
    with pytest.warns(DataNote, match="1 value has no time"):
        days = read_series(labs("marker,date,day,value\nCRP,2020-01-01,,5\nCRP,,2,6\nCRP,,3,7\n"))

    assert days["time"].tolist() == [2, 3]
    full = read_series(labs("marker,date,day,value\nCRP,2020-01-01,1,5\n"))
    assert full["time"].tolist() == [pd.Timestamp("2020-01-01")]


@pytest.mark.parametrize(
    ("text", "value", "low", "high"),
    [
        ("marker;date;value;range\nCRP;2020-01-01;9,6;5,125–7,125\n", 9.6, 5.125, 7.125),
        ("marker;date;value;lln;uln\nCRP;2020-01-01;9,6;5,125;7,125\n", 9.6, 5.125, 7.125),
        ("marker;date;value;range\nCRP;2020-01-01;1,247;0,5–1,5\n", 1.247, 0.5, 1.5),
        ("marker;date;value;range\nCRP;2020-01-01;9.6;1,125–7,125\n", 9.6, 1125, 7125),
    ],
)
def test_values_and_ranges_of_a_file_have_one_decimal_mark(labs, text, value, low, high):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        row = read_series(labs(text)).iloc[0]

    assert (row["value"], row["reference_low"], row["reference_high"]) == (value, low, high)


CLOCKED = "marker,time,value\nCRP,2020-01-0{}T08:00{},5\n"


@pytest.mark.parametrize(
    ("offset", "start", "note"),
    [
        ("+01:00", "2020-01-02T08:00+01:00", None),
        ("Z", "2020-01-02T08:00+00:00", None),
        ("+01:00", "2020-01-02", None),
        ("", "2020-01-02T08:00", None),
        ("+01:00", "2020-01-02T08:00+02:00", "and these have the offset +02:00: read as summer and winter"),
        ("+01:00", "2020-01-02T08:00", "and these have no offset; both are read as the clock on one wall"),
        ("", "2020-01-02T08:00Z", "have no offset, and these have the offset Z; both are read as the clock"),
    ],
)
def test_labs_and_interventions_of_one_clock_are_read_and_what_is_open_is_noted(labs, offset, start, note):
    series = read_series(labs(CLOCKED.format(1, offset)))

    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", DataNote)
        drugs = read_drugs(labs, f"intervention,start\nanakinra,{start}\n", series)

    assert drugs["start"].dt.day.tolist() == [2]
    said = [str(one.message) for one in notes]
    assert (note is None and said == []) or (note is not None and note in said[0])


@pytest.mark.parametrize(
    ("offset", "start"),
    [("+01:00", "2020-01-02T08:00Z"), ("Z", "2020-01-02T08:00-05:00"), ("Z", "2020-01-02T08:00+01:00")],
)
def test_labs_and_interventions_of_two_time_zones_are_refused(labs, offset, start):
    series = read_series(labs(CLOCKED.format(1, offset)))

    with pytest.raises(HlhcliError, match="the labs' clock times have the offset"):
        read_drugs(labs, f"intervention,start\nanakinra,{start}\n", series)
    with pytest.raises(HlhcliError, match="bring both files to one"):
        read_given([f"anakinra={start}"], series)


def test_a_table_of_mimic_is_read_with_its_limits_in_words_and_its_comments_counted(labs):
    """labevents: ``value`` as the laboratory wrote it, ``valuenum`` the number in it without its bound."""
    rows = [
        "50924,2180-03-23 11:51:00,1247,1247,ng/mL",
        "50924,2180-03-24 11:51:00,GREATER THAN 40000,40000,ng/mL",
        "50889,2180-03-24 11:51:00,LESS THAN 0.3,0.3,mg/L",
        "50889,2180-03-25 11:51:00,SEE COMMENTS,,mg/L",
    ]

    with pytest.warns(DataNote, match="1 cell holds no usable number \\(1 × 'SEE COMMENTS'\\)"):
        frame = read_series(labs("itemid,charttime,value,valuenum,valueuom\n" + "\n".join(rows) + "\n"))

    assert frame["bound"].tolist() == ["", ">", "<", ""]
    assert frame["value"].tolist()[:3] == [1247, 40000, 0.3]
    assert frame["value"].isna().tolist() == [False, False, False, True]


def test_gzip_is_read_whatever_the_name(labs):
    assert len(read_series(labs(gzip.compress(GOOD.encode())))) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(labs, encoding):
    assert read_series(labs(GOOD.replace("mg", "µg").encode(encoding)))["unit"].tolist() == ["µg/L"]


def test_standard_input_is_a_dash(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(GOOD.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)

    assert len(read_series("-")) == 1


def test_rows_without_a_value_are_kept_as_missing_and_counted(labs):
    with pytest.warns(DataNote, match=r"labs.csv: 1 of 2 rows have no value and were not used"):
        frame = read_series(labs(GOOD + "CRP,2020-01-02,,mg/L\n"))

    assert frame["value"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("cell", "value", "bound"),
    [
        ("24.31", 24.31, ""),
        ("-3", -3, ""),
        (".5", 0.5, ""),
        ("1e3", 1000, ""),
        (">40000", 40000, ">"),
        ("< 0.17", 0.17, "<"),
        ("≤232", 232, "<"),
        (">=5", 5, ">"),
    ],
)
def test_numbers_and_limits_are_read(cell, value, bound):
    values, bounds, wrong = parse_values([cell])

    assert (values[0], bounds[0], wrong) == (value, bound, [])


@pytest.mark.parametrize("cell", ["4o000", "inf", "1e999", "--3", "5 mg", "<", "0x10"])
def test_what_is_not_a_number_is_refused(cell):
    _, _, wrong = parse_values(["1", cell])

    assert [(item.row, item.text, item.reason) for item in wrong] == [(1, cell, "is not a number")]


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2004-11-29", "2004-11-29"),
        ("2004-11-29T08:15", "2004-11-29T08:15"),
        ("2004-11-29 08:15:30", "2004-11-29T08:15:30"),
        ("2004/1/4", "2004-01-04"),
        ("29 Nov 2004", "2004-11-29"),
        ("29NOV2004", "2004-11-29"),
        ("November 29, 2004", "2004-11-29"),
        ("29/11/2004", "2004-11-29"),
        ("11/29/2004", "2004-11-29"),
        ("29.11.2004 8:15", "2004-11-29T08:15"),
        ("2004-11-29T08:15:00Z", "2004-11-29T08:15"),
    ],
)
def test_times_that_can_mean_only_one_thing_are_read(cell, time):
    times, wrong = parse_times([cell], None)

    assert wrong == []
    assert times[0] == pd.Timestamp(time)


def test_one_date_proves_the_order_of_its_column():
    times, wrong = parse_times(["12/7/2004", "11/29/2004"], None)

    assert wrong == []
    assert times[0] == pd.Timestamp("2004-12-07")


@pytest.mark.parametrize(("order", "time"), [("dmy", "2005-04-03"), ("mdy", "2005-03-04")])
def test_the_order_of_numeric_dates_can_be_stated(order, time):
    assert parse_times(["03/04/2005"], order)[0][0] == pd.Timestamp(time)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("03/04/2005", "can be day/month or month/day; say which: --dates dmy or --dates mdy"),
        ("2004-02-30", "is no date of the calendar"),
        ("31/02/2004", "is no date of the calendar"),
        ("Previous visit", "is no time"),
    ],
)
def test_times_that_cannot_be_read_say_why(cell, reason):
    assert [item.reason for item in parse_times([cell], None)[1]] == [reason]


def test_times_of_several_time_zones_are_refused():
    _, wrong = parse_times(["2004-11-29T08:00+01:00", "2004-11-29T08:00+03:00"], None)

    assert len(wrong) == 2
    assert "another time zone" in wrong[0].reason


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "labs.csv: is empty; expected a header line and rows of values"),
        (b"  \n\n", "labs.csv: is empty; expected a header line and rows of values"),
        ("marker,date,value\n", "labs.csv: has a header but no rows"),
        (
            "marker,date\nCRP,2020-01-01\n",
            "labs.csv: no column for value; the columns are: marker, date. Say which one it is: --column value=NAME",
        ),
        (
            "marker,date,value,value\nCRP,2020-01-01,5,6\n",
            "labs.csv: line 1: more than one column is called 'value'; rename all but one",
        ),
        (
            GOOD + "CRP,2020-01-02,4o000,mg/L\n",
            "labs.csv: 1 cell cannot be read\n  line 3, column 'value': '4o000' is not a number",
        ),
        (
            GOOD + "CRP,03/04/2005,5,mg/L\n",
            "labs.csv: 1 cell cannot be read\n"
            "  line 3, column 'date': '03/04/2005' can be day/month or month/day; say which: --dates dmy or --dates mdy",
        ),
        (
            GOOD + ",,x1,mg/L\n",
            "labs.csv: 2 cells cannot be read\n  line 3, column 'marker': the marker is missing\n"
            "  line 3, column 'value': 'x1' is not a number",
        ),
        (
            GOOD + "CRP,2020-01-0",
            "labs.csv: rows do not fit the header; the last line has no end: the file may be cut short\n"
            "  line 3: 2 cells where the header has 4",
        ),
        (
            GOOD + "CRP,2020-01-02,1,247,mg/L\n",
            "labs.csv: rows do not fit the header; quote cells that hold a delimiter\n"
            "  line 3: 5 cells where the header has 4",
        ),
        (
            GOOD + 'CRP,2020-01-02,"5,mg/L\n',
            "labs.csv: line 3: a quotation mark opens here and the file ends before it closes; is the file cut short?",
        ),
        (b"PK\x03\x04....", "labs.csv: is a zip file, but no Excel workbook; unpack it first"),
        (b"\x00\x01\x02\x03binary", "labs.csv: is a binary file; expected CSV or TSV text"),
        (
            GOOD.encode("utf-16-le"),
            "labs.csv: looks like UTF-16 without a byte-order mark; save it as UTF-8",
        ),
        (
            GOOD.replace("mg", "µg").encode("latin-1"),
            "labs.csv: line 2: byte 0xB5 is not UTF-8; the file may be Latin-1 (Windows). Save it as UTF-8, or: "
            "iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
        ),
        (
            gzip.compress(GOOD.encode(), mtime=0)[:-9],
            "labs.csv: the gzip file is damaged or cut short; copy it again",
        ),
    ],
)
def test_bad_input_gets_one_clear_message(labs, content, message):
    assert refusal(labs(content)) == message


def test_a_missing_file_and_a_folder_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()

    assert refusal("nothing.csv") == "nothing.csv: no such file"
    assert refusal("folder").startswith("folder: is a folder; expected a file of values, or")


def test_a_column_that_was_named_but_is_not_there_gets_the_nearest(labs):
    message = refusal(labs(GOOD), columns={"value": "valeu"})

    assert message == "labs.csv: no column 'valeu'; did you mean 'value'? known: marker, date, value, unit"


def test_ten_bad_lines_are_shown_and_the_rest_is_counted(labs):
    message = refusal(labs("marker,date,value\n" + "CRP,2020-01-01,x1\n" * 12))

    assert message.startswith(
        "labs.csv: 12 cells cannot be read\n  line 2, column 'value': 'x1' is not a number\n"
    )
    assert message.endswith("  line 11, column 'value': 'x1' is not a number\n  … and 2 more")


# Interventions


def read_drugs(labs, text, series=None):
    return read_interventions(labs(text), read_series(TABLE1) if series is None else series)


def test_interventions_have_the_columns_of_the_design(labs):
    frame = read_drugs(labs, "drug,start_date,end_date,dose\nanakinra,2004-11-29,2004-12-29,50 mg\n")

    assert tuple(frame.columns) == INTERVENTIONS
    row = frame.iloc[0]
    assert (row["intervention"], row["dose"], row["route"], row["note"]) == ("anakinra", "50 mg", "", "")
    assert (row["start"], row["stop"]) == (pd.Timestamp("2004-11-29"), pd.Timestamp("2004-12-29"))


def test_the_kind_of_time_is_that_of_the_labs_where_the_file_has_both(labs, tmp_path):
    text = "intervention,start,start day\nanakinra,2004-11-29,3\n"
    by_day = read_series(labs("marker,day,value\nCRP,0,5\n"))

    assert read_drugs(labs, text, by_day)["start"].tolist() == [3]
    assert read_drugs(labs, text)["start"].tolist() == [pd.Timestamp("2004-11-29")]


def test_an_intervention_without_a_start_is_named_and_left_out(labs):
    with pytest.warns(DataNote, match=r"labs.csv: without a start, and so not used: steroid \(line 3\)"):
        frame = read_drugs(labs, "intervention,start\nanakinra,2004-11-29\nsteroid,\n")

    assert frame["intervention"].tolist() == ["anakinra"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "intervention,start\nanakinra,\n",
            "no intervention has a start; give a date or a day number in 'start'",
        ),
        (
            "intervention,start\n,2004-11-29\n",
            "1 cell cannot be read\n  line 2, column 'intervention': the intervention's name is missing",
        ),
        (
            "intervention,start,stop\nanakinra,2004-11-29,2004-11-28\n",
            "1 cell cannot be read\n  line 2, column 'stop': 'anakinra' stops before it starts",
        ),
        (
            "subject,intervention,start\na,x,2004-11-29\nb,x,2004-11-29\n",
            "has subjects ('a', 'b'), but the labs have no subject column; add one",
        ),
    ],
)
def test_bad_interventions_get_one_clear_message(labs, text, message):
    with pytest.raises(HlhcliError) as error:
        read_drugs(labs, text)

    assert str(error.value) == f"labs.csv: {message}"


TWO = "subject,marker,date,value\np-01,CRP,2020-01-01,5\np-02,CRP,2020-01-01,5\n"


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (["x7"], "1 of 2 subjects has no labs ('x7'); its interventions give no rows"),
        (
            ["p02"],
            "1 of 2 subjects has no labs ('p02'); its interventions give no rows; did you mean 'p-02' for 'p02'?",
        ),
        (
            list("cdefgh"),
            "6 of 7 subjects have no labs ('c', 'd', 'e', 'f', 'g', …); their interventions give no rows",
        ),
    ],
)
def test_interventions_of_subjects_without_labs_are_left_out_with_one_note(labs, others, words):
    series = read_series(labs(TWO))
    rows = "".join(f"{name},x,2020-01-01\n" for name in ["p-01", *others, *others])

    with pytest.warns(DataNote) as notes:
        found = read_drugs(labs, f"subject,intervention,start\n{rows}", series)

    assert found["subject"].tolist() == ["p-01"]
    assert [str(note.message) for note in notes] == [f"labs.csv: {words}"]


def test_a_subject_that_has_interventions_of_its_own_is_not_offered_for_another(labs):
    series = read_series(labs(TWO))

    with pytest.warns(DataNote) as notes:
        read_drugs(
            labs,
            "subject,intervention,start\np-01,x,2020-01-01\np-02,x,2020-01-01\np01,x,2020-01-01\n",
            series,
        )

    assert "did you mean" not in str(notes[0].message)


def test_interventions_of_subjects_none_of_whom_has_labs_are_refused(labs):
    series = read_series(labs(TWO))

    with pytest.raises(HlhcliError) as error:
        read_drugs(labs, "subject,intervention,start\np3,x,2020-01-01\np02,x,2020-01-01\n", series)

    assert str(error.value) == ("labs.csv: no labs for subject 'p3', 'p02'; known: p-01, p-02")


def test_an_intervention_without_a_subject_among_several_is_refused(labs):
    series = read_series(labs(TWO))

    with pytest.raises(
        HlhcliError, match="has interventions without a subject, but the labs have 2 subjects"
    ):
        read_drugs(labs, "subject,intervention,start\np-01,x,2020-01-01\n,x,2020-01-01\n", series)


def test_interventions_without_subjects_cannot_serve_several_patients(labs):
    series = read_series(labs("subject,marker,date,value\np1,CRP,2020-01-01,5\np2,CRP,2020-01-01,5\n"))

    with pytest.raises(HlhcliError, match="has no subject column, but the labs have 2 subjects; add one"):
        read_drugs(labs, "intervention,start\nx,2020-01-01\n", series)


def test_where_one_file_names_the_only_subject_the_other_need_not(labs):
    series = read_series(labs("subject,marker,date,value\np1,CRP,2020-01-01,5\n"))

    assert read_drugs(labs, "intervention,start\nx,2020-01-01\n", series)["subject"].tolist() == ["p1"]


def test_the_built_in_case_can_be_read():
    series = read_series(TABLE1)

    assert len(series) == 79
    assert read_interventions(TABLE1_INTERVENTIONS, series)["intervention"].tolist() == [
        "methylprednisolone + cyclosporine",
        "etoposide",
        "anakinra",
    ]


@given(
    st.lists(
        st.sampled_from(
            [
                "",
                "2004-11-29",
                "2004-02-30",
                "0000-01-01",
                "0001-01-01",
                "9999-12-31 23:59:59.9",
                "2004-11-29T24:00",
                "2004-11-29T08:15",
                "2004-11-29 08:15:00.000001",
                "1604-02-29",
                "2004-11-29 08:15:60",
            ]
        ),
        max_size=4,
    )
)
def test_iso_times_that_are_read_at_once_are_those_that_are_read_one_by_one(texts):
    at_once, (stamps, _) = read_iso(texts), parse_stamps(texts, None, None)

    assert at_once is None or at_once.tolist() == [to_instant(stamp).item() for stamp in stamps]
    assert at_once is not None or not texts or any(stamp is None for stamp in stamps)
