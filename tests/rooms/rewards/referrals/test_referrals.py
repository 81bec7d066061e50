"""Referrals from the code told to what both get: what earns it, when it is given, and what is taken back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import Cursor, Event
from dangol.core.people.leaving import leave_members
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.referrals import EarnedBy, PromiseKind, Side, Stage, WhenReturned
from dangol.rooms.rewards.coupons.models import CouponCode
from dangol.rooms.rewards.referrals.consumers import FOLLOW
from dangol.rooms.rewards.referrals.models import GiftState, ReferralProgram
from dangol.rooms.rewards.referrals.people import look_anew
from dangol.rooms.rewards.referrals.programs import ProgramDraft, Promise, archive_program, change_program
from dangol.rooms.rewards.referrals.selectors import (
    count_to_look_at,
    figures_of,
    find_referral_program,
    friends_of,
    standing_of,
    steps_of,
)
from dangol.rooms.rewards.referrals.services import retry_waiting, settle, settle_due
from dangol.rooms.rewards.referrals.signs import Came
from dangol.rooms.rewards.referrals.traits import COUNT, FRIENDS, REFERRAL_TRAITS, REFERRED
from tests.rooms.rewards.coupons.shop import batch
from tests.rooms.rewards.promotions.shop import AT, offer, percent
from tests.rooms.rewards.referrals.shop import (
    CLERK,
    DAY,
    POINTS,
    WELCOME,
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


def test_cap__raised_later__gives_nothing_of_what_it_stood_in_the_way_of(pair: tuple[Id, Id]) -> None:
    made = program(cap_ever=1)
    other = join("hana")
    bring(*pair)
    buy(pair[1], "1")
    referral = bring(pair[0], other)
    buy(other, "2")
    draft = ProgramDraft("친구 초대", POINTS, WELCOME, least_minor=10_000, wait_days=0, cap_ever=9)
    change_program(made, draft, expected=1, actor=CLERK, at=AT)

    with write_transaction():
        settle([referral], at=AT + DAY)

    gift = shown(referral).gift(Side.REFERRER)
    assert gift is not None
    assert (gift.state, gift.trouble, points_of(pair[0])) == (GiftState.CAPPED, "ever", 500)
    assert standing_of(pair[0], at=AT).left == 8


@pytest.mark.parametrize("cap", ["cap_month", "cap_year", "cap_ever"])
def test_cap__of_the_referrer__gives_the_friend_theirs_alone(pair: tuple[Id, Id], cap: str) -> None:
    made = program(**{cap: 1})
    other = join("hana")
    for number, friend in enumerate((pair[1], other)):
        bring(pair[0], friend)
        buy(friend, str(number))

    assert points_of(pair[0]) == 500
    assert (points_of(pair[1]), points_of(other)) == (300, 300)
    assert told(pair[0])[-1] == "referral.capped"
    standing = standing_of(pair[0], at=AT)
    assert (standing.told, standing.given, standing.left, standing.reached) == (2, 2, 0, cap.split("_")[1])
    assert ReferralProgram.objects.get(id=made).used_minor == 500 + 2 * 300
    assert broken() == []


def test_cap__of_a_month__begins_anew_with_the_next(pair: tuple[Id, Id]) -> None:
    program(cap_month=1)
    other = join("hana", AT + 10 * DAY)
    bring(pair[0], pair[1])
    buy(pair[1], "1")
    bring(pair[0], other, AT + 10 * DAY)
    buy(other, "2", at=AT + 10 * DAY)

    assert points_of(pair[0]) == 1_000


@pytest.mark.parametrize(
    ("limits", "first", "second"),
    [({"most_count": 1}, (500, 300), (0, "count")), ({"budget_minor": 1_000}, (500, 300), (0, "budget"))],
)
def test_limit__of_the_program__gives_neither_side_more(
    pair: tuple[Id, Id], limits: dict[str, int], first: tuple[int, int], second: tuple[int, str]
) -> None:
    program(**limits)
    other = join("hana")
    bring(*pair)
    buy(pair[1], "1")
    referral = bring(pair[0], other)
    buy(other, "2")

    assert (points_of(pair[0]), points_of(pair[1])) == first
    gift = shown(referral).gift(Side.FRIEND)
    assert gift is not None
    assert (points_of(other), gift.trouble) == second
    assert broken() == []


def test_change__of_a_program__holds_for_codes_told_after_it(pair: tuple[Id, Id]) -> None:
    made = program()
    before = bring(*pair)
    draft = ProgramDraft("친구 초대", POINTS._replace(amount=900), WELCOME, least_minor=50_000, wait_days=0)
    change_program(made, draft, expected=1, actor=CLERK, at=AT)
    other = join("hana")
    after = bring(pair[0], other)

    buy(pair[1], "1")
    buy(other, "2")

    assert (shown(before).state, shown(after).state) == (Stage.GIVEN, Stage.WAITING)
    assert points_of(pair[0]) == 500
    assert find_referral_program(made).revision == 2


def test_archive__program__still_gives_what_was_promised(pair: tuple[Id, Id]) -> None:
    made = program()
    referral = bring(*pair)
    archive_program(made, actor=CLERK, at=AT)

    buy(pair[1], "1")

    assert shown(referral).state is Stage.GIVEN
    assert find_referral_program(made).archived_at == AT


def test_figures__count_what_came_of_it_and_what_friends_spent(pair: tuple[Id, Id]) -> None:
    made = program()
    bring(*pair)
    buy(pair[1], "1")
    buy(pair[1], "2", won=5_000)
    bring(pair[0], join("hana"))

    found = figures_of(made)

    assert (found.invited, found.joined, found.given) == (1, 2, 1)
    assert (found.gifts, found.points, found.cost_minor) == (2, 800, 800)
    assert (found.spent_minor, found.spenders) == (17_000, 1)
    assert [one.state for one in friends_of(pair[0])] == [Stage.WAITING, Stage.GIVEN]
    assert count_to_look_at() == 0


def test_traits__of_both__count_friends_who_came_and_who_earned_it(pair: tuple[Id, Id]) -> None:
    program()
    other = join("hana")
    bring(*pair)
    bring(pair[0], other)
    buy(pair[1], "1")
    suspicious = join("sua")
    bring(pair[0], suspicious, came=Came("phone"))
    bring(pair[0], join("jiu"), came=Came("phone"))

    people = [*pair, suspicious]
    told = REFERRAL_TRAITS.read(people, frozenset(), AT)

    assert told[pair[0]] == {FRIENDS: 3, COUNT: 1, REFERRED: False}
    assert told[pair[1]] == {FRIENDS: 0, COUNT: 0, REFERRED: True}
    merge_customers(pair[0], pair[1], actor=CLERK, reason="한 사람", at=AT)
    let_by()
    assert REFERRAL_TRAITS.read([pair[0]], frozenset(), AT)[pair[0]] == {
        FRIENDS: 2,
        COUNT: 0,
        REFERRED: False,
    }


def test_follow__orders_of_who_has_none_to_judge__asks_as_often_however_many() -> None:
    few, many = open_shop("a"), [join(f"m{number}") for number in range(20)]

    def statements(people: list[Id]) -> int:
        with CaptureQueriesContext(connection) as asked:
            look_anew(people, at=AT, as_friends_only=True)
        return len(asked)

    assert statements(few) == statements(many) <= 4


def test_settle__many_times_over__changes_nothing_more(pair: tuple[Id, Id]) -> None:
    program(earned_by=EarnedBy.ORDER)
    referral = bring(*pair)
    buy(pair[1], "1")
    before = (shown(referral), steps_of(referral), told(pair[0]))

    for _ in range(3):
        with write_transaction():
            settle([referral], at=AT + DAY)

    assert (shown(referral), steps_of(referral), told(pair[0])) == before
