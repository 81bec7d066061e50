"""Event rules of the story's shop: one that gave its regular points, a draft, one put away, and trials."""

from datetime import timedelta
from typing import Any, NamedTuple

from dangol.core.behavior.events import BehaviorTracked
from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.runner import Runner
from dangol.rooms.rewards.event_rules import editing
from dangol.rooms.rewards.event_rules.consumers import FOLLOW
from dangol.rooms.rewards.event_rules.models import EventRule
from dangol.rooms.rewards.event_rules.trials import cancel_trial, list_trials, start_trial
from tests.core.ledger.shop import let_worker_by
from tests.web.story import NOW, Story

REVIEW = "Review Posted"
MEMBER: dict[str, Any] = {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True}
LIVE: dict[str, Any] = {
    "name": "리뷰 포인트", "event": REVIEW, "points": 100, "rate": {"property": "photos", "points": 10},
    "most_points": 150, "caps": {"day": 1, "month": 5}, "budget": {"points": 10_000, "times": 100},
    "about": "사진도 함께 올려 주세요", "about_en": "Add a photo, too",
}  # fmt: skip
EVERYTHING: dict[str, Any] = {
    **LIVE, "name": "모두 적은 것", "condition": MEMBER,
    "where": [{"property": "stars", "op": "at_least", "value": 4}, {"property": "text", "op": "is_set"}],
    "caps": {"day": 1, "week": 2, "month": 3, "year": 4, "ever": 5, "cooldown_hours": 36},
    "pending_days": 7, "expiry": "rolling_months", "expiry_count": 3,
    "active_from": (NOW - timedelta(days=1)).isoformat(),
    "active_to": (NOW + timedelta(days=30)).isoformat(),
}  # fmt: skip


class Told(NamedTuple):
    """A rule in force, a draft, one put away; and a trial that is done, and one that was stopped."""

    live: Id
    draft: Id
    archived: Id
    trials: list[Id]


def tell_event_rules(story: Story) -> Told:
    """Write the rules, and let the regular post reviews; what is there stays."""
    there = list(EventRule.objects.order_by("id").values_list("id", flat=True))
    if not there:
        began = NOW - timedelta(days=3)
        live, archived = publish_rule(began, **LIVE), publish_rule(began, **{**LIVE, "name": "지난 행사"})
        draft = editing.create_rule(EVERYTHING, made_by="marketer", at=NOW)
        editing.archive(archived, at=NOW)
        for hours in (30, 29, 2):
            post_review(story.regular, hours=hours, photos=hours)
        for is_stopped in (False, True):
            made = start_trial(
                live, editing.find_rule(live).content, is_draft=False, since=began, until=NOW,
                asked_by="marketer", at=NOW,
            )  # fmt: skip
            if is_stopped:
                cancel_trial(made)
        Runner(lambda: NOW).run_due()
        there = sorted([live, archived, draft])
    live, archived, draft = there
    return Told(live, draft, archived, [one.id for one in list_trials(live)])


def publish_rule(at: Any = NOW, **content: Any) -> Id:
    """Publish a rule."""
    made = editing.create_rule(content, made_by="marketer", at=at)
    editing.publish(made, revision=1, published_by="marketer", at=at)
    return made


def post_review(member: Id, *, hours: int, **properties: Any) -> None:
    """Let a member have posted a review some hours ago, and the worker by."""
    at = NOW - timedelta(hours=hours)
    told = BehaviorTracked(
        source="app", message=str(hours), kind="track", name=REVIEW, properties=properties, context={},
        original_at=None, sent_at=None, received_at=at,
    )  # fmt: skip
    with write_transaction():
        record_batch([Draft(member, told, at)], recorded_at=at)
    let_worker_by(FOLLOW)
