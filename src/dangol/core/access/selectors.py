"""Who is asking, and what is known of those who work here."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from allauth.mfa.models import Authenticator
from django.db.models import Exists, Max, OuterRef

from dangol.core.access.history import role_after
from dangol.core.access.models import Grant, SignIn, StaffLink, StaffRole, StaffSession
from dangol.core.access.rights import RIGHTS, Right, Role
from dangol.core.people.models import Staff
from dangol.core.storage.ids import Id

_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_HAS_FACTOR = Exists(Authenticator.objects.filter(user_id=OuterRef("staff_id"), type__in=_FACTORS))


class Visitor(NamedTuple):
    """Someone signed in: as what, for which store (None: all), and whether a second factor is set up."""

    staff: int
    session_id: Id
    role: Role
    store_id: Id | None
    has_factor: bool
    opened_at: datetime
    seen_at: datetime

    def may(self, right: Right) -> bool:
        """Say whether their role has this right."""
        return right in RIGHTS[self.role]

    def sees(self, store_id: Id | None) -> bool:
        """Say whether they may see what belongs to this store; what belongs to none is everybody's."""
        return self.store_id is None or store_id is None or store_id == self.store_id


def find_visitor(session_id: Id, staff: int) -> Visitor | None:
    """Return who this session is of; None where it was ended, or they were suspended or have no role.

    One statement.
    """
    row = (
        StaffSession.objects.filter(
            id=session_id, staff_id=staff, ended_at=None, staff__is_active=True,
            staff__post__suspended_at=None, staff__post__role__in=list(Role),
        )
        .annotate(has_factor=_HAS_FACTOR)
        .values_list("staff__post__role", "staff__post__store_id", "has_factor", "opened_at", "seen_at")
        .first()
    )  # fmt: skip
    if row is None:
        return None
    role, store_id, has_factor, opened_at, seen_at = row
    return Visitor(staff, session_id, Role(role), store_id, has_factor, opened_at, seen_at)


def roles_out_of_step() -> list[str]:
    """Return the names of those whose role is not what their grants come to: none, unless by hand."""
    grants: dict[int, list[tuple[str, str, Id | None]]] = {}
    for grant in Grant.objects.order_by("id"):
        grants.setdefault(grant.staff_id, []).append((grant.act, grant.role, grant.store_id))
    wrong = []
    for row in StaffRole.objects.select_related("staff").order_by("staff__username"):
        now = (row.role, row.store_id, row.suspended_at is not None)
        if row.staff_id not in grants or role_after(grants[row.staff_id]) != now:
            wrong.append(row.staff.username)
    return wrong


class StaffView(NamedTuple):
    """Someone who works here, as the list shows them."""

    number: int
    username: str
    name: str
    role: Role
    store_id: Id | None
    suspended_at: datetime | None
    # False until they have used the link they were given.
    is_open: bool
    has_factor: bool
    seen_at: datetime | None


def list_staff(numbers: Sequence[int] | None = None) -> list[StaffView]:
    """Return those who work here, by name; only these, where numbers are given. One statement."""
    rows = StaffRole.objects.select_related("staff").annotate(
        has_factor=_HAS_FACTOR,
        seen_at=Max("staff__sessions__seen_at"),
    )
    if numbers is not None:
        rows = rows.filter(staff_id__in=numbers)
    return [
        StaffView(
            row.staff_id, row.staff.username, row.staff.first_name, Role(row.role), row.store_id,
            row.suspended_at, row.staff.is_active and row.staff.has_usable_password(),
            vars(row)["has_factor"], vars(row)["seen_at"],
        )
        for row in rows.order_by("staff__username")
    ]  # fmt: skip


def find_staff(number: int) -> StaffView | None:
    """Return someone who works here; None where nobody has this number."""
    return next(iter(list_staff([number])), None)


def find_staff_number(username: str) -> int | None:
    """Return the number of whoever signs in by this name, whatever its case."""
    exact = Staff.objects.filter(username=username).values_list("pk", flat=True).first()
    return exact or Staff.objects.filter(username__iexact=username).values_list("pk", flat=True).first()


def find_staff_name(username: str) -> str:
    """Return what people call whoever signs in by this name; the name itself where nobody does any more."""
    found = Staff.objects.filter(username=username).values_list("first_name", flat=True).first()
    return found or username


class GrantView(NamedTuple):
    """One line of the history of who may do what. An empty `by` is a command on the machine itself."""

    at: datetime
    act: str
    role: Role
    store_id: Id | None
    by: str
    reason: str


def grants_of(number: int) -> list[GrantView]:
    """Return all that was granted to someone, the latest first."""
    rows = Grant.objects.filter(staff_id=number).select_related("by").order_by("-at", "-id")
    return [
        GrantView(
            row.at, row.act, Role(row.role), row.store_id, row.by.username if row.by else "", row.reason
        )
        for row in rows
    ]


def sessions_of(number: int) -> list[StaffSession]:
    """Return the sessions someone has open, the latest first."""
    return list(StaffSession.objects.filter(staff_id=number, ended_at=None).order_by("-seen_at"))


def sign_ins_of(number: int, *, limit: int = 20) -> list[SignIn]:
    """Return what happened at the door with someone's name, the latest first."""
    return list(SignIn.objects.filter(staff_id=number).order_by("-at", "-id")[:limit])


def open_link_of(number: int, *, at: datetime) -> datetime | None:
    """Return until when the link someone was given opens; None where there is none to use."""
    links = StaffLink.objects.filter(staff_id=number, spent_at=None, expires_at__gt=at)
    return links.values_list("expires_at", flat=True).first()


def list_owners(*, most: int = 3) -> list[str]:
    """Return the names of owners who can sign in, who can give others a role; at most some."""
    owners = StaffRole.objects.filter(role=Role.OWNER, suspended_at=None, staff__is_active=True)
    names = owners.order_by("staff__username").values_list("staff__first_name", "staff__username")
    return [first_name or username for first_name, username in names[:most]]
