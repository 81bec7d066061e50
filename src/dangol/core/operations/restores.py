"""Restoring: everything is checked before anything is touched, and proved after it is there."""

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.models import F
from django.db.models.functions import Greatest, Least

from dangol.core.events import lake, sequencer
from dangol.core.events.models import Cursor
from dangol.core.events.runtime import Readers
from dangol.core.events.selectors import read_head, show_consumers
from dangol.core.operations import tally
from dangol.core.operations.backups import DATA, LAKE
from dangol.core.operations.dumps import empty_database, engine_of, load_database
from dangol.core.operations.manifest import Manifest, check_files, read_manifest
from dangol.core.people.keystore import KEY_STORE
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Heartbeat
from dangol.domain.errors import DomainError

ALIVE = timedelta(seconds=30)
# How many events a rehearsal has every consumer read again.
REPLAYED = 1_000


class OtherEngine(DomainError):
    """The backup is of another kind of database (`found`) than this instance uses (`wanted`)."""

    code = "backup.other_engine"


class BackupNewer(DomainError):
    """The backup was made by a newer version (`version`): its tables are unknown here."""

    code = "backup.newer"


class HomeNotEmpty(DomainError):
    """There is something in this home (`home`) already that a restore would take the place of."""

    code = "backup.home_not_empty"


class StillRunning(DomainError):
    """Processes of this instance (`names`) are running, or were until a moment ago."""

    code = "backup.still_running"
    retryable = True


class Source(NamedTuple):
    """A backup to restore from, read and checked."""

    alias: str
    folder: Path
    manifest: Manifest


def open_backup(folder: Path, kind: str, *, tell: Callable[[int], None] = lambda size: None) -> Source:
    """Return a backup, each of its files read and compared; `tell` hears the size of each.

    Raises NotABackup, BackupBroken, OtherEngine or BackupNewer.
    """
    alias = DEFAULT_DB_ALIAS if kind == DATA else KEY_STORE
    manifest = read_manifest(folder, kind)
    if manifest.engine != engine_of(alias):
        raise OtherEngine(found=manifest.engine, wanted=engine_of(alias))
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
    ours = {f"{app}.{name}" for app, name in known}
    # Of other apps' migrations (Django's own) some may have been squashed since.
    if any(one.startswith("dg_") and one not in ours for one in manifest.migrations):
        raise BackupNewer(version=manifest.version)
    for size in check_files(folder, manifest):
        tell(size)
    return Source(alias, folder, manifest)


def require_empty(sources: Sequence[Source], *, replaces: bool, at: datetime) -> None:
    """Raise HomeNotEmpty where something may not be replaced, else StillRunning if it runs."""
    taken = [one for one in sources if _has_tables(one.alias)]
    if any(one.manifest.kind == DATA for one in sources) and any(settings.LAKE.glob("events/*")):
        taken.append(sources[0])
    if taken and not replaces:
        raise HomeNotEmpty(home=str(settings.HOME))
    if _has_tables(DEFAULT_DB_ALIAS) and Heartbeat._meta.db_table in _tables(DEFAULT_DB_ALIAS):
        alive = Heartbeat.objects.filter(beat_at__gt=at - ALIVE).values_list("name", flat=True)
        if names := sorted(alive):
            raise StillRunning(names=", ".join(names))


def put_back(sources: Sequence[Source], *, at: datetime) -> None:
    """Bring the backups into this home; what was there is moved aside, or dropped (PostgreSQL)."""
    home: Path = settings.HOME
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = home / f"before-restore-{at:%Y%m%dT%H%M%SZ}"
    for source in sources:
        if _has_tables(source.alias) or _leftover(source.alias):
            empty_database(source.alias, aside)
        load_database(source.alias, source.folder / source.manifest.database)
        connections[source.alias].close()
        if source.manifest.kind == DATA:
            _put_lake(source.folder / LAKE, aside)


class Moved(NamedTuple):
    """A consumer, where it stands, where the timeline ends, and what stopped it."""

    name: str
    position: int
    head: int
    error: str


def replay_consumers(*, clock: Callable[[], datetime]) -> list[Moved]:
    """Have every consumer read the last 1,000 events again, to see that each moves; only in a rehearsal.

    Handling an event twice does the same as once, so what they did stays as it was.
    """
    kept = [lake.NAME, tally.NAME]  # these write each stretch once
    head = read_head()
    with write_transaction():
        back = Greatest(Least(F("position"), head) - REPLAYED, 0)
        Cursor.objects.exclude(consumer__in=kept).update(position=back)
    return run_consumers(clock=clock)


def run_consumers(*, clock: Callable[[], datetime]) -> list[Moved]:
    """Let every consumer read what it has still to read; returns where each stands."""
    readers = Readers(clock=clock)
    while sequencer.number_waiting() or readers.advance():
        continue
    readers.flush()
    head = read_head()
    return [
        Moved(one.name, one.position, head, one.error)
        for one in show_consumers(clock())
        if one.name not in (lake.NAME, tally.NAME)
    ]


def _tables(alias: str) -> list[str]:
    """Return a database's tables; of one that is broken a word that is no table's name."""
    if _is_missing(alias):
        return []
    try:
        return connections[alias].introspection.table_names()
    except DatabaseError:
        if engine_of(alias) != "sqlite":
            raise
        return ["(broken)"]


def _has_tables(alias: str) -> bool:
    return bool(_tables(alias))


def _is_missing(alias: str) -> bool:
    """Say whether a SQLite file is not there: to look into it would make it."""
    given = connections[alias].settings_dict
    return engine_of(alias) == "sqlite" and not Path(given["NAME"]).is_file()


def _leftover(alias: str) -> bool:
    """Say whether a SQLite file is there though it holds nothing: its log would spoil what comes."""
    return engine_of(alias) == "sqlite" and not _is_missing(alias)


def _put_lake(source: Path, aside: Path) -> None:
    target: Path = settings.LAKE
    if target.exists():
        aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.replace(target, aside / target.name)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
