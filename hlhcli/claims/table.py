"""The table of claims: one row for each number that a manuscript states."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from hlhcli import markers, selection
from hlhcli.claims.points import BASELINE, WORDS, At, read_at
from hlhcli.claims.stated import Stated, printed_numbers, read_stated
from hlhcli.errors import HlhcliError, fold, nearest
from hlhcli.frames import BASELINES, UNTIL
from hlhcli.readers.cells import Complaint, parse_moments
from hlhcli.readers.columns import LABS, find_columns
from hlhcli.readers.delimited import read_table
from hlhcli.readers.numbers import decimal_marks
from hlhcli.readers.problems import Problems
from hlhcli.readers.source import read_text
from hlhcli.reading import DEFAULT, ReadingOptions
from hlhcli.times import MISSING, format_times, instants, is_calendar

COLUMNS: dict[str, tuple[str, ...]] = {
    "claim": ("claim", "statement", "sentence", "text"),
    "subject": LABS["subject"],
    "marker": LABS["marker"],
    "intervention": ("intervention", "treatment", "drug"),
    "start": ("start", "start_date"),
    "measure": ("measure", "quantity"),
    "at": ("at", "when", "point"),
    "stated": ("stated", "printed", "number", "value"),
    "unit": LABS["unit"],
    "baseline": ("baseline", "baseline_rule"),
    "until": ("until",),
    "source": ("source", "page", "where", "section"),
}
CHANGES = ("baseline", "delta", "percent_change", "fold_change", "direction", "n_before", "n_after")
"""Measures that need an intervention."""

NUMBERS = ("baseline", "value", "delta", "percent_change", "fold_change", "day", "n_before", "n_after")
MEASURES = (*NUMBERS, "direction", "range", "time")
NO_POINT = ("baseline", "n_before", "n_after")
"""Measures that are the same at every point."""

SAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "direction": {
        "rose": ("rose", "rise", "increased", "increase", "up"),
        "fell": ("fell", "fall", "decreased", "decrease", "dropped", "declined", "down"),
        "unchanged": ("unchanged", "no change", "same"),
    },
    "range": {
        "low": ("low", "below", "decreased"),
        "normal": ("normal", "within", "within reference range", "within the reference range"),
        "high": ("high", "above", "elevated", "raised", "increased"),
    },
}
"""Measures that are stated in a word, and the words for each answer."""

SIZED = ("delta", "percent_change", "fold_change")
UNITLESS = ("percent_change", "fold_change", "day", "n_before", "n_after")
SYNONYMS = {
    "percent": "percent_change",
    "change": "delta",
    "fold": "fold_change",
    "ratio": "fold_change",
    "date": "time",
    "referencerange": "range",
}
DAYS = re.compile(r"^(?:day|d)\s*|\s*days?$", re.IGNORECASE)


Wrong = list[tuple[str, str]]
"""What cannot be used of a row: the word for the column, and the reason."""


@dataclass(frozen=True)
class Claim:
    """One number or word that a manuscript states, and what it is about.

    ``marker`` and ``intervention`` are as the labs and interventions spell them; a known marker
    that the labs lack is as the claim spells it. ``stated`` is a word for `SAYS`, an instant for
    ``time``.
    """

    line: int
    claim: str
    subject: str
    marker: str
    intervention: str
    start: int | None
    measure: str
    at: At
    at_text: str
    stated: Stated | str | int
    stated_text: str
    unit: str
    baseline: str
    until: str
    source: str


@dataclass(frozen=True)
class _Context:
    series: pd.DataFrame
    interventions: pd.DataFrame
    named: frozenset[str]  # the subjects that the claims name
    marks: set[str]
    reading: ReadingOptions


def read_claims(
    source: str | Path, series: pd.DataFrame, interventions: pd.DataFrame, reading: ReadingOptions = DEFAULT
) -> list[Claim]:
    """Read a table of claims about these labs.

    Columns ``marker``, ``measure`` (one of `MEASURES`) and ``stated``; ``at`` for all measures but
    `NO_POINT`; ``intervention`` for `CHANGES` and for days from a start, with ``start`` where one
    name stands for several; if you like ``claim``, ``subject``, ``unit``, ``baseline``, ``until``
    and ``source``. Raises `HlhcliError` with every cell that cannot be used.
    """
    table = read_table(read_text(source))
    found = find_columns(table, COLUMNS, {}, ["marker", "measure", "stated"])
    cells = {word: found[word].cells if word in found else [""] * len(table.lines) for word in COLUMNS}
    marks = decimal_marks(printed_numbers(cells["stated"]))
    context = _Context(series, interventions, frozenset(cells["subject"]), marks, reading)
    problems = Problems(table)
    claims = []
    for index, line in enumerate(table.lines):
        row = {word: column[index] for word, column in cells.items()}
        wrong: Wrong = []
        claims.append(_claim(row, line, context, wrong))
        for word, reason in wrong:
            problems.add(found[word].name if word in found else word, [Complaint(index, row[word], reason)])
    problems.raise_any()
    return claims


def _claim(row: dict[str, str], line: int, context: _Context, wrong: Wrong) -> Claim:
    measure = _measure(row["measure"], wrong)
    subject = _subject(row["subject"], context, wrong)
    marker = _marker(row["marker"], context.series[context.series["subject"] == subject], wrong)
    intervention, start = _intervention(row, subject, context, wrong)
    at = _at(row["at"], measure, context, wrong)
    if not intervention and (measure in CHANGES or measure == "day" or at.day is not None):
        wrong.append(("intervention", f"is needed for {measure} at {row['at']}".removesuffix(" at ")))
    stated = _stated(row["stated"], measure, context, wrong)
    return Claim(
        line=line,
        claim=row["claim"],
        subject=subject,
        marker=marker,
        intervention=intervention,
        start=start,
        measure=measure,
        at=at,
        at_text=row["at"],
        stated=stated,
        stated_text=row["stated"],
        unit=row["unit"] or (stated.unit if isinstance(stated, Stated) else ""),
        baseline=_choice("baseline", row["baseline"], BASELINES, wrong),
        until=_choice("until", row["until"], UNTIL, wrong),
        source=row["source"],
    )


def _choice(word: str, text: str, choices: tuple[str, ...], wrong: Wrong) -> str:
    if text and text.lower() not in choices:
        wrong.append((word, f"is not one of {', '.join(choices)}"))
    return text.lower()


def _measure(text: str, wrong: Wrong) -> str:
    known = {fold(measure): measure for measure in MEASURES} | SYNONYMS
    if fold(text) not in known:
        wrong.append(("measure", f"is no measure; {nearest(text, MEASURES)}"))
    return known.get(fold(text), "")


def _subject(text: str, context: _Context, wrong: Wrong) -> str:
    labs = list(context.series["subject"].unique())
    same = len(labs) == 1 and len(context.named) == 1 and ("" in labs or text == "")
    if text not in labs and not same:
        several = f"is empty, and the labs have {len(labs)} subjects"
        wrong.append(("subject", f"has no labs; {nearest(text, labs)}" if text else several))
    return text if text in labs else str(labs[0])


def _marker(text: str, series: pd.DataFrame, wrong: Wrong) -> str:
    present = [str(name) for name in series["marker"].unique()]
    same = [name for name in present if markers.key(name) == markers.key(text)]
    if text in same or not same:
        if not same and markers.find(text) is None:
            wrong.append(("marker", f"is no marker of the labs; {nearest(text, present)}"))
        return text
    if len(same) > 1:
        wrong.append(("marker", f"can be {' or '.join(same)}: write one of them as it stands"))
    return same[0]


def _intervention(
    row: dict[str, str], subject: str, context: _Context, wrong: Wrong
) -> tuple[str, int | None]:
    """The name and the start of the one intervention that the row means."""
    if not row["intervention"]:
        return "", None
    given = context.interventions[context.interventions["subject"] == subject]
    try:
        names = selection.find_interventions(given, [row["intervention"]])
    except HlhcliError:
        known = given["intervention"].unique()
        near = (
            nearest(row["intervention"], known) if len(known) else "none are given: add --interventions FILE"
        )
        wrong.append(("intervention", f"is no intervention; {near}"))
        return "?", None
    found = given[given["intervention"].isin(names)]
    if row["start"]:
        start = _instant("start", row["start"], context, wrong)
        found = found[instants(found["start"]) == start]
    if len(found) != 1:
        starts = ", ".join(format_times(given.loc[given["intervention"].isin(names), "start"]))
        wrong.append(("start", f"does not say which start of {row['intervention']} is meant: {starts}"))
        return "?", None
    return str(found["intervention"].iloc[0]), int(instants(found["start"])[0])


def _at(text: str, measure: str, context: _Context, wrong: Wrong) -> At:
    if not text:
        if measure not in ("", *NO_POINT):
            wrong.append(("at", f"is needed for {measure}: {', '.join(WORDS)}, day 7, by day 7, or a date"))
        return At()
    at = read_at(text)
    if at.time:
        at = replace(at, instant=_instant("at", at.time, context, wrong))
    if at.by and (at.day or 0) <= 0:
        wrong.append(("at", "is not after the start, which is day 0"))
    if at.word == BASELINE and measure in ("delta", "percent_change", "fold_change", "direction"):
        wrong.append(("at", f"is what {measure} is measured from; say when it had changed"))
    return at


def _instant(word: str, text: str, context: _Context, wrong: Wrong) -> int:
    """A time as the labs count it."""
    times, complaints = parse_moments([text], context.reading)
    if complaints:
        wrong.append((word, complaints[0].reason))
    elif is_calendar(times) != is_calendar(context.series["time"]):
        kind = "dates" if is_calendar(context.series["time"]) else "day numbers"
        wrong.append((word, f"is no time of the labs, which have {kind}; days from a start are day 7"))
    else:
        return int(instants(times)[0])
    return MISSING


def _stated(text: str, measure: str, context: _Context, wrong: Wrong) -> Stated | str | int:
    if measure == "time":
        return _instant("stated", text, context, wrong)
    if measure in SAYS:
        said = next((word for word, others in SAYS[measure].items() if text.lower() in others), "")
        if not said:
            wrong.append(("stated", f"is not one of {', '.join(SAYS[measure])}"))
        return said
    bare = DAYS.sub("", text) if measure == "day" else text
    stated = read_stated(bare, context.marks, context.reading.decimal)
    reason = stated if isinstance(stated, str) else _misfit(stated, measure)
    if reason:
        wrong.append(("stated", reason))
    return stated


def _misfit(stated: Stated, measure: str) -> str:
    """Why a number cannot be of this measure; empty where it can."""
    unit = {"percent_change": "%", "fold_change": "fold"}.get(measure, "")
    if stated.unit == "fold" != unit:
        return "is a ratio: its measure is fold_change"
    if stated.unit not in ("", unit) and measure in UNITLESS:
        return f"has a unit, and {measure} is not in {stated.unit}"
    if stated.way and measure not in SIZED:
        return f"has a word for a change, and {measure} is none"
    if stated.way and measure == "fold_change" and stated.high < 1:
        return "is less than once: write a fall as fell 2-fold, or as the ratio ×0.5"
    return ""
