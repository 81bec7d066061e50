"""The figures of the overview: a constant number of statements, whatever the shop's size."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Case, Count, F, IntegerField, Q, Sum, Value, When

from dangol.core.commerce.models import Order, Return
from dangol.core.ledger.models import Account, Lot, Transfer
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import table
from dangol.domain.points import Account as Place
from dangol.rooms.rewards.models import Membership, TierChange
from dangol.web.periods import Period

BEFORE = -1


class Purchases(NamedTuple):
    """What was bought in a stretch of time. Amounts are minor units, as rung up; returns are apart."""

    orders: int = 0
    spend_minor: int = 0
    buyers: int = 0
    repeat_buyers: int = 0


class PointFlow(NamedTuple):
    """Points moved in the period, in the one before it, and in each (whole) column, by kind of transfer."""

    now: Mapping[str, int]
    before: Mapping[str, int]
    columns: list[Mapping[str, int]]
    whole_columns: list[Mapping[str, int]]


class Expiring(NamedTuple):
    """Points that lapse soon, and how many members have them."""

    points: int
    members: int


class Happening(NamedTuple):
    """Something that happened lately, for the feed."""

    kind: str
    at: datetime
    customer_id: Id
    amount: int = 0
    level: int = 0
    up: bool = True


def read_purchases(period: Period, currency: str) -> tuple[Purchases, Purchases]:
    """Return what was bought in the period and in the one before it.

    A buyer is a member with an order; a repeat buyer has two or more in the same period.
    """
    sql = f"""
        WITH by_customer AS (
            SELECT customer_id, CASE WHEN placed_at >= %s THEN 1 ELSE 0 END AS is_now,
                   count(*) AS orders, sum(net_minor) AS spend
            FROM {table(Order)}
            WHERE currency = %s
                AND (placed_at BETWEEN %s AND %s OR placed_at BETWEEN %s AND %s)
            GROUP BY 1, 2
        )
        SELECT is_now, sum(orders), sum(spend),
               sum(CASE WHEN kind = %s THEN 1 ELSE 0 END),
               sum(CASE WHEN kind = %s AND orders > 1 THEN 1 ELSE 0 END)
        FROM by_customer JOIN {table(Customer)} AS customer ON customer.customer_id = by_customer.customer_id
        GROUP BY is_now
    """  # noqa: S608 - our own tables
    instants = [
        connection.ops.adapt_datetimefield_value(one)
        for one in (
            period.starts_at, period.before_starts_at, period.before_ends_at, period.starts_at,
            period.ends_at,
        )
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, [instants[0], currency, *instants[1:], MEMBER, MEMBER])
        found = {row[0]: Purchases(*(int(value) for value in row[1:])) for row in cursor.fetchall()}
    return found.get(1, Purchases()), found.get(0, Purchases())


def _column_of(field: str, period: Period, *, with_before: bool) -> Case:
    whens = [
        When(**{f"{field}__lt": column.ends_at}, then=Value(number))
        for number, column in enumerate(period.columns)
    ]
    if with_before:
        whens.insert(0, When(**{f"{field}__lt": period.starts_at}, then=Value(BEFORE)))
    return Case(*whens, default=Value(len(period.columns) - 1), output_field=IntegerField())


def read_spend_by_column(period: Period, currency: str) -> list[int]:
    """Return the minor units spent in each column of the period."""
    rows = (
        Order.objects.filter(currency=currency, placed_at__range=(period.starts_at, period.ends_at))
        .order_by()
        .values_list(_column_of("placed_at", period, with_before=False))
        .annotate(Sum("net_minor"))
    )
    found = dict(rows)
    return [found.get(number, 0) for number in range(len(period.columns))]


def read_returns(period: Period, currency: str) -> tuple[int, int]:
    """Return how many returns there were in the period, and their minor units."""
    found = Return.objects.filter(
        currency=currency, returned_at__range=(period.starts_at, period.ends_at)
    ).aggregate(count=Count("*"), minor=Sum("net_minor"))
    return found["count"], found["minor"] or 0


def read_point_flow(period: Period, currency: str) -> PointFlow:
    """Return the points moved, by kind of transfer and column."""
    within = Q(occurred_at__range=(period.starts_at, period.ends_at)) | Q(
        occurred_at__range=(period.before_starts_at, period.before_ends_at)
    )
    rows = (
        Transfer.objects.filter(within, currency=currency)
        .order_by()
        .values_list(_column_of("occurred_at", period, with_before=True), "kind")
        .annotate(Sum("points"))
    )
    by_column: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    now: dict[str, int] = defaultdict(int)
    for column, kind, points in rows:
        by_column[column][kind] += points
        if column != BEFORE:
            now[kind] += points
    columns: list[Mapping[str, int]] = [by_column[number] for number in range(len(period.columns))]
    return PointFlow(now, by_column[BEFORE], columns, period.whole(columns))


def read_balances(currency: str) -> dict[str, int]:
    """Return the points in each kind of account, over all customers."""
    rows = Account.objects.filter(currency=currency).order_by().values_list("kind").annotate(Sum("balance"))
    return dict.fromkeys((place.value for place in Place), 0) | dict(rows)


def read_expiring(currency: str, *, at: datetime, until: datetime) -> Expiring:
    """Return the usable points that lapse after `at` and by `until`."""
    # What is next due of an open lot is its expiry; the index of what is due finds those few at once.
    found = Lot.objects.filter(
        currency=currency,
        left__gt=0,
        is_pending=False,
        due_at__gt=at,
        due_at__lte=until,
        expires_at__lte=until,
    ).aggregate(points=Sum("left"), members=Count("customer_id", distinct=True))
    return Expiring(found["points"] or 0, found["members"])


def read_members(period: Period) -> tuple[int, int]:
    """Return how many members there are, and how many joined in the period."""
    found = Customer.objects.filter(kind=MEMBER).aggregate(
        members=Count("*"),
        joined=Count("customer_id", filter=Q(joined_at__range=(period.starts_at, period.ends_at))),
    )
    return found["members"], found["joined"]


def read_levels(program_id: Id) -> dict[int, int]:
    """Return how many members stand on each level."""
    rows = Membership.objects.filter(program_id=program_id).order_by().values_list("level")
    return dict(rows.annotate(Count("customer_id")))


def read_happenings(*, at: datetime, limit: int) -> list[Happening]:
    """Return the latest of all tier moves, joins and orders up to `at`, newest first; three statements."""
    # Any of the kinds may hold all of the latest, so as many of each are read.
    found = [
        Happening("tier", moved_at, customer_id, level=to_level, up=to_level > from_level)
        for customer_id, moved_at, from_level, to_level in TierChange.objects.filter(
            at__lte=at, superseded_at__isnull=True
        )
        .exclude(from_level=F("to_level"))
        .order_by("-at")
        .values_list("customer_id", "at", "from_level", "to_level")[:limit]
    ]
    found += [
        Happening("joined", joined_at, customer_id)
        for customer_id, joined_at in Customer.objects.filter(kind=MEMBER, joined_at__lte=at)
        .order_by("-joined_at")
        .values_list("customer_id", "joined_at")[:limit]
        if joined_at
    ]
    found += [
        Happening("order", placed_at, customer_id, amount=net_minor)
        for customer_id, placed_at, net_minor in Order.objects.filter(placed_at__lte=at)
        .order_by("-placed_at")
        .values_list("customer_id", "placed_at", "net_minor")[:limit]
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]
