"""Segments of the story's shop: one that asks for purchases in several ways, and one that asks about it."""

from typing import Any
from zoneinfo import ZoneInfo

from dangol.core.events.settling import settle_all
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.segments.models import Segment
from dangol.core.segments.services import SegmentChange, SegmentDraft, change_segment, create_segment
from tests.web.story import NOW, Story

MARKETER = Actor(ActorKind.STAFF, "marketer", "Marketer")
BOUGHT: dict[str, Any] = {"type": "did", "event": "order.placed"}
MANY: dict[str, Any] = {
    "type": "all",
    "of": [
        {**BOUGHT, "where": [{"property": "amount", "op": "at_least", "value": 0.5}]},
        {"type": "any", "of": [
            {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True},
            {"type": "trait", "trait": "rewards.tier", "op": "in", "value": ["silver"]},
            {"type": "aggregate", "event": "order.placed", "measure": "sum", "property": "amount",
             "op": "at_least", "value": 10, "window": {"type": "last", "n": 3, "unit": "months"}},
            {"type": "sequence", "steps": [
                {"event": "customer.joined"},
                {"event": "order.placed", "within": {"n": 7, "unit": "days"}},
            ]},
        ]},
        {"type": "not", "of": {"type": "any", "of": [
            {"type": "trait", "trait": "customer.language", "op": "is_missing"},
            {"type": "trait", "trait": "customer.joined_at", "op": "between",
             "value": ["1999-01-01", "1999-12-31"]},
        ]}},
    ],
}  # fmt: skip


def catch_up() -> None:
    """Do all that is due by now."""
    settled = settle_all(clock=lambda: NOW, zone=ZoneInfo("UTC"))
    assert not settled.stuck_consumers
    assert not settled.failed_jobs


def tell_segments(story: Story) -> None:
    """Make the segments unless they are there, with everybody looked at."""
    if Segment.objects.filter(slug="buyers").exists():
        return
    create_segment(SegmentDraft("buyers", "기본 단골", "행사", BOUGHT), actor=MARKETER, at=NOW)
    rewritten = SegmentChange(condition={"type": "all", "of": [BOUGHT]})
    change_segment("buyers", rewritten, expected=1, actor=MARKETER, at=NOW)
    asking = {"type": "all", "of": [{"type": "not", "of": {"type": "member", "segment": "buyers"}}, MANY]}
    create_segment(SegmentDraft("asking", "늦은 단골", "", asking), actor=MARKETER, at=NOW)
    create_segment(SegmentDraft("many", "반값 행사", "", MANY), actor=MARKETER, at=NOW)
    catch_up()
