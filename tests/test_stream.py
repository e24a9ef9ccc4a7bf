"""The stream engine gives the bytes of the pandas engine, whatever the size, order and form of the input."""

import errno
import gzip
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cohorts import HEADER, cohorts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

pa = pytest.importorskip("pyarrow", reason="pyarrow (extra 'scale') is not installed on this machine")
duckdb = pytest.importorskip("duckdb", reason="duckdb (extra 'scale') is not installed on this machine")
import pyarrow.parquet as pq  # noqa: E402 - only where it is installed
import streams  # noqa: E402
from streams import stay_in_process, work_in  # noqa: E402

from hlhcli.analysis import DEFAULT_RULES, Analysis, analyze  # noqa: E402
from hlhcli.cli import app  # noqa: E402
from hlhcli.errors import HlhcliError  # noqa: E402
from hlhcli.readers import read_interventions, read_series  # noqa: E402
from hlhcli.stream import delimited, engine, findings, intake, pool, resources, sources  # noqa: E402
from hlhcli.stream.batch import changes_of  # noqa: E402
from hlhcli.stream.pieces import CutApartError  # noqa: E402
from hlhcli.study import treat, values_of  # noqa: E402
from hlhcli.texts import plain, to_frame  # noqa: E402

SHARED = Path(__file__).parents[2] / "shared" / "data"
DRUGS = "subject,intervention,start,stop\nb,anakinra,2020-01-05,\na,etoposide,2020-01-03,2020-01-06\n"
LABS = HEADER + "".join(
    f"{subject},{marker},2020-01-{day:02},{value},{unit}\n"
    for subject, marker, day, value, unit in [
        ("b", "CRP", 2, "50", "mg/L"),
        ("a", "crp", 1, "8", "mg/dL"),
        ("b", "Ferritin", 9, ">40000", "ng/mL"),
        ("z", "CRP", 1, "7", "mg/L"),
        ("a", "CRP", 5, "<5", "mg/L"),
        ("b", "CRP", 9, "8", "mg/L"),
        ("a", "CRP", 6, "", ""),
    ]
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    work_in(tmp_path, monkeypatch)
    Path("labs.csv").write_text(LABS)
    Path("drugs.csv").write_text(DRUGS)
    return tmp_path


@pytest.fixture
def in_process(monkeypatch):
    stay_in_process(monkeypatch)


def summarize(*arguments, labs="labs.csv", drugs="drugs.csv", out="out.csv", by="stream"):
    """Run the command; the result, and the bytes of its output (None where there is none)."""
    return streams.summarize(labs, "--interventions", drugs, "--engine", by, *arguments, out=out)


def streamed(*arguments, **files):
    result, found = summarize(*arguments, **files)
    assert result.exit_code == 0, result.output
    return found


def in_memory(*arguments, **files):
    result, found = summarize(*arguments, by="pandas", **files)
    assert result.exit_code == 0, result.output
    return found


def as_parquet(source, target, **options):
    table = pa.Table.from_pandas(pd.read_csv(source, dtype=str, keep_default_na=False))
    pq.write_table(table, target, **options)
    return table


def without_bad(arguments):
    """The output of the pandas engine for the labs without the rows that were set aside."""
    bad = set(pd.read_csv("bad.csv")["row"])
    lines = Path("labs.csv").read_text().splitlines(True)
    shift = 1 if pd.read_csv("bad.csv")["file"][0].endswith("parquet") else 0
    kept = [line for number, line in enumerate(lines, 1) if number - shift not in bad]
    Path("clean.csv").write_text("".join(kept))
    return summarize(*arguments, labs="clean.csv", by="pandas", out="clean.out.csv")[1]


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cohort=cohorts(),
    options=st.lists(
        st.sampled_from(
            [
                ("--at", "each"),
                ("--at", "mean"),
                ("--baseline", "nearest"),
                ("--baseline", "median"),
                ("--until", "end"),
                ("--same-day", "after"),
                ("--after", "3d"),
                ("--details",),
                ("--sensitivity",),
                ("--marker", "crp"),
                ("--units", "si"),
            ]
        ),
        unique_by=lambda one: one[0],
        max_size=3,
    ),
    rows=st.integers(1, 8),
    files=st.integers(1, 4),
    labs=st.sampled_from(["labs.csv", "labs.parquet"]),
)
def test_every_cohort_in_any_order_cut_and_batch_gives_the_same_bytes(
    folder, in_process, monkeypatch, cohort, options, rows, files, labs
):
    Path("labs.csv").write_text(cohort[0])
    Path("drugs.csv").write_text(cohort[1])
    monkeypatch.setattr(sources, "BLOCK_ROWS", rows)
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 64 * rows)
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", rows)
    monkeypatch.setattr(resources, "share", lambda _: resources.Resources(files, rows))
    arguments = [part for option in options for part in option]
    as_parquet("labs.csv", "labs.parquet", row_group_size=rows)
    expected, wanted = summarize(*arguments, by="pandas")

    result, found = summarize(*arguments, "--rejects", "bad.csv", labs=labs)

    assert result.exit_code == expected.exit_code, (expected.output, result.output)
    if found and expected.exit_code:  # a subject may have had bad rows only
        wanted = without_bad(arguments) or found
    assert found == wanted, result.output


