"""Reading the ledger: balances, expiries, statements and totals, each by a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from dangol.core.ledger.models import Account, Entry, Lot, Transfer
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching, table
from dangol.core.storage.walks import walk
from dangol.domain.calendars import stretches
from dangol.domain.points import Account as Place

# What makes up the points a member may spend: debt counts against them, with its own sign.
USABLE = (Place.AVAILABLE.value, Place.DEBT.value)
_BALANCES = (*USABLE, Place.PENDING.value)
_READ_AT_ONCE = 50_000
_LOT = (
    "id", "transfer_id", "points", "left", "expired", "reversed",
    "is_pending", "earned_at", "release_at", "expires_at", "awaits",
)  # fmt: skip
_LINE = ("id", "kind", "points", "occurred_at", "recorded_at", "reason", "subject_id", "reverses_id")


class Balance(NamedTuple):
    """What a member has. `available` may be spent and is net of `debt`, the points owed (never negative)."""

    available: int = 0
    pending: int = 0
    debt: int = 0


class Expiring(NamedTuple):
    """Points that lapse together. `expires_at` is the first instant at which they are gone."""

    expires_at: datetime
    points: int


class Mark(NamedTuple):
    """A place in a statement."""

    occurred_at: datetime
    transfer_id: Id


class Line(NamedTuple):
    """A transfer as its owner sees it.

    `change` is what it did to the points that may be spent (net of debt), `balance` what they were
    after it; `pending_change` what it did to those that wait.
    """

    transfer_id: Id
    kind: str
    points: int
    change: int
    pending_change: int
    balance: int
    occurred_at: datetime
    recorded_at: datetime
    reason: str
    subject_id: Id | None
    reverses_id: Id | None

    @property
    def mark(self) -> Mark:
        """The place of this line, to read on from."""
        return Mark(self.occurred_at, self.transfer_id)


class LotView(NamedTuple):
    """Points earned together. `expires_at` is exclusive, None where they never lapse.

    What they await of their order (domain.milestones) opens them before `release_at`; None: time alone does.
    """

    id: Id
    transfer_id: Id
    points: int
    left: int
    expired: int
    reversed: int
    is_pending: bool
    earned_at: datetime
    release_at: datetime
    expires_at: datetime | None
    awaits: str | None


class Total(NamedTuple):
    """Transfers of one kind: how many points, in how many transfers."""

    kind: str
    points: int
    transfers: int


class DayTotal(NamedTuple):
    """Transfers of one kind on one of the shop's days."""

    day: date
    kind: str
    points: int
    transfers: int


def balances_of(customer_ids: Sequence[Id], currency: str) -> dict[Id, Balance]:
    """Return the balances of these customers; one without points has a balance of zero."""
    found: dict[Id, dict[str, int]] = {customer_id: {} for customer_id in customer_ids}
    for customer_id, kind, points in select_matching(
        Account,
        ("customer_id", "kind", "balance"),
        ("customer_id", "currency"),
        [(customer_id, currency) for customer_id in found],
    ):
        found[customer_id][kind] = points
    return {customer_id: _balance(kinds) for customer_id, kinds in found.items()}


def balances_by_kind(customer_id: Id) -> dict[str, Balance]:
    """Return a customer's balance of each kind of points of which they ever had any."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = Account.objects.filter(customer_id=customer_id).values_list("currency", "kind", "balance")
    for currency, kind, points in rows:
        found[currency][kind] = points
    return {currency: _balance(kinds) for currency, kinds in found.items()}


def usable_points(customer_id: Id, currency: str, *, at: datetime) -> int:
    """Return how many points a customer may spend at an instant, one after now too.

    A balance still counts what has lapsed until that is booked, which the worker does every few minutes;
    this does not.
    """
    return usable_by_kind(customer_id, at=at).get(currency, 0)


def usable_by_kind(customer_id: Id, *, at: datetime) -> dict[str, int]:
    """Return how many points of each kind a customer may spend at an instant, as `usable_points` does."""
    lots = Lot.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=at), customer_id=customer_id, left__gt=0, is_pending=False
    )
    return dict(lots.order_by().values_list("currency").annotate(points=Sum("left")))


def held_points(customer_id: Id, currency: str, *, at: datetime) -> int:
    """Return how many points a customer has at an instant, waiting ones among them, less what is owed.

    As in `usable_points`, what has lapsed by then counts no longer.
    """
    lots = Lot.objects.filter(Q(expires_at=None) | Q(expires_at__gt=at), customer_id=customer_id, left__gt=0)
    held = lots.filter(currency=currency).aggregate(points=Sum("left"))["points"] or 0
    return int(held) - balances_of([customer_id], currency)[customer_id].debt


def outstanding(currency: str) -> Balance:
    """Return all customers' balances together: what the shop owes."""
    sums = Account.objects.filter(currency=currency, kind__in=_BALANCES).order_by().values_list("kind")
    return _balance(dict(sums.annotate(Sum("balance"))))


