"""Coupons: 100,000 unguessable codes drawn and stored, handed out, looked up and taken.

They are made as the worker makes them, ten thousand a transaction. Looking up and taking are for a sale with
three codes of such a batch, one sale at a time.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from bench.figures import Figure, at_most
from dangol.core.storage.ids import Id, new_id, random_id
from dangol.domain.coupon_codes import draw, read_pattern
from dangol.rooms.rewards.coupons.batches import BatchDraft, create_batch, fill_batch
from dangol.rooms.rewards.coupons.holding import Ask, issue_codes
from dangol.rooms.rewards.coupons.models import BatchKind, CouponCode
from dangol.rooms.rewards.coupons.services import look_up, take

AT = datetime(2026, 3, 1, tzinfo=UTC)
CODES, SALES, EACH = 100_000, 300, 3
PATTERN = "SPRING-####-####-####"
GOAL_SECONDS = 5.0


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    drawing = _seconds(lambda: draw(read_pattern(PATTERN), CODES))
    yield Figure("drawing 100,000 codes in memory", CODES / drawing, "codes/s")
    draft = BatchDraft(new_id(), "Spring", BatchKind.UNIQUE, PATTERN, CODES)
    batch_id = create_batch(draft, by="bench", at=AT)
    making = _seconds(lambda: fill_batch(batch_id, report=lambda done, total: None))
    yield at_most("100,000 codes drawn and stored", making, "s", GOAL_SECONDS)
    yield Figure("the same", CODES / making, "codes/s")
    asks = [Ask(batch_id, random_id(), "bench") for _ in range(1_000)]
    handing = _seconds(lambda: issue_codes(asks, at=AT))
    yield Figure("1,000 codes handed out at once", 1_000 / handing, "codes/s")
    yield from _sales(batch_id)


def _sales(batch_id: Id) -> Iterator[Figure]:
    free = CouponCode.objects.filter(batch_id=batch_id, customer_id=None).order_by("-key")
    codes = list(free.values_list("shown", flat=True)[: SALES * EACH])
    sales = [(random_id(), codes[first : first + EACH]) for first in range(0, len(codes), EACH)]
    looks = [_seconds(partial(look_up, own, customer_id=who)) for who, own in sales]
    takes = [_seconds(partial(take, own, customer_id=who, sale_id=new_id(), at=AT)) for who, own in sales]
    for name, seconds in (("looking three codes up", looks), ("taking three codes", takes)):
        yield Figure(f"{name}, median", 1_000 * statistics.median(seconds), "ms")


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
