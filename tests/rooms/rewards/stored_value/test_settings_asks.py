"""Limits on what one person does alone: loosened by two, tightened by one; told twice at once done once."""

from typing import Any

import pytest

from dangol.core.access.approvals import count_waiting
from dangol.core.access.errors import OwnRequest
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.storage.ids import Id, new_id
from dangol.rooms.rewards.second_person import Outcome
from dangol.rooms.rewards.stored_value.batch_asks import ask_batch
from dangol.rooms.rewards.stored_value.cards import BatchDraft, CardDraft, sell_card
from dangol.rooms.rewards.stored_value.credit import ByHand, move_by_hand
from dangol.rooms.rewards.stored_value.errors import StoredValueSettingsChanged, UnknownGiftCard
from dangol.rooms.rewards.stored_value.models import GiftCard, GiftCardBatch
from dangol.rooms.rewards.stored_value.settings import StoredValueContent, read_settings, settings_number
from dangol.rooms.rewards.stored_value.settings_asks import change_or_ask, decide_settings
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value.shop import BY, CLERK, prove
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
OTHER = Actor(ActorKind.STAFF, "other", "주인")


def change(
    *, seen: int | None = None, form: Id | None = None, reason: str = "행사", **content: Any
) -> Outcome:
    return change_or_ask(
        StoredValueContent(**content), seen=settings_number() if seen is None else seen,
        form=form or new_id(), actor=CLERK, reason=reason, at=AT,
    )  # fmt: skip


def decide(outcome: Outcome, *, actor: Actor = OTHER, approves: bool = True) -> None:
    assert outcome.approval
    decide_settings(outcome.approval.id, approves=approves, actor=actor, reason="네", at=AT)


@pytest.mark.parametrize(
    "looser",
    [
        {"credit_limit_minor": 100_001},
        {"offline_minor": 1},
        {"confirm_credit_from_minor": 5_001},
        {"confirm_credit_from_minor": None},
    ],
)
def test_change__a_limit_loosened__waits_and_holds_with_a_yes(looser: dict[str, Any]) -> None:
    open_shop("kim")
    asks: dict[str, Any] = {"confirm_credit_from_minor": 5_000}
    assert change(**asks).number == 1
    wanted = asks | looser

    outcome = change(**wanted)
    assert outcome.number is None
    assert read_settings() == StoredValueContent(**asks)
    with pytest.raises(OwnRequest):
        decide(outcome, actor=CLERK)
    decide(outcome)

    assert read_settings() == StoredValueContent(**wanted)


@pytest.mark.parametrize(
    "tighter",
    [
        {"credit_limit_minor": 0},
        {"confirm_credit_from_minor": 1},
        {"valid_months": 48},
        {"is_discount": True},
    ],
)
def test_change__tightened_or_something_else__is_done_by_one(tighter: dict[str, Any]) -> None:
    open_shop("kim")
    assert change(reason="", **tighter) == Outcome(1)
    assert read_settings() == StoredValueContent(**tighter)


def test_change__a_limit_loosened_without_a_reason__is_refused() -> None:
    open_shop("kim")
    with pytest.raises(ReasonMissing):
        change(reason=" ", offline_minor=1)
    assert count_waiting(at=AT) == 0


def test_change__of_a_version_that_is_not_in_force__is_refused_and_asks_nobody() -> None:
    open_shop("kim")
    change(valid_months=48)
    with pytest.raises(StoredValueSettingsChanged):
        change(seen=0, valid_months=36)
    with pytest.raises(StoredValueSettingsChanged):
        change(seen=0, offline_minor=1)
    assert count_waiting(at=AT) == 0


def test_decide__changed_since__writes_nothing_over_and_waits_on() -> None:
    open_shop("kim")
    outcome = change(offline_minor=1)
    change(valid_months=48)

    with pytest.raises(StoredValueSettingsChanged):
        decide(outcome)

    assert read_settings() == StoredValueContent(valid_months=48)
    assert count_waiting(at=AT) == 1


def test_change__told_eight_times_at_once__is_one_request() -> None:
    open_shop("kim")
    form = new_id()
    assert together([lambda: change(form=form, offline_minor=1)] * 8) == []
    assert count_waiting(at=AT) == 1


def test_batch__told_eight_times_at_once__is_made_once() -> None:
    open_shop("kim")
    batch, draft = new_id(), BatchDraft("설", 10_000, "KRW", 3)
    assert together([lambda: ask_batch(draft, by=BY, batch_id=batch)] * 8) == []
    assert (GiftCardBatch.objects.count(), GiftCard.objects.count()) == (1, 3)
    prove()


def test_batch__of_too_much_told_eight_times_at_once__is_one_request() -> None:
    open_shop("kim")
    batch = new_id()
    draft = BatchDraft("사은", 50_000, "KRW", 3, is_given=True, reason="개업")
    assert together([lambda: ask_batch(draft, by=BY, batch_id=batch)] * 8) == []
    assert count_waiting(at=AT) == 1
    assert not GiftCard.objects.exists()


def test_card__sold_eight_times_at_once_under_one_id__is_one_card() -> None:
    open_shop("kim")
    card = new_id()
    assert together([lambda: sell_card(CardDraft(10_000, "KRW"), by=BY, card_id=card)] * 8) == []
    assert GiftCard.objects.count() == 1
    with pytest.raises(UnknownGiftCard):
        sell_card(CardDraft(20_000, "KRW"), by=BY, card_id=card)
    prove()


def test_credit__asked_for_eight_times_at_once__is_one_request() -> None:
    (kim,) = open_shop("kim")
    form, wanted = new_id(), ByHand("KRW", 200_000)

    def act() -> None:
        move_by_hand(kim, wanted, form=form, actor=CLERK, reason="사과", at=AT)

    assert together([act] * 8) == []
    assert count_waiting(at=AT) == 1
