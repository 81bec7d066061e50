"""Sales whose time is over go free by themselves, and one that cannot holds up no other."""

from datetime import timedelta

import pytest

from dangol.rooms.rewards.promotions.models import Sale, SaleState
from dangol.rooms.rewards.promotions.sales import find_sale, reserve
from dangol.rooms.rewards.promotions.time_outs import SalesStuck, release_due
from tests.rooms.rewards.promotions.shop import AT, TENDER, asked, cart, give, offer, open_shop, percent

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_release_due__a_sale_that_cannot_be_let_go__holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kim, lee = open_shop("kim", "lee", tender=TENDER)
    give(kim, 2_000)
    offer(percent(10))
    wares = cart(("coffee", 5_000, 2))
    stuck = reserve(asked(wares, kim, pay_points=1_000), at=AT)
    other = reserve(asked(wares, lee), at=AT + timedelta(seconds=1))
    # A transfer that is not there: as after a damaged restore.
    Sale.objects.filter(id=stuck.id).update(spend_id=bytes(16))
    late = AT + timedelta(hours=1)

    seen: list[int] = []
    with pytest.raises(SalesStuck):
        release_due(as_of=late, page=1, report=seen.append)

    # Page by page, each sale once.
    assert seen == [0, 1]

    assert find_sale(other.id).state == SaleState.TIMED_OUT
    assert find_sale(stuck.id).state == SaleState.RESERVED
    assert "cannot be let go" in caplog.text
