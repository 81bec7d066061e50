"""One database into a file and back, while others use it: SQLite by itself, PostgreSQL by its own programs.

SQLite: `VACUUM INTO`, which reads one snapshot (https://sqlite.org/lang_vacuum.html). PostgreSQL: `pg_dump`
in its custom format, from a snapshot that we exported, so that what we note of the database is of the
very same instant (https://www.postgresql.org/docs/current/app-pgdump.html).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pysqlite3
from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.client import DatabaseClient

from dangol.core.operations.manifest import BackupBroken
from dangol.core.storage.snapshots import read_snapshot
from dangol.domain.errors import DomainError

T = TypeVar("T")
INSTALLED = Path("/usr/lib/postgresql")


# Test spaces are no part of a backup: on SQLite they are files of their own.
NOT_SPACES = "--exclude-schema=space_*"


class NoProgram(DomainError):
    """A program of PostgreSQL's (`program`) is not on this machine."""

    code = "backup.no_program"


class ProgramTooOld(DomainError):
    """The `program` that was found is of an older version (`found`) than the server (`needed`)."""

    code = "backup.program_too_old"


class ProgramFailed(DomainError):
    """A program of PostgreSQL's (`program`) ended with an error (`status`)."""

    code = "backup.program_failed"
    retryable = True


def engine_of(alias: str) -> str:
    """Return the kind of a database: `sqlite` or `postgresql`."""
    return connections[alias].vendor


def engine_version(alias: str) -> str:
    """Return the version of a database's engine."""
    if engine_of(alias) == "sqlite":
        return str(pysqlite3.sqlite_version)
    return str(server_version(alias))


def server_version(alias: str) -> int:
    """Return the major version of a PostgreSQL server."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def dump_database(alias: str, target: Path, look: Callable[[Any], T]) -> T:
    """Write a database into a new file, for nobody else to read; returns what `look` reads by a cursor of it.

    What is looked at is of the very instant that the file holds. Raises NoProgram, ProgramTooOld or
    ProgramFailed.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if engine_of(alias) == "sqlite":
        with connections[alias].cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(target)])  # into an empty file, which keeps its rights
        return look_into(target, look)
    program = find_program("pg_dump", alias)
    with read_snapshot(alias), connections[alias].cursor() as cursor:
        # For as long as the program takes we only wait.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        seen = look(cursor)
        options = [
            f"--snapshot={snapshot}", "--format=custom", "--no-owner", "--no-privileges", NOT_SPACES,
        ]  # fmt: skip
        _run(program, alias, [*options, f"--file={target}"])
    return seen


def look_into(file: Path, look: Callable[[Any], T]) -> T:
    """Return what `look` reads of a SQLite file that nobody writes. Raises BackupBroken for a damaged one."""
    try:
        with closing(pysqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise BackupBroken(file=file.name, folder=str(file.parent))
            return look(copy.cursor())
    except pysqlite3.DatabaseError:
        raise BackupBroken(file=file.name, folder=str(file.parent)) from None


def load_database(alias: str, source: Path) -> None:
    """Fill an empty database from a file that `dump_database` made. Raises what that raises."""
    if engine_of(alias) == "sqlite":
        connections[alias].close()
        target = Path(connections[alias].settings_dict["NAME"])
        draft = target.with_name(f"{target.name}.restoring")
        shutil.copyfile(source, draft)
        draft.chmod(0o600)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        return
    program = find_program("pg_restore", alias)
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    name = connections[alias].settings_dict["NAME"]
    connections[alias].close()
    _run(program, alias, [*options, f"--dbname={name}", str(source)], names_database=False)


def empty_database(alias: str, aside: Path) -> None:
    """Make room for what is restored: SQLite's files are moved `aside`, PostgreSQL's tables are dropped."""
    if engine_of(alias) == "sqlite":
        connections[alias].close()
        file = Path(connections[alias].settings_dict["NAME"])
        aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in [file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm"))]:
            if path.exists():
                path.replace(aside / path.name)
        return
    with connections[alias].cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def find_program(name: str, alias: str) -> str:
    """Return the path of a program of PostgreSQL's that is new enough for the server.

    `DANGOL_POSTGRES_BIN` is looked into first, then the path, then where Debian puts them. Raises NoProgram
    or ProgramTooOld.
    """
    needed = server_version(alias)
    given: Path | None = settings.POSTGRES_PROGRAMS
    places = [given] if given else [None, *sorted(INSTALLED.glob("*/bin"), reverse=True)]
    found = [path for place in places if (path := shutil.which(name, path=str(place) if place else None))]
    if not found:
        raise NoProgram(program=name, version=needed)
    versions = {path: _version_of(path) for path in found}
    fitting = [path for path in found if versions[path] >= needed]
    if not fitting:
        raise ProgramTooOld(program=name, found=max(versions.values()), needed=needed)
    return fitting[0]


def _version_of(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", told)
    return int(found[1]) if found else 0


def _run(program: str, alias: str, options: Sequence[str], *, names_database: bool = True) -> None:
    """Run a program against a database; the password goes by the environment, where others cannot read it."""
    arguments, given = DatabaseClient.settings_to_cmd_args_env(connections[alias].settings_dict, [])
    place, name = arguments[1:-1], arguments[-1:]
    environment = {**os.environ, **(given or {})}
    command = [program, *place, *options, *(name if names_database else [])]
    done = subprocess.run(
        command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        # What it says is kept back: an error in a row quotes the row.
        raise ProgramFailed(program=Path(program).name, status=done.returncode)
