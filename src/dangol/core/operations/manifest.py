"""What a backup says of itself: what is in it, of which version, up to where, with every file's checksum."""

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from dangol.domain.errors import DomainError

SCHEMA = "dangol.backup/1"
FILE = "manifest.json"
CHUNK = 1024 * 1024
LARGEST_BYTES = 64 * 1024 * 1024


class NotABackup(DomainError):
    """This folder (`folder`) holds no finished backup of this kind."""

    code = "backup.not_one"


class BackupBroken(DomainError):
    """A file of the backup (`file`) is missing or not what was written."""

    code = "backup.broken"


class FileFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file's size and its SHA-256 in hex."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A backup's own description. `kind` is `data` or `keys`, `database` the name of its file.

    `position` is the timeline's last; `lake` is the last position whose file is in the lake.
    """

    schema: str
    kind: str
    made_at: datetime
    version: str
    engine: str
    engine_version: str
    database: str
    migrations: list[str]
    files: dict[str, FileFacts]
    position: int = 0
    lake: int = 0


def describe_files(folder: Path) -> dict[str, FileFacts]:
    """Return every file below a folder by its path within it."""
    return {
        path.relative_to(folder).as_posix(): FileFacts(path.stat().st_size, _hash(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the description, last of all: a folder without it is no backup."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    handle = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(text + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path, kind: str) -> Manifest:
    """Return what a backup says of itself. Raises NotABackup."""
    path = folder / FILE
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise NotABackup(folder=str(folder), kind=kind)
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        raise NotABackup(folder=str(folder), kind=kind) from None
    whole = manifest.database in manifest.files and manifest.made_at.utcoffset() is not None
    if manifest.schema != SCHEMA or manifest.kind != kind or not whole:
        raise NotABackup(folder=str(folder), kind=kind)
    return manifest


def check_files(folder: Path, manifest: Manifest) -> Iterator[int]:
    """Read every file and yield its size. Raises BackupBroken at the first that is not what was written."""
    root = folder.resolve()
    for name, facts in manifest.files.items():
        path = folder / name
        # Whoever can write a backup must not be able to have any other file of this machine read.
        is_inside = not path.is_symlink() and path.resolve().is_relative_to(root)
        try:
            is_whole = is_inside and path.stat().st_size == facts.size and _hash(path) == facts.sha256
        except OSError:
            is_whole = False
        if not is_whole:
            raise BackupBroken(file=name, folder=str(folder))
        yield facts.size


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            digest.update(part)
    return digest.hexdigest()
