"""Coupons joined with what stands above them: their promotions, and the sales that used or refused one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext as _

from dangol.core.commerce.acts import numbers_of
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.rows import select_matching
from dangol.domain.promotions import Reason, Rejection
from dangol.domain.promotions.effects import Limit
from dangol.rooms.rewards.coupons.models import CouponCode, CouponUse
from dangol.rooms.rewards.coupons.selectors import BatchView
from dangol.rooms.rewards.promotions.contents import PromotionContent, unpack_text
from dangol.rooms.rewards.promotions.editing import list_promotions
from dangol.rooms.rewards.promotions.models import Promotion, PromotionVersion, Sale, SaleState
from dangol.rooms.rewards.promotions.words import reason_text
from dangol.web.benefit_words import value_in_words
from dangol.web.coupon_words import GAPS
from dangol.web.formats import format_money_in_words, format_number
from dangol.web.frame import Frame

# So many of a person's latest sales are looked through for codes that were refused.
SALES_LOOKED_AT = 50


class Offer(NamedTuple):
    """The promotion a coupon opens, as it is now: `version` None before it was ever published.

    `value` says what it gives; empty where nothing is published.
    """

    promotion_id: Id
    name: str
    version: int | None
    is_resting: bool
    content: PromotionContent | None
    value: str

    def gap(self, at: datetime) -> str:
        """Return why its coupons give nothing now: `draft`, `resting`, `not_started`, `ended`, or empty."""
        if self.content is None:
            return "draft"
        if self.is_resting:
            return "resting"
        if self.content.active_from and at < self.content.active_from:
            return "not_started"
        return "ended" if self.content.active_to and at >= self.content.active_to else ""


class Refusal(NamedTuple):
    """A code that a sale did not take: why in words, by which promotion in which version, and the sums."""

    code: str
    at: datetime
    sale_id: Id
    promotion: str
    version: int | None
    told: str
    sums: str


def read_offers(promotion_ids: Iterable[Id], currency: str) -> dict[Id, Offer]:
    """Return the promotions of coupons as they are in force; one statement."""
    texts = PromotionVersion.objects.filter(promotion_id=OuterRef("id"), number=OuterRef("version"))
    rows = (
        Promotion.objects.filter(id__in=set(promotion_ids))
        .annotate(text=Subquery(texts.values("content")))
        .values_list("id", "name", "version", "paused_at", "archived_at", "text")
    )
    found = [(*row[:5], unpack_text(row[5]) if row[5] else None) for row in rows]
    return {
        key: Offer(
            key, name, version, bool(paused or archived), content,
            value_in_words(content, currency) if content else "",
        )
        for key, name, version, paused, archived, content in found
    }  # fmt: skip


def gap_of(offer: Offer | None, at: datetime) -> str:
    """Return why coupons give nothing now, as `Offer.gap` says; `draft` of a promotion that is not there."""
    return offer.gap(at) if offer else "draft"


def read_offer(batch: BatchView, frame: Frame) -> dict[str, Any]:
    """Return the promotion a batch's coupons open, and why they give nothing now, as pages show them."""
    offer = read_offers([batch.promotion_id], frame.shop.currency).get(batch.promotion_id)
    return {"offer": offer, "gap": GAPS.get(gap_of(offer, frame.at), "")}


def read_choices() -> dict[str, str]:
    """Return the promotions a batch may be made for, by id as shown, the newest first."""
    return {
        show_id(one.id): one.name if one.version else _("%(name)s (아직 발행 전)") % {"name": one.name}
        for one in list_promotions()
    }


def count_reserved(batch_id: Id) -> int:
    """Return how many sales hold a code of a batch now that are no orders yet."""
    codes = CouponCode.objects.filter(batch_id=batch_id, key=OuterRef("key"))
    held = Sale.objects.filter(
        customer_id=OuterRef("customer_id"), id=OuterRef("sale_id"), state=SaleState.RESERVED
    )
    return CouponUse.objects.filter(Exists(held), Exists(codes), given_back_at=None).count()


