"""What a sale keeps: what was asked, what was answered, and the split by which things come back.

The answer is kept as it is sent to the shop: amounts in minor units, promotions by their ids, units of a line
counted from 0.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import msgspec

from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.promotions import Rejection, effects as of
from dangol.domain.promotions.carts import Cart
from dangol.domain.promotions.effects import Reason
from dangol.domain.promotions.returns import Carried, Sold, UnitKey
from dangol.domain.tender import TenderRefused
from dangol.rooms.rewards.promotions.asking import Answer, Asked
from dangol.rooms.rewards.promotions.words import reason_text, stored_text, tender_text
from dangol.rooms.rewards.stored_value.codes import CardRef
from dangol.rooms.rewards.stored_value.paying import CREDIT, Stored

Json: TypeAlias = dict[str, Any]
_TYPES: Mapping[type, str] = {
    of.Discount: "discount", of.ShippingDiscount: "shipping_discount", of.GiftGiven: "gift",
    of.PointsGiven: "points", of.PointsMultiplied: "points_multiplied", of.StampsGiven: "stamps",
    of.CouponIssued: "coupon",
}  # fmt: skip

# What is true of a promotion whatever is in the cart.
_NOT_ASKED_FOR = frozenset({Reason.NO_CODE, Reason.NOT_STARTED, Reason.ENDED})
# What does nothing because it is for other carts or other people is news to nobody who has not asked for it.
FOR_OTHER_CARTS = _NOT_ASKED_FOR | {
    Reason.CONDITION_FALSE, Reason.NO_TARGET, Reason.WRONG_CURRENCY, Reason.UNKNOWN_LANE, Reason.BROKEN_RULE,
}  # fmt: skip


class StoredAsk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked, so that it can be asked again."""

    cart: Cart
    codes: tuple[str, ...] = ()
    by_shopper: bool = False
    pay_points: int = 0
    # Hashes and last characters: a card's code is money and stands nowhere.
    gift_cards: tuple[tuple[str, str], ...] = ()
    pay_credit: int | Literal["most"] = 0
    channel: str = ""
    store: str = ""
    only: tuple[bytes, ...] | None = None

    @property
    def card_refs(self) -> tuple[CardRef, ...]:
        """The gift cards that were to pay."""
        return tuple(CardRef(*one) for one in self.gift_cards)

    @property
    def asked_only(self) -> frozenset[Id] | None:
        """The promotions that were asked alone; None: all."""
        return None if self.only is None else frozenset(self.only)


def write_ask(asked: Asked) -> Json:
    """Return what was asked, to be kept."""
    kept = StoredAsk(
        cart=asked.cart, codes=asked.codes, by_shopper=asked.by_shopper,
        pay_points=asked.pay_points, gift_cards=tuple((one.hash, one.tail) for one in asked.gift_cards),
        pay_credit=asked.pay_credit, channel=asked.channel,
        store=asked.store, only=None if asked.only is None else tuple(sorted(asked.only)),
    )  # fmt: skip
    raw: Json = msgspec.to_builtins(kept)
    return raw


def read_ask(raw: Json) -> StoredAsk:
    """Return what was asked."""
    return msgspec.convert(raw, StoredAsk)


def write_answer(answer: Answer) -> Json:
    """Return an answer as JSON: effects in the order they apply, and a reason for whatever does nothing."""
    found, tender, earning = answer.evaluation, answer.tender, answer.earning
    return {
        "currency": answer.asked.cart.currency,
        "list_minor": sum(line.unit_minor * len(line.left_minor) for line in found.lines),
        "discount_minor": found.discount_minor,
        "net_minor": found.net_minor,
        "shipping_minor": found.shipping_minor,
        "payable_minor": answer.payable_minor,
        "due_minor": answer.due_minor,
        "effects": [_effect(one, answer.names) for one in found.effects],
        "rejections": [_rejection(one, answer.names) for one in found.rejections],
        "left_out": [{"line": one.key, "reason": one.fault.value} for one in found.left_out],
        "lines": [
            {"line": one.key, "unit_minor": one.unit_minor, "net_minor": sum(one.left_minor),
             "unit_net_minor": list(one.left_minor)}
            for one in found.lines
        ],
        "used_codes": list(found.used_codes),
        "tender": {
            "points": tender.paid.points if tender.paid else 0,
            "minor": tender.paid.minor if tender.paid else 0,
            "most_points": tender.most,
            "currency": tender.currency,
            "is_discount": bool(answer.shelf.tender and answer.shelf.tender.is_discount),
            "refused": _refused(tender.refused),
        },
        "stored": _stored(answer.stored),
        "earning": {
            "currency": earning.currency,
            "points": earning.points,
            "rules": [
                {"rule": show_id(one.rule_id), "version": one.rule_version, "base_minor": one.base_minor,
                 "points": one.points}
                for one in earning.parts
            ],
            "promotions": earning.given,
            "multiplied": [
                {"promotion": show_id(key), "points": sum(own.values()),
                 "units": [{"line": unit[0], "unit": unit[1], "amount": part} for unit, part in own.items()]}
                for key, own in earning.multiplied.items()
            ],
            "cut": earning.cut._asdict() if earning.cut else None,
            "not_given": earning.not_given,
            "most_held": earning.most_held,
        },
    }  # fmt: skip


