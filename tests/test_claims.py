"""Claims: how printed numbers are read, what they are held against, and the three verdicts."""

import pandas as pd
import pytest
from builders import interventions, series

from hlhcli.builtin import TABLE1, TABLE1_CLAIMS, TABLE1_INTERVENTIONS
from hlhcli.claims import VERIFIED, Ground, read_claims, verify
from hlhcli.claims.points import At, read_at
from hlhcli.claims.stated import Stated, read_stated
from hlhcli.errors import HlhcliError
from hlhcli.ranges import fill_ranges, read_ranges
from hlhcli.readers import read_interventions, read_series

RULES = {"before": None, "after": None, "until": "next", "same_day": "before"}
HEAD = "marker,intervention,measure,at,stated"

# --- printed numbers --------------------------------------------------------------------------


def span(text):
    stated = read_stated(text, set())
    return (stated.low, stated.high) if isinstance(stated, Stated) else stated


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("92 %", 91.5, 92.5),
        ("92.0 %", 91.95, 92.05),
        ("24.3", 24.25, 24.35),
        ("-20.7", -20.75, -20.65),
        ("−20.7", -20.75, -20.65),
        ("2.4e3", 2350, 2450),
        ("2.4 × 10^3", 2350, 2450),
        ("2.4 x 10³", 2350, 2450),
        ("1,247", 1246.5, 1247.5),
        ("35 461", 35460.5, 35461.5),
        ("0,4", 0.35, 0.45),
        ("12-16", 11.5, 16.5),
        ("12–16", 11.5, 16.5),
        ("12 to 16", 11.5, 16.5),
        ("-5 - -3", -5.5, -2.5),
        ("1-2 × 10^3", 500, 2500),
        ("×0.15", 0.145, 0.155),
    ],
)
def test_the_printed_digits_say_which_numbers_are_meant(text, low, high):
    assert span(text) == (low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("about 92 %", 91.5, 92.5),
        ("~90 %", 89.5, 90.5),
        ("about 100", 95, 105),
        ("approximately 2400", 2350, 2450),
        ("circa 24.30", 24.295, 24.305),
    ],
)
def test_about_lets_no_more_than_the_zeros_at_the_end_be_rounding(text, low, high):
    assert span(text) == (low, high)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">10-fold", 10.001, 10),
        ("more than 10-fold", 10.001, 10),
        ("≥10", 10, 9.99),
        ("at least 2-fold", 2, 1.99),
        ("<0.5", 0.499, 0.5),
        ("up to 3", 3, 3.01),
    ],
)
def test_a_limit_is_not_rounded(text, inside, outside):
    stated = read_stated(text, set())

    assert stated.holds(inside, inside) is True
    assert stated.holds(outside, outside) is False


def test_a_half_may_have_been_rounded_either_way():
    stated = read_stated("92 %", set())

    assert (stated.holds(91.5, 91.5), stated.holds(92.5, 92.5), stated.holds(92.51, 92.51)) == (
        True,
        True,
        False,
    )


def test_an_interval_that_is_only_partly_inside_is_undecided():
    assert read_stated("92 %", set()).holds(92.0, 93.0) is None
    assert read_stated(">10", set()).holds(9.0, float("inf")) is None


@pytest.mark.parametrize("text", ["fell 92 %", "fell by 92 %", "fall of 92 %", "92 % lower", "Dropped 92%"])
def test_words_say_that_it_fell(text):
    stated = read_stated(text, set()).of_change(ratio=False)

    assert (stated.low, stated.high) == (-92.5, -91.5)


def test_a_fall_by_a_factor_is_the_ratio_the_other_way_round():
    stated = read_stated("fell >10-fold", set()).of_change(ratio=True)

    assert (stated.holds(0.09, 0.09), stated.holds(0.1, 0.1), stated.holds(20, 20)) == (True, False, False)


def test_a_fall_below_a_limit_is_still_a_fall():
    stated = read_stated("fell <92 %", set()).of_change(ratio=False)

    assert (stated.holds(-50, -50), stated.holds(50, 50)) == (True, False)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("3.58 mg/L", "mg/L"),
        ("3.58 µg/mL FEU", "µg/mL FEU"),
        ("216 × 10^9/L", "10^9/L"),
        ("216 x 10⁹/L", "10⁹/L"),
        ("92%", "%"),
        ("4-fold", "fold"),
        ("4 times", "fold"),
    ],
)
def test_the_unit_beside_a_number_is_read(text, unit):
    assert read_stated(text, set()).unit == unit


