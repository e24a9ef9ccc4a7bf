"""One sentence for each question about a change, from a row of the weighed `changes`.

A row is a mapping of column names to values in which times are text (`rows`). A column that
is not there is passed over. No number is computed here.
"""

import math
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from hlhcli.renderers.rounding import amount, averaged, day_text, measured, ratio
from hlhcli.times import format_times, is_calendar

Row = Mapping[str, Any]

CAVEAT = (
    "Reference change limits are two-sided 95 % limits from the variation of healthy adults in steady state, "
    "mostly sampled weekly. Acute illness, childhood, daily samples and transfusions are none of that. A "
    "change beyond them is more than such variation and says nothing else; one within them means little in "
    "a sick person."
)
BOUND_BY_UNIT = re.compile(r" (?=[%×])")
"""Spaces that no line is broken at."""

NOT_DIVIDED = "One change was seen; it is not divided among treatments, and it does not show cause."
POINT = {
    "first": "the first value after the start",
    "nadir": "the lowest value after the start",
    "peak": "the highest value after the start",
    "last": "the last value in the window",
    "mean": "the mean of the values after the start",
    "median": "the median of the values after the start",
    "each": "a value after the start",
}
PERCENT_DIGITS = 3


def rows(frame: pd.DataFrame) -> Iterator[Row]:
    """The rows of a frame as mappings, with times as text."""
    times = {name: time_texts(frame[name]) for name in _time_columns(frame)}
    names = list(frame.columns)
    columns = (times[name] if name in times else frame[name].tolist() for name in names)
    return (dict(zip(names, record, strict=True)) for record in zip(*columns, strict=True))


def time_texts(times: pd.Series) -> list[str]:
    """Times as a sentence names them: a date, or ``day 8``; empty for none.

    >>> time_texts(pd.Series([8.0, float("nan")]))
    ['day 8', '']
    """
    day = "" if is_calendar(times) else "day "
    return [f"{day}{text}" if text else "" for text in format_times(times)]


def _time_columns(frame: pd.DataFrame) -> list[str]:
    named = ("start", "baseline_time", "time", "trend_from", "trend_to")
    return [name for name in named if name in frame]


def number(value: float, text_of: Callable[[float], str] = averaged, *, unit: str = "") -> str:
    """A number with its unit; empty where it is missing."""
    return "" if math.isnan(value) else f"{text_of(value)} {unit}".rstrip()


def percent(value: float) -> str:
    """A per cent with its sign, in three digits.

    >>> percent(-47.84), percent(91.7176)
    ('−47.8 %', '+91.7 %')
    """
    return f"{'+' if value > 0 else ''}{measured(value, PERCENT_DIGITS)} %"


def range_of(low: float, high: float, unit: str) -> str:
    """An interval of durations; below its end where it begins at 0.

    >>> range_of(0.0, 17.54, "h"), range_of(8.684, 26.05, "h"), range_of(8.77, 8.77, "h")
    ('< 17.5 h', '8.68 to 26.1 h', '8.77 h')
    """
    first, last = measured(low, PERCENT_DIGITS), measured(high, PERCENT_DIGITS)
    if low == 0:
        return f"< {last} {unit}"
    return f"{last} {unit}" if first == last else f"{first} to {last} {unit}"


def change(row: Row) -> str:
    """What was compared, and how far apart it is."""
    if math.isnan(row["delta"]):
        return _no_change(row)
    ends = f"from {_baseline(row)} to {_value(row)}"
    if row["delta"] == 0:
        return f"{row['marker']} did not change: {ends}."
    verb = "fell" if row["delta"] < 0 else "rose"
    if math.isnan(row["percent_change"]):
        return f"{row['marker']} {verb} {ends}; a ratio to this baseline does not exist."
    by = measured(abs(row["percent_change"]), PERCENT_DIGITS)
    return f"{row['marker']} {verb} by {by} % (×{ratio(row['fold_change'])}), {ends}."


def _no_change(row: Row) -> str:
    known = _range(row, "fold_change")
    limits = f" All that is known: ×{known}." if known else ""
    why = row["note"] or "a value is missing"
    return f"{row['marker']}: no single change can be given ({why}).{limits}"


def _range(row: Row, name: str) -> str:
    low, high = (float(row.get(f"{name}_{end}", math.nan)) for end in ("low", "high"))
    return "" if math.isnan(low) and math.isnan(high) else amount(math.nan, low, high, ratio, certain=False)


def _baseline(row: Row) -> str:
    when = f" on {row['baseline_time']}" if row["baseline_time"] else ""
    return f"{number(row['baseline'], measured, unit=row['unit'])}{when}"


def _value(row: Row) -> str:
    when = f" on {row['time']} ({_day(row['day'])} from the start)" if row["time"] else ""
    return f"{number(row['value'], measured, unit=row['unit'])}{when}"


def _day(day: float) -> str:
    return f"day {day_text(day)[1:]}"


def verdict(row: Row) -> str:
    """Whether the change is beyond the reference change limits, or why that cannot be said."""
    if not row["beyond_rcv"]:
        return f"No verdict on the reference change: {row['rcv_note']}."
    kept = f" Mind: {row['rcv_note']}." if row["rcv_note"] else ""
    if row["beyond_rcv"] == "no":
        limits = f"{percent(row['rcv_low_percent'])} to {percent(row['rcv_high_percent'])}"
        return f"This is within the 95 % reference change limits ({limits}).{kept}"
    word, end = ("fall", "low") if _fell(row) else ("rise", "high")
    limit = percent(row[f"rcv_{end}_percent"])
    return f"This exceeds the 95 % reference change limit for a {word} ({limit}).{kept}"


