"""Processes that read and analyze labs, and what they are given."""

import ctypes
import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from hlhcli.errors import HlhcliError
from hlhcli.stream.form import Form
from hlhcli.stream.spill import no_room

T = TypeVar("T")

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
KEPT_BYTES = 32 << 20


class _Inherited:
    """What a process has from the one that started it, because it cannot be sent."""

    form: Form | None = None


FORKS = "fork" in multiprocessing.get_all_start_methods()
"""Whether processes begin as copies of this one, and so have the form of the labs."""


@contextmanager
def started(workers: int, form: Form) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, started while the main one is small; ended at once where the run fails."""
    context = multiprocessing.get_context("fork" if FORKS else "spawn")
    gc.freeze()  # what is here now stays in pages that all processes share
    pool = ProcessPoolExecutor(workers, context, _begin, (form,) if FORKS else ())
    try:
        pool.submit(_ready)
        yield pool
    except BaseException:
        _kill(multiprocessing.active_children())
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    finally:
        gc.unfreeze()
    pool.shutdown()


def _kill(processes: Sequence[BaseProcess]) -> None:
    """End processes at once; when this returns none of them writes any more."""
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


def result(future: "Future[T]") -> T:
    """What a task gives; raises `HlhcliError` where its process is gone."""
    try:
        return future.result()
    except BrokenProcessPool:
        raise HlhcliError(
            "a process of the run was ended from outside, perhaps because memory ran out; "
            "give less with --memory"
        ) from None


def save(path: Path, thing: object) -> Path:
    """Write something that all processes need; raises `HlhcliError` where the disk is full."""
    try:
        with path.open("wb") as file:
            pickle.dump(thing, file, protocol=pickle.HIGHEST_PROTOCOL)
    except OSError as error:
        raise no_room(path.parent, error) from None
    return path


@lru_cache(maxsize=1)
def given(path: Path) -> Any:  # noqa: ANN401 - whatever was saved
    """What was saved; kept until something else is asked for."""
    with path.open("rb") as file:
        return pickle.load(file)


def inherit(form: Form) -> None:
    """Have the form of the labs at hand in this process."""
    _Inherited.form = form


def inherited_form() -> Form:
    """The form of the labs that the process began with."""
    if _Inherited.form is None:
        raise RuntimeError("a process reads labs whose form it was not given")
    return _Inherited.form


def _begin(form: Form | None = None) -> None:
    """Set up a worker: only the main process answers to Ctrl-C, and none outlives it."""
    if form is not None:
        inherit(form)
    _keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.enable()
    np.seterr(all="ignore")  # a slope between two draws a second apart may overflow: it is infinite
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()


def give_back() -> None:
    """Return memory to the system that is free by now."""
    if library := _glibc():
        library.malloc_trim(0)


def _keep_memory() -> None:
    """Have freed memory used again: glibc returns large arrays to the system, which must clear them anew."""
    if library := _glibc():
        for option in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            library.mallopt(option, KEPT_BYTES)


def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "mallopt") else None


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _ready() -> None:
    """Do nothing: the first task, which starts the processes while the main one is still small."""
