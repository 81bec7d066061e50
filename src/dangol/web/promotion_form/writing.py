"""What the form says, as a content; and what is still wrong, each at its input or its card."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dangol.core.refusals import explain
from dangol.domain.conditions import BrokenCondition, Catalog, needs, write_condition
from dangol.domain.errors import DomainError
from dangol.domain.promotions.benefits import Benefit
from dangol.domain.promotions.catalog import MOVING
from dangol.domain.promotions.checking import find_fault
from dangol.domain.promotions.rules import Discounted, Promotion
from dangol.rooms.rewards.promotions.contents import (
    LONGEST_NAME,
    PromotionContent,
    PromotionInvalid,
    read_benefit as parse_benefit,
    read_promotion,
    unpack,
)
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.writing import Fault, write_parts
from dangol.web.promotion_concerns import FAULTS
from dangol.web.promotion_form.benefits import read_benefit
from dangol.web.promotion_form.fields import Reader
from dangol.web.promotion_form.state import State, instant_of, prefix_of, read_clock, read_day, write_ends
from dangol.web.promotion_words import PERIODS

# The kinds of benefits that name money, whatever they say.
_MONEY = frozenset({"amount", "new_price", "bundle", "points_rate"})
LONGEST_KEY = 300


class Written(NamedTuple):
    """What the form says; no content where something cannot be read, which `faults` tell by the input."""

    content: PromotionContent | None
    faults: dict[str, str]
    parts: list[Fault]


class Problem(NamedTuple):
    """What keeps a content from being published: at which card, and in which benefit, by its place."""

    card: str
    words: str
    benefit: int | None = None


def write_content(
    state: State,
    before: PromotionContent,
    zone: ZoneInfo,
    shop_currency: str,
    offers: Offers,
    *,
    needs_name: bool = True,
) -> Written:
    """Return what the form says. `before` is what it was opened from: what was not touched stays as it is.

    Not `needs_name`: it is only read back, and somebody may give it a name at the end.
    """
    currency = before.currency or shop_currency
    reader = Reader(state.typed, currency)
    condition, parts = _condition(state, offers)
    raw = {
        "name": _name(reader, is_needed=needs_name),
        "benefits": [read_benefit(kind, prefix_of(number), reader) for number, kind in state.benefits],
        "condition": condition,
        "target": _target(reader),
        "minimum": {
            "minor": reader.read("min_money", "money") or 0, "units": reader.read("min_units", "whole") or 0,
            "of_target": reader.read("min_of_target", "flag"),
        },
        "limits": _limits(reader),
        "cap_minor": reader.read("cap", "money"),
        "needs_code": reader.read("needs_code", "flag"),
        "priority": reader.read("priority", "signed") or 0,
        **{name: reader.said(name)[:LONGEST_KEY] for name in ("lane", "exclusive_group", "category")},
        **_ends(reader, before, zone),
    }  # fmt: skip
    if reader.faults or parts:
        return Written(None, reader.faults, parts)
    raw["lane"] = raw["lane"] or before.lane
    raw["benefits"] = [_as_it_was(one, before) for one in raw["benefits"]]
    raw["currency"] = before.currency or (currency if _names_money(raw, offers.catalog) else "")
    return Written(unpack(raw), {}, [])


def _as_it_was(raw: dict[str, Any], before: PromotionContent) -> dict[str, Any]:
    """Return a benefit as it was written before, where it still says the same: defaults may be left out."""
    benefit = _parsed(raw)
    return next((one for one in before.benefits if benefit is not None and _parsed(one) == benefit), raw)


def _parsed(raw: dict[str, Any]) -> Benefit | None:
    try:
        return parse_benefit(raw)
    except PromotionInvalid:
        return None


def _name(reader: Reader, *, is_needed: bool) -> str:
    name = reader.said("name")
    if not name and is_needed:
        reader.fault("name", _("이름을 적어 주세요."))
    elif len(name) > LONGEST_NAME:
        reader.fault("name", _("80자 안으로 줄여 주세요."))
    return name


def _condition(state: State, offers: Offers) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Return the condition as JSON; an empty form is none: the promotion is for everybody."""
    if not state.root.parts:
        return None, []
    written = write_parts(state.root, offers)
    return (write_condition(written.condition) if written.condition else None), written.faults


