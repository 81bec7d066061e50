"""A member's coupons as their own pages show them: what each gives, until when, and if it can be used."""

from collections.abc import Iterable
from typing import Any

from dangol.core.people.merged import family_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.coupons.owned import OwnCoupon, State, coupons_of
from dangol.web.coupon_words import CODE_CHIPS, GAP_CHIP, GAPS
from dangol.web.frame import Frame
from dangol.web.reads.coupons import Offer, gap_of, read_offers


def own_coupons(owner: Id, frame: Frame) -> list[dict[str, Any]]:
    """Return a member's coupons, each with its offer and where it stands. Four statements."""
    coupons = coupons_of(family_of(owner))
    offers = read_offers((one.batch.promotion_id for one in coupons), frame.shop.currency)
    return [_line(one, offers.get(one.batch.promotion_id), frame) for one in coupons]


def _line(coupon: OwnCoupon, offer: Offer | None, frame: Frame) -> dict[str, Any]:
    state = coupon.state(frame.at)
    gap = gap_of(offer, frame.at) if state is State.USABLE else ""
    return {
        "coupon": coupon, "offer": offer, "state": state, "until": _until(coupon, offer),
        "is_waiting": bool(gap) or state is State.NOT_YET, "gap": GAPS.get(gap, ""),
        "told": GAP_CHIP if gap else CODE_CHIPS[state],
        "name": (offer.value or offer.name) if offer else coupon.batch.name,
    }  # fmt: skip


def _until(coupon: OwnCoupon, offer: Offer | None) -> Any:
    """Return when it ends: the batch or its promotion, whichever comes first."""
    ends = [coupon.batch.active_to, offer.content.active_to if offer and offer.content else None]
    return min((one for one in ends if one), default=None)


def usable_first(lines: Iterable[dict[str, Any]], frame: Frame) -> list[dict[str, Any]]:
    """Return those that can be used, now or later: what ends first stands first, what never does last."""
    found = [one for one in lines if one["state"] in (State.USABLE, State.NOT_YET)]
    return sorted(found, key=lambda one: (one["is_waiting"], one["until"] is None, one["until"] or frame.at))
