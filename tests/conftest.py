"""Settings of all tests."""

import os
from functools import cache

import typer.testing
from hypothesis import settings

os.environ.pop("COLUMNS", None)  # a test says itself how wide the page is; a worker of xdist would say 80

settings.register_profile("untimed", deadline=None)  # how long a machine takes says nothing of the code
settings.load_profile("untimed")

# The runner would make all commands of the app anew for each command line; the program makes them once.
typer.testing._get_command = cache(typer.testing._get_command)
