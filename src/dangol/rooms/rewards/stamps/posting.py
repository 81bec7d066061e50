"""Stamps that come and go, booked: the rules decide, and a move says what became of them."""

from collections.abc import Collection

from dangol.core.events.records import Draft
from dangol.core.storage.ids import Id, new_id
from dangol.domain.stamps import Card, OnReturn, Terms, due_back
from dangol.rooms.rewards.stamps.desk import Held
from dangol.rooms.rewards.stamps.events import StampsAdded, StampsTaken
from dangol.rooms.rewards.stamps.models import StampMove


def _terms(held: Held) -> Terms:
    program = held.program
    return Terms(program.size, program.carries_over, program.valid_days, held.zone)


def lay(held: Held, move: StampMove) -> None:
    """Book stamps that came, `move.count` of them at `move.at`, for whoever holds these cards."""
    held.expire(move.at)
    found = held.sheet.add(move.id, move.count, terms=_terms(held), at=move.at, new_id=new_id)
    move.laid, move.paid, move.lapsed = found.laid, found.paid, found.lapsed
    held.fill(found.filled, move.at)
    told = StampsAdded(
        program=held.program.key, cause=move.kind, count=move.count, laid=found.laid, paid=found.paid,
        lapsed=found.lapsed,
    )  # fmt: skip
    held.moves.append(move)
    held.told.append(Draft(held.owner, told, move.at, move.id))


def take_back(
    held: Held,
    move: StampMove,
    of: StampMove,
    earlier: Collection[StampMove],
    *,
    revocable: Collection[Id] = (),
) -> tuple[Card, ...]:
    """Book that stamps of a move (`of`) came back, of which `earlier` took some; returns cards to revoke.

    What has lapsed or expired of them comes back first, and costs nothing.
    """
    held.expire(move.at)
    paid = of.paid - sum(one.unpaid for one in earlier)
    due = due_back(
        earned=of.count, back_before=sum(one.count for one in earlier), back_now=move.count,
        still_there=held.sheet.held_of(of.id) + paid,
    )  # fmt: skip
    found = held.sheet.take(
        of.id, due, by=move.id, paid=paid, on_return=OnReturn(held.program.on_return), revocable=revocable
    )
    move.of_id = of.id
    move.off, move.unpaid = found.off, found.unpaid
    move.owed, move.forgiven = found.owed, found.forgiven
    # A card that is open again has the end it had.
    held.expire(move.at)
    _note_taken(held, move)
    return found.revoked


def strike(held: Held, move: StampMove) -> None:
    """Book that the latest stamps were taken off the open card by hand; raises NotSoManyStamps."""
    held.expire(move.at)
    held.sheet.strike(move.count)
    move.off = move.count
    _note_taken(held, move)


def _note_taken(held: Held, move: StampMove) -> None:
    told = StampsTaken(
        program=held.program.key, cause=move.kind, count=move.count, off=move.off,
        owed=move.owed + move.unpaid, forgiven=move.forgiven,
    )  # fmt: skip
    held.moves.append(move)
    held.told.append(Draft(held.owner, told, move.at, move.id))
