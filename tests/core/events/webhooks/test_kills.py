"""Senders killed while they send, and senders side by side."""

import time
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from dangol.core.events.webhooks.models import Attempt, Delivery, DeliveryState
from dangol.core.events.webhooks.sender import LEASE, Sender
from dangol.core.events.webhooks.transport import Caller
from dangol.project.clock import now
from tests.core.events import actors
from tests.core.events.webhooks.receiver import Receiver, answer, answer_after
from tests.core.events.webhooks.shop import endpoint, fan_out, happen
from tests.sizes import SIZE
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
# Killed senders are to be followed soon.
SHORT_LEASE = timedelta(seconds=2)
COUNT = 60
KILLED_MAY_REPEAT = 8


def send(lease: timedelta) -> None:
    """Be a sender until killed."""
    sending = Sender(clock=now, caller=lambda: Caller(allow_private=True), lease=lease)
    while True:
        if not sending.turn():
            time.sleep(0.01)


def all_arrived() -> bool:
    return not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists()


def has_come(receiver: Receiver, count: int) -> bool:
    """Say whether so much has come, or all there is."""
    return len(receiver.got) >= count or len(set(receiver.ids)) == COUNT


def test_sender__killed_in_the_middle_again_and_again__nothing_is_lost() -> None:
    with Receiver(answer_after(0.05)) as receiver:
        endpoint(receiver.url, at=now())
        events = happen(COUNT, at=now())
        fan_out(now())
        for cycle in range(SIZE.kill_cycles):
            victim = actors.start(send, SHORT_LEASE)
            enough = len(receiver.got) + 5
            wait_for(partial(has_come, receiver, enough), f"nothing came in cycle {cycle}")
            victim.kill()
            victim.join()
        rescuer = actors.start(send, SHORT_LEASE)
        try:
            wait_for(all_arrived)
        finally:
            rescuer.kill()
            rescuer.join()

    assert set(receiver.ids) == set(events)
    # Only what was in flight at a kill may have come twice.
    assert len(receiver.got) - COUNT <= KILLED_MAY_REPEAT * SIZE.kill_cycles


def test_senders__three_side_by_side__everything_arrives_once() -> None:
    with Receiver(answer(200)) as receiver:
        endpoint(receiver.url, at=now())
        endpoint(receiver.url, at=now())
        events = happen(10 * SIZE.rounds, at=now())
        senders = [actors.start(send, LEASE) for _ in range(3)]
        try:
            fan_out(now())
            wait_for(all_arrived)
        finally:
            for one in senders:
                one.kill()
                one.join()

    assert Counter(receiver.ids) == dict.fromkeys(events, 2)
    assert set(Attempt.objects.values_list("number", flat=True)) == {1}
