"""What the API takes and shows of gift cards and store credit."""

from typing import Annotated, Any, Literal

from pydantic import Field

from dangol.api.orders import Currency
from dangol.api.replies import Given, GivenInstant, Instant, Shown
from dangol.core.people.actors import LONGEST_REASON
from dangol.core.storage.ids import show_id
from dangol.domain.coupon_codes import LONGEST_CODE
from dangol.domain.gift_card_terms import NoRefund, Refund
from dangol.domain.stored_value import MOST_MINOR
from dangol.rooms.rewards.stored_value import selectors
from dangol.rooms.rewards.stored_value.cards import MOST_IN_A_BATCH, Issued
from dangol.rooms.rewards.stored_value.codes import DEFAULT_PATTERN
from dangol.rooms.rewards.stored_value.models import LONGEST_NAME
from dangol.rooms.rewards.stored_value.owed import Owed
from dangol.rooms.rewards.stored_value.refunds import HandedOut

Amount = Annotated[int, Field(ge=1, le=MOST_MINOR, strict=True)]
Price = Annotated[int, Field(ge=0, le=MOST_MINOR, strict=True)]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
WhyGiven = Annotated[
    str, Field(max_length=LONGEST_REASON, description="Why it is given, or sold for less than is on it.")
]
CodeText = Annotated[str, Field(min_length=1, max_length=4 * LONGEST_CODE)]
Store = Annotated[str, Field(max_length=64, description="A store's number.")]


class GiftCardIn(Given):
    """A card to be sold: `price_minor` is what is paid for it, without one what is on it. In the shop's
    currency.

    `is_given`: for nothing. `expires_at`, exclusive; without one as the shop's terms say.
    """

    minor: Amount
    price_minor: Price | None = None
    is_given: bool = False
    expires_at: GivenInstant | None = None
    reason: WhyGiven = ""
    member: Annotated[str, Field(max_length=64, description="Who is to hold it.")] | None = None
    store: Store | None = None


class GiftCardBatchIn(Given):
    """Cards to be made ahead: those for sale pay once each is activated, given ones at once."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    minor: Amount
    count: Annotated[int, Field(ge=1, le=MOST_IN_A_BATCH, strict=True)]
    is_given: bool = False
    expires_at: GivenInstant | None = None
    pattern: Annotated[str, Field(max_length=LONGEST_CODE)] = DEFAULT_PATTERN
    reason: WhyGiven = ""


class ActivateIn(Given):
    """What is paid for a card that was made ahead; without a price what is on it."""

    price_minor: Price | None = None
    reason: WhyGiven = ""
    store: Store | None = None


class TopUpIn(Given):
    """So much more money on a card, and what is paid for it."""

    minor: Amount
    price_minor: Price | None = None
    reason: WhyGiven = ""
    store: Store | None = None


class CardReasonIn(Given):
    """Why it is done."""

    reason: Reason


class CardRefundIn(Given):
    """Why a card's money is handed out; `as_credit`: as its holder's store credit."""

    reason: Reason
    as_credit: bool = False
    store: Store | None = None


class LookUpIn(Given):
    """A card's code. Of a shopper (`typed_by`) wrong ones are counted, and no reason is told.

    A shopper's `address` is needed where no member is named.
    """

    code: CodeText
    typed_by: Literal["staff", "shopper"] = "staff"
    address: Annotated[str, Field(max_length=64, description="The shopper's network address.")] = ""


class CardClaimIn(LookUpIn):
    """The code of a card that a member is to hold."""


class CreditIn(Given):
    """So much store credit, and why. Without a currency it is in the shop's; `expires_at` is exclusive."""

    minor: Amount
    currency: Currency | None = None
    reason: Reason
    expires_at: GivenInstant | None = None
    store: Store | None = None


class TakeCreditIn(Given):
    """So much store credit to be taken away, and why."""

    minor: Amount
    currency: Currency | None = None
    reason: Reason
    store: Store | None = None


class StoredValueSettingsIn(Given):
    """How the shop answers for cards and credit, whole; what is left out is at its default."""

    content: dict[str, Any]
    version: Annotated[int, Field(ge=0, strict=True)] | None = Field(
        None, description="The version you have seen: where another is in force, nothing is changed."
    )
    reason: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class StoredValueSettingsView(Shown):
    """How the shop answers for cards and credit; version 0 is as it comes."""

    content: dict[str, Any]
    version: int
    changed_by: str | None
    changed_at: Instant | None


class GiftCardView(Shown):
    """A card, without its code: `tail` are its last characters. `minor` may be spent now.

    `lapsed_minor` may not any more; `face_minor` is what was on it after it was last loaded, less what was
    handed out of that, and `worth_minor` what it was made for. `expires_at`: when the next of it lapses.
    """

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
    made_at: Instant
    activated_at: Instant | None
    expires_at: Instant | None


class GiftCardPage(Shown):
    """Cards, the newest first."""

    data: list[GiftCardView]
    next_cursor: str | None


class GiftCardList(Shown):
    """Cards a member holds, the newest first."""

    data: list[GiftCardView]


