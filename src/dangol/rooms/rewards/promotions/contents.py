"""What a promotion says, as JSON that is stored, sent and edited, and as the rules read it."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple, cast

import msgspec

from dangol.core.storage.ids import Id
from dangol.domain.calendars import Period
from dangol.domain.conditions import Catalog, Condition, read_condition
from dangol.domain.errors import Malformed
from dangol.domain.promotions import benefits as of
from dangol.domain.promotions.benefits import Benefit, Items
from dangol.domain.promotions.catalog import CART_TRAITS, CUSTOMER_TRAITS
from dangol.domain.promotions.checking import find_fault
from dangol.domain.promotions.rules import Discounted, Minimum, Promotion, Target

LONGEST_NAME = 80
MOST_BENEFITS = 10
KINDS: Mapping[str, type] = {
    "percent": of.Percent, "amount": of.Amount, "new_price": of.NewPrice, "tiered": of.Tiered,
    "nth_free": of.NthFree, "buy_get": of.BuyGet, "bundle": of.Bundle, "free_shipping": of.FreeShipping,
    "gift": of.Gift, "points": of.Points, "points_rate": of.PointsRate, "multiplier": of.Multiplier,
    "stamps": of.Stamps, "coupon": of.IssueCoupon,
}  # fmt: skip
_STEPS = ("percent", "amount", "new_price")


class PromotionInvalid(Malformed):
    """What the promotion says cannot be (`field`): `problem` says what about it."""

    code = "promotions.invalid"


class TargetContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which units; see `domain.promotions.rules.Target`."""

    include: Items | None = None
    exclude: Items | None = None
    discounted: Discounted = Discounted.TAKE
    most_units: int | None = None
    cheapest_first: bool = False


class MinimumContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has to be in the cart; see `domain.promotions.rules.Minimum`."""

    minor: int = 0
    units: int = 0
    of_target: bool = False


class LimitsContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often and how much: uses in all, by one customer, in one of the shop's periods; units; money."""

    uses: int | None = None
    customer_uses: int | None = None
    period_uses: int | None = None
    period: Period = "day"
    units: int | None = None
    budget_minor: int | None = None

    @property
    def is_shared(self) -> bool:
        """Whether customers draw on something together."""
        return not (self.uses is None and self.units is None and self.budget_minor is None)


class PromotionContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A promotion as it is, or is to be: see `domain.promotions.rules.Promotion`.

    `benefits` are objects with a `kind` and that kind's fields; `condition` is the one condition language's.
    """

    name: str
    benefits: tuple[dict[str, Any], ...] = ()
    condition: dict[str, Any] | None = None
    target: TargetContent = TargetContent()
    minimum: MinimumContent = MinimumContent()
    limits: LimitsContent = LimitsContent()
    currency: str = ""
    cap_minor: int | None = None
    active_from: datetime | None = None
    active_to: datetime | None = None
    needs_code: bool = False
    lane: str = "main"
    priority: int = 0
    exclusive_group: str = ""
    category: str = ""


class Limited(NamedTuple):
    """A promotion as the rules read it, and its limits."""

    promotion: Promotion
    limits: LimitsContent


def unpack(raw: Any) -> PromotionContent:
    """Return a content of its JSON; raises PromotionInvalid, which names the field."""
    # PostgreSQL can store no text with the sign NUL, and nobody means one.
    if b"\\u0000" in msgspec.json.encode(raw):
        raise PromotionInvalid(field="promotion", problem="NUL in a text")
    try:
        return msgspec.convert(raw, PromotionContent)
    except msgspec.ValidationError as error:
        field, problem = located(error)
        raise PromotionInvalid(field=field, problem=problem) from None


def located(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the field that is not of its form, and what about it."""
    told, _, path = str(error).partition(" - at `$")
    return path.strip("`.") or "promotion", told


def pack(content: PromotionContent) -> dict[str, Any]:
    """Return a content as JSON: what stands at its default is left out, so that it reads as it was meant."""
    return _trimmed(msgspec.to_builtins(content), msgspec.to_builtins(_EMPTY))


def pack_text(content: PromotionContent) -> str:
    """Return a content as JSON text."""
    return msgspec.json.encode(pack(content)).decode()


def unpack_text(text: str) -> PromotionContent:
    """Return a content of its JSON text."""
    return unpack(msgspec.json.decode(text))


