"""Rules published for an event before it was refused: they give nothing more, and say so."""

import pytest

from dangol.core.people.events import ConsentWithdrawn
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.event_rules import contents
from dangol.rooms.rewards.event_rules.editing import find_rule, publish, write_draft
from dangol.rooms.rewards.event_rules.selectors import awards_of_member, standings_of
from tests.rooms.rewards.event_rules.shop import (
    AT,
    DAY,
    HOUR,
    REVIEW,
    broken,
    happen,
    let_by,
    points_of,
    review,
    rule,
    rule_for_refused,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
WITHDRAWN = ConsentWithdrawn.event


def withdraw(member: Id) -> None:
    happen(member, ConsentWithdrawn("sms", "marketing", "till", ""), AT)
    let_by()


def test_hear__event_refused_since__gives_nothing_and_keeps_what_it_gave(
    minji: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rule_for_refused(WITHDRAWN)
    with monkeypatch.context() as before:
        before.setattr(contents, "PAID", contents.PAID | {WITHDRAWN})
        withdraw(minji)
        assert points_of(minji) == 100

    withdraw(minji)

    assert points_of(minji) == 100
    assert len(awards_of_member(minji)) == 1
    assert find_rule(made).is_refused
    assert broken() == []


def test_hear__other_rules_beside_a_refused_one__give_as_ever(minji: Id) -> None:
    rule_for_refused(WITHDRAWN)
    rule()

    withdraw(minji)
    review(minji)

    assert points_of(minji) == 100


def test_hear__done_while_another_version_held__is_paid_by_that(minji: Id) -> None:
    made = rule()
    with pytest.MonkeyPatch.context() as before:
        before.setattr(contents, "PAID", contents.PAID | {WITHDRAWN})
        refused = {"name": "철회", "event": WITHDRAWN, "points": 5}
        write_draft(made, refused, revision=None, changed_by="주인", at=AT)
        publish(made, revision=1, published_by="주인", at=AT + HOUR)

    review(minji, AT, AT + 2 * HOUR)

    assert find_rule(made).is_refused
    assert points_of(minji) == 100


def test_publish__another_event_instead__pays_again(minji: Id) -> None:
    made = rule_for_refused(WITHDRAWN)
    content = {"name": "리뷰", "event": REVIEW, "points": 100}
    write_draft(made, content, revision=None, changed_by="주인", at=AT)
    publish(made, revision=1, published_by="주인", at=AT)

    review(minji, AT + DAY)

    assert not find_rule(made).is_refused
    assert points_of(minji) == 100


def test_standings__refused_rule__is_promised_to_nobody(minji: Id) -> None:
    rule_for_refused(WITHDRAWN)
    paid = rule()

    assert [one.rule.id for one in standings_of(minji, at=AT)] == [paid]
