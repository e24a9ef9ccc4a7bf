"""Definition files to definitions; a wrong file is refused with its lines and what was expected."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from hlhcli import markers
from hlhcli.clinical_items import clinical_items, find_item
from hlhcli.criteria import places, quantities
from hlhcli.criteria.definition import (
    RELATIONS,
    ROLES,
    Bracket,
    Condition,
    Criterion,
    Cutoff,
    Definition,
    Limit,
    Rule,
)
from hlhcli.criteria.intervals import EDGES
from hlhcli.errors import HlhcliError, bullet_list, nearest

FOLDER = Path(__file__).parent / "definitions"
ORDER = (
    "hscore",
    "hlh-2004",
    "hlh-2024",
    "mas-2016",
    "ms-score",
    "ferritin-esr",
    "ohi",
    "isth-dic",
    "sic",
)
"""The definitions that come with the program, in the order of output."""

NUMBER = (int, Decimal)
TOP = {
    "name": str,
    "title": str,
    "source": str,
    "confidence": str,
    "setting": str,
    "counts": str,
    "positive": dict,
    "criterion": list,
    "subtotal": dict,
    "probability": list,
    "default_scheme": str,
    "note": str,
}
TOP_NEEDED = ("name", "title", "source", "setting", "positive", "criterion")
CRITERION = {
    "name": str,
    "rules": list,
    "role": str,
    "need": int,
    "points": int,
    "points_by_count": list,
    "stated_yes": str,
    "stated_no": str,
    "scheme": str,
    "source": str,
    "confidence": str,
    "note": str,
}
RULE = {
    "item": str,
    "is": str,
    "edge": str,
    "threshold": NUMBER,
    "unit": str,
    "also": (str, list),
    "of": str,
    "only_if": str,
    "points": int,
    "coefficient": NUMBER,
    "over": str,
    "over_unit": str,
}
CUTOFF = {"edge": str, "threshold": NUMBER, "of": list}
BRACKET = {"up_to": int, "percent": str}

ALSO = re.compile(r"\s*([\d.]+)\s+(\S.*)")
CONDITION = re.compile(r"\s*(.+?)\s*(>=|<=|>|<)\s*([\d.]+)\s*(.*)")


def builtin() -> tuple[Definition, ...]:
    """The definitions that come with the program."""
    return tuple(_builtin(name) for name in ORDER)


def find_definitions(names: Sequence[str]) -> tuple[Definition, ...]:
    """The definitions that these names or files mean; all that come with the program for none.

    A name with a ``.toml`` ending is a file in the same form as those that come with it.
    """
    if not names:
        return builtin()
    return tuple(dict.fromkeys(_find(name) for name in names))


def _find(name: str) -> Definition:
    if name.lower().endswith(".toml"):
        return load_definition(Path(name))
    if name.lower() not in ORDER:
        raise HlhcliError(f"no definition '{name}'; {nearest(name, ORDER)}; or give a file: my.toml")
    return _builtin(name.lower())


@cache
def _builtin(name: str) -> Definition:
    return load_definition(FOLDER / f"{name}.toml")


def read_definition(path: Path) -> tuple[dict[str, Any], "Check"]:
    """The content of a definition file, and the check that knows its lines.

    Raises `HlhcliError` for a file that cannot be read or that is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise HlhcliError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HlhcliError(f"{path}: is not valid TOML: {error}") from None
    return content, Check(places.find_places(text))


def load_definition(path: Path) -> Definition:
    """Read one definition file.

    Raises `HlhcliError` for a file that cannot be read or that is not TOML, and otherwise
    with every wrong line at once.
    """
    content, check = read_definition(path)
    _check_top(content, check)
    check.raise_any(path)
    return _definition(content, check.places, path)


