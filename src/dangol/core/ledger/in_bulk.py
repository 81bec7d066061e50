"""Points given by hand to many at once: as one request, judged by its sum, and done once.

Few are given theirs in the transaction that decides it; many by a job, some hundreds a transaction, under
keys made of the request's id, so that a job that was cut off gives nobody twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from dangol.core.access.approvals import (
    ApprovalState,
    ApprovalView,
    Ask,
    decide,
    find_approval,
    find_asked,
    lock_actor,
    note_direct,
    note_request,
    size_of_all_since,
    sizes_since,
)
from dangol.core.access.own_account import members_who_are, require_not_own
from dangol.core.events.services import lock_customers
from dangol.core.ledger.by_hand import DAY, KIND, ByHand, carry_out, kept_reason
from dangol.core.ledger.models import BulkOutcome
from dangol.core.ledger.services import Order, apply, require_currency
from dangol.core.people.actors import Actor
from dangol.core.people.chosen import LeftOut, judge_chosen
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.core.tasks.services import enqueue
from dangol.domain.errors import Malformed
from dangol.domain.points import MOST_POINTS, NEVER, Adjust, InvalidPoints

BULK, TASK = "points.in_bulk", "points.give_in_bulk"
# So many are given theirs at once; and of so many a request may be.
AT_ONCE, MOST = 500, 10_000


class NotSoMany(Malformed):
    """A request in bulk is of nobody, or of more than `most`."""

    code = "points.not_so_many"


class InBulk(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wanted: so many points for each of these members; `store` binds to those at home there."""

    currency: str
    points: int
    members: tuple[str, ...]
    expires_at: datetime | None = None
    store: str = ""


class Given(msgspec.Struct, frozen=True):
    """What became of it: how many were given points, and who was left out with why."""

    count: int
    left_out: tuple[tuple[str, str], ...]

    @property
    def others(self) -> list[LeftOut]:
        """Who was left out."""
        return [LeftOut(parse_id(one), why) for one, why in self.left_out]


def read_in_bulk(payload: str) -> InBulk:
    """Return what a request asks for."""
    return msgspec.json.decode(payload, type=InBulk)


def want(
    customer_ids: Sequence[Id],
    points: int,
    *,
    currency: str,
    expires_at: datetime | None = None,
    store_id: Id | None = None,
) -> InBulk:
    """Return what is wanted for these members. Raises NotSoMany or InvalidPoints."""
    if not 0 < len(customer_ids) <= MOST:
        raise NotSoMany(most=MOST)
    if not 0 < points <= MOST_POINTS:
        raise InvalidPoints(points=points)
    members = tuple(show_id(one) for one in sorted(set(customer_ids)))
    return InBulk(currency, points, members, expires_at, show_id(store_id) if store_id else "")


def would_wait(wanted: InBulk, *, actor: Actor, at: datetime, limit: int) -> bool:
    """Say whether a second person has to let it happen.

    It does above the limit in sum, together with what the same person gave in bulk in the last 24 hours; and
    where for one of the members it is more than they may be given by one person in that time.
    """
    earlier = size_of_all_since(BULK, actor=actor, since=at - DAY)
    if earlier + wanted.points * len(wanted.members) > limit:
        return True
    owners = [parse_id(one) for one in wanted.members]
    before = sizes_since(owners, KIND, actor=actor, since=at - DAY)
    return max(before.values(), default=0) + wanted.points > limit


def give_in_bulk(
    wanted: InBulk, *, form: Id, actor: Actor, reason: str, at: datetime, limit: int
) -> ApprovalView:
    """Give points to many, or ask for it where it is more than `limit` (`would_wait`).

    `form` names the form this comes from: sent twice it is done once. Raises ReasonMissing, RequestReused,
    InvalidPoints or UnknownCurrency.
    """
    if wanted.expires_at and wanted.expires_at <= at:
        raise InvalidPoints(points=wanted.points)
    with write_transaction():
        # The members first: of one form they are the same, so it waits for itself.
        lock_customers(parse_id(one) for one in wanted.members)
        lock_actor(actor)
        # The form's own id stands for whom it is about: they are many.
        size = wanted.points * len(wanted.members)
        ask = Ask(form, BULK, form, msgspec.json.encode(wanted).decode(), size, kept_reason(reason))
        if earlier := find_asked(ask, actor=actor):
            return earlier
        require_currency(wanted.currency)
        waits = would_wait(wanted, actor=actor, at=at, limit=limit)
        noted = note_request(ask, actor=actor, at=at, waits=waits)
        if not waits:
            _count_for_each(wanted, actor=actor, reason=ask.reason, at=at)
            _begin(noted, at)
    return noted


