"""Notes about the data, collected instead of printed."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from hlhcli.errors import DataNote


@contextmanager
def collect_notes() -> Iterator[list[str]]:
    """The text of every `DataNote` of the block, in the order in which they came."""
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataNote)
        yield notes
    notes += [str(item.message) for item in caught if issubclass(item.category, DataNote)]
