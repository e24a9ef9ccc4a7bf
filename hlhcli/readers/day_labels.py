"""Day numbers as people write them: ``Day 7``, ``HD 12``, ``d+3``, ``2nd hospital day``."""

import re

NUMBER = r"(?P<day>[+-]? ?[0-9]{1,5}(?:\.[0-9]*)?|[+-]?\.[0-9]+)"
LABELS = {
    "day": (
        rf"(?:day|d)(?P<hyphen>-(?=[0-9]))?[ #:]*{NUMBER}",
        r"(?P<day>[0-9]+)(?:st|nd|rd|th) day",
    ),
    "hospital day": (
        rf"(?:hospital day|hosp\.? day|hd|h\.d\.)(?P<hyphen>-(?=[0-9]))?[ #:]*{NUMBER}",
        r"(?P<day>[0-9]+)(?:st|nd|rd|th) hospital day",
    ),
}
"""What the days are counted in, and how that is written; `re` compiles what is needed, and keeps it."""


def read_day(text: str) -> tuple[float, str] | None:
    """The day number and what it counts; None for a text that is no day label.

    A bare number counts nothing in particular. ``Day-7`` is no label: it can be day 7 or −7.

    >>> read_day("Hospital Day 7"), read_day("d+3"), read_day("day -1"), read_day("RIPE Day 14")
    ((7.0, 'hospital day'), (3.0, 'day'), (-1.0, 'day'), None)
    """
    folded = text.casefold()
    if match := re.fullmatch(NUMBER, folded):
        return _number(match), ""
    if "d" not in folded:
        return None  # every label has one: most dates need no further look
    for counted, forms in LABELS.items():
        match = next((found for form in forms if (found := re.fullmatch(form, folded))), None)
        if match and not match.groupdict().get("hyphen"):
            return _number(match), counted
    return None


def is_open_hyphen(text: str) -> bool:
    """Whether a hyphen leaves open if a day is before or after day 0: ``Day-7``."""
    matches = [re.fullmatch(form, text.casefold()) for forms in LABELS.values() for form in forms]
    return any(match is not None and match.groupdict().get("hyphen") for match in matches)


def _number(match: re.Match[str]) -> float:
    return float(match["day"].replace(" ", ""))
