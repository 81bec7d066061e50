"""Reading gift cards and store credit: what is on them, and how it came and went."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q

from dangol.core.people.merged import family_of
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import select_matching
from dangol.domain.coupon_codes import normalize
from dangol.domain.gift_card_terms import NoRefund, Refund, refund_of
from dangol.domain.stored_value import Holding, Kind, Lot
from dangol.rooms.rewards.stored_value.codes import CardRef
from dangol.rooms.rewards.stored_value.errors import UnknownGiftCard, UnknownGiftCardBatch
from dangol.rooms.rewards.stored_value.models import (
    Act,
    CardState,
    GiftCard,
    GiftCardAct,
    GiftCardBatch,
    ValueAccount,
    ValueLot,
    ValueMove,
)
from dangol.rooms.rewards.stored_value.settings import read_settings
from dangol.rooms.rewards.stored_value.store import load_lots, parts_of

MOST_ACTS = 50


class CardView(NamedTuple):
    """A card. `open_minor` may be spent now, `lapsed_minor` no more; `next_end` is when some lapses."""

    id: Id
    tail: str
    state: CardState
    currency: str
    open_minor: int
    lapsed_minor: int
    face_minor: int
    minor: int
    is_given: bool
    holder_id: Id | None
    batch_id: Id | None
    made_at: datetime
    activated_at: datetime | None
    next_end: datetime | None


class CreditView(NamedTuple):
    """A member's credit in one currency, and what of it lapses next."""

    currency: str
    minor: int
    next_end: datetime | None
    next_minor: int


class MoveView(NamedTuple):
    """Money that came or went. `card` are the last characters of the card it is about, empty for credit.

    `price_minor` was paid for it, where it was sold; `is_first`: with it the card was sold.
    """

    id: Id
    account_id: Id
    card: str
    currency: str
    kind: Kind
    minor: int
    paid_out_minor: int
    at: datetime
    customer_id: Id | None
    sale_id: Id | None
    of_id: Id | None
    actor_name: str
    reason: str
    price_minor: int | None = None
    is_first: bool = False


class ActView(NamedTuple):
    """What somebody did with a card."""

    at: datetime
    act: str
    actor_name: str
    reason: str


class BatchView(NamedTuple):
    """A batch, and how many of its cards pay by now."""

    id: Id
    name: str
    pattern: str
    card_count: int
    minor: int
    currency: str
    is_given: bool
    expires_at: datetime | None
    created_at: datetime
    created_by: str
    active_count: int = 0


def find_card(card_id: Id, *, at: datetime) -> CardView:
    """Return a card; raises UnknownGiftCard."""
    found = _views(GiftCard.objects.filter(id=card_id), at)
    if not found:
        raise UnknownGiftCard(card=show_id(card_id))
    return found[0]


def find_card_by_code(ref: CardRef, *, at: datetime) -> CardView:
    """Return the card that has this code; raises UnknownGiftCard."""
    found = _views(GiftCard.objects.filter(code_hash=bytes.fromhex(ref.hash)), at)
    if not found:
        raise UnknownGiftCard(card=ref.tail)
    return found[0]


def list_cards(
    *,
    at: datetime,
    tail: str = "",
    state: str = "",
    is_empty: bool | None = None,
    batch_id: Id | None = None,
    before: Id | None = None,
    limit: int = 50,
) -> list[CardView]:
    """Return cards, the newest first; those whose code ends so, that stand so, or of one batch.

    `is_empty`: those alone on which nothing is, or something.
    """
    rows = GiftCard.objects.order_by("-id")
    if tail:
        rows = rows.filter(tail=normalize(tail))
    if state:
        rows = rows.filter(state=state)
    if is_empty is not None:
        held = ValueAccount.objects.filter(id=OuterRef("id"), balance__gt=0)
        rows = rows.filter(~Exists(held) if is_empty else Exists(held))
    if batch_id:
        rows = rows.filter(batch_id=batch_id)
    if before:
        rows = rows.filter(id__lt=before)
    return _views(rows[:limit], at)


