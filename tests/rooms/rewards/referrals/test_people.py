"""Who may bring whom: codes, one person under two names, what is looked at, and who becomes one or goes."""

from datetime import timedelta
from typing import Any

import pytest

from dangol.core.access.own_account import OwnAccount, link_membership
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.erasures import erase_customer
from dangol.core.people.identities import Kind
from dangol.core.people.leaving import leave_members
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.people.models import Staff
from dangol.core.people.services import join_members
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.domain.referrals import Side, Stage, Why
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.referrals.codes import code_of, guard_code, make_code, owner_of
from dangol.rooms.rewards.referrals.errors import (
    AlreadyReferred,
    CircularReferral,
    NoReferralProgram,
    NotAMember,
    NothingToDecide,
    NotNew,
    SelfReferral,
    TooLateToTell,
    TooManyCodesTried,
    UnknownReferralCode,
)
from dangol.rooms.rewards.referrals.models import GiftState, Referral, ReferralCode, ReferralMark
from dangol.rooms.rewards.referrals.selectors import count_to_look_at, list_referrals, steps_of
from dangol.rooms.rewards.referrals.services import decide, tell_code
from dangol.rooms.rewards.referrals.signs import KEPT, Came, forget_marks
from dangol.rooms.rewards.referrals.takeout import read_codes, read_friends, read_gifts, read_own
from tests.core.segments.shop import come
from tests.rooms.rewards.promotions.shop import AT
from tests.rooms.rewards.referrals.shop import (
    BY,
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

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def pair() -> tuple[Id, Id]:
    first, second = open_shop("minji", "jun")
    return first, second


def test_code__of_a_member__is_made_once_and_found_however_typed(pair: tuple[Id, Id]) -> None:
    code = make_code(pair[0], at=AT)

    assert make_code(pair[0], at=AT + DAY) == code == code_of(pair[0])
    assert owner_of(code.lower().replace("-", " ")) == pair[0]
    assert owner_of(f"https://shop.example/r/{code}") == pair[0]
    assert code_of(pair[1]) is None
    with pytest.raises(UnknownReferralCode):
        owner_of(code[:-1] + ("0" if code[-1] != "0" else "1"))
    (guest,) = come("nobody", at=AT)
    with write_transaction():
        leave_members([guest], source="till", recorded_at=AT)
    with pytest.raises(NotAMember):
        make_code(guest, at=AT)


def test_guard__wrong_codes__close_the_door_for_a_while(pair: tuple[Id, Id]) -> None:
    code = make_code(pair[0], at=AT)
    guard_code(code, customer_id=pair[1], address="203.0.113.9", at=AT)

    for _ in range(5):
        with pytest.raises(UnknownReferralCode):
            guard_code("000-000-000", customer_id=pair[1], address="203.0.113.9", at=AT)
    with pytest.raises(TooManyCodesTried):
        guard_code(code, customer_id=pair[1], address="203.0.113.9", at=AT)
    guard_code(code, customer_id=None, address="203.0.113.10", at=AT)


def test_tell__same_code_again__is_the_same_referral_and_another_is_refused(pair: tuple[Id, Id]) -> None:
    program()
    other = join("hana")

    assert bring(*pair) == bring(*pair, at=AT + DAY)

    with pytest.raises(AlreadyReferred):
        bring(other, pair[1])
    assert Referral.objects.count() == 1


def test_tell__what_cannot_be__is_refused_and_leaves_nothing(pair: tuple[Id, Id]) -> None:
    first, second = pair
    code = make_code(first, at=AT)

    def refused(kind: type[DomainError], friend: Id = second, at: Any = AT, text: str = code) -> None:
        with pytest.raises(kind):
            tell_code(friend, text, by=By(CLERK, at))

    refused(NoReferralProgram)
    program(tell_days=7)
    refused(UnknownReferralCode, text="000-000-000")
    refused(SelfReferral, friend=first)
    refused(TooLateToTell, at=AT + 8 * DAY)
    buy(second, "1", at=AT - 3 * DAY, known_at=AT)
    refused(NotNew)
    assert (Referral.objects.count(), ReferralMark.objects.count()) == (0, 0)


def test_tell__who_was_a_member_before__is_not_new(pair: tuple[Id, Id]) -> None:
    program()
    with write_transaction():
        leave_members([pair[1]], source="till", recorded_at=AT)
    with pytest.raises(NotAMember):
        bring(*pair)
    with write_transaction():
        join_members([pair[1]], recorded_at=AT + DAY)

    with pytest.raises(NotNew):
        bring(*pair, AT + DAY)


def test_tell__each_the_others_code__is_refused(pair: tuple[Id, Id]) -> None:
    program()
    bring(*pair)

    with pytest.raises(CircularReferral):
        bring(pair[1], pair[0])


def test_tell__by_staff_who_are_one_of_the_two__is_refused(pair: tuple[Id, Id]) -> None:
    program()
    staff = Staff.objects.create(username="kim")
    link_membership(staff.pk, pair[0], at=AT)

    with pytest.raises(OwnAccount):
        tell_code(pair[1], make_code(pair[0], at=AT), by=BY)


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("min.ji@gmail.com", "minji+2@googlemail.com"),
        ("minji@shop.example", "MINJI+friend@shop.example"),
    ],
)
def test_self__another_spelling_of_one_mailbox__is_refused(mine: str, other: str) -> None:
    open_shop()
    program()
    first = join("minji", identities={Kind.EMAIL: mine})
    second = join("jun", identities={Kind.EMAIL: other})

    with pytest.raises(SelfReferral) as refusal:
        bring(first, second)

    assert refusal.value.data == {"because": "shared_email"}
    third = join("hana", identities={Kind.EMAIL: "hana@shop.example"})
    assert shown(bring(first, third)).state is Stage.WAITING


