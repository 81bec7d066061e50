"""The list of members: found by blind index, filtered, sorted and cut into pages by the database."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from dangol.core.ledger.models import Account, Lot
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER, PersonView, find_customers, names_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.points import Account as Place
from dangol.rooms.rewards.models import Membership
from dangol.web.places import read_instant, read_whole

PAGE = 50
MOST_FOUND = 200
USABLE = (Place.AVAILABLE.value, Place.DEBT.value)
SOON_DAYS = 7


class Sort(StrEnum):
    """By what members are listed; the most, or the latest, first, but for `away`."""

    RECENT = "recent"
    AWAY = "away"
    SPEND = "spend"
    POINTS = "points"
    JOINED = "joined"


# These sort by whole numbers, the others by instants.
COUNTED = frozenset({Sort.SPEND, Sort.POINTS})


class MemberQuery(NamedTuple):
    """Which members to list. `level` is a tier's place, `after` where the page before ended.

    `soon_until` keeps to those with usable points that lapse by then, `store_id` to those at home in that
    store or in none.
    """

    text: str = ""
    level: int | None = None
    soon_until: datetime | None = None
    store_id: Id | None = None
    sort: Sort = Sort.RECENT
    after: str = ""


class MemberLine(NamedTuple):
    """A member in the list. Amounts are minor units; `points` is what may be spent."""

    person: PersonView
    level: int
    points: int
    spend_minor: int
    order_count: int
    last_order_at: datetime | None
    joined_at: datetime | None


class MemberPage(NamedTuple):
    """One page of the list; `next_after` is empty on the last one."""

    lines: list[MemberLine]
    total: int
    next_after: str


class Scheme(NamedTuple):
    """What the list needs to know of the program: whose levels, whose points."""

    program_id: Id
    points_currency: str


def _membership(field: str, program_id: Id) -> Subquery:
    own = Membership.objects.filter(customer_id=OuterRef("customer_id"), program_id=program_id)
    return Subquery(own.values(field)[:1])


def _usable(currency: str) -> Coalesce:
    own = Account.objects.filter(
        customer_id=OuterRef("customer_id"), currency=currency, kind__in=USABLE
    ).order_by()
    total = own.values("customer_id").annotate(total=Sum("balance")).values("total")
    return Coalesce(Subquery(total), 0)


def _matching(query: MemberQuery, scheme: Scheme, at: datetime) -> QuerySet[Customer]:
    members = Customer.objects.filter(kind=MEMBER)
    if query.text:
        members = members.filter(customer_id__in=find_customers(query.text, limit=MOST_FOUND))
    if query.store_id:
        members = members.filter(Q(home_store_id=query.store_id) | Q(home_store_id=None))
    own = Membership.objects.filter(customer_id=OuterRef("customer_id"), program_id=scheme.program_id)
    if query.level == 0:
        members = members.exclude(Exists(own.filter(level__gt=0)))
    elif query.level is not None:
        members = members.filter(Exists(own.filter(level=query.level)))
    if query.soon_until:
        lots = Lot.objects.filter(
            customer_id=OuterRef("customer_id"), currency=scheme.points_currency, left__gt=0,
            is_pending=False, expires_at__gt=at, expires_at__lte=query.soon_until,
        )  # fmt: skip
        members = members.filter(Exists(lots))
    return members


def _ordered(members: QuerySet[Customer], query: MemberQuery, scheme: Scheme) -> QuerySet[Customer]:
    """Sort by one key and the id, and begin after the place the query names."""
    match query.sort:
        case Sort.JOINED:
            keyed = members.annotate(key=Coalesce("joined_at", "created_at"))
        case Sort.POINTS:
            keyed = members.annotate(key=_usable(scheme.points_currency))
        case Sort.SPEND:
            keyed = members.annotate(key=Coalesce(_membership("spend_minor", scheme.program_id), 0))
        case Sort.RECENT | Sort.AWAY:
            # Who never came is away since they joined.
            keyed = members.annotate(
                key=Coalesce(_membership("last_order_at", scheme.program_id), "joined_at", "created_at")
            )
    ascending = query.sort is Sort.AWAY
    place = _read_place(query.after, query.sort)
    if place:
        key, customer_id = place
        way = "gt" if ascending else "lt"
        keyed = keyed.filter(
            Q(**{f"key__{way}": key}) | Q(**{"key": key, f"customer_id__{way}": customer_id})
        )
    return keyed.order_by("key", "customer_id") if ascending else keyed.order_by("-key", "-customer_id")


def _write_place(key: Any, customer_id: Id) -> str:
    text = key.isoformat() if isinstance(key, datetime) else str(key)
    return urlsafe_b64encode(customer_id + text.encode()).decode().rstrip("=")


def _read_place(text: str, sort: Sort) -> tuple[datetime | int, Id] | None:
    """Return the place an address names; one that was tampered with names the beginning."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        read = read_whole if sort in COUNTED else read_instant
        return read(raw[16:].decode()), raw[:16]
    except ValueError:
        return None