class Check:
    """Complaints about one file, by line."""

    def __init__(self, where: places.Places) -> None:
        self.places = where
        self.found: list[tuple[int, str]] = []

    def raise_any(self, path: Path) -> None:
        """Raise one `HlhcliError` with all complaints by line, if there is any."""
        if self.found:
            count = "1 thing is" if len(self.found) == 1 else f"{len(self.found)} things are"
            lines = [f"line {line}: {words}" for line, words in sorted(self.found)]
            raise HlhcliError(f"{path}: {count} wrong in this definition\n{bullet_list(lines)}")

    def add(self, path: places.Path, words: str) -> None:
        """Complain about a place in the file."""
        self.found.append((self.places.line(path), words))

    def choice(self, table: Mapping[str, Any], key: str, choices: Sequence[str], path: places.Path) -> None:
        """Complain where a key has none of these words."""
        if key in table and table[key] not in choices:
            self.add((*path, key), f"{key} '{table[key]}' is not known; write one of: {', '.join(choices)}")

    def shape(
        self,
        table: Any,  # noqa: ANN401 - whatever the file holds
        keys: Mapping[str, Any],
        needed: Sequence[str],
        path: places.Path,
    ) -> bool:
        """Complain about unknown, missing and wrongly typed keys; True where the table can be read on."""
        if not isinstance(table, dict):
            self.add(path, "expected a table: { key = value, … }")
            return False
        before = len(self.found)
        for key, value in table.items():
            if key not in keys:
                self.add((*path, key), f"unknown key '{key}'; {nearest(key, keys)}")
            elif not isinstance(value, keys[key]) or (isinstance(value, bool) and keys[key] is not bool):
                self.add(
                    (*path, key), f"{key} must be {_kind(keys[key])}, found {value!r}".replace("Decimal", "")
                )
        for key in needed:
            if key not in table:
                self.add(path, f"{key} is missing")
        return len(self.found) == before


def _kind(wanted: Any) -> str:  # noqa: ANN401 - a type or several
    names = {
        str: "text",
        int: "a whole number",
        list: "a list",
        dict: "a table",
        NUMBER: "a number",
        bool: "true or false",
    }
    return names.get(wanted, "text or a list")


def _check_top(content: dict[str, Any], check: Check) -> None:
    if not check.shape(content, TOP, TOP_NEEDED, ()):
        return
    for key in ("positive", "subtotal"):
        if key in content and check.shape(content[key], CUTOFF, ("edge", "threshold"), (key,)):
            check.choice(content[key], "edge", EDGES, (key,))
    for place, bracket in enumerate(content.get("probability", ())):
        check.shape(bracket, BRACKET, tuple(BRACKET), ("probability", place))
    good = [_check_criterion(one, check, ("criterion", k)) for k, one in enumerate(content["criterion"])]
    if all(good):
        _check_whole(content, check)


def _check_whole(content: dict[str, Any], check: Check) -> None:
    criteria = content["criterion"]
    seen: set[tuple[str, str]] = set()
    for place, one in enumerate(criteria):
        key = one["name"], one.get("scheme", "")
        if key in seen:
            check.add(("criterion", place, "name"), f"a second criterion is called '{one['name']}'")
        seen.add(key)
    if not any(one.get("role", "counted") == "counted" for one in criteria):
        check.add(("criterion",), "no criterion is counted")
    names = [one["name"] for one in criteria]
    for name in content.get("subtotal", {}).get("of", ()):
        if name not in names:
            check.add(("subtotal",), f"no criterion '{name}' to add up; {nearest(str(name), names)}")
    schemes = {one["scheme"] for one in criteria if "scheme" in one}
    if content.get("default_scheme", "") not in (schemes or {""}):
        check.add(("default_scheme",), f"default_scheme must be one of: {', '.join(sorted(schemes))}")
    limits = [bracket["up_to"] for bracket in content.get("probability", ()) if "up_to" in bracket]
    if limits != sorted(set(limits)):
        check.add(("probability",), "up_to must rise from row to row")


def _check_criterion(table: dict[str, Any], check: Check, path: places.Path) -> bool:
    before = len(check.found)
    if not check.shape(table, CRITERION, ("name", "rules"), path):
        return False
    check.choice(table, "role", ROLES, path)
    for key in ("stated_yes", "stated_no"):
        if key in table and not _is_yes_no(table[key]):
            check.add((*path, key), f"'{table[key]}' is no yes/no item; {_known_clinical(table[key])}")
    if not table["rules"]:
        check.add(
            (*path, "rules"), "expected at least one rule: { item = …, edge = …, threshold = …, unit = … }"
        )
    good = [check_rule(rule, check, (*path, "rules", k)) for k, rule in enumerate(table["rules"])]
    if table["rules"] and all(good):
        _check_points(table, check, path)
    return len(check.found) == before


