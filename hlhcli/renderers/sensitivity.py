"""How much each fold change depends on the baseline rule, in words."""

import math
from itertools import groupby

import pandas as pd

from hlhcli.renderers.rounding import ratio
from hlhcli.times import instants

Window = tuple[str, str, int]
"""Subject, intervention and the start as an instant."""


def rule_lines(alternatives: pd.DataFrame, chosen: str) -> dict[Window, list[str]]:
    """For each window one line per marker and response point: its fold change under every rule.

    ``alternatives`` has a row for each rule (`hlhcli.changes.every_rule`); single values after
    the start (``each``) are left to the machine formats.
    """
    table = alternatives[alternatives["at"] != "each"]
    lines: dict[Window, list[str]] = {}
    records = zip(
        table["subject"], table["intervention"], instants(table["start"]).tolist(), table["marker"],
        table["at"], table["baseline_rule"], table["fold_change"].tolist(), strict=True,
    )  # fmt: skip
    for window, group in groupby(records, key=lambda record: record[:4]):
        said: dict[str, list[str]] = {}
        for at, rows in groupby(group, key=lambda record: record[4]):
            folds = {record[5]: record[6] for record in rows if not math.isnan(record[6])}
            if folds:
                said.setdefault(_told(folds, chosen), []).append(at)
        for text, points in said.items():
            lines.setdefault(window[:3], []).append(f"{window[3]} {', '.join(points)}: {text}")
    return lines


def _told(folds: dict[str, float], chosen: str) -> str:
    """A fold change, its range over the rules, and which rule gives which.

    >>> _told({"last": 0.147, "first": 4.77, "nearest": 0.147}, "last")
    '×0.147 (0.147–4.77 over 3 rules): last and nearest 0.147, first 4.77'
    """
    said: dict[str, list[str]] = {}
    for rule, fold in sorted(folds.items(), key=lambda item: item[1]):
        said.setdefault(ratio(fold), []).append(rule)
    texts = list(said)
    if len(said) == 1:
        return f"×{texts[0]} under all {len(folds)} rules"
    own = f"×{ratio(folds[chosen])} " if chosen in folds else ""
    each = ", ".join(f"{_listed(rules)} {text}" for text, rules in said.items())
    return f"{own}({texts[0]}–{texts[-1]} over {len(folds)} rules): {each}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
