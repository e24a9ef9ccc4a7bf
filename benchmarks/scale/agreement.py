"""Whether two programs computed the same numbers: keys, times and values equal, differences to 1e-12.

python benchmarks/scale/agreement.py CHANGES OTHER_CHANGES
"""

import sys
from pathlib import Path

import duckdb

KEYS = ("subject", "marker", "intervention", "start", '"at"')
EQUAL = ("baseline", "baseline_time", "value", "time")
CLOSE = ("day", "delta", "fold_change")
TOLERANCE = 1e-12
"""Of the larger of both numbers; of a difference, of what it is between."""


def differences(ours: Path, theirs: Path) -> list[str]:
    """What differs, in words; empty where all is equal."""
    with duckdb.connect() as engine:
        engine.execute("SET enable_progress_bar = false")
        for name, path in (("ours", ours), ("theirs", theirs)):
            engine.execute(f"CREATE TEMP TABLE {name} AS {_read(path)}")
        sizes = [engine.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("ours", "theirs")]
        keys = ", ".join(KEYS)
        checks = [f"count(*) FILTER (o.{name} IS DISTINCT FROM t.{name})" for name in EQUAL]
        checks += [f"count(*) FILTER ({_far(name)})" for name in CLOSE]
        pairs = f"ours o JOIN theirs t USING ({keys})"
        joined, *wrong = engine.execute(f"SELECT count(*), {', '.join(checks)} FROM {pairs}").fetchone()
    problems = (
        [] if sizes[0] == sizes[1] == joined else [f"{sizes[0]} and {sizes[1]} rows, {joined} in common"]
    )
    return problems + [
        f"{count} times another {name}" for name, count in zip(EQUAL + CLOSE, wrong, strict=True) if count
    ]


def _far(name: str) -> str:
    size = "abs(o.value), abs(o.baseline)" if name == "delta" else f"abs(o.{name}), abs(t.{name})"
    far = f"abs(o.{name} - t.{name}) > {TOLERANCE} * greatest({size})"
    return f"(o.{name} IS NULL) <> (t.{name} IS NULL) OR coalesce({far}, false)"


def _read(path: Path) -> str:
    parquet = f"'{path}/*.parquet'" if path.is_dir() else f"'{path}'"
    source = (
        parquet if path.suffix == ".parquet" else f"read_csv('{path}', header = true, all_varchar = true)"
    )
    times, numbers = ("start", "baseline_time", "time"), ("baseline", "value", *CLOSE)
    columns = ["subject::VARCHAR AS subject", "marker::VARCHAR AS marker", "intervention", '"at"']
    columns += [f"{name}::TIMESTAMP AS {name}" for name in times]
    # R and pandas write some missing numbers as NaN
    columns += [f"nullif({name}::DOUBLE, 'nan'::DOUBLE) AS {name}" for name in numbers]
    return f"SELECT {', '.join(columns)} FROM {source}"


if __name__ == "__main__":
    found = differences(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(found) or "equal")
    raise SystemExit(1 if found else 0)
