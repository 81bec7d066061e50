"""Doing all that is due, in this process, until nothing is: for a command, and for a test space.

A test space has no worker. Whoever uses it brings it up to date first, and when its clock is moved, all that
time makes due on the way is done before anything else happens.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.core.events import sequencer
from dangol.core.events.runtime import Readers
from dangol.core.storage.spaces import hold_clock
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.clock import clock_turn, move_clock, stored_instant
from dangol.core.tasks.registry import Due, all_schedules
from dangol.core.tasks.runner import Runner
from dangol.core.tasks.scheduler import enqueue_due
from dangol.core.tasks.services import JobDraft, enqueue_batch
from dangol.core.tasks.turns import take_turns


class Settled(NamedTuple):
    """What was done until nothing was due any more, and what could not be.

    `failed_jobs` counts tries, of which most will be repeated.
    """

    jobs: int
    failed_jobs: int
    stuck_consumers: list[str]


def settle_all(*, clock: Callable[[], datetime], zone: ZoneInfo) -> Settled:
    """Do everything that is due by `clock`: schedules in the shop's `zone`, jobs, consumers, turns."""
    runner, readers, jobs = Runner(clock), Readers(clock=clock), 0
    while True:
        scheduled = enqueue_due(as_of=clock(), zone=zone)
        numbered, ran, read = sequencer.number_waiting(), runner.run_due(), readers.advance()
        taken = take_turns(clock())
        jobs += ran
        if not (scheduled or numbered or ran or read or taken):
            break
    readers.flush()
    return Settled(jobs, runner.failures, readers.stuck())


def pass_time(at: datetime, *, now: datetime, zone: ZoneInfo) -> Settled:
    """Move a test space's clock from `now` to `at` and do all that falls due on the way.

    Each thing is done at its own instant. Somebody else who is bringing the space there is waited for, and
    where all is done nothing is done again. Raises ClockOfTheShop or ClockBackwards.
    """
    with clock_turn() as turn:
        if turn.has_settled(at):
            hold_clock(at)
            return Settled(0, 0, [])
        before = stored_instant() or now
        settle_all(clock=lambda: before, zone=zone)
        move_clock(at, now=before)
        names = sorted(all_schedules())
        with write_transaction():
            # Not by their rhythm, which could leave the last minutes out: all of them, for this very instant.
            drafts = [JobDraft(name, Due(at), at, key=f"{name}@{at.isoformat()}") for name in names]
            enqueue_batch(drafts, enqueued_at=at)
        settled = settle_all(clock=lambda: at, zone=zone)
        turn.note_settled(at)
    return settled


def keep_up(*, clock: Callable[[], datetime]) -> None:
    """Do what has just been left for a worker: positions, consumers, and what is due by `clock`."""
    runner, readers = Runner(clock), Readers(clock=clock)
    while sequencer.number_waiting() + runner.run_due() + readers.advance() + take_turns(clock()):
        pass
    readers.flush()
