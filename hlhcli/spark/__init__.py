"""Labs of any size on a cluster: the same numbers, computed inside the executors of Spark.

`summarize` and `changes` take and return Spark DataFrames, for a notebook or a pipeline;
``hlhcli summarize --engine spark`` reads and writes files. Spark only carries: it counts the
different texts of the labs, brings the rows of each subject together, and hands them to the
functions that `hlhcli.stream` runs on one machine.
"""

from typing import TYPE_CHECKING

from hlhcli.doors import door

if TYPE_CHECKING:
    from hlhcli.spark.frames import changes
    from hlhcli.spark.notebook import summarize

__all__ = ["changes", "summarize"]

if not TYPE_CHECKING:  # or a type checker would believe in every name
    __getattr__ = door(__name__, {"frames": ["changes"], "notebook": ["summarize"]})
