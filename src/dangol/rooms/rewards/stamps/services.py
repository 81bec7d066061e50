"""Stamps given and taken by hand, and full cards given: each in one transaction under the member's lock."""

from datetime import datetime

from dangol.core.access.own_account import require_not_own
from dangol.core.events.services import lock_customers
from dangol.core.people.actors import columns_of, require_reason
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.stamps import CardState
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stamps import posting
from dangol.rooms.rewards.stamps.desk import Held, close_desk, open_desk
from dangol.rooms.rewards.stamps.errors import (
    InvalidStampCount,
    NoFullCard,
    StampKeyReused,
    StampProgramArchived,
    StampsUndone,
    UnknownStampMove,
    UnknownStampProgram,
)
from dangol.rooms.rewards.stamps.gifts import give_waiting, revoke, unused_gifts
from dangol.rooms.rewards.stamps.models import LONGEST_REASON, StampCard, StampMove, StampProgram

MOST_BY_HAND = 100


def add_stamps(customer_id: Id, program_id: Id, *, count: int, key: str, reason: str, by: By) -> Id:
    """Lay stamps on a member's card by hand; returns the move, under a repeated key the first one.

    What full cards give is given at once. Raises UnknownStampProgram, StampProgramArchived,
    InvalidStampCount, ReasonMissing, OwnAccount or StampKeyReused; then nothing is changed.
    """
    with write_transaction():
        move, held = _begin(customer_id, program_id, "hand", count, key, reason, by)
        if held is None:
            return move.id
        if held.program.archived_at is not None:
            raise StampProgramArchived()
        posting.lay(held, move)
        _finish(held, by.at)
    return move.id


def strike_stamps(customer_id: Id, program_id: Id, *, count: int, key: str, reason: str, by: By) -> Id:
    """Take the latest stamps off a member's open card; returns the move, under a repeated key the first one.

    Raises NotSoManyStamps where fewer lie on it, and whatever `add_stamps` raises but for archived programs.
    """
    with write_transaction():
        move, held = _begin(customer_id, program_id, "strike", count, key, reason, by)
        if held is not None:
            posting.strike(held, move)
            _finish(held, by.at)
    return move.id


def undo_stamps(customer_id: Id, move_id: Id, *, reason: str, by: By) -> Id:
    """Take back all that stamps given by hand have left, as a return would; returns the move that did.

    Raises UnknownStampMove (what a sale gave comes back with the sale), StampsUndone, ReasonMissing or
    OwnAccount.
    """
    with write_transaction():
        owner = _locked(customer_id, by)
        family = family_of(owner)
        of = StampMove.objects.filter(customer_id__in=family, id=move_id, kind="hand").first()
        if of is None:
            raise UnknownStampMove(move=show_id(move_id))
        if StampMove.objects.filter(customer_id__in=family, of_id=move_id).exists():
            raise StampsUndone()
        move = _move(owner, of.program_id, "undo", of.count, f"undo:{move_id.hex()}", reason, by)
        held = _desk(owner, of.program_id, with_given=True)
        revoked = posting.take_back(held, move, of, (), revocable=unused_gifts(held))
        revoke(held, revoked, at=by.at)
        _finish(held, by.at)
    return move.id


def give_full_cards(customer_id: Id, program_id: Id, *, by: By) -> int:
    """Try again to give what a member's full cards give; returns how many were given.

    Raises UnknownStampProgram or NoFullCard.
    """
    with write_transaction():
        owner = _locked(customer_id, by)
        held = _desk(owner, program_id)
        waiting = held.waiting()
        if not waiting:
            raise NoFullCard()
        _finish(held, by.at)
        return sum(row.state == CardState.GIVEN.value for row in waiting)


def retry_waiting(*, as_of: datetime, limit: int = 200) -> int:
    """Try once more to give full cards that still wait; returns how many it gave.

    Of each program up to `limit` cards, the longest waiting first: one that has nothing to give holds up no
    other.
    """
    rows = StampCard.objects.filter(state=CardState.FULL.value).order_by("filled_at")
    waiting = [
        (customer_id, program_id)
        for program_id in rows.order_by().values_list("program_id", flat=True).distinct()
        for customer_id in rows.filter(program_id=program_id).values_list("customer_id", flat=True)[:limit]
    ]
    given = 0
    owners = resolve_merged({customer_id for customer_id, _ in waiting})
    for owner, program_id in sorted(
        {(owners[customer_id], program_id) for customer_id, program_id in waiting}
    ):
        with write_transaction():
            lock_customers([owner])
            held = _desk(owner, program_id)
            before = held.waiting()
            _finish(held, as_of)
            given += sum(row.state == CardState.GIVEN.value for row in before)
    return given


def expire_due(*, as_of: datetime, limit: int = 500) -> int:
    """Let up to `limit` open cards go whose time is over; returns how many. Call it until it says 0."""
    due = StampCard.objects.filter(state=CardState.OPEN.value, expires_at__lte=as_of).order_by("expires_at")
    cards = list(due.values_list("customer_id", "program_id")[:limit])
    owners = resolve_merged({customer_id for customer_id, _ in cards})
    places = {(owners[customer_id], program_id) for customer_id, program_id in cards}
    if not places:
        return 0
    with write_transaction():
        lock_customers({owner for owner, _ in places})
        programs = programs_by_id({program_id for _, program_id in places})
        desk = open_desk(places, programs=programs, with_given=False)
        for held in desk.values():
            held.expire(as_of)
        close_desk(desk.values(), recorded_at=as_of)
    return len(cards)


def programs_by_id(program_ids: set[Id]) -> dict[Id, StampProgram]:
    """Return programs by their ids; those there are."""
    return {row.id: row for row in StampProgram.objects.filter(id__in=program_ids)}


def _begin(
    customer_id: Id, program_id: Id, kind: str, count: int, key: str, reason: str, by: By
) -> tuple[StampMove, Held | None]:
    """Return the move to book and the member's cards, locked; without cards where it was booked before."""
    if not 0 < count <= MOST_BY_HAND:
        raise InvalidStampCount(count=count, most=MOST_BY_HAND)
    owner = _locked(customer_id, by)
    earlier = StampMove.objects.filter(customer_id__in=family_of(owner), key=key).first()
    if earlier is not None:
        if (earlier.program_id, earlier.kind, earlier.count) != (program_id, kind, count):
            raise StampKeyReused(key=key)
        return earlier, None
    return _move(owner, program_id, kind, count, key, reason, by), _desk(owner, program_id)


def _locked(customer_id: Id, by: By) -> Id:
    """Return who this is now, locked. Raises OwnAccount."""
    require_not_own([customer_id], actor=by.actor)
    owner = resolve_merged([customer_id])[customer_id]
    lock_customers([owner])
    return owner


def _move(owner: Id, program_id: Id, kind: str, count: int, key: str, reason: str, by: By) -> StampMove:
    return StampMove(
        customer_id=owner, id=new_id(), program_id=program_id, kind=kind, count=count, key=key, at=by.at,
        store_id=by.store_id, reason=require_reason(reason)[:LONGEST_REASON], **columns_of(by.actor),
    )  # fmt: skip


def _desk(owner: Id, program_id: Id, *, with_given: bool = False) -> Held:
    programs = programs_by_id({program_id})
    if program_id not in programs:
        raise UnknownStampProgram(program=show_id(program_id))
    return open_desk([(owner, program_id)], programs=programs, with_given=with_given)[owner, program_id]


def _finish(held: Held, at: datetime) -> None:
    give_waiting([held], at=at)
    close_desk([held], recorded_at=at)
