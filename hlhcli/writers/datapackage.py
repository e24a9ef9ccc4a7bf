"""A Table Schema beside a CSV of changes: types, units and meanings travel with the numbers.

As https://datapackage.org/standard/data-package and https://datapackage.org/standard/table-schema
describe it (version 2.0). The columns are described in ``facts/columns.csv``.
"""

import json
import re
from pathlib import Path

import pandas as pd

import hlhcli
from hlhcli import facts
from hlhcli.times import DAY, MISSING, instants, is_calendar

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def describe_csv(frame: pd.DataFrame, path: Path) -> str:
    """``datapackage.json`` for a CSV at ``path`` that holds this frame."""
    resource = {
        "name": re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()) or "changes",
        "type": "table",
        "path": path.name,
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {"fields": [_field(frame[name]) for name in frame], "missingValues": [""]},
    }
    package = {"$schema": PROFILE, "name": resource["name"], "resources": [resource]}
    package["description"] = (
        f"Changes of laboratory markers around interventions; hlhcli {hlhcli.__version__}"
    )
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _field(column: pd.Series) -> dict[str, str]:
    """Name, type, meaning and, for numbers, unit; columns without a description have a type only."""
    name = str(column.name)
    fact = _facts().get(name, {})
    described = {"description": fact["meaning"]} if fact else {}
    unit = (
        {"unit": "as in the column unit" if fact["unit"] == "unit" else fact["unit"]}
        if fact.get("unit")
        else {}
    )
    return {"name": name, "type": _type(column), **described, **unit}


def _type(column: pd.Series) -> str:
    """The Table Schema type of what `hlhcli.renderers` writes."""
    if is_calendar(column):
        moments = instants(column)
        clock = (moments != MISSING) & (moments % DAY != 0)
        return (
            "any" if clock.any() else "date"
        )  # dates and date-times in one column have no type of their own
    return {"f": "number", "i": "integer", "u": "integer", "b": "boolean"}.get(column.dtype.kind, "string")


def _facts() -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in facts.rows("columns")}
