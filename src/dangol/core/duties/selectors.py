"""What is owed now, in a few lines: for the overview, the page of the instance's state, and the meters."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q

from dangol.core.duties.incidents import list_incidents
from dangol.core.duties.models import PersonRequest
from dangol.core.duties.notices import waiting_notices
from dangol.core.duties.reviews import list_months

KINDS = ("incidents", "reviews", "requests", "notices")


class DutyLine(NamedTuple):
    """A kind of duty (one of KINDS): what waits, what waits too long, the next due."""

    kind: str
    waiting: int
    overdue: int
    due_at: datetime | None


def read_duties(*, as_of: datetime, zone: ZoneInfo) -> list[DutyLine]:
    """Return each kind of which something waits. Five statements."""
    months = [line for line in list_months(as_of=as_of, zone=zone) if line.review is None]
    asked = PersonRequest.objects.filter(ended_at=None).aggregate(
        waiting=Count("id"), overdue=Count("id", filter=Q(due_at__lte=as_of)), due_at=Min("due_at")
    )
    lines = [
        DutyLine(
            "reviews", len(months), sum(one.is_overdue for one in months),
            min((one.due_at for one in months), default=None),
        ),
        DutyLine("requests", asked["waiting"], asked["overdue"], asked["due_at"]),
    ]  # fmt: skip
    leaks = [one for one in list_incidents() if one.waits]
    late = sum(one.due_at <= as_of for one in leaks)
    due_at = min((one.due_at for one in leaks), default=None)
    lines.insert(0, DutyLine("incidents", len(leaks), late, due_at))
    untold, tell_by = waiting_notices()
    lines.append(DutyLine("notices", untold, untold if tell_by and tell_by <= as_of else 0, tell_by))
    return [line for line in lines if line.waiting]
