"""The law of this room: however a story is told, in files or at the till, it comes out the same.

Where nothing comes late (one file, monthly files, the till) every table agrees to the last entry. Where
something does, the figures agree once corrected: balances, standings, tiers, and each order's points
with their why; the way there differs, since nothing that was posted is ever changed.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby, permutations
from random import Random

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.events.records import Recorded
from dangol.core.storage.ids import new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.rooms.rewards.consumers import accrue
from dangol.rooms.rewards.models import Accrual, Program, TierChange
from dangol.rooms.rewards.programs import RuleDraft, TermsDraft, supersede_tiers
from dangol.rooms.rewards.services import advance
from tests.rooms.rewards.shop import (
    BOTH,
    BREAD,
    BY_ORDERS,
    BY_POINTS,
    BY_VISITS,
    CALENDAR,
    EITHER,
    ICE,
    IDLE_TERMS,
    OPENED,
    OWN_RULES,
    OWN_TERMS,
    ROLLING,
    Bought,
    Brought,
    Telling,
    Told,
    open_program,
)
from tests.sizes import SIZE, drawn

pytestmark = pytest.mark.django_db(transaction=True)

YEAR = datetime(2025, 1, 1, 5, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CUSTOMERS = 3
MINUTE = timedelta(minutes=1)


def open_programs() -> None:
    """Open one program of each kind: all of them judge every order."""
    open_program(ROLLING, points_currency="R")
    open_program(
        CALENDAR, points_currency="C", terms=TermsDraft(0, Expiry.END_OF_MONTH, 1), zone="Asia/Seoul"
    )
    open_program(BY_POINTS, points_currency="P", terms=TermsDraft(3, Expiry.ROLLING_DAYS, 40))
    open_program(
        BY_ORDERS, points_currency="O", rules=[RuleDraft("Flat", 3, 100, multipliers={"gold": (2, 1)})]
    )
    open_program(BY_VISITS, points_currency="I", terms=IDLE_TERMS)
    open_program(
        OWN_TERMS, points_currency="T", rules=OWN_RULES, terms=TermsDraft(3, Expiry.ROLLING_MONTHS, 2)
    )
    open_program(
        OWN_TERMS, points_currency="L", rules=OWN_RULES,
        terms=TermsDraft(3, Expiry.ROLLING_MONTHS, 2, most_per_order=100),
    )  # fmt: skip
    open_program(BOTH, points_currency="B")
    open_program(EITHER, points_currency="E", zone="Asia/Seoul")
    changed = open_program(ROLLING, points_currency="M")
    supersede_tiers(changed, BY_ORDERS, at=YEAR + timedelta(days=180), recorded_at=OPENED)


def year_of(seed: int, *, orders: int = 80) -> list[Told]:
    """Make up a year: some twenty-five orders a customer, every fifth brought back in part or whole."""
    random = Random(seed)
    story: list[Told] = []
    for number in range(orders):
        at = YEAR + timedelta(minutes=random.randrange(365 * 24 * 60))
        amounts = {
            category: random.randrange(100, 12_000) for category in random.sample([ICE, BREAD, "GROCERY2"], 2)
        }
        discount = random.choice([0, 0, 0, 77])
        who = random.randrange(CUSTOMERS)
        story.append(Bought(who, f"{number}", at, amounts, discount, earns=number % 11 != 0))
        if number % 5 == 0:
            category, paid = next(iter(amounts.items()))
            back_at = at + timedelta(minutes=random.randrange(40 * 24 * 60))
            back = random.choice([paid, paid // 2])
            story.append(Brought(who, f"r{number}", back_at, {category: back}, f"{number}"))
    return sorted(story, key=lambda one: one.at)


def by_month(story: Sequence[Told]) -> list[list[Told]]:
    return [list(month) for _, month in groupby(story, key=lambda one: one.at.strftime("%Y-%m"))]


@pytest.mark.parametrize("seed", drawn([1, 2], one_in=2))
def test_year__one_file_monthly_files_and_the_till__same_to_the_last_entry(seed: int) -> None:
    open_programs()
    story = year_of(seed)
    yearly, monthly, on_time, till = (Telling(name, customers=CUSTOMERS) for name in "ymot")

    yearly.tell(story, recorded_at=NOW)
    for month in by_month(story):
        monthly.tell(month, recorded_at=NOW)
    for month in by_month(story):
        on_time.tell(month, recorded_at=month[-1].at)
        advance(as_of=month[-1].at)
    till.ring_up(story)
    advance(as_of=NOW)

    expected = yearly.outcome.in_full()
    assert {kind for _, _, kind, *_ in expected["transfers"]} >= {
        "earn",
        "post",
        "expire",
        "claw_back",
        "void",
    }
    assert {cause for _, _, _, _, _, cause, *_ in expected["tiers"]} == {"reached", "kept", "grace", "missed"}
    assert_same(monthly.outcome.in_full(), expected)
    assert_same(on_time.outcome.in_full(), expected)
    assert_same(till.outcome.in_full(), expected)


def assert_same(
    found: dict[str, list[tuple[object, ...]]], expected: dict[str, list[tuple[object, ...]]]
) -> None:
    for name, rows in expected.items():
        assert found[name] == rows, name


@pytest.mark.parametrize("seed", drawn([3, 4], one_in=2))
def test_year__told_in_any_order__same_as_it_stands(seed: int) -> None:
    open_programs()
    story = year_of(seed)
    yearly, shuffled, impatient = (Telling(name, customers=CUSTOMERS) for name in "ysi")
    random = Random(seed)

    yearly.tell(story, recorded_at=NOW)
    for part in shuffle(story, random, parts=9):
        shuffled.tell(part, recorded_at=NOW)
    for month in by_month(story):  # time moves up to today between two files of the past
        impatient.tell(month, recorded_at=NOW)
        advance(as_of=NOW)
    advance(as_of=NOW)

    expected = yearly.outcome.as_it_stands()
    assert_same(shuffled.outcome.as_it_stands(), expected)
    assert_same(impatient.outcome.as_it_stands(), expected)
    assert TierChange.objects.exclude(superseded_at=None).exists()
    assert Accrual.objects.filter(number__gt=1, is_return=False).exists()


def shuffle(story: Sequence[Told], random: Random, *, parts: int) -> list[list[Told]]:
    """Deal a story out to some files at random; goods never come back before their order is known."""
    place: dict[str, int] = {}
    files: list[list[Told]] = [[] for _ in range(parts)]
    for one in story:
        first = place[one.order] if isinstance(one, Brought) and one.order else 0
        place[one.number] = random.randrange(first, parts)
        files[place[one.number]].append(one)
    return [file for file in files if file]


instants = st.integers(0, 200 * 24 * 60 // 30).map(
    lambda half_hours: YEAR + timedelta(minutes=30 * half_hours)
)
purchases = st.tuples(
    st.integers(0, 1), instants, st.integers(0, 30_000), st.integers(0, 30_000), st.integers(0, 90),
    st.one_of(st.none(), st.tuples(st.integers(0, 60 * 48), st.integers(1, 4))),
)  # fmt: skip


def story_of(drawn: Sequence[tuple[int, datetime, int, int, int, tuple[int, int] | None]]) -> list[Told]:
    story: list[Told] = []
    for number, (who, at, ice, bread, discount, back) in enumerate(drawn):
        story.append(Bought(who, f"{number}", at, {ICE: ice, BREAD: bread}, min(discount, ice + bread)))
        if back:
            later, quarters = back
            amounts = {ICE: ice * quarters // 4}
            story.append(Brought(who, f"r{number}", at + timedelta(minutes=30 * later), amounts, f"{number}"))
    return sorted(story, key=lambda one: (one.at, one.number))


@settings(
    max_examples=SIZE.examples // 5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    drawn=st.lists(purchases, min_size=1, max_size=12),
    cuts=st.integers(1, 4),
    random=st.randoms(use_true_random=False),
)
def test_history__any_small_one_told_in_three_ways__same(
    drawn: list[tuple[int, datetime, int, int, int, tuple[int, int] | None]], cuts: int, random: Random
) -> None:
    if not Program.objects.exists():
        open_programs()
    story = story_of(drawn)
    name = new_id().hex()  # the database lives through all examples: each has sources of its own
    yearly, till, shuffled = (Telling(f"{way}{name}", customers=2) for way in "yts")

    yearly.tell(story, recorded_at=NOW)
    till.ring_up(story)
    for part in shuffle(story, random, parts=cuts):
        shuffled.tell(part, recorded_at=NOW)
    advance(as_of=NOW)

    expected = yearly.outcome.in_full()
    assert_same(till.outcome.in_full(), expected)
    assert_same(shuffled.outcome.as_it_stands(), yearly.outcome.as_it_stands())


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_orders_of_one_instant__heard_of_one_by_one_in_any_order__same(order: Sequence[int]) -> None:
    open_programs()
    # Many shops note only the day: which of these reaches silver goes by the shop's numbers.
    story = [Bought(0, f"{place}", YEAR, {BREAD: 19_000 + place}) for place in range(3)]
    yearly, till = (Telling(name, customers=1) for name in "yt")

    yearly.tell(story, recorded_at=NOW)
    till.ring_up([story[place] for place in order])
    advance(as_of=NOW)

    assert_same(till.outcome.as_it_stands(), yearly.outcome.as_it_stands())
    tiers = {row[3] for row in yearly.outcome.whys() if row[1] == "R"}
    assert tiers == {"member", "silver"}


def test_points_as_measure__corrected_order_was_brought_back__later_reviews_count_as_if_in_order() -> None:
    open_program(BY_POINTS)
    day = timedelta(days=1)
    known: list[Told] = [
        Bought(0, "a", YEAR + 10 * day, {BREAD: 10_000}),
        Brought(0, "r", YEAR + 25 * day, {BREAD: 5_000}, "a"),
    ]
    late, later = Bought(0, "late", YEAR, {BREAD: 50_000}), Bought(0, "b", YEAR + 100 * day, {BREAD: 100})
    yearly, monthly = (Telling(name, customers=1) for name in "ym")

    yearly.tell([late, *known, later], recorded_at=NOW)
    files: list[list[Told]] = [known, [late], [later]]
    for file in files:
        monthly.tell(file, recorded_at=NOW)

    # As silver "a" earned 125 on day 10 and lost 63 on day 25. The review on day 80 counts from day 21:
    # the correction of 12, on record on day 10, must not be taken for what that day and this one were.
    assert_same(monthly.outcome.as_it_stands(), yearly.outcome.as_it_stands())
    assert yearly.outcome.tiers()[-1][5:7] == ("missed", -63)


def test_accrue__the_only_order_handed_over_again__nothing_changes() -> None:
    open_programs()
    telling = Telling("t", customers=1)
    telling.ring_up([Bought(0, "1", YEAR, {BREAD: 25_000})])
    expected = telling.outcome.in_full()

    with write_transaction():
        accrue(recorded_orders())

    assert_same(telling.outcome.in_full(), expected)


def recorded_orders() -> list[Recorded]:
    """Return the orders and returns on the timeline, as a consumer is handed them."""
    return [
        Recorded(
            one.id, one.customer_id, one.customer_seq, one.name, one.subject_id, one.occurred_at,
            one.recorded_at, decode(one.name, one.payload),
        )
        for one in Event.objects.filter(name__startswith="order.")
    ]  # fmt: skip


def test_till__eight_ring_up_one_member_at_once__same_as_it_stands() -> None:
    open_programs()
    story = [one for one in year_of(8, orders=120) if one.who == 0 and isinstance(one, Bought)][:40]
    yearly, tills = (Telling(name, customers=1) for name in "yt")
    yearly.tell(story, recorded_at=NOW)

    with ThreadPoolExecutor(max_workers=8) as tellers:
        list(tellers.map(partial(ring_up_alone, tills), [story[place::8] for place in range(8)]))
    advance(as_of=NOW)

    assert_same(tills.outcome.as_it_stands(), yearly.outcome.as_it_stands())


def ring_up_alone(till: Telling, story: Sequence[Told]) -> None:
    """Ring up in a thread of its own, on a connection of its own."""
    try:
        till.ring_up(story)
    finally:
        connections.close_all()


@pytest.mark.parametrize("late", [False, True])
def test_accrue__events_handed_over_again__nothing_changes(late: bool) -> None:
    open_programs()
    story = year_of(5, orders=40)
    telling = Telling("t", customers=CUSTOMERS)
    if late:
        for part in shuffle(story, Random(5), parts=5):
            telling.tell(part, recorded_at=NOW)
    else:
        telling.tell(story, recorded_at=NOW)
    advance(as_of=NOW)
    expected = telling.outcome.in_full()
    recorded = Event.objects.count()
    events = recorded_orders()

    with write_transaction():
        accrue(events[len(events) // 2 :])
        accrue(events)

    assert_same(telling.outcome.in_full(), expected)
    assert Event.objects.count() == recorded


def test_tell__same_file_again__nothing_changes() -> None:
    open_programs()
    story = year_of(6, orders=30)
    telling = Telling("t", customers=CUSTOMERS)
    telling.tell(story, recorded_at=NOW)
    advance(as_of=NOW)
    expected = telling.outcome.in_full()

    telling.tell(story, recorded_at=NOW + timedelta(days=1))

    assert_same(telling.outcome.in_full(), expected)


@pytest.mark.parametrize("days", [100, -100], ids=["in-order", "late"])
def test_record_sales__ten_orders_or_many__same_number_of_statements(days: int) -> None:
    open_program(ROLLING)
    counts = []
    # What a few customers need is read together, and some of it ahead: their number may differ, and no other.
    sizes = (10, 1_000, 1_500) if SIZE.soak else (10, 500, 700)
    for size in sizes:
        telling = Telling(f"{size}", customers=size // 5)
        told = [n % (size // 5) for n in range(size)]
        first = [Bought(who, f"a{n}", YEAR + n * MINUTE, {ICE: 9_000}) for n, who in enumerate(told)]
        start = YEAR + timedelta(days=days)
        second: list[Told] = [
            Bought(who, f"b{n}", start + n * MINUTE, {ICE: 9_000, BREAD: 50}) for n, who in enumerate(told)
        ]
        second += [
            Brought(who, f"r{n}", start + timedelta(days=1) + n * MINUTE, {ICE: 90}, f"b{n}")
            for n, who in enumerate(told)
        ]
        telling.tell(first, recorded_at=NOW)

        with CaptureQueriesContext(connection) as captured:
            telling.tell(second, recorded_at=NOW)
        counts.append(len(captured))

    assert counts[1] == counts[2]
    assert abs(counts[0] - counts[1]) <= 5
    assert Accrual.objects.filter(is_return=True, points__lt=0).count() == sum(sizes)
