"""Cards follow their person: joined when two became one, parted again, closed when somebody was erased."""

from datetime import datetime

from dangol.core.events.services import lock_customers
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.people.models import Merge
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.stamps import CardState
from dangol.rooms.rewards.stamps.desk import close_desk, open_desk
from dangol.rooms.rewards.stamps.gifts import give_waiting
from dangol.rooms.rewards.stamps.models import StampCard, StampMove, StampProgram


def join_cards(customer_id: Id, *, at: datetime) -> None:
    """Make one of the open cards of all ids that are this person now; those that are full give at once."""
    require_write_transaction()
    owner = resolve_merged([customer_id])[customer_id]
    lock_customers([owner])
    desk = open_desk([(owner, one) for one in _programs_of(owner)], programs=_all_programs())
    for held in desk.values():
        held.expire(at)
        held.fill(held.sheet.join(), at)
    give_waiting(desk.values(), at=at)
    close_desk(desk.values(), recorded_at=at)


def part_cards(customer_id: Id, merge_id: Id, *, at: datetime) -> None:
    """Give each of two who were taken for one their stamps back that lie on the other's open cards.

    The card they shared was the older one, so either may hold the other's. What filled a card meanwhile
    stays with whom it was given to. Nothing is found a second time.
    """
    require_write_transaction()
    kept_id = Merge.objects.filter(id=merge_id).values_list("kept_id", flat=True).first()
    if kept_id is None:
        return
    now = resolve_merged([customer_id, kept_id])
    owner, other = now[customer_id], now[kept_id]
    if owner == other:
        return
    lock_customers([owner, other])
    programs = sorted({*_programs_of(owner), *_programs_of(other)})
    desk = open_desk([(one, key) for one in (owner, other) for key in programs], programs=_all_programs())
    stamps = {one: _stamps_of(one) for one in (owner, other)}
    for key in programs:
        parted = {
            to: desk[holder, key].sheet.part(stamps[to], new_id=new_id())
            for to, holder in ((owner, other), (other, owner))
        }
        for to, card in parted.items():
            if card:
                held = desk[to, key]
                held.sheet.cards.append(card)
                held.fill(held.sheet.join(), at)
    give_waiting(desk.values(), at=at)
    close_desk(desk.values(), recorded_at=at)


def close_cards(customer_id: Id) -> None:
    """Close the cards of somebody who was erased: nothing is laid on them or given for them any more."""
    lock_customers([customer_id])
    cards = StampCard.objects.filter(
        customer_id=customer_id, state__in=[CardState.OPEN.value, CardState.FULL.value]
    )
    cards.update(state=CardState.VOID.value)


def _programs_of(owner: Id) -> list[Id]:
    cards = StampCard.objects.filter(customer_id__in=family_of(owner), state=CardState.OPEN.value)
    return sorted(set(cards.values_list("program_id", flat=True)))


def _stamps_of(owner: Id) -> set[Id]:
    return set(StampMove.objects.filter(customer_id__in=family_of(owner)).values_list("id", flat=True))


def _all_programs() -> dict[Id, StampProgram]:
    return {row.id: row for row in StampProgram.objects.all()}
