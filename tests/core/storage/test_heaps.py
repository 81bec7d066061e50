"""Tables that are kept in the order of arrival: the rows stay what they are."""

import pytest
from django.db import connection

from dangol.core.events.models import Event
from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.ledger.models import Entry
from dangol.core.storage.heaps import Heap
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from tests.core.events.actors import customers
from tests.core.events.projection import DoorOpened

pytestmark = pytest.mark.django_db(transaction=True)
ALL = ("customer_id", "customer_seq", "id", "name", "recorded_at", "payload", "position")


def lies_in_key_order(table: str) -> bool:
    """Say whether SQLite keeps a table in the order of its key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
        (sql,) = cursor.fetchone()
    return "WITHOUT ROWID" in sql


def indexes() -> set[str]:
    """Return the names of the timeline's indexes."""
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, Event._meta.db_table))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL knows nothing but heaps")
def test_heap__timeline__does_not_lie_in_key_order_and_entries_do() -> None:
    assert not lies_in_key_order(Event._meta.db_table)
    assert lies_in_key_order(Entry._meta.db_table)


def test_heap__made_of_a_table_with_rows__keeps_them_and_the_indexes() -> None:
    known, heap = customers(3), Heap(name="dg_event_heap")
    with write_transaction():
        record_batch([Draft(known[n % 3], DoorOpened(visit=n), now()) for n in range(30)], recorded_at=now())
    before, named = list(Event.objects.order_by("id").values_list(*ALL)), indexes()
    state = Event._meta.constraints

    try:
        Event._meta.constraints = []
        with connection.schema_editor() as editor:
            editor.remove_constraint(Event, heap)
        if connection.vendor == "sqlite":
            assert lies_in_key_order(Event._meta.db_table)
    finally:
        Event._meta.constraints = state
    with connection.schema_editor() as editor:
        editor.add_constraint(Event, heap)

    assert list(Event.objects.order_by("id").values_list(*ALL)) == before
    assert len(before) == 30
    assert {name for name in named if name.startswith("dg_event")} <= indexes()
    if connection.vendor == "sqlite":
        assert not lies_in_key_order(Event._meta.db_table)
