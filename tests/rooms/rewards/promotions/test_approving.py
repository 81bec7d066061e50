"""Two pairs of eyes on promotions: what needs them, what is done with a yes or a no, and many at once."""

from typing import Any

import pytest

from dangol.core.access.approvals import count_waiting
from dangol.core.access.errors import AlreadyDecided, OwnDraft, OwnRequest
from dangol.core.access.log import list_entries
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.storage.ids import Id, new_id
from dangol.rooms.rewards.promotions.approving import (
    causes_for,
    change_or_ask,
    decide_promotions,
    publish_or_ask,
)
from dangol.rooms.rewards.promotions.checkout import (
    CheckoutChanged,
    checkout_number,
    read_checkout,
    unpack_checkout,
    write_checkout,
)
from dangol.rooms.rewards.promotions.editing import (
    DraftChanged,
    create_promotion,
    discard_draft,
    find_promotion,
    list_versions,
    write_draft,
)
from dangol.rooms.rewards.second_person import Outcome
from tests.rooms.rewards.promotions.shop import AT, open_shop, percent
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MAKER, OTHER = Actor(ActorKind.STAFF, "maker", "마케터"), Actor(ActorKind.STAFF, "other", "주인")
LIMITS = {"approve_budget_above": 1_000_000, "approve_share_above": 3_000}


def drafted(share: int, budget: int | None = 500_000) -> Id:
    raw = {
        "name": "할인",
        "currency": "KRW",
        "benefits": [percent(share)],
        "limits": {"budget_minor": budget},
    }
    return create_promotion(raw, made_by="maker", at=AT)


def ask(
    promotion_id: Id, *, alone: bool = True, reason: str = "가을 행사예요", form: Id | None = None
) -> Outcome:
    return publish_or_ask(
        promotion_id, revision=1, form=form or new_id(), actor=MAKER, reason=reason, at=AT, alone=alone
    )


def decide(outcome: Outcome, *, actor: Actor = OTHER, approves: bool = True, reason: str = "좋아요") -> Any:
    assert outcome.approval
    return decide_promotions(outcome.approval.id, approves=approves, actor=actor, reason=reason, at=AT)


def test_decide__by_who_wrote_the_draft__is_refused() -> None:
    open_shop(approve_always=True)
    made = drafted(10)
    raw = {"name": "할인", "currency": "KRW", "benefits": [percent(50)]}
    write_draft(made, raw, revision=1, changed_by="other", at=AT)
    write_draft(made, raw, revision=2, changed_by="앱", behind="maker", at=AT)
    asker = Actor(ActorKind.STAFF, "asker")
    outcome = publish_or_ask(made, revision=3, form=new_id(), actor=asker, reason="가을", at=AT, alone=True)

    for writer in (MAKER, OTHER):
        with pytest.raises(OwnDraft):
            decide(outcome, actor=writer)
    waits = count_waiting(at=AT)
    decide(outcome, actor=Actor(ActorKind.STAFF, "third"))

    assert waits == 1
    assert [one.published_by for one in list_versions(made)] == ["third"]


def test_publish__within_the_limits__is_done_by_one() -> None:
    open_shop(**LIMITS)
    made = drafted(30)

    assert ask(made, reason="") == Outcome(1)
    assert find_promotion(made).state(AT) == "live"


@pytest.mark.parametrize(("share", "budget"), [(31, 1), (10, 1_000_001), (10, None)])
def test_publish__above_a_limit__waits_and_is_published_with_a_yes(share: int, budget: int | None) -> None:
    open_shop(**LIMITS)
    made = drafted(share, budget)

    outcome = ask(made)
    before = find_promotion(made).state(AT)
    decide(outcome)

    assert (outcome.number, before) == (None, "draft")
    (version,) = list_versions(made)
    assert (version.drafted_by, version.published_by) == ("maker", "other")
    (entry,) = list_entries(limit=5)
    assert (entry.action, entry.actor, entry.seen, entry.people) == (
        "configure", "other", ("promotion.published",), 0,
    )  # fmt: skip


