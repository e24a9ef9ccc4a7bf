"""`hlhcli cohort`: from labs or from changes, for readers, papers and the next program."""

import csv
import gzip
import io
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hlhcli.cli import app
from hlhcli.cohort import COLUMNS

CDISC = Path(__file__).parents[2] / "shared" / "data" / "cdisc"
LABS = """subject,date,marker,value,unit
a,2020-01-01,Ferritin,1000,µg/L
a,2020-01-03,Ferritin,300,µg/L
b,2020-01-01,Ferritin,2000,µg/L
b,2020-01-03,Ferritin,<500,µg/L
c,2020-01-01,Ferritin,400,µg/L
c,2020-01-04,Ferritin,500,µg/L
d,2020-01-01,Ferritin,900,µg/L
e,2020-01-03,CRP,12,mg/L
a,2020-01-01,CRP,50,mg/L
a,2020-01-03,CRP,5,mg/L
"""
DRUGS = "subject,intervention,start\n" + "".join(f"{name},anakinra,2020-01-02\n" for name in "abcde")


def run(*arguments, columns=None, **options):
    env = {"COLUMNS": str(columns)} if columns else {}
    return CliRunner().invoke(app, ["cohort", *map(str, arguments)], prog_name="hlhcli", env=env, **options)


def rows(result):
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort")
    (path / "labs.csv").write_text(LABS, encoding="utf-8")
    (path / "drugs.csv").write_text(DRUGS, encoding="utf-8")
    summary = CliRunner().invoke(app, ["summarize", *inputs(path), "-o", str(path / "changes.csv")])
    assert summary.exit_code == 0
    return path


def inputs(folder):
    return str(folder / "labs.csv"), "--interventions", str(folder / "drugs.csv")


def test_labs_and_interventions_give_one_row_per_marker_and_point(folder):
    found = rows(run(*inputs(folder)))

    assert list(found[0]) == list(COLUMNS)
    assert [(row["marker"], row["at"]) for row in found[:5]] == [
        *(("Ferritin", point) for point in ("first", "nadir", "peak", "last")),
        ("CRP", "first"),
    ]


def test_everyone_who_had_the_intervention_counts_whatever_marker_is_asked_for(folder):
    [alone] = rows(run(*inputs(folder), "--marker", "crp", "--at", "last"))
    [_, beside] = rows(run(*inputs(folder), "--at", "last"))

    assert alone == beside
    assert [alone[name] for name in ("subjects", "evaluable", "no_baseline", "not_measured")] == [
        "5",
        "1",
        "1",
        "3",
    ]


def test_a_file_of_changes_gives_the_same_answers(folder):
    assert run("--changes", folder / "changes.csv").stdout == run(*inputs(folder)).stdout


def test_changes_come_in_every_form_that_summarize_and_its_users_write(folder):
    expected = run("--changes", folder / "changes.csv").stdout
    text = (folder / "changes.csv").read_bytes()
    (folder / "changes.csv.gz").write_bytes(gzip.compress(text))
    (folder / "bom.csv").write_bytes(b"\xef\xbb\xbf" + text)
    CliRunner().invoke(app, ["summarize", *inputs(folder), "-o", str(folder / "changes.tsv")])

    for name in ("changes.csv.gz", "bom.csv", "changes.tsv"):
        assert run("--changes", folder / name).stdout == expected


def test_changes_come_as_parquet(folder):
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    expected = run("--changes", folder / "changes.csv").stdout
    frame = pandas.read_csv(folder / "changes.csv", parse_dates=["start"])
    frame.to_parquet(folder / "changes.parquet", row_group_size=3)

    assert run("--changes", folder / "changes.parquet").stdout == expected


