"""Backups: the data and its lake in one folder; the key store in another, and never for long.

A backup is made beside its place under another name and renamed when it is whole, so that there is never
half a one. The key store's own are kept for 35 days at most: an erased person's key must be gone for good.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from dangol import __version__
from dangol.core.events import lake
from dangol.core.events.services import SHARD
from dangol.core.operations.dumps import dump_database, engine_of, engine_version
from dangol.core.operations.manifest import (
    SCHEMA,
    Manifest,
    NotABackup,
    describe_files,
    read_manifest,
    write_manifest,
)
from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import note_proof
from dangol.core.people.keystore import KEY_STORE
from dangol.domain.errors import DomainError

DATA, KEYS = "data", "keys"
MOST_KEY_DAYS = 35
LAKE = "lake"


class FolderUnusable(DomainError):
    """The folder for backups (`folder`) cannot be written, for this reason of the system's (`reason`)."""

    code = "backup.folder_unusable"


class KeysNotApart(DomainError):
    """This folder (`folder`) holds backups of the other kind: data and its keys must never lie together."""

    code = "backup.keys_not_apart"


class Backup(NamedTuple):
    """A finished backup: its folder, what it says of itself, and its size in bytes."""

    folder: Path
    manifest: Manifest
    size: int


def back_up_data(to: Path, *, at: datetime) -> Backup:
    """Write the main database and the lake into a new folder below `to`, while the shop goes on.

    Raises FolderUnusable, KeysNotApart and what dump_database raises.
    """
    with _new_folder(to, DATA, at) as (draft, final):
        target = draft / ("database.sqlite3" if engine_of(DEFAULT_DB_ALIAS) == "sqlite" else "database.dump")
        migrations, position, in_lake = dump_database(DEFAULT_DB_ALIAS, target, _look)
        _copy_lake(settings.LAKE, draft / LAKE, upto=in_lake)
        made = _finish(draft, DATA, DEFAULT_DB_ALIAS, target, migrations, at, (position, in_lake))
    note_proof(ProofName.BACKUP, at=at, told=str(final))
    return Backup(final, made, sum(one.size for one in made.files.values()))


def back_up_keys(to: Path, *, at: datetime, keep_days: int = MOST_KEY_DAYS) -> tuple[Backup, list[Path]]:
    """Write the key store into a new folder below `to`, and delete those that are older than `keep_days`.

    Returns the new one and the deleted ones. Raises what back_up_data raises.
    """
    assert 0 < keep_days <= MOST_KEY_DAYS, "refused at the door"
    with _new_folder(to, KEYS, at) as (draft, final):
        target = draft / ("keys.sqlite3" if engine_of(KEY_STORE) == "sqlite" else "keys.dump")
        migrations = dump_database(KEY_STORE, target, _migrations)
        made = _finish(draft, KEYS, KEY_STORE, target, migrations, at)
    old = [
        one.folder for one in find_backups(to, KEYS) if at - one.manifest.made_at > timedelta(days=keep_days)
    ]
    for folder in old:
        shutil.rmtree(folder)
    note_proof(ProofName.KEY_BACKUP, at=at, told=str(final))
    return Backup(final, made, sum(one.size for one in made.files.values())), old


def find_backups(folder: Path, kind: str) -> list[Backup]:
    """Return the finished backups of a kind in a folder, the newest first; others are passed over."""
    found = []
    for path in folder.glob(f"{kind}-*") if folder.is_dir() else ():
        try:
            manifest = read_manifest(path, kind)
        except NotABackup:
            continue
        found.append(Backup(path, manifest, sum(one.size for one in manifest.files.values())))
    return sorted(found, key=lambda one: one.manifest.made_at, reverse=True)


def newest_backup(folder: Path, kind: str) -> Path:
    """Return `folder` itself if it is a backup, else the newest in it. Raises NotABackup."""
    if (folder / "manifest.json").is_file():
        return folder
    found = find_backups(folder, kind)
    if not found:
        raise NotABackup(folder=str(folder), kind=kind)
    return found[0].folder


@contextmanager
def _new_folder(to: Path, kind: str, at: datetime) -> Iterator[tuple[Path, Path]]:
    other = KEYS if kind == DATA else DATA
    if any(to.glob(f"{other}-*/manifest.json")):
        raise KeysNotApart(folder=str(to))
    final = to / f"{kind}-{at:%Y%m%dT%H%M%SZ}"
    draft = to / f".{final.name}.unfinished"
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        if final.exists():
            raise FolderUnusable(folder=str(final), reason=os.strerror(17))
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
    except OSError as error:
        raise FolderUnusable(folder=str(to), reason=error.strerror) from None
    try:
        yield draft, final
        draft.rename(final)
    except OSError as error:
        raise FolderUnusable(folder=str(to), reason=error.strerror) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _look(cursor: Any) -> tuple[list[str], int, int]:
    """Return the migrations, the timeline's head, and how far the lake has come."""
    cursor.execute(f"SELECT position FROM dg_event_head WHERE shard = {SHARD}")  # noqa: S608
    head = cursor.fetchone()
    cursor.execute(f"SELECT position FROM dg_event_cursor WHERE consumer = '{lake.NAME}'")  # noqa: S608
    place = cursor.fetchone()
    return _migrations(cursor), head[0] if head else 0, place[0] if place else 0


def _migrations(cursor: Any) -> list[str]:
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
    return [f"{app}.{name}" for app, name in cursor.fetchall()]


def _copy_lake(source: Path, target: Path, *, upto: int) -> None:
    """Copy the files whose stretch was in the lake at that instant; later ones are written again."""
    for path in sorted(source.glob("events/day=*/*.parquet")):
        _first, _dash, last = path.stem.partition("-")
        if last.isdigit() and int(last) <= upto:
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def _finish(
    draft: Path, kind: str, alias: str, target: Path, migrations: list[str], at: datetime,
    places: tuple[int, int] = (0, 0),
) -> Manifest:  # fmt: skip
    manifest = Manifest(
        SCHEMA, kind, at, __version__, engine_of(alias), engine_version(alias), target.name, migrations,
        describe_files(draft), *places,
    )  # fmt: skip
    write_manifest(draft, manifest)
    return manifest
