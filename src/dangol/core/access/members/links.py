"""A link that staff show at the counter, as a QR: it opens a member's pages on their own phone, once."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from dangol.core.access.members.models import MemberLink
from dangol.core.people.merged import find_current, resolve_merged
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

VALID_FOR = timedelta(minutes=10)


class LinkOver(DomainError):
    """The link was used, its time is over, or nobody was given it."""

    code = "member.link_over"


def make_link(customer_id: Id, *, staff: str, at: datetime) -> str:
    """Return the secret of a link to the member's pages, in place of any other. Raises UnknownCustomer."""
    if find_current(customer_id) != customer_id:
        raise UnknownCustomer(customer_id=show_id(customer_id))
    secret = secrets.token_urlsafe(32)
    with write_transaction():
        MemberLink.objects.filter(customer_id=customer_id).delete()
        MemberLink.objects.create(
            token_hash=_hash(secret), customer_id=customer_id, staff=staff, made_at=at,
            expires_at=at + VALID_FOR,
        )  # fmt: skip
    return secret


def is_open(secret: str, *, at: datetime) -> bool:
    """Say whether a link would open something; looking uses nothing up."""
    return MemberLink.objects.filter(token_hash=_hash(secret), expires_at__gt=at).exists()


def use_link(secret: str, *, at: datetime) -> Id:
    """Return whose pages the link opens, which it does no more; who was merged is who they are now.

    Raises LinkOver.
    """
    with write_transaction():
        row = MemberLink.objects.select_for_update().filter(token_hash=_hash(secret)).first()
        if row is None:
            raise LinkOver()
        row.delete()
        is_late = row.expires_at <= at
    if is_late:
        raise LinkOver()
    return resolve_merged([row.customer_id])[row.customer_id]


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
