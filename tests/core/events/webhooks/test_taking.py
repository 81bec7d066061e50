"""Who may send what: taken under a lease, told of by its holder alone."""

from datetime import timedelta

import pytest

from dangol.core.events.webhooks.models import Attempt, Delivery, DeliveryState, Endpoint
from dangol.core.events.webhooks.outcomes import Outcome, record_outcomes
from dangol.core.events.webhooks.sender import AT_ONCE, AT_ONCE_FAILING, LEASE, endpoints_due, take
from dangol.core.events.webhooks.services import disable_endpoint, replay_failed, replay_one, replay_range
from dangol.core.events.webhooks.transport import TIMEOUT_SECONDS, Failure, Reply
from dangol.core.storage.ids import parse_id
from dangol.domain.webhooks import EndpointState
from tests.core.events.webhooks.shop import AT, endpoint, fan_out, happen

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://hooks.example.net/"
WELL = Reply(200, "", "ok", None, 5)
BROKEN = Reply(500, Failure.STATUS, "broken", None, 5)
LATER = AT + LEASE + timedelta(seconds=1)


def test_lease__any_try__ends_well_before_it() -> None:
    assert LEASE.total_seconds() > 2 * TIMEOUT_SECONDS


def test_take__oldest_first_and_no_more_than_asked_for__the_rest_is_left() -> None:
    made = endpoint(URL)
    events = [parse_id(one) for one in happen(5)]
    fan_out()

    first = take([(made.endpoint_id, 3)], at=AT, lease=LEASE)
    second = take([(made.endpoint_id, 3)], at=AT, lease=LEASE)

    assert [one.message_id for one in first + second] == events
    assert take([(made.endpoint_id, 3)], at=AT, lease=LEASE) == []
    assert endpoints_due(AT) == []


def test_record_outcomes__lease_lapsed_and_taken_by_another__only_that_one_counts() -> None:
    made = endpoint(URL)
    happen(1)
    fan_out()
    [slow] = take([(made.endpoint_id, 1)], at=AT, lease=LEASE)
    [quick] = take([(made.endpoint_id, 1)], at=LATER, lease=LEASE)

    assert record_outcomes([Outcome(slow, BROKEN, LATER)], chances=[0.0]) == 0
    assert Delivery.objects.get().state == DeliveryState.SENDING
    assert record_outcomes([Outcome(quick, WELL, LATER)], chances=[0.0]) == 1
    assert record_outcomes([Outcome(slow, BROKEN, LATER)], chances=[0.0]) == 0

    assert Delivery.objects.get().state == DeliveryState.DELIVERED
    assert [one.failure for one in Attempt.objects.all()] == [""]


def test_record_outcomes__disabled_while_it_was_sent__stays_as_it_was_left() -> None:
    made = endpoint(URL)
    happen(1)
    fan_out()
    [taken] = take([(made.endpoint_id, 1)], at=AT, lease=LEASE)
    disable_endpoint(made.endpoint_id, at=AT)

    assert record_outcomes([Outcome(taken, BROKEN, AT)], chances=[0.0]) == 0
    assert Delivery.objects.get().state == DeliveryState.FAILED


def test_replay__what_is_being_sent__is_left_to_its_sender() -> None:
    made = endpoint(URL)
    [event] = happen(1)
    fan_out()
    [taken] = take([(made.endpoint_id, 1)], at=AT, lease=LEASE)

    replay_one(made.endpoint_id, parse_id(event), at=AT)
    assert replay_range(made.endpoint_id, since=AT, until=LATER, at=AT) == 0
    assert replay_failed(made.endpoint_id, since=AT, at=AT) == 0

    assert take([(made.endpoint_id, 1)], at=AT, lease=LEASE) == []
    assert record_outcomes([Outcome(taken, WELL, AT)], chances=[0.0]) == 1


def test_endpoints_due__by_state_and_rest__how_many_may_be_in_flight() -> None:
    active, failing, off, resting = (endpoint(URL).endpoint_id for _ in range(4))
    happen(1)
    fan_out()
    Endpoint.objects.filter(pk=failing).update(state=EndpointState.FAILING)
    Endpoint.objects.filter(pk=off).update(state=EndpointState.DISABLED)
    Endpoint.objects.filter(pk=resting).update(resting_until=LATER)

    assert endpoints_due(AT - timedelta(seconds=1)) == []
    assert endpoints_due(AT) == [(active, AT_ONCE), (failing, AT_ONCE_FAILING)]
    assert AT_ONCE > AT_ONCE_FAILING == 1
    assert [one for one, _count in endpoints_due(LATER)] == [active, failing, resting]
