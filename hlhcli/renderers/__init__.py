"""Renderers: from the `changes` frame to text. They round, arrange and escape; they never compute.

Machine formats keep every digit; Markdown and LaTeX hold the rows that a reader sees in the
terminal. The terminal table itself is `hlhcli.renderers.table`, apart, because it imports rich.
"""

from importlib import import_module
from typing import TYPE_CHECKING

import pandas as pd

from hlhcli.doors import door

if TYPE_CHECKING:
    from hlhcli.renderers.adam import to_adam
    from hlhcli.renderers.spreadsheet import guard_formulas

__all__ = ["FORMATS", "SAFE", "guard_formulas", "render", "to_adam"]

RENDERERS = {
    "csv": ("machine", "to_csv"),
    "tsv": ("machine", "to_tsv"),
    "json": ("machine", "to_json"),
    "jsonl": ("machine", "to_jsonl"),
    "markdown": ("documents", "to_markdown"),
    "latex": ("documents", "to_latex"),
}
"""The module and the function of each format."""

FORMATS = ("table", *RENDERERS)
"""Every output format; ``table`` is `hlhcli.renderers.table.render_table`."""

SAFE = {"csv": "safe csv", "tsv": "safe tsv"}
"""The formats that a spreadsheet opens, and their form in which no text is run as a formula."""

RENDERERS |= {SAFE["csv"]: ("spreadsheet", "to_safe_csv"), SAFE["tsv"]: ("spreadsheet", "to_safe_tsv")}

if not TYPE_CHECKING:  # or a type checker would believe in every name
    __getattr__ = door(__name__, {"adam": ["to_adam"], "spreadsheet": ["guard_formulas"]})


def render(changes: pd.DataFrame, file_format: str) -> str:
    """Text of a frame in one of `FORMATS` other than ``table``, or in a `SAFE` one; it ends with a newline.

    CSV, TSV, JSON and JSON lines take any frame, `to_adam`'s included, and print its columns
    as they come. Markdown and LaTeX need the columns of `hlhcli.frames.ONE_READING`. Only JSON
    lines of no rows are empty text.
    """
    module, function = RENDERERS[file_format]
    text: str = getattr(import_module(f"{__name__}.{module}"), function)(changes)
    return text
