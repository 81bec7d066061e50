"""What somebody is told before a promotion is published, and that the engine bears it out."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from dangol.domain.promotions import Minimum, Promotion, Reason, Remaining, Settings, Target
from dangol.domain.promotions.benefits import (
    Amount,
    Benefit,
    BuyGet,
    FreeShipping,
    Items,
    NewPrice,
    Percent,
    Points,
    Step,
    Tiered,
)
from dangol.domain.promotions.concerns import NEVER_ACTS, Concern, Finding, Placed, find_concerns
from dangol.domain.promotions.settings import Choice, Lane, Stacking
from tests.domain.promotions.shop import (
    AS_IT_COMES,
    CAKE,
    COFFEE,
    NOON,
    cart,
    condition,
    line,
    promotion,
    run,
    why,
)

DAY = timedelta(days=1)
BEST = Settings(lanes=(Lane("main", Choice.BEST), Lane("after")))
ONE = Settings(most_promotions=1)
MATRIX = Settings(stacking={"sale": Stacking.NEVER})
MEMBER = condition({"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True})
# Without a ceiling, and each with one: most cases are not about it.
CAPPED: dict[str, Any] = {"cap_minor": 1_000}


def own(*benefits: Benefit, **rest: Any) -> Promotion:
    return promotion("own", *(benefits or (Percent(1_000),)), **{**CAPPED, "priority": 5, **rest})


def other(name: str = "a", *benefits: Benefit, **rest: Any) -> Promotion:
    return promotion(name, *(benefits or (Percent(1_000),)), **{**CAPPED, **rest})


def told(
    rule: Promotion,
    *others: Promotion | Placed,
    settings: Settings = AS_IT_COMES,
    left: Remaining | None = None,
) -> list[Finding]:
    placed = [one if isinstance(one, Placed) else Placed(one) for one in others]
    mine = Placed(rule, left) if left else Placed(rule)
    return find_concerns(mine, placed, settings, as_of=NOON)


@pytest.mark.parametrize(
    ("rule", "left", "concern"),
    [
        (own(active_to=NOON), None, Concern.OVER),
        (own(active_to=NOON - DAY), None, Concern.OVER),
        (own(lane="nowhere"), None, Concern.UNKNOWN_LANE),
        (own(), Remaining(uses=0), Concern.USED_UP),
        (own(), Remaining(budget_minor=0), Concern.USED_UP),
        (own(), Remaining(units=0), Concern.USED_UP),
    ],
)
def test_own__can_do_nothing__is_told(rule: Promotion, left: Remaining | None, concern: Concern) -> None:
    [found] = told(rule, left=left)

    assert found == Finding(concern)
    assert concern in NEVER_ACTS


@pytest.mark.parametrize("rule", [own(), own(active_to=NOON + DAY), own(active_from=NOON + DAY)])
def test_own__alone_and_bounded__nothing_to_tell(rule: Promotion) -> None:
    assert told(rule) == []
    assert told(rule, left=Remaining(uses=1, budget_minor=1)) == []


GROUP: dict[str, Any] = {"exclusive_group": "one"}


@pytest.mark.parametrize(
    ("rule", "others", "settings", "winners"),
    [
        (own(**GROUP), [other(**GROUP)], AS_IT_COMES, (b"a",)),
        (own(**GROUP, lane="after"), [other(**GROUP, priority=9)], AS_IT_COMES, (b"a",)),
        (own(category="sale"), [other()], MATRIX, (b"a",)),
        (own(), [other()], ONE, (b"a",)),
        (own(), [other(), other("b")], Settings(most_promotions=2), (b"a", b"b")),
        # In a lane of the best, points come after the money.
        (own(Points(100), **GROUP), [other(**GROUP)], BEST, (b"a",)),
        # Whoever always stands before the winner, but may not apply, wins nothing.
        (own(**GROUP), [other("b", **GROUP), other("a", **GROUP)], AS_IT_COMES, (b"a",)),
        (
            own(**GROUP, active_from=NOON + DAY),
            [other(**GROUP, active_from=NOON + DAY)],
            AS_IT_COMES,
            (b"a",),
        ),
        (own(**GROUP, active_to=NOON + DAY), [other(**GROUP, active_to=NOON + DAY)], AS_IT_COMES, (b"a",)),
        (own(**GROUP), [other(**GROUP, currency="", cap_minor=None)], AS_IT_COMES, (b"a",)),
    ],
)
def test_own__behind_what_always_wins__is_shadowed_and_the_engine_agrees(
    rule: Promotion, others: Sequence[Promotion], settings: Settings, winners: tuple[bytes, ...]
) -> None:
    found = {one.concern: one for one in told(rule, *others, settings=settings)}
    at = rule.active_from or NOON
    refused = why(run(cart(line("latte", 4_500)), rule, *others, settings=settings, at=at))

    assert found[Concern.SHADOWED].others == winners
    assert refused["own"] in (Reason.EXCLUSIVE_LOST, Reason.NOT_STACKABLE, Reason.TOO_MANY)


@pytest.mark.parametrize(
    ("rule", "winner", "settings"),
    [
        # The winner does not always apply, or not as long.
        (own(**GROUP), other(**GROUP, condition=MEMBER), AS_IT_COMES),
        (own(**GROUP), other(**GROUP, needs_code=True), AS_IT_COMES),
        (own(**GROUP), other(**GROUP, minimum=Minimum(minor=1)), AS_IT_COMES),
        (own(**GROUP), other(**GROUP, target=Target(include=COFFEE)), AS_IT_COMES),
        (own(**GROUP), other("a", NewPrice(4_000), **GROUP), AS_IT_COMES),
        (own(**GROUP), other("a", Percent(0), **GROUP), AS_IT_COMES),
        (own(**GROUP), other("a", FreeShipping(), **GROUP), AS_IT_COMES),
        (own(**GROUP), other(**GROUP, active_to=NOON + DAY), AS_IT_COMES),
        (own(**GROUP), other(**GROUP, active_from=NOON + DAY), AS_IT_COMES),
        (own(**GROUP), other(**GROUP, currency="USD"), AS_IT_COMES),
        (own(**GROUP, currency=""), other(**GROUP), AS_IT_COMES),
        # It comes later, or stands beside it.
        (own(**GROUP), other(**GROUP, priority=9), AS_IT_COMES),
        (own(**GROUP), other(**GROUP, lane="after"), AS_IT_COMES),
        (own(**GROUP), other(exclusive_group="two"), AS_IT_COMES),
        (own(), other(), Settings(most_promotions=2)),
        # Of two the better one applies, whichever stands first.
        (own(**GROUP), other(**GROUP), BEST),
    ],
)
def test_own__behind_what_wins_now_and_then__is_not_shadowed(
    rule: Promotion, winner: Promotion, settings: Settings
) -> None:
    assert Concern.SHADOWED not in {one.concern for one in told(rule, winner, settings=settings)}


def test_own__behind_what_is_limited__is_not_shadowed() -> None:
    limited = Placed(other(**GROUP), Remaining(uses=100))

    assert {one.concern for one in told(own(**GROUP), limited)} == {Concern.ONE_OF_THEM}


@pytest.mark.parametrize(
    ("benefits", "rest", "left", "findings"),
    [
        ([Percent(1_000)], {"cap_minor": None}, None, [Finding(Concern.NO_CEILING)]),
        ([NewPrice(1_000)], {"cap_minor": None}, None, [Finding(Concern.NO_CEILING)]),
        ([BuyGet(None, 1, 1)], {"cap_minor": None}, None, [Finding(Concern.NO_CEILING)]),
        ([FreeShipping()], {"cap_minor": None}, None, [Finding(Concern.NO_CEILING)]),
        ([FreeShipping(most_minor=3_000)], {"cap_minor": None}, None, []),
        ([Points(1_000)], {"cap_minor": None}, None, []),
        ([Percent(1_000)], {"cap_minor": None}, Remaining(budget_minor=50_000), []),
        ([Amount(500, is_each=True)], {"cap_minor": None}, None, [Finding(Concern.NO_CEILING)]),
        ([Percent(5_000)], {}, None, []),
        ([Percent(5_001)], {}, None, [Finding(Concern.DEEP_DISCOUNT, share=5_001)]),
        (
            [Tiered((Step(1, Percent(1_000)), Step(9, Percent(6_000))))], {}, None,
            [Finding(Concern.DEEP_DISCOUNT, share=6_000)],
        ),
        ([Amount(3_000)], {}, None, [Finding(Concern.SMALL_CARTS_FREE)]),
        ([Amount(3_000)], {"minimum": Minimum(minor=3_000)}, None, [Finding(Concern.SMALL_CARTS_FREE)]),
        (
            [Amount(3_000)], {"minimum": Minimum(minor=4_000)}, None,
            [Finding(Concern.DEEP_DISCOUNT, share=7_500)],
        ),
        ([Amount(3_000)], {"minimum": Minimum(minor=6_000)}, None, []),
    ],
)  # fmt: skip
def test_own__by_what_it_may_cost__is_told(
    benefits: list[Benefit], rest: dict[str, Any], left: Remaining | None, findings: list[Finding]
) -> None:
    assert told(own(*benefits, **rest), left=left) == findings


@pytest.mark.parametrize(
    ("rule", "neighbor", "settings", "concerns"),
    [
        (own(**GROUP), other(**GROUP, priority=9), AS_IT_COMES, {Concern.ONE_OF_THEM}),
        (own(), other(category="sale", priority=9), MATRIX, {Concern.ONE_OF_THEM}),
        (own(), other(), BEST, {Concern.BEST_OF_THEM}),
        (own(), other("a", Points(9)), BEST, set()),
        (own(), other(priority=5), AS_IT_COMES, {Concern.SAME_PLACE}),
        (own(), other("a", Points(9), priority=5), AS_IT_COMES, set()),
        (own(), other(), AS_IT_COMES, set()),
        # They never meet: not at one time, not in one money, not on one line.
        (own(**GROUP, active_to=NOON + DAY), other(**GROUP, active_from=NOON + DAY), AS_IT_COMES, set()),
        (own(**GROUP), other(**GROUP, active_to=NOON), AS_IT_COMES, set()),
        (own(**GROUP), other(**GROUP, currency="USD"), AS_IT_COMES, set()),
        (
            own(**GROUP, target=Target(include=COFFEE)), other(**GROUP, target=Target(include=CAKE)),
            AS_IT_COMES, set(),
        ),
        (
            own(**GROUP, target=Target(include=COFFEE)),
            other(**GROUP, target=Target(include=Items(categories=frozenset({"Coffee > Cold"})))),
            AS_IT_COMES, {Concern.ONE_OF_THEM},
        ),
        (
            own(**GROUP, target=Target(include=COFFEE)),
            other(**GROUP, target=Target(include=Items(products=frozenset({"latte"})))),
            AS_IT_COMES, {Concern.ONE_OF_THEM},
        ),
    ],
)  # fmt: skip
def test_neighbors__by_how_they_meet__are_named_or_not(
    rule: Promotion, neighbor: Promotion, settings: Settings, concerns: set[Concern]
) -> None:
    found = [one for one in told(rule, neighbor, settings=settings) if one.concern is not Concern.SHADOWED]

    assert {one.concern for one in found} == concerns
    assert all(one.others == (b"a",) for one in found)


def test_neighbors__more_than_half_together__tells_the_share_the_engine_takes() -> None:
    rule, half, points = own(Percent(3_000), cap_minor=None), other("a", Percent(4_000), cap_minor=None), other("b", Points(1))  # fmt: skip  # noqa: E501 - a line
    found = {one.concern: one for one in told(rule, half, points)}
    taken = run(cart(line("latte", 10_000)), rule, half, points)

    assert found[Concern.DEEP_TOGETHER] == Finding(Concern.DEEP_TOGETHER, (b"a",), 5_800)
    assert taken.discount_minor == 5_800
    assert Concern.DEEP_TOGETHER not in {one.concern for one in told(rule, other("a", Percent(2_000)))}


def test_own__published_already__is_no_neighbor_of_itself() -> None:
    assert told(own(**GROUP), own(**GROUP, priority=0)) == []