def tell_asked(answer: Answer) -> Json:
    """Return an answer with the reasons of what was asked about (codes, `only`, `drafts`) or nearly applies.

    Of a thousand promotions that are out nearly all are for other carts, and say no more than that.
    """
    found, named = answer.evaluation, answer.asked.drafts | (answer.asked.only or frozenset())
    told = tuple(
        one
        for one in found.rejections
        if one.code or one.promotion_id in named or one.reason not in FOR_OTHER_CARTS
    )
    return write_answer(replace(answer, evaluation=replace(found, rejections=told)))


def keep_answer(answer: Answer) -> Json:
    """Return an answer as a sale keeps it: without the reasons of promotions that nobody asked for.

    These have not begun, are over, or wait for a code that was not given: of a thousand coupons that are out,
    nearly all with every sale.
    """
    found = answer.evaluation
    asked_for = tuple(one for one in found.rejections if one.code or one.reason not in _NOT_ASKED_FOR)
    return write_answer(replace(answer, evaluation=replace(found, rejections=asked_for)))


def _refused(refused: TenderRefused | None) -> Json | None:
    if refused is None:
        return None
    return {
        "reason": refused.reason.value, "needed": refused.needed, "found": refused.found,
        "message": tender_text(refused),
    }  # fmt: skip


def _stored(stored: Stored) -> Json:
    """Return what cards and credit pay: cards are told by their last characters."""
    return {
        "minor": stored.minor,
        "is_discount": stored.is_discount,
        "paid": [
            {"kind": _kind_of(one.ref), "card": stored.names.get(one.ref, ""), "minor": one.minor}
            for one in stored.paid
        ],
        "refused": [
            {
                "kind": _kind_of(one.ref), "card": stored.names.get(one.ref, ""), "reason": one.reason.value,
                "needed": one.needed, "found": one.found, "message": stored_text(one),
            }
            for one in stored.refused
        ],
    }  # fmt: skip


def _kind_of(ref: str) -> str:
    return CREDIT if ref == CREDIT else "gift_card"


def _source(source: of.Source, names: Mapping[Id, str]) -> Json:
    return {
        "promotion": show_id(source.promotion_id),
        "version": source.version,
        "name": names.get(source.promotion_id, ""),
        "code": source.code,
    }


def _effect(effect: of.Effect, names: Mapping[Id, str]) -> Json:
    found = {"type": _TYPES[type(effect)], **_source(effect.source, names)}
    match effect:
        case of.Discount():
            bought = [{"line": key, "unit": place} for key, place in effect.bought]
            found |= {"kind": effect.kind, "amount_minor": effect.amount_minor, "bought": bought}
            found |= {"lines": _parts(effect.lines)}
        case of.ShippingDiscount():
            found |= {"amount_minor": effect.amount_minor}
        case of.GiftGiven():
            found |= {"product": effect.product, "count": effect.count}
        case of.PointsGiven():
            found |= {"points": effect.points, "base_minor": effect.base_minor, "lines": _parts(effect.lines)}
        case of.PointsMultiplied():
            units = [{"line": key, "unit": place} for key, place in effect.units]
            found |= {"num": effect.num, "den": effect.den, "units": units}
        case of.StampsGiven():
            found |= {"card": effect.card, "count": effect.count, "lines": _parts(effect.lines)}
        case of.CouponIssued():
            found |= {"coupon": effect.coupon}
    return found


