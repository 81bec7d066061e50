"""Half a year of points of which each month comes to the same: what it comes to can be told by hand."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from dangol.core.ledger.services import Order, apply, settle_due
from dangol.core.storage.ids import random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import add_months, start_of_day
from dangol.domain.points import Earn, Spend

FIRST, LAST = date(2026, 5, 1), date(2026, 10, 31)
MEMBERS, POINTS, SPENT = 25, 1_000, (300, 200, 100)


def bring_points(currency: str, zone: ZoneInfo) -> None:
    """Give 25 new members 1,000 points in each of six months, 400 of which lapse after two more.

    Of each lot 300 are spent in its month, 200 in the next, 100 in the one after. So at the end of October
    700, 500 and 400 of the last three are left, and 400 of each will never be spent.
    """
    for month in range(6):
        first = add_months(FIRST, month)
        ends = start_of_day(add_months(first, 3), zone)
        for _ in range(MEMBERS):
            owner = random_id()
            orders = [Order(owner, Earn("earn", _on(first, 5, zone), POINTS, _on(first, 5, zone), ends))]
            for age, points in enumerate(SPENT):
                if (day := add_months(first, age)) <= LAST:
                    orders.append(Order(owner, Spend(f"spend {age}", _on(day, 10, zone), points)))
            with write_transaction():
                results = apply(orders, currency, recorded_at=_on(LAST, 31, zone))
            assert not [one.refusal for one in results if one.refusal]
    settle_due(as_of=_on(LAST, 31, zone))


def _on(month: date, day: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(month.replace(day=day), time(12), zone).astimezone(UTC)