@pytest.mark.parametrize("form", ["csv.gz", "parquet", "typed", "folder", "pattern", "tsv"])
def test_the_form_of_the_labs_does_not_change_the_output(folder, form):
    expected = in_memory()
    table = as_parquet("labs.csv", "labs.parquet")
    Path("parts").mkdir()
    for number in range(3):
        pq.write_table(table.slice(number * 3, 3), f"parts/{number}.parquet")
    Path("labs.csv.gz").write_bytes(gzip.compress(LABS.encode()))
    Path("labs.tsv").write_text(LABS.replace(",", "\t"))
    typed = pd.DataFrame({"subject": ["b", "a"], "marker": "CRP", "value": [1.5, 2.0], "unit": "mg/L"})
    typed["date"] = pd.to_datetime(["2020-01-02T08:15", "2020-01-08"], format="ISO8601")
    typed.to_parquet("typed.parquet")
    names = {"folder": "parts", "pattern": "parts/*.parquet", "typed": "typed.parquet"}
    if form == "typed":
        expected = in_memory(labs="typed.parquet")

    assert streamed(labs=names.get(form, f"labs.{form}")) == expected


@pytest.mark.parametrize("number", [1, 3])
def test_the_number_of_processes_does_not_change_the_output(folder, monkeypatch, number):
    expected = in_memory()
    monkeypatch.setattr(resources, "share", lambda _: resources.Resources(number, 2))

    assert streamed() == expected


def test_parquet_is_written_with_the_same_bytes_by_both_engines(folder, in_process):
    assert streamed(out="out.parquet") == in_memory(out="out.parquet")
    assert pq.read_schema("out.parquet").field("n_before").type == pa.int64()


@pytest.mark.parametrize("names", ["fold_change,subject,at", "marker,trend_before,n_before"])
def test_chosen_columns_are_those_of_the_other_engine(folder, in_process, names):
    assert streamed("--columns", names) == in_memory("--columns", names)
    assert streamed("--columns", names, out="out.parquet") == in_memory("--columns", names, out="out.parquet")


