"""The list of members: found by blind index, filtered, sorted and cut into pages by the database."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from dangol.core.ledger.models import Account
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER, PersonView, names_of
from dangol.core.segments.counts import round_to_three
from dangol.core.storage.columns import connection_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.spaces import current_space
from dangol.rooms.rewards.models import Membership
from dangol.web.reads.member_query import (
    FEW,
    USABLE,
    MemberQuery,
    Scheme,
    Sort,
    find_few,
    matching,
    ordered,
    read_keys,
    write_place,
)

__all__ = ["MemberQuery", "Scheme", "Sort"]
PAGE = 50
SOON_DAYS = 7
COUNT_HOLDS = timedelta(minutes=10)
# How many members each space of each database had, and when they were counted.
_counted: dict[tuple[str, str], tuple[int, datetime]] = {}


class MemberLine(NamedTuple):
    """A member in the list. Amounts are minor units; `points` is what may be spent."""

    person: PersonView
    level: int
    points: int
    spend_minor: int
    order_count: int
    last_order_at: datetime | None
    joined_at: datetime | None


class Counted(StrEnum):
    """How a total is meant: counted now, counted a while ago and rounded, or only known to be passed."""

    EXACTLY = "exactly"
    ABOUT = "about"
    MORE_THAN = "more_than"


class MemberPage(NamedTuple):
    """One page of the list; `next_after` is empty on the last one. `sort` is how it is sorted indeed."""

    lines: list[MemberLine]
    total: int
    counted: Counted
    next_after: str
    sort: Sort


def read_member_page(query: MemberQuery, scheme: Scheme, *, at: datetime, limit: int = PAGE) -> MemberPage:
    """Return a page of members; what it costs depends neither on how many there are nor on the page."""
    keys, few, sort = read_keys(query, scheme, at=at, limit=limit + 1)
    total, counted = (few, Counted.EXACTLY) if few is not None else _many(query, at)
    shown = keys[:limit]
    next_after = write_place(*shown[-1]) if len(keys) > limit else ""
    return MemberPage(read_lines([one for _, one in shown], scheme), total, counted, next_after, sort)


def _many(query: MemberQuery, at: datetime) -> tuple[int, Counted]:
    """Return how many members there are where they are many: never counted for one request alone."""
    if _is_filtered(query):
        return FEW, Counted.MORE_THAN
    where = current_space(), str(connection_of(Customer).settings_dict["NAME"])
    count, counted_at = _counted.get(where, (0, at - COUNT_HOLDS))
    if not timedelta() <= at - counted_at < COUNT_HOLDS:
        count = Customer.objects.filter(kind=MEMBER).count()
        _counted[where] = count, at
    return round_to_three(count), Counted.ABOUT


def _is_filtered(query: MemberQuery) -> bool:
    return bool(
        query.store_id
        or query.segment_id
        or query.soon_until
        or query.joined
        or query.visited
        or query.level is not None
    )


def read_lines(customer_ids: Sequence[Id], scheme: Scheme, *, unmasked: bool = False) -> list[MemberLine]:
    """Return the members of these ids, in their order; masked unless there is a reason, which is kept."""
    people = names_of(customer_ids, unmasked=unmasked)
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


def find_matching(query: MemberQuery, scheme: Scheme, *, at: datetime, limit: int) -> list[Id]:
    """Return up to `limit` of the members a query matches, in the order of their ids."""
    few = find_few(query, scheme, at)
    members = matching(query, scheme, at, among=few)
    return sorted(members.values_list("customer_id", flat=True)[:limit])


def walk_members(
    query: MemberQuery, scheme: Scheme, *, at: datetime, size: int = 500
) -> Iterator[MemberLine]:
    """Go through all members a query matches, `size` at a time, each once.

    They are found and sorted once, and their ids kept: to sort again for each batch would take a time
    that grows with the square of their number.
    """
    yield from walk_lines(list_members(query, scheme, at=at), scheme, size=size)


def list_members(query: MemberQuery, scheme: Scheme, *, at: datetime) -> list[Id]:
    """Return all members a query matches, sorted whole."""
    members = ordered(matching(query, scheme, at), query.sort, scheme)
    return list(members.values_list("customer_id", flat=True))


def walk_lines(
    ids: Sequence[Id], scheme: Scheme, *, unmasked: bool = False, size: int = 500
) -> Iterator[MemberLine]:
    """Yield the members of these ids, in their order, `size` at a time."""
    for start in range(0, len(ids), size):
        yield from read_lines(ids[start : start + size], scheme, unmasked=unmasked)
