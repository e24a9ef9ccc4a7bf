"""Real files, broken at random: cells, rows, headings, JSON and bytes.

Each mutant comes from a number, so that it can be made again. Where the cells are known, every
value that the program reads must be one that a cell of its own row (or, in FHIR and OMOP, any)
can mean; and a row that nothing happened to must keep its values, unless a note speaks of the
decimal marks, which a file has in common.
"""

import copy
import csv
import gzip
import io
import json
import tempfile
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import pandas as pd

from hlhcli.errors import DataNote, HlhcliError
from hlhcli.readers import read_series
from hlhcli.readers.mapping import state_options

from .judge import ReadingError, run_all
from .readings import readings
from .tables import BAD, WORDS, as_text, as_workbook, packed

SHARED = Path(__file__).parents[3] / "shared" / "data"
ROWS = 40
"""So much of a long file is enough."""

ODD = (
    *BAD, *WORDS, "1,247", "0,4", "9,6", "1.247", ">33\u202f511", "<0.17", "1e999", "1e5", "-5", "\x00", "٣", "７",
    "7 109/L", "35,000 /uL", "=1+1", '"', "NaN", "inf", "-inf", "1_000", "0x1F", "½", "10^9", "2019-02-30",
    "9999-12-31T23:59-14:00", "24:00", "Day-7", "d+3", "1/2/2019", "TRUE", "12%", "\u200b5\u200b", "5\n6", "#REF!", "1E-400",
)  # fmt: skip
CHARACTERS = "0123456789.,<>-+ eE/()^H\u2009\u202f'’−–×µ…↑\n\";\t%"
LEAVES = (
    None,
    True,
    -1,
    0,
    1e300,
    10**400,
    "",
    "5",
    "<5",
    [],
    {},
    [5],
    {"value": 5},
    "2020-13-45",
    float("nan"),
)


@dataclass(frozen=True)
class Mutant:
    """A broken input: its path within a folder, what the program is told, and what its cells hold."""

    path: Path
    options: tuple[str, ...] = ()
    about: str = ""
    rows: list[list[str]] = field(default_factory=list)
    """The cells by row, the heading first; none where nothing is known of them."""
    texts: list[str] = field(default_factory=list)
    """Every text and number of the input, where its rows are not known."""
    interventions: Path | None = None
    """The table of interventions, where it is what is broken."""
    kept: dict[int, list[float]] = field(default_factory=dict)
    """The values of the lines that are as they were."""


@dataclass(frozen=True, eq=False)
class Source:
    """A real table: its cells, and what has to be said to read it."""

    name: str
    rows: list[list[str]]
    options: tuple[str, ...] = ()


def make_mutant(number: int, folder: Path) -> Mutant:
    """The mutant of this number, written into a folder."""
    random = Random(number)
    kinds = (
        [_broken_interventions] * 2
        + [_broken_table] * 6
        + [_broken_bytes] * 3
        + [_broken_bundle] * 3
        + [_broken_omop] * 2
    )
    return random.choice(kinds)(random, folder)


def require_explained(mutant: Mutant) -> None:
    """Raise `ReadingError` for a traceback, and for a value that no cell explains."""
    starts = [("--given", f"anakinra={start}") for start in ("2019-03-01", "5")]
    for start in starts if mutant.interventions is None else [("--interventions", mutant.interventions)]:
        run_all(mutant.path, *mutant.options, *start)
    series, notes = _read(mutant.path, mutant.options)
    if series is None:
        return
    if mutant.rows or mutant.texts:
        _require_cells(mutant, series)
    if not any("decimal mark" in note for note in notes):
        _require_kept(mutant, series)


def _require_cells(mutant, series):
    by_row = _numbers_by_row(mutant)
    anywhere = set().union(*map(readings, mutant.texts))
    used = series[series["value"].notna()]
    for value, bound, row, marker in zip(
        *(used[name] for name in ("value", "bound", "row", "marker")), strict=True
    ):
        if (value, bound) not in (by_row.get(row, set()) if mutant.rows else anywhere):
            raise ReadingError(
                f"{marker} {bound}{value!r} of row {row} stands in none of its cells: {mutant.about}"
            )


