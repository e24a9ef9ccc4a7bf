"""Wide tables: told apart by content, and the same series as the tidy table of the same cells."""

import pandas as pd
import pytest

from hlhcli.errors import DataNote, HlhcliError
from hlhcli.readers.delimited import read_table
from hlhcli.readers.labs import to_series, understand
from hlhcli.readers.source import Text
from hlhcli.reading import ReadingOptions

DOWN = "test,unit,reference range,Day 1,Day 3\nFerritin,ng/mL,20–300,9000,1200\nPLT,10^9/L,>150,45,\n"
ACROSS = "day,Ferritin (ng/mL),PLT (10^9/L)\n1,9000,45\n3,1200,\n"


def table(text):
    return read_table(Text("labs.csv", text))


def series(text, **options):
    return to_series(table(text), ReadingOptions(**options))


def refusal(text, **options):
    with pytest.raises(HlhcliError) as error:
        series(text, **options)
    return str(error.value)


def cells(frame):
    used = frame[frame["value"].notna()]
    return sorted(zip(used["marker"], used["time"], used["value"], used["unit"], strict=True))


def test_both_wide_layouts_hold_the_same_cells_as_the_tidy_one():
    tidy = "test,day,value,unit\nFerritin,1,9000,ng/mL\nFerritin,3,1200,ng/mL\nPLT,1,45,10^9/L\n"

    assert cells(series(DOWN)) == cells(series(ACROSS)) == cells(series(tidy))


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (DOWN, "markers-down"),
        (ACROSS, "times-down"),
        ("Date,2020-01-01,2020-01-02\nFerritin,5,6\n", "markers-down"),
        ("Test,CRP,WBC\n2020-01-01,5,6\n2020-01-02,5,6\n", "times-down"),
        ("marker,1,2\nCRP,5,6\n", "markers-down"),
        ("marker,Admission,Discharge\nCRP,5,6\n", "markers-down"),
        ("Visit,CRP,WBC\nAdmission,5,6\n", "times-down"),
        ("marker,date,value\nCRP,2020-01-01,5\n", "tidy"),
    ],
)
def test_the_layout_is_told_by_headings_and_cells(text, layout):
    times = {"Admission": "0", "Discharge": "9"}

    assert understand(table(text), ReadingOptions(times=times)).layout == layout


def test_times_in_both_places_are_refused_until_the_layout_is_stated():
    text = "x,Day 1,Day 2\nDay 1,5,6\nDay 2,7,8\n"

    assert refusal(text) == (
        "labs.csv: times stand in the headings and down a column; "
        "say which counts: --layout markers-down or --layout times-down"
    )
    assert series(text, layout="markers-down")["marker"].unique().tolist() == ["Day 1", "Day 2"]
    assert series(text, layout="times-down")["marker"].unique().tolist() == ["Day 1", "Day 2"]


def test_bare_numbers_under_a_heading_of_their_own_are_not_taken_for_days():
    text = "id,CRP,WBC\n1,5,6\n2,7,8\n"

    assert refusal(text) == "labs.csv: column 'id' holds numbers; if they are days, say so: --column day=id"
    assert series(text, columns={"day": "id"})["time"].tolist() == [1, 2, 1, 2]
    assert refusal("foo,bar\n1,2\n").startswith("labs.csv: no column for marker")


@pytest.mark.parametrize("unit", ["mg/L{FEU}", "10*3/uL", "U/mL", "×10⁹/l", "[IU]/L"])
def test_a_unit_in_a_heading_is_split_off_in_any_known_spelling(unit):
    frame = series(f"Date,D-dimer ({unit})\n2020-01-01,5\n")

    assert frame[["marker", "unit"]].to_numpy().tolist() == [["D-dimer", unit]]


@pytest.mark.parametrize(
    ("heading", "marker", "unit"),
    [
        ("CRP mg/L", "CRP", "mg/L"),
        ("Platelets x 10^9/L", "Platelets", "x 10^9/L"),
        ("D-dimer ug/mL FEU", "D-dimer", "ug/mL FEU"),
        ("PT/INR", "PT/INR", ""),
        ("Zonulin ng/mL", "Zonulin ng/mL", ""),
    ],
)
def test_a_unit_behind_the_name_of_a_known_marker_is_split_off(heading, marker, unit):
    frame = series(f"Date,{heading}\n2020-01-01,5\n")

    assert frame[["marker", "unit"]].to_numpy().tolist() == [[marker, unit]]


