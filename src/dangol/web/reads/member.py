"""One member's story, joined from all rooms: a constant number of statements."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Q, Sum

from dangol.core.commerce.models import Order, OrderLine, Product
from dangol.core.events.models import Event
from dangol.core.events.payloads import PAYLOADS, Payload, decode
from dangol.core.ledger.models import Lot, PointActivity
from dangol.core.people.selectors import ConsentState, Profile, consents_of, profiles_of, stores_by_id
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.rows import select_matching
from dangol.domain.idling import read_idle
from dangol.rooms.rewards.models import Membership
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.selectors import StandingView, standings_in
from dangol.rooms.rewards.whys import NotJudged, counted_currencies, why_not_judged
from dangol.web.places import read_instant, read_whole
from dangol.web.reads.members import read_usable
from dangol.web.reads.order_places import before_place, place_of
from dangol.web.reads.order_whys import Why, read_whys

TIMELINE_PAGE = 20
ORDERS_PAGE = 10
_ORDER = (
    "id", "number", "placed_at", "store_id", "channel", "currency",
    "list_minor", "discount_minor", "net_minor", "customer_id",
)  # fmt: skip
# What one purchase sets off is told with the purchase; openings are in the points history.
FOLDED = ("points.earned", "points.posted", "points.settled", "tier.reviewed")


class Kept(NamedTuple):
    """What keeps points that lapse by inactivity: the last activity, and for how many months it does."""

    last_at: datetime
    months: int
    kinds: tuple[str, ...]


class Soon(NamedTuple):
    """Points that lapse together next, and when, exclusive; `kept` where they lapse by inactivity."""

    points: int
    expires_at: datetime
    kept: Kept | None = None


class MemberView(NamedTuple):
    """The head of a member's page. Amounts are minor units of the shop's currency."""

    customer_id: Id
    profile: Profile
    standing: StandingView | None
    points: int
    pending: int
    spend_minor: int
    order_count: int
    last_order_at: datetime | None
    soon: Soon | None
    consents: list[ConsentState]
    home_store: str


class TimelineItem(NamedTuple):
    """Something that happened; an order carries the why of its points."""

    name: str
    at: datetime
    subject_id: Id | None
    payload: Payload
    why: Why | None


class TimelinePage(NamedTuple):
    """A page of a timeline, latest first; `next_after` is empty on the last one."""

    items: list[TimelineItem]
    next_after: str


class LineView(NamedTuple):
    """A line of an order: thousandths of a unit, minor units."""

    product: str
    category: str
    quantity_milli: int
    list_minor: int
    discount_minor: int
    net_minor: int


class OrderView(NamedTuple):
    """An order with its lines; `why` says what it earned, `not_judged` why no program has looked at it."""

    id: Id
    number: str
    placed_at: datetime
    store: str
    channel: str
    currency: str
    list_minor: int
    discount_minor: int
    net_minor: int
    lines: list[LineView]
    why: Why | None
    not_judged: NotJudged | None


class OrderPage(NamedTuple):
    """A page of orders, latest first; `next_after` is empty on the last one."""

    orders: list[OrderView]
    next_after: str


def find_member(
    customer_id: Id,
    running: Running | None,
    *,
    at: datetime,
    unmasked: bool = False,
    wallet: str = "",
) -> MemberView | None:
    """Return what a member's page shows first; None for an id nobody has. Masked unless there is a reason.

    Points are the program's, or of the kind `wallet`.
    """
    profile = profiles_of([customer_id], unmasked=unmasked).get(customer_id)
    if profile is None:
        return None
    membership = running and Membership.objects.filter(customer_id=customer_id, program_id=running.id).first()
    currency = wallet or (running.row.points_currency if running else "")
    pending, soon = _waiting(customer_id, currency, at)
    stores = stores_by_id([profile.home_store_id]) if profile.home_store_id else {}
    store = stores.get(profile.home_store_id) if profile.home_store_id else None
    return MemberView(
        customer_id=customer_id,
        profile=profile,
        standing=_standing(customer_id, running, at) if running else None,
        points=read_usable([customer_id], currency).get(customer_id, 0),
        pending=pending,
        spend_minor=membership.spend_minor if membership else 0,
        order_count=membership.order_count if membership else 0,
        last_order_at=membership.last_order_at if membership else None,
        soon=soon,
        consents=consents_of([customer_id]).get(customer_id, []),
        home_store=store.name or store.number if store else "",
    )


def _waiting(customer_id: Id, currency: str, at: datetime) -> tuple[int, Soon | None]:
    """Return the points that wait to open, and those that lapse together next."""
    lots = Lot.objects.filter(customer_id=customer_id, currency=currency, left__gt=0)
    pending = lots.filter(is_pending=True).aggregate(total=Sum("left"))["total"] or 0
    first = (
        lots.filter(is_pending=False, expires_at__gt=at)
        .order_by("expires_at")
        .values_list("expires_at")
        .annotate(Sum("left"), Count("id"), Count("idle"), Min("idle"), Max("idle"), Max("earned_at"))
        .first()
    )
    if first is None or first[0] is None:
        return pending, None
    expires_at, points, count, sliding, idle, other, earned_at = first
    # Points of one day may lapse for different reasons: then none is told.
    is_one = count == sliding and idle == other
    return pending, Soon(
        points, expires_at, _kept(customer_id, currency, idle, earned_at) if is_one else None
    )


def _kept(customer_id: Id, currency: str, idle: str, earned_at: datetime) -> Kept:
    """Return what keeps points that were earned last at an instant, and slide as `idle` says."""
    read = read_idle(idle)
    own = PointActivity.objects.filter(
        customer_id=customer_id, currency=currency, kind__in=read.kinds, undone_at=None
    )
    last_at = own.aggregate(last=Max("at"))["last"]
    return Kept(max(filter(None, (last_at, earned_at))), read.months, read.kinds)


def _standing(customer_id: Id, running: Running, at: datetime) -> StandingView | None:
    if len(running.rules.tiers.levels) < 2:
        return None
    return standings_in(running, [customer_id], as_of=at)[customer_id]


def read_timeline(
    family: Sequence[Id], *, at: datetime, after: str = "", limit: int = TIMELINE_PAGE
) -> TimelinePage:
    """Return a page of what happened to a person up to `at`, with the whys of the orders on it.

    `family` are all ids they are known by, as `people.merged.family_of` gives them.
    """
    events = Event.objects.filter(customer_id__in=family, occurred_at__lte=at).exclude(name__in=FOLDED)
    place = _read_place(after)
    if place:
        instant, seq, owner = place
        events = events.filter(
            Q(occurred_at__lt=instant)
            | Q(occurred_at=instant, customer_seq__lt=seq)
            | Q(occurred_at=instant, customer_seq=seq, customer_id__lt=owner)
        )
    rows = list(
        events.order_by("-occurred_at", "-customer_seq", "-customer_id").values_list(
            "name", "occurred_at", "subject_id", "payload", "customer_seq", "customer_id"
        )[: limit + 1]
    )
    shown = rows[:limit]
    about = [(row[5], row[2]) for row in shown if row[2] and row[0] in {"order.placed", "order.returned"}]
    whys = _whys(about)
    items = [
        TimelineItem(name, moment, subject_id, decode(name, payload), whys.get(subject_id or b""))
        for name, moment, subject_id, payload, _seq, _owner in shown
        if name in PAYLOADS
    ]
    last = shown[-1] if len(rows) > limit else None
    next_after = f"{last[1].isoformat()}~{last[4]}~{show_id(last[5])}" if last else ""
    return TimelinePage(items, next_after)


def _whys(about: Sequence[tuple[Id, Id]]) -> dict[Id, Why]:
    """Return the whys of orders and returns, each given with whose it is."""
    by_owner: dict[Id, list[Id]] = defaultdict(list)
    for owner, order_id in about:
        by_owner[owner].append(order_id)
    found: dict[Id, Why] = {}
    for owner, order_ids in by_owner.items():
        found |= read_whys(owner, order_ids=order_ids)
    return found


def _read_place(after: str) -> tuple[datetime, int, Id] | None:
    """Return the place an address names; one that makes no sense is the beginning."""
    instant, _, rest = after.partition("~")
    seq, _, owner = rest.partition("~")
    try:
        return read_instant(instant), read_whole(seq), parse_id(owner)
    except ValueError:
        return None


def read_orders(family: Sequence[Id], *, after: str = "", limit: int = ORDERS_PAGE) -> OrderPage:
    """Return a page of a person's orders with their lines and whys; `family` are all their ids."""
    orders = Order.objects.filter(customer_id__in=family)
    older_than = before_place(after)
    if older_than is not None:
        orders = orders.filter(older_than)
    rows = list(orders.order_by("-placed_at", "-id").values_list(*_ORDER)[: limit + 1])
    shown = rows[:limit]
    next_after = place_of(shown[-1][2], shown[-1][0]) if len(rows) > limit else ""
    return OrderPage(_order_views(shown), next_after)


