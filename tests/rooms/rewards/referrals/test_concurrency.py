"""Many processes give, tell and hear the same at once: never more than there is room for, never twice."""

import pytest
from django.db import connections

from dangol.core.access.errors import RequestReused
from dangol.core.events.selectors import events_after
from dangol.core.events.sequencer import number_waiting
from dangol.core.ledger.models import Transfer
from dangol.core.storage.ids import Id, new_id
from dangol.domain.referrals import Stage
from dangol.rooms.rewards.referrals.codes import make_code
from dangol.rooms.rewards.referrals.models import Referral, ReferralGift, ReferralProgram, ReferralStep
from dangol.rooms.rewards.referrals.programs import archive_program
from dangol.rooms.rewards.referrals.services import settle_due
from tests.core.commerce.shop import order, place, stock
from tests.core.ledger import writers as processes
from tests.rooms.rewards.promotions.shop import AT
from tests.rooms.rewards.referrals.shop import (
    CLERK,
    DAY,
    bring,
    broken,
    join,
    let_by,
    open_shop,
    points_of,
    program,
    shown,
)
from tests.rooms.rewards.referrals.writers import (
    die_while_giving,
    follow_often,
    open_often,
    race,
    settle_often,
    tell_often,
)
from tests.sizes import SIZE
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ROUNDS = SIZE.rounds if SIZE.soak else 2
FRIENDS = 5


def friends_of(referrer: Id, name: str) -> list[Id]:
    """Let friends of a member join and buy, a worker has not heard of it yet; returns the referrals."""
    referrals = []
    for number in range(FRIENDS):
        friend = join(f"{name}-{number}")
        referrals.append(bring(referrer, friend))
        place(order(stock(), friend, f"{name}-{number}", AT, ("L1", 2, 12_000)), at=AT)
    return referrals


def test_settle__five_friends_against_a_cap_of_two__gives_two_whoever_is_first() -> None:
    referrers = open_shop(*(f"m{number}" for number in range(ROUNDS)))
    program(cap_month=2)
    rounds = [friends_of(one, f"f{at}") for at, one in enumerate(referrers)]

    race(settle_often, rounds, AT)

    assert [points_of(one) for one in referrers] == [1_000] * ROUNDS
    assert Referral.objects.filter(state=Stage.GIVEN.value).count() == FRIENDS * ROUNDS
    # Each friend got theirs, once.
    assert Transfer.objects.filter(reason="referral", points=300).count() == FRIENDS * ROUNDS
    assert broken() == []


@pytest.mark.parametrize(("limit", "given"), [({"most_count": 7}, 7), ({"budget_minor": 5_000}, 6)])
def test_settle__referrals_of_many__never_give_more_than_the_program_has(
    limit: dict[str, int], given: int
) -> None:
    referrers = open_shop("m0", "m1", "m2")
    made = program(**limit)
    referrals = [one for at, who in enumerate(referrers) for one in friends_of(who, f"f{at}")]

    race(settle_often, [referrals], AT)

    assert sum(points_of(one) for one in referrers) == 500 * given
    assert Transfer.objects.filter(reason="referral", points=300).count() == given
    row = ReferralProgram.objects.get(id=made)
    assert (row.used_count, row.used_minor) == (given, 800 * given)
    assert ReferralGift.objects.filter(state="capped").count() == 2 * (len(referrals) - given)
    assert broken() == []


def test_tell__three_codes_at_once__is_one_friend_of_one() -> None:
    members = open_shop("m0", "m1", "m2")
    program()
    codes = [make_code(one, at=AT) for one in members]
    friends = [join(f"f{number}") for number in range(ROUNDS)]

    race(tell_often, str(connections["keys"].settings_dict["NAME"]), codes, friends)

    assert Referral.objects.count() == ROUNDS
    assert ReferralStep.objects.filter(what="told").count() == ROUNDS
    assert broken() == []


def test_follow__same_events_at_once__give_once() -> None:
    referrers = open_shop(*(f"m{number}" for number in range(ROUNDS)))
    program()
    for at, one in enumerate(referrers):
        friends_of(one, f"f{at}")
    while number_waiting():
        pass
    orders = [event for _, event in events_after(0, limit=10_000) if event.name == "order.placed"]
    rounds = [orders[at * FRIENDS : (at + 1) * FRIENDS] for at in range(ROUNDS)]

    race(follow_often, rounds)

    assert [points_of(one) for one in referrers] == [500 * FRIENDS] * ROUNDS
    assert broken() == []


def test_open__many_at_once__one_takes_friends_and_the_others_are_told_so() -> None:
    open_shop()
    rounds = []
    for _ in range(ROUNDS):
        archived = program()
        archive_program(archived, actor=CLERK, at=AT)
        rounds.append((archived, new_id()))

    race(open_often, rounds)

    assert ReferralProgram.objects.filter(archived_at=None).count() == 0


def test_open__same_form_again__is_the_same_and_with_other_content_refused() -> None:
    open_shop()
    form = program()

    assert program(program_id=form) == form
    with pytest.raises(RequestReused):
        program(program_id=form, nth=2)
    assert ReferralProgram.objects.get().nth == 1


@pytest.mark.parametrize("has_given", [False, True])
def test_killed__between_earned_and_given__leaves_nothing_and_is_given_once_later(has_given: bool) -> None:
    referrer, friend = open_shop("minji", "jun")
    program(wait_days=3)
    referral = bring(referrer, friend)
    place(order(stock(), friend, "1", AT, ("L1", 2, 12_000)), at=AT)
    process = processes.start(die_while_giving, referral, AT + 5 * DAY, has_given)
    process.join(timeout=PATIENCE)

    assert process.exitcode == -9
    assert (shown(referral).state, points_of(referrer)) == (Stage.WAITING, 0)
    assert ReferralGift.objects.count() == 0
    let_by()
    assert shown(referral).state is Stage.EARNED
    assert settle_due(as_of=AT + 5 * DAY) == 1
    assert (points_of(referrer), points_of(friend)) == (500, 300)
    assert settle_due(as_of=AT + 5 * DAY) == 0
