"""The way in, kept quick. Each trick is here with its reason, and nowhere else.

- The version is answered before typer is imported.
- numpy's BLAS would start a pool of threads for every processor; one thread is enough for
  these sums, and the pool costs more than the analysis.
- The garbage collector finds nothing while modules are imported, but looks often: it is off
  from here on, and everything is frozen before the interpreter ends, so that it need not
  search through pandas once more. The commands live for a second; memory stays flat.
- typer would work out the options of every command, though one is run: the others keep their
  names and their first lines, which is all that help and a misspelled command ask of them.

What is imported is decided elsewhere, by three habits: a command imports what it needs when it
runs; stations open their doors by name (`hlhcli.doors`); small records are named tuples, which are
made in a sixth of the time of a frozen data class, and patterns are text, which `re` compiles when
a cell first needs them.
"""

import gc
import os
import sys

TYPE_CHECKING = False  # see hlhcli/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from typer import Typer  # noqa: TID251 - a type

COMPLETION = "_HLHCLI_COMPLETE"
"""Set by the shell where it asks for completions; its words are not on the command line."""


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from hlhcli import __version__

        print(f"hlhcli {__version__}")
        return
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    gc.disable()
    from hlhcli.cli import app

    if COMPLETION not in os.environ:
        leave_to_their_names(app, set(sys.argv[1:]))
    try:
        app(prog_name="hlhcli")
    finally:
        gc.freeze()


def leave_to_their_names(app: "Typer", words: "Collection[str]") -> None:
    """Take the options from each command whose name is none of the words: it cannot be run."""
    for command in app.registered_commands:
        run = command.callback
        name = command.name or (run.__name__ if run else "")
        if run and name not in words:
            command.callback = _named_like(run)


def _named_like(run: "Callable[..., object]") -> "Callable[[], None]":
    def stand_in() -> None: ...

    stand_in.__name__, stand_in.__doc__ = run.__name__, run.__doc__
    return stand_in
