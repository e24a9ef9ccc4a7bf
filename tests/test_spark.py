"""Spark and one machine give the same numbers: Spark in local mode, with small batches."""

import itertools

import numpy as np
import oracle
import pandas as pd
import pytest
from builders import interventions, series
from hypothesis import given
from hypothesis import strategies as st
from sessions import SPARK_WARNINGS, local_session

pa = pytest.importorskip("pyarrow", reason="pyarrow (extra 'spark') is not installed on this machine")

from hlhcli import changes as one_machine  # noqa: E402 - only where its libraries are
from hlhcli.errors import HlhcliError  # noqa: E402
from hlhcli.frames import CHANGES  # noqa: E402
from hlhcli.spark import frames as in_spark  # noqa: E402

pytestmark = SPARK_WARNINGS
RULES = ("next", "before", None, "200h")


@pytest.fixture(scope="module")
def spark():
    """A session of two threads, whose Arrow batches cut subjects."""
    with local_session("America/New_York") as session:
        yield session


def to_spark(session, frame):
    """A frame of the tests as a Spark table: missing is null, times have no zone."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return session.createDataFrame(table.replace_schema_metadata()).repartition(4)


def collected(frame):
    """The changes in Spark as the frame that one machine gives, sorted."""
    found = frame.toArrow().to_pandas()
    return in_order(found.astype({"placements": "Int64", "same_sign": "Int64"}))


def in_order(found):
    text = dict.fromkeys(("subject", "marker", "unit", "intervention", "at", "note"), "str")
    times = [name for name in ("start", "baseline_time", "time") if found[name].dtype.kind == "M"]
    typed = found.astype({**text, **dict.fromkeys(times, "datetime64[us]")})
    return typed.sort_values(["subject", "start", "intervention", "marker", "at"], ignore_index=True)


def require_equal(session, labs, given_, **rules):
    expected = in_order(one_machine.changes(labs, given_, **rules))
    columns = ["subject", "marker", "time", "value", "bound", "unit", "reference_low", "reference_high"]
    found = in_spark.changes(to_spark(session, labs[columns]), to_spark(session, given_), **rules)
    assert found.columns == list(CHANGES)
    pd.testing.assert_frame_equal(collected(found), expected, check_exact=True)


def test_every_column_is_that_of_one_machine_though_batches_cut_subjects(spark):
    labs, given_ = oracle.frames(oracle.seeded_cohort(3, RULES))

    require_equal(spark, labs, given_, until="next", baseline="last")


def test_rules_mean_the_same_and_each_value_is_given(spark):
    labs, given_ = oracle.frames(oracle.seeded_cohort(4, RULES))

    rules = {"until": "stop", "same_day": "after", "after": "9d", "baseline": "mean"}
    require_equal(spark, labs, given_, at=("median", "each"), **rules)


def test_one_fraction_of_a_day_makes_the_day_numbers_of_every_subject_exact(spark):
    labs = pd.concat(
        [series([(0, 1.0), (1, 2.0), (2, 4.0)], subject="a"), series([(0, 1.0), (1.5, 2.0)], subject="b")],
        ignore_index=True,
    )
    given_ = pd.concat([interventions([("x", 1.0)], subject=name) for name in "ab"], ignore_index=True)

    require_equal(spark, labs, given_, same_day="after")


def test_a_batch_without_a_fraction_of_a_day_is_told_that_the_whole_table_has_one():
    labs, given_ = series([(0, 1.0), (1, 2.0), (2, 4.0)]), interventions([("x", 1.0)])
    rules = {"same_day": "after", "at": ("first",)}

    found = [in_spark.Task(given_, rules, exact).changes_of(labs) for exact in (False, True)]

    assert [frame["baseline"].tolist() for frame in found] == [[1.0], [2.0]]


def test_a_timestamp_with_a_zone_is_read_as_the_clock_of_the_session_and_subjects_may_be_numbers(spark):
    labs = spark.sql(
        "SELECT 7000000000 AS subject, 'CRP' AS marker, CAST(day AS DECIMAL(6, 2)) AS value, "
        "make_timestamp(2024, 3, day, 23, 30, 0) AS time FROM (SELECT explode(sequence(8, 12)) AS day)"
    )
    assert dict(labs.dtypes)["time"] == "timestamp"
    given_ = spark.sql("SELECT 7000000000 AS subject, 'x' AS intervention, DATE '2024-03-10' AS start")

    found = collected(in_spark.changes(labs, given_)).set_index("at")

    assert found["subject"].tolist() == ["7000000000"] * 4
    assert found.loc["first", ["baseline", "value", "day"]].tolist() == [10, 11, 1]
    assert found.loc["last", "time"] == pd.Timestamp("2024-03-12 23:30")


def test_several_units_of_one_marker_are_refused_whichever_subjects_have_them(spark):
    labs = pd.concat(
        [series([(0, 1.0)], subject="a"), series([(0, 1.0)], subject="b", unit="ug/L")], ignore_index=True
    )

    with pytest.raises(HlhcliError, match=r"D-dimer has values in several units.*'mg/L', 'ug/L'"):
        in_spark.changes(to_spark(spark, labs), to_spark(spark, interventions([("x", 1.0)], subject="a")))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            "1 AS subject, 'CRP' AS marker, 1.0D AS time",
            "labs: no column 'value'; it has subject, marker, time",
        ),
        (
            "1 AS subject, 'CRP' AS marker, 1.0D AS time, '<5' AS value",
            "labs: column 'value' is string; give numbers",
        ),
        (
            "1 AS subject, 'CRP' AS marker, 'May' AS time, 5 AS value",
            "labs: column 'time' is string; give dates",
        ),
        ("1 AS subject, 'CRP' AS marker, DATE '2024-01-01' AS time, 5 AS value", "count time differently"),
        (
            "1 AS subject, 'CRP' AS marker, 1 AS time, 5 AS value, 'inferred' AS placement",
            "dates are inferred",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_what_it_has(spark, columns, message):
    given_ = spark.sql("SELECT 1 AS subject, 'x' AS intervention, 1.0D AS start")

    with pytest.raises(HlhcliError, match=message):
        in_spark.changes(spark.sql(f"SELECT {columns}"), given_)


def test_a_wrong_rule_is_said_at_once_and_nothing_given_gives_no_rows(spark):
    labs = spark.sql("SELECT 'a' AS subject, 'CRP' AS marker, 1.0D AS time, 5 AS value")
    given_ = spark.sql("SELECT 'b' AS subject, 'x' AS intervention, 1.0D AS start")

    with pytest.raises(HlhcliError, match="baseline cannot be 'best'"):
        in_spark.changes(labs, given_, baseline="best")
    assert in_spark.changes(labs, given_).count() == 0
    assert in_spark.changes(labs.limit(0), given_).count() == 0


def test_the_sql_oracle_runs_in_spark_as_it_stands(spark):
    types = {"text": "STRING", "whole": "BIGINT", "number": "DOUBLE"}

    def run(query, tables):
        for name, (columns, rows) in tables.items():
            schema = ", ".join(f"`{column}` {types[kind]}" for column, kind in columns.items())
            spark.createDataFrame(rows, schema).createOrReplaceTempView(name)
        return spark.sql(query).toArrow().to_pandas()

    cohort = oracle.seeded_cohort(7, ("next", "before", None, "132h"))

    oracle.compare(oracle.in_sql(run, cohort), "last", oracle.by_hlhcli(cohort, "last"))


@given(
    sizes=st.lists(st.integers(1, 9), max_size=8),
    cuts=st.lists(st.integers(0, 40), max_size=6),
    at_least=st.integers(1, 12),
)
def test_batches_are_put_together_so_that_no_subject_is_cut_and_no_row_lost(sizes, cuts, at_least):
    subject = np.repeat([f"s{place}" for place in range(len(sizes))], sizes).astype(str)
    table = pa.table({"subject": pa.array(subject.tolist(), pa.string()), "row": np.arange(subject.size)})
    edges = sorted({0, *(min(cut, subject.size) for cut in cuts), subject.size})
    batches = [
        batch
        for begin, end in itertools.pairwise(edges)
        for batch in table.slice(begin, end - begin).to_batches()
    ]

    parts = [part.to_pandas() for part in in_spark.whole_subjects(batches, at_least)]

    assert [row for part in parts for row in part["row"]] == list(range(subject.size))
    owners = [name for part in parts for name in part["subject"].unique()]
    assert owners == list(dict.fromkeys(subject.tolist()))
