"""The outbox: nothing is lost, nothing is sent that was not committed, and nothing is kept that was sent."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from dangol.cli.processes import work_until_idle
from dangol.core.events.records import Recorded
from dangol.core.messaging.consumers import FORGET_ERASED
from dangol.core.messaging.models import Attempt, Message, State
from dangol.core.messaging.outbox import Outbox
from dangol.core.messaging.sealed_contents import HOUSE
from dangol.core.messaging.selectors import list_attempts, list_kept, outbox_status
from dangol.core.messaging.senders import Answer, Outcome
from dangol.core.messaging.services import (
    KEPT_FOR,
    delete_ended,
    empty_kept,
    forget_messages,
    leave_messages,
)
from dangol.core.people.data_keys import destroy_key
from dangol.core.people.events import CustomerUpdated
from dangol.core.people.sealing import PersonErased
from dangol.core.people.services import resolve_customers
from dangol.core.storage.columns import connection_of
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.spaces import in_space
from dangol.core.storage.transactions import write_transaction
from dangol.domain.messages import MOST_TRIES
from tests.core.messaging.ways import AT, TAKEN, Scripted, a_draft, leave, use
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
LATER = Answer(Outcome.FAILED, "timeout")
NEVER = Answer(Outcome.REFUSED, "rcpt_550")


@pytest.fixture
def member() -> Id:
    with write_transaction():
        return resolve_customers("external", ["M-1"], recorded_at=AT)["M-1"]


def send(way: Scripted, monkeypatch: pytest.MonkeyPatch, at: datetime = AT) -> int:
    use(monkeypatch, way)
    return Outbox(lambda: at, chance=lambda: 0).send_due()


def the_message() -> Message:
    return Message.objects.get()


def test_message__in_the_database__has_no_address_and_no_code(member: Id) -> None:
    leave(a_draft(member, 271_828), a_draft(None, 314_159, staff="clerk"))

    with connection_of(Message).cursor() as cursor:
        cursor.execute("SELECT * FROM dg_message")
        stored = [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor for cell in row]

    told = b" ".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in stored)
    for secret in (b"271828", b"314159", b"example.com", "골목".encode()):
        assert secret not in told


def test_leave__transaction_undone__nothing_is_there(member: Id) -> None:
    def fail() -> None:
        with write_transaction():
            leave_messages([a_draft(member)], at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not Message.objects.exists()


def test_leave__same_key_twice__the_first_one_stands(member: Id) -> None:
    [first] = leave(a_draft(member, 1, key="k"))
    [again] = leave(a_draft(member, 2, key="k"))
    [other] = leave(a_draft(None, 3, key="k"))

    assert first == again != other
    assert Message.objects.count() == 2


def test_leave__any_number__constant_statements(member: Id) -> None:
    leave(a_draft(member))
    counts = []
    for many in (1, 50):
        with CaptureQueriesContext(connection) as main, CaptureQueriesContext(connections["keys"]) as keys:
            leave(*(a_draft(member, number) for number in range(many)))
        counts.append(len(main) + len(keys))

    assert counts[0] == counts[1]


def test_leave__person_erased__is_refused(member: Id) -> None:
    destroy_key(member, at=AT)

    with pytest.raises(PersonErased), write_transaction():
        leave_messages([a_draft(member)], at=AT)


def test_send__taken__is_handed_and_says_nothing_any_more(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    [message_id] = leave(a_draft(member, 271_828))
    way = Scripted()

    assert send(way, monkeypatch) == 1

    [letter] = way.seen
    assert (letter.id, letter.to) == (message_id, "one271828@example.com")
    assert letter.subject == "[골목 가게] 확인 코드를 보내 드려요"
    assert "확인 코드: 271828" in letter.text
    row = the_message()
    assert (row.state, row.sealed, row.receipt, row.claim) == (State.HANDED, None, "250 queued", None)
    assert (row.claimable_at, row.ended_at) == (None, AT)
    [tried] = list_attempts(member, message_id)
    assert (tried.number, tried.sender, tried.outcome) == (1, "scripted", "handed")
    assert send(way, monkeypatch, AT + timedelta(days=1)) == 0


def test_send__english__is_english(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(a_draft(member, 271_828, language="en"))
    way = Scripted()

    send(way, monkeypatch)

    [letter] = way.seen
    assert letter.text.isascii() or "골목 가게" in letter.text
    assert "271828" in letter.text
    assert "5 minutes" in letter.text


def test_send__not_now__is_tried_again_under_the_same_id(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    [message_id] = leave(a_draft(member))
    way = Scripted(LATER, LATER, TAKEN)

    send(way, monkeypatch)
    assert the_message().state == State.FAILED
    assert the_message().last_error == "timeout"
    assert send(way, monkeypatch, AT + timedelta(seconds=9)) == 0
    send(way, monkeypatch, AT + timedelta(seconds=10))
    send(way, monkeypatch, AT + timedelta(seconds=30))

    assert [letter.id for letter in way.seen] == [message_id] * 3
    assert the_message().state == State.HANDED
    assert [one.outcome for one in list_attempts(member, message_id)] == ["failed", "failed", "handed"]


def test_send__refused__is_dead_at_once_and_emptied(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(a_draft(member))

    send(Scripted(NEVER), monkeypatch)

    row = the_message()
    assert (row.state, row.last_error, row.sealed, row.claimable_at) == (State.DEAD, "rcpt_550", None, None)
    status = outbox_status(AT)
    assert (status.waiting, status.dead, status.last_error) == (0, 1, "rcpt_550")


def test_send__failing_for_ever__is_given_up(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(a_draft(member))
    at, tries = AT, 0
    while (due := the_message().claimable_at) is not None:
        at, tries = due, tries + 1
        send(Scripted(LATER), monkeypatch, at)

    assert tries == MOST_TRIES == Attempt.objects.count()
    assert the_message().state == State.DEAD


def test_send__its_time_over__never_leaves(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(a_draft(member, expires_at=AT + timedelta(minutes=5)))
    way = Scripted(LATER)
    send(way, monkeypatch)

    send(way, monkeypatch, AT + timedelta(minutes=5))

    assert len(way.seen) == 1
    assert (the_message().state, the_message().last_error) == (State.DEAD, "too_late")


def test_send__nobody_carries_it__waits_without_a_try(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(a_draft(member))

    assert send(Scripted(ready=False), monkeypatch) == 0
    assert (the_message().state, the_message().attempts) == (State.WAITING, 0)
    assert outbox_status(AT).waiting == 1

    assert send(Scripted(), monkeypatch, AT + timedelta(hours=1)) == 1


def test_send__sender_breaks_in_the_middle__the_rest_is_tried_again(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = leave(*(a_draft(member, number) for number in range(3)))

    send(Scripted(TAKEN, ZeroDivisionError("one1@example.com")), monkeypatch)

    states = {row.id: (row.state, row.last_error) for row in Message.objects.all()}
    assert [states[one] for one in ids] == [
        (State.HANDED, ""), (State.FAILED, "ZeroDivisionError"), (State.FAILED, "ZeroDivisionError"),
    ]  # fmt: skip


def test_send__person_erased_meanwhile__goes_to_nobody(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(a_draft(member), a_draft(None, 2))
    destroy_key(member, at=AT)
    way = Scripted()

    send(way, monkeypatch)

    assert [letter.to for letter in way.seen] == ["one2@example.com"]
    assert Message.objects.get(customer_id=member).last_error == "erased"


def test_send__told_to_stop__gives_back_what_it_has_not_tried(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(*(a_draft(member, number) for number in range(3)))
    way, stopping = Scripted(), threading.Event()
    stopping.set()
    use(monkeypatch, way)

    Outbox(lambda: AT, stopping=stopping).send_due()

    assert len(way.seen) == 1
    left = Message.objects.filter(state=State.WAITING)
    assert [(row.attempts, row.claim, row.claimable_at) for row in left] == [(0, None, AT)] * 2
    assert Attempt.objects.count() == 1


def test_send__lease_ran_out_under_a_slow_sender__the_other_one_s_word_counts(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    [message_id] = leave(a_draft(member))
    quick = Outbox(lambda: AT + timedelta(minutes=4), chance=lambda: 0)

    class Slow(Scripted):
        """Lets its lease run out while it speaks."""

        def send(self, letters):  # type: ignore[no-untyped-def] # as above
            if not self.seen:
                self.seen.append(letters[0])
                quick.send_due()
                yield NEVER
            else:
                yield TAKEN

    use(monkeypatch, Slow())

    Outbox(lambda: AT).send_due()

    assert the_message().state == State.HANDED
    assert [one.outcome for one in list_attempts(member, message_id)] == ["failed", "handed"]
    assert list_attempts(member, message_id)[0].error == "vanished"


def test_kept__in_a_sample_shop__is_read_for_a_day(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(*(a_draft(member, number) for number in range(3)))
    send(Scripted(Answer(Outcome.HANDED, keep=True)), monkeypatch)

    page = list_kept(limit=2)
    rest = list_kept(after=page.next_after, limit=2)

    assert [one.to for one in page.messages + rest.messages] == [
        f"one{number}@example.com" for number in (2, 1, 0)
    ]
    assert "000002" in page.messages[0].text
    assert list_kept(after="nonsense", limit=5).messages[0].to == "one2@example.com"
    empty_kept(as_of=AT + KEPT_FOR - timedelta(seconds=1))
    assert len(list_kept().messages) == 3
    empty_kept(as_of=AT + KEPT_FOR)
    assert list_kept().messages == []


def test_upkeep__over_for_long__is_deleted_with_its_tries(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(a_draft(member))
    send(Scripted(), monkeypatch)
    leave(a_draft(member, 2))

    assert delete_ended(before=AT) == 0
    assert delete_ended(before=AT + timedelta(seconds=1)) == 1

    assert Message.objects.count() == 1
    assert not Attempt.objects.exists()


def test_consumer__person_erased__their_messages_go_once(member: Id) -> None:
    leave(a_draft(member), a_draft(None, 2))
    event = Recorded(new_id(), member, 2, "customer.erased", None, AT, AT, CustomerUpdated(fields=()))

    for _ in range(2):
        with write_transaction():
            FORGET_ERASED.handle([event])

    assert the_message().customer_id == HOUSE


def test_worker__until_idle__sends_what_waits(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(*(a_draft(member, number) for number in range(25)))
    way = Scripted()
    use(monkeypatch, way)

    work_until_idle(clock=lambda: AT)

    assert len(way.seen) == 25
    assert not Message.objects.exclude(state=State.HANDED).exists()


def test_send__in_a_test_space__nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    way = Scripted()
    use(monkeypatch, way)

    with fresh_space("trial") as space, in_space(space):
        leave(a_draft())
        assert Outbox(lambda: AT).send_due() == 0
        assert the_message().state == State.WAITING

    assert way.seen == []


def test_forget__a_person__leaves_others_and_the_house_alone(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(a_draft(member), a_draft(None, 2))
    send(Scripted(), monkeypatch)

    with write_transaction():
        assert forget_messages([member]) == 1

    assert the_message().customer_id == HOUSE
    assert Attempt.objects.count() == 1
