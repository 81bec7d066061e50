"""Gift cards and store credit."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Unpack

from dangol_client.machine_answers import Approval
from dangol_client.sending import Sending, Wire, place
from dangol_client.stored_value_answers import (
    CardRefund,
    Credit,
    GiftCard,
    GiftCardBatch,
    GiftCardCode,
    GiftCardCodes,
    HandedOut,
    NewGiftCard,
    OwedAt,
    StoredValueSettings,
    ValueMove,
)


@dataclass(frozen=True, slots=True)
class GiftCardBatchDraft:
    """Cards to be made ahead: so many of one amount. Those for sale pay once each is activated."""

    name: str
    minor: int
    count: int
    is_given: bool = False
    expires_at: datetime | None = None
    reason: str = ""


class GiftCardCalls:
    """Gift cards, and what the shop owes for them."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self, *, tail: str = "", state: str = "", batch: str | None = None, page_size: int | None = None
    ) -> Iterator[GiftCard]:
        """Go through cards, the newest first: those whose code ends so, that stand so, or of a batch."""
        asked = {"tail": tail or None, "state": state or None, "batch": batch, "limit": page_size}
        return self._wire.pages("/gift-cards", GiftCard, asked)

    def sell(
        self,
        minor: int,
        *,
        price_minor: int | None = None,
        is_given: bool = False,
        expires_at: datetime | None = None,
        member: str | None = None,
        store: str | None = None,
        reason: str = "",
        **sending: Unpack[Sending],
    ) -> NewGiftCard:
        """Sell a card, or give one, which needs a reason; its code is told this once."""
        body = {
            "minor": minor, "price_minor": price_minor, "is_given": is_given, "expires_at": expires_at,
            "member": member, "store": store, "reason": reason,
        }  # fmt: skip
        return self._wire.write("/gift-cards", body, NewGiftCard, sending)

    def look_up(self, code: str, *, typed_by: str = "staff", address: str = "") -> GiftCard:
        """Return the card that has a code; of a shopper wrong ones are counted."""
        body = {"code": code, "typed_by": typed_by, "address": address}
        return self._wire.write("/gift-cards/look-up", body, GiftCard, {})

    def get(self, card: str) -> GiftCard:
        """Return a card."""
        return self._wire.read(_of(card), GiftCard)

    def moves(self, card: str, *, page_size: int | None = None) -> Iterator[ValueMove]:
        """Go through how money came to a card and went, the latest first."""
        return self._wire.pages(f"{_of(card)}/moves", ValueMove, {"limit": page_size})

    def activate(
        self,
        card: str,
        *,
        price_minor: int | None = None,
        store: str | None = None,
        reason: str = "",
        **sending: Unpack[Sending],
    ) -> GiftCard:
        """Sell a card that was made ahead."""
        body = {"price_minor": price_minor, "store": store, "reason": reason}
        return self._wire.write(f"{_of(card)}/activate", body, GiftCard, sending)

    def top_up(
        self,
        card: str,
        minor: int,
        *,
        price_minor: int | None = None,
        store: str | None = None,
        reason: str = "",
        **sending: Unpack[Sending],
    ) -> GiftCard:
        """Put more money on a card."""
        body = {"minor": minor, "price_minor": price_minor, "store": store, "reason": reason}
        return self._wire.write(f"{_of(card)}/top-up", body, GiftCard, sending)

    def block(self, card: str, reason: str, **sending: Unpack[Sending]) -> GiftCard:
        """Let a card pay no more."""
        return self._wire.write(f"{_of(card)}/block", {"reason": reason}, GiftCard, sending)

    def open(self, card: str, reason: str, **sending: Unpack[Sending]) -> GiftCard:
        """Let a card that was blocked pay again."""
        return self._wire.write(f"{_of(card)}/open", {"reason": reason}, GiftCard, sending)

    def refundable(self, card: str, *, as_credit: bool = False) -> CardRefund:
        """Return what would be handed out for a card now, or why nothing is."""
        asked = {"as_credit": "true"} if as_credit else {}
        return self._wire.read(f"{_of(card)}/refund", CardRefund, asked)

    def refund(
        self,
        card: str,
        reason: str,
        *,
        as_credit: bool = False,
        store: str | None = None,
        **sending: Unpack[Sending],
    ) -> HandedOut:
        """Hand out what the terms say for what is left on a card."""
        body = {"reason": reason, "as_credit": as_credit, "store": store}
        return self._wire.write(f"{_of(card)}/refund", body, HandedOut, sending)

    def batches(self) -> Iterator[GiftCardBatch]:
        """Go through the latest batches."""
        return self._wire.pages("/gift-card-batches", GiftCardBatch, {})

    def make(self, draft: GiftCardBatchDraft, **sending: Unpack[Sending]) -> GiftCardBatch | Approval:
        """Make cards ahead; many given ones wait for a person's approval."""
        return self._wire.write_or("/gift-card-batches", asdict(draft), GiftCardBatch, Approval, sending)

    def batch(self, batch: str) -> GiftCardBatch:
        """Return a batch."""
        return self._wire.read(place("/gift-card-batches/{batch}", batch=batch), GiftCardBatch)

    def codes(self, batch: str, reason: str, **sending: Unpack[Sending]) -> "tuple[GiftCardCode, ...]":
        """Return the cards of a batch with their codes; who asked and why is written down."""
        path = place("/gift-card-batches/{batch}/codes", batch=batch)
        return tuple(self._wire.write(path, {"reason": reason}, GiftCardCodes, sending).data)

    def held_by(self, member: str) -> Iterator[GiftCard]:
        """Go through the cards a member holds."""
        return self._wire.pages(place("/members/{member}/gift-cards", member=member), GiftCard, {})

    def claim(
        self,
        member: str,
        code: str,
        *,
        typed_by: str = "staff",
        address: str = "",
        **sending: Unpack[Sending],
    ) -> GiftCard:
        """Let a member hold the card that has this code."""
        body = {"code": code, "typed_by": typed_by, "address": address}
        return self._wire.write(place("/members/{member}/gift-cards", member=member), body, GiftCard, sending)

    def owed(self, at: datetime | None = None) -> OwedAt:
        """Return what the shop owed for cards and credit at an instant, or owes now."""
        return self._wire.read("/stored-value/owed", OwedAt, {"at": at.isoformat()} if at else {})

    def settings(self) -> StoredValueSettings:
        """Return how the shop answers for cards and credit."""
        return self._wire.read("/stored-value-settings", StoredValueSettings)

    def change_settings(
        self,
        content: Mapping[str, Any],
        *,
        version: int | None = None,
        reason: str | None = None,
        **sending: Unpack[Sending],
    ) -> StoredValueSettings | Approval:
        """Let the shop answer so, whole; what is left out is at its default.

        With the `version` you have seen only where that is in force. Where it loosens a limit on what one
        person may do alone, the answer is an Approval.
        """
        body = {"content": dict(content), "version": version, "reason": reason}
        path = "/stored-value-settings"
        return self._wire.write_or(path, body, StoredValueSettings, Approval, sending, method="PUT")


