"""The tables of facts, each row with its source: one CSV file per table, read here and nowhere else.

Shell completion reads markers, so that this imports nothing heavier than `csv`.
"""

import csv
from pathlib import Path

FOLDER = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table (``markers``, ``units``, …) as text by column, in the order of the file."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
