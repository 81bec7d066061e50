"""What a second person has to let happen, in one way for all parts of the room: asked for, and done by a yes.

What one person asks for waits in `core.access.approvals`; here stands what a request of ours looks like.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from dangol.core.access.approvals import ApprovalView, Ask, find_asked, list_asked, note_request
from dangol.core.access.errors import OwnDraft
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.people.actors import Actor, ActorKind


class Publication(msgspec.Struct, frozen=True):
    """A draft of this revision is to be in force; `content` is what it says, as JSON."""

    revision: int
    content: dict[str, Any]

    def as_payload(self) -> str:
        """Return it as a request keeps it."""
        return msgspec.json.encode(self).decode()


class Draft(Protocol):
    """A draft: who changed it last, and everybody who has changed it (empty: from before that was kept)."""

    changed_by: str
    writers: list[str]


class Outcome(NamedTuple):
    """What became of it: a version's number, or the request that waits for a second person."""

    number: int | None
    approval: ApprovalView | None = None


def read_publication(approval: ApprovalView) -> Publication:
    """Return what is to be published; raises msgspec.DecodeError."""
    return msgspec.json.decode(approval.payload, type=Publication)


def writers_of(draft: Draft | None) -> Sequence[str]:
    """Return the sign-in names of those who have written a draft, as far as they are known."""
    return (draft.writers or [draft.changed_by]) if draft else ()


def writers_with(writers: Iterable[str], writer: str) -> list[str]:
    """Return the writers of a draft that somebody changes, whoever has done so before among them."""
    return sorted({*writers, writer})


def refuse_writer(writers: Iterable[str], name: str) -> None:
    """Raise OwnDraft where whoever signs in by this name has written what is to be approved."""
    if name in writers:
        raise OwnDraft()


def find_same(ask: Ask, *, actor: Actor, at: datetime) -> ApprovalView | None:
    """Return the request that asks for the very same: one that waits, whoever's, or this form's own.

    Raises RequestReused where the form asked for something else.
    """
    for one in list_asked(ask.kind, ask.subject_id, limit=10):
        if one.is_open(at) and one.payload == ask.payload:
            return one
    return find_asked(ask, actor=actor)


def ask_once(ask: Ask, *, actor: Actor, at: datetime) -> ApprovalView:
    """Return the request, which waits for a second person; what waits already is not asked for again.

    Joins the caller's write transaction. Raises RequestReused, or ReasonMissing.
    """
    return find_same(ask, actor=actor, at=at) or note_request(ask, actor=actor, at=at, waits=True)


def signed(actor: Actor) -> str:
    """Return the name a version is kept under: staff's own to sign in by, a key's as it is called."""
    return actor.name or actor.key if actor.kind == ActorKind.KEY else actor.key


def log_done(what: str, actor: Actor, reason: str, *, at: datetime) -> None:
    """Write into the access log what somebody let hold: a publication, or settings."""
    record_access([AccessDraft(Access.CONFIGURE, actor, reason, seen=(what,), people=0)], at=at)
