"""Spending of a pool, and giving back: of whose points it was, each by a transfer of their own."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Sum

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.services import Order, apply, require_currency, reverse_transfer
from dangol.core.ledger.store import load_wallets_by_kind
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import day_of, first_of_period, start_of_day
from dangol.domain.households import Holding, PooledLot, draw, give_back, require_spender, require_within
from dangol.domain.points import NothingToReverse, Spend
from dangol.domain.wallet import Wallet
from dangol.rooms.rewards.households.errors import KeyReused, NotInOne, UnknownSpending
from dangol.rooms.rewards.households.events import HouseholdSpent
from dangol.rooms.rewards.households.models import (
    HouseholdMember,
    HouseholdShare,
    HouseholdSpending,
)
from dangol.rooms.rewards.households.services import lock_household, membership_of
from dangol.rooms.rewards.households.settings import read_settings


class Wanted(NamedTuple):
    """So many points of a kind, for what: `key` names the spending for good."""

    points: int
    currency: str
    key: str
    reason: str = ""
    subject_id: Id | None = None


class Spent(NamedTuple):
    """A spending of a pool, and what each gave for it; `repeated` where it was there before."""

    id: Id
    points: int
    given: Mapping[Id, int]
    repeated: bool = False


def spend_of_pool(customer_id: Id, wanted: Wanted, *, at: datetime) -> Spent:
    """Let a member spend points of their household: soonest to lapse first, whoever they are of.

    Raises NotInOne, HouseholdClosed, NotTheHead, NotShared, PoolLimit, InsufficientPoints, UnknownCurrency or
    KeyReused; then nothing is spent.
    """
    require_currency(wanted.currency)
    with write_transaction():
        customer_id = resolve_merged([customer_id])[customer_id]
        household_id, sharing = _lock_pool(customer_id)
        if earlier := _find_repeated(customer_id, wanted):
            return earlier
        holdings = read_holdings(sharing, wanted.currency, at=at)
        given = draw(holdings, wanted.points)
        others = wanted.points - given.get(customer_id, 0)
        _require_within(customer_id, wanted.currency, others, at)
        spending_id = new_id()
        moved = _spend_each(spending_id, given, wanted, at)
        _keep(customer_id, household_id, spending_id, wanted, given, moved, at)
    return Spent(spending_id, wanted.points, given)


def _lock_pool(customer_id: Id) -> tuple[Id, list[Id]]:
    """Lock who is in somebody's household; returns it, and whose points they may spend."""
    row = membership_of(customer_id)
    if row is None:
        raise NotInOne()
    household, joined = lock_household(row.household_id, also=[customer_id])
    own = next((one for one in joined if one.id == row.id), None)
    if own is None:
        raise NotInOne()
    _require_spender(own, is_head=household.head_id == customer_id)
    return household.id, [one.customer_id for one in joined if one.shares]


def _require_spender(own: HouseholdMember, *, is_head: bool) -> None:
    require_spender(read_settings().as_terms(), is_head=is_head, shares=own.shares)


def read_holdings(customer_ids: list[Id], currency: str, *, at: datetime) -> dict[Id, Holding]:
    """Return what these members could spend at an instant: their open lots, and what they owe."""
    return read_holdings_by_kind(customer_ids, [currency], at=at)[currency]


def read_holdings_by_kind(
    customer_ids: list[Id], currencies: list[str], *, at: datetime
) -> dict[str, dict[Id, Holding]]:
    """Return what these members could spend of each kind of points, as `read_holdings` does, in one read."""
    found = load_wallets_by_kind(customer_ids, currencies)
    return {
        one: {owner: _holding(wallet, at) for owner, wallet in wallets.items()}
        for one, wallets in found.items()
    }


def _holding(wallet: Wallet, at: datetime) -> Holding:
    # In memory only: what has come due by then counts, and is booked by who books.
    wallet.settle(at)
    lots = [lot for lot in wallet.lots.values() if lot.left and lot.is_open(at)]
    return Holding(tuple(PooledLot(*lot.burn_order, lot.left) for lot in lots), wallet.debt)


def _require_within(customer_id: Id, currency: str, wanted: int, at: datetime) -> None:
    terms = read_settings().as_terms()
    if terms.most_a_month is None or not wanted:
        return
    used = used_since(customer_id, currency, since=_month_of(at, shop().tz))
    require_within(terms, used=used, wanted=wanted)


def used_since(customer_id: Id, currency: str, *, since: datetime) -> int:
    """Return how many points of others somebody has spent since, as whoever they were merged with too."""
    spent = HouseholdSpending.objects.filter(
        customer_id__in=family_of(customer_id), currency=currency, at__gte=since
    )
    return int(spent.aggregate(points=Sum("of_others"))["points"] or 0)


