"""A rehearsal of the worst day: backups restored into a home of their own, by the command a person uses."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from dangol.core.people.keystore import KEY_STORE
from dangol.core.storage.ids import new_id

VARIABLES = {DEFAULT_DB_ALIAS: "DATABASE_URL", KEY_STORE: "DANGOL_KEYS_URL"}


class Rehearsed(NamedTuple):
    """How a rehearsal went: what the restore told as data, and its last words."""

    is_good: bool
    data: Any
    told: str


def rehearse(data: Path, keys: Path) -> Rehearsed:
    """Restore both backups into a scratch home, prove them there, and leave nothing behind.

    On PostgreSQL the scratch databases are made on the same servers, for which the user needs CREATEDB.
    """
    with tempfile.TemporaryDirectory(prefix="dangol-rehearsal-") as folder, _databases() as databases:
        home = Path(folder) / "home"
        words = [
            "restore",
            "--home",
            str(home),
            "--from",
            str(data),
            "--keys",
            str(keys),
            "--prove",
            "--json",
        ]
        command = [sys.executable, "-m", "dangol", *words]
        given = _environment() | databases
        done = subprocess.run(
            command, env=given, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
    try:
        told = json.loads(done.stdout)
    except ValueError:
        told = None
    return Rehearsed(done.returncode == 0, told, "\n".join(done.stderr.strip().splitlines()[-2:]))


def _environment() -> dict[str, str]:
    """Return what the scratch instance is given: our secrets, and none of our places."""
    left_out = {f"{name}{end}" for name in VARIABLES.values() for end in ("", "_FILE")}
    given = {name: value for name, value in os.environ.items() if name not in left_out}
    given["DANGOL_SECRET_KEY"] = settings.SECRET_KEY
    if settings.MASTER_KEYS_FILE is not None:
        given["DANGOL_MASTER_KEYS_FILE"] = str(settings.MASTER_KEYS_FILE)
    return given


@contextmanager
def _databases() -> Iterator[dict[str, str]]:
    """Make an empty database beside each PostgreSQL one, for as long as it is used; SQLite needs none."""
    made: dict[str, str] = {}
    try:
        for alias in VARIABLES:
            if connections[alias].vendor == "postgresql":
                made[alias] = f"dangol_rehearsal_{new_id().hex()}"
                _execute(alias, f'CREATE DATABASE "{made[alias]}"')
        yield {VARIABLES[alias]: _address(alias, name) for alias, name in made.items()}
    finally:
        for alias, name in made.items():
            _execute(alias, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(alias: str, sql: str) -> None:
    """Run what no transaction can hold, over a connection of its own."""
    with psycopg.connect(
        _address(alias, connections[alias].settings_dict["NAME"]), autocommit=True
    ) as server:
        server.execute(sql.encode())


def _address(alias: str, name: str) -> str:
    given = connections[alias].settings_dict
    kept = {
        "user": given["USER"], "password": given["PASSWORD"], "host": given["HOST"], "port": given["PORT"],
    }  # fmt: skip
    parts = {key: value for key, value in kept.items() if value}
    parts |= {key: value for key, value in given["OPTIONS"].items() if key.startswith("ssl")}
    return f"postgresql:///{quote(name)}?{urlencode(parts, quote_via=quote)}"
