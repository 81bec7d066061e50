"""Points follow their person: to the customer they were merged into, back when they were parted, and away
with somebody who was erased.

One consumer does all of it, in the order of the timeline. What moves leaves by one transfer and arrives by
another, which meet in the clearing account and are joined by the first one's event: each touches one
customer, and killed between the two the points are on their way, as a gift's are.

Whoever has been merged keeps no points: what comes to them later (a return of an order of theirs, a gift
that was on its way, an order that was just being rung up) is sent after the rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple

from django.db.models import Max

from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.ledger.events import (
    GiftReceived,
    MergeReceived,
    MergeSent,
    PointsAdjusted,
    PointsClawedBack,
    PointsEarned,
    PointsRestored,
    PointsVoided,
)
from dangol.core.ledger.idling import realign
from dangol.core.ledger.models import Account, Entry, Lot, Transfer
from dangol.core.ledger.services import Order, apply
from dangol.core.people.events import CustomerErased, CustomerMerged, CustomerUnmerged
from dangol.core.people.merged import kept_by
from dangol.core.people.models import Customer, Merge
from dangol.core.people.selectors import ERASED_KIND, MERGED
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.idling import read_idle
from dangol.domain.points import (
    NEVER,
    Account as Place,
    Carried,
    Command,
    Forfeit,
    Kind,
    MergeIn,
    MergeOut,
    NothingToMove,
)

_OF_PEOPLE = (CustomerMerged.event, CustomerUnmerged.event, CustomerErased.event)
# What may bring points or debt to somebody who is to have none.
_OF_POINTS = (
    PointsEarned.event, PointsAdjusted.event, PointsClawedBack.event, PointsRestored.event,
    PointsVoided.event, GiftReceived.event, MergeReceived.event,
)  # fmt: skip
FOLLOWED = frozenset((*_OF_PEOPLE, *_OF_POINTS, MergeSent.event))
MERGE, UNMERGE, ERASE = "merge", "unmerge", "erase"


def follow_customers(events: Sequence[Recorded]) -> None:
    """Move the points of customers who were merged, parted or erased, and of whom something came late.

    Does the same once however often it is handed the same event: each transfer's key is made of the event,
    or of the transfer that sent the points.
    """
    relevant = _relevant(events)
    if not relevant:
        return
    receivers, merges = _receivers(relevant), _merges(relevant)
    kept = _kept(relevant, merges)
    # All at once and so in sorted order, though they are moved one by one, in the timeline's order.
    lock_customers([*(event.customer_id for event in relevant), *receivers.values(), *kept])
    recorded_at = max(event.recorded_at for event in events)
    for event in relevant:
        if isinstance(event.payload, MergeSent):
            _receive(event, receivers, recorded_at)
        elif isinstance(event.payload, CustomerUnmerged):
            _take_back(event, merges[event.subject_id or b""], recorded_at)
        else:
            if isinstance(event.payload, MergeReceived):
                _pass_back(event, recorded_at)
            _send_on(event, recorded_at)
    # What either has done keeps the points of both from now on, or no more, also where none of them moves.
    for currency, owners in _sliding(kept).items():
        realign(owners, currency, recorded_at=recorded_at)


def _kept(events: Sequence[Recorded], merges: Mapping[Id, Merge]) -> set[Id]:
    """Return whom others were merged into, or parted from."""
    merged = kept_by(event.customer_id for event in events if event.name == CustomerMerged.event)
    return {*merged.values(), *(merge.kept_id for merge in merges.values())}


def _sliding(customer_ids: Iterable[Id]) -> dict[str, list[Id]]:
    """Return which of these customers hold points, or have held, that lapse by inactivity, by currency."""
    lots = Lot.objects.filter(customer_id__in=list(customer_ids), idle__isnull=False).order_by()
    found: dict[str, list[Id]] = defaultdict(list)
    for currency, customer_id in lots.values_list("currency", "customer_id").distinct():
        found[currency].append(customer_id)
    return found


def _relevant(events: Sequence[Recorded]) -> list[Recorded]:
    """Return the events that move points: of the ledger's own, those of merged and erased customers."""
    late = {event.customer_id for event in events if event.name in _OF_POINTS}
    rows = select_matching(
        Customer,
        ("customer_id",),
        ("customer_id",),
        [(one,) for one in late],
        where="t.kind IN (%s, %s)",
        params=[MERGED, ERASED_KIND],
    )
    gone = {customer_id for (customer_id,) in rows}
    always = {*_OF_PEOPLE, MergeSent.event, MergeReceived.event}
    return [event for event in events if event.name in always or event.customer_id in gone]


def _receivers(events: Sequence[Recorded]) -> dict[Id, Id]:
    """Return for whom each transfer of a merge was sent."""
    sent = [(one.customer_id, one.subject_id) for one in events if one.name == MergeSent.event]
    return dict(select_matching(Transfer, ("id", "subject_id"), ("customer_id", "id"), sent))


def _merges(events: Sequence[Recorded]) -> dict[Id, Merge]:
    """Return the merges that were undone, by their ids."""
    ids = [one.subject_id for one in events if one.name == CustomerUnmerged.event]
    return {merge.id: merge for merge in Merge.objects.filter(id__in=ids)} if ids else {}