def _read_keys(ordered: QuerySet[Customer], limit: int) -> list[tuple[Id, Any]]:
    return [(one.customer_id, vars(one)["key"]) for one in ordered.only("customer_id")[:limit]]


def read_member_page(query: MemberQuery, scheme: Scheme, *, at: datetime, limit: int = PAGE) -> MemberPage:
    """Return a page of members; the number of statements does not depend on how many there are."""
    matching = _matching(query, scheme, at)
    keys = _read_keys(_ordered(matching, query, scheme), limit + 1)
    total = matching.count()
    shown = keys[:limit]
    next_after = _write_place(shown[-1][1], shown[-1][0]) if len(keys) > limit else ""
    return MemberPage(read_lines([one for one, _ in shown], scheme), total, next_after)


def read_lines(customer_ids: Sequence[Id], scheme: Scheme) -> list[MemberLine]:
    """Return the members of these ids, in their order."""
    people = names_of(customer_ids)
    points = read_usable(customer_ids, scheme.points_currency)
    standings = {
        row[0]: row[1:]
        for row in select_matching(
            Membership,
            ("customer_id", "level", "spend_minor", "order_count", "last_order_at"),
            ("customer_id", "program_id"),
            [(one, scheme.program_id) for one in customer_ids],
        )
    }
    lines = []
    for customer_id in customer_ids:
        level, spend_minor, order_count, last_order_at = standings.get(customer_id, (0, 0, 0, None))
        person = people[customer_id]
        lines.append(
            MemberLine(
                person, level, points.get(customer_id, 0), spend_minor, order_count, last_order_at,
                person.joined_at,
            )
        )  # fmt: skip
    return lines


def read_usable(customer_ids: Sequence[Id], currency: str) -> Mapping[Id, int]:
    """Return the points each of these customers may spend: what is available less what is owed."""
    rows = select_matching(
        Account,
        ("customer_id", "balance"),
        ("customer_id", "currency", "kind"),
        [(one, currency, kind) for one in customer_ids for kind in USABLE],
    )
    points: dict[Id, int] = {}
    for customer_id, balance in rows:
        points[customer_id] = points.get(customer_id, 0) + balance
    return points


def walk_members(
    query: MemberQuery, scheme: Scheme, *, at: datetime, size: int = 500
) -> Iterator[MemberLine]:
    """Go through all members a query matches, `size` at a time, each once.

    They are found and sorted once, and their ids kept: to sort again for each batch would take a time
    that grows with the square of their number.
    """
    ordered = _ordered(_matching(query, scheme, at), query, scheme)
    ids = list(ordered.values_list("customer_id", flat=True))
    for start in range(0, len(ids), size):
        yield from read_lines(ids[start : start + size], scheme)