def test_changes_in_parquet_have_missing_texts_or_empty_ones(folder):
    pq = pytest.importorskip("pyarrow.parquet")
    expected = run("--changes", folder / "changes.csv").stdout
    own, with_nulls = (folder / f"{name}.parquet" for name in ("own", "nulls"))
    CliRunner().invoke(app, ["summarize", *inputs(folder), "-o", str(own)])
    table = pq.read_table(own)
    note = table["note"].to_pylist()
    column = [[text or None for text in note]]
    pq.write_table(
        table.set_column(table.schema.get_field_index("note"), table.schema.field("note"), column), with_nulls
    )

    assert {"", "no value in the window"} <= set(note)
    assert [run("--changes", path).stdout for path in (own, with_nulls)] == [expected, expected]


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "tsv", "parquet"])
def test_changes_in_place_of_labs_are_told_from_them(folder, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    path = folder / f"changes.{suffix.removesuffix('.gz')}"
    CliRunner().invoke(app, ["summarize", *inputs(folder), "-o", str(path)])
    if suffix == "csv.gz":
        path = folder / "changes.csv.gz"
        path.write_bytes(gzip.compress((folder / "changes.csv").read_bytes()))

    result = run(path)

    assert result.exit_code == 1
    assert f"{path}: has changes, as summarize writes them; give it with --changes" in result.output


@pytest.mark.parametrize("option", [(), ("--changes",)])
def test_a_first_line_that_is_no_header_ends_in_a_message(tmp_path, option):
    """As of a FHIR file, which is one line of any length."""
    path = tmp_path / "labs.json"
    path.write_text('{"text": "' + "x" * 200_000 + '"}')

    result = run(*option, path)

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith(f"hlhcli: error: {path}: ")


def test_changes_come_through_a_pipe(folder):
    command = [sys.executable, "-m", "hlhcli"]
    with (folder / "changes.csv").open("rb") as file:
        piped = subprocess.run(
            [*command, "cohort", "--changes", "-"], stdin=file, capture_output=True, check=True
        )

    assert piped.stdout.decode() == run("--changes", folder / "changes.csv").stdout


def test_blocks_of_rows_add_up_to_the_file(folder, monkeypatch):
    expected = run("--changes", folder / "changes.csv").stdout
    monkeypatch.setattr("hlhcli.readers.changes.BLOCK", 3)

    assert run("--changes", folder / "changes.csv").stdout == expected


def test_day_numbers_stay_day_numbers(tmp_path):
    labs = "subject,day,marker,value\na,0,CRP,4\na,2,CRP,2\na,9,CRP,20\na,10,CRP,30\n"
    (tmp_path / "labs.csv").write_text(labs, encoding="utf-8")
    (tmp_path / "drugs.csv").write_text(
        "subject,intervention,start\na,x,10\na,x,9\na,x,1\n", encoding="utf-8"
    )
    CliRunner().invoke(app, ["summarize", *inputs(tmp_path), "-o", str(tmp_path / "changes.csv")])

    [found] = rows(run("--changes", tmp_path / "changes.csv", "--at", "first"))

    assert (found["fold_change_median"], found["day_median"]) == ("0.5", "1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("subject,marker\na,b\n", "these are no changes as `hlhcli summarize` writes them: no column unit"),
        (None, "No such file"),
    ],
)
def test_a_file_that_holds_no_changes_is_refused(tmp_path, content, message):
    path = tmp_path / "changes.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    result = run("--changes", path)

    assert result.exit_code == 1
    assert message in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",1000,", ",many,", "cannot be read as changes (could not convert string to float: 'many'"),
        ("2020-01-02", "soon", "start 'soon' is no ISO date and no day number"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(folder, tmp_path, old, new, message):
    path = tmp_path / "changes.csv"
    path.write_text((folder / "changes.csv").read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    result = run("--changes", path)

    assert result.exit_code == 1
    assert message in result.stderr


def test_a_cut_gzip_file_is_named(folder, tmp_path):
    path = tmp_path / "changes.csv.gz"
    path.write_bytes(gzip.compress((folder / "changes.csv").read_bytes())[:-20])

    result = run("--changes", path)

    assert result.exit_code == 1
    assert "gzip file is damaged or cut short" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--interventions", "drugs.csv"), "stands in place of labs and interventions"),
        (("--until", "end"), "the changes are computed already"),
        (("--baseline", "mean"), "the changes are computed already"),
        (("--units", "si"), "the changes are computed already"),
        (("--figure", "x.png"), "--figure draws values, and changes have none"),
        (("--at", "median"), "no changes at median; the file has first, nadir, peak, last"),
        (("--marker", "ferrtin"), "did you mean 'Ferritin'?"),
        (("--courses", "each", "--mask-below", "5", "--marker", "crp"), ""),
    ],
)
def test_what_has_no_say_in_computed_changes_is_refused(folder, arguments, message):
    result = run("--changes", folder / "changes.csv", *arguments)

    assert result.exit_code == (1 if message else 0)
    assert message in result.stderr


