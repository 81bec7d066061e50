"""Changing the shop's own facts while it runs: what orders stand on stays."""

from datetime import datetime
from functools import lru_cache

from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.commerce.models import Order
from dangol.core.people.actors import Actor
from dangol.core.people.models import Shop
from dangol.core.people.selectors import ShopView, shop
from dangol.core.people.shops import lock_shop, set_shop
from dangol.core.storage.columns import connection_of, table, vendor_of
from dangol.core.storage.plans import current_plan
from dangol.core.storage.reading import Select, all_of, read_together
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.errors import DomainError


class CurrencyInUse(DomainError):
    """The shop has orders in its `currency`, which therefore stays."""

    code = "commerce.currency_in_use"


def has_orders() -> bool:
    """Say whether anything was ever ordered."""
    return Order.objects.exists()


def select_currency() -> Select:
    """Return what reads the shop's currency, for an order that is to be stored: one row of one field.

    The first order and a change of the currency wait for each other. On SQLite they do so anyway; on
    PostgreSQL the row is locked in this same statement, as long as there is no order: after that the currency
    stays, and a lock that all orders share would only cost.
    """
    plain = all_of(Shop, ("currency",))
    if vendor_of(Shop) != "postgresql" or current_plan(connection_of(Shop).alias):
        return plain
    return plain._replace(sql=_select_kept())


@lru_cache(maxsize=1)
def _select_kept() -> str:
    shops, orders = table(Shop), table(Order)
    return (
        f"SELECT currency FROM (SELECT currency FROM {shops}"  # noqa: S608 - our own names
        f" WHERE NOT EXISTS (SELECT FROM {orders}) FOR SHARE OF {shops}) AS kept"
        f" UNION ALL SELECT currency FROM {shops} WHERE EXISTS (SELECT FROM {orders})"
    )


def keep_currency() -> str:
    """Return the currency in which this write transaction is to store an order; empty without a shop."""
    require_write_transaction()
    [rows] = read_together(select_currency())
    return str(rows[0][0]) if rows else ""


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
