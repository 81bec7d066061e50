"""What the tests of the till need: promotions, coupons and points in the story's shop."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import earn_points
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id, new_id
from dangol.domain.promotions import Cart, Line
from dangol.rooms.rewards.coupons.batches import BatchDraft, create_batch
from dangol.rooms.rewards.coupons.holding import issue
from dangol.rooms.rewards.coupons.models import BatchKind
from dangol.rooms.rewards.promotions.asking import Asked
from dangol.rooms.rewards.promotions.checkout import unpack_checkout, write_checkout
from dangol.rooms.rewards.promotions.editing import create_promotion, publish
from dangol.rooms.rewards.promotions.sales import reserve
from dangol.web.reads.till import Basket, sell
from dangol.web.till_cart import PRODUCT
from tests.web.story import CURRENCY, NOW

# A point pays a cent, from 100 points on, in hundreds, at most half of the goods.
TENDER = {"points": 1, "minor": 1, "least_points": 100, "step_points": 100, "most_share": 5_000}


def let_checkout(**content: Any) -> None:
    """Let the shop's checkout answer so."""
    write_checkout(unpack_checkout({"tender": TENDER, **content}), changed_by="owner", at=NOW)


def offer(*benefits: dict[str, Any], name: str = "가을 행사", **content: Any) -> Id:
    """Publish a promotion in dollars."""
    raw = {"name": name, "currency": "USD", "benefits": list(benefits), **content}
    promotion_id = create_promotion(raw, made_by="owner", at=NOW)
    publish(promotion_id, revision=1, published_by="owner", at=NOW)
    return promotion_id


def percent(share: int) -> dict[str, Any]:
    """Return so many percent off."""
    return {"kind": "percent", "basis_points": share * 100}


def coupon_for(customer_id: Id, *, name: str = "단골 반값", **content: Any) -> str:
    """Return a code of a member's own, of ten percent off."""
    promotion_id = offer(percent(10), name=name, needs_code=True, **content)
    unique = BatchDraft(promotion_id, name, BatchKind.UNIQUE, "FALL-####-####-####-####", 2)
    return issue(create_batch(unique, by="owner", at=NOW), customer_id, name, at=NOW)


def give(customer_id: Id, points: int) -> None:
    """Give points that can be spent now."""
    earn_points(customer_id, points=points, currency=CURRENCY, key="given", at=NOW, reason="선물")


def hold_points(customer_id: Id, *, at: datetime = NOW) -> Id:
    """Hold a sale that uses points of a member and a coupon, and asks them; returns the sale."""
    let_checkout(confirm_points_from=1)
    if spendable(customer_id) < 1_000:
        earn_points(customer_id, points=1_000, currency=CURRENCY, key=new_id().hex(), at=at, reason="선물")
    cart = Cart("USD", (Line("amount", PRODUCT, 5_000), Line("line-0", "2", 450, 2)))
    asked = Asked(cart=cart, as_of=at, customer_id=customer_id, pay_points=1_000, channel="store")
    return reserve(asked, at=at).id


def sell_with_coupon(customer_id: Id, *, key: UUID | None = None) -> str:
    """Sell two coffees and an amount with a coupon and points; returns the order's number."""
    let_checkout()
    earn_points(customer_id, points=1_000, currency=CURRENCY, key=new_id().hex(), at=NOW, reason="선물")
    lines = (Line("line-0", "2", 450, 2), Line("amount", PRODUCT, 5_000))
    basket = Basket(customer_id, lines, (coupon_for(customer_id, name=f"반값 {new_id().hex()[-4:]}"),), 1_000)
    clerk = Actor(ActorKind.STAFF, "owner")
    return sell(basket, shop(), actor=clerk, key=key or uuid4(), at=NOW).number


def spendable(customer_id: Id) -> int:
    """Return the points somebody may spend now."""
    return balances_of([customer_id], CURRENCY)[customer_id].available
