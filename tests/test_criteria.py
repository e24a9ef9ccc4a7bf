"""Published definitions: every edge in the published unit, unknown that stays unknown, exact arithmetic."""

from fractions import Fraction

import pandas as pd
import pytest
from builders import series, times

from hlhcli.clinical_items import find_item
from hlhcli.criteria import builtin, find_definitions, quantities, scores
from hlhcli.criteria.definition import PLAIN
from hlhcli.criteria.evaluation import bracket, evaluate
from hlhcli.criteria.findings import Finding
from hlhcli.criteria.intervals import Interval, Verdict, compare, exact, number, reported
from hlhcli.readers.clinical import CLINICAL, no_clinical

MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN
UNITS = {
    "temperature": "°C",
    "hemoglobin": "g/dL",
    "wbc": "10^9/L",
    "platelets": "10^9/L",
    "neutrophils": "10^9/L",
    "ferritin": "ng/mL",
    "triglycerides": "mmol/L",
    "fibrinogen": "g/L",
    "ast": "U/L",
    "ldh": "U/L",
    "esr": "mm/h",
    "soluble il-2 receptor": "U/mL",
    "pt": "s",
    "d-dimer": "mg/L FEU",
    "age": "years",
}


def finding(item, value, unit=None, **more):
    """A finding from a number, a text with a bound, or yes and no."""
    if value in ("yes", "no"):
        return Finding(item, value, "", number(value == "yes"), is_lab=False, row=1, **more)
    text = str(value)
    bound = text[0] if text[0] in "<>" else ""
    low = reported(float(text.lstrip("<>")), bound)
    unit = UNITS.get(item, "") if unit is None else unit
    return Finding(item, text, unit, low, is_lab=find_item(item) is None, row=1, **more)


def known(**items):
    """Findings by item; underscores stand for spaces."""
    pairs = ((name.replace("_", " "), value) for name, value in items.items())
    return {item: finding(item, *(value if isinstance(value, tuple) else (value,))) for item, value in pairs}


def outcome(name, findings=None, scheme=None, **items):
    (definition,) = find_definitions([name])
    return evaluate(definition, {**known(**items), **(findings or {})}, scheme)


def ends(result):
    return tuple(None if end is None else float(end) for end in (result.score.low, result.score.high))


def criterion(result, name):
    return next(one for one in result.criteria if one.criterion.name == name)


SETTINGS = {
    rule.item
    for definition in builtin()
    for one in definition.criteria
    for rule in one.rules
    if one.role == "setting" and rule.is_yes
}
RULES = [
    pytest.param(
        definition, one, rule, limit, id=f"{definition.name} {one.name} {rule.words} in {limit.unit}"
    )
    for definition in builtin()
    for one in definition.criteria
    for rule in one.rules
    if rule.edge and rule.of == PLAIN
    for limit in rule.limits
]


@pytest.mark.parametrize(("definition", "one", "rule", "limit"), RULES)
def test_every_threshold_of_every_definition_decides_at_just_below_and_just_above(
    definition, one, rule, limit
):
    step = Fraction(1, 10**9)
    expected = {
        ">=": (False, True, True),
        ">": (False, False, True),
        "<=": (True, True, False),
        "<": (True, False, False),
    }
    condition = {item: finding(item, "yes") for item in SETTINGS}
    condition |= {"age": finding("age", 40)} if rule.only_if is None else {"age": finding("age", 1, "days")}

    verdicts = []
    for value in (limit.exact - step, limit.exact, limit.exact + step):
        at = Finding(rule.item, "", limit.unit, number(value), is_lab=True, row=1)
        result = criterion(evaluate(definition, {**condition, rule.item: at}, one.scheme), one.name)
        verdicts.append(next(each.verdict for each in result.rules if each.rule == rule))

    assert [verdict is MET for verdict in verdicts] == list(expected[rule.edge])
    assert UNKNOWN not in verdicts


