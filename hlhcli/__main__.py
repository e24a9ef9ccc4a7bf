"""Run with ``python -m hlhcli``."""

from hlhcli.startup import run

run()
