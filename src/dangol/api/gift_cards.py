"""Gift cards: sold, made ahead, looked up, loaded, shut and paid out; and what the shop owes for them."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.approvals import ApprovalView, show_approval
from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.cursors import make_cursor, read_id, read_instant_and_id
from dangol.api.idempotency import effect_key, form_of, once
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import GivenInstant, Limit, Reply, show
from dangol.api.stored_value_views import (
    ActivateIn,
    CardClaimIn,
    CardReasonIn,
    CardRefundIn,
    CardRefundView,
    GiftCardBatchIn,
    GiftCardBatchList,
    GiftCardBatchView,
    GiftCardCodeList,
    GiftCardCodeView,
    GiftCardIn,
    GiftCardList,
    GiftCardPage,
    GiftCardView,
    HandedOutView,
    LookUpIn,
    NewGiftCardView,
    OwedList,
    StoredValueSettingsIn,
    StoredValueSettingsView,
    TopUpIn,
    ValueMovePage,
    batch_view,
    card_view,
    handed_out_view,
    move_view,
    new_card_view,
    owed_view,
    refund_view,
)
from dangol.core.access.keys import MissingRight
from dangol.core.access.rights import Right
from dangol.core.people.selectors import find_stores, shop
from dangol.core.people.shops import UnknownStore
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value import cards, printing, refunds, selectors
from dangol.rooms.rewards.stored_value.batch_asks import ask_batch
from dangol.rooms.rewards.stored_value.codes import CardRef, refs_of
from dangol.rooms.rewards.stored_value.errors import UnknownGiftCard, UnknownGiftCardBatch
from dangol.rooms.rewards.stored_value.guessing import find_guessed_card
from dangol.rooms.rewards.stored_value.models import TAIL
from dangol.rooms.rewards.stored_value.owed import owed_on
from dangol.rooms.rewards.stored_value.settings import (
    list_settings_versions,
    read_settings,
    settings_number,
    unpack_settings,
)
from dangol.rooms.rewards.stored_value.settings_asks import change_or_ask

router = Router(tags=["gift cards"])
CardId = Annotated[str, Field(max_length=64, description="A gift card's id.")]
BatchId = Annotated[str, Field(max_length=64, description="The id of a batch of gift cards.")]


@router.get("/gift-cards", auth=Needs(Right.STORED_VALUE_READ), response=GiftCardPage)
def get_gift_cards(
    request: HttpRequest,
    tail: Annotated[str, Field(max_length=TAIL)] = "",
    state: str = "",
    batch: BatchId | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> HttpResponse:
    """List cards, the newest first: those whose code ends so (`tail`), that stand so, or of a batch.

    A whole code never stands in an address: `POST /gift-cards/look-up` finds by it.
    """
    rows = selectors.list_cards(
        at=caller_of(request).at, tail=tail, state=state, batch_id=_batch_id(batch) if batch else None,
        before=read_id(cursor), limit=limit + 1,
    )  # fmt: skip
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].id) if rest else None
    return show(GiftCardPage(data=[card_view(one) for one in shown], next_cursor=after))


@router.post("/gift-cards", auth=Needs(Right.STORED_VALUE_SELL), response={201: NewGiftCardView})
@once
def sell_gift_card(request: HttpRequest, payload: GiftCardIn) -> Reply:
    """Sell a card, or give one: it pays from now on. Its code is in this answer and in no other.

    To give one, or to sell it for less than is on it, needs `stored_value.write` and a reason, and counts
    toward what all programs give in a day (`credit_limit_minor`).
    """
    draft = cards.CardDraft(
        payload.minor, shop().currency, payload.price_minor, payload.is_given, payload.expires_at,
        find_member(payload.member) if payload.member else None, payload.reason,
    )  # fmt: skip
    _may_give(request, payload.is_given or _is_less(payload.price_minor, payload.minor))
    made = cards.sell_card(draft, by=by_of(request, payload.store))
    view = new_card_view(selectors.find_card(made.id, at=caller_of(request).at), made)
    return Reply(view, 201, {"Location": f"/api/v1/gift-cards/{show_id(made.id)}"}, holds_secret=True)


@router.post("/gift-cards/look-up", auth=Needs(Right.STORED_VALUE_READ), response=GiftCardView)
def look_up_gift_card(request: HttpRequest, payload: LookUpIn) -> HttpResponse:
    """Show the card that has a code. It changes nothing but the count of a shopper's wrong guesses."""
    at, (ref,) = caller_of(request).at, refs_of([payload.code])
    if payload.typed_by == "shopper":
        return show(card_view(find_guessed_card(ref, customer_id=None, address=payload.address, at=at)))
    return show(card_view(selectors.find_card_by_code(ref, at=at)))


