"""Which members a list is of, and in what order: a page of it is read along an index, from where one ended.

A sort's key is kept by the room or floor that knows it, so whom it knows nothing of stands in a second
stream, by another key. Both are read from the same place, the second only as far as the first has come, and
merged: that gives the order the whole table would have, at the price of a page (docs/decisions/0033).

Where a filter leaves few, they are found by the filter's own index and sorted; then their number is exact.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from dangol.core.ledger.models import Account, Lot
from dangol.core.people.models import Customer
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import MEMBER
from dangol.core.segments.models import Member as InSegment
from dangol.core.storage.columns import vendor_of
from dangol.core.storage.ids import Id
from dangol.domain.points import Account as Place
from dangol.rooms.rewards.models import Membership
from dangol.web.day_spans import Between
from dangol.web.places import read_instant, read_whole

MOST_FOUND = 200
# Up to so many are sorted whole; more are read along the sort's index, where one in so many is found soon.
FEW = 2_000
# Up to so many whose points lapse soon, and so many of a tier who never came, are held as a set while that
# index is read: of more, one is found soon enough.
MOST_LAPSING, MOST_UNSEEN = 20_000, 7_000
USABLE = (Place.AVAILABLE.value, Place.DEBT.value)
# As the index dg_account_usable has it: SQLite takes a partial index only for its own words.
_USABLE_SQL = '"dg_account"."kind" IN (\'available\', \'debt\') AND NOT ("dg_account"."balance" = 0)'


class Sort(StrEnum):
    """By what members are listed; the most, or the latest, first, but for `away`."""

    RECENT = "recent"
    AWAY = "away"
    SPEND = "spend"
    POINTS = "points"
    JOINED = "joined"


# These sort by whole numbers, the others by instants.
COUNTED = frozenset({Sort.SPEND, Sort.POINTS})
VISITS = frozenset({Sort.RECENT, Sort.AWAY})


class MemberQuery(NamedTuple):
    """Which members to list: what all filters leave, behind the place `after`; `level` is a tier's place."""

    text: str = ""
    level: int | None = None
    soon_until: datetime | None = None  # with usable points that lapse by then
    joined: Between | None = None
    visited: Between | None = None
    store_id: Id | None = None  # at home there, or nowhere
    segment_id: Id | None = None
    sort: Sort = Sort.RECENT
    after: str = ""


class Scheme(NamedTuple):
    """What the list needs to know of the program: whose levels, whose points."""

    program_id: Id
    points_currency: str


Key: TypeAlias = tuple[Any, Id]


class Keys(NamedTuple):
    """Members by their keys, in the order of `sort`; `total` is how many in all, None where they are many."""

    keys: list[Key]
    total: int | None
    sort: Sort


def _own_membership(program_id: Id) -> QuerySet[Membership]:
    return Membership.objects.filter(customer_id=OuterRef("customer_id"), program_id=program_id)


def _membership(field: str, program_id: Id) -> Subquery:
    return Subquery(_own_membership(program_id).values(field)[:1])


def _usable(currency: str) -> Coalesce:
    own = Account.objects.filter(
        customer_id=OuterRef("customer_id"), currency=currency, kind__in=USABLE
    ).order_by()
    total = own.values("customer_id").annotate(total=Sum("balance")).values("total")
    return Coalesce(Subquery(total), 0)


def _lapsing(scheme: Scheme, at: datetime, until: datetime) -> QuerySet[Lot]:
    return Lot.objects.filter(
        currency=scheme.points_currency,
        left__gt=0,
        is_pending=False,
        expires_at__gt=at,
        expires_at__lte=until,
    ).order_by()


def _due_to_lapse(scheme: Scheme, at: datetime, until: datetime) -> QuerySet[Lot]:
    """Return these lots by what the index of what is due holds.

    A lot that may be spent and lapses is next due when it does, or has been due before. PostgreSQL takes two
    bounds for the same instants for two reasons to expect few, so that each question has one.
    """
    return Lot.objects.filter(
        currency=scheme.points_currency, is_pending=False, expires_at__gt=at, due_at__isnull=False,
        due_at__lte=until,
    ).order_by()  # fmt: skip


