"""The overview's figures are the shop's own, and a room that recorded nothing has no tile."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F
from django.test import Client

from dangol.core.commerce.models import Order
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.people.models import Customer
from dangol.core.people.services import resolve_customers
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.models import TierChange
from dangol.web.formats import format_money, format_number
from dangol.web.periods import make_period, read_days
from dangol.web.reads.overview import read_happenings, read_point_flow, read_purchases, read_spend_by_column
from tests.plans import plan_of, sorts
from tests.web.story import CURRENCY, NOW, Story, open_shop, set_working

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("days", "starts_at", "before_starts_at", "before_ends_at", "columns", "whole"),
    [
        # Clocks went back on 1 November 2026: midnight was at 04:00 UTC before it, at 05:00 after.
        (7, "2026-11-16T05:00Z", "2026-11-09T05:00Z", "2026-11-15T18:24Z", 7, [0, 1, 2, 3, 4, 5]),
        (30, "2026-10-24T04:00Z", "2026-09-24T04:00Z", "2026-10-23T17:24Z", 5, [1, 2, 3]),
        (90, "2026-08-25T04:00Z", "2026-05-27T04:00Z", "2026-08-24T17:24Z", 13, list(range(1, 12))),
    ],
)
def test_make_period__length__begins_at_the_shop_s_midnight(
    days: int,
    starts_at: str,
    before_starts_at: str,
    before_ends_at: str,
    columns: int,
    whole: list[int],
) -> None:
    period = make_period(days, at=NOW, zone=NEW_YORK)

    assert period.starts_at == datetime.fromisoformat(starts_at)
    assert period.before_starts_at == datetime.fromisoformat(before_starts_at)
    assert period.before_ends_at == datetime.fromisoformat(before_ends_at)
    assert len(period.columns) == columns
    assert period.columns[0].starts_at == period.starts_at
    assert period.columns[-1].ends_at > period.ends_at
    assert period.whole(range(columns)) == whole
    for earlier, later in pairwise(period.columns):
        assert earlier.ends_at == later.starts_at


@pytest.mark.parametrize(("text", "days"), [("7", 7), ("90", 90), ("31", 30), ("x", 30), (None, 30)])
def test_read_days__address__only_what_is_offered(text: str | None, days: int) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize("days", [7, 30, 90])
def test_overview__purchases__equal_a_count_by_hand(days: int, clerk: Client, story: Story) -> None:
    period = make_period(days, at=NOW, zone=NEW_YORK)
    orders = list(Order.objects.values_list("customer_id", "placed_at", "net_minor"))

    now, before = read_purchases(period, "USD")

    for found, (start, end) in (
        (now, (period.starts_at, period.ends_at)),
        (before, (period.before_starts_at, period.before_ends_at)),
    ):
        within = [one for one in orders if start <= one[1] <= end]
        buyers = [one[0] for one in within]
        assert found.orders == len(within)
        assert found.spend_minor == sum(one[2] for one in within)
        assert found.buyers == len(set(buyers))
        assert found.repeat_buyers == sum(buyers.count(one) > 1 for one in set(buyers))
    assert sum(read_spend_by_column(period, "USD")) == now.spend_minor
    page = re.sub(r"<[^>]+>", "", clerk.get(f"/?days={days}").content.decode())
    assert format_money(now.spend_minor, "USD") in page
    assert f"주문 {now.orders}건" in page


@pytest.mark.parametrize("days", [7, 30, 90])
def test_overview__points__columns_add_up_to_the_tiles(days: int, clerk: Client, story: Story) -> None:
    period = make_period(days, at=NOW, zone=NEW_YORK)
    transfers = Transfer.objects.filter(occurred_at__gte=period.starts_at, occurred_at__lte=NOW)

    flow = read_point_flow(period, CURRENCY)

    for kind in ("earn", "expire", "spend"):
        by_hand = sum(transfers.filter(kind=kind).values_list("points", flat=True))
        assert flow.now[kind] == sum(column.get(kind, 0) for column in flow.columns) == by_hand
        assert len(flow.whole_columns) < len(flow.columns)
    page = re.sub(r"<[^>]+>", "", clerk.get(f"/?days={days}").content.decode())
    assert f"{format_number(flow.now['earn'])}P" in page


def test_overview__points_that_lapse_soon__named_with_their_owners(clerk: Client, story: Story) -> None:
    soon = [
        one
        for one in Lot.objects.filter(left__gt=0, is_pending=False, expires_at__isnull=False)
        # Today is 22 November; what can last be used on the 29th ends with it, at New York's midnight.
        if one.expires_at and NOW < one.expires_at <= datetime.fromisoformat("2026-11-30T05:00Z")
    ]

    page = clerk.get("/").content.decode()

    assert f"{format_number(sum(one.left for one in soon))}P가 7일 안에 사라져요" in page
    owners = len({one.customer_id for one in soon})
    assert f"회원 {owners}명" in page
    assert f"회원 {owners}명" in clerk.get("/members?soon=1").content.decode()


def test_overview__tiles__each_with_a_caption_of_its_own(clerk: Client, story: Story) -> None:
    page = clerk.get("/?days=90").content.decode()

    heads = [
        re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r'<h2 class="t-head"[^>]*>(.*?)</h2>', page)
    ]
    assert heads == [
        "회원이 가진 포인트", "구매 금액", "두 번 이상 산 회원", "한 번이라도 산 회원", "적립한 포인트",
        "쓴 포인트", "사라진 포인트",
    ]  # fmt: skip


def test_overview__only_members__has_no_tile_and_no_chart(clerk: Client, still_clock: datetime) -> None:
    open_shop()
    set_working()
    with write_transaction():
        resolve_customers("external", ["1"], recorded_at=NOW)

    page = clerk.get("/").content.decode()

    assert 'class="card tile' not in page
    assert '<svg class="chart"' not in page
    assert "사라져요" not in page


def test_overview__nothing_at_all__says_how_to_begin(clerk: Client, still_clock: datetime) -> None:
    open_shop()

    page = clerk.get("/").content.decode()
    assert 'class="btn" href="/import"' in page
    assert 'id="h-tiers"' not in page


@pytest.mark.parametrize("days_ago", [0, 20, 110])
@pytest.mark.parametrize("limit", [1, 8, 500])
def test_read_happenings__any_limit__the_latest_of_all_kinds(story: Story, days_ago: int, limit: int) -> None:
    at = NOW - timedelta(days=days_ago)
    moves = TierChange.objects.exclude(from_level=F("to_level"))
    by_hand = [
        *(("tier", moved_at) for moved_at in moves.values_list("at", flat=True)),
        *(("joined", one) for one in Customer.objects.values_list("joined_at", flat=True) if one),
        *(("order", placed_at) for placed_at in Order.objects.values_list("placed_at", flat=True)),
    ]
    latest = sorted((one for one in by_hand if one[1] <= at), key=lambda one: one[1])[::-1]

    found = read_happenings(at=at, limit=limit)

    assert [one.at for one in found] == [moment for _, moment in latest[:limit]]
    assert {(one.kind, one.at) for one in found} <= set(latest)
    if limit == 500 and not days_ago:
        assert {one.kind for one in found} == {"order", "joined", "tier"}


@pytest.mark.parametrize("table", ["dg_tier_change", "dg_customer", "dg_order"])
def test_read_happenings__however_much_has_happened__reads_the_latest_only(story: Story, table: str) -> None:
    assert not sorts(plan_of(lambda: read_happenings(at=NOW, limit=3), table))
