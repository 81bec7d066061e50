"""Time passing in the programs, and tiers given by hand."""

from datetime import datetime

from dangol.core.events.services import lock_customers
from dangol.core.ledger.services import settle_due
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import NotFound
from dangol.domain.membership import Granted
from dangol.domain.tiers import hold_end
from dangol.domain.calendars import day_of
from dangol.rooms.rewards import store
from dangol.rooms.rewards.judging import Batch
from dangol.rooms.rewards.programs import Running, load_programs


class UnknownTier(NotFound):
    """The program has no tier of this key."""

    code = "rewards.unknown_tier"


class UnknownProgram(NotFound):
    """There is no such program."""

    code = "rewards.unknown_program"


def review_due(running: Running, *, as_of: datetime, limit: int = 1_000) -> int:
    """Hold the tier reviews due by `as_of` for up to `limit` members; returns how many members there were."""
    with write_transaction():
        due = store.due_members(running.id, as_of=as_of, limit=limit)
        if due:
            lock_customers(due)
            Batch(running, "debt", as_of).advance(due)
    return len(due)


def advance(*, as_of: datetime) -> None:
    """Do all that time alone has made due by `as_of`: points open and lapse, tiers are reviewed.

    It may be stopped anywhere and run again: what is done is no longer due, and what is due is dated
    at its own instant.
    """
    while settle_due(as_of=as_of):
        pass
    for running in load_programs():
        while review_due(running, as_of=as_of):
            pass


def set_tier(
    customer_id: Id, *, program_id: Id | None, tier: str, at: datetime, held_until: datetime | None = None
) -> None:
    """Put a member on a tier by hand, or as an earlier program had them; raises UnknownTier or UnknownProgram.

    Without `held_until` it is held as if it had been reached at `at`.
    """
    with write_transaction():
        running = _program(program_id)
        rules = running.rules.tiers
        keys = [level.key for level in rules.levels]
        if tier not in keys:
            raise UnknownTier(tier=tier, known=keys)
        lock_customers([customer_id])
        until = held_until or hold_end(rules, day_of(at, rules.zone))
        Batch(running, "debt", at).grant(customer_id, Granted(at, keys.index(tier), until))


def _program(program_id: Id | None) -> Running:
    programs = load_programs()
    for running in programs:
        if program_id in (None, running.id):
            return running
    raise UnknownProgram()
