"""CTCAE laboratory grades: toxicity, not severity of disease.

Each value is held to the rows of ``facts/ctcae.csv``, the highest grade first. Where a limit
or a baseline is missing that could change the grade, there is none: never grade 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

import pandas as pd

from hlhcli import facts
from hlhcli.criteria.definition import Limit, Rule
from hlhcli.criteria.evaluation import related
from hlhcli.criteria.findings import Finding, canonical_markers, lab_finding
from hlhcli.criteria.intervals import Verdict, all_of, any_of, compare, negate
from hlhcli.errors import HlhcliError, nearest
from hlhcli.times import MISSING, instants
from hlhcli.windows import exact_days, positions, windows

VERSIONS = ("v5", "v6")

GRADES = (
    "subject",
    "marker",
    "term",
    "version",
    "time",
    "value",
    "unit",
    "grade",  # 0 to 4; missing where it is not known
    "rule",  # what the grade rests on
    "reference_low",  # the limits that were used
    "reference_high",
    "baseline",
    "baseline_time",
    "note",
    "row",
)
"""One row per value and term."""

WORST = (
    "subject",
    "intervention",
    "start",
    "term",
    "version",
    "grade",
    "time",
    "value",
    "unit",
    "graded",  # values with a grade, of all in the window
    "values",
)
"""One row per subject, intervention and term: the highest grade after the start."""


@dataclass(frozen=True)
class GradeRule:
    """One row of the table: this grade, under this condition."""

    grade: int
    when: str  # "", "baseline normal", "baseline high" or "below LLN"
    rule: Rule
    words: str


@dataclass(frozen=True)
class Term:
    """One CTCAE term of a version, its rows by grade, the highest first."""

    name: str
    marker: str
    rows: tuple[GradeRule, ...]


@cache
def terms(version: str) -> tuple[Term, ...]:
    """The laboratory terms of a version (``v5`` or ``v6``)."""
    if version not in VERSIONS:
        raise HlhcliError(f"no CTCAE version '{version}'; {nearest(version, VERSIONS)}")
    found: dict[tuple[str, str], list[GradeRule]] = {}
    for line, row in enumerate(facts.rows("ctcae"), start=2):
        if row["version"] == version:
            found.setdefault((row["term"], row["marker"]), []).append(_grade_rule(row, line))
    return tuple(
        Term(name, marker, tuple(sorted(own, key=lambda one: -one.grade)))
        for (name, marker), own in found.items()
    )


def _grade_rule(row: Mapping[str, str], line: int) -> GradeRule:
    limit = Limit(Decimal(row["threshold"]), row["unit"])
    rule = Rule(row["marker"], line, edge=row["edge"], limits=(limit,), of=row["of"])
    return GradeRule(int(row["grade"]), row["when"], rule, row["words"])


def grade(term: Term, finding: Finding, baseline: Finding | None) -> tuple[int | None, str, str]:
    """The grade of one value, the words of its row, and why there is none.

    ``baseline`` is the value before treatment; whether it was abnormal is told by the limit
    that was recorded beside it.
    """
    held = replace(finding, baseline=baseline.value if baseline else None)
    if _not_raised(term, held):
        return 0, "not above ULN", ""
    states = _states(held, baseline)
    for value in sorted({row.grade for row in term.rows}, reverse=True):
        results = [(_meets(row, held, states), row) for row in term.rows if row.grade == value]
        verdict = any_of(result for result, _ in results)
        if verdict is Verdict.MET:
            return value, next(row.words for result, row in results if result is Verdict.MET), ""
        if verdict is Verdict.UNKNOWN:
            return None, "", _why(held, states, [row for result, row in results if result is Verdict.UNKNOWN])
    return 0, "", ""


def _not_raised(term: Term, finding: Finding) -> bool:
    """A value up to ULN is grade 0 of a term that is about its rise, whatever the baseline was."""
    rises = any(row.when == "baseline normal" for row in term.rows)
    known = finding.value is not None and finding.reference_high is not None
    if not (rises and known and finding.value and finding.reference_high is not None):
        return False
    return compare(finding.value, "<=", finding.reference_high) is Verdict.MET


def _states(finding: Finding, baseline: Finding | None) -> dict[str, Verdict]:
    """Whether the baseline was high, by its own limit, and whether the value is low, by its own."""
    high = low = Verdict.UNKNOWN
    if baseline and baseline.value and baseline.reference_high is not None:
        high = compare(baseline.value, ">", baseline.reference_high)
    if finding.value and finding.reference_low is not None:
        low = compare(finding.value, "<", finding.reference_low)
    return {"": Verdict.MET, "baseline high": high, "baseline normal": negate(high), "below LLN": low}


def _meets(row: GradeRule, finding: Finding, states: Mapping[str, Verdict]) -> Verdict:
    value, limit, _ = related(row.rule, finding)
    verdict = compare(value, row.rule.edge, limit.exact) if value and limit else Verdict.UNKNOWN
    return all_of([verdict, states[row.when]])


def _why(finding: Finding, states: Mapping[str, Verdict], rows: Sequence[GradeRule]) -> str:
    """What is missing, in the order in which a reader would look for it."""
    needs = [row.rule.of for row in rows]
    reasons = []
    if any("reference_high" in need for need in needs) and finding.reference_high is None:
        reasons.append("no upper reference limit")
    if any("reference_low" in need for need in needs) and finding.reference_low is None:
        reasons.append("no lower reference limit")
    unknown = any(row.when.startswith("baseline") and states[row.when] is Verdict.UNKNOWN for row in rows)
    if unknown or (any("baseline" in need for need in needs) and finding.baseline is None):
        reasons.append(
            "not known whether the baseline was above its upper limit" if unknown else "no baseline"
        )
    if not reasons and finding.value and not finding.value.known:
        reasons.append("a reported limit leaves it open")
    reasons += [related(row.rule, finding)[2] for row in rows if row.rule.of == "value"]
    return "; ".join(dict.fromkeys(filter(None, reasons)))


def grades(
    series: pd.DataFrame, interventions: pd.DataFrame, *, version: str = "v5", baseline: str | None = None
) -> pd.DataFrame:
    """The frame `GRADES`: every value of a marker that has a CTCAE term.

    The baseline is the last value on or before the start of the intervention that
    ``baseline`` names; without it, of the first intervention of the subject.
    """
    names = canonical_markers(series)
    by_marker: dict[str, list[Term]] = {}
    for term in terms(version):
        by_marker.setdefault(term.marker, []).append(term)
    rows = series.assign(item=series["marker"].map(names), at=instants(series["time"]))
    usable = rows["item"].isin(by_marker) & rows["value"].notna() & (rows["at"] != MISSING)
    rows = rows[usable].sort_values(["at", "value"], kind="stable")
    starts = _starts(interventions, baseline)
    found: list[tuple[object, ...]] = []
    for (subject, item), own in rows.groupby(["subject", "item"], sort=False):
        before = _last_before(own, starts.get(str(subject)))
        for row in own.itertuples(index=False):
            found += _grade_rows(by_marker[str(item)], version, row, before)
    return _frame(found, series["time"])


def _starts(interventions: pd.DataFrame, name: str | None) -> dict[str, int]:
    """The start that divides baseline from treatment, by subject."""
    chosen = interventions[interventions["intervention"] == name] if name else interventions
    at = pd.Series(instants(chosen["start"]), index=chosen.index)
    return {str(key): int(value) for key, value in at.groupby(chosen["subject"]).min().items()}


def _last_before(rows: pd.DataFrame, start: int | None) -> Any:  # noqa: ANN401 - a row, or None
    if start is None:
        return None
    return next(rows[rows["at"] <= start].tail(1).itertuples(index=False), None)


def _grade_rows(
    own: Sequence[Term],
    version: str,
    row: Any,  # noqa: ANN401 - a row of the series frame
    before: Any,  # noqa: ANN401 - as above, or None
) -> Iterator[tuple[object, ...]]:
    finding = lab_finding(row.item, row)
    if before is not None and row.at < before.at:
        before = None  # a value from before the baseline is not held to it
    baseline = lab_finding(row.item, before) if before is not None else None
    for term in own:
        value, words, reason = grade(term, finding, baseline)
        note = "; ".join(filter(None, (reason, finding.note)))
        yield (
            row.subject,
            row.marker,
            term.name,
            version,
            row.time,
            finding.text,
            row.unit,
            value,
            words,
            row.reference_low,
            row.reference_high,
            baseline.text if baseline else "",
            before.time if before is not None else None,
            note,
            row.row,
        )


def _frame(found: Sequence[tuple[object, ...]], like: pd.Series) -> pd.DataFrame:
    frame = pd.DataFrame(found, columns=list(GRADES))
    kinds: dict[str, Any] = dict.fromkeys(GRADES, "str")
    kinds |= {"grade": "Int64", "row": "int64", "reference_low": "float64", "reference_high": "float64"}
    return frame.astype({**kinds, "time": like.dtype, "baseline_time": like.dtype})


def worst(
    graded: pd.DataFrame, series: pd.DataFrame, interventions: pd.DataFrame, rules: Mapping[str, Any]
) -> pd.DataFrame:
    """The frame `WORST`: the highest grade after each start, at its first time.

    A window with values but no grade has a row without one.
    """
    spans = windows(series, interventions, **rules)
    starts = (instants(spans[name]) for name in ("start", "after_until"))
    at = positions(instants(graded["time"]), exact_days(series["time"], *starts), rules["same_day"])
    found = []
    for span in spans.itertuples(index=False):
        edges = instants(pd.Series([span.after_from, span.after_until]).astype(graded["time"].dtype))
        inside = (at >= edges[0]) & ((at < edges[1]) | (edges[1] == MISSING))
        own = graded[inside & (graded["subject"] == span.subject).to_numpy()]
        for term, values in own.groupby("term", sort=False):
            top = values.sort_values(["grade", "time"], ascending=[False, True], kind="stable").iloc[0]
            plain = (top["grade"], top["time"], top["value"], top["unit"])
            counts = (int(values["grade"].notna().sum()), len(values))
            found.append((span.subject, span.intervention, span.start, term, top["version"], *plain, *counts))
    frame = pd.DataFrame(found, columns=list(WORST))
    text = dict.fromkeys(("subject", "intervention", "term", "version", "value", "unit"), "str")
    kinds = {"grade": "Int64", "start": series["time"].dtype, "time": series["time"].dtype}
    return frame.astype({**text, **kinds})
