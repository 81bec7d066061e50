"""A shop with stamp cards, as their tests see it: ten coffees give five hundred points."""

from typing import Any

from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.domain.redeeming import RewardKind
from dangol.domain.stamps import GiftKind
from dangol.project.checks import all_checks
from dangol.rooms.rewards.catalog.editing import RewardDraft, create_reward
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.sales import SaleView, reserve
from dangol.rooms.rewards.stamps import selectors
from dangol.rooms.rewards.stamps.consumers import FOLLOW
from dangol.rooms.rewards.stamps.editing import ProgramDraft, create_program
from dangol.rooms.rewards.stamps.services import add_stamps
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.promotions.shop import AT, CURRENCY, asked, cart, offer

CLERK = Actor(ActorKind.STAFF, "kim", "김")
BY = By(CLERK, AT)
EACH = {"kind": "stamps", "card": "coffee", "per_unit": True}


def program(**fields: Any) -> Id:
    """Make a program of cards of ten that give five hundred points, or what is said."""
    key = fields.pop("key", "coffee")
    given: dict[str, Any] = {"name_ko": "커피 카드", "size": 10, "gives": GiftKind.POINTS} | fields
    if given["gives"] is GiftKind.POINTS:
        given.setdefault("points", 500)
    return create_program(ProgramDraft(**given), key=key, actor=CLERK, at=AT)


def mug(stock: int | None = None, kind: RewardKind = RewardKind.ITEM) -> Id:
    """Make a reward, with so many pieces."""
    draft = RewardDraft("머그컵", "Mug", price=60)
    return create_reward(draft, kind=kind, stock_count=stock, actor=CLERK, at=AT)


def stamp(member: Id, program_id: Id, count: int, key: str | None = None, by: By = BY) -> Id:
    """Lay stamps down by hand."""
    name = key or show_id(new_id())
    return add_stamps(member, program_id, count=count, key=name, reason="직접", by=by)


def coffees(member: Id, count: int, number: str) -> SaleView:
    """Sell coffees, each of which gives a stamp where `EACH` is offered, and let the worker by."""
    held = reserve(asked(cart(("latte", 4_500, count)), member), at=AT)
    sale = commit(held.id, source="till", number=number, at=AT)
    let_worker_by(FOLLOW)
    return sale


def sell_coffee_with_stamps() -> None:
    """Publish a promotion that gives a stamp for each unit."""
    offer(EACH, name="도장")


def shown(member: Id) -> list[tuple[str, int]]:
    """Return a member's cards, oldest first: where each stands, and its stamps."""
    return [(one.state.value, one.stamps) for one in reversed(selectors.cards_of(member))]


def points_of(member: Id) -> int:
    """Return what a member may spend."""
    return balances_of([member], CURRENCY)[member].available


def broken() -> list[str]:
    """Return what the proof finds wrong."""
    return [finding.check.name for finding in verify(all_checks()) if not finding.is_kept]
