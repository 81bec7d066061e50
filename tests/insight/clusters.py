"""A real Spark cluster on loopback: a master and two workers from the wheel, which has no start scripts."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.reports import NO_JAVA
from tests.sizes import SIZE
from tests.waiting import PATIENCE

_MASTER, _WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"
_PATIENCE_S = 300
# These processes live for a minute: a compiler that makes the best of hot code would never earn its time.
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# Nor would Java that is written and compiled for a query of some rows; at full size that is seen, too.
_INTERPRETED = " -Dspark.sql.codegen.wholeStage=false -Dspark.sql.codegen.factoryMode=NO_CODEGEN"


def need_java() -> None:
    """Skip the test, in words, where there is no Java."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java") or (home and shutil.which("java", path=f"{home}/bin"))
    if not found:
        pytest.skip(f"{NO_JAVA}: install Java 17, or name its folder in JAVA_HOME.")


def _spark_class(folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    home = Path(spec.origin).parent
    folder.mkdir(parents=True, exist_ok=True)
    given = os.environ | {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(folder),
        "SPARK_LOCAL_DIRS": str(folder), "PYSPARK_PYTHON": sys.executable, "SPARK_DAEMON_MEMORY": "256m",
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [home / "bin/spark-class", name, "--host", "127.0.0.1", *arguments],
            env=given, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip


class Cluster:
    """A running cluster and its address."""

    def __init__(self, folder: Path, workers: int) -> None:
        port = free_port()
        self.address = f"spark://127.0.0.1:{port}"
        self.log = folder / "master/log"
        asked = ("--port", str(port), "--webui-port", "0")
        self.processes = [_spark_class(folder / "master", _MASTER, *asked)]
        given = ("--cores", "1", "--memory", "1g", "--webui-port", "0")
        for number in range(workers):
            place = folder / f"worker-{number}"
            self.processes.append(
                _spark_class(place, _WORKER, *given, "--work-dir", str(place), self.address)
            )
        self._wait(workers)

    def _wait(self, workers: int) -> None:
        until = time.monotonic() + _PATIENCE_S
        while self.log.read_text(errors="replace").count("Registering worker") < workers:
            assert time.monotonic() < until, self.log.read_text(errors="replace")[-2_000:]
            assert all(process.poll() is None for process in self.processes), "a part of it has ended"
            time.sleep(0.2)

    def stop(self) -> None:
        """End all of it."""
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def spark_address(folder: Path) -> Iterator[str]:
    """Give the address of a Spark: a cluster at full size, else its own driver with two threads.

    What clusters say is compared with DuckDB on a real one in each run by `test_spark.py`; who else asks one
    is about what it is asked, and the five further processes take half a minute.
    """
    need_java()
    if not SIZE.soak:
        with _short_lived():
            yield "local[2]"
        return
    with running(folder) as cluster:
        yield cluster.address


@contextmanager
def _short_lived() -> Iterator[None]:
    """Let each Java that is started be quick to start: a cluster's, its executors', a session's on it."""
    given = [os.environ.get("JAVA_TOOL_OPTIONS", ""), _SHORT_LIVED + ("" if SIZE.soak else _INTERPRETED)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", " ".join(given))
        yield


@contextmanager
def running(folder: Path, *, workers: int = 2) -> Iterator[Cluster]:
    """Run a cluster; skips the test where there is no Java."""
    need_java()
    with _short_lived():
        cluster = Cluster(folder, workers)
        try:
            yield cluster
        finally:
            cluster.stop()
