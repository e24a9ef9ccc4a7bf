"""Writers: series and interventions to files of other formats; what one cannot hold is refused by name.

Each writer takes the two frames (interventions may be None) and returns the bytes of its
files. The name `MAIN` is the output itself, `BESIDE` a second file next to it for the
interventions; other names are files in a folder.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Literal, get_args

import pandas as pd

from hlhcli.writers.parts import BESIDE, MAIN, Files

__all__ = ["BESIDE", "FOLDERS", "MAIN", "SUFFIXES", "TARGETS", "Files", "Target", "write_files"]

Target = Literal["tidy", "wide", "adam", "fhir", "omop", "xlsx", "parquet", "xpt"]
TARGETS: tuple[str, ...] = get_args(Target)
FOLDERS = ("omop",)
"""Formats that are a folder of files."""

SUFFIXES = {
    ".csv": "tidy",
    ".tsv": "tidy",
    ".json": "fhir",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".xpt": "xpt",
}
"""The format that a file's name stands for where none is named."""

Writer = Callable[[pd.DataFrame, pd.DataFrame | None], Files]


def write_files(
    target: str, series: pd.DataFrame, interventions: pd.DataFrame | None, **choices: str
) -> Files:
    """The files of both frames in one of `TARGETS`; ``choices`` are the format's own (an offset).

    Raises `HlhcliError` for what the format cannot hold, and for a library that is missing.
    """
    module = import_module(f"hlhcli.writers.{target}")  # each needs libraries that the others do not
    files: Files = module.files(series, interventions, **choices)
    return files
