"""Addresses name members by their phone number or e-mail address: no log of ours holds any of it."""

import io
import logging
from typing import Any
from urllib.parse import quote

import pytest

from dangol.api import members
from dangol.core.logs import LineFormatter
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
# The last has nothing that a filter could know for a name or a number.
NAMED = ("phone:01023456789", "phone:010-2345-6789", "email:minji.kim@example.com", "external:민지 Kim")
TOLD = ("2345", "6789", "minji", "kim", "민지", quote("민지").lower(), "phone", "email:", "external")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Give all that any logger writes during a test, also what is usually too small to be written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter(for_people=False))
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "level", logging.DEBUG)
    return written


def ask_in_every_way(api: Caller, member: str) -> list[int]:
    """Ask for a member who may be there: found or not, wrongly, in the query, and without a right."""
    path = f"/members/{quote(member)}"
    return [
        api.get(path).status,
        api.get(f"{path}/timeline?cursor={quote(member)}").status,
        api.get(f"/events?member={quote(member)}").status,
        api.post(f"{path}/nothing-of-ours", {}).status,
        api.send("PUT", path, {}).status,
        api.send("PATCH", path, "{").status,
        Caller("dg_live_none").get(path).status,
    ]


def test_logs__member_named_in_the_address__holds_the_route_and_nothing_of_it(
    api: Caller, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"external_id": "민지 Kim", "phone": "010-2345-6789", "email": "minji.kim@example.com"}
    assert api.post("/members", made).status == 201
    statuses = [status for member in NAMED for status in ask_in_every_way(api, member)]
    unknown = api.get("/members/phone:01099992345").status

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("민지 Kim")

    monkeypatch.setattr(members, "find_member", fail)
    broken = api.get(f"/members/{quote(NAMED[0])}").status

    text = lines.getvalue().lower()
    assert {200, 400, 401, 404, 405} <= set(statuses)
    assert (unknown, broken) == (404, 500)
    assert '"route":' in text
    assert "runtimeerror" in text
    assert [one for one in TOLD if one in text] == []
