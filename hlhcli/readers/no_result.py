"""Words and signs that stand for "no number", from a closed table with their sources."""

import csv
from functools import cache
from pathlib import Path

FACTS = Path(__file__).parents[1] / "facts" / "no_result.csv"


def meaning(text: str) -> str:
    """What a cell says that holds a word for "no number"; empty for every other text.

    >>> meaning("Not sent"), meaning("4o000")
    ('not done', '')
    """
    return _words().get(_key(text), "")


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


@cache
def _words() -> dict[str, str]:
    with FACTS.open(encoding="utf-8", newline="") as file:
        return {_key(row["word"]): row["meaning"] for row in csv.DictReader(file)}