def test_publish__declined__stays_a_draft_and_can_be_asked_again() -> None:
    open_shop(approve_always=True)
    made = drafted(10)

    first = ask(made)
    decide(first, approves=False, reason="너무 일러요")
    again = ask(made)

    assert find_promotion(made).state(AT) == "draft"
    assert again.approval
    assert first.approval
    assert again.approval.id != first.approval.id


def test_publish__asked_without_a_reason__is_refused() -> None:
    open_shop(approve_always=True)

    with pytest.raises(ReasonMissing):
        ask(drafted(10), reason=" ")

    assert count_waiting(at=AT) == 0


def test_publish__asked_by_who_may_not_publish__waits_whatever_the_limits_are() -> None:
    open_shop()
    made = drafted(10)

    assert ask(made, alone=False).approval
    assert find_promotion(made).state(AT) == "draft"


def test_publish__asked_twice__is_one_request() -> None:
    open_shop(approve_always=True)
    made = drafted(10)

    first, second = ask(made), ask(made)

    assert first.approval == second.approval
    assert count_waiting(at=AT) == 1


def test_decide__by_who_asked__is_refused() -> None:
    open_shop(approve_always=True)
    outcome = ask(drafted(10))

    with pytest.raises(OwnRequest):
        decide(outcome, actor=MAKER)


def test_decide__draft_changed_since__publishes_nothing_and_waits_on() -> None:
    open_shop(approve_always=True)
    made = drafted(10)
    outcome = ask(made)
    raw = {"name": "더 큰 할인", "currency": "KRW", "benefits": [percent(90)]}
    write_draft(made, raw, revision=1, changed_by="maker", at=AT)

    with pytest.raises(DraftChanged):
        decide(outcome)

    assert list_versions(made) == []
    assert count_waiting(at=AT) == 1


def test_decide__another_draft_of_the_same_revision__is_not_what_was_asked_for() -> None:
    open_shop(approve_always=True)
    made = drafted(10)
    decide(ask(made))
    for share in (20, 90):
        raw = {"name": "할인", "currency": "KRW", "benefits": [percent(share)]}
        write_draft(made, raw, revision=None, changed_by="maker", at=AT)
        if share == 20:
            outcome = ask(made)
            discard_draft(made)

    with pytest.raises(DraftChanged):
        decide(outcome)

    assert len(list_versions(made)) == 1


def test_decide__eight_at_once__one_version() -> None:
    open_shop(approve_always=True)
    made = drafted(10)
    outcome = ask(made)
    others = [Actor(ActorKind.STAFF, f"other-{n}") for n in range(8)]

    refused = together([lambda one=one: decide(outcome, actor=one) for one in others])  # type: ignore[misc]

    assert [type(one) for one in refused] == [AlreadyDecided] * 7
    assert len(list_versions(made)) == 1


def test_change_settings__limits_eased__waits_and_holds_with_a_yes() -> None:
    open_shop(approve_always=True, **LIMITS)
    number, eased = checkout_number(), unpack_checkout(LIMITS)

    outcome = change_or_ask(eased, seen=number, form=new_id(), actor=MAKER, reason="바빠요", at=AT)
    before = read_checkout()
    decide(outcome)

    assert before.approve_always
    assert read_checkout() == eased
    assert not causes_for(find_promotion(drafted(20)).content)


def test_change_settings__limits_tightened_or_others__are_done_by_one() -> None:
    open_shop(**LIMITS)
    tighter = unpack_checkout({**LIMITS, "approve_share_above": 1_000, "hold_minutes": 5})

    outcome = change_or_ask(tighter, seen=1, form=new_id(), actor=MAKER, reason="", at=AT)

    assert outcome == Outcome(2)
    assert [entry.seen for entry in list_entries(limit=5)] == [("checkout.settings",)]


def test_change_settings__approved_after_another_change__writes_nothing_over() -> None:
    open_shop(**LIMITS)
    outcome = change_or_ask(unpack_checkout({}), seen=1, form=new_id(), actor=MAKER, reason="이유", at=AT)
    write_checkout(unpack_checkout({**LIMITS, "hold_minutes": 5}), changed_by="other", at=AT)

    with pytest.raises(CheckoutChanged):
        decide(outcome)

    assert read_checkout().hold_minutes == 5
