"""Who may apply at all, before the cart is looked at: rules that are whole, schedules, codes, limits."""

from collections.abc import Iterable
from dataclasses import dataclass

from dangol.domain.promotions.book import Book, Entry
from dangol.domain.promotions.effects import Limit, Reason, Rejection
from dangol.domain.promotions.rules import NO_LIMIT, Context, Coupon, Remaining
from dangol.domain.promotions.settings import Settings

_COUNTS = ((Limit.USES, "uses"), (Limit.CUSTOMER_USES, "customer_uses"), (Limit.PERIOD_USES, "period_uses"))


@dataclass(slots=True)
class Admitted:
    """Those that may apply, in their order and by lane; the code each comes with; and all that may not."""

    by_lane: dict[str, list[Entry]]
    codes: dict[bytes, str]
    rejections: list[Rejection]


def admit(book: Book, currency: str, settings: Settings, context: Context) -> Admitted:
    """Return which promotions and codes of a book may apply to a cart in this currency."""
    asked = [one for one in book.entries if context.only is None or one.promotion.id in context.only]
    codes, refused = _codes(book, context)
    admitted = Admitted({lane.key: [] for lane in settings.lanes}, codes, refused)
    with_refused_code = {one.promotion_id for one in refused} - codes.keys()
    for entry in asked:
        rejection = _rejection(entry, currency, settings, context, codes)
        if rejection is None:
            admitted.by_lane[entry.promotion.lane].append(entry)
        elif rejection.reason is not Reason.NO_CODE or entry.promotion.id not in with_refused_code:
            admitted.rejections.append(rejection)
    return admitted


def _codes(book: Book, context: Context) -> tuple[dict[bytes, str], list[Rejection]]:
    """Return the code of each promotion that has one that may be used, and those that may not."""
    codes: dict[bytes, str] = {}
    refused: list[Rejection] = []
    met: set[str] = set()
    for coupon in sorted(context.coupons, key=lambda one: (one.code, one.promotion_id or b"")):
        entry = None if coupon.promotion_id is None else book.by_id.get(coupon.promotion_id)
        reason = Reason.CODE_GIVEN_TWICE if coupon.code in met else _code_reason(coupon, entry, context)
        met.add(coupon.code)
        if reason is None and coupon.promotion_id in codes:
            reason = Reason.OTHER_CODE
        if reason is None and entry is not None:
            codes[entry.promotion.id] = coupon.code
        elif reason is not None:
            version = entry.promotion.version if entry else None
            limit = Limit.CODE_USES if reason is Reason.LIMIT_REACHED else None
            refused.append(Rejection(reason, coupon.promotion_id, version, coupon.code, limit=limit))
    return codes, refused


def _code_reason(coupon: Coupon, entry: Entry | None, context: Context) -> Reason | None:
    if coupon.promotion_id is None:
        return Reason.UNKNOWN_CODE
    if entry is None or (context.only is not None and coupon.promotion_id not in context.only):
        return Reason.UNKNOWN_PROMOTION
    if coupon.is_of_another:
        return Reason.CODE_OF_ANOTHER
    if coupon.active_from and context.as_of < coupon.active_from:
        return Reason.CODE_NOT_STARTED
    if coupon.active_to and context.as_of >= coupon.active_to:
        return Reason.CODE_ENDED
    return Reason.LIMIT_REACHED if coupon.uses is not None and coupon.uses < 1 else None


def _rejection(
    entry: Entry, currency: str, settings: Settings, context: Context, codes: dict[bytes, str]
) -> Rejection | None:
    promotion = entry.promotion
    remaining = context.remaining.get(promotion.id, NO_LIMIT)
    code = codes.get(promotion.id, "")
    for reason, holds in _reasons(entry, currency, settings, context, is_named=bool(code)):
        if holds:
            return Rejection(reason, promotion.id, promotion.version, code, fault=entry.fault)
    if remaining is not NO_LIMIT and (limit := _reached(remaining)):
        return Rejection(Reason.LIMIT_REACHED, promotion.id, promotion.version, code, limit=limit)
    if remaining.budget_minor is not None and remaining.budget_minor <= 0:
        found = remaining.budget_minor
        return Rejection(Reason.BUDGET_EXHAUSTED, promotion.id, promotion.version, code, found=found)
    return None


def _reasons(
    entry: Entry, currency: str, settings: Settings, context: Context, *, is_named: bool
) -> Iterable[tuple[Reason, bool]]:
    promotion, at = entry.promotion, context.as_of
    return (
        (Reason.BROKEN_RULE, entry.fault is not None),
        (Reason.UNKNOWN_LANE, all(promotion.lane != lane.key for lane in settings.lanes)),
        (Reason.WRONG_CURRENCY, bool(promotion.currency) and promotion.currency != currency),
        (Reason.NOT_STARTED, promotion.active_from is not None and at < promotion.active_from),
        (Reason.ENDED, promotion.active_to is not None and at >= promotion.active_to),
        (Reason.NO_CODE, promotion.needs_code and not is_named),
    )


def _reached(remaining: Remaining) -> Limit | None:
    for limit, name in _COUNTS:
        if (left := getattr(remaining, name)) is not None and left < 1:
            return limit
    return Limit.UNITS if remaining.units is not None and remaining.units < 1 else None
