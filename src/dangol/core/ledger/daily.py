"""What points did on each day, by the month they were first earned in: what the daily journal is made of."""

from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from dangol.core.ledger.flows import DAY, GIVEN_BACK, MONTH, local_in
from dangol.core.ledger.models import Entry, Lot, Transfer
from dangol.core.ledger.selectors import sent
from dangol.core.storage.rows import table
from dangol.domain.calendars import day_of
from dangol.domain.liability_journal import DayFlow, Moved
from dangol.domain.points import Account, Kind

_LAPSED = (Kind.EXPIRE, Kind.FORFEIT)
_HANDED_ON = (Kind.GIFT_IN, Kind.GIFT_OUT, Kind.MERGE_IN, Kind.MERGE_OUT)


def day_flows(
    currency: str, *, before: datetime, zone: ZoneInfo, known_before: datetime | None = None
) -> list[DayFlow]:
    """Return all that lots of a currency did before an instant, by a zone's days, the earliest first.

    `known_before`: only what had been recorded before that instant, as the books stood then. One statement,
    which reads every entry.
    """
    last = day_of(before, zone)
    day, month = local_in(zone, last, DAY), local_in(zone, last, MONTH)
    kind = f"CASE WHEN t.kind IN ({GIVEN_BACK}) THEN coalesce(o.kind, t.kind) ELSE t.kind END"
    known = " AND t.recorded_at < %s" if known_before else ""
    sql = (
        f"SELECT {day('t.occurred_at', 0)}, {month('l.earned_at', 0)}, {kind}, e.account,"  # noqa: S608
        " l.transfer_id = e.transfer_id, sum(e.points)"
        f" FROM {table(Entry)} AS e"
        f" JOIN {table(Transfer)} AS t ON t.customer_id = e.customer_id AND t.id = e.transfer_id"
        f" JOIN {table(Lot)} AS l ON l.customer_id = e.customer_id AND l.id = e.lot_id"
        f" LEFT JOIN {table(Transfer)} AS o ON o.customer_id = t.customer_id AND o.id = t.reverses_id"
        f" AND t.kind IN ({GIVEN_BACK})"
        f" WHERE e.currency = %s AND e.lot_id IS NOT NULL AND t.occurred_at < %s{known}"
        " GROUP BY 1, 2, 3, 4, 5"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [currency, sent(before), *([sent(known_before)] if known_before else ())])
        rows = cursor.fetchall()
    sums: Counter[tuple[date, int, Moved]] = Counter()
    for moved_on, born, how, account, is_making, points in rows:
        for moved, own in _moved(Kind(how), Account(account), bool(is_making), int(points)):
            sums[date.fromisoformat(moved_on), int(born[:4]) * 12 + int(born[5:7]) - 1, moved] += own
    return [DayFlow(*key, points) for key, points in sorted(sums.items()) if points]


def _moved(how: Kind, account: Account, is_making: bool, points: int) -> list[tuple[Moved, int]]:
    """Return what entries of a kind did; `points` is what they did to their account."""
    if account is Account.EXPIRED:
        # Points that had lapsed were taken back: they did not lapse, they were never earned.
        return [] if how in _LAPSED else [(Moved.EXPIRED, points), (Moved.RETURNED, -points)]
    if how in _HANDED_ON:
        return [(Moved.MOVED, points)]
    if how is Kind.POST:
        return []  # from waiting to usable: both are owed
    if is_making:
        return [(Moved.ISSUED, points)]
    if how is Kind.SPEND:
        return [(Moved.SPENT, -points)]
    return [(Moved.EXPIRED if how in _LAPSED else Moved.RETURNED, -points)]