def test_self__the_device_the_referrer_came_with__is_refused(pair: tuple[Id, Id]) -> None:
    program()
    bring(*pair, came=Came("phone-1"))

    with pytest.raises(SelfReferral) as refusal:
        bring(pair[1], join("hana"), came=Came("phone-1"))

    assert refusal.value.data == {"because": "shared_device"}


def test_review__same_device_as_another_friend__waits_for_a_person(pair: tuple[Id, Id]) -> None:
    at_joining()
    other = join("hana")
    bring(*pair, came=Came("phone-1"))

    referral = bring(pair[0], other, came=Came("phone-1"))

    view = shown(referral)
    assert (view.state, view.score, view.signs) == (Stage.REVIEW, 60, ("seen_device",))
    assert count_to_look_at() == 1
    assert points_of(other) == 0
    with pytest.raises(ReasonMissing):
        decide(referral, approved=True, reason=" ", by=BY)
    decide(referral, approved=True, reason="가족 전화기", by=BY)
    assert shown(referral).state is Stage.GIVEN
    assert (points_of(pair[0]), points_of(other)) == (1_000, 300)
    with pytest.raises(NothingToDecide):
        decide(referral, approved=False, reason="다시", by=BY)
    assert [(one.what, one.reason) for one in steps_of(referral)][1] == ("approved", "가족 전화기")
    assert broken() == []


def test_review__refused__gives_nothing_whatever_is_bought(pair: tuple[Id, Id]) -> None:
    program(is_early=True)
    other = join("hana")
    bring(*pair, came=Came("phone-1"))
    referral = bring(pair[0], other, came=Came("phone-1"))

    decide(referral, approved=False, reason="같은 사람", by=BY)
    buy(other, "1")

    assert shown(referral).state is Stage.REFUSED
    assert points_of(other) == 0
    assert [one.id for one in list_referrals(states=[Stage.REFUSED])] == [referral]
    assert broken() == []


def test_review__sixth_friend_within_a_day__is_looked_at(pair: tuple[Id, Id]) -> None:
    program()
    friends = [join(f"f{number}") for number in range(6)]

    states = [shown(bring(pair[0], friend)).state for friend in friends]

    assert states == [Stage.WAITING] * 5 + [Stage.REVIEW]
    later = shown(bring(pair[0], pair[1], AT + timedelta(days=1, seconds=1)))
    assert later.state is Stage.WAITING


def test_review__two_who_were_one_before__are_looked_at(pair: tuple[Id, Id]) -> None:
    program()
    merge_customers(*pair, actor=CLERK, reason="한 사람", at=AT)
    undo_merge(pair[1], actor=CLERK, reason="아니었음", at=AT)

    assert shown(bring(*pair)).signs == ("once_one",)


def test_review__same_name_and_birthday__are_looked_at() -> None:
    open_shop()
    program()
    same: dict[str, Any] = {"name": "김민지", "birthday": (AT - 9_000 * DAY).date()}
    first, second = join("a", **same), join("b", **same)

    assert shown(bring(first, second)).signs == ("same_name_and_birthday",)
    third = join("c", name="김민지")
    assert shown(bring(first, third)).state is Stage.WAITING


def test_merge__friend_and_referrer__voids_it_and_its_undoing_lets_it_go_on(pair: tuple[Id, Id]) -> None:
    program()
    referral = bring(*pair)
    buy(pair[1], "1")
    assert points_of(pair[0]) == 500

    merge_customers(*pair, actor=CLERK, reason="한 사람", at=AT)
    let_by()
    assert (shown(referral).state, shown(referral).why) == (Stage.VOID, Why.SAME_PERSON)
    assert points_of(pair[0]) + points_of(pair[1]) == 0
    undo_merge(pair[1], actor=CLERK, reason="아니었음", at=AT)
    let_by()

    assert shown(referral).state is Stage.GIVEN
    assert points_of(pair[0]) == 500
    assert broken() == []


