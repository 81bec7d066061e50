"""Promotions that make sense in any shop, to begin with: the ready-made offers, each as a draft."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.domain.conditions import Catalog, write_condition
from dangol.domain.promotions import templates
from dangol.domain.promotions.rules import Promotion
from dangol.rooms.rewards.promotions.contents import PromotionContent, unpack
from dangol.rooms.rewards.traits import TIER

_BLANK = Promotion(id=b"", version=0, name="", benefits=())
_AWAY_DAYS, _BIRTHDAY_DAYS = 90, 7
# From which cart on delivery is free, in minor units: what is usual there, else thirty of a whole unit.
_FREE_FROM: Mapping[str, int] = {"KRW": 30_000, "JPY": 5_000}


class Suggestion(NamedTuple):
    """A promotion to begin with: its short name, its name, what it is good for, its icon, and what it says.

    `for_whom` adds the condition; None: it is for everybody.
    """

    slug: str
    name: Promise
    good_for: Promise
    icon: str
    says: dict[str, Any]
    for_whom: Callable[[Promotion], Promotion] | None = None


def _percent(share: int) -> dict[str, Any]:
    return {"kind": "percent", "basis_points": share * 100}


SUGGESTIONS: Sequence[Suggestion] = (
    Suggestion(
        "first-purchase", _("첫 구매 10% 할인"),
        _("아직 산 적이 없는 사람에게 처음 한 번 깎아 줘요. 첫 걸음을 쉽게 해 줘요."), "sprout",
        {"benefits": [_percent(10)], "limits": {"customer_uses": 1}}, templates.first_purchase,
    ),
    Suggestion(
        "members", _("회원 5% 할인"),
        _("회원이면 늘 조금 싸요. 계산대에서 가입할 까닭이 돼요."), "users",
        {"benefits": [_percent(5)]}, templates.members_only,
    ),
    Suggestion(
        "birthday", _("생일 주간 20% 할인"),
        _("생일 일주일 전부터 생일까지, 한 해에 한 번이에요. 2월 29일에 태어난 사람도 챙겨요."), "cake",
        {"benefits": [_percent(20)], "limits": {"period_uses": 1, "period": "year"}},
        lambda promotion: templates.birthday(promotion, days_before=_BIRTHDAY_DAYS),
    ),
    Suggestion(
        "vip", _("가장 높은 등급 10% 할인"),
        _("가장 높은 등급에게만 주는 혜택이에요. 등급을 지킬 까닭이 돼요."), "medal",
        {"benefits": [_percent(10)]},
    ),
    Suggestion(
        "win-back", _("오랜만에 온 손님 15% 할인"),
        _("전에는 샀는데 90일 동안 오지 않은 사람을 다시 불러요."), "door-open",
        {"benefits": [_percent(15)], "limits": {"period_uses": 1, "period": "month"}},
        lambda promotion: templates.win_back(promotion, days_away=_AWAY_DAYS),
    ),
    Suggestion(
        "half-second", _("두 개째는 반값"),
        _("하나를 사면 하나를 반값에 줘요. 장바구니를 키워 줘요."), "gift",
        {"benefits": [{"kind": "buy_get", "buy": None, "buy_count": 1, "get_count": 1,
                       "basis_points": 5_000}]},
    ),
    Suggestion(
        "free-delivery", _("얼마부터 배송비 무료"),
        _("정한 금액부터 배송비를 받지 않아요."), "truck", {"benefits": [{"kind": "free_shipping"}]},
    ),
    Suggestion(
        "code", _("쿠폰 코드 10% 할인"),
        _("코드를 낸 사람에게만 줘요. 발행한 뒤 쿠폰을 만들어 나눠 주세요."), "ticket",
        {"benefits": [_percent(10)], "needs_code": True, "limits": {"customer_uses": 1}},
    ),
)  # fmt: skip


def suggestions_for(catalog: Catalog) -> list[Suggestion]:
    """Return what can be begun with: what asks for tiers, only where there are several."""
    has_tiers = TIER in catalog and len(catalog[TIER].order) > 1
    return [one for one in SUGGESTIONS if one.slug != "vip" or has_tiers]


def begin(slug: str, *, currency: str, catalog: Catalog) -> PromotionContent:
    """Return the content a suggestion begins with; for any other name one that says nothing yet."""
    found = next((one for one in suggestions_for(catalog) if one.slug == slug), None)
    if found is None:
        return PromotionContent(name="", currency=currency)
    content = unpack({"name": str(found.name), "currency": currency, **found.says})
    promotion = _BLANK
    if found.for_whom:
        promotion = found.for_whom(promotion)
    elif slug == "vip":
        promotion = templates.from_tier(promotion, catalog[TIER].order[-1], trait=TIER, catalog=catalog)
    elif slug == "free-delivery":
        least = {"minor": _FREE_FROM.get(currency, 3_000)}
        return unpack({"name": content.name, "currency": currency, **found.says, "minimum": least})
    if promotion.condition is None:
        return content
    return msgspec.structs.replace(content, condition=write_condition(promotion.condition))
