"""Changing the shop's own facts while it runs: what orders stand on stays."""

from datetime import datetime

from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.commerce.models import Order
from dangol.core.people.actors import Actor
from dangol.core.people.selectors import ShopView, shop
from dangol.core.people.shops import lock_shop, set_shop
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError


class CurrencyInUse(DomainError):
    """The shop has orders in its `currency`, which therefore stays."""

    code = "commerce.currency_in_use"


def has_orders() -> bool:
    """Say whether anything was ever ordered."""
    return Order.objects.exists()


def change_shop(*, actor: Actor, reason: str, at: datetime, **facts: str) -> ShopView:
    """Change the named ones of the shop's facts, and write down in the access log who changed what to what.

    Facts are `name`, `zone`, `currency`, `region`, `language`, `color` and `kind`; those not named stay, and
    where nothing differs nothing is written. Raises CurrencyInUse, ReasonMissing, or what `set_shop` raises;
    then nothing is changed.
    """
    with write_transaction():
        lock_shop()
        before = shop()
        wanted = ShopView(**before._asdict() | facts)
        if wanted.currency != before.currency and has_orders():
            raise CurrencyInUse(currency=before.currency)
        after = set_shop(**wanted._asdict())
        changed = [name for name in ShopView._fields if getattr(before, name) != getattr(after, name)]
        if changed:
            told = " · ".join(f"{getattr(before, name)} → {getattr(after, name)}" for name in changed)
            seen = ["shop_name" if name == "name" else name for name in changed]
            draft = AccessDraft(Access.CONFIGURE, actor, f"{reason}: {told}", seen=seen, people=0)
            record_access([draft], at=at)
    return after
