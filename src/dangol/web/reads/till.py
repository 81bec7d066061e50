"""What the till sells and shows: one amount, for one member, and what it earns."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from dangol.core.access.own_account import require_not_own
from dangol.core.commerce.catalog import find_products, upsert_products
from dangol.core.commerce.drafts import LineDraft, OrderDraft, ProductDraft
from dangol.core.commerce.selectors import OrderFacts, find_order, read_order
from dangol.core.commerce.services import place_orders
from dangol.core.commerce.shop_facts import keep_currency
from dangol.core.people.actors import Actor
from dangol.core.people.selectors import ShopView, stores_by_id
from dangol.core.storage.faults import Busy
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import try_out, write_transaction
from dangol.rooms.rewards.whys import NotJudged, WhyView, accruals_of, counted_currencies, why_not_judged

SOURCE = "till"
# A till without a catalog sells amounts: they are lines of this product.
PRODUCT = "till-sale"


class Receipt(NamedTuple):
    """A sale, real or tried out: the amount in minor units, and the points it stands at."""

    number: str
    at: datetime
    amount_minor: int
    currency: str
    points: int
    why: WhyView | None
    is_undone: bool
    not_judged: NotJudged | None = None


def preview_sale(customer_id: Id, amount_minor: int, shop: ShopView, *, at: datetime) -> Receipt:
    """Return the receipt this sale would have: it is rung up, read, and taken back."""

    def act() -> Receipt:
        _place(customer_id, amount_minor, shop, "preview", at)
        return read_receipt(find_order(f"{SOURCE}:preview"))

    return try_out(act)


def sell(
    customer_id: Id,
    amount_minor: int,
    shop: ShopView,
    *,
    actor: Actor,
    key: UUID,
    at: datetime,
    store_id: Id | None = None,
) -> str:
    """Ring up a sale; returns its number. Of the same key there is one sale, however often it is sent.

    Raises OwnAccount where it is the one at the till who would earn.
    """
    require_not_own([customer_id], actor=actor)
    number = key.hex[:12].upper()
    with write_transaction():
        _place(customer_id, amount_minor, shop, number, at, store_id)
    return number


def _place(
    customer_id: Id,
    amount_minor: int,
    shop: ShopView,
    number: str,
    at: datetime,
    store_id: Id | None = None,
) -> None:
    if keep_currency() != shop.currency:
        # Changed since the page was asked: asked again, it takes the amount for one of the new currency.
        raise Busy(seconds=0)
    product = find_products([PRODUCT]).get(PRODUCT)
    if product is None:
        draft = ProductDraft(PRODUCT, _("계산대 판매"))
        product = upsert_products([draft], recorded_at=at)[PRODUCT]
    line = LineDraft(product.id, PRODUCT, product.category, 1_000, amount_minor, 0, amount_minor)
    store = stores_by_id([store_id])[store_id].number if store_id else None
    order = OrderDraft(customer_id, SOURCE, number, at, shop.currency, [line], store_id, store)
    place_orders([order], recorded_at=at)


def read_receipt(order: OrderFacts) -> Receipt:
    """Return the receipt of an order as it stands now."""
    whole = read_order(order.customer_id, order.id)
    after = accruals_of([(order.customer_id, order.id)])
    judged = [why for why in after if not why.is_return]
    points = sum(one.part.points for one in after[-1].parts) if after else 0
    returned = sum(one.net_minor for one in whole.returns)
    return Receipt(
        order.number, order.placed_at, order.net_minor, order.currency, points,
        judged[-1] if judged else None, returned >= order.net_minor,
        None if judged else why_not_judged(order.currency, counted_currencies()),
    )  # fmt: skip