@pytest.mark.parametrize(
    "text", ["", "halved", "3 ± 1", "fell -92 %", "16-12", ">1-2", "1.2.3", "92 % of normal"]
)
def test_what_is_no_single_number_is_refused_with_a_reason(text):
    assert isinstance(read_stated(text, set()), str)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Nadir", At(word="nadir")),
        ("highest", At(word="peak")),
        ("baseline", At(word="baseline")),
        ("day 7", At(day=7)),
        ("d+7", At(day=7)),
        ("day -3", At(day=-3)),
        ("By Day 7", At(day=7, by=True)),
        ("2004-11-30", At(time="2004-11-30")),
        ("on 2004-11-30", At(time="2004-11-30")),
    ],
)
def test_points_are_words_days_and_times(text, at):
    assert read_at(text) == at


# --- the table --------------------------------------------------------------------------------

LABS = series(
    [("2024-01-01", 100.0), ("2024-01-03", 40.0), ("2024-01-08", 7.5), ("2024-01-20", 20.0)],
    marker="Ferritin",
    unit="ng/mL",
)
DRUGS = interventions([("anakinra", "2024-01-01")])


def verdicts(folder, *rows, labs=LABS, drugs=DRUGS, head=HEAD, rules=RULES):
    path = folder / "claims.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return verify(read_claims(path, labs, drugs), Ground(labs, drugs, rules))


def verdict(folder, row, **options):
    return verdicts(folder, row, **options)["verdict"].iloc[0]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("ferritin,anakinra,percent_change,by day 7,fell 92.5 %", "agrees"),
        ("ferritin,anakinra,percent_change,by day 7,fell 92 %", "agrees"),  # -92.5: a half, rounded to even
        ("ferritin,anakinra,percent_change,by day 7,fell 93 %", "agrees"),
        ("ferritin,anakinra,percent_change,by day 7,fell 91 %", "disagrees"),
        ("ferritin,anakinra,percent_change,by day 7,92 %", "disagrees"),
        ("ferritin,anakinra,percent_change,by day 7,-92.5", "agrees"),
        ("ferritin,anakinra,percent_change,day 7,fell 92.5 %", "agrees"),
        ("ferritin,anakinra,percent_change,by day 6,fell 60 %", "agrees"),
        ("ferritin,anakinra,percent_change,day 6,fell 60 %", "cannot be told"),
        ("ferritin,anakinra,fold_change,nadir,fell 13-fold", "agrees"),
        ("ferritin,anakinra,fold_change,nadir,fell >13.4-fold", "disagrees"),
        ("ferritin,anakinra,fold_change,nadir,0.075", "agrees"),
        ("ferritin,anakinra,delta,last,-80", "agrees"),
        ("ferritin,anakinra,baseline,,100 ng/mL", "agrees"),
        ("ferritin,anakinra,value,mean,22.5", "agrees"),
        ("ferritin,anakinra,day,nadir,7", "agrees"),
        ("ferritin,anakinra,day,nadir,day 7-10", "agrees"),
        ("ferritin,anakinra,day,nadir,8", "disagrees"),
        ("ferritin,anakinra,n_before,,1", "agrees"),
        ("ferritin,anakinra,n_after,,4", "disagrees"),
        ("ferritin,anakinra,direction,first,fell", "agrees"),
        ("ferritin,anakinra,direction,first,increased", "disagrees"),
        ("ferritin,anakinra,direction,first,unchanged", "disagrees"),
        ("ferritin,,value,2024-01-08,7.5", "agrees"),
        ("ferritin,,value,2024-01-09,7.5", "cannot be told"),
        ("ferritin,,value,peak,100", "agrees"),
        ("ferritin,,value,nadir,8", "agrees"),
        ("ferritin,,time,nadir,2024-01-08", "agrees"),
        ("ferritin,,time,nadir,2024-01-03", "disagrees"),
        ("ferritin,anakinra,value,day 0,100", "agrees"),
        ("triglycerides,,value,first,3", "cannot be told"),
        ("ferritin,,range,peak,high", "cannot be told"),
    ],
)
def test_each_measure_has_its_verdict(tmp_path, row, expected):
    assert verdict(tmp_path, row) == expected


