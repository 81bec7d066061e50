"""Points that wait for their order: delivered or confirmed, and after so many days at the latest."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dangol.core.commerce.models import OrderMilestone
from dangol.core.events.models import Event
from dangol.core.ledger.models import Lot, LotOpening
from dangol.core.ledger.selectors import Balance
from dangol.core.ledger.services import settle_due, spend_points
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.domain.milestones import Milestone
from dangol.rooms.rewards.checking import InvalidRule
from dangol.rooms.rewards.openings import open_of_orders
from dangol.rooms.rewards.programs import RuleDraft, TermsDraft
from tests.rooms.rewards.shop import BREAD, ICE, Bought, Brought
from tests.rooms.rewards.waiting import DAY, HAD, KEPT, LATEST, MARCH, ZONE, broken, open_shop, opened
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_confirmed__points_wait_for_it__they_open_then_once_and_by_an_entry_of_their_own() -> None:
    shop = open_shop()
    shop.buy("a")
    assert shop.balance() == Balance(0, 100, 0)
    assert list(Lot.objects.values_list("awaits", "release_at")) == [("confirmed", LATEST)]

    assert shop.come("a", MARCH + 3 * DAY) is True

    assert shop.balance() == Balance(100, 0, 0)
    assert opened() == [(MARCH + 3 * DAY, 100)]
    [opening] = LotOpening.objects.all()
    assert (opening.awaited, opening.was_at, opening.release_at) == ("confirmed", LATEST, MARCH + 3 * DAY)
    assert opening.subject_id == shop.order("a").id
    spend_points(
        shop.telling.customer_ids[0], points=100, currency="P", key="s", at=MARCH + 4 * DAY, reason="tea"
    )
    assert broken() == set()


def test_confirmed__told_twice__opens_once_and_stays_as_first_told() -> None:
    shop = open_shop()
    shop.buy("a")
    shop.come("a", MARCH + 3 * DAY)

    assert shop.come("a", MARCH + 5 * DAY) is False

    assert opened() == [(MARCH + 3 * DAY, 100)]
    assert OrderMilestone.objects.get().at == MARCH + 3 * DAY
    assert Event.objects.filter(name="order.confirmed").count() == 1


def test_confirmed__never__opens_on_the_last_day() -> None:
    shop = open_shop()
    shop.buy("a")

    settle_due(as_of=LATEST - timedelta(seconds=1))
    assert shop.balance() == Balance(0, 100, 0)
    settle_due(as_of=LATEST)

    assert shop.balance() == Balance(100, 0, 0)
    assert opened() == [(LATEST, 100)]
    assert not LotOpening.objects.exists()


def test_confirmed__after_the_last_day__has_nothing_left_to_open() -> None:
    shop = open_shop()
    shop.buy("a")
    settle_due(as_of=LATEST)

    shop.come("a", LATEST + DAY)

    assert opened() == [(LATEST, 100)]
    assert not LotOpening.objects.exists()
    assert broken() == set()


def test_confirmed__the_night_is_late__still_opens_with_the_last_day() -> None:
    shop = open_shop()
    shop.buy("a")

    shop.come("a", LATEST + 2 * DAY)

    assert opened() == [(LATEST, 100)]
    assert broken() == set()


def test_delivered__of_two_rules__opens_what_waits_for_it_alone() -> None:
    shop = open_shop(KEPT, HAD)
    shop.buy("a", ice=5_000)
    assert shop.balance() == Balance(0, 250, 0)

    shop.come("a", MARCH + DAY, Milestone.DELIVERED)
    assert shop.balance() == Balance(100, 150, 0)

    shop.come("a", MARCH + 4 * DAY)
    assert opened() == [(MARCH + DAY, 100), (MARCH + 4 * DAY, 150)]
    assert broken() == set()


def test_confirmed__not_told_of_the_delivery__opens_what_waits_for_that_too() -> None:
    shop = open_shop(HAD)
    shop.buy("a", amount=0, ice=5_000)

    shop.come("a", MARCH + 4 * DAY)

    assert shop.balance() == Balance(100, 0, 0)
    assert LotOpening.objects.get().awaited == "delivered"
    assert broken() == set()


def test_confirmed__another_order__is_not_touched() -> None:
    shop = open_shop()
    shop.buy("a")
    shop.buy("b", MARCH + DAY, 7_000)
    shop.buy("c", MARCH, 3_000, who=1)

    shop.come("a", MARCH + 3 * DAY)

    assert (shop.balance(), shop.balance(1)) == (Balance(100, 70, 0), Balance(0, 30, 0))


def test_confirmed__all_came_back__nothing_opens() -> None:
    shop = open_shop()
    shop.buy("a")
    shop.telling.ring_up([Brought(0, "r", MARCH + DAY, {BREAD: 10_000}, "a", is_undo=True)])

    shop.come("a", MARCH + 3 * DAY)

    assert shop.balance() == Balance(0, 0, 0)
    assert opened() == []
    assert broken() == set()


def test_confirmed__some_came_back__what_is_left_opens_and_comes_back_after_it() -> None:
    shop = open_shop()
    shop.buy("a", ice=4_000)
    shop.telling.ring_up([Brought(0, "r", MARCH + DAY, {ICE: 4_000}, "a")])
    assert shop.balance() == Balance(0, 100, 0)

    shop.come("a", MARCH + 3 * DAY)
    assert opened() == [(MARCH + 3 * DAY, 100)]

    shop.telling.ring_up([Brought(0, "r2", MARCH + 5 * DAY, {BREAD: 10_000}, "a")])
    assert shop.balance() == Balance(0, 0, 0)
    assert broken() == set()


def test_confirmed__no_points_open_before_a_day__they_open_on_it() -> None:
    opening_day = date(2025, 3, 10)
    shop = open_shop(terms=TermsDraft(0, Expiry.ROLLING_MONTHS, 6, opens_on=opening_day))
    shop.buy("a")

    shop.come("a", MARCH + 3 * DAY)
    assert shop.balance() == Balance(0, 100, 0)
    shop.come("a", MARCH + 4 * DAY, Milestone.DELIVERED)

    first = datetime(2025, 3, 10, tzinfo=ZONE).astimezone(UTC)
    settle_due(as_of=first - timedelta(seconds=1))
    assert opened() == []
    settle_due(as_of=first)
    assert opened() == [(first, 100)]
    assert broken() == set()


def test_confirmed__before_the_points_are_corrected__what_is_given_later_opens_at_once() -> None:
    rule = KEPT._replace(multipliers={"silver": (2, 1)})
    shop = open_shop(rule)
    shop.buy("b", MARCH + 5 * DAY)
    shop.come("b", MARCH + 6 * DAY)
    assert shop.balance() == Balance(100, 0, 0)

    # A late purchase makes it one by a silver member.
    shop.telling.tell([Bought(0, "a", MARCH, {BREAD: 20_000})], recorded_at=MARCH + 8 * DAY)

    assert shop.balance() == Balance(200, 200, 0)
    assert broken() == set()


def test_confirmed__by_inactivity__the_end_is_counted_from_the_opening_that_was() -> None:
    terms = TermsDraft(0, Expiry.INACTIVITY, 1, ("purchase",))
    shop = open_shop(KEPT._replace(pending_days=60), terms=terms)
    shop.buy("a")
    assert Lot.objects.get().expires_at == datetime(2025, 5, 1, tzinfo=ZONE).astimezone(UTC)

    shop.come("a", MARCH + 3 * DAY)

    assert Lot.objects.get().expires_at == datetime(2025, 4, 2, tzinfo=ZONE).astimezone(UTC)
    assert broken() == set()


def test_confirmed__buyer_owes_points__the_debt_is_paid_from_what_opens() -> None:
    shop = open_shop(KEPT, RuleDraft("Now", 1, 100, category=ICE))
    shop.buy("a", amount=0, ice=3_000)
    one = shop.telling.customer_ids[0]
    spend_points(one, points=30, currency="P", key="s", at=MARCH + DAY, reason="tea")
    shop.telling.ring_up([Brought(0, "r", MARCH + 2 * DAY, {ICE: 3_000}, "a")])
    assert shop.balance() == Balance(-30, 0, 30)
    shop.buy("b", MARCH + 3 * DAY)

    shop.come("b", MARCH + 4 * DAY)

    assert shop.balance() == Balance(70, 0, 0)
    assert broken() == set()


def test_open_of_orders__nothing_has_come__changes_nothing() -> None:
    shop = open_shop()
    shop.buy("a")
    order = shop.order("a")

    with write_transaction():
        open_of_orders([(order.customer_id, order.id)], recorded_at=MARCH + DAY)

    assert shop.balance() == Balance(0, 100, 0)


def test_verify__an_opening_was_written_behind_its_back__is_found() -> None:
    shop = open_shop()
    shop.buy("a")
    shop.come("a", MARCH + 3 * DAY)
    assert broken() == set()

    Lot.objects.update(release_at=MARCH + 2 * DAY)

    assert broken() == {"lot.opening"}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (KEPT._replace(pending_days=None), "pending_days"),
        (KEPT._replace(pending_days=0), "pending_days"),
        (KEPT._replace(awaits="shipped"), "awaits"),
    ],
)
def test_create_program__a_rule_that_waits_for_ever_or_for_nothing__is_refused(
    rule: RuleDraft, field: str
) -> None:
    with pytest.raises(InvalidRule) as refused:
        open_shop(rule)

    assert refused.value.data["field"] == field


def test_confirmed__at_once_with_the_night_and_itself__opens_once() -> None:
    shop = open_shop()
    numbers = [str(number) for number in range(6)]
    for number in numbers:
        shop.buy(number)

    refused = together(
        [
            *(lambda number=number: shop.come(number, LATEST + DAY) for number in numbers * 2),
            *[lambda: settle_due(as_of=LATEST + DAY)] * 2,
        ]
    )

    assert refused == []
    assert opened() == [(LATEST, 100)] * 6
    assert OrderMilestone.objects.count() == 6
    assert broken() == set()


def test_confirmed__by_several_at_once_before_the_last_day__opens_once() -> None:
    shop = open_shop()
    shop.buy("a")

    refused = together([lambda: shop.come("a", MARCH + DAY)] * 6)

    assert refused == []
    assert opened() == [(MARCH + DAY, 100)]
    assert Event.objects.filter(name="order.confirmed").count() == 1
    assert broken() == set()
