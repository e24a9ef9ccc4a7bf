"""Published responses around an intervention, and CTCAE grades."""

from fractions import Fraction

import pandas as pd
import pytest
from builders import interventions, series
from test_cli import rows, run

from hlhcli.criteria.findings import Finding
from hlhcli.criteria.grading import GRADES, grade, grades, terms, worst
from hlhcli.criteria.intervals import exact, reported
from hlhcli.criteria.responses import find_responses, responses

RULES = {"before": None, "after": None, "until": "end", "same_day": "before"}
DRUG = interventions([("drug", "2020-01-02")])


def labs(**values):
    """Baseline on 1 January and response on 9 January of each marker: (before, after, unit)."""
    frames = [
        series([("2020-01-01", float(before)), ("2020-01-09", float(after))], marker=name, unit=unit)
        for name, (before, after, unit) in values.items()
    ]
    return pd.concat(frames, ignore_index=True)


def level(name, response, frame, **rules):
    totals, _ = responses(frame, DRUG, find_responses([name]), {**RULES, **rules})
    return totals.set_index("response").loc[response]


HEALED = {
    "ANC": (0.5, 1.01, "10^9/L"),
    "Plt": (50, 101, "10^9/L"),
    "Ferritin": (9000, 1999, "ng/mL"),
    "Fibrinogen": (100, 151, "mg/dL"),
    "D-dimer": (5000, 499, "ng/mL FEU"),
    "sCD25": (5000, 10000, "U/mL"),
}


def test_all_laboratory_items_normal_is_the_laboratory_part_but_not_the_whole_response():
    row = level("emapalumab-phlh", "complete response", labs(**HEALED))

    assert (row["laboratory_part"], row["evaluable"], row["verdict"]) == ("met", "6 of 6", "unknown")
    assert "no fever" in row["note"]
    assert "post hoc" in row["note"]


@pytest.mark.parametrize(
    ("marker", "after"),
    [("ANC", 1.0), ("Plt", 100), ("Ferritin", 2000), ("Fibrinogen", 150), ("D-dimer", 500), ("sCD25", 10001)],
)
def test_each_item_on_its_edge_refutes_the_complete_response(marker, after):
    before, _, unit = HEALED[marker]
    row = level("emapalumab-phlh", "complete response", labs(**{**HEALED, marker: (before, after, unit)}))

    assert (row["laboratory_part"], row["verdict"]) == ("not met", "not met")


def test_only_what_was_abnormal_at_baseline_can_be_normalized():
    frame = labs(**{**HEALED, "Plt": (150, 160, "10^9/L"), "ANC": (2, 3, "10^9/L")})

    assert level("emapalumab-phlh", "partial response", frame)["count_high"] == 3
    assert level("emapalumab-phlh", "partial response", frame)["verdict"] == "met"


def test_an_item_without_a_value_may_still_count_and_leaves_the_response_unknown():
    two = {name: HEALED[name] for name in ("Plt", "Ferritin")}

    row = level("emapalumab-phlh", "partial response", labs(**two))

    assert (row["count_low"], row["count_high"], row["verdict"]) == (2, 5, "unknown")


@pytest.mark.parametrize(("after", "count"), [(75.0, 1), (75.1, 0)])
def test_an_improvement_by_25_percent_is_exact_at_its_edge(after, count):
    row = level("marsh-2013", "minor response", labs(Ferritin=(100, after, "ng/mL")))

    assert row["count_low"] == count


def test_improvement_goes_the_way_that_is_better_for_the_marker():
    frame = labs(Plt=(100, 125, "10^9/L"), Ferritin=(100, 125, "ng/mL"))

    assert level("marsh-2013", "minor response", frame)["count_low"] == 1


def test_emerald_can_be_refuted_but_never_confirmed():
    good = pd.concat(
        [
            series([("2020-01-01", 1.0), ("2020-01-09", 5.0)], marker=name, unit=unit, reference_low=4.0, reference_high=40.0)
            for name, unit in (("WBC", "10^9/L"), ("Plt", "10^9/L"), ("LDH", "U/L"), ("ALT", "U/L"), ("AST", "U/L"))
        ]
    )  # fmt: skip

    row = level("emerald", "complete response", good)

    assert (row["laboratory_part"], row["verdict"]) == ("met", "unknown")
    assert "fibrinogen, ferritin" in row["note"]
    bad = good.assign(value=good["value"].where(good["marker"] != "ALT", 60.0))
    assert level("emerald", "complete response", bad)["verdict"] == "not met"


def test_the_response_is_the_last_value_of_the_window():
    frame = series(
        [("2020-01-01", 100.0), ("2020-01-03", 50.0), ("2020-01-20", 100.0)], marker="Ferritin", unit="ng/mL"
    )

    assert level("marsh-2013", "minor response", frame)["count_low"] == 0
    assert level("marsh-2013", "minor response", frame, after="7d")["count_low"] == 1


def test_the_command_names_every_item_with_its_lines():
    items = rows(run("response", "--items", "--intervention", "anakinra").stdout)

    d_dimer = next(row for row in items if row["item"] == "d-dimer")
    assert (d_dimer["baseline"], d_dimer["baseline_row"], d_dimer["value"]) == ("24.31", "38", "0.4")


def value_of(marker, value, unit, low=None, high=None):
    number = reported(float(value), "")
    limits = {"reference_low": low and exact(low), "reference_high": high and exact(high)}
    return Finding(marker, str(value), unit, number, is_lab=True, row=2, **limits)


def graded(term, finding, baseline=None, version="v5"):
    found = next(one for one in terms(version) if one.name == term)
    return grade(found, finding, baseline)[0]


