"""What a newcomer sees: their client's event arrives, and moves its customer into a segment on the page."""

from pathlib import Path
from typing import Any

from dangol.core.access.rights import Right
from tests.cli.browsers import Browser
from tests.connectors.segment.clients import close, open_client
from tests.connectors.segment.test_sdks import key_for
from tests.served import served_instance
from tests.waiting import wait_for

OWNER, PASSWORD = "newcomer", "a-long-enough-password"
MAKE_OWNER = f"""
from tests.web.staff import make_staff
make_staff({OWNER!r}, password={PASSWORD!r})
"""
GOLD = {
    "type": "all",
    "of": [
        {"type": "did", "event": "Trial Started", "window": {"type": "last", "n": 7, "unit": "days"}},
        {"type": "trait", "trait": "app.plan", "op": "equals", "value": "gold"},
    ],
}


def test_client__first_events_of_a_newcomer__move_a_customer_into_a_segment_on_the_page(
    tmp_path: Path,
) -> None:
    failed: list[Any] = []
    with served_instance(tmp_path, DANGOL_MFA="optional") as served:
        served.run_python(MAKE_OWNER)
        browser = Browser(served.port, "en")
        assert "sign-in" not in browser.sign_in(OWNER, PASSWORD).address
        client = open_client("segment", served.url, key_for(served, "web", Right.EVENTS_WRITE), failed)
        client.identify("kim-1", {"plan": "gold"}, anonymous_id="browser-1")
        client.track("lee-1", "Trial Started")
        client.flush()
        with served.open() as dangol:
            wait_for(lambda: "app.plan" in {one.name for one in dangol.traits.each()})
            dangol.segments.create("gold-trials", "Gold trials", GOLD)

        # Of a browser that is not signed in now, but once was.
        client.track(anonymous_id="browser-1", event="Trial Started")
        close(client)

        with served.open() as dangol:
            kim = dangol.members.get("external:kim-1").id
            wait_for(lambda: dangol.segments.get("gold-trials").members)
            [inside] = dangol.segments.members("gold-trials")
        page, incoming = browser.get("/segments/gold-trials").text, browser.get("/incoming").text

    assert failed == []
    assert inside.member_id == kim
    assert f'href="/segments/gold-trials/members/{kim}"' in page
    assert "Trial Started" in incoming
