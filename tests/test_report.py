"""The report: what the page says, where its numbers lead, and that no text of a user becomes markup."""

import base64
import csv
import hashlib
import io
import re
import zipfile
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from hlhcli.cli import app
from hlhcli.renderers.glyphs import one_line

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]> --> </svg></title></style>",
    "javascript:alert(1)",
    "a|b *c* _d_ `e` [f](http://example.org) www.example.org $g$",
    "=HYPERLINK(1)",
    "\u202ebackwards\u200f",
    "# 1. - + heading & &amp; &#60;",
]
VOID = {"meta", "link", "br", "img", "input", "hr"}


def run(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="hlhcli", **options)


def write_case(folder, marker="D-dimer", drug="anakinra", note="given", subject="p1"):
    """Two files with these names in them; the result after the start is a limit."""
    with (folder / "labs.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["subject", "marker", "date", "value", "unit", "reference_high"])
        rows.writerows([subject, marker, f"2020-01-0{day}", value, "mg/L", 5] for day, value in DAYS)
    with (folder / "drugs.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["subject", "intervention", "start", "note"])
        rows.writerow([subject, drug, "2020-01-02", note])
    return folder / "labs.csv", "--interventions", folder / "drugs.csv"


DAYS = [(1, "40"), (2, "30"), (3, ">20"), (4, "n/a"), (5, "4")]


class Page(HTMLParser):
    """The elements of a page, with their attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag, attrs):
        """Keep an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Keep an element without content."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Check that the innermost element is closed."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Keep a text."""
        self.texts.append(data)

    @property
    def words(self):
        """All text."""
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        """The attributes of every element of a kind."""
        return [attrs for name, attrs in self.elements if name == tag]

    def structure(self):
        """Tags and the names of their attributes, without what is drawn."""
        drawn = {"svg", "g", "defs", "path", "use", "rect", "clippath"}
        return [(tag, tuple(attrs)) for tag, attrs in self.elements if tag not in drawn]


@pytest.fixture(scope="module")
def text():
    result = run("report", "-o", "-")
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def download(text, caption):
    link = re.search(rf'href="data:text/csv;charset=utf-8;base64,([^"]+)" aria-label="[^"]*{caption}', text)
    return base64.b64decode(link[1]).decode("utf-8-sig")


def row_of(text, anchor):
    """The cells of the row that an anchor leads to."""
    row = re.search(rf'<tr id="{anchor}">(.*?)</tr>', text)[1]
    return re.sub(r"<[^>]+>", "|", row)


def test_the_page_has_one_first_heading_and_skips_no_level(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))


def test_every_table_has_a_caption_and_every_header_a_scope(page):
    assert len(page.all("caption")) == len(page.all("table")) > 10
    assert {attrs.get("scope") for attrs in page.all("th")} == {"col", "row"}


def test_no_id_is_there_twice_and_every_link_leads_somewhere(page):
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    targets = [attrs["href"][1:] for _, attrs in page.elements if attrs.get("href", "").startswith("#")]
    labels = [attrs["aria-labelledby"] for _, attrs in page.elements if "aria-labelledby" in attrs]

    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert sorted((set(targets) | set(labels)) - set(ids)) == []


def test_nothing_on_the_page_is_from_elsewhere_and_nothing_runs(page):
    links = [attrs[name] for _, attrs in page.elements for name in ("href", "src") if name in attrs]

    assert all(link.startswith(("#", "data:")) for link in links)
    assert page.all("script") == []
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert "url(#" in " ".join(attrs.get("clip-path", "") for _, attrs in page.elements)


def test_every_figure_says_what_it_shows(page):
    said = [attrs["aria-label"] for attrs in page.all("svg")]

    assert len(said) == 2
    assert "anakinra (from 2004-11-29" in said[0]
    assert "HScore" in said[0]
    assert "PRBC" in said[0]
    assert "D-dimer: first 0.75, lowest 0.17, highest 39.59, last 0.4." in said[0]


def test_a_number_leads_to_its_own_value(text):
    """Behrens 2006, Table 1: D-dimer 3.58 on 2004-11-30, the day after anakinra began."""
    anchor = re.search(r'<a href="#([^"]+)">3\.58</a>', text)[1]

    assert "D-dimer||2004-11-30||3.58||µg/mL FEU" in row_of(text, anchor)


def test_a_download_holds_the_rows_of_summarize(text):
    printed = run("summarize", "--intervention", "anakinra", "--format", "csv").stdout

    assert download(text, "anakinra, 2004-11-29") == printed


def test_what_is_uncertain_is_told_with_its_reason(page):
    assert "The order of 40 of 79 values is known, and their dates are not." in page.words
    assert "may be within 48 h after PRBC" in page.words
    assert "methylprednisolone + cyclosporine (since day −4, stop unknown); etoposide (day −3)" in page.words
    assert "Every value is a number; none is reported as a limit." in page.words


def test_a_score_is_a_range_with_what_would_decide_it_and_no_diagnosis(page):
    assert "140–303 unknown 9–16 % to >99 % any of: temperature, ferritin, triglycerides" in page.words
    assert "None of this is a diagnosis." in page.words


def test_the_page_says_nothing_of_cause(page):
    words = page.words.replace("does not show cause", "").replace("it does not show cause", "")

    assert not re.search(r"reduced|caused|due to|led to|effect of|p-value|significant", words, re.IGNORECASE)


def test_methods_name_the_options_that_were_used(tmp_path):
    case = write_case(tmp_path)
    options = [
        "--baseline",
        "mean",
        "--until",
        "end",
        "--after",
        "14d",
        "--definition",
        "isth-dic",
        "--carry",
        "2d",
    ]
    words = Page(run("report", *case, *options, "-o", "-").stdout).words

    assert "Baseline: the mean of the values before the start" in words
    assert "Window: up to the last value, at most 14d after the start." in words
    assert "Published criteria (ISTH overt DIC)" in words
    assert "standing for up to 2d of later days" in words
    assert "Values reported as limits were kept as intervals" in words
    assert "inferred from their order" not in words


def test_limits_and_cells_not_used_are_listed(tmp_path):
    page = Page(run("report", *write_case(tmp_path), "-o", "-").stdout)

    assert "2020-01-03 >20 mg/L reported as a limit" in page.words
    assert "value n/a" in page.words
    assert "Cells of the labs that hold no value" in page.words


def test_provenance_has_checksums_and_no_place_on_the_machine(tmp_path):
    case = write_case(tmp_path)
    text = run("report", *case, "--title", "Case 1", "-o", tmp_path / "case.html").stdout
    text += (tmp_path / "case.html").read_text(encoding="utf-8")

    assert hashlib.sha256((tmp_path / "labs.csv").read_bytes()).hexdigest() in text
    assert (
        "hlhcli report labs.csv --interventions drugs.csv --title &#x27;Case 1&#x27; --output case.html"
        in text
    )
    assert str(tmp_path) not in text
    assert "<title>Case 1</title>" in text


@pytest.mark.parametrize("suffix", ["html", "md", "docx"])
def test_the_same_case_is_the_same_bytes(tmp_path, suffix):
    case = write_case(tmp_path)
    options = ("--definition", "sic")
    first, second = tmp_path / "a" / f"case.{suffix}", tmp_path / "b" / f"case.{suffix}"
    for target in (first, second):
        target.parent.mkdir()
        assert run("report", *case, *options, "-o", target).exit_code == 0

    assert first.read_bytes() == second.read_bytes()


def named(folder, name, file_format):
    """The report of a case in which everything that has a name is called so."""
    case = write_case(folder, *[name] * 4)
    return run("report", *case, "--title", name, "--definition", "sic", "-f", file_format, "-o", "-").stdout


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """What the structure of a report is when names are plain, by format."""
    folder = tmp_path_factory.mktemp("plain")
    page, markdown = (named(folder, "plain", file_format) for file_format in ("html", "markdown"))
    return {"html": Page(page).structure(), "markdown": Page(rendered(markdown)).structure()}


def rendered(markdown):
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_never_becomes_markup_of_the_page(tmp_path, name, plain):
    page = Page(named(tmp_path, name, "html"))

    assert page.structure() == plain["html"]
    assert " ".join(one_line(name).split()) in page.words


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_never_becomes_markup_of_markdown(tmp_path, name, plain):
    page = Page(rendered(named(tmp_path, name, "markdown")))

    assert page.structure() == plain["markdown"]
    assert " ".join(one_line(name).split()) in page.words


def test_names_are_only_text_in_a_word_document(tmp_path):
    docx = pytest.importorskip("docx")
    for name in HOSTILE:
        case = write_case(tmp_path, *[name] * 4)
        target = tmp_path / "case.docx"
        assert run("report", *case, "--title", name, "--definition", "sic", "-o", target).exit_code == 0

        document = docx.Document(target)

        assert document.paragraphs[0].text == one_line(name)
        assert document.core_properties.title == one_line(name)


def test_a_formula_is_guarded_in_a_download(tmp_path):
    text = run("report", *write_case(tmp_path, marker="=1+1"), "--definition", "sic", "-o", "-").stdout
    values = list(csv.DictReader(io.StringIO(download(text, "All 4 values"))))

    assert {row["marker"] for row in values} == {"'=1+1"}


def test_a_word_document_has_header_rows_alternative_text_and_links(tmp_path):
    docx = pytest.importorskip("docx")
    target = tmp_path / "case.docx"
    run("report", *write_case(tmp_path), "--definition", "sic", "-o", target)
    xml = zipfile.ZipFile(target).read("word/document.xml").decode()

    assert xml.count("<w:tblHeader") == len(docx.Document(target).tables)
    assert 'descr="D-dimer (mg/L): 4 values' in xml
    assert set(re.findall(r'w:anchor="([^"]+)"', xml)) <= set(re.findall(r'w:name="([^"]+)"', xml))
    assert re.findall(r"\d{4}", str({part.date_time for part in zipfile.ZipFile(target).infolist()})) == [
        "1980"
    ]


def test_markdown_has_its_pictures_in_files_beside_it(tmp_path):
    target = tmp_path / "my case.md"
    run("report", *write_case(tmp_path), "--definition", "sic", "-o", target)

    assert "](my%20case-timeline-figure.svg)" in target.read_text(encoding="utf-8")
    assert (tmp_path / "my case-timeline-figure.svg").read_bytes().startswith(b"<?xml")


def test_several_subjects_have_a_section_each(tmp_path):
    (tmp_path / "labs.csv").write_text(
        "subject,marker,day,value\n"
        + "".join(f"p{k},CRP,{day},{day + k}\n" for k in (1, 2) for day in (0, 3))
    )
    (tmp_path / "drugs.csv").write_text("subject,intervention,start\np1,prednisone,1\np2,prednisone,2\n")
    case = (tmp_path / "labs.csv", "--interventions", tmp_path / "drugs.csv")
    page = Page(run("report", *case, "--definition", "sic", "-o", "-").stdout)

    assert "Subject p1" in page.words
    assert "2 subjects, 4 values, 1 marker, 2 interventions. Values from day 0 to day 3." in page.words
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_more_subjects_than_a_page_takes_are_refused_with_what_to_do(tmp_path):
    rows = "".join(f"p{number},CRP,0,1\np{number},CRP,2,1\n" for number in range(21))
    (tmp_path / "labs.csv").write_text(f"subject,marker,day,value\n{rows}")
    drugs = "".join(f"p{number},prednisone,1\n" for number in range(21))
    (tmp_path / "drugs.csv").write_text(f"subject,intervention,start\n{drugs}")
    target = tmp_path / "case.html"
    result = run("report", tmp_path / "labs.csv", "--interventions", tmp_path / "drugs.csv", "-o", target)

    assert result.exit_code == 1
    assert "21 subjects do not fit on one page, which takes 20: choose some with --subject" in result.output
    assert not target.exists()


def test_a_value_without_a_time_is_a_cell_not_used(tmp_path):
    (tmp_path / "labs.csv").write_text("marker,day,value\nCRP,0,9\nCRP,,7\nCRP,2,3\n")
    result = run("report", tmp_path / "labs.csv", "--given", "prednisone=1", "--definition", "sic", "-o", "-")

    assert result.exit_code == 0, result.output
    assert "3 value 7 has no time" in Page(result.stdout).words


def test_a_marker_narrows_the_tables_and_not_the_scores():
    text = run("report", "--marker", "ferritin", "--definition", "hscore", "-o", "-").stdout

    assert "All 1 values" in text
    assert "209–273" in text


def test_the_command_line_quotes_what_a_shell_would_take_apart(tmp_path):
    case = write_case(tmp_path)
    text = run(
        "report", *case, "--title", "$(a) 'b'", "--definition", "sic", "-f", "markdown", "-o", "-"
    ).stdout

    assert "--title '\\$(a) '\"'\"'b'\"'\"''" in text


def test_an_unknown_suffix_names_those_that_are_known(tmp_path):
    result = run("report", "-o", tmp_path / "case.pdf")

    assert result.exit_code == 1
    assert ".html .htm .md .docx" in result.output


def test_table_1_has_no_reference_ranges_and_says_so(page):
    assert "No value has a reference range: nothing is called high or low." in page.words


@pytest.mark.skipif(
    not (Path(__file__).parents[2] / "shared" / "data").is_dir(), reason="needs ../shared/data"
)
def test_a_trial_patient_has_ranges_beside_every_value():
    data = Path(__file__).parents[2] / "shared" / "data" / "cdisc"
    case = (data / "labs.csv.gz", "--interventions", data / "interventions.csv")
    text = run("report", *case, "--subject", "01-702-1082", "--definition", "sic", "-o", "-").stdout

    assert "The ranges are those beside the values." in text
    assert '<caption><span id="ranges-table-caption">' in text