def test_labs_that_name_no_subject_are_those_of_the_only_one(folder, in_process):
    Path("labs.csv").write_text("marker,date,value\nCRP,2020-01-01,8\nCRP,2020-01-09,4\n")
    Path("drugs.csv").write_text("subject,intervention,start\np1,anakinra,2020-01-05\n")
    assert streamed() == in_memory()

    Path("labs.csv").write_text(LABS)
    Path("drugs.csv").write_text("intervention,start\nanakinra,2020-01-05\n")
    result, found = summarize()
    assert found is None
    assert (
        "the interventions have no subject column, but the labs have several subjects (b, a, …)"
        in result.output
    )


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real inputs (../shared/data) are not here")
@pytest.mark.parametrize(
    ("labs", "drugs", "options"),
    [
        ("cdisc/labs.csv.gz", "cdisc/interventions.csv", ["--until", "stop"]),
        ("omop", "omop", ["--course-gap", "30d"]),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # two draws a second apart
def test_a_real_trial_and_a_real_warehouse_give_the_same_bytes(folder, in_process, labs, drugs, options):
    files = {"labs": str(SHARED / labs), "drugs": str(SHARED / drugs)}

    assert streamed(*options, **files) == in_memory(*options, **files)


def test_a_standard_that_is_no_stream_is_refused_by_name(folder):
    Path("lb.csv").write_text("USUBJID,LBTESTCD,LBDTC,LBORRES\n1,CRP,2020-01-01,5\n")

    result, _ = summarize(labs="lb.csv")

    assert result.exit_code == 1
    assert "is a table of CDISC, which cannot be read in a stream; --engine pandas reads it" in result.output


@pytest.mark.parametrize(
    ("labs", "message"),
    [
        ("marker,2020-01-01,2020-01-09\nCRP,5,6\n", "is a wide table"),
        (HEADER.strip() + ",placement\nb,CRP,2020-01-09,4,mg/L,inferred\n", "dates are inferred"),
        ("subject,marker,date,clock,value\nb,CRP,2020-01-09,08:15,4\n", "stand in two columns"),
        (
            HEADER + "b,CRP,2020-01-09,4,mg/L\nb,CRP,2020-01-09,4,K/uL\n",
            "line 3: CRP in 'K/uL' beside 'mg/L'",
        ),
        (
            HEADER + 'b,CRP,2020-01-09,1.247,mg/L\nb,CRP,2020-01-09,"9,6",mg/L\n',
            "'1.247' can be 1.247 or 1247",
        ),
        (HEADER, "has a header but no rows"),
        ("", "line 1 is empty"),
        (HEADER + "c,CRP,2020-01-09,4,mg/L\n", "drugs.csv: no labs for subject 'b', 'a'; known: c"),
    ],
)
def test_what_cannot_be_read_in_a_stream_is_refused_with_its_reason(folder, in_process, labs, message):
    Path("labs.csv").write_text(labs)

    result, found = summarize()

    assert result.exit_code == 1
    assert found is None
    assert message in result.output


BAD = LABS + "b,CRP,2020-01-10,4o,mg/L\nz,CRP,soon,5,mg/L\nb,CRP\na,CRP,2020-02-30,5,mg/L\n"
REJECTS = (
    "file,row,column,found,reason\n"
    "labs.csv,9,value,4o,is not a number\n"
    "labs.csv,10,time,soon,is no time\n"
    'labs.csv,11,,"b,CRP",2 cells where the header has 5\n'
    "labs.csv,12,time,2020-02-30,is no date of the calendar\n"
)


def test_bad_rows_are_set_aside_with_line_and_reason_and_the_exit_code_says_so(folder, in_process):
    expected = in_memory()
    Path("labs.csv").write_text(BAD)

    result, found = summarize("--rejects", "bad.csv")

    assert found == expected
    assert result.exit_code == 1
    assert "4 cells or rows could not be read and were set aside (bad.csv)" in result.output
    assert Path("bad.csv").read_text() == REJECTS


def test_strict_ends_at_bad_rows_and_writes_nothing(folder, in_process):
    Path("labs.csv").write_text(LABS + "b,CRP,2020-01-10,4o,mg/L\n")

    result, found = summarize("--strict")

    assert result.exit_code == 1
    assert found is None
    assert "labs.csv, line 9, column 'value': '4o' is not a number" in result.output


def test_rows_of_several_files_are_named_with_their_file(folder, in_process):
    Path("parts").mkdir()
    Path("parts/1.csv").write_text(LABS)
    Path("parts/2.csv").write_text(HEADER + "b,CRP,2020-01-10,4o,mg/L\n")

    result, _ = summarize(labs="parts")

    assert "parts/2.csv, line 2, column 'value': '4o' is not a number" in result.output


def test_a_file_without_rows_must_have_the_columns_of_the_first_too(folder, in_process, monkeypatch):
    table = as_parquet("labs.csv", "labs.parquet")
    Path("parts").mkdir()
    pq.write_table(table, "parts/1.parquet")
    pq.ParquetWriter("parts/2.parquet", table.drop_columns("unit").schema).close()
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", 1)

    assert "parts/2.parquet: no column 'unit', which the first file has" in summarize(labs="parts")[0].output


@given(
    rows=st.lists(st.tuples(*[st.integers(0, 30)] * 4), min_size=1, max_size=60),
    most=st.sampled_from([1, 40, 2000, 1 << 19]),
)
def test_combinations_of_codes_are_told_apart_however_many_there_can_be(rows, most):
    parts = list(np.array(rows, dtype=np.int32).T)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "MOST_KEYS", most)
        local, keys = intake.combined(parts)

    assert [keys[number] for number in local.tolist()] == rows
    assert sorted(keys) == sorted(set(rows))


@pytest.mark.parametrize("days", ["first", "last"])
def test_parts_of_an_input_agree_on_dates_or_days_as_a_single_pass_does(
    folder, in_process, monkeypatch, days
):
    dates = "".join(f"b,CRP,2020-01-{day:02},{day},mg/L\n" for day in range(1, 12))
    odd = "b,CRP,5,7,mg/L\n"
    Path("whole.csv").write_text(HEADER + (odd + dates if days == "first" else dates + odd))
    as_parquet("whole.csv", "labs.parquet", row_group_size=1)
    monkeypatch.setattr(sources, "BLOCK_ROWS", 1)  # the first rows decide
    whole = summarize(labs="labs.parquet")
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", 1)

    in_parts = summarize(labs="labs.parquet")

    assert len(sources.open_files("labs.parquet").parts) == 12
    assert (in_parts[0].output, in_parts[1]) == (whole[0].output, whole[1])


ODD_LINES = [
    "b,CRP,2020-01-02,50,mg/L",
    "a,CRP,2020-01-09,4o,mg/L",
    "",
    "b,CRP,2020-01-03,7",
    "a,Ferritin,2020-01-04,>900,ng/mL",
    "a,CRP,2020-02-31,8,mg/L",
    "b,CRP,2020-01-12,60,mg/L,,",
    "z,CRP,2020-01-12,61.5,mg/L",
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "a,CRP,2020-01-04,9o,mg/L", "a,CRP,2020-01-04,9"])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_text_that_is_read_in_parts_has_the_lines_of_the_whole(
    folder, in_process, monkeypatch, end, last, rows
):
    Path("labs.csv").write_text(end.join([HEADER.rstrip("\n"), *(5 * ODD_LINES), last]), newline="")
    whole = summarize("--rejects", "whole.csv")
    assert len(sources.open_files("labs.csv").parts) == 1
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", rows)

    in_parts = summarize("--rejects", "parts.csv")

    assert len(sources.open_files("labs.csv").parts) > 8 // rows
    assert Path("parts.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert (in_parts[0].output.replace("parts.csv", "whole.csv"), in_parts[1]) == (whole[0].output, whole[1])
    assert "labs.csv,3,value,4o," in Path("parts.csv").read_text()


def test_texts_of_several_files_are_read_in_parts_with_the_lines_of_each(folder, in_process, monkeypatch):
    Path("parts").mkdir()
    for name, lines in {"1": 1, "2": 30, "3": 1, "4": 30}.items():
        Path(f"parts/{name}.csv").write_text(LABS + lines * "b,CRP,2020-01-02,5o,mg/L\n" + "b,CRP\n")
    whole = summarize("--rejects", "whole.csv", labs="parts")
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", 4)

    summarize("--rejects", "bad.csv", labs="parts")

    assert Path("bad.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert "parts/2.csv,39," in Path("bad.csv").read_text()
    assert whole[0].exit_code == 1


def test_a_quotation_that_goes_over_a_cut_has_the_whole_text_read(folder, in_process, monkeypatch):
    rows = [f'b,CRP,2020-01-{day:02},{day},"mg/L\n"\n' for day in range(1, 29)]
    Path("labs.csv").write_text(HEADER + "".join(rows) + 'a,CRP,2020-01-09,4o,"mg/L\n"\n')
    whole = summarize()
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", 1)
    source = sources.open_files("labs.csv")

    in_parts = summarize()

    assert len(source.parts) > 20
    with pytest.raises(CutApartError):
        [*chain(*(read(["subject", "value"], []) for read in source.parts))]
    assert (in_parts[0].output, in_parts[1]) == (whole[0].output, whole[1])
    assert "line 30, column 'value': '4o' is not a number" in whole[0].output


def test_what_cannot_be_read_in_a_part_is_told_with_its_line_in_the_whole(folder, in_process, monkeypatch):
    good = b"b,CRP,2020-01-02,50,mg/L\n"
    Path("labs.csv").write_bytes(HEADER.encode() + 20 * good + b"b,CRP,2020-01-02,50,\xb5g/L\n" + 9 * good)
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 50)
    whole = summarize()
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", 3)

    in_parts = summarize()

    assert in_parts[0].output == whole[0].output
    assert "hlhcli: error: labs.csv: after line " in whole[0].output


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.text("ab\r,", max_size=90), max_size=30),
    rows=st.integers(1, 3),
    has_end=st.booleans(),
)
def test_spans_of_a_text_hold_every_line_once_and_whole(tmp_path, lines, rows, has_end):
    path = tmp_path / "text.csv"
    path.write_text("\n".join(lines) + "\n" * has_end, newline="")
    content = path.read_bytes()

    parts = [content[span.begin : span.end] for span in delimited.spans(str(path), rows)]

    assert b"".join(parts) in (content, b"")
    assert all(part.endswith(b"\n") for part in parts[:-1])
    assert all(parts)
    assert parts or len(content) < 2 * rows * delimited.BYTES_OF_A_ROW["text"]


