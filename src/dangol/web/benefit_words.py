"""What a promotion gives, in words: each benefit, and the lines it is for."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext

from dangol.domain.promotions import benefits as of
from dangol.domain.promotions.benefits import WHOLE, Benefit, By, Items, Which
from dangol.domain.promotions.rules import Discounted
from dangol.rooms.rewards.promotions.contents import PromotionContent, read_benefit
from dangol.web.formats import format_money_in_words, format_number, format_points
from dangol.web.program_words import times_in_words

KINDS: Mapping[str, Promise] = {
    "percent": lazy("몇 % 할인"),
    "amount": lazy("얼마 할인"),
    "new_price": lazy("특가"),
    "tiered": lazy("많이 살수록 더 할인"),
    "nth_free": lazy("몇 개마다 1개 무료"),
    "buy_get": lazy("몇 개 사면 몇 개 더"),
    "bundle": lazy("묶음 가격"),
    "free_shipping": lazy("배송비 할인"),
    "gift": lazy("사은품"),
    "points": lazy("포인트"),
    "points_rate": lazy("얼마마다 포인트"),
    "multiplier": lazy("적립 몇 배"),
    "stamps": lazy("도장"),
    "coupon": lazy("다음에 쓸 쿠폰"),
}
ICONS: Mapping[str, str] = {
    "percent": "percent", "amount": "badge-percent", "new_price": "tag", "tiered": "chart-bar",
    "nth_free": "gift", "buy_get": "gift", "bundle": "package", "free_shipping": "truck", "gift": "gift",
    "points": "coins", "points_rate": "coins", "multiplier": "coins", "stamps": "stamp", "coupon": "ticket",
}  # fmt: skip
DISCOUNTED: Mapping[str, Promise] = {
    Discounted.TAKE: lazy("이미 할인한 상품도 세요"),
    Discounted.SKIP_MARKED: lazy("이미 할인한 상품은 빼요"),
    Discounted.SKIP_ANY: lazy("다른 프로모션이 깎은 상품까지 빼요"),
}
WHICH: Mapping[str, Promise] = {
    Which.CHEAPEST: lazy("모두 가운데 가장 싼 것"),
    Which.OF_EACH: lazy("비싼 것부터 묶어 묶음마다 가장 싼 것"),
}
BY: Mapping[str, Promise] = {By.AMOUNT: lazy("금액으로"), By.UNITS: lazy("개수로")}
# So many names of products, categories and the like are told; the rest is counted.
MOST_NAMED = 5


class Names(NamedTuple):
    """What pages call products, batches of coupons and stamp cards, by what promotions name them by."""

    products: Mapping[str, str]
    batches: Mapping[str, str]
    cards: Mapping[str, str] = MappingProxyType({})


NO_NAMES = Names({}, {})


def share_in_words(basis_points: int) -> str:
    """Return a share: `10%`, `12.5%`."""
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02d}".rstrip("0") + "%" if part else f"{whole}%"


def quoted(names: Iterable[str]) -> str:
    """Return names in a row, each quoted: `‘latte’, ‘mocha’`; of many the first, and how many more."""
    all_of_them = sorted(names)
    shown, more = ", ".join(f"‘{one}’" for one in all_of_them[:MOST_NAMED]), len(all_of_them) - MOST_NAMED
    if more <= 0:
        return shown
    return _("{names} 외 {count}가지").format(names=shown, count=format_number(more))


def items_in_words(items: Items, names: Names) -> str:
    """Return which lines: `‘커피’ 분류, ‘라떼’ 상품`."""
    products = [names.products.get(one) or one for one in items.products]
    told = (
        (items.categories, _("{names} 분류"), items.categories),
        (items.products, _("{names} 상품"), products),
        (items.skus, _("SKU {names}"), items.skus),
        (items.tags, _("{names} 태그"), items.tags),
    )
    return ", ".join(form.format(names=quoted(names_of)) for there, form, names_of in told if there)


def tell_benefit(benefit: Benefit, currency: str, names: Names = NO_NAMES) -> str:
    """Return what a benefit gives in a line: `10% 할인`, `2개 사면 1개 무료`."""
    return _Teller(currency, names).tell(benefit)


class _Teller:
    def __init__(self, currency: str, names: Names) -> None:
        self.currency, self.names = currency, names

    def tell(self, benefit: Benefit) -> str:
        """Return a benefit in words."""
        match benefit:
            case of.Percent(points):
                return _("{share} 할인").format(share=share_in_words(points))
            case of.Amount(minor, is_each):
                form = _("하나마다 {amount} 할인") if is_each else _("{amount} 할인")
                return form.format(amount=self.money(minor))
            case of.NewPrice(minor):
                return _("하나에 {amount}").format(amount=self.money(minor))
            case of.Tiered():
                return self._tiered(benefit)
            case of.NthFree():
                return self._nth_free(benefit)
            case of.BuyGet():
                return self._buy_get(benefit)
            case of.Bundle():
                return self._bundle(benefit)
            case of.FreeShipping(points, most):
                told = (
                    _("배송비 무료")
                    if points == WHOLE
                    else _("배송비 {share} 할인").format(share=share_in_words(points))
                )
                return told if most is None else self._at_most(told, self.money(most))
        return self._giving(benefit)

    def money(self, minor: int) -> str:
        """Return an amount in the promotion's money; without one it is a bare number."""
        return format_money_in_words(minor, self.currency) if self.currency else format_number(minor)

    def _at_most(self, told: str, most: str) -> str:
        return _("{what} (최대 {most})").format(what=told, most=most)

    def _off(self, basis_points: int) -> str:
        if basis_points == WHOLE:
            return _("무료")
        return _("{share} 할인").format(share=share_in_words(basis_points))

    def _tiered(self, benefit: of.Tiered) -> str:
        told = []
        for step in benefit.steps:
            low = pieces(step.at_least) if benefit.by is By.UNITS else self.money(step.at_least)
            told.append(_("{low}부터 {what}").format(low=low, what=self.tell(step.benefit)))
        return ", ".join(told)

    def _nth_free(self, benefit: of.NthFree) -> str:
        told = _("{count}마다 1개 {off}").format(
            count=pieces(benefit.nth), off=self._off(benefit.basis_points)
        )
        told = f"{told} · {WHICH[benefit.which]}"
        if benefit.most_units is None:
            return told
        return self._at_most(told, pieces(benefit.most_units))

    def _buy_get(self, benefit: of.BuyGet) -> str:
        off = self._off(benefit.basis_points)
        if benefit.buy is None:
            told = _("{buy} 사면 {get} {off}").format(
                buy=pieces(benefit.buy_count), get=pieces(benefit.get_count), off=off
            )
        else:
            told = _("{items} {buy} 사면 {get} {off}").format(
                items=items_in_words(benefit.buy, self.names), buy=pieces(benefit.buy_count),
                get=pieces(benefit.get_count), off=off,
            )  # fmt: skip
        return told if benefit.most_rounds is None else self._at_most(told, times(benefit.most_rounds))

    def _bundle(self, benefit: of.Bundle) -> str:
        parts = " + ".join(
            f"{items_in_words(part.items, self.names) or _('아무 상품')} {pieces(part.count)}"
            for part in benefit.parts
        )
        told = _("{parts} 함께 {amount}").format(parts=parts, amount=self.money(benefit.price_minor))
        return told if benefit.most is None else self._at_most(told, times(benefit.most))

    def _giving(self, benefit: Benefit) -> str:
        match benefit:
            case of.Gift(product, count):
                name = self.names.products.get(product) or product
                return _("‘{name}’ {count} 증정").format(name=name, count=pieces(count))
            case of.Points(points):
                return _("{points} 적립").format(points=format_points(points))
            case of.PointsRate(points, per):
                return _("{amount}마다 {points} 더 적립").format(
                    amount=self.money(per), points=format_points(points)
                )
            case of.Multiplier(num, den):
                ratio = Fraction(num, den) if den else Fraction(num)
                return _("적립 {times}배").format(times=times_in_words((ratio.numerator, ratio.denominator)))
            case of.Stamps(card, count):
                return _("‘{name}’ 도장 {count}").format(
                    name=self.names.cards.get(card) or card, count=pieces(count)
                )
            case of.IssueCoupon(coupon):
                return _("‘{name}’ 쿠폰 발급").format(name=self.names.batches.get(coupon) or coupon)
        return ""


