"""What both get, each once a turn and within the caps; and what is taken back of it."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from dangol.core.ledger.services import Order as Move, apply, reverse_transfer
from dangol.core.people.actors import HOUSE
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.domain.accrual import dates_of
from dangol.domain.calendars import day_of
from dangol.domain.coupon_codes import normalize
from dangol.domain.errors import DomainError
from dangol.domain.points import Earn, NothingToReverse
from dangol.domain.referrals import (
    PromiseKind,
    Side,
    Stage,
    Why,
    cap_reached,
    sides_due,
    sides_kept,
)
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.coupons.holding import Ask, block_code, issue_codes
from dangol.rooms.rewards.coupons.models import CouponCode, CouponUse
from dangol.rooms.rewards.programs import find_program
from dangol.rooms.rewards.referrals.desk import Held
from dangol.rooms.rewards.referrals.events import ReferralCapped, ReferralGiven, ReferralTakenBack
from dangol.rooms.rewards.referrals.models import GiftState, ReferralGift, ReferralProgram
from dangol.rooms.rewards.referrals.programs import caps_of, give_room_back, take_room
from dangol.rooms.rewards.selectors import terms_in
from dangol.rooms.rewards.stamps.errors import StampsUndone
from dangol.rooms.rewards.stamps.services import add_stamps, undo_stamps

REASON = "referral"
_HOLDS = (GiftState.GIVEN.value, GiftState.WAITING.value)


def bring_up_to_date(desk: Iterable[Held], *, at: datetime) -> None:
    """Give what is due and not given, and take back what is given and not due any more.

    Under the people's locks. What nothing is there of now (no codes left) waits and holds its room.
    """
    for held in desk:
        state = Stage(held.row.state)
        due = sides_due(state, is_early=held.promised.is_early)
        why = Why(held.row.why) if held.row.why else None
        kept = sides_kept(held.promised.terms, why=why, is_early=held.promised.is_early)
        for side in set(Side) - due - kept:
            _take_back(held, side, at)
        missing = [side for side in Side if side in due and held.live(side) is None and _promises(held, side)]
        if missing:
            _decide(held, missing, at)
        for gift in held.gifts:
            if gift.state == GiftState.WAITING.value:
                _hand_over(held, gift, at)


def _let_go(held: Held, gift: ReferralGift) -> None:
    """Note that whoever was to get it is no member any more, and give its room back."""
    gift.state = GiftState.GONE.value
    gift.save(update_fields=["state"])
    _free(held, gift)


def _free(held: Held, gift: ReferralGift) -> None:
    is_last = held.row.is_counted and not any(one.state in _HOLDS for one in held.gifts)
    held.row.is_counted &= not is_last
    give_room_back(held.row.program_id, count=int(is_last), cost_minor=gift.cost_minor)


def _promises(held: Held, side: Side) -> bool:
    return held.promised.promises[side].kind is not PromiseKind.NONE


def _decide(held: Held, missing: list[Side], at: datetime) -> None:
    """Decide what each side gets: the referrer's own caps first, then the program's limits for both."""
    new = {side: _new_gift(held, side, at) for side in missing}
    program = ReferralProgram.objects.get(id=held.row.program_id)
    for side, gift in new.items():
        if not held.is_there[side]:
            gift.state = GiftState.GONE.value
        elif side is Side.REFERRER and (cap := _cap_of_referrer(held, gift, program)):
            gift.state, gift.trouble = GiftState.CAPPED.value, cap
    holding = [gift for gift in new.values() if gift.state in _HOLDS]
    takes_place = bool(holding) and held.row.state == Stage.GIVEN.value and not held.row.is_counted
    cost = sum(gift.cost_minor for gift in holding)
    limit = take_room(program.id, count=int(takes_place), cost_minor=cost) if holding else ""
    if limit:
        for gift in holding:
            gift.state, gift.trouble = GiftState.CAPPED.value, limit
    elif takes_place:
        held.row.is_counted = True
    ReferralGift.objects.bulk_create(new.values())
    held.gifts += new.values()
    for gift in new.values():
        if gift.state == GiftState.CAPPED.value:
            side = Side(gift.side)
            held.note("capped", at, side=side.value, cause=gift.trouble)
            held.tell(ReferralCapped(side=side.value, cause=gift.trouble), side, at)


def _new_gift(held: Held, side: Side, at: datetime) -> ReferralGift:
    promise = held.promised.promises[side]
    turn = sum(one.side == side for one in held.gifts)
    counted_on = day_of(held.row.earned_at or held.row.told_at, held.promised.terms.zone)
    return ReferralGift(
        customer_id=held.who(side), id=new_id(), referral_id=held.row.id, program_id=held.row.program_id,
        side=side.value, turn=turn, state=GiftState.WAITING.value, kind=promise.kind.value,
        amount=promise.amount, target_id=promise.target_id, cost_minor=promise.cost_minor,
        counted_on=counted_on, decided_at=at,
    )  # fmt: skip


def _cap_of_referrer(held: Held, gift: ReferralGift, program: ReferralProgram) -> str:
    earlier = ReferralGift.objects.filter(
        customer_id__in=held.referrers, program_id=program.id, side=Side.REFERRER.value, state__in=_HOLDS
    )
    return cap_reached(caps_of(program), gift.counted_on, list(earlier.values_list("counted_on", flat=True)))


def _key(gift: ReferralGift) -> str:
    """Return what names this giving for good."""
    return f"referral:{gift.referral_id.hex()}:{gift.side}:{gift.turn}"


def _owner(gift: ReferralGift) -> Id:
    """Return who got it, or is to get it now."""
    assert gift.owner_id is not None, "set before anything is given"
    return gift.owner_id


def _hand_over(held: Held, gift: ReferralGift, at: datetime) -> None:
    if not held.is_there[Side(gift.side)]:
        _let_go(held, gift)
        return
    gift.owner_id = held.who(Side(gift.side))
    give = {
        PromiseKind.POINTS: _give_points,
        PromiseKind.COUPON: _give_coupon,
        PromiseKind.STAMPS: _give_stamps,
    }
    try:
        ref = give[PromiseKind(gift.kind)](gift, at)
    except DomainError as refusal:
        if gift.trouble != refusal.code:
            held.note("trouble", at, side=gift.side, cause=refusal.code)
        gift.trouble = refusal.code
    else:
        gift.state, gift.given_at, gift.ref, gift.trouble = GiftState.GIVEN.value, at, ref, ""
        held.note("gift", at, side=gift.side, cause=gift.kind)
        told = ReferralGiven(side=gift.side, kind=gift.kind, amount=gift.amount or 0)
        held.tell(told, Side(gift.side), at)
    gift.save(update_fields=["state", "given_at", "owner_id", "ref", "trouble"])


def _give_points(gift: ReferralGift, at: datetime) -> str:
    running = find_program()
    (terms,) = terms_in(running, [(_owner(gift), at)])
    release_at, expires_at = dates_of(terms, at)
    earn = Earn(
        _key(gift), at, gift.amount or 0, release_at, expires_at, REASON, gift.referral_id, idle=terms.idle
    )
    (result,) = apply([Move(_owner(gift), earn)], running.row.points_currency, recorded_at=at)
    if result.refusal:
        raise result.refusal
    return show_id(result.transfer_id or b"")


def _give_coupon(gift: ReferralGift, at: datetime) -> str:
    (answer,) = issue_codes([Ask(gift.target_id or b"", _owner(gift), _key(gift))], at=at)
    if isinstance(answer, DomainError):
        raise answer
    return answer


def _give_stamps(gift: ReferralGift, at: datetime) -> str:
    made = add_stamps(
        _owner(gift), gift.target_id or b"", count=gift.amount or 0, key=_key(gift), reason=REASON,
        by=By(HOUSE, at),
    )  # fmt: skip
    return show_id(made)


def _take_back(held: Held, side: Side, at: datetime) -> None:
    """Take back what a side has got; a coupon that is used is kept, and what was never given is dropped."""
    gift = held.live(side)
    if gift is None:
        return
    is_given = gift.state == GiftState.GIVEN.value
    if is_given and not _take(gift, at):
        if held.steps:
            held.note("kept", at, side=side.value, cause=gift.kind)
        return
    held_room = gift.state in _HOLDS
    gift.state = GiftState.TAKEN_BACK.value if is_given else GiftState.DROPPED.value
    gift.save(update_fields=["state"])
    if is_given:
        held.note("taken_back", at, side=side.value, cause=gift.kind)
        held.tell(ReferralTakenBack(side=side.value, kind=gift.kind), side, at)
    if held_room:
        _free(held, gift)


def _take(gift: ReferralGift, at: datetime) -> bool:
    """Take something back; returns whether it could be."""
    if gift.kind == PromiseKind.POINTS.value:
        with suppress(NothingToReverse):
            reverse_transfer(
                _owner(gift), transfer_id=parse_id(gift.ref), points=None, key=f"{_key(gift)}:back", at=at,
                reason=REASON,
            )  # fmt: skip
        return True
    if gift.kind == PromiseKind.COUPON.value:
        return _take_coupon(gift.ref, at)
    with suppress(StampsUndone):
        undo_stamps(_owner(gift), parse_id(gift.ref), reason=REASON, by=By(HOUSE, at))
    return True


def _take_coupon(code: str, at: datetime) -> bool:
    """Block a code nobody has used; one that everybody uses is nobody's, and is kept."""
    theirs = CouponCode.objects.filter(key=normalize(code), customer_id__isnull=False)
    if not theirs.exists() or CouponUse.objects.filter(key=normalize(code), given_back_at=None).exists():
        return False
    block_code(code, actor=HOUSE, at=at)
    return True