def test_a_first_line_that_is_no_header_ends_in_a_message(folder, in_process):
    Path("labs.csv").write_text("x" * 200_000 + "\n1\n")

    result, found = summarize()

    assert found is None
    assert "hlhcli: error: labs.csv: line 1 is no header (field larger than field limit" in result.output


def test_packed_texts_and_endless_lines_are_not_cut(tmp_path, monkeypatch):
    packed, endless = tmp_path / "labs.csv.gz", tmp_path / "labs.csv"
    packed.write_bytes(gzip.compress(np.random.default_rng(1).bytes(1000)))
    endless.write_bytes(b"a" * 1000)
    monkeypatch.setattr(delimited, "LONGEST_LINE", 100)

    assert delimited.spans(str(packed), 1) == []
    assert len(delimited.spans(str(endless), 1)) == 1


def test_parts_of_files_and_row_groups_hold_every_row_once(folder, monkeypatch):
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", 5)
    Path("parts").mkdir()
    for file, rows in enumerate([7, 0, 1, 1, 12, 2]):
        table = pa.table({"n": [f"{file}.{row}" for row in range(1, rows + 1)]})
        pq.write_table(table, f"parts/{file}.parquet", row_group_size=3)

    source = sources.open_files("parts")
    read = [list(part(["n"], [])) for part in source.parts]

    whole = [cell for batch in source.read(["n"], []) for cell in batch.table["n"].to_pylist()]
    assert [cell for part in read for batch in part for cell in batch.table["n"].to_pylist()] == whole
    assert len(whole) == 23
    for part in read:
        for batch in part:
            assert batch.table["n"].to_pylist() == [f"{batch.file}.{row}" for row in batch.row]
    assert [sum(batch.table.num_rows for batch in part) for part in read] == [6, 6, 6, 5]


