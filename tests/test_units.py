"""Units: every spelling means one unit, every factor has a source, and nothing is converted by guess."""

import csv
import math
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import interventions, series
from hypothesis import given
from hypothesis import strategies as st

from hlhcli import facts, markers
from hlhcli.changes import changes
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.readers import read_series
from hlhcli.units import (
    accepted_units,
    belongs,
    bring_to_one_unit,
    conversions,
    factor,
    find_unit,
    known_units,
    note_implausible,
    parse_assumed,
    to_unit,
)
from hlhcli.units.plausible import plausible_limits
from hlhcli.units.spellings import reduce_unit, spellings

PROJECT = Path(__file__).parents[1]
SHARED = Path(__file__).parents[2] / "shared" / "data"
NEVER = [
    ("d-dimer", "mg/L FEU", "mg/L DDU"),
    ("d-dimer", "mg/L FEU", "mg/L"),
    ("d-dimer", "ng/mL", "ng/mL DDU"),
    ("sCD25", "U/mL", "pg/mL"),
    ("sCD25", "U/mL", "ng/L"),
    ("PT", "s", "%"),
]


def in_units(*pairs, marker="WBC", **columns):
    """One value per (value, unit) pair, one day apart."""
    frame = series([(float(day), value) for day, (value, _) in enumerate(pairs, 1)], marker=marker, **columns)
    return frame.assign(unit=[unit for _, unit in pairs]).astype({"unit": "str"})


