"""The timeline in its own order, as the lake has it: customers stand there under keys that name nobody."""

from collections.abc import Iterator, Sequence
from typing import Self

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.base import BATCH, name_customers
from dangol.connectors.files.exports.cells import Field
from dangol.core.events.lake import lake_keys_of
from dangol.core.events.models import CustomerHead, Event
from dangol.core.events.selectors import read_head
from dangol.core.events.sequencer import number_waiting
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import Row
from dangol.core.storage.walks import walk

_EVENT = ("position", "id", "customer_id", "customer_seq", "name", "occurred_at", "recorded_at", "payload")


class Events:
    """Every event up to position `head`; with `unmasked`, under the shop's customer numbers."""

    def __init__(self, *, head: int, unmasked: bool = False) -> None:
        self._head, self._unmasked = head, unmasked

    @classmethod
    def up_to_now(cls, *, unmasked: bool = False) -> Self:
        """Return the table of all that has happened, once every event has its place and every customer a key.

        Both come from background work otherwise, which may be behind or not be running. This writes.
        """
        while number_waiting():
            pass
        head = read_head()
        if not unmasked:
            for rows in walk(CustomerHead, ("customer_id",), ("customer_id",), size=BATCH):
                lake_keys_of(customer_id for (customer_id,) in rows)
        return cls(head=head, unmasked=unmasked)

    @property
    def fields(self) -> Sequence[Field]:
        """The lake's columns, ids as text."""
        return (
            Field("position", Type.POINTS), Field("event_id"),
            Field("customer" if self._unmasked else "lake_key"), Field("customer_seq", Type.POINTS),
            Field("name"), Field("occurred_at", Type.INSTANT), Field("recorded_at", Type.INSTANT),
            Field("payload"),
        )  # fmt: skip

    def count(self) -> int:
        """Return how many events there are."""
        return Event.objects.filter(position__lte=self._head).count()

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
