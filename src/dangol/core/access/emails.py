"""Where mail reaches those who work here: told by themselves, or by whoever invited them."""

from typing import NamedTuple

from dangol.core.access.models import StaffRole
from dangol.core.access.rights import Role
from dangol.core.people.identities import normalize_email
from dangol.core.people.models import Staff
from dangol.core.storage.transactions import write_transaction


class Reader(NamedTuple):
    """Someone who works here, whom mail reaches."""

    staff: int
    username: str
    name: str
    email: str


def email_of(staff: int) -> str:
    """Return where mail reaches someone; empty where they never said."""
    return Staff.objects.filter(pk=staff).values_list("email", flat=True).first() or ""


def set_email(staff: int, email: str) -> str:
    """Say where mail reaches someone; empty: nowhere. Returns it as it is kept. Raises RefusedValue."""
    kept = normalize_email(email) if email.strip() else ""
    with write_transaction():
        Staff.objects.filter(pk=staff).update(email=kept)
    return kept


def find_reader(staff: int) -> Reader | None:
    """Return someone with where mail reaches them; None where it does not."""
    row = Staff.objects.filter(pk=staff).values_list("username", "first_name", "email").first()
    return Reader(staff, row[0], row[1] or row[0], row[2]) if row and row[2] else None


def owners_by_mail() -> list[Reader]:
    """Return the owners who can sign in and whom mail reaches, by name."""
    owners = StaffRole.objects.filter(role=Role.OWNER, suspended_at=None, staff__is_active=True)
    rows = owners.exclude(staff__email="").order_by("staff__username")
    found = rows.values_list("staff_id", "staff__username", "staff__first_name", "staff__email")
    return [Reader(staff, username, name or username, email) for staff, username, name, email in found]
