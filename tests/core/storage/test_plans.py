"""Plans: decided beside other writers, confirmed and written under the lock, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread

import pytest
from django.db import connections

from dangol.core.events.models import CustomerHead, Event
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch, touch_customers
from dangol.core.people.events import CustomerJoined
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.plans import Overtaken, planning
from dangol.core.storage.rows import (
    delete_rows,
    insert_missing,
    insert_rows,
    select_matching,
    update_rows,
)
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
HEAD = ("customer_id", "last_seq")


def heads() -> dict[Id, int]:
    return dict(CustomerHead.objects.values_list("customer_id", "last_seq"))


def joined(*customer_ids: Id) -> None:
    record_batch([Draft(owner, CustomerJoined(via="phone"), AT) for owner in customer_ids], recorded_at=AT)


def in_another_thread(act: Callable[[], None]) -> None:
    """Do something as another writer, with a connection of its own."""

    def run() -> None:
        act()
        connections.close_all()

    other = Thread(target=run)
    other.start()
    other.join()


@pytest.mark.parametrize("count", [1, 100])
def test_planning__each_kind_of_write__is_made_when_carried_out(count: int) -> None:
    kept, changed, gone, missing = ([random_id() for _ in range(count)] for _ in range(4))
    with write_transaction():
        insert_rows(CustomerHead, HEAD, [(key, 1) for key in (*changed, *gone)])
    before = heads()

    with planning() as plan, write_transaction():  # which joins the plan
        insert_rows(CustomerHead, HEAD, [(key, 1) for key in kept])
        assert insert_missing(CustomerHead, HEAD, [(key, 2) for key in missing]) == count
        assert update_rows(CustomerHead, HEAD[:1], HEAD[1:], [(key, 9) for key in changed]) == count
        assert delete_rows(CustomerHead, HEAD[:1], [(key,) for key in gone]) == count
    assert heads() == before, "nothing is written while it is planned"

    with write_transaction():
        plan.carry_out()
    assert heads() == dict.fromkeys(kept, 1) | dict.fromkeys(missing, 2) | dict.fromkeys(changed, 9)


def test_planning__reads_what_it_has_written__is_overtaken() -> None:
    key = random_id()

    with planning():
        insert_rows(CustomerHead, HEAD, [(key, 1)])
        with pytest.raises(Overtaken):
            select_matching(CustomerHead, HEAD, HEAD[:1], [(key,)])

    assert heads() == {}


def test_planning__writes_past_the_plan__is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="Planning writes nothing"), planning():
        CustomerHead.objects.create(customer_id=random_id())

    assert heads() == {}


def test_planning__under_the_lock__is_a_bug() -> None:
    with pytest.raises(AssertionError, match="before the lock"), write_transaction(), planning():
        pass


def test_carry_out__somebody_took_the_key_meanwhile__is_overtaken_and_nothing_of_it_stands() -> None:
    key, other = random_id(), random_id()
    with planning() as plan:
        insert_rows(CustomerHead, HEAD, [(other, 1)])
        insert_missing(CustomerHead, HEAD, [(key, 1)])
    with write_transaction():
        insert_rows(CustomerHead, HEAD, [(key, 5)])

    with pytest.raises(Overtaken), write_transaction():
        plan.carry_out()

    assert heads() == {key: 5}


def test_carry_out__events_of_new_and_known_customers__are_numbered_as_without_a_plan() -> None:
    known, new = random_id(), random_id()
    with write_transaction():
        joined(known)

    with planning() as plan:
        joined(known, new)
        joined(new, known)
        assert {seq for seq, _ in lock_customers([known, new]).values()} == {2, 3}
    assert Event.objects.count() == 1
    with write_transaction():
        plan.carry_out()

    assert heads() == {known: 3, new: 2}
    for owner in (known, new):
        events = list(Event.objects.filter(customer_id=owner).order_by("customer_seq"))
        assert [event.customer_seq for event in events] == list(range(1, len(events) + 1))
        assert [event.id for event in events] == sorted(event.id for event in events)
        assert CustomerHead.objects.get(customer_id=owner).last_event_id == events[-1].id
    if connections["default"].vendor == "sqlite":
        positions = sorted(Event.objects.values_list("position", flat=True), key=lambda one: one or 0)
        assert positions == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("what", ["event", "touch", "first event"])
def test_carry_out__the_customer_has_moved_on__is_overtaken(what: str) -> None:
    owner = random_id()
    if what != "first event":
        with write_transaction():
            joined(owner)
    with planning() as plan:
        joined(owner)
    before = Event.objects.count()

    def till() -> None:
        with write_transaction():
            if what == "touch":
                touch_customers([owner])
            else:
                joined(owner)

    in_another_thread(till)
    with pytest.raises(Overtaken), write_transaction():
        plan.carry_out()

    assert Event.objects.count() == before + (what != "touch"), "only the other writer's event stands"
