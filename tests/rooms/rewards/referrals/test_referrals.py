"""Referrals from the code told to what both get: what earns it, when it is given, and what is taken back."""

from datetime import timedelta

import pytest

from dangol.core.events.models import Cursor, Event
from dangol.core.people.leaving import leave_members
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.referrals import EarnedBy, PromiseKind, Side, Stage, WhenReturned
from dangol.rooms.rewards.coupons.models import CouponCode
from dangol.rooms.rewards.referrals.consumers import FOLLOW
from dangol.rooms.rewards.referrals.models import GiftState, Referral, ReferralProgram
from dangol.rooms.rewards.referrals.programs import ProgramDraft, Promise, change_program
from dangol.rooms.rewards.referrals.selectors import (
    steps_of,
)
from dangol.rooms.rewards.referrals.services import ReferralsStuck, retry_waiting, settle, settle_due
from tests.rooms.rewards.coupons.shop import batch
from tests.rooms.rewards.promotions.shop import AT, offer, percent
from tests.rooms.rewards.referrals.shop import (
    CLERK,
    DAY,
    at_joining,
    bring,
    broken,
    buy,
    join,
    let_by,
    open_shop,
    points_of,
    program,
    return_,
    shown,
)
from tests.rooms.rewards.stamps import shop as stamp_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def pair() -> tuple[Id, Id]:
    first, second = open_shop("minji", "jun")
    return first, second


def told(member: Id) -> list[str]:
    names = Event.objects.filter(customer_id=member, name__startswith="referral.").order_by("customer_seq")
    return list(names.values_list("name", flat=True))


def test_order__first_of_ten_thousand__gives_both_their_points_once(pair: tuple[Id, Id]) -> None:
    program()
    referral = bring(*pair)
    assert (shown(referral).state, shown(referral).left) == (Stage.WAITING, 1)

    buy(pair[1], "1", won=9_999)
    assert shown(referral).state is Stage.WAITING
    buy(pair[1], "2")
    # The worker was cut off before it noted how far it had come.
    Cursor.objects.filter(consumer=FOLLOW.name).update(position=0)
    let_by()

    assert shown(referral).state is Stage.GIVEN
    assert (points_of(pair[0]), points_of(pair[1])) == (500, 300)
    assert told(pair[0]) == ["referral.told", "referral.earned", "referral.given"]
    assert told(pair[1]) == told(pair[0])
    assert [one.what for one in steps_of(referral)] == ["told", "given", "gift", "gift"]
    assert broken() == []


def test_order__third_one_counts__says_how_many_are_missing_until_when(pair: tuple[Id, Id]) -> None:
    program(nth=3, within_days=30)
    referral = bring(*pair)

    buy(pair[1], "1")
    buy(pair[1], "2")

    view = shown(referral)
    assert (view.state, view.orders, view.left) == (Stage.WAITING, 2, 1)
    # Joined on 27 November at noon in Seoul: the last day is 27 December.
    assert view.deadline.isoformat() == "2026-12-27T15:00:00+00:00"
    buy(pair[1], "3")
    assert shown(referral).state is Stage.GIVEN


def test_wait__fourteen_days__gives_after_the_last_of_them(pair: tuple[Id, Id]) -> None:
    program(wait_days=14)
    referral = bring(*pair)
    buy(pair[1], "1")
    due_at = shown(referral).due_at
    assert due_at is not None
    assert due_at.isoformat() == "2026-12-11T15:00:00+00:00"

    assert settle_due(as_of=due_at - timedelta(seconds=1)) == 0
    assert shown(referral).state is Stage.EARNED
    assert points_of(pair[0]) == 0
    assert settle_due(as_of=due_at) == 1
    assert settle_due(as_of=due_at) == 0

    assert (points_of(pair[0]), points_of(pair[1])) == (500, 300)
    assert told(pair[0]) == ["referral.told", "referral.earned", "referral.given"]


@pytest.mark.parametrize(("pieces", "state"), [(2, Stage.WAITING), (1, Stage.WAITING)])
def test_wait__order_comes_back_below_the_least__takes_the_claim_back(
    pair: tuple[Id, Id], pieces: int, state: Stage
) -> None:
    program(wait_days=14)
    referral = bring(*pair)
    sold = buy(pair[1], "1")

    return_(sold, "r", pieces=pieces, at=AT + DAY)

    assert shown(referral).state is state
    assert settle_due(as_of=AT + 20 * DAY) == 0
    buy(pair[1], "2", at=AT + 21 * DAY)
    assert settle_due(as_of=AT + 40 * DAY) == 1
    assert shown(referral).state is Stage.GIVEN
    assert points_of(pair[0]) == 500


