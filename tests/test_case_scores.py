"""Scores, grades and responses of the published tables, worked out by hand from their printed numbers.

The points are those of HScore (Fardet, Arthritis Rheumatol 2014;66:2613), the grades those of
CTCAE v5; none of the articles prints either, and the tables say nothing of temperature, organs,
marrow and immunosuppression (0 to 140 points).
"""

import csv
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app

CASES = Path(__file__).parents[2] / "shared" / "data" / "cases"

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the published tables (../shared/data/cases) are not here"
)

NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir()) if CASES.is_dir() else []
OPTIONS = {"t-cell-lymphoma-dates": ["--decimal", "point"]}


def run(command, case, *options):
    arguments = [command, str(CASES / case / "labs.csv"), *OPTIONS.get(case, []), *options]
    return CliRunner().invoke(app, arguments, prog_name="hlhcli")


def rows(result):
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


@pytest.mark.parametrize(
    ("case", "time", "points"),
    [
        # WBC 3.3, platelets 16: 24; ferritin >33511: 50; triglycerides 448: 64; fibrinogen 256: 0; AST 330: 19
        ("anaplasma-doxycycline", "0", 24 + 50 + 64 + 0 + 19),
        # no lineage; ferritin 35461; triglycerides 122; fibrinogen 740; AST 576
        ("cytokine-storm-tocilizumab", "0", 0 + 50 + 0 + 0 + 19),
        # only hemoglobin 8.9; ferritin 11062; triglycerides 270; fibrinogen 472; AST 678
        ("cytokine-storm-tocilizumab", "2", 0 + 50 + 44 + 0 + 19),
        # hemoglobin 6.6, platelets 51; ferritin 11362; triglycerides 851; fibrinogen 250.5; AST 7793
        ("pneumococcus-ivig-dexamethasone", "3", 24 + 50 + 64 + 0 + 19),
        # WBC 1.12, platelets 15, hemoglobin 9.3 not; ferritin 78600; triglycerides 318; fibrinogen 0.39; AST 403
        ("t-cell-lymphoma-dates", "2019-07-12", 24 + 50 + 44 + 30 + 19),
    ],
)
def test_the_laboratory_points_of_hscore_are_those_worked_out_by_hand(case, time, points):
    (row,) = [row for row in rows(run("score", case)) if (row["definition"], row["time"]) == ("hscore", time)]

    assert (float(row["score_low"]), float(row["score_high"])) == (points, points + 18 + 49 + 38 + 35)
    assert row["verdict"] == "unknown"


@pytest.mark.parametrize("case", NAMES)
def test_every_published_table_has_scores_and_grades(case):
    assert rows(run("score", case))
    assert rows(run("grade", case))


@pytest.mark.parametrize(
    ("case", "term", "time", "grade"),
    [
        ("t-cell-lymphoma-dates", "White blood cell decreased", "2019-07-12", "3"),  # 1.12 G/L
        ("t-cell-lymphoma-dates", "Neutrophil count decreased", "2019-05-31", "4"),  # 0.36 G/L
        ("t-cell-lymphoma-dates", "Platelet count decreased", "2019-07-12", "4"),  # 15 K/uL
        ("t-cell-lymphoma-dates", "Fibrinogen decreased", "2019-07-12", "4"),  # 0.39 g/L is below 50 mg/dL
        (
            "t-cell-lymphoma-dates",
            "Neutrophil count decreased",
            "2019-06-03",
            "",
        ),  # 3.27, no lower limit printed
        ("tb-dexamethasone-etoposide", "Platelet count decreased", "7", "4"),  # 6
        ("sepsis-units-in-cells", "Platelet count decreased", "1", "3"),  # 35,000 /uL
        ("sepsis-units-in-cells", "Platelet count decreased", "3", "2"),  # 53,000 /uL
        ("cytokine-storm-tocilizumab", "Anemia", "2", "2"),  # 8.9 g/dL
        ("cytokine-storm-tocilizumab", "Platelet count decreased", "2", "1"),  # 124, limit 150
        ("anaplasma-doxycycline", "Platelet count decreased", "0", "4"),  # 16, printed × 1000 platelets/uL
    ],
)
def test_grades_are_those_worked_out_by_hand(case, term, time, grade):
    (row,) = [row for row in rows(run("grade", case)) if (row["term"], row["time"]) == (term, time)]

    assert row["grade"] == grade


def response(case, *options):
    return run("response", case, "--interventions", str(CASES / case / "interventions.csv"), *options)


def test_a_response_is_that_worked_out_by_hand():
    """Emapalumab label: of what must be normal, ferritin is 11062 ng/mL 48 h after tocilizumab."""
    table = rows(response("cytokine-storm-tocilizumab"))
    (row,) = [
        one
        for one in table
        if (one["definition"], one["response"]) == ("emapalumab-phlh", "complete response")
    ]

    assert (row["intervention"], row["verdict"]) == ("tocilizumab", "not met")


@pytest.mark.parametrize("case", [name for name in NAMES if name != "sepsis-units-in-cells"])
def test_every_published_table_with_a_start_has_responses(case):
    assert rows(response(case))


def test_a_table_whose_treatments_have_no_start_has_no_response():
    result = response("sepsis-units-in-cells")

    assert result.exit_code == 1
    assert "no intervention has a start; give a date or a day number in 'start'" in result.stderr
