"""Definition files: a wrong one is refused with its lines; a user's own works like those that come along."""

import tomllib
from pathlib import Path

import pytest

from hlhcli.criteria import builtin, load_definition
from hlhcli.criteria.loading import FOLDER, ORDER
from hlhcli.criteria.responses import FOLDER as RESPONSES
from hlhcli.criteria.responses import ORDER as RESPONSE_ORDER
from hlhcli.criteria.responses import load_response
from hlhcli.errors import HlhcliError

GOOD = """name = "mine"
title = "My score"
source = "our ward, 2026"
setting = "Anyone."
positive = { edge = ">=", threshold = 1 }

[[criterion]]
name = "ferritin"
rules = [
  { item = "ferritin", edge = ">=", threshold = 500, unit = "ng/mL" },
]

[[criterion]]
name = "low counts"
need = 2
rules = [
  { item = "Hb", edge = "<", threshold = 90, unit = "g/L" },
  { item = "platelets", edge = "<", threshold = 100, unit = "10^9/L" },
]
"""


@pytest.fixture
def load(tmp_path):
    def from_text(text, loader=load_definition):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return loader(path)

    return from_text


def test_a_users_own_definition_is_read_with_aliases_and_lines(load):
    definition = load(GOOD)

    rules = [rule for one in definition.criteria for rule in one.rules]
    assert [rule.item for rule in rules] == ["ferritin", "hemoglobin", "platelets"]
    assert [rule.line for rule in rules] == [10, 17, 18]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('title = "My score"\n', "", 1, "title is missing"),
        ("need = 2", "need = 3", 15, "need must be from 1 to 2"),
        ("need = 2", "neeed = 2", 15, "unknown key 'neeed'; did you mean 'need'"),
        ('"ferritin", edge', '"feritin", edge', 10, "did you mean 'ferritin'"),
        ('">=", threshold = 500', '"=>", threshold = 500', 10, "edge '=>' is not known"),
        ("threshold = 500", 'threshold = "500"', 10, "threshold must be a number"),
        ('unit = "ng/mL"', 'unit = "mg/dL"', 10, "'mg/dL' is no unit of ferritin"),
        (', unit = "ng/mL"', "", 10, "the unit of ferritin is missing"),
        ("edge = \">=\", threshold = 500, unit", "unit", 10, "expected one of"),
        ("need = 2", "points_by_count = [0, 1]", 15, "expected 3 whole numbers"),
        ('name = "low counts"', 'name = "ferritin"', 14, "a second criterion"),
        ('item = "Hb", edge = "<", threshold = 90, unit = "g/L"', 'item = "spleen", edge = "<", threshold = 1', 17, "answered yes or no"),
        ("need = 2", 'role = "nice"', 15, "role 'nice' is not known"),
        ("positive = {", "probability = [ { up_to = 5, percent = \"1 %\" }, { up_to = 4, percent = \"2 %\" } ]\npositive = {", 5, "up_to must rise"),
    ],
)  # fmt: skip
def test_a_wrong_definition_is_refused_with_its_line_and_what_was_expected(load, old, new, line, words):
    assert old in GOOD

    with pytest.raises(HlhcliError) as error:
        load(GOOD.replace(old, new))

    assert f"line {line}: " in str(error.value)
    assert words in str(error.value)
    assert "mine.toml" in str(error.value)


def test_all_wrong_lines_are_told_at_once(load):
    with pytest.raises(HlhcliError) as error:
        load(GOOD.replace("need = 2", "need = 3").replace('unit = "ng/mL"', 'unit = "stones"'))

    assert "2 things are wrong" in str(error.value)


def test_text_that_is_not_toml_is_refused_with_its_line(load):
    with pytest.raises(HlhcliError, match="line 2"):
        load('name = "x"\ntitle = \n')


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(HlhcliError, match=r"none\.toml"):
        load_definition(tmp_path / "none.toml")


def test_a_wrong_response_definition_is_refused_with_its_line(load):
    text = 'name = "r"\ntitle = "R"\nsource = "s"\nsetting = "all"\nrules = [\n  { item = "ferritin", edge = "<", threshold = 1, unit = "furlong" },\n]\nlevels = [\n  { name = "CR", counts = "normal" },\n]\n'

    with pytest.raises(HlhcliError, match=r"line 6: 'furlong' is no unit of ferritin"):
        load(text, load_response)


def test_every_definition_file_is_in_the_order_of_output():
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(ORDER)
    assert {path.stem for path in RESPONSES.glob("*.toml")} == set(RESPONSE_ORDER)


@pytest.mark.parametrize(
    "path", sorted([*FOLDER.glob("*.toml"), *RESPONSES.glob("*.toml")]), ids=lambda path: path.stem
)
def test_every_definition_has_its_own_name_a_source_and_a_confidence_of_high_or_middle(path):
    content = tomllib.loads(path.read_text(encoding="utf-8"))

    assert content["name"] == path.stem
    assert content["source"]
    assert content["confidence"] in ("H", "M")


def test_the_points_of_hscore_reach_from_0_to_337_and_its_probabilities_as_far():
    hscore = next(one for one in builtin() if one.name == "hscore")

    assert hscore.probability[-1].up_to == 337


def test_no_page_names_this_machine():
    assert not any("/tmp" in path.read_text(encoding="utf-8") for path in Path(FOLDER).glob("*.toml"))
