"""Coupons of the story's shop: their promotion, batches of each kind, and what its regular did with some."""

import re
from datetime import timedelta
from typing import Any, NamedTuple

from dangol.core.access.models import AccessEntry
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id
from dangol.domain.promotions import Cart, Line
from dangol.rooms.rewards.coupons.batches import BatchDraft, create_batch
from dangol.rooms.rewards.coupons.files import keep_file
from dangol.rooms.rewards.coupons.holding import hand_out
from dangol.rooms.rewards.coupons.models import BatchKind, CouponBatch, CouponCode, CouponFile
from dangol.rooms.rewards.promotions.asking import Asked
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.editing import create_promotion, publish
from dangol.rooms.rewards.promotions.sales import reserve
from tests.web.story import NOW, Story

CLERK = Actor(ActorKind.STAFF, "clerk")
SPRING, POOL, WELCOME = "행사", "영화표", "단골"
CODES = "code\nMOVIE-001\nMOVIE-002\nMOVIE-001\nMV\n"


class Told(NamedTuple):
    """The batches and a file, and three codes of the regular's: used, to be used, and refused once."""

    spring: Id
    welcome: Id
    pool: Id
    file_id: Id
    used: str
    held: str


def tell_coupons(story: Story) -> Told:
    """Make a promotion with a batch of each kind; the regular used one code. What is there stays."""
    made = dict(CouponBatch.objects.values_list("name", "id"))
    if SPRING not in made:
        made |= _make_all(story)
    file = CouponFile.objects.first()
    file_id = file.id if file else keep_file(made[POOL], "movies.csv", CODES, at=NOW)
    own = CouponCode.objects.filter(customer_id=story.regular, batch_id=made[SPRING]).order_by("used_count")
    held, used = (one.shown for one in own)
    return Told(made[SPRING], made[WELCOME], made[POOL], file_id, used, held)


def _make_all(story: Story) -> dict[str, Id]:
    promotion = offer({"kind": "percent", "basis_points": 1_000}, minimum={"minor": 1_000})
    made = {
        SPRING: make(promotion, SPRING, pattern="SPRING-####-####-####", code_count=30),
        WELCOME: make(promotion, WELCOME, BatchKind.GENERIC, pattern="WELCOME10", uses_per_code=None),
        POOL: make(promotion, POOL, BatchKind.IMPORTED, active_to=NOW + timedelta(days=3)),
    }
    used = hand_out(made[SPRING], story.regular, "first", actor=CLERK, at=NOW - timedelta(days=2))
    hand_out(made[SPRING], story.regular, "second", actor=CLERK, at=NOW - timedelta(days=1))
    buy(story.regular, 2_000, used, number="c-1")
    buy(story.regular, 500, "WELCOME10", number="c-2")
    return made


def offer(*benefits: dict[str, Any], **content: Any) -> Id:
    """Publish a promotion that needs a code."""
    raw = {"name": "반값", "currency": "USD", "benefits": list(benefits), "needs_code": True, **content}
    made = create_promotion(raw, made_by="clerk", at=NOW - timedelta(days=9))
    publish(made, revision=1, published_by="clerk", at=NOW - timedelta(days=9))
    return made


def make(promotion: Id, name: str, kind: BatchKind = BatchKind.UNIQUE, **given: Any) -> Id:
    """Make a batch."""
    draft = BatchDraft(promotion, name, kind, **given)
    return create_batch(draft, by="clerk", at=NOW - timedelta(days=8))


def buy(customer_id: Id, minor: int, code: str, *, number: str) -> None:
    """Let somebody buy a thing with a code."""
    at = NOW - timedelta(hours=2)
    cart = Cart("USD", (Line("1", "1", minor, 1),))
    sale = reserve(Asked(cart=cart, as_of=at, customer_id=customer_id, codes=(code,)), at=at)
    commit(sale.id, source="shop", number=number, at=at)


def page_of(answer: Any) -> str:
    """Return a page as text."""
    return str(answer.content.decode())


def form_in(page: str) -> str:
    """Return the name of the form on a page."""
    return str(re.findall(r'name="form" value="([^"]+)"', page)[0])


def taken_along() -> list[str]:
    """Return what the access log has of files and sheets."""
    return list(AccessEntry.objects.filter(action="download").values_list("reason", flat=True))
