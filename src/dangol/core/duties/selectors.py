"""What is owed now, in a few lines: for the overview, the page of the instance's state, and the meters."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.core.duties.reviews import list_months


class DutyLine(NamedTuple):
    """A kind of duty (`reviews`): how much waits, how much of it too long, and the next due."""

    kind: str
    waiting: int
    overdue: int
    due_at: datetime | None


def read_duties(*, as_of: datetime, zone: ZoneInfo) -> list[DutyLine]:
    """Return each kind of which something waits. Two statements."""
    months = [line for line in list_months(as_of=as_of, zone=zone) if line.review is None]
    lines = [
        DutyLine(
            "reviews", len(months), sum(one.is_overdue for one in months),
            min((one.due_at for one in months), default=None),
        ),
    ]  # fmt: skip
    return [line for line in lines if line.waiting]
