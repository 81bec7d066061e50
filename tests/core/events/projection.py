"""A consumer that keeps a row per customer, and by it notices what is lost, doubled or out of turn."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from django.db import connection, models

from dangol.core.events.consumers import Consumer
from dangol.core.events.payloads import Payload, named
from dangol.core.events.records import Recorded
from dangol.core.storage.fields import IdField
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_missing, select_matching, update_rows


@named("door.opened")
class DoorOpened(Payload, frozen=True):
    """Only for tests and benchmarks."""

    visit: int
    note: str = "a door, opened on a rainy afternoon"


class Visits(models.Model):
    """What the consumer knows of a customer."""

    customer_id = IdField(primary_key=True)
    count = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    out_of_turn = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager["Visits"]] = models.Manager()

    class Meta:
        # No installed app's: it is not to be taken for a model of the product.
        app_label = "tests"
        db_table = "test_visits"
        managed = False


def count_visits(events: Sequence[Recorded]) -> None:
    """Add the events to their customers' rows, by three statements."""
    rows: dict[Id, tuple[int, int, int]] = {event.customer_id: (0, 0, 0) for event in events}
    names = ("customer_id", "count", "last_seq", "out_of_turn")
    for customer_id, *known in select_matching(Visits, names, ["customer_id"], [(key,) for key in rows]):
        rows[customer_id] = (known[0], known[1], known[2])
    new = [(key, 0, 0, 0) for key, known in rows.items() if known == (0, 0, 0)]
    insert_missing(Visits, names, sorted(new))
    for event in events:
        count, last, wrong = rows[event.customer_id]
        wrong += event.customer_seq != last + 1
        rows[event.customer_id] = (count + 1, event.customer_seq, wrong)
    update_rows(Visits, names[:1], names[1:], sorted((key, *row) for key, row in rows.items()))


VISITS = Consumer("visits", frozenset(), count_visits)


def make_table() -> None:
    """Make the consumer's table."""
    with connection.schema_editor() as editor:
        editor.create_model(Visits)


@contextmanager
def visits_table() -> Iterator[None]:
    """Have the consumer's table for a while."""
    make_table()
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Visits)
