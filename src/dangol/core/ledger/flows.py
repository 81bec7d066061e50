"""What became of all points, by when they were issued: the ledger's own entries, added up where they lie.

One statement reads every entry once and answers with some thousand sums, however many lots there are. So it
is for the night, and not for a page.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from dangol.core.ledger.models import Entry, Lot, Transfer
from dangol.core.ledger.selectors import sent
from dangol.core.storage.rows import table
from dangol.domain.calendars import day_of, stretches
from dangol.domain.points import Account, Kind

# Clocks before and after are read by the first and the last offset within.
_EARLIEST, _YEARS_AHEAD = date(2000, 1, 1), 10
_SPEND, _POST = Kind.SPEND.value, Kind.POST.value
# What undoes a use or a lapse: it counts as one of these, the other way round.
GIVEN_BACK = f"'{Kind.RESTORE.value}', '{Kind.REVIVE.value}'"
_PENDING, _EXPIRED = Account.PENDING.value, Account.EXPIRED.value
_LAPSED = (Kind.EXPIRE.value, Kind.FORFEIT.value)
MONTH, DAY = "month", "day"
ISSUED, SPENT, EXPIRED, RETURNED, OPENED = "issued", "spent", "expired", "returned", "opened"


class Flow(NamedTuple):
    """Points of lots earned in one month, which lapse in one month, that moved in one month in one way.

    Months are numbers: twelve times the year, and the months of it before. `expires` is that of the last
    moment at which the points are there, None where they never lapse. `what` is `issued`, `spent`, `expired`
    (also those of somebody who was erased), `returned` (with the purchase that earned them, by hand, to a
    debt, or to another member or lot) or `opened` (from waiting to usable). `points` is what this did to
    those outstanding (`pending` where they waited); where points that had lapsed were taken back, both
    `expired` and `returned` tell of it. `entries` are how many movements that is: of `issued`, lots.
    """

    born: int
    expires: int | None
    moved: int
    what: str
    pending: bool
    points: int
    entries: int


def lot_flows(currency: str, *, before: datetime, zone: ZoneInfo) -> list[Flow]:
    """Return all that happened to lots of a currency before an instant, by the months of a zone."""
    today = day_of(before, zone)
    later_on = date(today.year + _YEARS_AHEAD, 12, 31)
    month, later = local_in(zone, today, MONTH), local_in(zone, later_on, MONTH)
    kind = f"CASE WHEN t.kind IN ({GIVEN_BACK}) THEN coalesce(o.kind, t.kind) ELSE t.kind END"
    sql = (
        f"SELECT {month('l.earned_at', 0)}, {later('l.expires_at', 1)}, {month('t.occurred_at', 0)},"  # noqa: S608
        f" {kind}, e.account, l.transfer_id = e.transfer_id, sum(e.points), count(*)"
        f" FROM {table(Entry)} AS e"
        f" JOIN {table(Transfer)} AS t ON t.customer_id = e.customer_id AND t.id = e.transfer_id"
        f" JOIN {table(Lot)} AS l ON l.customer_id = e.customer_id AND l.id = e.lot_id"
        f" LEFT JOIN {table(Transfer)} AS o ON o.customer_id = t.customer_id AND o.id = t.reverses_id"
        f" AND t.kind IN ({GIVEN_BACK})"
        " WHERE e.currency = %s AND e.lot_id IS NOT NULL AND t.occurred_at < %s GROUP BY 1, 2, 3, 4, 5, 6"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [currency, sent(before)])
        rows = cursor.fetchall()
    flows: list[Flow] = []
    for born, expires, moved, how, account, is_making, points, entries in rows:
        months = (_number(born), _number(expires) if expires else None, _number(moved))
        if is_making:
            flows.append(Flow(*months, ISSUED, account == _PENDING, int(points), entries))
        else:
            flows += _told(months, how, account, int(points), entries)
    return flows


def _told(
    months: tuple[int, int | None, int], how: str, account: str, points: int, entries: int
) -> list[Flow]:
    if account == _EXPIRED and how not in _LAPSED:
        # Points that had lapsed were taken back: they did not lapse, they were never earned.
        return [
            Flow(*months, EXPIRED, False, -points, entries), Flow(*months, RETURNED, False, points, entries)
        ]  # fmt: skip
    if account == _EXPIRED:
        return []  # the other side of what left the lot
    what = {_SPEND: SPENT, _POST: OPENED, **dict.fromkeys(_LAPSED, EXPIRED)}.get(how, RETURNED)
    return [Flow(*months, what, account == _PENDING, points, entries)]


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def local_in(zone: ZoneInfo, last: date, part: str) -> Callable[[str, int], str]:
    """Return what writes the MONTH (`2026-11`) or DAY of an instant up to `last`, so many minutes earlier.

    Newest first: most rows are of late, and each comparison is made for every one of them.
    """
    found = [
        (start, int(offset.total_seconds() // 60)) for start, _end, offset in stretches(_EARLIEST, last, zone)
    ]

    def local(column: str, earlier: int) -> str:
        whens = [
            f"WHEN {column} >= '{start.replace(tzinfo=None).isoformat(' ')}{_UTC[connection.vendor]}'"
            f" THEN {minutes - earlier}"
            for start, minutes in reversed(found[1:])
        ]
        first = str(found[0][1] - earlier)
        minutes = f"CASE {' '.join(whens)} ELSE {first} END" if whens else first
        pattern = _PARTS[part][connection.vendor]
        return _LOCAL[connection.vendor].format(column=column, minutes=minutes, pattern=pattern)

    return local


_UTC = {"postgresql": "+00", "sqlite": ""}
_LOCAL = {
    "postgresql": "to_char({column} AT TIME ZONE 'UTC' + make_interval(mins => {minutes}), '{pattern}')",
    "sqlite": "strftime('{pattern}', {column}, ({minutes}) || ' minutes')",
}
_PARTS = {
    MONTH: {"postgresql": "YYYY-MM", "sqlite": "%%Y-%%m"},
    DAY: {"postgresql": "YYYY-MM-DD", "sqlite": "%%Y-%%m-%%d"},
}