def cards_of(customer_id: Id, *, at: datetime) -> list[CardView]:
    """Return the cards a member holds, the newest first."""
    held = ValueAccount.objects.filter(
        customer_id__in=family_of(customer_id), holding=Holding.CARD.value
    ).values_list("id", flat=True)
    return _views(GiftCard.objects.filter(id__in=list(held)).order_by("-id"), at)


def _views(rows: Iterable[GiftCard], at: datetime) -> list[CardView]:
    cards = list(rows)
    ids = [one.id for one in cards]
    accounts = {
        account_id: (currency, holder)
        for account_id, currency, holder in select_matching(
            ValueAccount, ("id", "currency", "customer_id"), ("id",), [(one,) for one in ids]
        )
    }
    lots = load_lots(ids)
    return [_view(one, *accounts[one.id], lots.get(one.id, []), at) for one in cards]


def _view(card: GiftCard, currency: str, holder: Id | None, lots: list[Lot], at: datetime) -> CardView:
    there = [lot for lot in lots if lot.left and lot.is_open(at)]
    lapsed = sum(lot.lapsed if lot.is_open(at) else lot.left + lot.lapsed for lot in lots)
    ends = [lot.expires_at for lot in there if lot.expires_at]
    return CardView(
        card.id, card.tail, CardState(card.state), currency, sum(lot.left for lot in there), lapsed,
        card.face_minor, card.minor, card.is_given, holder, card.batch_id, card.made_at, card.activated_at,
        min(ends, default=card.expires_at if card.state == CardState.MADE else None),
    )  # fmt: skip


def refund_for(card: CardView, *, at: datetime, as_credit: bool = False) -> Refund | NoRefund:
    """Return what would be handed out for a card now, or why nothing is."""
    lots = load_lots([card.id]).get(card.id, [])
    terms = read_settings().as_terms()
    return refund_of(lots, card.face_minor, at, terms, shop().tz, as_credit=as_credit)


def credit_of(customer_id: Id, *, at: datetime) -> list[CreditView]:
    """Return a member's credit by currency, under all their ids; nothing where there never was any."""
    accounts = ValueAccount.objects.filter(
        customer_id__in=family_of(customer_id), holding=Holding.CREDIT.value
    ).values_list("id", "currency")
    by_currency: dict[str, list[Id]] = {}
    for account_id, currency in accounts:
        by_currency.setdefault(currency, []).append(account_id)
    lots = load_lots(account_id for account_id, _ in accounts)
    return [
        _credit(currency, [lot for one in ids for lot in lots.get(one, [])], at)
        for currency, ids in sorted(by_currency.items())
    ]


def _credit(currency: str, lots: list[Lot], at: datetime) -> CreditView:
    there = [lot for lot in lots if lot.left and lot.is_open(at)]
    end = min((lot.expires_at for lot in there if lot.expires_at), default=None)
    next_minor = sum(lot.left for lot in there if end and lot.expires_at == end)
    return CreditView(currency, sum(lot.left for lot in there), end, next_minor)


