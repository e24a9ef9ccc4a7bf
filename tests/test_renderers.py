import io
import json
import math
import re
import subprocess
import sys
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlhcli.frames import ONE_READING
from hlhcli.renderers import FORMATS, render, to_adam
from hlhcli.renderers.parquet import to_parquet

NAN = float("nan")


def change(marker="D-dimer", at="first", baseline=24.31, value=3.58, **others):
    """One row of `changes`: D-dimer on the day after anakinra (Behrens 2006, Table 1)."""
    row = {
        "subject": "",
        "marker": marker,
        "unit": "µg/mL FEU",
        "intervention": "anakinra",
        "start": pd.Timestamp("2004-11-29"),
        "at": at,
        "baseline": baseline,
        "baseline_time": pd.Timestamp("2004-11-28"),
        "value": value,
        "time": pd.Timestamp("2004-11-30"),
        "day": 1.0,
        "delta": value - baseline,
        "percent_change": 100 * (value - baseline) / baseline,
        "fold_change": value / baseline,
        "log2_fold_change": math.log2(value / baseline) if value > 0 else NAN,
        "n_before": 4,
        "n_after": 5,
        "note": "",
    }
    return row | others


NOTHING = {
    "time": pd.NaT,
    **dict.fromkeys(("value", "day", "delta", "percent_change", "fold_change", "log2_fold_change"), NAN),
}
"""The cells of a response that does not exist."""


def frame(*rows):
    """A frame like those of `hlhcli.changes`: text as ``str``, dates in microseconds."""
    table = pd.DataFrame(list(rows) or [change()]).iloc[: len(rows)]
    for name in ("start", "baseline_time", "time"):
        if table[name].dtype.kind != "f":
            table[name] = table[name].astype("datetime64[us]")
    return table.astype(dict.fromkeys(("subject", "marker", "unit", "intervention", "at", "note"), "str"))


def csv_lines(table):
    return render(table, "csv").splitlines()


# --- CSV and TSV ------------------------------------------------------------------------------


def test_csv_has_the_columns_of_the_design_and_every_digit():
    percent, fold, log2 = 100 * (3.58 - 24.31) / 24.31, 3.58 / 24.31, math.log2(3.58 / 24.31)

    assert csv_lines(frame(change())) == [
        ",".join(ONE_READING),
        ",D-dimer,µg/mL FEU,anakinra,2004-11-29,first,24.31,2004-11-28,3.58,2004-11-30,1,"
        f"-20.729999999999997,{percent!r},{fold!r},{log2!r},4,5,",
    ]
    assert render(frame(change()), "csv").endswith("5,\n")


def test_csv_of_no_rows_is_a_header():
    assert render(frame(), "csv") == ",".join(ONE_READING) + "\n"


def test_csv_leaves_missing_numbers_and_times_empty():
    line = csv_lines(frame(change(note="no value in the window", **NOTHING)))[1]

    assert line == (
        ",D-dimer,µg/mL FEU,anakinra,2004-11-29,first,24.31,2004-11-28,,,,,,,,4,5,no value in the window"
    )


def test_csv_prints_whole_numbers_without_a_point():
    line = csv_lines(frame(change(baseline=2600.0, value=1300.0)))[1]

    assert ",2600,2004-11-28,1300," in line


def test_a_column_alone_stays_empty_where_it_is_missing():
    assert render(pd.DataFrame({"value": [1.5, NAN, 2.0]}), "csv") == "value\n1.5\n\n2\n"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_read_back_to_the_same_doubles(values):
    texts = render(pd.DataFrame({"value": values}), "csv").splitlines()[1:]

    assert [float(text) for text in texts] == values


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("sCD25, soluble", '"sCD25, soluble"'),
        ('the "new" assay', '"the ""new"" assay"'),
        ("two\nlines", '"two\nlines"'),
        ("back\rspace", '"back\rspace"'),
        ("µg; plain", "µg; plain"),
    ],
)
def test_csv_quotes_what_needs_it_and_nothing_else(text, cell):
    assert render(pd.DataFrame({"note": [text]}), "csv") == f"note\n{cell}\n"


