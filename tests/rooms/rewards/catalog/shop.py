"""A small shop with a program, a few members with points, and rewards: for the catalog's tests."""

from datetime import timedelta
from typing import Any

from dangol.core.ledger.services import earn_points
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.redeeming import RewardKind
from dangol.rooms.rewards.catalog.editing import RewardDraft, create_reward
from dangol.rooms.rewards.catalog.services import By, Payment, redeem_reward
from tests.rooms.rewards.shop import OPENED, open_program

POINTS = "P"
NOW = OPENED + timedelta(days=30)
CLERK = Actor(ActorKind.STAFF, "kim", "김")
BY = By(CLERK, NOW)
# So much that nothing here has to be confirmed.
FREE = Payment(10**9)


def open_shop() -> None:
    open_program()


def member_with(points: int, name: str = "1") -> Id:
    """Return a member who has so many points, which lapse in sixty days."""
    with write_transaction():
        member = resolve_customers("external", [name], recorded_at=OPENED, joined_at={name: OPENED})[name]
    if points:
        earn_points(
            member, points=points, currency=POINTS, key="start", at=OPENED,
            expires_at=OPENED + timedelta(days=60),
        )  # fmt: skip
    return member


def reward(stock: int | None = None, kind: RewardKind = RewardKind.ITEM, **fields: Any) -> Id:
    given: dict[str, Any] = {"name_ko": "머그컵", "name_en": "Mug", "price": 60} | fields
    draft = RewardDraft(**given)
    return create_reward(draft, kind=kind, stock_count=stock, actor=CLERK, at=OPENED)


def redeem(member: Id, reward_id: Id, key: str = "k", by: By = BY, *, reveals: bool = False) -> Id:
    return redeem_reward(member, reward_id, key=key, payment=FREE, by=by, reveals=reveals)
