"""Published response definitions around an intervention, each item with what it was held to.

The baseline is the last value before the start and the response the last value of the
window. Clinical items are not looked at, so that a definition that needs them is answered
for its laboratory part, with how many of its items could be evaluated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hlhcli import markers
from hlhcli.criteria.definition import Rule
from hlhcli.criteria.evaluation import related
from hlhcli.criteria.findings import Finding, canonical_markers, lab_finding
from hlhcli.criteria.intervals import Verdict, at_least, compare, count_met, negate
from hlhcli.criteria.loading import Check, check_rule, read_definition, read_rule
from hlhcli.errors import HlhcliError, nearest
from hlhcli.request import WindowRules
from hlhcli.times import MISSING, from_instants, instants
from hlhcli.windows import exact_days, positions, windows

FOLDER = Path(__file__).parent / "responses"
ORDER = ("emapalumab-phlh", "marsh-2013", "emerald")

RESPONSES = (
    "subject",
    "intervention",
    "start",
    "definition",
    "response",
    "needed",
    "count_low",  # laboratory items that count for sure
    "count_high",  # and with those that could not be evaluated
    "evaluable",  # laboratory items of how many
    "laboratory_part",
    "verdict",  # with the clinical items of the definition, which are not known here
    "note",
)
"""One row per subject, intervention and level of response."""

RESPONSE_ITEMS = (
    "subject",
    "intervention",
    "start",
    "definition",
    "item",
    "unit",
    "baseline",
    "baseline_time",
    "baseline_row",
    "value",
    "time",
    "row",
    "required",
    "abnormal_at_baseline",
    "normal",
    "improved_25",
    "improved_50",
    "note",
)
"""One row per subject, intervention, definition and laboratory item."""

TOP = {
    "name": str,
    "title": str,
    "source": str,
    "confidence": str,
    "setting": str,
    "clinical": list,
    "unverified": list,
    "any_marker": bool,
    "rules": list,
    "levels": list,
    "note": str,
}
LEVEL = {"name": str, "counts": str, "need": int, "percent": int}
COUNTS = ("normal", "normalized", "improved")


@dataclass(frozen=True)
class Level:
    """One degree of response: so many items normal, normalized, or better by a percentage."""

    name: str
    counts: str
    need: int | None  # None: all of them
    percent: int = 0

    @property
    def words(self) -> str:
        """What the level needs."""
        if self.need is None:
            return "all normal"
        if self.percent:
            return f"{self.need} better, each at least {self.percent} %"
        return f"{self.need} {self.counts}"


@dataclass(frozen=True)
class ResponseDefinition:
    """A published definition of response."""

    name: str
    title: str
    source: str
    confidence: str
    setting: str
    rules: tuple[Rule, ...]
    levels: tuple[Level, ...]
    clinical: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    any_marker: bool = False
    note: str = ""


@dataclass(frozen=True)
class Item:
    """One marker around one start."""

    item: str
    rule: Rule | None
    before: Finding | None
    before_time: int
    after: Finding | None
    after_time: int
    normal: Verdict
    abnormal: Verdict
    note: str

    def improved(self, percent: int) -> Verdict:
        """Whether the value moved the better way by so many percent of its baseline."""
        marker = markers.find(self.item)
        if not (self.before and self.after and self.before.value and self.after.value and marker):
            return Verdict.UNKNOWN
        ratio = self.after.value.over(self.before.value)
        if ratio is None or not marker.improvement or self.before.unit != self.after.unit:
            return Verdict.UNKNOWN
        share = Fraction(percent, 100)
        if marker.improvement == "increase":
            return compare(ratio, ">=", 1 + share)
        return compare(ratio, "<=", 1 - share)


def find_responses(names: Sequence[str]) -> tuple[ResponseDefinition, ...]:
    """The definitions that these names or ``.toml`` files mean; all for none."""
    return tuple(_find(name) for name in names or ORDER)


def _find(name: str) -> ResponseDefinition:
    if name.lower().endswith(".toml"):
        return load_response(Path(name))
    if name.lower() not in ORDER:
        raise HlhcliError(f"no response definition '{name}'; {nearest(name, ORDER)}; or give a file: my.toml")
    return _builtin(name.lower())


@cache
def _builtin(name: str) -> ResponseDefinition:
    return load_response(FOLDER / f"{name}.toml")


def load_response(path: Path) -> ResponseDefinition:
    """Read one response definition; a wrong file is refused with its lines."""
    content, check = read_definition(path)
    if check.shape(content, TOP, ("name", "title", "source", "setting", "levels"), ()):
        _check_rows(content, check)
    check.raise_any(path)
    return _definition(content, check)


def _check_rows(content: dict[str, Any], check: Check) -> None:
    for place, rule in enumerate(content.get("rules", ())):
        check_rule(rule, check, ("rules", place))
    for place, level in enumerate(content["levels"]):
        if check.shape(level, LEVEL, ("name", "counts"), ("levels", place)):
            check.choice(level, "counts", COUNTS, ("levels", place))
            if (level["counts"] == "improved") != ("percent" in level):
                check.add(("levels", place), "improved and percent go together")
    if not content.get("rules") and not content.get("any_marker"):
        check.add((), "expected rules, or any_marker = true")


def _definition(content: dict[str, Any], check: Check) -> ResponseDefinition:
    rules = enumerate(content.get("rules", ()))
    levels = (
        Level(one["name"], one["counts"], one.get("need"), one.get("percent", 0)) for one in content["levels"]
    )
    return ResponseDefinition(
        **{key: content.get(key, "") for key in ("name", "title", "source", "confidence", "setting", "note")},
        rules=tuple(read_rule(rule, check.places.line(("rules", k))) for k, rule in rules),
        levels=tuple(levels),
        clinical=tuple(content.get("clinical", ())),
        unverified=tuple(content.get("unverified", ())),
        any_marker=content.get("any_marker", False),
    )


def responses(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    definitions: Sequence[ResponseDefinition],
    rules: WindowRules,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames `RESPONSES` and `RESPONSE_ITEMS`; windows as in `hlhcli.windows.windows`."""
    spans = windows(series, interventions, **rules)
    rows = _placed(series, spans, rules["same_day"])
    level_rows: list[tuple[object, ...]] = []
    item_rows: list[tuple[object, ...]] = []
    for span in spans.to_dict("records"):
        own = rows[rows["subject"] == span["subject"]]
        pairs = {item: _pair(group, span) for item, group in own.groupby("item", sort=False)}
        for definition in definitions:
            items = list(_items(definition, pairs))
            key = (span["subject"], span["intervention"], span["start"], definition.name)
            level_rows += [(*key, *_level_row(definition, level, items)) for level in definition.levels]
            item_rows += [(*key, *_item_row(one)) for one in items]
    return _frame(level_rows, RESPONSES, series["time"]), _frame(item_rows, RESPONSE_ITEMS, series["time"])


