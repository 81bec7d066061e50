"""Changing the shop's facts on a page: until the first order its programs follow them."""

from django.http import HttpRequest

from dangol.core.commerce.shop_facts import change_shop, has_orders
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.programs import follow_shop
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of


def change_facts(request: HttpRequest, *, reason: str, **facts: str) -> None:
    """Change the named facts of the shop. Raises what `change_shop` raises; then nothing is changed.

    A program counts purchases in its own currency only: left in that of the machine a shop was made on, it
    would give nothing for any of them.
    """
    with write_transaction():
        after = change_shop(actor=actor_of(request), reason=reason, at=frame_of(request).at, **facts)
        if not has_orders():
            follow_shop(currency=after.currency, zone=after.zone)
