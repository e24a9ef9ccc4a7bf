"""The cells of a table that were not used, collected so that one message names them all."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from hlhcli.errors import SHOWN, HlhcliError, bullet_list
from hlhcli.readers.cells import Complaint
from hlhcli.readers.delimited import Place, Table


class Cell(NamedTuple):
    """One cell of a file that was not used: where it stands, what it says and why."""

    place: Place
    text: str
    reason: str
    fix: str = ""

    def __str__(self) -> str:
        said = f"'{self.text}' {self.reason}" if self.text else self.reason
        is_heading = self.text == self.place.column
        return f"{self.place.kind} {self.place.line}: {said}" if is_heading else f"{self.place}: {said}"


class Problems:
    """Cells of one table, by place; a cell that stands for several rows is kept once."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._found: dict[Cell, None] = {}

    @property
    def found(self) -> list[Cell]:
        """The cells by line."""
        return sorted(self._found, key=lambda cell: cell.place.line)

    def add(self, column: str, complaints: Sequence[Complaint]) -> None:
        """Take over what a parser could not read in a column."""
        for item in complaints:
            place = self.table.where(column, item.row)
            self._found[Cell(place, item.text, item.reason, item.fix)] = None

    def add_where(
        self, column: str, cells: Sequence[str], is_wrong: Callable[[str], bool], reason: str
    ) -> None:
        """Complain about every cell for which ``is_wrong`` holds."""
        wrong = [Complaint(index, cell, reason) for index, cell in enumerate(cells) if is_wrong(cell)]
        self.add(column, wrong)

    def add_line(self, line: int, reason: str) -> None:
        """Complain about a line as a whole."""
        self._found[Cell(Place(line, "", self.table.place), "", reason)] = None

    def raise_any(self) -> None:
        """Raise one `HlhcliError` with the first cells and the count, if there is anything."""
        raise_problems(self.table.name, self.found)


def raise_problems(name: str, cells: Sequence[Cell]) -> None:
    """Raise one `HlhcliError` with the first cells, the count and what would help, if there are any."""
    if cells:
        count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        listed = bullet_list([str(cell) for cell in cells])
        raise HlhcliError(f"{name}: {count} cannot be read\n{listed}{_fixes(cells)}")


def _fixes(cells: Sequence[Cell]) -> str:
    fixes = list(dict.fromkeys(cell.fix for cell in cells if cell.fix and cell.place.line))[:SHOWN]
    return f"\ngive a label its day or date, or nothing to leave it out: {' '.join(fixes)}" if fixes else ""
