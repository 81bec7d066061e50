"""Endpoints: what may be one, what its page shows, and that its secret is nowhere to be read."""

from base64 import b64decode, b64encode
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from pytest_django.fixtures import Settings

from dangol.core.events.webhooks import errors
from dangol.core.events.webhooks.checking import Fault
from dangol.core.events.webhooks.models import Attempt, Delivery, Endpoint, Message, Secret
from dangol.core.events.webhooks.sealed_secrets import signing_keys
from dangol.core.events.webhooks.selectors import (
    check_signature,
    count_by_state,
    count_deliveries,
    examples_since,
    find_endpoint,
    list_deliveries,
    list_endpoints,
    read_body,
    state_changes_since,
)
from dangol.core.events.webhooks.services import (
    LONGEST_OVERLAP,
    MOST_ENDPOINTS,
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    replay_failed,
    replay_one,
    replay_range,
    rotate_secret,
    send_example,
    trigger,
    update_endpoint,
)
from dangol.core.events.webhooks.signing import ID
from dangol.core.events.webhooks.upkeep import delete_old
from dangol.core.people.rotation import keys_status, rewrap_keys
from dangol.core.storage.ids import new_id, parse_id, random_id, show_id
from dangol.core.storage.master_keys import UnknownMasterKey, WrappedKeyBroken
from dangol.core.tasks.registry import find_task
from dangol.domain.errors import DomainError
from tests.core.events.webhooks.receiver import Receiver, answer
from tests.core.events.webhooks.shop import AT, Clock, endpoint, fan_out, happen, sender, spend

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
URL = "https://hooks.example.net/dangol"
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"url": "nonsense"}, "webhooks.url_malformed"),
        ({"url": "https://10.0.0.1/"}, "webhooks.url_not_public"),
        ({"events": ["points.earned", "points.eaten"]}, "webhooks.event_unknown"),
        ({"events": [""]}, "webhooks.event_unknown"),
        ({"description": "가" * 201}, "webhooks.description_too_long"),
        ({"description": "\0"}, "webhooks.description_too_long"),
        ({"signature": "v2"}, "webhooks.signature_unknown"),
    ],
)
def test_create_endpoint__hostile_value__refused_and_nothing_written(
    settings: Settings, given: dict[str, object], code: str
) -> None:
    settings.WEBHOOKS_PRIVATE = False
    with pytest.raises(DomainError) as refused:
        create_endpoint(**({"url": URL, "at": AT} | given))  # type: ignore[arg-type]

    assert refused.value.code == code
    assert not Endpoint.objects.exists()
    assert not Secret.objects.exists()


def test_create_endpoint__one_too_many__refused() -> None:
    for _ in range(MOST_ENDPOINTS):
        endpoint(URL)

    with pytest.raises(errors.TooManyEndpoints):
        endpoint(URL)


def test_list_endpoints__some__what_a_page_shows() -> None:
    first = endpoint(URL, "points.spent", "points.earned", description="정산 서버")
    second = endpoint(URL, signature="v1a")
    rotate_secret(first.endpoint_id, at=AT, overlap=timedelta(hours=2))

    shown = list_endpoints()

    assert [one.id for one in shown] == [first.endpoint_id, second.endpoint_id]
    assert (shown[0].events, shown[0].description) == (("points.earned", "points.spent"), "정산 서버")
    assert (shown[0].public_key, shown[0].earlier_until) == ("", AT + timedelta(hours=2))
    assert (shown[1].signature, shown[1].public_key) == ("v1a", second.secret)
    assert count_by_state() == {"active": 2, "failing": 0, "disabled": 0}


@pytest.mark.parametrize("kind", ["v1", "v1a"])
def test_secret__in_the_whole_database__is_never_in_the_clear(kind: str) -> None:
    made = endpoint(URL, signature=kind)
    [key] = signing_keys([made.endpoint_id], at=AT)[made.endpoint_id]
    forms = [key.raw, b64encode(key.raw), key.raw.hex().encode()]

    kept = b""
    with connection.cursor() as cursor:
        for model in apps.get_app_config("dg_webhooks").get_models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608 - our own table's name
            for row in cursor.fetchall():
                for value in row:
                    kept += bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()

    assert Secret.objects.count() == 1
    assert not [form for form in forms if form in kept]
    if kind == "v1":
        assert key.raw == b64decode(made.secret.removeprefix("whsec_"))


def test_secret__brought_to_another_row__does_not_open() -> None:
    mine, other = endpoint(URL), endpoint(URL)
    stolen = Secret.objects.get(endpoint_id=other.endpoint_id).wrapped
    Secret.objects.filter(endpoint_id=mine.endpoint_id).update(wrapped=stolen)

    with pytest.raises(WrappedKeyBroken):
        signing_keys([mine.endpoint_id], at=AT)


