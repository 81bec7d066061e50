"""What rewards offers to be done: points given, tiers set."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from dangol.core.actions.catalog import Action, ActionPayload, ActionResult, Call, Instant
from dangol.core.ledger.services import Order, apply
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.accrual import Terms, dates_of
from dangol.domain.errors import DomainError
from dangol.domain.points import NEVER, Earn
from dangol.rooms.rewards.programs import Running, UnknownProgram, find_program
from dangol.rooms.rewards.selectors import terms_in
from dangol.rooms.rewards.services import TierRow, set_tiers

MOST_POINTS = 100_000_000
Words = Annotated[str, Meta(min_length=1, max_length=200)]


class AwardPoints(ActionPayload, frozen=True):
    """Give points for something other than a purchase.

    They may be used at once, and lapse as the program's terms say (longer in a tier that lets them), or at
    `expires_at`, exclusive. They do not count towards tiers. `program` is an id; without one, the shop's
    first program.
    """

    points: Annotated[int, Meta(gt=0, le=MOST_POINTS)]
    reason: Words
    expires_at: Instant | None = None
    program: str | None = None


class PointsAwarded(ActionResult, frozen=True):
    """The points given, of which kind, until when (exclusive; null: for good), and by which transfer."""

    points: int
    currency: str
    expires_at: datetime | None
    transfer: str


class SetTier(ActionPayload, frozen=True):
    """Put a member on a tier by hand.

    It is held until `held_until`, exclusive, or as if it had just been reached, and then reviewed like
    any other. `program` is an id; without one, the shop's first program.
    """

    tier: Annotated[str, Meta(min_length=1, max_length=20)]
    reason: Words
    held_until: Instant | None = None
    program: str | None = None


class TierSet(ActionResult, frozen=True):
    """The tier given."""

    tier: str


def award_points(calls: Sequence[Call[AwardPoints]]) -> list[PointsAwarded | DomainError]:
    """Give points in the ledger: a constant number of statements for each program."""
    answers: dict[Id, PointsAwarded | DomainError] = {}
    for program, own in _by_program(calls).items():
        try:
            running = _find(program)
        except UnknownProgram as refusal:
            answers.update({call.customer_id: refusal for call in own})
            continue
        terms = terms_in(running, [(call.customer_id, call.at) for call in own])
        earns = [_earn(call, each) for call, each in zip(own, terms, strict=True)]
        results = apply(
            [Order(call.customer_id, earn) for call, earn in zip(own, earns, strict=True)],
            running.row.points_currency,
            recorded_at=max(call.at for call in own),
        )
        for call, earn, result in zip(own, earns, results, strict=True):
            answers[call.customer_id] = result.refusal or PointsAwarded(
                points=earn.points,
                currency=running.row.points_currency,
                expires_at=None if earn.expires_at == NEVER else earn.expires_at,
                transfer=show_id(result.transfer_id or b""),
            )
    return [answers[call.customer_id] for call in calls]


def _by_program(calls: Sequence[Call[AwardPoints]]) -> dict[str | None, list[Call[AwardPoints]]]:
    found: dict[str | None, list[Call[AwardPoints]]] = defaultdict(list)
    for call in calls:
        found[call.payload.program].append(call)
    return found


def _find(program: str | None) -> Running:
    """Return the program; raises UnknownProgram, also for an id that is none."""
    try:
        return find_program(parse_id(program) if program else None)
    except ValueError as error:
        raise UnknownProgram() from error


def _earn(call: Call[AwardPoints], terms: Terms) -> Earn:
    payload = call.payload
    _, lapses_at = dates_of(terms, call.at)
    return Earn(
        f"action:{call.key}",
        call.at,
        payload.points,
        call.at,
        payload.expires_at or lapses_at,
        payload.reason,
        idle=None if payload.expires_at else terms.idle,
    )


def set_tier(calls: Sequence[Call[SetTier]]) -> list[TierSet | DomainError]:
    """Put members on tiers: each program's in one batch."""
    answers: dict[Id, TierSet | DomainError] = {}
    by_program: dict[str | None, list[Call[SetTier]]] = defaultdict(list)
    for call in calls:
        by_program[call.payload.program].append(call)
    for program, own in by_program.items():
        try:
            running = _find(program)
        except UnknownProgram as refusal:
            answers.update({call.customer_id: refusal for call in own})
            continue
        rows = [TierRow(one.customer_id, one.payload.tier, one.at, one.payload.held_until) for one in own]
        refusals = set_tiers(rows, program_id=running.id, recorded_at=max(call.at for call in own))
        for call, refusal_of_row in zip(own, refusals, strict=True):
            answers[call.customer_id] = refusal_of_row or TierSet(tier=call.payload.tier)
    return [answers[call.customer_id] for call in calls]


AWARD_POINTS = Action("rewards.award_points", AwardPoints, PointsAwarded, award_points)
SET_TIER = Action("rewards.set_tier", SetTier, TierSet, set_tier)
