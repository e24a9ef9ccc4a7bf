"""Words and signs that stand for "no number", from a closed table with their sources."""

from functools import cache

from hlhcli import facts


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
    return {_key(row["word"]): row["meaning"] for row in facts.rows("no_result")}