ALL_HIGH = {
    "immunosuppression": "yes",
    "temperature": 40,
    "liver": "yes",
    "spleen": "yes",
    "hemoglobin": 7,
    "wbc": 1,
    "platelets": 20,
    "ferritin": 8000,
    "triglycerides": 5,
    "fibrinogen": 1.5,
    "ast": 50,
    "hemophagocytosis": "yes",
}
ALL_LOW = {
    "immunosuppression": "no",
    "temperature": 37,
    "liver": "no",
    "spleen": "no",
    "hemoglobin": 7,
    "wbc": 8,
    "platelets": 200,
    "ferritin": 500,
    "triglycerides": 1,
    "fibrinogen": 4,
    "ast": 20,
    "hemophagocytosis": "no",
}


@pytest.mark.parametrize(
    ("items", "points"),
    [
        (ALL_LOW, 0),
        (ALL_HIGH, 337),
        (
            {
                "immunosuppression": "no",
                "temperature": 38.4,
                "liver": "yes",
                "spleen": "no",
                "hemoglobin": 9.2,
            }
            | {"wbc": 5.0, "platelets": 111, "ferritin": 2000, "triglycerides": 1.5, "fibrinogen": 2.5}
            | {"ast": 30, "hemophagocytosis": "no"},
            208,
        ),
        (
            {"immunosuppression": "no", "temperature": 38.3, "liver": "no", "spleen": "no", "hemoglobin": 9.3}
            | {"wbc": 5.1, "platelets": 111, "ferritin": 1999.9, "triglycerides": 1.49, "fibrinogen": 2.51}
            | {"ast": 29.9, "hemophagocytosis": "no"},
            0,
        ),
    ],
    ids=["P2: nothing", "P4: everything", "D1: on the edges", "D2: just off them"],
)
def test_hscore_of_a_complete_patient_is_one_number(items, points):
    assert ends(outcome("hscore", **items)) == (points, points)


@pytest.mark.parametrize(
    ("item", "value", "points"),
    [
        ("temperature", 38.4, 33),
        ("temperature", 39.4, 33),
        ("temperature", 39.5, 49),
        ("ferritin", 6000, 35),
        ("ferritin", 6001, 50),
    ],
)
def test_hscore_bands_have_their_published_edges(item, value, points):
    result = criterion(outcome("hscore", **{item: value}), item)

    assert (result.points.low, result.points.high) == (points, points)


def test_hscore_without_any_finding_is_the_whole_published_range():
    assert ends(outcome("hscore")) == (0, 337)


@pytest.mark.parametrize("count", range(4))
def test_hscore_counts_cytopenic_lineages_and_one_alone_gives_nothing(count):
    low = {"hemoglobin": 9.2, "wbc": 5.0, "platelets": 110}
    high = {"hemoglobin": 9.3, "wbc": 5.1, "platelets": 111}
    items = {name: (low if k < count else high)[name] for k, name in enumerate(low)}

    assert criterion(outcome("hscore", **items), "cytopenia").points == number((0, 0, 24, 34)[count])


PUBLISHED = {90: "<1 %", 91: "~1 %", 131: "9–16 %", 140: "9–16 %", 160: "25–40 %", 161: "40–54 %"} | {
    169: "40–54 %",
    170: "40–54 %",
    171: "54–70 %",
    203: "88–93 %",
    249: "99 to >99 %",
    250: ">99 %",
    337: ">99 %",
    0: "<1 %",
}


@pytest.mark.parametrize(("score", "percent"), PUBLISHED.items())
def test_hscore_probability_is_the_bracket_of_the_published_anchors(score, percent):
    (hscore,) = find_definitions(["hscore"])

    assert bracket(hscore, number(score)) == percent


ANCHORS = dict(
    zip(range(100, 250, 10), (1, 3, 5, 9, 16, 25, 40, 54, 70, 80, 88, 93, 96, 98, 99), strict=True)
)