def test_rewrap_keys__master_key_changed__secrets_go_along_and_still_sign(settings: Settings) -> None:
    old = {"old": b64encode(b"o" * 32).decode()}
    new = {"new": b64encode(b"n" * 32).decode()}
    settings.MASTER_KEYS = old
    made = endpoint(URL)
    before = signing_keys([made.endpoint_id], at=AT)

    settings.MASTER_KEYS = old | new
    assert keys_status().waiting == 1
    assert rewrap_keys() == 1
    settings.MASTER_KEYS = new

    assert signing_keys([made.endpoint_id], at=AT) == before
    assert keys_status().wrapped == {"new": 1}
    settings.MASTER_KEYS = old
    with pytest.raises(UnknownMasterKey):
        signing_keys([made.endpoint_id], at=AT)


def test_sender__secret_that_cannot_be_opened__noted_and_tried_again_while_others_go_on(
    settings: Settings,
) -> None:
    with Receiver(answer(200)) as receiver, sender(Clock()) as sending:
        settings.MASTER_KEYS = {"lost": b64encode(b"l" * 32).decode()}
        broken = endpoint(receiver.url)
        settings.MASTER_KEYS = {"kept": b64encode(b"k" * 32).decode()}
        well = endpoint(receiver.url)
        happen(1)
        fan_out()
        assert sending.deliver_due() == 2

    assert [one.state for one in list_deliveries(well.endpoint_id)] == ["delivered"]
    assert [one.state for one in list_deliveries(broken.endpoint_id)] == ["waiting"]
    assert Attempt.objects.get(endpoint_id=broken.endpoint_id).failure == "secret_unreadable"


def test_update_endpoint__new_address__what_waits_goes_there() -> None:
    with Receiver(answer(200)) as receiver, sender(Clock()) as sending:
        made = endpoint(URL)
        happen(1)
        fan_out()
        update_endpoint(made.endpoint_id, url=receiver.url, events=["points.spent"], description="새 주소")
        happen(1)
        fan_out()
        sending.deliver_due()

    assert len(receiver.got) == 1
    assert find_endpoint(made.endpoint_id).description == "새 주소"


def test_rotate_secret__zero_overlap__the_leaked_one_signs_nothing_more() -> None:
    made = endpoint(URL)
    later = rotate_secret(made.endpoint_id, at=AT, overlap=timedelta(days=3))
    last = rotate_secret(made.endpoint_id, at=AT, overlap=timedelta(0))

    keys = signing_keys([made.endpoint_id], at=AT)[made.endpoint_id]
    assert [b64encode(key.raw).decode() for key in keys] == [last.secret.removeprefix("whsec_")]
    assert later.secret != last.secret


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), LONGEST_OVERLAP + timedelta(seconds=1)])
def test_rotate_secret__odd_overlap__refused(overlap: timedelta) -> None:
    made = endpoint(URL)
    with pytest.raises(errors.OverlapOutOfRange):
        rotate_secret(made.endpoint_id, at=AT, overlap=overlap)


def test_services__endpoint_that_is_not_there__each_says_so() -> None:
    nobody, since = random_id(), AT
    for act in (
        lambda: find_endpoint(nobody),
        lambda: update_endpoint(nobody, url=URL),
        lambda: update_endpoint(nobody),
        lambda: delete_endpoint(nobody),
        lambda: rotate_secret(nobody, at=AT),
        lambda: disable_endpoint(nobody, at=AT),
        lambda: enable_endpoint(nobody, at=AT),
        lambda: replay_one(nobody, new_id(), at=AT),
        lambda: replay_failed(nobody, since=since, at=AT),
        lambda: replay_range(nobody, since=since, until=since, at=AT),
        lambda: send_example(nobody, at=AT),
        lambda: check_signature(nobody, headers={}, body=b"", at=AT),
    ):
        with pytest.raises(errors.EndpointUnknown):
            act()


def test_replay__unknown_message_disabled_endpoint_backward_period__refused() -> None:
    made = endpoint(URL)
    with pytest.raises(errors.DeliveryUnknown):
        replay_one(made.endpoint_id, new_id(), at=AT)
    with pytest.raises(errors.PeriodBackwards):
        replay_range(made.endpoint_id, since=AT, until=AT - DAY, at=AT)
    disable_endpoint(made.endpoint_id, at=AT)
    disable_endpoint(made.endpoint_id, at=AT)
    with pytest.raises(errors.EndpointDisabled):
        replay_failed(made.endpoint_id, since=AT, at=AT)
    with pytest.raises(errors.EndpointDisabled):
        send_example(made.endpoint_id, at=AT)

    changes = state_changes_since(None)
    assert [(one.to_state, one.cause) for one in changes] == [("active", "created"), ("disabled", "by_hand")]
    assert state_changes_since(changes[0].id) == changes[1:]


