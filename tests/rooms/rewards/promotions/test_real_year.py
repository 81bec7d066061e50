"""A grocer's real year of coupon campaigns at the checkout, to the cent and to the point."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from dangol.core.commerce.models import Order, OrderLine, Product, Return, ReturnLine
from dangol.core.ledger.models import Account, Transfer
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id
from dangol.domain.promotions.effects import Reason
from dangol.project.checks import all_checks
from dangol.rooms.rewards.promotions.asking import ask
from dangol.rooms.rewards.promotions.documents import discounts_of, keep_answer
from dangol.rooms.rewards.promotions.models import Redemption
from dangol.rooms.rewards.promotions.sales import SaleView, find_sale
from tests.rooms.rewards.promotions import journey
from tests.rooms.rewards.promotions.year import (
    POINTS,
    PRODUCE,
    PRODUCE_RATE_MINOR,
    RATE_MINOR,
    Sold,
    Year,
    open_shop,
)
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HOUSEHOLDS = 60 if SIZE.soak else 2
# So many of the carts that were sold are asked about again.
EVERY = 30 if SIZE.soak else 12
PAGE = Path(__file__).parents[4] / "docs" / "algorithms" / "coupon-year.md"


def test_real_year__all_campaigns__adds_up_to_the_cent_and_to_the_point() -> None:
    households = journey.read_households(HOUSEHOLDS)
    coupons = journey.read_coupons(households)
    baskets = journey.read_baskets(households, coupons)
    year = Year(open_shop(coupons, households))

    year.play(baskets)

    assert [one.check.name for one in verify(all_checks()) if not one.is_kept] == []
    sales = [find_sale(one.sale.id) for one in year.sold]
    assert_discounts_add_up(year, sales)
    assert_money_adds_up(year, sales)
    assert_points_add_up(year, sales)
    assert_asked_again_is_the_same(year.sold[::EVERY])
    reasons = Counter(reason for *_, reason in year.outcomes())
    assert reasons.total() == journey.count_redemptions(households)
    assert {one.split(" ")[0] for one in reasons if one} <= set(Reason)
    rows = [*rows_of_reasons(reasons), *rows_of_year(year, sales, coupons)]
    page = PAGE.read_text()
    assert all(row in page for row in rows), "\n".join(["the page says otherwise:", *rows])


def assert_discounts_add_up(year: Year, sales: Iterable[SaleView]) -> None:
    """What sales say that promotions took off is what orders say, and what promotions say while it counts."""
    lines: dict[Id | None, int] = defaultdict(int)
    for order_id, off in OrderLine.objects.values_list("order_id", "discount_minor"):
        lines[order_id] += off
    used: dict[Id, int] = defaultdict(int)
    for sale_id, minor in Redemption.objects.filter(given_back_at=None).values_list("sale_id", "minor"):
        used[sale_id] += minor

    for one, sale in zip(year.sold, sales, strict=True):
        told = sum(effect["amount_minor"] for effect in one.sale.answer["effects"])
        assert one.sale.discount_minor == told == lines[one.sale.order_id]
        stays = (
            [] if sale.id in year.undone else [key for key in sale.split.units if key not in sale.split.back]
        )
        assert used[sale.id] == sum(discounts_of(sale.answer, stays).values())


def assert_money_adds_up(year: Year, sales: Iterable[SaleView]) -> None:
    """What was paid is what came back and what was kept, in money and in points; commerce says the same."""
    nets: dict[Id | None, int] = dict(Order.objects.values_list("id", "net_minor"))
    backs: dict[Id | None, int] = defaultdict(int)
    for order_id, net in Return.objects.values_list("order_id", "net_minor"):
        backs[order_id] += net
    lists: dict[Id | None, int] = defaultdict(int)
    for order_id, minor in OrderLine.objects.values_list("order_id", "list_minor"):
        lists[order_id] += minor

    assert len(nets) == len(year.sold)
    for one, sale in zip(year.sold, sales, strict=True):
        order_id, views, kept = one.sale.order_id, year.returns[sale.id], sale.split.carried
        bought = sum(line.unit_minor * line.quantity for line in one.basket.lines)
        assert lists[order_id] == bought == one.sale.net_minor + one.sale.discount_minor
        assert nets[order_id] == one.sale.net_minor
        if sale.id in year.undone:
            assert backs[order_id] == nets[order_id]
            continue
        back = sum(view.money_minor for view in views), sum(view.points_back_minor for view in views)
        assert sum(back) == backs[order_id]
        assert back[0] + kept.money_minor == sale.net_minor - sale.tender_minor
        assert back[1] + kept.spent_minor == sale.tender_minor
        assert sum(view.points_back for view in views) + kept.spent_points == sale.tender_points


def assert_points_add_up(year: Year, sales: Iterable[SaleView]) -> None:
    """Each household has what its lines earn, less what it paid with and what has lapsed."""
    earned = earned_by_lines()
    spent: dict[Id, int] = defaultdict(int)
    for sale in sales:
        back = sum(view.points_back for view in year.returns[sale.id])
        spent[sale.customer_id] += 0 if sale.id in year.undone else sale.tender_points - back
    lapsed: dict[Id, int] = defaultdict(int)
    for customer_id, points in Transfer.objects.filter(kind="expire").values_list("customer_id", "points"):
        lapsed[customer_id] += points
    held: dict[Id, int] = defaultdict(int)
    for customer_id, kind, balance in Account.objects.filter(currency=POINTS).values_list(
        "customer_id", "kind", "balance"
    ):
        held[customer_id] += balance if kind in ("available", "pending", "debt") else 0

    for customer_id in year.customers.values():
        assert held[customer_id] == earned[customer_id] - spent[customer_id] - lapsed[customer_id]


def earned_by_lines() -> dict[Id, int]:
    """Return by customer what their orders earn, counted anew from lines sold and brought back."""
    categories = dict(Product.objects.values_list("id", "category"))
    sums: dict[tuple[Id, Id | None], list[int]] = defaultdict(lambda: [0, 0])
    for model, sign in ((OrderLine, 1), (ReturnLine, -1)):
        for customer_id, order_id, product_id, net in model.objects.values_list(
            "customer_id", "order_id", "product_id", "net_minor"
        ):
            own = sums[customer_id, order_id]
            own[0] += sign * net
            own[1] += sign * net * (categories[product_id].split(" > ")[0] == PRODUCE)
    earned: dict[Id, int] = defaultdict(int)
    for (customer_id, _), (all_of_it, produce) in sums.items():
        earned[customer_id] += all_of_it // RATE_MINOR + produce // PRODUCE_RATE_MINOR
    return earned


def assert_asked_again_is_the_same(sold: Iterable[Sold]) -> None:
    """A cart that was sold gets the same as of its instant, but for coupons its customer has used."""
    for one in sold:
        again = keep_answer(ask(replace(one.asked, pay_points=0)))
        held = Redemption.objects.filter(customer_id=one.sale.customer_id, given_back_at=None)
        used = set(held.values_list("code", flat=True))
        expected = [told for told in one.sale.answer["effects"] if told["code"] not in used]
        assert again["effects"] == expected
        refused = {told["code"] for told in again["rejections"] if told["limit"] == "customer_uses"}
        assert refused == used & set(one.basket.codes)


def rows_of_reasons(reasons: Counter[str]) -> list[str]:
    """Return the rows of the page's table of what became of each coupon."""
    return [
        f"| {HOUSEHOLDS} | {reason or 'a discount'} | {count:,} |"
        for reason, count in sorted(reasons.items())
    ]


def rows_of_year(year: Year, sales: list[SaleView], coupons: list[journey.Coupon]) -> list[str]:
    """Return the rows of the page's table of what the year was."""
    views = [view for own in year.returns.values() for view in own]
    lapsed = sum(Transfer.objects.filter(kind="expire").values_list("points", flat=True))
    figures = {
        "coupons published": len(coupons),
        "orders": len(sales),
        "lines": sum(len(one.basket.lines) for one in year.sold),
        "paid in part with points": sum(bool(one.tender_points) for one in sales),
        "let go and taken up again": len(year.reopened),
        "undone": len(year.undone),
        "returns": len(views),
        "list price, cents": sum(one.net_minor + one.discount_minor for one in sales),
        "taken off by coupons, cents": sum(one.discount_minor for one in sales),
        "paid with points, cents": sum(one.tender_minor for one in sales),
        "given back in money, cents": sum(view.money_minor for view in views),
        "given back in points": sum(view.points_back for view in views),
        "points earned, less those of returns": sum(earned_by_lines().values()),
        "points lapsed": lapsed,
    }
    return [f"| {HOUSEHOLDS} | {name} | {figure:,} |" for name, figure in figures.items()]
