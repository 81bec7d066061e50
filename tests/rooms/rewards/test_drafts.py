"""Drafts of a program's next version: written, compared, refused where they make no sense."""

import pytest

from dangol.core.storage.ids import random_id
from dangol.domain.accrual import Expiry, Rounding
from dangol.domain.tiers import Join, Measure
from dangol.rooms.rewards.drafts import (
    DraftChanged,
    DraftExists,
    DraftInvalid,
    NothingToPublish,
    UnknownDraft,
    change_draft,
    check_draft,
    diff_draft,
    discard_draft,
    find_draft,
    start_draft,
)
from dangol.rooms.rewards.programs import UnknownProgram
from dangol.rooms.rewards.publishing import (
    list_versions,
)
from tests.rooms.rewards.edits import (
    AT,
    DAY,
    Edit,
    add_rule,
    content_at,
    draft_of,
    drop_rule,
    edit_level,
    edit_rule,
    edit_terms,
    edit_tiers,
    publish,
)
from tests.rooms.rewards.shop import open_program

pytestmark = pytest.mark.django_db(transaction=True)


def test_start_draft__of_a_program__says_what_holds_and_publishes_nothing() -> None:
    program_id = open_program()

    draft = start_draft(program_id, begun_by="drafter", at=AT)

    assert draft.content == draft.published == content_at(program_id)
    assert (draft.begun_by, draft.revision, draft.is_outdated) == ("drafter", 1, False)
    assert diff_draft(draft) == []
    assert check_draft(draft, at=AT) == []
    with pytest.raises(DraftExists) as refusal:
        start_draft(program_id, begun_by="another", at=AT)
    assert refusal.value.data == {"begun_by": "drafter"}
    with pytest.raises(NothingToPublish):
        publish(program_id, 1)
    assert list_versions(program_id) == []


def test_draft__no_program_or_no_draft__refused() -> None:
    with pytest.raises(UnknownProgram):
        start_draft(random_id(), begun_by="", at=AT)
    program_id = open_program()
    for act in (
        lambda: find_draft(program_id, at=AT),
        lambda: discard_draft(program_id),
        lambda: publish(program_id, 1),
        lambda: change_draft(program_id, content_at(program_id), revision=1, changed_by="", at=AT),
    ):
        with pytest.raises(UnknownDraft):
            act()


def test_change_draft__seen_before_another_changed_it__refused_and_kept() -> None:
    program_id = open_program()
    revision = draft_of(program_id, edit_rule(0, rate_points=2))
    stale = content_at(program_id)

    for act in (
        lambda: change_draft(program_id, stale, revision=revision - 1, changed_by="late", at=AT),
        lambda: publish(program_id, revision - 1),
    ):
        with pytest.raises(DraftChanged) as refusal:
            act()
        assert refusal.value.data == {"revision": revision, "changed_by": "drafter"}
    with pytest.raises(UnknownDraft):
        discard_draft(program_id, revision=revision - 1)
    assert find_draft(program_id, at=AT).content.rules[0].rate_points == 2


