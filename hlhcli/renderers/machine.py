"""CSV, TSV, JSON and JSON lines: full precision, for the next program.

A number is the shortest text that reads back to the same double, without a trailing ``.0``,
and is the same in every format. Missing is an empty cell or ``null``.
"""

import json
import re
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from hlhcli.printable import CONTROL
from hlhcli.times import format_times


def to_csv(frame: pd.DataFrame) -> str:
    """Comma-separated text."""
    return to_delimited(frame, ",")


def to_tsv(frame: pd.DataFrame) -> str:
    """Tab-separated text."""
    return to_delimited(frame, "\t")


def to_delimited(frame: pd.DataFrame, separator: str) -> str:
    """Delimited text with a header, quoted as in RFC 4180 but with bare line feeds."""
    special = re.compile(f'[{separator}"\n\r]')

    def cell(value: object) -> str:
        text = str(value)
        return '"' + text.replace('"', '""') + '"' if special.search(text) else text

    header = separator.join(map(cell, frame.columns))
    columns = [_texts(frame[name], cell, missing="") for name in frame.columns]
    return "\n".join([header, *map(separator.join, zip(*columns, strict=True))]) + "\n"


def to_json(frame: pd.DataFrame) -> str:
    """One array with an object per row, each on its own line."""
    rows = ",\n  ".join(_objects(frame))
    return f"[\n  {rows}\n]\n" if rows else "[]\n"


def to_jsonl(frame: pd.DataFrame) -> str:
    """One object per line; no rows, no lines."""
    return "".join(f"{row}\n" for row in _objects(frame))


def _objects(frame: pd.DataFrame) -> Iterator[str]:
    keys = [_json_text(str(name)).replace("%", "%%") for name in frame.columns]
    template = "{" + ", ".join(f"{key}: %s" for key in keys) + "}"
    columns = [_texts(frame[name], _json_text, missing="null") for name in frame.columns]
    return (template % row for row in zip(*columns, strict=True))


def _json_text(value: object) -> str:
    return escape_json(json.dumps(value, ensure_ascii=False, default=str))


def escape_json(text: str) -> str:
    r"""JSON of one line or more in which no character steers a terminal: it is written as its number.

    >>> escape_json('"a\u202eb"')
    '"a\\u202eb"'
    """
    return CONTROL.sub(lambda found: "".join(map(_as_number, found[0])), text)


def _as_number(character: str) -> str:
    return character if character == "\n" else f"\\u{ord(character):04x}"


def _texts(column: pd.Series, text_of: Callable[[object], str], missing: str) -> list[str]:
    """Text of each cell of a column; each distinct value is put into words once."""
    kind = column.dtype.kind
    codes, values = pd.factorize(_finite(column) if kind == "f" else column)
    if kind == "f":
        texts = _number_texts(np.asarray(values))
    else:
        texts = list(map(text_of, format_times(pd.Series(values)) if kind == "M" else values.tolist()))
    texts.append(missing)
    return list(map(texts.__getitem__, codes.tolist()))  # the code of a missing cell is -1: the last text


def _finite(column: pd.Series) -> np.ndarray:
    """The numbers, NaN for an end that is open."""
    numbers = column.to_numpy(dtype=float)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _number_texts(values: np.ndarray) -> list[str]:
    """Shortest texts that read back to the same doubles.

    >>> _number_texts(np.array([2600.0, 24.31, 1e-07, -0.0]))
    ['2600', '24.31', '1e-07', '0']
    """
    texts = list(map(repr, (values + 0.0).tolist()))  # + 0.0: there is no negative zero in a laboratory
    for place in np.flatnonzero(values == np.rint(values)).tolist():
        texts[place] = texts[place].removesuffix(".0")
    return texts
