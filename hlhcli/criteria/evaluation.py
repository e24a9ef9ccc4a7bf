"""One definition against what is known at one time: verdicts, points and what would decide.

Rows are evaluated as they are written; nothing here knows any definition by name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from hlhcli.clinical_items import find_item
from hlhcli.criteria import quantities
from hlhcli.criteria.definition import PLAIN, Criterion, Definition, Limit, Rule
from hlhcli.criteria.findings import Finding
from hlhcli.criteria.intervals import (
    NOT_NEGATIVE,
    Interval,
    Verdict,
    all_of,
    any_of,
    compare,
    count_met,
    number,
)

Findings = Mapping[str, Finding]
ZERO, YES_OR_NO = number(0), Interval(Fraction(0), Fraction(1))


@dataclass(frozen=True)
class RuleResult:
    """The answer to one row, with the finding that it rests on and the reason why it is unknown."""

    rule: Rule
    verdict: Verdict
    finding: Finding | None
    note: str
    limit: Limit | None = None  # the published threshold that was compared


@dataclass(frozen=True)
class CriterionResult:
    """The answer to one criterion and the points that it may give."""

    criterion: Criterion
    verdict: Verdict
    points: Interval
    rules: tuple[RuleResult, ...]


@dataclass(frozen=True)
class Outcome:
    """One definition at one time.

    ``verdict`` is that of the criteria as far as they are known; ``setting`` says whether the
    definition was made for this patient at all.
    """

    definition: Definition
    setting: Verdict
    verdict: Verdict
    score: Interval
    criteria: tuple[CriterionResult, ...]
    would_decide: tuple[str, ...]
    alone: bool  # whether each of `would_decide` decides alone, or none of them does


def evaluate(definition: Definition, findings: Findings, scheme: str | None = None) -> Outcome:
    """Answer every criterion; what is missing stays unknown, and the score becomes a range."""
    results = tuple(_criterion(one, findings) for one in definition.under(scheme))
    setting = all_of(one.verdict for one in results if one.criterion.role == "setting")
    if setting is not Verdict.MET:
        results = tuple(map(_without_clinical, results))
    score, verdict = _total(results), _decide(definition, results)
    names, alone = _deciding(definition, results) if verdict is Verdict.UNKNOWN else ((), False)
    return Outcome(definition, setting, verdict, score, results, names, alone)


def bracket(definition: Definition, score: Interval) -> str:
    """The published probability of a range of scores: one bracket, or the first and the last.

    Empty where the definition has none.
    """
    if not definition.probability or score.low is None or score.high is None:
        return ""
    low, high = _percent(definition, score.low), _percent(definition, score.high)
    return low if low == high else f"{low} to {high}"


def _percent(definition: Definition, score: Fraction) -> str:
    return next(one.percent for one in definition.probability if score <= one.up_to)


def _without_clinical(result: CriterionResult) -> CriterionResult:
    """Outside its setting a definition is read for its laboratory part only: the rest is left open."""
    if result.criterion.role == "setting" or any(find_item(item) is None for item in result.criterion.items):
        return result
    rules = tuple(
        replace(one, verdict=Verdict.UNKNOWN, note="left open: laboratory part only") for one in result.rules
    )
    return CriterionResult(result.criterion, Verdict.UNKNOWN, _points(result.criterion, rules, {}), rules)


def _total(results: Iterable[CriterionResult], names: Sequence[str] = ()) -> Interval:
    total = ZERO
    for one in results:
        if one.criterion.role == "counted" and (not names or one.criterion.name in names):
            total += one.points
    return total


def _decide(definition: Definition, results: Sequence[CriterionResult]) -> Verdict:
    """Sufficient criteria, or the cut-off with everything that is required beside it."""
    by_role = {
        role: [one.verdict for one in results if one.criterion.role == role]
        for role in ("required", "sufficient")
    }
    cutoffs = [cutoff for cutoff in (definition.positive, definition.subtotal) if cutoff]
    beyond = [compare(_total(results, cutoff.of), cutoff.edge, cutoff.exact) for cutoff in cutoffs]
    return any_of([all_of([*beyond, *by_role["required"]]), *by_role["sufficient"]])


def _deciding(definition: Definition, results: Sequence[CriterionResult]) -> tuple[tuple[str, ...], bool]:
    """The unknown criteria any one of which could settle the verdict; else all that are unknown."""
    criteria = tuple(one.criterion for one in results)
    return _settling(definition, criteria, tuple((one.verdict, one.points) for one in results))


@lru_cache(maxsize=4096)  # days of one patient, and patients of one laboratory, lack the same things
def _settling(
    definition: Definition, criteria: tuple[Criterion, ...], states: tuple[tuple[Verdict, Interval], ...]
) -> tuple[tuple[str, ...], bool]:
    results = [CriterionResult(one, *state, ()) for one, state in zip(criteria, states, strict=True)]
    open_ones = [k for k, one in enumerate(results) if _is_open(one)]
    alone = [k for k in open_ones if any(_settles(definition, results, k, end) for end in (False, True))]
    return tuple(criteria[k].name for k in alone or open_ones), bool(alone)


def _is_open(result: CriterionResult) -> bool:
    if result.criterion.role == "setting":
        return False
    return result.verdict is Verdict.UNKNOWN or not result.points.known


def _settles(definition: Definition, results: Sequence[CriterionResult], place: int, highest: bool) -> bool:
    """Whether the verdict is known once this criterion has its highest or its lowest points."""
    one = results[place]
    end = one.points.high if highest else one.points.low
    points = Interval(end, end) if end is not None else one.points
    verdict = one.verdict
    if verdict is Verdict.UNKNOWN:
        verdict = Verdict.MET if highest else Verdict.NOT_MET
    supposed = [*results[:place], replace(one, points=points, verdict=verdict), *results[place + 1 :]]
    return end is not None and _decide(definition, supposed) is not Verdict.UNKNOWN


def _criterion(criterion: Criterion, findings: Findings) -> CriterionResult:
    rules = tuple(_rule(rule, findings) for rule in criterion.rules)
    rules = _as_stated(criterion, rules, findings)
    verdict = compare(_count(criterion, rules), ">=", Fraction(criterion.need))
    return CriterionResult(criterion, verdict, _points(criterion, rules, findings), rules)


def _as_stated(
    criterion: Criterion, rules: tuple[RuleResult, ...], findings: Findings
) -> tuple[RuleResult, ...]:
    """A statement stands in where nothing is measured: no fever for an unknown temperature."""
    if any(one.finding is not None for one in rules):
        return rules
    for name, verdict in ((criterion.stated_yes, Verdict.MET), (criterion.stated_no, Verdict.NOT_MET)):
        finding = findings.get(name)
        if finding and finding.value and _agrees(finding.value, verdict):
            return tuple(replace(one, verdict=verdict, finding=finding, note=finding.note) for one in rules)
    return rules


def _agrees(value: Interval, verdict: Verdict) -> bool:
    return compare(value, ">=", Fraction(1)) is verdict


def _count(criterion: Criterion, rules: Iterable[RuleResult]) -> Interval:
    """How many items are met; the rules of one item are alternatives."""
    found = list(rules)
    return count_met(
        any_of(one.verdict for one in found if one.rule.item == item) for item in criterion.items
    )


def _points(criterion: Criterion, rules: Sequence[RuleResult], findings: Findings) -> Interval:
    if criterion.weighed:
        return _weight(criterion.rules[0], findings)
    if criterion.banded:
        return _band(rules)
    count = _count(criterion, rules)
    if criterion.points_by_count:
        possible = range(int(count.low or 0), int(count.high or 0) + 1)
        return _span(criterion.points_by_count[met] for met in possible)
    verdict = compare(count, ">=", Fraction(criterion.need))
    return _span(
        points
        for points, cannot in ((0, Verdict.MET), (criterion.points, Verdict.NOT_MET))
        if verdict != cannot
    )


def _band(rules: Sequence[RuleResult]) -> Interval:
    """Points of the first row that is met; rows that are unknown may give theirs."""
    possible = []
    for one in rules:
        if one.verdict is not Verdict.NOT_MET:
            possible.append(one.rule.points or 0)
        if one.verdict is Verdict.MET:
            return _span(possible)
    return _span([*possible, 0])


def _span(points: Iterable[int]) -> Interval:
    found = list(points)
    return Interval(Fraction(min(found)), Fraction(max(found)))


def _weight(rule: Rule, findings: Findings) -> Interval:
    value = _in_unit(rule.item, findings.get(rule.item), rule.unit)
    if rule.over:
        divisor = _in_unit(rule.over_item, findings.get(rule.over_item), rule.over.unit)
        value = value.over(divisor) if value and divisor else None
    if value is None:
        value = NOT_NEGATIVE if rule.unit else YES_OR_NO
    return value.times(Fraction(rule.coefficient or 1))


def _in_unit(item: str, finding: Finding | None, unit: str) -> Interval | None:
    if finding is None or finding.value is None:
        return None
    if not unit:
        return finding.value
    ratio = quantities.factor(item, finding.unit, unit)
    return finding.value.times(ratio) if ratio else None


def _rule(rule: Rule, findings: Findings) -> RuleResult:
    finding = findings.get(rule.item)
    if finding is None:
        return RuleResult(rule, Verdict.UNKNOWN, None, "no value")
    if finding.value is None:
        return RuleResult(rule, Verdict.UNKNOWN, finding, finding.note)
    if rule.coefficient is not None:
        return _weighed(rule, finding, findings)
    if rule.is_yes:
        return RuleResult(rule, compare(finding.value, ">=", Fraction(1)), finding, finding.note)
    value, limit, reason = related(rule, finding)
    verdict = compare(value, rule.edge, limit.exact) if value and limit else Verdict.UNKNOWN
    return _if_condition(RuleResult(rule, verdict, finding, reason or finding.note, limit), findings)


def _weighed(rule: Rule, finding: Finding, findings: Findings) -> RuleResult:
    """A weighed value is known or not; the verdict says which."""
    known = _weight(rule, findings).known
    reason = finding.note
    if not known and _in_unit(rule.item, finding, rule.unit) is None:
        reason = _no_unit(finding, rule.unit)
    elif not known and rule.over:
        divisor = findings.get(rule.over_item)
        reason = f"no {rule.over_item}" if divisor is None else f"{rule.over_item} {divisor.text}: no ratio"
    return RuleResult(rule, Verdict.MET if known else Verdict.UNKNOWN, finding, reason)


def related(rule: Rule, finding: Finding) -> tuple[Interval | None, Limit | None, str]:
    """The number to compare, the published limit to compare it with, and why there is none."""
    if finding.value is None:
        return None, None, finding.note
    if rule.of == PLAIN:
        return _to_published(rule, finding)
    reference = finding.reference(rule.of.rsplit(" ", 1)[-1])
    if reference is None:
        return None, None, f"no {rule.of.rsplit(' ', 1)[-1].replace('_', ' ')} for this value"
    if "/" in rule.of:
        ratio = finding.value.over(reference)
        return ratio, rule.limits[0], "" if ratio else "cannot be divided"
    difference = finding.value + reference.times(Fraction(-1))
    ratio_of_units = quantities.factor(rule.item, finding.unit, rule.unit)
    if ratio_of_units is None:
        return None, None, _no_unit(finding, rule.unit)
    return difference.times(ratio_of_units), rule.limits[0], ""


def _to_published(rule: Rule, finding: Finding) -> tuple[Interval | None, Limit | None, str]:
    """The value in the published unit that it needs no rounded factor for, else in the first one."""
    found: list[tuple[Fraction, Limit]] = []
    for limit in rule.limits:
        ratio = quantities.factor(rule.item, finding.unit, limit.unit)
        if ratio is not None:
            found.append((ratio, limit))
    found.sort(key=lambda pair: not quantities.is_decimal_shift(pair[0]))
    if not found or finding.value is None:
        return None, None, _no_unit(finding, rule.unit)
    ratio, limit = found[0]
    return finding.value.times(ratio), limit, ""


def _no_unit(finding: Finding, wanted: str) -> str:
    if not finding.unit:
        return f"the value has no unit (compared in {wanted})"
    return f"unit '{finding.unit}' cannot be compared with {wanted}"


def _if_condition(result: RuleResult, findings: Findings) -> RuleResult:
    condition = result.rule.only_if
    if condition is None:
        return result
    value = _in_unit(condition.item, findings.get(condition.item), condition.limit.unit)
    holds = compare(value, condition.edge, condition.limit.exact) if value else Verdict.UNKNOWN
    note = result.note if value else f"{condition.item} not known"
    return replace(result, verdict=all_of([result.verdict, holds]), note=note)
