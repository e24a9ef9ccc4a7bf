"""The window analysis against one standard SQL text, which each database runs as it stands."""

import itertools

import databases
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracle import CLOCKS, DAY, FIRST, MEASURES, by_hlhcli, compare, in_sql, seeded_cohort

from hlhcli.frames import SAME_DAY, UNTIL

CAPS = (None, "2d", "36h")
RULES = [*itertools.product(UNTIL, SAME_DAY, CAPS, CAPS)]


def moments(clocks):
    """Microseconds since 1970: some days around a leap day, each at one of these clocks."""
    return st.builds(lambda day, clock: FIRST + day * DAY + clock, st.integers(0, 6), st.sampled_from(clocks))


@st.composite
def cohorts(draw):
    """Labs, starts and rules, with many ties, limits, gaps, and results at the edges of windows."""
    rules = draw(st.sampled_from(RULES))
    start_clocks = (0,) if rules[1] == "exclude" else CLOCKS  # a date amid clocks cannot be left out
    subject = st.sampled_from(["1", "2", "10"])
    value = st.sampled_from([None, 0.0, 0.1, 0.3, 2.5, 2.5, 8.0, -1.0])
    bound = st.sampled_from(["", "", "", "<", ">"])
    result = st.tuples(subject, st.sampled_from(["CRP", "NA"]), moments(CLOCKS), value, bound)
    labs = draw(st.lists(result, min_size=1, max_size=40))
    patients = st.sampled_from(sorted({row[0] for row in labs}))
    start = st.tuples(patients, st.sampled_from("ab"), moments(start_clocks), st.integers(0, 3) | st.none())
    starts = draw(st.lists(start, min_size=1, max_size=5, unique_by=lambda row: row[:3]))
    stops = [(*row[:3], None if row[3] is None else row[2] + row[3] * DAY) for row in starts]
    return labs, stops, rules


@pytest.fixture(scope="module")
def duckdb():
    pytest.importorskip("duckdb", reason="duckdb is not installed on this machine")
    with databases.duckdb_database() as run:
        yield run


@pytest.fixture(scope="module")
def postgres():
    if not databases.find_postgres():
        pytest.skip("no PostgreSQL server is installed on this machine")
    with databases.postgres_database() as run:
        yield run


SAME_VALUE_AS_DATE_AND_BY_THE_CLOCK = (
    [("1", "CRP", FIRST, 0.0, ""), ("1", "CRP", FIRST + DAY // 4, 0.0, "")],
    [("1", "a", FIRST, None)],
    ("end", "after", None, None),
)


@example(cohort=SAME_VALUE_AS_DATE_AND_BY_THE_CLOCK, baseline="first")
@settings(max_examples=40, derandomize=True)
@given(cohort=cohorts(), baseline=st.sampled_from(MEASURES))
def test_every_number_is_that_of_the_sql(duckdb, cohort, baseline):
    frame = by_hlhcli(cohort, baseline)

    assert len(frame)
    compare(in_sql(duckdb, cohort), baseline, frame)


@pytest.mark.parametrize("same_day", SAME_DAY)
@pytest.mark.parametrize("until", UNTIL)
def test_every_number_of_many_rows_is_that_of_the_sql(duckdb, until, same_day):
    cohort = seeded_cohort(len(until + same_day), (until, same_day, "9d", "132h"))
    expected = in_sql(duckdb, cohort)

    for baseline in MEASURES:
        compare(expected, baseline, by_hlhcli(cohort, baseline))


@pytest.mark.xdist_group("oracle in PostgreSQL")
@pytest.mark.parametrize(("until", "same_day"), [*zip(UNTIL, SAME_DAY, strict=True)])
def test_every_number_is_that_of_the_same_sql_in_postgresql(postgres, until, same_day):
    cohort = seeded_cohort(7, (until, same_day, None, None))

    compare(in_sql(postgres, cohort), "last", by_hlhcli(cohort, "last"))