def test_merge__two_friends__only_the_first_is_one(pair: tuple[Id, Id]) -> None:
    program()
    other = join("hana")
    first, second = bring(*pair), bring(pair[0], other, AT + timedelta(hours=1))
    merge_customers(pair[1], other, actor=CLERK, reason="한 사람", at=AT)
    let_by()

    buy(pair[1], "1")

    assert shown(first).state is Stage.GIVEN
    assert (shown(second).state, shown(second).why) == (Stage.VOID, Why.SECOND)
    assert points_of(pair[0]) == 500


def test_merge__referrers__count_as_one_for_the_caps(pair: tuple[Id, Id]) -> None:
    program(cap_ever=1)
    friend, other = join("hana"), join("sua")
    bring(pair[0], friend)
    buy(friend, "1")
    bring(pair[1], other)
    merge_customers(*pair, actor=CLERK, reason="한 사람", at=AT)

    buy(other, "2")

    assert points_of(pair[0]) + points_of(pair[1]) == 500
    assert code_of(pair[1]) == code_of(pair[0])
    assert broken() == []


def test_leave__friend_who_has_not_earned_it__is_void_and_a_given_one_stays(pair: tuple[Id, Id]) -> None:
    program()
    other = join("hana")
    early, late = bring(*pair), bring(pair[0], other)
    buy(pair[1], "1")
    with write_transaction():
        leave_members([pair[1], other], source="till", recorded_at=AT)
    let_by()

    assert shown(early).state is Stage.GIVEN
    assert (shown(late).state, shown(late).why) == (Stage.VOID, Why.LEFT)
    assert points_of(pair[0]) == 500


@pytest.mark.parametrize("is_early", [False, True])
@pytest.mark.parametrize("is_erased", [False, True])
def test_gone__friend_brings_back_what_earned_it__neither_keeps_what_it_earned(
    pair: tuple[Id, Id], is_erased: bool, is_early: bool
) -> None:
    program(is_early=is_early)
    referral = bring(*pair)
    sold = buy(pair[1], "1")
    if is_erased:
        erase_customer(pair[1], actor=CLERK, reason="요청", at=AT)
    else:
        with write_transaction():
            leave_members([pair[1]], source="till", recorded_at=AT)
    let_by()
    assert (shown(referral).state, points_of(pair[0])) == (Stage.GIVEN, 500)

    return_(sold, "2", at=AT + DAY)

    assert shown(referral).state is Stage.VOID
    states = {one.side: one.state for one in shown(referral).gifts}
    assert states[Side.REFERRER] is GiftState.TAKEN_BACK
    # What came with joining was not earned by the order.
    assert states[Side.FRIEND] is (GiftState.GIVEN if is_early else GiftState.TAKEN_BACK)
    assert points_of(pair[0]) == 0
    assert broken() == []


def test_erased__referrer__friend_still_gets_theirs(pair: tuple[Id, Id]) -> None:
    program()
    referral = bring(*pair, came=Came("phone-1", "203.0.113.9"))
    erase_customer(pair[0], actor=CLERK, reason="요청", at=AT)
    let_by()

    buy(pair[1], "1")

    assert shown(referral).state is Stage.GIVEN
    assert (points_of(pair[0]), points_of(pair[1])) == (0, 300)
    assert not ReferralCode.objects.filter(customer_id=pair[0]).exists()
    erase_customer(pair[1], actor=CLERK, reason="요청", at=AT)
    let_by()
    assert ReferralMark.objects.count() == 0
    assert broken() == []


def test_marks__older_than_they_are_compared__are_forgotten(pair: tuple[Id, Id]) -> None:
    program()
    bring(*pair, came=Came("phone-1", "203.0.113.9"))

    assert forget_marks(before=AT + DAY - KEPT) == 0
    assert forget_marks(before=AT + DAY) == 2


def test_takeout__both__have_their_own_part(pair: tuple[Id, Id]) -> None:
    at_joining()
    bring(*pair)

    (code,) = read_codes([pair[0]])
    assert code["shown"] == code_of(pair[0])
    assert [one["state"] for one in read_own([pair[1]])] == ["given"]
    (friend,) = read_friends([pair[0]])
    assert friend["state"] == "given"
    assert pair[1] not in friend.values()
    assert [(one["side"], one["amount"]) for one in read_gifts([pair[0]])] == [("referrer", 500)]
    with pytest.raises(DomainError):
        decide(new_id(), approved=True, reason="이유", by=By(Actor(ActorKind.STAFF, "lee"), AT))
