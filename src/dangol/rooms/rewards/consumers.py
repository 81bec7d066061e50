"""What rewards does when something happened."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.storage.columns import Row
from dangol.core.storage.reading import read_together
from dangol.rooms.rewards.acts import NAMES
from dangol.rooms.rewards.judging import Batch
from dangol.rooms.rewards.kept import Kept, kept_programs, load_kept, select_stamp


def accrue(events: Sequence[Recorded]) -> None:
    """Judge orders and returns in every program; so the receipt shows the points.

    What was judged before is judged again, comes out the same, and changes nothing.
    """
    lock_customers(event.customer_id for event in events)
    kept = kept_programs()
    batches = _begin(kept, events)
    stamp, *found = _read(batches)
    if not kept.is_current(stamp[0]):
        batches = _begin(load_kept(), events)
        _, *found = _read(batches)
    for batch, rows in zip(batches, found, strict=True):
        batch.finish(rows)


def _begin(kept: Kept, events: Sequence[Recorded]) -> list[Batch]:
    recorded_at = max(event.recorded_at for event in events)
    batches, currencies = [], set()
    for running in kept.programs:
        batch = Batch(running, recorded_at=recorded_at)
        # A second program of one kind of points finds other purses than there were before the first.
        batch.begin(events, with_purses=running.row.points_currency not in currencies)
        currencies.add(running.row.points_currency)
        batches.append(batch)
    return batches


def _read(batches: Sequence[Batch]) -> list[list[list[Row]]]:
    """Read the programs' stamp, and what each batch wants to know, in one go."""
    wanted = [[select_stamp()], *(batch.selects for batch in batches)]
    rows = iter(read_together(*(select for selects in wanted for select in selects)))
    return [[next(rows) for _ in selects] for selects in wanted]


ACCRUE = Consumer("rewards.accrue", frozenset(NAMES), accrue)
