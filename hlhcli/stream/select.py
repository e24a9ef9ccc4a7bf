"""Which rows a warehouse need hand over, so that the result is that of all its rows.

Its outline tells what is decided for the whole input; of the rows themselves only those of the
subjects and markers that are analyzed are read. Where the outline does not tell everything (values
or times that are texts, cells that may be bad), all rows are read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hlhcli import markers
from hlhcli.readers.postgres import array
from hlhcli.stream.encode import MOST_OTHERS, PLAIN, texts_of
from hlhcli.stream.findings import Findings, Wanted, is_doubtful
from hlhcli.stream.form import Form
from hlhcli.stream.pieces import Batch
from hlhcli.stream.warehouse import CASES, Labs

MOST_NAMES = 1_000_000
"""More subjects than this are not listed in a statement: all are read then."""

MOST_ROWS_OF_A_BATCH = 100_000
PROBE = 20_000
"""Rows that are looked at for names of other subjects, which messages show."""


@dataclass(frozen=True)
class Chosen:
    """A form that reads what is needed, and what is known of the rest."""

    form: Form
    present: list[str] = field(default_factory=list)
    """Subjects of the interventions that have labs, though perhaps none that are read."""
    others: list[str] = field(default_factory=list)
    """Some subjects that have labs and no intervention."""

    def complete(self, found: Findings) -> None:
        """Tell of the subjects that it has not seen."""
        place = found.subjects.encode(pa.array(self.present, pa.string()))
        found.seen[place[place >= 0]] = True
        found.subjects.encode(pa.array(self.others, pa.string()))


def select(form: Form, wanted: Wanted) -> Chosen:
    """The form with a reader of what is needed only, where its input is in a warehouse."""
    labs = form.source.read
    if not isinstance(labs, Labs):
        return Chosen(form)
    labs.exact = tuple(name for name in (form.subject, form.texts[0]) if name)
    if wanted.single or not _can_be_outlined(form, labs):
        return Chosen(form)
    outline = labs.outline(form.texts, form.value, form.times)
    found = _Outline(form, outline)
    if not outline.num_rows or not found.tells_all:
        return Chosen(form)
    return _selected(form, labs, wanted, found)


def _can_be_outlined(form: Form, labs: Labs) -> bool:
    """Whether values are numbers and times dates, so that no text of a single row matters."""
    is_exact = bool(labs.relation.key and form.subject) and labs.is_number(form.value)
    kinds = [labs.kinds[column] for column in form.times]
    dates = all(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and not kind.tz) for kind in kinds)
    return is_exact and dates and form.options.decimal != "comma" and not form.options.times


class _Outline:
    """The combinations of a form's texts."""

    def __init__(self, form: Form, table: pa.Table) -> None:
        self.form, self.table = form, table.combine_chunks()
        self.texts = [texts_of(_whole(self.table, name)) for name in form.texts]

    @property
    def tells_all(self) -> bool:
        """Whether every cell can be read, and so no row needs to be looked at for its own sake."""
        if any(self.table["endless"].to_pylist()):
            return False
        cells = zip(*self.texts, strict=True)
        return not any(is_doubtful(self.form, (PLAIN,), [*row, ""]) for row in cells)

    @property
    def rows(self) -> int:
        """The number of rows of the whole input."""
        return sum(sum(self.table[f"n_{a}_{b}"].to_pylist()) for a, b in CASES)

    def markers(self, wanted: Sequence[str]) -> pa.Array:
        """The cells of the column of markers that name a wanted one."""
        keys = {markers.key(one) for one in wanted}
        chosen = [markers.key(self.form.marker(cells)) in keys for cells in zip(*self.texts, strict=True)]
        return _whole(self.table, self.form.texts[0]).filter(pa.array(chosen, pa.bool_())).unique()

    def batches(self, kinds: dict[str, pa.DataType]) -> Iterator[Batch]:
        """A row for each combination and case, with the number of rows that it stands for."""
        for filled, timed in CASES:
            count, first = (
                self.table[f"{word}_{filled}_{timed}"].fill_null(0).to_numpy() for word in ("n", "first")
            )
            places = np.flatnonzero(count)
            places = places[np.argsort(first[places], kind="stable")]
            for begin in range(0, places.size, MOST_ROWS_OF_A_BATCH):
                part = places[begin : begin + MOST_ROWS_OF_A_BATCH]
                table = self._rows(part, kinds, filled=filled == "filled", timed=timed == "timed")
                yield Batch(0, table, first[part], 0.0, count[part])

    def _rows(
        self, places: np.ndarray, kinds: dict[str, pa.DataType], *, filled: bool, timed: bool
    ) -> pa.RecordBatch:
        form, size = self.form, places.size
        columns = {name: _whole(self.table, name).take(pa.array(places)) for name in form.texts}
        columns[form.value] = pa.array([1.0 if filled else None] * size, pa.float64())
        for name in form.times:
            columns[name] = pa.nulls(size, kinds[name])
        if timed:
            clocked, latest = (
                _whole(self.table, name).take(pa.array(places)) for name in ("clocked", "latest")
            )
            columns[form.times[0]] = pc.coalesce(clocked, latest)
        subject = {form.subject: pa.nulls(size, pa.string())} if form.subject else {}
        return pa.RecordBatch.from_pydict({name: {**columns, **subject}[name] for name in form.columns})


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _selected(form: Form, labs: Labs, wanted: Wanted, outline: _Outline) -> Chosen:
    chosen = [
        name for name, is_chosen in zip(wanted.subjects, wanted.chosen.tolist(), strict=True) if is_chosen
    ]
    conditions = [_is_one_of_subjects(labs, form, chosen)]
    if wanted.markers:
        conditions.append(_is_one_of(labs, form.texts[0], outline.markers(wanted.markers)))
    where = " WHERE " + " AND ".join(conditions)

    def read(columns: Sequence[str], coded: Sequence[str]) -> Iterator[Batch]:
        yield from outline.batches(labs.kinds)
        yield from labs(columns, coded, where, counted=True)

    source = replace(form.source, read=read, rows=outline.rows)
    is_part = bool(wanted.markers) or len(chosen) < len(wanted.subjects)
    present = _present(form, labs, wanted.subjects) if is_part else []
    return Chosen(replace(form, source=source), present, _others(form, labs, set(wanted.subjects)))


