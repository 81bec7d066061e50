"""A member's phone, for tests: signing in, asking for codes, and the worker that sends them."""

import re
from datetime import timedelta

from django.test import Client

from dangol.core.access.members.sessions import How, open_session
from dangol.core.messaging.outbox import Outbox
from dangol.core.messaging.selectors import list_kept
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.runner import Runner
from dangol.web.member_door import COOKIE
from tests.web.story import NOW

PAGES = (
    "/me/",
    "/me/barcode",
    "/me/history",
    "/me/history?kind=expired",
    "/me/rewards",
    "/me/coupons",
    "/me/stamps",
    "/me/referral",
    "/me/earning",
    "/me/household",
    "/me/money",
    "/me/data",
    "/me/leave",
    "/me/confirm",
)
OPEN = ("/me/sign-in", "/me/code", "/me/open/nothing", "/r/nothing")


def come_in(phone: Client, owner: Id, how: How = How.CODE) -> Client:
    """Sign a member in."""
    phone.cookies[COOKIE] = open_session(owner, how, at=NOW)
    return phone


def give_email(owner: Id, email: str = "kim@example.com") -> None:
    with write_transaction():
        assert set_people([PersonRow(owner, email=email)], recorded_at=NOW - timedelta(days=1)) == [None]


def deliver() -> str:
    """Let the worker do what is due; returns the code of the last message."""
    Runner(lambda: NOW).run_due()
    Outbox(lambda: NOW).send_due()
    [found] = re.findall(r"\b\d{6}\b", list_kept().messages[0].text)
    return str(found)


def ask(phone: Client, who: str) -> None:
    answer = phone.post("/me/sign-in", {"who": who})
    assert (answer.status_code, answer["Location"]) == (302, "/me/code")
