"""Realistic cohorts of any size: laboratory values and interventions, from a seed.

    python benchmarks/scale/cohort.py 1e6 FOLDER --rows-per-subject 1000 --format parquet --order subject

writes ``labs.parquet`` (or ``.csv``, ``.csv.gz``) and ``interventions.csv`` into the folder. The
numbers come in blocks of about a million rows, each with a seed of its own: memory stays small,
and the same arguments give the same rows whatever the format and the order.

What real tables have and simple generators leave out: subjects of very unequal size; draws in
bursts with gaps of weeks; several markers in a draw; results of one marker at one time that
differ, and rows that are there twice; empty results; limits of detection (``<0.6``, ``>40000``);
dates without a time of day among date-times; values of zero and below; sodium called ``NA``;
starts exactly at a draw and one second off; starts that are dates; several drugs at one time;
subjects without interventions.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

BLOCK = 1_000_000
SECOND = 1_000_000
HOUR, DAY = 3_600, 86_400
LONGEST = 12 * 365 * DAY
"""Seconds that the course of one subject may take."""

BEGIN = int(np.datetime64("2010-01-01", "s").astype(np.int64))
ORDERS = ("subject", "shuffled")
FORMATS = ("parquet", "csv", "csv.gz")
IDENTIFIERS = ("number", "text")
FIRST_NUMBER = 4_000_000_000
"""Identifiers that are numbers are wider than 32 bits."""

DRUGS = ("anakinra", "cyclosporine", "emapalumab", "etoposide", "methylprednisolone", "ruxolitinib")


@dataclass(frozen=True)
class Analyte:
    """How the results of one marker come about; the limits are those of its method."""

    marker: str
    unit: str
    center: float
    spread: float
    decimals: int
    ordered: float
    """The share of draws in which it is measured."""
    lowest: float = -np.inf
    highest: float = np.inf
    base: str = "log"


ANALYTES = (
    Analyte("Ferritin", "ng/mL", 900, 1.6, 0, 0.35, 5, 40_000),
    Analyte("CRP", "mg/L", 30, 1.3, 1, 0.6, 0.6, 500),
    Analyte("Hb", "g/dL", 10.5, 0.18, 1, 0.9),
    Analyte("PLT", "10*9/L", 160, 0.6, 0, 0.9, 3),
    Analyte("ALT", "U/L", 45, 0.9, 0, 0.5, 5),
    Analyte("AST", "U/L", 50, 0.9, 0, 0.5, 5),
    Analyte("D-dimer", "mg/L", 2, 1.2, 2, 0.25, 0.19, 35.2),
    Analyte("Fibrinogen", "mg/dL", 280, 0.5, 0, 0.3, 50, 900),
    Analyte("NA", "mmol/L", 138, 0.03, 0, 0.9),
    Analyte("Base excess", "mmol/L", 0, 3.5, 1, 0.3, base="linear"),
)


@dataclass(frozen=True)
class Cohort:
    """What to generate."""

    rows: int
    rows_per_subject: int = 1000
    seed: int = 1
    identifiers: str = "number"

    @property
    def subjects(self) -> int:
        """Number of subjects."""
        return max(1, round(self.rows / self.rows_per_subject))


def blocks(cohort: Cohort) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Labs and interventions of some subjects at a time, in ascending order of subject."""
    step = max(1, BLOCK // cohort.rows_per_subject)
    for first in range(0, cohort.subjects, step):
        subjects = np.arange(first, min(first + step, cohort.subjects))
        yield _block(cohort, subjects, np.random.default_rng([cohort.seed, first]))


def _block(cohort: Cohort, subjects: np.ndarray, random: np.random.Generator) -> tuple[pa.Table, pa.Table]:
    per_draw = sum(analyte.ordered for analyte in ANALYTES)
    size = random.gamma(2.0, cohort.rows_per_subject / per_draw / 2, subjects.size)
    draws = np.maximum(1, np.rint(size)).astype(np.int64)
    owner = np.repeat(np.arange(subjects.size), draws)
    time = _draw_times(draws, random)
    starts = _interventions(draws, time, cohort, random)
    labs = _results(owner, time, random)
    names = pa.array(_identifiers(cohort, subjects))
    return (
        pa.table({"subject": names.take(pa.array(labs.pop("owner"))), **labs}),
        pa.table({"subject": names.take(pa.array(starts.pop("owner"))), **starts}),
    )


def _identifiers(cohort: Cohort, subjects: np.ndarray) -> np.ndarray | list[str]:
    if cohort.identifiers == "number":
        return FIRST_NUMBER + 7 * subjects
    return [f"site-{number // 1000:04d}/{number % 1000:03d}" for number in subjects.tolist()]


def _draw_times(draws: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Seconds of each draw: bursts of some hours, days apart, with gaps of months; a few are dates."""
    total = int(draws.sum())
    kind = random.choice(3, total, p=(0.7, 0.26, 0.04))
    gap = random.exponential(np.array([8 * HOUR, 2 * DAY, 60 * DAY])[kind])
    since = np.cumsum(gap)
    begin = np.cumsum(draws) - draws
    since -= np.repeat(since[begin], draws)
    span = since[begin + draws - 1]
    since *= np.repeat(np.minimum(1.0, LONGEST / np.maximum(span, 1.0)), draws)
    entry = BEGIN + random.integers(0, 12 * 365 * DAY, draws.size)
    time = np.repeat(entry, draws) + np.rint(since).astype(np.int64)
    return np.where(random.random(total) < 0.01, time - time % DAY, time)


def _interventions(
    draws: np.ndarray, time: np.ndarray, cohort: Cohort, random: np.random.Generator
) -> dict[str, pa.Array]:
    """Starts at a draw, a second beside it, on its date, or at any time; none for one in fifty."""
    mean = min(3.0, 1 + cohort.rows_per_subject / 100)
    count = 1 + random.poisson(mean - 1, draws.size)
    count[random.random(draws.size) < 0.02] = 0
    owner = np.repeat(np.arange(draws.size), count)
    draw = (np.cumsum(draws) - draws)[owner] + (random.random(owner.size) * draws[owner]).astype(np.int64)
    start = time[draw]
    kind = random.choice(6, owner.size, p=(0.15, 0.05, 0.05, 0.15, 0.05, 0.55))
    start += np.select([kind == 1, kind == 2, kind == 5], [-1, 1, random.integers(-DAY, DAY, owner.size)])
    start = np.where(kind == 3, start - start % DAY, start)
    start[1:] = np.where((kind[1:] == 4) & (owner[1:] == owner[:-1]), start[:-1], start[1:])
    drug = random.integers(0, len(DRUGS), owner.size)
    kept = np.unique(np.stack([owner, start, drug]), axis=1)
    return {
        "owner": kept[0],
        "intervention": pa.array(np.array(DRUGS)[kept[2]]),
        "start": pa.array(kept[1] * SECOND, pa.timestamp("us")),
    }


def _results(owner: np.ndarray, time: np.ndarray, random: np.random.Generator) -> dict[str, pa.Array]:
    ordered = np.array([analyte.ordered for analyte in ANALYTES])
    draw, code = np.nonzero(random.random((owner.size, ordered.size)) < ordered)
    again = np.flatnonzero(random.random(draw.size) < 0.02)
    same = random.random(again.size) < 0.15
    level = np.array([analyte.spread for analyte in ANALYTES])
    subject_level = random.normal(0, 1, (owner[-1] + 1, ordered.size))
    deviation = level[code] * (0.8 * subject_level[owner[draw], code] + 0.6 * random.normal(0, 1, draw.size))
    value = _values(code, deviation)
    other = np.where(
        same, value[again], _values(code[again], deviation[again] + random.normal(0, 0.1, same.size))
    )
    place = np.concatenate([np.arange(draw.size), again])
    order = np.argsort(place, kind="stable")
    place, value = place[order], np.concatenate([value, other])[order]
    code, draw = code[place], draw[place]
    low, high = (
        np.array([getattr(analyte, end) for analyte in ANALYTES])[code] for end in ("lowest", "highest")
    )
    bound = np.where(value < low, 1, np.where(value > high, 2, 0))
    value = np.clip(value, low, high)
    missing = random.random(value.size) < 0.03
    return {
        "owner": owner[draw],
        "marker": _coded(code, [analyte.marker for analyte in ANALYTES]),
        "time": pa.array(time[draw] * SECOND, pa.timestamp("us")),
        "value": pa.array(value, mask=missing),
        "bound": _coded(np.where(missing, 0, bound), ["", "<", ">"]),
        "unit": _coded(code, [analyte.unit for analyte in ANALYTES]),
    }


def _values(code: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    center = np.array([analyte.center for analyte in ANALYTES])[code]
    linear = np.array([analyte.base == "linear" for analyte in ANALYTES])[code]
    scale = 10.0 ** np.array([analyte.decimals for analyte in ANALYTES])[code]
    raw = np.where(linear, center + deviation, center * np.exp(np.where(linear, 0, deviation)))
    return np.rint(raw * scale) / scale + 0.0


def _coded(code: np.ndarray, texts: list[str]) -> pa.DictionaryArray:
    distinct, place = np.unique(texts, return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(place[code], pa.int8()), pa.array(distinct))


def write_cohort(
    cohort: Cohort, folder: Path, *, file_format: str = "parquet", order: str = "subject"
) -> tuple[Path, Path]:
    """Write the labs and the interventions into a folder; returns the two paths."""
    folder.mkdir(parents=True, exist_ok=True)
    labs, interventions = folder / f"labs.{file_format}", folder / "interventions.csv"
    plain = file_format == "parquet" and order == "subject"
    ordered = labs if plain else folder / "by-subject.parquet"
    _write_blocks(cohort, ordered, interventions)
    if not plain:
        _rewrite(ordered, labs, order == "shuffled", folder)
        ordered.unlink()
    return labs, interventions


def _write_blocks(cohort: Cohort, labs: Path, interventions: Path) -> None:
    parts = blocks(cohort)
    first_labs, first_starts = next(parts)
    with (
        pq.ParquetWriter(labs, first_labs.schema) as lab_file,
        pyarrow.csv.CSVWriter(interventions, first_starts.schema) as start_file,
    ):
        lab_file.write_table(first_labs, row_group_size=BLOCK // 4)
        start_file.write_table(first_starts)
        for lab_part, start_part in parts:
            lab_file.write_table(lab_part, row_group_size=BLOCK // 4)
            start_file.write_table(start_part)


def _rewrite(source: Path, target: Path, shuffled: bool, folder: Path) -> None:
    """The same rows in another format or in no order, by an engine that spills to disk."""
    text = "subject, marker, strftime(time, '%Y-%m-%dT%H:%M:%S') AS time, bound || value AS value, unit"
    columns = "*" if target.suffix == ".parquet" else text
    order = "ORDER BY hash(subject, marker, time, value, bound, file_row_number)" if shuffled else ""
    form = {".parquet": "FORMAT parquet", ".csv": "FORMAT csv", ".gz": "FORMAT csv, COMPRESSION gzip"}
    with duckdb.connect(config={"memory_limit": "2GB", "temp_directory": str(folder / "spill")}) as engine:
        engine.sql("SET enable_progress_bar = false")
        rows = f"FROM read_parquet('{source}', file_row_number = true) {order}"
        columns = columns.replace("*", "* EXCLUDE (file_row_number)")
        engine.sql(f"COPY (SELECT {columns} {rows}) TO '{target}' ({form[target.suffix]})")


def main() -> None:
    """Write one cohort as the arguments ask."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", type=lambda text: int(float(text)), help="about so many rows of labs: 1e6")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows-per-subject", type=int, default=1000)
    parser.add_argument("--format", choices=FORMATS, default="parquet")
    parser.add_argument("--order", choices=ORDERS, default="subject")
    parser.add_argument("--identifiers", choices=IDENTIFIERS, default="number")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cohort = Cohort(options.rows, options.rows_per_subject, options.seed, options.identifiers)
    for path in write_cohort(cohort, options.folder, file_format=options.format, order=options.order):
        print(path)


if __name__ == "__main__":
    main()
