"""Segments: all asked of all customers in one query, beside the same as SQL written by hand for DuckDB.

50 conditions over generated events: how often and how much over four windows, and over traits. `BENCH_EVENTS`
sets how many events there are (10,000,000), with 20 a customer. Processor seconds of both threads.

ClickHouse's engine asks the same SQL of a file, in an environment of its own (900 MB); PostgreSQL of two
tables without indexes, all of which have to be read. No other database of the instance has a part in it.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from bench.figures import Figure, at_most
from bench.peers import THREADS, ask, environment_of
from bench.web_orders import spent
from dangol.domain.conditions import Condition, Happening, Kind, Subject, TraitType, evaluate, read_condition
from dangol.insight.conditions import answer_column, compile_conditions
from dangol.insight.engine import Engine, Limits, open_engine

EVENTS = int(os.environ.get("BENCH_EVENTS", "10_000_000"))
PER_CUSTOMER, TRIES, GOAL, CHDB = 20, 3, 1.3, "chdb==4.4.0"
GOAL_ONE_MS, ASKED, LEAVES = 1, 500, 20
AS_OF, ZONE = datetime(2026, 3, 1, 3, tzinfo=UTC), ZoneInfo("Asia/Seoul")
DAYS, NAMES = (7, 30, 90, 365), ("order", "view", "visit")
CATALOG = {"points": TraitType(Kind.NUMBER), "city": TraitType(Kind.TEXT)}
MAKE_EVENTS = """
COPY (
    SELECT
        hash(i % {customers} + 0.5)::VARCHAR AS customer,
        'e' || i AS event_id,
        ['order', 'view', 'visit', 'search'][1 + (hash(i * 7) % 4)::INT] AS name,
        TIMESTAMP '2026-03-01 03:00:00' - to_seconds((hash(i * 3) % 63072000)::BIGINT) AS at,
        MAP {{'sku': 's' || hash(i * 5) % 500}} AS texts,
        MAP {{'total': (hash(i * 11) % 100000)::DECIMAL(38, 6)}} AS numbers,
        MAP {{'gift': hash(i * 13) % 2 = 0}} AS flags,
        MAP {{}}::MAP(VARCHAR, DATE) AS dates,
        MAP {{}}::MAP(VARCHAR, TIMESTAMP) AS instants,
        MAP {{}}::MAP(VARCHAR, VARCHAR[]) AS lists
    FROM range({events}) AS r(i)
) TO '{folder}/events.parquet'
"""
MAKE_TRAITS = """
COPY (
    SELECT DISTINCT
        hash(i + 0.5)::VARCHAR AS customer,
        (hash(i * 17) % 5000)::DECIMAL(38, 6) AS points,
        ['Seoul', 'Busan', 'Jeju'][1 + (hash(i * 19) % 3)::INT] AS city
    FROM range({customers}) AS r(i)
) TO '{folder}/traits.parquet'
"""


MAKE_FLAT = """
COPY (SELECT customer, name, "at", numbers['total'] AS total FROM '{folder}/events.parquet') TO '{file}'
"""
TABLES = {
    "bench_events": ("flat", "customer text, name text, at timestamp, total numeric(38, 6)"),
    "bench_traits": ("traits", "customer text, points numeric(38, 6), city text"),
}


class Taken(NamedTuple):
    """Seconds: of the processors, and on the clock."""

    processor: float
    elapsed: float


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    label = f"one condition of {LEAVES} leaves, one customer of 100 events"
    yield at_most(label, _one_ms(), "ms", GOAL_ONE_MS)
    with TemporaryDirectory(prefix="dangol-segments-") as name:
        folder = Path(name)
        with open_engine(None, Limits(folder, memory="4GB", threads=THREADS)) as engine:
            for make in (MAKE_EVENTS, MAKE_TRAITS):
                engine.backend.raw_sql(
                    make.format(events=EVENTS, customers=EVENTS // PER_CUSTOMER, folder=folder)
                )
            yield from _measured(engine, folder)


def _measured(engine: Engine, folder: Path) -> Iterator[Figure]:
    conditions = {f"s{number}": read_condition(raw, CATALOG) for number, raw in enumerate(trees())}
    ours, answers = _least(lambda: _compiled(engine, conditions, folder))
    by_hand, expected = _least(lambda: _by_hand(engine, folder))
    assert answers == expected, "both count the same members"
    label = f"{len(conditions)} segments, {EVENTS:,} events"
    yield Figure(f"{label}, processor time", ours.processor, "s")
    yield Figure("elapsed", ours.elapsed, "s")
    yield Figure("the same as SQL by hand, processor time", by_hand.processor, "s")
    yield at_most("ours : by hand", ours.processor / by_hand.processor, "×", GOAL)
    yield from _beside_peers(engine, folder, ours, answers)


def _one_ms() -> float:
    """Return the processor time of asking one condition about one customer, from what has been loaded on."""
    of = {"event": "order", "window": {"type": "last", "n": 365, "unit": "days"}}
    rare = [{"property": "total", "op": "at_least", "value": 1_000}]
    count = {"type": "did", "where": rare, **of}
    total = {"type": "aggregate", "measure": "sum", "property": "total", "op": "at_least", "value": 1, **of}
    # All of them hold, so that none is left unasked.
    condition = read_condition({"type": "all", "of": [count, total] * (LEAVES // 2)}, CATALOG)
    happenings = [
        Happening("order", AS_OF - timedelta(days=100 - n), {"total": Decimal(n * 1_000)}, f"e{n}")
        for n in range(100)
    ]
    began = time.process_time()
    for _ in range(ASKED):
        evaluate(condition, Subject({}, happenings), as_of=AS_OF, zone=ZONE)
    return (time.process_time() - began) / ASKED * 1e3


def trees() -> list[dict[str, Any]]:
    """Return the 50 conditions."""
    found: list[dict[str, Any]] = []
    for days in DAYS:
        window = {"type": "last", "n": days, "unit": "days"}
        for name in NAMES:
            of = {"event": name, "window": window}
            found.append({"type": "did", **of, "times": {"op": "at_least", "n": 2}})
            found.append({"type": "did", **of, "times": {"op": "at_most", "n": 0}})
            total = {"type": "aggregate", "property": "total", "measure": "sum", "op": "at_least"}
            points = {"type": "trait", "trait": "points", "op": "at_least", "value": 1000}
            found.append({"type": "all", "of": [{**total, **of, "value": 100_000}, points]})
            dear = [{"property": "total", "op": "at_least", "value": 90_000}]
            found.append({"type": "did", **of, "where": dear})
    found.append({"type": "trait", "trait": "city", "op": "in", "value": ["Seoul", "Jeju"]})
    found.append(
        {"type": "not", "of": {"type": "trait", "trait": "points", "op": "less_than", "value": 4000}}
    )
    return found


def _compiled(engine: Engine, conditions: dict[str, Condition], folder: Path) -> list[int]:
    traits = engine.backend.read_parquet(folder / "traits.parquet")
    table = compile_conditions(
        conditions, customers=traits.select("customer"), traits=traits,
        events=engine.backend.read_parquet(folder / "events.parquet"), as_of=AS_OF, zone=ZONE,
    )  # fmt: skip
    counted = table.aggregate(**{slug: table[answer_column(slug)].sum() for slug in conditions})
    (row,) = engine.read(counted).to_pylist()
    return list(row.values())


def _by_hand(engine: Engine, folder: Path) -> list[int]:
    sql = hand_sql(f"'{folder}/events.parquet'", f"'{folder}/traits.parquet'", "numbers['total']")
    return [int(count) for count in engine.backend.raw_sql(sql).fetchone()]


def hand_sql(events: str, traits: str, total: str) -> str:
    """Return the same as a person would write it: one group-by with filters, joined to the traits."""
    figures: list[str] = []
    answers: list[str] = []
    for days in DAYS:
        for name in NAMES:
            seen = f"""name = '{name}' AND "at" > {_days_before(days)}"""
            at = len(figures)
            figures += [
                f"count(*) FILTER (WHERE {seen}) AS f{at}",
                f"sum(total) FILTER (WHERE {seen}) AS f{at + 1}",
                f"count(*) FILTER (WHERE {seen} AND total >= 90000) AS f{at + 2}",
            ]
            answers += [
                f"coalesce(f{at}, 0) >= 2", f"coalesce(f{at}, 0) = 0",
                f"coalesce(f{at + 1}, 0) >= 100000 AND points >= 1000", f"coalesce(f{at + 2}, 0) > 0",
            ]  # fmt: skip
    answers += ["city IN ('Seoul', 'Jeju')", "NOT points < 4000"]
    counts = ", ".join(f"sum(({answer})::INT)" for answer in answers)
    return f"""
        WITH seen AS (
            SELECT customer, name, "at", {total} AS total FROM {events}
            WHERE name IN {NAMES} AND "at" <= {_days_before(0)} AND "at" > {_days_before(max(DAYS))}
        ), facts AS (SELECT customer, {", ".join(figures)} FROM seen GROUP BY customer)
        SELECT {counts} FROM {traits} AS traits LEFT JOIN facts USING (customer)
    """  # noqa: S608 - our own names


def _days_before(days: int) -> str:
    return f"TIMESTAMP '{AS_OF.replace(tzinfo=None) - timedelta(days=days)}'"


def _beside_peers(engine: Engine, folder: Path, ours: Taken, expected: list[int]) -> Iterator[Figure]:
    """Yield what the same SQL takes in ClickHouse's engine and, on PostgreSQL, there."""
    flat = folder / "flat.parquet"
    engine.backend.raw_sql(MAKE_FLAT.format(folder=folder, file=flat))
    events, traits = (f"file('{file}', Parquet)" for file in (flat, folder / "traits.parquet"))
    asked = folder / "asked.sql"
    asked.write_text(f"{hand_sql(events, traits, 'total')} SETTINGS max_threads = {THREADS}")
    processor, elapsed, row = ask(environment_of(CHDB), "clickhouse.py", asked, TRIES)
    assert row == expected, "ClickHouse counts otherwise"
    yield from _shown("ClickHouse (chdb)", Taken(processor, elapsed), ours)
    if connection.vendor == "postgresql":
        yield from _shown("PostgreSQL", _by_postgres(engine, folder, expected), ours)


