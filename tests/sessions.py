"""Spark in local mode for the tests; they are skipped where it cannot run."""

import shutil
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest

JDBC_DRIVER = Path("/usr/share/java/postgresql.jar")
SPARK_WARNINGS = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
"""What pyspark itself says; no table goes through its own conversion to pandas."""


def require_spark():
    """The sql of pyspark; skips the test where it or Java is not installed."""
    sql = pytest.importorskip(
        "pyspark.sql", reason="pyspark (extra 'spark') is not installed on this machine"
    )
    if not shutil.which("java"):
        pytest.skip("Java is not installed on this machine")
    return sql


@contextmanager
def local_session(zone):
    """A session of two threads in a time zone."""
    with spark_session("local[2]", zone) as session:
        yield session


@contextmanager
def spark_session(master, zone, **more):
    """A session on a master in a time zone, whose Arrow batches cut subjects."""
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
        "spark.sql.session.timeZone": zone,
        "spark.sql.caseSensitive": "true",
        **more,
    }
    if JDBC_DRIVER.exists():
        settings["spark.jars"] = str(JDBC_DRIVER)
    builder = require_spark().SparkSession.builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()
