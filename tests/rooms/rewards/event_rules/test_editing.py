"""The life of a rule: its draft, its versions, what makes no sense; and rules tried on what has happened."""

from datetime import date
from typing import Any

import pytest

from dangol.core.events.payloads import PAYLOADS, Payload
from dangol.core.segments.services import UnknownSegment
from dangol.core.storage.ids import Id, new_id
from dangol.core.tasks.models import Job, State as JobState
from dangol.core.tasks.runner import Runner
from dangol.domain.conditions import BrokenCondition
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.event_rules.contents import NOT_PAID, PAID, can_pay, pack, unpack
from dangol.rooms.rewards.event_rules.editing import (
    archive,
    check_content,
    create_rule,
    discard_draft,
    find_rule,
    list_rules,
    list_versions,
    publish,
    restore,
    write_draft,
)
from dangol.rooms.rewards.event_rules.errors import (
    EventRuleInvalid,
    NoRuleDraft,
    RuleArchived,
    RuleDraftChanged,
    RuleNotPublished,
    RuleSaysNothingNew,
    RuleTrialOver,
    UnknownEventRule,
    UnknownRuleTrial,
)
from dangol.rooms.rewards.event_rules.trials import (
    MOST_KEPT,
    cancel_trial,
    find_trial,
    list_trials,
    run_trial,
    start_trial,
)
from tests.core.commerce.shop import order, place, stock
from tests.rooms.rewards.event_rules.shop import AT, DAY, HOUR, REVIEW, happen, join, rule, tracked

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.usefixtures("minji"),
]
GOOD: dict[str, Any] = {"name": "리뷰", "event": REVIEW, "points": 100}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"name": " "}, "name"),
        ({"event": ""}, "event"),
        ({"event": "points.earned"}, "event"),
        ({"event": "customer.erased"}, "event"),
        ({"event": "behavior.tracked"}, "event"),
        ({"trigger": "birthday"}, "event"),
        ({"points": 0}, "points"),
        ({"points": -1}, "points"),
        ({"rate": {"property": "won", "points": 1}}, "most_points"),
        ({"rate": {"property": "", "points": 1}, "most_points": 5}, "rate.property"),
        ({"rate": {"property": "won", "points": 1, "units": 0}, "most_points": 5}, "rate.units"),
        ({"caps": {"day": 0}}, "caps.day"),
        ({"caps": {"cooldown_hours": -1}}, "caps.cooldown_hours"),
        ({"budget": {"times": 0}}, "budget.times"),
        ({"expiry": "rolling_days"}, "expiry_count"),
        ({"expiry": "inactivity"}, "expiry"),
        ({"expiry_count": 3}, "expiry_count"),
        ({"active_from": "2026-11-28T00:00:00Z", "active_to": "2026-11-27T00:00:00Z"}, "active_to"),
        ({"active_from": "2026-11-28T00:00:00"}, "active_from"),
    ],
)
def test_check__what_makes_no_sense__is_named(content: dict[str, Any], field: str) -> None:
    with pytest.raises(EventRuleInvalid) as refusal:
        check_content(unpack(GOOD | content))

    assert refusal.value.data["field"] == field


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"where": [{"property": "stars", "op": "like", "value": 4}]}, BrokenCondition),
        ({"condition": {"type": "trait", "trait": "no.such", "op": "is_set"}}, BrokenCondition),
        ({"condition": {"type": "member", "segment": "nobody"}}, UnknownSegment),
    ],
)
def test_check__conditions__are_those_of_the_one_language(
    content: dict[str, Any], kind: type[DomainError]
) -> None:
    with pytest.raises(kind):
        check_content(unpack(GOOD | content))


@pytest.mark.parametrize("raw", [{"name": 1}, {"name": "x", "strange": 1}, {"name": "a\0b"}, [], None])
def test_unpack__not_of_the_form__is_refused(raw: Any) -> None:
    with pytest.raises(EventRuleInvalid):
        unpack(raw)


