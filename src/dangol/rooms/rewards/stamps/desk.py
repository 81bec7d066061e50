"""Members' cards on the desk: read under the lock, worked on by the rules, and written back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Sum

from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.people.merged import absorbed_by
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import Row, delete_rows, insert_rows, update_rows
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.stamps import LIVE, Card, CardState, Sheet
from dangol.rooms.rewards.stamps.events import StampCardExpired, StampCardFilled
from dangol.rooms.rewards.stamps.models import StampCard, StampMove, StampPlace, StampProgram

_LIVE = [one.value for one in LIVE]
_WANTING = [CardState.OPEN.value, CardState.FULL.value]
_PLACE = ("customer_id", "card_id", "move_id")
_NEW = (
    "customer_id", "id", "program_id", "size", "opened_at", "state", "count", "expires_at", "filled_at",
    "given_at", "turn", "gift_kind", "gift_points", "gift_ref", "gift_owner_id", "trouble",
)  # fmt: skip
_CHANGED = _NEW[5:]


@dataclass(slots=True)
class Held:
    """A member's cards of a program on the desk: what the rules work on, and the rows behind it."""

    owner: Id
    program: StampProgram
    # Whose midnights end a card: the shop's.
    zone: ZoneInfo
    sheet: Sheet
    rows: dict[Id, StampCard]
    # As they were read, by card: the row, and where stamps lay.
    before: dict[Id, tuple[Row, dict[bytes, int]]]
    moves: list[StampMove] = field(default_factory=list)
    told: list[Draft] = field(default_factory=list)

    def row_of(self, card: Card) -> StampCard:
        """Return the row of a card; a new card's begins here."""
        if card.id not in self.rows:
            self.rows[card.id] = StampCard(
                customer_id=self.owner, id=card.id, program_id=self.program.id, size=card.size, count=0,
                opened_at=card.opened_at, expires_at=card.expires_at, state=card.state.value,
            )  # fmt: skip
        return self.rows[card.id]

    def waiting(self) -> list[StampCard]:
        """Return the full cards whose reward was not given yet, oldest first."""
        return [self.row_of(one) for one in self.sheet.cards if one.state is CardState.FULL]

    def expire(self, at: datetime) -> None:
        """Let an open card go whose time is over."""
        for card in self.sheet.expire(at):
            told = StampCardExpired(program=self.program.key, count=card.count)
            self.told.append(Draft(self.owner, told, at, card.id))

    def fill(self, cards: Iterable[Card], at: datetime) -> None:
        """Note that these are full now."""
        for card in cards:
            self.row_of(card).filled_at = at
            told = StampCardFilled(program=self.program.key, size=card.size)
            self.told.append(Draft(self.owner, told, at, card.id))


def open_desk(
    places: Iterable[tuple[Id, Id]], *, programs: Mapping[Id, StampProgram], with_given: bool = True
) -> dict[tuple[Id, Id], Held]:
    """Return members' cards, by member and program. Members are who they are now, and locked.

    Without given cards only what the next stamp needs is read, however many cards somebody has filled;
    only what takes stamps back asks for those. A constant number of statements, however many members.
    """
    require_write_transaction()
    wanted = sorted(set(places))
    owners = sorted({owner for owner, _ in wanted})
    roots = {one: owner for owner, own in absorbed_by(owners).items() for one in own}
    roots |= {one: one for one in owners}
    program_ids = sorted({program_id for _, program_id in wanted})
    states = _LIVE if with_given else _WANTING
    cards = StampCard.objects.filter(
        customer_id__in=list(roots), program_id__in=program_ids, state__in=states
    )
    rows: dict[tuple[Id, Id], dict[Id, StampCard]] = defaultdict(dict)
    for row in cards:
        rows[roots[row.customer_id], row.program_id][row.id] = row
    stamps = _stamps([row for own in rows.values() for row in own.values()])
    debts = _debts(roots, program_ids)
    zone = shop().tz
    return {
        place: _held(place[0], programs[place[1]], zone, rows[place], stamps, debts.get(place, 0))
        for place in wanted
    }


def _values(row: StampCard) -> Row:
    return tuple(getattr(row, name) for name in _NEW)


def _stamps(rows: Sequence[StampCard]) -> dict[Id, dict[bytes, int]]:
    owners = {row.customer_id for row in rows}
    found = StampPlace.objects.filter(customer_id__in=owners, card_id__in=[row.id for row in rows])
    stamps: dict[Id, dict[bytes, int]] = defaultdict(dict)
    for card_id, move_id, count in found.order_by("move_id").values_list("card_id", "move_id", "count"):
        stamps[card_id][move_id] = count
    return stamps


def _debts(roots: Mapping[Id, Id], program_ids: Sequence[Id]) -> dict[tuple[Id, Id], int]:
    own = StampMove.objects.filter(customer_id__in=list(roots), program_id__in=program_ids)
    owes = Sum(F("owed") + F("unpaid") - F("paid"))
    sums = own.values_list("customer_id", "program_id").annotate(owes=owes)
    debts: dict[tuple[Id, Id], int] = defaultdict(int)
    for customer_id, program_id, owed in sums.order_by():
        debts[roots[customer_id], program_id] += owed
    return debts


def _held(
    owner: Id,
    program: StampProgram,
    zone: ZoneInfo,
    rows: dict[Id, StampCard],
    stamps: Mapping[Id, dict[bytes, int]],
    debt: int,
) -> Held:
    cards = [
        Card(
            row.id,
            row.size,
            row.opened_at,
            row.expires_at,
            CardState(row.state),
            dict(stamps.get(row.id, {})),
        )
        for row in rows.values()
    ]
    before = {one.id: (_values(rows[one.id]), dict(one.held)) for one in cards}
    return Held(owner, program, zone, Sheet(cards, debt), rows, before)


def close_desk(desk: Iterable[Held], *, recorded_at: datetime) -> None:
    """Write back what changed: cards, where stamps lie, moves, and what the timeline is told."""
    new: list[StampCard] = []
    changed: list[StampCard] = []
    gone: list[tuple[Id, Id, Id]] = []
    laid: list[tuple[Id, Id, Id, int]] = []
    moves: list[StampMove] = []
    told: list[Draft] = []
    for held in desk:
        for card in held.sheet.cards:
            row, before = held.row_of(card), held.before.get(card.id)
            row.state, row.count, row.expires_at = card.state.value, card.count, card.expires_at
            if card.count < card.size:
                row.filled_at, row.trouble = None, ""
            if before is None:
                new.append(row)
            elif before[0] != _values(row):
                changed.append(row)
            old = before[1] if before else {}
            gone += [(row.customer_id, card.id, one) for one in old if card.held.get(one) != old[one]]
            laid += [
                (row.customer_id, card.id, one, count)
                for one, count in card.held.items()
                if old.get(one) != count
            ]
        moves += held.moves
        told += held.told
    insert_rows(StampCard, _NEW, [_values(row) for row in new])
    update_rows(
        StampCard, _NEW[:2], _CHANGED,
        [(row.customer_id, row.id, *_values(row)[len(_NEW) - len(_CHANGED) :]) for row in changed],
    )  # fmt: skip
    delete_rows(StampPlace, _PLACE, gone)
    insert_rows(StampPlace, (*_PLACE, "count"), laid)
    StampMove.objects.bulk_create(moves)
    record_batch(told, recorded_at=recorded_at)
