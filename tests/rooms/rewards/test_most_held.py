"""The most points that a member may have: what is above it is not given, whenever and however it is told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.ledger import invariants
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import adjust_points, reverse_transfer, spend_points
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id, new_id
from dangol.domain.accrual import Expiry
from dangol.rooms.rewards.checking import InvalidRule
from dangol.rooms.rewards.contents import load_content, pack, unpack
from dangol.rooms.rewards.differences import find_differences
from dangol.rooms.rewards.models import Accrual, Terms
from dangol.rooms.rewards.programs import (
    LevelDraft,
    RuleDraft,
    TermsDraft,
    TiersDraft,
    find_program,
    supersede_terms,
)
from dangol.rooms.rewards.replaying import Window
from dangol.rooms.rewards.simulations import make_replay
from dangol.rooms.rewards.verify import checks
from tests.core.ledger.faults import tamper, tampering
from tests.rooms.rewards.buyers import BUYERS, race_to_buy
from tests.rooms.rewards.edits import AT, DAY, content_at, draft_of, edit_terms, publish
from tests.rooms.rewards.shop import BREAD, ICE, OPENED, Bought, Brought, Telling, Told, open_program
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)
BASE = RuleDraft("Base", 1, 100)
ICES = RuleDraft("Ices", 1, 50, category=ICE, pending_days=7, expiry=Expiry.ROLLING_DAYS, expiry_count=30)
DOUBLED = BASE._replace(multipliers={"silver": (2, 1)})
TIERS = TiersDraft([LevelDraft("member", "m", 0), LevelDraft("silver", "s", 50_000)])
TERMS = TermsDraft(most_held=100)
LATER, LAST = AT + DAY, AT + 2 * DAY


def open_shop(terms: TermsDraft = TERMS, *rules: RuleDraft) -> tuple[Id, Telling]:
    return open_program(TIERS, rules=rules or [BASE], terms=terms), Telling("t", customers=1)


def tell(telling: Telling, *acts: Told) -> None:
    """Tell what happened, each as it happens."""
    for act in acts:
        telling.tell([act], recorded_at=act.at)


def buy(number: str, points: int, at: datetime = AT, category: str = BREAD) -> Bought:
    return Bought(0, number, at, {category: points * 100})


def bring(number: str, points: int, order: str, at: datetime = LATER, category: str = BREAD) -> Brought:
    return Brought(0, number, at, {category: points * 100}, order)


def held() -> int:
    return sum(Lot.objects.values_list("left", flat=True))


def judged() -> list[tuple[int, int, int | None]]:
    """Return what each judgement earned or took, what of it was not given, and by which limit."""
    rows = Accrual.objects.order_by("at", "recorded_at", "number")
    return list(rows.values_list("points", "not_given", "most_held"))


def broken() -> set[str]:
    return {one.check.name for one in verify([*invariants.checks(), *checks()]) if not one.is_kept}


def test_purchase__above_the_most__what_is_too_much_is_not_given() -> None:
    _, telling = open_shop()

    tell(telling, buy("a", 80), buy("b", 50, LATER), buy("c", 10, LAST))

    assert (held(), judged()) == (100, [(80, 0, None), (50, 30, 100), (10, 10, 100)])
    kinds = Transfer.objects.filter(reason="over_limit").values_list("kind", "points")
    assert sorted(kinds) == [("claw_back", 10), ("claw_back", 30)]
    assert broken() == set()


def test_purchase__just_up_to_the_most__is_given_whole() -> None:
    _, telling = open_shop()

    tell(telling, buy("a", 80), buy("b", 20, LATER))

    assert (held(), judged()) == (100, [(80, 0, None), (20, 0, None)])


def test_purchase__points_that_wait__count_too_and_are_not_given_first() -> None:
    _, telling = open_shop(TERMS, BASE, ICES)

    tell(telling, Bought(0, "a", AT, {ICE: 3_000, BREAD: 5_000}))  # 80 of the one rule, 60 of the other

    left = {lot.is_pending: lot.left for lot in Lot.objects.all()}
    assert left == {False: 80, True: 20}
    assert judged() == [(140, 40, 100)]
    assert broken() == set()


def test_purchase__of_who_owes__pays_the_debt_before_anything_counts() -> None:
    _, telling = open_shop()
    tell(telling, buy("a", 60))
    [customer_id] = telling.customer_ids
    spend_points(customer_id, points=60, currency="P", key="s", at=AT)
    tell(telling, bring("r", 60, "a"))
    assert balances_of([customer_id], "P")[customer_id].debt == 60

    tell(telling, buy("b", 180, LAST))

    assert (held(), judged()[-1]) == (100, (180, 20, 100))
    assert broken() == set()


def test_purchase__of_who_has_more_by_hand__gives_nothing_and_takes_nothing() -> None:
    _, telling = open_shop()
    tell(telling, buy("a", 10))
    [customer_id] = telling.customer_ids
    adjust_points(customer_id, points=500, currency="P", key="k", at=AT, reason="선물")

    tell(telling, buy("b", 50, LATER))

    assert (held(), judged()[-1]) == (510, (50, 50, 100))
    assert broken() == set()


BACK = [
    # 50 earned and 20 given, with 80 there before: half the goods back leave what earns 25, so 20 stay.
    ([("r", 25)], 100, [(-25, -25)]),
    ([("r", 40)], 90, [(-40, -30)]),
    ([("r", 50)], 80, [(-50, -30)]),
    ([("r", 25), ("s", 25)], 80, [(-25, -25), (-25, -5)]),
    ([("r", 40), ("s", 10)], 80, [(-40, -30), (-10, 0)]),
]


@pytest.mark.parametrize("at_once", [False, True], ids=["as it happens", "in one file"])
@pytest.mark.parametrize(("returns", "left", "taken"), BACK)
def test_return__of_what_was_given_in_part__leaves_what_the_rest_earns_as_far_as_given(
    returns: Sequence[tuple[str, int]], left: int, taken: list[tuple[int, int]], at_once: bool
) -> None:
    _, telling = open_shop()
    back = [
        bring(number, points, "b", LAST + DAY * place, (BREAD, ICE)[place])
        for place, (number, points) in enumerate(returns)
    ]
    first = returns[0][1] if len(returns) > 1 else 50
    story: list[Told] = [
        buy("a", 80),
        Bought(0, "b", LATER, {BREAD: first * 100, ICE: (50 - first) * 100}),
        *back,
    ]

    if at_once:
        telling.tell(story, recorded_at=LAST + 9 * DAY)
    else:
        tell(telling, *story)

    assert held() == left
    assert [(points, not_given) for points, not_given, _ in judged()][2:] == taken
    assert broken() == set()


@pytest.mark.parametrize("at_once", [False, True], ids=["as it happens", "in one file"])
def test_return__in_pieces_of_a_rule_that_gave_nothing__takes_nothing_of_the_others(at_once: bool) -> None:
    _, telling = open_shop(TERMS, BASE, ICES)
    ices = {f"{ICE} > {number}": 800 for number in range(3)}
    story: list[Told] = [
        buy("a", 80),
        # 44 by the one rule, of which 20 are given, and 48 by the other, of which none are.
        Bought(0, "b", LATER, {BREAD: 2_000, **ices}),
        *[Brought(0, one, LAST + DAY * n, {one: 800}, "b") for n, one in enumerate(ices)],
    ]

    if at_once:
        telling.tell(story, recorded_at=LAST + 9 * DAY)
    else:
        tell(telling, *story)

    assert (held(), judged()) == (100, [(80, 0, None), (92, 72, 100), *[(-24, -24, 100)] * 3])
    assert broken() == set()


def test_file__with_many_returns__asks_no_more_of_the_database_than_without_a_limit() -> None:
    open_shop(TermsDraft())
    plain = [statements_for(size) for size in (20, 60)]

    Terms.objects.update(most_held=100)
    limited = [statements_for(size) for size in (20, 60)]

    assert limited[1] - plain[1] == limited[0] - plain[0] < 5
    assert broken() == set()


def statements_for(size: int) -> int:
    """Return how many statements a file takes in which a member buys, and brings half of each back."""
    telling = Telling(new_id().hex(), customers=1)
    bought = [buy(f"{one}", 90, AT + DAY * one) for one in range(size)]
    back = [bring(f"r{one}", 45, f"{one}", AT + DAY * one + DAY / 2) for one in range(size)]
    with CaptureQueriesContext(connection) as asked:
        telling.tell([*bought, *back], recorded_at=AT + DAY * 400)
    return len(asked)


def test_return__room_made_by_it__is_there_for_the_next_purchase() -> None:
    _, telling = open_shop()

    telling.tell(
        [buy("a", 80), bring("r", 80, "a"), buy("b", 120, LAST), bring("s", 10, "b", LAST + DAY)],
        recorded_at=LAST + 2 * DAY,
    )

    assert held() == 100
    assert [one[:2] for one in judged()] == [(80, 0), (-80, 0), (120, 20), (-10, -10)]
    assert broken() == set()


def test_return__after_its_points_were_taken_by_hand__takes_only_what_is_above_what_it_earns() -> None:
    _, telling = open_shop(TermsDraft())
    tell(telling, Bought(0, "a", AT, {BREAD: 2_000, ICE: 3_000}))
    [customer_id] = telling.customer_ids
    [earned] = Transfer.objects.filter(kind="earn").values_list("id", flat=True)
    reverse_transfer(customer_id, transfer_id=earned, points=30, key="k", at=AT)

    tell(telling, bring("r", 20, "a"), bring("s", 30, "a", LAST, ICE))

    assert (held(), [one[:2] for one in judged()]) == (0, [(50, 0), (-20, -20), (-30, -10)])
    assert broken() == set()


@pytest.mark.parametrize("seed", range(6))
def test_story__told_as_it_happens_or_in_one_file__comes_to_the_same_and_never_above(seed: int) -> None:
    dice = Random(seed)
    open_program(TIERS, rules=[DOUBLED, ICES], terms=TERMS._replace(most_held=400))
    story = made_up(dice)

    apart, at_once, rung_up = (Telling(name, customers=1) for name in ("a", "b", "c"))
    tell(apart, *story)
    at_once.tell(story, recorded_at=story[-1].at)
    rung_up.ring_up(story)

    told = [lines_of(one) for one in (apart, at_once, rung_up)]
    assert told[0] == told[1] == told[2]
    given = sum(points - not_given for points, not_given in told[0])
    assert 0 <= given <= 400 * len(story)
    for telling in (apart, at_once, rung_up):
        balance = balances_of(telling.customer_ids, "P")[telling.customer_ids[0]]
        assert balance.available + balance.pending <= 400
    assert broken() == set()


def made_up(dice: Random) -> list[Told]:
    """Return purchases, day by day, of which some come back, in part or as a whole."""
    story: list[Told] = []
    for day in range(25):
        at, number = AT + DAY * day, f"o{day}"
        bought = {BREAD: dice.randrange(1, 300) * 100, ICE: dice.randrange(1, 200) * 100}
        story.append(Bought(0, number, at, bought))
        for category in (BREAD, ICE):
            if dice.random() < 0.4:
                back = {category: dice.randrange(1, bought[category] + 1)}
                after = at + timedelta(hours=dice.randrange(1, 200))
                story.append(Brought(0, f"{number}{category}", after, back, number))
    return sorted(story, key=lambda one: one.at)


def lines_of(telling: Telling) -> list[tuple[int, int]]:
    rows = Accrual.objects.filter(customer_id__in=telling.customer_ids)
    return list(rows.order_by("at", "number").values_list("points", "not_given"))


def test_purchases__by_many_at_once__never_lift_a_member_above_the_most() -> None:
    open_program(TIERS, rules=[BASE], terms=TERMS)
    members = Telling("t", customers=SIZE.rounds if SIZE.soak else 5).customer_ids

    race_to_buy([(member, 60) for member in members])

    balances = balances_of(members, "P").values()
    assert {one.available + one.pending for one in balances} == {100}
    assert Accrual.objects.filter(number=1).count() == BUYERS * len(members)
    assert broken() == set()


def test_late_order__lifts_a_tier__what_is_owed_fills_up_to_the_most() -> None:
    _, telling = open_shop(TermsDraft(most_held=700), DOUBLED)
    tell(telling, buy("a", 120))

    telling.tell([buy("late", 500, AT - DAY)], recorded_at=LATER)

    # As silver the purchase earns 240: 120 more, of which 80 fit beside the late one's 500.
    assert held() == 700
    assert sum(points - not_given for points, not_given, _ in judged()) == 700
    assert broken() == set()


def test_terms__published_later__hold_for_what_is_bought_then() -> None:
    program_id, telling = open_shop(TermsDraft())
    supersede_terms(program_id, TERMS, at=LATER, recorded_at=AT)

    tell(telling, buy("a", 130), buy("b", 10, LATER))

    assert (held(), judged()) == (130, [(130, 0, None), (10, 10, 100)])
    assert broken() == set()


@pytest.mark.parametrize(
    ("most", "problem"), [(0, "not_positive"), (-1, "not_positive"), (10**10, "too_large")]
)
def test_terms__limit_that_is_none__is_refused(most: int, problem: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        open_shop(TermsDraft(most_held=most))

    assert caught.value.data == {"field": "most_held", "problem": problem}


def test_draft__limit_published__is_told_and_kept() -> None:
    program_id, _ = open_shop(TermsDraft())
    before = content_at(program_id)

    publish(program_id, draft_of(program_id, edit_terms(most_held=60)), at=LATER)

    after = load_content(find_program(program_id), at=LATER)
    assert after.terms.most_held == 60
    assert [(one.field, one.was, one.will_be) for one in find_differences(before, after)] == [
        ("most_held", None, 60)
    ]


def test_content__kept_before_there_was_a_limit__reads_as_without_one() -> None:
    program_id, _ = open_shop()
    packed = pack(content_at(program_id))
    assert packed["terms"].pop("most_held") == 100

    assert unpack(packed).terms.most_held is None


def test_simulate__published_program__is_what_was_judged() -> None:
    program_id, telling = open_shop()
    tell(telling, buy("a", 80), buy("b", 50, LATER), bring("r", 40, "b", LAST))

    replay = make_replay(find_program(program_id), content_at(program_id), None, Window(OPENED, LAST + DAY))
    replay.add(telling.customer_ids)

    assert replay.tally.unlike_ledger == 0
    assert replay.tally.before.points == 90


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("accrual.not_given", "UPDATE dg_accrual SET not_given = not_given + 1 WHERE not_given > 0"),
        ("accrual.not_given", "UPDATE dg_accrual SET not_given = 0 WHERE not_given > 0"),
        ("accrual.not_given", "UPDATE dg_accrual SET most_held = NULL WHERE not_given > 0"),
        ("accrual.not_given", "UPDATE dg_accrual SET not_given = 0 WHERE not_given < 0"),
    ],
)
def test_verify__fault_in_what_was_not_given__is_found_by_its_name(name: str, fault: str) -> None:
    _, telling = open_shop()
    tell(telling, buy("a", 80), buy("b", 50, LATER), bring("r", 50, "b", LAST))
    assert broken() == set()

    with tampering():
        tamper(fault)

        assert name in broken()
    assert broken() == set()
