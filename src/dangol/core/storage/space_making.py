"""A test space made anew: while it is made, everybody is in the old one; then, at once, in the new one.

The new one is made under a name of its own that no list shows, and takes the other's place by being renamed:
its folder, and on PostgreSQL its schemas. What is open in the old one ends there. A stamp in the folder tells
connections, and what is remembered of a space, that it is another.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from shutil import rmtree

from django.conf import settings
from django.db import connections

from dangol.core.storage.ids import new_id
from dangol.core.storage.spaces import (
    ASIDE,
    LIVE,
    STAMP,
    UnknownSpace,
    close_spaces,
    current_space,
    schema_of,
    space_exists,
    space_folder,
)
from dangol.core.storage.transactions import write_transaction


@contextmanager
def making_anew(name: str) -> Iterator[str]:
    """Give the name of a space to be made, which takes the place of `name` when the block ends well.

    It has no room yet. One space is made anew at a time; others wait. Raises UnknownSpace.
    """
    assert current_space() == LIVE, "nobody can be in what is taken away"
    if name == LIVE or not space_exists(name):
        raise UnknownSpace(space=name)
    fresh, old = f"{ASIDE}{name}", f"{ASIDE}{ASIDE}{name}"
    with _turn():
        # Somebody may have been killed while at it.
        for one in (fresh, old):
            discard_space(one)
        try:
            yield fresh
            close_spaces()
            (space_folder(fresh) / STAMP).write_text(new_id().hex())
            rename_schemas({name: old, fresh: name})
            os.rename(space_folder(name), space_folder(old))
            os.rename(space_folder(fresh), space_folder(name))
        finally:
            close_spaces()
            for one in (fresh, old):
                discard_space(one)


def discard_space(name: str) -> None:
    """Take away all that a space has, if there is anything."""
    for alias in connections:
        if connections[alias].vendor == "postgresql":
            with connections[alias].cursor() as cursor:
                cursor.execute(f"DROP SCHEMA IF EXISTS {schema_of(alias, name)} CASCADE")
    with suppress(FileNotFoundError):
        rmtree(space_folder(name))


@contextmanager
def _turn() -> Iterator[None]:
    handle = os.open(settings.HOME / "spaces" / "making.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        flock(handle, LOCK_EX)
        yield
    finally:
        os.close(handle)


def rename_schemas(names: dict[str, str]) -> None:
    """Give schemas other names, in each database all at once. On SQLite there are none."""
    for alias in connections:
        if connections[alias].vendor == "postgresql":
            with write_transaction(using=alias), connections[alias].cursor() as cursor:
                for name, other in names.items():
                    before, after = schema_of(alias, name), schema_of(alias, other)
                    cursor.execute(f"ALTER SCHEMA {before} RENAME TO {after}")