def test_parts_in_processes_give_the_bytes_of_one_pass(folder, monkeypatch):
    Path("parts").mkdir()
    for number in range(6):
        lines = [f"{'ab'[day % 2]},CRP,2020-01-{day:02},{day * number},mg/L\n" for day in range(1, 20)]
        Path(f"parts/{number}.csv").write_text(
            HEADER + "".join(lines) + ("a,CRP,2020-01-02,x,mg/L\n" * number)
        )
    one = summarize("--rejects", "one.csv", labs="parts")
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", 1)

    several = summarize("--rejects", "several.csv", labs="parts")

    assert one[1] is not None
    assert (several[0].output.replace("several", "one"), several[1]) == (one[0].output, one[1])
    assert Path("several.csv").read_bytes() == Path("one.csv").read_bytes()


def test_a_file_with_another_header_is_one_message_that_names_it(folder, in_process):
    table = as_parquet("labs.csv", "labs.parquet")
    Path("parts").mkdir()
    for number in range(70):
        pq.write_table(table if number < 69 else table.drop_columns("unit"), f"parts/{number:02}.parquet")

    result, found = summarize(labs="parts")

    assert found is None
    assert "parts/69.parquet: no column 'unit', which the first file has" in result.output


@pytest.mark.parametrize("cut", ["gz", "parquet"])
def test_a_damaged_file_is_one_message_that_names_it(folder, in_process, cut):
    Path("big.csv").write_text(LABS + "b,CRP,2020-01-10,4,mg/L\n" * 20_000)
    if cut == "gz":
        Path("bad.csv.gz").write_bytes(gzip.compress(Path("big.csv").read_bytes())[:-100])
    else:
        as_parquet("big.csv", "whole.parquet")
        content = Path("whole.parquet").read_bytes()
        Path("bad.parquet").write_bytes(content[:200] + b"\0" * 800 + content[1000:])
    labs = "bad.csv.gz" if cut == "gz" else "bad.parquet"

    result, found = summarize(labs=labs)

    assert result.exit_code == 1
    assert found is None
    assert f"hlhcli: error: {labs}: " in result.output
    assert "damaged" in result.output


