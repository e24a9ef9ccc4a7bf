"""Libraries that only some formats need: each belongs to an extra of the package."""

import importlib
from typing import Any

from hlhcli.errors import HlhcliError


def library(name: str, extra: str, purpose: str) -> Any:  # noqa: ANN401 - a module, of a library without types
    """Import a library; raises `HlhcliError` that names the extra where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise HlhcliError(
            f"{purpose} needs the library {name.partition('.')[0]}, which is not installed; "
            f"add it: pip install 'hlhcli[{extra}]'"
        ) from None
