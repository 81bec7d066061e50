"""Two pairs of eyes: what one person asks for, and another lets happen or not.

The floor whose act it is knows what is asked (`payload`) and does it; here stands who asked and who decided.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Q, Sum

from dangol.core.access.errors import (
    AlreadyDecided,
    ApprovalOver,
    NoSuchApproval,
    OwnRequest,
    RequestReused,
)
from dangol.core.access.keys import makers_of
from dangol.core.access.models import Approval
from dangol.core.people.actors import Actor, ActorKind, columns_of, fitting, require_reason
from dangol.core.people.models import Staff
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_missing, insert_rows, select_matching
from dangol.core.storage.transactions import require_write_transaction, write_transaction

OPEN_FOR = timedelta(days=7)


class ApprovalState(StrEnum):
    """How a request stands. `direct` was small enough to need nobody else; who asked may withdraw."""

    DIRECT = "direct"
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Ask(NamedTuple):
    """What is asked for. `id` is made by the form it comes from, so that a form sent twice is one request."""

    id: Id
    kind: str
    subject_id: Id
    payload: str
    size: int
    reason: str


class ApprovalView(NamedTuple):
    """A request, as it is read."""

    id: Id
    kind: str
    subject_id: Id
    payload: str
    size: int
    reason: str
    asked_at: datetime
    actor: str
    actor_name: str
    state: str
    decided_at: datetime | None
    decided_by: str
    decided_name: str
    decided_reason: str

    @property
    def open_until(self) -> datetime:
        """The first instant at which it can no longer be decided."""
        return self.asked_at + OPEN_FOR

    def is_open(self, at: datetime) -> bool:
        """Say whether it still waits for a decision."""
        return self.state == ApprovalState.WAITING and at < self.open_until


def find_asked(ask: Ask, *, actor: Actor) -> ApprovalView | None:
    """Return the request this one repeats; None for a new one. Raises RequestReused for other content."""
    row = Approval.objects.filter(id=ask.id).values_list(*ApprovalView._fields).first()
    if row is None:
        return None
    earlier = ApprovalView(*row)
    same = ask._replace(reason=require_reason(ask.reason))
    if (earlier[: len(Ask._fields)], earlier.actor) != (tuple(same), fitting(actor).key):
        raise RequestReused()
    return earlier


def note_request(ask: Ask, *, actor: Actor, at: datetime, waits: bool) -> ApprovalView:
    """Write a request down: as waiting for a second person, or as done by the first one alone.

    One that waits and was told twice at once is one. Joins the caller's write transaction. Raises
    ReasonMissing, or RequestReused where the other one was of something else, or was done meanwhile.
    """
    require_write_transaction()
    kept = ask._replace(reason=require_reason(ask.reason))
    state = ApprovalState.WAITING if waits else ApprovalState.DIRECT
    row = {
        **kept._asdict(), **columns_of(actor), "asked_at": at, "state": state.value, "decided_by": "",
        "decided_name": "", "decided_reason": "",
    }  # fmt: skip
    if not insert_missing(Approval, tuple(row), [tuple(row.values())]):
        # Whoever waited here for the other's transaction reads what that has written.
        earlier = find_asked(ask, actor=actor)
        if earlier is None or earlier.state != ApprovalState.WAITING or not waits:
            raise RequestReused()
        return earlier
    return find_approval(kept.id)


def size_since(subject_id: Id, kind: str, *, actor: Actor, since: datetime) -> int:
    """Return what one person alone has done to a subject since an instant, all sizes together.

    All programs together are one: whoever has a key may have several.
    """
    rows = Approval.objects.filter(
        subject_id=subject_id, kind=kind, asked_at__gt=since, state=ApprovalState.DIRECT
    )
    if actor.kind == ActorKind.KEY:
        rows = rows.filter(actor_kind=ActorKind.KEY.value)
    else:
        rows = rows.filter(actor=fitting(actor).key)
    return int(rows.aggregate(total=Sum("size"))["total"] or 0)


def sizes_since(subject_ids: Sequence[Id], kind: str, *, actor: Actor, since: datetime) -> dict[Id, int]:
    """Return what one person alone has done to each of these subjects since an instant; one statement."""
    rows = select_matching(
        Approval, ("subject_id", "size"), ("subject_id",), [(one,) for one in subject_ids],
        where="t.kind = %s AND t.actor = %s AND t.asked_at > %s AND t.state = %s",
        params=[kind, fitting(actor).key, since, ApprovalState.DIRECT.value],
    )  # fmt: skip
    sizes: dict[Id, int] = {}
    for subject_id, size in rows:
        sizes[subject_id] = sizes.get(subject_id, 0) + size
    return sizes


def size_of_all_since(kind: str, *, actor: Actor, since: datetime) -> int:
    """Return what one person alone has done of a kind since an instant, to whomever.

    All programs together are one, as for `size_since`.
    """
    rows = Approval.objects.filter(state=ApprovalState.DIRECT, asked_at__gt=since, kind=kind)
    if actor.kind == ActorKind.KEY:
        rows = rows.filter(actor_kind=ActorKind.KEY.value)
    else:
        rows = rows.filter(actor=fitting(actor).key)
    return int(rows.aggregate(total=Sum("size"))["total"] or 0)


def note_direct(
    subject_ids: Sequence[Id], kind: str, *, payload: str, size: int, actor: Actor, reason: str, at: datetime
) -> None:
    """Write down that one person did the same to each of these alone, in the caller's transaction."""
    require_write_transaction()
    who, kept = columns_of(actor), require_reason(reason)
    fixed = {
        "kind": kind, "payload": payload, "size": size, "reason": kept, "asked_at": at, **who,
        "state": ApprovalState.DIRECT.value, "decided_by": "", "decided_name": "", "decided_reason": "",
    }  # fmt: skip
    rows = [(new_id(), one, *fixed.values()) for one in subject_ids]
    insert_rows(Approval, ("id", "subject_id", *fixed), rows)


