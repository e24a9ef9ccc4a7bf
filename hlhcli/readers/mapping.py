"""What the user states about a file: from the command line, and from a mapping file kept beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hlhcli.errors import HlhcliError, nearest
from hlhcli.readers.columns import WORDS, parse_mapping
from hlhcli.readers.source import read_text
from hlhcli.reading import CHOICES, DEFAULT, ReadingOptions

KEYS = ("columns", "times", *CHOICES, "year")
"""What a mapping file may state; the format of a file is told by its content or stated with it."""


def state_options(  # noqa: PLR0913 - each option is one argument
    *,
    columns: Sequence[str] = (),
    times: Sequence[str] = (),
    layout: str | None = None,
    dates: str | None = None,
    decimal: str | None = None,
    year: int | None = None,
    file_format: str | None = None,
    sheet: str | None = None,
    table: str | None = None,
    drugs: Sequence[str] = (),
    course_gap: str | None = None,
    mapping: str | Path | None = None,
) -> ReadingOptions:
    """The reading options of a command line; they win over those of its mapping file."""
    stated = ReadingOptions(
        columns=parse_mapping(columns),
        times=parse_times(times),
        layout=layout,
        dates=dates,
        decimal=decimal,
        year=year,
        file_format=file_format,
        sheet=sheet,
        table=table,
        drugs=drugs,
        course_gap=course_gap,
    )
    return stated.over(read_mapping(mapping) if mapping is not None else DEFAULT)


def parse_times(options: Sequence[str]) -> dict[str, str]:
    """Read ``--time`` options: a label and its day or date, or nothing to leave it out.

    >>> parse_times(["Previous visit=-30", "RIPE Day 14="])
    {'Previous visit': '-30', 'RIPE Day 14': ''}
    """
    times = {}
    for option in options:
        label, sign, time = option.rpartition("=")
        if not sign or not label.strip():
            raise HlhcliError(
                f"time '{option}' cannot be read; write LABEL=DAY, LABEL=DATE, or LABEL= to leave it out"
            )
        times[label.strip()] = time.strip()
    return times


def read_mapping(path: str | Path) -> ReadingOptions:
    """Read a mapping file (TOML): ``columns`` and ``times`` as tables, the others as single words.

    Raises `HlhcliError` for what is no TOML, and for keys and words that are not known.
    """
    import tomllib  # few command lines have such a file

    text = read_text(path)
    try:
        content = tomllib.loads(text.text)
    except tomllib.TOMLDecodeError as error:
        raise HlhcliError(f"{text.name}: is not TOML: {error}") from None
    for key in content:
        _require(key in KEYS, text.name, f"unknown key '{key}'; {nearest(key, KEYS)}")
    return ReadingOptions(
        columns=_columns(text.name, content.get("columns", {})),
        times=_texts(text.name, "times", content.get("times", {})),
        year=_year(text.name, content.get("year")),
        layout=_choice(text.name, "layout", content.get("layout")),
        dates=_choice(text.name, "dates", content.get("dates")),
        decimal=_choice(text.name, "decimal", content.get("decimal")),
    )


def _require(holds: bool, name: str, problem: str) -> None:
    if not holds:
        raise HlhcliError(f"{name}: {problem}")


def _columns(name: str, table: Any) -> dict[str, str]:  # noqa: ANN401 - whatever TOML holds
    columns = _texts(name, "columns", table)
    for word in columns:
        _require(word in WORDS, name, f"unknown word '{word}' in [columns]; {nearest(word, WORDS)}")
    return columns


def _texts(name: str, key: str, table: Any) -> dict[str, str]:  # noqa: ANN401 - whatever TOML holds
    """The text of each entry of a table; numbers and dates are the text that they are written as."""
    _require(isinstance(table, Mapping), name, f"'{key}' is no table; write [{key}] and a line for each")
    for label, entry in table.items():
        is_text = not isinstance(entry, (bool, list, dict))
        _require(is_text, name, f"'{label}' in [{key}] is no text, number or date")
    return {label: str(entry) for label, entry in table.items()}


def _choice(name: str, key: str, word: Any) -> str | None:  # noqa: ANN401 - whatever TOML holds
    known = f"{key} cannot be '{word}'; choose one of {', '.join(CHOICES[key])}"
    _require(word is None or word in CHOICES[key], name, known)
    return word


def _year(name: str, year: Any) -> int | None:  # noqa: ANN401 - whatever TOML holds
    is_year = isinstance(year, int) and not isinstance(year, bool) and 1 <= year <= 9999
    _require(year is None or is_year, name, f"year cannot be '{year}'; write it with four digits")
    return year