@pytest.mark.parametrize(
    ("edit", "fields"),
    [
        (edit_rule(0, rate_points=0), {"rules.0.rate": "not_positive"}),
        (edit_rule(0, rate_points=10**6 + 1), {"rules.0.rate": "too_large"}),
        (edit_rule(0, name="  "), {"rules.0.name": "empty"}),
        (edit_rule(0, name="a\nb"), {"rules.0.name": "empty"}),
        (edit_rule(0, name="x" * 81), {"rules.0.name": "too_long"}),
        (edit_rule(1, name="Base"), {"rules.0.name": "taken", "rules.1.name": "taken"}),
        (edit_rule(0, category="x" * 251), {"rules.0.category": "too_long"}),
        (edit_rule(0, multipliers={"nickel": (2, 1)}), {"rules.0.multipliers": "unknown_tier"}),
        (edit_rule(0, multipliers={"gold": (0, 1)}), {"rules.0.multipliers": "not_positive"}),
        (edit_rule(0, multipliers={"gold": (10**4 + 1, 1)}), {"rules.0.multipliers": "too_large"}),
        (edit_rule(0, ends_at=AT), {"rules.0.ends_at": "over"}),
        (edit_rule(0, key="made up"), {"rules.0.key": "unknown"}),
        (edit_rule(0, pending_days=-1), {"rules.0.pending_days": "negative"}),
        (edit_rule(0, expiry=Expiry.ROLLING_DAYS), {"rules.0.expiry_count": "too_small"}),
        (edit_level(1, extra_months=121), {"tiers.levels.silver.extra_months": "too_large"}),
        (edit_terms(pending_days=-1), {"terms.pending_days": "negative"}),
        (edit_terms(pending_days=3_651), {"terms.pending_days": "too_large"}),
        (edit_terms(expiry=Expiry.ROLLING_DAYS, expiry_count=0), {"terms.expiry_count": "too_small"}),
        (edit_level(1, threshold=60_000), {"tiers.levels": "must_climb_from_zero"}),
        (edit_level(2, threshold=10**12 + 1), {"tiers.levels.gold.threshold": "too_large"}),
        (edit_level(2, name=""), {"tiers.levels.gold.name": "empty"}),
        (
            edit_level(2, key="diamond"),
            {"tiers.levels": "keys_must_stay", "rules.0.multipliers": "unknown_tier"},
        ),
        (edit_level(1, gate="nobody"), {"tiers.levels.silver.gate": "unknown_segment"}),
        (edit_level(1, also_threshold=5), {"tiers.also": "needed_for_thresholds"}),
        (
            edit_tiers(also=Measure.SPEND),
            {"tiers.also": "same_as_first", "tiers.also_levels": "asks_nothing"},
        ),
        (edit_tiers(also=Measure.ORDERS, join=Join.ANY), {"tiers.also_levels": "must_climb_from_zero"}),
        (edit_tiers(window_size=0), {"tiers.window_size": "too_small"}),
        (edit_tiers(grace_days=-1), {"tiers.grace_days": "negative"}),
    ],
)
def test_check_draft__makes_no_sense__each_field_named_and_nothing_published(
    edit: Edit, fields: dict[str, str]
) -> None:
    program_id = open_program()
    places = {rule.key: str(place) for place, rule in enumerate(content_at(program_id).rules)}
    revision = draft_of(program_id, edit)

    problems = check_draft(find_draft(program_id, at=AT), at=AT)
    found = {
        ".".join(
            places.get(part, "0" if part == "made up" else part) for part in one.field.split(".")
        ): one.problem
        for one in problems
    }
    with pytest.raises(DraftInvalid) as refusal:
        publish(program_id, revision)

    assert found == fields
    assert refusal.value.data["problems"] == [one._asdict() for one in problems]
    assert list_versions(program_id) == []
    assert content_at(program_id) == find_draft(program_id, at=AT).published


def test_diff_draft__all_kinds_of_changes__one_entry_each() -> None:
    program_id = open_program()
    draft_of(
        program_id,
        edit_rule(0, name="Everything", rate_points=2, multipliers={"gold": (2, 1)}, rounding=Rounding.UP,
                  category="BAKERY", ends_at=AT + DAY),
        drop_rule(1),
        add_rule(),
        edit_terms(pending_days=7, expiry=Expiry.NEVER, expiry_count=0),
        edit_level(2, name="Golden", threshold=60_000),
        edit_tiers(window_size=90, grace_days=0),
    )  # fmt: skip

    found = [
        (one.about.value, one.name, one.field, one.was, one.will_be)
        for one in diff_draft(find_draft(program_id, at=AT))
        if one.field not in ("added", "ended")
    ]
    whole = [
        (one.field, one.name)
        for one in diff_draft(find_draft(program_id, at=AT))
        if one.was is None or one.will_be is None
    ]

    assert found == [
        ("rule", "Base", "name", "Base", "Everything"),
        ("rule", "Base", "rate", [1, 100], [2, 100]),
        ("rule", "Base", "category", "", "BAKERY"),
        ("rule", "Base", "multiplier.silver", [5, 4], [1, 1]),
        ("rule", "Base", "multiplier.gold", [3, 2], [2, 1]),
        ("rule", "Base", "rounding", "down", "up"),
        ("rule", "Base", "ends_at", None, AT + DAY),
        ("terms", "", "pending_days", 14, 7),
        ("terms", "", "expiry", ["rolling_months", 3], ["never", 0]),
        ("tier", "Gold", "name", "Gold", "Golden"),
        ("tier", "Gold", "threshold", 50_000, 60_000),
        ("tiers", "", "window", ["rolling", 60], ["rolling", 90]),
        ("tiers", "", "grace_days", 20, 0),
    ]
    assert {("added", "Bread"), ("ended", "Grocery")} <= set(whole)
