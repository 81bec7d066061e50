"""Changing the shop's facts on a page: until the first order its programs follow, and test spaces."""

import logging
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import NamedTuple

from django.db import DatabaseError
from django.http import HttpRequest

from dangol.core.commerce.shop_facts import change_shop, has_orders
from dangol.core.people.selectors import ShopView, shop as own_shop
from dangol.core.people.shops import lock_shop, set_shop
from dangol.core.storage.spaces import TEST, all_spaces, in_space, list_spaces
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.errors import describe_error
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.first_program import follow_shop
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of

logger = logging.getLogger(__name__)


class SpaceBehind(NamedTuple):
    """A test space that did not follow the shop: something was ordered in it."""

    name: str
    zone: str
    currency: str


def change_facts(request: HttpRequest, *, reason: str, keeps_amounts: bool = False, **facts: str) -> None:
    """Change the named facts of the shop. Raises what `change_shop` and `follow_shop` raise.

    Then nothing is changed. A program counts purchases in its own currency only: left in that of the machine
    a shop was made on, it would give nothing for any of them. A test space in which nothing was ordered is
    told the same.
    """
    at = frame_of(request).at
    with write_transaction():
        lock_shop()
        before = own_shop()
        after = change_shop(actor=actor_of(request), reason=reason, at=at, **facts)
        _follow(before, after, at, keeps_amounts)
    with all_spaces() as names:
        for name in names:
            try:
                _tell_space(name, after, at, keeps_amounts)
            except (DatabaseError, DomainError) as error:
                # Being made or deleted, left behind by an upgrade, or with amounts of somebody's own: the
                # shop's own change stands all the same.
                logger.warning("shop facts: a test space could not be told: %s", describe_error(error))


def keeps_amounts(request: HttpRequest) -> bool:
    """Say whether a form tells us to change the currency under amounts that somebody has written."""
    return request.POST.get("keeps_amounts") == "1"


def find_spaces_behind(shop: ShopView) -> list[SpaceBehind]:
    """Return the test spaces that count in another zone or currency than the shop; of broken ones none."""
    behind = []
    with all_spaces() as names:
        for name in names:
            with suppress(DatabaseError, DomainError), in_space(name):
                there = own_shop()
                if (there.zone, there.currency) != (shop.zone, shop.currency):
                    behind.append(SpaceBehind(name, there.zone, there.currency))
    return behind


def free_space_name() -> str:
    """Return a name that no test space has."""
    taken = set(list_spaces())
    return next(name for number in count(2) if (name := f"{TEST}{number}") not in taken)


def _tell_space(name: str, shop: ShopView, at: datetime, keeps_amounts: bool) -> None:
    with in_space(name), write_transaction():
        lock_shop()
        if not has_orders():
            before = own_shop()
            set_shop(**shop._asdict())
            _follow(before, shop, at, keeps_amounts)


def _follow(before: ShopView, shop: ShopView, at: datetime, keeps_amounts: bool) -> None:
    if not has_orders():
        follow_shop(before, shop, at=at, keeps_amounts=keeps_amounts)
