"""A database that is full: SQLite is told to grow no more, PostgreSQL's tables lie on a small disk."""

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, connection

from tests.reports import NO_SMALL_DISK

Room = Callable[[], None]
# Moving tables takes room for some of them twice.
ROOMY, SPARE = "512m", 256 * 1024


@contextmanager
def full_database(folder: Path) -> Iterator[Room]:
    """Leave the database no page to grow by and none that is free; yields what makes room again."""
    with _full_sqlite() if connection.vendor == "sqlite" else _full_postgres(folder) as make_room:
        yield make_room


def _ask(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def _fill() -> None:
    """Add sessions, great ones first, until not even a small one has room."""
    for size in (3_000, 300, 30):
        with pytest.raises(DatabaseError):
            _add_sessions(size)


def _add_sessions(size: int) -> None:
    for _ in range(10_000):
        session = SessionStore()
        session["words"] = secrets.token_hex(size // 2)  # what compresses badly
        session.save()


@contextmanager
def _full_sqlite() -> Iterator[Room]:
    _ask("VACUUM")  # free pages of tests before would hold all that is written
    _ask(f"PRAGMA max_page_count = {_ask('PRAGMA page_count')}")

    def make_room() -> None:
        _ask("PRAGMA max_page_count = 4294967294")

    try:
        _fill()
        yield make_room
    finally:
        make_room()


@contextmanager
def _full_postgres(folder: Path) -> Iterator[Room]:
    folder.mkdir()
    folder.parent.chmod(0o711)  # the server may be somebody else
    owner = os.stat(_ask("SHOW data_directory"))
    options = f"size={ROOMY},uid={owner.st_uid},gid={owner.st_gid},mode=0700"
    with _mounted(folder, options):
        _ask(f"CREATE TABLESPACE small_disk LOCATION '{folder}'")

        def make_room() -> None:
            _mount("-o", f"remount,size={ROOMY}", str(folder))

        try:
            _ask("VACUUM FULL")  # as above
            _move("pg_default", "small_disk")
            disk = os.statvfs(folder)
            used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
            _mount("-o", f"remount,size={used + SPARE}", str(folder))
            _fill()
            yield make_room
        finally:
            make_room()
            _move("small_disk", "pg_default")
            _ask("DROP TABLESPACE small_disk")


def _move(start: str, end: str) -> None:
    for kind in ("TABLE", "INDEX"):
        _ask(f"ALTER {kind} ALL IN TABLESPACE {start} SET TABLESPACE {end}")
    _ask("CHECKPOINT")  # files of before are held until then


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[None]:
    """Mount a disk of its own at a folder; the test is skipped, in words, where nobody may."""
    if refused := _mount("-t", "tmpfs", "-o", options, "tmpfs", str(folder)):
        pytest.skip(f"{NO_SMALL_DISK}: {refused}")
    try:
        yield
    finally:
        # The server holds files of what it dropped until it next looks round.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*words: str) -> str:
    """Return what `mount` complains of."""
    try:
        done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "no mount command"
    return (done.stderr.strip() or "refused") if done.returncode else ""
