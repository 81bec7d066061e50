"""What pages ask of programs: where members stand, what they lack, why, and what rules have paid."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.ledger.models import Transfer
from dangol.core.storage.ids import Id, random_id
from dangol.domain.accrual import Part
from dangol.rooms.rewards.programs import UnknownProgram
from dangol.rooms.rewards.selectors import (
    count_active,
    count_by_tier,
    list_programs,
    points_by_rule,
    standings_of,
)
from dangol.rooms.rewards.services import advance, set_tier
from dangol.rooms.rewards.whys import accruals_of, whys_of
from tests.rooms.rewards.shop import (
    BREAD,
    BY_ORDERS,
    BY_VISITS,
    CALENDAR,
    ICE,
    ROLLING,
    Bought,
    Brought,
    Telling,
    open_program,
)

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2025, 1, 10, 17, tzinfo=UTC)
DAY = timedelta(days=1)


def buy(*amounts: int, every: timedelta = DAY) -> tuple[Telling, Id]:
    """Let one member buy bread for these amounts, one after the other."""
    telling = Telling("t", customers=1)
    story = [Bought(0, f"{n}", AT + n * every, {BREAD: amount}) for n, amount in enumerate(amounts)]
    telling.tell(story, recorded_at=AT + 300 * DAY)
    return telling, telling.customer_ids[0]


def test_standings_of__newcomer__lowest_tier_and_all_is_missing() -> None:
    open_program(ROLLING)
    newcomer = random_id()

    standing = standings_of([newcomer], as_of=AT)[newcomer]

    assert standing.tier.key == "member"
    assert standing.next is not None
    assert (standing.value, standing.next.key, standing.missing) == (0, "silver", 20_000)
    assert (standing.to_keep, standing.keep_by, standing.next_review_at) == (0, None, None)


def test_standings_of__silver_on_a_rolling_window__says_what_is_missing_and_what_keeps() -> None:
    open_program(ROLLING)
    _, member = buy(15_000, 9_000, 3_000, every=20 * DAY)

    standing = standings_of([member], as_of=AT + 41 * DAY)[member]

    assert (standing.tier.key, standing.value, standing.missing) == ("silver", 27_000, 23_000)
    # Reached on 30 January, held 60 days: to the end of 30 March in New York. Then only the third order
    # still counts (from 31 January on), so 170.00 more is needed to stay.
    assert standing.held_until == datetime(2025, 3, 31, 4, tzinfo=UTC)
    assert (standing.to_keep, standing.keep_by) == (17_000, standing.held_until)


def test_standings_of__a_review_is_due_but_nobody_has_held_it__shown_as_it_is_by_then() -> None:
    open_program(ROLLING)
    _, member = buy(30_000)

    standing = standings_of([member], as_of=AT + 61 * DAY)[member]
    advance(as_of=AT + 61 * DAY)

    assert standing.in_grace
    assert standing == standings_of([member], as_of=AT + 61 * DAY)[member]


def test_standings_of__grace_after_a_quarter__counts_what_was_done_in_it() -> None:
    open_program(CALENDAR)
    telling, member = buy(21_000)  # silver to the end of June
    telling.tell([Bought(0, "q2", AT + 120 * DAY, {BREAD: 18_000})], recorded_at=AT + 300 * DAY)
    now = datetime(2025, 7, 5, 12, tzinfo=UTC)

    standing = standings_of([member], as_of=now)[member]

    assert (standing.tier.key, standing.in_grace, standing.value) == ("silver", True, 0)
    assert (standing.to_keep, standing.keep_by) == (2_000, datetime(2025, 7, 16, 4, tzinfo=UTC))


def test_standings_of__orders_as_measure__counts_orders_of_the_month() -> None:
    open_program(BY_ORDERS)
    _, member = buy(1, 1, 1)

    standing = standings_of([member], as_of=AT + 3 * DAY)[member]

    assert (standing.unit, standing.tier.key, standing.value, standing.missing) == ("orders", "silver", 3, 3)


def test_standings_of__visits_as_measure__counts_days_and_says_what_is_lacking() -> None:
    open_program(BY_VISITS)
    _, member = buy(1, 1, 1, 1, 1, every=DAY / 2)

    standing = standings_of([member], as_of=AT + 5 * DAY)[member]

    assert (standing.unit, standing.tier.key, standing.value, standing.missing) == ("visits", "silver", 3, 2)
    later = standings_of([member], as_of=AT + 60 * DAY)[member]
    assert (later.keep_by, later.to_keep) == (standing.held_until, 3)


def test_standings_of__three_members_or_thirty__same_number_of_statements() -> None:
    open_program(ROLLING)
    counts = []
    for size in (3, 30):
        members = [random_id() for _ in range(size)]
        for member in members:
            set_tier(member, tier="silver", at=AT, recorded_at=AT)
        with CaptureQueriesContext(connection) as captured:
            standings_of(members, as_of=AT + DAY)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_standings_of__no_program__is_refused() -> None:
    with pytest.raises(UnknownProgram):
        standings_of([random_id()], as_of=AT)
    assert list_programs() == []


def test_whys_of__earning_opening_and_a_return__lead_to_the_same_order_with_its_arithmetic() -> None:
    open_program(ROLLING)
    telling, member = buy(25_000)
    telling.tell(
        [
            Bought(0, "ice", AT + DAY, {ICE: 999}),
            Brought(0, "r", AT + 2 * DAY, {ICE: 500}, "ice"),
        ],
        recorded_at=AT + 3 * DAY,
    )
    advance(as_of=AT + 30 * DAY)
    transfers = list(Transfer.objects.filter(customer_id=member))

    whys = whys_of(member, [one.id for one in transfers])

    by_kind = {(one.kind, (one.occurred_at - AT) // DAY): whys[one.id].points for one in transfers}
    # 9.99: as silver 9.99 × 5/4 = 12.48, down to 12; groceries 9.99 / 0.50 = 19.98, down to 19. Of 5.00
    # brought back remain 4.99: 6.23 and 9.98, so 6 and 9: 16 of 31 go.
    assert by_kind == {
        ("earn", 0): 250, ("earn", 1): 31, ("void", 2): -16, ("post", 13): 250, ("post", 14): 31,
    }  # fmt: skip
    (_, void) = sorted(
        accruals_of([(member, whys[one.id].order_id) for one in transfers if one.kind == "void"]),
        key=lambda why: why.number,
    )
    assert [one.rule_name for one in void.parts] == ["Base", "Grocery"]
    assert [one.part.points for one in void.parts_before] == [12, 19]
    assert void.parts[0].part == Part(
        void.parts[0].part.rule_id, 1, 499, 1, 100, 5, 4, "down", 6,
    )  # fmt: skip
    (portion,) = void.portions
    assert (portion.rule, portion.points, portion.lot.left) == (None, void.points, 15)


def test_counts_and_rule_totals__a_small_shop__add_up() -> None:
    open_program(ROLLING)
    telling = Telling("t", customers=3)
    telling.tell(
        [
            Bought(0, "1", AT, {BREAD: 25_000}),
            Bought(1, "2", AT + DAY, {ICE: 1_000}),
            Bought(1, "3", AT + 40 * DAY, {ICE: 1_000}),
            Brought(1, "4", AT + 41 * DAY, {ICE: 1_000}, "2"),
        ],
        recorded_at=AT + 50 * DAY,
    )

    assert [(tier.key, members) for tier, members in count_by_tier()] == [
        ("member", 1),
        ("silver", 1),
        ("gold", 0),
    ]
    assert count_active(start=AT, end=AT + DAY) == 1
    assert count_active(start=AT, end=AT + 100 * DAY) == 2
    assert {(one.rule_name, one.points, one.order_count) for one in points_by_rule()} == {
        ("Base", 260, 3), ("Grocery", 20, 2),
    }  # fmt: skip
    later = points_by_rule(start=AT + 41 * DAY)
    assert {(one.rule_name, one.points, one.order_count) for one in later} == {
        ("Base", -10, 0),
        ("Grocery", -20, 0),
    }
