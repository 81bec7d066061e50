"""The timeline in its own order, as the lake has it: customers stand there under keys that name nobody."""

from collections.abc import Iterator, Sequence

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.base import BATCH, name_customers
from dangol.connectors.files.exports.cells import Field
from dangol.core.events.lake import lake_keys_of
from dangol.core.events.models import CustomerHead, Event
from dangol.core.events.selectors import read_head
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import Row
from dangol.core.storage.walks import walk

_EVENT = ("position", "id", "customer_id", "customer_seq", "name", "occurred_at", "recorded_at", "payload")


class Events:
    """Every event up to the timeline's last position; with `unmasked`, under the shop's customer numbers.

    Events that have no position yet are left to a later export.
    """

    def __init__(self, *, unmasked: bool = False) -> None:
        self._unmasked = unmasked
        self._head = read_head()

    @property
    def fields(self) -> Sequence[Field]:
        """The lake's columns, ids as text."""
        return (
            Field("position", Type.POINTS), Field("event_id"),
            Field("customer" if self._unmasked else "lake_key"), Field("customer_seq", Type.POINTS),
            Field("name"), Field("occurred_at", Type.INSTANT), Field("recorded_at", Type.INSTANT),
            Field("payload"),
        )  # fmt: skip

    def prepare(self) -> None:
        """See to it that all customers have a key in the lake: it may not have come to them yet."""
        if not self._unmasked:
            for rows in walk(CustomerHead, ("customer_id",), ("customer_id",), size=BATCH):
                lake_keys_of([customer_id for (customer_id,) in rows])

    def count(self) -> int:
        """Return how many events there are."""
        return Event.objects.filter(position__lte=self._head).count()

    def waiting(self) -> int:
        """Return how many events have no position yet."""
        return Event.objects.filter(position__isnull=True).count()

    def batches(self) -> Iterator[list[Row]]:
        """Yield the events."""
        where = "position IS NOT NULL AND position <= %s"
        for events in walk(Event, _EVENT, ("position",), size=BATCH, where=where, params=[self._head]):
            named = self._named([event[2] for event in events])
            yield [
                (position, show_id(event_id), named[owner], *rest)
                for position, event_id, owner, *rest in events
            ]

    def _named(self, customer_ids: Sequence[Id]) -> dict[Id, str | None]:
        if self._unmasked:
            return name_customers(customer_ids)
        return {owner: show_id(key) for owner, key in lake_keys_of(customer_ids).items()}
