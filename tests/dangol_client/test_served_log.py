"""What a served shop writes while members are asked for by their phone number or their own id."""

import socket

import httpx

from tests.served import Served
from tests.waiting import wait_for

NAMED = ("phone:01023456789", "phone:+821023456789", "email:minji.kim@example.com", "external:minji-kim")


def test_served_log__members_named_in_addresses__has_the_route_and_nothing_of_them(served: Served) -> None:
    log, key = served.instance.home / "serve.log", {"Authorization": f"Bearer {served.live_key}"}
    before = len(log.read_text())
    for name in NAMED:
        for path in (f"/members/{name}", f"/members/{name}/nothing", f"/events?member={name}"):
            assert httpx.get(f"{served.url}/api/v1{path}", headers=key).status_code in (400, 404, 422)
    # What is no request at all is refused by the server itself, before anything of ours sees it.
    with socket.create_connection(("127.0.0.1", served.port)) as line:
        line.sendall(b"GET /api/v1/members/external:minji-kim HTTP/9.9\r\nHost: x y\r\n\r\n")
        line.recv(1_000)

    wait_for(lambda: log.read_text()[before:].count('"event": "request"') >= len(NAMED) * 3)
    text = log.read_text()[before:].lower()
    assert '"route": "api:get_member"' in text
    assert [one for one in ("23456789", "minji", "phone:", "external:", "email:") if one in text] == []
