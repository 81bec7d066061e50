"""What a till, a shop's checkout or the API tells: sales, by the shop's own numbers and names.

The way of an order whose customer waits for the points. Everything is found in one statement, and all that an
order leaves, the points and their why included, is written in one (`storage.gathering`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.commerce.catalog import found_products, learn_products, select_products
from dangol.core.commerce.drafts import LineDraft, OrderDraft, Outcome, ProductDraft, ProductRef
from dangol.core.commerce.models import OrderNumber
from dangol.core.commerce.services import Number, place_orders
from dangol.core.commerce.shop_facts import select_currency
from dangol.core.people.naming import Name, Names
from dangol.core.people.selectors import select_stores
from dangol.core.people.services import make_guests
from dangol.core.people.shops import learn_stores
from dangol.core.storage.gathering import gathered
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import matching, read_together
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.errors import NotFound


class UnknownBuyer(NotFound):
    """Nobody is known under the name that a sale gives its customer."""

    code = "order.unknown_buyer"


class SaleLine(NamedTuple):
    """A product sold, by its number. Amounts are for the whole line, in minor units; quantity in thousandths.

    `name` and `category` are what a product becomes that nobody told us of; a known one stays as it is.
    """

    product: str
    quantity_milli: int
    list_minor: int
    discount_minor: int
    net_minor: int
    name: str = ""
    category: str = ""


class Sale(NamedTuple):
    """An order as a door hears of it; see `drafts.OrderDraft`.

    Without a `buyer` it is a guest's, and so it is where the buyer `is_guest`; without a `currency` it is in
    the shop's own.
    """

    buyer: Name | None
    source: str
    number: str
    placed_at: datetime
    currency: str | None
    lines: Sequence[SaleLine]
    store: str | None = None
    channel: str = "store"
    discounts: tuple[tuple[str, int], ...] = ()
    tenders: tuple[tuple[str, int], ...] = ()
    earns: bool = True
    is_guest: bool = False

    @property
    def key(self) -> Number:
        """The source's number."""
        return self.source, self.number


class _Found(NamedTuple):
    """What a batch of sales names, as far as it is known; `guests` are the customers of guests' orders."""

    buyers: dict[Name, Id]
    products: dict[str, ProductRef]
    stores: dict[str, Id]
    guests: dict[Number, Id]
    currency: str


def ring_up(sales: Sequence[Sale], *, recorded_at: datetime) -> list[Outcome]:
    """Place orders told by the shop's own numbers; returns an outcome for each, in order.

    Must be called inside the write transaction. Products and stores nobody told us of are kept with what
    the sale says. Raises RefusedValue for a name that can be nobody's and UnknownBuyer for one that is
    nobody's, and then nothing is written. Each customer's sales come in time order. The number of
    statements does not depend on how many sales or lines there are.
    """
    require_write_transaction()
    with gathered():
        found = _find(sales)
        for place, sale in enumerate(sales):
            if sale.buyer is not None and sale.buyer not in found.buyers:
                raise UnknownBuyer(place=place, source=sale.source, number=sale.number)
        products = found.products | _learn_products(sales, found.products, recorded_at)
        missing = sorted({sale.store for sale in sales if sale.store} - found.stores.keys())
        stores = found.stores | learn_stores(missing, recorded_at=recorded_at)
        guests = found.guests | _make_guests(sales, found.guests, recorded_at)
        return place_orders(
            [
                _draft(
                    sale,
                    found.buyers[sale.buyer] if sale.buyer else guests[sale.key],
                    products,
                    stores,
                    sale.currency or found.currency,
                )
                for sale in sales
            ],
            recorded_at=recorded_at,
        )


def _find(sales: Sequence[Sale]) -> _Found:
    names = Names(sale.buyer for sale in sales if sale.buyer is not None)
    guests = sorted({sale.key for sale in sales if sale.buyer is None})
    customers, owners, products, stores, numbers, shops = read_together(
        *names.selects,
        select_products(line.product for sale in sales for line in sale.lines),
        select_stores(sale.store for sale in sales if sale.store),
        matching(OrderNumber, ("source", "number", "customer_id"), ("source", "number"), guests),
        select_currency(),
    )
    return _Found(
        names.found(customers, owners),
        found_products(products),
        dict(stores),
        {(source, number): customer_id for source, number, customer_id in numbers},
        shops[0][0] if shops else "",
    )


def _learn_products(
    sales: Sequence[Sale], known: Mapping[str, ProductRef], recorded_at: datetime
) -> dict[str, ProductRef]:
    unknown = {
        line.product: ProductDraft(line.product, line.name, line.category)
        for sale in sales
        for line in sale.lines
        if line.product not in known
    }
    return learn_products(list(unknown.values()), recorded_at=recorded_at)


def _make_guests(
    sales: Sequence[Sale], known: Mapping[Number, Id], recorded_at: datetime
) -> dict[Number, Id]:
    fresh = sorted({sale.key for sale in sales if sale.buyer is None} - known.keys())
    return dict(zip(fresh, make_guests(len(fresh), recorded_at=recorded_at), strict=True))


def _draft(
    sale: Sale,
    customer_id: Id,
    products: Mapping[str, ProductRef],
    stores: Mapping[str, Id],
    currency: str,
) -> OrderDraft:
    return OrderDraft(
        customer_id, sale.source, sale.number, sale.placed_at, currency,
        [
            LineDraft(
                products[line.product].id, line.product, products[line.product].category,
                line.quantity_milli, line.list_minor, line.discount_minor, line.net_minor,
            )
            for line in sale.lines
        ],
        stores[sale.store] if sale.store else None, sale.store or None, sale.channel,
        sale.discounts, sale.tenders, sale.earns, is_guest=sale.buyer is None or sale.is_guest,
    )  # fmt: skip
