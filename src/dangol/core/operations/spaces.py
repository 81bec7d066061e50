"""Test spaces filled with tables and the shop's own facts, and made anew."""

from collections.abc import Callable

from dangol.core.operations.migrating import migrate_databases
from dangol.core.people.models import Shop
from dangol.core.people.selectors import ShopView
from dangol.core.people.shops import set_shop
from dangol.core.storage.space_making import making_anew
from dangol.core.storage.spaces import in_space, make_space
from dangol.core.storage.transactions import write_transaction

Begin = Callable[[ShopView], object]


def fill_space(name: str, shop: ShopView, begin: Begin) -> bool:
    """Make what is missing of a space: its place, tables, the shop's facts, and what it is to `begin` with.

    Returns whether it was without a shop. Raises InvalidSpaceName.
    """
    make_space(name)
    with in_space(name):
        migrate_databases()
        with write_transaction():
            if Shop.objects.exists():
                return False
            set_shop(**shop._asdict())
            begin(shop)
    return True


def remake_space(name: str, shop: ShopView, begin: Begin) -> None:
    """Make a test space as it was at first: with nobody and nothing in it, and its clock as any other.

    The keys to it are the shop's, and open it as before. Takes seconds, in which everybody finds the old one
    as it was. Raises UnknownSpace.
    """
    with making_anew(name) as fresh:
        fill_space(fresh, shop, begin)
