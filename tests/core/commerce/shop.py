"""A small shop for tests: a few products, and orders and returns of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from dangol.core.commerce.catalog import upsert_products
from dangol.core.commerce.drafts import (
    LineDraft,
    OrderDraft,
    Outcome,
    ProductDraft,
    ProductRef,
    ReturnDraft,
    ReturnLineDraft,
)
from dangol.core.commerce.returns import record_returns
from dangol.core.commerce.services import place_orders
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction

MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)
CATALOG = (
    ProductDraft("A1", "아메리카노", "음료 > 커피", "하우스"),
    ProductDraft("L1", "라떼", "음료 > 커피", "하우스"),
    ProductDraft("B1", "원두 200g", "원두", "하우스"),
)


def stock() -> Mapping[str, ProductRef]:
    """Put the catalog on the shelves."""
    with write_transaction():
        return upsert_products(CATALOG, recorded_at=MORNING)


def order(
    shelf: Mapping[str, ProductRef],
    customer_id: Id,
    number: str,
    at: datetime,
    *lines: tuple[str, int, int],
    **more: object,
) -> OrderDraft:
    """Return an order of (product, pieces, won) lines."""
    return OrderDraft(
        customer_id, "till", number, at, "KRW",
        [
            LineDraft(shelf[product].id, product, shelf[product].category, pieces * 1000, won, 0, won)
            for product, pieces, won in lines
        ],
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def back(
    shelf: Mapping[str, ProductRef],
    customer_id: Id,
    number: str,
    at: datetime,
    *lines: tuple[str, int, int],
    order_number: str | None = None,
) -> ReturnDraft:
    """Return a return of (product, pieces, won) lines."""
    return ReturnDraft(
        customer_id, "till", number, at, "KRW",
        [
            ReturnLineDraft(shelf[product].id, product, shelf[product].category, pieces * 1000, won)
            for product, pieces, won in lines
        ],
        order_number,
    )  # fmt: skip


def place(*drafts: OrderDraft, at: datetime = MORNING) -> Sequence[Outcome]:
    """Place the orders in one transaction, learned of at `at`."""
    with write_transaction():
        return place_orders(drafts, recorded_at=at)


def bring_back(*drafts: ReturnDraft, at: datetime = MORNING) -> Sequence[Outcome]:
    """Record the returns in one transaction, learned of at `at`."""
    with write_transaction():
        return record_returns(drafts, recorded_at=at)
