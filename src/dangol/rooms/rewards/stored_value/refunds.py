"""A card's money handed out again, as the shop's terms say: in cash, or as its holder's store credit."""

from typing import NamedTuple

from dangol.core.access.own_account import require_not_own
from dangol.core.people.actors import require_reason
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.gift_card_terms import NoRefund, face_after, refund_of
from dangol.domain.stored_value import Kind
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.cards import lock_card
from dangol.rooms.rewards.stored_value.credit import put_credit
from dangol.rooms.rewards.stored_value.errors import GiftCardNotRefundable, GiftCardWrongState
from dangol.rooms.rewards.stored_value.models import CardState, GiftCard, ValueMove
from dangol.rooms.rewards.stored_value.settings import read_settings
from dangol.rooms.rewards.stored_value.store import Note, find_known, save


class HandedOut(NamedTuple):
    """What was handed out for a card: `minor` for `value_minor` that was on it, and by which movement."""

    move_id: Id
    minor: int
    value_minor: int
    as_credit: bool


def refund(card_id: Id, *, as_credit: bool, reason: str, key: str, by: By) -> HandedOut:
    """Hand out what the shop's terms say for what is left on a card: in cash, or as its holder's store
    credit.

    Repeated with the key it is the same. Raises UnknownGiftCard, ReasonMissing, GiftCardWrongState for one
    that is shut or was not sold yet (or, as credit, that nobody holds), GiftCardNotRefundable, or OwnAccount
    for credit of their own.
    """
    why = require_reason(reason)
    with write_transaction():
        held, row = lock_card(card_id)
        if (known := find_known(held, key, Kind.CASHED)) is not None:
            return _handed_out(card_id, known.id, known.minor)
        if row.state != CardState.ACTIVE:
            raise GiftCardWrongState(state=row.state)
        if as_credit and held.customer_id is None:
            raise GiftCardWrongState(state="unheld")
        if as_credit and held.customer_id:
            require_not_own([held.customer_id], actor=by.actor)
        held.purse.settle(by.at)
        found = refund_of(
            list(held.purse.lots.values()), row.face_minor, by.at, read_settings().as_terms(), shop().tz,
            as_credit=as_credit,
        )  # fmt: skip
        if isinstance(found, NoRefund):
            raise GiftCardNotRefundable(reason=found.why.value, needed=found.needed, used=found.used)
        face = face_after(list(held.purse.lots.values()), row.face_minor, found.lot_ids)
        GiftCard.objects.filter(id=card_id).update(face_minor=face)
        paid_out = 0 if as_credit else found.minor
        movement = held.purse.cash_out(found.lot_ids, by.at, paid_out_minor=paid_out, key=key)
        note = Note(by.actor, why, store_id=by.store_id)
        held.note(movement, note)
        save([held], recorded_at=by.at)
        if as_credit and held.customer_id:
            owner = resolve_merged([held.customer_id])[held.customer_id]
            put_credit(
                owner, found.minor, held.currency, kind=Kind.REFUND, key=_credit_key(movement.id), note=note,
                at=by.at, price_minor=found.minor,
            )  # fmt: skip
    return HandedOut(movement.id, found.minor, -movement.minor, as_credit)


def _credit_key(move_id: Id) -> str:
    return f"card:{move_id.hex()}"


def _handed_out(card_id: Id, move_id: Id, minor: int) -> HandedOut:
    """Return what was handed out before."""
    in_cash = ValueMove.objects.get(account_id=card_id, id=move_id).paid_out_minor
    as_credit = ValueMove.objects.filter(key=_credit_key(move_id)).values_list("minor", flat=True).first()
    return HandedOut(move_id, in_cash if as_credit is None else as_credit, -minor, as_credit is not None)