class CreditCalls:
    """Store credit of members."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def of(self, member: str) -> Iterator[Credit]:
        """Go through a member's credit by currency."""
        return self._wire.pages(place("/members/{member}/credit", member=member), Credit, {})

    def moves(self, member: str, *, page_size: int | None = None) -> Iterator[ValueMove]:
        """Go through how money came to a member's credit and went, the latest first."""
        path = place("/members/{member}/credit-moves", member=member)
        return self._wire.pages(path, ValueMove, {"limit": page_size})

    def give(
        self,
        member: str,
        minor: int,
        reason: str,
        *,
        currency: str | None = None,
        expires_at: datetime | None = None,
        store: str | None = None,
        **sending: Unpack[Sending],
    ) -> ValueMove | Approval:
        """Give a member store credit.

        Above the limit of a day nothing moves yet: the answer is an Approval, which waits for a person.
        """
        body = {
            "minor": minor, "reason": reason, "currency": currency, "expires_at": expires_at, "store": store
        }  # fmt: skip
        return self._wire.write_or(
            place("/members/{member}/credit", member=member), body, ValueMove, Approval, sending
        )

    def take(
        self,
        member: str,
        minor: int,
        reason: str,
        *,
        currency: str | None = None,
        store: str | None = None,
        **sending: Unpack[Sending],
    ) -> ValueMove | Approval:
        """Take store credit of a member's away: never more than there is, and much of it as it is given."""
        body = {"minor": minor, "reason": reason, "currency": currency, "store": store}
        path = place("/members/{member}/credit/take", member=member)
        return self._wire.write_or(path, body, ValueMove, Approval, sending)


def _of(card: str) -> str:
    return place("/gift-cards/{card}", card=card)