def matching(
    query: MemberQuery, scheme: Scheme, at: datetime, *, among: Any = None, by_id: bool = False
) -> QuerySet[Customer]:
    """Return the members a query is of, in no order; with `among` only those of these few ids.

    `by_id`: they are to be read along their ids.
    """
    if among is None and not by_id:
        members = Customer.objects.filter(kind=MEMBER)
    else:
        # Written so that no index answers it: without statistics SQLite would go through all members by it,
        # and look for each of them among the few, or sort them all by their ids.
        found = Customer.objects.all() if among is None else Customer.objects.filter(customer_id__in=among)
        members = found.alias(own_kind=Coalesce("kind", Value(""))).filter(own_kind=MEMBER)
    if query.text:
        members = members.filter(customer_id__in=find_customers(query.text, limit=MOST_FOUND))
    if query.store_id:
        members = members.filter(Q(home_store_id=query.store_id) | Q(home_store_id=None))
    if query.segment_id:
        inside = InSegment.objects.filter(segment_id=query.segment_id).values("customer_id")
        members = members.filter(customer_id__in=inside)
    own = _own_membership(scheme.program_id)
    if query.level == 0:
        members = members.exclude(Exists(own.filter(level__gt=0)))
    elif query.level is not None:
        members = members.filter(Exists(own.filter(level=query.level)))
    if query.soon_until:
        lots = _lapsing(scheme, at, query.soon_until).filter(customer_id=OuterRef("customer_id"))
        members = members.filter(Exists(lots))
    if query.visited:
        members = members.filter(Exists(own.filter(**query.visited.on("last_order_at"))))
    return _joined(members, query)


def _joined(members: QuerySet[Customer], query: MemberQuery) -> QuerySet[Customer]:
    if query.joined is None:
        return members
    return members.alias(since=Coalesce("joined_at", "created_at")).filter(**query.joined.on("since"))


def ordered(members: QuerySet[Customer], sort: Sort, scheme: Scheme) -> QuerySet[Any]:
    """Sort members whole, by one key and the id; what the key is stands as `key`."""
    match sort:
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
    ascending = sort is Sort.AWAY
    return keyed.order_by("key", "customer_id") if ascending else keyed.order_by("-key", "-customer_id")


def write_place(key: Any, customer_id: Id) -> str:
    """Return a place in the list as a word in an address."""
    text = key.isoformat() if isinstance(key, datetime) else str(key)
    return urlsafe_b64encode(customer_id + text.encode()).decode().rstrip("=")


