"""Points that nobody bought last as long as bought ones: longer in a tier that lets them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.ledger.models import Lot
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.programs import find_program
from dangol.rooms.rewards.selectors import terms_in
from dangol.rooms.rewards.services import TierRow, set_tiers
from tests.rooms.rewards.event_rules import shop as rule_shop
from tests.rooms.rewards.promotions.shop import AT
from tests.rooms.rewards.referrals import shop as referral_shop
from tests.rooms.rewards.stamps import shop as stamp_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
DAY = timedelta(days=1)
# The end of the next year, and half a year more: seen from Seoul.
USUAL, LONGER = datetime(2027, 12, 31, 15, tzinfo=UTC), datetime(2028, 6, 30, 15, tzinfo=UTC)


def by_referral(member: Id) -> None:
    referral_shop.program()
    friend = referral_shop.join("friend")
    referral_shop.bring(member, friend)
    referral_shop.buy(friend, "1")


def by_stamps(member: Id) -> None:
    stamp_shop.stamp(member, stamp_shop.program(), 10)


def by_event(member: Id) -> None:
    rule_shop.rule()
    rule_shop.review(member)


def let_be_vip(member: Id, at: datetime, held_until: datetime | None = None) -> None:
    with write_transaction():
        rows = [TierRow(member, "vip", at, held_until)]
        assert set_tiers(rows, program_id=find_program().id, recorded_at=at) == [None]


@pytest.mark.parametrize("give", [by_referral, by_stamps, by_event])
@pytest.mark.parametrize(("is_vip", "end"), [(False, USUAL), (True, LONGER)])
def test_gift__in_a_tier_whose_points_last_longer__so_does_it(
    give: Callable[[Id], None], is_vip: bool, end: datetime
) -> None:
    (member,) = referral_shop.open_shop("minji")
    if is_vip:
        let_be_vip(member, AT - DAY)

    give(member)

    assert list(Lot.objects.filter(customer_id=member).values_list("expires_at", flat=True)) == [end]
    assert referral_shop.broken() == []


def test_event_rule__own_expiry_in_such_a_tier__lasts_longer_by_the_tier() -> None:
    (member,) = referral_shop.open_shop("minji")
    let_be_vip(member, AT - DAY)
    rule_shop.rule(expiry="rolling_days", expiry_count=7)

    rule_shop.review(member)

    # The end of 4 December, and six months.
    assert Lot.objects.get().expires_at == datetime(2027, 6, 4, 15, tzinfo=UTC)


def test_terms_in__a_tier_that_ends_between_two_gifts__each_goes_by_its_own_instant() -> None:
    member, other = referral_shop.open_shop("minji", "jun")
    let_be_vip(member, AT - DAY, held_until=AT + DAY)
    gifts = [(member, AT + 2 * DAY), (other, AT), (member, AT), (member, AT)]

    found = terms_in(find_program(), gifts)

    assert [one.extra_months for one in found] == [0, 0, 6, 6]