@pytest.mark.parametrize(("score", "percent"), ANCHORS.items())
def test_each_published_anchor_ends_its_bracket(score, percent):
    (hscore,) = find_definitions(["hscore"])

    assert bracket(hscore, number(score)).removeprefix("~").removesuffix(" %").split("–")[-1] == str(percent)


def test_hscore_probability_is_none_of_the_wrong_public_formulas():
    """68 % at 169 (a logistic with slope 0.03), 25 % (two lines), 54 % (bands one too high), >93 %."""
    (hscore,) = find_definitions(["hscore"])
    low, high = (int(end) for end in bracket(hscore, number(169)).removesuffix(" %").split("–"))

    assert not any(low <= wrong <= high for wrong in (68, 25, 93))
    assert bracket(hscore, number(160)) != "40–54 %"
    assert bracket(hscore, number(90)) == "<1 %"
    assert bracket(hscore, number(250)) == ">99 %"


def test_a_range_of_scores_has_a_range_of_probabilities():
    (hscore,) = find_definitions(["hscore"])

    assert bracket(hscore, Interval(Fraction(209), Fraction(273))) == "88–93 % to >99 %"


@pytest.mark.parametrize(
    ("name", "met", "not_met"),
    [
        (
            "triglycerides or fibrinogen",
            {"triglycerides": (265, "mg/dL")},
            {"triglycerides": (264, "mg/dL"), "fibrinogen": 2},
        ),
        (
            "triglycerides or fibrinogen",
            {"fibrinogen": (150, "mg/dL")},
            {"fibrinogen": (151, "mg/dL"), "triglycerides": 1},
        ),
        ("ferritin", {"ferritin": 500}, {"ferritin": 499}),
        ("soluble IL-2 receptor", {"soluble il-2 receptor": 2400}, {"soluble il-2 receptor": 2399}),
        (
            "cytopenia",
            {"hemoglobin": (89, "g/L"), "platelets": 99},
            {"hemoglobin": (90, "g/L"), "platelets": 100, "age": 14},
        ),
        ("cytopenia", {"platelets": 99, "neutrophils": 0.99}, {"platelets": 100, "neutrophils": 1.0}),
    ],
)
def test_hlh_2004_has_its_published_edges(name, met, not_met):
    for items, verdict in ((met, MET), (not_met, NOT_MET)):
        assert criterion(outcome("hlh-2004", **items), name).verdict is verdict


@pytest.mark.parametrize(("age", "verdict"), [(3, MET), (4, NOT_MET)])
def test_a_hemoglobin_of_95_is_low_only_in_the_first_four_weeks(age, verdict):
    stated = pd.DataFrame(
        [["", "age", None, None, float(age), "", str(age), "weeks", "", 2]], columns=list(CLINICAL)
    )
    stated = stated.assign(time=times([None]), until=times([None])).astype(
        {"time": "datetime64[us]", "until": "datetime64[us]"}
    )
    labs = pd.concat(
        [
            series([("2020-01-01", 95)], marker="Hb", unit="g/L"),
            series([("2020-01-01", 50)], marker="Plt", unit="10^9/L"),
        ]
    )

    _, items = scores(labs, stated, find_definitions(["hlh-2004"]))

    rows = items[(items["item"] == "hemoglobin")].set_index("threshold")["verdict"]
    assert rows["< 100 g/L, if age < 4 weeks"] == verdict
    assert rows["< 90 g/L"] == NOT_MET


def test_leukocytes_say_nothing_about_the_neutrophils_of_hlh_2004():
    result = criterion(outcome("hlh-2004", wbc=0.5, platelets=50, hemoglobin=12, age=14), "cytopenia")

    assert result.verdict is UNKNOWN


def test_a_molecular_diagnosis_suffices_for_hlh_2004():
    assert outcome("hlh-2004", molecular_diagnosis="yes").verdict is MET


def test_hlh_2024_is_hlh_2004_without_nk_activity():
    old, new = find_definitions(["hlh-2004", "hlh-2024"])

    def rows(definition):
        counted = (one for one in definition.criteria if one.role == "counted" and one.name != "NK activity")
        return [(one.name, one.need, [rule.words for rule in one.rules]) for one in counted]

    assert rows(old) == rows(new)
    assert len(rows(new)) == 7


