"""Renderers: from the `changes` frame to text. They round, arrange and escape; they never compute.

Machine formats keep every digit; Markdown and LaTeX hold the rows that a reader sees in the
terminal. The terminal table itself is `hlhcli.renderers.table`, apart, because it imports rich.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd

from hlhcli.renderers.adam import to_adam
from hlhcli.renderers.documents import to_latex, to_markdown
from hlhcli.renderers.machine import to_delimited, to_json, to_jsonl
from hlhcli.renderers.spreadsheet import guard_formulas, to_spreadsheet

__all__ = ["FORMATS", "SAFE", "guard_formulas", "render", "to_adam"]

RENDERERS: dict[str, Callable[[pd.DataFrame], str]] = {
    "csv": partial(to_delimited, separator=","),
    "tsv": partial(to_delimited, separator="\t"),
    "json": to_json,
    "jsonl": to_jsonl,
    "markdown": to_markdown,
    "latex": to_latex,
}

FORMATS = ("table", *RENDERERS)
"""Every output format; ``table`` is `hlhcli.renderers.table.render_table`."""

SAFE = {"csv": "safe csv", "tsv": "safe tsv"}
"""The formats that a spreadsheet opens, and their form in which no text is run as a formula."""

RENDERERS |= {
    SAFE["csv"]: partial(to_spreadsheet, separator=","),
    SAFE["tsv"]: partial(to_spreadsheet, separator="\t"),
}


def render(changes: pd.DataFrame, file_format: str) -> str:
    """Text of a frame in one of `FORMATS` other than ``table``, or in a `SAFE` one; it ends with a newline.

    CSV, TSV, JSON and JSON lines take any frame, `to_adam`'s included, and print its columns
    as they come. Markdown and LaTeX need the columns of `hlhcli.frames.ONE_READING`. Only JSON
    lines of no rows are empty text.
    """
    return RENDERERS[file_format](changes)