def test_pack__content__reads_the_same_and_leaves_out_defaults() -> None:
    raw = GOOD | {
        "caps": {"day": 1},
        "rate": {"property": "won", "points": 1, "units": 1_000},
        "most_points": 9,
    }

    assert pack(unpack(GOOD)) == GOOD
    assert unpack(pack(unpack(raw))) == unpack(raw)
    assert pack(unpack(raw))["caps"] == {"day": 1}


def test_can_pay__each_event_of_ours__is_decided_one_way() -> None:
    ours = {name for name, kind in PAYLOADS.items() if kind.__module__.startswith("dangol.")}
    of_points = {name for name in ours if name.startswith("points.")}
    assert ours == PAID | NOT_PAID | of_points
    assert not PAID & (NOT_PAID | of_points)
    assert {name for name in PAYLOADS if can_pay(name)} == PAID


def test_can_pay__our_events__but_not_those_of_points_losses_and_people_who_go() -> None:
    assert {"order.placed", "customer.joined", "consent.granted", "referral.earned"} <= PAID
    assert {"reward.redeemed", "reward.handed_over", "stamps.added", "segment.entered"} <= PAID
    assert can_pay("Anything An App Says")
    for event in ("points.earned", "points.gift_sent", "points.anything", "customer.merged"):
        assert not can_pay(event)


def test_can_pay__event_of_ours_nobody_decided_on__is_not_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_pay("strange.happened")
    monkeypatch.setitem(PAYLOADS, "strange.happened", Payload)
    assert not can_pay("strange.happened")


@pytest.mark.parametrize(
    "event",
    [
        "reward.canceled", "reward.lapsed", "order.returned", "stamps.taken", "segment.left", "tier.changed",
        "tier.reviewed", "referral.ended", "referral.capped", "gift_card.moved", "store_credit.moved",
        # It is told as order.placed.
        "order.claimed",
    ],
)  # fmt: skip
def test_publish__event_that_is_a_loss__is_refused(event: str) -> None:
    made = create_rule(GOOD | {"event": event}, made_by="주인", at=AT)

    with pytest.raises(EventRuleInvalid) as refused:
        publish(made, revision=1, published_by="주인", at=AT)

    assert refused.value.data == {"field": "event", "problem": "not_paid"}


def test_life__drafted_published_changed_and_put_away__keeps_every_version() -> None:
    form = new_id()
    made = create_rule(GOOD, made_by="주인", at=AT, rule_id=form)
    assert create_rule(GOOD, made_by="주인", at=AT, rule_id=form) == made
    assert find_rule(made).state(AT) == "draft"
    with pytest.raises(RuleNotPublished):
        discard_draft(made)
    with pytest.raises(RuleDraftChanged):
        publish(made, revision=2, published_by="주인", at=AT)
    assert publish(made, revision=1, published_by="주인", at=AT) == 1
    with pytest.raises(NoRuleDraft):
        publish(made, revision=1, published_by="주인", at=AT)

    write_draft(made, GOOD, revision=None, changed_by="점원", at=AT)
    with pytest.raises(RuleSaysNothingNew):
        publish(made, revision=1, published_by="주인", at=AT)
    with pytest.raises(RuleDraftChanged):
        write_draft(made, GOOD, revision=None, changed_by="점원", at=AT)
    write_draft(made, GOOD | {"points": 200}, revision=1, changed_by="점원", at=AT)
    assert publish(made, revision=2, published_by="주인", at=AT) == 2
    assert [one.content.points for one in list_versions(made)] == [200, 100]
    assert find_rule(made).state(AT) == "live"

    archive(made, at=AT)
    assert (list_rules(), [one.id for one in list_rules(archived=True)]) == ([], [made])
    with pytest.raises(RuleArchived):
        write_draft(made, GOOD, revision=None, changed_by="점원", at=AT)
    restore(made, at=AT)
    assert find_rule(made).state(AT) == "paused"
    with pytest.raises(UnknownEventRule):
        find_rule(new_id())


