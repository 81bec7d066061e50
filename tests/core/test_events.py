"""The timeline: what is recorded, in which order, and what inline consumers see."""

from datetime import UTC, datetime

import pytest

from dangol.core.events.models import CustomerHead, Event
from dangol.core.events.payloads import Payload, decode, named
from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.storage.ids import new_id, random_id
from dangol.core.storage.transactions import write_transaction

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@named("bell.rung")
class BellRung(Payload, frozen=True):
    """Only for these tests."""

    times: int


pytestmark = pytest.mark.django_db(transaction=True)


def test_record_batch__two_customers__each_numbered_from_one() -> None:
    regular, newcomer = random_id(), random_id()
    subject = new_id()

    with write_transaction():
        record_batch(
            [
                Draft(regular, BellRung(times=1), AT, subject),
                Draft(newcomer, BellRung(times=2), AT),
                Draft(regular, BellRung(times=3), AT),
            ],
            recorded_at=AT,
        )

    events = list(Event.objects.filter(customer_id=regular).order_by("customer_seq"))
    assert [event.customer_seq for event in events] == [1, 2]
    assert events[0].id < events[1].id
    assert events[0].subject_id == subject
    assert events[0].occurred_at == AT
    assert decode(events[1].name, events[1].payload) == BellRung(times=3)
    assert CustomerHead.objects.get(customer_id=newcomer).last_seq == 1


def test_record_batch__outside_a_transaction__is_a_bug() -> None:
    with pytest.raises(AssertionError):
        record_batch([Draft(random_id(), BellRung(times=1), AT)], recorded_at=AT)
