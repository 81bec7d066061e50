"""A tier that only the members of a segment reach: up as they come in, and whoever asks about the segment."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import Event
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS
from dangol.core.ledger.verify import verify
from dangol.core.people.merges import merge_customers
from dangol.core.people.shops import set_shop
from dangol.core.segments.services import archive_segment
from dangol.core.storage.ids import Id, new_id
from dangol.domain.errors import DomainError
from dangol.project.checks import all_checks
from dangol.rooms.rewards.gates import tiers_asking
from dangol.rooms.rewards.models import TierChange
from dangol.rooms.rewards.programs import supersede_tiers
from dangol.rooms.rewards.selectors import standings_of
from dangol.rooms.rewards.simulations import find_simulation, run_simulation, simulate
from dangol.rooms.rewards.stays import stays_of
from tests.core.ledger.shop import let_worker_by
from tests.core.segments.shop import MARKETER, bought, catch_up, come, inside, make_segment
from tests.rooms.rewards.shop import BREAD, LEVELS, ROLLING, Bought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MARCH = datetime(2025, 3, 1, 15, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
GATED = ROLLING._replace(levels=(*LEVELS[:2], LEVELS[2]._replace(gate="regulars")))


@pytest.fixture
def program() -> Id:
    set_shop(name="골목 가게", zone="America/New_York", currency="USD", region="KR")
    make_segment("regulars", bought(2), at=MARCH - DAY)
    return open_program(GATED)


def one_customer() -> Telling:
    telling = Telling("s", customers=1)
    telling.customer_ids = come("A", at=MARCH - DAY)
    return telling


def tier(telling: Telling, at: datetime) -> str:
    owner = telling.customer_ids[0]
    return standings_of([owner], as_of=at)[owner].tier.key


def test_gate__enough_spent_and_then_in_the_segment__gold_from_that_instant(program: Id) -> None:
    shop = one_customer()
    shop.ring_up([Bought(0, "1", MARCH, {BREAD: 60_000})])
    catch_up(MARCH + MINUTE)
    owner = shop.customer_ids[0]
    before = standings_of([owner], as_of=MARCH + MINUTE)[owner]
    assert (before.tier.key, before.next_closed, before.missing) == ("silver", True, 0)

    shop.ring_up([Bought(0, "2", MARCH + DAY, {BREAD: 1_000})])
    assert tier(shop, MARCH + DAY) == "silver"
    catch_up(MARCH + DAY + MINUTE)

    assert inside("regulars") == {owner}
    entered = Event.objects.get(customer_id=owner, name="segment.entered")
    lifted = TierChange.objects.filter(customer_id=owner).order_by("at").last()
    assert lifted is not None
    assert (lifted.to_level, lifted.cause, lifted.at) == (
        2,
        "reached",
        entered.occurred_at + timedelta(microseconds=1),
    )
    assert tier(shop, MARCH + 2 * DAY) == "gold"
    assert [one.check.name for one in verify(all_checks()) if not one.is_kept] == []


def test_gate__put_up_when_they_are_in_already__opens_as_the_version_begins() -> None:
    set_shop(name="골목 가게", zone="America/New_York", currency="USD", region="KR")
    make_segment("regulars", bought(2), at=MARCH - DAY)
    dear = ROLLING._replace(levels=(*LEVELS[:2], LEVELS[2]._replace(threshold=900_000)))
    program, shop = open_program(dear), one_customer()
    shop.ring_up([Bought(0, str(number), MARCH + number * MINUTE, {BREAD: 30_000}) for number in range(2)])
    catch_up(MARCH + DAY)
    assert tier(shop, MARCH + DAY) == "silver"

    supersede_tiers(program, GATED, at=MARCH + 2 * DAY, recorded_at=MARCH + DAY)
    catch_up(MARCH + 3 * DAY)

    lifted = TierChange.objects.order_by("at").last()
    assert lifted is not None
    assert (lifted.to_level, lifted.at) == (2, MARCH + 2 * DAY)


def test_gate__late_order_judged_anew_and_replayed__comes_to_the_same(program: Id) -> None:
    shop = one_customer()
    shop.ring_up([Bought(0, "1", MARCH, {BREAD: 60_000}), Bought(0, "2", MARCH + DAY, {BREAD: 1_000})])
    catch_up(MARCH + DAY + MINUTE)
    assert tier(shop, MARCH + 2 * DAY) == "gold"
    told = list(TierChange.objects.order_by("at").values_list("at", "to_level", "cause"))

    shop.tell([Bought(0, "late", MARCH + DAY - MINUTE, {BREAD: 500})], recorded_at=MARCH + 3 * DAY)

    held = TierChange.objects.filter(superseded_at=None).order_by("at")
    assert list(held.values_list("at", "to_level", "cause")) == told
    asked = simulate(
        program, None, since=MARCH - DAY, until=MARCH + 4 * DAY, asked_by="mina", at=MARCH + 5 * DAY
    )
    run_simulation(asked.id, at=MARCH + 5 * DAY, report=lambda done, total: None)
    result = find_simulation(asked.id).result
    assert result is not None
    assert (result.unlike_ledger, result.tiers[2].members_before) == (0, 1)


def test_gate__of_who_became_part_of_another__is_asked_of_who_goes_on(program: Id) -> None:
    shop = Telling("s", customers=2)
    shop.customer_ids = come("A", "B", at=MARCH - DAY)
    kept, absorbed = shop.customer_ids
    shop.ring_up([Bought(1, "1", MARCH, {BREAD: 30_000}), Bought(1, "2", MARCH, {BREAD: 1_000})])
    shop.ring_up([Bought(0, "3", MARCH + MINUTE, {BREAD: 25_000})])
    catch_up(MARCH + DAY)
    assert inside("regulars") == {absorbed}

    merge_customers(kept, absorbed, actor=MARKETER, reason="one person", at=MARCH + 2 * DAY)
    catch_up(MARCH + 2 * DAY + MINUTE)

    assert inside("regulars") == {kept}
    assert tier(shop, MARCH + 3 * DAY) == "gold"
    assert [one.check.name for one in verify(all_checks()) if not one.is_kept] == []


def test_gate__held_by_who_became_part_of_another__is_held_on(program: Id) -> None:
    shop = Telling("s", customers=2)
    shop.customer_ids = come("A", "B", at=MARCH - DAY)
    kept, absorbed = shop.customer_ids
    shop.ring_up([Bought(1, str(number), MARCH, {BREAD: 30_000}) for number in range(2)])
    shop.ring_up([Bought(0, "3", MARCH + MINUTE, {BREAD: 1_000})])
    catch_up(MARCH + DAY)

    merge_customers(kept, absorbed, actor=MARKETER, reason="one person", at=MARCH + 2 * DAY)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert tier(shop, MARCH + 2 * DAY) == "gold"


def test_stays_of__among_much_else__are_found_by_an_index_of_their_own(program: Id) -> None:
    owner = one_customer().customer_ids[0]
    Event.objects.bulk_create(
        Event(
            customer_id=owner, customer_seq=1_000 + number, id=new_id(), name="app.opened",
            occurred_at=MARCH, recorded_at=MARCH, payload="{}", position=1_000 + number,
        )
        for number in range(3_000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE dg_event")
    with CaptureQueriesContext(connection) as asked:
        assert stays_of(["regulars"], [owner]) == {}

    word = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{word} {asked[-1]['sql']}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert len(asked) == 1
    assert "dg_event_stay" in plan


def test_archive__segment_that_a_tier_is_for__is_refused_and_says_so(program: Id) -> None:
    assert len(tiers_asking("regulars")) == 1
    assert tiers_asking("strangers") == []

    with pytest.raises(DomainError) as refused:
        archive_segment("regulars", actor=MARKETER, at=MARCH)

    assert refused.value.code.startswith("segments.")
