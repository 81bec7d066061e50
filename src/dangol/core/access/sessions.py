"""Who is signed in: each browser has a row here, and is out the moment that row is ended."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from dangol.core.access.models import SignIn, StaffSession
from dangol.core.metrics import LOGIN_FAILURES
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_rows, select_matching, update_rows
from dangol.core.storage.transactions import write_transaction

IDLE, WHOLE = timedelta(minutes=30), timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
_SIGN_IN = ("id", "at", "staff", "outcome", "how", "address", "browser")


class Outcome(StrEnum):
    """What happened at the door."""

    SIGNED_IN = "signed_in"
    FAILED = "failed"
    LOCKED = "locked"
    SIGNED_OUT = "signed_out"
    ENDED = "ended"
    EXPIRED = "expired"


class Origin(NamedTuple):
    """Where a request comes from: its address, and what the browser calls itself."""

    address: str
    browser: str


def _cut(origin: Origin) -> tuple[str, str]:
    return origin.address[:45], origin.browser[:200]


def record_sign_in(outcome: Outcome, *, staff: int | None, how: str, origin: Origin, at: datetime) -> None:
    """Write down what happened at the door. `how` names the proofs, joined by +."""
    if outcome in (Outcome.FAILED, Outcome.LOCKED):
        LOGIN_FAILURES.inc()
    with write_transaction():
        insert_rows(SignIn, _SIGN_IN, [(new_id(), at, staff, outcome.value, how[:40], *_cut(origin))])


def open_session(*, staff: int, how: str, origin: Origin, at: datetime) -> Id:
    """Let a browser in, and write it down; returns the session's id."""
    session_id = new_id()
    with write_transaction():
        insert_rows(
            StaffSession,
            ("id", "staff", "opened_at", "seen_at", "ended_at", "address", "browser", "how"),
            [(session_id, staff, at, at, None, *_cut(origin), how[:40])],
        )
        record_sign_in(Outcome.SIGNED_IN, staff=staff, how=how, origin=origin, at=at)
    return session_id


def is_over(*, opened_at: datetime, seen_at: datetime, at: datetime) -> bool:
    """Say whether a session has been idle for 30 minutes, or is 12 hours old."""
    return at - seen_at >= IDLE or at - opened_at >= WHOLE


def see_session(session_id: Id, *, at: datetime) -> None:
    """Note that a session is in use."""
    with write_transaction():
        update_rows(StaffSession, ("id",), ("seen_at",), [(session_id, at)])


def end_sessions(session_ids: Iterable[Id], outcome: Outcome, *, at: datetime) -> int:
    """End these sessions and write each down; returns how many were still open."""
    with write_transaction():
        rows = select_matching(
            StaffSession,
            ("id", "staff", "how", "address", "browser"),
            ("id",),
            [(one,) for one in set(session_ids)],
            where='t."ended_at" IS NULL',
            order_by=("id",),
            lock=True,
        )
        update_rows(StaffSession, ("id",), ("ended_at",), [(row[0], at) for row in rows])
        insert_rows(
            SignIn, _SIGN_IN, [(new_id(), at, staff, outcome.value, *rest) for _, staff, *rest in rows]
        )
    return len(rows)


def end_sessions_of(staff: int, *, at: datetime, but: Id | None = None) -> int:
    """End all sessions of someone, but for one if it is named; returns how many were open."""
    open_ones = StaffSession.objects.filter(staff_id=staff, ended_at=None).values_list("id", flat=True)
    with write_transaction():
        return end_sessions([one for one in open_ones if one != but], Outcome.ENDED, at=at)


def forget_sign_ins(*, before: datetime, most: int = 5_000) -> int:
    """Delete sign-ins and ended sessions older than `before`, some at a time; returns how many."""
    with write_transaction():
        old = SignIn.objects.filter(at__lt=before).values_list("id", flat=True)[:most]
        deleted = SignIn.objects.filter(id__in=list(old)).delete()[0]
        over = StaffSession.objects.filter(ended_at__lt=before).values_list("id", flat=True)[:most]
        deleted += StaffSession.objects.filter(id__in=list(over)).delete()[0]
        # A browser that was closed never says so: what nobody can use any more is ended here.
        StaffSession.objects.filter(ended_at=None, opened_at__lt=before).delete()
    return deleted
