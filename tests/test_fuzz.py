"""A short run of `python -m tests.fuzz`, which goes on for an hour; its finds have tests of their own."""

import pytest
from fuzz.mutants import SHARED, make_mutant, require_explained
from fuzz.readings import readings
from fuzz.tables import require_meaning, sheets
from hypothesis import HealthCheck, given, settings


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(sheet=sheets())
def test_a_table_of_known_meaning_is_read_as_it_is_meant(tmp_path, sheet):
    require_meaning(sheet, tmp_path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real inputs (../shared/data) are not here")
@pytest.mark.parametrize("number", range(8))
def test_a_broken_real_file_is_refused_or_its_numbers_stand_in_its_cells(tmp_path, number):
    require_explained(make_mutant(number, tmp_path))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,247", {(1247.0, ""), (1.247, "")}),
        (">33\u202f511", {(33511.0, ">"), (33.0, ">")}),
        ("35,000 /uL", {(35000.0, ""), (35.0, "")}),
        ("4814, 7597", set()),
        ("8.8 (d2)", set()),
        ("nd", set()),
    ],
)
def test_the_independent_reading_takes_every_number_that_a_cell_can_mean(text, numbers):
    assert readings(text) == numbers
