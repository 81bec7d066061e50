"""Handing events to consumers, in order and in batches; what they do commits together with their cursor."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Value
from django.db.models.functions import Coalesce

from dangol.core.events.consumers import HANDED_AT_ONCE, Consumer, inline_consumers
from dangol.core.events.models import Cursor, Event
from dangol.core.events.order import OrderCheck
from dangol.core.events.payloads import decode
from dangol.core.events.records import Recorded
from dangol.core.events.selectors import read_head
from dangol.core.metrics import CONSUMER_ERRORS
from dangol.core.storage.rows import Row, columns, insert_missing, read_rows, table
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.errors import describe_error

logger = logging.getLogger(__name__)
# How many positions a consumer that wants few of them looks through at a time.
SPAN = 20_000
# A stretch without anything for a consumer is noted this often, not at each look: a note is a write.
NOTED_EVERY = timedelta(seconds=1)
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=1), timedelta(minutes=1)
_COLUMNS = (
    "position", "inline_done", "id", "customer_id", "customer_seq", "name",
    "subject_id", "occurred_at", "recorded_at", "payload",
)  # fmt: skip


class Glance(NamedTuple):
    """What one look at the timeline shows all readers: its head, and what lies between `start` and it.

    `kinds` are the events' names there, each with the inline consumers that have had it (as bits); None
    where nobody has looked.
    """

    head: int
    start: int = 0
    kinds: frozenset[tuple[str, int]] | None = None


def glance_from(start: int) -> Glance:
    """Look at what lies beyond a position; where that is much, only how much."""
    head = read_head()
    if not start < head <= start + HANDED_AT_ONCE:
        return Glance(head)
    rows = read_rows(
        Event,
        ("name", "inline_done"),
        f"SELECT DISTINCT name, inline_done FROM {table(Event)}"  # noqa: S608 - our own names
        " WHERE position > %s AND position <= %s",
        [start, head],
    )
    return Glance(head, start, frozenset((name, done) for name, done in rows))


@dataclass
class Reader:
    """Reads the timeline for one consumer. One event that cannot be handled stops it, and only it.

    After a failure half as many are tried, down to one, so that all before the faulty event is done
    and the cursor's error names its position; it is then tried again, ever more rarely, up to once a
    minute. It is never skipped: what a consumer has not had would be missing for good, and unseen.
    """

    consumer: Consumer
    clock: Callable[[], datetime]
    _stored: int | None = None
    _seen: int = 0
    _failing: bool = False
    _tries_of_one: int = 0
    _again_at: datetime | None = None
    _noted_at: datetime | None = None
    _limit: int = field(init=False)
    _order: OrderCheck = field(init=False)
    _bit: int = field(init=False)

    def __post_init__(self) -> None:
        self._bit = sum(1 << at for at, one in enumerate(inline_consumers()) if one == self.consumer)
        self._limit = self.consumer.at_once
        self._order = OrderCheck(gapless=not self.consumer.events and not self._bit)

    @property
    def is_stuck(self) -> bool:
        """Whether its last try failed."""
        return self._failing

    @property
    def seen(self) -> int:
        """The position it has come to."""
        return self._seen

    def advance(self, glance: "Glance | None" = None) -> int:
        """Hand the next batch to the consumer; returns how many positions it came on (0: nothing to do).

        `glance` is what a look at the timeline has just shown, where several readers share one.
        """
        if self._again_at and self.clock() < self._again_at:
            return 0
        if self._stored is None:
            self._open()
        glance = glance or Glance(read_head())
        if glance.head <= self._seen:
            return 0
        start, end = self._seen, min(glance.head, self._seen + SPAN)
        rows = self._read(start, end) if self._may_want(glance) else []
        if len(rows) == self._limit:
            end = rows[-1][0]
        if not rows:
            self._pass_over(end)
            return end - start
        try:
            moved = self._deliver(rows, end)
        except Exception as error:
            return self._note_failure(error, first=rows[0][0], last=rows[-1][0])
        return end - start if moved else 0

    def flush(self) -> None:
        """Note how far it has come, though there was nothing for the consumer on the way."""
        if self._stored is not None and self._seen > self._stored and not self.is_stuck:
            self._note(self._seen)

    def _open(self) -> None:
        with write_transaction():
            insert_missing(Cursor, ["consumer", "position", "error"], [(self.consumer.name, 0, "")])
        stored = Cursor.objects.values_list("position", flat=True).get(pk=self.consumer.name)
        self._stored = self._seen = stored
        self._order.forget()

    def _may_want(self, glance: "Glance") -> bool:
        """Say whether something for the consumer may lie ahead."""
        if not self.consumer.is_listening():
            self._order.forget()
            return False
        if glance.kinds is None or self._seen < glance.start:
            return True
        return any(self.consumer.wants(name) and not done & self._bit for name, done in glance.kinds)

    def _read(self, start: int, end: int) -> list[Row]:
        wanted, params = "", [start, end]
        names = sorted(self.consumer.events)
        if names:
            wanted += f" AND name IN ({', '.join(['%s'] * len(names))})"
        if self._bit:
            wanted += f" AND inline_done & {self._bit} = 0"
        return read_rows(
            Event,
            _COLUMNS,
            f"SELECT {columns(Event, _COLUMNS)} FROM {table(Event)}"  # noqa: S608 - our own names
            f" WHERE position > %s AND position <= %s{wanted} ORDER BY position LIMIT %s",
            [*params, *names, self._limit],
        )

    def _deliver(self, rows: Sequence[Row], end: int) -> bool:
        events = [_recorded(row) for row in rows]
        passed = self._order.follow((event.customer_id, event.customer_seq) for event in events)
        with write_transaction():
            # Another worker may be reading for the same consumer: whoever finds the cursor moved stands back.
            locked = Cursor.objects.select_for_update().filter(pk=self.consumer.name)
            stored = locked.values_list("position", flat=True).get()
            moved = stored == self._stored
            if moved:
                self.consumer.handle(events)
                Cursor.objects.filter(pk=self.consumer.name).update(
                    position=end, moved_at=self.clock(), error="", failed_at=None
                )
        if not moved:
            self._stored = None  # another worker was first; look again where it has come to
            return False
        self._order.remember(passed)
        self._stored = self._seen = end
        self._failing, self._tries_of_one, self._again_at = False, 0, None
        self._limit = min(self._limit * 2, self.consumer.at_once)
        return True

    def _pass_over(self, end: int) -> None:
        self._seen = end
        self._failing, self._tries_of_one, self._again_at = False, 0, None
        now = self.clock()
        if self._noted_at is None or now - self._noted_at >= NOTED_EVERY:
            self._note(end)
            self._noted_at = now

    def _note(self, position: int) -> None:
        with write_transaction():
            unmoved = Cursor.objects.filter(pk=self.consumer.name, position=self._stored or 0)
            if unmoved.update(position=position, moved_at=self.clock(), error="", failed_at=None):
                self._stored = position
                return
        self._stored = None

    def _note_failure(self, error: Exception, *, first: int, last: int) -> int:
        """Store what went wrong; returns 1 where fewer events are to be tried at once, 0 where to wait."""
        self._failing = True
        alone = first == last
        self._limit = max(1, self._limit // 2)
        now = self.clock()
        if alone:
            self._tries_of_one += 1
            self._again_at = now + min(FIRST_DELAY * 2 ** min(self._tries_of_one - 1, 10), LONGEST_DELAY)
        told = f"{describe_error(error)}, position {first}" + ("" if alone else f" to {last}")
        CONSUMER_ERRORS.labels(self.consumer.name).inc()
        logger.error("consumer %s stopped: %s", self.consumer.name, told)
        with write_transaction():
            cursor = Cursor.objects.filter(pk=self.consumer.name)
            cursor.update(error=told, failed_at=Coalesce("failed_at", Value(now)))
        return 0 if alone else 1


def _recorded(row: Row) -> Recorded:
    name, payload = row[5], row[9]
    return Recorded._make((*row[2:9], decode(name, payload)))