def test_a_full_disk_leaves_the_old_output_and_no_half_file(folder, in_process, monkeypatch):
    streamed()
    before = set(folder.rglob("*"))

    class Full:
        def write(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    old = Path("out.csv").read_bytes()
    monkeypatch.setattr(Path, "open", lambda *_, **__: Full())
    result = CliRunner().invoke(
        app, ["summarize", "labs.csv", "--interventions", "drugs.csv", "-o", "out.csv", "--engine", "stream"]
    )
    monkeypatch.undo()

    assert result.exit_code == 1
    assert (folder / "out.csv").read_bytes() == old
    assert set(folder.rglob("*")) == before


class FullFile(io.FileIO):
    """A file on a disk that is full."""

    def write(self, _):
        raise OSError(errno.ENOSPC, "in words of its own")


def fill_disk(monkeypatch, is_full):
    """Have files of these names be on a full disk, as far as they are opened to be written."""
    plain = Path.open

    def opened(path, mode="r", *arguments, **options):
        if "b" in mode and "w" in mode and is_full(path):
            return io.BufferedWriter(FullFile(path, "w"))
        return plain(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", opened)


@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_where_the_disk_of_the_output_is_full_one_message_says_so_and_the_old_output_stays(
    folder, in_process, monkeypatch, out
):
    Path(out).write_text("old")
    fill_disk(monkeypatch, lambda path: path.name.startswith(f".{out}."))

    result = CliRunner().invoke(
        app, ["summarize", "labs.csv", "--interventions", "drugs.csv", "-o", out, "--engine", "stream"]
    )

    assert result.exit_code == 1
    assert f"hlhcli: error: {out}: cannot be written (No space left on device)\n" in result.output
    assert Path(out).read_text() == "old"
    assert not [*folder.glob(".*")]


@pytest.mark.parametrize("name", ["task", "00000.rows"])
def test_where_the_disk_of_temporary_files_is_full_its_folder_is_named(folder, in_process, monkeypatch, name):
    fill_disk(monkeypatch, lambda path: path.name == name)

    result, found = summarize()

    assert found is None
    assert f"hlhcli: error: {folder}/scratch/hlhcli-" in result.output
    assert "temporary files cannot be written (No space left on device); make room" in result.output
    assert not [*Path("scratch").iterdir()]


def test_zones_are_dropped_where_there_is_one_clock_and_refused_where_there_are_several(folder, in_process):
    def zoned(*offsets):
        rows = [
            f"b,CRP,2020-01-{day:02}T08:15:00{offset},{day},mg/L\n" for day, offset in enumerate(offsets, 2)
        ]
        Path("labs.csv").write_text(HEADER + "".join(rows) + "a,CRP,2020-01-09,4,mg/L\n")

    zoned("Z", "Z", "Z", "Z", "Z")
    assert streamed() == in_memory()
    zoned("+01:00", "+02:00", "+01:00", "+02:00")
    assert streamed() == in_memory()
    zoned("+01:00", "+09:00", "+01:00", "+02:00")
    assert "times in several time zones" in summarize()[0].output
    zoned("+01:00", "", "", "+01:00")
    assert "times in several time zones" in summarize()[0].output


def test_many_dates_of_one_day_and_clocks_are_a_mixture_that_both_engines_read_alike(folder, in_process):
    rows = [f"b,CRP,2020-01-{day:02}{'T08:15' if day % 3 else ''},{day},mg/L\n" for day in range(1, 30)]
    Path("labs.csv").write_text(HEADER + "".join(rows) + "a,CRP,2020-01-09,4,mg/L\n")
    Path("drugs.csv").write_text(DRUGS + "b,x,2020-01-09T08:15,\nb,y,2020-01-10,\n")

    assert streamed("--at", "each") == in_memory("--at", "each")


def test_events_ranges_and_limits_give_the_same_columns(folder, in_process):
    Path("events.csv").write_text("subject,event,start,marker\nb,transfusion,2020-01-04,CRP\n")
    arguments = ["--events", "events.csv", "--threshold", "crp=5", "--details", "--intervention", "anakinra"]

    assert streamed(*arguments) == in_memory(*arguments)


def test_subjects_without_labs_are_named_in_the_same_words_by_both_engines(folder, in_process):
    Path("labs.csv").write_text(LABS.replace("z,CRP", "p-03,CRP"))
    Path("drugs.csv").write_text(DRUGS + "p03,x,2020-01-02,\nq,x,2020-01-02,\nq,y,2020-01-03,\n")

    (by_pandas, expected), (by_stream, found) = (summarize(by=engine) for engine in ("pandas", "stream"))

    assert found == expected
    assert b"p03" not in found
    words = (
        "drugs.csv: 2 of 4 subjects have no labs ('p03', 'q'); their interventions give no rows; "
        "did you mean 'p-03' for 'p03'?\n"
    )
    assert words in by_pandas.output
    assert words in by_stream.output
    strict, nothing = summarize("--strict")
    assert nothing is None
    assert "drugs.csv: no labs for subject 'p03', 'q'; did you mean 'p-03'" in strict.output


def test_one_subject_that_was_asked_for_is_analyzed_alone(folder, in_process):
    assert streamed("--subject", "a") == in_memory("--subject", "a")
    assert "no subject 'q'" in summarize("--subject", "q")[0].output


def test_a_choice_of_subjects_has_its_own_order_of_subjects(folder, in_process):
    labs = [f"{name},CRP,2020-01-{day:02},{day},mg/L\n" for name in ("p1", "10", "9") for day in (1, 9)]
    Path("labs.csv").write_text(HEADER + "".join(labs))
    Path("drugs.csv").write_text(
        "subject,intervention,start\n" + "".join(f"{one},x,2020-01-05\n" for one in ("10", "9", "p1"))
    )

    for options in ([], ["--subject", "10", "--subject", "9"]):
        assert streamed(*options) == in_memory(*options)


def test_a_subject_with_many_rows_and_interventions_is_one_batch(folder, in_process, monkeypatch):
    monkeypatch.setattr(resources, "share", lambda _: resources.Resources(2, 10))
    rows = [f"b,CRP,{day / 7:.3f},{day % 41},mg/L\n" for day in range(3000)]
    Path("labs.csv").write_text(HEADER.replace("time", "day") + "".join(rows))
    drugs = [f"b,drug {day % 5},{day}\n" for day in range(300)]
    Path("drugs.csv").write_text("subject,intervention,start_day\n" + "".join(drugs))

    assert streamed("--at", "nadir") == in_memory("--at", "nadir")


def test_an_omop_folder_and_database_give_the_same_bytes(folder, in_process):
    Path("omop").mkdir()
    Path("omop/concept.csv").write_text("concept_id,concept_name\n3020460,CRP\n8751,mg/L\n19,anakinra\n")
    Path("omop/measurement.csv").write_text(
        "person_id,measurement_concept_id,measurement_date,measurement_datetime,operator_concept_id,"
        "value_as_number,unit_concept_id,unit_source_value,range_low,range_high,measurement_source_value\n"
        "1,3020460,2020-01-01,2020-01-01 08:15:00,,50,8751,,0,5,crp\n"
        "1,3020460,2020-01-09,,4171756,5,8751,mg/L,0,5,crp\n"
        "2,0,2020-01-09,,,7,,,,,other test\n"
        "2,3020460,2020-01-03,,,70,8751,,,,crp\n"
    )
    Path("omop/drug_exposure.csv").write_text(
        "person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date\n1,19,2020-01-02,\n2,19,2020-01-04,\n"
    )
    Path("drugs.csv").write_text("subject,intervention,start\n1,anakinra,2020-01-02\n2,anakinra,2020-01-04\n")
    with duckdb.connect("omop.duckdb") as connection:
        for name in ("concept", "measurement", "drug_exposure"):
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM 'omop/{name}.csv'")

    expected = in_memory(labs="omop")

    assert streamed(labs="omop") == expected
    assert streamed(labs="omop.duckdb") == in_memory(labs="omop.duckdb") == expected
    assert streamed(labs="omop", drugs="omop") == in_memory(labs="omop", drugs="omop")


@pytest.mark.parametrize("option", [["--schema", "adam"], ["--datapackage"]])
def test_what_describes_the_whole_output_is_refused_by_name(folder, option):
    assert "is no stream; use --engine pandas" in summarize(*option)[0].output


def test_small_labs_are_read_into_memory_and_rejects_call_for_a_stream(folder, in_process, monkeypatch):
    called = []
    whole = engine.run
    monkeypatch.setattr(engine, "run", lambda *arguments: called.append(1) or whole(*arguments))

    summarize(by="auto")
    assert not called
    summarize("--rejects", "bad.csv", by="auto")
    summarize(labs="l*s.csv", by="auto")
    assert len(called) == 2
    result, _ = summarize("--memory", "2GB", by="pandas")
    assert "--memory is of --engine stream" in result.output
    result, _ = summarize(out="out.md")
    assert "markdown cannot be written as a stream" in result.output


def test_values_in_what_seems_another_unit_are_asked_about_over_all_batches(folder, in_process, monkeypatch):
    monkeypatch.setattr(resources, "share", lambda _: resources.Resources(2, 2))
    rows = [f"{name},Hb,2020-01-{day:02},{60 + day},g/dL\n" for day in range(1, 9) for name in "ba"]
    Path("labs.csv").write_text(HEADER + "".join(rows))
    Path("drugs.csv").write_text(DRUGS)

    said, asked = (summarize(by=engine)[0].output for engine in ("pandas", "stream"))

    assert "is Hb really in 'g/dL'? 61 (line 2) and 15 more would be beyond" in asked
    assert "; in g/L none would be" in asked
    assert asked == said


def test_an_error_in_a_batch_names_the_file_of_its_row(folder, in_process):
    Path("parts").mkdir()
    Path("parts/1.csv").write_text(LABS)
    Path("parts/2.csv").write_text(HEADER + "b,CRP,2020-01-05,4,mg/L\n")
    Path("drugs.csv").write_text("subject,intervention,start\nb,anakinra,2020-01-05T08:15\n")

    result, found = summarize("--same-day", "exclude", labs="parts")

    assert found is None
    assert "CRP (parts/2.csv, line 2) has only a date" in result.output


def test_day_numbers_are_not_compared_with_dates(folder, in_process):
    Path("labs.csv").write_text("subject,marker,day,value\nb,CRP,1,5\na,CRP,3,6\n")

    result, found = summarize()

    assert found is None
    assert "the labs have day numbers but the interventions have dates" in result.output


def test_details_have_the_types_of_the_other_engine_in_parquet(folder, in_process):
    rows = "".join(f"b,CRP,2020-01-{day:02},{day},mg/L\n" for day in range(1, 10))
    Path("labs.csv").write_text(HEADER + rows)
    Path("drugs.csv").write_text(DRUGS.rpartition("a,")[0])

    found = {by: summarize("--details", out="out.parquet", by=by)[1] for by in ("stream", "pandas")}

    assert found["stream"]
    assert found["stream"] == found["pandas"]


def test_rows_of_no_time_count_in_a_note(folder, in_process):
    Path("labs.csv").write_text(LABS + "b,CRP,,4,mg/L\n,,,,\n")

    result, _ = summarize()

    assert "1 of 8 rows have no value and were not used" in result.output
    assert "1 value has no time" in result.output


def test_a_batch_of_whole_subjects_has_the_rows_of_the_whole(folder):
    Path("labs.csv").write_text(
        "".join(line for line in LABS.splitlines(True) if "crp" not in line and ",," not in line)
    )
    series = read_series("labs.csv")
    drugs = read_interventions("drugs.csv", series)
    whole = analyze(series, drugs, Analysis())

    parts = [
        plain(
            to_frame(
                changes_of(
                    values_of(series[series["subject"] == name]),
                    treat(drugs, DEFAULT_RULES, exact=False),
                    Analysis(),
                    ranged=False,
                )
            )
        )
        for name in ("a", "b")
    ]

    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)


def test_a_batch_knows_what_only_other_batches_show(folder):
    Path("labs.csv").write_text(
        "subject,marker,day,value,reference_high\na,CRP,1,5,\na,CRP,3,6,\nb,CRP,1.5,7,5\n"
    )
    Path("drugs.csv").write_text("subject,intervention,start_day\na,x,1\nb,x,1\n")
    series = read_series("labs.csv")
    drugs = read_interventions("drugs.csv", series)
    whole = analyze(series, drugs, Analysis())

    own = values_of(series[series["subject"] == "a"])
    found = changes_of(own, treat(drugs, DEFAULT_RULES, exact=True), Analysis(), ranged=True)
    part = plain(to_frame(found))

    pd.testing.assert_frame_equal(part, whole[whole["subject"] == "a"], check_dtype=False)


@pytest.mark.parametrize(
    ("text", "size"), [("2GB", 2_000_000_000), ("800mb", 800_000_000), ("0.5 G", 500_000_000)]
)
def test_memory_is_read_in_units_of_a_thousand(text, size):
    assert resources.parse_memory(text) == size


def test_more_memory_gives_larger_batches_or_more_processes_and_never_none():
    small, large = resources.share(300_000_000, 8), resources.share(8_000_000_000, 8)
    assert (small.workers, large.workers) == (1, 8)
    assert resources.FEWEST_ROWS <= small.most_rows <= large.most_rows <= resources.MOST_ROWS
    assert large.n_files(20_000_000) == 100


@pytest.mark.skipif(not pool.FORKS, reason="labs are read by one process here")
def test_a_part_that_cannot_be_read_ends_the_processes_that_read_others_and_leaves_nothing(
    folder, monkeypatch
):
    Path("parts").mkdir()
    for number in range(3):
        Path(f"parts/{number}.csv").write_text(LABS)
    monkeypatch.setattr(sources, "ROWS_OF_A_PART", 1)
    monkeypatch.setattr(resources, "share", lambda _: resources.Resources(3, 100))

    def deal(task, form, read, into, *_):
        if into.name == "0":
            time.sleep(1)  # seconds, in which the others begin
            raise HlhcliError("parts/0.csv: is damaged")
        while True:  # as a process that deals rows without end
            into.mkdir(parents=True, exist_ok=True)
            (into / "rows").write_bytes(b"." * 1_000_000)

    monkeypatch.setattr(intake.Task, "deal", deal)

    result, found = summarize(labs="parts")

    assert found is None
    assert "parts/0.csv: is damaged" in result.output
    assert not list(Path("scratch").iterdir())
    assert not multiprocessing.active_children()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX signals")
def test_ctrl_c_ends_at_once_says_what_was_done_and_leaves_the_old_output(folder):
    Path("out.csv").write_text("old")
    Path("labs.csv").write_text(HEADER + "b,CRP,2020-01-09,4,mg/L\n" * 20 + "a,CRP,2020-01-09,4,mg/L\n")
    slow = (
        "import time, sys; from hlhcli.stream import engine; whole = engine.take_in\n"
        "def take_in(*a):\n    found = whole(*a); print('reading', flush=True); time.sleep(60); return found\n"
        "engine.take_in = take_in; from hlhcli.cli import app\n"
        "app(['summarize', 'labs.csv', '--interventions', 'drugs.csv', '-o', 'out.csv', '--engine', 'stream'])"
    )
    environment = {
        **os.environ,
        "TMPDIR": str(folder / "scratch"),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    child = subprocess.Popen(
        [sys.executable, "-c", slow],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environment,
    )
    assert child.stdout is not None
    child.stdout.readline()
    begin = time.monotonic()
    os.killpg(child.pid, signal.SIGINT)
    _, words = child.communicate(timeout=20)

    assert time.monotonic() - begin < 10
    assert child.returncode == 130
    assert "stopped: 21 rows were read, none analyzed; out.csv was not written" in words
    assert Path("out.csv").read_text() == "old"
    assert list((folder / "scratch").iterdir()) == []
    assert {path.name for path in folder.iterdir()} == {"scratch", "labs.csv", "drugs.csv", "out.csv"}


def test_too_many_different_texts_are_refused(folder, in_process, monkeypatch):
    monkeypatch.setattr(findings, "MOST_COMBINATIONS", 3)

    assert "more than 3 different combinations" in summarize()[0].output