class NewGiftCardView(Shown):
    """A card with its code, which is told this once."""

    card: GiftCardView
    code: str


class GiftCardBatchView(Shown):
    """A batch of cards; `active_count` of them pay."""

    id: str
    name: str
    pattern: str
    count: int
    active_count: int
    minor: int
    currency: str
    is_given: bool
    expires_at: Instant | None
    created_at: Instant
    created_by: str


class GiftCardBatchList(Shown):
    """Batches, the newest first."""

    data: list[GiftCardBatchView]


class GiftCardCodeView(Shown):
    """A card of a batch with its code."""

    id: str
    code: str


class GiftCardCodeList(Shown):
    """The cards of a batch with their codes."""

    data: list[GiftCardCodeView]


class ValueMoveView(Shown):
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
    at: Instant
    member_id: str | None
    sale_id: str | None
    gives_back_of: str | None
    by: str
    reason: str


class ValueMovePage(Shown):
    """How money came and went, the latest first."""

    data: list[ValueMoveView]
    next_cursor: str | None


class CardRefundView(Shown):
    """What would be handed out for a card now, for so much of its value, or (`reason`) why nothing is."""

    minor: int
    value_minor: int
    reason: str
    needed_minor: int | None
    used_minor: int | None


class HandedOutView(Shown):
    """What was handed out for a card, in cash or as credit."""

    minor: int
    value_minor: int
    as_credit: bool
    card: GiftCardView


class CreditView(Shown):
    """A member's credit in a currency, and how much of it lapses next, and when."""

    currency: str
    minor: int
    expires_at: Instant | None
    expiring_minor: int


class CreditList(Shown):
    """A member's credit by currency."""

    data: list[CreditView]


class OwedView(Shown):
    """What is on cards or credit, bought or given, and what has lapsed and may be claimed."""

    holding: str
    currency: str
    is_bought: bool
    minor: int
    claimable_minor: int


class OwedList(Shown):
    """What the shop owes at an instant."""

    at: Instant
    data: list[OwedView]


def card_view(one: selectors.CardView) -> GiftCardView:
    """Return a card as it is shown."""
    return GiftCardView(
        id=show_id(one.id), tail=one.tail, state=one.state.value, currency=one.currency, minor=one.open_minor,
        lapsed_minor=one.lapsed_minor, face_minor=one.face_minor, worth_minor=one.minor,
        is_given=one.is_given, member_id=show_id(one.holder_id) if one.holder_id else None,
        batch_id=show_id(one.batch_id) if one.batch_id else None, made_at=one.made_at,
        activated_at=one.activated_at, expires_at=one.next_end,
    )  # fmt: skip


def new_card_view(one: selectors.CardView, made: Issued) -> NewGiftCardView:
    """Return a card with its code."""
    return NewGiftCardView(card=card_view(one), code=made.code)


def batch_view(one: selectors.BatchView) -> GiftCardBatchView:
    """Return a batch as it is shown."""
    return GiftCardBatchView(
        id=show_id(one.id), name=one.name, pattern=one.pattern, count=one.card_count,
        active_count=one.active_count, minor=one.minor, currency=one.currency, is_given=one.is_given,
        expires_at=one.expires_at, created_at=one.created_at, created_by=one.created_by,
    )  # fmt: skip


def move_view(one: selectors.MoveView) -> ValueMoveView:
    """Return a movement as it is shown."""
    return ValueMoveView(
        id=show_id(one.id), card=one.card, kind=one.kind.value, currency=one.currency, minor=one.minor,
        price_minor=one.price_minor, paid_out_minor=one.paid_out_minor, at=one.at,
        member_id=show_id(one.customer_id) if one.customer_id else None,
        sale_id=show_id(one.sale_id) if one.sale_id else None,
        gives_back_of=show_id(one.of_id) if one.of_id else None, by=one.actor_name, reason=one.reason,
    )  # fmt: skip


def refund_view(found: Refund | NoRefund) -> CardRefundView:
    """Return what would be handed out as it is shown."""
    if isinstance(found, NoRefund):
        return CardRefundView(
            minor=0, value_minor=0, reason=found.why.value, needed_minor=found.needed, used_minor=found.used
        )
    return CardRefundView(
        minor=found.minor, value_minor=found.minor + found.fee_minor, reason=found.why.value,
        needed_minor=None, used_minor=None,
    )  # fmt: skip


def handed_out_view(found: HandedOut, card: selectors.CardView) -> HandedOutView:
    """Return what was handed out as it is shown."""
    return HandedOutView(
        minor=found.minor, value_minor=found.value_minor, as_credit=found.as_credit, card=card_view(card)
    )


def credit_view(one: selectors.CreditView) -> CreditView:
    """Return credit as it is shown."""
    return CreditView(
        currency=one.currency, minor=one.minor, expires_at=one.next_end, expiring_minor=one.next_minor
    )


def owed_view(one: Owed) -> OwedView:
    """Return what is owed as it is shown."""
    return OwedView(
        holding=one.holding.value, currency=one.currency, is_bought=one.is_bought, minor=one.minor,
        claimable_minor=one.claimable_minor,
    )  # fmt: skip
