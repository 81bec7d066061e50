"""Orders and returns, a row for each line, as an import of orders takes them.

All orders come first, then all returns, whose quantities and amounts are negative and who name the order
they undo; both in the order of their keys, an order's lines in theirs.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.db.models import Sum

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.base import name_customers
from dangol.connectors.files.exports.cells import Field, money, quantity
from dangol.core.commerce.models import (
    Order,
    OrderDiscount,
    OrderLine,
    OrderTender,
    Product,
    Return,
    ReturnLine,
)
from dangol.core.people.selectors import stores_by_id
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import Model, Row, select_matching
from dangol.core.storage.walks import read_between, walk

FIELDS = (
    Field("order"), Field("return"), Field("customer"), Field("placed_at", Type.INSTANT), Field("product"),
    Field("name"), Field("category"), Field("quantity", Type.QUANTITY), Field("amount", Type.MONEY),
    Field("list_amount", Type.MONEY), Field("discount", Type.MONEY), Field("store"), Field("channel"),
    Field("currency"), Field("order_discounts"), Field("tenders"), Field("earns", Type.FLAG), Field("source"),
)  # fmt: skip
# An order has some ten lines.
_BATCH = 1_000
_ORDER = ("customer_id", "id", "source", "number", "placed_at", "store_id", "channel", "currency", "earns")
_RETURN = ("customer_id", "id", "source", "number", "order_id", "returned_at", "currency")
_ORDER_LINE = (
    "customer_id", "order_id", "number", "product_id",
    "quantity_milli", "net_minor", "list_minor", "discount_minor",
)  # fmt: skip
_RETURN_LINE = ("customer_id", "return_id", "number", "product_id", "quantity_milli", "net_minor")
_KEY = ("customer_id", "id")


class Orders:
    """Every order and return, or only those of one `source`: numbers are unique within a source."""

    fields = FIELDS

    def __init__(self, *, source: str = "") -> None:
        self._source = source
        self._where, self._params = ("source = %s", [source]) if source else ("", [])

    def count(self) -> int:
        """Return how many lines there are."""
        if not self._source:
            return OrderLine.objects.count() + ReturnLine.objects.count()
        own = Order.objects.filter(source=self._source)
        sold: int = own.aggregate(lines=Sum("line_count", default=0))["lines"]
        # Returns keep no count of their lines.
        returned = Return.objects.filter(source=self._source).values("id")
        return sold + ReturnLine.objects.filter(return_id__in=returned).count()

    def sources(self) -> list[str]:
        """Return whose orders and returns they are, by name."""
        found = Order.objects.order_by().values_list("source").distinct()
        brought = Return.objects.order_by().values_list("source").distinct()
        return sorted({source for (source,) in found.union(brought)})

    def batches(self) -> Iterator[list[Row]]:
        """Yield the lines of orders, then those of returns."""
        for orders in self._walk(Order, _ORDER):
            yield _sold(orders)
        for returns in self._walk(Return, _RETURN):
            yield _brought_back(returns)

    def _walk(self, model: Model, names: Sequence[str]) -> Iterator[list[Row]]:
        return walk(model, names, _KEY, size=_BATCH, where=self._where, params=self._params)


def _digits(currency: str) -> int:
    return int(get_currency_precision(currency))


def _own(orders: Sequence[Row], model: Model, names: Sequence[str], parent: str) -> dict[Id, list[Row]]:
    """Return what belongs to these orders or returns, by their ids, in its order."""
    keys = ("customer_id", parent)
    found: dict[Id, list[Row]] = defaultdict(list)
    rows = read_between(model, names, keys, orders[0][:2], orders[-1][:2], order_by=(*keys, "number"))
    for row in rows:
        found[row[1]].append(row)
    return found


def _products(lines: dict[Id, list[Row]]) -> dict[Id, tuple[str, str | None, str | None]]:
    """Return number, name and category of the products of the lines."""
    wanted = {row[3] for rows in lines.values() for row in rows}
    rows = select_matching(Product, ("id", "number", "name", "category"), ("id",), [(one,) for one in wanted])
    return {product_id: (number, name or None, path or None) for product_id, number, name, path in rows}


def _parts(orders: Sequence[Row], model: Model) -> dict[Id, list[tuple[str, int]]]:
    rows = _own(orders, model, ("customer_id", "order_id", "kind", "amount_minor", "number"), "order_id")
    return {order_id: [(row[2], row[3]) for row in parts] for order_id, parts in rows.items()}


def _joined(parts: Sequence[tuple[str, int]], digits: int) -> str | None:
    """Write discounts or tenders in one cell: `coupon=1000; points=500`."""
    return "; ".join(f"{kind}={money(minor, digits):f}" for kind, minor in parts) or None


def _sold(orders: Sequence[Row]) -> list[Row]:
    lines = _own(orders, OrderLine, _ORDER_LINE, "order_id")
    products = _products(lines)
    customers = name_customers([order[0] for order in orders])
    stores = stores_by_id(order[5] for order in orders if order[5])
    discounts, tenders = _parts(orders, OrderDiscount), _parts(orders, OrderTender)
    rows: list[Row] = []
    for customer_id, order_id, source, number, placed_at, store_id, channel, currency, earns in orders:
        digits = _digits(currency)
        before = (number, None, customers[customer_id], placed_at)
        behind = (
            stores[store_id].number if store_id else None, channel, currency,
            _joined(discounts.get(order_id, ()), digits), _joined(tenders.get(order_id, ()), digits),
            earns, source,
        )  # fmt: skip
        for _, _, _, product_id, milli, net, listed, discount in lines[order_id]:
            amounts = money(net, digits), money(listed, digits), money(discount, digits)
            rows.append((*before, *products[product_id], quantity(milli), *amounts, *behind))
    return rows


def _brought_back(returns: Sequence[Row]) -> list[Row]:
    lines = _own(returns, ReturnLine, _RETURN_LINE, "return_id")
    products = _products(lines)
    customers = name_customers([one[0] for one in returns])
    undone = [(one[0], one[4]) for one in returns if one[4]]
    numbers: dict[Id | None, str] = dict(select_matching(Order, ("id", "number"), _KEY, undone))
    rows: list[Row] = []
    for customer_id, return_id, source, number, order_id, returned_at, currency in returns:
        digits = _digits(currency)
        before = (numbers.get(order_id), number, customers[customer_id], returned_at)
        behind: tuple[Any, ...] = (None, None, None, None, currency, None, None, None, source)
        for _, _, _, product_id, milli, net in lines[return_id]:
            rows.append((*before, *products[product_id], _taken_back(milli), money(-net, digits), *behind))
    return rows


def _taken_back(milli: int) -> Decimal | None:
    # A return of nothing but money must stay a return, and zero has no sign.
    return quantity(-milli) if milli else None
