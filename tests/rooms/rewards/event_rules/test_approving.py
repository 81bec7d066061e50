"""Two pairs of eyes on event rules: what needs them, what is done with a yes or a no, and many at once."""

from typing import Any

import pytest

from dangol.core.access.approvals import count_waiting, find_approval
from dangol.core.access.errors import AlreadyDecided, OwnDraft, OwnRequest
from dangol.core.access.log import list_entries
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.storage.ids import Id, new_id
from dangol.rooms.rewards.event_rules.approving import decide_publication, find_causes, publish_or_ask
from dangol.rooms.rewards.event_rules.editing import (
    archive,
    create_rule,
    discard_draft,
    find_rule,
    list_versions,
    write_draft,
)
from dangol.rooms.rewards.event_rules.errors import RuleArchived, RuleDraftChanged
from dangol.rooms.rewards.event_rules.models import EventRuleDraft
from dangol.rooms.rewards.second_person import Outcome
from tests.rooms.rewards.event_rules.shop import AT, REVIEW
from tests.rooms.rewards.promotions.shop import open_shop
from tests.sizes import SIZE
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MAKER, OTHER = Actor(ActorKind.STAFF, "maker", "마케터"), Actor(ActorKind.STAFF, "other", "주인")
THIRD = Actor(ActorKind.STAFF, "third", "동료")
CONTENT: dict[str, Any] = {"name": "리뷰", "event": REVIEW, "points": 100}


def drafted(**content: Any) -> Id:
    return create_rule(CONTENT | content, made_by="maker", at=AT)


def ask(
    rule_id: Id,
    *,
    alone: bool = True,
    reason: str = "가을 행사예요",
    form: Id | None = None,
    revision: int = 1,
) -> Outcome:
    return publish_or_ask(
        rule_id, revision=revision, form=form or new_id(), actor=MAKER, reason=reason, at=AT, alone=alone
    )


def decide(outcome: Outcome, *, actor: Actor = OTHER, approves: bool = True, reason: str = "좋아요") -> Any:
    assert outcome.approval
    return decide_publication(outcome.approval.id, approves=approves, actor=actor, reason=reason, at=AT)


@pytest.mark.parametrize("settings", [{}, {"approve_share_above": 0}])
def test_publish__shop_that_asks_for_nobody__is_done_by_one(settings: dict[str, Any]) -> None:
    open_shop(**settings)
    made = drafted()

    assert ask(made, reason="") == Outcome(1)
    assert find_rule(made).state(AT) == "live"


@pytest.mark.parametrize("settings", [{"approve_always": True}, {"approve_budget_above": 10**9}])
def test_publish__shop_that_asks_for_another__waits_and_holds_with_a_yes(settings: dict[str, Any]) -> None:
    open_shop(**settings)
    made = drafted(budget={"points": 1})

    outcome = ask(made)
    before = find_rule(made).state(AT)
    decide(outcome)

    assert (outcome.number, before) == (None, "draft")
    (version,) = list_versions(made)
    assert (version.drafted_by, version.published_by) == ("maker", "other")
    (entry,) = list_entries(limit=5)
    assert (entry.action, entry.actor, entry.seen, entry.reason, entry.people) == (
        "configure", "other", ("event_rule.published",), "리뷰", 0,
    )  # fmt: skip


def test_publish__declined__stays_a_draft_and_can_be_asked_again() -> None:
    open_shop(approve_always=True)
    made = drafted()

    first = ask(made)
    with pytest.raises(ReasonMissing):
        decide(first, approves=False, reason=" ")
    decide(first, approves=False, reason="너무 일러요")
    again = ask(made)

    assert find_rule(made).state(AT) == "draft"
    assert first.approval
    assert again.approval
    assert again.approval.id != first.approval.id


def test_publish__asked_without_a_reason__is_refused() -> None:
    open_shop(approve_always=True)

    with pytest.raises(ReasonMissing):
        ask(drafted(), reason=" ")

    assert count_waiting(at=AT) == 0


def test_publish__asked_by_who_may_not_publish__waits_whatever_the_shop_says() -> None:
    open_shop()
    made = drafted()

    assert ask(made, alone=False).approval
    assert find_rule(made).state(AT) == "draft"
    assert not find_causes()


def test_publish__asked_twice__is_one_request() -> None:
    open_shop(approve_always=True)
    made = drafted()

    first, second = ask(made), ask(made)

    assert first.approval == second.approval
    assert count_waiting(at=AT) == 1


def test_decide__by_who_asked__is_refused() -> None:
    open_shop(approve_always=True)
    made = drafted()
    outcome = ask(made)

    with pytest.raises(OwnRequest):
        decide(outcome, actor=MAKER)

    assert find_rule(made).version is None


