"""Stamps of sales: what promotions gave is laid on cards, and what units earned goes back with them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.people.actors import HOUSE, columns_of
from dangol.core.people.merged import absorbed_by, resolve_merged
from dangol.core.storage.ids import Id, new_id, parse_id
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.stamps import CardState, OnReturn
from dangol.rooms.rewards.promotions.events import SaleCommitted, SaleReturned, StampsOfSale
from dangol.rooms.rewards.stamps import posting
from dangol.rooms.rewards.stamps.desk import Held, close_desk, open_desk
from dangol.rooms.rewards.stamps.gifts import give_waiting, revoke, unused_gifts
from dangol.rooms.rewards.stamps.models import StampMove, StampProgram


class _Booking:
    """Sales being booked: whose they are, and what was booked of each before."""

    def __init__(self, events: Sequence[Recorded]) -> None:
        self.owners = resolve_merged({event.customer_id for event in events})
        lock_customers(self.owners.values())
        self.programs = {row.id: row for row in StampProgram.objects.all()}
        self.by_key = {row.key: row.id for row in self.programs.values()}
        self.moves = self._booked(events)
        self.keys = {one.key for own in self.moves.values() for one in own}
        takes_back = any(not isinstance(event.payload, SaleCommitted) for event in events)
        self.desk = open_desk(self._places(events), programs=self.programs, with_given=takes_back)

    def _booked(self, events: Sequence[Recorded]) -> dict[Id, list[StampMove]]:
        """Return what was booked of these sales, earliest first, under whichever id of the person."""
        owners = set(self.owners.values())
        ids = owners.union(*absorbed_by(owners).values())
        sales = {event.subject_id for event in events if event.subject_id}
        found: dict[Id, list[StampMove]] = defaultdict(list)
        for one in StampMove.objects.filter(customer_id__in=ids, sale_id__in=sales).order_by("id"):
            found[one.sale_id or b""].append(one)
        return found

    def _places(self, events: Sequence[Recorded]) -> Iterator[tuple[Id, Id]]:
        for event in events:
            owner = self.owners[event.customer_id]
            for one in self.moves[event.subject_id or b""]:
                yield owner, one.program_id
            if isinstance(event.payload, SaleCommitted):
                for given in event.payload.stamps:
                    if (program_id := self.by_key.get(given.card)) is not None:
                        yield owner, program_id

    def new_move(self, event: Recorded, kind: str, program_id: Id, promotion_id: Id, count: int) -> StampMove:
        """Return a move of a sale's event; its key names the event, so that it is booked once."""
        key = f"{kind}:{event.id.hex()}:{promotion_id.hex()}:{program_id.hex()}"
        return StampMove(
            customer_id=self.owners[event.customer_id], id=new_id(), program_id=program_id, kind=kind,
            count=count, key=key, at=event.occurred_at, sale_id=event.subject_id, promotion_id=promotion_id,
            **columns_of(HOUSE),
        )  # fmt: skip

    def note(self, move: StampMove) -> None:
        """Keep a move for what comes later of the same sale."""
        self.moves[move.sale_id or b""].append(move)
        self.keys.add(move.key)

    def held(self, move: StampMove) -> Held:
        """Return the cards a move is about."""
        return self.desk[move.customer_id, move.program_id]


def book_sales(events: Sequence[Recorded]) -> None:
    """Book sales in the order they came: stamps laid, taken back with units, or all taken back."""
    require_write_transaction()
    booking = _Booking(events)
    for event in events:
        match event.payload:
            case SaleCommitted(stamps=stamps):
                _lay(booking, event, stamps)
            case SaleReturned(stamps=stamps):
                counts = {
                    (parse_id(one.promotion), booking.by_key.get(one.card)): one.count for one in stamps
                }
                _take_back(booking, event, "return", counts)
            case _:
                _take_back(booking, event, "undo", None)
    at = max(event.recorded_at for event in events)
    give_waiting(booking.desk.values(), at=at)
    close_desk(booking.desk.values(), recorded_at=at)


def _lay(booking: _Booking, event: Recorded, stamps: Sequence[StampsOfSale]) -> None:
    for given in stamps:
        program_id = booking.by_key.get(given.card)
        # A card nobody has made, or that takes no stamps any more: the promotion still names it.
        if program_id is None or booking.programs[program_id].archived_at is not None:
            continue
        move = booking.new_move(event, "sale", program_id, parse_id(given.promotion), given.count)
        if move.key not in booking.keys:
            posting.lay(booking.held(move), move)
            booking.note(move)


def _take_back(
    booking: _Booking, event: Recorded, kind: str, counts: Mapping[tuple[Id, Id | None], int] | None
) -> None:
    """Take back so many stamps by promotion and program of the sale as made last; None: all of them."""
    booked = list(booking.moves[event.subject_id or b""])
    newest = {(one.promotion_id, one.program_id): one for one in booked if one.kind == "sale"}
    for (promotion_id, program_id), of in newest.items():
        earlier = [one for one in booked if one.of_id == of.id]
        left = of.count - sum(one.count for one in earlier)
        count = left if counts is None else min(left, counts.get((promotion_id or b"", program_id), 0))
        move = booking.new_move(event, kind, program_id, promotion_id or b"", max(count, 1))
        if count < 1 or move.key in booking.keys:
            continue
        held = booking.held(move)
        revocable = _revocable(held)
        revoked = posting.take_back(held, move, of, earlier, revocable=revocable)
        revoke(held, revoked, at=event.recorded_at)
        booking.note(move)


def _revocable(held: Held) -> set[Id]:
    if held.program.on_return != OnReturn.TAKE_BACK.value:
        return set()
    if not any(one.state is CardState.GIVEN for one in held.sheet.cards):
        return set()
    return unused_gifts(held)