def read_orders_of(sale_ids: Collection[Id]) -> dict[Id, tuple[str, str]]:
    """Return the source and number of the order each of these sales became; others are left out."""
    found = Sale.objects.filter(id__in=sale_ids).values_list("id", "order_id")
    orders = {sale: order for sale, order in found if order}
    numbers = numbers_of(list(orders.values()))
    return {sale: numbers[order] for sale, order in orders.items() if order in numbers}


def read_refusals(customer_ids: Sequence[Id], *, limit: int = 20) -> list[Refusal]:
    """Return the codes that a person's latest sales did not take, the latest first; two statements."""
    sales = Sale.objects.filter(customer_id__in=customer_ids).order_by("-reserved_at")
    names = ("id", "reserved_at", "currency", "answer")
    kept = [
        (sale_id, at, currency, raw, answer)
        for sale_id, at, currency, answer in sales.values_list(*names)[:SALES_LOOKED_AT]
        for raw in answer["rejections"]
        if raw["code"]
    ][:limit]
    contents = _contents_in(raw for _, _, _, raw, _ in kept)
    return [_refusal(*one, contents) for one in kept]


def _contents_in(rejections: Iterable[Mapping[str, Any]]) -> dict[tuple[Id, int], PromotionContent]:
    numbers = {
        (parse_id(raw["promotion"]), raw["version"])
        for raw in rejections
        if raw["promotion"] and raw["version"] is not None
    }
    keys = ("promotion_id", "number")
    texts = select_matching(PromotionVersion, (*keys, "content"), keys, sorted(numbers))
    return {(key, number): unpack_text(text) for key, number, text in texts}


def _refusal(
    sale_id: Id,
    at: datetime,
    currency: str,
    raw: Mapping[str, Any],
    answer: Mapping[str, Any],
    contents: Mapping[tuple[Id, int], PromotionContent],
) -> Refusal:
    """Return a rejection as it was kept, in the words of the language of the moment."""
    rejection = Rejection(
        Reason(raw["reason"]), parse_id(raw["promotion"]) if raw["promotion"] else None, raw["version"],
        raw["code"], limit=Limit(raw["limit"]) if raw["limit"] else None,
        needed=raw["needed"], found=raw["found"],
    )  # fmt: skip
    content = contents.get((rejection.promotion_id or b"", rejection.version or 0))

    def write(figure: int) -> str:
        is_money = _is_money(rejection, content)
        return format_money_in_words(figure, currency) if is_money else format_number(figure)

    told = reason_text(rejection, _name_in(answer, raw["other"]), write=write)
    sums = ""
    if rejection.reason is Reason.BUDGET_EXHAUSTED:
        sums = _("남은 예산 %(found)s, 깎을 금액 %(needed)s") % {
            "found": write(rejection.found or 0), "needed": write(rejection.needed or 0),
        }  # fmt: skip
    return Refusal(raw["code"], at, sale_id, raw["name"], raw["version"], told, sums)


def _name_in(answer: Mapping[str, Any], promotion: str | None) -> str:
    named = {one["promotion"]: one["name"] for one in (*answer["effects"], *answer["rejections"])}
    return str(named.get(promotion, ""))


def _is_money(rejection: Rejection, content: PromotionContent | None) -> bool:
    """Say whether a rejection's figures are money: a minimum may also be one of units."""
    if rejection.reason is Reason.BUDGET_EXHAUSTED:
        return True
    if rejection.reason is not Reason.MINIMUM_NOT_REACHED:
        return False
    if content is None:
        return True
    steps = [one for one in content.benefits if one.get("kind") == "tiered"]
    by_units = [one["steps"][0]["at_least"] for one in steps if one.get("by") == "units"]
    in_units = {content.minimum.units, *by_units}
    return rejection.needed == content.minimum.minor or rejection.needed not in in_units
