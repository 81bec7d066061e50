"""A shop with points, as the ledger's tests see it."""

from datetime import UTC, datetime, timedelta

from dangol.core.events.consumers import Consumer
from dangol.core.events.reader import Reader
from dangol.core.events.sequencer import number_waiting
from dangol.core.ledger.consumers import RECEIVE_GIFTS
from dangol.core.ledger.models import PointCurrency
from dangol.core.storage.ids import Id, random_id
from dangol.domain.points import Shortfall
from dangol.project.clock import now

START = datetime(2026, 3, 1, 3, tzinfo=UTC)
POINTS = "points"


def day(number: float) -> datetime:
    """Return the instant `number` days after the shop opened."""
    return START + timedelta(days=number)


def open_shop(shortfall: Shortfall = Shortfall.DEBT) -> None:
    """Have a kind of points."""
    PointCurrency.objects.create(code=POINTS, name="Points", shortfall=shortfall.value)


def members(count: int) -> list[Id]:
    """Return the ids of new members."""
    return [random_id() for _ in range(count)]


def let_worker_by(consumer: Consumer = RECEIVE_GIFTS) -> None:
    """Do what a worker does: number events and hand them to the consumer, until there is nothing left."""
    while number_waiting():
        pass
    reader = Reader(consumer, now)
    while reader.advance():
        assert not reader.is_stuck
        while number_waiting():
            pass
    reader.flush()
