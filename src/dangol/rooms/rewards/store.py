"""Loading what judging needs and saving what it decided: a constant number of statements a batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from dangol.core.people.models import Customer
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_rows, select_matching, table, read_rows, update_rows
from dangol.domain.accrual import Part
from dangol.domain.calendars import day_of
from dangol.domain.membership import Earned
from dangol.domain.tiers import Cause, History, Measure, Standing, TierRules, Window
from dangol.rooms.rewards.models import Accrual, AccrualPart, Membership, TierChange
from dangol.rooms.rewards.programs import Running

STANDING = ("level", "since", "held_until", "in_grace", "judged_to", "next_review_at")
TOTALS = ("order_count", "spend_minor", "first_order_at", "last_order_at")
ACCRUAL = (
    "customer_id", "order_id", "number", "about_id", "program_id", "is_return", "at", "recorded_at",
    "tier", "net_minor", "points", "zero", "transfer_id", "lot_id",
)  # fmt: skip
PART = ("customer_id", "order_id", "accrual_number", "number", *Part._fields)
CHANGE = (
    "customer_id", "id", "program_id", "tiers_version", "at", "recorded_at", "from_level", "to_level",
    "cause", "value", "threshold", "window_from", "held_until",
)  # fmt: skip


class Totals(NamedTuple):
    """What a member has bought in all."""

    order_count: int = 0
    spend_minor: int = 0
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None


@dataclass(slots=True)
class Known:
    """A member as recorded."""

    standing: Standing = Standing()
    judged_to: datetime | None = None
    totals: Totals = Totals()
    is_new: bool = True


@dataclass(slots=True)
class OrderAccruals:
    """What has been decided about an order so far: how often, and which lots hold how many of its points."""

    number: int = 0
    lots: list[list[Id | int]] = field(default_factory=list)


def load_known(program_id: Id, customer_ids: Iterable[Id]) -> dict[Id, Known]:
    """Return the memberships of these customers; one who has none yet gets a blank one."""
    known = {customer_id: Known() for customer_id in customer_ids}
    for customer_id, level, since, held_until, in_grace, judged_to, _, *totals in select_matching(
        Membership,
        ("customer_id", *STANDING, *TOTALS),
        ("customer_id", "program_id"),
        [(customer_id, program_id) for customer_id in known],
    ):
        standing = Standing(level, since, held_until, in_grace)
        known[customer_id] = Known(standing, judged_to, Totals(*totals), is_new=False)
    return known


def earliest_counted(rules: TierRules, known: Iterable[Known], first: datetime) -> datetime | None:
    """Return from when amounts can still count for reviews and purchases from `first` on; None: ever."""
    if rules.window is Window.LIFETIME:
        return None
    days = rules.window_size * (1 if rules.window is Window.ROLLING else 2 * 31) + rules.grace_days + 2
    instants = [one.standing.held_until for one in known if one.standing.held_until]
    return min([first, *instants]) - timedelta(days=days)


def load_histories(running: Running, customer_ids: Sequence[Id], since: datetime | None) -> dict[Id, History]:
    """Return what counts towards the tiers of these customers, from `since` on."""
    measure = running.rules.tiers.measure
    if measure is Measure.TENURE or not customer_ids:
        return {}
    where, params = "t.program_id = %s", [program_param(running.id)]
    if since is not None:
        where += ' AND t."at" >= %s'
        params.append(instant_param(since))
    amounts: dict[Id, list[tuple[datetime, int]]] = defaultdict(list)
    for customer_id, at, number, is_return, net_minor, points in select_matching(
        Accrual,
        ("customer_id", "at", "number", "is_return", "net_minor", "points"),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where=where,
        params=params,
    ):
        amount = {
            Measure.SPEND: net_minor,
            Measure.POINTS: points,
            Measure.ORDERS: int(number == 1 and not is_return),
        }[measure]
        amounts[customer_id].append((at, amount))
    return {customer_id: History(found) for customer_id, found in amounts.items()}


def program_param(value: Id) -> object:
    """Return an id as the driver takes it in a WHERE clause."""
    return value.hex() if connection.vendor == "postgresql" else bytearray(value)


def instant_param(value: datetime) -> object:
    """Return an instant as the driver takes it in a WHERE clause."""
    return value if connection.vendor == "postgresql" else value.replace(tzinfo=None).isoformat(" ")


def load_order_accruals(keys: Sequence[tuple[Id, Id]]) -> dict[Id, OrderAccruals]:
    """Return what is recorded about these (customer, order) pairs, by order."""
    found: dict[Id, OrderAccruals] = defaultdict(OrderAccruals)
    for order_id, number, points, lot_id in select_matching(
        Accrual,
        ("order_id", "number", "points", "lot_id"),
        ("customer_id", "order_id"),
        keys,
        order_by=("customer_id", "order_id", "number"),
    ):
        one = found[order_id]
        one.number = number
        if points > 0 and lot_id:
            one.lots.append([lot_id, points])
        elif points < 0:
            take_from_lots(one, -points)
    return found


def take_from_lots(order: OrderAccruals, points: int) -> list[tuple[Id, int]]:
    """Return from which of the order's lots `points` are to be taken back, oldest first, and note it."""
    taken = []
    for pair in order.lots:
        lot_id, left = pair
        assert isinstance(lot_id, bytes)
        assert isinstance(left, int)
        if part := min(left, points):
            pair[1] = left - part
            points -= part
            taken.append((lot_id, part))
    return taken


