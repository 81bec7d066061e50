"""A member's life in a program: what is earned before what counts, and what a late order changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.accrual import Cut, EarningRule, Expiry, Part, Terms, compute_points, cut_of
from dangol.domain.corrections import Recorded, still_owed
from dangol.domain.membership import (
    Accrual,
    Act,
    Earned,
    GivenBack,
    Granted,
    Judgement,
    Member,
    Program,
    Purchase,
    Zero,
    in_time_order,
    judge,
    match_rules,
)
from dangol.domain.tiers import Level, Measure, TierRules, Window

ZONE = ZoneInfo("Asia/Seoul")
START = datetime(2026, 3, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)
LEVELS = (Level("member", 0), Level("silver", 10_000), Level("gold", 30_000))
TIERS = TierRules(1, LEVELS, Measure.SPEND, Window.ROLLING, 30, ZONE, grace_days=5)
BASE = EarningRule(b"base", 1, 1, 100, multipliers={"silver": (3, 2), "gold": (2, 1)})
FRESH = EarningRule(b"fresh", 1, 1, 50, category="FRESH")
PROGRAM = Program(b"p", (BASE, FRESH), ((None, Terms(ZONE, 14, Expiry.ROLLING_MONTHS, 6)),), (TIERS,))
# From the second day on one purchase earns 100 points at most.
LIMITED = PROGRAM._replace(
    terms=(*PROGRAM.terms, (START + DAY, PROGRAM.terms[0][1]._replace(most_per_order=100)))
)


def buy(name: str, day: float, net: int, fresh: int = 0, *, earns: bool = True) -> Purchase:
    """Return a purchase on a day of March, `fresh` of it in the category FRESH."""
    return Purchase(name.encode(), START + day * DAY, net, (net, fresh), earns)


def bring_back(
    name: str, day: float, net: int, order: str | None, fresh: int = 0, *, is_undo: bool = False
) -> GivenBack:
    """Return goods of an order brought back."""
    about = order.encode() if order else None
    return GivenBack(name.encode(), about, START + day * DAY, net, (net, fresh), is_undo)


def live(*acts: Act, program: Program = PROGRAM, upto: datetime | None = None) -> Judgement:
    """Judge a whole life."""
    return judge(program, Member(), in_time_order(acts), upto=upto)


def told(judgement: Judgement) -> list[tuple[str, str, int]]:
    """Return what was judged as (about, tier, points)."""
    return [(one.about_id.decode(), one.tier, one.points) for one in judgement.accruals]


def test_judge__purchase_that_reaches_a_tier__earns_by_the_tier_held_before_it() -> None:
    judgement = live(
        buy("a", 0, 9_900), buy("b", 1, 200), buy("c", 2, 200), buy("d", 3, 40_000), buy("e", 4, 100)
    )

    assert told(judgement) == [
        ("a", "member", 99),
        ("b", "member", 2),  # reaches silver with 101.00, and is itself still a member's
        ("c", "silver", 3),  # 2.00 × 3/2
        ("d", "silver", 600),
        ("e", "gold", 2),
    ]
    assert [(move.from_level, move.to_level, move.value) for move in judgement.moves] == [
        (0, 1, 10_100), (1, 2, 50_300),
    ]  # fmt: skip
    assert judgement.judged_to == START + 4 * DAY


def test_judge__review_due_between_two_purchases__the_second_earns_by_what_it_left() -> None:
    judgement = live(buy("a", 0, 10_000), buy("b", 34, 1_000), buy("c", 36, 1_000))

    assert told(judgement)[1:] == [("b", "silver", 15), ("c", "member", 10)]  # the grace ends on day 35
    assert judgement.next_review_at is None


def test_judge__more_than_one_purchase_earns__is_cut_from_the_day_the_limit_holds() -> None:
    judgement = live(
        buy("a", 0, 9_000, 1_000), buy("b", 1, 9_000, 1_000), bring_back("r", 2, 4_500, "b", 1_000),
        bring_back("s", 3, 4_500, "b"), program=LIMITED,
    )  # fmt: skip

    assert told(judgement) == [
        ("a", "member", 110),
        ("b", "member", 100),  # 90 and 20 points: 81.8 and 18.2 of 100, so 82 and 18
        ("r", "member", -59),  # 41 of 82 are left, and none of 18
        ("s", "member", -41),
    ]
    assert cut_of(judgement.accruals[1].parts) == Cut(110, 100)
    assert [(one.points, one.source) for one in judgement.accruals[1].portions] == [(100, None)]


def test_judge__far_beyond_what_is_meant__is_a_slip_also_where_purchases_are_cut() -> None:
    judgement = live(buy("a", 1, 10**12), program=LIMITED)

    assert [(one.points, one.zero, one.parts) for one in judgement.accruals] == [(0, Zero.TOO_LARGE, ())]


def test_judge__order_whose_points_were_paid_elsewhere__counts_for_tiers_only() -> None:
    judgement = live(buy("a", 0, 10_000, earns=False), buy("b", 1, 1_000))

    assert told(judgement) == [("a", "member", 0), ("b", "silver", 15)]
    assert judgement.accruals[0].zero is Zero.ALREADY_PAID


@pytest.mark.parametrize(
    ("act", "zero"),
    [
        (buy("a", 0, 99), Zero.ROUNDED_DOWN),
        (buy("a", 0, 0), Zero.NOTHING_TO_COUNT),
        (buy("a", 0, 5_000, earns=False), Zero.ALREADY_PAID),
        (Purchase(b"a", START, 5_000, (0, 0)), Zero.NO_RULE),
        (bring_back("r", 0, 500, None), Zero.UNLINKED),
        (bring_back("r", 0, 500, "unheard of"), Zero.UNLINKED),
    ],
)
def test_judge__nothing_moves__says_why(act: Act, zero: Zero) -> None:
    (accrual,) = live(act).accruals

    assert (accrual.points, accrual.zero) == (0, zero)


def test_judge__returns_in_two_pieces__each_computed_from_what_is_left() -> None:
    judgement = live(
        buy("x", 0, 10_000),
        buy("a", 1, 999, fresh=499),
        bring_back("r1", 2, 500, "a"),
        bring_back("r2", 3, 499, "a", fresh=499),
        bring_back("r3", 4, 1, "a", fresh=1),
    )

    # As silver: 9.99 × 3/2 = 14.98 and 4.99 / 0.50 = 9.98: 14 and 9. 4.99 left: 7.48 and still 9.98: 7 go.
    assert told(judgement)[1:] == [
        ("a", "silver", 23), ("r1", "silver", -7), ("r2", "silver", -16), ("r3", "silver", 0),
    ]  # fmt: skip
    assert judgement.accruals[-1].zero is Zero.NOTHING_LEFT
    assert [part.points for part in judgement.accruals[2].parts] == [7, 9]


def test_judge__return_after_a_tier_has_changed__takes_back_by_the_tier_of_the_purchase() -> None:
    judgement = live(buy("a", 0, 5_000), buy("b", 1, 30_000), bring_back("r", 2, 5_000, "a"))

    assert told(judgement)[-1] == ("r", "member", -50)


def test_judge__a_return__lowers_the_spend_that_is_reviewed() -> None:
    judgement = live(
        buy("a", 0, 10_000), buy("b", 5, 12_000), bring_back("r", 6, 3_000, "b"), upto=START + 40 * DAY
    )

    # The review on day 30 counts days 1 to 30: 120.00 less 30.00. The one at the end of the grace, on day
    # 35, counts from day 6: what came back that day, and no longer what it had been bought with.
    assert [(move.cause.value, move.value) for move in judgement.moves] == [
        ("reached", 10_000), ("grace", 9_000), ("missed", -3_000),
    ]  # fmt: skip


def test_judge__points_as_measure__the_points_of_each_line_count() -> None:
    tiers = TIERS._replace(measure=Measure.POINTS, levels=(Level("member", 0), Level("silver", 100)))

    judgement = live(
        buy("a", 0, 6_000), bring_back("r", 1, 1_000, "a"), buy("b", 2, 5_000), buy("c", 3, 1_000),
        program=PROGRAM._replace(tier_versions=(tiers,)),
    )  # fmt: skip

    assert told(judgement)[-1] == ("c", "silver", 15)  # 60 − 10 + 50 is just enough
    assert judgement.moves[0].value == 100


def test_judge__orders_as_measure__a_return_is_no_order() -> None:
    tiers = TIERS._replace(measure=Measure.ORDERS, levels=(Level("member", 0), Level("silver", 3)))

    judgement = live(
        buy("a", 0, 1), buy("b", 1, 1), bring_back("r", 2, 1, "a"), buy("c", 3, 1),
        program=PROGRAM._replace(tier_versions=(tiers,)),
    )  # fmt: skip

    assert [(move.at, move.value) for move in judgement.moves] == [(START + 3 * DAY, 3)]


def test_judge__terms_superseded__points_keep_the_terms_of_their_day() -> None:
    later = Terms(ZONE, 0, Expiry.ROLLING_DAYS, 10)
    program = PROGRAM._replace(terms=(*PROGRAM.terms, (START + 5 * DAY, later)))

    first, second = live(buy("a", 4.99, 1_000), buy("b", 5, 1_000), program=program).accruals

    assert first.portions[0].release_at - first.at > 13 * DAY
    assert second.portions[0].release_at == second.at
    assert second.portions[0].expires_at - second.at < 11 * DAY


def test_judge__rule_superseded__each_purchase_by_the_version_of_its_instant() -> None:
    old = BASE._replace(active_to=START + 5 * DAY)
    new = BASE._replace(version=2, rate_points=3, active_from=START + 5 * DAY)
    program = PROGRAM._replace(rules=(old, new))

    judgement = live(
        buy("a", 4, 1_000, 1_000),
        buy("b", 5, 1_000, 1_000),
        bring_back("r", 6, 500, "a", 500),
        program=program,
    )

    assert [(one.points, [part.rule_version for part in one.parts]) for one in judgement.accruals] == [
        (10, [1]), (30, [2]), (-5, [1]),
    ]  # fmt: skip


def test_in_time_order__same_instant__purchases_returns_grants() -> None:
    grant = Granted(START, 1, None)
    acts: list[Act] = [grant, bring_back("r", 0, 1, "a"), buy("a", 0, 1), buy("b", -1, 1)]

    assert in_time_order(acts) == [acts[3], acts[2], acts[1], grant]


def test_in_time_order__return_dated_before_its_purchase__counts_at_the_purchase() -> None:
    early = bring_back("r", 0, 300, "a")

    judgement = live(early, buy("a", 0.6, 1_000))

    assert told(judgement) == [("a", "member", 10), ("r", "member", -3)]
    assert judgement.accruals[1].at == START + 0.6 * DAY


def test_match_rules__category__places_of_the_rules_that_count_it() -> None:
    assert match_rules(PROGRAM.rules, "FRESH > MILK") == (0, 1)
    assert match_rules(PROGRAM.rules, "FRESHNESS") == (0,)


def recorded_of(accruals: list[Accrual]) -> dict[bytes, Recorded]:
    """Return what would be on record once these have been written down."""
    record: dict[bytes, Recorded] = {}
    for one in accruals:
        earlier = record.get(one.key)
        about = {one.about_id} | (earlier.about_ids if earlier else frozenset())
        record[one.key] = Recorded(frozenset(about), Earned(one.tier, one.parts))
    return record


def owed(first: list[Act], all_acts: list[Act]) -> list[Accrual]:
    """Return what is owed when the history turns out to be `all_acts` after `first` has been judged."""
    record = recorded_of(live(*first).accruals)
    acts = in_time_order(all_acts)
    return still_owed(PROGRAM, acts, judge(PROGRAM, Member(), acts, upto=None).accruals, record)


def test_still_owed__nothing_new__nothing() -> None:
    acts: list[Act] = [buy("a", 0, 9_900), buy("b", 1, 20_000, 60), bring_back("r", 2, 55, "b", 55)]

    assert owed(acts, acts) == []


def test_still_owed__late_order_lifts_the_next_one__that_one_is_corrected_by_the_difference() -> None:
    known: list[Act] = [buy("b", 5, 4_000, 1_000), buy("z", 6, 50)]

    late, correction, tier_only = owed(known, [*known, buy("late", 0, 12_000)])

    assert (late.about_id, late.points, late.at) == (b"late", 120, START)
    # 40.00 as silver is 60, not 40; the FRESH rule knows no tiers.
    assert (correction.about_id, correction.points, correction.tier) == (b"b", 20, "silver")
    assert (correction.at, correction.net_minor) == (START + 5 * DAY, 0)
    assert [part.points for part in correction.parts] == [60, 20]
    # 0.50 as silver is still nothing, but it is nothing as silver.
    assert (tier_only.about_id, tier_only.points, tier_only.zero) == (b"z", 0, Zero.SAME_POINTS)


def test_still_owed__corrected_order_was_partly_returned__what_is_left_of_it_is_corrected() -> None:
    known: list[Act] = [buy("b", 5, 4_000), bring_back("r", 6, 1_000, "b")]

    late, correction = owed(known, [*known, buy("late", 0, 12_000)])

    assert (late.points, correction.points) == (120, 15)  # 30.00 stand as silver: 45, not 30
    assert correction.parts[0].base_minor == 3_000


def test_still_owed__late_return_between_two_known_ones__takes_what_is_left() -> None:
    known: list[Act] = [buy("b", 0, 1_099), bring_back("r2", 3, 500, "b")]

    (late,) = owed(known, [*known, bring_back("r1", 1, 50, "b")])

    # 10.99, less 5.00 known, less 0.50: 5.49; on record stand 5 points, and 5 remain.
    assert (late.about_id, late.points, late.zero, late.parts[0].base_minor) == (
        b"r1",
        0,
        Zero.NOTHING_LEFT,
        549,
    )


lives = st.lists(
    st.tuples(
        st.integers(0, 60 * 24), st.integers(0, 20_000), st.integers(0, 100),
        st.none() | st.tuples(st.integers(0, 400), st.integers(0, 100)),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


def acts_of(drawn: list[tuple[int, int, int, tuple[int, int] | None]]) -> list[Act]:
    """Make a life of purchases, some of them brought back in part, no two at the same instant."""
    acts: list[Act] = []
    for place, (hours, net, percent, back) in enumerate(drawn):
        day = hours / 24 + place / 10_000
        fresh = net * percent // 100
        acts.append(buy(f"o{place}", day, net, fresh))
        if back:
            later, part = back
            acts.append(
                bring_back(f"r{place}", day + later / 24, net * part // 100, f"o{place}", fresh * part // 100)
            )
    return acts


@pytest.mark.parametrize("program", [PROGRAM, LIMITED], ids=["unlimited", "limited"])
@given(lives, st.data())
def test_judge__any_life_cut_anywhere__same_as_at_once(
    program: Program, drawn: list[tuple[int, int, int, tuple[int, int] | None]], data: st.DataObject
) -> None:
    acts = in_time_order(acts_of(drawn))
    whole = judge(program, Member(), acts, upto=None)
    cut = data.draw(st.integers(0, len(acts)))

    member = Member()
    first = judge(program, member, acts[:cut], upto=None)
    member.standing = first.standing
    second = judge(program, member, acts[cut:], upto=None)

    assert first.accruals + second.accruals == whole.accruals
    assert first.moves + second.moves == whole.moves
    assert judge(program, Member(), acts, upto=None) == whole


@pytest.mark.parametrize("program", [PROGRAM, LIMITED], ids=["unlimited", "limited"])
@given(lives, st.randoms(use_true_random=False))
def test_still_owed__any_life_heard_of_in_two_halves__stands_as_if_heard_at_once(
    program: Program,
    drawn: list[tuple[int, int, int, tuple[int, int] | None]],
    random: "st.Random",  # type: ignore[name-defined]
) -> None:
    acts = in_time_order(acts_of(drawn))
    heard = [act for act in acts if isinstance(act, Purchase) and random.random() < 0.5]
    known = {act.order_id for act in heard}
    first = [
        act
        for act in acts
        if act in heard or (isinstance(act, GivenBack) and act.order_id in known and random.random() < 0.5)
    ]
    whole = judge(program, Member(), acts, upto=None)
    record = recorded_of(judge(program, Member(), in_time_order(first), upto=None).accruals)

    for accrual in still_owed(program, acts, whole.accruals, record):
        before = record[accrual.key].earned.points if accrual.key in record else 0
        # The law of each line: its points are what its parts come to, less what came before.
        assert accrual.points == sum(compute_points(part) for part in accrual.parts) - before
        assert (accrual.points == 0) == (accrual.zero is not None)
        record = {**record, accrual.key: after(record, accrual)}

    assert record == recorded_of(whole.accruals)
    assert still_owed(program, acts, whole.accruals, record) == []


def after(record: dict[bytes, Recorded], accrual: Accrual) -> Recorded:
    """Return what stands on record about the accrual's order once it is written down."""
    earlier = record.get(accrual.key)
    about = (earlier.about_ids if earlier else frozenset()) | {accrual.about_id}
    return Recorded(about, Earned(accrual.tier, accrual.parts))


@given(st.permutations(["FRESH", "DRY", "FRESH > MILK"]))
def test_parts__any_order_of_rules__each_rule_pays_the_same(order: list[str]) -> None:
    rules = [EarningRule(name.encode(), 1, 1, 100, category=name) for name in order]
    amounts = {"FRESH": 150, "DRY": 275, "FRESH > MILK": 399}
    bases = tuple(
        sum(amount for category, amount in amounts.items() if rule.counts(category)) for rule in rules
    )

    (accrual,) = live(
        Purchase(b"a", START, 824, bases), program=PROGRAM._replace(rules=tuple(rules))
    ).accruals

    assert {part.rule_id: part.points for part in accrual.parts} == {
        b"FRESH": 5,
        b"DRY": 2,
        b"FRESH > MILK": 3,
    }
    assert all(isinstance(part, Part) for part in accrual.parts)
