"""Loading cards and credit under their locks, and writing down what was done to them.

Locks are taken in one order everywhere: customers first, then what a sale takes of limits and codes, then
these accounts by their id.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.people.actors import HOUSE, Actor, columns_of
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_rows, select_matching, update_rows
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.stored_value import Holding, Kind, Lot, Movement, Part, Purse
from dangol.rooms.rewards.stored_value.errors import ValueKeyReused
from dangol.rooms.rewards.stored_value.events import GiftCardMoved, StoreCreditMoved
from dangol.rooms.rewards.stored_value.models import (
    GiftCard,
    ValueAccount,
    ValueLot,
    ValueMove,
    ValuePart,
)

_ACCOUNT = ("id", "holding", "customer_id", "currency", "balance")
_LOT = ("account_id", "id", "minor", "left", "price_minor", "opened_at", "expires_at", "lapsed")
_MOVE = (
    "account_id", "id", "kind", "minor", "paid_out_minor", "key", "at", "recorded_at", "customer_id",
    "sale_id", "of_id", "reason", "actor_kind", "actor", "actor_name", "store_id",
)  # fmt: skip
_PART = ("account_id", "move_id", "number", "lot_id", "minor")


class Note(NamedTuple):
    """What stands beside a movement: whom it is about, which sale, what it gives back of, who and why."""

    actor: Actor = HOUSE
    reason: str = ""
    customer_id: Id | None = None
    sale_id: Id | None = None
    of_id: Id | None = None
    store_id: Id | None = None


@dataclass(slots=True)
class Held:
    """An account that is locked, with its purse; `notes` stand beside the movements by their keys."""

    id: Id
    holding: Holding
    customer_id: Id | None
    currency: str
    balance: int
    purse: Purse
    notes: dict[str, Note] = field(default_factory=dict)

    def note(self, movement: Movement, note: Note) -> Movement:
        """Write this beside a movement when it is saved."""
        self.notes[movement.key] = note
        return movement


class Known(NamedTuple):
    """A movement that a key has led to before."""

    id: Id
    kind: Kind
    minor: int


def lock_accounts(account_ids: Iterable[Id]) -> dict[Id, Held]:
    """Return accounts with all their lots, locked in the order of their ids. Inside the write transaction."""
    require_write_transaction()
    wanted = [(one,) for one in sorted(set(account_ids))]
    rows = select_matching(ValueAccount, _ACCOUNT, ("id",), wanted, order_by=("id",), lock=True)
    lots = load_lots([row[0] for row in rows])
    return {
        account_id: Held(
            account_id, Holding(holding), customer_id, currency, balance,
            Purse(lots.get(account_id, ()), make_id=new_id),
        )
        for account_id, holding, customer_id, currency, balance in rows
    }  # fmt: skip


def load_lots(account_ids: Iterable[Id]) -> dict[Id, list[Lot]]:
    """Return the lots of accounts."""
    found: dict[Id, list[Lot]] = {}
    rows = select_matching(ValueLot, _LOT, ("account_id",), [(one,) for one in sorted(set(account_ids))])
    for account_id, *own in rows:
        found.setdefault(account_id, []).append(Lot(*own))
    return found


def find_known(held: Held, key: str, kind: Kind, minor: int | None = None) -> Known | None:
    """Return the movement this key has led to; raises ValueKeyReused where it was another."""
    names = ("id", "kind", "minor")
    row = ValueMove.objects.filter(account_id=held.id, key=key).values_list(*names).first()
    if row is None:
        return None
    known = Known(row[0], Kind(row[1]), row[2])
    if known.kind is not kind or (minor is not None and known.minor != minor):
        raise ValueKeyReused(key=key)
    return known


def parts_of(moves: Iterable[tuple[Id, Id]]) -> dict[Id, list[Part]]:
    """Return the parts of movements, given by account and id, in the order they were drawn."""
    found: dict[Id, list[Part]] = {}
    rows = select_matching(
        ValuePart,
        ("move_id", "lot_id", "minor"),
        ("account_id", "move_id"),
        list(moves),
        order_by=("move_id", "number"),
    )
    for move_id, lot_id, minor in rows:
        found.setdefault(move_id, []).append(Part(lot_id, minor))
    return found


def save(accounts: Iterable[Held], *, recorded_at: datetime) -> None:
    """Write down what was done to accounts, and tell the timeline of whom it is about."""
    require_write_transaction()
    touched = [held for held in sorted(accounts, key=lambda one: one.id) if held.purse.movements]
    told = list(_drafts(touched))
    for held in touched:
        held.balance += sum(one.minor for one in held.purse.movements)
    lots = [(held, lot) for held in touched for lot in held.purse.lots.values()]
    new = [(held.id, *_lot(lot)) for held, lot in lots if lot.is_new]
    changed = _changed(touched)
    insert_rows(ValueLot, _LOT, new)
    update_rows(
        ValueLot,
        ("account_id", "id"),
        ("left", "lapsed"),
        [
            (held.id, lot.id, lot.left, lot.lapsed)
            for held, lot in lots
            if lot.id in changed and not lot.is_new
        ],
    )
    insert_rows(
        ValueMove, _MOVE, [_move(held, one, recorded_at) for held in touched for one in held.purse.movements]
    )
    insert_rows(
        ValuePart,
        _PART,
        [
            (held.id, one.id, number, *part)
            for held in touched
            for one in held.purse.movements
            for number, part in enumerate(one.parts)
        ],
    )
    update_rows(ValueAccount, ("id",), ("balance",), [(held.id, held.balance) for held in touched])
    for held in touched:
        held.purse.movements.clear()
        held.notes.clear()
        for lot in held.purse.lots.values():
            lot.is_new = False
    record_batch(told, recorded_at=recorded_at)


def _lot(lot: Lot) -> tuple[object, ...]:
    return lot.id, lot.minor, lot.left, lot.price_minor, lot.opened_at, lot.expires_at, lot.lapsed


def _changed(touched: Iterable[Held]) -> set[Id]:
    return {part.lot_id for held in touched for one in held.purse.movements for part in one.parts}


def _move(held: Held, one: Movement, recorded_at: datetime) -> tuple[object, ...]:
    note = held.notes.get(one.key, Note())
    who = columns_of(note.actor)
    owner = note.customer_id or (held.customer_id if held.holding is Holding.CREDIT else None)
    return (
        held.id, one.id, one.kind.value, one.minor, one.paid_out_minor, one.key, one.at, recorded_at, owner,
        note.sale_id, note.of_id, note.reason, who["actor_kind"], who["actor"], who["actor_name"],
        note.store_id,
    )  # fmt: skip


def _drafts(touched: Iterable[Held]) -> Iterator[Draft]:
    """Tell of each movement to whom it is about: who owns the credit, who paid with the card or holds it."""
    tails = _tails(held.id for held in touched if held.holding is Holding.CARD)
    for held in touched:
        balance = held.balance
        for one in held.purse.movements:
            balance += one.minor
            note = held.notes.get(one.key, Note())
            owner = note.customer_id or held.customer_id
            if owner is None:
                continue
            told = (one.kind.value, held.currency, one.minor, balance)
            payload = (
                GiftCardMoved(*told, tails[held.id])
                if held.holding is Holding.CARD
                else StoreCreditMoved(*told)
            )
            yield Draft(owner, payload, one.at, one.id)


def _tails(card_ids: Iterable[Id]) -> Mapping[Id, str]:
    rows = select_matching(GiftCard, ("id", "tail"), ("id",), [(one,) for one in sorted(set(card_ids))])
    return dict(rows)