def _parts(lines: Iterable[of.LinePart]) -> list[Json]:
    return [
        {
            "line": one.key,
            "amount": one.amount,
            "units": [{"unit": unit.position, "amount": unit.amount} for unit in one.units],
        }
        for one in lines
    ]


def _rejection(rejection: Rejection, names: Mapping[Id, str]) -> Json:
    key, other = rejection.promotion_id, rejection.other
    return {
        "reason": rejection.reason.value,
        "promotion": show_id(key) if key else None,
        "version": rejection.version,
        "name": names.get(key, "") if key else "",
        "code": rejection.code,
        "other": show_id(other) if other else None,
        "limit": rejection.limit.value if rejection.limit else None,
        "needed": rejection.needed,
        "found": rejection.found,
        "fault": rejection.fault.value if rejection.fault else None,
        "message": reason_text(rejection, names.get(other, "") if other else ""),
    }


def write_split(sold: Sold) -> Json:
    """Return what each unit carries, and which units are back, to be kept."""
    return {
        "units": [[key, place, *carried] for (key, place), carried in sorted(sold.units.items())],
        "back": [list(one) for one in sorted(sold.back)],
        "delivery": list(sold.delivery),
        "is_delivery_back": sold.is_delivery_back,
    }


def read_split(raw: Json) -> Sold:
    """Return what each unit carries."""
    units: dict[UnitKey, Carried] = {(key, place): Carried(*rest) for key, place, *rest in raw["units"]}
    # Sales of before delivery was kept carry none.
    delivery = Carried(*raw.get("delivery", ()))
    back = frozenset((key, place) for key, place in raw["back"])
    return Sold(units, back, delivery, raw.get("is_delivery_back", False))


def discounts_of(answer: Json, units: Iterable[UnitKey]) -> dict[Id, int]:
    """Return, by promotion, what it took off these units, in minor units."""
    wanted = set(units)
    found: dict[Id, int] = {}
    for effect in answer["effects"]:
        if effect["type"] != "discount":
            continue
        key = parse_id(effect["promotion"])
        found[key] = found.get(key, 0) + sum(
            unit["amount"]
            for line in effect["lines"]
            for unit in line["units"]
            if (line["line"], unit["unit"]) in wanted
        )
    return found


def delivery_discounts_of(answer: Json) -> dict[Id, int]:
    """Return, by promotion, what it took off the delivery, in minor units."""
    found: Counter[Id] = Counter()
    for effect in answer["effects"]:
        if effect["type"] == "shipping_discount":
            found[parse_id(effect["promotion"])] += effect["amount_minor"]
    return dict(found)


def points_of(answer: Json, units: Iterable[UnitKey]) -> dict[Id, int]:
    """Return, by promotion, the points it gave on these units, itself or by multiplying."""
    wanted = set(units)
    found: Counter[Id] = Counter()
    for effect in answer["effects"]:
        if effect["type"] == "points":
            for line in effect["lines"]:
                for unit in line["units"]:
                    if (line["line"], unit["unit"]) in wanted:
                        found[parse_id(effect["promotion"])] += unit["amount"]
    for one in answer["earning"]["multiplied"]:
        for unit in one["units"]:
            if (unit["line"], unit["unit"]) in wanted:
                found[parse_id(one["promotion"])] += unit["amount"]
    return dict(found)


def stamps_of(answer: Json, units: Iterable[UnitKey] | None = None) -> dict[tuple[Id, str], int]:
    """Return, by promotion and card, the stamps it gave: all of them, or those on these units."""
    wanted = None if units is None else set(units)
    found: Counter[tuple[Id, str]] = Counter()
    for effect in answer["effects"]:
        if effect["type"] == "stamps":
            found[parse_id(effect["promotion"]), effect["card"]] += (
                effect["count"]
                if wanted is None
                else sum(
                    unit["amount"]
                    for line in effect.get("lines", ())
                    for unit in line["units"]
                    if (line["line"], unit["unit"]) in wanted
                )
            )
    return {key: count for key, count in sorted(found.items()) if count > 0}


def points_given(answer: Json) -> dict[Id, int]:
    """Return, by promotion, all the points it gives, itself or by multiplying."""
    found: Counter[Id] = Counter()
    for effect in answer["effects"]:
        if effect["type"] == "points":
            found[parse_id(effect["promotion"])] += effect["points"]
    for one in answer["earning"]["multiplied"]:
        found[parse_id(one["promotion"])] += one["points"]
    return {key: points for key, points in sorted(found.items()) if points > 0}
