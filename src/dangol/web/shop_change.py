"""Changing the shop's facts on a page: until the first order its programs follow, and test spaces."""

from django.http import HttpRequest

from dangol.core.commerce.shop_facts import change_shop, has_orders
from dangol.core.people.selectors import ShopView
from dangol.core.people.shops import set_shop
from dangol.core.storage.spaces import in_space, list_spaces
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.first_program import follow_shop
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of


def change_facts(request: HttpRequest, *, reason: str, **facts: str) -> None:
    """Change the named facts of the shop. Raises what `change_shop` raises; then nothing is changed.

    A program counts purchases in its own currency only: left in that of the machine a shop was made on, it
    would give nothing for any of them. A test space in which nothing was ordered is told the same.
    """
    with write_transaction():
        after = change_shop(actor=actor_of(request), reason=reason, at=frame_of(request).at, **facts)
        _follow(after)
    for name in list_spaces():
        with in_space(name), write_transaction():
            if not has_orders():
                set_shop(**after._asdict())
                _follow(after)


def _follow(shop: ShopView) -> None:
    if not has_orders():
        follow_shop(currency=shop.currency, zone=shop.zone, language=shop.language)
