"""The window analysis in DuckDB's SQL: ``duckdb_sql.py LABS INTERVENTIONS OUT [segments|join]``."""

import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent

PARQUET = "SELECT subject, marker, time, value, bound FROM read_parquet('{labs}')"
CSV = """
SELECT subject, marker, time, ltrim(cell, '<>')::DOUBLE AS value,
       CASE WHEN cell[1] IN ('<', '>') THEN cell[1] ELSE '' END AS bound
FROM (
    SELECT subject, marker, time, value AS cell
    FROM read_csv('{labs}', header = true, nullstr = '', types = {{'value': 'VARCHAR'}})
)
"""
LIMITS = """
CREATE TEMP VIEW labs AS
SELECT subject, marker, time,
       CASE WHEN bound = '<' THEN CASE WHEN value >= 0 THEN 0 ELSE '-infinity'::DOUBLE END
            ELSE value END AS low,
       CASE WHEN bound = '>' AND value IS NOT NULL THEN 'infinity'::DOUBLE ELSE value END AS high
FROM ({rows})
"""


def main(labs: str, interventions: str, out: str, way: str = "segments") -> None:
    """Run the scripts one after another and write the changes."""
    rows = (PARQUET if labs.endswith(".parquet") else CSV).format(labs=labs)
    with duckdb.connect() as engine:
        engine.execute("SET enable_progress_bar = false")
        engine.execute(LIMITS.format(rows=rows))
        engine.execute(f"CREATE TEMP VIEW starts AS FROM read_csv('{interventions}', header = true)")
        for script in ("windows", way, "changes"):
            engine.execute((HERE / f"{script}.sql").read_text(encoding="utf-8"))
        engine.execute(f"COPY changes TO '{out}' (FORMAT parquet)")


if __name__ == "__main__":
    main(*sys.argv[1:])