def _require_kept(mutant, series):
    found = _values_by_row(series)
    for row, values in mutant.kept.items():
        if found.get(row, []) != values:
            raise ReadingError(
                f"row {row} did not change, its values did: {values}, {found.get(row)}: {mutant.about}"
            )


def _values_by_row(series):
    used = series[series["value"].notna()]
    return {row: sorted(values) for row, values in used.groupby("row")["value"]}


def _read(path, options):
    """The series of a file, or None where it is refused, and the notes."""
    stated = {}
    for option, word in zip(options[::2], options[1::2], strict=True):
        stated.setdefault(option, []).append(word)
    told = state_options(
        columns=stated.get("--column", []),
        decimal=stated.get("--decimal", [None])[0],
        year=int(stated["--year"][0]) if "--year" in stated else None,
    )
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", DataNote)
        try:
            return read_series(path, told), [str(note.message) for note in notes]
        except HlhcliError:
            return None, []


def _numbers_by_row(mutant):
    """What the cells of each line or row of the file can mean."""
    found, line = {}, 1
    for row in mutant.rows:
        found.setdefault(line, set()).update(*(readings(cell) for cell in row))
        line += 1 + (sum(cell.count("\n") for cell in row) if mutant.path.name.startswith("labs.csv") else 0)
    return found


@cache
def sources() -> tuple[Source, ...]:
    """The real tables, short enough to be read often."""
    cases = sorted(path for path in (SHARED / "cases").glob("*/*.csv") if path.name != "interventions.csv")
    found = [Source(str(path.relative_to(SHARED)), _rows(path.read_text(encoding="utf-8"))) for path in cases]
    told = ("--year", "2019", "--decimal", "point")
    found = [Source(one.name, one.rows, told if "t-cell" in one.name else ()) for one in found]
    trial = _rows(gzip.decompress((SHARED / "cdisc" / "labs.csv.gz").read_bytes()).decode())[: ROWS + 1]
    flat = _rows((SHARED / "fhir" / "champlin-labs-flat.csv").read_text())[: ROWS + 1]
    return (
        *found,
        Source("cdisc", trial),
        Source("cdisc as text", trial, ("--column", "value=value_text")),
        Source("flat", flat),
    )


def _rows(text):
    return list(csv.reader(io.StringIO(text)))


def _break_rows(random: Random, rows):
    """The rows with one to three cells, rows or headings changed."""
    rows = copy.deepcopy(rows)
    for _ in range(random.randint(1, 3)):
        random.choice(
            [_change_cell] * 6
            + [_edit_cell] * 6
            + [_drop_row, _double_row, _swap_rows, _drop_column, _blank_row, _short_row]
        )(random, rows)
    return rows


def _change_cell(random, rows):
    row = random.choice(rows)
    if row:
        row[random.randrange(len(row))] = random.choice(ODD)


def _edit_cell(random, rows):
    row = random.choice(rows[1:] or rows)
    if row:
        place = random.randrange(len(row))
        text, at = row[place], random.randint(0, len(row[place]))
        row[place] = (
            text[:at] + random.choice(("", random.choice(CHARACTERS))) + text[at + random.randint(0, 1) :]
        )


def _drop_row(random, rows):
    if len(rows) > 1:
        rows.pop(random.randrange(len(rows)))


def _double_row(random, rows):
    rows.insert(random.randint(1, len(rows)), list(random.choice(rows)))


def _swap_rows(random, rows):
    one, other = (random.randrange(len(rows)) for _ in range(2))
    rows[one], rows[other] = rows[other], rows[one]


def _drop_column(random, rows):
    place = random.randrange(max(map(len, rows)))
    for row in rows:
        del row[place : place + 1]


def _blank_row(random, rows):
    rows.insert(random.randint(0, len(rows)), [""] * len(rows[0]))


def _short_row(random, rows):
    random.choice(rows)[-1:] = []


def _broken_table(random, folder):
    """A real table with other cells, as text, workbook, Parquet or transport file."""
    source = random.choice(sources())
    rows = _break_rows(random, source.rows)
    write = random.choice([_as_csv, _as_csv, _as_csv, _as_xlsx, _as_parquet, _as_xpt])
    name, content, known = write(random, rows)
    path = folder / name
    path.write_bytes(content)
    changed = [row for row in rows if row not in source.rows]
    kept = _kept(source, rows) if write in (_as_csv, _as_xlsx) and known == rows else {}
    return Mutant(path, source.options, f"{source.name} as {name}: {changed}", known, kept=kept)


