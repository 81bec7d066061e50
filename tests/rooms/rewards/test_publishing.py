"""Publishing: what differs holds from an instant on, once, and can be taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connections

from dangol.core.storage.ids import random_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards import models
from dangol.rooms.rewards.checking import InvalidRule
from dangol.rooms.rewards.drafts import (
    DraftOutdated,
    UnknownDraft,
    find_draft,
)
from dangol.rooms.rewards.programs import RuleDraft, find_program, supersede_rule
from dangol.rooms.rewards.publishing import (
    NotTheLatest,
    StartsInThePast,
    UnknownRule,
    UnknownVersion,
    list_versions,
    publish_end,
    publish_new_rule,
    publish_rule,
    undo_version,
)
from tests.rooms.rewards.edits import (
    AT,
    DAY,
    add_rule,
    content_at,
    draft_of,
    drop_rule,
    edit_level,
    edit_rule,
    edit_terms,
    publish,
)
from tests.rooms.rewards.shop import BREAD, ICE, Bought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True)


def test_publish_draft__from_an_instant__supersedes_what_differs_and_nothing_else() -> None:
    program_id = open_program()
    telling = Telling("t", customers=1)
    revision = draft_of(program_id, edit_rule(0, rate_points=5), drop_rule(1), add_rule(category="BAKERY"))

    number = publish(program_id, revision, at=AT + DAY)

    telling.tell(
        [
            Bought(0, "before", AT, {BREAD: 1_000, ICE: 1_000}),
            Bought(0, "after", AT + DAY, {BREAD: 1_000, ICE: 1_000}),
        ],
        recorded_at=AT + 2 * DAY,
    )
    assert number == 2
    assert [(row[2], row[4]) for row in telling.outcome.whys()] == [
        ("order after", 2_000 * 5 // 100 + 1_000 * 2 // 100),
        ("order before", 2_000 // 100 + 1_000 // 50),
    ]
    versions = models.EarningRule.objects.filter(name__in=["Base", "Grocery", "Bread"])
    assert sorted((one.name, one.version) for one in versions) == [
        ("Base", 1), ("Base", 2), ("Bread", 1), ("Grocery", 1),
    ]  # fmt: skip
    assert models.Terms.objects.count() == models.TierRules.objects.count() == 1
    (version,) = list_versions(program_id)
    assert (version.drafted_by, version.published_by, version.active_from) == (
        "drafter",
        "publisher",
        AT + DAY,
    )
    assert {rule.name for rule in version.before.rules} == {"Base", "Grocery"}
    assert {rule.name for rule in version.after.rules} == {"Base", "Bread"}
    with pytest.raises(UnknownDraft):
        find_draft(program_id, at=AT)


@pytest.mark.parametrize("at", [AT - timedelta(microseconds=1), AT - 30 * DAY])
def test_publish_draft__from_the_past__refused(at: datetime) -> None:
    program_id = open_program()
    revision = draft_of(program_id, add_rule())

    with pytest.raises(StartsInThePast):
        publish(program_id, revision, at=at)

    assert find_draft(program_id, at=AT).revision == revision


def test_publish_draft__base_moved_meanwhile__refused_as_outdated() -> None:
    program_id = open_program()
    revision = draft_of(program_id, add_rule())
    rule_id = models.EarningRule.objects.get(name="Base").id

    supersede_rule(rule_id, RuleDraft("Base", 9, 100), at=AT, recorded_at=AT)

    assert find_draft(program_id, at=AT).is_outdated
    with pytest.raises(DraftOutdated):
        publish(program_id, revision, at=AT + DAY)
    assert not models.EarningRule.objects.filter(name="Bread").exists()


def test_publish_draft__before_what_is_scheduled__refused_and_nothing_half_written() -> None:
    program_id = open_program()
    publish(program_id, draft_of(program_id, edit_rule(0, rate_points=5)), at=AT + 9 * DAY)
    revision = draft_of(program_id, edit_terms(pending_days=1), edit_rule(0, rate_points=6))

    with pytest.raises(InvalidRule) as refusal:
        publish(program_id, revision, at=AT + DAY)

    assert refusal.value.data == {"field": "at", "problem": "before_current_version"}
    assert models.Terms.objects.count() == 1
    assert publish(program_id, revision, at=AT + 9 * DAY) == 3


def test_undo__a_publication__former_content_is_a_new_version() -> None:
    program_id = open_program()
    former = content_at(program_id)
    publish(
        program_id,
        draft_of(
            program_id, edit_rule(0, rate_points=5), drop_rule(1), add_rule(), edit_terms(pending_days=1),
            edit_level(1, threshold=30_000),
        ),
    )  # fmt: skip
    after = AT + DAY

    number = undo_version(program_id, 2, at=after, recorded_at=after, published_by="owner")

    assert number == 3
    assert content_at(program_id, after) == former
    assert list_versions(program_id)[0].undoes == 2
    telling = Telling("t", customers=1)
    telling.tell(
        [
            Bought(0, number, at, {ICE: 1_000})
            for number, at in (("old", AT - DAY), ("now", AT), ("undone", after))
        ],
        recorded_at=after + DAY,
    )
    assert [(row[2], row[4]) for row in telling.outcome.whys()] == [
        ("order now", 50 + 20), ("order old", 30), ("order undone", 30),
    ]  # fmt: skip


def test_undo__one_that_has_not_begun__nothing_is_ever_judged_by_it() -> None:
    program_id = open_program()
    former = content_at(program_id)
    begins = AT + 9 * DAY
    edits = (
        edit_rule(0, rate_points=5),
        drop_rule(1),
        add_rule(),
        edit_terms(pending_days=1),
        edit_level(1, threshold=30_000),
    )
    publish(program_id, draft_of(program_id, *edits), at=begins)

    undo_version(program_id, 2, at=AT + DAY, recorded_at=AT + DAY, published_by="owner")

    program = find_program(program_id).rules
    assert content_at(program_id, AT + DAY) == former
    assert program.terms_at(begins).pending_days == 14
    for at in (begins - DAY, begins, begins + DAY):
        paying = [(rule.rate_points, rule.rate_minor) for rule in program.rules if rule.is_active(at)]
        assert sorted(paying) == [(1, 50), (1, 100)]


def test_undo__not_the_last_or_none__refused() -> None:
    program_id = open_program()
    for number, rate in ((2, 5), (3, 6)):
        assert (
            publish(program_id, draft_of(program_id, edit_rule(0, rate_points=rate)), at=AT + number * DAY)
            == number
        )

    with pytest.raises(NotTheLatest) as refusal:
        undo_version(program_id, 2, at=AT, recorded_at=AT, published_by="owner")
    with pytest.raises(UnknownVersion):
        undo_version(program_id, 9, at=AT, recorded_at=AT, published_by="owner")

    assert refusal.value.data == {"latest": 3}


def test_publish__single_rules__each_is_a_version() -> None:
    program_id = open_program()
    base = models.EarningRule.objects.get(name="Base").id
    better = RuleDraft("Base", 2, 100)

    publish_rule(program_id, base, better, at=AT, recorded_at=AT, published_by="key")
    fresh = publish_new_rule(
        program_id, RuleDraft("Ice", 1, 10, category=ICE), at=AT, recorded_at=AT, published_by="key"
    )
    publish_end(program_id, fresh, at=AT + DAY, recorded_at=AT, published_by="key")
    with pytest.raises(UnknownRule):
        publish_rule(program_id, random_id(), better, at=AT, recorded_at=AT, published_by="key")
    with pytest.raises(UnknownRule):
        publish_end(program_id, random_id(), at=AT, recorded_at=AT, published_by="key")

    versions = list_versions(program_id)
    assert [one.number for one in versions] == [4, 3, 2]
    assert [len(one.after.rules) for one in versions] == [2, 3, 2]
    rule = models.EarningRule.objects.get(name="Ice")
    assert (rule.active_from, rule.active_to) == (AT, AT + DAY)


def test_publish_draft__by_two_at_once__one_version() -> None:
    program_id = open_program()
    for _ in range(10):
        revision = draft_of(program_id, edit_rule(0, rate_points=len(list_versions(program_id)) + 2))
        now = AT + timedelta(minutes=len(list_versions(program_id)))

        def attempt(_: int, revision: int = revision, now: datetime = now) -> str:
            try:
                publish(program_id, revision, at=now, recorded_at=now)
            except DomainError as refusal:
                return refusal.code
            finally:
                connections.close_all()
            return "published"

        before = len(list_versions(program_id))
        with ThreadPoolExecutor(4) as pool:
            outcomes = sorted(pool.map(attempt, range(4)))

        assert outcomes == ["published", *["rewards.unknown_draft"] * 3]
        assert len(list_versions(program_id)) == before + 1


def test_publish_draft__from_now__after_what_was_judged_while_it_waited() -> None:
    program_id = open_program()
    revision = draft_of(program_id, edit_rule(0, rate_points=5))
    telling = Telling("t", customers=1)
    meanwhile, after = AT + timedelta(seconds=2), AT + timedelta(seconds=3)
    telling.tell([Bought(0, "meanwhile", meanwhile, {BREAD: 1_000})], recorded_at=meanwhile)

    publish(program_id, revision, at=AT, recorded_at=AT)

    telling.tell([Bought(0, "after", after, {BREAD: 1_000})], recorded_at=after)
    (version,) = list_versions(program_id)
    assert version.active_from == meanwhile + timedelta(microseconds=1)
    assert [(row[2], row[4]) for row in telling.outcome.whys()] == [
        ("order after", 50),
        ("order meanwhile", 10),
    ]


def test_publish_draft__from_now__not_held_up_by_a_purchase_dated_far_ahead() -> None:
    program_id = open_program()
    revision = draft_of(program_id, edit_rule(0, rate_points=5))
    Telling("t", customers=1).tell([Bought(0, "ahead", AT + DAY, {BREAD: 1_000})], recorded_at=AT)

    publish(program_id, revision, at=AT, recorded_at=AT)

    assert list_versions(program_id)[0].active_from == AT
