"""docs/criteria says what the definition files say, and its worked examples are what the program computes."""

import re

import pytest
from criteria_pages import EXAMPLES, FOLDER, pages
from test_criteria import finding

from hlhcli.criteria import find_definitions
from hlhcli.criteria.evaluation import evaluate

OUTPUT = re.compile(r"(<!-- output of: .+? -->\n```\w*\n).*?(```\n)", re.DOTALL)
ITEM = re.compile(r"(.+?) (yes|no|[\d.]+)(?: (.+))?")


@pytest.mark.parametrize(("path", "text"), [pytest.param(*page, id=page[0].stem) for page in pages()])
def test_a_page_is_written_from_its_definition(path, text):
    """Run ``python -m tests.criteria_pages`` and then ``python -m tests.documents`` to write them."""
    assert OUTPUT.sub(r"\1\2", path.read_text(encoding="utf-8")) == text


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_worked_example_gives_what_its_page_says(name):
    page = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    given = re.search(r"^Given: (.+)\.$", page, flags=re.MULTILINE)[1].split("; ")
    low, high, verdict = re.search(r"^Result: (\S+) to (\S+), (.+)\.$", page, flags=re.MULTILINE).groups()

    found = {}
    for text in given:
        item, value, unit = ITEM.fullmatch(text).groups()
        found[item] = finding(item, value, unit or "")
    result = evaluate(find_definitions([name])[0], found)

    assert (float(result.score.low), float(result.score.high), str(result.verdict)) == (
        float(low),
        float(high),
        verdict,
    )
