"""Time passing in the programs, and tiers given by hand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from dangol.core.events.services import lock_customers, touch_customers
from dangol.core.ledger.services import settle_due
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import day_of
from dangol.domain.errors import DomainError, NotFound
from dangol.domain.membership import Granted
from dangol.domain.tiers import hold_end, rules_at
from dangol.rooms.rewards import store
from dangol.rooms.rewards.judging import Batch
from dangol.rooms.rewards.programs import Running, find_program, load_programs
from dangol.rooms.rewards.second_looks import look_again


class UnknownTier(NotFound):
    """The program has no tier of this key."""

    code = "rewards.unknown_tier"


class AlreadyOver(DomainError):
    """A tier is to be held until an instant that is not later than the one it is given at."""

    code = "rewards.already_over"


class TierRow(NamedTuple):
    """A tier to be given: to whom, which, when, and until when, exclusive (None: as the program holds it)."""

    customer_id: Id
    tier: str
    at: datetime
    held_until: datetime | None = None


def review_due(running: Running, *, as_of: datetime, limit: int = 1_000) -> int:
    """Hold the tier reviews due by `as_of` for up to `limit` members; returns how many members there were.

    Several may be at it at once, as at `settle_due`.
    """
    with write_transaction():
        due = store.due_members(running.id, as_of=as_of, limit=limit, sharing=True) or store.due_members(
            running.id, as_of=as_of, limit=limit
        )
        if due:
            touch_customers(due)  # a review that changes no tier is no event
            Batch(running, recorded_at=as_of).advance(due, as_of=as_of)
    return len(due)


def advance_some(*, as_of: datetime, limit: int = 1_000) -> int:
    """Do a bounded part of what time has made due by `as_of`; returns for how many customers.

    0 means that all is done. The order: pending points open and points lapse, each at its own instant;
    then tiers are reviewed, and every member is looked at by tiers that have begun.
    """
    if settled := settle_due(as_of=as_of, limit=limit):
        return settled
    for running in load_programs():
        if reviewed := review_due(running, as_of=as_of, limit=limit):
            return reviewed
        if looked := look_again(running, as_of=as_of, limit=limit):
            return looked
    return 0


def advance(*, as_of: datetime) -> None:
    """Do all that time alone has made due by `as_of`: points open and lapse, tiers are reviewed.

    It may be stopped anywhere and run again: what is done is no longer due, and what is due is dated
    at its own instant.
    """
    while advance_some(as_of=as_of):
        pass


def set_tier(
    customer_id: Id,
    *,
    tier: str,
    at: datetime,
    recorded_at: datetime,
    held_until: datetime | None = None,
    program_id: Id | None = None,
) -> None:
    """Put a member on a tier by hand, from `at` on; raises UnknownProgram, UnknownTier or AlreadyOver.

    Without `held_until` it is held as if it had been reached at `at`. It may be dated back: what has
    happened since is then judged again.
    """
    row = TierRow(customer_id, tier, at, held_until)
    refusal = set_tiers([row], program_id=program_id, recorded_at=recorded_at)[0]
    if refusal:
        raise refusal


def give_tiers(
    grants: Sequence[tuple[Id, str, datetime, datetime | None]], at: datetime
) -> list[DomainError | None]:
    """Give the tiers of a file, learned `at`, as `set_tiers` does: who reads files knows no rows of ours."""
    return set_tiers([TierRow(*grant) for grant in grants], recorded_at=at)


def set_tiers(
    rows: Sequence[TierRow], *, recorded_at: datetime, program_id: Id | None = None
) -> list[DomainError | None]:
    """Give tiers to many members, as brought along from an earlier program: at most one row a customer.

    Returns, for each row, None or why it was refused (UnknownTier, AlreadyOver); raises UnknownProgram.
    """
    running = find_program(program_id)
    places = {level.key: place for place, level in enumerate(running.rules.tiers.levels)}
    refusals = [_refuse(row, places) for row in rows]
    joined = store.load_joined_on(running.rules, [row.customer_id for row in rows])
    grants = {
        row.customer_id: Granted(
            row.at,
            places[row.tier],
            row.held_until or _held_until(running, row.at, joined.get(row.customer_id)),
        )
        for row, refusal in zip(rows, refusals, strict=True)
        if refusal is None
    }
    assert len(grants) == refusals.count(None), "one tier a customer"
    with write_transaction():
        lock_customers(grants)
        Batch(running, recorded_at=recorded_at).grant(grants)
    return refusals


def _held_until(running: Running, at: datetime, joined_on: date | None) -> datetime | None:
    rules = rules_at(running.rules.tier_versions, at)
    return hold_end(rules, day_of(at, rules.zone), joined_on)


def _refuse(row: TierRow, places: Mapping[str, int]) -> DomainError | None:
    if row.tier not in places:
        return UnknownTier(tier=row.tier, known=list(places), customer=show_id(row.customer_id))
    if row.held_until is not None and row.held_until <= row.at:
        return AlreadyOver(tier=row.tier, customer=show_id(row.customer_id))
    return None
