"""Two customers who are one person: merged by somebody who is sure, and undone when they were not.

A merge moves what names the person and fills what was not known; nothing that happened is moved. Orders,
events, consents and points stay under the ids they were made under, and whoever needs the whole of a
person's history reads it under all of them (merged.family_of). Points follow by the ledger's own consumer of
`customer.merged`, tiers by the program's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.absences import end_absences, reopen_absence
from dangol.core.people.actors import Actor, columns_of, fitting, require_reason
from dangol.core.people.carrying import (
    Known,
    find_keys,
    gaps,
    hand_over,
    identities_of,
    load_known,
    renew_tokens,
    store_known,
    with_gaps,
    without_gaps,
)
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.events import CustomerMerged, CustomerUnmerged
from dangol.core.people.lookup import Key
from dangol.core.people.merge_errors import (
    AlreadyMerged,
    GuestNotMerged,
    MergeStacked,
    NotMerged,
    SameCustomer,
)
from dangol.core.people.merged import kept_by
from dangol.core.people.models import Consent, Customer, Merge, MergedIdentity
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.sealing import PersonErased
from dangol.core.people.selectors import ERASED_KIND, GUEST, MEMBER, MERGED, ConsentState, consents_of
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.core.storage.transactions import write_transaction

# Where a consent's fact came from that nobody gave: what a merge, or its undoing, follows from.
MERGE, UNMERGE = "merge", "unmerge"


class MergePlan(NamedTuple):
    """What a merge does, or would do: what is filled in, which identities move, and what is agreed to then.

    `filled` names fields, never what they hold; `identities` counts them by kind. `consents` are the facts
    that would be added to the kept one's.
    """

    kept_id: Id
    absorbed_id: Id
    filled: tuple[str, ...]
    identities: dict[str, int]
    consents: tuple[ConsentState, ...]
    joined_at: datetime | None
    becomes_member: bool


def preview_merge(keep: Id, absorb: Id, *, at: datetime) -> MergePlan:
    """Return what merging these two would do, and write nothing. Raises what `merge_customers` raises."""
    _check(keep, absorb)
    keys = find_keys([keep, absorb])
    known = load_known([keep, absorb], keys)
    return _plan(known[keep], known[absorb], identities_of(absorb), at)


def merge_customers(keep: Id, absorb: Id, *, actor: Actor, reason: str, at: datetime) -> MergePlan:
    """Make one customer of two: `keep` goes on, `absorb` becomes part of them; returns what was done.

    Identities move, gaps in what is known are filled, and of consents the stricter holds: a no of either
    stays a no. `customer.merged` is told to both. Raises ReasonMissing, SameCustomer, UnknownCustomer,
    GuestNotMerged, AlreadyMerged, PersonErased or PersonKeyMissing, and has then changed nothing.
    """
    kept_reason = require_reason(reason)
    with write_transaction():
        lock_customers([keep, absorb])
        _check(keep, absorb)
        keys = find_keys([keep, absorb])
        known = load_known([keep, absorb], keys)
        identities = identities_of(absorb)
        plan = _plan(known[keep], known[absorb], identities, at)
        merge_id = new_id()
        _note(merge_id, plan, known, identities, actor=actor, reason=kept_reason, at=at)
        hand_over(identities, giver=absorb, taker=keep, keys=keys)
        fields = with_gaps(known[keep], gaps(known[keep], known[absorb]))
        kind = MEMBER if plan.becomes_member else known[keep].kind
        store_known(keep, fields, keys[keep], kind=kind, joined_at=plan.joined_at)
        if plan.becomes_member:
            end_absences({keep: at}, recorded_at=at)
        Customer.objects.filter(customer_id=absorb).update(kind=MERGED)
        renew_tokens([keep, absorb], keys)
        _add_consents(merge_id, keep, plan.consents, at)
        told = [(absorb, CustomerMerged(is_kept=False)), (keep, CustomerMerged(is_kept=True))]
        record_batch([Draft(owner, payload, at, merge_id) for owner, payload in told], recorded_at=at)
    return plan


def _check(keep: Id, absorb: Id) -> None:
    if keep == absorb:
        raise SameCustomer()
    rows = select_matching(Customer, ("customer_id", "kind"), ("customer_id",), [(keep,), (absorb,)])
    kinds: dict[Id, str] = dict(rows)
    for one in (keep, absorb):
        kind = kinds.get(one)
        if kind is None:
            raise UnknownCustomer(customer_id=show_id(one))
        if kind == ERASED_KIND:
            raise PersonErased(customer_id=show_id(one))
        if kind == GUEST:
            raise GuestNotMerged(customer_id=show_id(one))
        if kind == MERGED:
            into = kept_by([one])[one]
            if into in (keep, absorb):
                raise SameCustomer()
            raise AlreadyMerged(customer_id=show_id(one), into=show_id(into))


def _plan(kept: Known, absorbed: Known, identities: Mapping[Key, bytes], at: datetime) -> MergePlan:
    counted: dict[str, int] = {}
    for kind, _ in identities:
        counted[kind] = counted.get(kind, 0) + 1
    joined = [one.joined_at for one in (kept, absorbed) if one.kind == MEMBER and one.joined_at]
    return MergePlan(
        kept.customer_id,
        absorbed.customer_id,
        tuple(sorted(gaps(kept, absorbed))),
        counted,
        tuple(_stricter(kept.customer_id, absorbed.customer_id, at)),
        min(joined, default=kept.joined_at),
        becomes_member=kept.kind != MEMBER and absorbed.kind == MEMBER,
    )


def _stricter(keep: Id, absorb: Id, at: datetime) -> list[ConsentState]:
    """Return the facts to add to the kept one's: a no that holds for the absorbed one, and a yes where the
    kept one was never asked.
    """
    found = consents_of([keep, absorb])
    own = {(one.channel, one.purpose): one for one in found.get(keep, [])}
    added = []
    for fact in found.get(absorb, []):
        mine = own.get((fact.channel, fact.purpose))
        if fact.granted and mine is None:
            added.append(fact)  # as it was given: its day and its wording are the proof
        elif not fact.granted and (mine is None or mine.granted):
            added.append(fact._replace(at=max(at, mine.at) if mine else fact.at, source=MERGE))
    return added


def _add_consents(merge_id: Id, owner: Id, facts: Sequence[ConsentState], at: datetime) -> None:
    drafts = [
        ConsentDraft(owner, *fact, key=_consent_key(merge_id, fact.source == UNMERGE, fact)) for fact in facts
    ]
    for outcome in record_consents(drafts, recorded_at=at):
        if outcome.refusal:
            raise outcome.refusal


def _consent_key(merge_id: Id, is_undoing: bool, fact: ConsentState) -> str:
    told = f"{UNMERGE if is_undoing else MERGE}:{fact.channel}:{fact.purpose}".encode()
    return blake2b(merge_id + told, digest_size=16).hexdigest()


def _note(
    merge_id: Id,
    plan: MergePlan,
    known: Mapping[Id, Known],
    identities: Mapping[Key, bytes],
    *,
    actor: Actor,
    reason: str,
    at: datetime,
) -> None:
    kept, absorbed = known[plan.kept_id], known[plan.absorbed_id]
    Merge.objects.create(
        customer_id=absorbed.customer_id, id=merge_id, kept_id=kept.customer_id, at=at, reason=reason,
        absorbed_kind=absorbed.kind, kept_kind=kept.kind, kept_joined_at=kept.joined_at,
        filled=",".join(plan.filled), **columns_of(actor),
    )  # fmt: skip
    insert_rows(
        MergedIdentity,
        ("customer_id", "merge_id", "kind", "value_hash"),
        [(absorbed.customer_id, merge_id, *key) for key in sorted(identities)],
    )


def undo_merge(absorbed_id: Id, *, actor: Actor, reason: str, at: datetime) -> Id:
    """Make two customers again of those who were merged; returns the kept one's id.

    The identities that came with the absorbed one and are still there go back, and what they filled in and
    nobody has changed since is taken away. Points go back as far as they are left. Orders made since stay
    with the kept one; a no said meanwhile holds for both. `customer.unmerged` is told to both.

    Raises ReasonMissing, NotMerged, PersonErased, or MergeStacked where the kept one was merged further.
    """
    why = require_reason(reason)
    kept_id = kept_by([absorbed_id]).get(absorbed_id)
    if kept_id is None:
        raise NotMerged(customer_id=show_id(absorbed_id))
    with write_transaction():
        lock_customers([kept_id, absorbed_id])
        merge = Merge.objects.filter(customer_id=absorbed_id, kept_id=kept_id, undone_at=None).first()
        if merge is None:  # undone by somebody else meanwhile
            raise NotMerged(customer_id=show_id(absorbed_id))
        if further := kept_by([kept_id]).get(kept_id):
            raise MergeStacked(customer_id=show_id(absorbed_id), into=show_id(further))
        _part(merge)
        Merge.objects.filter(customer_id=absorbed_id, id=merge.id).update(
            undone_at=at, undone_by=fitting(actor).key, undone_reason=why
        )
        _part_consents(merge, at)
        told = [(absorbed_id, CustomerUnmerged(is_kept=False)), (kept_id, CustomerUnmerged(is_kept=True))]
        record_batch([Draft(owner, payload, at, merge.id) for owner, payload in told], recorded_at=at)
    return kept_id


def _part(merge: Merge) -> None:
    """Give back the identities, and take away what was filled in."""
    kept_id, absorbed_id = merge.kept_id, merge.customer_id
    keys = find_keys([kept_id, absorbed_id])
    known = load_known([kept_id, absorbed_id], keys)
    moved = MergedIdentity.objects.filter(customer_id=absorbed_id, merge_id=merge.id)
    theirs = {(kind, bytes(value)) for kind, value in moved.values_list("kind", "value_hash")}
    back = {key: sealed for key, sealed in identities_of(kept_id).items() if key in theirs}
    hand_over(back, giver=kept_id, taker=absorbed_id, keys=keys)
    fields = without_gaps(known[kept_id], known[absorbed_id], list(filter(None, merge.filled.split(","))))
    # A merge of two who were no members has not touched whether they are.
    is_before = MEMBER in (merge.kept_kind, merge.absorbed_kind)
    kind, joined_at = (
        (merge.kept_kind, merge.kept_joined_at)
        if is_before
        else (known[kept_id].kind, known[kept_id].joined_at)
    )
    if kind == MEMBER and known[kept_id].kind != MEMBER:  # they have left since, and stay away
        kind, joined_at = known[kept_id].kind, known[kept_id].joined_at
    elif kind != MEMBER:
        reopen_absence(kept_id, ended_at=merge.at)
    store_known(kept_id, fields, keys[kept_id], kind=kind, joined_at=joined_at)
    Customer.objects.filter(customer_id=absorbed_id).update(kind=merge.absorbed_kind)
    renew_tokens([kept_id, absorbed_id], keys)


def _part_consents(merge: Merge, at: datetime) -> None:
    """Take back from the kept one what only the absorbed one had agreed to; a no said since is said for both.

    A no that came with the merge stays: nobody has asked the kept one again.
    """
    facts = consents_of([merge.kept_id, merge.customer_id])
    own = {(one.channel, one.purpose): one for one in facts.get(merge.customer_id, [])}
    brought = _brought(merge, own.values())
    carried, refused = [], []
    for fact in facts.get(merge.kept_id, []):
        theirs = own.get((fact.channel, fact.purpose))
        if fact.granted and fact in brought:
            carried.append(fact._replace(granted=False, at=max(at, fact.at), source=UNMERGE))
        elif not fact.granted and fact.source != MERGE and fact.at >= merge.at and theirs and theirs.granted:
            refused.append(fact._replace(at=max(at, theirs.at), source=UNMERGE))
    _add_consents(merge.id, merge.kept_id, carried, at)
    _add_consents(merge.id, merge.customer_id, refused, at)


def _brought(merge: Merge, facts: Iterable[ConsentState]) -> set[ConsentState]:
    """Return which of the absorbed one's facts the merge has added to the kept one's: their keys tell."""
    keyed = {_consent_key(merge.id, False, fact): fact for fact in facts}
    wanted = [(merge.kept_id, key) for key in sorted(keyed)]
    return {keyed[key] for (key,) in select_matching(Consent, ("key",), ("customer_id", "key"), wanted)}