def test_tsv_quotes_tabs_and_leaves_commas():
    assert render(pd.DataFrame({"a": ["x\ty", "x,y"], "b": [1, 2]}), "tsv") == 'a\tb\n"x\ty"\t1\nx,y\t2\n'


def test_csv_reads_back_as_the_frame_it_came_from():
    table = frame(change(), change(at="nadir", value=0.17), change(at="last", **NOTHING))

    back = pd.read_csv(io.StringIO(render(table, "csv")), keep_default_na=False, na_values={"value": [""]})

    assert back["value"].equals(table["value"])
    assert list(back["at"]) == ["first", "nadir", "last"]


def test_clock_times_are_kept():
    table = frame(change(time=pd.Timestamp("2004-11-30T08:15")))

    assert "2004-11-30T08:15" in csv_lines(table)[1]


def test_day_numbers_are_numbers():
    table = frame(change(start=0.0, baseline_time=-1.5, time=1.0))

    assert csv_lines(table)[1].startswith(",D-dimer,µg/mL FEU,anakinra,0,first,24.31,-1.5,3.58,1,1,")


def test_further_columns_pass_through():
    table = frame(change()).assign(verdict="fell", certain=True, rank=pd.array([None], dtype="Int64"))

    assert csv_lines(table)[0].endswith(",note,verdict,certain,rank")
    assert csv_lines(table)[1].endswith(",,fell,True,")


# --- JSON -------------------------------------------------------------------------------------


def test_json_is_an_array_of_objects_with_null_for_missing():
    rows = json.loads(render(frame(change(), change(at="last", **NOTHING)), "json"))

    assert list(rows[0]) == list(ONE_READING)
    assert rows[0]["fold_change"] == 3.58 / 24.31
    assert rows[0]["time"] == "2004-11-30"
    assert rows[0]["n_before"] == 4
    assert (rows[1]["value"], rows[1]["time"], rows[1]["note"]) == (None, None, "")


def test_json_has_no_token_that_is_not_json():
    text = render(pd.DataFrame({"value": [math.inf, -math.inf, NAN]}), "json")

    assert json.loads(text, parse_constant=pytest.fail) == [{"value": None}] * 3


def test_json_keeps_letters_as_they_are_and_escapes_the_rest():
    text = render(pd.DataFrame({"100 % µ": ['a "quote"\n']}), "jsonl")

    assert text == '{"100 % µ": "a \\"quote\\"\\n"}\n'


def test_json_of_no_rows_is_an_empty_array():
    assert json.loads(render(frame(), "json")) == []
    assert render(frame(), "jsonl") == ""


def test_json_lines_hold_one_object_each():
    lines = render(frame(change(), change(at="last")), "jsonl").splitlines()

    assert [json.loads(line)["at"] for line in lines] == ["first", "last"]


def test_json_keeps_truth_and_whole_numbers():
    table = pd.DataFrame({"certain": [True, False], "n": [3, 4], "value": [2600.0, 0.5]})

    assert render(table, "jsonl") == (
        '{"certain": true, "n": 3, "value": 2600}\n{"certain": false, "n": 4, "value": 0.5}\n'
    )


# --- ADaM -------------------------------------------------------------------------------------


def test_adam_names_every_column_in_eight_characters():
    adam = to_adam(frame(change()))

    assert list(adam.columns) == [
        "USUBJID",
        "PARAM",
        "AVALU",
        "TRTA",
        "TRTSDT",
        "AVISIT",
        "DTYPE",
        "BASE",
        "BASEDT",
        "AVAL",
        "ADT",
        "ADY",
        "CHG",
        "PCHG",
        "R2BASE",
        "LOG2R2B",
        "NBEFORE",
        "NAFTER",
        "ANOTE",
    ]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", name) for name in adam.columns)


def test_adam_has_no_day_0():
    times = ["2004-11-28", "2004-11-29", "2004-11-30", None]
    table = frame(*(change(at="each", time=pd.Timestamp(time)) for time in times))

    assert to_adam(table)["ADY"].tolist() == [-1, 1, 2, pd.NA]


