"""Points that do not pay: told before a code or a limit is taken, also where the sale goes on without."""

import pytest

from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.coupons.batches import BatchDraft, create_batch
from dangol.rooms.rewards.coupons.holding import issue
from dangol.rooms.rewards.coupons.models import BatchKind, CouponCode, CouponUse
from dangol.rooms.rewards.promotions.limits import left_of
from dangol.rooms.rewards.promotions.models import Redemption
from dangol.rooms.rewards.promotions.sales import SaleView, reserve
from dangol.rooms.rewards.promotions.tendering import TenderNotTaken
from tests.rooms.rewards.promotions.shop import AT, TENDER, asked, cart, give, offer, open_shop, percent

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def shop_with(points: int) -> tuple[Id, Id, str]:
    """Open a shop with a promotion of one use and a coupon of the customer's own."""
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, points)
    once = offer(percent(10), name="한 번", limits={"uses": 1})
    coded = offer(percent(5), name="쿠폰", needs_code=True)
    batch = create_batch(
        BatchDraft(coded, "쿠폰", BatchKind.UNIQUE, "FALL-####-####-####-####", 2), by="주인", at=AT
    )
    return kim, once, issue(batch, kim, "first", at=AT)


def sell(kim: Id, code: str, points: int) -> SaleView:
    """Hold two coffees; where points do not pay, without them, as a till does in one transaction."""
    wares = cart(("coffee", 5_000, 2))
    with write_transaction():
        try:
            return reserve(asked(wares, kim, codes=(code,), pay_points=points), at=AT)
        except TenderNotTaken:
            return reserve(asked(wares, kim, codes=(code,)), at=AT)


@pytest.mark.parametrize("points", [500, 3_000])
def test_reserve__points_that_do_not_pay__take_no_code_and_no_limit(points: int) -> None:
    kim, once, code = shop_with(2_000)

    sale = sell(kim, code, points)

    assert (sale.tender_points, sale.discount_minor) == (0, 1_450)
    assert left_of([once])[once].uses == 0
    assert Redemption.objects.filter(promotion_id=once).count() == 1
    assert CouponUse.objects.count() == 1
    assert CouponCode.objects.get(customer_id=kim).used_count == 1