def _trimmed(found: dict[str, Any], empty: dict[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, value in found.items():
        if name in ("target", "minimum", "limits"):
            value = _trimmed(value, empty[name])
            if value:
                kept[name] = value
        elif name == "name" or value != empty[name]:
            kept[name] = _sorted_names(value) if name in ("include", "exclude") else value
    return kept


def _sorted_names(items: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return names in one order: sets have none, and one content is one text."""
    return {kind: sorted(names) for kind, names in items.items() if names}


_EMPTY = PromotionContent(name="")


def read_benefit(raw: Any, field: str = "benefits") -> Benefit:
    """Return a benefit of its JSON; raises PromotionInvalid."""
    if not isinstance(raw, dict) or not isinstance(raw.get("kind"), str) or raw["kind"] not in KINDS:
        raise PromotionInvalid(field=f"{field}.kind", problem=f"one of {', '.join(KINDS)}")
    kind = KINDS[raw["kind"]]
    given = {name: value for name, value in raw.items() if name != "kind"}
    if strange := given.keys() - {one.name for one in fields(kind)}:
        raise PromotionInvalid(field=f"{field}.{min(strange)}", problem="unknown field")
    steps = given.pop("steps", None) if kind is of.Tiered else None
    try:
        if kind is of.Tiered:
            by = msgspec.convert(given.get("by", of.By.AMOUNT), of.By)
            return of.Tiered(_read_steps(steps, field), by)
        return cast(Benefit, msgspec.convert(given, kind))
    except msgspec.ValidationError as error:
        place, problem = located(error)
        raise PromotionInvalid(field=f"{field}.{place}".removesuffix(".promotion"), problem=problem) from None


def _read_steps(raw: Any, field: str) -> tuple[of.Step, ...]:
    if not isinstance(raw, list | tuple) or not raw:
        raise PromotionInvalid(field=f"{field}.steps", problem="at least one step")
    steps = []
    for place, one in enumerate(raw):
        where = f"{field}.steps[{place}]"
        if (
            not isinstance(one, dict)
            or one.keys() != {"at_least", "benefit"}
            or not _is_whole(one["at_least"])
        ):
            raise PromotionInvalid(field=where, problem="an object with at_least and benefit")
        if not isinstance(one["benefit"], dict) or one["benefit"].get("kind") not in _STEPS:
            raise PromotionInvalid(field=f"{where}.benefit.kind", problem=f"one of {', '.join(_STEPS)}")
        benefit = read_benefit(one["benefit"], f"{where}.benefit")
        assert isinstance(benefit, of.Percent | of.Amount | of.NewPrice), "one of the kinds above"
        steps.append(of.Step(one["at_least"], benefit))
    return tuple(steps)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def read_promotion(
    promotion_id: Id, version: int, content: PromotionContent, traits: Catalog, *, checked: bool = True
) -> Limited:
    """Return a content as the rules read it; raises PromotionInvalid or a BrokenCondition.

    `traits` are the shop's own. Not `checked`, what cannot be applied is returned as it is: evaluation
    leaves it out with its fault.
    """
    promotion = Promotion(
        id=promotion_id, version=version, name=content.name,
        benefits=tuple(read_benefit(one, f"benefits[{n}]") for n, one in enumerate(content.benefits)),
        condition=_condition(content, traits),
        target=Target(*(getattr(content.target, name) for name in Target._fields)),
        minimum=Minimum(content.minimum.minor, content.minimum.units, content.minimum.of_target),
        currency=content.currency, cap_minor=content.cap_minor,
        active_from=content.active_from, active_to=content.active_to, needs_code=content.needs_code,
        lane=content.lane, priority=content.priority, exclusive_group=content.exclusive_group,
        category=content.category,
    )  # fmt: skip
    if checked:
        _check(content, promotion)
    return Limited(promotion, content.limits)


def _condition(content: PromotionContent, traits: Catalog) -> Condition | None:
    if content.condition is None:
        return None
    return read_condition(content.condition, {**CUSTOMER_TRAITS, **traits, **CART_TRAITS})


def _check(content: PromotionContent, promotion: Promotion) -> None:
    if not content.name.strip() or len(content.name) > LONGEST_NAME:
        raise PromotionInvalid(field="name", problem=f"1 to {LONGEST_NAME} characters")
    if len(content.benefits) > MOST_BENEFITS:
        raise PromotionInvalid(field="benefits", problem=f"at most {MOST_BENEFITS}")
    for name in ("uses", "customer_uses", "period_uses", "units", "budget_minor"):
        limit = getattr(content.limits, name)
        if limit is not None and not 0 < limit <= 10**12:
            raise PromotionInvalid(field=f"limits.{name}", problem="from 1 to 10^12")
    if content.limits.budget_minor is not None and not content.currency:
        raise PromotionInvalid(field="currency", problem="money_without_currency")
    for name in ("active_from", "active_to"):
        at: datetime | None = getattr(content, name)
        if at is not None and at.tzinfo is None:
            raise PromotionInvalid(field=name, problem="an instant names its zone")
    if fault := find_fault(promotion):
        raise PromotionInvalid(field="promotion", problem=fault.value)
