"""What a program gives at most and by which revision, and what it tells of itself: caps, figures, traits."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import Event
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.referrals import Side, Stage
from dangol.rooms.rewards.referrals import selectors
from dangol.rooms.rewards.referrals.models import GiftState, ReferralProgram
from dangol.rooms.rewards.referrals.people import look_anew
from dangol.rooms.rewards.referrals.programs import ProgramDraft, archive_program, change_program
from dangol.rooms.rewards.referrals.selectors import (
    count_to_look_at,
    figures_of,
    find_referral_program,
    friends_of,
    standing_of,
)
from dangol.rooms.rewards.referrals.services import settle
from dangol.rooms.rewards.referrals.signs import Came
from dangol.rooms.rewards.referrals.traits import COUNT, FRIENDS, REFERRAL_TRAITS, REFERRED
from tests.rooms.rewards.promotions.shop import AT
from tests.rooms.rewards.referrals.shop import (
    CLERK,
    DAY,
    POINTS,
    WELCOME,
    bring,
    broken,
    buy,
    join,
    let_by,
    open_shop,
    points_of,
    program,
    shown,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def pair() -> tuple[Id, Id]:
    first, second = open_shop("minji", "jun")
    return first, second


def told(member: Id) -> list[str]:
    names = Event.objects.filter(customer_id=member, name__startswith="referral.").order_by("customer_seq")
    return list(names.values_list("name", flat=True))


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


def test_figures__of_more_friends_than_are_asked_at_once__are_the_same(
    pair: tuple[Id, Id], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = program()
    for number, friend in enumerate((pair[1], join("hana"), join("duri"))):
        bring(pair[0], friend)
        buy(friend, f"{number}")
    at_once = figures_of(made)

    monkeypatch.setattr(selectors, "_AT_ONCE", 1)

    assert at_once.given == 3
    assert figures_of(made) == at_once


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