@pytest.mark.parametrize("name", ["Normal", "Ref", "Reference values", "NORMAL RANGE"])
def test_a_column_of_ranges_is_known_by_its_usual_names(name):
    frame = series(f"Test,{name},Day 1\nHb,12-15,8.2\n")

    assert frame[["reference_low", "reference_high"]].to_numpy().tolist() == [[12, 15]]


@pytest.mark.parametrize("label", ["", "Unit", "units"])
def test_units_and_ranges_may_stand_in_rows_of_their_own(label):
    text = f"Date,Hb,CRP\n{label},g/dL,mg/L\n2020-01-01,8.2,210\nNormal,12-15,<5\n"

    frame = series(text)

    assert cells(frame) == cells(series("Date,Hb (g/dL),CRP (mg/L)\n2020-01-01,8.2,210\n"))
    assert frame["reference_low"].tolist()[0] == 12
    assert frame["reference_high"].tolist() == [15, 5]


def test_a_row_without_a_time_that_holds_results_is_listed():
    labs = understand(table("Date,Hb\n,8.2\n2020-01-01,9\n"))

    assert [str(cell) for cell in labs.unused] == ["line 2, column 'Hb': '8.2' has no time"]


@pytest.mark.parametrize("title", ["Patient 1", "Patient 1,,", "\n\nPatient 1\nJanuary\n"])
def test_lines_above_the_header_that_hold_one_text_are_a_title(title):
    text = f"{title}\nDate,Hb,CRP\n2020-01-01,8.2,210\n"

    assert series(text)[["marker", "row"]].to_numpy().tolist() == [
        ["Hb", text.count("\n")],
        ["CRP", text.count("\n")],
    ]


def test_a_header_whose_first_cell_is_empty_is_no_title():
    assert cells(series(",Day 1\nCRP,5\n")) == [("CRP", 1, 5, "")]


def test_a_heading_between_rows_is_no_marker():
    assert series(",Day 0,Day 2\nChemistry,,\nCRP,5,6\n")["marker"].unique().tolist() == ["CRP"]


def test_each_value_keeps_the_line_of_its_cell_and_the_limits_of_its_row():
    frame = series(DOWN)

    assert frame["row"].tolist() == [2, 2, 3, 3]
    assert frame["reference_low"].tolist() == [20, 20, 150, 150]
    assert frame["reference_high"].tolist()[:2] == [300, 300]


def test_a_bad_cell_is_named_by_line_and_column():
    assert refusal(DOWN.replace("1200", "12oo")) == (
        "labs.csv: 1 cell cannot be read\n  line 2, column 'Day 3': '12oo' is not a number"
    )


def test_labels_that_are_no_time_are_named_with_the_option_that_gives_them_one():
    text = DOWN.replace("Day 3", "Previous visit")

    assert refusal(text) == (
        "labs.csv: 1 cell cannot be read\n  line 1: 'Previous visit' is no time\n"
        'give a label its day or date, or nothing to leave it out: --time "Previous visit=…"'
    )
    assert series(text, times={"previous  VISIT": "-30"})["time"].unique().tolist() == [1, -30]


def test_a_label_can_be_left_out_and_its_values_are_counted():
    with pytest.warns(
        DataNote, match="1 value has a time that is left out; `hlhcli check labs.csv` lists them"
    ):
        frame = series(DOWN, times={"Day 3": ""})

    assert frame["time"].unique().tolist() == [1]


@pytest.mark.parametrize(
    ("labels", "times"),
    [
        (("Day 1", "D2"), [1, 2]),
        (("d+3", "day -1"), [3, -1]),
        (("HD 1", "Hospital Day 12"), [1, 12]),
        (("2nd hospital day", "3rd hospital day"), [2, 3]),
    ],
)
def test_days_are_read_in_the_ways_people_write_them(labels, times):
    frame = series(f"marker,{labels[0]},{labels[1]}\nCRP,5,6\n")

    assert frame["time"].tolist() == times


@pytest.mark.parametrize(
    "label", ["RIPE Day 14", "Day-7", "48 h after tocilizumab", "Day 7 of therapy", "POD 3"]
)
def test_days_that_may_count_from_elsewhere_are_refused(label):
    assert f"'{label}' " in refusal(f"marker,Day 1,{label}\nCRP,5,6\n")


def test_days_of_two_counts_are_not_mixed():
    assert "'HD 3' counts hospital days, while others count days" in refusal("marker,Day 1,HD 3\nCRP,5,6\n")