def _fell(row: Row) -> bool:
    change_known = row["fold_change"]
    return (row.get("fold_change_high", math.nan) if math.isnan(change_known) else change_known) < 1


def variation(row: Row) -> str:
    """CVi with its source, and CVa with how it is known; empty where no CVi is known."""
    if math.isnan(row["cvi_percent"]):
        return ""
    basis = " assumed" if row["cva_basis"] == "assumed" else ""
    cvi, cva = measured(row["cvi_percent"], 3), measured(row["cva_percent"], 3)
    return f"CVi {cvi} %, {row['cv_source']}; CVa {cva} %{basis}"


def placements(row: Row) -> str:
    """Over how many placements of inferred dates the change holds; empty where none is inferred."""
    count, same = row.get("placements"), row.get("same_sign")
    if count is None or pd.isna(count) or count <= 1 or pd.isna(same):
        return ""
    span = _range(row, "fold_change")
    if math.isnan(row["fold_change"]) or not span:
        return ""
    every = (
        f"The dates of some values are inferred: the change has the same sign in {same} of {count} placements"
    )
    return f"{every} (fold change ×{span.replace('–', ' to ×')})."


def before(row: Row) -> str:
    """Where the marker was heading before the start."""
    word = row["trend_before"]
    if word.startswith("unknown"):
        return f"Course before the start {word.replace(': ', ' (')})."
    run = f"{measured(row['trend_first_value'])} → {measured(row['trend_last_value'])}"
    span = f"{row['trend_n']} values, {row['trend_from']} to {row['trend_to']}"
    slope = f"{percent(row['trend_percent_per_day'])} per day on the log scale"
    ahead = number(row["trend_projected"], lambda value: measured(value, 3))
    carried = f" At that rate it would have reached {ahead} on {row['time']}." if ahead else ""
    return f"Before the start: {word} ({run}; {span}; {slope}).{carried}"


def speed(row: Row) -> str:
    """The apparent half-life or doubling time, or why there is none."""
    for name, words in (("half_life", "Apparent half-life"), ("doubling_time", "Apparent doubling time")):
        low, high = row[f"{name}_low_hours"], row[f"{name}_high_hours"]
        if not math.isnan(high):
            unit, size = ("h", 1) if high < 72 else ("d", 24)
            return f"{words} {range_of(low / size, high / size, unit)} ({row['kinetics_n']} values)."
    return f"No half-life or doubling time: {row['kinetics_note']}."


def goal(row: Row) -> str:
    """When the course came inside a limit, and how far on the way the response is."""
    if math.isnan(row["goal"]):
        return f"No limit to reach: {row['goal_note']}."
    limit = f"{row['goal_basis']} {measured(row['goal'])}"
    way = number(row["percent_to_goal"], lambda value: measured(value, PERCENT_DIGITS))
    done = f" This response is {way} % of the way." if way else ""
    after, by, note = row["goal_after_day"], row["goal_by_day"], row["goal_note"]
    if math.isnan(by):
        last = f" by {_day(after)}" if note == "not reached" and not math.isnan(after) else ""
        return f"{limit.capitalize()}: {note}{last}.{done}"
    since = "" if math.isnan(after) else f"after {_day(after)} and "
    back = f"; {note}" if note else ""
    return f"{limit.capitalize()} reached {since}by {_day(by)}{back}.{done}"


def area(row: Row) -> str:
    """Areas under the observed course."""
    if math.isnan(row["auc_linear"]):
        return f"No area: {row['auc_note']}."
    sizes = f"{averaged(row['auc_linear'])} (linear), {averaged(row['auc_linear_log'])} (linear up, log down)"
    span = f"{_day(row['auc_from_day'])} to {_day(row['auc_to_day'])[4:]}"
    above = number(row["days_above_goal"], averaged)
    over = f"; above the limit for {above} days, by straight lines between values" if above else ""
    return f"Area under the observed course, {span}: {sizes} {row['unit']} × d{over}."


def pairs(row: Row) -> str:
    """Every value before against every value after."""
    if math.isnan(row["nap"]):
        return f"No pairs: {row['pairs_note']}."
    count = int(row["pairs_lower"] + row["pairs_tied"] + row["pairs_higher"])
    way = "lower" if row["pairs_lower"] >= row["pairs_higher"] else "higher"
    tied = f", {int(row['pairs_tied'])} tied" if row["pairs_tied"] else ""
    nap = f"{row['nap']:.3g}, 95 % interval {row['nap_low']:.3f} to {row['nap_high']:.3f}"
    found = f"The later value is {way} in {int(row[f'pairs_{way}'])} of {count} pairs{tied}"
    share = f"share of higher ones (NAP) {nap}, were the values independent"
    if math.isnan(row["log_response_ratio"]):
        return f"{found} ({share})."
    ratio_text = f"{row['log_response_ratio']:.3f}, standard error {row['log_response_ratio_se']:.3f}"
    return f"{found} ({share}). Log response ratio of the means {ratio_text}.".replace("-", "−")


def filled(text: str, width: int, *, indent: str = "") -> str:
    """A paragraph in lines of at most this width; lines after the first are indented."""
    held = BOUND_BY_UNIT.sub("\u00a0", text)
    lines = textwrap.fill(held, width, subsequent_indent=indent, break_on_hyphens=False)
    return lines.replace("\u00a0", " ")