def _placed(series: pd.DataFrame, spans: pd.DataFrame, same_day: str) -> pd.DataFrame:
    """The values of known markers, in order of time, with their place on the windows' axis."""
    names = canonical_markers(series)
    starts = (instants(spans[name]) for name in ("start", "after_until"))
    at = positions(instants(series["time"]), exact_days(series["time"], *starts), same_day)
    rows = series.assign(item=series["marker"].map(names), at=at)
    usable = rows["item"].notna() & rows["value"].notna() & (rows["at"] != MISSING)
    return rows[usable].sort_values(["at", "value"], kind="stable")


def _pair(rows: pd.DataFrame, span: Mapping[Any, Any]) -> tuple[Any, Any]:
    """The last value before the start and the last of the window; None where there is none."""
    edges = pd.Series([span[name] for name in ("before_from", "before_until", "after_from", "after_until")])
    first, until, begin, end = instants(edges.astype(rows["time"].dtype)).tolist()
    at = rows["at"]
    before = rows[(at < until) & (at >= (first if first != MISSING else at.min()))]
    after = rows[(at >= begin) & (at < (end if end != MISSING else at.max() + 1))]
    return tuple(next(part.tail(1).itertuples(index=False), None) for part in (before, after))  # type: ignore[return-value]


def _items(definition: ResponseDefinition, pairs: Mapping[Any, tuple[Any, Any]]) -> Iterator[Item]:
    for rule in definition.rules:
        yield _item(rule.item, rule, pairs.get(rule.item, (None, None)))
    if definition.any_marker:
        for item, pair in sorted(pairs.items(), key=lambda one: markers.rank(str(one[0]))):
            marker = markers.find(str(item))
            if marker and marker.improvement:
                yield _item(str(item), None, pair)