FEBRILE_SJIA = {"systemic_jia": "yes", "fever": "yes"}


@pytest.mark.parametrize(
    ("items", "verdict"),
    [
        ({"ferritin": 684, "platelets": 100, "fibrinogen": (300, "mg/dL")}, NOT_MET),
        (
            {
                "ferritin": 685,
                "platelets": 181,
                "ast": 48,
                "triglycerides": (156, "mg/dL"),
                "fibrinogen": (361, "mg/dL"),
            },
            NOT_MET,
        ),
        ({"ferritin": 685, "platelets": 181, "fibrinogen": (360, "mg/dL")}, MET),
        ({"ferritin": 685, "platelets": 181, "triglycerides": (157, "mg/dL")}, MET),
        ({"ferritin": 685, "platelets": 181, "ast": 48}, UNKNOWN),
        ({"platelets": 100, "ast": 100}, UNKNOWN),
    ],
)
def test_mas_2016_needs_ferritin_and_two_of_four(items, verdict):
    assert outcome("mas-2016", **FEBRILE_SJIA, **items).verdict is verdict


@pytest.mark.parametrize(("platelets", "met"), [(70, MET), (71, NOT_MET), (69, MET)])
def test_the_ms_score_of_exactly_minus_2_1_reaches_its_cutoff(platelets, met):
    none = {"cns": "no", "hemorrhage": "no", "arthritis": "no"}
    result = outcome(
        "ms-score",
        **FEBRILE_SJIA,
        **none,
        platelets=platelets,
        ldh=300,
        fibrinogen=(560, "mg/dL"),
        ferritin=500,
    )

    assert result.verdict is met
    assert result.score.known


def test_an_ms_score_without_a_laboratory_value_has_an_open_end():
    result = outcome(
        "ms-score",
        **FEBRILE_SJIA,
        cns="no",
        hemorrhage="no",
        arthritis="no",
        platelets=70,
        ldh=300,
        ferritin=500,
    )

    assert ends(result)[0] is None
    assert result.would_decide == ("fibrinogen",)


@pytest.mark.parametrize(
    ("ferritin", "esr", "verdict"),
    [(2150, 100, MET), (3000, 150, NOT_MET), (2440, 0, UNKNOWN), (2149.9, 100, NOT_MET)],
)
def test_ferritin_over_esr_reaches_its_cutoff_at_21_5_and_has_no_value_at_esr_0(ferritin, esr, verdict):
    assert outcome("ferritin-esr", systemic_jia="yes", ferritin=ferritin, esr=esr).verdict is verdict


@pytest.mark.parametrize(
    ("receptor", "ferritin", "verdict"), [(3901, 1001, MET), (3900, 1001, NOT_MET), (3901, 1000, NOT_MET)]
)
def test_ohi_needs_both_strictly_above(receptor, ferritin, verdict):
    adult = {"hematologic_malignancy": "yes", "age": 40}

    assert (
        outcome(
            "ohi", findings=known(**{"soluble il-2 receptor": receptor}), **adult, ferritin=ferritin
        ).verdict
        is verdict
    )


def isth(d_dimer, platelets=100, pt=2.9, fibrinogen=1.0, **more):
    items = {
        "dic-associated disorder": finding("dic-associated disorder", "yes"),
        "d-dimer": finding("d-dimer", d_dimer, reference_high=exact(0.5)),
        "platelets": finding("platelets", platelets),
        "pt": finding("pt", 12 + pt, reference_high=Fraction(12)),
        "fibrinogen": finding("fibrinogen", fibrinogen),
    }
    return outcome("isth-dic", items, **more)


def test_isth_of_a_patient_on_every_mild_edge_is_0():
    assert ends(isth(0.9)) == (0, 0)


