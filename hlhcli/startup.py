"""The way in, kept quick. Each trick is here with its reason, and nowhere else.

- The version is answered before typer is imported.
- numpy's BLAS would start a pool of threads for every processor; one thread is enough for
  these sums, and the pool costs more than the analysis.
- The garbage collector finds nothing while modules are imported, but looks often: it is off
  from here on, and everything is frozen before the interpreter ends, so that it need not
  search through pandas once more. The commands live for a second; memory stays flat.
"""

import gc
import os
import sys


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

    try:
        app(prog_name="hlhcli")
    finally:
        gc.freeze()
