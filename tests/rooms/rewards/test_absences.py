"""Who left earns no more: what they buy is theirs, earns nothing and says why, however it is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.models import OrderNumber
from dangol.core.commerce.services import place_orders
from dangol.core.ledger import invariants
from dangol.core.ledger.verify import verify
from dangol.core.people.absences import begin_absences, end_absences
from dangol.core.people.services import make_guests
from dangol.core.storage.transactions import write_transaction
from dangol.domain.membership import Zero
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.models import Accrual
from dangol.rooms.rewards.services import advance
from dangol.rooms.rewards.simulations import find_simulation, run_simulation, simulate
from tests.rooms.rewards.shop import BREAD, Bought, Brought, Telling, Told, open_program
from tests.rooms.rewards.test_same_result import assert_same, open_programs

pytestmark = pytest.mark.django_db(transaction=True)
MARCH = datetime(2024, 3, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)
LEFT, BACK = MARCH + 2 * DAY, MARCH + 5 * DAY
STORY: tuple[Told, ...] = (
    Bought(0, "before", MARCH, {BREAD: 10_000}),
    Bought(0, "at once", LEFT, {BREAD: 5_000}),
    Bought(0, "away", LEFT + DAY, {BREAD: 20_000}),
    Brought(0, "r", LEFT + 2 * DAY, {BREAD: 5_000}, "away"),
    Bought(0, "again", BACK, {BREAD: 3_000}),
    Bought(1, "another", LEFT + DAY, {BREAD: 4_000}),
)


def leave(telling: Telling) -> None:
    with write_transaction():
        begin_absences(telling.customer_ids[:1], at=LEFT)


def join_again(telling: Telling) -> None:
    with write_transaction():
        end_absences({telling.customer_ids[0]: BACK}, recorded_at=BACK)


def as_it_happens(telling: Telling, story: Sequence[Told] = STORY) -> None:
    """Tell each thing at its own instant, leaving and joining among them."""
    telling.ring_up([one for one in story if one.at < LEFT])
    leave(telling)
    telling.ring_up([one for one in story if LEFT <= one.at < BACK])
    join_again(telling)
    telling.ring_up([one for one in story if one.at >= BACK])


def zeros(telling: Telling) -> dict[str, tuple[int, str]]:
    """Return what each order earned at first, and why nothing."""
    mine = telling.customer_ids
    names = dict(OrderNumber.objects.filter(customer_id__in=mine).values_list("order_id", "number"))
    rows = Accrual.objects.filter(customer_id__in=mine, is_return=False, number=1)
    return {names[one.order_id]: (one.points, one.zero) for one in rows}


def broken() -> list[str]:
    findings = verify([*invariants.checks(), *rewards.checks()])
    return [one.check.name for one in findings if not one.is_kept]


def test_purchase__of_who_left__earns_nothing_until_they_are_back() -> None:
    open_program()
    telling = Telling("t", customers=2)

    as_it_happens(telling)

    earned = zeros(telling)
    assert earned["before"] == (100, "")
    assert earned["at once"] == earned["away"] == (0, Zero.LEFT)
    # What is theirs counts for the tier, as any order that earns nothing does: 300.00 are silver.
    assert earned["again"] == (37, "")
    assert earned["another"] == (40, "")
    [back] = Accrual.objects.filter(is_return=True)
    assert (back.points, back.zero) == (0, Zero.NOTHING_LEFT)


def test_story_with_leaving__till_file_and_late__same_result_and_nothing_broken() -> None:
    open_programs()
    till, file, late = (Telling(name, customers=2) for name in ("till", "file", "late"))
    as_it_happens(till)
    for other in (file, late):
        leave(other)
        join_again(other)
    file.tell(STORY, recorded_at=BACK + DAY)
    for one in sorted(STORY, key=lambda one: (isinstance(one, Brought), -one.at.timestamp())):
        late.tell([one], recorded_at=BACK + DAY)

    advance(as_of=BACK + DAY)

    assert_same(till.outcome.in_full(), file.outcome.in_full())
    assert_same(late.outcome.as_it_stands(), file.outcome.as_it_stands())
    assert broken() == []


def test_late_order__from_before_they_left__earns_though_they_are_away() -> None:
    open_program()
    telling = Telling("t", customers=1)
    leave(telling)

    telling.tell([Bought(0, "late", LEFT - DAY, {BREAD: 1_000})], recorded_at=LEFT + DAY)

    assert zeros(telling) == {"late": (10, "")}


def test_guest_s_order__bought_while_away__earns_nothing_when_it_is_claimed_later() -> None:
    open_program()
    telling = Telling("t", customers=1)
    leave(telling)
    with write_transaction():
        [guest] = make_guests(1, recorded_at=MARCH)
        order = telling.order(Bought(0, "a", LEFT + DAY, {BREAD: 1_000}))
        place_orders([order._replace(customer_id=guest, is_guest=True)], recorded_at=LEFT + DAY)
    join_again(telling)

    claim_guest_order(source="t", number="a", customer_id=telling.customer_ids[0], recorded_at=BACK + DAY)

    assert zeros(telling) == {"a": (0, Zero.LEFT)}


def test_simulation__of_the_rules_as_published__is_the_ledger_and_names_who_left() -> None:
    program_id = open_program()
    as_it_happens(Telling("t", customers=2))
    at = BACK + DAY

    asked = simulate(program_id, None, since=MARCH, until=at, asked_by="", at=at)
    run_simulation(asked.id, at=at, report=lambda done, total: None)

    result = find_simulation(asked.id).result
    assert result is not None
    assert result.unlike_ledger == 0
    assert result.points_before == result.points_after == 100 + 37 + 40
    assert result.left_out == {"left": 2}


def test_purchase__of_who_left__takes_the_statements_of_anybody_s() -> None:
    open_program()
    telling = Telling("t", customers=2)
    telling.ring_up([Bought(0, "a", MARCH, {BREAD: 100}), Bought(1, "b", MARCH, {BREAD: 100})])
    leave(telling)
    counts = []
    for who in (0, 1):
        with CaptureQueriesContext(connection) as sent:
            telling.ring_up([Bought(who, f"c{who}", LEFT + DAY, {BREAD: 5_000})])
        counts.append(len(sent))

    assert counts[0] <= counts[1]
