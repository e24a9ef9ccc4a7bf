"""Definitions over time: one row per subject, day and definition, and one per rule.

The scores are what is known at each day that has any laboratory value of the definition; what
is not known stays open, so that a score is a range and a verdict may be unknown.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from hlhcli.criteria.definition import Definition
from hlhcli.criteria.evaluation import CriterionResult, Outcome, RuleResult, bracket, evaluate
from hlhcli.criteria.findings import (
    clinical_histories,
    days_with_labs,
    lab_histories,
    on_day,
    parse_carry,
)
from hlhcli.criteria.intervals import Interval, Verdict
from hlhcli.times import from_instants, parse_duration

SCORES = (
    "subject",
    "time",
    "definition",
    "score_low",  # missing where nothing bounds it
    "score_high",
    "verdict",  # "met", "not met", "unknown" or "not applicable" (outside the setting)
    "laboratory_part",  # the verdict of the laboratory part, where the setting is not met
    "probability",  # the published bracket, where the definition has one
    "would_decide",  # what would settle an unknown verdict
    "open",  # criteria that are not known, with the points that they may give
    "note",
)
"""One row per subject, day and definition."""

ITEMS = (
    "subject",
    "time",
    "definition",
    "criterion",
    "role",
    "item",
    "value",  # as given
    "unit",
    "threshold",  # edge, number and unit as published
    "verdict",
    "points_low",
    "points_high",
    "source",  # of the threshold
    "file",  # which input the value is from: "labs", "clinical" or ""
    "row",  # its line there
    "note",
    "statement",  # what the clinical table says about where the value is from
)
"""One row per subject, day, definition and rule."""

NOT_APPLICABLE = "not applicable"


def scores(
    series: pd.DataFrame,
    clinical: pd.DataFrame,
    definitions: Sequence[Definition],
    *,
    carry: str | None = None,
    schemes: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames `SCORES` and `ITEMS` of these definitions.

    ``carry`` (``2d``) lets a laboratory value stand for later days on which there is none;
    without it each day has only its own values. ``schemes`` chooses among the alternatives
    of a definition by its name. A time with a clock counts for its day.
    """
    outcomes = list(_outcomes(series, clinical, definitions, carry, schemes or {}))
    like = series["time"]
    score_rows = [_score_row(*one) for one in outcomes]
    item_rows = [row for one in outcomes for row in _item_rows(*one)]
    return _frame(score_rows, SCORES, like), _frame(item_rows, ITEMS, like)


def _outcomes(
    series: pd.DataFrame,
    clinical: pd.DataFrame,
    definitions: Sequence[Definition],
    carry: str | None,
    schemes: Mapping[str, str],
) -> Iterator[tuple[str, int, Outcome]]:
    items = {item for one in definitions for item in one.items}
    labs = lab_histories(series, items, parse_carry(parse_duration(carry)) if carry else 0)
    stated = clinical_histories(clinical)
    for subject in series["subject"].unique():
        known = {**labs.get(subject, {}), **stated.get(subject, {})}
        for definition in definitions:
            own = {item: known[item] for item in definition.items if item in known}
            lab_items = labs.get(subject, {}).keys() & own.keys()
            for day in days_with_labs({item: own[item] for item in lab_items}):
                outcome = evaluate(definition, on_day(own, day, series["time"]), schemes.get(definition.name))
                yield subject, day, outcome


def _frame(rows: list[tuple[object, ...]], columns: Sequence[str], like: pd.Series) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    days = from_instants(frame["time"].to_numpy(dtype=np.int64), like)
    numbers = {name: "float64" for name in columns if name.endswith(("_low", "_high"))}
    text = {name: "str" for name in columns if name not in (*numbers, "time", "row")}
    rows_of = {"row": "Int64"} if "row" in columns else {}
    return frame.assign(time=pd.Series(days, index=frame.index).astype(like.dtype)).astype(
        {**numbers, **text, **rows_of}
    )


