"""Segment's and RudderStack's Python clients, unchanged, against a server that is killed under them."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from dangol.core.access.rights import Right
from tests.connectors.segment.clients import KINDS, close, open_client
from tests.served import Served, served_instance
from tests.sizes import SIZE
from tests.waiting import PATIENCE, wait_for

BROWSERS, EVENTS = 40, 60
MAKE_KEY = """
from dangol.core.access.keys import make_key
from dangol.core.access.rights import Right
from dangol.project.clock import now
scopes = [Right(one) for one in {scopes!r}]
print(make_key(name={name!r}, space="live", scopes=scopes, created_by="owner", at=now()).secret)
"""
TOLD = """
import json
from dangol.core.behavior.models import Entry
from dangol.core.commerce.models import Order
from dangol.core.events.models import Event
from dangol.core.people.models import Identity
events = [json.loads(text) for text in Event.objects.filter(
    name="behavior.tracked").values_list("payload", flat=True)]
print(json.dumps({
    "numbers": [one["properties"]["number"] for one in events if one["source"] == %r],
    "messages": [one["message"] for one in events if one["source"] == %r],
    "orders": list(Order.objects.values_list("number", flat=True)),
    "entries": Entry.objects.filter(source=%r).count(),
    "problems": list(Entry.objects.filter(source=%r).exclude(problem="").values_list("problem", flat=True)),
}))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_instance(tmp_path_factory.mktemp("sdk")) as one:
        yield one


def key_for(served: Served, name: str, *scopes: Right) -> str:
    return served.run_python(MAKE_KEY.format(scopes=[str(one) for one in scopes], name=name))


def told(served: Served, source: str) -> Any:
    return msgspec.json.decode(served.run_python(TOLD % ((source,) * 4)))


@pytest.mark.parametrize("kind", KINDS)
def test_client__unchanged__each_event_arrives_once(served: Served, kind: str) -> None:
    failed: list[Any] = []
    key = key_for(served, f"calm-{kind}", Right.EVENTS_WRITE, Right.ORDERS_WRITE, Right.MEMBERS_WRITE)
    client = open_client(kind, served.url, key, failed)
    user = f"user-{kind}"
    for number in range(EVENTS):
        client.track(
            anonymous_id=f"{kind}-browser", event="Clicked", properties={"number": number, "price": 19.99}
        )
    client.identify(user, {"plan": "gold", "email": f"{kind}@example.com"}, anonymous_id=f"{kind}-browser")
    product = {"product_id": "P1", "price": "4500", "quantity": 2}
    client.track(user, "Order Completed", {"order_id": kind, "number": EVENTS, "products": [product]},
                 timestamp=datetime(2026, 3, 1, tzinfo=UTC))  # fmt: skip
    close(client)

    found = told(served, f"calm-{kind}")
    assert failed == []
    assert sorted(found["numbers"]) == [*range(EVENTS + 1)]
    assert found["problems"] == []
    assert found["entries"] == EVENTS + 2
    assert found["orders"].count(kind) == 1
    with served.open() as dangol:
        assert dangol.members.get(f"external:{user}").id == dangol.members.get(f"email:{kind}@example.com").id


def test_client__key_that_opens_nothing__gives_up_at_once(served: Served) -> None:
    failed: list[Any] = []
    client = open_client("rudder", served.url, "dg_live_nothing", failed, max_retries=10)
    began = time.monotonic()
    client.track("u", "Clicked", {"number": 1})
    close(client)

    [(error, count)] = failed
    assert count == 1
    assert getattr(error, "code", "") == "access.unknown_key"
    assert time.monotonic() - began < PATIENCE  # ten tries rest for minutes


@pytest.mark.parametrize("kind", KINDS)
def test_client__server_killed_again_and_again__each_event_arrives_once(served: Served, kind: str) -> None:
    failed: list[Any] = []
    source, total = f"killed-{kind}", BROWSERS * 5 * SIZE.kill_cycles
    key = key_for(served, source, Right.EVENTS_WRITE)
    client = open_client(kind, served.url, key, failed, max_retries=12, max_queue_size=total, **_small(kind))
    done = threading.Event()
    killer = threading.Thread(target=_kill, args=(served, done))
    killer.start()
    for number in range(total):
        client.track(
            anonymous_id=f"{source}-{number % BROWSERS}", event="Clicked", properties={"number": number}
        )
        time.sleep(0.002)
    close(client)
    done.set()
    killer.join()

    found = told(served, source)
    assert failed == []
    assert Counter(found["numbers"]) == Counter(range(total))
    assert len(set(found["messages"])) == total
    assert found["entries"] == total


def _small(kind: str) -> dict[str, Any]:
    """Return what makes a client send small batches, so that many are on their way when the server dies."""
    return {"upload_size": 20, "upload_interval": 0.05}


def _kill(served: Served, done: threading.Event) -> None:
    """Kill all of the web server's workers outright, some times, while events come in."""
    dice = random.Random(7)
    for _ in range(SIZE.kill_cycles):
        if done.wait(dice.uniform(0.1, 0.6)):
            return
        for pid in served.web_workers():
            os.kill(pid, signal.SIGKILL)
        wait_for(served.web_workers)