def test_the_row_has_the_number_the_cells_and_what_the_digits_stand_for(tmp_path):
    table = verdicts(tmp_path, "ferritin,anakinra,percent_change,by day 7,fell 91 %")

    assert tuple(table.columns) == VERIFIED
    (row,) = table.to_dict("records")
    assert (row["line"], row["found"], row["unit"]) == (2, "-92.5", "%")
    assert (row["found_low"], row["found_high"], row["accepted_low"], row["accepted_high"]) == (
        -92.5,
        -92.5,
        -91.5,
        -90.5,
    )
    assert row["cells"] == "100 on 2024-01-01 (line 2) to 7.5 on 2024-01-08 (line 4)"
    assert row["reason"] == "fell 91 % stands for -91.5 to -90.5"


def test_an_unsigned_number_is_a_rise_and_the_reason_says_how_to_write_the_fall(tmp_path):
    (reason,) = verdicts(tmp_path, "ferritin,anakinra,percent_change,first,60 %")["reason"]

    assert reason == "60 % stands for 59.5 to 60.5; for a fall write: fell 60 %"


def test_the_value_of_a_day_that_has_none_names_its_neighbors(tmp_path):
    (reason,) = verdicts(tmp_path, "ferritin,anakinra,value,day 5,7.5")["reason"]

    assert reason == "no value on day 5; the nearest: 2024-01-03 and 2024-01-08"


def test_a_named_day_is_looked_for_beyond_the_next_intervention(tmp_path):
    drugs = interventions([("anakinra", "2024-01-01"), ("etoposide", "2024-01-04")])
    claims = ["ferritin,anakinra,delta,by day 7,-92.5", "ferritin,anakinra,delta,last,-60"]

    assert verdicts(tmp_path, *claims, drugs=drugs)["verdict"].tolist() == ["agrees", "agrees"]


def test_units_are_brought_to_that_of_the_claim(tmp_path):
    hb = series([("2024-01-01", 8.6), ("2024-01-03", 10.8)], marker="Hb", unit="g/dL")

    claims = [
        "hemoglobin,anakinra,value,last,108 g/L",
        "hb,anakinra,delta,last,+22 g/L",
        "hb,anakinra,value,last,108",
    ]
    assert verdicts(tmp_path, *claims, labs=hb)["verdict"].tolist() == ["agrees", "agrees", "disagrees"]


def test_a_unit_that_is_never_converted_cannot_be_told(tmp_path):
    labs = series([("2024-01-01", 24.3)], unit="mg/L FEU")

    (row,) = verdicts(tmp_path, "d-dimer,,value,first,24.3 mg/L DDU", labs=labs).to_dict("records")

    assert row["verdict"] == "cannot be told"
    assert "never converted" in row["reason"]


def test_a_limit_in_the_data_agrees_only_where_all_that_it_allows_does(tmp_path):
    labs = series(
        [("2024-01-01", 40000.0), ("2024-01-03", 1000.0)], bound=[">", ""], marker="Ferritin", unit="ng/mL"
    )
    claims = [
        "ferritin,anakinra,fold_change,first,fell >10-fold",
        "ferritin,anakinra,fold_change,first,fell 50-fold",
        "ferritin,anakinra,fold_change,first,fell 20-fold",
        "ferritin,anakinra,percent_change,first,fell >97 %",
        "ferritin,anakinra,baseline,,>30000",
        "ferritin,anakinra,baseline,,>40000",
        "ferritin,anakinra,baseline,,>50000",
        "ferritin,anakinra,direction,first,fell",
    ]

    result = verdicts(tmp_path, *claims, labs=labs)["verdict"].tolist()

    assert result == [
        *("agrees", "cannot be told", "disagrees", "agrees"),
        *("agrees", "agrees", "cannot be told", "agrees"),
    ]


def test_two_values_of_one_day_agree_only_where_both_do(tmp_path):
    labs = series([("2024-01-03", 40.0), ("2024-01-03", 41.0)], marker="Ferritin", unit="ng/mL")
    claims = [
        "ferritin,,value,2024-01-03,40-41",
        "ferritin,,value,2024-01-03,40",
        "ferritin,,value,2024-01-03,50",
    ]

    assert verdicts(tmp_path, *claims, labs=labs)["verdict"].tolist() == [
        "agrees",
        "cannot be told",
        "disagrees",
    ]


