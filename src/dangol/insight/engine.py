"""Where tables are asked: DuckDB in this process, or Spark on a cluster, by the same expressions.

Whoever opens an engine says which; nothing is read from the environment here. Instants are in UTC on both.
A cluster that cannot be reached, or is lost on the way, is `EngineGone`: no answer, never part of one.
"""

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from dangol.insight.refusals import EngineGone

T = TypeVar("T")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_REACH_S = 3
_NUMBERS = count()
# What the errors of a cluster that went away say, whoever of its parts is the first to notice.
_LOST = (
    "stopped SparkContext", "SparkContext was shut down", "SparkContext has been shutdown",
    "All masters are unresponsive", "ExecutorLostFailure", "cancelled", "Connection refused",
    "Answer from Java side is empty", "Master removed our application",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an engine may take: memory and threads of this machine, and a folder for what does not fit.

    `memory` is written as DuckDB writes it (`1.5GB`); a cluster's own limits are the cluster's.
    `patience_s` is after how many seconds a cluster counts as lost.
    """

    scratch: Path
    memory: str = "2GB"
    threads: int = 2
    patience_s: int = 3_600


@dataclass(frozen=True, slots=True)
class Engine:
    """An open engine. `address` is where it is, None for DuckDB here; `backend` is its Ibis connection."""

    backend: Any
    limits: Limits
    address: str | None = None

    def load(self, table: pa.Table) -> ir.Table:
        """Return rows of this process as a table of the engine, to be used in expressions."""
        if self.address is None:
            return ibis.memtable(table)
        name = f"loaded_{next(_NUMBERS)}"
        self.backend._session.createDataFrame(table).createOrReplaceTempView(name)
        return self.backend.table(name)

    def read(self, table: ir.Table) -> pa.Table:
        """Return the rows of an expression over tables of the engine as an Arrow table; raises EngineGone."""
        if self.address is None:
            return self.backend.to_pyarrow(table)
        reach(self.address)
        given_up = threading.Event()

        def give_up() -> None:
            given_up.set()
            with suppress(Exception):
                self.backend._session.sparkContext.cancelAllJobs()

        timer = threading.Timer(self.limits.patience_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            # Not by Ibis, which takes the way through pandas.
            found = self.backend._session.sql(self.backend.compile(table)).toArrow()
            return found.cast(table.schema().to_pyarrow())
        except Exception as error:
            if given_up.is_set() or is_lost(error):
                raise EngineGone(address=self.address, reason=_first_line(error)) from error
            raise
        finally:
            timer.cancel()


def is_lost(error: BaseException) -> bool:
    """Return whether an error says that the cluster is gone; a wrong expression is not such an error."""
    if isinstance(error, ConnectionError):
        return True
    kind = type(error)
    if not kind.__module__.startswith(("py4j", "pyspark")):
        return False
    return kind.__name__ == "Py4JNetworkError" or any(words in str(error) for words in _LOST)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def reach(address: str) -> None:
    """Raise EngineGone unless the master at `spark://host:port` takes connections; `local[n]` always does."""
    place = urlsplit(address)
    if place.scheme != "spark":
        return
    try:
        with socket.create_connection((place.hostname or "", place.port or 7077), timeout=_REACH_S):
            pass
    except (OSError, ValueError) as error:
        raise EngineGone(address=address, reason=_first_line(error)) from error


@contextmanager
def open_engine(address: str | None, limits: Limits) -> Iterator[Engine]:
    """Open DuckDB (None), or Spark at `spark://host:port` or `local[n]`, and close it again.

    Spark takes seconds to begin, and a process has one at a time. Raises EngineGone.
    """
    if address is None:
        backend = ibis.duckdb.connect(
            memory_limit=limits.memory, threads=limits.threads, temp_directory=str(limits.scratch)
        )
        backend.raw_sql("SET TimeZone = 'UTC'")
        backend.raw_sql("SET enable_progress_bar = false")
        try:
            yield Engine(backend, limits)
        finally:
            backend.disconnect()
        return
    reach(address)
    with _spark(address, limits) as session:
        yield Engine(ibis.pyspark.connect(session), limits, address)


def with_fallback(address: str | None, limits: Limits, work: Callable[[Engine], T]) -> tuple[T, str | None]:
    """Return what `work` does on the engine; if that is gone, what it does on DuckDB, and why it was that.

    `work` is begun anew on DuckDB, so that it must leave nothing behind where it fails.
    """
    if address is not None:
        try:
            with open_engine(address, limits) as engine:
                return work(engine), None
        except EngineGone as gone:
            why = str(gone)
    else:
        why = None
    with open_engine(None, limits) as engine:
        return work(engine), why


@contextmanager
def _spark(address: str, limits: Limits) -> Iterator[Any]:
    """Start a session of Spark with all its noise in a file, and end its process."""
    if find_spec("pyspark") is None:
        raise EngineGone(address=address, reason="pyspark is not installed (the extra `spark`)")
    spark, gateways = import_module("pyspark"), import_module("pyspark.java_gateway")
    # Its Python workers would else be whatever `python3` is on the machine.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = spark.SparkConf().setAll(list(_settings(address, limits).items()))
    with (limits.scratch / "spark.log").open("ab") as noise:
        try:
            gateway = gateways.launch_gateway(conf, {"stdout": noise, "stderr": noise})
        except Exception as error:
            raise EngineGone(address=address, reason=_first_line(error)) from error
        try:
            yield _session(address, conf, gateway)
        finally:
            _end(gateway, spark.SparkContext)


def _session(address: str, conf: Any, gateway: Any) -> Any:
    context_type = import_module("pyspark").SparkContext
    try:
        context = context_type(conf=conf, gateway=gateway)
    except Exception as error:
        raise EngineGone(address=address, reason=_first_line(error)) from error
    return import_module("pyspark.sql").SparkSession(context)


def _settings(address: str, limits: Limits) -> dict[str, str]:
    place = urlsplit(address)
    found = {
        "spark.master": address,
        "spark.app.name": "dangol",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.local.dir": str(limits.scratch),
        "spark.sql.warehouse.dir": str(limits.scratch / "warehouse"),
    }
    if place.scheme != "spark" or place.hostname in _LOOPBACK:
        found |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return found


def _end(gateway: Any, context_type: Any) -> None:
    """Stop the context and its Java process, and wait for it: nothing is left behind."""
    session_type = import_module("pyspark.sql").SparkSession
    with suppress(Exception):
        if context_type._active_spark_context is not None:
            context_type._active_spark_context.stop()
    session_type._instantiatedSession = None
    context_type._gateway = context_type._jvm = None
    with suppress(Exception):
        gateway.shutdown()
    # The Java side ends with its standard input.
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(timeout=30)
    except Exception:
        gateway.proc.kill()
        gateway.proc.wait()