PLATELETS = {24: 4, 25: 3, 49: 3, 50: 2, 74: 2, 75: 1, 99: 1, 100: 0}


@pytest.mark.parametrize(("value", "expected"), PLATELETS.items())
def test_platelets_are_graded_as_in_the_published_test_vectors(value, expected):
    """P14; without LLN the absolute grades stay and the others are unknown."""
    term = "Platelet count decreased"

    assert graded(term, value_of("platelets", value, "10^9/L", low=100)) == expected
    assert graded(term, value_of("platelets", value, "10^9/L")) == (expected if value < 75 else None)


@pytest.mark.parametrize(("value", "expected"), {79: 3, 80: 2, 99: 2, 100: 1, 139: 1, 140: 0}.items())
def test_hemoglobin_is_graded_as_in_the_published_test_vectors(value, expected):
    """P16."""
    assert graded("Anemia", value_of("hemoglobin", value, "g/L", low=140)) == expected


def test_hemoglobin_of_100_without_a_lower_limit_has_no_grade():
    assert graded("Anemia", value_of("hemoglobin", 100, "g/L")) is None


@pytest.mark.parametrize(
    ("value", "expected"), {40: 0, 41: 1, 120: 1, 121: 2, 200: 2, 201: 3, 800: 3, 801: 4}.items()
)
def test_alt_of_a_normal_baseline_is_graded_in_multiples_of_uln_and_an_edge_takes_the_milder_grade(
    value, expected
):
    baseline = value_of("alt", 30, "U/L", high=40)

    for version in ("v5", "v6"):
        found = graded(
            "Alanine aminotransferase increased", value_of("alt", value, "U/L", high=40), baseline, version
        )
        assert found == expected


@pytest.mark.parametrize(
    ("version", "value", "expected"),
    [
        *(("v5", *pair) for pair in ((149, 0), (150, 1), (300, 1), (301, 2), (500, 2), (501, 3), (2001, 4))),
        *(("v6", *pair) for pair in ((99, 0), (100, 1), (150, 1), (151, 2), (201, 3), (401, 4))),
    ],
)
def test_alt_of_an_abnormal_baseline_is_graded_in_multiples_of_the_baseline(version, value, expected):
    baseline = value_of("alt", 100, "U/L", high=40)

    assert (
        graded(
            "Alanine aminotransferase increased", value_of("alt", value, "U/L", high=40), baseline, version
        )
        == expected
    )


def test_whether_the_baseline_was_abnormal_is_told_by_the_limit_recorded_with_it():
    baseline = value_of("alt", 100, "U/L", high=120)

    assert graded("Alanine aminotransferase increased", value_of("alt", 110, "U/L", high=40), baseline) == 1


def test_a_raised_alt_without_a_baseline_has_no_grade_and_a_normal_one_has_grade_0():
    term = "Alanine aminotransferase increased"

    assert graded(term, value_of("alt", 100, "U/L", high=40)) is None
    assert graded(term, value_of("alt", 40, "U/L", high=40)) == 0


@pytest.mark.parametrize(
    ("value", "low", "baseline", "expected"),
    [
        (49, None, None, 4),
        (50, None, None, None),
        (49, 200, 300, 4),
        (100, 200, 105, 2),
        (151, 200, 160, 1),
        (150, 200, 200, 2),
        (150, 200, 300, 3),
        (110, 200, 440, 4),
        (250, 200, 1000, 0),
        (200, 200, 900, 0),
    ],
)
def test_fibrinogen_is_graded_by_limit_and_by_fall_and_a_fall_counts_only_below_lln(
    value, low, baseline, expected
):
    before = None if baseline is None else value_of("fibrinogen", baseline, "mg/dL", low=low)

    assert graded("Fibrinogen decreased", value_of("fibrinogen", value, "mg/dL", low=low), before) == expected


def test_version_6_lowers_the_highest_grades_of_platelets_and_neutrophils():
    assert [
        graded("Thrombocytopenia", value_of("platelets", v, "10^9/L", low=150), version="v6")
        for v in (9, 10, 49, 50)
    ] == [4, 3, 3, 2]
    assert [graded("Neutrophil count decreased", value_of("neutrophils", v, "10^9/L"), version="v6") for v in (0.09, 0.1, 0.49, 0.5, 1.49, 1.5)] == [4, 3, 3, 2, 1, 0]  # fmt: skip


def test_grades_are_the_same_in_any_unit():
    per_microliter = series([("2020-01-01", 24000.0)], marker="Plt", unit="/µL", reference_low=100000.0)

    found = grades(per_microliter, DRUG)

    assert found["grade"].tolist() == [4]
    assert list(found.columns) == list(GRADES)


def test_the_worst_grade_of_a_window_is_the_highest_that_is_known_at_its_first_time():
    frame = series(
        [("2020-01-01", 80.0), ("2020-01-03", 60.0), ("2020-01-04", 20.0), ("2020-01-05", 20.0)],
        marker="Plt",
        unit="10^9/L",
    )

    found = worst(grades(frame, DRUG), frame, DRUG, RULES)

    (row,) = found.itertuples(index=False)
    assert (row.grade, row.time, row.graded, row.values) == (4, pd.Timestamp("2020-01-04"), 3, 3)


def test_the_command_labels_grades_as_toxicity(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")

    assert "not disease severity" in " ".join(run("grade", "--worst", "--format", "table").stdout.split())
    assert rows(run("grade", "--marker", "plt").stdout)[2]["grade"] == "2"


def test_fractions_are_what_thresholds_are_compared_in():
    assert all(
        isinstance(limit.exact, Fraction)
        for term in terms("v5")
        for row in term.rows
        for limit in row.rule.limits
    )
