"""Spaces: further databases with the same tables, one of them chosen for a whole request, job or command.

What a program tries out must not touch the shop. So there is a test space, and there may be more: for each
a file of its own (SQLite) or a schema of its own (PostgreSQL), the key store included. Inside `in_space`
Django's connections lead there, under the names they always have, so nothing that reads or writes knows.
"""

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from dangol.domain.errors import Malformed, NotFound

LIVE, TEST = "live", "test"
_NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
# With it begin the names of what is being made or taken away, which nobody is shown.
ASIDE = "_"
# The file that a space which was made anew has in its folder: another content, another space.
STAMP = "stamp"


class UnknownSpace(NotFound):
    """There is no space of this name (`space`)."""

    code = "space.unknown"


class InvalidSpaceName(Malformed):
    """A space's name is 2 to 20 lower-case letters and digits, and not `live`."""

    code = "space.invalid_name"


class _Where(threading.local):
    """Where this thread is, since when by that space's own clock, and the connections it has opened."""

    def __init__(self) -> None:
        self.name = LIVE
        self.held_at: datetime | None = None
        self.opened: dict[str, dict[str, BaseDatabaseWrapper]] = {}
        # Of which making of a space the opened connections are.
        self.stamps: dict[str, str] = {}


_where = _Where()


def current_space() -> str:
    """Return the space in which this thread reads and writes."""
    return _where.name


def current_stamp() -> str:
    """Return which making of its space this thread is in: made anew, it holds nothing of what it held.

    For whoever remembers something of a space.
    """
    return _where.stamps.get(_where.name, "")


def held_instant() -> datetime | None:
    """Return the instant at which the space's clock stands still; None where it goes as any other does."""
    return _where.held_at


def hold_clock(at: datetime | None) -> None:
    """Let it be `at` in this space, for this thread, until it is left."""
    assert _where.name != LIVE, "the shop's own time is nobody's to set"
    _where.held_at = at


def check_space_name(name: str) -> str:
    """Return the name; raises InvalidSpaceName."""
    if name == LIVE or not _NAME.fullmatch(name):
        raise InvalidSpaceName(space=name)
    return name


@contextmanager
def in_space(name: str) -> Iterator[None]:
    """Let this thread read and write in the space `name`. Raises UnknownSpace.

    It must not begin in a transaction. From a space inside another one the thread comes back to that one.
    """
    if name == _where.name:
        yield
        return
    outer = {alias: connections[alias] for alias in connections}
    assert not any(one.in_atomic_block for one in outer.values()), "a transaction lies in one space"
    came_from = _where.name, _where.held_at
    if LIVE not in _where.opened and _where.name == LIVE:
        _where.opened[LIVE] = outer
    inner = _open(name)
    _enter(inner, name, None)
    try:
        yield
    finally:
        _enter(outer, *came_from)


def _enter(chosen: Mapping[str, BaseDatabaseWrapper], name: str, held_at: datetime | None) -> None:
    for alias, wrapper in chosen.items():
        connections[alias] = wrapper
    _where.name, _where.held_at = name, held_at


def _open(name: str) -> dict[str, BaseDatabaseWrapper]:
    """Return this thread's connections to a space, as good as new."""
    if name == LIVE:
        return _where.opened[LIVE]
    if not space_exists(name):
        raise UnknownSpace(space=name)
    stamp = _read_stamp(name)
    opened = _where.opened.get(name)
    if opened is None or _where.stamps.get(name) != stamp:
        for wrapper in (opened or {}).values():
            wrapper.close()
        opened = _where.opened[name] = {alias: _connect(alias, name) for alias in connections}
        _where.stamps[name] = stamp
    for wrapper in opened.values():
        wrapper.close_if_unusable_or_obsolete()
    return opened


def _read_stamp(name: str) -> str:
    try:
        return (space_folder(name) / STAMP).read_text()
    except FileNotFoundError:
        return ""


def _connect(alias: str, space: str) -> BaseDatabaseWrapper:
    wrapper = connections.create_connection(alias)
    wrapper.settings_dict = _settings_of(wrapper, space)
    return wrapper


def _settings_of(wrapper: BaseDatabaseWrapper, space: str) -> dict[str, Any]:
    told: dict[str, Any] = {**wrapper.settings_dict}
    if wrapper.vendor == "sqlite":
        return told | {"NAME": str(space_folder(space) / f"{wrapper.alias}.sqlite3")}
    options = {**told["OPTIONS"]}
    options["options"] = (
        f"{options.get('options', '')} -c search_path={schema_of(wrapper.alias, space)}".strip()
    )
    return told | {"OPTIONS": options}


def schema_of(alias: str, space: str) -> str:
    """Return the name of the schema that a space is on PostgreSQL, in one of the databases."""
    return f"space_{space}" if alias == DEFAULT_DB_ALIAS else f"space_{space}_{alias}"


def space_folder(name: str) -> Path:
    """Return the folder of a space in the instance's home. On PostgreSQL it is its mark, and empty."""
    home: Path = settings.HOME
    check_space_name(name.lstrip(ASIDE))
    return home / "spaces" / name


def space_exists(name: str) -> bool:
    """Say whether the space has been made; the shop's own always has."""
    return name == LIVE or space_folder(name).is_dir()


def list_spaces() -> list[str]:
    """Return the names of the spaces there are beside the shop's own."""
    folder: Path = settings.HOME / "spaces"
    if not folder.is_dir():
        return []
    return sorted(one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith(ASIDE))


@contextmanager
def all_spaces() -> Iterator[list[str]]:
    """Give the names of the spaces beside the shop's own, to look into each; afterwards none is held open.

    There may be many, and every thread that once looked would keep two connections to each for good.
    """
    try:
        yield list_spaces()
    finally:
        close_spaces()


def make_folders(folder: Path) -> None:
    """Make a space's folder, and the one they lie in, for nobody else's eyes."""
    for one in (folder.parent, folder):
        one.mkdir(mode=0o700, exist_ok=True)


def make_space(name: str) -> None:
    """Make room for a space: its files, or its schemas, without tables. Again does no harm."""
    folder = space_folder(name)
    make_folders(folder)
    for alias in connections:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            os.close(os.open(folder / f"{alias}.sqlite3", os.O_RDWR | os.O_CREAT, 0o600))
        else:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema_of(alias, name)}")


def close_spaces() -> None:
    """Close this thread's connections to all spaces but its own."""
    for name, opened in list(_where.opened.items()):
        if name not in (LIVE, _where.name):
            for wrapper in opened.values():
                wrapper.close()
            del _where.opened[name]
            _where.stamps.pop(name, None)
