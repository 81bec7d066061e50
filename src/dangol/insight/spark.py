"""Spark: a session of its own for each engine that is opened, and tables by Arrow both ways.

Only whoever opens such an engine loads this: PySpark comes with the extra `spark`.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ibis.expr.types as ir
import pyarrow as pa
import pyspark
from ibis.backends.pyspark import Backend
from ibis.expr import operations as ops
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from dangol.insight.clusters import first_line, is_lost, reach
from dangol.insight.engine import Limits
from dangol.insight.refusals import EngineGone

_launch: Any = launch_gateway  # PySpark does not type it
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ArrowBackend(Backend):  # type: ignore[misc] # not typed
    """Ibis' own goes through pandas, which makes floats of whole numbers with gaps."""

    address, patience_s = "", 0

    def to_pyarrow(self, expr: ir.Expr, /, **_kwargs: Any) -> Any:
        """Return what an expression gives: a table, or for a column or a value what Ibis makes of one.

        Raises EngineGone.
        """
        table = expr.as_table()
        with self._patience():
            self._run_pre_execute_hooks(table)
            found = self._session.sql(self.compile(table)).toArrow()
        return expr.__pyarrow_result__(found.cast(table.schema().to_pyarrow()))

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Give up what takes too long, and tell the loss of the cluster from an error of ours."""
        reach(self.address)
        given_up = threading.Event()

        def give_up() -> None:
            given_up.set()
            with suppress(Exception):
                self._session.sparkContext.cancelAllJobs()

        timer = threading.Timer(self.patience_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            if given_up.is_set() or is_lost(error):
                raise EngineGone(address=self.address, reason=first_line(error)) from error
            raise
        finally:
            timer.cancel()

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        table = op.data.to_pyarrow(op.schema)
        self._session.createDataFrame(table).createOrReplaceTempView(op.name)

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """Return rows of this process as a table of that name."""
        self._session.createDataFrame(table).createOrReplaceTempView(name)
        return self.table(name)

    def keep(self, name: str, table: ir.Table) -> ir.Table:
        """Return what an expression gives as a table of that name, kept by the cluster."""
        self._run_pre_execute_hooks(table)
        self._session.sql(self.compile(table)).cache().createOrReplaceTempView(name)
        return self.table(name)


@contextmanager
def session_at(address: str, limits: Limits) -> Iterator[ArrowBackend]:
    """Start a session with all its noise in a file, and end its process. Raises EngineGone."""
    scratch = limits.scratch
    scratch.mkdir(parents=True, exist_ok=True)
    # Its Python workers would else be whatever `python3` is on the machine.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = pyspark.SparkConf().setAll(list(_settings(address, scratch).items()))
    with (scratch / "spark.log").open("ab") as noise:
        try:
            gateway = _launch(conf, {"stdout": noise, "stderr": noise})
        except Exception as error:
            raise EngineGone(address=address, reason=first_line(error)) from error
        try:
            try:
                context = pyspark.SparkContext(conf=conf, gateway=gateway)
            except Exception as error:
                raise EngineGone(address=address, reason=first_line(error)) from error
            backend = ArrowBackend().connect(SparkSession(context))
            backend.register_options()
            backend.address, backend.patience_s = address, limits.patience_s
            yield backend
        finally:
            _end(gateway)


def _settings(address: str, scratch: Path) -> dict[str, str]:
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
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
    }
    if place.scheme != "spark" or place.hostname in _LOOPBACK:
        found |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return found


def _end(gateway: Any) -> None:
    """Stop the context and its Java process, and wait for it: nothing is left behind."""
    context_type: Any = pyspark.SparkContext
    with suppress(Exception):
        if context_type._active_spark_context is not None:
            context_type._active_spark_context.stop()
    SparkSession._instantiatedSession = None
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
