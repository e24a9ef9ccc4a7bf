"""The benchmark's generator, and the rivals: programs that are compared must compute the same numbers."""

import subprocess
import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest

SCALE = Path(__file__).parents[1] / "benchmarks" / "scale"
for library in ("duckdb", "pyarrow"):
    pytest.importorskip(library, reason=f"{library} is not installed on this machine")
sys.path.insert(0, str(SCALE))

from agreement import differences  # noqa: E402 - only where its libraries are
from cohort import Cohort, blocks, write_cohort  # noqa: E402
from measure import measure  # noqa: E402
from run import BEGIN, CONTENDERS, END, YARDSTICK, Entry, put_into, require_agreement  # noqa: E402
from run import Cohort as Drawn  # noqa: E402

from hlhcli.changes import changes  # noqa: E402
from hlhcli.errors import DataNote  # noqa: E402
from hlhcli.readers import read_interventions, read_series  # noqa: E402

COHORT = Cohort(2_000, rows_per_subject=150, seed=5)


def summarized(labs, interventions, target):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        series = read_series(labs)
        changes(series, read_interventions(interventions, series)).to_csv(target, index=False)
    return target


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """A cohort as text, which every rival can read, and what hlhcli says about it."""
    folder = tmp_path_factory.mktemp("cohort")
    labs, interventions = write_cohort(COHORT, folder, file_format="csv")
    return labs, interventions, summarized(labs, interventions, folder / "changes.csv")


@pytest.mark.parametrize("rival", CONTENDERS[4:], ids=lambda one: one.name)
def test_a_rival_computes_the_numbers_of_summarize(rival, cohort, tmp_path):
    if not rival.version():
        pytest.skip(f"{rival.library} is not installed on this machine")
    labs, interventions, ours = cohort
    theirs = tmp_path / f"theirs{rival.suffix}"

    subprocess.run(rival.command(labs, interventions, theirs), check=True)

    assert differences(ours, theirs) == []


def test_the_yardstick_computes_the_numbers_of_summarize_from_parquet_too(cohort, tmp_path):
    labs, interventions = write_cohort(COHORT, tmp_path)

    subprocess.run(YARDSTICK.command(labs, interventions, tmp_path / "theirs.parquet"), check=True)

    assert differences(cohort[2], tmp_path / "theirs.parquet") == []


def test_a_benchmark_ends_where_a_contender_computes_other_numbers(cohort, tmp_path):
    pd.read_csv(cohort[2], keep_default_na=False).iloc[1:].to_csv(tmp_path / "wrong.csv", index=False)
    entries = [
        Entry(CONTENDERS[place], [], path) for place, path in enumerate((cohort[2], tmp_path / "wrong.csv"))
    ]

    with pytest.raises(
        SystemExit, match=r"hlhcli summarize, these columns alone computes other numbers: \d+ and \d+ rows"
    ):
        require_agreement(entries)


def test_contenders_that_take_too_long_or_are_of_no_interest_are_left_out():
    kinds = [Drawn(rows, 1000, order, "parquet") for rows, order in ((1e6, "subject"), (1e8, "shuffled"))]
    left_out = [{one.name for one in CONTENDERS if not cohort.takes(one)} for cohort in kinds]

    assert left_out == [
        {"hlhcli summarize, these columns alone, --memory 2GB"},
        {"R dplyr", "pandas groupby-apply"},
    ]


def test_a_run_is_measured_with_its_children_and_fails_with_their_words():
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(3_000_000))'])"
    costs = [measure([sys.executable, "-c", code]) for code in ("pass", child)]

    assert 0 < costs[0].cpu < costs[1].cpu
    assert costs[0].peak > 2**20
    with pytest.raises(SystemExit, match=r"failed \(3\):\noh"):
        measure([sys.executable, "-c", "import sys; sys.stderr.write('oh'); sys.exit(3)"])


def test_a_table_takes_the_place_of_the_one_with_its_head_or_comes_last(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold conditions\n\n**1**\n\n| old\n\n**2**\n\n| old\n{END}\nbelow\n")

    for table in ("new conditions", "**1**\n\n| new", "**3**\n\n| new"):
        put_into(page, table)
    put_into(page, "**2**\n\n| new", known_only=True)
    put_into(page, "**4**\n\n| new", known_only=True)

    between = "new conditions\n\n**1**\n\n| new\n\n**2**\n\n| new\n\n**3**\n\n| new"
    assert page.read_text() == f"above\n{BEGIN}\n{between}\n{END}\nbelow\n"


def test_a_page_without_tables_gets_its_first(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")

    put_into(page, "**1**\n\n| new")

    assert page.read_text() == f"{BEGIN}\n**1**\n\n| new\n{END}\n"


def test_the_comparison_sees_one_number_that_differs(cohort, tmp_path):
    frame = pd.read_csv(cohort[2], keep_default_na=False)
    place = frame.index[frame["value"] != ""][7]
    frame.loc[place, "value"] = str(float(frame.loc[place, "value"]) + 1)
    frame.drop(index=3).to_csv(tmp_path / "wrong.csv", index=False)

    rows = len(frame)
    assert differences(cohort[2], tmp_path / "wrong.csv") == [
        f"{rows} and {rows - 1} rows, {rows - 1} in common",
        "1 times another value",
    ]


def test_a_cohort_has_the_same_rows_in_every_format_and_order(tmp_path):
    kinds = [("parquet", "subject"), ("csv", "subject"), ("csv.gz", "shuffled"), ("parquet", "shuffled")]
    found = [
        write_cohort(COHORT, tmp_path / f"{form}-{order}", file_format=form, order=order)[0]
        for form, order in kinds
    ]

    frames = [read_sorted(path) for path in found]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], frame)


def read_sorted(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNote)
        frame = read_series(path).drop(columns="row")
    return frame.sort_values(list(frame.columns), ignore_index=True)


def test_a_cohort_holds_what_makes_real_tables_hard():
    labs, interventions = (
        pd.concat([part.to_pandas() for part in parts])
        for parts in zip(*blocks(Cohort(40_000, rows_per_subject=400)), strict=True)
    )

    known = labs.dropna(subset="value")
    at_one_time = known.duplicated(["subject", "marker", "time"], keep=False)
    assert 0.01 < at_one_time.mean() < 0.1
    assert known.duplicated().any()
    assert 0.02 < labs["value"].isna().mean() < 0.04
    assert set(labs["bound"]) == {"", "<", ">"}
    assert (known["value"] < 0).any()
    assert "NA" in set(labs["marker"])
    assert labs["subject"].min() > 2**31
    on_a_draw = interventions.merge(labs, left_on=["subject", "start"], right_on=["subject", "time"])
    assert len(on_a_draw) > 20
    assert (interventions["start"].dt.normalize() == interventions["start"]).mean() > 0.1
    assert interventions.duplicated(["subject", "start"]).any()
    assert not interventions.duplicated().any()
    assert interventions["subject"].nunique() < labs["subject"].nunique()


def test_subjects_come_in_ascending_order_and_may_have_text_for_a_name():
    parts = [labs for labs, _ in blocks(Cohort(3_000, rows_per_subject=10, identifiers="text"))]

    subjects = pd.concat([part.to_pandas() for part in parts])["subject"]
    assert subjects.is_monotonic_increasing
    assert subjects.iloc[0] == "site-0000/000"
