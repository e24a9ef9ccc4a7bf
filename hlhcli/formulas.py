"""Text that a spreadsheet would run as a formula, and the mark that keeps it text.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@``, or with a tab or a line
break that it skips. The cells need not be ours: where its list separator is another than the
file's, ``a;=1+1`` becomes two. So every place at which some spreadsheet could begin a cell counts.
The mark is the single quote, as OWASP has it (https://owasp.org/www-community/attacks/CSV_Injection);
the full-width forms are those that spreadsheets with East Asian input take for the plain ones.
"""

import re

MARK = "'"
SEPARATOR = r"[,;|\t\r\n]"
NUMBER = rf"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?:{SEPARATOR}|\Z)"
RUNS = rf"(?!{NUMBER})(?={MARK}*[^\S\t\r\n]*[=+\-@＝＋－＠\t\r\n\0])"
"""What follows where a formula begins; one that has marks needs another, to read back as it was."""

FORMULA = rf"(?:\A|(?<={SEPARATOR})){RUNS}"
MARKED_INSIDE = rf"(?<={SEPARATOR}){MARK}{RUNS}"


def guard(text: str) -> str:
    """Text with a mark in front where it, or a part of it, would run; numbers stay numbers.

    >>> guard("=1+1"), guard("-20.7"), guard("anakinra;=1+1"), guard("5-FU")
    ("'=1+1", '-20.7', "'anakinra;'=1+1", '5-FU')
    """
    if not re.search(FORMULA, text):
        return text
    marked = re.sub(FORMULA, MARK, text)
    return marked if re.match(FORMULA, text) else MARK + marked


def unguard(text: str) -> str:
    """What `guard` was given; text that it cannot have written stays as it is.

    >>> unguard("'anakinra;'=1+1"), unguard("'t Hooft"), unguard(guard("'=1"))
    ('anakinra;=1+1', "'t Hooft", "'=1")
    """
    if not text.startswith(MARK):
        return text
    plain = re.sub(MARKED_INSIDE, "", text[1:])
    return plain if guard(plain) == text else text
