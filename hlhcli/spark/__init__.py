"""Labs of any size on a cluster: the same numbers, computed inside the executors of Spark.

`summarize` and `changes` take and return Spark DataFrames, for a notebook or a pipeline;
``hlhcli summarize --engine spark`` reads and writes files. Spark only carries: it counts the
different texts of the labs, brings the rows of each subject together, and hands them to the
functions that `hlhcli.stream` runs on one machine.
"""

from hlhcli.spark.frames import changes

__all__ = ["changes"]
