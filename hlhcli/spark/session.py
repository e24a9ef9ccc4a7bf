"""A session of Spark for a command: started quietly, stopped at the end, its errors in one sentence."""

import logging
import os
import re
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from hlhcli.errors import HlhcliError
from hlhcli.extras import library
from hlhcli.spark.normal import unseen

SETTINGS = {
    "spark.app.name": "hlhcli",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
}
FIXED = ("spark.sql.session.timeZone", "spark.sql.caseSensitive")
"""What decides about numbers is not the user's to change: clocks are those that the labs have."""

PORTS = {"spark://": "7077", "sc://": "15002"}
"""Of masters that are machines with a port, the usual one."""

PATIENCE = 15.0
"""Seconds in which a machine should answer."""

OWN_ERROR = re.compile(r"^(?:hlhcli\.errors\.)?HlhcliError: (.*)", re.MULTILINE | re.DOTALL)

NO_MODULE = re.compile(r"^ModuleNotFoundError: No module named '(\w+)", re.MULTILINE)
NO_FILE = re.compile(r"file:/+(\S+?)\.? (?:File )?does not exist")


def parse_settings(texts: Sequence[str]) -> dict[str, str]:
    """Settings of texts such as ``spark.executor.memory=4g``.

    >>> parse_settings(["spark.executor.memory=4g"])
    {'spark.executor.memory': '4g'}
    """
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not (sign and name.strip() and value.strip()):
            raise HlhcliError(
                f"--spark-conf '{text}' cannot be read; write KEY=VALUE: spark.executor.memory=4g"
            )
        if name.strip() in FIXED:
            raise HlhcliError(
                f"--spark-conf {name.strip()} cannot be set: clocks and names are those of the labs"
            )
        found[name.strip()] = value.strip()
    return found


@contextmanager
def open_session(master: str | None, settings: Mapping[str, str]) -> Iterator[Any]:
    """A session of Spark; raises `HlhcliError` where it cannot be had, and for whatever Spark says in it."""
    sql = library("pyspark.sql", "spark", "--engine spark")
    _require_answer(master or settings.get("spark.master", ""))
    logging.getLogger().addHandler(logging.NullHandler())  # py4j writes a traceback where a run is stopped
    with warnings.catch_warnings(), _quiet() as log:
        warnings.simplefilter("ignore", FutureWarning)
        try:
            session = _start(sql, master, settings)
        except Exception as error:
            raise HlhcliError(f"Spark cannot be started: {_reason(log, error)}") from None
        try:
            with spoken(_interruptible(session)):
                yield session
        except KeyboardInterrupt:  # Java ends by itself when this process does, which is sooner
            raise
        except BaseException:
            session.stop()
            raise
        session.stop()


def _require_answer(master: str) -> None:
    """Raise where none of the machines of a master answers: Spark would try for minutes."""
    port = next((port for scheme, port in PORTS.items() if master.startswith(scheme)), None)
    if port is None:
        return
    reason = ""
    for address in master.partition("://")[2].partition("/")[0].split(","):
        host, _, own = address.rpartition(":") if ":" in address else (address, "", port)
        try:
            socket.create_connection((host.strip("[]"), int(own)), PATIENCE).close()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
        else:
            return
    scheme, shown = master.partition("://")[0], master.partition("/;")[0]  # what follows may be a token
    raise HlhcliError(
        f"--master {shown}: does not answer ({reason}); name a machine and port on which Spark runs: "
        f"{scheme}://host:{port}"
    )


def _start(sql: Any, master: str | None, settings: Mapping[str, str]) -> Any:  # noqa: ANN401
    os.environ.setdefault("PYSPARK_PYTHON", settings.get("spark.pyspark.python", sys.executable))
    builder = sql.SparkSession.builder
    if master and master.startswith("sc://"):
        builder = builder.remote(master)
    elif master or "SPARK_REMOTE" not in os.environ:
        builder = builder.master(master or settings.get("spark.master") or "local[*]")
    for name, value in {**SETTINGS, **settings}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    for name in FIXED:
        session.conf.set(name, SETTINGS[name])
    return session


