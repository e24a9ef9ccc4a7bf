"""How far Spark is, told while a run waits for it."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hlhcli.stream.progress import Progress

INTERVAL = 0.5
"""Seconds between two questions."""

PATIENCE = 40
"""Questions after which a run that has not begun is worth a word."""

WAITING = (
    "Spark waits for an executor: no worker has a core and the memory free that one asks for; ask for less, "
    "--spark-conf spark.executor.memory=1g, or stop with Ctrl-C"
)


@contextmanager
def watched(session: Any, progress: Progress) -> Iterator[None]:  # noqa: ANN401 - a session of Spark
    """Say how many tasks of the running stages are done, as long as the block lasts."""
    from pyspark.sql import is_remote

    if is_remote():  # it has no tracker
        yield
        return
    done, tracker = threading.Event(), session.sparkContext.statusTracker()
    watcher = threading.Thread(target=_watch, args=(tracker, progress, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()


def _watch(tracker: Any, progress: Progress, done: threading.Event) -> None:  # noqa: ANN401
    idle = 0
    with suppress(Exception):  # Spark has ended
        while not done.wait(INTERVAL):
            found = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            stages = [stage for stage in found if stage]
            if not stages:
                continue
            completed = sum(stage.numCompletedTasks for stage in stages)
            progress.tasks(completed, sum(stage.numTasks for stage in stages))
            began = completed or any(stage.numActiveTasks for stage in stages)
            idle = 0 if began else idle + 1
            if idle == PATIENCE:
                progress.clear()
                print(f"hlhcli: note: {WAITING}", file=sys.stderr)
