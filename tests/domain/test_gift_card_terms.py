"""When a card's money is handed out: Korea's terms as defaults, and what each setting changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.domain.gift_card_terms import NoRefund, Refund, Terms, Why, end_of, refund_of
from dangol.domain.stored_value import Lot

SEOUL = ZoneInfo("Asia/Seoul")
SOLD = datetime(2026, 11, 27, 3, tzinfo=UTC)
DAY, TERMS = timedelta(days=1), Terms()
END = end_of(SOLD, 12, SEOUL)


def lot(minor: int, left: int, *, price: int | None = None, lapsed: int = 0) -> Lot:
    return Lot(b"lot", minor, left, minor if price is None else price, SOLD, END, lapsed)


def refund(
    face: int, left: int, at: datetime, *, price: int | None = None, as_credit: bool = False
) -> object:
    return refund_of([lot(face, left, price=price)], face, at, TERMS, SEOUL, as_credit=as_credit)


def test_end_of__five_years__is_the_night_after_that_day_by_the_shops_clock() -> None:
    assert end_of(SOLD, 60, SEOUL) == datetime(2031, 11, 28, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("face", "left", "days", "expected"),
    [
        # Within seven days of the sale, unused: all of it.
        (50_000, 50_000, 6, Refund(Why.WITHDRAWN, 50_000, 0, (b"lot",))),
        (50_000, 50_000, 7, NoRefund(Why.NOT_ENOUGH_USED, 30_000, 0)),
        (50_000, 49_999, 1, NoRefund(Why.NOT_ENOUGH_USED, 30_000, 1)),
        # 60 % used: the rest. 80 % where the face is 10,000 won or less.
        (50_000, 20_000, 30, Refund(Why.MOSTLY_USED, 20_000, 0, (b"lot",))),
        (50_000, 20_001, 30, NoRefund(Why.NOT_ENOUGH_USED, 30_000, 29_999)),
        (10_000, 2_000, 30, Refund(Why.MOSTLY_USED, 2_000, 0, (b"lot",))),
        (10_000, 2_001, 30, NoRefund(Why.NOT_ENOUGH_USED, 8_000, 7_999)),
        (10_001, 4_000, 30, Refund(Why.MOSTLY_USED, 4_000, 0, (b"lot",))),
        # Lapsed: 90 %, of more than 50,000 won 95 %.
        (50_000, 50_000, 400, Refund(Why.LAPSED, 45_000, 5_000, (b"lot",))),
        (50_001, 50_001, 400, Refund(Why.LAPSED, 47_500, 2_501, (b"lot",))),
        (50_000, 0, 400, NoRefund(Why.NOTHING_LEFT)),
        (50_000, 50_000, 5 * 366, NoRefund(Why.CLAIM_OVER)),
    ],
)
def test_refund_of__a_card_sold_in_seoul__is_what_the_terms_say(
    face: int, left: int, days: int, expected: object
) -> None:
    assert refund(face, left, SOLD + days * DAY) == expected


def test_refund_of__as_credit_when_lapsed__is_all_of_it() -> None:
    assert refund(50_000, 50_000, END, as_credit=True) == Refund(Why.LAPSED, 50_000, 0, (b"lot",))


def test_refund_of__card_sold_at_a_discount__is_what_was_paid_and_rounded_up() -> None:
    found = refund(50_000, 10_001, SOLD + 30 * DAY, price=45_000)

    assert found == Refund(Why.MOSTLY_USED, 9_001, 1_000, (b"lot",))


def test_refund_of__what_was_given__is_nothing_and_stays_out_of_what_was_bought() -> None:
    given = Lot(b"free", 5_000, 5_000, 0, SOLD, END)

    assert refund_of([given], 5_000, SOLD, TERMS, SEOUL) == NoRefund(Why.GIVEN_FREE)
    both = refund_of([given, lot(50_000, 50_000)], 55_000, SOLD, TERMS, SEOUL)
    assert both == Refund(Why.WITHDRAWN, 50_000, 0, (b"lot",))


def test_refund_of__what_lapsed_and_was_booked__counts_like_what_was_not_yet() -> None:
    booked = lot(50_000, 0, lapsed=20_000)

    found = refund_of([booked], 50_000, END, TERMS, SEOUL)

    assert found == Refund(Why.LAPSED, 18_000, 2_000, (b"lot",))