def _broken_interventions(random, folder):
    """Good labs beside a table of interventions with other cells."""
    case = random.choice(sorted((SHARED / "cases").glob("*/interventions.csv")))
    rows = _break_rows(random, _rows(case.read_text(encoding="utf-8")))
    (folder / "drugs.csv").write_text(as_text(rows), encoding="utf-8", newline="")
    options = ("--year", "2019", "--decimal", "point") if "t-cell" in case.parent.name else ()
    about = f"interventions of {case.parent.name}: {rows}"
    return Mutant(case.parent / "labs.csv", options, about, interventions=folder / "drugs.csv")


def _kept(source, rows):
    """The values, by line, of the rows that are as they were below the same headings."""
    if rows[0] != source.rows[0] or any("\n" in cell for row in rows for cell in row):
        return {}
    before = _values_before(source)
    lines = {tuple(row): line for line, row in enumerate(source.rows, 1)}
    pairs = ((line, lines.get(tuple(row))) for line, row in enumerate(rows, 1))
    return {line: before[old] for line, old in pairs if old in before}


@cache
def _values_before(source):
    """The values of a source, by line, as it is; none where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labs.csv"
        path.write_text(as_text(source.rows), encoding="utf-8", newline="")
        series, _ = _read(path, source.options)
    return {} if series is None else _values_by_row(series)


def _as_csv(random, rows):
    delimiter, end = random.choice(",;\t"), random.choice(["\n", "\r\n"])
    content = as_text(rows, delimiter, end).encode()
    return *packed("labs.csv", content, random.choice([None, None, "gz", "zst"])), rows


def _as_xlsx(_, rows):
    legal = [["".join(one for one in cell if one >= " " or one == "\n") for cell in row] for row in rows]
    return "labs.xlsx", as_workbook(legal), legal


def _as_parquet(random, rows):
    content = io.BytesIO()
    frame, known = _frame(random, rows)
    frame.to_parquet(content, index=False)
    return "labs.parquet", content.getvalue(), known


def _as_xpt(random, rows):
    import pyreadstat

    frame, known = _frame(random, rows)
    names = {name: f"C{place}" if place else "USUBJID" for place, name in enumerate(frame)}
    cdisc = (
        "USUBJID",
        "LBTESTCD",
        "LBTEST",
        "LBDTC",
        "VISIT",
        "LBSTRESC",
        "LBSTRESN",
        "LBSTRESU",
        "LBSTNRLO",
        "LBSTNRHI",
    )
    names |= dict(zip(frame, cdisc, strict=False)) if len(frame.columns) >= len(cdisc) else {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labs.xpt"
        pyreadstat.write_xport(frame.rename(columns=names), str(path), file_format_version=5)
        return "labs.xpt", path.read_bytes(), known


def _frame(random, rows):
    """A frame of unique, filled headings; some columns typed as numbers; and the cells by row from 1."""
    width = max(map(len, rows))
    square = [[*row, *[""] * (width - len(row))] for row in rows]
    header = [name or f"column {place}" for place, name in enumerate(square[0])]
    header = [name if header.index(name) == place else f"{name} {place}" for place, name in enumerate(header)]
    frame = pd.DataFrame(square[1:], columns=header, dtype="str").map(lambda cell: cell[:190])
    for name in frame:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if random.random() < 0.5 and numbers.notna().any():
            frame[name] = numbers.astype("float64")
    known = [["" if pd.isna(cell) else str(cell) for cell in row] for row in frame.itertuples(index=False)]
    return frame, known or [[]]


def _broken_bytes(random, folder):
    """A good file of any format with bytes changed, lost, doubled or cut off."""
    write = random.choice([_as_csv, _as_xlsx, _as_parquet, _as_xpt, _as_bundle, _as_database])
    source = random.choice(sources())
    name, content, _ = write(random, source.rows)
    content = bytearray(content)
    for _ in range(random.randint(1, 4)):
        at, size = random.randrange(len(content) or 1), random.choice([1, 1, 1, 8, 200])
        piece = random.choice([b"", bytes([random.randrange(256)]), bytes(content[at : at + size]) * 2])
        content[at : at + (0 if random.random() < 0.3 else size)] = piece
    path = folder / name
    path.write_bytes(bytes(content))
    return Mutant(path, source.options, f"bytes of {source.name} as {name}")


def _as_bundle(random, _):
    return "bundle.json", json.dumps(_bundle(random)).encode(), []


def _as_database(_, __):
    return "cdm.duckdb", _database(), []


@cache
def _database():
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cdm.duckdb"
        with duckdb.connect(str(path)) as database:
            for table, rows in _omop().items():
                (Path(folder) / f"{table}.csv").write_text(as_text(rows))
                database.execute(
                    f"CREATE TABLE {table} AS SELECT * FROM read_csv('{folder}/{table}.csv', all_varchar=true)"
                )
        return path.read_bytes()


@cache
def _entries():
    names = ("champlin.json", "synthea-746cb231.json", "bilirubin-dstu2.json")
    bundles = [json.loads((SHARED / "fhir" / name).read_text()) for name in names]
    wanted = ("Observation", "MedicationRequest", "MedicationAdministration", "Patient")
    return [
        [one for one in bundle["entry"] if one["resource"]["resourceType"] in wanted] for bundle in bundles
    ]


def _bundle(random):
    entries = random.choice(_entries())
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": copy.deepcopy(random.sample(entries, min(12, len(entries)))),
    }


def _broken_bundle(random, folder):
    """FHIR with parts lost, doubled or of another kind; as a bundle or as NDJSON."""
    bundle = _bundle(random)
    for _ in range(random.randint(1, 5)):
        _break_json(random, random.choice(bundle["entry"] or [bundle]))
    path = folder / "labs.json"
    lines = [
        json.dumps(one["resource"]) for one in bundle["entry"] if isinstance(one, dict) and "resource" in one
    ]
    path.write_text("\n".join(lines) if random.random() < 0.4 and lines else json.dumps(bundle))
    return Mutant(path, (), "a bundle", texts=[str(leaf) for leaf in _leaves(bundle)])


def _break_json(random, part: object) -> None:
    """Change one thing somewhere below a part of a JSON document."""
    while isinstance(part, dict | list) and part:
        key: object = random.choice(list(part)) if isinstance(part, dict) else random.randrange(len(part))
        below = part[key]
        if not isinstance(below, dict | list) or not below or random.random() < 0.15:
            _replace(random, part, key)
            return
        part = below


def _replace(random, part, key):
    change = random.choice(["leaf", "leaf", "lose", "text"])
    if change == "lose":
        del part[key]
    else:
        part[key] = random.choice(LEAVES) if change == "leaf" else random.choice(ODD)


def _leaves(part):
    if isinstance(part, dict | list):
        for below in part.values() if isinstance(part, dict) else part:
            yield from _leaves(below)
    else:
        yield part


@cache
def _omop():
    """A short extract with every concept that it uses."""
    measured = _rows((SHARED / "omop" / "MEASUREMENT.csv").read_text())[: ROWS + 1]
    exposed = _rows((SHARED / "omop" / "DRUG_EXPOSURE.csv").read_text())[: ROWS + 1]
    concepts = _rows((SHARED / "omop" / "CONCEPT.csv").read_text())
    used = {cell for row in (*measured, *exposed) for cell in row}
    return {
        "MEASUREMENT": measured,
        "DRUG_EXPOSURE": exposed,
        "CONCEPT": [concepts[0], *(row for row in concepts[1:] if row[0] in used)],
    }


def _broken_omop(random, folder):
    """An OMOP folder of which one table is broken, or is missing."""
    tables = dict(_omop())
    name = random.choice(list(tables))
    tables[name] = _break_rows(random, tables[name])
    if random.random() < 0.05:
        del tables[name]
    cdm = folder / "cdm"
    cdm.mkdir()
    for table, rows in tables.items():
        (cdm / f"{table}.csv").write_text(as_text(rows), newline="")
    measured = tables.get("MEASUREMENT", [[]])
    texts = [cell for row in measured for cell in row]
    texts += [sign + cell for row in measured for cell in row for sign in "<>"]
    return Mutant(cdm, (), f"OMOP with another {name}", texts=texts)