def read_one_order(customer_id: Id, order_id: Id) -> list[OrderView]:
    """Return this order as it stands in the list of its customer's; empty where there is none."""
    rows = Order.objects.filter(customer_id=customer_id, id=order_id).values_list(*_ORDER)
    return _order_views(list(rows))


def _order_views(shown: list[Any]) -> list[OrderView]:
    owned = [(row[9], row[0]) for row in shown]
    lines, whys = _lines(owned), _whys(owned)
    stores = stores_by_id({row[3] for row in shown if row[3]})
    names = {store_id: store.name or store.number for store_id, store in stores.items()}
    counted = counted_currencies() if any(row[0] not in whys for row in shown) else ()
    return [
        OrderView(
            row[0], row[1], row[2], names.get(row[3] or b"", ""), row[4], row[5], row[6], row[7], row[8],
            lines=lines.get(row[0], []), why=whys.get(row[0]),
            not_judged=None if row[0] in whys else why_not_judged(row[5], counted),
        )
        for row in shown
    ]  # fmt: skip


def _lines(owned: Sequence[tuple[Id, Id]]) -> dict[Id, list[LineView]]:
    rows = select_matching(
        OrderLine,
        ("order_id", "product_id", "quantity_milli", "list_minor", "discount_minor", "net_minor"),
        ("customer_id", "order_id"),
        owned,
        order_by=("order_id", "number"),
    )
    products = {
        product_id: (name or number, category)
        for product_id, number, name, category in select_matching(
            Product,
            ("id", "number", "name", "category"),
            ("id",),
            [(one,) for one in sorted({row[1] for row in rows})],
        )
    }
    found: dict[Id, list[LineView]] = {}
    for order_id, product_id, *amounts in rows:
        name, category = products.get(product_id, ("", ""))
        found.setdefault(order_id, []).append(LineView(name, category, *amounts))
    return found
