"""The most that one purchase earns: shared over its rules, taken back by share, told, proved, simulated."""

from datetime import timedelta

import pytest

from dangol.core.ledger.models import Lot
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id
from dangol.domain.accrual import Cut, Expiry, Rounding
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.checking import InvalidRule
from dangol.rooms.rewards.contents import load_content, pack, unpack
from dangol.rooms.rewards.differences import find_differences
from dangol.rooms.rewards.models import Accrual, AccrualPart
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
from dangol.rooms.rewards.whys import WhyView, accruals_of
from tests.core.ledger.faults import tamper, tampering
from tests.rooms.rewards.edits import AT, DAY, content_at, draft_of, edit_terms, publish
from tests.rooms.rewards.shop import BREAD, ICE, OPENED, Bought, Brought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True)
BASE = RuleDraft("Base", 1, 100)
ICES = RuleDraft("Ices", 1, 50, category=ICE, pending_days=0, expiry=Expiry.ROLLING_DAYS, expiry_count=10)
TIERS = TiersDraft([LevelDraft("member", "m", 0), LevelDraft("silver", "s", 50_000)])
TERMS = TermsDraft(most_per_order=60)
# 50 points of the first rule and 40 of the second: 33 and 27 of 60.
CART = {ICE: 2_000, BREAD: 3_000}


def open_shop(terms: TermsDraft = TERMS, *, first: RuleDraft = BASE) -> tuple[Id, Telling]:
    return open_program(TIERS, rules=[first, ICES], terms=terms), Telling("t", customers=1)


def whys() -> list[WhyView]:
    return accruals_of(Accrual.objects.values_list("customer_id", "order_id"))


def left() -> list[int]:
    return sorted(Lot.objects.filter(left__gt=0).values_list("left", flat=True))


def broken() -> set[str]:
    return {one.check.name for one in verify(rewards.checks()) if not one.is_kept}


def test_purchase__above_the_most__each_lot_has_its_share_and_the_why_says_so() -> None:
    _, telling = open_shop()

    telling.tell([Bought(0, "a", AT, CART)], recorded_at=AT)

    (why,) = whys()
    assert (why.points, why.cut, left()) == (60, Cut(90, 60), [27, 33])
    assert {(one.rule_name, one.part.whole_points, one.part.points) for one in why.parts} == {
        ("Base", 50, 33), ("Ices", 40, 27),
    }  # fmt: skip
    assert broken() == set()


def test_purchase__as_much_as_the_most__is_not_cut() -> None:
    _, telling = open_shop(TERMS._replace(most_per_order=90))

    telling.tell([Bought(0, "a", AT, CART)], recorded_at=AT)

    (why,) = whys()
    assert (why.points, why.cut) == (90, None)
    assert [one.part.whole_points for one in why.parts] == [None, None]


def test_return__of_a_purchase_that_was_cut__takes_what_its_goods_earned_and_no_more() -> None:
    _, telling = open_shop()
    telling.tell([Bought(0, "a", AT, CART)], recorded_at=AT)

    telling.tell([Brought(0, "r", AT + DAY, {BREAD: 3_000}, "a")], recorded_at=AT + DAY)

    assert left() == [13, 27]  # 20 of 50 are left of the one, so 13 of 33; the ice cream is all there
    assert (whys()[-1].points, whys()[-1].cut) == (-20, Cut(90, 60))
    telling.tell([Brought(0, "s", AT + 2 * DAY, {ICE: 2_000}, "a")], recorded_at=AT + 2 * DAY)
    assert (left(), sum(why.points for why in whys())) == ([], 0)
    assert broken() == set()


def test_late_order__lifts_a_tier__the_share_is_reckoned_anew() -> None:
    doubled = BASE._replace(multipliers={"silver": (2, 1)})
    _, telling = open_shop(first=doubled)
    telling.tell([Bought(0, "a", AT, CART)], recorded_at=AT)
    telling.tell([Brought(0, "r", AT + DAY, {BREAD: 3_000}, "a")], recorded_at=AT + DAY)
    assert left() == [13, 27]

    telling.tell([Bought(0, "late", AT - DAY, {BREAD: 50_000})], recorded_at=AT + 2 * DAY)

    # As silver 100 and 40 points: 43 and 17 of 60; 40 of the 100 are left, so 17 of 43: four more.
    assert left() == [4, 13, 17, 60]
    assert broken() == set()


