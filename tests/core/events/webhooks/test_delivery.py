"""From the timeline to a receiver: everything arrives, however badly the receiver behaves."""

import json
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from standardwebhooks import Webhook

from dangol.core.events.webhooks.models import Attempt, Delivery, DeliveryState, Message
from dangol.core.events.webhooks.selectors import (
    find_endpoint,
    list_attempts,
    list_changes,
    list_deliveries,
    oldest_pending,
)
from dangol.core.events.webhooks.sender import Sender
from dangol.core.events.webhooks.services import (
    disable_endpoint,
    enable_endpoint,
    replay_failed,
    replay_one,
    replay_range,
    rotate_secret,
    send_example,
)
from dangol.core.events.webhooks.signing import SIGNATURE, verify
from dangol.core.storage.ids import parse_id
from dangol.domain.webhooks import SCHEDULE, EndpointState
from dangol.project.clock import now
from tests.core.events.webhooks.receiver import (
    Behavior,
    Receiver,
    answer,
    answer_after,
    close_early,
    closed_port,
    fail_at_random,
)
from tests.core.events.webhooks.shop import AT, REASON, Clock, endpoint, fan_out, happen, sender, spend
from tests.sizes import SIZE
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def states() -> Counter[str]:
    return Counter(Delivery.objects.values_list("state", flat=True))


def walk(clock: Clock, sending: Sender, hours: float) -> None:
    """Go through the hours from one due instant to the next, without waiting for any."""
    end = clock.now + timedelta(hours=hours)
    while True:
        sending.deliver_due()
        due = (
            Delivery.objects.exclude(due_at=None).order_by("due_at").values_list("due_at", flat=True).first()
        )
        if due is None or due > end:
            clock.now = end
            return
        clock.now = max(due, clock.now)


def test_delivery__an_event__arrives_signed_thin_and_once() -> None:
    clock = Clock()
    with Receiver(answer(200)) as receiver, sender(clock) as sending:
        made = endpoint(receiver.url)
        [event] = happen(1)
        fan_out()
        assert sending.deliver_due() == 1
        assert sending.deliver_due() == 0

    [got] = receiver.got
    assert got.headers["webhook-id"] == event
    body = json.loads(got.body)
    assert (body["type"], body["timestamp"]) == ("points.adjusted", "2026-03-02T09:00:00Z")
    assert {"customer_id", "customer_seq", "subject_id", "currency", "points", "about", "taken"} == set(
        body["data"]
    )
    assert REASON not in got.body.decode()
    verify(got.headers, got.body, made.secret, at=AT)
    [delivery] = list_deliveries(made.endpoint_id)
    assert (delivery.state, delivery.attempts, delivery.due_at) == (DeliveryState.DELIVERED, 1, None)
    [attempt] = list_attempts(made.endpoint_id, delivery.message_id)
    assert (attempt.number, attempt.status, attempt.failure, attempt.answer) == (1, 200, "", "ok")


def test_fan_out__endpoints_want_different_events__each_gets_its_own() -> None:
    with closed_port() as port:
        everything = endpoint(f"http://127.0.0.1:{port}/all")
        spends = endpoint(f"http://127.0.0.1:{port}/spends", "points.spent", "points.earned")
        later = endpoint(f"http://127.0.0.1:{port}/later", at=AT + DAY)
        happen(2)
        spent = spend()
        fan_out()

    counts = {one: len(list_deliveries(one.endpoint_id)) for one in (everything, spends, later)}
    assert counts == {everything: 3, spends: 1, later: 0}
    assert [one.message_id for one in list_deliveries(spends.endpoint_id)] == [parse_id(spent)]
    assert Message.objects.count() == 3


def test_fan_out__handed_the_same_events_again__leaves_nothing_more_and_needs_as_many_statements() -> None:
    endpoint("http://127.0.0.1:9/")
    counted = []
    for size in (1, 100):
        happen(size)
        with CaptureQueriesContext(connection) as queries:
            fan_out()
        counted.append(sum("dg_webhook" in query["sql"] for query in queries))
    assert states() == {"waiting": 101}
    assert counted == [4, 4]

    connection.cursor().execute("UPDATE dg_event_cursor SET position = 0")
    fan_out()

    assert states() == {"waiting": 101}


