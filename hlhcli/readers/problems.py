"""The cells of a table that cannot be used, collected so that one message names them all."""

from collections.abc import Callable, Sequence

from hlhcli.errors import HlhcliError, bullet_list
from hlhcli.readers.cells import Complaint
from hlhcli.readers.delimited import Table


class Problems:
    """Complaints about one table, by line."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.found: list[tuple[int, str]] = []

    def add(self, complaints: Sequence[Complaint]) -> None:
        """Take over what a parser could not read."""
        for item in complaints:
            self.add_line(
                self.table.lines[item.index], f"'{item.text}' {item.reason}" if item.text else item.reason
            )

    def add_line(self, line: int, text: str) -> None:
        """Complain about a line of the file."""
        self.found.append((line, text))

    def add_where(self, cells: Sequence[str], is_wrong: Callable[[str], bool], reason: str) -> None:
        """Complain about every cell for which ``is_wrong`` holds."""
        self.add([Complaint(index, cell, reason) for index, cell in enumerate(cells) if is_wrong(cell)])

    def raise_any(self) -> None:
        """Raise one `HlhcliError` with the first lines and the count, if there is anything."""
        if self.found:
            count = len(self.found)
            lines = [f"{self.table.place} {line}: {text}" for line, text in sorted(self.found)]
            cells = "1 cell" if count == 1 else f"{count} cells"
            raise HlhcliError(f"{self.table.name}: {cells} cannot be read\n{bullet_list(lines)}")
