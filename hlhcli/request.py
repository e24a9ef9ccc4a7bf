"""What a command line asks for, in a few objects: plain values, before anything is read."""

from collections.abc import Sequence
from typing import NamedTuple, TypedDict


class Source(NamedTuple):
    """Where labs and interventions come from; None for both: the built-in case."""

    labs: str | None = None
    interventions: str | None = None
    given: Sequence[str] = ()
    """Interventions as ``NAME=START..STOP``, in place of a second file."""


class Units(NamedTuple):
    """What the options say about units and reference ranges."""

    system: str = "as-given"
    assumed: Sequence[str] = ()
    """Units of values that have none, as ``MARKER=UNIT``."""
    ranges: str | None = None
    """A file, or the name of a built-in table."""


AS_GIVEN = Units()
"""The units and ranges of the file."""


class Disturbing(NamedTuple):
    """What can disturb values, and for how long."""

    events: str | None = None
    """A file; None: those of the built-in case, or none."""
    hours: str = "48h"


class Limits(NamedTuple):
    """What the user knows of the laboratory and wants to see reached."""

    variation: str | None = None
    """A file of the laboratory's own variation."""
    thresholds: Sequence[str] = ()
    """Limits to reach, as ``MARKER=NUMBER``."""


NO_LIMITS = Limits()
"""Published variation, and no limit to reach."""


class Scale(NamedTuple):
    """How inputs are read that may be larger than memory."""

    engine: str = "auto"
    """``auto``, ``pandas``, ``stream`` or ``spark``."""
    memory: str | None = None
    """A size such as ``2GB``; None: a quarter of the machine's."""
    rejects: str | None = None
    """The file for rows that cannot be read."""
    strict: bool = False
    """Whether such rows end the run."""
    master: str | None = None
    """Where Spark runs."""
    spark_conf: Sequence[str] = ()
    """Settings of Spark, as ``KEY=VALUE``."""


class WindowRules(TypedDict):
    """What a window is; see `hlhcli.windows.windows`."""

    before: str | None
    after: str | None
    until: str
    same_day: str
