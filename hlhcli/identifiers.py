"""Text that may tell who a patient is: a small, documented set of patterns.

The kinds are among those that the Safe Harbor rule of HIPAA lists (45 CFR 164.514(b)(2)): dates
other than the year, ages over 89, telephone, social security and record numbers, and e-mail
addresses. Names and places are not found: a clean report is no proof.
"""

import re
from collections.abc import Mapping

from hlhcli.errors import fold

OLDEST = 89
"""Ages above are identifying (45 CFR 164.514(b)(2)(i)(C))."""

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
PATTERNS: Mapping[str, re.Pattern[str]] = {
    "e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    "social security number": re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"),
    "date": re.compile(
        rf"\b(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})"
        rf"|(?:19|20)\d{{2}}[01]\d[0-3]\d|\d{{1,2}}(?:st|nd|rd|th)?[ -]?{MONTH}(?:[ ,-]*\d{{4}})?"
        rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b)(?!\d)",
        re.IGNORECASE,
    ),
    "telephone number": re.compile(
        r"(?<![\w.-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)|\d{3})[ .-]\d{3,4}[ .-]\d{3,4}(?!\w)"
    ),
    "record number": re.compile(
        r"\b(?:MRN|record|chart|hospital|patient) ?(?:no\.?|number|#|:) ?\d{4,}", re.IGNORECASE
    ),
}
"""What each kind looks like, the most telling first."""

AGE = re.compile(
    r"\b(?:aged? |age: ?)?(\d{2,3})[ -]?(?:years?|yrs?|y/?o|-year)[ -]?(?:old|of age)?", re.IGNORECASE
)
AGE_COLUMNS = frozenset(("age", "ageyears", "ageinyears", "ageyr", "ageyrs"))
RECORD_COLUMNS = frozenset(
    ("mrn", "medicalrecordnumber", "recordnumber", "ssn", "nhsnumber", "chartnumber", "accountnumber")
)
PERSON_COLUMNS = frozenset(("subject", "subjectid", "patient", "patientid", "pid", "personid", "usubjid"))
LONG_NUMBER = re.compile(r"\d{6,}")


def find_identifier(column: str, text: str) -> str:
    """The kind of identifier that a cell may hold, or ``""``; the column's heading counts.

    >>> find_identifier("note", "call 555-010-4477"), find_identifier("value", "35 461")
    ('telephone number', '')
    """
    if not text:
        return ""
    heading = fold(column)
    if _is_old(heading, text):
        return f"age over {OLDEST}"
    if heading in RECORD_COLUMNS or (heading in PERSON_COLUMNS and LONG_NUMBER.fullmatch(text)):
        return "record number"
    return next((kind for kind, pattern in PATTERNS.items() if pattern.search(text)), "")


def _is_old(heading: str, text: str) -> bool:
    ages = re.findall(r"\d+", text)[:1] if heading in AGE_COLUMNS else AGE.findall(text)
    return any(int(age) > OLDEST for age in ages)
