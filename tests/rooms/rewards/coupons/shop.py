"""Batches and codes for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.coupons.batches import BatchDraft, create_batch
from dangol.rooms.rewards.coupons.models import BatchKind, CouponCode

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PROMOTION = bytes(range(16))
SORA = Actor(ActorKind.STAFF, "sora")
PATTERN = "SPRING-####-####-####"


def batch(kind: BatchKind = BatchKind.UNIQUE, **given: Any) -> Id:
    """Make a batch: of three unique codes, where nothing else is said."""
    usual: dict[str, Any] = {"promotion_id": PROMOTION, "name": "봄맞이"}
    usual |= {"pattern": PATTERN, "code_count": 3} if kind is BatchKind.UNIQUE else {}
    return create_batch(BatchDraft(kind=kind, **(usual | given)), by="sora", at=AT)


def generic(code: str = "WELCOME10", **given: Any) -> str:
    """Make a batch of one code that everybody may use; returns the code."""
    batch(BatchKind.GENERIC, pattern=code, **given)
    return code


def codes_of(batch_id: Id) -> list[str]:
    """Return a batch's codes as they are printed."""
    found = CouponCode.objects.filter(batch_id=batch_id).order_by("key")
    return list(found.values_list("shown", flat=True))


def customers(count: int) -> list[Id]:
    """Make customers."""
    names = [f"C-{new_id().hex()}" for _ in range(count)]
    with write_transaction():
        found = resolve_customers("external", names, recorded_at=AT)
    return [found[name] for name in names]
