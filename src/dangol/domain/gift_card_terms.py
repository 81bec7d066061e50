"""What a shop owes for a gift card: until when it pays, and when its money is handed out again.

The defaults are those of Korea's standard terms for new kinds of gift certificates (신유형 상품권 표준약관,
Fair Trade Commission, as of September 2025), told in docs/algorithms/stored-value.md. Another country's shop
sets its own. Shares are basis points. Only what was paid for is paid out: what was given for nothing never
is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import add_months, day_of, start_of_day
from dangol.domain.stored_value import Lot

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Terms:
    """How long cards pay, and which share of what was paid is handed out when.

    Within `withdraw_days` of the sale all of it, while nothing was used. While the card pays: what is left,
    once `cash_from` of its face was used, or `small_cash_from` where the face is `small_minor` or less. When
    it no longer pays, for `claim_months` from the sale: `lapsed_share` of what is left, or
    `large_lapsed_share` where the face is more than `large_minor`; as store credit `credit_share`.
    """

    valid_months: int = 60
    claim_months: int = 60
    withdraw_days: int = 7
    cash_from: int = 6_000
    small_cash_from: int = 8_000
    small_minor: int = 10_000
    lapsed_share: int = 9_000
    large_lapsed_share: int = 9_500
    large_minor: int = 50_000
    credit_share: int = WHOLE


class Why(StrEnum):
    """Why a card's money is handed out, or why not."""

    WITHDRAWN = "withdrawn"
    MOSTLY_USED = "mostly_used"
    LAPSED = "lapsed"
    NOT_ENOUGH_USED = "not_enough_used"
    CLAIM_OVER = "claim_over"
    GIVEN_FREE = "given_free"
    NOTHING_LEFT = "nothing_left"


class Refund(NamedTuple):
    """What is handed out now of which lots, in minor units, and what of their value is kept as a fee."""

    why: Why
    minor: int
    fee_minor: int
    lot_ids: tuple[bytes, ...]


class NoRefund(NamedTuple):
    """Why nothing is handed out; `needed` and `used` are minor units of the face, where it is about that."""

    why: Why
    needed: int | None = None
    used: int | None = None


class _Claim(NamedTuple):
    why: Why
    minor: int
    left: int
    lot_id: bytes


def end_of(sold_at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Return the first instant after so many months from a day on, which counts, by the shop's clock."""
    last: date = add_months(day_of(sold_at, zone), months)
    return start_of_day(last + timedelta(days=1), zone)


def first_claimable(day: date, claim_months: int) -> date:
    """Return the earliest day of sale whose money may still be claimed on a day, its last moment included."""
    sold = add_months(day, -claim_months)
    return sold if add_months(sold, claim_months) >= day else sold + timedelta(days=1)


def refund_of(
    lots: list[Lot], face_minor: int, at: datetime, terms: Terms, zone: ZoneInfo, *, as_credit: bool = False
) -> Refund | NoRefund:
    """Return what a card's owner is handed out now. `face_minor` is what was on it after it was last loaded,
    less what was handed out of it since (`face_after`).

    Each lot is judged by its own sale; what of a price was paid for what is left is rounded up, so that
    nobody loses a won by it.
    """
    left = [lot for lot in lots if lot.left or lot.lapsed]
    if not left:
        return NoRefund(Why.NOTHING_LEFT)
    paid_for = [lot for lot in left if lot.price_minor]
    if not paid_for:
        return NoRefund(Why.GIVEN_FREE)
    there = sum(lot.left + lot.lapsed for lot in _of_face(left, lots))
    # What a return has put back since counts as never used.
    face_minor = max(face_minor, there)
    used = face_minor - there
    share = terms.small_cash_from if face_minor <= terms.small_minor else terms.cash_from
    needed = -(-face_minor * share // WHOLE)
    claims: list[_Claim] = []
    refusals: list[Why] = []
    for lot in paid_for:
        found = _claim(lot, face_minor, used >= needed, at, terms, zone, as_credit=as_credit)
        if isinstance(found, _Claim):
            claims.append(found)
        else:
            refusals.append(found)
    if not claims:
        why = refusals[0]
        return NoRefund(why, needed, used) if why is Why.NOT_ENOUGH_USED else NoRefund(why)
    handed_out = sum(one.minor for one in claims)
    return Refund(
        claims[0].why, handed_out, sum(one.left for one in claims) - handed_out,
        tuple(one.lot_id for one in claims),
    )  # fmt: skip


def face_after(lots: list[Lot], face_minor: int, lot_ids: Collection[bytes]) -> int:
    """Return the face of a card once these lots are handed out: money that was handed out was not used."""
    gone = [lot for lot in lots if lot.id in lot_ids]
    return max(face_minor - sum(lot.left + lot.lapsed for lot in _of_face(gone, lots)), 0)


def _of_face(some: list[Lot], lots: list[Lot]) -> list[Lot]:
    """Return those of a card's lots that are of its face: all but those that had lapsed when it was last
    loaded.
    """
    loaded_at = max(lot.opened_at for lot in lots)
    return [lot for lot in some if lot.is_open(loaded_at)]


def _claim(
    lot: Lot, face_minor: int, is_mostly_used: bool, at: datetime, terms: Terms, zone: ZoneInfo, *,
    as_credit: bool,
) -> _Claim | Why:  # fmt: skip
    left = lot.left + lot.lapsed
    paid = -(-lot.price_minor * left // lot.minor)
    is_whole = left == lot.minor
    if is_whole and at < lot.opened_at + timedelta(days=terms.withdraw_days):
        return _Claim(Why.WITHDRAWN, paid, left, lot.id)
    if lot.is_open(at):
        return _Claim(Why.MOSTLY_USED, paid, left, lot.id) if is_mostly_used else Why.NOT_ENOUGH_USED
    if at >= end_of(lot.opened_at, terms.claim_months, zone):
        return Why.CLAIM_OVER
    share = terms.large_lapsed_share if face_minor > terms.large_minor else terms.lapsed_share
    return _Claim(Why.LAPSED, paid * (terms.credit_share if as_credit else share) // WHOLE, left, lot.id)