def test_adam_counts_calendar_days_whatever_the_clock_says():
    table = frame(
        change(start=pd.Timestamp("2004-11-29T20:00"), time=pd.Timestamp("2004-11-30T06:00"), day=10 / 24)
    )

    adam = to_adam(table)

    assert adam["ADY"].tolist() == [2]
    assert {"TRTSDTM", "ADTM", "BASEDT"} <= set(adam.columns)


def test_adam_gives_day_numbers_names_of_their_own():
    adam = to_adam(frame(change(start=0.0, baseline_time=-1.0, time=0.0)))

    assert {"TRTSDAY", "BASEDAY", "ATIMEDAY"} <= set(adam.columns)
    assert adam["ADY"].tolist() == [1]


def test_adam_says_how_a_value_was_derived():
    points = ("first", "nadir", "peak", "last", "mean", "median", "each")

    adam = to_adam(frame(*(change(at=at) for at in points)))

    assert adam["AVISIT"].tolist() == ["FIRST", "NADIR", "PEAK", "LAST", "MEAN", "MEDIAN", "EACH"]
    assert adam["DTYPE"].tolist() == ["", "MINIMUM", "MAXIMUM", "", "AVERAGE", "MEDIAN", ""]


def test_adam_leaves_numbers_and_further_columns_alone():
    table = frame(change()).assign(lot="a7")
    before = table.copy()

    adam = to_adam(table)

    assert adam["R2BASE"].tolist() == table["fold_change"].tolist()
    assert adam["lot"].tolist() == ["a7"]
    pd.testing.assert_frame_equal(table, before)


def test_adam_of_no_rows_has_the_names():
    assert render(to_adam(frame()), "csv").startswith("USUBJID,PARAM,")


# --- Markdown and LaTeX -----------------------------------------------------------------------


def test_markdown_has_one_row_per_marker_with_the_points_as_columns():
    table = frame(change(), change(at="last", value=0.4, day=177.0))

    assert render(table, "markdown") == (
        "| Intervention | Start | Marker | Unit | Baseline | n before/after | First | Last |\n"
        "| --- | --- | --- | --- | ---: | ---: | ---: | ---: |\n"
        "| anakinra | 2004-11-29 | D-dimer | µg/mL FEU | 24.31 (d−1) | 4/5 | 3.58 (×0.147, d1) "
        "| 0.4 (×0.0165, d177) |\n"
    )


def test_markdown_names_subjects_and_notes_where_there_are_any():
    table = frame(change(subject="A"), change(subject="A", at="last", note="date inferred; 2 ties"))

    header, _, row = render(table, "markdown").splitlines()

    assert header.startswith("| Subject | ")
    assert row.startswith("| A | anakinra |")
    assert row.endswith("| date inferred (last); 2 ties (last) |")


def test_markdown_cannot_be_broken_by_a_name():
    table = frame(change(marker="a|b\\c\n<b>d</b> *e* `f` [g](h) &amp;"))

    lines = render(table, "markdown").splitlines()

    assert len(lines) == 3
    assert r"| a\|b\\c &lt;b&gt;d&lt;/b&gt; \*e\* \`f\` \[g\](h) &amp;amp; |" in lines[2]


def test_latex_is_a_booktabs_tabular():
    assert render(frame(change()), "latex") == (
        "\\begin{tabular}{llllrrr}\n"
        "\\toprule\n"
        "Intervention & Start & Marker & Unit & Baseline & n before/after & First \\\\\n"
        "\\midrule\n"
        "anakinra & 2004-11-29 & D-dimer & \\textmu{}g/mL FEU & 24.31 (d$-$1) & 4/5 "
        "& 3.58 ($\\times$0.147, d1) \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}\n"
    )


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("50% & #2_x {y} $5", r"50\% \& \#2\_x \{y\} \$5"),
        ("a\\b ~ ^", r"a\textbackslash{}b \textasciitilde{} \textasciicircum{}"),
        ("<5 >40000 |z|", r"\textless{}5 \textgreater{}40000 \textbar{}z\textbar{}"),
        ("[red]*", "{[}red{]}{*}"),
        ("a--b", "a-{}-b"),
        ("two\nlines", "two lines"),
    ],
)
def test_latex_escapes_every_special_character(text, latex):
    assert f"& {latex} &" in render(frame(change(marker=text)), "latex")


