"""The rules of an analysis in words, for captions and notes."""

BASELINE_DATE_INFERRED = "baseline date inferred"
DATE_INFERRED = "date inferred"

BASELINE = {
    "last": "the last value before the start",
    "first": "the first value before the start",
    "mean": "the mean of the values before the start",
    "median": "the median of the values before the start",
    "nearest": "the value nearest to the start, on either side",
    "lowest": "the lowest value before the start",
    "highest": "the highest value before the start",
}

SAME_DAY = {
    "before": "results of the start day count as before",
    "after": "results of the start day count as after",
    "exclude": "results of the start day are left out",
}

UNTIL = {
    "next": "up to the next intervention",
    "stop": "up to the intervention's stop",
    "end": "up to the last value",
}


def describe_rules(*, baseline: str, before: str | None, after: str | None, until: str, same_day: str) -> str:
    """One sentence that names the baseline rule and one that names the window rule.

    >>> describe_rules(baseline="last", before=None, after="14d", until="end", same_day="before")
    'Baseline: the last value before the start; results of the start day count as before. \
Window: up to the last value, at most 14d after the start.'
    """
    back = f", at most {before} back" if before else ""
    cap = f", at most {after} after the start" if after else ""
    return f"Baseline: {BASELINE[baseline]}{back}; {SAME_DAY[same_day]}. Window: {UNTIL[until]}{cap}."


def some_of(part: int, whole: int) -> str:
    """A share as counts; numbers that nobody reads to the last digit are shortened.

    >>> some_of(40, 55), some_of(55, 55), some_of(2 * 10**30, 3 * 10**30)
    ('40 of 55', 'all 55', '2.0e30 of 3.0e30')
    """
    return f"all {count(whole)}" if part == whole else f"{count(part)} of {count(whole)}"


def count(number: int) -> str:
    """A whole number, shortened where nobody reads it to the last digit.

    >>> count(462), count(126410606437752)
    ('462', '1.2e14')
    """
    digits = str(number)
    return digits if len(digits) < 10 else f"{digits[0]}.{digits[1]}e{len(digits) - 1}"
