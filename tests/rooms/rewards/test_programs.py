"""Making programs and superseding their rules: what is refused, and what holds from when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import random_id
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Window
from dangol.rooms.rewards.models import EarningRule, Program
from dangol.rooms.rewards.programs import (
    InvalidRule,
    LevelDraft,
    RuleDraft,
    TermsDraft,
    find_program,
    supersede_rule,
    supersede_terms,
    supersede_tiers,
)
from dangol.rooms.rewards.selectors import list_programs
from dangol.rooms.rewards.services import advance
from dangol.rooms.rewards.verify import checks
from tests.rooms.rewards.shop import (
    BREAD,
    LEVELS,
    ROLLING,
    RULES,
    Bought,
    Brought,
    Telling,
    Told,
    open_program,
)

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2025, 3, 1, 17, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "field", "problem"),
    [
        ({"rules": [RuleDraft("x", 0, 100)]}, "rate", "not_positive"),
        ({"rules": [RuleDraft("x", 1, 0)]}, "rate", "not_positive"),
        ({"rules": [RuleDraft("x", 1, 1, multipliers={"gold": (0, 1)})]}, "multipliers", "not_positive"),
        ({"rules": [RuleDraft("x", 1, 1, multipliers={"nickel": (2, 1)})]}, "multipliers", "unknown_tier"),
        ({"rules": [RuleDraft("x", 1, 1, active_from=AT, active_to=AT)]}, "active_to", "before_start"),
        ({"terms": TermsDraft(-1)}, "pending_days", "negative"),
        ({"terms": TermsDraft(0, Expiry.ROLLING_DAYS, 0)}, "expiry_count", "too_small"),
        ({"tiers": ROLLING._replace(levels=())}, "levels", "must_climb_from_zero"),
        ({"tiers": ROLLING._replace(levels=LEVELS[1:])}, "levels", "must_climb_from_zero"),
        ({"tiers": ROLLING._replace(levels=LEVELS[::-1])}, "levels", "must_climb_from_zero"),
        (
            {"tiers": ROLLING._replace(levels=(LEVELS[0], LevelDraft("member", "m", 5))), "rules": []},
            "levels",
            "same_key_twice",
        ),
        ({"tiers": ROLLING._replace(window_size=0)}, "window_size", "too_small"),
        (
            {"tiers": ROLLING._replace(window=Window.CALENDAR, window_size=5)},
            "window_size",
            "not_a_calendar_period",
        ),
        ({"tiers": ROLLING._replace(grace_days=-1)}, "grace_days", "negative"),
    ],
)
def test_create_program__makes_no_sense__refused_by_field_and_nothing_is_made(
    changed: dict[str, Any], field: str, problem: str
) -> None:
    with pytest.raises(InvalidRule) as refusal:
        open_program(**changed)

    assert refusal.value.data == {"field": field, "problem": problem}
    assert not Program.objects.exists()


def test_list_programs__one__as_it_was_made() -> None:
    open_program()

    (view,) = list_programs()

    assert (view.points_currency, view.money_currency, view.zone.key) == ("P", "USD", "America/New_York")
    assert (view.pending_days, view.expiry, view.expiry_count) == (14, "rolling_months", 3)
    assert [tuple(tier)[1:] for tier in view.tiers] == [tuple(level) for level in LEVELS]
    assert [(rule.name, rule.rate_points, rule.rate_minor, rule.category) for rule in view.rules] == [
        (rule.name, rule.rate_points, rule.rate_minor, rule.category) for rule in RULES
    ]
    assert dict(view.rules[0].multipliers) == {"silver": (5, 4), "gold": (3, 2)}


def test_supersede_rule__from_an_instant__each_order_by_the_version_of_its_own() -> None:
    open_program(rules=[RuleDraft("Base", 1, 100)])
    rule_id = EarningRule.objects.get().id
    telling = Telling("t", customers=1)

    version = supersede_rule(rule_id, RuleDraft("Base", 5, 100), at=AT, recorded_at=AT)
    story: list[Told] = [
        Bought(0, "before", AT - DAY, {BREAD: 1_000}),
        Bought(0, "after", AT, {BREAD: 1_000}),
        Brought(0, "r", AT + DAY, {BREAD: 400}, "before"),
    ]
    telling.tell(story[1:2], recorded_at=AT + DAY)
    telling.tell([story[0], story[2]], recorded_at=AT + 2 * DAY)  # the order before the change comes late

    assert version == 2
    assert [(row[2], row[4]) for row in telling.outcome.whys()] == [("order after", 50), ("order before", 6)]


@pytest.mark.parametrize("at", [AT, AT - DAY])
def test_supersede__not_after_the_version_it_ends__refused(at: datetime) -> None:
    program_id = open_program(rules=[RuleDraft("Base", 1, 100)])
    rule_id = EarningRule.objects.get().id
    supersede_rule(rule_id, RuleDraft("Base", 5, 100), at=AT, recorded_at=AT)
    supersede_terms(program_id, TermsDraft(), at=AT, recorded_at=AT)
    supersede_tiers(program_id, ROLLING, at=AT, recorded_at=AT)

    with pytest.raises(InvalidRule):
        supersede_rule(rule_id, RuleDraft("Base", 6, 100), at=at, recorded_at=AT)
    with pytest.raises(InvalidRule):
        supersede_terms(program_id, TermsDraft(), at=at, recorded_at=AT)
    with pytest.raises(InvalidRule):
        supersede_tiers(program_id, ROLLING, at=at, recorded_at=AT)


def test_supersede__unknown_program_or_rule_or_tier__refused() -> None:
    open_program()
    unknown = random_id()
    rule_id = EarningRule.objects.filter(name="Base").get().id

    with pytest.raises(InvalidRule):
        supersede_rule(unknown, RuleDraft("Base", 5, 100), at=AT, recorded_at=AT)
    with pytest.raises(InvalidRule):
        supersede_rule(
            rule_id, RuleDraft("Base", 5, 100, multipliers={"nickel": (2, 1)}), at=AT, recorded_at=AT
        )
    with pytest.raises(InvalidRule):
        supersede_terms(unknown, TermsDraft(), at=AT, recorded_at=AT)
    with pytest.raises(InvalidRule):
        supersede_tiers(unknown, ROLLING, at=AT, recorded_at=AT)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (ROLLING._replace(levels=LEVELS[:2]), "levels"),
        (ROLLING._replace(levels=(*LEVELS, LevelDraft("vip", "v", 99_999))), "levels"),
    ],
)
def test_supersede_tiers__what_standings_refer_to__stays(draft: Any, field: str) -> None:
    program_id = open_program()

    with pytest.raises(InvalidRule) as refusal:
        supersede_tiers(program_id, draft, at=AT, recorded_at=AT)

    assert refusal.value.data["field"] == field


def test_supersede_tiers__dearer_from_an_instant__kept_to_the_review_and_dropped_there() -> None:
    program_id = open_program()
    dearer = ROLLING._replace(
        levels=(LEVELS[0], LevelDraft("silver", "Silver", 40_000), LevelDraft("gold", "Gold", 90_000)),
        grace_days=0,
    )
    telling = Telling("t", customers=1)
    story = [Bought(0, "a", AT - 9 * DAY, {BREAD: 25_000}), Bought(0, "b", AT + DAY, {BREAD: 30_000})]

    supersede_tiers(program_id, dearer, at=AT, recorded_at=AT)
    telling.tell(story, recorded_at=AT + DAY)
    advance(as_of=AT + 70 * DAY)

    moves = [(row[2] - AT, row[3], row[4], row[5], row[7]) for row in telling.outcome.tiers()]
    assert [(move[0].days, *move[1:]) for move in moves] == [
        (-9, 0, 1, "reached", 20_000),
        (50, 1, 0, "missed", 40_000),
    ]
    assert find_program(program_id).rules.tiers.version == 2


def test_accrue__order_worth_more_points_than_the_ledger_takes__placed_with_a_zero_and_its_why() -> None:
    open_program()
    telling = Telling("t", customers=1)
    slip = Bought(0, "slip", AT, {BREAD: 9_000_000_000_000})
    after = Bought(0, "next", AT + DAY, {BREAD: 1_000})

    telling.tell([slip, after], recorded_at=AT + DAY)
    telling.tell([Brought(0, "r", AT, slip.amounts, "slip")], recorded_at=AT + 2 * DAY)

    said = [(row[4], row[9], row[10]) for row in telling.outcome.accruals()]
    assert ("order slip", 0, "too_large") in said
    assert ("return r", 0, "nothing_left") in said
    assert [row[4] for row in telling.outcome.whys() if row[2] == "order next"] == [
        15
    ]  # the spend does count
    assert all(finding.is_kept for finding in verify(checks()))