@pytest.mark.parametrize(
    ("on_return", "state", "points"),
    [(WhenReturned.TAKE_BACK, Stage.WAITING, 0), (WhenReturned.KEEP, Stage.GIVEN, 500)],
)
def test_return__after_it_was_given__goes_by_the_setting(
    pair: tuple[Id, Id], on_return: WhenReturned, state: Stage, points: int
) -> None:
    made = program(on_return=on_return, most_count=1)
    referral = bring(*pair)
    sold = buy(pair[1], "1")

    return_(sold, "r", at=AT + DAY)

    assert shown(referral).state is state
    assert points_of(pair[0]) == points
    assert ReferralProgram.objects.get(id=made).used_count == (1 if points else 0)
    buy(pair[1], "2", at=AT + 2 * DAY)
    assert shown(referral).state is Stage.GIVEN
    assert (points_of(pair[0]), points_of(pair[1])) == (500, 300)
    assert broken() == []


def test_return__another_order_counts_in_its_place__keeps_what_was_given(pair: tuple[Id, Id]) -> None:
    program()
    referral = bring(*pair)
    sold = buy(pair[1], "1")
    buy(pair[1], "2", at=AT + DAY)

    return_(sold, "r", at=AT + 2 * DAY)

    assert shown(referral).state is Stage.GIVEN
    assert points_of(pair[0]) == 500


def test_late_order__told_after_it_lapsed__still_earns_it(pair: tuple[Id, Id]) -> None:
    program(within_days=7, tell_days=7)
    referral = bring(*pair)
    assert settle_due(as_of=AT + 8 * DAY) == 1
    assert shown(referral).state is Stage.LAPSED
    assert told(pair[1])[-1] == "referral.ended"

    buy(pair[1], "after", at=AT + 9 * DAY)
    assert shown(referral).state is Stage.LAPSED
    buy(pair[1], "offline", at=AT + 3 * DAY, known_at=AT + 10 * DAY)

    assert shown(referral).state is Stage.GIVEN
    assert points_of(pair[0]) == 500


def test_earlier_order__told_late__makes_the_friend_no_new_one(pair: tuple[Id, Id]) -> None:
    program()
    referral = bring(*pair)
    buy(pair[1], "1")
    assert points_of(pair[1]) == 300

    buy(pair[1], "old", won=100, at=AT - 30 * DAY, known_at=AT)

    view = shown(referral)
    assert (view.state, view.why) == (Stage.VOID, "not_new")
    assert (points_of(pair[0]), points_of(pair[1])) == (0, 0)
    assert broken() == []


def test_joining__is_what_earns_it__gives_at_once(pair: tuple[Id, Id]) -> None:
    at_joining()

    referral = bring(*pair)

    assert shown(referral).state is Stage.GIVEN
    assert (points_of(pair[0]), points_of(pair[1])) == (500, 300)


def test_early__friend_gets_theirs_at_joining_and_keeps_it_when_it_lapses(pair: tuple[Id, Id]) -> None:
    made = program(is_early=True, within_days=7)
    referral = bring(*pair)
    assert (points_of(pair[0]), points_of(pair[1])) == (0, 300)

    assert settle_due(as_of=AT + 8 * DAY) == 1

    assert shown(referral).state is Stage.LAPSED
    assert (points_of(pair[0]), points_of(pair[1])) == (0, 300)
    row = ReferralProgram.objects.get(id=made)
    assert (row.used_count, row.used_minor) == (0, 300)
    assert broken() == []


def test_coupon_and_stamps__are_given_and_taken_back(pair: tuple[Id, Id]) -> None:
    promotion = offer(percent(10), needs_code=True)
    card = stamp_shop.program()
    program(
        referrer=Promise(PromiseKind.STAMPS, 3, card),
        friend=Promise(PromiseKind.COUPON, target_id=batch(code_count=2, promotion_id=promotion)),
    )
    referral = bring(*pair)

    sold = buy(pair[1], "1")

    gift = shown(referral).gift(Side.FRIEND)
    assert gift is not None
    assert CouponCode.objects.get(shown=gift.ref).customer_id == pair[1]
    assert stamp_shop.shown(pair[0]) == [("open", 3)]
    return_(sold, "r", at=AT + DAY)
    assert CouponCode.objects.get(shown=gift.ref).is_blocked
    assert stamp_shop.shown(pair[0]) == []
    assert broken() == []


def test_coupon__none_left__waits_and_is_given_later(pair: tuple[Id, Id]) -> None:
    program(friend=Promise(PromiseKind.COUPON, target_id=batch(code_count=1)), referrer=Promise())
    CouponCode.objects.update(is_blocked=True)
    referral = bring(*pair)
    buy(pair[1], "1")
    gift = shown(referral).gift(Side.FRIEND)
    assert gift is not None
    assert (gift.state, gift.trouble) == (GiftState.WAITING, "coupons.none_left")

    assert retry_waiting(as_of=AT) == 1
    CouponCode.objects.update(is_blocked=False)
    assert retry_waiting(as_of=AT + DAY) == 1
    assert retry_waiting(as_of=AT + DAY) == 0

    gift = shown(referral).gift(Side.FRIEND)
    assert gift is not None
    assert gift.state == GiftState.GIVEN


