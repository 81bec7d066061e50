"""Undoing an import: never by deleting, always by what a shop would do: goods back, points back.

Undoing may be killed and run again: what is reversed already has nothing left to reverse.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.errors import AlreadyUndone, CannotUndo, NothingToUndo, PointsSpent
from dangol.connectors.files.jobs import clear_table, folder_of, only_worker, subjects_of
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.undone import SOURCE, key_of, name_of
from dangol.core.commerce.drafts import ReturnDraft, ReturnLineDraft
from dangol.core.commerce.models import (
    Order,
    OrderLine,
    OrderNumber,
    Product,
    Return,
    ReturnLine,
    ReturnNumber,
)
from dangol.core.commerce.returns import record_returns
from dangol.core.events.services import lock_customers
from dangol.core.ledger import services as ledger
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.models import Consent
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.transactions import write_transaction
from dangol.domain.points import ClawBack, Kind as TransferKind, Shortfall

Pair = tuple[Id, Id]


class Undone(NamedTuple):
    """How many things were reversed, and how many were not: their points are spent, or they are gone."""

    reversed: int
    kept: int


def can_undo(kind: Kind) -> bool:
    """Whether what imports of this kind make can be reversed."""
    return kind in _REVERSALS


def undo_import(job: ImportJob, *, at: datetime, home: Path, skips_spent: bool = False) -> Undone:
    """Reverse what an import of orders, balances or consents has made, also one that was killed half-way.

    Orders come back whole, so that the points they earned are taken back by their own rules; lots
    brought along are taken back; consents that were given are withdrawn (one that was withdrawn stays:
    nobody agrees by machine). Once the first batch is reversed the import cannot go on any more.

    Raises CannotUndo for another kind of import, NothingToUndo, AlreadyUndone, JobRunning while it is being
    imported, and PointsSpent where points it led to are spent, unless `skips_spent` leaves those as they
    are: before anything is reversed, or later where they were spent meanwhile, with whole batches reversed
    by then.
    """
    kind, folder = Kind(job.kind), folder_of(home, job.id)
    if not can_undo(kind):
        raise CannotUndo(kind=job.kind)
    with only_worker(folder):
        job.refresh_from_db()
        if job.state == ImportJob.State.NEW:
            raise NothingToUndo
        if job.undone_at:
            raise AlreadyUndone
        if not skips_spent:
            _refuse_spent(kind, subjects_of(job))
        undone = _reverse(job, kind, at, skips_spent=skips_spent)
        job.state, job.undone_at = ImportJob.State.UNDONE, at
        with write_transaction():
            job.save(update_fields=["state", "undone_at"])
        clear_table(folder)
    return undone


def _reverse(job: ImportJob, kind: Kind, at: datetime, *, skips_spent: bool) -> Undone:
    done = kept = 0
    for pairs in subjects_of(job):
        with write_transaction():
            owned, gone = _lock(kind, pairs)
            if not skips_spent:
                _refuse_spent(kind, [owned])
            spent = _spent(kind, owned)
            done += _REVERSALS[kind]([pair for pair in owned if pair not in spent], at)
            kept += len(spent) + gone
            # From here on it is being undone, whatever becomes of this process; `undone_at` says that all is.
            ImportJob.objects.filter(id=job.id).update(state=ImportJob.State.UNDONE)
    return Undone(done, kept)


def _lock(kind: Kind, pairs: Sequence[Pair]) -> tuple[list[Pair], int]:
    """Lock all whose things these are until the batch is done; returns what `_owned_now` returns."""
    owned, _ = _owned_now(kind, pairs)
    lock_customers(owner for owner, _ in (*pairs, *owned))
    owned, gone = _owned_now(kind, pairs)
    lock_customers(owner for owner, _ in owned)  # one more only where an order was claimed meanwhile
    return owned, gone


def _owned_now(kind: Kind, pairs: Sequence[Pair]) -> tuple[list[Pair], int]:
    """Return the things with their owners of today, and how many there are no more.

    A guest's order, and what was brought back of it, may have been claimed by a member since.
    """
    if kind != Kind.ORDERS:
        return list(pairs), 0
    key = ("customer_id", "id")
    here: set[Pair] = {
        (owner, one) for model in (Order, Return) for owner, one in select_matching(model, key, key, pairs)
    }
    elsewhere = [(subject,) for owner, subject in pairs if (owner, subject) not in here]
    moved = [
        (owner, subject)
        for model, name in ((OrderNumber, "order_id"), (ReturnNumber, "return_id"))
        for owner, subject in select_matching(model, ("customer_id", name), (name,), elsewhere)
    ]
    return sorted([*here, *moved]), len(elsewhere) - len(moved)


def _refuse_spent(kind: Kind, batches: Iterable[Sequence[Pair]]) -> None:
    """Raise PointsSpent if any of the things has led to points that are used already."""
    orders = points = 0
    for pairs in batches:
        spent = _spent(kind, _owned_now(kind, pairs)[0])
        orders += len(spent)
        points += sum(spent.values())
    if orders:
        raise PointsSpent(orders=orders, points=points)


def _spent(kind: Kind, pairs: Sequence[Pair]) -> dict[Pair, int]:
    """Return the things whose points are used already, with how many points."""
    spent: dict[Pair, int] = {}
    if kind == Kind.CONSENTS:
        return spent
    origin = {pair: pair for pair in pairs}
    if kind == Kind.ORDERS:
        rows = select_matching(
            Transfer, ("customer_id", "id", "subject_id"), ("customer_id", "subject_id"), pairs,
            where="t.kind = %s", params=[TransferKind.EARN.value],
        )  # fmt: skip
        origin = {(owner, transfer_id): (owner, order_id) for owner, transfer_id, order_id in rows}
    for lot in _lots(list(origin)):
        if lot.used:
            pair = origin[lot.customer_id, lot.transfer_id]
            spent[pair] = spent.get(pair, 0) + lot.used
    return spent


class _Lot(NamedTuple):
    customer_id: Id
    transfer_id: Id
    id: Id
    currency: str
    points: int
    left: int
    expired: int
    reversed: int

    @property
    def used(self) -> int:
        """Points that were spent, or went to a debt."""
        return self.points - self.left - self.expired - self.reversed


def _lots(transfers: Sequence[Pair]) -> Iterator[_Lot]:
    for row in select_matching(Lot, _Lot._fields, ("customer_id", "transfer_id"), transfers):
        yield _Lot(*row)


class _Left(NamedTuple):
    """A line of an order with what of it has not come back yet."""

    number: int
    product_id: Id
    quantity_milli: int
    net_minor: int


def _lines_left(pairs: Sequence[Pair]) -> dict[Id, list[_Left]]:
    back: dict[tuple[Id, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for order_id, number, quantity, net in select_matching(
        ReturnLine,
        ("order_id", "order_line", "quantity_milli", "net_minor"),
        ("customer_id", "order_id"),
        pairs,
    ):
        earlier = back[order_id, number]
        back[order_id, number] = (earlier[0] + quantity, earlier[1] + net)
    left: dict[Id, list[_Left]] = defaultdict(list)
    for order_id, number, product_id, quantity, net in select_matching(
        OrderLine,
        ("order_id", "number", "product_id", "quantity_milli", "net_minor"),
        ("customer_id", "order_id"),
        pairs,
        order_by=("order_id", "number"),
    ):
        returned = back[order_id, number]
        if returned[0] < quantity or returned[1] < net:
            left[order_id].append(_Left(number, product_id, quantity - returned[0], net - returned[1]))
    return left


def _return_orders(pairs: Sequence[Pair], at: datetime) -> int:
    """Bring back what is left of each order; what a return of the same file undid has come back already."""
    left = _lines_left(pairs)
    wanted = {(line.product_id,) for lines in left.values() for line in lines}
    products = {
        key: (number, category)
        for key, number, category in select_matching(
            Product, ("id", "number", "category"), ("id",), sorted(wanted)
        )
    }
    orders = select_matching(
        Order, ("customer_id", "id", "source", "number", "currency"), ("customer_id", "id"), pairs
    )
    drafts = [
        ReturnDraft(
            owner, source, name_of(number), at, currency,
            [
                ReturnLineDraft(line[1], *products[line.product_id], *line[2:], line.number)
                for line in left[order_id]
            ],
            number,
        )
        for owner, order_id, source, number, currency in sorted(orders)
        if order_id in left
    ]  # fmt: skip
    record_returns(drafts, recorded_at=at)
    return len(drafts)


def _take_lots_back(pairs: Sequence[Pair], at: datetime) -> int:
    by_currency: dict[str, list[ledger.Order]] = defaultdict(list)
    for lot in _lots(pairs):
        if points := lot.points - lot.reversed:
            key = key_of(lot.id)
            command = ClawBack(key, at, points, lot.id, Shortfall.FLOOR, SOURCE, lot.transfer_id)
            by_currency[lot.currency].append(ledger.Order(lot.customer_id, command))
    done = 0
    for currency, orders in sorted(by_currency.items()):
        results = ledger.apply(orders, currency, recorded_at=at)
        for result in results:
            if result.refusal:
                raise result.refusal
        done += len(results)
    return done


def _withdraw(pairs: Sequence[Pair], at: datetime) -> int:
    rows = select_matching(
        Consent,
        ("customer_id", "channel", "purpose", "granted", "wording", "id"),
        ("customer_id", "id"),
        pairs,
    )
    drafts = [
        ConsentDraft(
            owner,
            channel,
            purpose,
            granted=False,
            at=at,
            source=SOURCE,
            wording=wording,
            key=key_of(fact),
        )
        for owner, channel, purpose, granted, wording, fact in sorted(rows)
        if granted
    ]
    outcomes = record_consents(drafts, recorded_at=at)
    return sum(outcome.refusal is None for outcome in outcomes)


_REVERSALS: Mapping[Kind, Callable[[Sequence[Pair], datetime], int]] = {
    Kind.ORDERS: _return_orders,
    Kind.BALANCES: _take_lots_back,
    Kind.CONSENTS: _withdraw,
}
