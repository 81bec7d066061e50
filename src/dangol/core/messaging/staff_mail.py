"""Mail to those who work here: links that open an account, and how it stands with webhooks."""

from datetime import datetime
from hashlib import sha256

from dangol.core.access.emails import Reader, find_reader, owners_by_mail
from dangol.core.access.services import LINK_OPENS_FOR, NewLink, Purpose
from dangol.core.events.webhooks.watching import StateChange
from dangol.core.messaging.contents import Content, EndpointChanged, StaffInvitation, StaffRecovery
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.messaging.sink import Sink
from dangol.core.people.selectors import find_shop, shop
from dangol.core.storage.spaces import LIVE, current_space
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.webhooks import Cause, EndpointState

_HOURS = int(LINK_OPENS_FOR.total_seconds() // 3600)
_TOLD = frozenset({Cause.FAILURES, Cause.RECOVERED, Cause.EXHAUSTED, Cause.GONE})


def leave_link(link: NewLink, purpose: Purpose, *, address: str, at: datetime) -> str:
    """Leave a mail with a link in the outbox for the person it is for; returns where it goes.

    Must be called in the transaction that made the link: it leaves if and only if that commits. Nothing is
    left, and nothing returned, where mail does not reach the person or does not leave the house.
    """
    require_write_transaction()
    reader = find_reader(link.staff)
    if reader is None or not _is_carried():
        return ""
    content = _link_content(reader, purpose, address)
    key = f"link-{sha256(link.secret.encode()).hexdigest()[:48]}"
    leave_messages(
        [
            MessageDraft(
                reader.email, content, shop().language, staff=reader.username, expires_at=link.expires_at,
                key=key,
            )
        ],
        at=at,
    )  # fmt: skip
    return reader.email


def _link_content(reader: Reader, purpose: Purpose, address: str) -> Content:
    kind = StaffRecovery if purpose is Purpose.RECOVER else StaffInvitation
    return kind(shop=shop().name, name=reader.name, link=address, hours=_HOURS)


def tell_owners(change: StateChange) -> None:
    """Leave a mail to each owner about an endpoint that fails, was given up, or is well again.

    Called in the transaction of the change. What somebody did by hand is told to nobody; that an endpoint
    fails and recovers is told once a day at most, however often it does.
    """
    found = find_shop()
    if change.cause not in _TOLD or current_space() != LIVE or found is None or not _is_carried():
        return
    content = EndpointChanged(
        shop=found.name, endpoint=change.description or change.host, state=change.state.value
    )
    drafts = [
        MessageDraft(
            owner.email, content, found.language, staff=owner.username, key=f"{_key(change)}-{owner.staff}"
        )
        for owner in owners_by_mail()
    ]
    leave_messages(drafts, at=change.at)


def _is_carried() -> bool:
    """Say whether mail leaves the house: what a sample shop keeps is read by others, and a link is a key."""
    sender = find_sender(EMAIL)
    return sender is not None and not isinstance(sender, Sink)


def _key(change: StateChange) -> str:
    if change.state is EndpointState.DISABLED:
        return f"endpoint-{change.id.hex()}"
    return f"{change.endpoint_id.hex()}-{change.state}-{change.at:%Y%m%d}"
