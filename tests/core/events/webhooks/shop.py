"""What the tests of webhooks share: events that happen, and senders whose clock is an argument."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from dangol.core.events.models import Event
from dangol.core.events.reader import Reader
from dangol.core.events.records import Draft
from dangol.core.events.sequencer import number_waiting
from dangol.core.events.services import record_batch
from dangol.core.events.webhooks.consumers import FAN_OUT
from dangol.core.events.webhooks.sender import Sender
from dangol.core.events.webhooks.services import NewSecret, create_endpoint
from dangol.core.events.webhooks.transport import Caller
from dangol.core.ledger.events import PointsAdjusted, PointsSpent
from dangol.core.storage.ids import Id, random_id, show_id
from dangol.core.storage.transactions import write_transaction
from tests.waiting import PATIENCE

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REASON = "김하늘 님 010-1234-5678, 생일이라서"


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime = AT) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> datetime:
        self.now += by
        return self.now


def endpoint(url: str, *events: str, at: datetime = AT, **given: str) -> NewSecret:
    """Make an endpoint; the tests' settings allow this machine."""
    return create_endpoint(url=url, events=events, at=at, **given)


def happen(count: int, *, at: datetime = AT, customer_id: Id | None = None) -> list[str]:
    """Have points adjusted so many times, and return the events' ids as text."""
    owner = customer_id or random_id()
    payload = PointsAdjusted(currency="points", points=500, reason=REASON, about=None, taken=False)
    with write_transaction():
        recorded = record_batch([Draft(owner, payload, at)] * count, recorded_at=at)
    return [show_id(event.id) for event in recorded]


def spend(*, at: datetime = AT) -> str:
    """Have points spent, and return the event's id as text."""
    payload = PointsSpent(currency="points", points=500, reason="", about=None)
    with write_transaction():
        [recorded] = record_batch([Draft(random_id(), payload, at)], recorded_at=at)
    return show_id(recorded.id)


def fan_out(at: datetime = AT) -> None:
    """Number what waits, and let the consumer have it."""
    while number_waiting():
        pass
    reader = Reader(FAN_OUT, lambda: at)
    while reader.advance():
        pass
    assert not reader.is_stuck
    reader.flush()
    assert Event.objects.exists()


@contextmanager
def sender(clock: Clock, *, timeout: float = PATIENCE, chance: float = 0.0) -> Iterator[Sender]:
    """Give a sender that may call this machine."""
    made = Sender(
        clock=clock, caller=lambda: Caller(allow_private=True, timeout=timeout), chance=lambda: chance
    )
    try:
        yield made
    finally:
        made.close()