def test_the_day_of_a_date_time_lasts_until_the_next_begins(tmp_path):
    labs = series([("2024-01-01T07:00", 100.0), ("2024-01-02T20:00", 50.0)], marker="Ferritin", unit="ng/mL")
    drugs = interventions([("anakinra", "2024-01-01T08:00")])
    claims = [
        "ferritin,anakinra,day,first,1",
        "ferritin,anakinra,delta,day 1,-50",
        "ferritin,anakinra,value,2024-01-02,50",
    ]

    assert verdicts(tmp_path, *claims, labs=labs, drugs=drugs)["verdict"].tolist() == ["agrees"] * 3


def test_day_numbers_of_the_labs_are_times_and_days_count_from_the_start(tmp_path):
    labs = series([(10.0, 100.0), (17.0, 8.0)], marker="Ferritin", unit="ng/mL")
    drugs = interventions([("anakinra", 10.0)])
    claims = ["ferritin,anakinra,fold_change,day 7,0.08", "ferritin,,value,17,8"]

    assert verdicts(tmp_path, *claims, labs=labs, drugs=drugs)["verdict"].tolist() == ["agrees"] * 2


def test_the_baseline_rule_of_a_claim_goes_before_that_of_the_command(tmp_path):
    labs = series(
        [("2023-12-30", 200.0), ("2024-01-01", 100.0), ("2024-01-03", 40.0)], marker="Ferritin", unit="ng/mL"
    )
    rows = [
        "ferritin,anakinra,percent_change,first,fell 80 %,first",
        "ferritin,anakinra,percent_change,first,fell 60 %,",
    ]

    assert verdicts(tmp_path, *rows, labs=labs, head=f"{HEAD},baseline")["verdict"].tolist() == ["agrees"] * 2


def test_one_of_several_starts_of_a_drug_is_named(tmp_path):
    drugs = interventions([("anakinra", "2024-01-01"), ("anakinra", "2024-01-03")])
    row = "ferritin,anakinra,baseline,,40,2024-01-03"

    assert verdict(tmp_path, row, drugs=drugs, head=f"{HEAD},start") == "agrees"


