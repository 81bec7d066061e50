"""What conditions ask about in words: traits, events, properties; conditions told, and their changes."""

from collections.abc import Mapping
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.core.segments.catalog import TraitSpec
from dangol.core.segments.subjects import can_be_asked
from dangol.domain.conditions import Condition, Labels, Said, describe
from dangol.domain.conditions.nodes import AllOf, AnyOf, Node, Not
from dangol.web.formats import language
from dangol.web.words import channel_name, purpose_name, trait_name

# What the books tell of themselves: nobody asks for customers by it, though a condition may.
_UNOFFERED = frozenset(
    {
        "customer.erased", "customer.merged", "customer.unmerged", "customer.updated", "points.clawed_back",
        "points.forfeited", "points.merge_received", "points.merge_sent", "points.posted", "points.restored",
        "points.revived", "points.settled", "points.voided", "sale.canceled", "sale.committed",
        "sale.returned", "tier.reviewed", "traits.reported", "traits.told",
    }
)  # fmt: skip
_PROPERTIES: Mapping[str, Promise] = {
    "amount": lazy("금액"),
    "discount": lazy("할인 금액"),
    "products": lazy("상품 번호"),
    "categories": lazy("상품 분류"),
    "currency": lazy("통화"),
    "channel": lazy("경로"),
    "store": lazy("매장 번호"),
    "source": lazy("출처"),
    "number": lazy("주문 번호"),
    "points": lazy("포인트"),
    "reason": lazy("까닭"),
    "about": lazy("무엇에 대해"),
    "release_at": lazy("열리는 때"),
    "expires_at": lazy("사라지는 때"),
    "from_tier": lazy("앞 등급"),
    "to_tier": lazy("새 등급"),
    "cause": lazy("까닭"),
    "measure": lazy("기준"),
    "value": lazy("기준으로 센 값"),
    "threshold": lazy("넘을 값"),
    "program": lazy("멤버십"),
    "purpose": lazy("목적"),
    "wording": lazy("문구"),
    "via": lazy("어디로"),
    "taken": lazy("뺌"),
    "segment": lazy("세그먼트"),
    "version": lazy("판"),
    "because": lazy("때문인 활동"),
    "side": lazy("추천의 어느 쪽"),
}
# What the nightly models say of customers.
_RECKONED: Mapping[str, Promise] = {
    "rfm.segment": lazy("RFM 무리"),
    "rfm.recency": lazy("RFM 최근에 온 정도(1–5)"),
    "rfm.frequency": lazy("RFM 자주 온 정도(1–5)"),
    "rfm.money": lazy("RFM 쓴 정도(1–5)"),
    "lifetime.value_12m": lazy("열두 달 동안 쓸 돈"),
    "lifetime.purchases_12m": lazy("열두 달 동안 살 횟수"),
    "lifetime.alive": lazy("아직 고객일 확률"),
    "churn.risk": lazy("떠날 위험"),
    "churn.because": lazy("떠날 위험의 까닭"),
    "affinity.again": lazy("또 살 상품"),
    "affinity.discover": lazy("새로 좋아할 상품"),
    "affinity.category": lazy("좋아하는 분류"),
}
_CONSENT, _DECLARED = "consent.", "declared."


def is_offered(event: str) -> bool:
    """Say whether people are offered an event to ask about."""
    return event not in _UNOFFERED and can_be_asked(event)


def property_name(name: str) -> str:
    """Return what people call a property of an event."""
    return str(_PROPERTIES.get(name, name))


def trait_label(spec: TraitSpec) -> str:
    """Return what people call a trait."""
    if spec.name.startswith(_CONSENT):
        channel, _dot, purpose = spec.name.removeprefix(_CONSENT).partition(".")
        names = {"channel": channel_name(channel), "purpose": purpose_name(purpose)}
        return _("{channel} {purpose} 동의").format(**names)
    if spec.name.startswith(_DECLARED):
        return trait_name(spec.name.removeprefix(_DECLARED))
    return str(_RECKONED.get(spec.name, spec.label))


def trait_values(spec: TraitSpec, tiers: Mapping[str, str]) -> Mapping[str, str]:
    """Return what people call the values of a trait that has an order: of tiers, their names."""
    return {key: tiers.get(key, key) for key in spec.type.order}


def tongue() -> Literal["ko", "en"]:
    """Return the language conditions are told in."""
    return "ko" if language() == "ko" else "en"


def tell_condition(condition: Condition, labels: Labels, zone: ZoneInfo) -> Said:
    """Return what a condition means, as sentences in one another."""
    return describe(condition, tongue(), labels, zone=zone)


def in_one_line(condition: Condition, labels: Labels, zone: ZoneInfo) -> str:
    """Return what a condition means in one line."""

    def line(node: Node, *, inner: bool) -> str:
        if isinstance(node, AllOf | AnyOf):
            between = _(", 그리고 ") if isinstance(node, AllOf) else _(", 또는 ")
            joined = between.join(line(one, inner=len(node.of) > 1) for one in node.of)
            return f"({joined})" if inner and len(node.of) > 1 else joined
        if isinstance(node, Not):
            return _("아닌 것: {what}").format(what=line(node.of, inner=True))
        return _flat(tell_condition(Condition(node, condition.types), labels, zone))

    return line(condition.root, inner=False)


def _flat(said: Said) -> str:
    if not said.lines:
        return said.text
    return f"{said.text} ({'; '.join(_flat(one) for one in said.lines)})"


class Step(NamedTuple):
    """A line of a condition that is told as sentences, and how deep it stands."""

    depth: int
    text: str


def lines_of(said: Said, depth: int = 0) -> list[Step]:
    """Return the sentences one below the other."""
    return [Step(depth, said.text), *(step for one in said.lines for step in lines_of(one, depth + 1))]
