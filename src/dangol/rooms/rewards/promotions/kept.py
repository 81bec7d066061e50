"""Live promotions kept in the process, ready to be asked of cart after cart.

They are kept under the stamp that the database renews with every change (see `rewards.kept`): it is read with
each cart, so that what was published, paused or archived counts for the very next one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from dangol.core.segments.catalog import current_orders
from dangol.core.segments.running import stored_types
from dangol.core.storage.columns import Row
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import Select, all_of, read_rows
from dangol.core.storage.rows import select_matching
from dangol.domain.conditions import Needs, needs
from dangol.domain.promotions.benefits import Multiplier, Points, PointsRate, Stamps
from dangol.domain.promotions.book import Book
from dangol.domain.promotions.catalog import CART_TRAITS
from dangol.domain.promotions.rules import Promotion
from dangol.domain.promotions.settings import Settings
from dangol.domain.tender import TenderRule
from dangol.rooms.rewards.promotions import models
from dangol.rooms.rewards.promotions.checkout import DEFAULTS, CheckoutContent, read_checkout
from dangol.rooms.rewards.promotions.contents import Limited, LimitsContent, read_promotion, unpack_text

_GIVING = (Points, PointsRate, Multiplier, Stamps)


class Shelf(NamedTuple):
    """What carts are asked by: the live promotions, their limits, and how the shop answers."""

    stamp: Id | None
    book: Book
    limits: Mapping[Id, LimitsContent]
    needs: Needs | None
    settings: Settings
    checkout: CheckoutContent

    @property
    def tender(self) -> TenderRule | None:
        """What points pay."""
        return self.checkout.as_tender()

    def is_current(self, stamp_rows: Sequence[Row]) -> bool:
        """Say whether this is what the stamp that has been read stands for."""
        return self.stamp is not None and stamp_rows == [(self.stamp,)]


class _Kept:
    """What this process has loaded last. Threads may load at once; whatever stays is whole."""

    shelf = Shelf(None, Book(()), {}, None, DEFAULTS.as_settings(), DEFAULTS)


def select_stamp() -> Select:
    """Return what reads the stamp of what is published now."""
    return all_of(models.PromotionStamp, ("stamp",))


def current_shelf() -> Shelf:
    """Return what carts are asked by now. One statement while nothing was published."""
    select = select_stamp()
    rows = read_rows(select.model, select.names, select.sql)
    if not _Kept.shelf.is_current(rows):
        _Kept.shelf = make_shelf(load_live(), read_checkout(), stamp=rows[0][0] if rows else None)
    return _Kept.shelf


def make_shelf(limited: Sequence[Limited], checkout: CheckoutContent, *, stamp: Id | None = None) -> Shelf:
    """Return promotions ready to be asked."""
    promotions = [one.promotion for one in limited]
    limits = {one.promotion.id: one.limits for one in limited}
    return Shelf(stamp, Book(promotions), limits, _needs(promotions), checkout.as_settings(), checkout)


def _needs(promotions: Sequence[Promotion]) -> Needs | None:
    """Return what is asked of the customer, without what evaluation tells itself; None: nothing."""
    conditions = [one.condition for one in promotions if one.condition is not None]
    if not conditions:
        return None
    found = needs(*conditions)
    return replace(found, traits=frozenset(one for one in found.traits if one not in CART_TRAITS))


def load_live() -> list[Limited]:
    """Return the promotions in force, in the version of each that is. Two statements, and one for orders."""
    live = models.Promotion.objects.filter(version__isnull=False, paused_at=None, archived_at=None)
    numbers = sorted(live.values_list("id", "version"))
    rows = select_matching(
        models.PromotionVersion,
        ("promotion_id", "number", "content", "types"),
        ("promotion_id", "number"),
        numbers,
    )
    types = {row[0]: stored_types(row[3]) for row in rows}
    orders = current_orders(name for own in types.values() for name in own)
    return [
        read_promotion(key, number, unpack_text(content), {**types[key], **orders}, checked=False)
        for key, number, content, _ in rows
    ]


def giving_only() -> frozenset[Id]:
    """Return the live promotions that take nothing off a price: those that give points or stamps alone.

    They are for what has been paid in full already.
    """
    return frozenset(
        one.promotion.id
        for one in current_shelf().book.entries
        if all(isinstance(benefit, _GIVING) for benefit in one.promotion.benefits)
    )
