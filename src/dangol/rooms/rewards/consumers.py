"""What rewards does when something happened."""

from collections.abc import Sequence

from dangol.core.commerce.events import OrderReturned
from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.people.events import CustomerErased
from dangol.core.people.merged import kept_by
from dangol.core.storage.columns import Row
from dangol.core.storage.reading import read_together
from dangol.rooms.rewards.acts import NAMES
from dangol.rooms.rewards.families import EVENTS, forget_members, mark_merged, read_changes
from dangol.rooms.rewards.judging import Batch
from dangol.rooms.rewards.kept import Kept, kept_programs, load_kept, select_stamp
from dangol.rooms.rewards.openings import NAMES as REACHED, open_reached
from dangol.rooms.rewards.programs import load_programs


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
    _follow_undone(events)


def _follow_undone(events: Sequence[Recorded]) -> None:
    """Judge those anew who have become one with somebody of whom an order was undone, step by step."""
    fell_at = {
        event.customer_id: event.occurred_at
        for event in sorted(events, key=lambda one: one.occurred_at)
        if isinstance(event.payload, OrderReturned) and event.payload.is_undo
    }
    recorded_at = max(event.recorded_at for event in events)
    while fell_at:
        steps = sorted(kept_by(fell_at).items(), key=lambda step: fell_at[step[0]])
        fell_at = {kept: fell_at[one] for one, kept in steps}
        lock_customers(fell_at)
        for running in load_programs() if fell_at else ():
            Batch(running, recorded_at=recorded_at).judge_whole(fell_at, fell_at=fell_at)


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


def follow_customers(events: Sequence[Recorded]) -> None:
    """Let members who were merged be judged as one from then on, and as two again when that was undone.

    It goes by how things stand, not by what the event says: so once or twice comes to the same.
    """
    recorded_at = max(event.recorded_at for event in events)
    changes = read_changes(events)
    for running in load_programs():
        for change in changes:
            if change.is_one:
                # What was due until then is theirs still; from then on they stand where they stand.
                Batch(running, recorded_at=recorded_at).advance([change.absorbed_id], as_of=change.at)
            mark_merged(change, running)
            judged = [change.kept_id] if change.is_one else [change.kept_id, change.absorbed_id]
            Batch(running, recorded_at=recorded_at).judge_whole(judged)
    forget_members(event.customer_id for event in events if isinstance(event.payload, CustomerErased))


FOLLOW_CUSTOMERS = Consumer("rewards.follow_customers", frozenset(EVENTS), follow_customers)
ACCRUE = Consumer("rewards.accrue", frozenset(NAMES), accrue)
OPEN_REACHED = Consumer("rewards.open_reached", REACHED, open_reached)
