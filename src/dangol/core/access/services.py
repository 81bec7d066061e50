"""Who works here and as what: invite, change, suspend, restore, recover. Each leaves a grant behind."""

import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password

from dangol.core.access.history import Act
from dangol.core.access.models import Grant, StaffLink, StaffRole
from dangol.core.access.rights import Role
from dangol.core.access.sessions import end_sessions_of
from dangol.core.access.staff_errors import (
    LastOwner,
    LinkOver,
    NameTaken,
    NameUnfit,
    NotSuspended,
    OwnRole,
    ReasonMissing,
    StoreUnfit,
    Suspended,
    UnknownRole,
    UnknownStaff,
    UnknownStore,
)
from dangol.core.people.identities import normalize_email
from dangol.core.people.models import Staff
from dangol.core.people.selectors import find_stores
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_rows, update_rows
from dangol.core.storage.transactions import write_transaction

LINK_OPENS_FOR = timedelta(hours=72)
LONGEST_REASON = 300
_NAME = re.compile(r"[\w.@+-]{1,60}")


class Purpose(StrEnum):
    """What a link is for."""

    INVITE = "invite"
    RECOVER = "recover"


class Post(NamedTuple):
    """A role, and the number of the store it is bound to (empty: all stores)."""

    role: str
    store: str = ""


class Invitation(NamedTuple):
    """Whom to invite: the name they sign in by, how they are called, as what, and why.

    `email` is where mail reaches them; empty: nowhere.
    """

    username: str
    name: str
    post: Post
    reason: str
    email: str = ""


class NewLink(NamedTuple):
    """A link's secret, told once, and until when it opens."""

    staff: int
    secret: str
    expires_at: datetime


def _read_post(post: Post) -> tuple[str, Id | None]:
    """Return the role and the store's id; raises UnknownRole, StoreUnfit or UnknownStore."""
    if post.role not in set(Role):
        raise UnknownRole(role=post.role[:20])
    if not post.store:
        return post.role, None
    if post.role != Role.STORE:
        raise StoreUnfit(role=post.role)
    found = find_stores([post.store])
    if post.store not in found:
        raise UnknownStore(store=post.store[:64])
    return post.role, found[post.store]


def _read_reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise ReasonMissing
    return reason


def _lock_roles() -> dict[int, StaffRole]:
    """Return everyone's role, locked in one order: two owners may suspend each other at the same instant."""
    rows = StaffRole.objects.select_for_update(of=("self",)).select_related("staff").order_by("staff_id")
    return {row.staff_id: row for row in rows}


def _find(roles: dict[int, StaffRole], staff: int, by: int | None) -> StaffRole:
    """Return someone's role, to be changed by another. Raises UnknownStaff or OwnRole."""
    if staff not in roles:
        raise UnknownStaff(name=str(staff))
    if staff == by:
        raise OwnRole
    return roles[staff]


def _require_other_owner(roles: dict[int, StaffRole], leaving: StaffRole) -> None:
    """Raise LastOwner where nobody but `leaving` is an owner who can sign in."""
    if leaving.role != Role.OWNER:
        return
    others = (
        one
        for one in roles.values()
        if one.role == Role.OWNER and one.suspended_at is None and one.staff.is_active and one is not leaving
    )
    if not any(one.staff.has_usable_password() for one in others):
        raise LastOwner


def _grant(
    act: Act, staff: int, role: str, store_id: Id | None, *, reason: str, by: int | None, at: datetime
) -> None:
    insert_rows(
        Grant,
        ("id", "staff", "act", "role", "store_id", "at", "by", "reason"),
        [(new_id(), staff, act.value, role, store_id, at, by, reason)],
    )


def _first_grant(
    staff: int, role: str, store_id: Id | None, *, reason: str, by: int | None, at: datetime
) -> None:
    insert_rows(StaffRole, ("staff", "role", "store_id", "suspended_at"), [(staff, role, store_id, None)])
    _grant(Act.GRANTED, staff, role, store_id, reason=reason, by=by, at=at)


def make_owner(username: str, password: str, *, reason: str, at: datetime) -> int:
    """Make an owner who can sign in at once, as a new instance needs one; returns their number."""
    with write_transaction():
        staff = Staff.objects.create_user(username, password=password)
        _first_grant(staff.pk, Role.OWNER, None, reason=_read_reason(reason), by=None, at=at)
    return staff.pk


def invite_staff(invitation: Invitation, *, by: int | None, at: datetime) -> NewLink:
    """Make an account that opens by a link, within 72 hours.

    Raises NameUnfit, NameTaken, UnknownRole, UnknownStore, StoreUnfit, ReasonMissing, or RefusedValue for an
    odd `email`.
    """
    email = normalize_email(invitation.email) if invitation.email.strip() else ""
    role, store_id = _read_post(invitation.post)
    reason, username = _read_reason(invitation.reason), invitation.username.strip()
    if not _NAME.fullmatch(username):
        raise NameUnfit(name=username[:60])
    with write_transaction():
        _lock_roles()
        if Staff.objects.filter(username__iexact=username).exists():
            raise NameTaken(name=username)
        staff = Staff.objects.create_user(
            username, email, first_name=" ".join(invitation.name.split())[:60], is_active=False
        )
        _first_grant(staff.pk, role, store_id, reason=reason, by=by, at=at)
        return _make_link(staff.pk, Purpose.INVITE, at)


