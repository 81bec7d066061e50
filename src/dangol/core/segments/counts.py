"""How many are in each of many segments: few are counted, many were counted a while ago."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, IntegerField, OuterRef, Subquery

from dangol.core.segments.models import Member, Segment
from dangol.core.storage.columns import connection_of
from dangol.core.storage.ids import Id
from dangol.core.storage.spaces import current_space, current_stamp

FEW = 2_000
COUNT_HOLDS = timedelta(minutes=10)
# How many were in the large segments of each space of each database, and when they were counted.
_counted: dict[tuple[str, str, str], dict[Id, tuple[int, datetime]]] = {}


class Counted(NamedTuple):
    """How many are in a segment; not `is_exact` where counted a while ago and rounded."""

    people: int
    is_exact: bool


class _CountOf(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) few)"
    output_field = IntegerField()


def count_members(segment_ids: Sequence[Id], *, at: datetime) -> dict[Id, Counted]:
    """Return how many are in each of these segments: exactly up to FEW, above it about how many.

    Those above are counted once in ten minutes, to the three digits that say something, in one statement.
    """
    few = Member.objects.filter(segment_id=OuterRef("id")).order_by().values("segment_id")[: FEW + 1]
    counts = dict(Segment.objects.filter(id__in=segment_ids).values_list("id").annotate(n=_CountOf(few)))
    many = _many([one for one, people in counts.items() if people > FEW], at)
    return {
        one: Counted(many[one], False) if one in many else Counted(people, True)
        for one, people in counts.items()
    }


def _many(segment_ids: Sequence[Id], at: datetime) -> dict[Id, int]:
    where = current_space(), current_stamp(), str(connection_of(Member).settings_dict["NAME"])
    kept = _counted.setdefault(where, {})
    old = [one for one in segment_ids if not (one in kept and timedelta() <= at - kept[one][1] < COUNT_HOLDS)]
    if old:
        rows = Member.objects.filter(segment_id__in=old).values_list("segment_id")
        kept |= {one: (people, at) for one, people in rows.annotate(n=Count("customer_id")).order_by()}
    # Somebody may have archived one between the two looks, so that nobody is in any more.
    return {one: round_to_three(kept[one][0]) for one in segment_ids if one in kept}


def round_to_three(count: int) -> int:
    """Return a count with three digits that say something: 1,234,567 is about 1,230,000."""
    return round(count, 3 - len(str(count)))
