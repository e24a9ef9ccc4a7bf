"""Round trips: what is written in each format and read again is what was there."""

import csv
import io
import json
import re
import warnings
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
import pandas as pd
import pytest
from builders import interventions as make_interventions
from builders import series as make_series
from hypothesis import HealthCheck, event, given, settings
from typer.testing import CliRunner

from hlhcli.builtin import TABLE1_EVENTS
from hlhcli.cli import app
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.frames import INTERVENTIONS, SERIES
from hlhcli.readers import read_interventions, read_series
from hlhcli.writers import BESIDE, FOLDERS, MAIN, write_files
from hlhcli.writers.adam import LABELS

LIBRARIES = {"xlsx": "openpyxl", "parquet": "pyarrow", "xpt": "pyreadstat"}
TARGETS = ("tidy", "adam", "fhir", "omop", "xlsx", "parquet", "xpt")
CALENDAR_ONLY = ("fhir", "omop")
NO_PLACEMENT = ("omop",)
COMPARED = [
    "subject",
    "marker",
    "time",
    "value",
    "bound",
    "unit",
    "reference_low",
    "reference_high",
    "placement",
]


def need(target):
    if target in LIBRARIES:
        pytest.importorskip(LIBRARIES[target], reason=f"needs the extra {target}")


def store(folder, target, series, drugs=None):
    """Write the files of a format and return the paths of the labs and of the interventions."""
    choices = {"offset": "+01:00"} if target == "fhir" else {}
    files = write_files(target, series, drugs, **choices)
    suffix = {"fhir": "json", "tidy": "csv", "adam": "csv", "wide": "csv"}.get(target, target)
    if target in FOLDERS:
        (folder / "cdm").mkdir(exist_ok=True)
        for name, content in files.items():
            (folder / "cdm" / name).write_bytes(content)
        return folder / "cdm", folder / "cdm"
    for name, content in files.items():
        (folder / f"out{name}.{suffix}").write_bytes(content)
    beside = BESIDE if BESIDE in files else MAIN
    return folder / f"out{MAIN}.{suffix}", folder / f"out{beside}.{suffix}"


def quietly(read, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        return read(*arguments)


NUMBERS = st.floats(min_value=1e-60, max_value=1e60) | st.integers(0, 10**9).map(float)
VALUES = NUMBERS | NUMBERS.map(lambda value: -value) | st.none()
NAMES = st.sampled_from(["Ferritin", "=1+1", "NA", "C-reaktives Protein, µ", 'a "b", c', "None"])
DATES = st.datetimes(datetime(1900, 3, 1), datetime(2100, 1, 1))
CALENDAR = DATES | DATES.map(lambda time: datetime(time.year, time.month, time.day))
DAYS = st.floats(-9999, 9999).map(lambda day: round(day, 6) + 0.0)


@st.composite
def tables(draw, times):
    size = draw(st.integers(1, 8))

    def column(cells):
        return draw(st.lists(cells, min_size=size, max_size=size))

    units = {"Ferritin": "ng/mL", "NA": "mmol/L", "None": ""}
    markers, given_times, values = column(NAMES), column(times), column(VALUES)
    bounds = [
        bound if value is not None else ""
        for bound, value in zip(column(st.sampled_from(["", "<", ">"])), values, strict=True)
    ]
    frame = pd.DataFrame(
        {
            "subject": column(st.sampled_from(["7", "12"])),
            "marker": markers,
            "time": given_times,
            "value": pd.Series(values, dtype="float64"),
            "bound": bounds,
            "unit": [units.get(marker, "%") for marker in markers],
            "reference_low": pd.Series(column(st.none() | NUMBERS), dtype="float64"),
            "reference_high": pd.Series(column(st.none() | NUMBERS), dtype="float64"),
            "placement": column(st.sampled_from(["", "printed", "inferred"])),
            "row": range(2, size + 2),
        }
    )
    text = dict.fromkeys(("subject", "marker", "bound", "unit", "placement"), "str")
    kind = "datetime64[us]" if isinstance(given_times[0], datetime) else "float64"
    return frame.astype(text | {"time": kind})[list(SERIES)]


def assert_same(found, expected, columns=COMPARED):
    pd.testing.assert_frame_equal(found[columns], expected[columns], check_exact=True)


def only_present(frame):
    """Unit and range of the rows that have a value."""
    present = frame["value"].notna()
    ranges = {name: frame[name].where(present) for name in ("reference_low", "reference_high")}
    return frame.assign(unit=frame["unit"].where(present, ""), **ranges)


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=tables(CALENDAR))
def test_every_value_limit_unit_time_and_range_survives_a_round_trip(tmp_path, target, series):
    need(target)
    if target in NO_PLACEMENT:
        series = series.assign(placement=pd.Series([""] * len(series), dtype="str"))

    labs, _ = store(tmp_path, target, series)
    found = quietly(read_series, labs)

    if target == "fhir":  # a unit and a range belong to a quantity there, and an absent value has none
        series, found = map(only_present, (series, found))
    assert_same(found, series)