def lock_actor(actor: Actor) -> None:
    """Let one person's requests in bulk wait for one another until the transaction ends."""
    require_write_transaction()
    list(Staff.objects.select_for_update().filter(username=fitting(actor).key).values_list("pk"))


def find_approval(approval_id: Id) -> ApprovalView:
    """Return a request; raises NoSuchApproval."""
    row = Approval.objects.filter(id=approval_id).values_list(*ApprovalView._fields).first()
    if row is None:
        raise NoSuchApproval(approval=show_id(approval_id))
    return ApprovalView(*row)


def who_asked(approvals: Sequence[ApprovalView]) -> dict[Id, set[str]]:
    """Return who asked for each of these: the person, or the key and whoever answers for it."""
    makers = makers_of(one.actor for one in approvals)
    return {one.id: {one.actor, *makers.get(one.actor, ())} for one in approvals}


class Place(NamedTuple):
    """A place in the list of requests: that behind this one, asked for at this instant."""

    asked_at: datetime
    id: Id


def list_requests(*, state: str = "", before: Place | None = None, limit: int) -> list[ApprovalView]:
    """Return requests, the latest first, those done at once too; only those of a state where one is given."""
    found = Approval.objects.all()
    if state:
        found = found.filter(state=state)
    if before:
        earlier = Q(asked_at__lt=before.asked_at) | Q(asked_at=before.asked_at, id__lt=before.id)
        found = found.filter(earlier)
    rows = found.order_by("-asked_at", "-id").values_list(*ApprovalView._fields)
    return [ApprovalView(*row) for row in rows[:limit]]


def decide(approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime) -> ApprovalView:
    """Let a request happen, or not; of two who decide at once one is refused. Returns it as it then stands.

    Who answers for the key that asked has asked themselves. Joins the caller's write transaction, in which
    what is asked for is done. A decline needs a reason. Raises NoSuchApproval, OwnRequest, ApprovalOver,
    AlreadyDecided or ReasonMissing.
    """
    require_write_transaction()
    who = fitting(actor)
    found = find_approval(approval_id)
    if who.key in who_asked([found])[found.id]:
        raise OwnRequest()
    if found.state == ApprovalState.WAITING and not found.is_open(at):
        raise ApprovalOver(days=OPEN_FOR.days)
    why = reason.strip()[:300] if approves else require_reason(reason)
    state = ApprovalState.APPROVED if approves else ApprovalState.DECLINED
    changed = Approval.objects.filter(id=approval_id, state=ApprovalState.WAITING).update(
        state=state.value, decided_at=at, decided_by=who.key, decided_name=who.name, decided_reason=why
    )
    now = find_approval(approval_id)
    if not changed:
        raise AlreadyDecided(name=now.decided_name or now.decided_by or now.actor_name or now.actor)
    return now


def withdraw(approval_id: Id, *, actor: Actor, at: datetime) -> ApprovalView:
    """Take one's own request back, or that of a program one answers for; returns it as it then stands.

    Done twice it is the same. Raises NoSuchApproval for another's, or AlreadyDecided.
    """
    who = fitting(actor)
    with write_transaction():
        found = find_approval(approval_id)
        if who.key not in who_asked([found])[found.id]:
            raise NoSuchApproval(approval=show_id(approval_id))
        changed = Approval.objects.filter(id=approval_id, state=ApprovalState.WAITING).update(
            state=ApprovalState.WITHDRAWN.value, decided_at=at, decided_by=who.key, decided_name=who.name
        )
        now = find_approval(approval_id)
        if not changed and now.state != ApprovalState.WITHDRAWN:
            raise AlreadyDecided(name=now.decided_name or now.decided_by or now.actor_name or now.actor)
    return now


def list_asked(kind: str, subject_id: Id, *, limit: int = 1) -> list[ApprovalView]:
    """Return the requests of a kind about a subject that one person could not do alone, the latest first."""
    rows = Approval.objects.filter(kind=kind, subject_id=subject_id).exclude(state=ApprovalState.DIRECT)
    rows = rows.order_by("-asked_at", "-id")
    return [ApprovalView(*row) for row in rows.values_list(*ApprovalView._fields)[:limit]]


def _waiting(at: datetime) -> dict[str, object]:
    return {"state": ApprovalState.WAITING, "asked_at__gt": at - OPEN_FOR}


def count_waiting(*, at: datetime) -> int:
    """Return how many requests wait for a decision."""
    return Approval.objects.filter(**_waiting(at)).count()


def list_waiting(*, at: datetime, limit: int = 100) -> list[ApprovalView]:
    """Return the requests that wait, the earliest first."""
    rows = Approval.objects.filter(**_waiting(at)).order_by("asked_at", "id")
    return [ApprovalView(*row) for row in rows.values_list(*ApprovalView._fields)[:limit]]


def list_settled(*, at: datetime, limit: int = 30) -> list[ApprovalView]:
    """Return requests that were decided, or ran out before anybody did, the latest first."""
    rows = (
        Approval.objects.exclude(state=ApprovalState.DIRECT)
        .exclude(**_waiting(at))
        .order_by("-asked_at", "-id")
    )
    return [ApprovalView(*row) for row in rows.values_list(*ApprovalView._fields)[:limit]]