def test_retry__many_wait_on_a_batch_without_codes__those_after_them_are_tried(pair: tuple[Id, Id]) -> None:
    friends = [pair[1], *(join(f"f{number}") for number in range(3))]
    empty, other = batch(code_count=1), batch(code_count=1)
    CouponCode.objects.update(is_blocked=True)
    made = program(friend=Promise(PromiseKind.COUPON, target_id=empty), referrer=Promise())
    for number, friend in enumerate(friends[:3]):
        bring(pair[0], friend)
        buy(friend, str(number))
    draft = ProgramDraft("친구 초대", Promise(), Promise(PromiseKind.COUPON, target_id=other), wait_days=0)
    change_program(made, draft, expected=1, actor=CLERK, at=AT)
    last = bring(pair[0], friends[3])
    buy(friends[3], "last", at=AT + DAY)
    CouponCode.objects.filter(batch_id=other).update(is_blocked=False)

    seen: list[int] = []
    assert retry_waiting(as_of=AT + DAY, page=2, report=seen.append) == 4

    # Page by page, each once.
    assert seen == [2, 4]
    gift = shown(last).gift(Side.FRIEND)
    assert gift is not None
    assert gift.state == GiftState.GIVEN


@pytest.mark.parametrize("page", [1, 200])
def test_settle_due__one_that_cannot_be_settled__holds_up_no_other(
    pair: tuple[Id, Id], caplog: pytest.LogCaptureFixture, page: int
) -> None:
    program(wait_days=1)
    poisoned, other = bring(*pair), bring(pair[0], hana := join("hana"))
    buy(pair[1], "1")
    buy(hana, "2", at=AT + timedelta(hours=1))
    # A revision that is not there: as after a damaged restore.
    Referral.objects.filter(id=poisoned).update(revision=7)

    with pytest.raises(ReferralsStuck):
        settle_due(as_of=AT + 3 * DAY, page=page)

    assert Referral.objects.get(id=other).state == Stage.GIVEN
    assert Referral.objects.get(id=poisoned).state == Stage.EARNED
    assert "cannot be settled" in caplog.text


def test_return__while_a_coupon_still_waits__drops_it_and_frees_its_room(pair: tuple[Id, Id]) -> None:
    made = program(friend=Promise(PromiseKind.COUPON, target_id=batch(code_count=1), cost_minor=300))
    CouponCode.objects.update(is_blocked=True)
    referral = bring(*pair)
    sold = buy(pair[1], "1")
    assert ReferralProgram.objects.get(id=made).used_minor == 800

    return_(sold, "r", at=AT + DAY)
    CouponCode.objects.update(is_blocked=False)

    gift = shown(referral).gift(Side.FRIEND)
    assert gift is not None
    assert gift.state == GiftState.DROPPED
    row = ReferralProgram.objects.get(id=made)
    assert (row.used_count, row.used_minor, points_of(pair[0])) == (0, 0, 0)
    assert retry_waiting(as_of=AT + DAY) == 0
    buy(pair[1], "2", at=AT + 2 * DAY)
    gift = shown(referral).gift(Side.FRIEND)
    assert gift is not None
    assert gift.state == GiftState.GIVEN
    assert broken() == []


def test_leave__while_a_coupon_still_waits__lets_it_go_and_frees_its_room(pair: tuple[Id, Id]) -> None:
    made = program(friend=Promise(PromiseKind.COUPON, target_id=batch(code_count=1), cost_minor=300))
    CouponCode.objects.update(is_blocked=True)
    referral = bring(*pair)
    buy(pair[1], "1")

    with write_transaction():
        leave_members([pair[1]], source="till", recorded_at=AT)
    let_by()

    gift = shown(referral).gift(Side.FRIEND)
    assert gift is not None
    assert (shown(referral).state, gift.state) == (Stage.GIVEN, GiftState.GONE)
    # The referrer keeps theirs.
    row = ReferralProgram.objects.get(id=made)
    assert (row.used_count, row.used_minor, points_of(pair[0])) == (1, 500, 500)
    assert broken() == []


def test_settle__many_times_over__changes_nothing_more(pair: tuple[Id, Id]) -> None:
    program(earned_by=EarnedBy.ORDER)
    referral = bring(*pair)
    buy(pair[1], "1")
    before = (shown(referral), steps_of(referral), told(pair[0]))

    for _ in range(3):
        with write_transaction():
            settle([referral], at=AT + DAY)

    assert (shown(referral), steps_of(referral), told(pair[0])) == before
