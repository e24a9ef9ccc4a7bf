"""Notes about an input: what its reader should know, without stopping."""

import warnings

from hlhcli.errors import DataNote


def note(text: str) -> None:
    """Warn with a `DataNote`; the command line prints it to standard error."""
    warnings.warn(text, DataNote, stacklevel=3)