def _present(form: Form, labs: Labs, names: Sequence[str]) -> list[str]:
    """Which of some subjects have a value with a time."""
    subject = labs.cell(str(form.subject))
    found = labs.warehouse.ask(
        f"SELECT DISTINCT {subject} AS subject FROM {labs.relation.source} "
        f"WHERE {_is_one_of_subjects(labs, form, names)} AND {labs.time(form.times)} IS NOT NULL"
    )
    return texts_of(_whole(found.combine_chunks(), "subject"))


def _others(form: Form, labs: Labs, names: set[str]) -> list[str]:
    subject = labs.cell(str(form.subject))
    rows = f"SELECT {subject} AS subject FROM {labs.relation.source} LIMIT {PROBE}"
    found = labs.warehouse.ask(f"SELECT DISTINCT subject FROM ({rows}) AS probe ORDER BY 1")
    texts = texts_of(_whole(found.combine_chunks(), "subject"))
    return [text for text in texts if text not in names][:MOST_OTHERS]


def _is_one_of_subjects(labs: Labs, form: Form, names: Sequence[str]) -> str:
    """The condition that a row is of one of some subjects; it may hold for others, too."""
    column = str(form.subject)
    kind, cell = labs.kinds[column], labs.cell(column)
    if len(names) > MOST_NAMES or pa.types.is_floating(kind):
        return "true"
    if pa.types.is_integer(kind):
        return f"{cell} = ANY({array([name for name in names if _is_number(name)], 'bigint')})"
    if not pa.types.is_string(kind):
        return f"{cell} = ANY({array(names, 'text')})"
    odd = f"{cell} ~ '[^ -~]' OR {cell} LIKE '''%'"  # blanks and marks that the readers take away
    return f"(btrim({cell}) = ANY({array(names, 'text')}) OR {odd})"


def _is_one_of(labs: Labs, column: str, cells: pa.Array) -> str:
    """The condition that a column has one of some cells, as the outline has them."""
    kind = labs.kinds[column]
    if pa.types.is_floating(kind) or cells.null_count:
        return "true"
    name = "bigint" if pa.types.is_integer(kind) else "text"
    return f"{labs.cell(column)} = ANY({array([str(cell) for cell in cells.to_pylist()], name)})"


def _is_number(name: str) -> bool:
    is_plain = name.lstrip("-").isdecimal() and len(name) <= 20 and str(int(name)) == name
    return is_plain and -(2**63) <= int(name) < 2**63
