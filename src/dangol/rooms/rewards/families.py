"""Members who are one person: what a merge means to a program.

Points stay where they were earned and follow by the ledger. What counts towards the tiers is read under all
ids of the person, from the merge on: no purchase before it earns more or less for it. A merge that is undone
is judged as if it had never been, as anything is that comes to light late.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.people.events import CustomerErased, CustomerMerged, CustomerUnmerged
from dangol.core.people.merged import absorbed_by
from dangol.core.people.models import Customer, Merge
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import delete_rows, select_matching
from dangol.domain.calendars import day_of
from dangol.domain.membership import Merged, Program
from dangol.domain.tiers import NOWHERE
from dangol.rooms.rewards import store
from dangol.rooms.rewards.models import Membership
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.store import NOTHING, Totals

EVENTS = (CustomerMerged.event, CustomerUnmerged.event, CustomerErased.event)


class MergedMember(NamedTuple):
    """Somebody who became part of another: what it means to that one, and what they had bought in all."""

    act: Merged
    totals: Totals
    kept_joined_at: datetime | None


def load_merges(running: Running, customer_ids: Iterable[Id]) -> dict[Id, list[MergedMember]]:
    """Return who has become part of each of these members, in time order."""
    found: dict[Id, list[MergedMember]] = defaultdict(list)
    rows = select_matching(
        Merge,
        ("kept_id", "customer_id", "at", "kept_joined_at"),
        ("kept_id",),
        [(one,) for one in customer_ids],
        where="t.undone_at IS NULL",
        order_by=("at", "id"),
    )
    if not rows:
        return found
    members = [row[1] for row in rows]
    families = absorbed_by(members)
    everybody = [*members, *(one for family in families.values() for one in family)]
    amounts = store.load_amounts(running, everybody, None)
    known = store.load_known(running.id, members)
    joined = _joined_on(running.rules, members)
    for kept_id, member, at, kept_joined_at in rows:
        counted = store.joined([amounts.get(one, {}) for one in (member, *families.get(member, ()))])
        standing = known[member].standing if known[member].merged_into else NOWHERE
        act = Merged(at, counted, standing, joined.get(member))
        found[kept_id].append(MergedMember(act, known[member].totals, kept_joined_at))
    return found


def load_merged_at(customer_ids: Iterable[Id]) -> dict[Id, datetime]:
    """Return when those of these customers who are part of another became so."""
    wanted = [(one,) for one in customer_ids]
    rows = select_matching(
        Merge, ("customer_id", "at"), ("customer_id",), wanted, where="t.undone_at IS NULL"
    )
    return dict(rows)


def _joined_on(program: Program, customer_ids: Sequence[Id]) -> dict[Id, date]:
    rows = select_matching(
        Customer, ("customer_id", "joined_at"), ("customer_id",), [(one,) for one in customer_ids]
    )
    zone = program.tiers.zone
    return {customer_id: day_of(joined_at, zone) for customer_id, joined_at in rows if joined_at}


def joined_before(program: Program, merges: Mapping[Id, Sequence[MergedMember]]) -> dict[Id, date | None]:
    """Return when members had joined before anybody became part of them."""
    if not program.counts_from_joining:
        return {}
    first = {owner: own[0].kept_joined_at for owner, own in merges.items() if own}
    return {owner: day_of(at, program.tiers.zone) if at else None for owner, at in first.items()}


def sum_totals(merged: Sequence[MergedMember]) -> Totals:
    """Return what those who became part of a member have bought in all."""
    total = NOTHING
    for _, other, _ in merged:
        total = Totals(
            total.order_count + other.order_count,
            total.spend_minor + other.spend_minor,
            min(filter(None, (total.first_order_at, other.first_order_at)), default=None),
            max(filter(None, (total.last_order_at, other.last_order_at)), default=None),
        )
    return total


class Change(NamedTuple):
    """Two members of whom one became, or ceased to be, part of the other."""

    kept_id: Id
    absorbed_id: Id
    at: datetime
    is_one: bool


def read_changes(events: Sequence[Recorded]) -> list[Change]:
    """Return what merges and their undoing come to now, each once, and lock the members of all."""
    ids = {event.subject_id for event in events if not isinstance(event.payload, CustomerErased)}
    lock_customers(
        one for pair in Merge.objects.filter(id__in=ids).values_list("customer_id", "kept_id") for one in pair
    )
    merges = Merge.objects.filter(id__in=ids).order_by("at", "id")
    return [Change(one.kept_id, one.customer_id, one.at, one.undone_at is None) for one in merges]


def mark_merged(change: Change, running: Running) -> None:
    """Note in the absorbed one's membership that they are part of another now, or are not any more."""
    own = Membership.objects.filter(customer_id=change.absorbed_id, program_id=running.id)
    if change.is_one:
        own.update(merged_into=change.kept_id, next_review_at=None)
    else:
        own.update(merged_into=None)


def forget_members(customer_ids: Iterable[Id]) -> None:
    """Take away the standings of who was erased: they are in no tier. What was decided stays on record."""
    delete_rows(Membership, ("customer_id",), [(one,) for one in sorted(set(customer_ids))])