@pytest.mark.parametrize("target", [target for target in TARGETS if target not in CALENDAR_ONLY])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=tables(DAYS))
def test_day_numbers_survive_a_round_trip(tmp_path, target, series):
    need(target)

    labs, _ = store(tmp_path, target, series)

    assert_same(quietly(read_series, labs), series)


def one_value_to_a_cell(frame):
    """The table with one value for each marker and time, and one range for each marker."""
    marker = ["subject", "marker"]
    ranges = frame.drop_duplicates(marker).set_index(marker)[["reference_low", "reference_high"]]
    once = frame.dropna(subset="value").drop_duplicates([*marker, "time"])
    return once.drop(columns=list(ranges)).join(ranges, on=marker)[list(SERIES)]


def filled_cells(frame):
    """The rows that have a value, in one order; the same cell twice is one cell."""
    rows = frame.dropna(subset="value").drop_duplicates(COMPARED)
    return rows.sort_values(["subject", "marker", "time", "value", "bound"]).reset_index(drop=True)


def wide_round_trip(folder, series):
    labs, _ = store(folder, "wide", series)
    assert_same(filled_cells(quietly(read_series, labs)), filled_cells(series))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=tables(CALENDAR) | tables(DAYS))
def test_a_wide_table_with_one_value_to_a_cell_survives_a_round_trip(tmp_path, series):
    series = one_value_to_a_cell(series.assign(placement=pd.Series([""] * len(series), dtype="str")))
    if len(series):
        wide_round_trip(tmp_path, series)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=tables(CALENDAR) | tables(DAYS))
def test_any_other_wide_table_survives_a_round_trip_or_is_refused_by_name(tmp_path, series):
    try:
        files = write_files("wide", series, None)
    except HlhcliError as error:
        refusal = str(error)
        event(refusal.partition(",")[0])
    else:
        refusal = ""
        wide_round_trip(tmp_path, series)
        assert list(files) == [MAIN]
    assert re.match("$|a wide table (has no place for|holds one (value|reference range))", refusal)


@pytest.mark.parametrize("target", TARGETS)
def test_interventions_survive_a_round_trip(tmp_path, target):
    need(target)
    series = make_series([("2020-01-01", 5.0)], subject="7")
    drugs = make_interventions(
        [("anakinra", "2020-01-02", "2020-01-09"), ("etoposide", "2020-01-03T08:15")],
        subject="7",
        dose=["100 mg", ""],
        route=["SC", ""],
    )

    labs, beside = store(tmp_path, target, series, drugs)
    found = quietly(read_interventions, beside, quietly(read_series, labs))

    pd.testing.assert_frame_equal(found[list(INTERVENTIONS)], drugs, check_dtype=False)


@pytest.mark.parametrize("target", ["tidy", "adam", "xlsx", "parquet", "xpt"])
def test_interventions_by_day_number_survive_a_round_trip(tmp_path, target):
    need(target)
    series = make_series([(0, 5.0)], subject="7")
    drugs = make_interventions([("anakinra", 0.0, 7.5), ("etoposide", 1.0)], subject="7", note="as charted")

    labs, beside = store(tmp_path, target, series, drugs)
    found = quietly(read_interventions, beside, quietly(read_series, labs))

    pd.testing.assert_frame_equal(found[list(INTERVENTIONS)], drugs, check_dtype=False)


def test_a_wide_table_has_markers_down_and_times_across():
    times = [("2020-01-01", 5.0), ("2020-01-03", 40000.0)]
    series = pd.concat(
        [
            make_series(times, marker="Ferritin", bound=["", ">"], unit="ng/mL", reference_high=300.0),
            make_series(times[1:], marker="CRP", unit="mg/L"),
        ],
        ignore_index=True,
    )

    table = write_files("wide", series, None)[MAIN].decode()

    assert table == (
        "marker,unit,reference_high,2020-01-01,2020-01-03\nFerritin,ng/mL,300,5,>40000\nCRP,mg/L,,,40000\n"
    )


@settings(max_examples=20, deadline=None)
@given(series=tables(CALENDAR))
def test_a_wide_table_holds_each_value_in_its_cell_or_is_refused(series):
    series = series.assign(placement=pd.Series([""] * len(series), dtype="str"))
    try:
        content = write_files("wide", series, None)[MAIN].decode()
    except HlhcliError as error:
        event(str(error).partition(",")[0])
        return

    cells = {}
    for row in csv.DictReader(io.StringIO(content)):
        heads = ("subject", "marker", "unit", "reference_low", "reference_high")
        key = (row["subject"], row["marker"])
        cells |= {
            (*key, pd.Timestamp(time)): text for time, text in row.items() if time not in heads and text
        }
    filled = series.dropna(subset="value")
    expected = {
        (row.subject, row.marker, row.time): row.bound + repr(row.value + 0.0).removesuffix(".0")
        for row in filled.itertuples()
    }
    assert cells == expected