def _check_points(table: dict[str, Any], check: Check, path: places.Path) -> None:
    """The ways to count exclude each other, and must fit the number of items."""
    rules = table["rules"]
    items = len({rule["item"] for rule in rules})
    ways: list[str] = [key for key in ("points", "points_by_count") if key in table]
    for key in ("points", "coefficient"):
        having = sum(key in rule for rule in rules)
        if having not in (0, len(rules)):
            check.add(path, f"either every rule of '{table['name']}' has {key}, or none")
        ways += [f"{key} of each rule"] if having else []
    if len(ways) > 1:
        check.add(path, f"'{table['name']}' counts in more than one way: {', '.join(ways)}; keep one")
    counts = table.get("points_by_count")
    if counts is not None and (len(counts) != items + 1 or not all(isinstance(one, int) for one in counts)):
        check.add(
            (*path, "points_by_count"), f"expected {items + 1} whole numbers: for 0 to {items} items met"
        )
    if not 1 <= table.get("need", 1) <= items:
        check.add((*path, "need"), f"need must be from 1 to {items}, the number of items")
    if any("coefficient" in rule for rule in rules) and len(rules) > 1:
        check.add(path, "a criterion with a coefficient has one rule")


def check_rule(rule: dict[str, Any], check: Check, path: places.Path) -> bool:
    """Complain about what is wrong in one row; True where it is good."""
    before = len(check.found)
    if not check.shape(rule, RULE, ("item",), path):
        return False
    check.choice(rule, "edge", EDGES, path)
    check.choice(rule, "of", RELATIONS, path)
    check.choice(rule, "is", ("yes",), path)
    if canonical(rule["item"]) is None:
        check.add(path, f"item '{rule['item']}' is not known; {_known(rule['item'])}")
    else:
        _check_comparison(rule, check, path)
    return len(check.found) == before


def _check_comparison(rule: dict[str, Any], check: Check, path: places.Path) -> None:
    ways = [key for key in ("is", "threshold", "coefficient") if key in rule]
    if len(ways) != 1:
        check.add(path, 'expected one of: is = "yes"; edge and threshold; coefficient')
        return
    if ("edge" in rule) != ("threshold" in rule):
        check.add(path, "edge and threshold go together")
    if _is_yes_no(rule["item"]) and "threshold" in rule:
        check.add(path, f"'{rule['item']}' is answered yes or no: write is = \"yes\"")
    if not _is_yes_no(rule["item"]) and "is" in rule:
        check.add(path, f"'{rule['item']}' is a number: write edge, threshold and unit")
    if "/" not in rule.get("of", "") and not _is_yes_no(rule["item"]):
        _check_unit(rule["item"], rule.get("unit", ""), check, path)
    for words in _listed(rule.get("also", [])):
        match = ALSO.fullmatch(str(words))
        if not match:
            check.add(path, f"also '{words}' cannot be read; write a number and a unit: also = \"265 mg/dL\"")
        else:
            _check_unit(rule["item"], match[2], check, path)
    _check_references(rule, check, path)


def _check_references(rule: dict[str, Any], check: Check, path: places.Path) -> None:
    if "over" in rule:
        if canonical(rule["over"]) is None:
            check.add(path, f"over '{rule['over']}' is not known; {_known(rule['over'])}")
        else:
            _check_unit(rule["over"], rule.get("over_unit", ""), check, path)
    if "only_if" in rule:
        match = CONDITION.fullmatch(rule["only_if"])
        if not match or canonical(match[1]) is None:
            words = "write an item, an edge, a number and a unit: age < 4 weeks"
            check.add(path, f"only_if '{rule['only_if']}' cannot be read; {words}")
        else:
            _check_unit(match[1], match[4], check, path)


