"""A standalone cluster of Spark on this machine, of the classes that pip's pyspark brings."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from sessions import require_spark

DEPLOY = "org.apache.spark.deploy"
HOST = "127.0.0.1"
PATIENCE = 180
"""Seconds that a busy machine may take to start Java."""


class Cluster:
    """A master with workers of one core each, which start an executor of their own for every run."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.url = ""

    def start(self, workers):
        self._spawn("master", f"{DEPLOY}.master.Master", "--port", "0")
        self.url = self._said("master", rf"spark://{HOST}:[0-9]+")[0]
        for number in range(workers):
            name = f"{DEPLOY}.worker.Worker"
            self._spawn(f"worker{number}", name, "--cores", "1", "--memory", "1g", self.url)
        self._said("master", "Registering worker", workers)

    def executors(self):
        """The processes of executors, by their parents: the workers."""
        workers = {process.pid for process in self.processes[1:]}
        return [pid for pid, parent in parents().items() if parent in workers]

    def kill_executor(self):
        """End an executor as a machine that fails does."""
        os.kill(self.executors()[0], signal.SIGKILL)

    def stop(self):
        for process in reversed(self.processes):  # workers take their executors with them
            process.terminate()
            process.wait()

    def _spawn(self, name, *words):
        import pyspark

        home = Path(pyspark.__file__).parent
        environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_WORKER_DIR": str(self.folder / "work"),
        }
        command = [home / "bin" / "spark-class", *words, "--host", HOST, "--webui-port", "0"]
        with (self.folder / name).open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.folder)
        self.processes.append(process)

    def _said(self, name, pattern, times=1):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = re.findall(pattern, (self.folder / name).read_text())
            if len(found) >= times:
                return found
            time.sleep(0.2)
        raise AssertionError((self.folder / name).read_text())


def parents():
    """The parent of every process."""
    lines = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return dict(map(int, line.split()) for line in lines.splitlines())


@contextmanager
def standalone_cluster(folder, workers=2):
    """Start a cluster on the loopback interface; skips the test where Spark cannot run."""
    require_spark()
    cluster = Cluster(folder)
    try:
        cluster.start(workers)
        yield cluster
    finally:
        cluster.stop()


SETTINGS = {"spark.driver.host": HOST, "spark.driver.bindAddress": HOST, "spark.executor.memory": "600m"}
"""What a run on such a cluster needs: executors find the driver on this interface."""


def python_without_packages(folder):
    """A Python that has its own library alone, as a cluster has it that nobody has prepared."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    path.chmod(0o755)
    return path