def test_decide__by_who_wrote_the_draft__is_refused_but_may_be_declined() -> None:
    open_shop(approve_always=True)
    made = drafted()
    write_draft(made, CONTENT | {"points": 200}, revision=1, changed_by="other", at=AT)
    write_draft(made, CONTENT | {"points": 300}, revision=2, changed_by="maker", at=AT)
    outcome = ask(made, revision=3)

    with pytest.raises(OwnDraft):
        decide(outcome)
    waits = count_waiting(at=AT)
    decide(ask(made, revision=3), actor=THIRD)

    assert waits == 1
    assert [one.content.points for one in list_versions(made)] == [300]


def test_decide__draft_written_by_oneself__may_be_declined() -> None:
    open_shop(approve_always=True)
    made = create_rule(CONTENT, made_by="other", at=AT)

    assert decide(ask(made), approves=False, reason="다시 볼게요").state == "declined"


def test_decide__by_whose_key_wrote_the_draft__is_refused() -> None:
    open_shop(approve_always=True)
    made = create_rule(CONTENT, made_by="앱", behind="maker", at=AT)
    write_draft(made, CONTENT, revision=1, changed_by="앱", behind="other", at=AT)
    outcome = ask(made, revision=2)

    with pytest.raises(OwnDraft):
        decide(outcome)

    draft = find_rule(made).draft
    assert draft
    assert (draft.changed_by, draft.writers) == ("앱", ["maker", "other"])


def test_decide__who_wrote_what_is_published_already__may_approve_the_next_draft() -> None:
    open_shop(approve_always=True)
    made = create_rule(CONTENT, made_by="other", at=AT)
    decide(ask(made), actor=THIRD)
    write_draft(made, CONTENT | {"points": 200}, revision=None, changed_by="maker", at=AT)

    decide(ask(made))

    assert [one.published_by for one in list_versions(made)] == ["other", "third"]


def test_decide__draft_from_before_writers_were_kept__goes_by_who_changed_it_last() -> None:
    open_shop(approve_always=True)
    made = create_rule(CONTENT, made_by="other", at=AT)
    EventRuleDraft.objects.filter(rule_id=made).update(writers=[])
    outcome = ask(made)

    with pytest.raises(OwnDraft):
        decide(outcome)
    write_draft(made, CONTENT, revision=1, changed_by="maker", at=AT)

    draft = find_rule(made).draft
    assert draft
    assert draft.writers == ["maker", "other"]


def test_decide__draft_changed_since__publishes_nothing_and_waits_on() -> None:
    open_shop(approve_always=True)
    made = drafted()
    outcome = ask(made)
    write_draft(made, CONTENT | {"points": 9_000}, revision=1, changed_by="maker", at=AT)

    with pytest.raises(RuleDraftChanged):
        decide(outcome)

    assert list_versions(made) == []
    assert count_waiting(at=AT) == 1


def test_decide__another_draft_of_the_same_revision__is_not_what_was_asked_for() -> None:
    open_shop(approve_always=True)
    made = drafted()
    decide(ask(made))
    write_draft(made, CONTENT | {"points": 200}, revision=None, changed_by="maker", at=AT)
    outcome = ask(made)
    discard_draft(made)
    write_draft(made, CONTENT | {"points": 9_000}, revision=None, changed_by="maker", at=AT)

    with pytest.raises(RuleDraftChanged):
        decide(outcome)

    assert [one.content.points for one in list_versions(made)] == [100]


def test_decide__put_away_since__publishes_nothing() -> None:
    open_shop(approve_always=True)
    made = drafted()
    outcome = ask(made)
    archive(made, at=AT)

    with pytest.raises(RuleArchived):
        decide(outcome)

    assert list_versions(made) == []


def test_decide__eight_at_once__one_version() -> None:
    open_shop(approve_always=True)
    made = drafted()
    outcome = ask(made)
    others = [Actor(ActorKind.STAFF, f"other-{n}") for n in range(8)]

    refused = together([lambda one=one: decide(outcome, actor=one) for one in others])  # type: ignore[misc]

    assert [type(one) for one in refused] == [AlreadyDecided] * 7
    assert len(list_versions(made)) == 1


@pytest.mark.parametrize("number", range(SIZE.rounds if SIZE.soak else 4))
def test_decide__while_the_draft_is_edited__what_was_asked_for_holds_or_nothing(number: int) -> None:
    open_shop(approve_always=True)
    made = drafted()
    outcome = ask(made)
    edited = CONTENT | {"points": 9_000}
    acts = [
        lambda: decide(outcome),
        lambda: write_draft(made, edited, revision=1, changed_by="maker", at=AT),
    ]

    (refusal,) = together(acts if number % 2 else acts[::-1])

    assert isinstance(refusal, RuleDraftChanged)
    assert outcome.approval
    found, state = find_rule(made), find_approval(outcome.approval.id).state
    if found.version is None:
        assert found.draft is not None
        assert (state, found.draft.revision, found.draft.content.points) == ("waiting", 2, 9_000)
    else:
        assert (state, found.draft, found.version.content.points) == ("approved", None, 100)
