"""Promotions of the story's shop: one in force and used, one with a draft, others put away or to come."""

from datetime import timedelta
from typing import Any

from dangol.core.storage.ids import Id, show_id
from dangol.core.tasks.runner import Runner
from dangol.domain.promotions import Cart, Line
from dangol.rooms.rewards.promotions import committing, editing, sales
from dangol.rooms.rewards.promotions.asking import Asked
from dangol.rooms.rewards.promotions.models import Promotion
from dangol.rooms.rewards.promotions.simulations import cancel_trial, start_trial
from tests.web.story import NOW, Story

PERCENT: dict[str, Any] = {"kind": "percent", "basis_points": 1_000}
MEMBER: dict[str, Any] = {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True}
EVERYTHING: dict[str, Any] = {
    "name": "반값 행사", "currency": "USD", "cap_minor": 5_000, "needs_code": True, "lane": "after",
    "priority": 7, "exclusive_group": "행사", "category": "sale",
    "active_from": (NOW - timedelta(days=1)).isoformat(),
    "active_to": (NOW + timedelta(days=30)).isoformat(),
    "condition": {"type": "all", "of": [MEMBER, {"type": "trait", "trait": "time.weekday", "op": "in",
                                               "value": ["mon", "sun"]}]},
    "target": {"include": {"categories": ["GROCERY > DAIRY"], "products": ["1"]}, "exclude": {"tags": ["x"]},
               "discounted": "skip_marked", "most_units": 5, "cheapest_first": True},
    "minimum": {"minor": 1_250, "units": 2, "of_target": True},
    "limits": {"uses": 100, "customer_uses": 2, "period_uses": 1, "period": "week", "units": 300,
               "budget_minor": 100_000},
    "benefits": [
        PERCENT,
        {"kind": "amount", "minor": 150, "is_each": True},
        {"kind": "new_price", "minor": 0},
        {"kind": "tiered", "by": "units", "steps": [
            {"at_least": 2, "benefit": PERCENT}, {"at_least": 5, "benefit": {"kind": "amount", "minor": 999}},
        ]},
        {"kind": "nth_free", "nth": 3, "basis_points": 5_000, "most_units": 4, "which": "of_each"},
        {"kind": "buy_get", "buy": {"skus": ["B"]}, "buy_count": 2, "get_count": 1},
        {"kind": "bundle", "price_minor": 1_000, "most": 2, "parts": [
            {"items": {"products": ["1"]}, "count": 1}, {"items": {"tags": ["hot"]}, "count": 2},
        ]},
        {"kind": "free_shipping", "most_minor": 500},
        {"kind": "gift", "product": "2", "count": 1},
        {"kind": "multiplier", "num": 3, "den": 2},
    ],
}  # fmt: skip


def address(promotion_id: Id, act: str = "") -> str:
    """Return the address of a promotion's page, or of something done to it."""
    return f"/promotions/{show_id(promotion_id)}{act}"


def draft(**content: Any) -> Id:
    """Begin a promotion."""
    raw = {"name": "할인", "currency": "USD", "benefits": [PERCENT], **content}
    return editing.create_promotion(raw, made_by="marketer", at=NOW)


def publish(**content: Any) -> Id:
    """Publish a promotion."""
    promotion_id = draft(**content)
    editing.publish(promotion_id, revision=1, published_by="owner", at=NOW)
    return promotion_id


def buy(member: Id | None, number: str, *, minor: int = 2_000) -> None:
    """Let somebody buy a carton of milk at the checkout."""
    cart = Cart("USD", (Line("1", "1", minor, categories=("GROCERY > DAIRY > MILK",)),))
    sale = sales.reserve(Asked(cart=cart, as_of=NOW, customer_id=member), at=NOW)
    committing.commit(sale.id, source="till", number=number, at=NOW)


def simulate(promotion_id: Id, days: int = 90) -> list[Id]:
    """Try a promotion on past orders: a run that is done, one that was stopped and one that waits."""
    content = editing.find_promotion(promotion_id).content

    def start() -> Id:
        since = NOW - timedelta(days=days)
        return start_trial(
            promotion_id, content, is_draft=False, since=since, until=NOW, asked_by="owner", at=NOW
        )

    done = start()
    while Runner(clock=lambda: NOW).run_due():
        pass
    stopped = start()
    cancel_trial(stopped)
    return [done, stopped, start()]


def tell_promotions(story: Story) -> tuple[Id, Id]:
    """Make the promotions unless they are there; returns that in force, and one with a draft that is to be.

    The first is used by the regular and by somebody unknown.
    """
    made = dict(Promotion.objects.values_list("name", "id"))
    if "단골 행사" in made:
        return made["단골 행사"], made["반값 행사"]
    live = publish(name="단골 행사", limits={"budget_minor": 1_000, "uses": 50})
    for place, member in enumerate((story.regular, None)):
        buy(member, f"promotion-{place}")
    changed = {"name": "단골 행사", "currency": "USD", "benefits": [{**PERCENT, "basis_points": 6_000}]}
    editing.write_draft(live, changed, revision=None, changed_by="marketer", at=NOW)
    simulate(live)
    publish(name="늦은 행사", active_from=(NOW + timedelta(days=9)).isoformat())
    editing.archive(publish(name="배달 행사"), at=NOW)
    return live, draft(**EVERYTHING)
