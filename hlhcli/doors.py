"""The doors of stations: a name is imported when somebody asks for it.

A station offers more than one command needs: who writes CSV has no use for LaTeX. The door lets
callers write ``from hlhcli.ranges import fill_ranges`` and pay for that module alone.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def door(station: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """The ``__getattr__`` of a station: its names, by the module of the station that each lives in."""
    home_of = {name: module for module, names in homes.items() for name in names}

    def ask(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module '{station}' has no attribute '{name}'")
        value: object = getattr(import_module(f"{station}.{home_of[name]}"), name)
        return value

    return ask
