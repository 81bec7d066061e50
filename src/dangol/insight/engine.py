"""Where tables are asked: DuckDB in this process, or Spark on a cluster, by the same expressions.

Whoever opens an engine says which; nothing is read from the environment here. Instants are in UTC on both.
A cluster that cannot be reached, or is lost on the way, is `EngineGone`: no answer, never part of one.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from dangol.insight.clusters import reach
from dangol.insight.refusals import EngineGone

T = TypeVar("T")
# Loaded by whoever asks for a cluster: it takes a second, and PySpark need not be there.
_SPARK = "dangol.insight.spark"
_NUMBERS = count()


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
        """Return rows of this process as a table of the engine, to be used in expressions.

        What is asked of it alone is asked of this engine. A table of Ibis' own (`ibis.memtable`) belongs to
        none: it goes to a connection that all threads of a process share, and stays there.
        """
        name = _name()
        if self.address is not None:
            return self.backend.load(name, table)
        self.backend.con.register(name, table)
        return self.backend.table(name)

    def gather(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> ir.Table:
        """Return many rows as a table of the engine; DuckDB takes one batch after the other."""
        if self.address is not None:
            return self.load(pa.Table.from_batches(batches, schema))
        name = _name()
        table = self.backend.create_table(name, schema=ibis.schema(schema))
        for batch in batches:
            self.backend.insert(name, pa.Table.from_batches([batch]))
        return table

    def keep(self, table: ir.Table) -> ir.Table:
        """Return what an expression gives as a table of the engine, reckoned once."""
        if self.address is None:
            return self.backend.create_table(_name(), table)
        return self.backend.keep(_name(), table)

    def read(self, table: ir.Table) -> pa.Table:
        """Return the rows of an expression over tables of the engine as an Arrow table; raises EngineGone."""
        return self.backend.to_pyarrow(table)


def _name() -> str:
    return f"loaded_{next(_NUMBERS)}"


def _own_place(scratch: Path) -> str:
    """Return the folder of one engine alone, which DuckDB makes when it needs it, and takes away.

    Two in one folder would call what they lay there by the same names.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    return str(scratch / f"duckdb-{os.getpid()}-{next(_NUMBERS)}")


@contextmanager
def open_engine(address: str | None, limits: Limits) -> Iterator[Engine]:
    """Open DuckDB (None), or Spark at `spark://host:port` or `local[n]`, and close it again.

    Spark takes seconds to begin, and a process has one at a time. Raises EngineGone.
    """
    if address is None:
        backend = ibis.duckdb.connect(
            memory_limit=limits.memory, threads=limits.threads, temp_directory=_own_place(limits.scratch)
        )
        backend.raw_sql("SET TimeZone = 'UTC'")
        backend.raw_sql("SET enable_progress_bar = false")
        try:
            yield Engine(backend, limits)
        finally:
            backend.disconnect()
        return
    reach(address)
    if find_spec("pyspark") is None:
        raise EngineGone(address=address, reason="pyspark is not installed (the extra `spark`)")
    with import_module(_SPARK).session_at(address, limits) as backend:
        yield Engine(backend, limits, address)


def with_fallback(address: str | None, limits: Limits, work: Callable[[Engine], T]) -> tuple[T, str | None]:
    """Return what `work` does on the engine; if that is gone, what it does on DuckDB, and why it was that.

    `work` is begun anew on DuckDB, so that it must leave nothing behind where it fails.
    """
    why = None
    if address is not None:
        try:
            with open_engine(address, limits) as engine:
                return work(engine), None
        except EngineGone as gone:
            why = str(gone)
    with open_engine(None, limits) as engine:
        return work(engine), why
