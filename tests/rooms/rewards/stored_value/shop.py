"""A shop that sells gift cards and gives store credit, as its tests see it."""

from datetime import datetime
from typing import Any

from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id
from dangol.project.checks import all_checks
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.promotions.sales import SaleView, reserve
from dangol.rooms.rewards.stored_value.cards import CardDraft, Issued, sell_card
from dangol.rooms.rewards.stored_value.codes import CardRef, refs_of
from dangol.rooms.rewards.stored_value.credit import give_credit
from dangol.rooms.rewards.stored_value.selectors import credit_of, find_card
from tests.rooms.rewards.promotions.shop import AT, asked, cart

CLERK = Actor(ActorKind.STAFF, "clerk@shop.example", "점원")
BY = By(CLERK, AT)


def sold(minor: int = 10_000, **draft: Any) -> Issued:
    """Sell a card with so much on it."""
    return sell_card(CardDraft(minor, draft.pop("currency", "KRW"), **draft), by=BY)


def ref(card: Issued) -> CardRef:
    """Return what stands for a card's code."""
    return refs_of([card.code])[0]


def on_card(card: Issued, at: datetime = AT) -> int:
    """Return what may be spent of a card."""
    return find_card(card.id, at=at).open_minor


def credit(customer_id: Id, minor: int, *, key: str = "given", expires_at: datetime | None = None) -> Id:
    """Give credit by hand."""
    return give_credit(customer_id, minor, "KRW", key=key, reason="사과", by=BY, expires_at=expires_at)


def on_credit(customer_id: Id, at: datetime = AT) -> int:
    """Return what may be spent of a member's credit in won."""
    return sum(one.minor for one in credit_of(customer_id, at=at) if one.currency == "KRW")


def held(customer_id: Id | None, *lines: tuple[str, int, int], shipping: int = 0, **more: Any) -> SaleView:
    """Hold a sale of these lines."""
    return reserve(asked(cart(*lines, shipping=shipping), customer_id, **more), at=more.get("at", AT))


def prove() -> None:
    """Check all that holds between balances, lots, movements and sales."""
    assert [finding.check.name for finding in verify(all_checks()) if not finding.is_kept] == []
