"""The shop's purchases as the tables of `insight`."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar

import ibis
from django.conf import settings

from dangol.core.commerce.bought import SCHEMA as BOUGHT, read_bought
from dangol.core.commerce.categories import SCHEMA as SPENT, read_categories
from dangol.core.commerce.days import SCHEMA, read_days
from dangol.insight.engine import Engine, Limits, open_engine, with_fallback

T = TypeVar("T")
logger = logging.getLogger(__name__)

# What is older says little of what is bought next.
LOOK_BACK_DAYS = 730
# A pair of customer and product takes some 100 bytes: these bounds keep the models within 1 GB.
MOST_PAIRS, MOST_PRODUCTS = 5_000_000, 20_000


class Purchases:
    """All purchases up to now, by day, product and category. A table is made when it is first asked for."""

    def __init__(self, engine: Engine, currency: str, as_of: date) -> None:
        self._engine = engine
        self._currency = currency
        self._as_of = as_of

    @cached_property
    def days(self) -> ibis.Table:
        """The daily rollup in the shop's currency: a row for each customer and day, no day twice."""
        rows = self._engine.gather(read_days(self._currency), SCHEMA)
        summed = rows.group_by("customer", "day").agg(
            orders=rows.orders.sum().cast("int32"), amount_minor=rows.amount_minor.sum().cast("int64")
        )
        return self._engine.keep(summed)

    @cached_property
    def items(self) -> ibis.Table:
        """Who bought which product on which day, within two years: `customer`, `item`, `day`, no row twice.

        Within bounds: where there are more than 20,000 products those most bought, and where there are more
        than 5 million pairs of customer and product those of the customers who came last.
        """
        rows = self._bought
        buyers = rows.group_by("item").agg(buyers=rows.customer.nunique())
        rows = rows.semi_join(buyers.order_by(ibis.desc("buyers"), "item").limit(MOST_PRODUCTS), "item")
        own = rows.group_by("customer").agg(pairs=rows.item.nunique(), last=rows.day.max())
        upto = ibis.window(order_by=[ibis.desc(own.last), own.customer], preceding=None, following=0)
        kept = own.mutate(total=own.pairs.sum().over(upto)).filter(lambda one: one.total <= MOST_PAIRS)
        return self._engine.keep(rows.semi_join(kept, "customer"))

    @cached_property
    def categories(self) -> ibis.Table:
        """What each customer spent in which of the widest categories; a pair may come several times."""
        return self._engine.gather(read_categories(self._currency, as_of=self._as_of), SPENT)

    @cached_property
    def left_out(self) -> dict[str, int]:
        """How many customers and products the bounds of `items` leave out, by the name on a card."""
        before, after = (
            self._engine.read(
                rows.agg(customers_left_out=rows.customer.nunique(), products_left_out=rows.item.nunique())
            ).to_pylist()[0]
            for rows in (self._bought, self.items)
        )
        return {name: before[name] - after[name] for name in before}

    @cached_property
    def _bought(self) -> ibis.Table:
        rows = self._engine.gather(read_bought(since=self._as_of - timedelta(days=LOOK_BACK_DAYS)), BOUGHT)
        return self._engine.keep(rows.filter(rows.day <= ibis.date(self._as_of)).distinct())


def reckon(currency: str, *, as_of: date, work: Callable[[Purchases], T]) -> tuple[T, str | None]:
    """Return what `work` makes of all purchases up to the end of a day of the shop's, and why it was DuckDB.

    It is done on the instance's engine (`DANGOL_ENGINE`) or, if that is gone, anew on DuckDB: it must write
    nothing. The reason is None where the engine has answered.
    """
    found, gone = with_fallback(
        settings.ENGINE or None, _limits(), lambda engine: work(Purchases(engine, currency, as_of))
    )
    if gone:
        logger.warning("the cluster did not answer, all was reckoned on this machine: %s", gone)
    return found, gone


def engine_here() -> AbstractContextManager[Engine]:
    """Open DuckDB for what this process has at hand: tables too small to be worth a cluster."""
    return open_engine(None, _limits())


def rows_here(table: ibis.Table) -> list[dict[str, Any]]:
    """Return the rows of a table that is of no engine: `insight` made it of what this process has at hand.

    Asked by itself, such a table would be asked of a connection that all threads share.
    """
    with engine_here() as here:
        rows: list[dict[str, Any]] = here.read(table).to_pylist()
    return rows


def _limits() -> Limits:
    return Limits(settings.HOME / "scratch")