@pytest.mark.parametrize("file_format", ["markdown", "latex"])
def test_documents_list_every_value_of_each(file_format):
    table = frame(change(at="each"), change(at="each", value=3.88, time=pd.Timestamp("2004-12-02"), day=3.0))

    text = render(table, file_format)

    assert text.count("D-dimer") == 2
    assert "2004-12-02" in text
    assert "3.88" in text


def test_documents_set_points_and_each_as_two_tables():
    text = render(frame(change(at="mean"), change(at="each")), "markdown")

    assert text.count("| Intervention |") == 2


@pytest.mark.parametrize("file_format", ["markdown", "latex"])
def test_documents_set_other_frames_as_they_are(file_format):
    text = render(to_adam(frame(change(), change(at="last", **NOTHING))), file_format)

    assert "R2BASE" in text
    assert "2004-11-30" in text


@pytest.mark.parametrize("file_format", FORMATS[1:])
def test_no_rows_are_no_error(file_format):
    assert isinstance(render(frame(), file_format), str)


# --- the station ------------------------------------------------------------------------------


def test_formats_begin_with_the_table():
    assert FORMATS == ("table", "csv", "tsv", "json", "jsonl", "markdown", "latex")


@pytest.mark.parametrize("file_format", FORMATS[1:])
def test_rendering_leaves_the_frame_alone(file_format):
    table = frame(change(), change(at="last", **NOTHING))
    before = table.copy()

    render(table, file_format)

    pd.testing.assert_frame_equal(table, before)


def test_machine_formats_do_not_import_rich():
    code = "import hlhcli.renderers, sys; sys.exit('rich' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_parquet_keeps_texts_numbers_and_what_is_missing_in_types_that_every_reader_knows():
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed on this machine")
    frame = pd.DataFrame(
        {
            "text": pd.Series(["x", None, "y"], dtype="str"),
            "repeated": pd.Series(["p", "q", "p"], dtype="category"),
            "nothing": pd.Series([None] * 3, dtype="object"),
            "number": [1.5, float("nan"), 2.0],
            "count": pd.Series([1, pd.NA, 2], dtype="Int64"),
        }
    )

    table = parquet.read_table(io.BytesIO(to_parquet(frame)))

    assert table.to_pylist() == [
        {"text": "x", "repeated": "p", "nothing": None, "number": 1.5, "count": 1},
        {"text": None, "repeated": "q", "nothing": None, "number": None, "count": None},
        {"text": "y", "repeated": "p", "nothing": None, "number": 2.0, "count": 2},
    ]
    assert [str(field.type) for field in table.schema] == ["string", "string", "string", "double", "int64"]
    assert parquet.read_table(io.BytesIO(to_parquet(frame[:0]))).schema.equals(table.schema)


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(min_value=datetime(1000, 1, 1)),
    st.sampled_from(["microsecond", "second", "minute", "day"]),
)
def test_a_time_has_the_shortest_iso_text_that_tells_all_of_it(moment, precision):
    """Python's own ``isoformat`` of a date, of minutes, of seconds or of microseconds."""
    cut = {"day": {"hour": 0, "minute": 0}, "minute": {}, "second": {}, "microsecond": {}}[precision]
    cut |= {} if precision == "microsecond" else {"microsecond": 0}
    cut |= {} if precision in ("microsecond", "second") else {"second": 0}
    moment = moment.replace(**cut)
    forms = [moment.isoformat(timespec=unit) for unit in ("minutes", "seconds", "microseconds")]
    readable = [
        text for text in [moment.date().isoformat(), *forms] if datetime.fromisoformat(text) == moment
    ]
    column = pd.Series([moment, None], dtype="datetime64[us]")

    assert render(pd.DataFrame({"time": column, "n": [1, 2]}), "csv") == f"time,n\n{readable[0]},1\n,2\n"