def pieces(count: int) -> str:
    """Return so many units."""
    return ngettext("{count}개", "{count}개", count).format(count=format_number(count))


def times(count: int) -> str:
    """Return so many times."""
    return ngettext("{count}번", "{count}번", count).format(count=format_number(count))


def value_in_words(content: PromotionContent, currency: str) -> str:
    """Return what a promotion gives and from when on: `10% 할인, 최대 5,000원 · 30,000원부터`.

    It fits on a slip of paper. `currency`: of the shop, for promotions that name none.
    """
    money = content.currency or currency
    parts = [tell_benefit(read_benefit(one), money) for one in content.benefits]
    told = " + ".join(parts) or _("혜택 없음")
    if content.cap_minor is not None:
        told = _("%(value)s, 최대 %(most)s") % {
            "value": told, "most": format_money_in_words(content.cap_minor, money),
        }  # fmt: skip
    limits = _limits(content, money)
    return f"{told} · {limits}" if limits else told


def _limits(content: PromotionContent, money: str) -> str:
    told = []
    if content.minimum.minor:
        amount = format_money_in_words(content.minimum.minor, money)
        told.append(_("%(amount)s부터") % {"amount": amount})
    if content.minimum.units:
        told.append(_("%(count)s부터") % {"count": pieces(content.minimum.units)})
    if content.target.include or content.target.exclude:
        told.append(_("정한 상품만"))
    return " · ".join(told)