def _target(reader: Reader) -> dict[str, Any]:
    discounted = reader.said("discounted")
    return {
        "include": reader.items("include") or None,
        "exclude": reader.items("exclude") or None,
        "discounted": discounted if discounted in set(Discounted) else Discounted.TAKE.value,
        "most_units": reader.read("most_units", "whole"),
        "cheapest_first": reader.read("cheapest_first", "flag"),
    }


def _limits(reader: Reader) -> dict[str, Any]:
    period = reader.said("period")
    found = {name: reader.read(name, "whole") for name in ("uses", "customer_uses", "period_uses", "units")}
    return found | {
        "period": period if period in PERIODS else "day", "budget_minor": reader.read("budget", "money"),
    }  # fmt: skip


def _ends(reader: Reader, before: PromotionContent, zone: ZoneInfo) -> dict[str, str | None]:
    stood = write_ends(before.active_from, before.active_to, zone)
    start = _end(reader, stood, "first", before.active_from, zone)
    end = _end(reader, stood, "last", before.active_to, zone)
    if start and end and end <= start:
        reader.fault("last_day", str(FAULTS[_BACKWARDS][1]))
    return {"active_from": _stamp(start), "active_to": _stamp(end)}


_BACKWARDS = next(fault for fault in FAULTS if fault.value == "ends_before_it_starts")


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _end(
    reader: Reader, stood: dict[str, str], which: str, before: datetime | None, zone: ZoneInfo
) -> datetime | None:
    """Return the instant that a day and a time say; what stands as it stood is what it was, to the second."""
    names = (f"{which}_day", f"{which}_time")
    day_text, clock_text = (reader.said(name) for name in names)
    if (day_text, clock_text) == (stood[names[0]], stood[names[1]]):
        return before
    if not day_text:
        if clock_text:
            reader.fault(names[0], _("날도 골라 주세요."))
        return None
    day, clock = read_day(day_text), read_clock(clock_text) if clock_text else None
    if day is None:
        reader.fault(names[0], _("날짜를 골라 주세요."))
        return None
    if clock_text and clock is None:
        reader.fault(names[1], _("시각을 골라 주세요. 예: 18:00"))
        return None
    return instant_of(day, clock, zone, is_end=which == "last").astimezone(UTC)


def _names_money(raw: dict[str, Any], catalog: Catalog) -> bool:
    if raw["minimum"]["minor"] or raw["cap_minor"] or raw["limits"]["budget_minor"]:
        return True
    if any(_parsed(one) is not None and _is_money(one) for one in raw["benefits"]):
        return True
    if raw["condition"] is None:
        return False
    content = PromotionContent(name="", condition=raw["condition"])
    condition = read_promotion(bytes(16), 0, content, catalog, checked=False).promotion.condition
    return condition is not None and bool(needs(condition).traits & MOVING)


def _is_money(raw: dict[str, Any]) -> bool:
    """Say whether a benefit that can be read names an amount."""
    if raw["kind"] != "tiered":
        return raw["kind"] in _MONEY or bool(raw.get("most_minor"))
    return raw.get("by") != "units" or any(step["benefit"]["kind"] in _MONEY for step in raw["steps"])


def problems_of(content: PromotionContent, catalog: Catalog) -> list[Problem]:
    """Return what keeps a content from being published, in words, each where it can be mended."""
    found, benefits = [], []
    for place, raw in enumerate(content.benefits):
        try:
            benefit = parse_benefit(raw)
        except PromotionInvalid as refusal:
            found.append(Problem("then", " ".join(explain(refusal)), place))
            continue
        benefits.append(benefit)
        alone = Promotion(
            id=bytes(16), version=0, name=content.name, benefits=(benefit,), currency=content.currency
        )
        if fault := find_fault(alone):
            found.append(Problem(FAULTS[fault][0], str(FAULTS[fault][1]), place))
    if found:
        return found
    try:
        promotion = read_promotion(bytes(16), 0, content, catalog, checked=False).promotion
        if fault := find_fault(replace(promotion, benefits=tuple(benefits))):
            return [Problem(FAULTS[fault][0], str(FAULTS[fault][1]))]
        if not content.name.strip():
            return [Problem("name", _("이름을 적어 주세요."))]
        read_promotion(bytes(16), 0, content, catalog)
    except BrokenCondition as broken:
        return [Problem("if", " ".join(explain(broken)))]
    except DomainError as refusal:
        return [Problem("limits", " ".join(explain(refusal)))]
    return []