def _month_of(at: datetime, zone: ZoneInfo) -> datetime:
    return start_of_day(first_of_period(day_of(at, zone), 1), zone)


def _find_repeated(customer_id: Id, wanted: Wanted) -> Spent | None:
    row = HouseholdSpending.objects.filter(customer_id=customer_id, key=wanted.key).first()
    if row is None:
        return None
    if (row.points, row.currency, row.subject_id) != (wanted.points, wanted.currency, wanted.subject_id):
        raise KeyReused(key=wanted.key)
    given = HouseholdShare.objects.filter(spending_id=row.id).values_list("customer_id", "points")
    return Spent(row.id, row.points, dict(given), repeated=True)


def _spend_each(spending_id: Id, given: Mapping[Id, int], wanted: Wanted, at: datetime) -> dict[Id, Id]:
    """Spend each one's part; returns the transfers."""
    key = f"household:{spending_id.hex()}"
    orders = [
        Order(owner, Spend(key, at, points, wanted.reason or "household", wanted.subject_id))
        for owner, points in given.items()
    ]
    results = apply(orders, wanted.currency, recorded_at=at)
    for result in results:
        if result.refusal:
            raise result.refusal
    return {
        order.customer_id: result.transfer_id
        for order, result in zip(orders, results, strict=True)
        if result.transfer_id
    }


def _keep(
    customer_id: Id,
    household_id: Id,
    spending_id: Id,
    wanted: Wanted,
    given: Mapping[Id, int],
    moved: Mapping[Id, Id],
    at: datetime,
) -> None:
    own = given.get(customer_id, 0)
    HouseholdSpending.objects.create(
        customer_id=customer_id, id=spending_id, household_id=household_id, currency=wanted.currency,
        points=wanted.points, of_others=wanted.points - own, key=wanted.key, at=at, recorded_at=at,
        reason=wanted.reason, subject_id=wanted.subject_id,
    )  # fmt: skip
    HouseholdShare.objects.bulk_create(
        HouseholdShare(
            customer_id=owner, spending_id=spending_id, transfer_id=moved[owner], points=given[owner]
        )
        for owner in sorted(given)
    )
    told = {customer_id: own, **given}
    record_batch(
        [
            Draft(owner, _told(owner == customer_id, wanted, points), at, spending_id)
            for owner, points in sorted(told.items())
        ],
        recorded_at=at,
    )


def _told(is_spender: bool, wanted: Wanted, own: int) -> HouseholdSpent:
    return HouseholdSpent("spender" if is_spender else "giver", wanted.currency, wanted.points, own)


def give_back_to_pool(
    spending_id: Id, points: int | None, *, key: str, at: datetime, reason: str = ""
) -> dict[Id, int]:
    """Give points of a spending back to whose they were, in proportion; None: all that is not back yet.

    They go to the lots they came from, with their old expiry, also to who has left meanwhile. Raises
    UnknownSpending or NothingToReverse.
    """
    with write_transaction():
        shares = list(HouseholdShare.objects.filter(spending_id=spending_id).order_by("customer_id"))
        if not shares:
            raise UnknownSpending(spending=show_id(spending_id))
        lock_customers(one.customer_id for one in shares)
        if earlier := _find_given_back(shares, key):
            return earlier
        back = give_back(_left_of(shares), points)
        for one in shares:
            if part := back.get(one.customer_id):
                reverse_transfer(
                    one.customer_id, transfer_id=one.transfer_id, points=part, key=key, at=at, reason=reason
                )
    return back


def _find_given_back(shares: list[HouseholdShare], key: str) -> dict[Id, int]:
    rows = Transfer.objects.filter(
        customer_id__in=[one.customer_id for one in shares], key=key,
        reverses_id__in=[one.transfer_id for one in shares],
    )  # fmt: skip
    return dict(rows.values_list("customer_id", "points"))


def _left_of(shares: list[HouseholdShare]) -> dict[Id, int]:
    """Return how many of the points each gave are not back yet."""
    rows = Transfer.objects.filter(
        customer_id__in=[one.customer_id for one in shares],
        reverses_id__in=[one.transfer_id for one in shares],
    )  # fmt: skip
    taken = dict(rows.order_by().values_list("reverses_id").annotate(Sum("points")))
    left = {one.customer_id: one.points - taken.get(one.transfer_id, 0) for one in shares}
    if not any(left.values()):
        raise NothingToReverse(requested=0, left=0)
    return left