@router.get("/gift-cards/{gift_card}", auth=Needs(Right.STORED_VALUE_READ), response=GiftCardView)
def get_gift_card(request: HttpRequest, gift_card: Path[CardId]) -> HttpResponse:
    """Show a card."""
    return show(_card(request, _card_id(gift_card)))


@router.get("/gift-cards/{gift_card}/moves", auth=Needs(Right.STORED_VALUE_READ), response=ValueMovePage)
def get_gift_card_moves(
    request: HttpRequest, gift_card: Path[CardId], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List how money came to a card and went, the latest first, with who did it and why."""
    found = selectors.find_card(_card_id(gift_card), at=caller_of(request).at)
    rows = selectors.moves_of_card(found.id, before=read_instant_and_id(cursor), limit=limit + 1)
    return show(page_of(rows, limit))


@router.post("/gift-cards/{gift_card}/activate", auth=Needs(Right.STORED_VALUE_SELL), response=GiftCardView)
@once
def activate_gift_card(request: HttpRequest, gift_card: Path[CardId], payload: ActivateIn) -> Reply:
    """Sell a card that was made ahead: it pays from now on."""
    card_id = _card_id(gift_card)
    worth = selectors.find_card(card_id, at=caller_of(request).at).minor
    _may_give(request, _is_less(payload.price_minor, worth))
    cards.activate(
        card_id, price_minor=payload.price_minor, key=effect_key(request),
        by=by_of(request, payload.store), reason=payload.reason,
    )  # fmt: skip
    return Reply(_card(request, card_id))


@router.post("/gift-cards/{gift_card}/top-up", auth=Needs(Right.STORED_VALUE_SELL), response=GiftCardView)
@once
def top_up_gift_card(request: HttpRequest, gift_card: Path[CardId], payload: TopUpIn) -> Reply:
    """Put more money on a card, against its price."""
    card_id = _card_id(gift_card)
    _may_give(request, _is_less(payload.price_minor, payload.minor))
    cards.top_up(
        card_id, payload.minor, price_minor=payload.price_minor, key=effect_key(request),
        by=by_of(request, payload.store), reason=payload.reason,
    )  # fmt: skip
    return Reply(_card(request, card_id))


@router.post("/gift-cards/{gift_card}/block", auth=Needs(Right.STORED_VALUE_WRITE), response=GiftCardView)
@once
def block_gift_card(request: HttpRequest, gift_card: Path[CardId], payload: CardReasonIn) -> Reply:
    """Let a card pay no more."""
    return _block(request, gift_card, payload.reason, is_blocked=True)


@router.post("/gift-cards/{gift_card}/open", auth=Needs(Right.STORED_VALUE_WRITE), response=GiftCardView)
@once
def open_gift_card(request: HttpRequest, gift_card: Path[CardId], payload: CardReasonIn) -> Reply:
    """Let a card that was blocked pay again."""
    return _block(request, gift_card, payload.reason, is_blocked=False)


def _block(request: HttpRequest, card: str, reason: str, *, is_blocked: bool) -> Reply:
    card_id = _card_id(card)
    cards.block(card_id, is_blocked=is_blocked, reason=reason, by=by_of(request, None))
    return Reply(_card(request, card_id))


@router.get("/gift-cards/{gift_card}/refund", auth=Needs(Right.STORED_VALUE_READ), response=CardRefundView)
def get_gift_card_refund(
    request: HttpRequest, gift_card: Path[CardId], as_credit: bool = False
) -> HttpResponse:
    """Say what would be handed out for a card now by the shop's terms, or why nothing is."""
    at = caller_of(request).at
    found = selectors.find_card(_card_id(gift_card), at=at)
    return show(refund_view(selectors.refund_for(found, at=at, as_credit=as_credit)))


@router.post("/gift-cards/{gift_card}/refund", auth=Needs(Right.STORED_VALUE_WRITE), response=HandedOutView)
@once
def refund_gift_card(request: HttpRequest, gift_card: Path[CardId], payload: CardRefundIn) -> Reply:
    """Hand out what the terms say for what is left on a card: in cash, or as its holder's store credit."""
    card_id = _card_id(gift_card)
    found = refunds.refund(
        card_id, as_credit=payload.as_credit, reason=payload.reason, key=effect_key(request),
        by=by_of(request, payload.store),
    )  # fmt: skip
    return Reply(handed_out_view(found, selectors.find_card(card_id, at=caller_of(request).at)))


@router.get("/gift-card-batches", auth=Needs(Right.STORED_VALUE_READ), response=GiftCardBatchList)
def get_gift_card_batches(request: HttpRequest) -> HttpResponse:
    """List the two hundred latest batches of cards."""
    return show(GiftCardBatchList(data=[batch_view(one) for one in selectors.list_batches()]))


@router.post(
    "/gift-card-batches",
    auth=Needs(Right.STORED_VALUE_WRITE),
    response={201: GiftCardBatchView, 202: ApprovalView},
)
@once
def make_gift_card_batch(request: HttpRequest, payload: GiftCardBatchIn) -> Reply:
    """Make cards ahead, to be printed or handed out (201).

    Given ones need a reason, and wait for a person's approval (202) where they are more than all programs
    together give in a day (`credit_limit_minor`).
    """
    draft = cards.BatchDraft(
        payload.name, payload.minor, shop().currency, payload.count, payload.is_given, payload.expires_at,
        payload.pattern, payload.reason,
    )  # fmt: skip
    made, waits = ask_batch(draft, by=by_of(request, None), batch_id=form_of(request))
    if waits is not None:
        headers = {"Location": f"/api/v1/approvals/{show_id(waits.id)}"}
        return Reply(show_approval(waits, caller_of(request).at), 202, headers)
    return Reply(
        batch_view(selectors.find_batch(made)),
        201,
        {"Location": f"/api/v1/gift-card-batches/{show_id(made)}"},
    )


@router.get(
    "/gift-card-batches/{gift_batch}", auth=Needs(Right.STORED_VALUE_READ), response=GiftCardBatchView
)
def get_gift_card_batch(request: HttpRequest, gift_batch: Path[BatchId]) -> HttpResponse:
    """Show a batch."""
    return show(batch_view(selectors.find_batch(_batch_id(gift_batch))))


@router.post(
    "/gift-card-batches/{gift_batch}/codes", auth=Needs(Right.STORED_VALUE_WRITE), response=GiftCardCodeList
)
@once
def show_gift_card_codes(request: HttpRequest, gift_batch: Path[BatchId], payload: CardReasonIn) -> Reply:
    """Tell the codes of a batch, as to have them printed; who asked and why is written down.

    Only of cards that are not sold yet, and of given ones that nobody holds or has used.
    """
    found = printing.codes_of(_batch_id(gift_batch), reason=payload.reason, by=by_of(request, None))
    data = [GiftCardCodeView(id=show_id(one.id), code=one.code) for one in found]
    return Reply(GiftCardCodeList(data=data), holds_secret=True)


@router.get("/members/{member}/gift-cards", auth=Needs(Right.STORED_VALUE_READ), response=GiftCardList)
def get_member_gift_cards(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """List the cards a member holds."""
    found = selectors.cards_of(find_member(member), at=caller_of(request).at)
    return show(GiftCardList(data=[card_view(one) for one in found]))


@router.post("/members/{member}/gift-cards", auth=Needs(Right.STORED_VALUE_SELL), response=GiftCardView)
def claim_gift_card(request: HttpRequest, member: Path[MemberRef], payload: CardClaimIn) -> HttpResponse:
    """Let a member hold the card that has this code; nobody else can claim it then."""
    owner, (ref,), at = find_member(member), refs_of([payload.code]), caller_of(request).at
    if payload.typed_by == "shopper":
        # Outside the transaction: a wrong guess stays counted whatever becomes of it.
        find_guessed_card(ref, customer_id=owner, address=payload.address, at=at)
    return _claim(request, owner, ref)


@once
def _claim(request: HttpRequest, owner: Id, ref: CardRef) -> Reply:
    return Reply(_card(request, cards.claim(ref, owner, by=by_of(request, None))))


@router.get("/stored-value/owed", auth=Needs(Right.STORED_VALUE_READ), response=OwedList)
def get_stored_value_owed(request: HttpRequest, at: GivenInstant | None = None) -> HttpResponse:
    """Say what the shop owed for cards and credit at an instant, or owes now."""
    when = at or caller_of(request).at
    return show(OwedList(at=when, data=[owed_view(one) for one in owed_on(when)]))


@router.get("/stored-value-settings", auth=Needs(Right.STORED_VALUE_READ), response=StoredValueSettingsView)
def get_stored_value_settings(request: HttpRequest) -> HttpResponse:
    """Show how the shop answers for cards and credit, and when their money is handed out."""
    return show(_settings())


@router.put(
    "/stored-value-settings",
    auth=Needs(Right.PROGRAMS_PUBLISH),
    response={200: StoredValueSettingsView, 202: ApprovalView},
)
@once
def write_stored_value_settings(request: HttpRequest, payload: StoredValueSettingsIn) -> Reply:
    """Let the shop answer so from now on; cards keep the end they were sold with.

    Where that loosens a limit on what one person may do alone, the answer is 202 with the request that waits
    for a second one.
    """
    caller = caller_of(request)
    outcome = change_or_ask(
        unpack_settings(payload.content), form=form_of(request), actor=actor_of(request), at=caller.at,
        seen=settings_number() if payload.version is None else payload.version,
        reason=payload.reason or caller.key.name,
    )  # fmt: skip
    if outcome.approval is not None:
        return Reply(show_approval(outcome.approval, caller.at), 202)
    return Reply(_settings())


def _settings() -> StoredValueSettingsView:
    latest = next(iter(list_settings_versions(limit=1)), None)
    return StoredValueSettingsView(
        content=msgspec.to_builtins(read_settings()), version=latest.number if latest else 0,
        changed_by=latest.changed_by if latest else None, changed_at=latest.changed_at if latest else None,
    )  # fmt: skip


def by_of(request: HttpRequest, store: str | None) -> By:
    """Return who does it, when, and in which store; raises UnknownStore."""
    store_id = None
    if store is not None:
        store_id = find_stores([store]).get(store)
        if store_id is None:
            raise UnknownStore(store=store)
    return By(actor_of(request), caller_of(request).at, store_id)


def _is_less(price_minor: int | None, minor: int) -> bool:
    return price_minor is not None and price_minor < minor


def _may_give(request: HttpRequest, gives: bool) -> None:
    if gives and Right.STORED_VALUE_WRITE not in caller_of(request).key.scopes:
        raise MissingRight(right=Right.STORED_VALUE_WRITE.value)


def page_of(rows: list[selectors.MoveView], limit: int) -> ValueMovePage:
    """Return movements as a page, of which one more than it holds was read."""
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].at, shown[-1].id) if rest else None
    return ValueMovePage(data=[move_view(one) for one in shown], next_cursor=after)


def _card(request: HttpRequest, card_id: Id) -> GiftCardView:
    return card_view(selectors.find_card(card_id, at=caller_of(request).at))


def _card_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownGiftCard(card=text) from None


def _batch_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownGiftCardBatch(batch=text) from None
