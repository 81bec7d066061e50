"""Taking in events: whom they are about, what is kept of them, and each once."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.behavior.models import Entry, MergeProposal
from dangol.core.behavior.upkeep import KEEP, trim_entries
from dangol.core.events.models import Event
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merged import merges_of
from dangol.core.people.merges import undo_merge
from dangol.core.people.models import Customer, Identity, Merge
from dangol.core.people.selectors import consents_of, find_by_identity, profiles_of
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from tests.core.behavior.sending import (
    AT,
    BROWSER,
    KEY,
    details,
    identify,
    payloads,
    problems,
    send,
    track,
)
from tests.core.behavior.test_commerce import order

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.usefixtures("shop"),
]


def who(kind: str, value: str) -> Id | None:
    return find_by_identity(kind, [value]).get(value)


def test_take_in_messages__anonymous__is_on_the_timeline_of_a_customer_of_its_own() -> None:
    assert send(track("Viewed Menu", anon="a-1", properties={"plan": "gold", "count": 2})) == 1

    [event] = payloads("behavior.tracked")
    assert (event.name, event.kind, event.source, event.properties) == (
        "Viewed Menu", "track", "server", {"plan": "gold", "count": 2},
    )  # fmt: skip
    assert Event.objects.get().customer_id == who("anonymous", "a-1")
    assert Entry.objects.get().event_id == Event.objects.get().id


def test_take_in_messages__told_again__is_taken_in_once_for_good() -> None:
    first, second = track(anon="a", message_id="m-1"), track(anon="a", message_id="m-2")
    assert send(first, first) == 1

    assert send(first, second, at=AT + timedelta(days=400)) == 1
    assert send(first, sender=BROWSER) == 1  # of another source it is another message
    assert Event.objects.count() == 3


def test_take_in_messages__told_again_once_the_debugger_forgot_it__is_still_known() -> None:
    first, later = track("First", anon="a"), track("Later", anon="a")
    send(first)
    send(later, at=AT + KEEP)

    assert trim_entries(as_of=AT + KEEP) == 0
    assert trim_entries(as_of=AT + KEEP + timedelta(seconds=1)) == 1

    assert [one.name for one in Entry.objects.all()] == ["Later"]
    assert send(first, at=AT + KEEP) == 0
    assert Event.objects.count() == 2


def test_trim_entries__more_than_there_may_be__the_oldest_go_a_batch_at_a_time() -> None:
    send(*(track(f"E{number}", anon="a") for number in range(6)))

    assert [trim_entries(as_of=AT, most=2, limit=3) for _ in range(3)] == [3, 1, 0]

    assert [one.name for one in Entry.objects.order_by("id")] == ["E4", "E5"]


def test_take_in_messages__personal_data__is_nowhere_but_sealed() -> None:
    message = identify("u-1", "a-1", email="kim@example.com", phone="010-2345-6789", name="김하늘",
                       plan="gold", birthday="1990-05-01", address="서울", lastSeen="2026-01-01")  # fmt: skip

    send(message, track(user="u-1", properties={"email": "kim@example.com", "memo": "전화 010-2345-6789"},
                        context={"ip": "10.0.0.1", "page": {"path": "/a?x=1"},
                                 "locale": "ko-KR"}))  # fmt: skip

    [customer] = {who("external", "u-1"), who("anonymous", "a-1"), who("email", "kim@example.com")}
    assert customer is not None
    profile = profiles_of([customer], unmasked=True)[customer]
    assert (profile.person.name, profile.birthday) == ("김하늘", "1990-05-01")
    [told] = payloads("traits.told")
    assert told.traits == {"plan": "gold", "lastSeen": "2026-01-01"}
    [event] = payloads("behavior.tracked")
    assert event.properties == {}
    assert event.context == {"page_path": "/a", "locale": "ko-KR"}
    first, second = details()
    assert (first.taken, set(first.sealed)) == (("traits.address",), {"email", "phone", "name", "birthday"})
    assert second.taken == ("properties.email", "properties.memo", "context.ip")
    written = json.dumps(
        [*Event.objects.values_list("payload"), *Entry.objects.values_list("details", "message")]
    )
    assert not any(word in written for word in ("kim@", "23456789", "하늘", "19900501", "서울", "10.0.0.1"))
    # As words: an id may have them among its digits.
    assert not {"2345", "1990"} & set(re.findall(r"\w+", written))


def test_take_in_messages__key_that_may_only_send__tells_nothing_of_people() -> None:
    send(identify("u-1", email="kim@example.com", name="김", plan="gold"), sender=BROWSER)

    assert who("email", "kim@example.com") is None
    assert problems() == ["behavior.key_may_not_tell"]
    assert payloads("traits.told")[0].traits == {"plan": "gold"}


def test_take_in_messages__contact_as_an_id_by_a_key_that_may_only_send__is_given_to_nobody() -> None:
    send(identify("u-1"), identify("u-2", email="lee@example.com"))
    own = [("email", "evil@example.com"), ("phone", "01099998888"), ("card", "1234567890")]
    for ids in (own, [("email", "lee@example.com")]):
        message = track(user="u-1")
        message.ids += ids
        send(message, sender=BROWSER)

    assert [problem.data for one in details()[2:] for problem in one.problems] == [
        {"fields": "email, phone, card"}, {"fields": "email"},
    ]  # fmt: skip
    assert set(problems()) == {"behavior.key_may_not_tell"}
    assert all(one.attached == one.sealed == () for one in details()[2:])
    assert [find_by_identity(kind, [value]) for kind, value in own] == [{}, {}, {}]
    assert who("email", "lee@example.com") == who("external", "u-2")
    assert not MergeProposal.objects.exists()


def test_take_in_messages__contact_alone_by_a_key_that_may_only_send__names_nobody() -> None:
    message = track()
    message.ids.append(("email", "kim@example.com"))

    send(message, sender=BROWSER)

    assert problems() == ["behavior.key_may_not_tell", "behavior.nobody_named"]
    assert not Customer.objects.exists()


def test_take_in_messages__browser_signs_in_as_new__becomes_known() -> None:
    send(track(anon="a-1"))
    browser = who("anonymous", "a-1")

    send(identify("u-1", "a-1"))

    assert who("external", "u-1") == browser
    assert not Merge.objects.exists()


def test_take_in_messages__browser_signs_in_as_known__is_merged_and_can_be_undone() -> None:
    send(track("Before", anon="a-1"), track("Known", user="u-1"))
    browser, known = who("anonymous", "a-1"), who("external", "u-1")
    assert browser is not None
    assert known is not None
    agree(known, True)
    agree(browser, False)

    send(identify("u-1", "a-1"), track("After", anon="a-1"))

    assert who("anonymous", "a-1") == known
    [merge] = merges_of(known)
    assert (merge.customer_id, merge.kept_id, merge.actor) == (browser, known, KEY.key)
    assert [one.granted for one in consents_of([known])[known]] == [False]
    last = Event.objects.filter(name="behavior.tracked").order_by("-id")[0]
    assert last.customer_id == known
    assert details()[-2].absorbed
    undo_merge(browser, actor=KEY, reason="두 사람", at=AT)
    assert who("anonymous", "a-1") == browser


def agree(customer_id: Id, granted: bool) -> None:
    with write_transaction():
        record_consents(
            [ConsentDraft(customer_id, "sms", "marketing", granted, AT, "till", "v1")], recorded_at=AT
        )


def test_take_in_messages__mail_of_another_user__is_proposed_and_never_merged() -> None:
    send(identify("u-1", email="kim@example.com"), identify("u-2"))

    send(identify("u-2", email="kim@example.com"))
    send(identify("u-2", email="kim@example.com"))

    first, second = who("external", "u-1"), who("external", "u-2")
    assert first != second
    assert who("email", "kim@example.com") == first
    assert not Merge.objects.exists()
    proposal = MergeProposal.objects.get()
    assert {proposal.customer_id, proposal.other_id} == {first, second}
    assert proposal.via == "email"


def test_take_in_messages__shared_browser__stays_with_the_first_user() -> None:
    send(identify("u-1", "a-1"), identify("u-2", "a-1"))

    assert who("anonymous", "a-1") == who("external", "u-1")
    assert who("external", "u-2") != who("external", "u-1")
    assert problems() == ["behavior.id_dropped"]
    assert not MergeProposal.objects.exists()


def test_take_in_messages__all_within_one_batch__is_one_person() -> None:
    send(track(anon="a-1"), track(user="u-1"), identify("u-1", "a-1"), track(anon="a-1"))

    assert set(Event.objects.values_list("customer_id", flat=True)) == {who("external", "u-1")}
    assert Customer.objects.count() == 1


def test_take_in_messages__alias__joins_the_browser_to_the_user() -> None:
    alias = track("alias", user="u-1", kind="alias")
    alias.ids.append(("previous", "a-1"))

    send(track(anon="a-1"), alias)

    assert who("anonymous", "a-1") == who("external", "u-1")
    assert who("external", "a-1") is None


def test_take_in_messages__alias_of_two_users__is_proposed() -> None:
    alias = track("alias", user="u-1", kind="alias")
    alias.ids.append(("previous", "u-2"))

    send(track(user="u-1"), track(user="u-2"), alias)

    assert who("external", "u-1") != who("external", "u-2")
    assert MergeProposal.objects.count() == 1


@pytest.mark.parametrize("value", ["null", "-1", "000", "anonymous", "undefined"])
def test_take_in_messages__blocked_id_alone__is_kept_in_the_debugger_only(value: str) -> None:
    assert send(track(user=value, properties={"plan": "gold"})) == 1

    assert problems() == ["behavior.id_blocked", "behavior.nobody_named"]
    assert not Event.objects.exists()
    assert details()[0].values == {"properties": {"plan": "gold"}, "traits": {}, "context": {}}


def test_take_in_messages__id_of_somebody_erased__brings_nobody_back() -> None:
    send(track(user="u-1"))
    customer = who("external", "u-1")
    assert customer is not None
    erase_customer(customer, actor=KEY, reason="원해서", at=AT)

    send(track(user="u-1", anon="a-1"))

    assert who("external", "u-1") is None
    assert problems() == ["people.identity_erased"]
    assert who("anonymous", "a-1") is not None


@pytest.mark.parametrize(
    ("original", "sent", "occurred"),
    [
        (AT - timedelta(hours=1), AT - timedelta(minutes=10), AT - timedelta(minutes=50)),
        (AT + timedelta(hours=2), AT + timedelta(hours=3), AT - timedelta(hours=1)),
        (AT - timedelta(days=30), None, AT - timedelta(days=30)),
        (AT + timedelta(days=2), None, AT),
        (None, AT, AT),
        (datetime(1970, 1, 1, tzinfo=UTC), None, AT),
        (AT, datetime(1970, 1, 1, tzinfo=UTC), AT),
    ],
)
def test_take_in_messages__skewed_clock__is_put_right(
    original: datetime | None, sent: datetime | None, occurred: datetime
) -> None:
    send(track(anon="a-1", original_at=original, sent_at=sent))

    assert Event.objects.get().occurred_at == occurred
    [event] = payloads("behavior.tracked")
    assert (event.original_at, event.sent_at, event.received_at) == (original, sent, AT)


def test_take_in_messages__any_size__takes_as_many_statements() -> None:
    def batch(size: int, name: str) -> list[Any]:
        return [
            one
            for number in range(size)
            for one in (
                track(anon=f"{name}-{number}"),
                identify(f"u-{name}-{number}", f"{name}-{number}", plan="gold", name=f"김{number}"),
                track("Order Completed", user=f"u-{name}-{number}", properties=order(f"{name}-{number}")),
            )
        ]

    send(*batch(2, "warm"))
    counts = []
    for size in (2, 40):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            send(*batch(size, f"n{size}"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_take_in_messages__a_minor_without_guardian__is_named_and_the_rest_kept() -> None:
    send(identify("u-1", name="김하늘", birthday=(AT - timedelta(days=3_650)).date().isoformat()))

    assert problems() == ["behavior.trait_refused"]
    assert details()[0].sealed == ("name",)
    assert date(2016, 3, 3) < AT.date()


def test_take_in_messages__an_existing_member__is_the_one_the_event_is_about() -> None:
    with write_transaction():
        [member] = resolve_customers("external", ["1501"], recorded_at=AT).values()

    send(track(user="1501", anon="a-1"))

    assert who("anonymous", "a-1") == member
    assert Identity.objects.filter(customer_id=member, source="events").count() == 1