def test_each_value_is_refused(folder):
    result = run(*inputs(folder), "--at", "each")

    assert result.exit_code == 1
    assert "--at each has several values of one subject" in result.stderr


def test_masked_counts_are_texts_in_every_format(folder):
    found = rows(run(*inputs(folder), "--mask-below", "5", "--at", "last"))

    assert [row["evaluable"] for row in found] == ["<5", "<5"]
    assert [row["subjects"] for row in found] == ["masked", "masked"]
    assert {row["fold_change_median"] for row in found} == {""}
    assert '"evaluable": "<5"' in run(*inputs(folder), "--mask-below", "5", "-f", "json").stdout


def test_a_masked_table_names_the_markers_of_too_few(folder):
    page = run(*inputs(folder), "--mask-below", "5", "--at", "last", "-f", "table").stdout

    assert "Too few evaluable to show: Ferritin, CRP" in page
    assert "Subjects: masked" in page


def test_a_mask_that_hides_nothing_is_wrong_use(folder):
    assert run(*inputs(folder), "--mask-below", "3").exit_code == 2


def test_the_table_says_what_is_counted_and_never_cuts_a_number(folder):
    pages = {
        width: run(*inputs(folder), "-f", "table", "--at", "last", columns=width).stdout
        for width in (60, 80, 100, 300)
    }

    for width, page in pages.items():
        assert max(map(len, page.splitlines())) <= width
        assert "0.300" in page
        assert "≤" in page or "–" in page
    assert "Left out for want of width" in pages[80]
    assert "Left out for want of width" not in pages[300]
    assert "1 no response" in pages[300]


def test_the_table_for_a_paper_has_words_under_it(folder):
    markdown = run(*inputs(folder), "-f", "markdown", "--at", "last").stdout
    latex = run(*inputs(folder), "-f", "latex", "--at", "last").stdout

    assert markdown.startswith("| Intervention | At | Subjects | Marker | Unit | Evaluable | Baseline |")
    assert "Each subject counts once" in markdown.splitlines()[-1]
    assert latex.splitlines()[-1].startswith("% This describes these subjects.")


def test_the_words_name_no_cause_and_no_test(folder):
    page = run(*inputs(folder), "-f", "table").stdout.lower()

    for word in ("reduced", "caused", "due to", "led to", "effect", "significant", "responder"):
        assert word not in page
    assert "this is no definition of response" in " ".join(page.split())


def test_a_figure_shows_each_subject_of_one_marker(folder, tmp_path):
    path = tmp_path / "ferritin.svg"

    result = run(*inputs(folder), "--marker", "ferritin", "--figure", path)

    assert result.exit_code == 0
    assert f"wrote {path}" in result.stderr
    assert "Ferritin (µg/L)" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--figure shows one marker, and here are 2: add --marker NAME"),
        (("--marker", "crp", "--mask-below", "5"), "which --mask-below hides"),
        (("--marker", "crp", "--courses", "each"), "leave out --courses each"),
    ],
)
def test_a_figure_that_cannot_show_the_answers_is_refused(folder, tmp_path, arguments, message):
    result = run(*inputs(folder), *arguments, "--figure", tmp_path / "x.png")

    assert result.exit_code == 1
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not CDISC.exists(), reason="the CDISC pilot trial is not there")
def test_the_cdisc_trial_has_the_counts_and_medians_of_its_own_rows():
    arguments = (CDISC / "labs.csv.gz", "--interventions", CDISC / "interventions.csv", "--until", "stop")

    found = {row["intervention"]: row for row in rows(run(*arguments, "--marker", "alt", "--at", "last"))}

    assert {name: row["subjects"] for name, row in found.items()} == {"PLACEBO": "86", "XANOMELINE": "168"}
    for row in found.values():
        reasons = ("no_baseline", "no_response", "no_window", "not_measured")
        assert int(row["evaluable"]) + sum(int(row[name]) for name in reasons) == int(row["subjects"])
        assert int(row["improved"]) + int(row["worsened"]) + int(row["unchanged"]) == int(row["direction_n"])