@pytest.mark.parametrize(
    ("items", "points"),
    [
        ({"d_dimer": 1.0}, 2),
        ({"d_dimer": 2.0}, 2),
        ({"d_dimer": 2.01}, 3),
        ({"d_dimer": 0.9, "platelets": 99}, 1),
        ({"d_dimer": 0.9, "platelets": 50}, 1),
        ({"d_dimer": 0.9, "platelets": 49}, 2),
        ({"d_dimer": 0.9, "pt": 3}, 1),
        ({"d_dimer": 0.9, "pt": 6}, 2),
        ({"d_dimer": 0.9, "fibrinogen": 0.99}, 1),
        ({"d_dimer": 0.5, "scheme": "feu-0.5-5"}, 2),
        ({"d_dimer": 5, "scheme": "feu-0.5-5"}, 2),
        ({"d_dimer": 5, "scheme": "feu-1-5"}, 3),
        ({"d_dimer": "<0.5", "scheme": "feu-0.5-5"}, 0),
    ],
)
def test_isth_has_its_published_points_and_the_chosen_d_dimer_scheme(items, points):
    assert ends(isth(**items)) == (points, points)


def test_d_dimer_in_multiples_of_a_limit_that_is_not_given_is_unknown():
    result = outcome("isth-dic", findings={"d-dimer": finding("d-dimer", 24.96)}, platelets=200, fibrinogen=3)

    assert criterion(result, "D-dimer").verdict is UNKNOWN


@pytest.mark.parametrize("unit", ["µg/mL", "mg/L", "mg/L DDU", "ng/mL DDU", ""])
def test_d_dimer_that_is_not_said_to_be_feu_is_never_scored(unit):
    result = outcome("isth-dic", findings={"d-dimer": finding("d-dimer", 24.96, unit)}, scheme="feu-1-5")

    assert criterion(result, "D-dimer").verdict is UNKNOWN
    assert (criterion(result, "D-dimer").points.low, criterion(result, "D-dimer").points.high) == (0, 3)


@pytest.mark.parametrize(
    ("platelets", "inr", "sofa", "verdict"),
    [(99, 1.41, 0, MET), (99, 1.2, 2, NOT_MET), (149, 1.41, 2, MET), (150, 1.41, 2, NOT_MET)],
)
def test_sic_needs_four_points_of_which_three_from_platelets_and_inr(platelets, inr, sofa, verdict):
    items = {"sofa of four organs": finding("sofa of four organs", sofa)}

    assert outcome("sic", items, sepsis="yes", platelets=platelets, inr=inr).verdict is verdict


@pytest.mark.parametrize(("name", "setting"), [("mas-2016", "no"), ("mas-2016", None)])
def test_outside_its_setting_a_definition_has_no_verdict_but_a_labeled_laboratory_part(name, setting):
    labs = pd.concat(
        [
            series([("2020-01-01", value)], marker=marker, unit=unit)
            for marker, value, unit in (
                ("Ferritin", 5000, "ng/mL"),
                ("Plt", 50, "10^9/L"),
                ("AST", 500, "U/L"),
            )
        ]
    )
    clinical = no_clinical(labs)
    if setting:
        row = pd.DataFrame(
            [["", "systemic jia", None, None, 0.0, "", "no", "", "", 2]], columns=list(CLINICAL)
        )
        clinical = row.assign(time=times([None]), until=times([None])).astype(clinical.dtypes.to_dict())

    totals, _ = scores(labs, clinical, find_definitions([name]))

    (row,) = totals.itertuples(index=False)
    assert row.verdict == ("not applicable" if setting else "unknown")
    assert row.laboratory_part == "met"
    assert "laboratory part only" in row.note


def test_a_statement_of_no_fever_is_no_temperature_points_but_only_where_none_is_measured():
    assert criterion(outcome("hscore", fever="no"), "temperature").points == number(0)
    assert criterion(outcome("hscore", fever="no", temperature=39), "temperature").points == number(33)
    assert criterion(outcome("hscore", fever="yes"), "temperature").points == Interval(
        Fraction(0), Fraction(49)
    )
    assert criterion(outcome("hlh-2004", fever="yes"), "fever").verdict is MET