def _score_row(subject: str, day: int, outcome: Outcome) -> tuple[object, ...]:
    inside = outcome.setting is Verdict.MET
    outside = outcome.setting is Verdict.NOT_MET
    verdict = str(outcome.verdict) if inside else NOT_APPLICABLE if outside else str(Verdict.UNKNOWN)
    return (
        subject,
        day,
        outcome.definition.name,
        *_ends(outcome.score),
        verdict,
        "" if inside else str(outcome.verdict),
        bracket(outcome.definition, outcome.score),
        _deciding(outcome),
        ", ".join(_open(one) for one in outcome.criteria if _is_open(one)),
        "; ".join(_notes(outcome)),
    )


def _ends(interval: Interval) -> tuple[float, float]:
    low, high = (np.nan if end is None else float(end) for end in (interval.low, interval.high))
    return low, high


def _deciding(outcome: Outcome) -> str:
    if len(outcome.would_decide) < 2:
        return "".join(outcome.would_decide)
    return f"any of: {', '.join(outcome.would_decide)}" if outcome.alone else "no single one"


def _is_open(result: CriterionResult) -> bool:
    if result.criterion.role == "setting":
        return False
    return result.verdict is Verdict.UNKNOWN or not result.points.known


def _open(result: CriterionResult) -> str:
    """The name of a criterion, with its points where they are more than a yes or no."""
    low, high = result.points.low, result.points.high
    name = result.criterion.name
    if result.criterion.role != "counted" or low is None or high is None or (low == 0 and high in (0, 1)):
        return name
    return name if low == high else f"{name} {_points_text(low)}–{_points_text(high)}"


def _points_text(end: Fraction) -> str:
    return f"{float(end):g}".replace("-", "−")


def _notes(outcome: Outcome) -> Iterator[str]:
    """What qualifies the score: the setting, inferred dates, values of other days, readings."""
    if outcome.setting is not Verdict.MET:
        words = "outside" if outcome.setting is Verdict.NOT_MET else "not known to be inside"
        named = [
            one.criterion.name
            for one in outcome.criteria
            if one.criterion.role == "setting" and one.verdict is outcome.setting
        ]
        yield f"laboratory part only: {words} the setting of this definition ({', '.join(named)})"
    rules = [one for result in outcome.criteria for one in result.rules if one.finding]
    for words in ("date inferred", "carried forward", "different"):
        named = [one.rule.item for one in rules if words in one.note]
        if named:
            label = "several values at one time" if words == "different" else words
            yield f"{label}: {', '.join(dict.fromkeys(named))}"
    reasons = {one.rule.item: one.note for one in rules if one.verdict is Verdict.UNKNOWN and one.note}
    for item, reason in reasons.items():
        if not reason.startswith(("date inferred", "left open")):
            yield f"{item}: {reason}"


def _item_rows(subject: str, day: int, outcome: Outcome) -> Iterator[tuple[object, ...]]:
    for result in outcome.criteria:
        for rule in result.rules:
            yield (subject, day, outcome.definition.name, *_item_row(result, rule))


def _item_row(result: CriterionResult, one: RuleResult) -> tuple[object, ...]:
    criterion, finding = result.criterion, one.finding
    counted = criterion.role == "counted"
    return (
        criterion.name,
        criterion.role,
        one.rule.item,
        _text(one),
        finding.unit if finding else "",
        one.rule.words,
        _verdict(criterion.weighed, one.verdict),
        *(_ends(result.points) if counted else (np.nan, np.nan)),
        criterion.source,
        ("labs" if finding.is_lab else "clinical") if finding else "",
        finding.row if finding else None,
        one.note,
        finding.source if finding else "",
    )


def _text(one: RuleResult) -> str:
    """The value as given; a statement that stands in for a value is named."""
    if one.finding is None:
        return ""
    return (
        one.finding.text if one.finding.item == one.rule.item else f"{one.finding.item}: {one.finding.text}"
    )


def _verdict(weighed: bool, verdict: Verdict) -> str:
    """A weighed value is neither met nor not met: it enters the score."""
    return "counted" if weighed and verdict is Verdict.MET else str(verdict)
