"""Making test spaces: the shop's own facts and first program, in tables of their own, and a key to them."""

from functools import partial

from django.db import connections

from dangol.core.access.keys import make_key
from dangol.core.access.rights import Right
from dangol.core.operations import spaces
from dangol.core.people.selectors import ShopView
from dangol.core.storage.spaces import make_folders, space_exists, space_folder
from dangol.project.clock import now
from dangol.rooms.rewards.first_program import begin_with_program

# A test key opens everything its holder could break, but for people and keys: those are the shop's.
TEST_SCOPES = frozenset(Right) - {Right.STAFF_READ, Right.STAFF_WRITE, Right.KEYS_READ, Right.KEYS_WRITE}


def copy_empty_tables(name: str) -> None:
    """Give a new space on SQLite the tables of the shop's own: migrating takes long.

    They must have no rows yet. On PostgreSQL nothing is done: `fill_space` migrates.
    """
    if space_exists(name) or any(connections[alias].vendor != "sqlite" for alias in connections):
        return
    folder = space_folder(name)
    make_folders(folder)
    for alias in connections:
        path = folder / f"{alias}.sqlite3"
        with connections[alias].cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
        path.chmod(0o600)


def fill_space(name: str, shop: ShopView) -> bool:
    """Make what is missing of a space: its place, tables, the shop's facts and a first program.

    Returns whether it was without a shop. Raises InvalidSpaceName.
    """
    return spaces.fill_space(name, shop, partial(begin_with_program, at=now()))


def make_test_key(space: str, *, created_by: str) -> str:
    """Make a key to a test space and return its secret, which is stored nowhere."""
    made = make_key(name=space, space=space, scopes=TEST_SCOPES, created_by=created_by, at=now())
    return made.secret
