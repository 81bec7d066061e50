"""A test space for tests: made anew, and gone with the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from shutil import rmtree

from django.db import connections

from dangol.cli.spaces import fill_space
from dangol.core.people.selectors import ShopView
from dangol.core.storage.ids import new_id
from dangol.core.storage.spaces import close_spaces, make_space, space_folder

SHOP = ShopView("시험 가게", "Asia/Seoul", "KRW", "KR", "ko", None)


@contextmanager
def fresh_space(name: str) -> Iterator[str]:
    """Give a space with a shop and a first program in it; its name begins with the one given.

    On PostgreSQL it is a schema, and one that a killed test left behind is not met again.
    """
    with bare_space(name) as bare:
        fill_space(bare, SHOP)
        yield bare


@contextmanager
def bare_space(name: str) -> Iterator[str]:
    """Give room for a space, without tables, as it is while it is being made."""
    name = f"{name}{new_id().hex()[-6:]}"
    make_space(name)
    try:
        yield name
    finally:
        close_spaces()
        rmtree(space_folder(name))
        for alias in connections:
            if connections[alias].vendor == "postgresql":
                suffix = "" if alias == "default" else f"_{alias}"
                with connections[alias].cursor() as cursor:
                    cursor.execute(f"DROP SCHEMA IF EXISTS space_{name}{suffix} CASCADE")