@pytest.mark.parametrize(
    ("target", "columns", "message"),
    [
        ("wide", {"placement": "inferred"}, "a wide table has no place for the placement of 1 rows"),
        (
            "omop",
            {"placement": "inferred"},
            "omop has no place for the placement of 1 rows; leave it out: --drop",
        ),
        ("fhir", {"subject": "Clint Champlin"}, "fhir cannot hold the subject 'Clint Champlin'"),
        (
            "fhir",
            {"time": pd.Timestamp("2020-01-01T08:00")},
            "2020-01-01T08:00:00 has none; say it: --utc-offset",
        ),
        ("fhir", {"time": 3.0}, "fhir holds dates, and these times are day numbers"),
        ("omop", {"time": 3.0}, "omop holds dates, and these times are day numbers"),
        ("xpt", {"marker": "x" * 201}, "xpt holds texts of 200 bytes, and PARAM has 'xxx"),
        ("xpt", {"value": 1e75}, "xpt cannot hold a number of this size in AVAL"),
        ("xlsx", {"marker": "a\x07b"}, "xlsx cannot hold the control character in the text 'a\\x07b'"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_by_name(target, columns, message):
    need(target)

    with pytest.raises(HlhcliError) as error:
        write_files(target, make_series([("2020-01-01", 5.0)]).assign(**columns), None)

    assert message in str(error.value)


def test_a_value_that_is_a_limit_is_no_number_in_adam():
    series = make_series([("2020-01-01", 40000.0)], bound=">")

    (row,) = csv.DictReader(io.StringIO(write_files("adam", series, None)[MAIN].decode()))

    assert (row["AVAL"], row["AVALC"], row["PARAMCD"]) == ("", ">40000", "DDIMER")


def test_two_names_that_would_share_a_code_get_none():
    series = make_series([("2020-01-01", 1.0), ("2020-01-01", 2.0)], marker=["D-dimer FEU", "D-dimer DDU"])

    rows = csv.DictReader(io.StringIO(write_files("adam", series, None)[MAIN].decode()))

    assert [row["PARAMCD"] for row in rows] == ["", ""]


def test_names_and_labels_fit_a_transport_file():
    assert all(len(name) <= 8 and len(label) <= 40 for name, label in LABELS.items())


def test_a_bundle_says_nothing_that_the_input_did_not():
    series = make_series([("2020-01-01", float("nan"))], marker="Ferritin")

    (entry,) = json.loads(write_files("fhir", series, None)[MAIN])["entry"]

    resource = entry["resource"]
    assert resource["status"] == "unknown"
    assert "coding" not in resource["code"]
    assert "subject" not in resource
    assert resource["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="hlhcli")


@pytest.mark.parametrize(
    "name", ["case.csv", "case.tsv", "case.json", "case.xlsx", "case.parquet", "case.xpt"]
)
def test_the_built_in_case_has_the_same_changes_in_every_format(tmp_path, monkeypatch, name):
    need(name.partition(".")[2])
    monkeypatch.chdir(tmp_path)

    written = run("convert", "-o", name)
    beside = name.replace(".", "-interventions.")
    drugs = beside if Path(beside).exists() else name

    assert written.exit_code == 0
    assert f"wrote {name}" in written.stderr
    again = run("summarize", name, "--interventions", drugs, "--events", str(TABLE1_EVENTS))
    assert again.stdout == run("summarize").stdout


def test_omop_is_a_new_folder_and_what_it_cannot_hold_is_left_out_only_when_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    refused = run("convert", "--to", "omop", "-o", "cdm")
    written = run("convert", "--to", "omop", "-o", "cdm", "--drop", "placement", "--drop", "note")
    again = run("convert", "--to", "omop", "-o", "cdm", "--drop", "placement", "--drop", "note")

    assert (refused.exit_code, written.exit_code, again.exit_code) == (1, 0, 1)
    assert sorted(path.name for path in Path("cdm").iterdir()) == [
        "CONCEPT.csv",
        "DRUG_EXPOSURE.csv",
        "MEASUREMENT.csv",
        "PERSON.csv",
    ]
    assert "cdm: holds files already; name a new folder" in again.stderr


def test_standard_output_takes_the_labs_and_says_that_the_interventions_are_not_there():
    result = run("convert", "--marker", "ferritin")

    assert result.stdout == "marker,time,value,unit,placement\nFerritin,2004-11-25,2440,ng/mL,text\n"
    assert "the interventions are not written to standard output; add -o OUT" in result.stderr


def test_an_unknown_suffix_asks_for_the_format(tmp_path):
    assert "no format is known by this suffix" in run("convert", "-o", tmp_path / "labs.sav").stderr


def test_doses_that_follow_one_another_are_one_course_when_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start = datetime(2020, 1, 2)
    doses = "".join(f"anakinra,{(start + timedelta(days=day)).date()}\n" for day in (0, 1, 2, 30))
    Path("labs.csv").write_text("marker,time,value,unit\nCRP,2020-01-01,50,mg/L\nCRP,2020-02-05,5,mg/L\n")
    Path("drugs.csv").write_text("intervention,start\n" + doses)

    result = run("convert", "labs.csv", "--interventions", "drugs.csv", "--course-gap", "3d", "-o", "out.csv")

    assert result.exit_code == 0
    assert Path("out-interventions.csv").read_text() == (
        "intervention,start,stop\nanakinra,2020-01-02,2020-01-04\nanakinra,2020-02-01,\n"
    )
