"""Labs of any size on a cluster: the same numbers, computed inside the executors of Spark.

`summarize` takes and returns Spark DataFrames, for a notebook or a pipeline; ``hlhcli summarize
--engine spark`` reads and writes files. Spark only carries: it counts the
different texts of the labs, brings the rows of each subject together, and hands them to the
functions that `hlhcli.stream` runs on one machine.
"""

from typing import TYPE_CHECKING

from hlhcli.doors import door

if TYPE_CHECKING:
    from hlhcli.spark.notebook import summarize

__all__ = ["summarize"]

if not TYPE_CHECKING:  # or a type checker would believe in every name
    __getattr__ = door(__name__, {"notebook": ["summarize"]})
