"""The daily rollup: one row for each customer and day with a purchase or a return.

Most of what a report on purchases costs is to find the days of each customer. They are found once, here; all
reports read the rollup. A rollup is an Ibis table of `customer` (string or binary), `day` (date in the shop's
zone), `orders` (int32, purchases of that day) and `amount_minor` (int64, net of what was returned that day).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import ibis

from dangol.insight.kinds import whole_sum
from dangol.insight.refusals import ColumnsMissing, DuplicateDays, FutureDays, ValuesMissing

COLUMNS = ("customer", "day", "orders", "amount_minor")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def require_columns(table: ibis.Table, columns: Iterable[str], *, name: str) -> None:
    """Raise ColumnsMissing where a table lacks one of the columns."""
    if missing := [column for column in columns if column not in table.columns]:
        raise ColumnsMissing(table=name, columns=", ".join(missing))


def roll_up(orders: ibis.Table, *, zone: ZoneInfo, as_of: date) -> ibis.Table:
    """Return the rollup of all orders up to the end of `as_of`, a day in the shop's `zone`.

    `orders` has a row an order: `customer`, `at` (timestamp in UTC), `amount_minor` (int64). A return is a
    row with an amount below 0 or, where there is a column `kind`, one of the kind `return`, whatever its
    sign; it counts on its own day and is no purchase. Raises ColumnsMissing.
    """
    require_columns(orders, ("customer", "at", "amount_minor"), name="orders")
    amount, returned = orders.amount_minor, orders.amount_minor < 0
    if "kind" in orders.columns:
        returned = (orders.kind == "return") | returned
        amount = ibis.ifelse(orders.kind == "return", -amount.abs(), amount)
    rows = orders.select("customer", day=local_day(orders.at, zone, as_of), amount=amount, bought=~returned)
    rows = rows.filter(rows.day <= ibis.date(as_of))
    return rows.group_by("customer", "day").agg(
        orders=rows.bought.cast("int32").sum().cast("int32"), amount_minor=whole_sum(rows.amount)
    )


def local_day(at: ibis.Value, zone: ZoneInfo, until: date) -> ibis.Value:
    """Return the day in a zone of an instant in UTC, right over each change of clocks to the day `until`.

    Both engines reckon zones differently, and neither quickly: the offsets stand in the expression, newest
    first, so that a row of today is done after one comparison. Sessions of both are in UTC.
    """
    if at.type().timezone is not None:
        at = at.cast("timestamp(6)")
    changes = _changes(zone, until)
    branches = [
        (at >= ibis.timestamp(since.replace(tzinfo=None)), at + ibis.interval(seconds=offset))
        for since, offset in reversed(changes[1:])
    ]
    earliest = at + ibis.interval(seconds=changes[0][1])
    return (ibis.cases(*branches, else_=earliest) if branches else earliest).date()


@lru_cache(maxsize=64)
def _changes(zone: ZoneInfo, until: date) -> tuple[tuple[datetime, int], ...]:
    """Return since when the clock is how many seconds ahead of UTC, from 1970 on."""
    found = [(_EARLIEST, _offset(_EARLIEST, zone))]
    before = _EARLIEST
    for number in range(1, (until - _EARLIEST.date()).days + 3):
        at = _EARLIEST + timedelta(days=number)
        if (offset := _offset(at, zone)) != found[-1][1]:
            low, high = int(before.timestamp()), int(at.timestamp())
            while high - low > 1:
                middle = (low + high) // 2
                is_new = _offset(datetime.fromtimestamp(middle, UTC), zone) == offset
                low, high = (low, middle) if is_new else (middle, high)
            found.append((datetime.fromtimestamp(high, UTC), offset))
        before = at
    return tuple(found)


def _offset(at: datetime, zone: ZoneInfo) -> int:
    """Return by how many seconds the clock is ahead of UTC."""
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def until(customer_days: ibis.Table, as_of: date) -> ibis.Table:
    """Return the rows of a rollup up to a day. Raises ColumnsMissing."""
    require_columns(customer_days, COLUMNS, name="customer_days")
    return customer_days.filter(customer_days.day <= ibis.date(as_of)).select(*COLUMNS)


def purchase_days(customer_days: ibis.Table, as_of: date) -> ibis.Table:
    """Return the rows of a rollup up to a day, without those of a return and nothing else."""
    rows = until(customer_days, as_of)
    return rows.filter(rows.orders > 0)


def check_rollup(customer_days: ibis.Table, *, as_of: date) -> None:
    """Look at all of a rollup that was made elsewhere: reports take it for granted that it is one.

    Raises ColumnsMissing, ValuesMissing, FutureDays or DuplicateDays. It costs about as much as making one.
    """
    require_columns(customer_days, COLUMNS, name="customer_days")
    rows = customer_days.select(*COLUMNS)
    missing = rows.customer.isnull() | rows.day.isnull() | rows.orders.isnull() | rows.amount_minor.isnull()
    days = rows.group_by("customer", "day").agg(times=rows.count())
    found = rows.agg(
        missing=(missing | (rows.orders < 0)).sum(),
        future=(rows.day > ibis.date(as_of)).sum(),
        latest=rows.day.max(),
    ).to_pyarrow()
    facts = found.to_pylist()[0]
    if facts["missing"]:
        raise ValuesMissing(table="customer_days", rows=facts["missing"])
    if facts["future"]:
        raise FutureDays(rows=facts["future"], as_of=as_of.isoformat(), latest=str(facts["latest"])[:10])
    if twice := days.filter(days.times > 1).count().to_pyarrow().as_py():
        raise DuplicateDays(days=twice)