def _count_for_each(wanted: InBulk, *, actor: Actor, reason: str, at: datetime) -> None:
    """Let what each member is given count with what the same person gives them alone that day."""
    payload = msgspec.json.encode(ByHand(wanted.currency, wanted.points, wanted.expires_at)).decode()
    owners = [parse_id(one) for one in wanted.members]
    note_direct(owners, KIND, payload=payload, size=wanted.points, actor=actor, reason=reason, at=at)


def decide_points(
    approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime
) -> ApprovalView:
    """Approve a request about points, of one member or of many, or decline it.

    Raises OwnAccount and what `access.approvals.decide` and moving the points raise; where points do, the
    request waits on.
    """
    with write_transaction():
        decided = decide(approval_id, approves=approves, actor=actor, reason=reason, at=at)
        if approves and decided.kind == BULK:
            _begin(decided, at)
        elif approves:
            require_not_own([decided.subject_id], actor=actor)
            carry_out(decided, at)
    return decided


def _begin(approval: ApprovalView, at: datetime) -> None:
    require_write_transaction()
    wanted = read_in_bulk(approval.payload)
    if len(wanted.members) > AT_ONCE:
        payload = {"approval": show_id(approval.id)}
        enqueue(TASK, payload, run_at=at, key=f"in-bulk:{show_id(approval.id)}")
        return
    _keep(approval.id, *_give(approval, wanted, wanted.members, at), at)


def carry_out_in_bulk(approval_id: Id, *, at: datetime, report: Callable[[int, int], None]) -> None:
    """Give what a request asks for that may happen, some hundreds a transaction; begun again it goes on."""
    approval = find_approval(approval_id)
    if approval.state not in (ApprovalState.DIRECT, ApprovalState.APPROVED) or find_given(approval_id):
        return
    wanted, count, others = read_in_bulk(approval.payload), 0, list[LeftOut]()
    for start in range(0, len(wanted.members), AT_ONCE):
        with write_transaction():
            given, left_out = _give(approval, wanted, wanted.members[start : start + AT_ONCE], at)
        count += given
        others += left_out
        report(min(start + AT_ONCE, len(wanted.members)), len(wanted.members))
    with write_transaction():
        _keep(approval_id, count, others, at)


def _give(
    approval: ApprovalView, wanted: InBulk, members: Sequence[str], at: datetime
) -> tuple[int, list[LeftOut]]:
    """Give each of these members theirs; returns how many have it, and who was left out."""
    owners = [parse_id(one) for one in members]
    lock_customers(owners)
    own = members_who_are([approval.actor, approval.decided_by])
    judged = judge_chosen(owners, store_id=parse_id(wanted.store) if wanted.store else None, own=own)
    key, lapses_at = f"in-bulk:{show_id(approval.id)}", wanted.expires_at or NEVER
    results = apply(
        [Order(one, Adjust(key, at, wanted.points, approval.reason, lapses_at)) for one in judged.fit],
        wanted.currency,
        recorded_at=at,
    )
    refused = [
        LeftOut(one, result.refusal.code)
        for one, result in zip(judged.fit, results, strict=True)
        if result.refusal
    ]
    return len(judged.fit) - len(refused), [*judged.left_out, *refused]


def _keep(approval_id: Id, count: int, left_out: Sequence[LeftOut], at: datetime) -> None:
    told = msgspec.json.encode([(show_id(one), why) for one, why in left_out]).decode()
    insert_missing(BulkOutcome, ("id", "count", "left_out", "at"), [(approval_id, count, told, at)])


def find_given(approval_id: Id) -> Given | None:
    """Return what became of a request in bulk; None while it waits or is being done."""
    row = BulkOutcome.objects.filter(id=approval_id).values_list("count", "left_out").first()
    if row is None:
        return None
    return Given(row[0], msgspec.json.decode(row[1], type=tuple[tuple[str, str], ...]))