def _check_unit(item: str, unit: str, check: Check, path: places.Path) -> None:
    name = canonical(item) or ""
    known = quantities.accepted(name)
    if not known:
        check.add(path, f"no unit of '{item}' is known to this program, so that no threshold can be compared")
    elif not quantities.accepts(name, unit):
        found = f"'{unit}' is no unit of {item}" if unit else f"the unit of {item} is missing"
        check.add(path, f"{found}; write one of: {', '.join(filter(None, known))}")


def canonical(item: str) -> str | None:
    """The one name of a clinical item or of a marker; None where it is neither."""
    clinical = find_item(item)
    if clinical:
        return clinical.name
    marker = markers.find(item)
    return marker.name if marker else None


def _is_yes_no(item: str) -> bool:
    clinical = find_item(item)
    return clinical is not None and clinical.kind == "yes/no"


def _known(item: str) -> str:
    return nearest(item, [*(one.name for one in clinical_items()), *(one.name for one in markers.markers())])


def _known_clinical(item: str) -> str:
    return nearest(item, [one.name for one in clinical_items() if one.kind == "yes/no"])


def _listed(also: Any) -> list[Any]:  # noqa: ANN401 - text or a list, as checked before
    return [also] if isinstance(also, str) else list(also)


def _definition(content: dict[str, Any], where: places.Places, path: Path) -> Definition:
    tables = enumerate(content["criterion"])
    return Definition(
        name=content["name"],
        title=content["title"],
        source=content["source"],
        confidence=content.get("confidence", ""),
        setting=content["setting"],
        counts=content.get("counts", "points"),
        positive=_cutoff(content["positive"]),
        criteria=tuple(_criterion(one, content, where, ("criterion", k)) for k, one in tables),
        file=path.name if path.parent == FOLDER else str(path),
        subtotal=_cutoff(content["subtotal"]) if "subtotal" in content else None,
        probability=tuple(
            Bracket(Fraction(one["up_to"]), one["percent"]) for one in content.get("probability", ())
        ),
        default_scheme=content.get("default_scheme", ""),
        note=content.get("note", ""),
    )


def _cutoff(table: dict[str, Any]) -> Cutoff:
    return Cutoff(table["edge"], Decimal(table["threshold"]), tuple(table.get("of", ())))


def _criterion(
    table: dict[str, Any], content: dict[str, Any], where: places.Places, path: places.Path
) -> Criterion:
    rules = enumerate(table["rules"])
    defaults = {key: content.get(key, "") for key in ("source", "confidence")}
    plain = {key: value for key, value in table.items() if key not in ("rules", "points_by_count")}
    return Criterion(
        **{**defaults, **plain},
        rules=tuple(read_rule(rule, where.line((*path, "rules", k))) for k, rule in rules),
        points_by_count=tuple(table.get("points_by_count", ())),
    )


def read_rule(table: dict[str, Any], line: int) -> Rule:
    """One row that `check_rule` found good, and its line in the file."""
    unit = table.get("unit", "")
    also = [ALSO.fullmatch(words) for words in _listed(table.get("also", []))]
    limits = [Limit(Decimal(table.get("threshold", 1)), unit)]
    limits += [Limit(Decimal(match[1]), match[2]) for match in also if match]
    return Rule(
        item=canonical(table["item"]) or "",
        line=line,
        edge=table.get("edge", ""),
        limits=tuple(limits),
        of=table.get("of", RELATIONS[0]),
        only_if=_condition(table["only_if"]) if "only_if" in table else None,
        points=table.get("points"),
        coefficient=Decimal(table["coefficient"]) if "coefficient" in table else None,
        over=Limit(Decimal(1), table["over_unit"]) if "over" in table else None,
        over_item=canonical(table["over"]) or "" if "over" in table else "",
        is_yes="is" in table,
    )


def _condition(words: str) -> Condition:
    match = CONDITION.fullmatch(words)
    if match is None:
        raise AssertionError("conditions are checked before they are read")
    return Condition(canonical(match[1]) or "", match[2], Limit(Decimal(match[3]), match[4]))