def test_delete_endpoint__with_a_log__nothing_is_sent_and_at_night_nothing_is_left() -> None:
    with Receiver(answer(200)) as receiver, sender(Clock()) as sending:
        gone, other = endpoint(receiver.url), endpoint(URL)
        happen(2)
        fan_out()
        delete_endpoint(gone.endpoint_id)
        assert [one.id for one in list_endpoints()] == [other.endpoint_id]
        assert not Secret.objects.exclude(endpoint_id=other.endpoint_id).exists()
        disable_endpoint(other.endpoint_id, at=AT)
        assert sending.deliver_due() == 0
    delete_endpoint(other.endpoint_id)

    while delete_old(as_of=AT + DAY):
        pass

    assert not Delivery.objects.exists()
    assert Message.objects.count() == 2
    while delete_old(as_of=AT + 31 * DAY):
        pass
    assert not Message.objects.exists()


def test_count_deliveries__by_state__what_a_page_shows() -> None:
    made = endpoint(URL)
    happen(3)
    fan_out()
    disable_endpoint(made.endpoint_id, at=AT)
    enable_endpoint(made.endpoint_id, at=AT)
    happen(1)
    fan_out()

    assert count_deliveries(made.endpoint_id) == {"waiting": 1, "sending": 0, "delivered": 0, "failed": 3}


def test_list_deliveries__page_after_page__newest_first_and_each_once() -> None:
    made = endpoint(URL)
    events = [*happen(5), spend(), *happen(1)]
    fan_out()

    pages, after = [], None
    while page := list_deliveries(made.endpoint_id, after=after, limit=3):
        pages.append([show_id(one.message_id) for one in page])
        after = page[-1].message_id

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one for page in pages for one in page] == sorted(events, reverse=True)
    assert len(list_deliveries(made.endpoint_id, name="points.spent")) == 1
    assert list_deliveries(made.endpoint_id, state="delivered") == []
    assert read_body(parse_id(events[0])).startswith('{"type":"points.adjusted"')
    with pytest.raises(errors.DeliveryUnknown):
        read_body(new_id())


def test_check_signature__what_a_receiver_has_got__what_it_did_to_it() -> None:
    with Receiver(answer(200)) as receiver, sender(Clock()) as sending:
        made = endpoint(receiver.url)
        happen(1)
        fan_out()
        sending.deliver_due()
    [got] = receiver.got

    def fault(headers: dict[str, str], body: bytes) -> Fault:
        return check_signature(made.endpoint_id, headers=headers, body=body, at=AT).fault

    headers = dict(got.headers)
    assert fault(headers, got.body) is Fault.NOTHING
    assert fault(headers, got.body.replace(b",", b", ")) is Fault.BODY_REWRITTEN
    assert fault(headers | {ID: "not one of ours"}, got.body) is Fault.HEADER_MISSING
    assert fault(headers | {ID: show_id(new_id())}, got.body) is Fault.BODY_CHANGED
    rotate_secret(made.endpoint_id, at=AT, overlap=timedelta(0))
    assert fault(headers, got.body) is Fault.SECRET_OTHER


def test_trigger__to_those_who_want_it__and_to_listeners_and_never_on_the_timeline() -> None:
    wants, all_of_it = endpoint(URL, "points.spent"), endpoint(URL)
    other, disabled = endpoint(URL, "points.earned"), endpoint(URL)
    disable_endpoint(disabled.endpoint_id, at=AT)

    message_id, chosen = trigger(name="points.spent", at=AT)

    assert chosen == [wants.endpoint_id, all_of_it.endpoint_id]
    assert [one[:2] for one in examples_since(AT)] == [(message_id, "points.spent")]
    assert not list_deliveries(other.endpoint_id)
    assert not apps.get_model("dg_events", "Event").objects.exists()
    with pytest.raises(errors.EventUnknown):
        trigger(name="points.eaten", at=AT)


def test_delete_old__after_thirty_days__the_log_goes_and_what_is_on_its_way_stays() -> None:
    task = find_task("webhooks.delete_old")
    assert task
    with Receiver(answer(200)) as receiver, sender(Clock()) as sending:
        endpoint(receiver.url)
        happen(3)
        fan_out()
        sending.deliver_due()
    happen(2)
    fan_out()
    happen(1, at=AT + 20 * DAY)
    fan_out()
    assert delete_old(as_of=AT + 30 * DAY) == 0

    assert delete_old(as_of=AT + 31 * DAY, limit=2) == 6
    assert delete_old(as_of=AT + 31 * DAY, limit=2) == 3
    assert delete_old(as_of=AT + 31 * DAY) == 0

    assert (Attempt.objects.count(), Delivery.objects.count(), Message.objects.count()) == (0, 3, 3)
