"""The report in a real browser: what a reader, a printer, a phone and a screen reader find."""

import re
from pathlib import Path

import pytest
from browser import PAPER, missing, opened
from typer.testing import CliRunner

from hlhcli.cli import app

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.xdist_group("browser"),
]


def report(target, *arguments):
    result = CliRunner().invoke(app, ["report", *map(str, arguments), "-o", str(target)])
    assert result.exit_code == 0, result.output
    return target


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return report(tmp_path_factory.mktemp("page") / "case.html", "--definition", "hscore")


@pytest.fixture(scope="module")
def browser():
    with opened() as one:
        yield one


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_breaks_no_rule_of_accessibility(browser, page, width, dark):
    browser.show(page, width=width, dark=dark)

    assert browser.violations() == []


def test_the_page_asks_for_nothing_and_logs_nothing(browser, page):
    browser.requests()
    browser.show(page)

    assert browser.requests() == [page.as_uri()]
    assert browser.messages() == []


def test_a_script_that_got_onto_the_page_would_not_run(browser, page, tmp_path):
    """Try the policy itself, with a page that was tampered with."""
    broken = tmp_path / "broken.html"
    text = page.read_text(encoding="utf-8")
    broken.write_text(
        text.replace("</body>", "<script>document.title = 'ran'</script></body>"), encoding="utf-8"
    )
    browser.show(broken)

    assert browser.ask("return document.title") == "Laboratory values around interventions"
    assert "Content Security Policy" in " ".join(browser.messages())


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_never_scrolls_sideways_and_what_is_wide_scrolls_by_keyboard(browser, page, width):
    browser.show(page, width=width)
    sizes = browser.ask("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    deaf = browser.ask(
        "return [...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 && "
        "getComputedStyle(e).overflowX == 'auto' && e.tabIndex != 0).map(e => e.outerHTML.slice(0, 80))"
    )

    assert sizes[0] <= sizes[1]
    assert deaf == []


def test_a_number_is_a_link_that_goes_to_its_row_and_marks_it(browser, page):
    browser.show(page)
    browser.ask("[...document.querySelectorAll('td a')].find(a => a.textContent == '3.58').click()")

    assert browser.ask("return document.querySelector('tr:target').innerText").startswith("D-dimer")
    assert browser.ask(
        "const at = document.querySelector('tr:target').getBoundingClientRect(); "
        "return at.top >= 0 && at.bottom <= innerHeight"
    )


def test_a_download_is_a_file_of_the_rows(browser, page, tmp_path):
    browser.show(page)
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.ask("document.querySelector('a[download=\"values.csv\"]').click()")
    browser.driver.execute_async_script("setTimeout(arguments[0], 1000)")

    rows = (tmp_path / "values.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0].startswith("subject,marker,time,value")
    assert len(rows) == 80


@pytest.mark.parametrize("paper", PAPER)
def test_nothing_is_cut_off_on_paper(browser, page, paper):
    """Between the margins no element is wider than the paper, and every page of the PDF has its size."""
    pdf = browser.print(page, paper)
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", pdf)}
    width, height = PAPER[paper]
    printed = round((width - 2 * 14 / 25.4) * 96)
    browser.show(page, width=printed)
    browser.command("Emulation.setEmulatedMedia", media="print")
    wide = browser.ask(
        "const room = document.documentElement.clientWidth + 1; "
        "return [...document.querySelectorAll('body *:not(svg *)')]"
        ".filter(e => e.getBoundingClientRect().right > room || e.scrollWidth > e.clientWidth + 1 && "
        "getComputedStyle(e).overflowX == 'hidden').map(e => e.outerHTML.slice(0, 120))"
    )

    assert pdf.startswith(b"%PDF")
    assert len(boxes) == 1
    assert boxes.pop()[2:] == pytest.approx((width * 72, height * 72), abs=1)
    assert wide == []


def test_the_dark_page_is_dark_and_its_figures_stay_on_a_light_card(browser, page):
    browser.show(page, dark=True)
    color = "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"

    assert browser.ask(color, "body") == "rgb(21, 24, 27)"
    assert browser.ask(color, ".card") == "rgb(255, 255, 255)"


def test_hostile_names_leave_the_page_whole(browser, tmp_path):
    name = (
        "</title></style><script>document.title='ran'</script>\"><img src=x onerror=\"document.title='ran'\">"
    )
    (tmp_path / "labs.csv").write_text(
        f'marker,day,value\n"{name.replace(chr(34), chr(34) * 2)}",0,1\nCRP,2,3\n'
    )
    page = report(tmp_path / "case.html", tmp_path / "labs.csv", "--given", f"{name.replace('=', '')}=1")
    browser.show(page)

    assert browser.ask("return document.querySelectorAll('script, img').length") == 0
    assert browser.ask("return document.title") == "Laboratory values around interventions"
    assert browser.messages() == []


DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
def test_two_patients_of_a_trial_make_an_accessible_page(browser, tmp_path):
    case = (DATA / "cdisc" / "labs.csv.gz", "--interventions", DATA / "cdisc" / "interventions.csv")
    patients = ("--subject", "01-701-1015", "--subject", "01-702-1082")
    chosen = (*patients, "--marker", "PLAT", "--marker", "ALT", "--marker", "BASO", "--definition", "sic")
    browser.show(report(tmp_path / "trial.html", *case, *chosen), width=360)

    assert browser.violations() == []
    assert browser.ask("return document.documentElement.scrollWidth") <= 360
