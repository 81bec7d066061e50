"""Those who work in the story's shop, signed in: for tests that are about something else."""

import base64
import hmac
import re
import struct
import time
from datetime import UTC, datetime
from hashlib import sha1
from http import HTTPStatus
from typing import Any

from django.test import Client

from dangol.core.access.history import Act
from dangol.core.access.models import Grant, StaffRole
from dangol.core.access.rights import Role
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


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return what an authenticator app shows (RFC 6238: HMAC-SHA-1, 30 seconds, six digits)."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.digest(base64.b32decode(secret), counter, sha1)
    place = digest[-1] & 0x0F
    return f"{(int.from_bytes(digest[place : place + 4]) & 0x7FFFFFFF) % 10**6:06}"


def give_password(client: Client, password: str = PASSWORD, username: str = "owner") -> Any:
    """Send the sign-in page's form."""
    return client.post(
        "/sign-in", {"login": username, "password": password}, headers={"accept-language": "ko"}
    )


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """Set up an authenticator app; return its secret and the recovery codes that are shown."""
    page = client.get("/account/app").content.decode()
    secret = re.sub(r"\s", "", re.search(r'class="secret"[^>]*>([^<]+)<', page)[1])  # type: ignore[index]
    answer = client.post("/account/app", {"code": code_of(secret, steps=-1)}, follow=True)
    assert answer.redirect_chain == [("/account/codes", 302)]
    codes = re.findall(r"<li><code>([\d ]+)</code></li>", answer.content.decode())
    return secret, [code.replace(" ", "") for code in codes]


def is_in(client: Client) -> bool:
    """Say whether a browser is signed in all the way."""
    return client.get("/design").status_code == HTTPStatus.OK
