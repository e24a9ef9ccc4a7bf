"""`hlhcli.spark.summarize` gives the numbers of one machine: Spark in local mode, with small batches."""

import oracle
import pandas as pd
import pytest
from builders import interventions, series
from sessions import SPARK_WARNINGS, local_session

pa = pytest.importorskip("pyarrow", reason="pyarrow (extra 'spark') is not installed on this machine")

from hlhcli import changes as one_machine  # noqa: E402 - only where its libraries are
from hlhcli.errors import HlhcliError  # noqa: E402
from hlhcli.frames import CHANGES  # noqa: E402
from hlhcli.spark import summarize  # noqa: E402

pytestmark = [*SPARK_WARNINGS, pytest.mark.filterwarnings("ignore::hlhcli.errors.DataNote")]
RULES = ("next", "before", None, "200h")
LABS = ["subject", "marker", "time", "value", "bound", "unit"]


@pytest.fixture(scope="module")
def spark():
    """A session of two threads, whose Arrow batches cut subjects."""
    with local_session("America/New_York") as session:
        yield session


def to_spark(session, frame, partitions=4):
    """A frame of the tests as a Spark table: missing is null, times are those of the session's clock."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return session.createDataFrame(table.replace_schema_metadata()).repartition(partitions)


def collected(frame):
    """The changes in Spark as the frame that one machine gives, sorted."""
    found = frame.toArrow().to_pandas()
    return in_order(found.astype({"placements": "Int64", "same_sign": "Int64"}))


def in_order(found):
    text = dict.fromkeys(("subject", "marker", "unit", "intervention", "at", "note"), "str")
    times = [name for name in ("start", "baseline_time", "time") if found[name].dtype.kind == "M"]
    typed = found.astype({**text, **dict.fromkeys(times, "datetime64[us]")})
    return typed.sort_values(["subject", "start", "intervention", "marker", "at"], ignore_index=True)


def require_equal(session, labs, given_, partitions=4, **rules):
    """The kernel on one machine, which reads nothing, gives what Spark gives."""
    expected = in_order(one_machine.changes(labs, given_, **rules))
    tables = (to_spark(session, frame, partitions) for frame in (labs[LABS], given_))
    found = summarize(*tables, columns=CHANGES, **rules)
    assert found.columns == list(CHANGES)
    pd.testing.assert_frame_equal(collected(found), expected, check_exact=True)


def values_only(cohort):
    """The frames of a cohort, in which a mark of a limit has a value."""
    labs, given_ = oracle.frames(cohort)
    return labs.assign(bound=labs["bound"].where(labs["value"].notna(), "")), given_


def test_every_column_is_that_of_one_machine_though_batches_cut_subjects(spark):
    require_equal(spark, *values_only(oracle.seeded_cohort(3, RULES)), until="next", baseline="last")


def test_rules_mean_the_same_and_each_value_is_given(spark):
    labs, given_ = values_only(oracle.seeded_cohort(4, RULES))

    rules = {"until": "stop", "same_day": "after", "after": "9d", "baseline": "mean"}
    require_equal(spark, labs, given_, at=("median", "each"), **rules)


def test_partitions_without_rows_change_nothing(spark):
    labs = series([("2020-01-01", 1.0), ("2020-01-03", 2.0)], subject="a")
    given_ = interventions([("x", "2020-01-02")], subject="a")

    require_equal(spark, labs, given_, partitions=9)


def test_one_fraction_of_a_day_makes_the_day_numbers_of_every_subject_exact(spark):
    labs = pd.concat(
        [series([(0, 1.0), (1, 2.0), (2, 4.0)], subject="a"), series([(0, 1.0), (1.5, 2.0)], subject="b")],
        ignore_index=True,
    )
    given_ = pd.concat([interventions([("x", 1.0)], subject=name) for name in "ab"], ignore_index=True)

    require_equal(spark, labs, given_, same_day="after")


@pytest.mark.parametrize(("last_day", "baseline"), [(2.0, 1.0), (2.5, 2.0)])
def test_a_partition_without_a_fraction_of_a_day_is_told_that_another_has_one(spark, last_day, baseline):
    own = to_spark(spark, series([(0, 1.0), (1, 2.0), (2, 4.0)], subject="a")[LABS], 1)
    other = to_spark(spark, series([(last_day, 1.0)], subject="b")[LABS], 1)
    given_ = to_spark(spark, interventions([("x", 1.0)], subject="a"))

    found = summarize(own.union(other), given_, same_day="after", at=("first",), columns=["baseline"])

    assert found.toArrow().to_pylist() == [{"baseline": baseline}]


def test_a_timestamp_with_a_zone_is_read_as_the_clock_of_the_session_and_subjects_may_be_numbers(spark):
    labs = spark.sql(
        "SELECT 7000000000 AS subject, 'CRP' AS marker, CAST(day AS DECIMAL(6, 2)) AS value, "
        "make_timestamp(2024, 3, day, 23, 30, 0) AS time FROM (SELECT explode(sequence(8, 12)) AS day)"
    )
    assert dict(labs.dtypes)["time"] == "timestamp"
    given_ = spark.sql("SELECT 7000000000 AS subject, 'x' AS intervention, DATE '2024-03-10' AS start")

    found = collected(summarize(labs, given_)).set_index("at")

    assert found["subject"].tolist() == ["7000000000"] * 4
    assert found.loc["first", ["baseline", "value", "day"]].tolist() == [10, 11, 1]
    assert found.loc["last", "time"] == pd.Timestamp("2024-03-12 23:30")


def test_identifiers_of_64_bits_in_the_labs_are_texts_in_the_interventions(spark):
    labs = spark.sql(
        "SELECT 9007199254740993 + id % 2 AS subject, 'CRP' AS marker, DATE '2024-03-08' + CAST(id AS INT) AS time, "
        "id * 1.0D AS value FROM range(8)"
    )
    given_ = spark.sql("SELECT '9007199254740993' AS subject, 'x' AS intervention, '2024-03-10' AS start")

    found = summarize(labs, given_, at=("last",), columns=("subject", "baseline", "value"))

    assert found.toArrow().to_pylist() == [{"subject": "9007199254740993", "baseline": 2.0, "value": 6.0}]


def test_the_units_of_all_subjects_decide_whichever_of_them_is_treated(spark):
    given_ = to_spark(spark, interventions([("x", 1.0)], subject="a"))
    own = series([(0, 1000.0), (2, 3000.0)], subject="a", unit="ug/L")
    other = {unit: series([(0, 1.0)], subject="b", unit=unit) for unit in ("mg/L", "K/uL")}
    tables = {
        unit: to_spark(spark, pd.concat([own, frame], ignore_index=True)[LABS])
        for unit, frame in other.items()
    }

    found = summarize(tables["mg/L"], given_, at=("last",), columns=("unit", "delta"))
    assert len({row["unit"] for row in found.toArrow().to_pylist()}) == 1
    with pytest.raises(HlhcliError, match=r"D-dimer in 'K/uL' beside 'ug/L'"):
        summarize(tables["K/uL"], given_)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            "'a' AS subject, 'CRP' AS marker, 1.0D AS time",
            "labs: no column for value; the columns are: subject, marker, time",
        ),
        (
            "'a' AS subject, 'CRP' AS marker, DATE '2024-01-01' AS time, 5 AS value",
            "the labs have dates but the interventions have day numbers",
        ),
        ("'a' AS subject, 'CRP' AS marker, 1 AS time, 5 AS value, 'inferred' AS placement", "are inferred"),
        ("'c' AS subject, 'CRP' AS marker, 1 AS time, 5 AS value", "interventions: no labs for subject 'a'"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_what_it_has(spark, columns, message):
    given_ = spark.sql("SELECT 'a' AS subject, 'x' AS intervention, 1.0D AS start")

    with pytest.raises(HlhcliError, match=message):
        summarize(spark.sql(f"SELECT {columns}"), given_)


def test_day_numbers_are_not_compared_with_dates(spark):
    labs = spark.sql("SELECT 'a' AS subject, 'CRP' AS marker, 1 AS day, 5 AS value")
    given_ = spark.sql("SELECT 'a' AS subject, 'x' AS intervention, DATE '2024-01-01' AS start")

    with pytest.raises(HlhcliError, match="the labs have day numbers but the interventions have dates"):
        summarize(labs, given_)


def test_limits_are_read_and_a_time_that_is_none_is_left_out(spark):
    labs = spark.sql(
        "SELECT 'a' AS subject, 'CRP' AS marker, time, value FROM VALUES ('1', '8'), ('May', '7'), ('2', '<5') "
        "AS rows (time, value)"
    )
    given_ = spark.sql("SELECT 'a' AS subject, 'x' AS intervention, 1 AS start")

    found = summarize(labs, given_, at=("each",), columns=("baseline", "value", "value_high", "time"))

    assert found.toArrow().to_pylist() == [{"baseline": 8.0, "value": None, "value_high": 5.0, "time": 2.0}]


def test_a_wrong_rule_is_said_at_once_and_so_are_labs_without_rows(spark):
    labs = spark.sql("SELECT 'a' AS subject, 'CRP' AS marker, 1.0D AS time, 5 AS value")
    given_ = spark.sql("SELECT 'a' AS subject, 'x' AS intervention, 1.0D AS start")

    with pytest.raises(HlhcliError, match="baseline cannot be 'best'"):
        summarize(labs, given_, baseline="best")
    with pytest.raises(
        HlhcliError, match="no column 'foldchange' in the changes; did you mean 'fold_change'"
    ):
        summarize(labs, given_, columns=("foldchange",))
    with pytest.raises(HlhcliError, match="labs: has a header but no rows"):
        summarize(labs.limit(0), given_)


def test_columns_are_chosen_in_order_and_those_of_the_labs_are_named(spark):
    labs = spark.sql("SELECT 'a' AS who, 'CRP' AS test, 1.0D AS day, 5 AS value, 9 AS other")
    given_ = spark.sql("SELECT 'a' AS subject, 'x' AS intervention, 1.0D AS start")
    named = {"subject": "who", "marker": "test"}

    found = summarize(labs, given_, column=named, columns=("fold_change", "marker", "n_before"))

    assert found.dtypes == [("fold_change", "double"), ("marker", "string"), ("n_before", "bigint")]
    assert found.count() == 4


def test_every_column_has_one_type_whatever_the_rows_hold(spark):
    labs = series([("2020-01-01", 1.0), ("2020-01-03", 2.0), ("2020-01-04", 4.0)], subject="a")
    given_ = interventions([("x", "2020-01-03")], subject="a")

    found = summarize(
        to_spark(spark, labs[LABS]), to_spark(spark, given_), sensitivity=True, details=True, at=("last",)
    )

    kinds = dict(found.dtypes)
    assert {name for name, kind in kinds.items() if kind == "timestamp_ntz"} == {
        "start", "baseline_time", "time", "trend_from", "trend_to"
    }  # fmt: skip
    assert {name for name, kind in kinds.items() if kind == "bigint"} == {
        "n_before", "n_after", "placements", "same_sign", "trend_n", "kinetics_n",
        "pairs_lower", "pairs_tied", "pairs_higher",
    }  # fmt: skip
    assert {kinds[name] for name in ("auc_linear", "goal", "nap", "percent_to_goal")} == {"double"}
    assert found.where("baseline_rule = 'last'").first()["auc_linear"] == 3.0


def test_the_sql_oracle_runs_in_spark_as_it_stands(spark):
    types = {"text": "STRING", "whole": "BIGINT", "number": "DOUBLE"}

    def run(query, tables):
        for name, (columns, rows) in tables.items():
            schema = ", ".join(f"`{column}` {types[kind]}" for column, kind in columns.items())
            spark.createDataFrame(rows, schema).createOrReplaceTempView(name)
        return spark.sql(query).toArrow().to_pandas()

    cohort = oracle.seeded_cohort(7, ("next", "before", None, "132h"))

    oracle.compare(oracle.in_sql(run, cohort), "last", oracle.by_hlhcli(cohort, "last"))
