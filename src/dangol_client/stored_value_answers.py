"""What the API answers about gift cards and store credit."""

from datetime import datetime
from typing import Any

from dangol_client.answers import Answer


class GiftCard(Answer, frozen=True):
    """A card, without its code: `tail` are its last characters. `minor` may be spent now."""

    id: str
    tail: str
    state: str
    currency: str
    minor: int
    lapsed_minor: int
    face_minor: int
    worth_minor: int
    is_given: bool
    member_id: str | None
    batch_id: str | None
    made_at: datetime
    activated_at: datetime | None
    expires_at: datetime | None


class NewGiftCard(Answer, frozen=True):
    """A card with its code, which is told this once."""

    card: GiftCard
    code: str


class GiftCardBatch(Answer, frozen=True):
    """A batch of cards; `active_count` of them pay."""

    id: str
    name: str
    pattern: str
    count: int
    active_count: int
    minor: int
    currency: str
    is_given: bool
    expires_at: datetime | None
    created_at: datetime
    created_by: str


class GiftCardCode(Answer, frozen=True):
    """A card of a batch with its code."""

    id: str
    code: str


class GiftCardCodes(Answer, frozen=True):
    """The cards of a batch with their codes."""

    data: list[GiftCardCode]


class ValueMove(Answer, frozen=True):
    """Money that went in (positive) or out, and why; `card`: a card's last characters, empty for credit.

    `price_minor` was paid for what was sold.
    """

    id: str
    card: str
    kind: str
    currency: str
    minor: int
    price_minor: int | None
    paid_out_minor: int
    at: datetime
    member_id: str | None
    sale_id: str | None
    gives_back_of: str | None
    by: str
    reason: str


class CardRefund(Answer, frozen=True):
    """What would be handed out for a card now, for so much of its value, or (`reason`) why nothing is."""

    minor: int
    value_minor: int
    reason: str
    needed_minor: int | None
    used_minor: int | None


class HandedOut(Answer, frozen=True):
    """What was handed out for a card, in cash or as credit."""

    minor: int
    value_minor: int
    as_credit: bool
    card: GiftCard


class Credit(Answer, frozen=True):
    """A member's credit in a currency, and how much of it lapses next, and when."""

    currency: str
    minor: int
    expires_at: datetime | None
    expiring_minor: int


class Owed(Answer, frozen=True):
    """What is on cards or credit, bought or given, and what has lapsed and may be claimed."""

    holding: str
    currency: str
    is_bought: bool
    minor: int
    claimable_minor: int


class OwedAt(Answer, frozen=True):
    """What the shop owes at an instant."""

    at: datetime
    data: list[Owed]


class StoredValueSettings(Answer, frozen=True):
    """How the shop answers for cards and credit; version 0 is as it comes."""

    content: dict[str, Any]
    version: int
    changed_by: str | None
    changed_at: datetime | None