def test_subjects_are_told_apart(tmp_path):
    labs = series(
        [("2024-01-01", 5.0), ("2024-01-01", 6.0)], subject=["a", "b"], marker="Ferritin", unit="ng/mL"
    )
    drugs = interventions([], subject="").head(0)
    rows = ["a,ferritin,,value,first,5", "b,ferritin,,value,first,6", "b,ferritin,,value,first,5"]

    table = verdicts(tmp_path, *rows, labs=labs, drugs=drugs, head=f"subject,{HEAD}")

    assert table["verdict"].tolist() == ["agrees", "agrees", "disagrees"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("feritin,anakinra,delta,first,3", "'feritin' is no marker of the labs; did you mean"),
        (
            "ferritin,anakira,delta,first,3",
            "column 'intervention': 'anakira' is no intervention; did you mean",
        ),
        ("ferritin,,delta,first,3", "is needed for delta"),
        ("ferritin,,day,first,3", "is needed for day"),
        ("ferritin,,value,day 7,3", "is needed for value"),
        ("ferritin,anakinra,delt,first,3", "is no measure; did you mean 'delta'"),
        ("ferritin,anakinra,delta,,3", "is needed for delta: first, nadir"),
        ("ferritin,anakinra,delta,someday,3", "column 'at': 'someday' is no time"),
        ("ferritin,anakinra,delta,by day 0,3", "is not after the start"),
        ("ferritin,anakinra,delta,baseline,3", "is what delta is measured from"),
        ("ferritin,anakinra,delta,17,3", "is no time of the labs, which have dates"),
        ("ferritin,anakinra,delta,first,little", "is no number as a paper prints it"),
        ("ferritin,anakinra,delta,first,3-fold", "is a ratio: its measure is fold_change"),
        ("ferritin,anakinra,fold_change,first,92 %", "has a unit, and fold_change is not in %"),
        ("ferritin,anakinra,value,first,fell 3", "has a word for a change"),
        ("ferritin,anakinra,fold_change,first,fell 0.5-fold", "write a fall as fell 2-fold"),
        ("ferritin,anakinra,direction,first,up a bit", "is not one of rose, fell, unchanged"),
        ("ferritin,anakinra,range,first,fine", "is not one of low, normal, high"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line_and_column(tmp_path, row, words):
    with pytest.raises(HlhcliError, match="line 2") as error:
        verdicts(tmp_path, row)

    assert words in str(error.value)


def test_all_bad_cells_are_named_at_once(tmp_path):
    with pytest.raises(HlhcliError, match="2 cells cannot be read"):
        verdicts(tmp_path, "feritin,anakinra,delta,first,3", "ferritin,anakinra,delta,first,much")


# --- the built-in case ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def case():
    labs = read_series(TABLE1)
    return labs, read_interventions(TABLE1_INTERVENTIONS, labs)


@pytest.fixture(scope="module")
def article(case):
    labs, drugs = case
    return verify(read_claims(TABLE1_CLAIMS, labs, drugs), Ground(labs, drugs, RULES))


ARTICLE = [
    ("D-dimer", "range", "cannot be told", "high"),
    ("WBC", "range", "cannot be told", "low"),
    ("Hb", "range", "cannot be told", "low"),
    ("Plt", "range", "cannot be told", "low"),
    ("Ferritin", "range", "cannot be told", "high"),
    ("D-dimer", "direction", "agrees", "fell"),
    ("Hb", "delta", "agrees", "0.9"),
    ("Hb", "direction", "agrees", "rose"),
    ("Plt", "direction", "agrees", "rose"),
    ("D-dimer", "range", "cannot be told", "normal"),
    ("ESR", "range", "cannot be told", "normal"),
    ("D-dimer", "direction", "agrees", "fell"),
]


@pytest.mark.parametrize("place", range(len(ARTICLE)))
def test_each_statement_of_the_article(article, place):
    row = article.iloc[place]
    marker, measure, expected, found = ARTICLE[place]

    assert (row["marker"], row["measure"], row["verdict"]) == (marker, measure, expected)
    assert row["found"] == (found if expected == "agrees" else "")
    if expected != "agrees":
        assert row["reason"] == "no single reference range is known; add --ranges FILE"


def test_no_statement_of_the_article_is_left_out(article):
    assert len(article) == len(ARTICLE)


def test_with_ranges_every_statement_of_the_article_agrees(case):
    labs, drugs = case
    with pytest.warns(match="girl-14"):
        ranged = fill_ranges(labs, read_ranges("girl-14"))

    table = verify(read_claims(TABLE1_CLAIMS, ranged, drugs), Ground(ranged, drugs, RULES))

    assert table["verdict"].tolist() == ["agrees"] * len(ARTICLE)
    assert table["found"].tolist() == [found for *_, found in ARTICLE]


@pytest.mark.parametrize(
    ("row", "expected", "reason"),
    [
        ("d-dimer,anakinra,percent_change,day 1,fell 85 %", "agrees", ""),
        (
            "d-dimer,anakinra,percent_change,by day 7,fell 92 %",
            "disagrees",
            "fell 92 % stands for -92.5 to -91.5",
        ),
        (
            "bilirubin,anakinra,fold_change,nadir,0.06",
            "cannot be told",
            "55 placements of inferred dates: 0.0610526 to 0.0920635",
        ),
        ("alt,anakinra,direction,last,rose", "agrees", "the same in all 55 placements of inferred dates"),
        ("d-dimer,,value,2004-11-26,39.6", "cannot be told", "the date of this value is inferred"),
        ("d-dimer,,value,peak,39.6", "agrees", ""),
        ("d-dimer,,time,peak,2004-11-26", "cannot be told", "dates of this marker are inferred"),
        ("d-dimer,,time,last,2005-05-25", "agrees", ""),
        ("d-dimer,anakinra,day,first,1", "agrees", ""),
        ("fibrinogen,anakinra,day,first,1", "cannot be told", "dates of this marker are inferred"),
        (
            "d-dimer,etoposide,baseline,,about 39",
            "cannot be told",
            "12 placements of inferred dates: 24.96 to 39.59",
        ),
        ("esr,anakinra,baseline,,20", "cannot be told", "no baseline in 10 of 45 placements: 20 to 30"),
        ("d-dimer,anakinra,n_before,,4", "cannot be told", "dates of this marker are inferred"),
    ],
)
def test_inferred_dates_are_told_only_where_every_placement_says_the_same(
    case, tmp_path, row, expected, reason
):
    labs, drugs = case

    (result,) = verdicts(tmp_path, row, labs=labs, drugs=drugs).to_dict("records")

    assert result["verdict"] == expected
    assert result["reason"].startswith(reason)


def test_the_inputs_are_not_changed(case, tmp_path):
    labs, drugs = case
    before = labs.copy(), drugs.copy()

    verdicts(tmp_path, "d-dimer,anakinra,percent_change,day 1,fell 85 %", labs=labs, drugs=drugs)

    pd.testing.assert_frame_equal(labs, before[0])
    pd.testing.assert_frame_equal(drugs, before[1])