def load_earned(keys: Sequence[tuple[Id, Id]]) -> dict[Id, Earned]:
    """Return how the points of these (customer, order) pairs stand: the parts of their latest judgement."""
    tiers = dict(
        select_matching(
            Accrual, ("order_id", "tier"), ("customer_id", "order_id"), keys, where="t.number = 1"
        )
    )
    parts: dict[Id, dict[int, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for order_id, accrual_number, *values in select_matching(
        AccrualPart,
        ("order_id", "accrual_number", *Part._fields),
        ("customer_id", "order_id"),
        keys,
        order_by=("customer_id", "order_id", "accrual_number", "number"),
    ):
        parts[order_id][accrual_number].append(Part(*values))
    return {
        order_id: Earned(tier, tuple(parts[order_id][max(parts[order_id])]) if parts[order_id] else ())
        for order_id, tier in tiers.items()
    }


def load_points(program_id: Id, customer_ids: Sequence[Id]) -> dict[Id, dict[tuple[Id, Id | None], int]]:
    """Return, for each customer, the points recorded by (what they are about, order)."""
    found: dict[Id, dict[tuple[Id, Id | None], int]] = defaultdict(lambda: defaultdict(int))
    for customer_id, about_id, order_id, is_return, points in select_matching(
        Accrual,
        ("customer_id", "about_id", "order_id", "is_return", "points"),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where="t.program_id = %s",
        params=[program_param(program_id)],
    ):
        alone = is_return and about_id == order_id
        found[customer_id][about_id, None if alone else order_id] += points
    return found


def load_changes(program_id: Id, customer_ids: Sequence[Id]) -> dict[Id, list[tuple[object, ...]]]:
    """Return each customer's standing moves that hold, in time order: id, at, from, to, cause, held until."""
    found: dict[Id, list[tuple[object, ...]]] = defaultdict(list)
    for customer_id, *rest in select_matching(
        TierChange,
        ("customer_id", "id", "at", "from_level", "to_level", "cause", "held_until"),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where="t.program_id = %s AND t.superseded_at IS NULL",
        params=[program_param(program_id)],
        order_by=("customer_id", "at", "id"),
    ):
        found[customer_id].append(tuple(rest))
    return found


def load_joined_on(customer_ids: Iterable[Id], zone: ZoneInfo) -> dict[Id, date]:
    """Return the shop's day on which each of these customers joined; who has not joined is left out."""
    rows = select_matching(
        Customer,
        ("customer_id", "joined_at"),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where="t.joined_at IS NOT NULL",
    )
    return {customer_id: day_of(joined_at, zone) for customer_id, joined_at in rows}


def save_memberships(
    program_id: Id, rows: Mapping[Id, tuple[object, ...]], known: Mapping[Id, Known]
) -> None:
    """Write the standings and totals; each row is in the order of STANDING and TOTALS."""
    names = (*STANDING, *TOTALS)
    fresh = [(key, program_id, *row) for key, row in rows.items() if known[key].is_new]
    changed = [(key, program_id, *row) for key, row in rows.items() if not known[key].is_new]
    insert_rows(Membership, ("customer_id", "program_id", *names), fresh)
    update_rows(Membership, ("customer_id", "program_id"), names, changed)


def due_members(program_id: Id, *, as_of: datetime, limit: int) -> list[Id]:
    """Return members whose standing is due for a review by `as_of`, soonest first."""
    rows = read_rows(
        Membership,
        ("customer_id",),
        f"SELECT customer_id FROM {table(Membership)}"  # noqa: S608 - our own table
        " WHERE program_id = %s AND next_review_at IS NOT NULL AND next_review_at <= %s"
        " ORDER BY next_review_at LIMIT %s",
        [program_param(program_id), instant_param(as_of), limit],
    )
    return [customer_id for (customer_id,) in rows]


def is_grant(cause: object) -> bool:
    """Say whether a move was made by hand."""
    return cause == Cause.GRANTED.value