@contextmanager
def _quiet() -> Iterator[Any]:
    """What the Java machine says goes into a file while it lives; Python still speaks to the terminal."""
    with tempfile.TemporaryFile("w+b") as log:
        own = os.dup(2)
        os.dup2(log.fileno(), 2)
        sys_stderr = sys.stderr
        try:
            sys.stderr = os.fdopen(os.dup(own), "w", buffering=1, encoding="utf-8", errors="replace")
            yield log
        finally:
            sys.stderr.close()
            sys.stderr = sys_stderr
            os.dup2(own, 2)
            os.close(own)


def _reason(log: Any, error: Exception) -> str:  # noqa: ANN401
    log.seek(0)
    said = log.read().decode(errors="replace").strip().splitlines()
    if "JAVA_GATEWAY_EXITED" in str(error) and not any("Exception" in line for line in said):
        return "it needs Java 17 or 21; install it, or say where it is in JAVA_HOME"
    wrong = [line for line in said if re.search(r"error|exception|not found|unable", line, re.IGNORECASE)]
    return (wrong or str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(".")


def _interruptible(session: Any) -> threading.Event:  # noqa: ANN401 - of Spark
    """Let Ctrl-C end the run at once, where Spark would wait for Java; the event tells that it came."""
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()
        threading.Thread(target=_interrupt, args=(session,), daemon=True).start()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    return stopped


def _interrupt(session: Any) -> None:  # noqa: ANN401 - of Spark
    with suppress(Exception):  # Java may end sooner
        session.interruptAll()


@contextmanager
def spoken(stopped: threading.Event | None = None) -> Iterator[None]:
    """Whatever goes wrong in Spark as one `HlhcliError`; nothing is wrong where a user has stopped it."""
    from pyspark.errors import PySparkException

    try:
        yield
    except HlhcliError:
        raise
    except Exception as error:
        if stopped is not None and stopped.is_set():
            raise KeyboardInterrupt from None
        if isinstance(error, PySparkException) or type(error).__module__.startswith("py4j"):
            raise HlhcliError(said_by(str(error))) from None
        raise


def said_by(error: str) -> str:
    r"""What an error of Spark says: the words of this program where it is one of its own.

    >>> said_by("Traceback …\nhlhcli.errors.HlhcliError: labs.csv: is damaged\n\n\tat org.apache")
    'labs.csv: is damaged'
    >>> said_by("[TABLE_OR_VIEW_NOT_FOUND] The table `x` cannot be found.\nVerify the spelling")
    'Spark: [TABLE_OR_VIEW_NOT_FOUND] The table `x` cannot be found'
    >>> said_by("An error occurred while calling o45.load.\n: java.sql.SQLException: No driver\n\tat java")
    'Spark: No driver'
    >>> said_by("java.io.FileNotFoundException: File file:/a/b.parquet does not exist")[:49]
    '/a/b.parquet: is not seen by an executor of Spark'
    """
    own = OWN_ERROR.search(error)
    if own:
        return re.split(r"\n\s*(?:\n|at |Traceback)", own[1], maxsplit=1)[0].strip()
    if lacking := NO_MODULE.search(error):
        return (
            f"Spark: the Python of the executors has no {lacking[1]}; install hlhcli[spark] there and "
            "name it: PYSPARK_PYTHON=/opt/hlhcli/bin/python"
        )
    if lost := NO_FILE.search(error):
        return unseen(f"/{lost[1]}")
    deeper = re.findall(r"^(?:[A-Z]\w+ by)?: (?:[\w.$]+: )?(.+)", error, re.MULTILINE)
    line = deeper[-1] if deeper else next((one for one in error.splitlines() if one.strip()), "stopped")
    return f"Spark: {line.strip().rstrip('.')}"
