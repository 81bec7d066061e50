"""Those who work in the story's shop, signed in: for tests that are about something else."""

from datetime import UTC, datetime

from django.test import Client

from dangol.core.access.models import Grant, StaffRole
from dangol.core.access.rights import Role
from dangol.core.access.services import Act
from dangol.core.people.models import Staff
from dangol.core.storage.ids import Id, new_id

PASSWORD = "a-long-enough-password"
SINCE = datetime(2026, 1, 2, tzinfo=UTC)


def make_staff(
    username: str = "owner", role: str = Role.OWNER, *, store_id: Id | None = None, password: str = PASSWORD
) -> Staff:
    """Return someone with this role, made unless they are there."""
    found = Staff.objects.filter(username=username).first()
    if found:
        return found
    staff = Staff.objects.create_user(username, password=password)
    StaffRole.objects.create(staff=staff, role=role, store_id=store_id)
    Grant.objects.create(
        id=new_id(), staff=staff, act=Act.GRANTED, role=role, store_id=store_id, at=SINCE, reason="for a test"
    )
    return staff


def sign_in(
    client: Client, username: str = "owner", role: str = Role.OWNER, *, store_id: Id | None = None
) -> Client:
    """Sign someone in without asking for anything; returns the browser."""
    client.force_login(make_staff(username, role, store_id=store_id))
    return client
