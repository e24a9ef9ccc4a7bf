"""A folder that Spark writes beside its place, and that takes the place when it is whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from hlhcli.errors import HlhcliError


@contextmanager
def whole_folder(session: Any, target: str) -> Iterator[str]:  # noqa: ANN401 - a session of Spark
    """A new folder beside ``target`` to write into; a run that fails leaves what is there as it is.

    It is moved by Hadoop's own file systems, so that it serves a store as well as a disk.
    """
    from pyspark.sql import is_remote

    if is_remote():
        raise HlhcliError(
            f"{target}: a folder cannot be put into its place through Spark Connect; write one file: "
            "-o changes.parquet, or name the master of the cluster: --master spark://host:7077"
        )
    jvm = session._jvm
    place = jvm.org.apache.hadoop.fs.Path(_from_root(target))
    files = place.getFileSystem(session._jsc.hadoopConfiguration())
    parent = place.getParent()
    if parent is None or (files.exists(place) and files.getFileStatus(place).isFile()):
        found = "is the root of a store" if parent is None else "is a file"
        raise HlhcliError(f"{target}: {found}; name a folder that may be replaced: changes/")
    own = f".{place.getName()}.{uuid4().hex[:8]}"
    new, old = (jvm.org.apache.hadoop.fs.Path(parent, f"{own}.{age}") for age in ("new", "old"))
    try:
        yield new.toString()
        _swap(files, (new, place, old))
    finally:
        files.delete(new, True)


def _from_root(target: str) -> str:
    """A folder of this machine from its root: Spark may stand in another one."""
    return target if "://" in target else str(Path(target).absolute())


def _swap(files: Any, paths: tuple[Any, Any, Any]) -> None:  # noqa: ANN401 - of Hadoop
    """Put the new folder into the place; the old one goes when that is done."""
    new, place, old = paths
    replaces = files.exists(place)
    if replaces:
        _move(files, place, old)
    try:
        _move(files, new, place)
    except BaseException:
        if replaces:
            _move(files, old, place)
        raise
    files.delete(old, True)


def _move(files: Any, source: Any, target: Any) -> None:  # noqa: ANN401 - of Hadoop
    if not files.rename(source, target):
        raise HlhcliError(f"{target}: cannot be written ({source} cannot be renamed to it)")
