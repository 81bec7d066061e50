"""Rules hear of what members do: give once, within caps and budget, say why not, and take back."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dangol.core.events.models import Cursor
from dangol.core.events.selectors import events_after
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.erasures import erase_customer
from dangol.core.people.leaving import leave_members
from dangol.core.people.merges import merge_customers
from dangol.core.segments.services import (
    SegmentAskedElsewhere,
    SegmentDraft,
    archive_segment,
    create_segment,
)
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.event_rules import Why
from dangol.rooms.rewards.catalog.events import RewardCanceled, RewardRedeemed
from dangol.rooms.rewards.event_rules.consumers import FOLLOW, follow
from dangol.rooms.rewards.event_rules.editing import (
    archive,
    find_rule,
    pause,
    publish,
    restore,
    resume,
    write_draft,
)
from dangol.rooms.rewards.event_rules.models import (
    EventRuleAward,
    EventRuleMark,
    EventRuleRefusal,
)
from dangol.rooms.rewards.event_rules.selectors import awards_by_transfer, awards_of_member, figures_of
from dangol.rooms.rewards.event_rules.takeout import read_awards, read_marks, read_refusals
from tests.core.commerce.shop import back, bring_back, order, place, stock
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.event_rules.shop import (
    AT,
    DAY,
    HOUR,
    REVIEW,
    SINCE,
    broken,
    happen,
    join,
    let_by,
    points_of,
    review,
    rule,
    standing,
    tracked,
)
from tests.rooms.rewards.promotions.shop import CURRENCY
from tests.rooms.rewards.referrals.shop import CLERK

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def whys_of(member: Id) -> dict[str, int]:
    rows = EventRuleRefusal.objects.filter(customer_id=member)
    return dict(rows.values_list("why", "times"))


def test_hear__tracked_event__gives_once_with_its_why(minji: Id) -> None:
    rule_id = rule(rate={"property": "photos", "points": 10}, most_points=150, points=100)

    review(minji, photos=3)

    (award,) = awards_of_member(minji)
    assert (award.rule, award.version, award.fixed, award.number, award.rated, award.points) == (
        "리뷰", 1, 100, Decimal(3), 30, 130,
    )  # fmt: skip
    transfer = Transfer.objects.get(reason="event_rule")
    assert (transfer.points, transfer.subject_id) == (130, rule_id)
    assert awards_by_transfer(minji, [transfer.id, new_id()]) == {transfer.id: award}
    row = find_rule(rule_id)
    assert (row.used_times, row.used_points) == (1, 130)
    assert broken() == []


def test_hear__same_events_again__gives_and_counts_nothing_more(minji: Id) -> None:
    rule_id = rule(caps={"day": 1}, budget={"times": 2})
    review(minji)
    review(minji, AT + HOUR)
    review(minji, AT + DAY)
    review(minji, AT + 2 * DAY)
    before = points_of(minji), whys_of(minji)
    assert before == (200, {"day": 1, "budget_times": 1})
    # Whoever raises the budget pays nothing for what was refused before, though it is told again.
    current = find_rule(rule_id)
    write_draft(
        rule_id, {"name": "리뷰", "event": REVIEW, "points": 100}, revision=None, changed_by="주인", at=AT
    )
    assert current.version is not None
    publish(rule_id, revision=1, published_by="주인", at=AT + 3 * DAY)

    with write_transaction():
        follow([event for _, event in events_after(0, limit=100)])
    Cursor.objects.filter(consumer=FOLLOW.name).update(position=0)
    let_by()

    assert (points_of(minji), whys_of(minji)) == before
    assert broken() == []


@pytest.mark.parametrize(
    ("content", "properties", "why"),
    [
        ({"where": [{"property": "stars", "op": "at_least", "value": 4}]}, {"stars": 3}, "where"),
        ({"rate": {"property": "photos", "points": 10}, "most_points": 50}, {}, "no_number"),
        ({"active_to": "2026-11-27T02:00:00Z"}, {}, "after"),
        ({"active_from": "2026-11-27T04:00:00Z"}, {}, "before"),
        (
            {"condition": {"type": "trait", "trait": "customer.order_count", "op": "at_least", "value": 1}},
            {},
            "condition",
        ),
    ],
)
def test_hear__deed_that_earns_nothing__keeps_why(
    minji: Id, content: dict[str, Any], properties: dict[str, Any], why: str
) -> None:
    rule(**content)

    review(minji, **properties)

    assert points_of(minji) == 0
    assert whys_of(minji) == {why: 1}


def test_hear__condition_of_traits_and_segments__is_asked_when_told(minji: Id) -> None:
    condition = {"type": "trait", "trait": "customer.order_count", "op": "at_least", "value": 1}
    rule(condition=condition)
    place(order(stock(), minji, "1", AT, ("L1", 1, 5_000)), at=AT)

    review(minji, AT + HOUR)

    assert points_of(minji) == 100


def test_hear__told_late_or_before_the_rule__earns_nothing(minji: Id) -> None:
    rule()

    review(minji, AT, told_at=AT + 4 * DAY)
    review(minji, SINCE - HOUR, told_at=SINCE + HOUR)

    assert points_of(minji) == 0
    assert whys_of(minji) == {"late": 1, "before": 1}


def test_hear__recorded_before_publication__is_not_judged_at_all(minji: Id) -> None:
    happen(minji, tracked(REVIEW, AT), AT)
    rule(at=AT + HOUR)

    let_by()

    assert (points_of(minji), whys_of(minji)) == (0, {})


def test_hear__new_version__counts_for_what_is_done_after_it(minji: Id) -> None:
    rule_id = rule()
    happen(minji, tracked(REVIEW, AT), AT)
    content = {"name": "리뷰", "event": REVIEW, "points": 300}
    write_draft(rule_id, content, revision=None, changed_by="주인", at=AT + HOUR)
    publish(rule_id, revision=1, published_by="주인", at=AT + HOUR)
    happen(minji, tracked(REVIEW, AT + 2 * HOUR), AT + 2 * HOUR)

    let_by()

    awards = EventRuleAward.objects.order_by("at").values_list("version", "points")
    assert list(awards) == [(1, 100), (2, 300)]


def test_pause_and_archive__what_happens_meanwhile__earns_nothing_also_later(minji: Id) -> None:
    rule_id = rule()
    pause(rule_id, at=AT)
    review(minji)
    resume(rule_id, at=AT + HOUR)
    review(minji, AT + HOUR)
    assert points_of(minji) == 100

    archive(rule_id, at=AT)
    review(minji, AT + 2 * HOUR)
    restore(rule_id, at=AT)
    assert find_rule(rule_id).state(AT) == "paused"
    resume(rule_id, at=AT + 3 * HOUR)
    review(minji, AT + 3 * HOUR)

    assert points_of(minji) == 200


def test_hear__joining__earns_once_and_not_for_who_joined_before(minji: Id) -> None:
    rule(at=AT + HOUR, name="가입", event="customer.joined", points=500, caps={"ever": 1})
    let_by()

    newcomer = join("jun", AT + 2 * HOUR)
    let_by()

    assert (points_of(minji), points_of(newcomer)) == (0, 500)


def test_hear__history_brought_along__is_no_deed(minji: Id) -> None:
    rule(name="구매", event="order.placed", points=50)
    place(order(stock(), minji, "old", AT, ("L1", 1, 5_000), earns=False), at=AT)
    place(order(stock(), minji, "new", AT, ("L1", 1, 5_000)), at=AT)

    let_by()

    assert points_of(minji) == 50


def test_take_back__order_come_back_whole__and_not_in_part(minji: Id) -> None:
    rule_id = rule(name="구매", event="order.placed", points=50, caps={"ever": 1})
    sold = order(stock(), minji, "1", AT, ("L1", 2, 10_000))
    place(sold, at=AT)
    let_by()

    bring_back(back(stock(), minji, "r1", AT + HOUR, ("L1", 1, 5_000), order_number="1"), at=AT + HOUR)
    let_by()
    assert points_of(minji) == 50
    bring_back(back(stock(), minji, "r2", AT + HOUR, ("L1", 1, 5_000), order_number="1"), at=AT + HOUR)
    let_by()

    assert points_of(minji) == 0
    assert EventRuleAward.objects.get().taken_back_at == AT + HOUR
    assert (find_rule(rule_id).used_times, find_rule(rule_id).used_points) == (0, 0)
    # What was taken back leaves its place to another one.
    place(order(stock(), minji, "2", AT + DAY, ("L1", 1, 10_000)), at=AT + DAY)
    let_by()
    assert points_of(minji) == 50
    assert broken() == []


def test_take_back__sold_and_returned_before_the_worker_came__comes_to_nothing(minji: Id) -> None:
    rule(name="구매", event="order.placed", points=50)
    place(order(stock(), minji, "1", AT, ("L1", 1, 5_000)), at=AT)
    bring_back(back(stock(), minji, "r1", AT + HOUR, ("L1", 1, 5_000), order_number="1"), at=AT + HOUR)

    let_by()
    with write_transaction():
        follow([event for _, event in events_after(0, limit=100)])

    assert points_of(minji) == 0
    assert broken() == []


def test_take_back__canceled_reward__takes_what_redeeming_it_earned(minji: Id) -> None:
    rule(name="교환", event="reward.redeemed", points=5)
    about = new_id()
    happen(minji, RewardRedeemed(reward="1", kind="product", points=100, currency="P"), AT, subject_id=about)
    let_by()
    assert points_of(minji) == 5

    happen(minji, RewardCanceled(reward="1", points=100, currency="P"), AT + HOUR, subject_id=about)
    let_by()

    assert points_of(minji) == 0


def test_lots__own_expiry__is_the_rules_and_else_the_programs(minji: Id) -> None:
    rule(name="짧게", expiry="rolling_days", expiry_count=7, pending_days=1)
    rule(name="멤버십대로")

    review(minji)

    ends = sorted(Lot.objects.values_list("expires_at", "release_at"))
    short = datetime(2026, 12, 4, 15, tzinfo=UTC)
    assert ends == [
        (short, datetime(2026, 11, 27, 15, tzinfo=UTC)),
        (datetime(2027, 12, 31, 15, tzinfo=UTC), AT),
    ]


def test_standing__of_a_member__says_how_often_more_and_why_not(minji: Id) -> None:
    rule(caps={"day": 1, "month": 3}, about="사진도 올려 주세요")
    assert (standing(minji).left.times, standing(minji).now) == (1, None)

    review(minji)
    review(minji, AT + HOUR)

    found = standing(minji, AT + HOUR)
    tomorrow = datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert (found.times, found.points, found.left.times, found.now) == (1, 100, 0, Why.DAY)
    assert found.left.again_at == tomorrow
    ((why, times, again_at),) = [(one.why, one.times, one.again_at) for one in found.refusals]
    assert (why, times, again_at) == (Why.DAY, 1, tomorrow)
    assert standing(minji, tomorrow).left.times == 1


def test_merge__two_who_are_one__share_the_caps(minji: Id) -> None:
    jun = join("jun")
    rule_id = rule(caps={"ever": 2})
    review(minji)
    review(jun)
    merge_customers(jun, minji, actor=CLERK, reason="한 사람", at=AT + HOUR)

    review(minji, AT + 2 * HOUR)
    review(jun, AT + 3 * HOUR)

    assert find_rule(rule_id).used_times == 2
    assert standing(minji).left.times == 0
    assert broken() == []


def test_merge__then_the_order_comes_back__is_taken_from_who_they_are_now(minji: Id) -> None:
    jun = join("jun")
    rule(name="구매", event="order.placed", points=50)
    place(order(stock(), jun, "1", AT, ("L1", 1, 5_000)), at=AT)
    let_by()
    merge_customers(minji, jun, actor=CLERK, reason="한 사람", at=AT + HOUR)
    let_worker_by(FOLLOW_CUSTOMERS)
    assert balances_of([minji], CURRENCY)[minji].available == 100

    bring_back(back(stock(), jun, "r1", AT + DAY, ("L1", 1, 5_000), order_number="1"), at=AT + DAY)
    let_by()
    let_worker_by(FOLLOW_CUSTOMERS)

    assert balances_of([minji], CURRENCY)[minji].available == 0
    assert broken() == []


def test_erase_and_leave__who_is_gone__earns_nothing_and_leaves_no_whys(minji: Id) -> None:
    jun = join("jun")
    rule(caps={"day": 1})
    for member in (minji, jun):
        review(member)
        review(member, AT + HOUR)
    assert read_awards([minji])[0]["points"] == 100
    assert [one["why"] for one in read_refusals([minji])] == ["day"]
    assert len(read_marks([minji])) == 1

    erase_customer(minji, actor=CLERK, reason="요청", at=AT + DAY)
    with write_transaction():
        leave_members([jun], source="till", recorded_at=AT + DAY)
    let_by()
    review(jun, AT + 2 * DAY)

    assert whys_of(minji) == {}
    assert not EventRuleMark.objects.filter(customer_id=minji).exists()
    assert points_of(jun) == 100


def test_figures__of_a_rule__count_who_and_why_not(minji: Id) -> None:
    jun = join("jun")
    rule_id = rule(caps={"day": 1})
    review(minji)
    review(minji, AT + HOUR)
    review(jun)

    found = figures_of([rule_id])[rule_id]

    assert (found.times, found.points, found.people, found.taken_back) == (2, 200, 2, 0)
    assert found.whys == {"day": 1}


def test_segment__a_rule_asks_about__is_not_archived(minji: Id) -> None:
    condition = {"type": "did", "event": "order.placed"}
    create_segment(SegmentDraft("buyers", "산 사람", "", condition), actor=CLERK, at=AT)
    rule(condition={"type": "member", "segment": "buyers"})

    with pytest.raises(SegmentAskedElsewhere):
        archive_segment("buyers", actor=CLERK, at=AT)
