"""A shop with rules for what members do, as their tests see it: a review gives 100 points."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dangol.core.behavior.events import BehaviorTracked
from dangol.core.events.payloads import Payload
from dangol.core.events.records import Draft, Recorded
from dangol.core.events.services import record_batch
from dangol.core.ledger.models import Transfer
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.event_rules import contents
from dangol.rooms.rewards.event_rules.consumers import FOLLOW
from dangol.rooms.rewards.event_rules.editing import create_rule, publish
from dangol.rooms.rewards.event_rules.selectors import RuleStanding, standings_of
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.promotions.shop import AT
from tests.rooms.rewards.referrals.shop import broken, join, open_shop

__all__ = ["AT", "DAY", "HOUR", "broken", "join", "open_shop"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Rules hold from a day before the tests' instant on.
SINCE = AT - DAY
REVIEW = "Review Posted"


def rule(at: datetime = SINCE, **content: Any) -> Id:
    """Publish a rule: 100 points for a review, or what is said."""
    raw = {"name": "리뷰", "event": REVIEW, "points": 100} | content
    rule_id = create_rule(raw, made_by="주인", at=at)
    publish(rule_id, revision=1, published_by="주인", at=at)
    return rule_id


def rule_for_refused(event: str, at: datetime = SINCE, **content: Any) -> Id:
    """Publish a rule for an event that is refused by now, as it was when it could still be."""
    with pytest.MonkeyPatch.context() as before:
        before.setattr(contents, "PAID", contents.PAID | {event})
        return rule(at, event=event, **content)


def tracked(name: str, at: datetime, **properties: Any) -> BehaviorTracked:
    """Return what an app says somebody did."""
    return BehaviorTracked(
        source="app", message=f"{name}-{at.isoformat()}", kind="track", name=name, properties=properties,
        context={}, original_at=None, sent_at=None, received_at=at,
    )  # fmt: skip


def happen(
    member: Id,
    payload: Payload,
    at: datetime = AT,
    told_at: datetime | None = None,
    subject_id: Id | None = None,
) -> Recorded:
    """Record that something happened to a member; the worker has not been by."""
    with write_transaction():
        (recorded,) = record_batch([Draft(member, payload, at, subject_id)], recorded_at=told_at or at)
    return recorded


def review(member: Id, at: datetime = AT, told_at: datetime | None = None, **properties: Any) -> None:
    """Let a member post a review, and the worker by."""
    happen(member, tracked(REVIEW, at, **properties), at, told_at)
    let_by()


def let_by() -> None:
    """Let the worker by."""
    let_worker_by(FOLLOW)


def points_of(member: Id) -> int:
    """Return the points that rules gave a member, less those taken back."""
    moves = Transfer.objects.filter(customer_id=member, reason="event_rule")
    return sum(one.points if one.kind == "earn" else -one.points for one in moves)


def standing(member: Id, at: datetime = AT) -> RuleStanding:
    """Return how a member stands to the one rule there is."""
    (found,) = standings_of(member, at=at)
    return found