def trial_of(rule_id: Id, content: dict[str, Any]) -> Id:
    return start_trial(
        rule_id, unpack(content), is_draft=True, since=AT - 30 * DAY, until=AT + DAY, asked_by="주인", at=AT
    )


def test_trial__past_events__tell_who_would_get_how_much_and_give_nothing(minji: Id) -> None:
    jun = join("jun")
    place(order(stock(), jun, "1", AT, ("L1", 1, 5_000)), at=AT)
    made = create_rule(GOOD, made_by="주인", at=AT)
    for member, at in ((minji, AT), (minji, AT + HOUR), (jun, AT), (minji, AT - 40 * DAY)):
        happen(member, tracked(REVIEW, at), at, told_at=AT + HOUR)

    capped = trial_of(made, GOOD | {"caps": {"day": 1}})
    bought = {"type": "trait", "trait": "customer.order_count", "op": "at_least", "value": 1}
    asked = trial_of(made, GOOD | {"condition": bought})
    for one in (capped, asked):
        run_trial(one, report=lambda *_: None)

    result = find_trial(capped).result
    assert result is not None
    assert (result.deeds, result.times, result.points, result.people) == (3, 2, 200, 2)
    assert (result.whys, result.as_now) == ({"day": 1}, False)
    found = find_trial(asked).result
    assert found is not None
    assert (found.times, found.whys, found.as_now) == (1, {"condition": 2}, True)
    assert [one.state for one in list_trials(made)] == ["done", "done"]
    assert find_rule(made).used_times == 0
    with pytest.raises(RuleTrialOver):
        cancel_trial(capped)
    with pytest.raises(UnknownRuleTrial):
        find_trial(new_id())


def test_trial__history_and_what_is_said_to_come__count_as_rules_count_them(minji: Id) -> None:
    shelf = stock()
    for number, earns in (("old", False), ("new", True)):
        place(order(shelf, minji, number, AT, ("L1", 1, 5_000), earns=earns), at=AT)
    # Told on these instants; they have not happened before they are told, and not after.
    for told_at in (AT - 40 * DAY, AT - HOUR):
        happen(minji, tracked(REVIEW, told_at), AT + 40 * DAY, told_at=told_at)
    made = create_rule(GOOD, made_by="주인", at=AT)

    found = {}
    for event in ("order.placed", REVIEW):
        run = trial_of(made, GOOD | {"event": event})
        run_trial(run, report=lambda *_: None)
        result = find_trial(run).result
        assert result is not None
        found[event] = result.deeds, result.times, [one.day for one in result.days]

    assert found == {"order.placed": (1, 1, ["2026-11-27"]), REVIEW: (1, 1, ["2026-11-27"])}


def test_trial__birthdays__are_those_within_the_window() -> None:
    join("in", birthday=date(2000, 11, 20))
    join("out", birthday=date(2000, 6, 1))
    made = rule()

    run = trial_of(made, {"name": "생일", "trigger": "birthday", "points": 10})
    run_trial(run, report=lambda *_: None)

    result = find_trial(run).result
    assert result is not None
    assert (result.times, [one.day for one in result.days]) == (1, ["2026-11-20"])


def test_trial__stopped__keeps_no_result() -> None:
    run = trial_of(rule(), GOOD)

    cancel_trial(run)
    run_trial(run, report=lambda *_: None)

    assert (find_trial(run).state, find_trial(run).result) == ("canceled", None)


def test_trials__let_go_of_while_they_wait__end_quietly() -> None:
    made = create_rule(GOOD, made_by="주인", at=AT)
    runs = [trial_of(made, GOOD) for _ in range(MOST_KEPT + 2)]

    while Runner(clock=lambda: AT).run_due():
        pass

    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert {find_trial(one).state for one in runs[2:]} == {"done"}
