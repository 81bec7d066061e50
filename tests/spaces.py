"""A test space for tests: as good as new, and gone with the test.

Migrating takes seconds. So it is done once in a process: on SQLite its files are copied from then on, and on
PostgreSQL its schemas are emptied after a test and given another name for the next one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connections

from dangol.cli.spaces import fill_space
from dangol.core.operations.migrating import migrate_databases
from dangol.core.people.selectors import ShopView
from dangol.core.storage.ids import new_id
from dangol.core.storage.space_making import discard_space, rename_schemas
from dangol.core.storage.spaces import close_spaces, in_space, make_folders, make_space, space_folder
from tests.flushing import empty
from tests.snapshots import Snapshot, put_back, snapshot_of

SHOP = ShopView("시험 가게", "Asia/Seoul", "KRW", "KR", "ko", None)
SPARE = "_spare"


class _Migrated(NamedTuple):
    """What a space is after its migrations: its files by name, or the rows they have made."""

    files: dict[str, bytes]
    rows: Snapshot


_migrated: list[_Migrated] = []


@contextmanager
def fresh_space(name: str) -> Iterator[str]:
    """Give a space with a shop and a first program in it; its name begins with the one given."""
    name = f"{name}{new_id().hex()[-6:]}"
    try:
        _make(name)
        fill_space(name, SHOP)
        yield name
    finally:
        close_spaces()
        _take_away(name)


@contextmanager
def bare_space(name: str) -> Iterator[str]:
    """Give room for a space, without tables, as it is while it is being made."""
    name = f"{name}{new_id().hex()[-6:]}"
    make_space(name)
    try:
        yield name
    finally:
        close_spaces()
        discard_space(name)


def _is_on_files() -> bool:
    return all(connections[alias].vendor == "sqlite" for alias in connections)


def _make(name: str) -> None:
    """Make a space with its tables."""
    if not _migrated:
        make_space(name)
        _migrated.append(_migrate(name))
    elif _is_on_files():
        make_folders(space_folder(name))
        for file, content in _migrated[0].files.items():
            (space_folder(name) / file).write_bytes(content)
    elif space_folder(SPARE).exists():
        rename_schemas({SPARE: name})
        space_folder(SPARE).rename(space_folder(name))
        with in_space(name):
            put_back(_migrated[0].rows)
    else:  # two at once
        make_space(name)


def _migrate(name: str) -> _Migrated:
    with in_space(name):
        rows = snapshot_of(migrate_databases)
    close_spaces()
    folder = space_folder(name)
    files = {path.name: path.read_bytes() for path in folder.iterdir()} if _is_on_files() else {}
    return _Migrated(files, rows)


def _take_away(name: str) -> None:
    """Delete a space; on PostgreSQL it is kept, empty, unless another one is."""
    if _is_on_files() or space_folder(SPARE).exists():
        discard_space(name)
        return
    with in_space(name):
        for alias in connections:
            empty(connections[alias])
    close_spaces()
    rename_schemas({name: SPARE})
    space_folder(name).rename(space_folder(SPARE))