def _balance(kinds: Mapping[str, int]) -> Balance:
    available, debt, pending = (kinds.get(kind, 0) for kind in _BALANCES)
    return Balance(available + debt, pending, -debt)


def spent_by_customer(currency: str) -> Iterator[list[tuple[Id, int]]]:
    """Yield, in batches, how many points each customer has spent, less what was given back."""
    for rows in walk(
        Account,
        ("customer_id", "currency", "kind", "balance"),
        ("customer_id", "currency", "kind"),
        size=_READ_AT_ONCE,
        where="currency = %s AND kind = %s AND balance <> 0",
        params=[currency, Place.SPENT.value],
    ):
        yield [(customer_id, points) for customer_id, _currency, _kind, points in rows]


def next_expiries(customer_ids: Sequence[Id], currency: str) -> dict[Id, Expiring]:
    """Return the points that lapse next, waiting ones included, of those customers who have any."""
    rows = select_matching(
        Lot,
        ("customer_id", "expires_at", "left"),
        ("customer_id", "currency"),
        [(customer_id, currency) for customer_id in set(customer_ids)],
        where='t."left" > 0 AND t.expires_at IS NOT NULL',
    )
    soonest: dict[Id, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for customer_id, expires_at, points in rows:
        soonest[customer_id][expires_at] += points
    return {customer_id: Expiring(*min(sums.items())) for customer_id, sums in soonest.items()}


def next_expiries_by_kind(customer_id: Id) -> dict[str, Expiring]:
    """Return which of a customer's points of each kind lapse next, waiting ones included."""
    lots = Lot.objects.filter(customer_id=customer_id, left__gt=0, expires_at__isnull=False)
    sums = lots.order_by("expires_at").values_list("currency", "expires_at").annotate(points=Sum("left"))
    soonest: dict[str, Expiring] = {}
    for currency, expires_at, points in sums:
        soonest.setdefault(currency, Expiring(expires_at, points))
    return soonest


def expiring_by_date(customer_id: Id, currency: str, *, before: datetime | None = None) -> list[Expiring]:
    """Return when a customer's points lapse and how many, soonest first; with `before`, only until then."""
    lots = Lot.objects.filter(
        customer_id=customer_id, currency=currency, left__gt=0, expires_at__isnull=False
    )
    if before is not None:
        lots = lots.filter(expires_at__lt=before)
    sums = lots.order_by("expires_at").values_list("expires_at").annotate(points=Sum("left"))
    return [Expiring(expires_at, points) for expires_at, points in sums]


def lots_of(customer_id: Id, currency: str, *, only_left: bool = True) -> list[LotView]:
    """Return a customer's lots in the order in which they will be spent; empty ones only if asked for."""
    lots = Lot.objects.filter(customer_id=customer_id, currency=currency)
    if only_left:
        lots = lots.filter(left__gt=0)
    found = [LotView(*row) for row in lots.values_list(*_LOT)]
    return sorted(found, key=lambda lot: (lot.expires_at is None, lot.expires_at, lot.earned_at, lot.id))


def statement(customer_id: Id, currency: str, *, before: Mark | None = None, limit: int = 50) -> list[Line]:
    """Return a customer's transfers, latest first, from `before` (exclusive) on.

    Lines stand in the order in which things happened; what happened at the same instant, in the order
    of the transfers' ids, in which they were written. A line's balance is the sum of all changes up to
    and including it in that order, so one that came to light late moves the balances after it.
    """
    transfers = Transfer.objects.filter(customer_id=customer_id, currency=currency)
    page = transfers if before is None else transfers.filter(_earlier_than(before))
    rows: list[tuple[Any, ...]] = list(page.order_by("-occurred_at", "-id").values_list(*_LINE)[:limit])
    if not rows:
        return []
    newest = Mark(occurred_at=rows[0][3], transfer_id=rows[0][0])
    upto = transfers.filter(_earlier_than(newest) | Q(id=newest.transfer_id))
    balance = sum(_changes(customer_id, upto, USABLE).values())
    shown = transfers.filter(id__in=[row[0] for row in rows])
    changes = _changes(customer_id, shown, USABLE)
    waiting = _changes(customer_id, shown, (Place.PENDING.value,))
    lines = []
    for transfer_id, kind, points, *rest in rows:
        change = changes.get(transfer_id, 0)
        lines.append(Line(transfer_id, kind, points, change, waiting.get(transfer_id, 0), balance, *rest))
        balance -= change
    return lines


def _earlier_than(mark: Mark) -> Q:
    return Q(occurred_at__lt=mark.occurred_at) | Q(occurred_at=mark.occurred_at, id__lt=mark.transfer_id)


def _changes(customer_id: Id, transfers: QuerySet[Transfer], accounts: Iterable[str]) -> dict[Id, int]:
    entries = Entry.objects.filter(
        customer_id=customer_id, transfer_id__in=transfers.values("id"), account__in=list(accounts)
    )
    sums = entries.order_by().values("transfer_id").annotate(change=Sum("points"))
    return {row["transfer_id"]: row["change"] for row in sums}


def totals_by_kind(
    currency: str, *, since: datetime | None = None, until: datetime | None = None
) -> list[Total]:
    """Return what happened in all, by kind, from `since` until, exclusive, `until`."""
    transfers = Transfer.objects.filter(currency=currency)
    if since is not None:
        transfers = transfers.filter(occurred_at__gte=since)
    if until is not None:
        transfers = transfers.filter(occurred_at__lt=until)
    sums = transfers.order_by("kind").values_list("kind").annotate(Sum("points"), Count("id"))
    return [Total(*row) for row in sums]


def totals_by_day(currency: str, *, first: date, last: date, zone: ZoneInfo) -> list[DayTotal]:
    """Return what happened on each of the shop's days from `first` to `last`, both included, by kind.

    A day is the zone's own at that time, of 23 or 25 hours where its clocks change. Days on which
    nothing happened are left out.
    """
    if connection.vendor == "postgresql":
        day = "(occurred_at AT TIME ZONE 'UTC' + make_interval(mins => %s))::date"
    else:
        day = "date(occurred_at, %s || ' minutes')"
    parts: list[str] = []
    params: list[Any] = []
    for start, end, offset in stretches(first, last, zone):
        parts.append(
            f"SELECT {day} AS day, kind, sum(points), count(*) FROM {table(Transfer)}"  # noqa: S608
            " WHERE currency = %s AND occurred_at >= %s AND occurred_at < %s GROUP BY 1, 2"
        )
        params += [int(offset.total_seconds() // 60), currency, sent(start), sent(end)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        rows = cursor.fetchall()
    sums: dict[tuple[date, str], list[int]] = defaultdict(lambda: [0, 0])
    for found, kind, points, transfers in rows:
        # A day on which the clocks change lies in two stretches.
        own = sums[found if isinstance(found, date) else date.fromisoformat(found), kind]
        own[0] += int(points)
        own[1] += transfers
    return [DayTotal(*key, *own) for key, own in sorted(sums.items())]


def sent(instant: datetime) -> datetime | str:
    """Return the instant as the driver takes it in a WHERE clause."""
    return instant if connection.vendor == "postgresql" else instant.replace(tzinfo=None).isoformat(" ")
