"""A member's sessions: apart from those of staff, 30 days from the last visit, ended when they leave.

The browser holds 256 random bits, the database their hash. Signing in always makes new ones, so that what
somebody planted in a browser before opens nothing.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from dangol.core.access.members.models import MemberCode, MemberLink, MemberSession
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction, write_transaction

VALID_FOR = timedelta(days=30)
SEEN_EVERY = timedelta(hours=1)
FRESH_FOR = timedelta(minutes=5)


class How(StrEnum):
    """How a member came in."""

    CODE = "code"
    LINK = "link"


class SessionView(NamedTuple):
    """A browser in which a member is signed in. `renewed`: its 30 days have just begun anew."""

    token_hash: bytes
    customer_id: Id
    how: str
    opened_at: datetime
    seen_at: datetime
    confirmed_at: datetime | None
    renewed: bool = False

    def is_confirmed(self, at: datetime) -> bool:
        """Say whether a code has shown within the last five minutes that it is still they."""
        return self.confirmed_at is not None and at - self.confirmed_at <= FRESH_FOR


_COLUMNS = SessionView._fields[:-1]


def open_session(customer_id: Id, how: How, *, at: datetime) -> str:
    """Sign a member in; returns what their browser is to hold. A code counts as having just confirmed."""
    token = secrets.token_urlsafe(32)
    with write_transaction():
        MemberSession.objects.create(
            token_hash=_hash(token), customer_id=customer_id, how=how, opened_at=at, seen_at=at,
            expires_at=at + VALID_FOR, confirmed_at=at if how is How.CODE else None,
        )  # fmt: skip
    return token


def find_session(token: str, *, at: datetime, renew: bool = True) -> SessionView | None:
    """Return the session of a browser that holds this; None where it is over or nobody's.

    Looking begins its 30 days anew, unless nothing may be written (`renew`).
    """
    if not token:
        return None
    mine = MemberSession.objects.filter(token_hash=_hash(token), expires_at__gt=at)
    row = mine.values_list(*_COLUMNS).first()
    if row is None:
        return None
    found = SessionView(*row)._replace(token_hash=_hash(token))
    if not renew or at - found.seen_at < SEEN_EVERY:
        return found
    with write_transaction():
        mine.update(seen_at=at, expires_at=at + VALID_FOR)
    return found._replace(seen_at=at, renewed=True)


def confirm_session(session: SessionView, *, at: datetime) -> None:
    """Note that a code has just shown that it is still they."""
    with write_transaction():
        MemberSession.objects.filter(token_hash=session.token_hash).update(confirmed_at=at)


def end_session(token: str) -> None:
    """Sign a browser out."""
    with write_transaction():
        MemberSession.objects.filter(token_hash=_hash(token)).delete()


def end_sessions_of(customers: Mapping[Id, datetime] | Iterable[Id]) -> None:
    """End all that opens these customers' pages: sessions, codes and links.

    Must be called inside a write transaction. Given with an instant each, only what was there before it.
    """
    require_write_transaction()
    until = customers if isinstance(customers, Mapping) else dict.fromkeys(customers)
    for customer_id, before in sorted(until.items()):
        for model, made in ((MemberSession, "opened_at"), (MemberCode, "made_at"), (MemberLink, "made_at")):
            theirs = model._default_manager.filter(customer_id=customer_id)
            (theirs.filter(**{f"{made}__lte": before}) if before else theirs).delete()


def delete_over(*, as_of: datetime) -> int:
    """Delete sessions, codes and links whose time is over; returns how many."""
    with write_transaction():
        return sum(
            model._default_manager.filter(expires_at__lte=as_of).delete()[0]
            for model in (MemberSession, MemberCode, MemberLink)
        )


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