def quietly(frame, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        return bring_to_one_unit(frame, **options)


def refusal(frame, **options):
    with pytest.raises(HlhcliError) as error:
        quietly(frame, **options)
    return str(error.value)


def notes(function, *arguments, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataNote)
        function(*arguments, **options)
    return [str(warning.message) for warning in caught]


# How units are written


def test_no_spelling_belongs_to_two_units():
    meant = {}
    for unit in known_units():
        for text in spellings(unit):
            meant.setdefault(reduce_unit(text), set()).add(unit)

    assert [text for text, units in meant.items() if len(units) > 1] == []


def test_every_listed_spelling_finds_its_unit():
    assert [(t, u) for u in known_units() for t in spellings(u) if find_unit(t) != u] == []


@pytest.mark.parametrize(
    ("unit", "texts"),
    [
        ("10^9/L", "×10⁹/l|10*9/L|10^9/L|G/L|G/l|GI/L|x10^9/L|x 10E9/L|109/L|10⁹ cells/L|10**9/L"),
        (
            "10^3/µL",
            "K/µL|K/μl|K/uL|k/uL|10^3/mcL|10*3/uL|thou/uL|THOU/uL|× 1000 cells/µL|× 103/μL|103/µL|10³/mm³|"
            "× 1000 platelets/µL|K/mcL|K/cu mm|x10(3)/mcL",
        ),
        ("/µL", "/mm3|/mm³|cells/uL|cells/mm^3|per µL|cells per µL|/mcL|/cumm|/uL"),
        ("mg/dL", "mg/dl|MG/DL|mg%|mg / dL"),
        ("µg/L", "μg/l|µg/L|ug/L|mcg/L|UG/L"),
        ("mg/L FEU", "mg/L FEU|mg/L{FEU}|mg/L (FEU)|mg FEU/L|mg/l FEU"),
        ("ng/mL DDU", "ng/mL DDU|ng/mL{DDU}|ng/ml D-DU"),
        ("µmol/L", "umol/L|µmol/l|mcmol/L|UMOL/L"),
        ("s", "s|sec|seconds|SEC|sec."),
        ("mm/h", "mm/hr|mm/h|mm/1h|MM/HR|mm in 1 h"),
    ],
)
def test_the_ways_people_write_a_unit_are_one_unit(unit, texts):
    assert {text: find_unit(text) for text in texts.split("|")} == dict.fromkeys(texts.split("|"), unit)


def test_both_micro_signs_are_the_same_letter():
    assert find_unit("\u00b5g/L") == find_unit("\u03bcg/L") == "µg/L"


@pytest.mark.parametrize(
    "text", ["10^9/µL", "1012/L", "90/L", "kelvin/µL", "gauss/L", "x", "furlong", "mg", "M/uL"]
)
def test_what_is_not_in_the_table_is_no_unit(text):
    assert find_unit(text) is None


def test_giga_per_liter_and_gram_per_liter_are_told_apart_by_the_letter_and_else_by_the_marker():
    assert (find_unit("G/L"), find_unit("g/L")) == ("10^9/L", "g/L")
    assert (belongs("Hb", "G/L"), belongs("fibrinogen", "G/l"), belongs("Plt", "g/l")) == (
        "g/L",
        "g/L",
        "10^9/L",
    )


def test_ten_to_the_ninth_per_liter_is_never_ninety_per_liter():
    assert to_unit("WBC", 5.0, "10*9/L", "/µL") == 5000


# The table of conversions


def test_every_marker_has_units_and_every_unit_of_it_is_in_the_table():
    known = set(known_units())

    assert [m.name for m in markers.markers() if not accepted_units(m.name)] == []
    assert [(m.name, u) for m in markers.markers() for u in accepted_units(m.name) if u not in known] == []


def test_every_conversion_has_a_source_and_a_confidence_and_is_between_units_of_its_marker():
    assert [c for c in conversions() if not c.source or c.confidence not in ("H", "M")] == []
    assert [c for c in conversions() if not {c.start, c.end} <= set(accepted_units(c.marker))] == []


def test_there_is_never_more_than_one_way_from_a_unit_to_another():
    """A second way could give a second factor: as many conversions as a tree has branches."""
    for marker in markers.markers():
        units = accepted_units(marker.name)
        groups = {tuple(end for end in units if factor(marker.name, unit, end)) for unit in units}
        edges = [c for c in conversions() if c.marker == marker.name]

        assert len(edges) == len(units) - len(groups), marker.name


@pytest.mark.parametrize(
    ("marker", "value", "start", "end", "expected"),
    [
        ("Hb", 9.2, "g/dL", "mmol/L", 5.71),  # HScore
        ("Hb", 90, "g/L", "mmol/L", 5.59),  # HLH-2004 in SI units
        ("fibrinogen", 150, "mg/dL", "µmol/L", 4.41),
        ("fibrinogen", 360, "mg/dL", "µmol/L", 10.58),  # MAS 2016, not 10.58 g/L
        ("fibrinogen", 360, "mg/dL", "g/L", 3.6),
        ("AST", 48, "U/L", "µkat/L", 0.80),
        ("ferritin", 500, "ng/mL", "pmol/L", 1123.5),
        ("TG", 156, "mg/dL", "mmol/L", 1.76),
        ("TG", 265, "mg/dL", "mmol/L", 2.99),  # below 3.0: thresholds are compared in their own unit
        ("TG", 132.7, "mg/dL", "mmol/L", 1.498),  # below 1.5
        ("CRP", 3.5, "mg/dL", "mg/L", 35),
        ("albumin", 2.8, "g/dL", "g/L", 28),
        ("sodium", 138, "mEq/L", "mmol/L", 138),
        ("troponin t", 0.04, "ng/mL", "ng/L", 40),
        ("platelets", 0.45, "lakh/mm3", "10^9/L", 45),
        ("platelets", 4.5, "10^4/µL", "10^9/L", 45),
    ],
)
def test_published_pairs_of_numbers_are_met(marker, value, start, end, expected):
    digits = len(str(float(expected)).split(".")[1])

    assert round(float(to_unit(marker, value, start, end)), digits) == expected


def test_an_edge_stays_on_its_side_when_it_is_converted():
    assert to_unit("TG", 265.0, "mg/dL", "mmol/L") == 2.99185
    assert to_unit("Hb", 8.0, "g/dL", "mmol/L") == 4.9648


def test_powers_of_ten_leave_no_binary_dust():
    values = np.array([2600.0, 1400.0, 7100.0, 100.0, 3.0])

    assert to_unit("WBC", values, "/µL", "10^9/L").tolist() == [2.6, 1.4, 7.1, 0.1, 0.003]
    assert to_unit("ferritin", 1.0, "ng/mL", "µg/L") == 1.0
    assert to_unit("D-dimer", 1247.0, "ng/mL FEU", "µg/mL FEU") == 1.247


def test_missing_stays_missing():
    assert math.isnan(to_unit("WBC", math.nan, "/µL", "10^9/L"))


@given(
    st.sampled_from([(c.marker, c.start, c.end) for c in conversions()]),
    st.integers(1, 10**6),
    st.integers(-4, 2),
)
def test_there_and_back_is_where_one_began(pair, digits, power):
    marker, start, end = pair
    value = float(f"{digits}e{power}")

    assert to_unit(marker, to_unit(marker, value, start, end), end, start) == pytest.approx(value, rel=1e-11)
    assert factor(marker, start, end) * factor(marker, end, start) == Fraction(1)


@pytest.mark.parametrize(("marker", "start", "end"), NEVER)
def test_units_of_different_assays_are_never_converted(marker, start, end):
    with pytest.raises(HlhcliError, match="never converted"):
        to_unit(marker, 1.0, start, end)


def test_a_unit_that_does_not_belong_to_the_marker_is_refused_with_those_that_do():
    with pytest.raises(HlhcliError, match=r"ferritin: 'nmol/L' is not a unit of it.*ng/mL, µg/L, pmol/L"):
        to_unit("ferritin", 34.08, "nmol/L", "ng/mL")
    with pytest.raises(HlhcliError, match="not in the table"):
        to_unit("potassium", 4.0, "mEq/L", "mmol/L")


@given(st.text(max_size=12))
def test_any_text_is_a_unit_or_none_and_never_an_error(text):
    assert find_unit(text) in (None, *known_units())


@given(st.data(), st.integers(1, 10**6))
def test_two_units_in_one_file_give_one_value_or_a_refusal(data, number):
    marker = data.draw(st.sampled_from([marker.name for marker in markers.markers()]))
    one, other = (data.draw(st.sampled_from(accepted_units(marker))) for _ in range(2))
    by = factor(marker, one, other)
    frame = in_units((number / 100, one), (float(by or 1) * number / 100, other), marker=marker)

    if by is None:
        assert "line 3" in refusal(frame)
    else:
        first, second = quietly(frame)["value"]
        assert second == pytest.approx(first, rel=1e-11)


# One unit per marker


def test_a_series_without_rows_or_values_passes():
    empty = in_units((5.0, "mg/L")).iloc[:0]

    assert len(quietly(empty)) == 0
    assert notes(bring_to_one_unit, in_units((math.nan, "x"), (math.nan, "y"))) == []


def test_what_differs_is_brought_to_the_unit_of_the_first_row():
    frame = in_units((2600, "/µL"), (3.1, "10^9/L"), (8.2, "K/uL"))

    result = quietly(frame)

    assert result["value"].tolist() == [2600, 3100, 8200]
    assert set(result["unit"]) == {"/µL"}
    assert frame["unit"].tolist() == ["/µL", "10^9/L", "K/uL"]  # the argument is as it was


def test_the_reference_range_is_converted_and_the_bound_stays():
    frame = in_units((4.0, "g/dL"), (0.9, "mmol/L"), marker="Hb", reference_low=[12.0, 7.45], bound=["", "<"])

    result = quietly(frame, units="si")

    assert result["value"].tolist() == [40, 14.5020947470]
    assert result["reference_low"].tolist() == [120, 120.045117628]
    assert result["bound"].tolist() == ["", "<"]


def test_spellings_of_one_unit_are_no_conversion_and_no_note():
    frame = in_units((5.0, "mg/dL"), (6.0, "mg/dl"), (7.0, "MG/DL"), marker="fibrinogen")

    assert notes(bring_to_one_unit, frame) == []
    assert quietly(frame)["unit"].tolist() == ["mg/dL"] * 3


def test_a_conversion_is_said():
    frame = in_units((2600, "/µL"), (3.1, "10^9/L"), (3.2, "10^9/L"))

    assert notes(bring_to_one_unit, frame) == [
        "units: converted: WBC from '10^9/L' to '/µL' (2 values, × 1000)"
    ]


def test_one_spelling_that_nobody_knows_runs_as_it_is():
    frame = in_units((5.0, "blobs"), (6.0, "blobs"), marker="zinc")

    assert notes(bring_to_one_unit, frame) == []
    assert quietly(frame).equals(frame)


def test_one_unit_that_is_not_the_markers_runs_as_it_is_and_is_named():
    frame = in_units((34.08, "nmol/L"), (17.91, "nmol/L"), marker="Ferritin")

    assert notes(bring_to_one_unit, frame) == [
        "units: a unit that is not known for its marker, used as it is: Ferritin in 'nmol/L' (line 2)"
    ]
    assert quietly(frame).equals(frame)


def test_a_marker_that_the_table_does_not_know_may_differ_in_spelling_only():
    assert quietly(in_units((4.0, "mEq/L"), (5.0, "meq/l"), marker="K"))["unit"].tolist() == ["mEq/L"] * 2
    assert "never converted" in refusal(in_units((4.0, "mEq/L"), (5.0, "mmol/L"), marker="K"))
    assert "never converted" in refusal(in_units((4.0, "G/L"), (5.0, "g/L"), marker="zinc"))


@pytest.mark.parametrize(("marker", "start", "end"), NEVER)
def test_a_file_that_mixes_assays_is_refused(marker, start, end):
    message = refusal(in_units((1.0, start), (2.0, end), marker=marker))

    assert f"line 3: {marker} in '{end}' beside '{start}'" in message


def test_all_units_that_cannot_be_brought_together_are_named_at_once():
    ferritin = in_units((1.0, "ng/mL"), (2.0, "nmol/L"), marker="Ferritin")
    d_dimer = in_units((1.0, "mg/L FEU"), (2.0, "mg/L DDU"), marker="D-dimer", row=[4, 5])

    message = refusal(pd.concat([ferritin, d_dimer], ignore_index=True))

    assert "line 3: Ferritin in 'nmol/L' beside 'ng/mL': 'nmol/L' is not a unit of it" in message
    assert "line 5: D-dimer in 'mg/L DDU' beside 'mg/L FEU': fibrinogen equivalent units (FEU)" in message


def test_a_missing_unit_is_said_and_one_is_assumed_only_when_it_is_given():
    frame = in_units((500, ""), (400, ""), marker="Ferritin")

    assert notes(bring_to_one_unit, frame) == [
        "units: no unit, and none assumed; give it with --unit MARKER=UNIT: Ferritin"
    ]
    assert set(quietly(frame)["unit"]) == {""}
    given_unit = {"assumed": parse_assumed(["ferritin = ng/mL"])}
    assert notes(bring_to_one_unit, frame, **given_unit) == []
    assert set(quietly(frame, **given_unit)["unit"]) == {"ng/mL"}


def test_values_with_and_without_a_unit_are_not_taken_to_be_the_same():
    frame = in_units((9.0, "g/dL"), (90, ""), marker="Hb")

    assert (
        "line 3: Hb in no unit beside 'g/dL': say the unit of those without: --unit \"Hb=g/dL\""
        in refusal(frame)
    )
    assert quietly(frame, assumed={"hb": "g/L"})["value"].tolist() == [9.0, 9.0]


@pytest.mark.parametrize(
    ("assumed", "words"),
    [
        ({"ferritin": "mm/h"}, "'mm/h' is not a unit of it; known: ng/mL, µg/L, pmol/L"),
        ({"ferritn": "ng/mL"}, "no such marker; did you mean 'Ferritin'?"),
    ],
)
def test_an_assumed_unit_must_fit(assumed, words):
    assert words in refusal(in_units((500, ""), marker="Ferritin"), assumed=assumed)


def test_a_unit_is_not_assumed_where_there_is_one():
    assert "every value has a unit" in refusal(in_units((5.0, "K/µL")), assumed={"WBC": "/µL"})


@pytest.mark.parametrize("option", ["ferritin", "=ng/mL", "ferritin=", ""])
def test_an_assumed_unit_is_written_as_marker_and_unit(option):
    with pytest.raises(HlhcliError, match="write MARKER=UNIT"):
        parse_assumed([option])


def test_inr_needs_no_unit():
    assert notes(bring_to_one_unit, in_units((1.4, ""), (1.2, "ratio"), marker="INR")) == []


def test_an_empty_cell_has_no_say_in_the_unit():
    frame = in_units((math.nan, "nonsense"), (2.6, "10^9/L"), (math.nan, ""), (3.0, "10^9/L"))

    assert set(quietly(frame)["unit"]) == {"10^9/L"}


@pytest.mark.parametrize(
    ("system", "unit", "values"), [("si", "10^9/L", [2.6, 3.1]), ("conventional", "10^3/µL", [2.6, 3.1])]
)
def test_a_system_of_units_can_be_asked_for(system, unit, values):
    result = quietly(in_units((2600, "/µL"), (3.1, "10^9/L")), units=system)

    assert (result["value"].tolist(), set(result["unit"])) == (values, {unit})


def test_a_unit_that_is_already_of_the_system_keeps_its_spelling():
    assert set(quietly(in_units((2.6, "GI/L")), units="si")["unit"]) == {"GI/L"}


def test_each_kind_of_d_dimer_keeps_its_kind_in_every_system():
    for kind in (" FEU", " DDU", ""):
        frame = in_units((500, f"ng/mL{kind}"), marker="D-dimer")

        result = quietly(frame, units="si")

        assert (result["value"].tolist(), set(result["unit"])) == ([0.5], {f"mg/L{kind}"})


def test_a_system_that_is_asked_for_needs_units_that_are_understood():
    message = refusal(in_units((34.08, "nmol/L"), marker="Ferritin"), units="si")

    assert "line 2: Ferritin in 'nmol/L' is not a unit of it; known: ng/mL, µg/L, pmol/L" in message
    assert "known: as-given, si, conventional" in refusal(in_units((1.0, "g/L")), units="metric")


def test_markers_that_the_table_does_not_know_stay_as_given_in_every_system():
    frame = in_units((4.0, "mEq/L"), marker="Potassium")

    assert notes(bring_to_one_unit, frame, units="si") == [
        "units: not in the table of units, and so as given: Potassium"
    ]
    assert quietly(frame, units="si").equals(frame)


def test_changes_are_never_computed_across_units():
    with pytest.raises(HlhcliError, match="several units, which cannot be compared: '/µL', '10\\^9/L'"):
        changes(in_units((2600, "/µL"), (3.1, "10^9/L")), interventions([("anakinra", 1.0)]))


# Values that look like another unit's


@pytest.mark.parametrize(
    ("marker", "value", "unit", "guess"),
    [
        ("WBC", 2600, "10^9/L", "in /µL none would be"),
        ("Plt", 35000, "K/µL", "in /µL none would be"),
        ("WBC", 2.6, "/µL", "in 10^9/L or 10^3/µL"),
        ("Hb", 120, "g/dL", "in g/L none would be"),
        ("fibrinogen", 356, "g/L", "in mg/dL"),
        ("D-dimer", 5000, "mg/L FEU", "in µg/L FEU or ng/mL FEU"),
    ],
)
def test_a_value_that_fits_another_unit_is_asked_about_and_not_changed(marker, value, unit, guess):
    frame = in_units((value, unit), (value, unit), marker=marker)
    before = frame.copy()

    (note,) = notes(note_implausible, frame)

    assert f"is {marker} really in '{unit}'? {value:.6g} (line 2) and 1 more" in note
    assert guess in note
    assert frame.equals(before)


@pytest.mark.parametrize(
    ("marker", "value", "unit"),
    [
        ("WBC", 0.0, "/µL"),
        ("WBC", 450, "10^9/L"),
        ("WBC", 0.02, "10^9/L"),
        ("Ferritin", 500000, "ng/mL"),
        ("Hb", 2.1, "g/dL"),
        ("AST", 7793, "U/L"),
        ("Plt", 1, "10^9/L"),
        ("zinc", 1e9, "blobs"),
        ("WBC", 2600, ""),
    ],
)
def test_a_value_that_illness_can_bring_is_not_asked_about(marker, value, unit):
    assert notes(note_implausible, in_units((value, unit), marker=marker)) == []


def test_plausible_limits_are_in_the_unit_of_the_values():
    assert plausible_limits("Hb", "g/L") == (12, 300)
    assert plausible_limits("zinc", "g/L") == (-math.inf, math.inf)


def test_every_plausible_limit_is_published_or_a_stated_multiple_of_a_reference_limit():
    ranges = {markers.key(row["marker"]): row for row in facts.rows("ranges/girl-14")}
    multiples = {
        ("wbc", "10^9/L", "low"): 1 / 500,
        ("platelets", "10^9/L", "low"): 1 / 500,
        ("hemoglobin", "g/dL", "low"): 1 / 10,
        ("fibrinogen", "g/L", "high"): 10 / 100,  # the range is in mg/dL
        ("d-dimer", "mg/L FEU", "high"): 2000,
        ("d-dimer", "mg/L DDU", "high"): 2000 / 2,
        ("d-dimer", "mg/L", "high"): 2000,
    }

    for row in facts.rows("plausible"):
        for end in filter(row.get, ("low", "high")):
            said = row["source"].partition(f"{end}: ")[2].partition(";")[0]
            by = multiples.get((row["marker"], row["unit"], end))
            assert ("chosen here" in said) == (by is not None)
            assert by or "MIMIC-Extract" in row["source"]
            if by:
                assert float(row[end]) == pytest.approx(float(ranges[row["marker"]][end]) * by)


# The document


def test_the_document_lists_every_conversion_and_every_built_in_range():
    page = (PROJECT / "docs" / "units.md").read_text(encoding="utf-8")
    lines = [
        f"| {r['markers'].replace('|', ', ')} | {r['from']} | {r['factor']} | {r['to']} | {r['source']} |"
        for r in facts.rows("conversions")
    ]
    ends = [f"{r['high']} {r['unit']} | " for r in facts.rows("ranges/girl-14")]

    assert [line for line in lines if line not in page] == []
    assert [end for end in ends if end not in page] == []


# Files that nobody on this project wrote


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files (../shared/data) are not here")
def test_every_unit_printed_in_the_case_reports_is_understood_or_known_to_be_wrong():
    wrong = set()
    for path in sorted((SHARED / "cases").glob("*/labs.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["unit"] and markers.find(row["marker"])]
        wrong |= {(r["marker"], r["unit"]) for r in rows if belongs(r["marker"], r["unit"]) is None}

    assert wrong == {
        ("Ferritin", "nmol/L"),  # no factor with a source
        ("C Reactive protein", "nmol/L"),
        ("Neutrophils", "%"),  # a share, not the count
        ("Total bilirubin", "U/L"),  # a misprint
    }


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files (../shared/data) are not here")
def test_conventional_units_are_those_that_the_trials_laboratory_reported():
    """The CDISC pilot keeps each result in the laboratory's unit beside the standard one."""
    with pytest.warns(DataNote, match="880 of 59580 rows"):
        frame = read_series(SHARED / "cdisc" / "labs.csv.gz")
    reported = pd.read_csv(SHARED / "cdisc" / "labs.csv.gz", dtype=str)["orig_value"]
    result = quietly(frame, units="conventional").assign(reported=pd.to_numeric(reported, errors="coerce"))

    exact = dict.fromkeys(("HGB", "ALB", "CREAT", "SODIUM", "LYM", "WBC", "PLAT"), 1e-9)
    for marker, tolerance in {**exact, "BILI": 0.001}.items():  # the trial rounds 17.104 to 17.1
        rows = result[(result["marker"] == marker) & result["value"].notna() & result["reported"].notna()]
        assert len(rows) > 1700
        np.testing.assert_allclose(rows["value"].astype(float), rows["reported"], rtol=tolerance)