def _read_place(text: str, sort: Sort) -> Key | None:
    """Return the place an address names; one that was tampered with names the beginning."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        read = read_whole if sort in COUNTED else read_instant
        return read(raw[16:].decode()), raw[:16]
    except ValueError:
        return None


def read_keys(query: MemberQuery, scheme: Scheme, *, at: datetime, limit: int) -> Keys:
    """Return the first `limit` members of a query after its place, and how many there are if they are few."""
    few = find_few(query, scheme, at)
    if few is None:
        query = query._replace(sort=sort_of_many(query))
        place = _read_place(query.after, query.sort)
        return Keys(_read_along(query, scheme, at, place, limit), None, query.sort)
    place = _read_place(query.after, query.sort)
    members = matching(query, scheme, at, among=few)
    rows = ordered(members, query.sort, scheme)
    if place:
        rows = rows.filter(_after(place, query.sort))
    return Keys(list(rows.values_list("key", "customer_id")[:limit]), members.count(), query.sort)


def sort_of_many(query: MemberQuery) -> Sort:
    """Return by what many members are listed: those of some days by these days, else as asked.

    The days' own index is the only one along which they are found soon: who joined last month stands at the
    very end of those who have spent much.
    """
    own = ({Sort.JOINED} if query.joined else set()) | (VISITS if query.visited else set())
    if not own or query.sort in own:
        return query.sort
    return Sort.JOINED if query.joined else Sort.RECENT


def _after(place: Key, sort: Sort) -> Q:
    key, customer_id = place
    way = "gt" if sort is Sort.AWAY else "lt"
    return Q(**{f"key__{way}": key}) | Q(**{"key": key, f"customer_id__{way}": customer_id})


def find_few(query: MemberQuery, scheme: Scheme, at: datetime) -> Any:
    """Return whom one of the filters leaves, as a query or ids, if that is few; None where all leave many."""
    for found in _narrowed(query, scheme, at):
        if not _are_more(found, FEW):
            return found
    return None


def _are_more(found: Any, count: int) -> bool:
    """Say whether these ids are more than `count`, which is asked of an index alone."""
    return bool(list(found[count : count + 1]))


def _narrowed(query: MemberQuery, scheme: Scheme, at: datetime) -> Iterator[Any]:
    """Yield for each filter that has an index, the narrower ones first, whose ids it leaves."""
    if query.text:
        yield find_customers(query.text, limit=MOST_FOUND)
    if query.segment_id:
        yield InSegment.objects.filter(segment_id=query.segment_id).values_list("customer_id", flat=True)
    if query.level:
        tier = Membership.objects.filter(program_id=scheme.program_id, level=query.level)
        yield tier.order_by().values_list("customer_id", flat=True)
    if query.soon_until:
        # By what the index holds; whether something is left is asked of those it finds.
        lots = _due_to_lapse(scheme, at, query.soon_until)
        yield lots.values_list("customer_id", flat=True)
        if query.level:
            # Each of the two may leave many, and both few: found once, not anew by each question.
            tier = _own_membership(scheme.program_id).filter(level=query.level)
            yield list(lots.filter(Exists(tier)).values_list("customer_id", flat=True)[: FEW + 1])
    members = Customer.objects.filter(kind=MEMBER).order_by()
    if query.joined:
        yield _joined(members, query).values_list("customer_id", flat=True)
    if query.visited:
        visits = Membership.objects.filter(program_id=scheme.program_id, **query.visited.on("last_order_at"))
        yield visits.order_by().values_list("customer_id", flat=True)
    if query.store_id:
        members = members.filter(Q(home_store_id=query.store_id) | Q(home_store_id=None))
    yield members.values_list("customer_id", flat=True)


def _read_along(query: MemberQuery, scheme: Scheme, at: datetime, place: Key | None, limit: int) -> list[Key]:
    """Return the next members along the sort's index, merged with those its table does not know."""
    ascending = query.sort is Sort.AWAY
    several = _lapsing_ids(query, scheme, at)
    if query.visited and query.sort in VISITS:
        # The days are a range of that very index, and whoever never came is in none.
        members = matching(query._replace(visited=None), scheme, at)
        visits = _known(query.sort, scheme).filter(**query.visited.on("last_order_at"))
        return _read_stream(_within(_only(visits, members), several), place, limit, ascending=ascending)
    members = matching(query, scheme, at)
    if query.sort is Sort.JOINED:
        keyed = _within(members, several).annotate(key=Coalesce("joined_at", "created_at"))
        return _read_stream(keyed, place, limit, ascending=False)
    listed = _within(_only(_known(query.sort, scheme), members), several)
    first = _read_stream(listed, place, limit, ascending=ascending)
    as_far_as = first[-1][0] if len(first) == limit else None
    known = Exists(_known_of_one(query.sort, scheme))
    if query.sort in COUNTED:
        others = matching(query, scheme, at, by_id=True).exclude(known)
        second = _read_nothings(_within(others, several), place, as_far_as, limit)
    else:
        others = _within(_within(members.exclude(known), several), _unseen(query, scheme))
        keyed = others.annotate(key=Coalesce("joined_at", "created_at"))
        if as_far_as is not None:
            keyed = keyed.filter(**{"key__lte" if ascending else "key__gte": as_far_as})
        second = _read_stream(keyed, place, limit, ascending=ascending)
    return sorted([*first, *second], reverse=not ascending)[:limit]


