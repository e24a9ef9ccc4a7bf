"""Inputs other than delimited text: what is read, what is noted and what is refused."""

import gzip
import io
import json
import sys
import warnings
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from hlhcli.errors import DataNote, HlhcliError
from hlhcli.readers import read_interventions, read_series
from hlhcli.readers.formats import detect
from hlhcli.readers.source import Content
from hlhcli.reading import ReadingOptions

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the real inputs (../shared/data) are not here")
TEXT = "marker,time,value,unit\nCRP,2020-01-01,>40,mg/L\n"


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Write a file into an empty folder, from text, bytes or JSON, and return its name."""
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        if not isinstance(content, str | bytes):
            content = json.dumps(content)
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write


def refusal(source, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        with pytest.raises(HlhcliError) as error:
            read_series(source, options=ReadingOptions(**options))
    return str(error.value)


def noted(read, *arguments, **options):
    """What reading returns, and the notes beside it."""
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", DataNote)
        frame = read(*arguments, **options)
    return frame, [str(note.message) for note in notes]


def test_zstd_is_read_whatever_the_name_and_in_several_frames(put):
    zstandard = pytest.importorskip("zstandard", reason="needs the extra zstd")
    first, second = TEXT[:30].encode(), TEXT[30:].encode()

    series = read_series(put("labs.csv", zstandard.compress(first) + zstandard.compress(second)))

    assert series["value"].tolist() == [40.0]


def test_a_zstd_file_that_was_cut_short_is_refused(put):
    zstandard = pytest.importorskip("zstandard", reason="needs the extra zstd")

    assert refusal(put("a.zst", zstandard.compress(TEXT.encode())[:-4])) == (
        "a.zst: the zstd file is damaged or cut short; copy it again"
    )


@pytest.mark.parametrize(
    ("module", "content", "extra"),
    [
        ("zstandard", b"\x28\xb5\x2f\xfd....", "zstd"),
        ("pyarrow.parquet", b"PAR1....", "parquet"),
        ("pyreadstat", b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", "xpt"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(put, monkeypatch, module, content, extra):
    monkeypatch.setitem(sys.modules, module, None)

    assert refusal(put("labs", content)).endswith(f"add it: pip install 'hlhcli[{extra}]'")


def workbook(sheets, change=None):
    openpyxl = pytest.importorskip("openpyxl", reason="needs the extra xlsx")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


LABS = [["marker", "time", "value", "unit"], ["CRP", datetime(2020, 1, 1, 8, 15), 5.25, "mg/L"]]
DRUGS = [["intervention", "start"], ["anakinra", datetime(2020, 1, 2)]]


def test_cells_of_a_workbook_are_read_as_the_sheet_shows_them(put):
    series = read_series(put("labs.xlsx", workbook({"Sheet1": LABS, "Sheet2": []})))

    assert series["time"].tolist() == [pd.Timestamp("2020-01-01T08:15")]
    assert series["value"].tolist() == [5.25]
    assert series["row"].tolist() == [2]


def test_labs_and_interventions_are_found_on_the_sheets_of_these_names(put):
    book = put("case.xlsx", workbook({"Interventions": DRUGS, "Labs": LABS, "Other": LABS}))

    series = read_series(book)
    drugs = read_interventions(book, series)

    assert series["marker"].tolist() == ["CRP"]
    assert drugs["intervention"].tolist() == ["anakinra"]


def test_several_sheets_without_a_telling_name_need_a_choice(put):
    book = put("case.xlsx", workbook({"Day": LABS, "Night": LABS}))

    assert refusal(book) == (
        "case.xlsx: has 2 sheets ('Day', 'Night'); say which holds the labs: --sheet NAME"
    )
    assert (
        refusal(book, sheet="Nigth") == "case.xlsx: no sheet 'Nigth'; did you mean 'Night'? known: Day, Night"
    )
    assert len(read_series(book, options=ReadingOptions(sheet="night"))) == 1


def test_a_merged_cell_counts_for_all_its_rows_and_a_title_is_passed_over(put):
    def merge(book):
        book["S"].merge_cells("A1:D1")
        book["S"].merge_cells("A3:A4")

    rows = [["Laboratory values of patient 1"], *LABS, [None, datetime(2020, 1, 2), 6, "mg/L"]]

    series = read_series(put("labs.xlsx", workbook({"S": rows}, merge)))

    assert series["marker"].tolist() == ["CRP", "CRP"]
    assert series["row"].tolist() == [3, 4]


def test_a_percentage_keeps_its_sign_so_that_it_is_not_taken_for_a_fraction(put):
    def format_cell(book):
        book["S"]["C2"].number_format = "0.0%"

    rows = [LABS[0], ["HbA1c", datetime(2020, 1, 1), 0.065, ""]]
    book = put("labs.xlsx", workbook({"S": rows}, format_cell))

    row = read_series(book).iloc[0]
    assert (row["value"], row["unit"]) == (6.5, "%")


def test_a_formula_without_a_saved_result_is_refused_and_not_an_empty_cell(put):
    rows = [LABS[0], ["CRP", datetime(2020, 1, 1), "=2+3", "mg/L"]]

    assert refusal(put("labs.xlsx", workbook({"S": rows}))).startswith(
        "labs.xlsx: sheet 'S', cell C2: the result of a formula was never saved"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"...", "is an old or encrypted Excel file; save it as .xlsx"),
        (b"PAR1 and then nothing", "the Parquet file is damaged or cut short"),
        (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", "the transport file cannot be read"),
        (b'{"resourceType": "Bundle", "entry": [', "is not JSON"),
        (b'{"labs": []}', "is JSON but not FHIR: no resourceType; expected a Bundle or NDJSON"),
        (b'{"resourceType": "Bundle"}', "has no resources, but no Observation; expected laboratory results"),
    ],
)
def test_damaged_and_foreign_files_are_refused_by_name(put, content, message):
    for library in ("pyarrow", "pyreadstat"):
        pytest.importorskip(library, reason="needs the extras parquet and xpt")

    assert refusal(put("labs", content)).startswith("labs: ")
    assert message in refusal("labs")


def test_typed_columns_of_parquet_are_read_and_a_limit_in_its_own_column_stays_a_limit(put):
    pytest.importorskip("pyarrow", reason="needs the extra parquet")
    frame = pd.DataFrame(
        {
            "marker": ["CRP", "CRP"],
            "time": pd.to_datetime(["2020-01-01T00:00", "2020-01-02T08:00"]),
            "value": [40000.0, None],
            "bound": [">", None],
            "unit": ["mg/L", "mg/L"],
        }
    )
    content = io.BytesIO()
    frame.to_parquet(content)

    series, notes = noted(read_series, put("labs", content.getvalue()))

    assert series["bound"].tolist() == [">", ""]
    assert series["value"].tolist()[0] == 40000.0
    assert notes == ["labs: 1 of 2 rows have no value and were not used"]


def observation(value=None, *, name="Ferritin", time="2020-01-01", subject="p1", **more):
    quantity = {} if value is None else {"valueQuantity": {"value": value, "unit": "ng/mL"}}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": name},
        "subject": {"reference": f"Patient/{subject}"},
        "effectiveDateTime": time,
        **quantity,
        **more,
    }


def bundle(*resources):
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def test_an_observation_gives_its_value_limit_unit_range_and_place_in_the_bundle(put):
    quantity = {"value": 40000, "comparator": ">", "code": "ng/mL"}
    ranges = [
        {"low": {"value": 10, "unit": "ng/mL"}, "high": {"value": 300, "unit": "ng/mL"}},
        {"text": "see the manual"},
        {"type": {"coding": [{"code": "critical"}]}, "high": {"value": 9000}},
    ]
    source = put(
        "a.json",
        bundle({"resourceType": "Patient"}, observation(valueQuantity=quantity, referenceRange=ranges)),
    )

    (row,) = read_series(source).to_dict("records")

    assert (row["value"], row["bound"], row["unit"]) == (40000.0, ">", "ng/mL")
    assert (row["reference_low"], row["reference_high"]) == (10.0, 300.0)
    assert (row["subject"], row["row"]) == ("p1", 2)


def test_a_range_in_another_unit_than_the_value_is_not_taken(put):
    ranges = [{"high": {"value": 0.3, "unit": "mg/L"}}]

    (high,) = read_series(put("a.json", bundle(observation(5, referenceRange=ranges))))["reference_high"]

    assert pd.isna(high)


def test_every_component_with_a_quantity_is_a_marker_of_its_own(put):
    parts = [
        {"code": {"text": name}, "valueQuantity": {"value": value}}
        for name, value in (("IgG", 9), ("IgM", 1))
    ]

    series = read_series(put("a.json", bundle(observation(name="Immunoglobulins", component=parts))))

    assert dict(zip(series["marker"], series["value"], strict=True)) == {"IgG": 9.0, "IgM": 1.0}


def test_what_is_no_usable_laboratory_result_is_counted_in_notes(put):
    laboratory = {"category": [{"coding": [{"code": "laboratory"}]}]}
    vital = {"category": [{"coding": [{"code": "vital-signs"}]}]}
    source = put(
        "a.json",
        bundle(
            observation(5, **laboratory),
            observation(6, **laboratory, **{"status": "entered-in-error"}),
            observation(**laboratory, valueCodeableConcept={"text": "Positive"}),
            observation(**laboratory, dataAbsentReason={"text": "not performed"}),
            observation(7, **laboratory, time=None),
            observation(37, name="Body temperature", **vital),
        ),
    )

    series, notes = noted(read_series, source)

    assert series["value"].dropna().tolist() == [5.0]
    assert notes == [
        "a.json: 1 of 6 results are withdrawn and were not used",
        "a.json: 1 observations are not laboratory results (vital-signs) and were not used",
        "a.json: 1 of 4 results are codes or words and were not used",
        "a.json: 1 of 3 results are without a time and were not used",
        "a.json: 1 of 2 rows have no value and were not used",
    ]


def test_a_limit_that_was_sent_as_a_string_stays_a_limit(put):
    (bound,) = read_series(put("a.json", bundle(observation(valueString="<0.17"))))["bound"]

    assert bound == "<"


def test_two_codes_of_one_name_stay_two_markers(put):
    codes = [{"coding": [{"code": code}], "text": "Glucose"} for code in ("2339-0", "5792-7")]

    series = read_series(put("a.json", bundle(observation(1, code=codes[0]), observation(2, code=codes[1]))))

    assert series["marker"].tolist() == ["Glucose (2339-0)", "Glucose (5792-7)"]


def test_ndjson_and_a_folder_of_files_hold_several_patients(put):
    lines = [json.dumps(observation(value, subject=name)) for value, name in ((1, "p1"), (2, "p2"))]
    put("export/Observation.ndjson", "\n".join(lines) + "\n")
    put("export/Patient.ndjson.gz", gzip.compress(b'{"resourceType": "Patient", "id": "p1"}\n'))

    assert read_series("export/Observation.ndjson")["subject"].tolist() == ["p1", "p2"]
    assert read_series("export")["subject"].tolist() == ["p1", "p2"]


def test_offsets_that_change_with_the_season_are_dropped_with_a_note(put):
    times = ("2011-01-19T05:00:00-07:00", "2011-07-18T06:00:00-06:00")

    series, notes = noted(read_series, put("a.json", bundle(*(observation(1, time=time) for time in times))))

    assert series["time"].dt.hour.tolist() == [5, 6]
    assert notes == ["a.json: the offset from UTC changes with the season (daylight saving time); dropped"]


@pytest.mark.parametrize(
    "times",
    [
        ("2011-01-19T05:00:00-07:00", "2011-01-20T06:00:00-06:00"),
        ("2011-01-19T05:00:00", "2011-01-20T06:00:00Z"),
        ("2011-01-19T05:00:00+02:00", "2011-07-20T06:00:00Z"),
    ],
)
def test_times_of_one_patient_on_several_clocks_are_refused(put, times):
    source = put("a.json", bundle(*(observation(1, time=time) for time in times)))

    message = refusal(source)

    assert "times of one patient are in several time zones" in message
    assert f"entry 2: p1: {times[1]}" in message


def test_patients_may_each_have_their_own_offset(put):
    pairs = (("p1", "2011-01-19T05:00:00-07:00"), ("p2", "2011-01-19T05:00:00Z"))
    source = put("a.json", bundle(*(observation(1, subject=name, time=time) for name, time in pairs)))

    assert read_series(source)["time"].dt.hour.tolist() == [5, 5]


def medication(kind, name, start, **more):
    field = "authoredOn" if kind == "MedicationRequest" else "effectiveDateTime"
    drug = {"medicationCodeableConcept": {"coding": [{"code": "72435"}], "text": name}}
    subject = {"reference": "Patient/p1"}
    return {"resourceType": kind, "status": "completed", "subject": subject, field: start, **drug, **more}


def test_what_was_given_stands_before_what_was_ordered(put):
    dosage = {"dose": {"value": 100, "unit": "mg"}, "route": {"text": "SC"}}
    source = put(
        "a.json",
        bundle(
            observation(5),
            medication("MedicationRequest", "anakinra", "2020-01-01"),
            medication("MedicationAdministration", "anakinra", "2020-01-02", dosage=dosage),
            medication("MedicationRequest", "etoposide", "2020-01-03"),
            medication("MedicationAdministration", "ruxolitinib", "2020-01-03", status="not-done"),
        ),
    )

    drugs, notes = noted(read_interventions, source, read_series(source))

    assert drugs["intervention"].tolist() == ["anakinra", "etoposide"]
    assert drugs["start"].dt.day.tolist() == [2, 3]
    assert drugs[["dose", "route"]].iloc[0].tolist() == ["100 mg", "SC"]
    assert notes == ["a.json: 1 starts are the time of the order, not of the first dose"]


@pytest.mark.parametrize("wanted", ["anakinra", "ANAKINRA", "72435"])
def test_a_drug_is_chosen_by_part_of_its_name_or_by_its_code(put, wanted):
    other = {"medicationCodeableConcept": {"text": "etoposide"}}
    source = put(
        "a.json",
        bundle(
            observation(5),
            medication("MedicationAdministration", "Anakinra 100 MG", "2020-01-02"),
            medication("MedicationAdministration", "", "2020-01-02", **other),
        ),
    )

    drugs = read_interventions(source, read_series(source), options=ReadingOptions(drugs=(wanted,)))

    assert drugs["intervention"].tolist() == ["Anakinra 100 MG"]


def test_a_drug_that_the_record_does_not_have_is_refused_with_the_nearest(put):
    source = put(
        "a.json", bundle(observation(5), medication("MedicationAdministration", "anakinra", "2020-01-02"))
    )

    with pytest.raises(HlhcliError, match="no drug 'anakirna'; did you mean 'anakinra'"):
        read_interventions(source, read_series(source), options=ReadingOptions(drugs=("anakirna",)))


def test_drugs_on_another_clock_than_the_results_are_refused(put):
    source = put(
        "a.json",
        bundle(
            observation(5, time="2020-01-01T08:00:00-05:00"),
            medication("MedicationAdministration", "anakinra", "2020-01-02T08:00:00Z"),
        ),
    )

    with pytest.raises(HlhcliError, match="several time zones"):
        read_interventions(source, read_series(source))


@needs_shared
def test_the_bundle_of_a_patient_equals_its_flat_copy():
    series, notes = noted(read_series, SHARED / "fhir" / "champlin.json")
    flat = read_series(SHARED / "fhir" / "champlin-labs-flat.csv", ReadingOptions(columns={"marker": "name"}))

    columns = ["marker", "time", "value", "bound", "unit"]
    pd.testing.assert_frame_equal(series[columns], flat[columns])
    assert len(set(series["subject"])) == 1
    assert notes[0].endswith(
        "42 observations are not laboratory results (survey, vital-signs) and were not used"
    )


@needs_shared
def test_the_medications_of_a_patient_equal_their_flat_copy():
    bundle_file = SHARED / "fhir" / "champlin.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        drugs = read_interventions(bundle_file, read_series(bundle_file))
    flat = pd.read_csv(SHARED / "fhir" / "champlin-meds-flat.csv", dtype=str)

    assert drugs["intervention"].tolist() == flat["name"].tolist()
    assert [start.isoformat() for start in drugs["start"]] == [date[:19] for date in flat["date"]]


@needs_shared
def test_the_dstu2_chart_is_refused_because_one_baby_has_times_with_and_without_a_zone():
    message = refusal(SHARED / "fhir" / "bilirubin-dstu2.json")

    assert "only some of them name one" in message
    assert "BILIBABY5: 2016-02-28T13:45:00.000Z" in message
    assert "BILIBABY4" not in message


def test_a_dstu2_chart_with_one_clock_is_read_though_its_values_are_strings(put):
    category = {"coding": [{"code": "procedure"}]}
    source = put(
        "a.json", bundle(observation("9.7", category=category), observation("7.0", time="2019-12-31"))
    )

    assert read_series(source)["value"].tolist() == [9.7, 7.0]


CONCEPT = "concept_id,concept_name\n3001122,Ferritin\n8842,ng/mL\n4171754,<=\n19014878,anakinra\n"
MEASUREMENT = (
    "person_id,measurement_concept_id,measurement_date,measurement_datetime,operator_concept_id,"
    "value_as_number,unit_concept_id,unit_source_value,range_low,range_high,measurement_source_value\n"
)
MEASURED = MEASUREMENT + (
    "1,3001122,2020-01-01,2020-01-01 00:00:00,4172704,40000,8842,,10,300,\n"
    "1,3001122,2020-01-02,2020-01-02 08:00:00,4171756,5,8842,n/a,,,\n"
    "1,3001122,2020-01-03,,4171754,6,0,ng/mL,,,\n"
    "2,0,2020-01-03,,0,,0,,,,local test\n"
)
EXPOSED = (
    "person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_start_datetime,drug_exposure_end_date,drug_source_value\n"
    "1,19014878,2020-01-01,2020-01-01 00:00:00,2020-01-03,72435\n"
)


def test_omop_is_read_with_the_names_of_concept_and_the_operators_the_right_way_round(put):
    put("cdm/MEASUREMENT.csv", MEASURED)
    put("cdm/concept.csv", CONCEPT)
    put("cdm/DRUG_EXPOSURE.csv.gz", gzip.compress(EXPOSED.encode()))

    series, notes = noted(read_series, "cdm")
    drugs = read_interventions("cdm", series)

    assert series["marker"].tolist() == ["Ferritin", "Ferritin", "Ferritin", "local test"]
    assert series["bound"].tolist() == [">", "<", "<", ""]
    assert series["unit"].tolist() == ["ng/mL", "ng/mL", "ng/mL", ""]
    assert series["reference_high"].tolist()[0] == 300.0
    assert series["time"].tolist()[1] == pd.Timestamp("2020-01-02T08:00")
    assert notes == ["cdm, MEASUREMENT: 1 of 4 rows have no value and were not used"]
    assert drugs["intervention"].tolist() == ["anakinra"]
    assert drugs["stop"].tolist() == [pd.Timestamp("2020-01-03")]


@pytest.mark.parametrize(
    ("measurement", "concept", "message"),
    [
        (MEASURED, None, "cdm: has no CONCEPT table"),
        (
            MEASURED,
            "concept_id,concept_name\n4171754,<=\n",
            "CONCEPT has no row for 1 measurement concepts (3001122",
        ),
        (MEASUREMENT + "1,3001122,2020-01-01,,8842,1,0,,,,\n", CONCEPT, "has the operator 8842 ('ng/mL')"),
        ("person_id,value\n1,2\n", CONCEPT, "MEASUREMENT has no column measurement_concept_id"),
    ],
)
def test_an_incomplete_extract_is_refused(put, measurement, concept, message):
    put("cdm/MEASUREMENT.csv", measurement)
    if concept:
        put("cdm/CONCEPT.csv", concept)

    assert message in refusal("cdm")


def test_one_table_of_omop_alone_is_refused_since_its_markers_have_no_names(put):
    assert "give its folder" in refusal(put("MEASUREMENT.csv", MEASURED))
    assert "give one of those" in refusal("MEASUREMENT.csv", file_format="omop")


def test_a_duckdb_file_is_read_as_the_folder_is(put, tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="needs the extra omop")
    put("cdm/MEASUREMENT.csv", MEASURED)
    put("cdm/CONCEPT.csv", CONCEPT)
    with duckdb.connect("cdm.duckdb") as database:
        database.execute("CREATE SCHEMA omop")
        for table in ("MEASUREMENT", "CONCEPT"):
            database.execute(f"CREATE TABLE omop.{table} AS SELECT * FROM 'cdm/{table}.csv'")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        pd.testing.assert_frame_equal(read_series("cdm.duckdb"), read_series("cdm"))


def test_a_duckdb_file_whose_table_is_damaged_is_refused(put):
    duckdb = pytest.importorskip("duckdb", reason="needs the extra omop")
    put("m.csv", MEASUREMENT + "1,3001122,2020-01-01,,0,1,0,,,,\n" * 50)
    with duckdb.connect("cdm.duckdb") as database:
        database.execute("CREATE TABLE measurement AS SELECT * FROM 'm.csv'")
    content = bytearray(Path("cdm.duckdb").read_bytes())
    place = content.rindex(b"3001122") if b"3001122" in content else len(content) // 2
    content[place] ^= 1

    message = refusal(put("cdm.duckdb", bytes(content)))

    assert message.startswith("cdm.duckdb: the database cannot be read (")


@needs_shared
def test_the_synthetic_omop_extract_is_read_with_its_holes_counted():
    series, notes = noted(read_series, SHARED / "omop")

    assert len(series) == 10_040
    assert any("933 of 10040 rows have no value and were not used" in note for note in notes)
    assert (series["unit"] == "").sum() == 908
    assert series.duplicated(["subject", "marker", "time"]).sum() == 25
    drugs, notes = noted(
        read_interventions, SHARED / "omop", series, options=ReadingOptions(drugs=("314076",))
    )
    assert set(drugs["intervention"]) == {"lisinopril 10 MG Oral Tablet"}
    assert "--course-gap" in notes[0]


ADLB = "USUBJID,PARAMCD,PARAM,ADT,ADTM,ADY,AVAL,AVALC,ANRLO,ANRHI,DTYPE\n"


def test_adlb_gives_limits_units_of_param_and_the_most_exact_time(put):
    source = put(
        "adlb.csv",
        ADLB
        + "S-1,ALT,Alanine Aminotransferase (U/L),2014-01-02,2014-01-02T08:15:00,1,27,27,6,34,\n"
        + "S-1,BILI,Bilirubin (umol/L),2014-01-02,,1,,<3.42,3,21,\n"
        + "S-1,ALT,Alanine Aminotransferase (U/L),2014-01-02,,1,99,99,6,34,MAXIMUM\n"
        + "S-1,GLUCU,Glucose in Urine,2014-01-02,,1,,NEGATIVE,,,\n",
    )

    series, notes = noted(read_series, source)

    assert series["unit"].tolist() == ["U/L", "umol/L"]
    assert list(zip(series["bound"], series["value"], strict=True)) == [("", 27.0), ("<", 3.42)]
    assert series["time"].tolist() == [pd.Timestamp("2014-01-02T08:15"), pd.Timestamp("2014-01-02")]
    assert series["reference_high"].tolist() == [34.0, 21.0]
    assert notes == [
        "adlb.csv: 1 rows hold a word, not a number (NEGATIVE), and were not used",
        "adlb.csv: 1 derived rows (DTYPE) were not used",
    ]


def test_study_days_are_moved_so_that_day_0_exists(put):
    days = put(
        "adlb.csv", "USUBJID,PARAMCD,ADY,AVAL,AVALU\nS-1,ALT,-1,1,U/L\nS-1,ALT,1,2,U/L\nS-1,ALT,2,3,U/L\n"
    )

    assert read_series(days)["time"].tolist() == [-1.0, 0.0, 1.0]


def test_a_study_day_0_is_refused(put):
    days = put("adlb.csv", "USUBJID,PARAMCD,ADY,AVAL,AVALU\nS-1,ALT,0,1,U/L\n")

    assert "without a day 0 in CDISC" in refusal(days)
    assert "line 2: study day '0'" in refusal(days)


def test_sas_dates_that_lost_their_format_count_from_1960(put):
    source = put("adlb.csv", "USUBJID,PARAMCD,ADT,AVAL,AVALU\nS-1,ALT,19725,1,U/L\n")

    assert read_series(source)["time"].tolist() == [pd.Timestamp("2014-01-02")]


def test_lb_and_ex_of_sdtm_are_labs_and_interventions(put):
    labs = put(
        "lb.csv", "USUBJID,LBTESTCD,LBDTC,LBSTRESC,LBSTRESN,LBSTRESU\nS-1,ALT,2014-01-02T08:15,<5,,U/L\n"
    )
    exposure = put(
        "ex.csv",
        "USUBJID,EXTRT,EXDOSE,EXDOSU,EXROUTE,EXSTDTC,EXENDTC\n"
        "S-1,XANOMELINE,54,mg,TRANSDERMAL,2014-01-02,2014-01-16\n"
        "S-1,XANOMELINE,81,mg,TRANSDERMAL,2014-01-17,2014-06-18\n",
    )

    series = read_series(labs)
    drugs = read_interventions(exposure, series)

    assert series["bound"].tolist() == ["<"]
    assert drugs["dose"].tolist() == ["54 mg", "81 mg"]
    assert drugs["stop"].dt.day.tolist() == [16, 18]


def test_adlb_is_also_a_table_of_its_treatments_each_once(put):
    row = "S-1,ALT,2014-01-0{},1,U/L,PLACEBO,2014-01-01,2014-02-01\n"
    source = put(
        "adlb.csv",
        "USUBJID,PARAMCD,ADT,AVAL,AVALU,TRTA,TRTSDT,TRTEDT\n" + "".join(row.format(day) for day in (1, 2, 3)),
    )

    drugs = read_interventions(source, read_series(source))

    assert drugs["intervention"].tolist() == ["PLACEBO"]


def test_a_transport_file_is_read_like_the_same_table_in_csv(put, tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat", reason="needs the extra xpt")
    frame = pd.DataFrame(
        {
            "USUBJID": ["S-1", "S-1"],
            "LBTESTCD": ["ALT", "ALT"],
            "LBDTC": ["2014-01-02T08:15", "2014-01-03"],
            "LBSTRESC": ["0.3", "<5"],
            "LBSTRESN": [0.1 + 0.2, None],
            "LBSTRESU": ["U/L", "U/L"],
        }
    )
    pyreadstat.write_xport(frame, "lb.xpt", table_name="LB")
    frame.to_csv("lb.csv", index=False)

    pd.testing.assert_frame_equal(
        read_series("lb.xpt").drop(columns="row"), read_series("lb.csv").drop(columns="row")
    )


def test_the_format_can_be_named_where_content_would_mislead(put):
    source = put("labs.csv", "USUBJID,PARAMCD,ADY,AVAL,AVALU\nS-1,ALT,1,2,U/L\n")

    named = read_series(source, ReadingOptions(columns={"day": "ADY"}, file_format="csv"))

    assert named["time"].tolist() == [1.0]


def test_text_that_begins_with_a_bracket_is_not_taken_for_json():
    assert detect(Content("a", b"[marker],[time]\nCRP,1\n")) == "csv"
    assert detect(Content("a", b'\xef\xbb\xbf { "resourceType": 1 }')) == "fhir"


@pytest.mark.parametrize(
    "broken",
    [
        {"status": ["final"]},
        {"subject": "p1"},
        {"component": [None, 5]},
        {"valueQuantity": [1]},
        {"referenceRange": {"low": 3}},
        {"category": {"coding": {"code": []}}},
        {"effectivePeriod": "2020"},
        {"note": "text"},
    ],
)
def test_a_resource_of_the_wrong_shape_gives_no_traceback(put, broken):
    source = put("a.json", bundle(observation(5), observation(6) | broken, None, {"resourceType": 3}))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        assert 5.0 in read_series(source)["value"].tolist()


def test_an_observation_that_names_no_test_is_refused(put):
    assert "entry 1, column 'marker': the marker is missing" in refusal(
        put("a.json", bundle(observation(5, code=[None])))
    )


def test_options_of_other_formats_are_refused_and_not_passed_over(put):
    labs, drugs = put("labs.csv", TEXT), put("drugs.csv", "intervention,start\nanakinra,2020-01-01\n")

    assert (
        refusal(labs, sheet="Labs") == "labs.csv: is no Excel workbook and has no sheets; leave out --sheet"
    )
    with pytest.raises(HlhcliError, match="--drug chooses in FHIR and OMOP records; here use --intervention"):
        read_interventions(drugs, read_series(labs), options=ReadingOptions(drugs=("anakinra",)))
