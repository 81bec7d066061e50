"""What commerce holds about one person."""

from collections import defaultdict
from collections.abc import Sequence

from dangol.core.commerce.models import (
    Order,
    OrderAct,
    OrderDiscount,
    OrderLine,
    OrderMilestone,
    OrderTender,
    Product,
    Return,
    ReturnLine,
)
from dangol.core.people.selectors import stores_by_id
from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id, parse_id
from dangol.core.storage.rows import Model, select_matching

_ORDER = (
    "customer_id", "id", "source", "number", "placed_at", "store_id", "channel", "currency",
    "list_minor", "discount_minor", "net_minor", "earns",
)  # fmt: skip
_LINE = ("number", "product_id", "quantity_milli", "list_minor", "discount_minor", "net_minor")
_PART = ("number", "kind", "amount_minor")
_RETURN = ("customer_id", "id", "source", "number", "order_id", "returned_at", "currency", "net_minor")
_BACK = ("number", "product_id", "order_id", "order_line", "quantity_milli", "net_minor")


def read_orders(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return every order with its lines, discounts, how it was paid, how far it came, and what staff did."""
    orders = rows_of(Order, _ORDER, customer_ids, order_by=("placed_at", "id"))
    stores = stores_by_id({parse_id(one["store_id"]) for one in orders if one["store_id"]})
    numbers = {store_id: store.number for store_id, store in stores.items()}
    parts = {
        "lines": _parts(OrderLine, "order_id", _LINE, customer_ids),
        "discounts": _parts(OrderDiscount, "order_id", _PART, customer_ids),
        "tenders": _parts(OrderTender, "order_id", _PART, customer_ids),
        "acts": _acts(customer_ids),
        "milestones": _milestones(customer_ids),
    }
    return [
        {name: value for name, value in one.items() if name != "store_id"}
        | {"store": numbers.get(parse_id(one["store_id"])) if one["store_id"] else None}
        | {name: found[one["id"]] for name, found in parts.items()}
        for one in orders
    ]


def _milestones(customer_ids: Sequence[Id]) -> dict[str, list[Fact]]:
    """Return how far each order has come, and when."""
    found: dict[str, list[Fact]] = defaultdict(list)
    names = ("order_id", "milestone", "at")
    for row in rows_of(OrderMilestone, names, customer_ids, order_by=("order_id", "at")):
        found[row["order_id"]].append({"milestone": row["milestone"], "at": row["at"]})
    return found


def _acts(customer_ids: Sequence[Id]) -> dict[str, list[Fact]]:
    """Return what staff did to put each order right, and why; who it was is not told."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for row in rows_of(
        OrderAct, ("order_id", "act", "at", "reason"), customer_ids, order_by=("order_id", "at")
    ):
        found[row["order_id"]].append({name: row[name] for name in ("act", "at", "reason")})
    return found


def read_returns(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return everything they brought back, with the order lines it came from."""
    lines = _parts(ReturnLine, "return_id", _BACK, customer_ids)
    returns = rows_of(Return, _RETURN, customer_ids, order_by=("returned_at", "id"))
    return [{**one, "lines": lines[one["id"]]} for one in returns]


def _parts(
    model: Model, parent: str, names: Sequence[str], customer_ids: Sequence[Id]
) -> dict[str, list[Fact]]:
    """Return the rows of a table of parts by their parents; of products their number and name."""
    rows = rows_of(model, (parent, *names), customer_ids, order_by=(parent, "number"))
    products = {parse_id(row["product_id"]) for row in rows if row.get("product_id")}
    known = {
        product_id: {"product": number, "name": name}
        for product_id, number, name in select_matching(
            Product, ("id", "number", "name"), ("id",), [(one,) for one in sorted(products)]
        )
    }
    found: dict[str, list[Fact]] = defaultdict(list)
    for row in rows:
        own = {name: value for name, value in row.items() if name not in (parent, "product_id")}
        if "product_id" in row:
            own = known.get(parse_id(row["product_id"]), {}) | own
        found[row[parent]].append(own)
    return found


ORDERS = Section("orders", read_orders)
RETURNS = Section("returns", read_returns)