EVERYTHING = {**ALL_HIGH, "neutrophils": 0.2, "soluble il-2 receptor": 5000} | {
    "ldh": 900, "esr": 20, "inr": 2, "sepsis": "yes", "cns": "yes", "hemorrhage": "no", "arthritis": "yes",
    "systemic jia": "yes", "fever": "yes", "age": 30, "low nk activity": "yes", "molecular diagnosis": "no",
    "hematologic malignancy": "yes", "dic-associated disorder": "yes", "sofa of four organs": 2,
}  # fmt: skip


@pytest.mark.parametrize("definition", builtin(), ids=lambda one: one.name)
def test_each_further_finding_narrows_the_range_and_never_turns_a_verdict(definition):
    """Removing one item at a time from full knowledge widens, or leaves, what was known."""
    full = {item: finding(item, value) for item, value in EVERYTHING.items() if item in definition.items}
    settings = {rule.item for one in definition.criteria if one.role == "setting" for rule in one.rules}
    order = [item for item in full if item not in settings]
    before = evaluate(definition, full)
    for item in order:
        del full[item]
        after = evaluate(definition, full)
        assert after.score.low is None or after.score.low <= before.score.low
        assert after.score.high is None or after.score.high >= before.score.high
        assert after.verdict in (before.verdict, UNKNOWN)
        before = after


@pytest.mark.parametrize("definition", builtin(), ids=lambda one: one.name)
def test_knowing_nothing_is_never_a_no(definition):
    assert evaluate(definition, {}).verdict is UNKNOWN


@pytest.mark.parametrize("definition", builtin(), ids=lambda one: one.name)
def test_a_value_without_a_unit_is_as_good_as_none(definition):
    labs = [item for item in definition.items if find_item(item) is None and item != "inr"]
    bare = {item: finding(item, 100, "") for item in labs}

    with_bare, without = evaluate(definition, bare, "feu-1-5"), evaluate(definition, {}, "feu-1-5")

    assert (with_bare.verdict, with_bare.score) == (without.verdict, without.score)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(">40000", MET), (">500", MET), (">400", UNKNOWN), ("<500", NOT_MET), ("<600", UNKNOWN)],
)
def test_a_reported_limit_decides_where_it_can(text, verdict):
    assert criterion(outcome("hlh-2004", ferritin=text), "ferritin").verdict is verdict


@pytest.mark.parametrize("value", [0.1 + 0.2, 0.3, 0.30000000000000004])
def test_binary_fractions_do_not_move_a_value_across_an_edge(value):
    assert compare(number(exact(value)), ">=", Fraction("0.3")) is MET
    assert compare(number(exact(value)), ">", Fraction("0.3")) is NOT_MET


@pytest.mark.parametrize(
    ("item", "value", "unit", "wanted", "expected"),
    [
        ("wbc", 1400, "/µL", "10^9/L", "1.4"),
        ("wbc", 5000, "/mm3", "10^9/L", "5"),
        ("platelets", 110, "K/µL", "10*9/L", "110"),
        ("hemoglobin", 9.2, "g/dL", "g/L", "92"),
        ("fibrinogen", 98, "mg/dL", "g/L", "0.98"),
        ("d-dimer", 24.96, "µg/mL FEU", "µg/L FEU", "24960"),
        ("ferritin", 2440, "ng/mL", "ug/L", "2440"),
    ],
)
def test_units_of_one_marker_convert_exactly(item, value, unit, wanted, expected):
    assert exact(value) * quantities.factor(item, unit, wanted) == Fraction(expected)


def test_a_temperature_in_fahrenheit_is_compared_in_celsius():
    """101.1 °F is 38.389 °C: below 38.4."""
    assert compare(number(quantities.celsius(Fraction("101.1"), "°F")), ">=", Fraction("38.4")) is NOT_MET
