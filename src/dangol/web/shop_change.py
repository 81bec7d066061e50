"""Changing the shop's facts on a page: until the first order its programs follow, and test spaces."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest

from dangol.core.commerce.shop_facts import change_shop, has_orders
from dangol.core.people.selectors import ShopView
from dangol.core.people.shops import set_shop
from dangol.core.storage.spaces import in_space, list_spaces
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.errors import describe_error
from dangol.rooms.rewards.first_program import follow_shop
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of

logger = logging.getLogger(__name__)


def change_facts(request: HttpRequest, *, reason: str, **facts: str) -> None:
    """Change the named facts of the shop. Raises what `change_shop` raises; then nothing is changed.

    A program counts purchases in its own currency only: left in that of the machine a shop was made on, it
    would give nothing for any of them. A test space in which nothing was ordered is told the same.
    """
    with write_transaction():
        after = change_shop(actor=actor_of(request), reason=reason, at=frame_of(request).at, **facts)
        _follow(after)
    for name in list_spaces():
        try:
            _tell_space(name, after)
        except DatabaseError as error:
            # Being made, or left behind by an upgrade: the shop's own change stands all the same.
            logger.warning("shop facts: a test space could not be told: %s", describe_error(error))


def _tell_space(name: str, shop: ShopView) -> None:
    with in_space(name), write_transaction():
        if not has_orders():
            set_shop(**shop._asdict())
            _follow(shop)


def _follow(shop: ShopView) -> None:
    if not has_orders():
        follow_shop(currency=shop.currency, zone=shop.zone, language=shop.language)