def test_delivery__receiver_down_for_good__every_try_of_the_schedule_and_no_more() -> None:
    clock = Clock()
    with Receiver(answer(500, b"broken")) as receiver, sender(clock) as sending:
        made = endpoint(receiver.url)
        [event] = happen(1)
        fan_out()
        walk(clock, sending, hours=100)

    [delivery] = list_deliveries(made.endpoint_id)
    attempts = list_attempts(made.endpoint_id, delivery.message_id)
    tried = [one.at for one in reversed(attempts)]
    assert [later - earlier for earlier, later in pairwise(tried)] == list(SCHEDULE[1:])
    assert receiver.ids == [event] * 10
    assert {one.body for one in receiver.got} == {receiver.got[0].body}
    assert (delivery.state, delivery.attempts, delivery.due_at) == (DeliveryState.FAILED, 10, None)
    assert {(one.status, one.failure, one.answer) for one in attempts} == {(500, "status", "broken")}


def test_delivery__receiver_fails_thirty_of_a_hundred__all_arrives_and_hardly_anything_twice() -> None:
    count = 200 if not SIZE.soak else 5_000
    clock = Clock()
    with Receiver(fail_at_random(0.3, seed=7)) as receiver, sender(clock, chance=0.5) as sending:
        endpoint(receiver.url)
        events = happen(count)
        fan_out()
        walk(clock, sending, hours=76)

    assert states() == {"delivered": count}
    taken = Counter(
        dict(Attempt.objects.filter(failure="").values_list("message_id").annotate(Count("number")))
    )
    assert len(taken) == count == len(set(events))
    assert taken.total() - count <= 0.02 * count
    assert set(receiver.ids) == set(events)


@pytest.mark.parametrize(
    "behavior", [close_early, answer_after(PATIENCE), answer(302, location="http://127.0.0.1:1/")]
)
def test_delivery__no_good_answer__tried_again(behavior: Behavior) -> None:
    clock = Clock()
    with Receiver(behavior) as receiver:
        endpoint(receiver.url)
        happen(1)
        fan_out()
        with sender(clock, timeout=2.0) as hasty:
            hasty.deliver_due()
        receiver.behavior = answer(200)
        clock.forward(timedelta(seconds=6))
        with sender(clock) as sending:
            sending.deliver_due()

    assert states() == {"delivered": 1}
    assert len(receiver.got) == 2


def test_delivery__receiver_asks_for_a_rest__nothing_is_sent_before() -> None:
    clock = Clock()
    with Receiver(answer(503, retry_after="1200")) as receiver, sender(clock) as sending:
        made = endpoint(receiver.url)
        happen(1)
        fan_out()
        sending.deliver_due()
        happen(1, at=AT + timedelta(seconds=1))
        fan_out()
        for seconds in (6, 300, 1190):
            clock.now = AT + timedelta(seconds=seconds)
            assert sending.deliver_due() == 0
        assert find_endpoint(made.endpoint_id).resting_until == AT + timedelta(seconds=1200)
        receiver.behavior = answer(200)
        clock.now = AT + timedelta(seconds=1200)
        assert sending.deliver_due() == 2

    assert states() == {"delivered": 2}


def test_delivery__receiver_is_gone__disabled_at_once_and_nothing_more_is_sent() -> None:
    clock = Clock()
    with Receiver(answer(410)) as receiver, sender(clock) as sending:
        made = endpoint(receiver.url)
        happen(1)
        fan_out()
        sending.deliver_due()
        happen(3)
        fan_out()
        walk(clock, sending, hours=100)

    assert len(receiver.got) == 1
    assert states() == {"failed": 4}
    assert [(one.from_state, one.to_state, one.cause) for one in list_changes(made.endpoint_id)] == [
        ("active", "disabled", "gone"), ("", "active", "created"),
    ]  # fmt: skip


def test_endpoint__fails_and_recovers_and_is_given_up__each_change_is_kept() -> None:
    clock = Clock()
    with Receiver(answer(500)) as receiver, sender(clock) as sending:
        made = endpoint(receiver.url)
        happen(3)
        fan_out()
        sending.deliver_due()
        assert find_endpoint(made.endpoint_id).state == EndpointState.FAILING
        receiver.behavior = answer(200)
        clock.forward(timedelta(seconds=10))
        sending.deliver_due()
        assert find_endpoint(made.endpoint_id).state == EndpointState.ACTIVE
        assert find_endpoint(made.endpoint_id).last_success_at == clock.now
        receiver.behavior = answer(500)
        for day in range(7):
            happen(1, at=clock.now)
            fan_out(clock.now)
            walk(clock, sending, hours=24)
            if day < 4:
                assert find_endpoint(made.endpoint_id).state == EndpointState.FAILING

    causes = [one.cause for one in list_changes(made.endpoint_id)]
    assert causes == ["exhausted", "failures", "recovered", "failures", "created"]
    assert not Delivery.objects.exclude(due_at=None).exists()