def test_terms__published_later__cut_no_purchase_of_before() -> None:
    program_id, telling = open_shop(TermsDraft())
    supersede_terms(program_id, TERMS, at=AT + DAY, recorded_at=AT)

    telling.tell([Bought(0, "b", AT + DAY, CART), Bought(0, "a", AT, CART)], recorded_at=AT + 2 * DAY)

    assert sorted(why.points for why in whys()) == [60, 90]
    assert broken() == set()


@pytest.mark.parametrize(
    ("most", "problem"), [(0, "not_positive"), (-1, "not_positive"), (10**10, "too_large")]
)
def test_terms__limit_that_is_none__is_refused(most: int, problem: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        open_shop(TERMS._replace(most_per_order=most))

    assert caught.value.data == {"field": "most_per_order", "problem": problem}


def test_draft__limit_tried_and_published__told_as_tried_and_kept() -> None:
    program_id, telling = open_shop(TermsDraft())
    before, limit = content_at(program_id), edit_terms(most_per_order=60)
    telling.tell([Bought(0, "a", AT, CART)], recorded_at=AT)

    replay = make_replay(
        find_program(program_id), before, limit(before), Window(OPENED, AT + timedelta(hours=1))
    )
    replay.add(telling.customer_ids)
    publish(program_id, draft_of(program_id, limit), at=AT + DAY)
    telling.tell([Bought(0, "b", AT + DAY, CART)], recorded_at=AT + DAY)

    assert (replay.tally.before.points, replay.tally.after.points) == (90, 60)
    assert sorted(replay.tally.after.rule_points.values()) == [27, 33]
    assert whys()[-1].points == 60
    after = load_content(find_program(program_id), at=AT + DAY)
    assert after.terms.most_per_order == 60
    assert [(one.field, one.was, one.will_be) for one in find_differences(before, after)] == [
        ("most_per_order", None, 60)
    ]


def test_simulate__published_program_that_cuts__is_the_ledger() -> None:
    program_id, telling = open_shop()
    telling.tell(
        [Bought(0, "a", AT, CART), Bought(0, "b", AT + DAY, {BREAD: 70_000}), Bought(0, "c", AT, {ICE: 500})],
        recorded_at=AT + DAY,
    )
    telling.tell([Brought(0, "r", AT + 2 * DAY, {ICE: 1_999}, "a")], recorded_at=AT + 2 * DAY)

    published = content_at(program_id)
    replay = make_replay(find_program(program_id), published, None, Window(OPENED, AT + 3 * DAY))
    replay.add(telling.customer_ids)

    assert replay.tally.unlike_ledger == 0
    assert replay.tally.before.points == replay.tally.after.points == sum(left()) > 0


def test_content__kept_before_there_was_a_limit__reads_as_without_one() -> None:
    program_id, _ = open_shop()
    packed = pack(content_at(program_id))
    assert packed["terms"].pop("most_per_order") == 60

    assert unpack(packed).terms.most_per_order is None


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("accrual.arithmetic", "UPDATE dg_accrual_part SET share_points = share_points + 1"),
        ("accrual.arithmetic", "UPDATE dg_accrual_part SET whole_points = NULL"),
        (
            "accrual.arithmetic",  # each part's own figures agree, and the shares are not what they should be
            "UPDATE dg_accrual_part SET share_points = 60 - share_points, points = 60 - points",
        ),
        # Of what has come back whole nothing is left to reckon with.
        (
            "accrual.arithmetic",
            "UPDATE dg_accrual_part SET whole_points = whole_points * 2 WHERE base_minor = 0",
        ),
        (
            "accrual.arithmetic",
            "UPDATE dg_accrual_part SET whole_points = whole_points + 1"
            " WHERE accrual_number = 1 AND rounding = 'up'",
        ),
        ("accrual.limit", "UPDATE dg_program_terms SET most_per_order = 59"),
        ("accrual.limit", "UPDATE dg_program_terms SET most_per_order = 61"),
        ("accrual.limit", "UPDATE dg_program_terms SET most_per_order = 90"),
        ("accrual.limit", "UPDATE dg_program_terms SET most_per_order = NULL"),
    ],
)
def test_verify__fault_in_a_share__is_found_by_its_name(name: str, fault: str) -> None:
    _, telling = open_shop(first=BASE._replace(rounding=Rounding.UP))
    telling.tell([Bought(0, "a", AT, CART)], recorded_at=AT)
    telling.tell([Brought(0, "r", AT + DAY, CART, "a")], recorded_at=AT + DAY)

    with tampering():
        tamper(fault)

        assert name in broken()
    assert broken() == set()
    assert AccrualPart.objects.filter(share_points__isnull=False).count() == 4