def _receive(event: Recorded, receivers: dict[Id, Id], recorded_at: datetime) -> None:
    """Book what was sent, dated at the sending: nothing lapses on the way, and nothing lives longer."""
    sent, sent_id = event.payload, event.subject_id
    assert isinstance(sent, MergeSent)
    assert sent_id is not None
    parts = tuple(
        Carried(
            points, earned_at, release_at, expires_at or NEVER, bytes.fromhex(root),
            read_idle(idle) if idle else None, awaits or "",
        )
        for (points, earned_at, release_at, expires_at, root), idle, awaits in zip_longest(
            sent.parts, sent.idle, sent.awaits
        )
    )  # fmt: skip
    command = MergeIn(f"merged:{sent_id.hex()}", event.occurred_at, parts, sent.debt, sent.reason, sent_id)
    _carry_out(receivers[sent_id], command, sent.currency, recorded_at)


def _send_on(event: Recorded, recorded_at: datetime) -> None:
    """Empty the wallets of somebody who was merged, or erased; of anybody else nothing is moved."""
    owner = event.customer_id
    kept_id = kept_by([owner]).get(owner)
    is_erased = Customer.objects.filter(customer_id=owner, kind=ERASED_KIND).exists()
    if kept_id is None and not is_erased:
        return
    merge_id = Merge.objects.filter(customer_id=owner, undone_at=None).values_list("id", flat=True).first()
    for currency, at in _held(owner, event.occurred_at):
        command: Command
        if is_erased:
            command = Forfeit(f"erase:{event.id.hex()}:{currency}", at, ERASE)
        else:
            assert merge_id is not None
            key = f"{_key_of(merge_id)}{event.id.hex()}:{currency}"
            command = MergeOut(key, at, MERGE, kept_id)
        _carry_out(owner, command, currency, recorded_at)


def _key_of(merge_id: Id) -> str:
    """Return how the keys of all transfers begin that a merge has sent."""
    return f"merge:{merge_id.hex()}:"


def _held(owner: Id, at: datetime) -> list[tuple[str, datetime]]:
    """Return in which currencies a customer holds points or debt, and when these can be moved.

    Not before their last transfer, or a statement would have them leave before they came.
    """
    lots = Lot.objects.filter(customer_id=owner, left__gt=0).values_list("currency", flat=True)
    debts = Account.objects.filter(customer_id=owner, kind=Place.DEBT.value, balance__lt=0)
    held = sorted({*lots, *debts.values_list("currency", flat=True)})
    moved = Transfer.objects.filter(customer_id=owner, currency__in=held).order_by()
    last = dict(moved.values_list("currency").annotate(Max("occurred_at")))
    return [(currency, max(at, last[currency])) for currency in held]


class _Brought(NamedTuple):
    """What a merge has brought in one currency: the lots, as they began, and the debt."""

    roots: frozenset[Id]
    debt: int


def _take_back(event: Recorded, merge: Merge, recorded_at: datetime) -> None:
    """Send back what is left, with the kept one, of what the absorbed one had brought."""
    if event.customer_id != merge.customer_id:
        return  # told to both: done at the absorbed one's, after all that was sent before they were parted
    _return(merge, event, recorded_at, with_debt=True)


def _pass_back(event: Recorded, recorded_at: datetime) -> None:
    """Send on to those the customer was parted from what was theirs and has come back only now.

    So it is where several merges are undone before the worker comes by.
    """
    parted = list(Merge.objects.filter(kept_id=event.customer_id, undone_at__isnull=False).order_by("id"))
    now = kept_by(merge.customer_id for merge in parted)
    for merge in parted:
        if now.get(merge.customer_id) != event.customer_id:
            _return(merge, event, recorded_at, with_debt=False)


def _return(merge: Merge, event: Recorded, recorded_at: datetime, *, with_debt: bool) -> None:
    brought = _brought(merge)
    for currency, at in _held(merge.kept_id, event.occurred_at):
        if currency in brought:
            roots, debt = brought[currency]
            key = f"unmerge:{merge.id.hex()}:{event.id.hex()}:{currency}"
            command = MergeOut(key, at, UNMERGE, merge.customer_id, roots, debt if with_debt else 0)
            _carry_out(merge.kept_id, command, currency, recorded_at)


def _brought(merge: Merge) -> dict[str, _Brought]:
    owner = merge.customer_id
    sent = Transfer.objects.filter(
        customer_id=owner, kind=Kind.MERGE_OUT.value, key__startswith=_key_of(merge.id)
    )
    currencies = dict(sent.values_list("id", "currency"))
    entries = select_matching(
        Entry,
        ("transfer_id", "account", "points", "lot_id"),
        ("customer_id", "transfer_id"),
        [(owner, one) for one in currencies],
    )
    roots = _roots(owner, [lot_id for *_, lot_id in entries if lot_id])
    lots: dict[str, set[Id]] = defaultdict(set)
    debts: dict[str, int] = defaultdict(int)
    for transfer_id, account, points, lot_id in entries:
        currency = currencies[transfer_id]
        if lot_id:
            lots[currency].add(roots[lot_id])
        elif account == Place.DEBT.value:
            debts[currency] += points
    return {one: _Brought(frozenset(lots[one]), debts[one]) for one in {*lots, *debts}}


def _roots(owner: Id, lot_ids: Iterable[Id]) -> dict[Id, Id]:
    wanted = [(owner, one) for one in sorted(set(lot_ids))]
    rows = select_matching(Lot, ("id", "root_id"), ("customer_id", "id"), wanted)
    return {lot_id: root_id or lot_id for lot_id, root_id in rows}


def _carry_out(owner: Id, command: Command, currency: str, recorded_at: datetime) -> None:
    [result] = apply([Order(owner, command)], currency, recorded_at=recorded_at)
    if result.refusal and not isinstance(result.refusal, NothingToMove):
        raise result.refusal
