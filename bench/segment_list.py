"""The list of segments, with how many are in each: 30 of them over 200,000 customers, 3 million memberships.

What is timed is `list_segments`, which the page and the API show. Everybody has been looked at and waits for
a window's end, as it mostly is; then again while all are due because of a new condition.
"""

import random
import time
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection

from bench.figures import Figure
from dangol.core.people.actors import HOUSE
from dangol.core.people.shops import set_shop
from dangol.core.segments.models import Member, Watch
from dangol.core.segments.selectors import list_segments
from dangol.core.segments.services import SegmentDraft, create_segment
from dangol.core.storage.ids import random_id
from dangol.core.storage.rows import batches, insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now

CUSTOMERS, SEGMENTS, LOOKS = 200_000, 30, 7
CONDITION = {"type": "did", "event": "order.placed"}


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    set_shop(name="Bench", zone="Asia/Seoul", currency="KRW", region="KR")
    at = now() - timedelta(days=1)
    own = [
        create_segment(SegmentDraft(f"s-{one}", f"Segment {one}", "", CONDITION), actor=HOUSE, at=at)
        for one in range(SEGMENTS)
    ]
    draw = random.Random(7)
    written = 0
    for some in batches((random_id() for _ in range(CUSTOMERS)), 5_000):
        rows = [
            (one, segment, at, 1, None)
            for one in some
            for place, segment in enumerate(own)
            if draw.random() < (place + 1) / (SEGMENTS + 1)
        ]
        with write_transaction():
            insert_rows(Member, ("customer_id", "segment_id", "since", "version", "event_id"), rows)
            insert_rows(
                Watch,
                ("customer_id", "due_at", "event_id", "seen_at"),
                [(one, at + timedelta(days=draw.randint(2, 30)), None, at) for one in some],
            )
        written += len(rows)
    if connection.vendor == "postgresql":
        # As autovacuum will have.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    name = f"{SEGMENTS} segments listed, {written:,} memberships"
    yield Figure(name, _middle(), "ms")
    with write_transaction():
        Watch.objects.update(due_at=at)
        Member.objects.all().update(version=2)
    yield Figure(f"{name}, rewritten just now", _middle(), "ms")
    create_segment(SegmentDraft("fresh", "Fresh", "", CONDITION), actor=HOUSE, at=now())
    yield Figure(f"{name}, all of them due", _middle(), "ms")


def _middle() -> float:
    """Return the median of some looks at the list, in milliseconds."""
    taken = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        list_segments(at=now())
        taken.append((time.perf_counter() - began) * 1_000)
    return sorted(taken)[LOOKS // 2]