def _make_link(staff: int, purpose: Purpose, at: datetime) -> NewLink:
    """Make a link; those this person had are spent by it."""
    secret, expires_at = secrets.token_urlsafe(32), at + LINK_OPENS_FOR
    StaffLink.objects.filter(staff_id=staff, spent_at=None).update(spent_at=at)
    insert_rows(
        StaffLink,
        ("id", "secret_hash", "staff", "purpose", "made_at", "expires_at", "spent_at"),
        [(new_id(), _hash(secret), staff, purpose.value, at, expires_at, None)],
    )
    return NewLink(staff, secret, expires_at)


def _hash(secret: str) -> bytes:
    # 256 random bits need no slow hash.
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def find_link(secret: str, *, at: datetime) -> StaffLink:
    """Return the link this secret opens, with its person. Raises LinkOver."""
    link = StaffLink.objects.select_related("staff__post").filter(secret_hash=_hash(secret)).first()
    if link is None or link.spent_at or at >= link.expires_at or link.staff.post.suspended_at:
        raise LinkOver
    return link


def spend_link(secret: str, *, password: str, at: datetime) -> int:
    """Set the password of the link's person, whose account is then open; returns their number.

    A link is spent once, whoever else sends it at the same instant. Raises LinkOver.
    """
    hashed = make_password(password)  # slow on purpose, so outside of the transaction
    with write_transaction():
        link = find_link(secret, at=at)
        spent = StaffLink.objects.filter(id=link.id, spent_at=None).update(spent_at=at)
        if not spent:
            raise LinkOver
        update_rows(Staff, ("id",), ("password", "is_active"), [(link.staff_id, hashed, True)])
    return link.staff_id


def change_role(staff: int, post: Post, *, reason: str, by: int | None, at: datetime) -> None:
    """Give someone another role or store; the same one again changes nothing.

    Raises UnknownStaff, OwnRole, LastOwner, and what `invite_staff` says of roles, stores and reasons.
    """
    role, store_id = _read_post(post)
    reason = _read_reason(reason)
    with write_transaction():
        roles = _lock_roles()
        now = _find(roles, staff, by)
        if (now.role, now.store_id) == (role, store_id):
            return
        if role != Role.OWNER:
            _require_other_owner(roles, now)
        update_rows(StaffRole, ("staff",), ("role", "store_id"), [(staff, role, store_id)])
        _grant(Act.CHANGED, staff, role, store_id, reason=reason, by=by, at=at)


def suspend_staff(staff: int, *, reason: str, by: int | None, at: datetime) -> int:
    """Shut someone out at once; returns how many sessions that ended.

    Raises UnknownStaff, OwnRole, Suspended, LastOwner or ReasonMissing.
    """
    reason = _read_reason(reason)
    with write_transaction():
        roles = _lock_roles()
        now = _find(roles, staff, by)
        if now.suspended_at:
            raise Suspended
        _require_other_owner(roles, now)
        update_rows(StaffRole, ("staff",), ("suspended_at",), [(staff, at)])
        Staff.objects.filter(pk=staff).update(is_active=False)
        StaffLink.objects.filter(staff_id=staff, spent_at=None).update(spent_at=at)
        _grant(Act.SUSPENDED, staff, now.role, now.store_id, reason=reason, by=by, at=at)
        return end_sessions_of(staff, at=at)


def restore_staff(staff: int, *, reason: str, by: int | None, at: datetime) -> None:
    """Let someone in again who was suspended, with the role they had.

    Raises UnknownStaff, OwnRole, NotSuspended or ReasonMissing.
    """
    reason = _read_reason(reason)
    with write_transaction():
        now = _find(_lock_roles(), staff, by)
        if not now.suspended_at:
            raise NotSuspended
        update_rows(StaffRole, ("staff",), ("suspended_at",), [(staff, None)])
        # Who never chose a password comes in by a link only.
        Staff.objects.filter(pk=staff).update(is_active=now.staff.has_usable_password())
        _grant(Act.RESTORED, staff, now.role, now.store_id, reason=reason, by=by, at=at)


def recover_staff(staff: int, *, reason: str, by: int | None, at: datetime) -> NewLink:
    """Take away someone's password and second factors, end their sessions, and make a link to begin anew.

    For a lost phone or passkey. Until the link is used nobody signs in as them: with the old password alone
    a thief could set up a second factor of their own. Raises UnknownStaff, OwnRole, Suspended or
    ReasonMissing.
    """
    reason = _read_reason(reason)
    with write_transaction():
        now = _find(_lock_roles(), staff, by)
        if now.suspended_at:
            raise Suspended
        Authenticator.objects.filter(user_id=staff).delete()
        Staff.objects.filter(pk=staff).update(password=make_password(None))
        end_sessions_of(staff, at=at)
        _grant(Act.RECOVERED, staff, now.role, now.store_id, reason=reason, by=by, at=at)
        return _make_link(staff, Purpose.RECOVER, at)


def end_staff_sessions(staff: int, *, at: datetime) -> int:
    """End every session of someone; returns how many were open. Raises UnknownStaff."""
    if not StaffRole.objects.filter(staff_id=staff).exists():
        raise UnknownStaff(name=str(staff))
    return end_sessions_of(staff, at=at)
