"""Where in a TOML file a table, a key or a row stands: Python's own parser keeps no lines."""

import re
from dataclasses import dataclass, field

HEADER = re.compile(r"\s*\[\[\s*([\w.-]+)\s*\]\]")
KEY = re.compile(r"\s*([\w-]+)\s*=\s*(.*)")
ROW = re.compile(r"\s*\{")

Path = tuple[str | int, ...]
"""Keys and numbers from the top: ``("criterion", 2, "rules", 0)``."""


@dataclass
class Places:
    """The line of every table, key and row; a path that has none takes that of its parent."""

    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of the nearest known parent."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def find_places(text: str) -> Places:
    """Read the places of ``[[tables]]``, of their keys, and of rows that stand one on a line."""
    places, counts = Places(), dict[str, int]()
    table: Path = ()
    array = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            name = header[1]
            counts[name] = counts.get(name, -1) + 1
            table, array = (name, counts[name]), ""
            places.lines[table] = number
        elif array and ROW.match(line):
            place = (*table, array, counts[array])
            places.lines[place] = number
            counts[array] += 1
        elif key := KEY.match(line):
            places.lines[(*table, key[1])] = number
            array = key[1] if key[2].startswith("[") else ""
            counts[array] = 0
    return places
