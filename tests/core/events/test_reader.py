"""Readers: batches in order, effects with the cursor, and a fault that stops one consumer only."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from dangol.core.events import reader as reading
from dangol.core.events.consumers import Consumer
from dangol.core.events.models import Cursor, Event
from dangol.core.events.order import OrderCheck, OutOfOrder
from dangol.core.events.payloads import Payload, named
from dangol.core.events.reader import Reader
from dangol.core.events.records import Draft, Recorded
from dangol.core.events.runtime import Readers
from dangol.core.events.selectors import read_head, show_consumers
from dangol.core.events.sequencer import number_waiting
from dangol.core.events.services import record_batch
from dangol.core.storage.ids import random_id
from dangol.core.storage.transactions import write_transaction
from tests.core.events.projection import VISITS, DoorOpened, Visits, visits_table

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
CUSTOMER = random_id()


@named("door.closed")
class DoorClosed(Payload, frozen=True):
    """Only for these tests."""


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def projection() -> Iterator[None]:
    with visits_table():
        yield


def record(*payloads: Payload) -> list[Recorded]:
    with write_transaction():
        recorded = record_batch([Draft(CUSTOMER, one, AT) for one in payloads], recorded_at=AT)
    while number_waiting():
        pass
    return recorded


def consumer(handle: Callable[[Sequence[Recorded]], None], *events: str) -> Consumer:
    return Consumer("listener", frozenset(events), handle)


def exhaust(reader: Reader) -> None:
    while reader.advance():
        pass


def test_advance__some_events__handed_over_whole_and_once(clock: Clock) -> None:
    recorded = record(*(DoorOpened(visit=n) for n in range(3)))
    heard: list[Recorded] = []

    exhaust(Reader(consumer(heard.extend), clock))
    exhaust(Reader(consumer(heard.extend), clock))

    assert heard == recorded
    cursor = Cursor.objects.get(pk="listener")
    assert (cursor.position, cursor.moved_at) == (read_head(), AT)


def test_advance__consumer_of_few_at_once__is_handed_no_more_also_after_a_fault(clock: Clock) -> None:
    recorded = record(*(DoorOpened(visit=n) for n in range(7)))
    heard: list[Recorded] = []
    sizes: list[int] = []

    def handle(events: Sequence[Recorded]) -> None:
        sizes.append(len(events))
        if len(sizes) == 1:
            raise RuntimeError("once")
        heard.extend(events)

    exhaust(Reader(Consumer("listener", frozenset(), handle, at_once=3), clock))

    assert heard == recorded
    assert sizes == [3, 1, 2, 3, 1]


def test_advance__wants_one_kind__cursor_passes_the_others(clock: Clock) -> None:
    record(DoorOpened(visit=1), DoorClosed(), DoorOpened(visit=2), DoorClosed())
    heard: list[Recorded] = []
    reader = Reader(consumer(heard.extend, "door.closed"), clock)

    exhaust(reader)
    record(DoorOpened(visit=3))
    exhaust(reader)
    reader.flush()

    assert [event.customer_seq for event in heard] == [2, 4]
    assert Cursor.objects.get(pk="listener").position == read_head() == 5


def test_advance__nothing_of_interest_comes__writes_rarely(
    clock: Clock, django_assert_max_num_queries: Any
) -> None:
    reader = Reader(consumer(lambda events: None, "door.closed"), clock)
    record(DoorOpened(visit=0))
    exhaust(reader)

    for visit in range(5):
        record(DoorOpened(visit=visit))
        with django_assert_max_num_queries(3):
            exhaust(reader)

    assert Cursor.objects.get(pk="listener").position == 1
    clock.at += timedelta(seconds=1)
    record(DoorOpened(visit=9))
    exhaust(reader)
    assert Cursor.objects.get(pk="listener").position == 7


def test_advance__inline_consumer__only_what_it_has_not_had(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Recorded] = []
    inline = consumer(heard.extend)
    other = Consumer("other", frozenset(), heard.extend)
    monkeypatch.setattr(reading, "inline_consumers", lambda: (other, inline))
    recorded = record(*(DoorOpened(visit=n) for n in range(4)))
    Event.objects.filter(customer_seq=2).update(inline_done=0b10)
    Event.objects.filter(customer_seq=3).update(inline_done=0b01)

    exhaust(Reader(inline, clock))

    assert heard == [recorded[0], recorded[2], recorded[3]]


def test_readers__little_that_few_want__only_those_look_at_it(
    clock: Clock, django_assert_num_queries: Any
) -> None:
    heard: list[Recorded] = []
    wanting = [Consumer(f"of.{name}", frozenset({name}), heard.extend) for name in ("door.closed", "a", "b")]
    readers = Readers(clock=clock, consumers=wanting)
    record(DoorOpened(visit=1))
    assert readers.catch_up() == 0
    closed = record(DoorClosed())

    # The head, what lies before it, and of the one that wants it: reading, begin, lock, move, commit.
    with django_assert_num_queries(7):
        readers.catch_up()

    assert heard == closed
    assert [reader.seen for reader in readers._readers] == [2, 2, 2]


def test_readers__one_stands_still__the_others_share_a_look_all_the_same(clock: Clock) -> None:
    heard: list[Recorded] = []

    def refuse(events: Sequence[Recorded]) -> None:
        raise ValueError

    readers = Readers(
        clock=clock,
        consumers=[Consumer("stuck", frozenset(), refuse), Consumer("well", frozenset(), heard.extend)],
    )
    recorded = record(DoorOpened(visit=1))
    readers.catch_up()
    recorded += record(DoorOpened(visit=2), DoorClosed())
    readers.catch_up()

    assert readers.stuck() == ["stuck"]
    assert heard == recorded


def test_advance__nobody_listens__passes_by_and_hears_what_comes_once_somebody_does(clock: Clock) -> None:
    heard: list[Recorded] = []
    listens = [False]
    reader = Reader(Consumer("radio", frozenset(), heard.extend, lambda: listens[0]), clock)
    record(DoorOpened(visit=1))
    exhaust(reader)
    listens[0] = True
    later = record(DoorOpened(visit=2))
    exhaust(reader)
    listens[0] = False
    record(DoorOpened(visit=3))
    exhaust(reader)
    listens[0] = True
    later += record(DoorClosed())
    exhaust(reader)

    assert heard == later


def test_readers__one_that_stood_still_is_passed_by__is_stuck_no_more(clock: Clock) -> None:
    listens = [True]

    def refuse(events: Sequence[Recorded]) -> None:
        raise ValueError

    readers = Readers(clock=clock, consumers=[Consumer("radio", frozenset(), refuse, lambda: listens[0])])
    record(DoorOpened(visit=1))
    readers.catch_up()
    assert readers.stuck() == ["radio"]

    listens[0] = False
    clock.at += timedelta(minutes=2)
    readers.catch_up()
    readers.flush()

    assert readers.stuck() == []
    cursor = Cursor.objects.get(pk="radio")
    assert (cursor.position, cursor.error) == (1, "")


@pytest.mark.usefixtures("projection")
def test_advance__handler_fails_after_writing__its_writes_and_the_cursor_stay_back(clock: Clock) -> None:
    record(DoorOpened(visit=1))

    def write_and_fail(events: Sequence[Recorded]) -> None:
        VISITS.handle(events)
        raise ValueError("kim@example.com")

    reader = Reader(consumer(write_and_fail), clock)
    exhaust(reader)

    assert not Visits.objects.exists()
    cursor = Cursor.objects.get(pk="listener")
    assert (cursor.position, cursor.failed_at) == (0, AT)
    assert "ValueError at " in cursor.error
    assert "kim@" not in cursor.error
    assert reader.is_stuck


def test_advance__one_event_of_many_at_fault__stops_just_before_it_and_names_it(clock: Clock) -> None:
    recorded = record(*(DoorOpened(visit=n) for n in range(1_500)))
    heard: list[Recorded] = []
    poison = [recorded[1_234].id]

    def hear(events: Sequence[Recorded]) -> None:
        if any(event.id in poison for event in events):
            raise ValueError
        heard.extend(events)

    reader = Reader(consumer(hear), clock)
    healthy: list[Recorded] = []
    neighbor = Reader(Consumer("neighbor", frozenset(), healthy.extend), clock)
    exhaust(reader)
    exhaust(neighbor)

    assert heard == recorded[:1_234]
    cursor = Cursor.objects.get(pk="listener")
    assert cursor.position == 1_234
    assert cursor.error.endswith("position 1235")
    assert healthy == recorded
    clock.at += timedelta(seconds=3)
    state = {one.name: one for one in show_consumers(clock.at)}["listener"]
    assert (state.behind, state.failed_for) == (266, timedelta(seconds=3))

    poison.clear()
    exhaust(reader)

    assert heard == recorded
    assert not reader.is_stuck
    assert Cursor.objects.get(pk="listener").error == ""


def test_advance__fault_stays__is_tried_ever_more_rarely(clock: Clock) -> None:
    record(DoorOpened(visit=1))
    tries: list[datetime] = []

    def fail(events: Sequence[Recorded]) -> None:
        tries.append(clock.at)
        raise ValueError

    reader = Reader(consumer(fail), clock)
    for _ in range(600):
        reader.advance()
        clock.at += timedelta(seconds=1)

    pauses = [(later - earlier).seconds for earlier, later in pairwise(tries)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert set(pauses[7:]) == {60}


def test_advance__event_nobody_declares__stops_the_consumer(clock: Clock) -> None:
    record(DoorOpened(visit=1))
    Event.objects.update(name="door.vanished")
    reader = Reader(consumer(lambda events: None), clock)

    exhaust(reader)

    assert "KeyError" in Cursor.objects.get(pk="listener").error


def test_advance__numbers_of_a_customer_out_of_turn__stops_the_consumer(clock: Clock) -> None:
    record(*(DoorOpened(visit=n) for n in range(4)))
    Event.objects.filter(customer_seq=2).update(position=103)
    Event.objects.filter(customer_seq=3).update(position=2)
    Event.objects.filter(position=103).update(position=3)
    heard: list[Recorded] = []

    exhaust(Reader(consumer(heard.extend), clock))

    assert [event.customer_seq for event in heard] == [1]
    assert "OutOfOrder" in Cursor.objects.get(pk="listener").error


@pytest.mark.parametrize(
    ("gapless", "seen", "then", "fits"),
    [
        (True, [1, 2], 3, True),
        (True, [1, 2], 4, False),
        (False, [1, 2], 4, True),
        (False, [1, 2], 2, False),
        (True, [], 7, True),
    ],
)
def test_order_check__next_number__fits_or_is_refused(
    gapless: bool, seen: list[int], then: int, fits: bool
) -> None:
    check = OrderCheck(gapless=gapless)
    check.remember(check.follow((CUSTOMER, seq) for seq in seen))

    if fits:
        assert check.follow([(CUSTOMER, then)]) == {CUSTOMER: then}
    else:
        with pytest.raises(OutOfOrder):
            check.follow([(CUSTOMER, then)])


def test_number_waiting__on_sqlite__has_nothing_to_do() -> None:
    with write_transaction():
        record_batch([Draft(CUSTOMER, DoorClosed(), AT)], recorded_at=AT)

    assert number_waiting() == (1 if connection.vendor == "postgresql" else 0)
    assert number_waiting() == 0
    assert Event.objects.get().position == read_head() == 1
