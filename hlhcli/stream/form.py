"""Which columns of an input hold what, and how its different combinations of texts become a table.

A table of the readers is made of the combinations only, so that the readers decide on every text
that the input has, though not on every row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hlhcli.errors import HlhcliError
from hlhcli.readers import omop
from hlhcli.readers.address import is_address
from hlhcli.readers.columns import LABS, TIDY, Column, find_columns
from hlhcli.readers.delimited import Table, require_single_names
from hlhcli.readers.formats import BOUNDS, is_cdisc, join_bounds
from hlhcli.readers.typed import table_of
from hlhcli.readers.unit_shape import split_heading
from hlhcli.readers.wide import find_layout
from hlhcli.reading import ReadingOptions
from hlhcli.stream.sources import SUFFIXES, Source, kind_of, open_database, open_files
from hlhcli.stream.warehouse import OMOP_TEXT, OMOP_TIMES, open_labs

SAMPLE = 1000
OF_TEXT = ("marker", "unit", "placement", "reference_low", "reference_high", "reference_range")
TABLE_FORM = "--engine pandas reads it where it fits into memory"


@dataclass(frozen=True)
class Form:
    """An input whose columns are known."""

    source: Source
    subject: str | None
    value: str
    times: tuple[str, ...]
    """The columns of times; where the first is empty, the next one counts."""
    texts: tuple[str, ...]
    """The columns that are read as texts."""
    table: Callable[[Mapping[str, Sequence[str]], Sequence[int]], Table]
    """The readers' table of some rows, from the cells of ``texts`` and ``value`` and their lines."""
    marker: Callable[[Sequence[str]], str]
    """The marker that the cells of ``texts`` name."""
    options: ReadingOptions
    limits: tuple[str, ...] = ()
    """The columns among ``texts`` that should hold numbers."""
    place: str | None = None
    """The column of placements among ``texts``."""

    @property
    def columns(self) -> list[str]:
        """All columns that are read, each once."""
        named = [self.subject] if self.subject else []
        return list(dict.fromkeys([*named, self.value, *self.times, *self.texts]))