def test_dates_without_a_year_need_it():
    text = "marker,28th Feb,3rd Jun\nCRP,5,6\n"

    assert "line 1: '28th Feb' has no year; say which: --year YYYY" in refusal(text)
    assert series(text, year=2019)["time"].tolist() == [
        pd.Timestamp("2019-02-28"),
        pd.Timestamp("2019-06-03"),
    ]


def test_dates_without_a_year_that_go_over_a_new_year_need_their_own():
    text = "marker,28 Dec,3 Jan\nCRP,5,6\n"

    assert "'3 Jan' has no year, and the dates go over a New Year" in refusal(text, year=2019)
    assert series(text, year=2019, times={"3 Jan": "2020-01-03"})["time"].max() == pd.Timestamp("2020-01-03")


def test_the_unit_of_a_cell_is_split_off_and_must_be_that_of_its_row():
    text = 'marker,unit,Day 1,Day 2\nPlt,,"35,000 /uL","25,000 /uL"\n'
    frame = series(text)

    assert (frame["value"].tolist(), frame["unit"].unique().tolist()) == ([35000, 25000], ["/uL"])
    assert "has another unit than its row ('K/uL')" in refusal(text.replace("Plt,", "Plt,K/uL"))


def test_a_word_for_no_number_leaves_the_marker_its_unit():
    with pytest.warns(DataNote, match=r"1 cell holds no usable number \(1 × 'Not sent'\)"):
        frame = series("marker,Day 1,Day 2\nFibrinogen,Not sent,69 mg/dL\n")

    assert frame["unit"].tolist() == ["mg/dL", "mg/dL"]


def test_remarks_are_passed_over():
    assert series("date,CRP,Notes\n2020-01-01,5,much better on day 3\n")["marker"].unique().tolist() == [
        "CRP"
    ]


def test_two_spellings_of_one_marker_are_brought_together():
    with pytest.warns(DataNote, match="'Hemoglobin' and 'Hgb' are one marker, called 'Hgb' here"):
        frame = series("marker,day,value,unit\nHgb,1,9,g/dL\nHemoglobin,2,8,g/dL\n")

    assert frame["marker"].tolist() == ["Hgb", "Hgb"]


def test_a_share_is_another_marker_than_the_count():
    frame = series("marker,day,value,unit\nANC,1,2,10^9/L\nNeutrophils,1,70,%\n")

    assert frame["marker"].tolist() == ["ANC", "Neutrophils"]


def test_words_of_a_marker_without_numbers_are_not_errors():
    with pytest.warns(DataNote, match="2 cells hold no usable number"):
        frame = series("marker,day,value\nColor,1,straw\nColor,2,amber\nCRP,1,5\n")

    assert frame["value"].notna().sum() == 1
    assert "'straw' is not a number" in refusal("marker,day,value\nCRP,1,straw\nCRP,2,6\n")


def test_a_file_without_any_number_is_refused():
    assert refusal("marker,day,value\nCRP,1,nd\n") == (
        "labs.csv: no cell of column 'value' holds a number; say which column does: --column value=NAME"
    )


def test_values_without_a_time_are_left_out_and_counted():
    with pytest.warns(DataNote, match="1 value has no time"):
        frame = series("marker,day,value\nCRP,1,5\nCRP,,6\n")

    assert frame["value"].tolist() == [5]


def test_dates_and_clocks_in_two_columns_are_joined():
    frame = series("marker,date,time,value\nCRP,2020-01-01,8:15 PM,5\nCRP,2020-01-02,,6\n")

    assert frame["time"].tolist() == [pd.Timestamp("2020-01-01T20:15"), pd.Timestamp("2020-01-02")]


def test_summer_and_winter_offsets_keep_the_clock_and_are_named():
    text = "marker,time,value\nCRP,2020-07-01T08:00-04:00,5\nCRP,2020-12-01T08:00-05:00,6\n"
    with pytest.warns(DataNote, match="times have the offsets -04:00 and -05:00; clocks are kept as written"):
        frame = series(text)

    assert frame["time"].dt.hour.tolist() == [8, 8]
    assert "in another time zone" in refusal(text.replace("-05:00", "Z"))


def test_a_decimal_comma_is_reported():
    with pytest.warns(
        DataNote, match=r"commas were read as decimal marks: line 2, column 'value': '9,6' is read as 9.6"
    ):
        series("marker;day;value\nCRP;1;9,6\n")
