"""Run with ``python -m hlhcli``."""

from hlhcli.startup import main

main()