def open_form(name: str, options: ReadingOptions) -> Form:
    """The form of an input by its name and content; raises `HlhcliError` for what is no stream."""
    if is_address(name):
        return _warehouse(name, options)
    path = Path(name)
    if options.table:
        raise HlhcliError(f"{name}: is no PostgreSQL database and has no tables; leave out --table")
    if options.sheet:
        raise HlhcliError(f"{name}: --sheet is of Excel workbooks, which cannot be read in a stream")
    if options.file_format not in (None, "csv", "parquet", "omop"):
        raise HlhcliError(f"{name}: {options.file_format} cannot be read in a stream; {TABLE_FORM}")
    if path.is_file() and _is_database(path):
        return omop_form(name, open_database(name, "measurement"), omop.database_tables(path), options)
    if path.is_dir() and (found := _omop_file(path)):
        return omop_form(name, open_files(str(found)), omop.folder_tables(path), options)
    if path.is_file() and not kind_of(name):
        known = ", ".join(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
        raise HlhcliError(f"{name}: cannot be read in a stream, which takes {known}; {TABLE_FORM}")
    return tidy_form(open_files(name), options)


def _warehouse(name: str, options: ReadingOptions) -> Form:
    """The form of a table of labs, or of OMOP's tables, in a PostgreSQL database."""
    source, tables = open_labs(name, options)
    try:
        if tables is None:
            return tidy_form(source, options)
        return omop_form(source.files[0], source, tables, options)
    except BaseException:
        source.close()
        raise


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def _omop_file(folder: Path) -> Path | None:
    names = {f"measurement{suffix}" for suffixes in SUFFIXES.values() for suffix in suffixes}
    return next((path for path in sorted(folder.iterdir()) if path.name.lower() in names), None)


def _sample(source: Source) -> Table:
    """The first rows of an input as a table of the readers."""
    for item in (source.sample or source.read)(source.header, ()):
        if hasattr(item, "table"):
            rows = item.table.slice(0, SAMPLE)
            return table_of(source.name, source.header, [column.to_pylist() for column in rows.columns])
    raise HlhcliError(f"{source.name}: has a header but no rows")


def tidy_form(source: Source, options: ReadingOptions) -> Form:
    """The form of a tidy table; raises `HlhcliError` for any other."""
    require_single_names(source.name, source.header)
    sample = _sample(source)
    _refuse_standards(sample, options)
    if find_layout(sample, options) != TIDY:
        raise HlhcliError(f"{source.name}: is a wide table, which cannot be read in a stream; {TABLE_FORM}")
    found = find_columns(sample, LABS, options.columns, ["marker", "time or day", "value"])
    for column in found.values():
        _refuse_joined(sample, column)
    if {"time", "day"} <= set(found):
        raise HlhcliError(
            f"{source.name}: has a column of times ('{found['time'].name}') and one of days "
            f"('{found['day'].name}'), of which a stream cannot choose; {TABLE_FORM}"
        )
    time = "time" if "time" in found else "day"
    names = {word: found[word].name for word in (*OF_TEXT, "value", time) if word in found}
    texts = [names[word] for word in OF_TEXT if word in names]
    bound = next((name for name in source.header if name.lower() in BOUNDS), None)
    if bound is not None and names["value"].lower() == "value":
        texts.append(bound)
    fixed = options._replace(columns=names, layout=TIDY)
    return Form(
        source,
        found["subject"].name if "subject" in found else None,
        names["value"],
        (names[time],),
        tuple(dict.fromkeys(texts)),
        _tidy_table(source, names[time]),
        _tidy_marker("unit" in names),
        fixed,
        tuple(names[word] for word in ("reference_low", "reference_high") if word in names),
        names.get("placement"),
    )


def _tidy_marker(has_unit: bool) -> Callable[[Sequence[str]], str]:
    def marker(cells: Sequence[str]) -> str:
        name, unit = cells[0], cells[1] if has_unit else ""
        return name if unit else split_heading(name)[0]

    return marker


def _tidy_table(source: Source, time: str) -> Callable[[Mapping[str, Sequence[str]], Sequence[int]], Table]:
    def table(cells: Mapping[str, Sequence[str]], lines: Sequence[int]) -> Table:
        header = [time, *cells]
        columns = [["2000-01-01"] * len(lines), *map(list, cells.values())]
        return join_bounds(Table(source.name, header, columns, list(lines), place=source.place))

    return table


def _refuse_standards(sample: Table, options: ReadingOptions) -> None:
    names = {column.lower() for column in sample.header}
    if options.file_format != "csv" and names >= {"measurement_concept_id", "person_id"}:
        raise HlhcliError(
            f"{sample.name}: is one table of OMOP; give its folder, so that CONCEPT names the markers"
        )
    if options.file_format is None and is_cdisc(sample):
        raise HlhcliError(
            f"{sample.name}: is a table of CDISC, which cannot be read in a stream; {TABLE_FORM}"
        )


def _refuse_joined(sample: Table, column: Column) -> None:
    """Raise where dates and clocks stand in two columns, which the readers join."""
    if column.cells != sample.columns[sample.header.index(column.name)]:
        raise HlhcliError(
            f"{sample.name}: dates and times of day stand in two columns, which a stream does not join; "
            f"{TABLE_FORM}"
        )


def omop_form(name: str, source: Source, tables: omop.Tables, options: ReadingOptions) -> Form:
    """The form of MEASUREMENT; ``tables`` gives CONCEPT. Raises `HlhcliError` for what is none of OMOP."""
    by_name = {column.lower(): column for column in source.header}
    for column in ("person_id", "measurement_concept_id", "value_as_number"):
        if column not in by_name:
            raise HlhcliError(f"{name}: MEASUREMENT has no column {column}; expected OMOP CDM 5.3 or 5.4")
    times = tuple(by_name[column] for column in OMOP_TIMES if column in by_name)
    if not times:
        raise HlhcliError(f"{name}: MEASUREMENT has neither {' nor '.join(OMOP_TIMES)}")
    texts = tuple(by_name[column] for column in OMOP_TEXT if column in by_name)
    concepts = tables("concept")
    named = dict(zip(concepts["concept_id"], concepts["concept_name"], strict=True)) if concepts else {}

    def marker(cells: Sequence[str]) -> str:
        source_value = cells[1] if "measurement_source_value" in by_name else ""
        return source_value or "unknown" if cells[0] == "0" else named.get(cells[0], "")

    def table(cells: Mapping[str, Sequence[str]], lines: Sequence[int]) -> Table:
        rows = {column.lower(): list(texts) for column, texts in cells.items()}
        rows["person_id"] = ["1"] * len(lines)
        rows["measurement_date"] = ["2000-01-01"] * len(lines)
        found = omop.labs_of(name, lambda wanted: rows if wanted == "measurement" else concepts)
        return found._replace(lines=list(lines), place=source.place)

    return Form(
        source,
        by_name["person_id"],
        by_name["value_as_number"],
        times,
        texts,
        table,
        marker,
        options._replace(columns={}, layout=TIDY),
        tuple(by_name[column] for column in ("range_low", "range_high") if column in by_name),
    )


def localized(text: str, source: Source, where: Callable[[int], tuple[int, int]]) -> str:
    """A message with the file beside each row, where there are several files.

    Rows of several files are counted through; ``where`` gives the file and the row in it.
    """
    if len(source.files) == 1:
        return text
    return re.sub(r"\b(?:line|row) (\d+)", lambda found: source.where(*where(int(found[1]))), text)