def _lapsing_ids(query: MemberQuery, scheme: Scheme, at: datetime) -> Any:
    """Return whose points lapse soon, where that is asked and they are not very many; else None."""
    # To SQLite the way to a row is shorter than the making of a set, but where hardly any row is wanted.
    if query.soon_until is None or not (query.sort is Sort.AWAY or vendor_of(Lot) == "postgresql"):
        return None
    found = _due_to_lapse(scheme, at, query.soon_until).values_list("customer_id", flat=True)
    return None if _are_more(found, MOST_LAPSING) else found


def _unseen(query: MemberQuery, scheme: Scheme) -> Any:
    """Return who has the tier asked for and never came, where they are not very many; else None."""
    # The other way around those who came last bound the days that are looked at.
    if not query.level or query.sort is not Sort.AWAY:
        return None
    found = Membership.objects.filter(
        program_id=scheme.program_id, level=query.level, last_order_at__isnull=True
    )
    ids = found.order_by().values_list("customer_id", flat=True)
    return None if _are_more(ids, MOST_UNSEEN) else ids


def _within(rows: QuerySet[Any], several: Any) -> QuerySet[Any]:
    """Keep to rows of these customers, if any are given, asking a set made once of each row as it comes.

    Written so that neither database joins the two, for which PostgreSQL would leave the order of the index.
    """
    if several is None:
        return rows
    is_among = ExpressionWrapper(Q(customer_id__in=several), output_field=BooleanField())
    found: QuerySet[Any] = rows.alias(is_within=Coalesce(is_among, Value(False))).filter(is_within=True)
    return found


def _only(known: QuerySet[Any], members: QuerySet[Customer]) -> QuerySet[Any]:
    return known.filter(Exists(members.filter(customer_id=OuterRef("customer_id"))))


def _known(sort: Sort, scheme: Scheme) -> QuerySet[Any]:
    """Return the rows that hold a sort's key, each customer at most once."""
    if sort is Sort.POINTS:
        # Who owes has nothing to spend, so of one customer only one of the two is other than zero.
        usable = RawSQL(_USABLE_SQL, (), output_field=BooleanField())
        return Account.objects.filter(usable, currency=scheme.points_currency).annotate(key=F("balance"))
    standings = Membership.objects.filter(program_id=scheme.program_id)
    if sort is Sort.SPEND:
        return standings.annotate(key=F("spend_minor"))
    return standings.filter(last_order_at__isnull=False).annotate(key=F("last_order_at"))


def _known_of_one(sort: Sort, scheme: Scheme) -> QuerySet[Any]:
    """Return the same rows of one customer, to be found by their own key."""
    if sort is Sort.POINTS:
        own = Account.objects.filter(customer_id=OuterRef("customer_id"), currency=scheme.points_currency)
        return own.filter(kind__in=USABLE).exclude(balance=0)
    standing = _own_membership(scheme.program_id)
    return standing if sort is Sort.SPEND else standing.filter(last_order_at__isnull=False)


def _read_stream(rows: QuerySet[Any], place: Key | None, limit: int, *, ascending: bool) -> list[Key]:
    """Return the next keys of one stream: the rest of those equal to the place's, then what comes after.

    Two ranges of an index, not one condition with an `or`, for which both databases begin at the beginning.
    """
    way, sign = ("gt", "") if ascending else ("lt", "-")
    in_order = rows.order_by(f"{sign}key", f"{sign}customer_id").values_list("key", "customer_id")
    if place is None:
        return list(in_order[:limit])
    key, customer_id = place
    found = list(in_order.filter(**{"key": key, f"customer_id__{way}": customer_id})[:limit])
    if len(found) < limit:
        found += in_order.filter(**{f"key__{way}": key})[: limit - len(found)]
    return found


def _read_nothings(
    others: QuerySet[Customer], place: Key | None, as_far_as: int | None, limit: int
) -> list[Key]:
    """Return the next of those who have none of what is counted: their key is 0."""
    if (place and place[0] < 0) or (as_far_as is not None and as_far_as > 0):
        return []
    if place and place[0] == 0:
        others = others.filter(customer_id__lt=place[1])
    ids: Iterable[Id] = others.order_by("-customer_id").values_list("customer_id", flat=True)[:limit]
    return [(0, one) for one in ids]