def _item(item: str, rule: Rule | None, pair: tuple[Any, Any]) -> Item:
    before, after = (lab_finding(item, row) if row is not None else None for row in pair)
    if after and before:
        after = replace(after, baseline=before.value if before.unit == after.unit else None)
    normal, abnormal, reason = Verdict.UNKNOWN, Verdict.UNKNOWN, ""
    if rule:
        normal, reason = _meets(rule, after)
        if "baseline" not in rule.of:
            abnormal = negate(_meets(rule, before)[0])
    missing = [words for one, words in ((before, "no baseline"), (after, "no value after")) if one is None]
    inferred = [
        f"date of {words} inferred"
        for one, words in ((before, "baseline"), (after, "value"))
        if one and "inferred" in one.note
    ]
    times = (instants(pd.Series([row.time]))[0] if row is not None else MISSING for row in pair)
    before_time, after_time = (int(time) for time in times)
    note = "; ".join(dict.fromkeys(filter(None, (*missing, reason if not missing else "", *inferred))))
    return Item(item, rule, before, before_time, after, after_time, normal, abnormal, note)


def _meets(rule: Rule, finding: Finding | None) -> tuple[Verdict, str]:
    if finding is None:
        return Verdict.UNKNOWN, ""
    value, limit, reason = related(rule, finding)
    return (compare(value, rule.edge, limit.exact), "") if value and limit else (Verdict.UNKNOWN, reason)


def _counted(level: Level, items: Sequence[Item]) -> list[Verdict]:
    """The verdict of each item that the level looks at; only what was abnormal can get better."""
    if level.counts == "normal":
        return [one.normal for one in items]
    changed = [one for one in items if one.rule is None or "baseline" not in one.rule.of]
    results = []
    for one in changed:
        reached = one.normal if level.counts == "normalized" else one.improved(level.percent)
        was_abnormal = Verdict.MET if one.rule is None else one.abnormal
        results.append(at_least(2, [reached, was_abnormal]))
    return results


def _level_row(definition: ResponseDefinition, level: Level, items: Sequence[Item]) -> tuple[object, ...]:
    verdicts = _counted(level, items)
    need = len(verdicts) if level.need is None else level.need
    count = count_met(verdicts)
    laboratory = at_least(need, verdicts)
    others = [*definition.clinical, *definition.unverified]
    with_others = [*verdicts, *[Verdict.UNKNOWN] * len(others)]
    whole = at_least(len(with_others) if level.need is None else need, with_others)
    evaluable = sum(verdict is not Verdict.UNKNOWN for verdict in verdicts)
    left_out = f"not evaluated: {', '.join(others)}" if others else ""
    return (
        level.name,
        level.words,
        float(count.low or 0),
        float(count.high or 0),
        f"{evaluable} of {len(verdicts)}",
        str(laboratory),
        str(whole),
        "; ".join(filter(None, ("post hoc", left_out))),
    )


def _item_row(one: Item) -> tuple[object, ...]:
    def text(finding: Finding | None) -> str:
        return finding.text if finding else ""

    def line(finding: Finding | None) -> int | None:
        return finding.row if finding else None

    unit = next((finding.unit for finding in (one.after, one.before) if finding), "")
    return (
        one.item,
        unit,
        text(one.before),
        one.before_time,
        line(one.before),
        text(one.after),
        one.after_time,
        line(one.after),
        one.rule.words if one.rule else "",
        str(one.abnormal) if one.rule else "",
        str(one.normal) if one.rule else "",
        str(one.improved(25)),
        str(one.improved(50)),
        one.note,
    )


def _frame(rows: Sequence[tuple[object, ...]], columns: Sequence[str], like: pd.Series) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    kinds: dict[str, Any] = dict.fromkeys(columns, "str")
    kinds |= {name: "Int64" for name in columns if name.endswith("row")}
    kinds |= {name: "float64" for name in columns if name.startswith("count_")}
    times = {"start": frame["start"].astype(like.dtype)} if len(frame) else {}
    for name in ("baseline_time", "time"):
        if name in columns:
            times[name] = _times(frame[name], like)
    kinds |= dict.fromkeys(
        (name for name in ("start", "baseline_time", "time") if name in columns), like.dtype
    )
    return frame.assign(**times).astype(kinds)


def _times(values: pd.Series, like: pd.Series) -> pd.Series:
    return pd.Series(from_instants(values.to_numpy(dtype=np.int64), like), index=values.index).astype(
        like.dtype
    )
