"""Taking back what was given for what did not last.

An order come back whole, a sale or a reward canceled, a reward not picked up whose points went back.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from dangol.core.commerce.events import OrderReturned
from dangol.core.commerce.models import Order, ReturnLine
from dangol.core.events.records import Recorded
from dangol.core.ledger.services import reverse_transfer
from dangol.core.people.merged import absorbed_by, resolve_merged
from dangol.core.storage.ids import Id, parse_id
from dangol.core.storage.rows import select_matching, update_rows
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.points import NothingToReverse
from dangol.rooms.rewards.catalog.events import RewardCanceled, RewardLapsed
from dangol.rooms.rewards.event_rules.judging import REASON, key_of, use_budgets
from dangol.rooms.rewards.event_rules.models import EventRuleAward
from dangol.rooms.rewards.promotions.events import SaleCanceled

# Of these the subject is what is undone.
_CANCELED = frozenset({RewardCanceled.event, SaleCanceled.event})
UNDOING = _CANCELED | {OrderReturned.event, RewardLapsed.event}


class Undone(NamedTuple):
    """What some events undo, by whose and what it is, and whose points and which rules that concerns."""

    keys: frozenset[tuple[Id, Id]] = frozenset()
    people: frozenset[Id] = frozenset()
    rules: frozenset[Id] = frozenset()


def find_undone(events: Sequence[Recorded]) -> Undone:
    """Return what these events undo. Nothing is locked; who takes it back locks people first, then rules."""
    undone = _undone(events)
    if not undone:
        return Undone()
    roots = resolve_merged({customer_id for customer_id, _ in undone})
    families = absorbed_by(set(roots.values()))
    keys = {
        (part, subject_id)
        for customer_id, subject_id in undone
        for part in (roots[customer_id], *families.get(roots[customer_id], ()))
    }
    found = _live_awards(keys)
    # Also those who were given nothing yet: another may be giving it.
    people = {*(part for part, _ in keys), *(one.owner_id for one in found)}
    return Undone(frozenset(keys), frozenset(people), frozenset(one.rule_id for one in found))


def take_back(undone: Undone, *, at: datetime) -> int:
    """Take back what rules gave for what was undone; returns how many times something was.

    Of points that are spent the ledger takes what its currency's rule says. Told again it comes to the same.
    Inside a write transaction that has locked the people and the rules it concerns.
    """
    require_write_transaction()
    # Under the locks: of two who were told at once the second finds nothing to do.
    found = _live_awards(undone.keys)
    if not found:
        return 0
    for award in found:
        _take(award, at)
    rows = [(*award[:3], at) for award in found]
    update_rows(EventRuleAward, _Given._fields[:3], ("taken_back_at",), rows)
    use_budgets([(one.rule_id, -1, -one.points) for one in found])
    return len(found)


def _undone(events: Iterable[Recorded]) -> set[tuple[Id, Id]]:
    """Return whose and what was undone: what was canceled, and orders of which nothing is left."""
    canceled = {
        (event.customer_id, event.subject_id)
        for event in events
        if event.subject_id is not None and _is_canceled(event)
    }
    orders = {
        parse_id(line.order)
        for event in events
        if isinstance(event.payload, OrderReturned)
        for line in event.payload.lines
        if line.order
    }
    return canceled | _come_back_whole(orders)


def _is_canceled(event: Recorded) -> bool:
    # What lapses for good keeps its points spent: so it keeps what it earned.
    payload = event.payload
    return payload.gives_back if isinstance(payload, RewardLapsed) else event.name in _CANCELED


def _come_back_whole(order_ids: Iterable[Id]) -> set[tuple[Id, Id]]:
    """Return those of these orders of which nothing is left, each with whose it is; two statements."""
    wanted = sorted(order_ids)
    sold = Order.objects.filter(id__in=wanted).values_list("customer_id", "id", "net_minor")
    rows = list(sold) if wanted else []
    keys = [(customer_id, order_id) for customer_id, order_id, _ in rows]
    back: dict[tuple[Id, Id], int] = defaultdict(int)
    names = ("customer_id", "order_id")
    for customer_id, order_id, net_minor in select_matching(ReturnLine, (*names, "net_minor"), names, keys):
        back[customer_id, order_id] += net_minor
    return {
        (customer_id, order_id)
        for customer_id, order_id, net_minor in rows
        if (customer_id, order_id) in back and back[customer_id, order_id] >= net_minor
    }


class _Given(NamedTuple):
    """Points that a rule gave and that were not taken back."""

    customer_id: Id
    rule_id: Id
    deed_id: Id
    points: int
    owner_id: Id
    transfer_id: Id


def _live_awards(keys: Iterable[tuple[Id, Id]]) -> list[_Given]:
    rows = select_matching(
        EventRuleAward, _Given._fields, ("customer_id", "subject_id"), sorted(keys),
        where="t.taken_back_at IS NULL",
    )  # fmt: skip
    return [_Given(*row) for row in sorted(rows)]


def _take(award: _Given, at: datetime) -> None:
    with suppress(NothingToReverse):
        reverse_transfer(
            award.owner_id, transfer_id=award.transfer_id, points=None,
            key=f"{key_of(award.rule_id, award.deed_id)}:back", at=at, reason=REASON,
        )  # fmt: skip
