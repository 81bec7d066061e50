"""Codes of a batch shown again, as to print them: only of cards that are nobody's yet."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from dangol.core.people.actors import columns_of, require_reason
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.stored_value import Kind
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.cards import MOST_IN_A_BATCH, Issued
from dangol.rooms.rewards.stored_value.codes import open_codes
from dangol.rooms.rewards.stored_value.errors import UnknownGiftCardBatch
from dangol.rooms.rewards.stored_value.models import (
    Act,
    CardState,
    GiftCard,
    GiftCardAct,
    GiftCardBatch,
    ValueAccount,
    ValueMove,
)


def codes_of(
    batch_id: Id, *, reason: str, by: By, after: Id | None = None, limit: int = MOST_IN_A_BATCH
) -> list[Issued]:
    """Return cards of a batch with their codes, as to print them, those behind `after`; that it was done, by
    whom and why, is kept.

    Only cards that are not sold yet, and given ones that nobody holds or has used: all others are somebody's
    money. Raises UnknownGiftCardBatch or ReasonMissing.
    """
    why = require_reason(reason)
    with write_transaction():
        if not GiftCardBatch.objects.filter(id=batch_id).exists():
            raise UnknownGiftCardBatch(batch=show_id(batch_id))
        found = _free(batch_id).filter(**({"id__gt": after} if after else {})).order_by("id")[:limit]
        rows = [(card_id, bytes(sealed)) for card_id, sealed in found.values_list("id", "sealed")]
        who = columns_of(by.actor)
        insert_rows(
            GiftCardAct,
            ("id", "card_id", "act", "at", "reason", *who),
            [(new_id(), card_id, Act.SHOWN.value, by.at, why, *who.values()) for card_id, _ in rows],
        )
    return [Issued(card_id, code) for (card_id, _), code in zip(rows, open_codes(rows), strict=True)]


def count_free(batch_id: Id, *, up_to: Id | None = None) -> int:
    """Return how many cards of a batch are nobody's yet, all or those up to one."""
    return _free(batch_id).filter(**({"id__lte": up_to} if up_to else {})).count()


def _free(batch_id: Id) -> QuerySet[GiftCard]:
    held = ValueAccount.objects.filter(id=OuterRef("id"), customer_id__isnull=False)
    used = ValueMove.objects.filter(account_id=OuterRef("id")).exclude(kind=Kind.GIVEN.value)
    given = Q(state=CardState.ACTIVE, is_given=True) & ~Exists(held) & ~Exists(used)
    return GiftCard.objects.filter(Q(state=CardState.MADE) | given, batch_id=batch_id)