def test_endpoint__disabled_and_enabled__what_it_missed_is_sent_when_asked_for() -> None:
    clock = Clock()
    with Receiver(answer(200)) as receiver, sender(clock) as sending:
        made = endpoint(receiver.url)
        waiting = happen(1)
        fan_out()
        disable_endpoint(made.endpoint_id, at=AT)
        missed = happen(2, at=AT + timedelta(hours=1))
        fan_out()
        assert sending.deliver_due() == 0
        enable_endpoint(made.endpoint_id, at=AT)
        assert sending.deliver_due() == 0
        assert replay_failed(made.endpoint_id, since=AT + timedelta(minutes=1), at=AT) == 2
        sending.deliver_due()
        # What is due together is sent side by side.
        assert sorted(receiver.ids) == missed
        assert replay_failed(made.endpoint_id, since=AT, at=AT) == 1
        sending.deliver_due()

    assert receiver.ids[2:] == waiting


def test_replay__one_and_a_range__under_the_same_ids() -> None:
    clock = Clock()
    with Receiver(answer(200)) as receiver, sender(clock) as sending:
        made = endpoint(receiver.url)
        days = [happen(1, at=AT + day * DAY)[0] for day in range(4)]
        fan_out()
        clock.forward(4 * DAY)
        sending.deliver_due()
        receiver.got.clear()
        replay_one(made.endpoint_id, parse_id(days[0]), at=clock.now)
        assert replay_range(made.endpoint_id, since=AT + DAY, until=AT + 3 * DAY, at=clock.now) == 2
        sending.deliver_due()

    assert sorted(receiver.ids) == sorted(days[:3])
    assert states() == {"delivered": 4}
    assert [one.number for one in list_attempts(made.endpoint_id, parse_id(days[0]))] == [2, 1]


def test_rotation__with_an_overlap__old_and_new_secret_check_it_until_the_old_one_ends() -> None:
    clock = Clock()
    with Receiver(answer(200)) as receiver, sender(clock) as sending:
        old = endpoint(receiver.url)
        new = rotate_secret(old.endpoint_id, at=AT)
        pair = rotate_secret(old.endpoint_id, at=AT + timedelta(hours=1), signature="v1a")
        assert pair.secret.startswith("whpk_")
        for hours in (2, 24.5, 26):
            clock.now = AT + timedelta(hours=hours)
            happen(1, at=clock.now)
            fan_out()
            sending.deliver_due()

    signed = [len(one.headers[SIGNATURE].split()) for one in receiver.got]
    assert signed == [3, 2, 1]
    first, _second, last = receiver.got
    at = AT + timedelta(hours=2)
    for made in (old, new, pair):
        verify(first.headers, first.body, made.secret, at=at)
    verify(last.headers, last.body, pair.secret, at=AT + timedelta(hours=26))
    assert find_endpoint(old.endpoint_id).public_key == pair.secret


def test_send_example__sent_once__marked_and_of_no_weight() -> None:
    clock = Clock()
    with Receiver(answer(500)) as receiver, sender(clock) as sending:
        made = endpoint(receiver.url, "points.spent")
        for name in ("webhook.tested", "points.earned", "order.placed"):
            send_example(made.endpoint_id, name=name, at=AT)
        walk(clock, sending, hours=100)

    bodies = [json.loads(one.body) for one in receiver.got]
    assert sorted(body["type"] for body in bodies) == ["order.placed", "points.earned", "webhook.tested"]
    assert all(body["test"] is True for body in bodies)
    assert states() == {"failed": 3}
    assert find_endpoint(made.endpoint_id).state == EndpointState.ACTIVE


def test_oldest_pending__by_the_clock__since_when_something_is_due() -> None:
    endpoint("http://127.0.0.1:9/")
    assert oldest_pending(AT) == timedelta(0)
    happen(1)
    fan_out()

    assert oldest_pending(AT + timedelta(minutes=2)) == timedelta(minutes=2)


def test_webhook__of_the_reference_library__takes_what_arrives_now() -> None:
    with Receiver(answer(200)) as receiver, sender(Clock(now() + DAY)) as sending:
        made = endpoint(receiver.url, at=now())
        happen(1, at=now())
        fan_out(now())
        sending.deliver_due()

    with time_machine.travel(now() + DAY):
        told = Webhook(made.secret).verify(receiver.got[0].body, dict(receiver.got[0].headers))
    assert told["data"]["points"] == 500