def moves_of_card(
    card_id: Id, *, since: datetime | None = None, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[MoveView]:
    """Return how money came to a card and went, the latest first; all of it, or that from an instant on."""
    whose = Q(account_id=card_id)
    return _moves(whose & Q(at__gte=since) if since else whose, before, limit)


def claims_of(card_ids: Sequence[Id]) -> dict[Id, datetime]:
    """Return when each card was last claimed, of those that ever were; before that it was another's."""
    acts = GiftCardAct.objects.filter(card_id__in=card_ids, act=Act.CLAIMED).order_by("at")
    return dict(acts.values_list("card_id", "at"))


def credit_moves_of(
    customer_id: Id, *, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[MoveView]:
    """Return how money came to a member's credit and went, the latest first."""
    accounts = ValueAccount.objects.filter(
        customer_id__in=family_of(customer_id), holding=Holding.CREDIT.value
    ).values_list("id", flat=True)
    return _moves(Q(account_id__in=list(accounts)), before, limit)


def find_move(account_ids: Sequence[Id], move_id: Id) -> MoveView:
    """Return a movement of one of these accounts."""
    (found,) = _moves(Q(account_id__in=list(account_ids), id=move_id), None, 1)
    return found


def find_credit_move(customer_id: Id, move_id: Id) -> MoveView:
    """Return a movement of a member's credit."""
    owned = ValueAccount.objects.filter(customer_id__in=family_of(customer_id))
    return find_move(list(owned.values_list("id", flat=True)), move_id)


def _moves(whose: Q, before: tuple[datetime, Id] | None, limit: int) -> list[MoveView]:
    rows = ValueMove.objects.filter(whose)
    if before is not None:
        at, move_id = before
        rows = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=move_id))
    found = list(rows.order_by("-at", "-id")[:limit])
    ids = [(one,) for one in sorted({row.account_id for row in found})]
    currencies: dict[Id, str] = dict(select_matching(ValueAccount, ("id", "currency"), ("id",), ids))
    tails: dict[Id, str] = dict(select_matching(GiftCard, ("id", "tail"), ("id",), ids))
    prices, first = _prices(found), _first_of(tails)
    return [
        MoveView(
            row.id, row.account_id, tails.get(row.account_id, ""), currencies[row.account_id],
            Kind(row.kind), row.minor, row.paid_out_minor, row.at, row.customer_id, row.sale_id, row.of_id,
            row.actor_name or row.actor, row.reason, prices.get(row.id),
            row.id in first,
        )
        for row in found
    ]  # fmt: skip


def _first_of(card_ids: Iterable[Id]) -> set[Id]:
    """Return the movements by which money came to these cards first."""
    came = ValueMove.objects.filter(account_id__in=list(card_ids), kind__in=(Kind.SOLD, Kind.GIVEN))
    rows = came.order_by("-at", "-id").values_list("account_id", "id")
    return set(dict(rows).values())


def _prices(found: Sequence[ValueMove]) -> dict[Id, int]:
    """Return what was paid for each of these that was sold: it is one lot, opened by it."""
    sold = [(row.account_id, row.id) for row in found if row.kind == Kind.SOLD]
    lots = {move_id: parts[0].lot_id for move_id, parts in parts_of(sold).items()}
    names = ("account_id", "id", "price_minor")
    keys = [(account_id, lots[move_id]) for account_id, move_id in sold]
    paid = {lot_id: price for _, lot_id, price in select_matching(ValueLot, names, names[:2], keys)}
    return {move_id: paid[lot_id] for move_id, lot_id in lots.items()}


def acts_of(card_id: Id) -> list[ActView]:
    """Return what people did with a card besides its money, the latest first, fifty at most."""
    rows = GiftCardAct.objects.filter(card_id=card_id).order_by("-id")[:MOST_ACTS]
    return [ActView(row.at, row.act, row.actor_name or row.actor, row.reason) for row in rows]


def list_batches(*, limit: int = 200) -> list[BatchView]:
    """Return batches, the newest first, with how many of their cards pay."""
    rows = list(GiftCardBatch.objects.order_by("-id")[:limit])
    counts = dict(
        GiftCard.objects.filter(batch_id__in=[row.id for row in rows], state=CardState.ACTIVE)
        .values_list("batch_id")
        .annotate(count=Count("id"))
        .values_list("batch_id", "count")
    )
    return [_batch(row, counts.get(row.id, 0)) for row in rows]


def find_batch(batch_id: Id) -> BatchView:
    """Return a batch; raises UnknownGiftCardBatch."""
    row = GiftCardBatch.objects.filter(id=batch_id).first()
    if row is None:
        raise UnknownGiftCardBatch(batch=show_id(batch_id))
    active = GiftCard.objects.filter(batch_id=batch_id, state=CardState.ACTIVE).count()
    return _batch(row, active)


def _batch(row: GiftCardBatch, active: int) -> BatchView:
    return BatchView._make([*(getattr(row, name) for name in BatchView._fields[:-1]), active])