def _by_postgres(engine: Engine, folder: Path, expected: list[int]) -> Taken:
    """Load the same into two tables and ask them; the processor time of all the server's processes."""
    for name, (source, columns) in TABLES.items():
        file = folder / f"{name}.csv"
        engine.backend.raw_sql(f"COPY (FROM '{folder}/{source}.parquet') TO '{file}' (HEADER false)")
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {name} ({columns})")
            with cursor.cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv)") as copy, file.open() as rows:
                while some := rows.read(1 << 20):
                    copy.write(some)
            cursor.execute(f"VACUUM ANALYZE {name}")
        file.unlink()
    taken = []
    for _ in range(TRIES + 1):
        began = spent(os.getpid()).server, time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(hand_sql("bench_events", "bench_traits", "total"))
            row = [int(count) for count in cursor.fetchone()]
        elapsed = time.monotonic() - began[1]
        assert row == expected, "PostgreSQL counts otherwise"
        taken.append(Taken(spent(os.getpid()).server - began[0], elapsed))
    return Taken(*(min(each) for each in zip(*taken[1:], strict=True)))


def _shown(name: str, theirs: Taken, ours: Taken) -> Iterator[Figure]:
    yield Figure(f"the same SQL in {name}, processor time", theirs.processor, "s")
    yield Figure(f"{name} : ours, processor time", theirs.processor / ours.processor, "×")
    yield Figure(f"{name} : ours, elapsed", theirs.elapsed / ours.elapsed, "×")


def _least(act: Callable[[], list[int]]) -> tuple[Taken, list[int]]:
    """Return the least seconds of several tries, after one that is not counted, and the answer."""
    answer, taken = act(), []
    for _ in range(TRIES):
        began = time.process_time(), time.monotonic()
        answer = act()
        taken.append(Taken(time.process_time() - began[0], time.monotonic() - began[1]))
    return Taken(*(min(each) for each in zip(*taken, strict=True))), answer
