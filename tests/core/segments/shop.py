"""A shop with customers who buy, and segments of them, as the tests of segments see it."""

from datetime import datetime
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import msgspec

from dangol.core.events.models import Event
from dangol.core.events.settling import settle_all
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.segments.models import Member, Segment
from dangol.core.segments.services import SegmentChange, SegmentDraft, change_segment, create_segment
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks import scheduler
from dangol.core.tasks.registry import all_schedules
from dangol.domain.schedules import Every, Schedule
from tests.core.commerce.shop import DAY, MORNING, order, place, stock

SEOUL = ZoneInfo("Asia/Seoul")
MARKETER = Actor(ActorKind.STAFF, "marketer-1", "Marketer")


def open_shop(*names: str) -> list[Id]:
    """Open a shop in Seoul and make known customers of these external ids."""
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    stock()
    return come(*names)


def come(*names: str, at: datetime = MORNING) -> list[Id]:
    """Let customers become known."""
    with write_transaction():
        found = resolve_customers("external", names, recorded_at=at)
    return [found[name] for name in names]


def buy(customer_id: Id, number: str, at: datetime, won: int = 4_500, product: str = "L1") -> None:
    """Let somebody buy one thing."""
    place(order(stock(), customer_id, number, at, (product, 1, won)), at=at)


def bought(times: int = 1, *, last_days: int | None = None, op: str = "at_least") -> dict[str, Any]:
    """Return the condition to have bought so many times."""
    window = {"window": {"type": "last", "n": last_days, "unit": "days"}} if last_days else {}
    return {"type": "did", "event": "order.placed", "times": {"op": op, "n": times}} | window


def make_segment(slug: str, condition: object, *, at: datetime = MORNING) -> Id:
    """Save a segment; it is built as soon as somebody catches up."""
    return create_segment(SegmentDraft(slug, slug.title(), "", condition), actor=MARKETER, at=at)


def rewrite(slug: str, condition: object, *, expected: int, at: datetime) -> int:
    """Save another condition of a segment."""
    return change_segment(slug, SegmentChange(condition=condition), expected=expected, actor=MARKETER, at=at)


def _of_the_day() -> dict[str, Schedule]:
    return {name: one for name, one in all_schedules().items() if isinstance(one, Every)}


def catch_up(at: datetime) -> None:
    """Do all that is due by `at`, but for what a shop does at night.

    The nights' models and proofs take seconds, and put nobody into a segment by themselves: their tests ask
    for them by name.
    """
    with patch.object(scheduler, "all_schedules", _of_the_day):
        settled = settle_all(clock=lambda: at, zone=SEOUL)
    assert not settled.stuck_consumers
    assert not settled.failed_jobs


def inside(slug: str) -> set[Id]:
    """Return who is in a segment."""
    segment_id = Segment.objects.get(slug=slug).id
    return set(Member.objects.filter(segment_id=segment_id).values_list("customer_id", flat=True))


def story(customer_id: Id) -> list[tuple[str, str, float]]:
    """Return a customer's moves: entered or left, which segment, and how many days after the opening."""
    rows = Event.objects.filter(customer_id=customer_id, name__startswith="segment.").order_by("customer_seq")
    return [
        (
            one.name.partition(".")[2],
            msgspec.json.decode(one.payload)["segment"],
            (one.occurred_at - MORNING) / DAY,
        )
        for one in rows
    ]
